"""As figuras da matriz de avaliações: vazia (notebooks 01 e 04), cheia de previsões, e o que há onde não se sabe."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.colorbar import Colorbar
from matplotlib.colors import BoundaryNorm, to_rgb
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Patch
from matplotlib.ticker import MultipleLocator

from course_lib.errors import ArgumentError
from course_lib.plots._axes import draw_images, new_axes, new_panels
from course_lib.plots._chart import BLACK, BLUE, CMAP, DIVERGING, ORANGE, VERMILION, Chart, course_style
from course_lib.plots._numbers import NUMBER_TICKS, PERCENT_TICKS, decimal, grouped, listing, percent
from course_lib.plots.dataset import SCALE

MISSING = -1  # marca de célula sem avaliação; nenhuma nota é negativa
LOW = 3.25  # entre as notas possíveis 3 e 3,5, perto da média
EMPTY_COLOR, LOW_COLOR, HIGH_COLOR = BLUE, BLACK, "#FFFFFF"
FEW = 10  # com menos notas que isto, um círculo em volta de cada uma: sozinhas, não se veriam
LETTER = 0.11  # polegadas que uma letra toma no título da figura
PALE = "#EDEDED"  # célula sem nota, entre cores
GRAY_SCALE = {"cmap": matplotlib.colormaps["gray"].with_extremes(bad=EMPTY_COLOR), "vmin": 0.5, "vmax": 5.0}


@course_style()
def matrix_blocks(blocks: Mapping[str, np.ndarray]) -> Chart:
    """Pedaços da matriz de avaliações, lado a lado: um ponto por célula, cinza onde não há nota.

    Args:
        blocks: título → (linhas, colunas), notas em estrelas, −1 onde não há; linhas são usuários, colunas, filmes.
    """
    filled = {title: int((block > 0).sum()) for title, block in blocks.items()}
    shares = {title: f"{grouped(filled[title])} de {grouped(block.size)} células" for title, block in blocks.items()}
    fullest, emptiest = max(filled, key=filled.get), min(filled, key=filled.get)
    finding = f"No pedaço mais cheio há nota em {shares[fullest]}; no mais vazio, em {grouped(filled[emptiest])}"
    figure, panels = _panels(finding, len(blocks), "")
    steps = BoundaryNorm(np.append(SCALE - 0.25, 5.25), 256)  # uma cor por nota possível
    titled = {f"{title}\nnota em {shares[title]}": np.ma.masked_less(block, 0) for title, block in blocks.items()}
    image = draw_images(panels, titled, cmap=CMAP, norm=steps, interpolation="nearest")
    for axes, block in zip(panels, blocks.values(), strict=True):
        axes.set_facecolor(PALE)
        axes.locator_params(nbins=4)
        rows, columns = np.nonzero(block > 0)
        if len(rows) < FEW:
            axes.plot(columns, rows, "o", markersize=14, markerfacecolor="none", markeredgecolor=VERMILION)
    _star_bar(image, panels, SCALE)
    figure.legend(handles=[Patch(color=PALE, label="sem avaliação")], loc="outside lower right")
    return Chart(
        figure,
        "Imagens da matriz de avaliações, usuários na vertical e filmes na horizontal; cada ponto colorido é uma nota, "
        f"e o cinza é ausência de nota. Há nota em: {listing(shares)}. "
        f"Onde há menos de {FEW} notas, cada uma está circulada.",
    )


def three_colors(grid: np.ndarray) -> np.ndarray:
    """A matriz com marcas −1 como imagem de três cores: sem nota, nota baixa (até 3) e nota alta (3,5 ou mais).

    Args:
        grid: (linhas, colunas), notas em estrelas, −1 onde não há.

    Returns:
        float64 (linhas, colunas, 3): vermelho, verde e azul, de 0 a 1, como o matplotlib espera.
    """
    image = np.empty((*grid.shape, 3))
    image[grid == MISSING] = to_rgb(EMPTY_COLOR)
    image[(grid != MISSING) & (grid < LOW)] = to_rgb(LOW_COLOR)
    image[grid > LOW] = to_rgb(HIGH_COLOR)
    return image


@course_style()
def three_color_blocks(blocks: Mapping[str, np.ndarray]) -> Chart:
    """Pedaços da matriz original em três cores, lado a lado.

    Args:
        blocks: título -> (linhas, colunas), notas em estrelas, −1 onde não há; linhas são usuários, colunas, filmes.
    """
    shares = {title: percent((block == MISSING).mean(), 1) for title, block in blocks.items()}
    fullest = min(shares, key=lambda title: (blocks[title] == MISSING).mean())
    figure, panels = _panels(f"No pedaço mais cheio, {shares[fullest]} das células não têm nota", len(blocks))
    titled = {f"{title}\n{shares[title]} sem nota": three_colors(block) for title, block in blocks.items()}
    draw_images(panels, titled, interpolation="nearest")
    colors = {"sem nota": EMPTY_COLOR, "nota até 3": LOW_COLOR, "nota 3,5 ou mais": HIGH_COLOR}
    handles = [Patch(facecolor=color, edgecolor=BLACK, label=label) for label, color in colors.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return Chart(
        figure,
        "Pedaços da matriz de avaliações, usuários na vertical e filmes na horizontal: azul onde não há nota, preto "
        f"nas notas até 3, branco nas de 3,5 ou mais. Células sem nota: {listing(shares)}.",
    )


@course_style()
def full_matrix(matrices: Mapping[str, np.ndarray]) -> Chart:
    """Matrizes inteiras em tons de cinza, uma sob a outra, com a mesma escala em estrelas.

    Args:
        matrices: nome do modelo -> float (n_users, n_movies), notas previstas em estrelas.
    """
    n_users, n_movies = next(iter(matrices.values())).shape
    title = f"Nenhuma célula vazia: {grouped(n_users * n_movies)} notas previstas"
    panels = new_panels(11, 1 + 3.3 * len(matrices), title, len(matrices), 1, sharex=True)
    _star_bar(draw_images(panels, matrices, aspect="auto", **GRAY_SCALE), panels)
    for axes in panels:
        axes.set_ylabel("usuário (índice)")
    panels[-1].set_xlabel("filme (índice)")
    return Chart(
        panels[0].figure,
        f"Imagens em cinza das matrizes previstas, {grouped(n_users)} usuários na vertical por {grouped(n_movies)} "
        "filmes na horizontal; mais claro é nota maior. Veem-se linhas horizontais, de usuários mais ou menos "
        "generosos, e verticais, de filmes melhores ou piores. Desvio-padrão das notas previstas, em estrelas: "
        f"{listing(matrices, _spread)}.",
    )


@course_style()
def predicted_blocks(original: np.ndarray, predictions: Mapping[str, np.ndarray]) -> Chart:
    """Um pedaço da matriz original e o mesmo pedaço previsto por cada modelo, na mesma escala de cinza.

    Args:
        original: (linhas, colunas), notas em estrelas, −1 onde não há.
        predictions: nome do modelo -> float (linhas, colunas), notas previstas em estrelas.
    """
    known = int((original != MISSING).sum())
    cells = f"{grouped(known)} de {grouped(original.size)} células"
    figure, panels = _panels(f"Nota conhecida em {cells}; prevista, em todas", 1 + len(predictions))
    shown = {"original": np.ma.masked_equal(original, MISSING), **predictions}
    _star_bar(draw_images(panels, shown, **GRAY_SCALE), panels)
    if known < FEW:
        rows, columns = np.nonzero(original != MISSING)
        panels[0].scatter(columns, rows, s=120, facecolors="none", edgecolors=ORANGE, linewidths=1.8)
    figure.legend(handles=[Patch(color=EMPTY_COLOR, label="sem nota")], loc="outside lower left")
    return Chart(
        figure,
        "O mesmo pedaço da matriz, usuários na vertical e filmes na horizontal: o original, com nota em "
        f"{cells} e azul no resto, e as previsões de cada modelo, que enchem todas. Desvio-padrão das previsões, em "
        f"estrelas: {listing(predictions, _spread)}.",
    )


@course_style()
def residual_blocks(predictions: Mapping[str, np.ndarray]) -> Chart:
    """O que sobra de cada previsão depois de tirar a média, o efeito da linha e o da coluna: o que é do encontro.

    Args:
        predictions: nome do modelo -> float (linhas, colunas), notas previstas em estrelas; linhas são usuários.
    """
    rests = {
        name: block - block.mean(axis=1, keepdims=True) - block.mean(axis=0) + block.mean()
        for name, block in predictions.items()
    }
    limit = max(np.abs(rest).max() for rest in rests.values())
    # O quadrado do maior valor singular é a parte do resto em que toda linha é um múltiplo de um mesmo padrão.
    powers = {name: np.linalg.svd(rest, compute_uv=False) ** 2 for name, rest in rests.items()}
    shares = {name: percent(power[0] / power.sum()) for name, power in powers.items()}
    figure, panels = _panels("Quanto do resto é um só padrão, repetido em todas as linhas", len(rests))
    titled = {f"{name}: {shares[name]}\ndesvio-padrão {_spread(rest)} estrela": rest for name, rest in rests.items()}
    image = draw_images(panels, titled, cmap=DIVERGING, vmin=-limit, vmax=limit, interpolation="nearest")
    _color_bar(image, panels, "resto (estrelas)")
    return Chart(
        figure,
        "O que sobra das previsões num pedaço da matriz, tirados o efeito da linha e o da coluna: roxo onde o modelo "
        "prevê menos do que eles fariam esperar, laranja onde prevê mais. Desvio-padrão do resto, em estrelas: "
        f"{listing(rests, _spread)}. Parte do resto que um só padrão, repetido em todas as linhas com mais ou menos "
        f"força, explica: {listing(shares)}.",
    )


@course_style()
def cold_start_histogram(rated: np.ndarray, unrated: np.ndarray, user: int) -> Chart:
    """Notas previstas para um usuário: filmes com avaliação no treinamento contra filmes sem nenhuma.

    Args:
        rated, unrated: (n,), notas previstas em estrelas, de uns e de outros.
        user: o índice do usuário, para a legenda.

    Raises:
        ArgumentError: se um dos dois grupos está vazio.
    """
    if not len(rated) or not len(unrated):
        raise ArgumentError(
            f"Há {len(rated)} filmes com avaliação no treinamento e {len(unrated)} sem nenhuma; a figura compara os "
            "dois grupos, e precisa de ambos. Use uma divisão que deixe alguns filmes só na validação."
        )
    bins = np.histogram_bin_edges(np.concatenate([rated, unrated]), bins=60)
    title = f"Desvio-padrão: {_spread(rated)} com avaliações, {_spread(unrated)} sem nenhuma"
    label = f"nota prevista para o usuário {user} (estrelas)"
    axes = new_axes(8.5, 4.2, title, label, "parte dos filmes de cada grupo")
    for values, label, color in ((rated, "com avaliação", BLUE), (unrated, "sem nenhuma", ORANGE)):
        style = {"color": color, "alpha": 0.65, "label": f"filmes {label}: {grouped(len(values))}"}
        axes.hist(values, bins, weights=np.full(len(values), 1 / len(values)), **style)
    axes.yaxis.set_major_locator(MultipleLocator(0.05))
    axes.yaxis.set_major_formatter(PERCENT_TICKS)
    axes.legend()
    return Chart(
        axes.figure,
        f"Dois histogramas das notas previstas para o usuário {user}. O dos filmes com avaliações tem desvio-padrão "
        f"{_spread(rated)} estrela; o dos filmes sem nenhuma, {_spread(unrated)}, em torno de "
        f"{decimal(unrated.mean())}.",
    )


def _spread(ratings: np.ndarray) -> str:
    return decimal(ratings.std())


def _panels(title: str, count: int, place: str = " (posição no pedaço)") -> tuple[Figure, np.ndarray]:
    """Painéis lado a lado, com os eixos já nomeados: linhas são usuários, colunas são filmes."""
    width = max(1 + 3.6 * count, LETTER * len(title))
    panels = new_panels(min(11.0, width), 4.6, title, 1, count)
    for axes in panels:
        axes.set_xlabel(f"filmes{place}")
    panels[0].set_ylabel(f"usuários{place}")
    return panels[0].figure, panels


def _star_bar(image: AxesImage, panels: np.ndarray, ticks: Sequence[float] = range(1, 6)) -> None:
    _color_bar(image, panels, "nota (estrelas)", ticks=ticks).ax.tick_params(length=0)


def _color_bar(image: AxesImage, panels: np.ndarray, label: str, **options) -> Colorbar:
    place = {"ax": list(panels), "shrink": 0.8, "aspect": 25}
    return panels[0].figure.colorbar(image, label=label, format=NUMBER_TICKS, **place, **options)
