"""The figures that set models side by side: the right number in the right row, and titles that stay true."""

import pandas as pd
import pytest

from course_lib.errors import ArgumentError
from course_lib.plots import ablation_chart, comparison_chart, difference_chart, popularity_chart
from course_lib.trainer import History
from tests.plots.reading import axes_of, history, line_of, texts, title_of

SPLITS = pd.Index([42, 43, 44], name="separação")


@pytest.fixture
def errors():
    rows = {"média": [1.06, 1.05, 1.07], "rede": [0.88, 0.87, 0.92], "sem conserto": [2.7, 2.6, 2.8]}
    return pd.DataFrame(rows, index=SPLITS).T


def test_each_split_has_its_point_in_the_row_of_its_model_from_top_to_bottom(errors):
    axes = axes_of(comparison_chart(errors))
    bottom, top = axes.get_ylim()
    assert texts(axes.get_yticklabels()) == list(errors.index) and bottom > top
    assert line_of(axes, 43) == ([1.05, 0.87], [0, 1])
    assert "RMSE" in axes.get_xlabel() and "estrelas" in axes.get_xlabel()


def test_hopeless_model_is_named_but_left_out_of_the_axis(errors):
    axes = axes_of(comparison_chart(errors))
    assert axes.get_xlim()[1] < 1.5
    assert "2,70, fora da figura" in texts(axes.texts)


def test_comparison_title_and_alt_name_the_best(errors):
    chart = comparison_chart(errors)
    assert title_of(chart) == "Menor RMSE médio: rede, 0,890"
    assert "rede, 0,890; média, 1,060; sem conserto, 2,700" in chart.alt


def test_difference_title_tells_steady_signs_from_changing_ones():
    steady = pd.DataFrame({"a − b": [-0.01, -0.02, -0.01]}, index=SPLITS).T
    changing = pd.DataFrame({"a − b": [-0.01, 0.02, -0.01], "a − c": [0.1, 0.2, 0.3]}, index=SPLITS).T
    assert "o mesmo em todas" in title_of(difference_chart(steady))
    assert title_of(difference_chart(changing)) == "O sinal se mantém em 1 dos 2 pares"


def test_difference_alt_gives_signed_mean_and_range():
    table = pd.DataFrame({"rede − tabela": [-0.0094, -0.0081, -0.0056]}, index=SPLITS).T
    assert "rede − tabela, média −0,0077, de −0,0094 a −0,0056" in difference_chart(table).alt


def test_ablation_title_compares_best_points_and_last_epochs():
    chart = ablation_chart(
        {"com": history([0.9, 0.88, 0.885], "valid_rmse"), "sem": history([0.89, 0.882, 0.91], "valid_rmse")}
    )
    assert "0,002 no melhor ponto e em 0,025 na última" in title_of(chart)
    assert "sem, 0,882 na época 2 e 0,910 na última" in chart.alt


def test_ablation_draws_every_epoch_of_every_variant():
    axes = axes_of(ablation_chart({n: history(v, "valid_rmse") for n, v in (("com", [0.9, 0.88]), ("sem", [0.89]))}))
    assert line_of(axes, "com") == ([1, 2], [0.9, 0.88]) and line_of(axes, "sem") == ([1], [0.89])


@pytest.mark.parametrize("histories", [{}, {"vazia": History()}, {"sem validação": history([1.0])}])
def test_ablation_without_the_metric_is_refused(histories):
    with pytest.raises(ArgumentError, match="valid_rmse"):
        ablation_chart(histories)


def test_popularity_bins_carry_their_counts_and_the_title_the_winners():
    table = pd.DataFrame({"média do usuário": [1.0, 0.95], "rede": [1.1, 0.85]}, index=["nenhuma", "20 ou mais"])
    chart = popularity_chart(table, n_ratings=[744, 12425])
    assert texts(axes_of(chart).get_xticklabels()) == ["nenhuma\n(744)", "20 ou mais\n(12.425)"]
    assert title_of(chart) == "Menor erro em “nenhuma”: média do usuário;\nem “20 ou mais”: rede"
    assert "rede, 1,10 · 0,85" in chart.alt


def test_popularity_title_keeps_the_capitals_and_leaves_out_the_bins_without_ratings():
    table = pd.DataFrame({"EASE": [0.9, 0.8], "rede": [1.0, 0.85]}, index=["poucas", "muitas"])
    assert title_of(popularity_chart(table, [3, 9])) == "EASE: o menor erro em todas as faixas"
    table.loc["poucas"] = float("nan")
    chart = popularity_chart(table[["rede"]], [0, 9])
    assert title_of(chart) == "Rede: o menor erro em todas as faixas"
    assert "rede, sem notas · 0,85" in chart.alt


@pytest.mark.parametrize("table", [pd.DataFrame(), pd.DataFrame({"rede": [float("nan")]})])
@pytest.mark.parametrize("draw", [comparison_chart, difference_chart, lambda table: popularity_chart(table, [])])
def test_empty_table_is_refused(draw, table):
    with pytest.raises(ArgumentError, match="vazia"):
        draw(table)
