"""Whatever a process does, its family is counted honestly and ends whole; nothing is left of it on the disk."""

import contextlib
import os
import signal
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from course_tools.grading import family
from course_tools.grading.config import MIB, Limits
from course_tools.grading.sandbox import Sandbox, standing_walls
from tests.grading.builders import LIMITS

DAEMONS = """import os, signal, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCONT):
    signal.signal(number, signal.SIG_IGN)
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        ready()
        while True:
            time.sleep(0.1)
            if os.fork() == 0:  # always young
                os.setsid()
            else:
                os._exit(0)
"""
SHARED = """import os, time
kept = bytearray(os.urandom(1 << 20) * 300)
for _ in range(5):
    if os.fork() == 0:
        time.sleep(60)
time.sleep(1)
"""
HOGS = """import os, time
for _ in range(5):
    if os.fork() == 0:
        kept = bytearray(os.urandom(1 << 20) * 350)
        time.sleep(60)
time.sleep(60)
"""
THREADS = """import threading, time
threading.stack_size(64 << 10)
while True:
    threading.Thread(target=time.sleep, args=(60,)).start()
"""
SESSIONS = """import os, time
for _ in range(21):
    if os.fork() == 0:
        os.setsid()
        while True: pass
time.sleep(60)
"""
INODES = """import os
for number in range(10**7):
    os.close(os.open(f"/tmp/{number}", os.O_CREAT))
"""
FOLDERS = """import os
os.chdir("/tmp")
while True:
    os.mkdir("n")
    os.chdir("n")
"""
DISKS = """import time
kept = os.urandom(1 << 20) * 800
for folder in ("/tmp", "/dev/shm"):
    for number in range(4):
        open(f"{folder}/{number}", "wb").write(bytes(62 << 20))
time.sleep(60)
"""
NETWORK = """import socket, time
server = socket.create_server(("127.0.0.1", 0), backlog=100)
pairs = []
for _ in range(90):
    one = socket.create_connection(server.getsockname())
    pairs.append((one, server.accept()[0]))
    one.setblocking(False)
    try:
        while True:
            one.send(bytes(1 << 20))
    except BlockingIOError:
        pass
time.sleep(60)
"""
DESCRIPTORS = """import os, time
for _ in range(15):
    if os.fork() == 0:
        try:
            while True: os.pipe()
        except OSError:
            time.sleep(60)
time.sleep(60)
"""
BOMB = "import os\nwhile True:\n    os.fork()\n"
IMMORTAL = "import os\nwhile True:\n    if os.fork(): os._exit(0)\n    os.setsid()\n"
NESTED = """import os
for _ in range(1100):
    os.mkdir("n"); os.chdir("n")
"""


@contextlib.contextmanager
def running(source, isolated=True, limits=LIMITS, wait=True):
    """A sandbox that runs `source`; with `wait`, once it has said that it is ready, or has ended."""
    with Sandbox(limits, standing_walls() if isolated else None) as inside:
        ready = f"import os\ndef ready():\n    open({str(inside.inside / 'pronto')!r}, 'w')\n"
        inside.start([sys.executable, "-c", f"{ready}{source}\nready()\nimport time\ntime.sleep(60)"])
        while wait and inside.alive and not (inside.folder / "pronto").exists():
            time.sleep(0.01)
        yield inside


def born(pids):
    """Each process with the moment it was born: a number may be used again."""
    found = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            found[pid] = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return found


def left_of(known):
    return {pid for pid, moment in born(known).items() if known[pid] == moment}


def excess_of(source, limits=LIMITS):
    """The limit that ends it, and the most anonymous memory it had at once, what forks share counted once."""
    peak = 0
    with running(source, limits=limits, wait=False) as inside:
        ends = time.monotonic() + 60
        while inside.alive and time.monotonic() < ends:
            members = family.members(inside._guardian.pid)
            shares = [family._sized(f"/proc/{pid}/smaps_rollup", "Pss_Anon:", "SwapPss:") for pid in members]
            peak = max(peak, sum(shares))
            time.sleep(0.02)
        return inside.excess, peak


@pytest.mark.parametrize("isolated", [True, False], ids=["isolated", "open"])
def test_daemons_that_ignore_signals_and_change_session_end_with_the_family(isolation, isolated):
    with running(DAEMONS, isolated, replace(LIMITS, processes=50)) as inside:
        known, ends = {}, time.monotonic() + 20
        while len(known) < 4 and time.monotonic() < ends:  # on a busy machine, they take a while to be born
            known = born(family.members(inside._guardian.pid))
            time.sleep(0.02)
        assert len(known) >= 4
    assert not left_of(known)


@pytest.mark.parametrize("source", [DAEMONS, IMMORTAL], ids=["daemons", "always young"])
def test_family_ends_when_the_guardian_is_killed(isolation, source):
    with running(source, wait=source == DAEMONS) as inside:
        time.sleep(0.2)
        first = born([inside._first])
        os.kill(inside._guardian.pid, signal.SIGKILL)
        ends = time.monotonic() + 20
        while left_of(first) and time.monotonic() < ends:
            time.sleep(0.02)
        assert not left_of(first)  # and the kernel ends a namespace with its first process


@pytest.mark.parametrize(
    ("source", "excess"),
    [
        (BOMB, "processos demais"),
        (THREADS, "processos demais"),
        (SESSIONS, "processos demais"),
        (INODES, "arquivos demais"),
        (FOLDERS, "arquivos demais"),
        (DESCRIPTORS, "arquivos demais"),
        (HOGS, "memória"),
        (DISKS, "memória"),
    ],
    ids=["bomb", "threads", "sessions", "inodes", "folders", "descriptors", "hogs", "disks"],
)
def test_what_takes_too_much_is_ended_for_that_reason(isolation, source, excess):
    limits = replace(LIMITS, processes=18) if source == DESCRIPTORS else LIMITS
    found, peak = excess_of(source, limits)
    assert found == excess
    assert 0 < peak < 2 * LIMITS.memory


def test_folders_of_the_machine_are_not_counted_as_those_of_an_isolation_that_does_not_stand_yet():
    """Until bwrap changes its root, /tmp there is the machine's: on a busy one, that lasts longer than a measure."""
    meter = family.Meter(asdict(replace(LIMITS, files=0)), os.getpid())
    assert meter.excess([]) is None


def test_what_waits_unread_in_sockets_counts(isolation):
    assert excess_of(NETWORK, replace(LIMITS, memory=160 * MIB))[0] == "memória"


def test_memory_that_forks_share_is_counted_once(isolation):
    with running(SHARED) as inside:
        counted = sum(map(family._resident, family.members(inside._guardian.pid)))
        time.sleep(3 * family.EVERY_SECONDS)
        assert inside.alive and counted > LIMITS.memory


def test_family_that_is_measured_goes_on(isolation):
    """It is stopped while its shared memory is read; afterwards, it runs."""
    with running(f"{SHARED}ready()\nwhile True:\n    pass") as inside:
        before = inside.usage().cpu
        time.sleep(1)
        ends = time.monotonic() + 20
        while inside.usage().cpu < before + 0.2 and time.monotonic() < ends:
            time.sleep(0.05)
        assert inside.usage().cpu >= before + 0.2


@pytest.mark.parametrize("isolated", [True, False], ids=["isolated", "open"])
def test_nothing_stays_on_the_disk_however_deep(isolation, monkeypatch, tmp_path, isolated):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with running(NESTED, isolated) as inside:
        assert len(list(tmp_path.iterdir())) == (0 if isolated else 1)
        assert inside.alive
    assert list(tmp_path.iterdir()) == []


def test_family_is_the_same_where_the_kernel_does_not_list_children(isolation, monkeypatch):
    with running("for _ in range(3):\n    if os.fork() == 0:\n        break") as inside:
        time.sleep(0.3)
        listed = sorted(family.members(inside._guardian.pid))
        monkeypatch.setattr(family, "CHILDREN_LISTED", False)
        assert sorted(family.members(inside._guardian.pid)) == listed and len(listed) == 6


def test_cpu_of_children_that_ended_is_counted(isolation):
    burn = "import time\nends = time.process_time() + 0.3\nwhile time.process_time() < ends: pass\n"
    with running(
        f"if os.fork() == 0:\n    {burn.replace(chr(10), chr(10) + '    ')}\n    os._exit(0)\nos.wait()"
    ) as inside:
        assert inside.usage().cpu >= 0.3


def test_code_of_students_yields_to_everybody_else(isolation):
    with running("", limits=Limits()) as inside:
        ours, theirs = (os.getpriority(os.PRIO_PROCESS, pid) for pid in (0, inside._first))
    assert theirs == min(19, ours + 10)
