"""Where the system lends a control group, it holds the limits. The tree is a fake one: plain files in a folder."""

import os

import pytest

from course_tools.grading import cgroup
from course_tools.grading.cgroup import PREFIX, Cgroup, parent_for_groups


@pytest.fixture
def system(tmp_path):
    """A fake /proc/self and a fake hierarchy: ours is `user/app/term`, and `user/app` lends both controllers."""
    root, process = tmp_path / "cgroup", tmp_path / "self"
    process.mkdir()
    for folder, lent in (
        ("", "cpu memory pids"),
        ("user", "memory"),
        ("user/app", "pids memory"),
        ("user/app/term", ""),
    ):
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / "cgroup.subtree_control").write_text(lent)
        (root / folder / "cgroup.procs").touch()
    (process / "cgroup").write_text("3:cpu:/\n0::/user/app/term\n")
    (process / "mountinfo").write_text(f"30 23 0:26 / {root} rw,nosuid shared:9 - cgroup2 cgroup2 rw\n")
    return root, process


def test_nearest_group_that_lends_both_controllers_is_found(system):
    root, process = system
    assert parent_for_groups(process) == root / "user" / "app"


def test_without_a_controller_or_a_hierarchy_there_is_none(system):
    root, process = system
    for folder in ("", "user/app"):
        (root / folder / "cgroup.subtree_control").write_text("memory")
    assert parent_for_groups(process) is None
    (process / "mountinfo").write_text("30 23 0:26 / /sys rw - sysfs sysfs rw\n")
    assert parent_for_groups(process) is None


def test_group_has_the_limits_and_says_if_memory_ran_out(tmp_path):
    group = Cgroup.create(tmp_path, memory=1000, tasks=7)
    folder = tmp_path / f"{PREFIX}{os.getpid()}"
    assert (folder / "memory.max").read_text() == "1000" and (folder / "pids.max").read_text() == "7"
    (folder / "memory.events").write_text("max 3\noom_kill 0\n")
    assert not group.overflowed
    (folder / "memory.events").write_text("max 3\noom_kill 2\n")
    assert group.overflowed


def test_groups_of_dead_guardians_are_removed_and_of_living_ones_are_not(tmp_path, monkeypatch):
    for pid in (os.getppid(), 2**22 + 1):
        (tmp_path / f"{PREFIX}{pid}").mkdir()
    (tmp_path / f"{PREFIX}outra").mkdir()
    cgroup._clean(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {f"{PREFIX}{os.getppid()}", f"{PREFIX}outra"}
