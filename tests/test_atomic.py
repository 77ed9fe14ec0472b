"""A file is written whole or not at all."""

import errno
import multiprocessing
import os
import resource
import signal
import time

import pytest

from course_lib import atomic
from course_lib.atomic import atomic_write


def files_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_content_appears_only_when_the_block_ends(tmp_path):
    with atomic_write(tmp_path / "nova" / "a.bin") as file:
        file.write(b"tudo")
        assert not (tmp_path / "nova" / "a.bin").exists()
    assert (tmp_path / "nova" / "a.bin").read_bytes() == b"tudo"
    assert files_in(tmp_path / "nova") == ["a.bin"]


@pytest.mark.parametrize(
    "failure", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt(), ValueError()]
)
def test_any_exception_keeps_the_previous_file_and_leaves_nothing_else(tmp_path, failure):
    (tmp_path / "a.bin").write_bytes(b"antes")
    with pytest.raises(type(failure)), atomic_write(tmp_path / "a.bin") as file:
        file.write(b"metade")
        raise failure
    assert (tmp_path / "a.bin").read_bytes() == b"antes"
    assert files_in(tmp_path) == ["a.bin"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_while_finishing_keeps_the_previous_file(tmp_path, monkeypatch, step):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "a.bin").write_bytes(b"antes")
    monkeypatch.setattr(atomic.os, step, full)
    with pytest.raises(OSError, match="No space"), atomic_write(tmp_path / "a.bin") as file:
        file.write(b"novo")
    assert (tmp_path / "a.bin").read_bytes() == b"antes"
    assert files_in(tmp_path) == ["a.bin"]


def test_a_disk_that_is_really_full_keeps_the_previous_file(tmp_path):
    """RLIMIT_FSIZE stands in for the full disk: the kernel itself refuses the write."""

    def write():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            with atomic_write(tmp_path / "a.bin") as file:
                file.write(bytes(5000))
        except OSError as error:
            os._exit(error.errno)

    (tmp_path / "a.bin").write_bytes(b"antes")
    process = multiprocessing.get_context("fork").Process(target=write)
    process.start()
    process.join(60)
    assert process.exitcode == errno.EFBIG
    assert (tmp_path / "a.bin").read_bytes() == b"antes"
    assert files_in(tmp_path) == ["a.bin"]


@pytest.mark.parametrize(
    ("number", "reason"), [(errno.ENOSPC, "o disco está cheio"), (errno.EACCES, "falta permissão")]
)
def test_common_reasons_are_told_in_portuguese(number, reason):
    assert atomic.why(OSError(number, "English")) == reason
    assert atomic.why(OSError(errno.ELOOP, "Too many links")) == "Too many links"
    assert atomic.why(OSError("sem número")) == "sem número"


def test_data_reach_the_disk_before_the_name_changes(tmp_path, monkeypatch):
    steps = []
    for step in ("fsync", "replace"):
        real = getattr(os, step)
        monkeypatch.setattr(atomic.os, step, lambda *a, step=step, real=real: (steps.append(step), real(*a))[1])
    with atomic_write(tmp_path / "a.bin") as file:
        file.write(b"x")
    assert steps == ["fsync", "replace", "fsync"]  # content, name, folder


def test_two_writers_of_one_file_do_not_meet(tmp_path):
    with atomic_write(tmp_path / "a.bin") as first, atomic_write(tmp_path / "a.bin") as second:
        first.write(b"1111")
        second.write(b"22")
    assert (tmp_path / "a.bin").read_bytes() == b"1111"
    assert files_in(tmp_path) == ["a.bin"]


def test_leftovers_of_a_killed_writer_are_removed_but_a_living_writer_is_spared(tmp_path):
    old, new = tmp_path / ".a[1].bin.dead.tmp", tmp_path / ".a[1].bin.alive.tmp"
    old.touch()
    new.touch()
    os.utime(old, (time.time() - 2 * atomic.ABANDONED_AFTER_SECONDS,) * 2)
    with atomic_write(tmp_path / "a[1].bin") as file:
        file.write(b"x")
    assert files_in(tmp_path) == [new.name, "a[1].bin"]


def test_permissions_follow_the_umask_so_that_a_class_can_share_the_folder(tmp_path):
    previous = os.umask(0o022)
    try:
        with atomic_write(tmp_path / "a.bin") as file:
            file.write(b"x")
    finally:
        os.umask(previous)
    assert (tmp_path / "a.bin").stat().st_mode & 0o777 == 0o644


def test_a_folder_in_place_of_the_file_is_an_oserror_and_leaves_nothing(tmp_path):
    (tmp_path / "a.bin").mkdir()
    with pytest.raises(OSError), atomic_write(tmp_path / "a.bin") as file:
        file.write(b"x")
    assert files_in(tmp_path) == ["a.bin"]
