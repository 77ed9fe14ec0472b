"""Every notebook runs from scratch with other parameters than those its outputs show."""

import os
from pathlib import Path

import pytest

from course_tools.runner.kernel import ForkedKernelManager
from course_tools.runner.series import OPTIONAL, execute_notebook, find_series

ROOT = Path(__file__).resolve().parents[2]
SERIES = find_series(ROOT / "notebooks", optional=True)
# The optional notebook takes as long as all the others: nbval runs it once, and once is enough for each commit.
REPEATED = [path for path in SERIES if not path.stem.startswith(OPTIONAL)]
PARAMETERS = {"seed": 7, "n_epochs": 2, "n_ablation_epochs": 2, "n_splits": 2, "device": "cpu"}


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """One folder of models, empty when the session begins, for the runs of all workers: each recipe trains once."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    return folder / "models-of-the-series"


@pytest.mark.parametrize("path", REPEATED, ids=lambda path: path.stem)
def test_notebook_runs_with_another_seed_and_fewer_epochs(path, models, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_MODELS_DIR", str(models))
    execute_notebook(path, tmp_path / path.name, PARAMETERS, manager=ForkedKernelManager)
    for own in models.glob(f"{path.stem[:2]}_*"):  # other notebooks find there what a recipe makes, and nothing else
        own.unlink()
