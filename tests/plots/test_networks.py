"""The two diagrams: their sizes are those of the networks, and the committed files are what the functions draw."""

import numpy as np
import pytest
from matplotlib.colors import same_color
from matplotlib.image import imread
from matplotlib.patches import Rectangle

from course_lib.models import DotNet, NeuralNet
from course_lib.paths import PACKAGE_PARENT
from course_lib.plots import dot_diagram, neural_diagram, save_diagrams
from course_lib.plots._chart import BLUE, ORANGE
from course_lib.plots.networks import FIGURES
from tests.plots.reading import texts

both = pytest.mark.parametrize("diagram", [dot_diagram, neural_diagram])


def words_of(chart):
    return texts(chart.figure.axes[0].texts)


def cells_of(chart, color):
    cells = [patch for patch in chart.figure.axes[0].patches if isinstance(patch, Rectangle)]
    return [cell for cell in cells if same_color(cell.get_facecolor(), color)]


@both
def test_default_sizes_are_those_of_the_series(diagram):
    words = words_of(diagram())
    assert {"671 × 50", "9.066 × 50"} <= set(words)
    assert words.count("(B, 50)") == 2 and words.count("(B, 1)") == 1


@both
def test_sizes_given_are_drawn_and_described(diagram):
    chart = diagram(n_users=7, n_movies=11, n_factors=3)
    assert {"7 × 3", "11 × 3"} <= set(words_of(chart))
    assert "7 × 3" in chart.alt and "11 × 3" in chart.alt


def test_neural_diagram_shows_two_vectors_concatenated_and_the_hidden_units():
    chart = neural_diagram(n_factors=3, n_hidden=13)
    assert {"(B, 6)", "(B, 13)"} <= set(words_of(chart))
    assert "6 números" in chart.alt and "13 unidades" in chart.alt


def test_default_hidden_units_and_factors_are_those_of_the_models():
    network = NeuralNet(2, 2)
    words = words_of(neural_diagram())
    assert f"(B, {network.hidden.out_features})" in words and f"(B, {network.hidden.in_features})" in words
    assert f"(B, {DotNet(2, 2).user_vectors.embedding_dim})" in words_of(dot_diagram())


@both
def test_user_branch_is_above_the_movie_branch_and_each_has_its_own_color(diagram):
    users, movies = (cells_of(diagram(), color) for color in (BLUE, ORANGE))
    assert len(users) == len(movies) > 0
    assert np.mean([cell.get_y() for cell in users]) > np.mean([cell.get_y() for cell in movies])


@both
def test_words_stay_inside_the_figure_and_do_not_overlap(diagram):
    figure = diagram().figure
    boxes = [text.get_window_extent() for text in figure.axes[0].texts if text.get_text()]
    assert all(figure.bbox.contains(box.x0, box.y0) and figure.bbox.contains(box.x1, box.y1) for box in boxes)
    assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])


def test_committed_diagrams_are_what_save_diagrams_draws(tmp_path):
    if not (PACKAGE_PARENT / "notebooks").is_dir():
        pytest.skip("not a checkout of the course")
    for drawn in save_diagrams(tmp_path):
        fresh, committed = imread(drawn), imread(FIGURES / drawn.name)
        assert fresh.shape == committed.shape
        assert np.abs(fresh - committed).mean() < 0.005, f"{drawn.name} is stale: run save_diagrams()"
