import numpy as np
import pytest
from matplotlib.colors import to_hex

from course_lib import plots
from course_lib.errors import ArgumentError
from course_lib.plots._chart import Chart
from course_lib.plots.matrix import EMPTY_COLOR, HIGH_COLOR, LOW_COLOR
from tests.plots.reading import texts

RATINGS = np.arange(0.5, 5.01, 0.5)


def panels(chart):
    return [axes for axes in chart.figure.axes if axes.get_label() != "<colorbar>"]


def colorbar(chart):
    return next(axes for axes in chart.figure.axes if axes.get_label() == "<colorbar>")


@pytest.fixture
def grid():
    """6 users, 9 movies; user 1 rated movie 7 with five stars, user 4 rated movie 2 with half a star."""
    grid = np.full((6, 9), -1, np.float32)
    grid[1, 7], grid[4, 2] = 5, 0.5
    return grid


def test_every_rating_and_the_mark_have_one_of_three_colours_within_zero_and_one():
    image = plots.three_colors(np.array([[-1, *RATINGS]]))
    assert image.shape == (1, 11, 3) and image.min() >= 0 and image.max() <= 1
    colors = [to_hex(color).upper() for color in image[0]]
    assert colors[0] == EMPTY_COLOR and colors[1:7] == [LOW_COLOR] * 6 and colors[7:] == [HIGH_COLOR] * 4


def test_three_colour_image_keeps_users_in_rows_and_movies_in_columns(grid):
    image = plots.three_colors(grid)
    assert to_hex(image[1, 7]).upper() == HIGH_COLOR and to_hex(image[4, 2]).upper() == LOW_COLOR
    chart = plots.three_color_blocks({"canto": grid, "cheio": np.full((2, 2), 4.0)})
    assert isinstance(chart, Chart)
    left = panels(chart)[0]
    assert np.array_equal(left.images[0].get_array(), image)
    assert "filmes" in left.get_xlabel() and "usuários" in left.get_ylabel()
    assert texts(chart.figure.legends[0].get_texts()) == ["sem nota", "nota até 3", "nota 3,5 ou mais"]
    assert "canto, 96,3\N{NO-BREAK SPACE}%; cheio, 0,0" in chart.alt


@pytest.mark.parametrize("n_blocks", [1, 2])
@pytest.mark.parametrize("draw", [plots.matrix_blocks, plots.three_color_blocks, plots.residual_blocks])
def test_title_and_legend_fit_in_the_figure_however_few_blocks(draw, n_blocks):
    figure = draw({f"pedaço {i}": np.tile([[1, 2], [5, 3.5]], (300, 300)) for i in range(n_blocks)}).figure
    figure.draw_without_rendering()
    for artist in (figure._suptitle, *figure.legends):
        box = artist.get_window_extent()
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1


def test_full_matrix_has_the_users_on_the_vertical_axis_and_stars_on_the_bar():
    matrix = np.random.default_rng(0).uniform(1, 5, size=(6, 9))
    chart = plots.full_matrix({"um": matrix, "outro": matrix - 0.5})
    first, last = panels(chart)
    assert np.array_equal(first.images[0].get_array(), matrix)
    assert first.images[0].get_extent() == [-0.5, 8.5, 5.5, -0.5]  # 9 movies wide, user 0 on top
    assert first.get_ylabel() == last.get_ylabel() == "usuário (índice)" and last.get_xlabel() == "filme (índice)"
    assert colorbar(chart).get_ylabel() == "nota (estrelas)"
    assert first.images[0].get_clim() == (0.5, 5)
    assert "54 notas previstas" in chart.figure.get_suptitle()
    assert "6 usuários na vertical por 9 filmes na horizontal" in chart.alt


def test_predicted_blocks_mark_what_is_missing_and_share_one_scale(grid):
    predicted = np.full(grid.shape, 3.5)
    chart = plots.predicted_blocks(grid, {"modelo": predicted})
    original, model = panels(chart)
    shown = original.images[0].get_array()
    assert np.array_equal(shown.mask, grid == -1) and shown[1, 7] == 5
    assert to_hex(original.images[0].to_rgba(shown)[0, 0]).upper() == EMPTY_COLOR
    assert original.images[0].get_clim() == model.images[0].get_clim()
    assert "2 de 54 células" in chart.figure.get_suptitle() and "2 de 54 células" in chart.alt
    assert colorbar(chart).get_ylabel() == "nota (estrelas)"


def test_histogram_compares_shares_of_each_group_and_tells_both_spreads():
    rated, unrated = np.array([1.0, 5.0, 3.0, 3.0]), np.array([3.0, 3.0])
    chart = plots.cold_start_histogram(rated, unrated, user=7)
    axes = chart.figure.axes[0]
    heights = [sum(patch.get_height() for patch in container) for container in axes.containers]
    assert heights == pytest.approx([1, 1])
    assert "1,41" in axes.get_title("left") and "0,00" in axes.get_title("left")
    assert "usuário 7" in axes.get_xlabel() and "usuário 7" in chart.alt


def test_histogram_without_movies_to_compare_is_refused(refused):
    with refused("cold start without unrated movies", ArgumentError, match="0 sem nenhuma"):
        plots.cold_start_histogram(np.array([3.0, 4.0]), np.array([]), user=7)


def test_residual_has_no_row_or_column_effect_and_says_how_much_one_pattern_explains():
    rng = np.random.default_rng(0)
    effects = 3 + rng.normal(size=(20, 1)) + rng.normal(size=15)
    one = np.outer(rng.normal(size=20), rng.normal(size=15))
    many = rng.normal(size=(20, 15))
    chart = plots.residual_blocks({"um padrão": effects + one, "muitos": effects + many})
    left, right, _ = chart.figure.axes
    for axes in (left, right):
        rest = axes.images[0].get_array()
        assert np.abs(rest.mean(axis=0)).max() < 1e-6 and np.abs(rest.mean(axis=1)).max() < 1e-6
    assert left.get_title(loc="left").startswith("um padrão: 100")
    assert "muitos, 1" in chart.alt or "muitos, 2" in chart.alt
