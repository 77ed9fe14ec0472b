"""One pool for tests and notebooks: what nbval compares, with which kernels, and in what order the workers take files.

A notebook is executed twice in all: here by nbval, as it is written, and by papermill with other parameters.
"""

import nbformat
import pytest
from jupyter_client.manager import KernelManager
from nbformat.v4 import new_code_cell, new_notebook

from course_tools.runner.kernel import KERNEL_NAME, AloneMixin
from course_tools.runner.series import EXERCISES_SUFFIX, find_series, notebooks_dir
from tests.notebooks.headlines import EXPECTED, out_of_tolerance

try:
    from nbval import kernel as nbval_kernel
    from nbval.plugin import IPyNbCell
except ImportError:  # only `make test` brings it
    nbval_kernel, IPyNbCell = None, ()

# What takes longest, from the longest on: a long unit that starts last keeps one worker busy and the other waiting.
# First of all comes 03, which trains the nets that other notebooks then read.
LONGEST = (
    "notebooks/03_",
    "tests/browser",
    "notebooks/08_",
    "notebooks/06_",
    "test_series_runs.py::test_notebook_runs_with_another_seed_and_fewer_epochs[06",
    "tests/grading/test_hostile.py",
    "test_series_runs.py::test_notebook_runs_with_another_seed_and_fewer_epochs[03",
    "notebooks/09_",
    "notebooks/02_",
    "notebooks/05_",
    "tests/benchmarks/",
    "tests/grading/",
    "tests/test_torchrun.py",
    "tests/trainer/test_processes.py",
    "tests/notebooks/test_runner.py",
    "tests/exercises/test_notebook.py",
    "test_series_runs.py",
    "notebooks/04_",
    "tests/trainer/test_resume.py",
)
BROWSER = "tests/browser/"
SPREAD = ("tests/notebooks/test_series_runs.py",)


class BlockingKernelManager(AloneMixin, KernelManager):
    """The kernel of the runner, for nbval, which does not speak asyncio."""

    forked = True


def start_kernel(startup_timeout=60, kernel_name=KERNEL_NAME, **options):
    """What nbval's own function does, with the course's kernel whatever the notebook names."""
    manager = BlockingKernelManager(kernel_name=KERNEL_NAME)
    manager.start_kernel(**options)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=startup_timeout)
    except RuntimeError:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        raise
    return manager, client


class HeadlineItem(pytest.Item):
    """After the cells of a notebook, the numbers that they published; nbval's own comparison has no tolerance."""

    def runtest(self):
        outputs = [
            cell.test_outputs or [] for cell in self.session.items if cell.parent is self.parent and cell is not self
        ]
        fresh = new_notebook(cells=[new_code_cell(outputs=nbformat.from_dict(published)) for published in outputs])
        assert out_of_tolerance(fresh, self.parent.path.stem) == []

    def reportinfo(self):
        return self.path, 0, f"{self.path.name}: headline numbers"


def pytest_configure():
    if nbval_kernel is not None:
        nbval_kernel.start_new_kernel = start_kernel


def pytest_ignore_collect(collection_path):
    """Only lessons have outputs to compare: not exercises, nor copies, nor the instructor's notebooks."""
    if collection_path.suffix == ".ipynb" and notebooks_dir() in collection_path.parents:
        lessons = [path for path in find_series(optional=True) if not path.stem.endswith(EXERCISES_SUFFIX)]
        return True if collection_path not in lessons else None
    return None


def pytest_collection_modifyitems(items):
    """Each notebook gets its headlines checked, and files that take long start first."""
    notebooks = {item.parent: None for item in items if isinstance(item, IPyNbCell)}
    for notebook in notebooks:
        if notebook.path.stem in EXPECTED:
            last = max(index for index, item in enumerate(items) if item.parent is notebook)
            items.insert(last + 1, HeadlineItem.from_parent(notebook, name="headlines"))
    items.sort(key=_turn)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadFileScheduling

    class CourseScheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return _unit(nodeid)

    return CourseScheduling(config, log) if config.getvalue("dist") == "loadfile" else None


def _unit(nodeid):
    """What one worker runs together: a file; all that shares the browser; a single test of SPREAD."""
    file = nodeid.partition("::")[0]
    if file in SPREAD:
        return nodeid
    return BROWSER if file.startswith(BROWSER) else file


def _turn(item):
    unit = _unit(item.nodeid)
    return next((turn for turn, part in enumerate(LONGEST) if part in unit), len(LONGEST))
