"""Nobody pays for a busy machine, and nobody stays for ever."""

import pytest

from course_tools.grading import allowance
from course_tools.grading.allowance import PATIENCE, Allowance, Usage


@pytest.mark.parametrize(
    ("elapsed", "cpu", "waited", "over"),
    [
        (9.9, 0.0, 0.0, False),
        (10.1, 10.1, 0.0, True),  # computes
        (10.1, 0.0, 0.0, True),  # sleeps
        (50.0, 2.0, 48.0, False),  # starves: the machine is someone else's
        (50.0, 2.0, 30.0, True),  # starves a little, and sleeps
        (12.0, 11.0, 500.0, True),  # computes in a hundred threads that wait for each other
        (10 * PATIENCE + 0.1, 1.0, 10_000.0, True),
    ],
)
def test_time_that_is_charged(monkeypatch, elapsed, cpu, waited, over):
    clock, used = [100.0], [Usage(5.0, 7.0)]
    monkeypatch.setattr(allowance.time, "monotonic", lambda: clock[0])
    given = Allowance(10, lambda: used[0])
    clock[0] += elapsed
    used[0] = Usage(5.0 + cpu, 7.0 + waited)
    assert given.used_up is over
