"""The figures of the lists: the right number beside the right model, and who entered the list."""

import pandas as pd
import pytest

from course_lib.errors import ArgumentError
from course_lib.plots import newcomer_chart, ranking_chart

ERRORS = pd.Series({"rede": 0.886, "média": 1.06, "mais populares": float("nan")})
QUALITY = pd.Series({"mais populares": 0.15, "média": 0.001, "rede": 0.025})
LISTS = pd.DataFrame({0: ["A (1990)", "B (1991)"], 1: ["B (1991)", "A (1990)"], 5: ["A (1990)", "C (1992)"]})


def texts_of(axes):
    return [text.get_text() for text in axes.texts]


def test_models_are_drawn_from_the_largest_error_down_and_the_one_without_error_last():
    left, right = ranking_chart(ERRORS, QUALITY).figure.axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["média", "rede", "mais populares"]
    assert [bar.get_width() for bar in right.patches] == [0.001, 0.025, 0.15]
    assert texts_of(left) == ["1,060", "0,886", "não prevê notas"]
    assert left.get_ylim()[0] > left.get_ylim()[1]


def test_ranking_title_names_both_winners_and_the_alt_every_pair():
    chart = ranking_chart(ERRORS, QUALITY)
    assert chart.figure.get_suptitle() == "Menor RMSE: rede; maior NDCG@10: mais populares"
    assert "rede, RMSE 0,886 e NDCG@10 0,025" in chart.alt
    assert "mais populares, sem RMSE e NDCG@10 0,150" in chart.alt


def test_ranking_axes_say_metric_unit_and_direction():
    left, right = ranking_chart(ERRORS, QUALITY).figure.axes
    assert left.get_xlabel() == "RMSE no teste (estrelas); menor é melhor"
    assert right.get_xlabel() == "NDCG@10 no teste; maior é melhor"


@pytest.mark.parametrize("quality", [QUALITY[:2], pd.Series(dtype=float)])
def test_ranking_of_other_models_is_refused(quality):
    with pytest.raises(ArgumentError, match="os mesmos modelos"):
        ranking_chart(ERRORS, quality)


def test_newcomer_columns_say_how_many_ratings_and_lists_keep_their_order():
    (axes,) = newcomer_chart(LISTS).figure.axes
    assert texts_of(axes) == ["0 avaliações", "1. A", "2. B", "1 avaliação", "1. B", "2. A", "5 avaliações", "1. A", "2. C"]  # fmt: skip  # noqa: E501
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_newcomer_lines_join_each_movie_to_itself():
    (axes,) = newcomer_chart(LISTS).figure.axes
    assert [list(line.get_ydata()) for line in axes.lines] == [[0, 1], [1, 0], [1, 0]]


def test_newcomer_title_counts_who_stayed_and_the_alt_names_who_entered():
    chart = newcomer_chart(LISTS)
    assert chart.figure.axes[0].get_title(loc="left") == "Da lista inicial, 1 dos 2 filmes continuam após 5 avaliações"
    assert chart.alt.endswith("são novos: C (1992).")


def test_movie_that_was_not_in_the_first_list_stands_out():
    (axes,) = newcomer_chart(LISTS).figure.axes
    assert [text.get_text() for text in axes.texts[1:] if text.get_weight() == "bold"] == [
        "1 avaliação",
        "5 avaliações",
        "2. C",
    ]


@pytest.mark.parametrize("lists", [LISTS[[0]], pd.DataFrame({0: [], 1: []})])
def test_newcomer_with_nothing_to_compare_is_refused(lists):
    with pytest.raises(ArgumentError, match="duas colunas"):
        newcomer_chart(lists)
