"""As figuras da página de resultados: erro, ou acerto das listas, contra segundos."""

from collections.abc import Mapping

import numpy as np

from course_lib.plots._chart import BLUE, ORANGE, Chart, course_style, new_figure
from course_lib.plots._labels import place_labels
from course_lib.plots._numbers import NUMBER_TICKS, decimal


def quality_chart(summary: Mapping[str, tuple[float, float]]) -> Chart:
    """Um ponto por modelo.

    Args:
        summary: nome -> (RMSE médio em estrelas, segundos de ajuste); os do curso começam por "curso: ".
    """
    best = min(summary, key=lambda name: summary[name][0])
    return _scatter(
        summary, f"Menor erro: {_short(best)}, {decimal(summary[best][0], 3)}", "RMSE", "RMSE na validação (estrelas)"
    )


def lists_chart(summary: Mapping[str, tuple[float, float]]) -> Chart:
    """Um ponto por modelo.

    Args:
        summary: nome -> (NDCG@10 médio, segundos de ajuste); os do curso começam por "curso: ".
    """
    best = max(summary, key=lambda name: summary[name][0])
    return _scatter(
        summary, f"Melhores listas: {_short(best)}, {decimal(summary[best][0], 3)}", "NDCG@10", "NDCG@10 no teste"
    )


def _scatter(summary: Mapping[str, tuple[float, float]], title: str, measure: str, label: str) -> Chart:
    with course_style():
        figure = new_figure(9.5, 6.5)
        axes = figure.subplots()
        for group, color, marker in (("curso", BLUE, "o"), ("outras bibliotecas", ORANGE, "s")):
            members = [p for name, p in summary.items() if name.startswith("curso: ") == (group == "curso")]
            reached, taken = [p[0] for p in members], [max(p[1], 1e-3) for p in members]  # a escala não tem zero
            axes.plot(taken, reached, linestyle="none", marker=marker, markersize=8, color=color, label=group)
        axes.set_xscale("log")
        axes.margins(x=0.12, y=0.1)
        axes.yaxis.set_major_formatter(NUMBER_TICKS)
        axes.set_xlabel("segundos de processador no ajuste (escala logarítmica)")
        axes.set_ylabel(label)
        axes.set_title(title)
        axes.legend(loc="center left")
        points = np.array([(max(taken, 1e-3), reached) for reached, taken in summary.values()])
        place_labels(axes, points, [_short(name) for name in summary], fontsize=9)
    listing = "; ".join(f"{name}, {decimal(value, 3)} em {decimal(t, 1)} s" for name, (value, t) in summary.items())
    return Chart(figure, f"{measure} contra segundos de ajuste: {listing}.")


def _short(name: str) -> str:
    return name.removeprefix("curso: ")
