"""As figuras do notebook 01 sobre o que falta na matriz: não falta ao acaso."""

import numpy as np
import pandas as pd
from matplotlib.ticker import LogLocator, NullFormatter

from course_lib.plots._chart import BLACK, BLUE, ORANGE, Chart, course_style, new_figure
from course_lib.plots._numbers import GROUPED_TICKS, STAR_TICKS, decimal, grouped

GRAY = "#595959"


def chance_comparison(observed: np.ndarray, drawn: np.ndarray) -> Chart:
    """Avaliações por filme, do mais ao menos avaliado: nos dados e num mundo em que os filmes são sorteados.

    Args:
        observed: inteiros (n_movies,), avaliações de cada filme nos dados.
        drawn: inteiros (n_movies,), o mesmo se cada avaliação caísse num filme ao acaso.
    """
    with course_style():
        axes = new_figure(8.5, 4.3).subplots()
        for counts, color, label in ((observed, BLUE, "nos dados"), (drawn, ORANGE, "por sorteio")):
            ordered = np.sort(counts)[::-1]
            axes.step(np.arange(1, len(ordered) + 1), np.maximum(ordered, 0.8), where="mid", color=color, label=label)
            place = {"textcoords": "offset points", "color": BLACK}
            axes.annotate(f"{label}: até {grouped(ordered[0])} avaliações", (1, ordered[0]), (6, 7), **place)
        axes.set(xscale="log", yscale="log", xlim=(0.9, None), ylim=(0.8, 3 * observed.max()))
        axes.set(xlabel="posição do filme, do mais ao menos avaliado (escala logarítmica)")
        axes.set_ylabel("avaliações (escala logarítmica)")
        axes.set_title("Ninguém escolhe filmes por sorteio")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(GROUPED_TICKS)
    return Chart(
        axes.figure,
        "Duas curvas decrescentes em escalas logarítmicas. A dos dados cai de "
        f"{grouped(observed.max())} avaliações até uma; a do sorteio é quase plana e começa em {grouped(drawn.max())}. "
        f"Filmes com no máximo uma avaliação: {grouped((observed <= 1).sum())} nos dados, "
        f"{grouped((drawn <= 1).sum())} no sorteio.",
    )


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
    with course_style():
        axes = new_figure(8.5, 4.5).subplots()
        axes.scatter(counts, means, s=9, color=BLUE, alpha=0.18, linewidths=0)
        axes.plot(centers, averages, "o-", color=ORANGE, markeredgecolor=BLACK, markersize=8, label="média da faixa")
        axes.plot([], [], "o", color=BLUE, markersize=5, label="um filme")
        axes.set(xscale="log", xlabel="avaliações que o filme tem (escala logarítmica)")
        axes.set(ylabel="nota média do filme (estrelas)", ylim=(0.3, 5.2), yticks=range(1, 6))
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.xaxis.set_major_formatter(GROUPED_TICKS)
        axes.set_title(f"Dos filmes menos aos mais avaliados, a nota média vai de {first} a {last}")
        axes.legend(loc="lower right")
    return Chart(
        axes.figure,
        "Nuvem de pontos, um por filme: avaliações na horizontal, nota média na vertical. À esquerda, os filmes de "
        f"poucas avaliações ocupam a escala inteira, com média {first}; para a direita a nuvem se estreita e a média "
        f"das faixas chega a {last} estrelas.",
    )


def sequel_gaps(table: pd.DataFrame) -> Chart:
    """Para cada filme com continuação, a nota dele entre quem avaliou a continuação e entre quem não a avaliou.

    Args:
        table: colunas "filme" (str), "avaliou a continuação" e "não avaliou": médias, em estrelas, da diferença entre
            a nota dada ao filme e a nota média da própria pessoa.
    """
    rated, unrated = "avaliou a continuação", "não avaliou"
    table = table.sort_values(rated)
    rows = np.arange(len(table))
    higher = int((table[rated] > table[unrated]).sum())
    with course_style():
        axes = new_figure(10, 1.4 + 0.27 * len(table)).subplots()
        axes.axvline(0, color=GRAY, linewidth=1)
        axes.hlines(rows, table[unrated], table[rated], color="#BFBFBF", linewidth=3)
        axes.plot(table[rated], rows, "o", color=BLUE, markersize=9, label=f"quem {rated}")
        axes.plot(table[unrated], rows, "o", color=ORANGE, markersize=9, label=f"quem {unrated}")
        axes.set_yticks(rows, table["filme"])
        axes.xaxis.set_major_formatter(STAR_TICKS)
        axes.set(
            xlabel="nota do primeiro filme, menos a média da própria pessoa (estrelas)", ylim=(-0.7, len(table) - 0.3)
        )
        axes.set_title(f"Quem avaliou a continuação gostou mais do primeiro em {higher} de {len(table)} filmes")
        axes.legend(loc="lower right")
    gap = (table[rated] - table[unrated]).mean()
    return Chart(
        axes.figure,
        "Dois pontos por filme, ligados por um traço: a nota do primeiro filme, descontada a média de cada pessoa, "
        "entre quem também avaliou a continuação e entre quem não a avaliou. O ponto de quem avaliou está à direita em "
        f"{higher} de {len(table)} filmes; a diferença média é de {decimal(gap)} estrela.",
    )
