"""The figures of the seventh notebook: each number where it belongs, and titles that are computed."""

import numpy as np
import pandas as pd
import pytest

from course_lib.errors import ArgumentError
from course_lib.plots import group_chart, mood_chart, time_chart, twin_chart
from course_lib.plots._chart import BLUE, GRAY
from tests.plots.reading import axes_of, history, line_of, looks_of, texts, title_of


@pytest.fixture
def correlations():
    return pd.DataFrame({"verdade": [0.35, 0.1, -0.02], "acaso": [0.03, 0.02, 0.01]}, index=["1 s", "1 h", "1 ano"])


@pytest.fixture
def losses():
    return pd.Series({"genre": 0.012, "moment": 0.134, "year": -0.001})


@pytest.fixture
def errors():
    rows = {"ALS": [0.874, np.nan], "kernel": [0.835, 0.819], "por data": [1.007, 1.008]}
    return pd.DataFrame(rows, index=["sem", "com"]).T


@pytest.fixture
def twins():
    return {"irmã": history([0.81, 0.64]), "gêmea": history([0.81, 0.36])}, {"irmã": 0.82, "gêmea": 0.85}


def test_mood_goes_from_the_shortest_interval_to_the_longest(correlations):
    axes = axes_of(mood_chart(correlations))
    assert line_of(axes, "verdade") == ([0, 1, 2], [0.35, 0.1, -0.02])
    assert texts(axes.get_xticklabels()) == ["1 s", "1 h", "1 ano"]
    assert "tempo" in axes.get_xlabel() and "correlação" in axes.get_ylabel()


def test_mood_tells_any_series_apart_and_only_the_true_one_is_solid(correlations):
    axes = axes_of(mood_chart(correlations.assign(outra=0.0, mais=0.1)))
    looks = looks_of(axes)
    assert looks[:2] == [(BLUE, "o"), (GRAY, "s")] and len(set(looks)) == 4
    assert [line.get_linestyle() for line in axes.lines[:4]] == ["-", "--", "--", "--"]


def test_mood_title_and_alt_say_the_first_and_last_correlation(correlations):
    chart = mood_chart(correlations)
    assert title_of(chart) == "Correlação entre dois desvios: +0,35 em “1 s”, −0,02 em “1 ano”"
    assert "verdade: 1 s +0,35, 1 h +0,10, 1 ano −0,02" in chart.alt and "acaso: 1 s +0,03" in chart.alt


def test_groups_are_sorted_and_the_largest_loss_is_on_top_and_in_the_title(losses):
    chart = group_chart(losses)
    axes = axes_of(chart)
    assert texts(axes.get_yticklabels()) == ["year", "genre", "moment"]
    assert [bar.get_width() for bar in axes.patches] == [-0.001, 0.012, 0.134]
    assert title_of(chart).endswith("moment")
    assert "moment, +0,134; genre, +0,012; year, −0,001" in chart.alt
    assert "RMSE" in axes.get_xlabel() and "estrelas" in axes.get_xlabel()


def test_twins_show_rmse_in_training_and_test_after_the_last_epoch(twins):
    chart = twin_chart(*twins)
    axes = axes_of(chart)
    assert line_of(axes, "gêmea: treinamento")[1] == pytest.approx([0.9, 0.6])
    epochs, tested = line_of(axes, "irmã: teste, no fim")
    assert tested == [0.82] and epochs[0] > 2
    assert "irmã, 0,900 na primeira época e 0,800 na última, no teste 0,820" in chart.alt


def test_twins_title_names_who_fits_best_and_who_tests_best(twins):
    histories, tested = twins
    assert title_of(twin_chart(histories, tested)) == "Menor erro no treinamento: gêmea;\nmenor erro no teste: irmã"
    assert title_of(twin_chart(histories, {"irmã": 0.9, "gêmea": 0.8})).endswith("teste: gêmea")


def test_twins_need_the_same_names(twins, refused):
    with refused("test error of another network", ArgumentError, match="mesmos nomes"):
        twin_chart(twins[0], {"irmã": 0.8, "outra": 0.9})


def test_time_chart_has_a_row_per_model_from_top_to_bottom(errors):
    axes = axes_of(time_chart(errors))
    assert texts(axes.get_yticklabels()) == list(errors.index)
    bottom, top = axes.get_ylim()
    assert bottom > top
    assert line_of(axes, "sem") == ([0.874, 0.835, 1.007], [0, 1, 2])
    assert "RMSE" in axes.get_xlabel() and "estrelas" in axes.get_xlabel()


def test_time_chart_says_nothing_of_time_for_a_model_that_does_not_use_it(errors):
    chart = time_chart(errors)
    written = texts(axes_of(chart).texts)
    assert "nan" not in written and len(written) == 5
    assert "ALS, 0,874 sem; kernel, 0,835 sem e 0,819 com" in chart.alt


def test_time_chart_title_is_the_range_of_the_changes(errors):
    assert title_of(time_chart(errors)) == "O momento muda o erro em −0,016 no melhor caso e +0,001 no pior"
    assert title_of(time_chart(errors.loc[["ALS"]])) == "Nenhum destes modelos usa o momento"


def test_change_too_small_to_show_has_no_sign(errors):
    errors.loc["por data", "com"] = 1.0072
    assert title_of(time_chart(errors)).endswith("e 0,000 no pior")


def test_time_chart_needs_two_columns(errors, refused):
    with refused("one column", ArgumentError, match="duas"):
        time_chart(errors[["sem"]])


@pytest.mark.parametrize("chart", [mood_chart, group_chart, time_chart], ids=lambda chart: chart.__name__)
def test_nothing_to_draw_is_refused(chart, refused):
    with refused("empty table", ArgumentError, match="vazia"):
        chart(pd.DataFrame())
