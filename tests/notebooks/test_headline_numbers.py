"""The headline numbers of the series hold, in the committed notebooks and in a run from scratch.

A file of its own beside test_series_runs.py, so that the two long runs go to different workers.
"""

from pathlib import Path

import nbformat
import pytest

from course_tools.runner.series import OPTIONAL, execute_notebook
from tests.notebooks.headlines import EXPECTED, out_of_tolerance

ROOT = Path(__file__).resolve().parents[2]
SERIES = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


@pytest.mark.parametrize("name", EXPECTED)
def test_headline_numbers_of_the_committed_notebook_hold(name):
    assert out_of_tolerance(nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4), name) == []


@pytest.mark.parametrize("name", [name for name in EXPECTED if not name.startswith(OPTIONAL)])
def test_headline_numbers_of_a_fresh_run_hold(name, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_MODELS_DIR", str(tmp_path / "models"))
    execute_notebook(ROOT / "notebooks" / f"{name}.ipynb", tmp_path / "run.ipynb")
    assert out_of_tolerance(nbformat.read(tmp_path / "run.ipynb", as_version=4), name) == []


def test_every_notebook_with_headlines_has_expectations():
    assert {name for name in SERIES if not name.endswith("_exercicios")} == set(EXPECTED)
