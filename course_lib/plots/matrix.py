"""As figuras do notebook 04: a matriz de avaliações vazia, a mesma cheia de previsões, e o que há onde não se sabe."""

from collections.abc import Mapping

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Patch
from matplotlib.ticker import MultipleLocator

from course_lib.errors import ArgumentError
from course_lib.plots._chart import BLACK, BLUE, ORANGE, Chart, course_style, new_figure, panels_title
from course_lib.plots._numbers import GROUPED_TICKS, STAR_TICKS, decimal, grouped, percent

MISSING = -1  # marca de célula sem avaliação; nenhuma nota é negativa
LOW = 3.25  # entre as notas possíveis 3 e 3,5, perto da média
EMPTY_COLOR, LOW_COLOR, HIGH_COLOR = BLUE, BLACK, "#FFFFFF"
WORST, BEST = 0.5, 5.0  # extremos da escala de cinza, em estrelas
STARS = range(1, 6)
FEW = 12  # até tantas células conhecidas, um círculo em volta de cada uma: sozinhas, não se veem
GRAYS = matplotlib.colormaps["gray"].with_extremes(bad=EMPTY_COLOR)


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


def three_color_blocks(blocks: Mapping[str, np.ndarray]) -> Chart:
    """Pedaços da matriz original em três cores, lado a lado.

    Args:
        blocks: título -> (linhas, colunas), notas em estrelas, −1 onde não há; linhas são usuários, colunas, filmes.
    """
    shares = {title: percent((block == MISSING).mean(), 1) for title, block in blocks.items()}
    with course_style():
        figure, panels = _panels(len(blocks))
        fullest = min(shares, key=lambda title: (blocks[title] == MISSING).mean())
        panels_title(figure, f"No pedaço mais cheio, {shares[fullest]} das células não têm nota")
        for axes, (title, block) in zip(panels, blocks.items(), strict=True):
            axes.imshow(three_colors(block), interpolation="nearest")
            axes.set_title(f"{title}\n{shares[title]} sem nota", fontsize=11, weight="normal")
        colors = {"sem nota": EMPTY_COLOR, "nota até 3": LOW_COLOR, "nota 3,5 ou mais": HIGH_COLOR}
        handles = [Patch(facecolor=color, edgecolor=BLACK, label=label) for label, color in colors.items()]
        figure.legend(handles=handles, loc="outside lower center", ncols=3)
    described = "; ".join(f"{title}, {share}" for title, share in shares.items())
    return Chart(
        figure,
        "Pedaços da matriz de avaliações, usuários na vertical e filmes na horizontal: azul onde não há nota, preto "
        f"nas notas até 3, branco nas de 3,5 ou mais. Células sem nota: {described}.",
    )


def full_matrix(matrices: Mapping[str, np.ndarray]) -> Chart:
    """Matrizes inteiras em tons de cinza, uma sob a outra, com a mesma escala em estrelas.

    Args:
        matrices: nome do modelo -> float (n_users, n_movies), notas previstas em estrelas.
    """
    n_users, n_movies = next(iter(matrices.values())).shape
    spread = {name: decimal(matrix.std()) for name, matrix in matrices.items()}
    with course_style():
        figure = new_figure(11, 1 + 3.3 * len(matrices))
        panels = np.atleast_1d(figure.subplots(len(matrices), 1, sharex=True))
        panels_title(figure, f"Nenhuma célula vazia: {grouped(n_users * n_movies)} notas previstas")
        for axes, (name, matrix) in zip(panels, matrices.items(), strict=True):
            image = _gray(axes, matrix, aspect="auto")
            axes.set_title(name, fontsize=11, weight="normal")
            axes.set_ylabel("usuário (índice)")
        panels[-1].set_xlabel("filme (índice)")
        panels[-1].xaxis.set_major_formatter(GROUPED_TICKS)
        _star_bar(figure, image, panels)
    described = "; ".join(f"{name}, {value}" for name, value in spread.items())
    return Chart(
        figure,
        f"Imagens em cinza das matrizes previstas, {grouped(n_users)} usuários na vertical por {grouped(n_movies)} "
        "filmes na horizontal; mais claro é nota maior. Veem-se linhas horizontais, de usuários mais ou menos "
        "generosos, e verticais, de filmes melhores ou piores. Desvio-padrão das notas previstas, em estrelas: "
        f"{described}.",
    )


def predicted_blocks(original: np.ndarray, predictions: Mapping[str, np.ndarray]) -> Chart:
    """Um pedaço da matriz original e o mesmo pedaço previsto por cada modelo, na mesma escala de cinza.

    Args:
        original: (linhas, colunas), notas em estrelas, −1 onde não há.
        predictions: nome do modelo -> float (linhas, colunas), notas previstas em estrelas.
    """
    known = int((original != MISSING).sum())
    with course_style():
        figure, panels = _panels(1 + len(predictions))
        title = f"Nota conhecida em {grouped(known)} de {grouped(original.size)} células; prevista, em todas"
        panels_title(figure, title)
        image = _gray(panels[0], np.ma.masked_equal(original, MISSING))
        panels[0].set_title("original", fontsize=11, weight="normal")
        if known <= FEW:
            rows, columns = np.nonzero(original != MISSING)
            panels[0].scatter(columns, rows, s=120, facecolors="none", edgecolors=ORANGE, linewidths=1.8)
        for axes, (name, block) in zip(panels[1:], predictions.items(), strict=True):
            _gray(axes, block)
            axes.set_title(name, fontsize=11, weight="normal")
        _star_bar(figure, image, panels)
        figure.legend(handles=[Patch(color=EMPTY_COLOR, label="sem nota")], loc="outside lower left")
    described = "; ".join(f"{name}, {decimal(block.std())}" for name, block in predictions.items())
    return Chart(
        figure,
        "O mesmo pedaço da matriz, usuários na vertical e filmes na horizontal: o original, com nota em "
        f"{grouped(known)} de {grouped(original.size)} células e azul no resto, e as previsões de cada modelo, que "
        f"enchem todas. Desvio-padrão das previsões, em estrelas: {described}.",
    )


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
    spread = {name: decimal(rest.std()) for name, rest in rests.items()}
    # O quadrado do maior valor singular é a parte do resto em que toda linha é um múltiplo de um mesmo padrão.
    powers = {name: np.linalg.svd(rest, compute_uv=False) ** 2 for name, rest in rests.items()}
    shares = {name: percent(power[0] / power.sum()) for name, power in powers.items()}
    with course_style():
        figure, panels = _panels(len(rests))
        panels_title(figure, "Quanto do resto é um só padrão, repetido em todas as linhas")
        for axes, (name, rest) in zip(panels, rests.items(), strict=True):
            image = axes.imshow(rest, cmap="PuOr_r", vmin=-limit, vmax=limit, interpolation="nearest")
            axes.set_title(
                f"{name}: {shares[name]}\ndesvio-padrão {spread[name]} estrela", fontsize=11, weight="normal"
            )
        bar = figure.colorbar(image, ax=list(panels), format=STAR_TICKS, shrink=0.8, aspect=25)
        bar.set_label("resto (estrelas)")
    described = "; ".join(f"{name}, {value}" for name, value in spread.items())
    return Chart(
        figure,
        "O que sobra das previsões num pedaço da matriz, tirados o efeito da linha e o da coluna: roxo onde o modelo "
        "prevê menos do que eles fariam esperar, laranja onde prevê mais. Desvio-padrão do resto, em estrelas: "
        f"{described}. Parte do resto que um só padrão, repetido em todas as linhas com mais ou menos força, explica: "
        f"{'; '.join(f'{name}, {share}' for name, share in shares.items())}.",
    )


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
    with course_style():
        axes = new_figure(8.5, 4.2).subplots()
        for values, label, color in ((rated, "com avaliação", BLUE), (unrated, "sem nenhuma", ORANGE)):
            weights = np.full(len(values), 1 / len(values))
            axes.hist(
                values, bins, weights=weights, color=color, alpha=0.65, label=f"filmes {label}: {grouped(len(values))}"
            )
        axes.yaxis.set_major_locator(MultipleLocator(0.05))
        axes.yaxis.set_major_formatter(lambda fraction, position: percent(fraction))
        axes.xaxis.set_major_formatter(STAR_TICKS)
        axes.set_xlabel(f"nota prevista para o usuário {user} (estrelas)")
        axes.set_ylabel("parte dos filmes de cada grupo")
        axes.set_title(f"Desvio-padrão: {decimal(rated.std())} com avaliações, {decimal(unrated.std())} sem nenhuma")
        axes.legend()
    return Chart(
        axes.figure,
        f"Dois histogramas das notas previstas para o usuário {user}. O dos filmes com avaliações tem desvio-padrão "
        f"{decimal(rated.std())} estrela; o dos filmes sem nenhuma, {decimal(unrated.std())}, em torno de "
        f"{decimal(unrated.mean())}.",
    )


def _panels(count: int) -> tuple[Figure, np.ndarray]:
    """Painéis lado a lado, com os eixos já nomeados: linhas são usuários, colunas são filmes."""
    figure = new_figure(min(11.0, 1 + 3.6 * count), 4.6)
    panels = np.atleast_1d(figure.subplots(1, count))
    for axes in panels:
        axes.grid(visible=False)
        axes.set_xlabel("filmes (posição no pedaço)")
    panels[0].set_ylabel("usuários (posição no pedaço)")
    return figure, panels


def _gray(axes: Axes, matrix: np.ndarray, **options) -> AxesImage:
    axes.grid(visible=False)
    return axes.imshow(matrix, cmap=GRAYS, vmin=WORST, vmax=BEST, **options)


def _star_bar(figure: Figure, image: AxesImage, panels: np.ndarray) -> None:
    bar = figure.colorbar(image, ax=list(panels), ticks=STARS, format=STAR_TICKS, shrink=0.8, aspect=25)
    bar.set_label("nota (estrelas)")
    bar.ax.tick_params(length=0)
