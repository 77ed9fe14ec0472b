"""Every notebook runs from scratch, and its headline numbers hold; with other parameters it runs too."""

from pathlib import Path

import nbformat
import pytest

from course_lib.notebooks.runner import OPTIONAL, execute_notebook
from tests.notebooks.headlines import EXPECTED, out_of_tolerance

ROOT = Path(__file__).resolve().parents[2]
SERIES = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
# The optional notebook takes as long as all the others: nbval runs it once, and once is enough for each commit.
REPEATED = [path for path in SERIES if not path.stem.startswith(OPTIONAL)]


@pytest.mark.parametrize("path", REPEATED, ids=lambda path: path.stem)
def test_notebook_runs_with_another_seed_and_fewer_epochs(path, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_MODELS_DIR", str(tmp_path / "models"))
    execute_notebook(path, tmp_path / path.name, {"seed": 7, "n_epochs": 2, "device": "cpu"})


@pytest.mark.parametrize("name", EXPECTED)
def test_headline_numbers_of_the_committed_notebook_hold(name):
    assert out_of_tolerance(nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4), name) == []


@pytest.mark.parametrize("name", [path.stem for path in REPEATED if path.stem in EXPECTED])
def test_headline_numbers_of_a_fresh_run_hold(name, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_MODELS_DIR", str(tmp_path / "models"))
    execute_notebook(ROOT / "notebooks" / f"{name}.ipynb", tmp_path / "run.ipynb")
    assert out_of_tolerance(nbformat.read(tmp_path / "run.ipynb", as_version=4), name) == []


def test_every_notebook_with_headlines_has_expectations():
    assert {path.stem for path in SERIES if not path.stem.endswith("_exercicios")} == set(EXPECTED)
