"""The headline numbers of the series hold in the committed notebooks; tests/pool.py checks a fresh run."""

from pathlib import Path

import nbformat
import pytest

from course_tools.runner.series import find_series
from tests.notebooks.headlines import EXPECTED, out_of_tolerance

ROOT = Path(__file__).resolve().parents[2]
SERIES = [path.stem for path in find_series(ROOT / "notebooks", optional=True)]


@pytest.mark.parametrize("name", EXPECTED)
def test_headline_numbers_of_the_committed_notebook_hold(name):
    assert out_of_tolerance(nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4), name) == []


def test_every_notebook_with_headlines_has_expectations():
    assert {name for name in SERIES if not name.endswith("_exercicios")} == set(EXPECTED)
