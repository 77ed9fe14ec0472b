"""The conversation with a kernel ends in time, whatever happens at the other end."""

import os
import signal
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from course_tools.grading import family, sandbox
from course_tools.grading.allowance import Usage
from course_tools.grading.config import Limits
from course_tools.grading.kernel import Kernel, KernelLost, Stopped
from tests.grading.builders import LIMITS
from tests.grading.hostile_code import BOMB


@pytest.fixture
def kernel(isolation):
    with Kernel(LIMITS, True, threading.Event()) as kernel:
        yield kernel


def test_kernel_that_has_gone_is_noticed_before_the_time_limit(kernel):
    os.kill(kernel._sandbox._first, signal.SIGKILL)
    started = time.monotonic()
    with pytest.raises(KernelLost, match="kernel encerrado"):
        for _ in range(3):
            kernel.execute("1 + 1", kernel.allow(30))
    assert time.monotonic() - started < 10


SLOW_END = """
import time
from course_tools.grading import family, guardian
def end(root):
    for pid in family.members(root):
        family._signal(pid, 9)
    time.sleep(4)
    family.end(root)
guardian.end = end
main()"""


def test_limit_is_named_before_a_family_that_takes_long_to_die_is_dead(isolation, monkeypatch):
    monkeypatch.setattr(sandbox, "GUARDIAN", sandbox.GUARDIAN.removesuffix("main()") + SLOW_END)
    with Kernel(LIMITS, True, threading.Event()) as kernel, pytest.raises(KernelLost, match="processos demais"):
        kernel.execute(BOMB, kernel.allow(30))


def test_interrupted_kernel_goes_on_with_what_it_knew(kernel):
    kernel.execute("known = 41", kernel.allow(5))
    assert kernel.execute("while True:\n    pass", kernel.allow(1)).problem == "tempo esgotado"
    (output,) = kernel.execute("known + 1", kernel.allow(5)).outputs
    assert output["data"] == {"text/plain": "42"}


def test_flood_that_goes_on_after_the_interruption_is_not_charged_to_the_next_call(monkeypatch):
    """Seen on a busy machine: the cell had answered, and what it had printed was still in the pipe."""
    kernel = Kernel(replace(LIMITS, output_received=10_000, grace_seconds=0.2), False, threading.Event())
    parent = {"msg_id": "flood"}
    printed = {"msg_type": "stream", "parent_header": parent, "content": {"name": "stdout", "text": "x" * 900}}
    reply = {"msg_type": "execute_reply", "parent_header": parent, "content": {}}
    monkeypatch.setattr(kernel, "usage", Usage)
    monkeypatch.setattr(kernel, "_send", lambda channel, kind, content: "flood")
    monkeypatch.setattr(kernel, "_receive", lambda: [("iopub", printed, 1000), ("shell", reply, 100)])
    with pytest.raises(KernelLost, match="saída demais"):
        kernel.execute("print('x' * 900)", kernel.allow(5))


@pytest.mark.parametrize(
    ("arriving", "problem"),
    [
        ([[], ["reply"], ["idle"]], None),
        ([[], ["reply"]], None),
        ([[], [], ["reply", "idle"]], "tempo esgotado"),  # interrupted, and it did stop
    ],
)
def test_reply_that_came_while_the_grader_itself_was_held_is_in_time(monkeypatch, arriving, problem):
    """Seen when another thread held the grader for a minute: the reply lay in the socket, and was said to be late."""
    kernel = Kernel(replace(LIMITS, grace_seconds=0.2), False, threading.Event())
    allowance, parent = SimpleNamespace(used_up=False), {"msg_id": "request"}
    messages = {
        "reply": ("shell", {"msg_type": "execute_reply", "parent_header": parent, "content": {}}, 100),
        "idle": ("iopub", {"msg_type": "status", "parent_header": parent, "content": {"execution_state": "idle"}}, 100),
    }
    script = iter(arriving)

    def receive():
        received = [messages[name] for name in next(script, [])]
        time.sleep(0.3)  # held: more than the grace
        allowance.used_up = True
        return received

    monkeypatch.setattr(kernel, "_send", lambda channel, kind, content: "request")
    monkeypatch.setattr(kernel, "_receive", receive)
    assert kernel.execute("1 + 1", allowance).problem == problem


def test_calls_of_the_grader_stay_out_of_the_history(kernel):
    kernel.execute("visible = 1", kernel.allow(5), history=True)
    kernel.execute("secret = 2", kernel.allow(5))
    (output,) = kernel.execute("print(In)", kernel.allow(5)).outputs
    assert "visible" in output["text"] and "secret" not in output["text"]


def test_instructor_can_stop_a_running_cell(isolation):
    stop = threading.Event()
    with Kernel(LIMITS, True, stop) as kernel:
        threading.Timer(0.5, stop.set).start()
        with pytest.raises(Stopped):
            kernel.execute("import time\ntime.sleep(60)", kernel.allow(60))


@pytest.mark.parametrize("limits", [LIMITS, Limits()], ids=["tests", "default"])
def test_limit_of_processes_is_met_before_the_one_of_memory(isolation, limits):
    with Kernel(limits, True, threading.Event()) as kernel:
        kernel.execute("import numpy, pandas, matplotlib.pyplot, course_lib", kernel.allow(30))
        largest = max(map(family._resident, family.members(kernel._sandbox._guardian.pid)))
    assert largest * limits.processes < limits.memory
