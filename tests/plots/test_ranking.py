"""The figures of the lists: the right number beside the right model, how sure, at what price, and for whom."""

import numpy as np
import pandas as pd
import pytest

from course_lib.errors import ArgumentError
from course_lib.plots import arrival_chart, interval_chart, price_chart, ranking_chart
from tests.plots.reading import axes_of, looks_of, texts, title_of

ERRORS = pd.Series({"rede": 0.886, "média": 1.06, "mais populares": float("nan")})
QUALITY = pd.Series({"mais populares": 0.15, "média": 0.001, "rede": 0.025})


def test_models_are_drawn_from_the_largest_error_down_and_the_one_without_error_last():
    left, right = ranking_chart(ERRORS, QUALITY).figure.axes
    assert texts(left.get_yticklabels()) == ["média", "rede", "mais populares"]
    assert [bar.get_width() for bar in right.patches] == [0.001, 0.025, 0.15]
    assert texts(left.texts) == ["1,060", "0,886", "não prevê notas"]
    assert left.get_ylim()[0] > left.get_ylim()[1]
    assert left.get_xlabel() == "RMSE no teste (estrelas); menor é melhor"
    assert right.get_xlabel() == "NDCG no teste; maior é melhor"


def test_ranking_title_names_both_winners_and_the_alt_every_pair():
    chart = ranking_chart(ERRORS, QUALITY)
    assert chart.figure.get_suptitle() == "Menor RMSE: rede; maior NDCG: mais populares"
    assert "rede, RMSE 0,886 e NDCG 0,025" in chart.alt
    assert "mais populares, sem RMSE e NDCG 0,150" in chart.alt


def test_ranking_of_models_that_only_rank_names_the_best_list_alone():
    chart = ranking_chart(ERRORS * np.nan, QUALITY)
    assert chart.figure.get_suptitle() == "Maior NDCG: mais populares"
    assert texts(chart.figure.axes[0].texts) == ["não prevê notas"] * 3


@pytest.mark.parametrize("quality", [QUALITY[:2], pd.Series(dtype=float)])
def test_ranking_of_other_models_is_refused(quality):
    with pytest.raises(ArgumentError, match="os mesmos modelos"):
        ranking_chart(ERRORS, quality)


def test_intervals_hold_the_means_and_narrow_with_more_people():
    rng = np.random.default_rng(0)
    few = pd.DataFrame({"EASE": rng.random(30), "acaso": rng.random(30) / 10})
    many = pd.concat([few] * 20, ignore_index=True)
    widths = []
    for table in (few, many):
        chart = interval_chart(table)
        (low, high), (mean,) = (line.get_xdata() for line in axes_of(chart).lines[:2])
        assert low < mean < high and mean == pytest.approx(table["EASE"].mean())
        widths.append(high - low)
    assert widths[1] < widths[0] / 3
    assert title_of(chart).startswith("Maior NDCG: EASE")


def test_arrival_title_says_from_how_many_ratings_on_the_model_leads_for_good():
    curves = pd.DataFrame(
        {"EASE": [0.1, 0.3, 0.2, 0.4], "mais populares": [0.2] * 2 + [0.25, 0.3]}, index=[0, 1, 5, 20]
    )
    chart = arrival_chart(curves)
    assert title_of(chart) == "A partir de 20 notas, EASE faz a melhor lista"
    assert texts(axes_of(chart).get_xticklabels()) == ["0", "1", "5", "20"]


def test_four_models_arrive_each_with_its_colour_and_marker():
    curves = pd.DataFrame(np.eye(4), columns=["EASE", "kNN", "rede", "mais populares"])
    assert len(set(looks_of(axes_of(arrival_chart(curves))))) == 4


def test_price_says_what_was_gained_and_what_was_paid():
    table = pd.DataFrame({"ndcg": [0.30, 0.28], "diversity": [0.7, 0.8]}, index=[0, 2])
    chart = price_chart({"MMR": table}, "diversity", "diversidade")
    assert title_of(chart) == "Do primeiro ao último ponto: 0,10 a mais, 0,020 de NDCG a menos"
    assert texts(axes_of(chart).texts) == ["0", "2"] and "peso 2, 0,800 e 0,280" in chart.alt


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: interval_chart(pd.DataFrame()), "ao menos uma coluna"),
        (lambda: arrival_chart(pd.DataFrame({"EASE": [0.1]}, index=[1])), "ao menos dois"),
        (lambda: price_chart({}, "diversity", "d"), "ao menos uma"),
        (lambda: price_chart({"MMR": pd.DataFrame({"ndcg": [0.1]})}, "diversity", "d"), "faltam 'ndcg' ou 'diversity'"),
    ],
)
def test_nothing_to_draw_is_refused(draw, message):
    with pytest.raises(ArgumentError, match=message):
        draw()
