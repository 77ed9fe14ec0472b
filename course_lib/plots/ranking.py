"""As figuras das listas: quem acerta a nota e quem acerta a lista, com que certeza, a que preço, e para quem chega."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes

from course_lib.analysis.confidence import interval
from course_lib.errors import ArgumentError, counted
from course_lib.plots._axes import draw_columns, name_rows, new_axes, new_panels, refuse_empty, write_beside
from course_lib.plots._chart import BLUE, ORANGE, Chart, course_style
from course_lib.plots._numbers import decimal, number

NAME = "NDCG"  # a medida de uma lista nestas figuras: de 0 a 1, maior é melhor; quem a mede escolhe o tamanho da lista


@course_style()
def ranking_chart(errors: pd.Series, quality: pd.Series) -> Chart:
    """O erro de nota e a qualidade da lista, modelo a modelo, lado a lado.

    Args:
        errors: RMSE em estrelas por modelo; NaN para quem só ordena. Os modelos são desenhados do maior RMSE ao menor,
            e por último os que não o têm.
        quality: o NDCG por modelo; o mesmo índice de `errors`.

    Raises:
        ArgumentError: se não há modelos ou se os índices diferem.
    """
    if errors.empty or set(errors.index) != set(quality.index):
        raise ArgumentError("errors e quality devem ter os mesmos modelos, um ou mais.")
    errors = errors.sort_values(ascending=False, na_position="last")
    quality = quality[errors.index]
    title = f"Maior {NAME}: {quality.idxmax()}"
    if errors.notna().any():
        title = f"Menor RMSE: {errors.idxmin()}; maior {NAME}: {quality.idxmax()}"
    left, right = new_panels(10.0, 1.5 + 0.42 * len(errors), title, 1, 2, sharey=True)
    _rating_errors(left, errors)
    right.barh(range(len(quality)), quality, height=0.6, color=ORANGE)
    for row, value in enumerate(quality):
        write_beside(right, decimal(value, 3), (value, row), (5, 0), va="center")
    name_rows(left, errors.index, above=0.5)
    right.grid(axis="y", visible=False)
    right.margins(x=0.2)
    right.set_xlabel(f"{NAME} no teste; maior é melhor")
    pairs = "; ".join(
        f"{model}, {'sem RMSE' if pd.isna(error) else f'RMSE {decimal(error, 3)}'} e {NAME} "
        f"{decimal(quality[model], 3)}"
        for model, error in errors.items()
    )
    return Chart(
        left.figure,
        f"À esquerda, o RMSE no teste, em estrelas; à direita, o {NAME}. Do maior RMSE ao menor: {pairs}.",
        f"O erro de nota, à esquerda, e o {NAME} da lista, à direita. Os modelos estão na ordem do RMSE.",
    )


def _rating_errors(axes: Axes, errors: pd.Series) -> None:
    """Um ponto por modelo, com o valor ao lado; de quem só ordena, a explicação."""
    axes.plot(errors, range(len(errors)), "o", markersize=9, color=BLUE)
    for row, error in enumerate(errors):
        if pd.isna(error):
            axes.text(0.5, row, "não prevê notas", transform=axes.get_yaxis_transform(), ha="center", va="center")
        else:
            write_beside(axes, decimal(error, 3), (error, row), (9, 0), va="center")
    axes.margins(x=0.25)
    axes.set_xlabel("RMSE no teste (estrelas); menor é melhor")


@course_style()
def interval_chart(per_person: pd.DataFrame) -> Chart:
    """O NDCG médio de cada modelo e o seu intervalo de 95 %, reamostrando as pessoas.

    Args:
        per_person: float, uma pessoa por linha e um modelo por coluna, como a coluna "ndcg" de `metrics_by_user`; os
            modelos são desenhados de cima para baixo, na ordem das colunas.

    Raises:
        ArgumentError: se a tabela está vazia.
    """
    refuse_empty(per_person)
    means = per_person.mean()
    ranges = {model: interval(values) for model, values in per_person.items()}
    title = f"Maior {NAME}: {means.idxmax()}, {decimal(means.max(), 3)}"
    axes = new_axes(9.5, 1.2 + 0.45 * len(means), title, f"{NAME} no teste; maior é melhor")
    for row, (model, mean) in enumerate(means.items()):
        axes.plot(ranges[model], (row, row), color=BLUE, linewidth=3, solid_capstyle="butt")
        axes.plot(mean, row, marker="o", markersize=8, color=BLUE)
        write_beside(axes, decimal(mean, 3), (mean, row), (0, 9), ha="center")
    name_rows(axes, means.index)
    axes.set_xlim(left=0)
    described = "; ".join(
        f"{model}, {decimal(means[model], 3)}, de {decimal(low, 3)} a {decimal(high, 3)}"
        for model, (low, high) in ranges.items()
    )
    return Chart(
        axes.figure,
        f"{NAME} médio de {len(means)} modelos e intervalo de 95 % sobre {len(per_person)} pessoas: {described}.",
        "O ponto é a média; o traço, onde ela ficaria em 95 de cada cem reamostragens das pessoas. Traços que se "
        "cruzam não provam empate: as pessoas são as mesmas, e a diferença pareada varia menos.",
    )


@course_style()
def arrival_chart(curves: pd.DataFrame) -> Chart:
    """A qualidade da lista de quem acaba de chegar, conforme o número de notas que já deu.

    Args:
        curves: NDCG; linhas são o número de notas (int, crescente), colunas, modelos.

    Raises:
        ArgumentError: se há menos de duas linhas.
    """
    if len(curves) < 2:
        raise ArgumentError("a figura mostra uma mudança: dê ao menos dois números de notas.")
    leader = curves.idxmax(axis=1)
    switch = next((count for count in curves.index if (leader.loc[count:] == leader.iloc[-1]).all()), None)
    title = f"A partir de {counted(switch, 'nota')}, {leader.iloc[-1]} faz a melhor lista"
    axes = new_axes(8.5, 4.2, title, "notas que a pessoa já deu", f"{NAME}; maior é melhor")
    draw_columns(axes, curves)
    axes.legend()
    described = "; ".join(
        f"{model}: " + ", ".join(f"com {count}, {decimal(value, 3)}" for count, value in values.items())
        for model, values in curves.items()
    )
    return Chart(axes.figure, f"{NAME} da lista de pessoas novas conforme as notas que já deram. {described}.")


@course_style()
def price_chart(curves: Mapping[str, pd.DataFrame], measure: str, label: str) -> Chart:
    """Quanto se paga em NDCG por outra qualidade da lista: um ponto por valor do peso.

    Args:
        curves: o que se varia -> tabela de `ranking_metrics`, uma linha por peso (o índice), com as colunas "ndcg" e
            `measure`.
        measure: a outra medida, no eixo horizontal.
        label: nome dela, com a unidade.

    Raises:
        ArgumentError: se falta uma coluna, ou se não há o que desenhar.
    """
    refuse_empty(*curves.values())
    for what, table in curves.items():
        if not {"ndcg", measure} <= set(table.columns):
            raise ArgumentError(
                f"a tabela {what!r} tem as colunas {list(table.columns)}; faltam 'ndcg' ou {measure!r}."
            )
    first = next(iter(curves.values()))
    gained = first[measure].iloc[-1] - first[measure].iloc[0]
    lost = first["ndcg"].iloc[0] - first["ndcg"].iloc[-1]
    title = f"Do primeiro ao último ponto: {decimal(gained)} a mais, {decimal(lost, 3)} de {NAME} a menos"
    axes = new_axes(8.5, 4.2, title, label, f"{NAME}; maior é melhor")
    for what, table in curves.items():
        axes.plot(table[measure], table["ndcg"], "o-", label=what)
        for weight, row in table.iterrows():
            write_beside(axes, number(weight), (row[measure], row["ndcg"]), (5, 6))
    axes.margins(0.1, 0.15)
    axes.legend(title="peso, ao lado de cada ponto")
    described = "; ".join(
        f"{what}: "
        + ", ".join(
            f"peso {number(w)}, {decimal(r[measure], 3)} e {decimal(r['ndcg'], 3)}" for w, r in table.iterrows()
        )
        for what, table in curves.items()
    )
    return Chart(axes.figure, f"{NAME} contra {label}, um ponto por peso. {described}.")
