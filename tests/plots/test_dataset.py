"""Figures of notebook 01: the right data in the right place, and words that say the same numbers."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from course_lib.errors import ArgumentError
from course_lib.plots import (
    chance_comparison,
    half_star_timeline,
    long_tail,
    matrix_blocks,
    rating_by_popularity,
    rating_histogram,
    sequel_gaps,
)
from course_lib.plots._chart import BLUE, SKY, Chart
from course_lib.plots._numbers import decimal, grouped, number, percent, signed
from course_lib.plots.dataset import count_ratings
from tests.plots.reading import axes_of, texts, title_of

VALUES = np.repeat(np.float32([0.5, 3, 4, 4.5, 5]), [1, 2, 4, 1, 2])


def days(*texts):
    return np.array(texts, dtype="datetime64[s]")


def test_numbers_are_written_as_in_portuguese():
    assert [decimal(value) for value in (3.5436, -0.035, -0.001)] == ["3,54", "−0,04", "0,00"]
    assert [signed(value) for value in (0.354, -0.035, -0.001)] == ["+0,35", "−0,04", "0,00"]
    assert grouped(100004) == "100.004"
    assert percent(0.0164, 1) == "1,6\N{NO-BREAK SPACE}%"
    assert [number(value) for value in (4.0, 3.5, -0.5, 1000)] == ["4", "3,5", "−0,5", "1.000"]


def test_every_rating_of_the_scale_is_counted_in_its_place():
    scale = np.arange(0.5, 5.01, 0.5)
    np.testing.assert_array_equal(count_ratings(np.repeat(scale, np.arange(1, 11))), np.arange(1, 11))


def test_histogram_has_one_bar_per_rating_with_whole_and_half_stars_told_apart():
    chart = rating_histogram(VALUES)
    bars = chart.figure.axes[0].patches
    assert {round(bar.get_x() + bar.get_width() / 2, 2): bar.get_height() for bar in bars if bar.get_height()} == {
        0.5: 1, 3: 2, 4: 4, 4.5: 1, 5: 2
    }  # fmt: skip
    assert [to_hex(bar.get_facecolor()).upper() for bar in bars[:2]] == [SKY, BLUE]
    assert "a mais comum é 4" in title_of(chart)
    assert percent(0.8) in title_of(chart)
    assert percent(0.4) in chart.alt


@pytest.mark.parametrize("values", [[], [np.nan]])
def test_histogram_of_nothing_is_refused(values):
    with pytest.raises(ArgumentError, match="não há o que desenhar"):
        rating_histogram(np.array(values))


def test_half_star_timeline_gives_the_date_of_the_first_half_star_and_the_share_of_each_year():
    dates = days("2001-03-01", "2001-04-01", "2003-05-16", "2003-06-01", "2004-01-01")
    chart = half_star_timeline(np.float32([4, 3, 3.5, 4, 2.5]), dates)
    timeline, after = chart.figure.axes
    assert [bar.get_height() for bar in timeline.patches] == [0, 0, 0.5, 1]
    assert "16/05/2003" in timeline.texts[0].get_text()
    assert sum(bar.get_height() for bar in after.patches) == 3
    assert "2003" in chart.figure.get_suptitle()


def test_half_stars_of_the_last_year_only_are_told_without_a_range_of_years():
    chart = half_star_timeline(np.float32([4, 3, 3.5, 4]), days("2001-03-01", "2001-04-01", "2003-05-16", "2003-06-01"))
    assert f"em 2003, o último ano, {percent(0.5)} das notas" in chart.alt


def test_range_of_later_years_leaves_out_the_first_and_those_without_ratings():
    dates = days("2001-03-01", "2003-05-16", "2003-06-01", "2005-06-01", "2005-06-02")
    chart = half_star_timeline(np.float32([4, 3.5, 0.5, 4.5, 4]), dates)
    assert f"depois de 2003, entre {percent(0.5)} e {percent(0.5)} das notas" in chart.alt


def test_years_of_the_timeline_are_whole_numbers_without_a_point():
    dates = np.arange("1996", "2016", dtype="datetime64[Y]").astype("datetime64[s]")
    chart = half_star_timeline(np.linspace(1, 4.5, len(dates)).round(0) + 0.5, dates)
    chart.png()  # drawing is what chooses the ticks
    years = [int(year) for year in texts(chart.figure.axes[0].get_xticklabels())]
    assert list(chart.figure.axes[0].get_xticks()) == years


def test_timeline_without_half_stars_is_refused(refused):
    with refused("timeline of whole stars only", ArgumentError, match="meias estrelas"):
        half_star_timeline(np.float32([4, 3]), days("2001-03-01", "2001-04-01"))


def test_long_tail_is_sorted_on_a_logarithmic_axis_and_counts_single_ratings():
    chart = long_tail(np.array([20, 90, 40]), np.array([1, 300, 1, 5]))
    users, movies = chart.figure.axes
    np.testing.assert_array_equal(users.lines[0].get_ydata(), [90, 40, 20])
    np.testing.assert_array_equal(movies.lines[0].get_ydata(), [300, 5, 1, 1])
    assert users.get_yscale() == "log"
    assert "usuários" in users.get_xlabel() and "filmes" in movies.get_xlabel()
    assert percent(0.5) in chart.figure.get_suptitle()
    assert "2 têm uma só" in chart.alt


@pytest.fixture
def blocks():
    sparse = np.full((20, 30), -1, np.float32)
    sparse[7, 21] = 4.5
    full = np.full((20, 30), 3, np.float32)
    return {"vazio": sparse, "cheio": full}


def test_matrix_image_has_users_down_and_movies_across(blocks):
    panel = matrix_blocks(blocks).figure.axes[0]
    image = panel.images[0].get_array()
    assert image[7, 21] == 4.5 and image.mask.sum() == image.size - 1
    circle = panel.lines[0]
    assert (circle.get_xdata()[0], circle.get_ydata()[0]) == (21, 7)
    assert (panel.get_xlabel(), panel.get_ylabel()) == ("filmes", "usuários")
    bottom, top = panel.get_ylim()
    assert bottom > top  # row 0 above


def test_matrix_blocks_share_one_scale_in_stars_and_only_the_sparse_one_is_circled(blocks):
    chart = matrix_blocks(blocks)
    sparse, full, bar = chart.figure.axes
    assert sparse.images[0].norm is not None
    assert [panel.images[0].norm.vmin for panel in (sparse, full)] == [0.25, 0.25]
    assert [panel.images[0].norm.vmax for panel in (sparse, full)] == [5.25, 5.25]
    assert "estrelas" in bar.get_ylabel()
    assert not full.lines
    assert "vazio, 1 de 600 células" in chart.alt and "cheio, 600 de 600 células" in chart.alt


def test_chance_comparison_names_both_maxima():
    chart = chance_comparison(np.array([341, 3, 1, 1]), np.array([90, 85, 86, 85]))
    observed, drawn = chart.figure.axes[0].lines
    assert list(observed.get_ydata()) == [341, 3, 1, 1]
    assert list(drawn.get_ydata()) == [90, 86, 85, 85]
    assert "2 nos dados" in chart.alt and "0 no sorteio" in chart.alt


def test_popularity_bins_are_octaves_with_their_mean_rating():
    chart = rating_by_popularity(np.array([1, 1, 2, 3, 64]), np.array([2.0, 3.0, 3.0, 3.5, 4.2]))
    line = chart.figure.axes[0].lines[0]
    np.testing.assert_allclose(line.get_ydata(), [2.5, 3.25, 4.2])
    np.testing.assert_allclose(line.get_xdata(), [1, np.sqrt(6), 64])
    assert "2,5 a 4,2" in title_of(chart)


def test_sequel_gaps_counts_the_films_liked_more_by_those_who_rated_the_sequel():
    table = pd.DataFrame(
        {"filme": ["A", "B", "C"], "avaliou a continuação": [0.5, -0.1, 0.2], "não avaliou": [0, 0, 0]}
    )
    chart = sequel_gaps(table)
    assert texts(axes_of(chart).get_yticklabels()) == ["B", "C", "A"]
    assert "2 de 3" in title_of(chart)
    assert decimal(0.2) in chart.alt


def test_every_figure_has_axes_in_words_and_fits_the_page(blocks):
    dates = days(*["2001-03-01"] * 9, "2003-05-16")
    counts = np.array([1, 300, 1, 5])
    charts = [
        rating_histogram(VALUES),
        half_star_timeline(np.sort(VALUES % 5), dates),
        long_tail(counts, counts),
        matrix_blocks(blocks),
        chance_comparison(counts, counts),
        rating_by_popularity(counts, np.array([3.0, 4.0, 2.0, 3.0])),
    ]
    for chart in charts:
        assert isinstance(chart, Chart) and chart.png().startswith(b"\x89PNG")
        assert all(axes.get_xlabel() or axes.get_ylabel() for axes in chart.figure.axes)
        assert chart.figure.get_figwidth() <= 11
