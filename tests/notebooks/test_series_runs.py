"""Every notebook runs from scratch with other parameters than those its outputs show."""

from pathlib import Path

import pytest

from course_tools.runner.series import OPTIONAL, execute_notebook, find_series

ROOT = Path(__file__).resolve().parents[2]
SERIES = find_series(ROOT / "notebooks", optional=True)
# The optional notebook takes as long as all the others: nbval runs it once, and once is enough for each commit.
REPEATED = [path for path in SERIES if not path.stem.startswith(OPTIONAL)]


@pytest.mark.parametrize("path", REPEATED, ids=lambda path: path.stem)
def test_notebook_runs_with_another_seed_and_fewer_epochs(path, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_MODELS_DIR", str(tmp_path / "models"))
    execute_notebook(path, tmp_path / path.name, {"seed": 7, "n_epochs": 2, "device": "cpu"})
