"""As figuras das listas: quem acerta a nota e quem acerta a lista, com que certeza, a que preço, e para quem chega."""

from collections.abc import Mapping

import pandas as pd

from course_lib.analysis.confidence import interval
from course_lib.errors import ArgumentError
from course_lib.plots._chart import BLUE, ORANGE, VERMILION, Chart, course_style, new_figure
from course_lib.plots._numbers import STAR_TICKS, decimal


def ranking_chart(errors: pd.Series, quality: pd.Series, name: str = "NDCG@10") -> Chart:
    """O erro de nota e a qualidade da lista, modelo a modelo, lado a lado.

    Args:
        errors: RMSE em estrelas por modelo; NaN para quem só ordena. Os modelos são desenhados do maior RMSE ao menor,
            e por último os que não o têm.
        quality: uma medida da lista por modelo, de 0 a 1, maior é melhor; o mesmo índice de `errors`.
        name: nome da medida.

    Raises:
        ArgumentError: se não há modelos ou se os índices diferem.
    """
    if errors.empty or set(errors.index) != set(quality.index):
        raise ArgumentError("errors e quality devem ter os mesmos modelos, um ou mais.")
    errors = errors.sort_values(ascending=False, na_position="last")
    quality = quality[errors.index]
    rows = range(len(errors))
    with course_style():
        figure = new_figure(10.0, 1.5 + 0.42 * len(errors))
        left, right = figure.subplots(1, 2, sharey=True)
        left.plot(errors, rows, linestyle="none", marker="o", markersize=9, color=BLUE)
        right.barh(rows, quality, height=0.6, color=ORANGE)
        for row, (error, value) in enumerate(zip(errors, quality, strict=True)):
            if pd.isna(error):
                left.text(0.5, row, "não prevê notas", transform=left.get_yaxis_transform(), ha="center", va="center")
            else:
                left.annotate(decimal(error, 3), (error, row), (9, 0), textcoords="offset points", va="center")
            right.annotate(decimal(value, 3), (value, row), (5, 0), textcoords="offset points", va="center")
        left.set_yticks(rows, errors.index)
        left.set_ylim(len(errors) - 0.5, -0.5)
        left.margins(x=0.25)
        right.margins(x=0.2)
        left.set_xlabel("RMSE no teste (estrelas); menor é melhor")
        right.set_xlabel(f"{name} no teste; maior é melhor")
        for axes in (left, right):
            axes.grid(axis="y", visible=False)
            axes.xaxis.set_major_formatter(STAR_TICKS)
        figure.suptitle(
            f"Menor RMSE: {errors.idxmin()}; maior {name}: {quality.idxmax()}", x=0.01, ha="left", weight="bold"
        )
    pairs = "; ".join(
        f"{model}, {'sem RMSE' if pd.isna(error) else f'RMSE {decimal(error, 3)}'} e {name} "
        f"{decimal(quality[model], 3)}"
        for model, error in errors.items()
    )
    return Chart(
        figure,
        f"À esquerda, o RMSE no teste, em estrelas; à direita, o {name}. Do maior RMSE ao menor: {pairs}.",
        f"O erro de nota, à esquerda, e o {name} da lista, à direita. Os modelos estão na ordem do RMSE.",
    )


def interval_chart(per_person: pd.DataFrame, name: str = "NDCG@10") -> Chart:
    """A medida média de cada modelo e o seu intervalo de 95 %, reamostrando as pessoas.

    Args:
        per_person: float, uma pessoa por linha e um modelo por coluna, como a coluna "ndcg" de `metrics_by_user`; os
            modelos são desenhados de cima para baixo, na ordem das colunas.
        name: nome da medida.

    Raises:
        ArgumentError: se a tabela está vazia.
    """
    if per_person.empty:
        raise ArgumentError("a figura compara modelos: dê ao menos uma coluna e uma pessoa.")
    means = per_person.mean()
    ranges = {model: interval(values) for model, values in per_person.items()}
    with course_style():
        axes = new_figure(9.5, 1.2 + 0.45 * len(means)).subplots()
        for row, (model, mean) in enumerate(means.items()):
            axes.plot(ranges[model], (row, row), color=BLUE, linewidth=3, solid_capstyle="butt")
            axes.plot(mean, row, marker="o", markersize=8, color=BLUE)
            axes.annotate(decimal(mean, 3), (mean, row), (0, 9), textcoords="offset points", ha="center")
        axes.set_yticks(range(len(means)), means.index)
        axes.set_ylim(len(means) - 0.5, -0.75)
        axes.set_xlim(left=0)
        axes.grid(axis="y", visible=False)
        axes.xaxis.set_major_formatter(STAR_TICKS)
        axes.set_xlabel(f"{name} no teste; maior é melhor")
        axes.set_title(f"Maior {name}: {means.idxmax()}, {decimal(means.max(), 3)}")
    described = "; ".join(
        f"{model}, {decimal(mean, 3)}, de {decimal(ranges[model][0], 3)} a {decimal(ranges[model][1], 3)}"
        for model, mean in means.items()
    )
    return Chart(
        axes.figure,
        f"{name} médio de {len(means)} modelos e intervalo de 95 % sobre {len(per_person)} pessoas: {described}.",
        "O ponto é a média; o traço, onde ela ficaria em 95 de cada cem reamostragens das pessoas. Traços que se "
        "cruzam não provam empate: as pessoas são as mesmas, e a diferença pareada varia menos.",
    )


def arrival_chart(curves: pd.DataFrame, name: str = "NDCG@10") -> Chart:
    """A qualidade da lista de quem acaba de chegar, conforme o número de notas que já deu.

    Args:
        curves: uma medida de 0 a 1; linhas são o número de notas (int, crescente), colunas, modelos.
        name: nome da medida.

    Raises:
        ArgumentError: se há menos de duas linhas.
    """
    if len(curves) < 2:
        raise ArgumentError("a figura mostra uma mudança: dê ao menos dois números de notas.")
    leader = curves.idxmax(axis=1)
    switch = next((count for count in curves.index if (leader.loc[count:] == leader.iloc[-1]).all()), None)
    with course_style():
        axes = new_figure(8.5, 4.2).subplots()
        for (model, values), color, marker in zip(curves.items(), (BLUE, ORANGE, VERMILION), "os^", strict=False):
            axes.plot(range(len(values)), values, marker=marker, color=color, label=model)
        axes.set_xticks(range(len(curves)), curves.index)
        axes.yaxis.set_major_formatter(STAR_TICKS)
        axes.set_xlabel("notas que a pessoa já deu")
        axes.set_ylabel(f"{name}; maior é melhor")
        axes.set_title(f"A partir de {switch} nota(s), {leader.iloc[-1]} faz a melhor lista")
        axes.legend()
    described = "; ".join(
        f"{model}: " + ", ".join(f"{count} notas, {decimal(value, 3)}" for count, value in values.items())
        for model, values in curves.items()
    )
    return Chart(axes.figure, f"{name} da lista de pessoas novas conforme as notas que já deram. {described}.")


def price_chart(curves: Mapping[str, pd.DataFrame], measure: str, label: str, name: str = "NDCG@10") -> Chart:
    """Quanto se paga em NDCG por outra qualidade da lista: um ponto por valor do peso.

    Args:
        curves: o que se varia -> tabela de `ranking_metrics`, uma linha por peso (o índice), com as colunas "ndcg" e
            `measure`.
        measure: a outra medida, no eixo horizontal.
        label: nome dela, com a unidade.
        name: nome da medida vertical.

    Raises:
        ArgumentError: se falta uma coluna.
    """
    for what, table in curves.items():
        if not {"ndcg", measure} <= set(table.columns):
            raise ArgumentError(
                f"a tabela {what!r} tem as colunas {list(table.columns)}; faltam 'ndcg' ou {measure!r}."
            )
    first = next(iter(curves.values()))
    with course_style():
        axes = new_figure(8.5, 4.2).subplots()
        for (what, table), color in zip(curves.items(), (BLUE, ORANGE), strict=False):
            axes.plot(table[measure], table["ndcg"], marker="o", color=color, label=what)
            for weight, row in table.iterrows():
                axes.annotate(
                    f"{weight:g}".replace(".", ","), (row[measure], row["ndcg"]), (5, 6), textcoords="offset points"
                )
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(STAR_TICKS)
        axes.margins(0.1, 0.15)
        axes.set_xlabel(label)
        axes.set_ylabel(f"{name}; maior é melhor")
        gained = first[measure].iloc[-1] - first[measure].iloc[0]
        lost = first["ndcg"].iloc[0] - first["ndcg"].iloc[-1]
        axes.set_title(f"Do primeiro ao último ponto: {decimal(gained)} a mais, {decimal(lost, 3)} de {name} a menos")
        axes.legend(title="peso, ao lado de cada ponto")
    described = "; ".join(
        f"{what}: "
        + ", ".join(f"peso {w:g}, {decimal(r[measure], 3)} e {decimal(r['ndcg'], 3)}" for w, r in table.iterrows())
        for what, table in curves.items()
    )
    return Chart(axes.figure, f"{name} contra {label}, um ponto por peso. {described}.")
