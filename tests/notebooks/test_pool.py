"""The pool of tests and notebooks compares what it should, and notices what it should."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from course_tools.runner.series import find_series, notebooks_dir, read_notebook
from tests import pool

ROOT = Path(__file__).resolve().parents[2]
FIRST = find_series(only=["01"])[0]


def test_nbval_compares_the_lessons_and_neither_exercises_nor_copies_nor_solutions():
    folder = notebooks_dir()
    left_out = ["07_exercicios.ipynb", "01_dataset-Copy1.ipynb", "instrutor/exercicios/07_exercicios.ipynb"]
    assert all(pool.pytest_ignore_collect(folder / name) for name in left_out)
    lessons = [path for path in find_series(optional=True) if not path.stem.endswith("_exercicios")]
    assert not any(pool.pytest_ignore_collect(path) for path in lessons)


def headline_item(cells):
    """The item that checks the numbers of the first lesson, were its cells to publish these outputs."""
    parent = SimpleNamespace(path=FIRST)
    items = [SimpleNamespace(parent=parent, test_outputs=cell.outputs) for cell in cells]
    return SimpleNamespace(parent=parent, session=SimpleNamespace(items=items))


def test_headlines_of_a_fresh_run_are_checked_whole():
    cells = [cell for cell in read_notebook(FIRST).cells if cell.cell_type == "code"]
    pool.HeadlineItem.runtest(headline_item(cells))
    publishes = [cell for cell in cells if "headline" in cell.source and cell.outputs]
    assert publishes
    with pytest.raises(AssertionError, match="the expectations only"):
        pool.HeadlineItem.runtest(headline_item([cell for cell in cells if cell is not publishes[-1]]))


def test_what_takes_long_starts_first_and_files_stay_whole():
    ids = ["tests/a.py::one", "tests/browser/a.py::two", "notebooks/03_x.ipynb::Cell 0", "tests/browser/b.py::three"]
    ids += ["tests/a.py::four[03_x]", "tests/notebooks/test_series_runs.py::test_x[01]"]
    items = [SimpleNamespace(nodeid=nodeid, parent=None) for nodeid in ids]
    pool.pytest_collection_modifyitems(items)
    assert [item.nodeid for item in items] == [ids[2], ids[1], ids[3], ids[5], ids[0], ids[4]]


def test_headlines_are_checked_by_the_worker_that_ran_the_notebook():
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "--nbval", str(FIRST)]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n\n")[0]
    cells = listed.splitlines()
    assert cells[-1].endswith("::headlines") and len(cells) > 20
    assert len({pool._unit(cell) for cell in cells}) == 1
