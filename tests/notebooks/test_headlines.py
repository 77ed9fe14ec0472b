import nbformat
import numpy as np
import pytest
import torch
from nbformat.v4 import new_code_cell, new_notebook, new_output

from course_lib.errors import ArgumentError, NonFiniteError
from course_lib.headlines import format_number, headline, read_headlines


@pytest.fixture
def shown(monkeypatch):
    """What headline() displays, as the data of display outputs."""
    outputs = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: outputs.append(data))
    return outputs


def as_saved(outputs):
    """A notebook with these outputs, written and read again: writing sorts the keys of every object."""
    cells = [new_code_cell(outputs=[new_output("display_data", data=data)]) for data in outputs]
    return nbformat.reads(nbformat.writes(new_notebook(cells=cells)), as_version=4)


def test_numbers_are_read_back_in_order_and_as_plain_types(shown):
    headline({"RMSE na validação": np.float32(0.5)}, filmes=np.int64(9066))
    headline(perda=torch.tensor(1.25), melhor="biased_dot")
    numbers = read_headlines(as_saved(shown))
    assert numbers == {"RMSE na validação": 0.5, "filmes": 9066, "perda": 1.25, "melhor": "biased_dot"}
    assert list(numbers) == ["RMSE na validação", "filmes", "perda", "melhor"]
    assert [type(value) for value in numbers.values()] == [float, int, float, str]


def test_numbers_are_shown_aligned_and_in_brazilian_notation(shown):
    headline(avaliações=100004, rmse_na_validação=0.87451)
    assert shown[0]["text/plain"] == "avaliações         100.004\nrmse na validação  0,8745"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7, "7"),
        (6_083_286, "6.083.286"),
        (3.05, "3,05"),
        (-0.0077, "−0,0077"),
        (12345.6, "12.346"),
        (9999.7, "10.000"),
        ("dot", "dot"),
    ],
)
def test_number_formats(value, text):
    assert format_number(value) == text


def test_a_notebook_without_headlines_has_none():
    assert read_headlines(new_notebook(cells=[new_code_cell("1")])) == {}


def test_nan_is_refused_with_its_name(refused):
    with refused("headline of NaN", NonFiniteError, match="perda"):
        headline(perda=float("nan"))


def test_no_numbers_and_what_is_no_number_are_refused(refused):
    with refused("headline without numbers", ArgumentError, match="sem números"):
        headline()
    with refused("headline of a list", ArgumentError, match="list"):
        headline(perda=[1, 2])
    with refused("headline of an array", ArgumentError, match="ndarray"):
        headline(perda=np.array([1, 2]))
