"""As figuras do notebook 03: os modelos lado a lado, a mesma separação para todos, e onde cada um erra."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from course_lib.errors import ArgumentError
from course_lib.plots._axes import OUTSIDE, draw_columns, name_epochs, name_rows, new_axes, refuse_empty, write_beside
from course_lib.plots._chart import BLACK, GRAY, MARKERS, PALETTE, Chart, course_style
from course_lib.plots._numbers import decimal, grouped, listing, signed
from course_lib.trainer.history import History

OFF_SCALE = 1.5  # um erro médio maior que isto vezes o menor fica fora do eixo, com seta e número
SPREAD = 0.12  # quanto os pontos de uma linha se afastam dela, na unidade das linhas


@course_style()
def comparison_chart(errors: pd.DataFrame) -> Chart:
    """RMSE de cada modelo: um ponto por separação e um traço na média.

    Args:
        errors: RMSE em estrelas; linhas são modelos (de cima para baixo, na ordem dada), colunas são separações.
            Modelos muito piores que o melhor ficam fora do eixo, com uma seta e o número.

    Raises:
        ArgumentError: se a tabela está vazia.
    """
    refuse_empty(errors)
    means = errors.mean(axis=1)
    outside = means > OFF_SCALE * means.min()
    axes = _rows(errors[~outside], list(errors.index), lambda mean: decimal(mean, 3))
    right = axes.get_xlim()[1]
    for row in np.flatnonzero(outside):
        arrow = {"color": GRAY, "arrowprops": {"arrowstyle": "-|>", "color": GRAY}}
        text = f"{decimal(means.iloc[row])}, fora da figura"
        write_beside(axes, text, (right, row), (-150, 0), va="center", **arrow)
    title = f"Menor RMSE médio: {means.idxmin()}, {decimal(means.min(), 3)}"
    axes.set(title=title, xlabel="RMSE no teste (estrelas); menor é melhor")
    return Chart(
        axes.figure,
        f"RMSE no teste, em estrelas, de {len(errors)} modelos; um ponto por separação, {errors.shape[1]} ao todo. "
        f"Médias, da menor para a maior: {listing(means.sort_values(), decimal, 3)}.",
        "O erro de cada modelo no teste. Um ponto por separação; o traço e o número são a média.",
    )


@course_style()
def difference_chart(differences: pd.DataFrame) -> Chart:
    """Diferenças de RMSE entre pares de modelos, cada uma medida na mesma separação.

    Args:
        differences: diferenças em estrelas; linhas são pares de modelos, colunas são separações.

    Raises:
        ArgumentError: se a tabela está vazia.
    """
    refuse_empty(differences)
    steady = np.abs(np.sign(differences).sum(axis=1)) == differences.shape[1]
    axes = _rows(differences, list(differences.index), lambda mean: signed(mean, 4))
    axes.axvline(0, color=BLACK, linewidth=1.2)
    changing = f"O sinal se mantém em {steady.sum()} dos {len(steady)} pares"
    axes.set_title("Em cada par, o sinal é o mesmo em todas as separações" if steady.all() else changing)
    axes.set_xlabel("diferença de RMSE (estrelas); negativa: o primeiro do par erra menos")
    pairs = "; ".join(
        f"{name}, média {signed(row.mean(), 4)}, de {signed(row.min(), 4)} a {signed(row.max(), 4)}"
        for name, row in differences.iterrows()
    )
    return Chart(
        axes.figure,
        f"Diferenças de RMSE, em estrelas, um ponto por separação, com o zero marcado: {pairs}.",
        "O erro do primeiro modelo do par menos o do segundo, na mesma separação. O traço e o número são a média.",
    )


@course_style()
def ablation_chart(histories: Mapping[str, History]) -> Chart:
    """O RMSE de validação por época, uma curva por variante da rede.

    Args:
        histories: nome da variante -> história do treinamento, todas com a coluna "valid_rmse".

    Raises:
        ArgumentError: se não há história, ou se falta a métrica em alguma.
    """
    curves = {name: np.array(history.losses("valid_rmse")) for name, history in histories.items()}
    if not curves or any(not len(curve) or np.isnan(curve).any() for curve in curves.values()):
        raise ArgumentError("toda variante precisa de 'valid_rmse' em cada época: treine com valid_data e a métrica.")
    best, last = (np.ptp([pick(curve) for curve in curves.values()]) for pick in (np.min, lambda curve: curve[-1]))
    title = f"As variantes diferem em {decimal(best, 3)} no melhor ponto e em {decimal(last, 3)} na última época"
    axes = new_axes(9.0, 4.5, title, "época", "RMSE na validação (estrelas)")
    axes.set_prop_cycle(color=PALETTE, linestyle=("-", "--") * 3)  # duas curvas iguais se veem uma sobre a outra
    for name, curve in curves.items():
        axes.plot(range(1, len(curve) + 1), curve, marker="o", markersize=5, label=name)
    name_epochs(axes)
    summary = "; ".join(
        f"{name}, {decimal(curve.min(), 3)} na época {curve.argmin() + 1} e {decimal(curve[-1], 3)} na última"
        for name, curve in curves.items()
    )
    return Chart(
        axes.figure,
        f"RMSE na validação, em estrelas, por época. O menor de cada variante, e o da última época: {summary}.",
        "O erro na validação a cada época, uma curva por variante da rede.",
    )


@course_style()
def popularity_chart(errors: pd.DataFrame, n_ratings: Sequence[int]) -> Chart:
    """RMSE de cada modelo por faixa de popularidade do filme.

    Args:
        errors: RMSE em estrelas; linhas são faixas (quantas avaliações o filme tem no treinamento, da menor para a
            maior), colunas são modelos; NaN numa faixa sem notas no teste.
        n_ratings: quantas avaliações do teste caem em cada faixa, (n_faixas,).

    Raises:
        ArgumentError: se a tabela está vazia.
    """
    refuse_empty(errors)
    winners = errors.dropna(how="all").idxmin(axis=1)  # só das faixas que têm notas no teste
    first, last = winners.iloc[0], winners.iloc[-1]
    title = f"Menor erro em “{winners.index[0]}”: {first};\nem “{winners.index[-1]}”: {last}"
    if winners.nunique() == 1:
        title = f"{first[:1].upper()}{first[1:]}: o menor erro em todas as faixas"
    label = "avaliações do filme no treinamento (e quantas notas do teste)"
    axes = new_axes(9.5, 4.6, title, label, "RMSE no teste (estrelas)")
    bins = [f"{name}\n({grouped(count)})" for name, count in zip(errors.index, n_ratings, strict=True)]
    draw_columns(axes, errors.set_axis(bins), markersize=7)
    axes.legend(**OUTSIDE)
    lines = listing(errors, lambda curve: " · ".join("sem notas" if pd.isna(e) else decimal(e) for e in curve))
    return Chart(
        axes.figure,
        f"RMSE no teste, em estrelas, por número de avaliações do filme no treinamento "
        f"({', '.join(map(str, errors.index))}): {lines}.",
        "O erro no teste conforme o filme seja mais ou menos avaliado no treinamento.",
    )


def _rows(table: pd.DataFrame, names: list[str], write: Callable[[float], str]) -> Axes:
    """Uma linha por nome; nela, um ponto por coluna da tabela e um traço na média, com o valor acima."""
    axes = new_axes(9.5, 1.6 + 0.6 * len(names))
    rows = np.array([names.index(name) for name in table.index])
    # Um pouco acima ou abaixo da linha: pontos iguais se veem todos.
    aside = np.linspace(-SPREAD, SPREAD, table.shape[1]) if table.shape[1] > 1 else np.zeros(1)
    axes.set_prop_cycle(color=PALETTE, marker=MARKERS)
    axes.plot(table, rows[:, None] + aside, linestyle="none", markersize=8, label=list(table))
    means = table.mean(axis=1)
    axes.plot(means, rows, "|", markersize=22, markeredgewidth=2.5, color=BLACK)
    axes.plot([], [], "|", markersize=12, markeredgewidth=2.5, color=BLACK, label="média")
    for row, mean in zip(rows, means, strict=True):
        write_beside(axes, write(mean), (mean, row), (0, 12), ha="center", va="bottom")
    name_rows(axes, names, below=0.6)
    axes.margins(x=0.12)
    axes.legend(title=table.columns.name, **OUTSIDE)
    return axes
