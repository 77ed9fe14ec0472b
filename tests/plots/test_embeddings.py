import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from course_lib import plots
from course_lib.errors import ArgumentError
from course_lib.plots._chart import course_style, new_figure
from course_lib.plots._labels import place_labels
from course_lib.plots.embeddings import short_title
from tests.plots.reading import texts


def movies(n):
    labels = [(movie, f"Filme número {movie} (1999)") for movie in range(100, 100 + n)]
    return pd.MultiIndex.from_tuples(labels, names=["movie", "title"])


def boxes(figure, texts):
    renderer = FigureCanvasAgg(figure).get_renderer()
    return [Text.get_window_extent(text, renderer) for text in texts]  # without the leader


def crowded_axes(points, margin=0.1):
    with course_style():
        axes = new_figure(8, 6).subplots()
        axes.scatter(*points.T)
        axes.margins(margin)
    return axes


@pytest.mark.parametrize("seed", range(3))
def test_labels_overlap_neither_each_other_nor_the_points_and_stay_inside(seed):
    points = np.random.default_rng(seed).normal(size=(50, 2))
    axes = crowded_axes(points, margin=0)  # some points lie on the frame
    labels = place_labels(axes, points, [f"Título {i}" for i in range(50)], fontsize=8)
    assert sorted(label.get_text() for label in labels) == sorted(f"Título {i}" for i in range(50))
    axes.figure.draw_without_rendering()
    frame, placed = axes.get_window_extent(), boxes(axes.figure, labels)
    assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 for box in placed)
    assert all(frame.y0 <= box.y0 and box.y1 <= frame.y1 for box in placed)
    wider = [Bbox.from_extents(box.x0 - 5, box.y0, box.x1 + 5, box.y1) for box in placed]  # neither run into each other
    assert not any(box.overlaps(other) for i, box in enumerate(placed) for other in wider[:i])
    assert not any(box.contains(*point) for box in placed for point in axes.transData.transform(points))


def test_each_label_points_to_its_own_point_and_far_ones_have_a_leader():
    points = np.repeat([[0.0, 0.0], [1.0, 1.0]], [12, 1], axis=0)
    axes = crowded_axes(points)
    labels = {label.get_text(): label for label in place_labels(axes, points, [f"T{i}" for i in range(13)])}
    assert labels["T12"].xy == pytest.approx((1, 1)) and labels["T3"].xy == pytest.approx((0, 0))
    assert labels["T12"].arrow_patch is None
    assert any(labels[f"T{i}"].arrow_patch is not None for i in range(12))


def test_what_does_not_fit_is_left_out_rather_than_written_over():
    points = np.zeros((60, 2))
    labels = place_labels(crowded_axes(points), points, ["um título comprido, de cinquenta letras ou mais, aqui"] * 60)
    assert 0 < len(labels) < 60


def test_no_leader_crosses_a_title():
    points = np.random.default_rng(2).normal(size=(60, 2)) * 0.3
    axes = crowded_axes(points)
    labels = place_labels(axes, points, [f"Título {i}" for i in range(60)], fontsize=8)
    axes.figure.draw_without_rendering()
    placed = boxes(axes.figure, labels)
    led = [i for i, label in enumerate(labels) if label.arrow_patch is not None]
    assert len(led) > 5
    for i in led:
        point = axes.transData.transform(labels[i].xy)
        line = point + np.linspace(0, 1, 200)[:, None] * (placed[i].get_points().mean(axis=0) - point)
        for box in placed[:i] + placed[i + 1 :]:
            assert not ((line > box.min + 2) & (line < box.max - 2)).all(axis=1).any()


def test_map_places_every_movie_at_its_scores_with_its_own_title():
    scores = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 2)), movies(20), columns=[1, 3])
    ratings = pd.Series(np.linspace(2, 4.5, 40), movies(40))
    chart = plots.movie_map(scores, ratings)
    axes = chart.figure.axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("dimensão 1", "dimensão 3")
    placed = {text.get_text(): text.xy for text in axes.texts}
    assert placed == {f"Filme número {100 + i}": pytest.approx(tuple(scores.iloc[i])) for i in range(20)}
    assert np.allclose(axes.collections[0].get_array(), ratings.iloc[:20])
    assert chart.figure.axes[1].get_ylabel() == "nota média (estrelas)"
    assert f"na direita, {scores[1].idxmax()[1]}" in chart.alt


def test_movie_without_a_mean_rating_is_a_white_point_of_the_map():
    scores = pd.DataFrame(np.random.default_rng(0).normal(size=(4, 2)), movies(4), columns=[1, 3])
    chart = plots.movie_map(scores, pd.Series([np.nan, 3, 4, 5], movies(4)))
    chart.png()  # drawing is what gives the points their colours
    colors = [to_hex(color).upper() for color in chart.figure.axes[0].collections[0].get_facecolors()]
    assert len(colors) == 4 and colors[0] == "#FFFFFF" and "#FFFFFF" not in colors[1:]
    assert "branco" in chart.alt
    assert "branco" not in plots.movie_map(scores, pd.Series(3.0, movies(4))).alt


def test_explained_variance_counts_the_dimensions_above_twice_the_equal_share():
    first = pd.Series([0.6, 0.25, 0.1, 0.05], range(1, 5))  # equal share 0.25
    second = pd.Series([0.55, 0.45], range(1, 3))
    chart = plots.explained_variance({"um": first, "outro": second}, n_shown=2)
    assert chart.figure.axes[0].get_title("left").endswith("um, 1; outro, 0")
    assert "60,0\N{NO-BREAK SPACE}%, 25,0\N{NO-BREAK SPACE}%" in chart.alt
    heights = [patch.get_height() for patch in chart.figure.axes[0].patches]
    assert heights == [0.6, 0.25, 0.55, 0.45]


def test_explained_variance_names_every_dimension_drawn_of_any_number_of_models():
    short, long = pd.Series([0.6, 0.4], range(1, 3)), pd.Series([0.25] * 4, range(1, 5))
    chart = plots.explained_variance({"longo": long} | {f"curto {i}": short for i in range(6)})
    assert texts(chart.figure.axes[0].get_xticklabels()) == ["1", "2", "3", "4"]


@pytest.mark.parametrize("draw", [plots.explained_variance, plots.fact_correlations, plots.seed_agreement])
def test_no_model_to_draw_is_refused(draw):
    with pytest.raises(ArgumentError, match="não há o que desenhar"):
        draw({})


def test_correlations_are_written_in_their_cells_and_the_strongest_named():
    table = pd.DataFrame([[-0.91, 0.1], [0.2, 0.444]], ["nota média", "ano"], columns=[1, 2])
    chart = plots.fact_correlations({"modelo": table})
    axes = chart.figure.axes[0]
    assert texts(axes.get_yticklabels()) == ["nota média", "ano"]
    cells = {tuple(text.get_position()): text.get_text() for text in axes.texts}
    assert cells == {(0, 0): "\N{MINUS SIGN}0,91", (1, 0): "0,10", (0, 1): "0,20", (1, 1): "0,44"}
    assert axes.images[0].get_clim() == (-1, 1)
    assert chart.figure.get_suptitle().startswith("O que a dimensão 1 mais acompanha: nota média")
    other = plots.fact_correlations({"modelo": table, "outro": table.iloc[::-1].set_axis(table.index)})
    assert other.figure.get_suptitle().startswith("O que as dimensões acompanham")
    assert "dimensão 1 e nota média (r = \N{MINUS SIGN}0,91), dimensão 2 e ano (r = 0,44)" in chart.alt


def test_agreement_counts_dimensions_found_again_whatever_their_sign_or_place():
    table = pd.DataFrame([[0.0, -0.9], [0.8, 0.1]], [1, 2], columns=[1, 2])
    chart = plots.seed_agreement({"um": table, "outro": table / 2})
    assert [axes.get_title("left") for axes in chart.figure.axes[:2]] == ["um: 2 de 2", "outro: 0 de 2"]
    assert "um, 2 de 2; outro, 0 de 2" in chart.alt


@pytest.mark.parametrize(
    ("title", "short"),
    [
        ("Matrix, The (1999)", "The Matrix"),
        ("Amelie (Fabuleux destin d'Amélie Poulain, Le) (2001)", "Amelie"),
        ("X2: X-Men United (2003)", "X2: X-Men United"),
        ("Interview with the Vampire: The Vampire Chronicles (1994)", "Interview with the Vampire: The Va…"),
    ],
)
def test_short_titles(title, short):
    assert short_title(title) == short
