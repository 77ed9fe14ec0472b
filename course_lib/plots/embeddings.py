"""As figuras do notebook 05: quanto cada dimensão explica, o mapa dos filmes, e o que resiste a outra semente."""

import re
from collections.abc import Mapping

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from course_lib.plots._axes import draw_images, new_axes, new_panels, refuse_empty
from course_lib.plots._chart import BLACK, CMAP, DIVERGING, Chart, course_style
from course_lib.plots._labels import place_labels
from course_lib.plots._numbers import NUMBER_TICKS, PERCENT_TICKS, decimal, listing, percent

LONGEST_TITLE = 35  # caracteres
WITH_WHITE = matplotlib.colormaps[CMAP].with_extremes(bad="white")  # o cinza é o meio da escala
SURVIVES = 0.7  # |r| a partir do qual contamos uma dimensão como reencontrada: metade da variância em comum


@course_style()
def explained_variance(explained: Mapping[str, pd.Series], n_shown: int = 10) -> Chart:
    """Fração da variância que cada dimensão da PCA explica, por modelo, contra a parte igual.

    Args:
        explained: nome do modelo -> `Projection.explained`, com todas as dimensões. Se todas as coordenadas variassem
            por igual, e sem relação entre si, cada dimensão explicaria 1 / (número de dimensões).
        n_shown: quantas dimensões desenhar.

    Raises:
        ArgumentError: se não há modelo algum.
    """
    refuse_empty(*explained.values())
    counts = {name: int((shares > 2 / len(shares)).sum()) for name, shares in explained.items()}
    title = f"Dimensões que explicam mais que o dobro da parte igual:\n{listing(counts)}"
    axes = new_axes(9, 4.6, title, "dimensão da PCA", "variância explicada")
    width = 0.8 / len(explained)
    for i, (name, shares) in enumerate(explained.items()):
        shown = shares.iloc[:n_shown]
        places = shown.index.to_numpy() + (i - (len(explained) - 1) / 2) * width
        axes.bar(places, shown, width, label=f"{name}: {len(shares)} coordenadas")
        axes.hlines(np.full(len(shown), 1 / len(shares)), places - width / 2, places + width / 2, color=BLACK)
    axes.plot([], [], color=BLACK, label="se todas variassem por igual")
    axes.yaxis.set_major_formatter(PERCENT_TICKS)
    axes.set_xticks(max(explained.values(), key=len).index[:n_shown])
    axes.grid(axis="x", visible=False)
    axes.legend()
    firsts = "; ".join(f"{name}: {', '.join(percent(share, 1) for share in s[:4])}" for name, s in explained.items())
    return Chart(
        axes.figure,
        f"Barras decrescentes com a variância que cada dimensão explica. As quatro primeiras, {firsts}. Um traço preto "
        "marca, em cada barra, a parte que lhe caberia se todas variassem por igual. Quantas têm mais que o dobro "
        f"disso: {listing(counts)}.",
    )


@course_style()
def movie_map(scores: pd.DataFrame, ratings: pd.Series) -> Chart:
    """Filmes num plano, cada um com seu título.

    Args:
        scores: duas colunas de `Projection.scores`, cujos nomes rotulam os eixos; um filme por linha.
        ratings: nota média de cada filme, em estrelas, com o mesmo índice; dá a cor; NaN, de filme sem nota, é branco.
    """
    x, y = scores.columns
    titles = scores.index.get_level_values("title")
    title = f"{len(scores)} filmes nas dimensões {x} e {y}: perto é parecido, até onde um plano alcança"
    axes = new_axes(11, 9.5, title, f"dimensão {x}", f"dimensão {y}")
    colors = ratings.loc[scores.index]
    style = {"cmap": WITH_WHITE, "plotnonfinite": True, "edgecolors": BLACK, "linewidths": 0.5}
    points = axes.scatter(scores[x], scores[y], c=colors, s=40, **style)
    axes.margins(0.1, 0.06)
    bar = {"label": "nota média (estrelas)", "format": NUMBER_TICKS}
    axes.figure.colorbar(points, shrink=0.5, aspect=30, pad=0.01, **bar)
    placed = place_labels(axes, scores.to_numpy(), [short_title(title) for title in titles], fontsize=8.5)
    unrated = ", e branco é filme sem nota" if colors.isna().any() else ""
    low, high = titles[scores[x].argmin()], titles[scores[x].argmax()]
    return Chart(
        axes.figure,
        f"Mapa de {len(scores)} filmes, com {len(placed)} títulos, nas dimensões {x} (horizontal) e {y} (vertical); a "
        f"cor é a nota média{unrated}. Na ponta esquerda está {low}; na direita, {high}.",
    )


@course_style()
def fact_correlations(tables: Mapping[str, pd.DataFrame]) -> Chart:
    """O que cada dimensão acompanha: correlações com o que se sabe dos filmes, um painel por modelo.

    Args:
        tables: nome do modelo -> `correlations(facts, scores)`: linhas são fatos, colunas são dimensões; de −1 a 1.
    """
    first = {table.iloc[:, 0].abs().idxmax() for table in tables.values()}
    finding = (
        f"O que a dimensão 1 mais acompanha: {first.pop()}" if len(first) == 1 else "O que as dimensões acompanham"
    )
    figure = _heat_panels(tables, 0.28, f"{finding} (correlação de Pearson)", "dimensão da PCA")
    described = "; ".join(f"{name} ({_strongest(table)})" for name, table in tables.items())
    return Chart(
        figure,
        "Tabelas coloridas: fatos sobre os filmes nas linhas, dimensões nas colunas; roxo é correlação negativa, "
        f"laranja é positiva, branco é nenhuma. O que cada dimensão mais acompanha: {described}.",
    )


@course_style()
def seed_agreement(tables: Mapping[str, pd.DataFrame]) -> Chart:
    """As dimensões de um treinamento contra as de outro, um painel por comparação.

    Args:
        tables: nome da comparação -> `correlations(scores, other_scores)`: linhas são as dimensões do primeiro
            treinamento, colunas, as do outro.
    """
    found = {name: f"{(table.abs().max(axis=1) >= SURVIVES).sum()} de {len(table)}" for name, table in tables.items()}
    limit = decimal(SURVIVES, 1)
    titled = {f"{name}: {found[name]}": table for name, table in tables.items()}
    finding = f"Dimensões que voltam (|r| de ao menos {limit})"
    figure = _heat_panels(titled, 0.5, finding, "dimensão na repetição")
    figure.axes[0].set_ylabel("dimensão no original")
    return Chart(
        figure,
        "Tabelas coloridas das correlações entre as dimensões de dois treinamentos. Têm correspondente no outro, com "
        f"correlação de ao menos {limit} em módulo: {listing(found)}.",
    )


def short_title(title: str) -> str:
    """ "Matrix, The (1999)" → "The Matrix": sem o ano, com o artigo no lugar e, se longo demais, cortado."""
    name = re.sub(r" \(.*", "", title)
    name = re.sub(r"^(.*), (The|A|An)$", r"\2 \1", name)
    return name if len(name) <= LONGEST_TITLE else f"{name[: LONGEST_TITLE - 1].rstrip(' :,-')}…"


def _heat_panels(tables: Mapping[str, pd.DataFrame], row_height: float, finding: str, label: str) -> Figure:
    """Tabelas de correlações lado a lado, em cores e em números, com as mesmas linhas; recusa nenhuma tabela."""
    refuse_empty(*tables.values())
    n_rows = len(next(iter(tables.values())))
    panels = new_panels(11, 1.6 + row_height * n_rows, finding, 1, len(tables), sharey=True)
    image = draw_images(panels, tables, cmap=DIVERGING, vmin=-1, vmax=1, aspect="auto")
    for axes, table in zip(panels, tables.values(), strict=True):
        axes.set_xlabel(label)
        axes.set_xticks(range(table.shape[1]), table.columns)
        axes.set_yticks(range(n_rows), table.index)
        axes.tick_params(length=0)
        for (row, column), value in np.ndenumerate(table.to_numpy()):
            color = "white" if abs(value) > 0.6 else BLACK
            axes.text(column, row, decimal(value), ha="center", va="center", fontsize=9.5, color=color)
    bar = {"label": "correlação (r)", "format": NUMBER_TICKS}
    panels[0].figure.colorbar(image, ax=list(panels), aspect=30, pad=0.02, **bar)
    return panels[0].figure


def _strongest(table: pd.DataFrame) -> str:
    """ "dimensão 1 e nota média (r = −0,79), …": o fato que cada dimensão mais acompanha."""
    facts = table.abs().idxmax()
    return ", ".join(f"dimensão {d} e {fact} (r = {decimal(table.loc[fact, d])})" for d, fact in facts.items())
