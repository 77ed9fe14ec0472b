"""As figuras do notebook 01: as notas, quem avalia, o que é avaliado, e a matriz quase vazia."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from course_lib.errors import ArgumentError
from course_lib.plots._chart import (
    BLACK,
    BLUE,
    CMAP,
    ORANGE,
    SKY,
    VERMILION,
    Chart,
    course_style,
    new_figure,
    panels_title,
)
from course_lib.plots._numbers import GROUPED_TICKS, STAR_TICKS, grouped, percent, stars

SCALE = np.arange(0.5, 5.01, 0.5)  # as dez notas possíveis, em estrelas
MISSING = "#EDEDED"
GRAY = "#595959"
FEW = 10  # até aqui, cada nota de uma imagem da matriz é circulada, ou não se veria


def rating_histogram(values: np.ndarray) -> Chart:
    """Quantas avaliações tem cada nota; inteiras e meias estrelas em cores diferentes.

    Args:
        values: (n,), notas em estrelas, de 0,5 a 5.
    """
    counts = count_ratings(values)
    whole = counts[1::2].sum() / counts.sum()
    most_common = SCALE[counts.argmax()]
    with course_style():
        figure = new_figure(8.5, 4.3)
        axes = figure.subplots()
        _bars(axes, counts)
        axes.set_title(f"Notas inteiras são {percent(whole)} das avaliações; a mais comum é {stars(most_common)}")
        axes.set(xlabel="nota (estrelas)", ylabel="avaliações")
        axes.yaxis.set_major_formatter(GROUPED_TICKS)
        axes.margins(y=0.12)
        for value, count in zip(SCALE, counts, strict=True):
            share = percent(count / counts.sum())
            axes.annotate(share, (value, count), (0, 4), textcoords="offset points", ha="center", color=GRAY)
        axes.legend(handles=_WHOLE_AND_HALF, loc="upper left")
    return Chart(
        figure,
        f"Barras por nota, de 0,5 a 5 estrelas. A mais alta é a da nota {stars(most_common)}, com "
        f"{percent(counts.max() / counts.sum())} das avaliações; as notas acima de 3 são "
        f"{percent(counts[6:].sum() / counts.sum())} do total, e as meias estrelas, {percent(1 - whole)}.",
    )


def half_star_timeline(values: np.ndarray, dates: np.ndarray) -> Chart:
    """À esquerda, a parte de meias estrelas em cada ano; à direita, as notas dadas desde a primeira delas.

    Args:
        values: (n,), notas em estrelas.
        dates: datetime64 (n,), quando cada uma foi dada.

    Raises:
        ArgumentError: se não há meia estrela alguma.
    """
    is_half = values % 1 != 0
    if not is_half.any():
        raise ArgumentError("Não há meias estrelas nestas notas; a figura mostraria só zeros.")
    first = dates[is_half].min()
    years = dates.astype("datetime64[Y]").astype(int) + 1970
    span = np.arange(years.min(), years.max() + 1)
    totals = np.bincount(years - span[0])
    shares = np.bincount(years - span[0], weights=is_half) / np.maximum(totals, 1)
    since = dates >= first
    day = first.astype("datetime64[D]").item()
    later = shares[day.year + 1 - span[0] :]
    if len(later):
        level = f"depois de {day.year}, entre {percent(later.min())} e {percent(shares.max())} das notas"
    else:
        level = f"em {day.year}, o último ano, {percent(shares.max())} das notas"
    with course_style():
        figure = new_figure(10.8, 4.2)
        timeline, after = figure.subplots(1, 2, width_ratios=(1.35, 1))
        panels_title(figure, f"A meia estrela é de {day.year}: antes dela, a escala só tinha notas inteiras")
        timeline.bar(span, shares, width=0.75, color=SKY)
        timeline.axhline(0, color=GRAY, linewidth=1)
        timeline.annotate(
            f"primeira meia estrela:\n{day:%d/%m/%Y}",
            (day.year, shares[day.year - span[0]]),
            (day.year - 1, 0.8 * shares.max()),
            ha="right",
            arrowprops={"arrowstyle": "-|>", "color": GRAY},
        )
        timeline.yaxis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
        timeline.set(xlabel="ano da avaliação", ylabel="meias estrelas (% das notas do ano)")
        _bars(after, count_ratings(values[since]))
        after.yaxis.set_major_formatter(GROUPED_TICKS)
        after.set(xlabel=f"nota (estrelas), desde {day:%d/%m/%Y}", ylabel="avaliações")
        after.legend(handles=_WHOLE_AND_HALF, loc="upper left")
    return Chart(
        figure,
        f"À esquerda, a fração de meias estrelas por ano: zero até {day.year - 1} e, {level}. À direita, o histograma "
        f"só das notas dadas desde {day:%d/%m/%Y}: as meias estrelas são {percent(is_half[since].mean())} delas.",
    )


def long_tail(user_counts: np.ndarray, movie_counts: np.ndarray) -> Chart:
    """Avaliações por usuário e por filme, do maior para o menor, em escala logarítmica.

    Args:
        user_counts: inteiros (n_users,), avaliações de cada usuário.
        movie_counts: inteiros (n_movies,), avaliações de cada filme; nenhum zero.
    """
    single = int((movie_counts == 1).sum())
    with course_style():
        figure = new_figure(10.8, 4.4)
        users, movies = figure.subplots(1, 2, sharey=True)
        panels_title(
            figure, f"Poucos concentram muito: {percent(single / len(movie_counts))} dos filmes têm uma só avaliação"
        )
        _tail(users, user_counts, "o mais ativo", "usuários, do mais ao menos ativo")
        _tail(movies, movie_counts, "o mais avaliado", "filmes, do mais ao menos avaliado")
        users.set_ylabel("avaliações (escala logarítmica)")
        users.yaxis.set_major_formatter(GROUPED_TICKS)
        movies.axvspan(len(movie_counts) - single, len(movie_counts), color=ORANGE, alpha=0.25, linewidth=0)
        middle = len(movie_counts) - single / 2
        movies.text(middle, 20, f"{grouped(single)} filmes\ncom uma só\navaliação", ha="center", fontsize=10.5)
    return Chart(
        figure,
        f"Duas curvas decrescentes em escala logarítmica. Entre os {grouped(len(user_counts))} usuários, o mais ativo "
        f"deu {grouped(user_counts.max())} avaliações, a mediana é {grouped(np.median(user_counts))} e o mínimo, "
        f"{user_counts.min()}. Entre os {grouped(len(movie_counts))} filmes, o mais avaliado tem "
        f"{grouped(movie_counts.max())}, a mediana é {grouped(np.median(movie_counts))}, e {grouped(single)} têm uma "
        "só avaliação.",
    )


def matrix_blocks(blocks: Mapping[str, np.ndarray]) -> Chart:
    """Pedaços da matriz de avaliações, lado a lado: um ponto por célula, cinza onde não há nota.

    Args:
        blocks: título → (linhas, colunas), notas em estrelas, −1 onde não há; linhas são usuários, colunas, filmes.
    """
    filled = {title: int((block > 0).sum()) for title, block in blocks.items()}
    shares = {title: f"{grouped(filled[title])} de {grouped(block.size)} células" for title, block in blocks.items()}
    fullest, emptiest = max(filled, key=filled.get), min(filled, key=filled.get)
    with course_style():
        figure = new_figure(11, 4.6)
        panels = np.atleast_1d(figure.subplots(1, len(blocks)))
        panels_title(
            figure, f"No pedaço mais cheio há nota em {shares[fullest]}; no mais vazio, em {grouped(filled[emptiest])}"
        )
        for axes, (title, block) in zip(panels, blocks.items(), strict=True):
            image = _matrix_image(axes, block)
            axes.set_title(f"{title}\nnota em {shares[title]}", fontsize=11, weight="normal")
            axes.set_xlabel("filmes")
        panels[0].set_ylabel("usuários")
        bar = figure.colorbar(image, ax=panels, ticks=SCALE, format=STAR_TICKS, shrink=0.8, aspect=25)
        bar.set_label("nota (estrelas)")
        bar.ax.tick_params(length=0)
        figure.legend(handles=[Patch(color=MISSING, label="sem avaliação")], loc="outside lower right")
    parts = "; ".join(f"{title}, {share}" for title, share in shares.items())
    return Chart(
        figure,
        "Imagens da matriz de avaliações, usuários na vertical e filmes na horizontal; cada ponto colorido é uma nota, "
        f"e o cinza é ausência de nota. Há nota em: {parts}. Onde há menos de {FEW} notas, cada uma está circulada.",
    )


def count_ratings(values: np.ndarray) -> np.ndarray:
    """Quantas vezes ocorre cada nota de 0,5 a 5: (n,) → inteiros (10,)."""
    return np.bincount((2 * np.asarray(values)).astype(np.int64), minlength=11)[1:]


_WHOLE_AND_HALF = [Patch(color=BLUE, label="nota inteira"), Patch(color=SKY, label="meia estrela")]


def _bars(axes: Axes, counts: np.ndarray) -> None:
    axes.bar(SCALE, counts, width=0.42, color=[SKY, BLUE] * 5)
    axes.set_xticks(SCALE)
    axes.xaxis.set_major_formatter(STAR_TICKS)
    axes.grid(axis="x", visible=False)


def _tail(axes: Axes, counts: np.ndarray, first: str, label: str) -> None:
    """A curva, com o maior valor e a mediana marcados."""
    ordered = np.sort(counts)[::-1]
    axes.fill_between(np.arange(len(ordered)), ordered, 0.8, step="post", color=BLUE, alpha=0.25, linewidth=0)
    axes.step(np.arange(len(ordered)), ordered, where="post", color=BLUE)
    middle, median = len(ordered) // 2, np.median(ordered)
    axes.plot([0, middle], [ordered[0], median], "o", color=BLACK, markersize=5)
    for text, x, y in ((first, 0, ordered[0]), ("mediana", middle, median)):
        axes.annotate(f"{text}: {grouped(y)}", (x, y), (9, 6), textcoords="offset points")
    axes.set(yscale="log", ylim=(0.8, None), xlabel=label)
    axes.set_xlim(-0.02 * len(ordered), len(ordered))
    axes.xaxis.set_major_formatter(GROUPED_TICKS)
    axes.grid(axis="x", visible=False)


def _matrix_image(axes: Axes, block: np.ndarray):
    steps = BoundaryNorm(np.append(SCALE - 0.25, 5.25), 256)
    axes.set_facecolor(MISSING)
    axes.grid(visible=False)
    axes.locator_params(nbins=4)
    rows, columns = np.nonzero(block > 0)
    if len(rows) < FEW:
        axes.plot(columns, rows, "o", markersize=14, markerfacecolor="none", markeredgecolor=VERMILION)
    return axes.imshow(np.ma.masked_less(block, 0), cmap=CMAP, norm=steps, interpolation="nearest")
