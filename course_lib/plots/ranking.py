"""As figuras das listas: quem acerta a nota e quem acerta a lista; e a lista de quem acaba de chegar."""

import re
import textwrap

import pandas as pd

from course_lib.errors import ArgumentError
from course_lib.plots._chart import BLACK, BLUE, ORANGE, VERMILION, Chart, course_style, new_figure
from course_lib.plots._numbers import STAR_TICKS, decimal

TITLE_LENGTH = 25  # caracteres de um título que cabem numa coluna
LINK_START, LINK_END = 0.74, 0.97  # onde começa e termina, entre duas colunas, a linha que liga um filme a ele mesmo


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


def newcomer_chart(lists: pd.DataFrame) -> Chart:
    """A lista de um usuário novo à medida que ele avalia: uma coluna por momento, ligadas onde o filme continua.

    Args:
        lists: títulos; linhas são posições, de cima para baixo, e colunas são o número de avaliações dadas até então
            (int), da menor para a maior.

    Raises:
        ArgumentError: se há menos de duas colunas, ou nenhuma linha.
    """
    if lists.shape[1] < 2 or lists.empty:
        raise ArgumentError("a figura compara listas: dê duas colunas ou mais, e uma linha ou mais.")
    first, last = list(lists.iloc[:, 0]), list(lists.iloc[:, -1])
    kept = sum(title in first for title in last)
    with course_style():
        figure = new_figure(11.0, 1.4 + 0.32 * len(lists))
        axes = figure.subplots()
        for column, count in enumerate(lists):
            titles = list(lists[count])
            heading = f"{count} {'avaliação' if count == 1 else 'avaliações'}"
            axes.text(column, -1, heading, weight="bold", va="center")
            for row, title in enumerate(titles):
                style = {"color": BLACK} if title in first else {"color": VERMILION, "weight": "bold"}
                axes.text(column, row, f"{row + 1}. {_short(title)}", va="center", fontsize=9, **style)
            following = list(lists.iloc[:, column + 1]) if column + 1 < lists.shape[1] else []
            for row, title in enumerate(titles):
                if title in following:
                    ends = [column + LINK_START, column + LINK_END], [row, following.index(title)]
                    axes.plot(*ends, color=BLUE if title in first else VERMILION, linewidth=1.5)
        axes.set(xlim=(0, lists.shape[1] - 0.2), ylim=(len(lists) - 0.4, -1.6))
        axes.axis("off")
        axes.set_title(
            f"Da lista inicial, {kept} dos {len(first)} filmes continuam após {lists.columns[-1]} avaliações"
        )
    entered = ", ".join(title for title in last if title not in first) or "nenhum"
    return Chart(
        figure,
        f"Listas de {len(lists)} filmes recomendados a um usuário novo, depois de "
        f"{', '.join(map(str, lists.columns))} avaliações. Lista inicial: {', '.join(first)}. Na última lista, são "
        f"novos: {entered}.",
        "As recomendações a um usuário novo, conforme ele avalia. Em negrito, o que não estava na lista inicial; as "
        "linhas ligam um filme a ele mesmo.",
    )


def _short(title: str) -> str:
    """O título sem o ano, e cortado, se preciso, numa palavra inteira."""
    return textwrap.shorten(re.sub(r" \(\d{4}\)$", "", title), TITLE_LENGTH, placeholder="…")
