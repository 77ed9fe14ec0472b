"""As figuras do notebook 01: as notas, quem avalia, o que é avaliado, e o que falta, que não falta ao acaso."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from course_lib.errors import ArgumentError
from course_lib.plots._axes import new_axes, new_panels, portuguese, refuse_empty, write_beside
from course_lib.plots._chart import BLACK, BLUE, GRAY, LIGHT, ORANGE, SKY, Chart, course_style
from course_lib.plots._numbers import PERCENT_TICKS, decimal, grouped, number, percent

SCALE = np.arange(0.5, 5.01, 0.5)  # as dez notas possíveis, em estrelas
WHOLE_AND_HALF = {BLUE: "nota inteira", SKY: "meia estrela"}


@course_style()
def rating_histogram(values: np.ndarray) -> Chart:
    """Quantas avaliações tem cada nota; inteiras e meias estrelas em cores diferentes.

    Args:
        values: (n,), notas em estrelas, de 0,5 a 5.

    Raises:
        ArgumentError: se não há nota alguma.
    """
    refuse_empty(values)
    counts = count_ratings(values)
    whole = counts[1::2].sum() / counts.sum()
    most_common = SCALE[counts.argmax()]
    title = f"Notas inteiras são {percent(whole)} das avaliações; a mais comum é {number(most_common)}"
    axes = new_axes(8.5, 4.3, title, "nota (estrelas)")
    _bars(axes, counts)
    axes.margins(y=0.12)
    for value, count in zip(SCALE, counts, strict=True):
        write_beside(axes, percent(count / counts.sum()), (value, count), (0, 4), ha="center", color=GRAY)
    return Chart(
        axes.figure,
        f"Barras por nota, de 0,5 a 5 estrelas. A mais alta é a da nota {number(most_common)}, com "
        f"{percent(counts.max() / counts.sum())} das avaliações; as notas acima de 3 são "
        f"{percent(counts[6:].sum() / counts.sum())} do total, e as meias estrelas, {percent(1 - whole)}.",
    )


@course_style()
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
    later = shares[(span > day.year) & (totals > 0)]
    if len(later):
        level = f"depois de {day.year}, entre {percent(later.min())} e {percent(later.max())} das notas"
    else:
        level = f"em {day.year}, o último ano, {percent(shares.max())} das notas"
    title = f"A meia estrela é de {day.year}: antes dela, a escala só tinha notas inteiras"
    timeline, after = new_panels(10.8, 4.2, title, 1, 2, width_ratios=(1.35, 1))
    timeline.bar(span, shares, width=0.75, color=SKY)
    timeline.axhline(0, color=GRAY, linewidth=1)
    tip, tail = (day.year, shares[day.year - span[0]]), (day.year - 1, 0.8 * shares.max())
    arrow = {"arrowstyle": "-|>", "color": GRAY}
    timeline.annotate(f"primeira meia estrela:\n{day:%d/%m/%Y}", tip, tail, ha="right", arrowprops=arrow)
    timeline.xaxis.set(major_locator=MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]), major_formatter="{x:.0f}")
    timeline.yaxis.set_major_formatter(PERCENT_TICKS)
    timeline.set(xlabel="ano da avaliação", ylabel="meias estrelas (% das notas do ano)")
    _bars(after, count_ratings(values[since]))
    after.set_xlabel(f"nota (estrelas), desde {day:%d/%m/%Y}")
    return Chart(
        timeline.figure,
        f"À esquerda, a fração de meias estrelas por ano: zero até {day.year - 1} e, {level}. À direita, o histograma "
        f"só das notas dadas desde {day:%d/%m/%Y}: as meias estrelas são {percent(is_half[since].mean())} delas.",
    )


@course_style()
def long_tail(user_counts: np.ndarray, movie_counts: np.ndarray) -> Chart:
    """Avaliações por usuário e por filme, do maior para o menor, em escala logarítmica.

    Args:
        user_counts: inteiros (n_users,), avaliações de cada usuário.
        movie_counts: inteiros (n_movies,), avaliações de cada filme; nenhum zero.
    """
    single = int((movie_counts == 1).sum())
    title = f"Poucos concentram muito: {percent(single / len(movie_counts))} dos filmes têm uma só avaliação"
    users, movies = new_panels(10.8, 4.4, title, 1, 2, sharey=True)
    _tail(users, user_counts, "o mais ativo", "usuários, do mais ao menos ativo")
    _tail(movies, movie_counts, "o mais avaliado", "filmes, do mais ao menos avaliado")
    users.set_ylabel("avaliações (escala logarítmica)")
    movies.axvspan(len(movie_counts) - single, len(movie_counts), color=ORANGE, alpha=0.25, linewidth=0)
    middle = len(movie_counts) - single / 2
    movies.text(middle, 20, f"{grouped(single)} filmes\ncom uma só\navaliação", ha="center", fontsize=10.5)
    return Chart(
        users.figure,
        f"Duas curvas decrescentes em escala logarítmica. Entre os {grouped(len(user_counts))} usuários, o mais ativo "
        f"deu {grouped(user_counts.max())} avaliações, a mediana é {grouped(np.median(user_counts))} e o mínimo, "
        f"{user_counts.min()}. Entre os {grouped(len(movie_counts))} filmes, o mais avaliado tem "
        f"{grouped(movie_counts.max())}, a mediana é {grouped(np.median(movie_counts))}, e {grouped(single)} têm uma "
        "só avaliação.",
    )


@course_style()
def chance_comparison(observed: np.ndarray, drawn: np.ndarray) -> Chart:
    """Avaliações por filme, do mais ao menos avaliado: nos dados e num mundo em que os filmes são sorteados.

    Args:
        observed: inteiros (n_movies,), avaliações de cada filme nos dados.
        drawn: inteiros (n_movies,), o mesmo se cada avaliação caísse num filme ao acaso.
    """
    xlabel = "posição do filme, do mais ao menos avaliado (escala logarítmica)"
    scales = {"ylabel": "avaliações (escala logarítmica)", "xscale": "log", "yscale": "log"}
    axes = new_axes(8.5, 4.3, "Ninguém escolhe filmes por sorteio", xlabel, **scales)
    for counts, color, label in ((observed, BLUE, "nos dados"), (drawn, ORANGE, "por sorteio")):
        ordered = np.sort(counts)[::-1]
        axes.step(np.arange(1, len(ordered) + 1), np.maximum(ordered, 0.8), where="mid", color=color, label=label)
        write_beside(axes, f"{label}: até {grouped(ordered[0])} avaliações", (1, ordered[0]), (6, 7), color=BLACK)
    axes.set(xlim=(0.9, None), ylim=(0.8, 3 * observed.max()))
    return Chart(
        axes.figure,
        "Duas curvas decrescentes em escalas logarítmicas. A dos dados cai de "
        f"{grouped(observed.max())} avaliações até uma; a do sorteio é quase plana e começa em {grouped(drawn.max())}. "
        f"Filmes com no máximo uma avaliação: {grouped((observed <= 1).sum())} nos dados, "
        f"{grouped((drawn <= 1).sum())} no sorteio.",
    )


@course_style()
def rating_by_popularity(counts: np.ndarray, means: np.ndarray) -> Chart:
    """Nota média de cada filme contra o seu número de avaliações, com a média de cada faixa de popularidade.

    Args:
        counts: inteiros (n_movies,), avaliações de cada filme; nenhum zero.
        means: (n_movies,), nota média de cada filme, em estrelas.
    """
    octave = np.log2(counts).astype(int)  # faixas 1, 2–3, 4–7, 8–15…
    centers = np.array([np.exp(np.log(counts[octave == k]).mean()) for k in np.unique(octave)])
    averages = np.array([means[octave == k].mean() for k in np.unique(octave)])
    first, last = decimal(averages[0], 1), decimal(averages[-1], 1)
    title = f"Dos filmes menos aos mais avaliados, a nota média vai de {first} a {last}"
    xlabel, ylabel = "avaliações que o filme tem (escala logarítmica)", "nota média do filme (estrelas)"
    axes = new_axes(8.5, 4.5, title, xlabel, ylabel, xscale="log")
    axes.scatter(counts, means, s=9, color=BLUE, alpha=0.18, linewidths=0)
    axes.plot(centers, averages, "o-", color=ORANGE, markeredgecolor=BLACK, markersize=8, label="média da faixa")
    axes.plot([], [], "o", color=BLUE, markersize=5, label="um filme")
    axes.set(ylim=(0.3, 5.2), yticks=range(1, 6))
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.legend(loc="lower right")
    return Chart(
        axes.figure,
        "Nuvem de pontos, um por filme: avaliações na horizontal, nota média na vertical. À esquerda, os filmes de "
        f"poucas avaliações ocupam a escala inteira, com média {first}; para a direita a nuvem se estreita e a média "
        f"das faixas chega a {last} estrelas.",
    )


@course_style()
def sequel_gaps(table: pd.DataFrame) -> Chart:
    """Para cada filme com continuação, a nota dele entre quem avaliou a continuação e entre quem não a avaliou.

    Args:
        table: colunas "filme" (str), "avaliou a continuação" e "não avaliou": médias, em estrelas, da diferença entre
            a nota dada ao filme e a nota média da própria pessoa.
    """
    rated, unrated = "avaliou a continuação", "não avaliou"
    table = table.sort_values(rated)
    rows = range(len(table))
    liked_more = f"{(table[rated] > table[unrated]).sum()} de {len(table)} filmes"
    title = f"Quem avaliou a continuação gostou mais do primeiro em {liked_more}"
    xlabel = "nota do primeiro filme, menos a média da própria pessoa (estrelas)"
    axes = new_axes(10, 1.4 + 0.27 * len(table), title, xlabel)
    axes.axvline(0, color=GRAY, linewidth=1)
    axes.hlines(rows, table[unrated], table[rated], color=LIGHT, linewidth=3)
    axes.plot(table[rated], rows, "o", color=BLUE, markersize=9, label=f"quem {rated}")
    axes.plot(table[unrated], rows, "o", color=ORANGE, markersize=9, label=f"quem {unrated}")
    axes.set_yticks(rows, table["filme"])
    axes.set_ylim(-0.7, len(table) - 0.3)
    axes.legend(loc="lower right")
    gap = (table[rated] - table[unrated]).mean()
    return Chart(
        axes.figure,
        "Dois pontos por filme, ligados por um traço: a nota do primeiro filme, descontada a média de cada pessoa, "
        "entre quem também avaliou a continuação e entre quem não a avaliou. O ponto de quem avaliou está à direita em "
        f"{liked_more}; a diferença média é de {decimal(gap)} estrela.",
    )


def count_ratings(values: np.ndarray) -> np.ndarray:
    """Quantas vezes ocorre cada nota de 0,5 a 5: (n,) → inteiros (10,)."""
    return np.bincount((2 * np.asarray(values)).astype(np.int64), minlength=11)[1:]


def _bars(axes: Axes, counts: np.ndarray) -> None:
    """Uma barra por nota, inteiras e meias em cores diferentes."""
    axes.bar(SCALE, counts, width=0.42, color=[SKY, BLUE] * 5)
    axes.set_ylabel("avaliações")
    handles = [Patch(color=color, label=label) for color, label in WHOLE_AND_HALF.items()]
    axes.legend(handles=handles, loc="upper left")
    axes.set_xticks(SCALE)
    axes.grid(axis="x", visible=False)


def _tail(axes: Axes, counts: np.ndarray, first: str, label: str) -> None:
    """A curva, com o maior valor e a mediana marcados."""
    ordered = np.sort(counts)[::-1]
    axes.fill_between(np.arange(len(ordered)), ordered, 0.8, step="post", color=BLUE, alpha=0.25, linewidth=0)
    axes.step(np.arange(len(ordered)), ordered, where="post", color=BLUE)
    middle, median = len(ordered) // 2, np.median(ordered)
    axes.plot([0, middle], [ordered[0], median], "o", color=BLACK, markersize=5)
    for text, x, y in ((first, 0, ordered[0]), ("mediana", middle, median)):
        write_beside(axes, f"{text}: {grouped(y)}", (x, y), (9, 6))
    axes.set(yscale="log", ylim=(0.8, None), xlabel=label)
    portuguese(axes)
    axes.set_xlim(-0.02 * len(ordered), len(ordered))
    axes.grid(axis="x", visible=False)
