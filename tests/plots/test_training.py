"""The training curve: each loss at its epoch, the best epoch marked, equal histories visible and said to be equal."""

import pytest

from course_lib.errors import ArgumentError
from course_lib.plots import training_curve
from course_lib.trainer import History
from tests.plots.reading import axes_of, texts, title_of


def history(train, valid=None):
    rows = [{"epoch": epoch, "seconds": 0.1, "train_loss": loss} for epoch, loss in enumerate(train, start=1)]
    for row, loss in zip(rows, valid or [], strict=False):
        row["valid_loss"] = loss
    return History(rows)


U_SHAPE = history([2.0, 1.0, 0.5, 0.25], [1.5, 1.1, 1.2, 1.3])


def lines_of(chart):
    """Data of each drawn line, in order."""
    return [(list(line.get_xdata()), list(line.get_ydata())) for line in axes_of(chart).lines if len(line.get_xdata())]


def legend_of(chart):
    return texts(axes_of(chart).get_legend().get_texts())


def test_losses_are_drawn_at_their_epochs_and_the_best_epoch_is_marked():
    train, valid, best = lines_of(training_curve(U_SHAPE))
    assert train == ([1, 2, 3, 4], [2.0, 1.0, 0.5, 0.25])
    assert valid == ([1, 2, 3, 4], [1.5, 1.1, 1.2, 1.3])
    assert best == ([2], [1.1])


def test_axes_have_words_and_units():
    axes = axes_of(training_curve(U_SHAPE))
    assert axes.get_xlabel() == "época"
    assert axes.get_ylabel() == "perda por avaliação (estrelas²)"
    assert "entropia" in axes_of(training_curve(U_SHAPE, unit="entropia")).get_ylabel()


def test_title_and_description_name_the_best_epoch():
    chart = training_curve(U_SHAPE)
    assert title_of(chart) == "A validação foi melhor na época 2, de 4"
    assert "menor validação 1,100 (época 2)" in chart.alt
    assert "última época, a 2" in title_of(training_curve(history([2, 1], [2, 1])))
    assert title_of(training_curve(U_SHAPE, title="Outro")) == "Outro"


def test_history_without_validation_shows_training_only():
    chart = training_curve(history([2.0, 1.0]))
    assert lines_of(chart) == [([1, 2], [2.0, 1.0])]
    assert "validação" not in chart.alt and legend_of(chart) == ["treinamento"]


def test_single_epoch_is_visible_as_a_point():
    assert axes_of(training_curve(history([2.0], [1.0]))).lines[0].get_marker() == "o"


def test_axis_is_logarithmic_only_when_losses_span_much():
    assert axes_of(training_curve(U_SHAPE)).get_yscale() == "linear"
    assert axes_of(training_curve(history([60, 1]))).get_yscale() == "log"
    assert axes_of(training_curve(U_SHAPE, references={"chute": 100})).get_yscale() == "log"
    assert axes_of(training_curve(history([60, 0]))).get_yscale() == "linear"


def test_references_are_horizontal_lines_with_their_name_and_value():
    chart = training_curve(U_SHAPE, references={"média global": 1.133})
    assert lines_of(chart)[-1][1] == [1.133, 1.133]
    assert "média global" in legend_of(chart) and "média global 1,133" in chart.alt


def test_equal_histories_are_drawn_under_one_another_and_said_to_coincide():
    part, resumed = History(U_SHAPE.rows[:2]), History(U_SHAPE.rows)
    chart = training_curve({"inteiro": U_SHAPE, "parte": part, "retomado": resumed})
    widths = [
        line.get_linewidth() for line in axes_of(chart).lines if line.get_label() in ("inteiro", "parte", "retomado")
    ]
    assert widths == sorted(widths, reverse=True) and len(set(widths)) == 3
    assert title_of(chart) == "As curvas coincidem, época a época"
    assert "Coincidem com “inteiro”, época a época: parte, retomado." in chart.alt


def test_one_loss_that_differs_is_not_called_equal():
    other = History(U_SHAPE.rows)
    other.rows[3]["train_loss"] += 1e-9
    chart = training_curve({"a": U_SHAPE, "b": other})
    assert "oincidem" not in title_of(chart) + chart.alt
    assert len({line.get_linewidth() for line in axes_of(chart).lines}) == 1


def test_history_without_epochs_is_tolerated_beside_others_and_refused_alone(refused):
    chart = training_curve({"nada": History(), "tudo": U_SHAPE})
    assert "“nada”, nenhuma época completa" in chart.alt and "oincidem" not in title_of(chart) + chart.alt
    with refused("curve of a history without epochs", ArgumentError, match="fit"):
        training_curve(History())
    with refused("curve of no history", ArgumentError, match="fit"):
        training_curve({})


@pytest.mark.parametrize("histories", [U_SHAPE, {f"treinamento {n}": U_SHAPE for n in range(8)}])
def test_title_and_legend_fit_in_the_figure(histories):
    chart = training_curve(histories)
    chart.png()  # drawing is what lays the figure out
    figure = chart.figure
    for artist in (figure.axes[0].title, figure.axes[0].get_legend(), figure.axes[0].yaxis.label):
        box = artist.get_window_extent()
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1
