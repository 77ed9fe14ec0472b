"""As figuras do notebook 03: os modelos lado a lado, a mesma separação para todos, e onde cada um erra."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from course_lib.errors import ArgumentError
from course_lib.plots._chart import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    Chart,
    course_style,
    new_figure,
)
from course_lib.plots._numbers import STAR_TICKS, decimal, grouped
from course_lib.trainer.history import History

OFF_SCALE = 1.5  # um erro médio maior que isto vezes o menor fica fora do eixo, com seta e número
COLORS = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY)
MARKERS = ("o", "s", "^", "D", "v", "P")
SPREAD = 0.12  # quanto os pontos de uma linha se afastam dela, na unidade das linhas
LINES = ("-", "--")  # alternados, para que duas curvas iguais se vejam uma sobre a outra
GRAY = "#595959"


def comparison_chart(errors: pd.DataFrame) -> Chart:
    """RMSE de cada modelo: um ponto por separação e um traço na média.

    Args:
        errors: RMSE em estrelas; linhas são modelos (de cima para baixo, na ordem dada), colunas são separações.
            Modelos muito piores que o melhor ficam fora do eixo, com uma seta e o número.

    Raises:
        ArgumentError: se a tabela está vazia.
    """
    _refuse_empty(errors)
    means = errors.mean(axis=1)
    outside = means > OFF_SCALE * means.min()
    with course_style():
        figure, axes = _rows(errors[~outside], list(errors.index))
        right = axes.get_xlim()[1]
        for name in errors.index[outside]:
            row = list(errors.index).index(name)
            axes.annotate(
                f"{decimal(means[name])}, fora da figura",
                xy=(right, row),
                xytext=(-150, 0),
                textcoords="offset points",
                va="center",
                color=GRAY,
                arrowprops={"arrowstyle": "-|>", "color": GRAY},
            )
        axes.set_title(f"Menor RMSE médio: {means.idxmin()}, {decimal(means.min(), 3)}")
        axes.set_xlabel("RMSE no teste (estrelas); menor é melhor")
    ranking = "; ".join(f"{name}, {decimal(value, 3)}" for name, value in means.sort_values().items())
    return Chart(
        figure,
        f"RMSE no teste, em estrelas, de {len(errors)} modelos; um ponto por separação, {errors.shape[1]} ao todo. "
        f"Médias, da menor para a maior: {ranking}.",
        "O erro de cada modelo no teste. Um ponto por separação; o traço e o número são a média.",
    )


def difference_chart(differences: pd.DataFrame) -> Chart:
    """Diferenças de RMSE entre pares de modelos, cada uma medida na mesma separação.

    Args:
        differences: diferenças em estrelas; linhas são pares de modelos, colunas são separações.

    Raises:
        ArgumentError: se a tabela está vazia.
    """
    _refuse_empty(differences)
    means = differences.mean(axis=1)
    steady = np.abs(np.sign(differences).sum(axis=1)) == differences.shape[1]
    with course_style():
        figure, axes = _rows(differences, list(differences.index), signed=True)
        axes.axvline(0, color=BLACK, linewidth=1.2)
        axes.set_title(
            "Em cada par, o sinal é o mesmo em todas as separações"
            if steady.all()
            else f"O sinal se mantém em {steady.sum()} dos {len(steady)} pares"
        )
        axes.set_xlabel("diferença de RMSE (estrelas); negativa: o primeiro do par erra menos")
    pairs = "; ".join(
        f"{name}, média {_signed(means[name])}, de {_signed(row.min())} a {_signed(row.max())}"
        for name, row in differences.iterrows()
    )
    return Chart(
        figure,
        f"Diferenças de RMSE, em estrelas, um ponto por separação, com o zero marcado: {pairs}.",
        "O erro do primeiro modelo do par menos o do segundo, na mesma separação. O traço e o número são a média.",
    )


def ablation_chart(histories: Mapping[str, History], metric: str = "valid_rmse") -> Chart:
    """A métrica de validação por época, uma curva por variante da rede.

    Args:
        histories: nome da variante -> história do treinamento, todas com `metric`.
        metric: coluna da história, em estrelas.

    Raises:
        ArgumentError: se não há história, ou se falta a métrica em alguma.
    """
    curves = {name: np.array(history.losses(metric)) for name, history in histories.items()}
    if not curves or any(not len(curve) or np.isnan(curve).any() for curve in curves.values()):
        raise ArgumentError(
            f"toda variante precisa de {metric!r} em cada época: treine com valid_data e com a métrica."
        )
    best, last = (np.ptp([pick(curve) for curve in curves.values()]) for pick in (np.min, lambda curve: curve[-1]))
    with course_style():
        figure = new_figure(9.0, 4.5)
        axes = figure.subplots()
        for (name, curve), color, line in zip(curves.items(), cycle(COLORS), cycle(LINES)):
            axes.plot(range(1, len(curve) + 1), curve, line, color=color, marker="o", markersize=5, label=name)
        axes.set_title(
            f"As variantes diferem em {decimal(best, 3)} no melhor ponto e em {decimal(last, 3)} na última época"
        )
        axes.set(xlabel="época", ylabel="RMSE na validação (estrelas)")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.yaxis.set_major_formatter(STAR_TICKS)
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    summary = "; ".join(
        f"{name}, {decimal(curve.min(), 3)} na época {curve.argmin() + 1} e {decimal(curve[-1], 3)} na última"
        for name, curve in curves.items()
    )
    return Chart(
        figure,
        f"RMSE na validação, em estrelas, por época. O menor de cada variante, e o da última época: {summary}.",
        "O erro na validação a cada época, uma curva por variante da rede.",
    )


def popularity_chart(errors: pd.DataFrame, n_ratings: Sequence[int]) -> Chart:
    """RMSE de cada modelo por faixa de popularidade do filme.

    Args:
        errors: RMSE em estrelas; linhas são faixas (quantas avaliações o filme tem no treinamento, da menor para a
            maior), colunas são modelos.
        n_ratings: quantas avaliações do teste caem em cada faixa, (n_faixas,).

    Raises:
        ArgumentError: se a tabela está vazia.
    """
    _refuse_empty(errors)
    winners = errors.idxmin(axis=1)
    with course_style():
        figure = new_figure(9.5, 4.6)
        axes = figure.subplots()
        for name, color, marker in zip(errors, cycle(COLORS), cycle(MARKERS)):
            axes.plot(range(len(errors)), errors[name], color=color, marker=marker, markersize=7, label=name)
        bins = [f"{name}\n({grouped(count)})" for name, count in zip(errors.index, n_ratings, strict=True)]
        axes.set_xticks(range(len(errors)), bins)
        axes.set_xlabel("avaliações do filme no treinamento (e quantas notas do teste)")
        axes.set_ylabel("RMSE no teste (estrelas)")
        axes.yaxis.set_major_formatter(STAR_TICKS)
        axes.set_title(
            f"{winners.iloc[0].capitalize()}: o menor erro em todas as faixas"
            if winners.nunique() == 1
            else f"Menor erro em “{errors.index[0]}”: {winners.iloc[0]};\nem “{errors.index[-1]}”: {winners.iloc[-1]}"
        )
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    lines = "; ".join(f"{name}, {' · '.join(decimal(value) for value in errors[name])}" for name in errors)
    return Chart(
        figure,
        f"RMSE no teste, em estrelas, por número de avaliações do filme no treinamento "
        f"({', '.join(map(str, errors.index))}): {lines}.",
        "O erro no teste conforme o filme seja mais ou menos avaliado no treinamento.",
    )


def _refuse_empty(table: pd.DataFrame) -> None:
    if table.empty:
        raise ArgumentError(
            "a tabela está vazia: não há o que comparar. Ela precisa de uma linha e uma coluna, ou mais."
        )


def _rows(table: pd.DataFrame, names: list[str], signed: bool = False) -> tuple[Figure, Axes]:
    """Uma linha por nome; nela, um ponto por coluna da tabela e um traço na média, com o valor acima."""
    figure = new_figure(9.5, 1.6 + 0.6 * len(names))
    axes = figure.subplots()
    rows = [names.index(name) for name in table.index]
    aside = np.linspace(-SPREAD, SPREAD, table.shape[1]) if table.shape[1] > 1 else [0.0]
    for column, offset, color, marker in zip(table, aside, cycle(COLORS), cycle(MARKERS)):
        places = [row + offset for row in rows]  # um pouco acima ou abaixo: pontos iguais se veem todos
        axes.plot(table[column], places, linestyle="none", marker=marker, color=color, markersize=8, label=column)
    means = table.mean(axis=1)
    axes.plot(means, rows, linestyle="none", marker="|", markersize=22, markeredgewidth=2.5, color=BLACK)
    axes.plot([], [], linestyle="none", marker="|", markersize=12, markeredgewidth=2.5, color=BLACK, label="média")
    for row, mean in zip(rows, means, strict=True):
        text = _signed(mean) if signed else decimal(mean, 3)
        axes.annotate(text, (mean, row), (0, 12), textcoords="offset points", ha="center", va="bottom")
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.6, -0.75)
    axes.margins(x=0.12)
    axes.grid(axis="y", visible=False)
    axes.xaxis.set_major_formatter(STAR_TICKS)
    axes.legend(title=table.columns.name, loc="upper left", bbox_to_anchor=(1, 1))
    return figure, axes


def _signed(value: float) -> str:
    """-0.0077 → "−0,0077", com o sinal de menos, mais largo que o hífen; 0.017 → "+0,0170"."""
    return f"{value:+.4f}".replace(".", ",").replace("-", "\N{MINUS SIGN}")
