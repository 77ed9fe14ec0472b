"""A figura da página de resultados: erro contra segundos."""

from collections.abc import Mapping

import numpy as np

from course_lib.plots._chart import BLUE, ORANGE, Chart, course_style, new_figure
from course_lib.plots._labels import place_labels
from course_lib.plots._numbers import STAR_TICKS, decimal


def quality_chart(summary: Mapping[str, tuple[float, float]]) -> Chart:
    """Um ponto por modelo.

    Args:
        summary: nome -> (RMSE médio em estrelas, segundos de ajuste); os do curso começam por "curso: ".
    """
    best = min(summary, key=lambda name: summary[name][0])
    with course_style():
        figure = new_figure(9.5, 6.5)
        axes = figure.subplots()
        for group, color, marker in (("curso", BLUE, "o"), ("outras bibliotecas", ORANGE, "s")):
            members = [p for name, p in summary.items() if name.startswith("curso: ") == (group == "curso")]
            errors, taken = ([point[i] for point in members] for i in (0, 1))
            axes.plot(taken, errors, linestyle="none", marker=marker, markersize=8, color=color, label=group)
        axes.set_xscale("log")
        axes.margins(x=0.12, y=0.1)
        axes.yaxis.set_major_formatter(STAR_TICKS)
        axes.set_xlabel("segundos de processador no ajuste (escala logarítmica)")
        axes.set_ylabel("RMSE na validação (estrelas)")
        axes.set_title(f"Menor erro: {best.removeprefix('curso: ')}, {decimal(summary[best][0], 3)}")
        axes.legend(loc="center left")
        points = np.array([(taken, error) for error, taken in summary.values()])
        place_labels(axes, points, [name.removeprefix("curso: ") for name in summary], fontsize=9)
    listing = "; ".join(f"{name}, {decimal(e, 3)} em {decimal(t, 1)} s" for name, (e, t) in summary.items())
    return Chart(figure, f"RMSE na validação contra segundos de ajuste: {listing}.")
