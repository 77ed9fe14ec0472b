"""O que várias figuras repetem: eixos novos já com nome, painéis, linhas e colunas de uma tabela, épocas."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from course_lib.errors import ArgumentError
from course_lib.plots._chart import MARKERS, PALETTE, new_figure
from course_lib.plots._numbers import NUMBER_TICKS

OUTSIDE = {"loc": "upper left", "bbox_to_anchor": (1, 1)}  # a legenda à direita dos eixos, onde não cobre nada


def new_axes(width: float, height: float, title: str = "", xlabel: str = "", ylabel: str = "", **scales) -> Axes:
    """Os eixos de uma figura nova, em polegadas, com números à brasileira; `scales`: `xscale="log"`, `yscale`."""
    axes = new_figure(width, height).subplots()
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel, **scales)
    portuguese(axes)
    return axes


def new_panels(width: float, height: float, title: str, n_rows: int, n_columns: int, **options) -> np.ndarray:
    """Os eixos, (painéis,), de uma figura nova com um título só; `options` são as de `Figure.subplots`."""
    figure = new_figure(width, height)
    figure.get_layout_engine().set(h_pad=0.09)
    figure.suptitle(title, x=0.01, ha="left", fontsize=13, weight="bold")
    panels = np.atleast_1d(figure.subplots(n_rows, n_columns, **options))
    for axes in panels:
        portuguese(axes)
    return panels


def draw_images(panels: np.ndarray, images: Mapping[str, np.ndarray], **options) -> AxesImage:
    """Uma imagem por painel, sob o seu título; devolve a última, de que sai a barra de cores comum a todas."""
    for axes, (title, image) in zip(panels, images.items(), strict=True):
        axes.set_title(title, fontsize=11, weight="normal")
        axes.grid(visible=False)
        drawn = axes.imshow(image, **options)
    return drawn


def portuguese(axes: Axes) -> None:
    """Escreve à brasileira os números dos dois eixos; de novo, se muda a escala."""
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(NUMBER_TICKS)


def write_beside(axes: Axes, text: str, point: tuple[float, float], offset: tuple[float, float], **style) -> None:
    """Escreve a `offset` pontos tipográficos de `point`, que está nas unidades dos dados."""
    axes.annotate(text, point, offset, textcoords="offset points", **style)


def name_rows(axes: Axes, names: Sequence[str], above: float = 0.75, below: float = 0.5) -> None:
    """Uma linha por nome, de cima para baixo, sobre um eixo horizontal de números; as folgas são partes de linha."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - below, -above)
    axes.grid(axis="y", visible=False)


def draw_columns(axes: Axes, table: pd.DataFrame, colors: Sequence[str] = PALETTE, **style) -> None:
    """Uma curva por coluna, com a sua cor (de seis) e o seu marcador; as linhas da tabela, com os seus nomes, ficam a
    distâncias iguais na horizontal.
    """
    axes.set_prop_cycle(color=colors, marker=MARKERS)
    axes.plot(range(len(table)), table, label=list(table), **style)
    axes.set_xticks(range(len(table)), table.index)


def name_epochs(axes: Axes) -> None:
    """Épocas inteiras na horizontal, e a legenda ao lado."""
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
    axes.legend(**OUTSIDE)


def refuse_empty(*tables: pd.DataFrame | pd.Series | np.ndarray) -> None:
    """Recusa, com `ArgumentError`, tabela sem números; ou nenhuma tabela, onde há uma por modelo."""
    if not tables or not all(np.any(pd.notna(table)) for table in tables):
        raise ArgumentError(
            "não há o que desenhar: a tabela está vazia, ou só tem NaN. Dê ao menos uma coluna e uma linha com números."
        )
