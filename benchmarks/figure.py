"""As figuras da página de resultados: erro, ou acerto das listas, contra segundos."""

from collections.abc import Mapping

import numpy as np

from course_lib.plots._chart import BLUE, ORANGE, Chart, course_style, new_figure
from course_lib.plots._labels import place_labels
from course_lib.plots._numbers import NUMBER_TICKS, decimal

COURSE = "curso: "
SHORTEST = 0.01  # segundos; a escala logarítmica não tem zero


def quality_chart(summary: Mapping[str, tuple[float, float]]) -> Chart:
    """Um ponto por modelo: nome -> (RMSE médio em estrelas, segundos de ajuste); os do curso começam por "curso: "."""
    return _scatter(summary, min(summary, key=summary.get), "Menor erro", "RMSE na validação (estrelas)")


def lists_chart(summary: Mapping[str, tuple[float, float]]) -> Chart:
    """Um ponto por modelo: nome -> (NDCG@10 médio, segundos de ajuste); os do curso começam por "curso: "."""
    return _scatter(summary, max(summary, key=summary.get), "Melhores listas", "NDCG@10 no teste")


def _scatter(summary: Mapping[str, tuple[float, float]], best: str, finding: str, label: str) -> Chart:
    points = {name: (max(taken, SHORTEST), reached) for name, (reached, taken) in summary.items()}
    groups = {"curso": (BLUE, "o"), "outras bibliotecas": (ORANGE, "s")}
    with course_style():
        figure = new_figure(9.5, 6.5)
        axes = figure.subplots()
        for group, (color, marker) in groups.items():
            members = [p for name, p in points.items() if name.startswith(COURSE) == (group == "curso")]
            if members:  # sem as outras bibliotecas instaladas, a legenda não fala delas
                axes.plot(*zip(*members, strict=True), marker, markersize=8, color=color, label=group)
        axes.set_xscale("log")
        axes.margins(x=0.12, y=0.1)
        axes.yaxis.set_major_formatter(NUMBER_TICKS)
        axes.set_xlabel("segundos de processador no ajuste (escala logarítmica)")
        axes.set_ylabel(label)
        axes.set_title(f"{finding}: {best.removeprefix(COURSE)}, {decimal(summary[best][0], 3)}")
        axes.legend(loc="best")
        names = [name.removeprefix(COURSE) for name in points]
        place_labels(axes, np.array(list(points.values())), names, fontsize=9)
    listing = "; ".join(f"{name}, {decimal(value, 3)} em {decimal(t, 1)} s" for name, (value, t) in summary.items())
    return Chart(figure, f"{label} contra segundos de ajuste: {listing}.")
