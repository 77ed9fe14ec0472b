"""As figuras do notebook 05: quanto cada dimensão explica, o mapa dos filmes, e o que resiste a outra semente."""

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from course_lib.plots._chart import BLACK, PALETTE, Chart, course_style, new_figure
from course_lib.plots._labels import place_labels
from course_lib.plots._numbers import STAR_TICKS, decimal, percent

LONGEST_TITLE = 35  # caracteres
DIVERGING = "PuOr_r"  # laranja e roxo distinguem-se com qualquer daltonismo
SURVIVES = 0.7  # |r| a partir do qual contamos uma dimensão como reencontrada: metade da variância em comum


def explained_variance(explained: Mapping[str, pd.Series], n_shown: int = 10) -> Chart:
    """Fração da variância que cada dimensão da PCA explica, por modelo, contra a parte igual.

    Args:
        explained: nome do modelo -> `Projection.explained`, com todas as dimensões. Se todas as coordenadas variassem
            por igual, e sem relação entre si, cada dimensão explicaria 1 / (número de dimensões).
        n_shown: quantas dimensões desenhar.
    """
    counts = {name: int((shares > 2 / len(shares)).sum()) for name, shares in explained.items()}
    listed = "; ".join(f"{name}, {count}" for name, count in counts.items())
    with course_style():
        axes = new_figure(9, 4.6).subplots()
        width = 0.8 / len(explained)
        for i, (name, shares) in enumerate(explained.items()):
            shown = shares.iloc[:n_shown]
            places = shown.index.to_numpy() + (i - (len(explained) - 1) / 2) * width
            axes.bar(places, shown, width, color=PALETTE[i], label=f"{name}: {len(shares)} coordenadas")
            axes.hlines(np.full(len(shown), 1 / len(shares)), places - width / 2, places + width / 2, color=BLACK)
        axes.plot([], [], color=BLACK, label="se todas variassem por igual")
        axes.yaxis.set_major_formatter(lambda fraction, position: percent(fraction))
        axes.set(xlabel="dimensão da PCA", ylabel="variância explicada", xticks=shown.index)
        axes.grid(axis="x", visible=False)
        axes.set_title(f"Dimensões que explicam mais que o dobro da parte igual:\n{listed}")
        axes.legend()
    firsts = "; ".join(f"{name}: {', '.join(percent(share, 1) for share in s[:4])}" for name, s in explained.items())
    return Chart(
        axes.figure,
        f"Barras decrescentes com a variância que cada dimensão explica. As quatro primeiras, {firsts}. Um traço preto "
        "marca, em cada barra, a parte que lhe caberia se todas variassem por igual. Quantas têm mais que o dobro "
        f"disso: {listed}.",
    )


def movie_map(scores: pd.DataFrame, ratings: pd.Series) -> Chart:
    """Filmes num plano, cada um com seu título.

    Args:
        scores: duas colunas de `Projection.scores`, cujos nomes rotulam os eixos; um filme por linha.
        ratings: nota média de cada filme, em estrelas, com o mesmo índice; dá a cor.
    """
    x, y = scores.columns
    titles = scores.index.get_level_values("title")
    with course_style():
        axes = new_figure(11, 9.5).subplots()
        points = axes.scatter(scores[x], scores[y], c=ratings.loc[scores.index], s=40, edgecolors=BLACK, linewidths=0.5)
        axes.set(xlabel=f"dimensão {x}", ylabel=f"dimensão {y}")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(STAR_TICKS)
        axes.margins(0.1, 0.06)
        axes.set_title(f"{len(scores)} filmes nas dimensões {x} e {y}: perto é parecido, até onde um plano alcança")
        bar = axes.figure.colorbar(points, format=STAR_TICKS, shrink=0.5, aspect=30, pad=0.01)
        bar.set_label("nota média (estrelas)")
        placed = place_labels(axes, scores.to_numpy(), [short_title(title) for title in titles], fontsize=8.5)
    low, high = titles[scores[x].argmin()], titles[scores[x].argmax()]
    return Chart(
        axes.figure,
        f"Mapa de {len(scores)} filmes, com {len(placed)} títulos, nas dimensões {x} (horizontal) e {y} (vertical); a "
        f"cor é a nota média. Na ponta esquerda está {low}; na direita, {high}.",
    )


def fact_correlations(tables: Mapping[str, pd.DataFrame]) -> Chart:
    """O que cada dimensão acompanha: correlações com o que se sabe dos filmes, um painel por modelo.

    Args:
        tables: nome do modelo -> `correlations(facts, scores)`: linhas são fatos, colunas são dimensões; de −1 a 1.
    """
    strongest = {name: _strongest(table) for name, table in tables.items()}
    first = {table.iloc[:, 0].abs().idxmax() for table in tables.values()}
    finding = (
        f"O que a dimensão 1 mais acompanha: {first.pop()}" if len(first) == 1 else "O que as dimensões acompanham"
    )
    with course_style():
        figure = _heat_panels(tables, 0.28)
        figure.suptitle(f"{finding} (correlação de Pearson)", x=0.01, ha="left", weight="bold")
        for axes in figure.axes[: len(tables)]:
            axes.set_xlabel("dimensão da PCA")
    described = "; ".join(f"{name} ({text})" for name, text in strongest.items())
    return Chart(
        figure,
        "Tabelas coloridas: fatos sobre os filmes nas linhas, dimensões nas colunas; roxo é correlação negativa, "
        f"laranja é positiva, branco é nenhuma. O que cada dimensão mais acompanha: {described}.",
    )


def seed_agreement(tables: Mapping[str, pd.DataFrame]) -> Chart:
    """As dimensões de um treinamento contra as de outro, um painel por comparação.

    Args:
        tables: nome da comparação -> `correlations(scores, other_scores)`: linhas são as dimensões do primeiro
            treinamento, colunas, as do outro.
    """
    found = {name: int((table.abs().max(axis=1) >= SURVIVES).sum()) for name, table in tables.items()}
    listed = "; ".join(f"{name}, {found[name]} de {len(table)}" for name, table in tables.items())
    limit = decimal(SURVIVES, 1)
    with course_style():
        figure = _heat_panels(tables, 0.5)
        figure.suptitle(f"Dimensões que voltam (|r| de ao menos {limit})", x=0.01, ha="left", weight="bold")
        for axes, (name, table) in zip(figure.axes, tables.items(), strict=False):
            axes.set_title(f"{name}: {found[name]} de {len(table)}", fontsize=11, weight="normal")
            axes.set_xlabel("dimensão na repetição")
        figure.axes[0].set_ylabel("dimensão no original")
    return Chart(
        figure,
        "Tabelas coloridas das correlações entre as dimensões de dois treinamentos. Têm correspondente no outro, com "
        f"correlação de ao menos {limit} em módulo: {listed}.",
    )


def short_title(title: str) -> str:
    """ "Matrix, The (1999)" → "The Matrix": sem o ano, com o artigo no lugar e, se longo demais, cortado."""
    name = re.sub(r" \(.*", "", title)
    name = re.sub(r"^(.*), (The|A|An)$", r"\2 \1", name)
    return name if len(name) <= LONGEST_TITLE else f"{name[: LONGEST_TITLE - 1].rstrip(' :,-')}…"


def _heat_panels(tables: Mapping[str, pd.DataFrame], row_height: float) -> Figure:
    """Tabelas de correlações lado a lado, em cores e em números, com as mesmas linhas."""
    n_rows = len(next(iter(tables.values())))
    figure = new_figure(11, 1.6 + row_height * n_rows)
    panels = np.atleast_1d(figure.subplots(1, len(tables), sharey=True))
    for axes, (name, table) in zip(panels, tables.items(), strict=True):
        image = axes.imshow(table, cmap=DIVERGING, vmin=-1, vmax=1, aspect="auto")
        axes.grid(visible=False)
        axes.set_title(name, fontsize=11, weight="normal")
        axes.set_xticks(range(table.shape[1]), table.columns)
        axes.set_yticks(range(n_rows), table.index)
        axes.tick_params(length=0)
        for (row, column), value in np.ndenumerate(table.to_numpy()):
            color = "white" if abs(value) > 0.6 else BLACK
            axes.text(column, row, _signed(value), ha="center", va="center", fontsize=9.5, color=color)
    bar = figure.colorbar(image, ax=list(panels), format=STAR_TICKS, aspect=30, pad=0.02)
    bar.set_label("correlação (r)")
    return figure


def _strongest(table: pd.DataFrame) -> str:
    """ "dimensão 1 e nota média (r = −0,79), …": o fato que cada dimensão mais acompanha."""
    facts = table.abs().idxmax()
    return ", ".join(f"dimensão {d} e {fact} (r = {_signed(table.loc[fact, d])})" for d, fact in facts.items())


def _signed(value: float) -> str:
    """-0.791 → "−0,79", com o sinal de menos, mais largo que o hífen."""
    return decimal(round(value, 2) + 0.0).replace("-", "\N{MINUS SIGN}")
