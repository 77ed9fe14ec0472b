"""The grader is killed at any moment: nothing it started goes on, nothing is lost, and no mark changes.

COURSE_KILLS=30 kills it thirty times, at moments spread over the whole duration of a batch.
"""

import csv
import multiprocessing
import os
import random
import shutil
import signal
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from course_tools.grading.assignment import load_assignment
from course_tools.grading.config import MIB, GradesFolder
from course_tools.grading.grade import grade_folder
from course_tools.grading.single import Grading
from tests.grading.builders import LIMITS, NAME, notebook, save, untouched

MOMENTS = int(os.environ.get("COURSE_KILLS", "4"))
# On a busy machine the processes of FIGHTS pile up: here they are not to be ended for being too many.
ROOMY = replace(LIMITS, processes=60, memory=4096 * MIB)
FIGHTS = """import os, signal, time

for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        while True:
            time.sleep(0.1)
            if os.fork():
                os._exit(0)
time.sleep(0.5)"""


def grade(root, mark):
    """What is killed: a whole batch, in a process of its own."""
    os.environ["COURSE_DATA_DIR"], tempfile.tempdir = str(root / mark), str(root / "tmp")
    assignment = load_assignment(root / "versao" / f"{NAME}.ipynb")
    grade_folder(Grading(assignment, GradesFolder(root / "notas"), limits=ROOMY), root / "entregas")


def marked(mark):
    """The processes, and what they run, whose environment is the one that the kernel of this batch was given."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            content = path.read_bytes()
            if mark.encode() in content and b"USER=aluno" in content:
                found.add((path.parent.name, (path.parent / "cmdline").read_bytes()[-200:]))
        except OSError:
            continue
    return found


def survivors(mark, seconds=20):
    ends = time.monotonic() + seconds
    while (left := marked(mark)) and time.monotonic() < ends:
        time.sleep(0.05)
    return left


def marks(root):
    return list(csv.reader((root / "notas" / "notas.csv").read_text("utf-8-sig").splitlines(), delimiter=";"))


def test_grader_killed_at_any_moment_leaves_no_process_no_file_and_the_same_marks(isolation, tmp_path):
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.grading.test_killed"])

    def run(root, mark="dados", seconds=None):
        """Grade, for so many seconds at most; how long it took, or None if it was killed."""
        started, grader = time.monotonic(), processes.Process(target=grade, args=(root, mark))
        grader.start()
        grader.join(seconds)
        if grader.exitcode is None:
            os.kill(grader.pid, signal.SIGKILL)
        grader.join()
        assert grader.exitcode in (0, -signal.SIGKILL)
        return time.monotonic() - started if grader.exitcode == 0 else None

    for folder in ("tmp", "inteira/tmp"):
        (tmp_path / folder).mkdir(parents=True)
    save(untouched(), tmp_path / "versao" / f"{NAME}.ipynb")
    for student, before in (("Ana", ()), ("Briga", (FIGHTS,)), ("Caio", ("1 + 1",))):
        save(notebook(before=before), tmp_path / "entregas" / student / f"{NAME}.ipynb")
    (tmp_path / "inteira" / "versao").symlink_to(tmp_path / "versao")
    (tmp_path / "inteira" / "entregas").symlink_to(tmp_path / "entregas")
    usual, chance, killed = run(tmp_path / "inteira"), random.Random(7), 0
    while killed < MOMENTS:
        shutil.rmtree(tmp_path / "notas" / "resultados", ignore_errors=True)  # everything again; the gradebook stays
        mark = f"dados-{killed}-{tmp_path.name}"
        took = run(tmp_path, mark, usual * (killed + chance.random()) / MOMENTS)
        assert survivors(mark) == set()
        killed, usual = (killed + 1, usual) if took is None else (killed, took)  # it ended: the machine is freer now
        assert run(tmp_path)
        assert marks(tmp_path) == marks(tmp_path / "inteira")
        assert list((tmp_path / "tmp").iterdir()) == []  # what nbgrader left, the last run removed
