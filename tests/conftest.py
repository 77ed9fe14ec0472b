"""What every room's tests share: the tables printed at the end of the run."""

import os
from contextlib import contextmanager

import pytest

from course_lib.errors import CourseError
from tests.exercises.table import print_table

os.environ.setdefault("OMP_NUM_THREADS", "1")

BAD_INPUT = "bad_input"


@pytest.fixture
def refused(request):
    """Expect a refusal and enter it in the table of bad inputs.

    with refused("prediction of shape (B,)", ShapeMismatchError, match="broadcast") as caught:
        rmse(flat, target)
    """

    @contextmanager
    def expect(case: str, error: type[CourseError] = CourseError, match: str | None = None):
        with pytest.raises(error, match=match) as caught:
            yield caught
        record(request.node, case, caught.value)

    return expect


def record(node: pytest.Item, case: str, exception: BaseException) -> None:
    """Enter one bad input in the table; only the course's own errors, with a message, are acceptable."""
    assert isinstance(exception, CourseError), f"{case}: {type(exception).__name__} is not one of the course's errors"
    lines = str(exception).splitlines()
    assert lines and lines[0].strip(), f"{case}: empty message"
    folder = str(node.funcargs.get("tmp_path", ""))
    message = (lines[0].replace(folder, "…") if folder else lines[0]).replace("\0", "\\0")
    node.user_properties.append((BAD_INPUT, [case, type(exception).__name__, message]))


def pytest_terminal_summary(terminalreporter):
    """Print the tables (user_properties travel with the reports, so they are whole under pytest-xdist too)."""
    print_table(terminalreporter)
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, [])]
    rows = {tuple(row) for report in reports for key, row in getattr(report, "user_properties", []) if key == BAD_INPUT}
    if rows:
        terminalreporter.section(f"bad inputs refused: {len(rows)}")
        width = max(len(case) for case, *_ in rows)
        for case, name, message in sorted(rows):
            terminalreporter.write_line(f"{case:<{width}}  {name}: {message}")
