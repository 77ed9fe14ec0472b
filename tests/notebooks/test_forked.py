"""A forked kernel has imported the libraries; else it is like any other, and shares nothing with its siblings."""

import signal
import subprocess
import sys
import time

import pytest

from course_lib.paths import PACKAGE_PARENT
from course_tools.runner.kernel import CourseKernelManager, ForkedKernelManager
from course_tools.runner.series import execute_notebook, read_notebook
from tests.notebooks.builders import lesson, write_series

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only there are kernels forked")


def printed(folder, code, manager=ForkedKernelManager):
    """What the code prints in a kernel, and the pictures that it shows."""
    source = write_series(folder, nb_01_um=lesson(code)) / "01_um.ipynb"
    execute_notebook(source, folder / "build" / source.name, manager=manager)
    outputs = read_notebook(folder / "build" / source.name).cells[2].outputs
    return "".join(output.get("text") or output.data["image/png"] for output in outputs)


def test_libraries_are_there_and_what_one_kernel_does_the_next_does_not_see(tmp_path):
    code = """
import os, sys
print({"numpy", "torch", "torch._dynamo", "scipy.stats"} <= sys.modules.keys())
import numpy as np, torch
print(hasattr(np, "mark"), os.environ.get("MARK"), torch.initial_seed())
print(os.getpid(), np.random.rand(), file=sys.stderr)
np.mark = os.environ["MARK"] = "1"
torch.manual_seed(7);
"""
    (tmp_path / "outro").mkdir()
    first, second = printed(tmp_path, code).splitlines(), printed(tmp_path / "outro", code).splitlines()
    assert first[:2] == second[:2] and first[0] == "True" and first[1].startswith("False None ")
    assert all(a != b for a, b in zip(first[2].split(), second[2].split(), strict=True)), (
        "a process and draws of its own"
    )


def test_it_may_have_children_and_ends_as_python_does(tmp_path):
    (tmp_path / "ficou").write_text("")
    code = f"""
import atexit, os
from torch.utils.data import DataLoader
print(list(DataLoader([1, 2], batch_size=None, num_workers=1)))
atexit.register(os.unlink, {str(tmp_path / "ficou")!r});
"""
    assert printed(tmp_path, code) == "[1, 2]\n"
    assert not (tmp_path / "ficou").exists()


def test_what_libraries_decide_when_imported_they_decide_in_the_kernel(tmp_path):
    code = """
import matplotlib.pyplot, pandas
from tqdm.auto import tqdm
print(matplotlib.get_backend(), pandas.get_option("display.max_columns"), tqdm.__module__)
matplotlib.pyplot.plot([1, 2]);
"""
    assert printed(tmp_path, code) == printed(tmp_path, code, manager=CourseKernelManager)


def test_without_the_process_to_fork_the_kernel_starts_as_always(tmp_path, monkeypatch):
    def fails(self):
        raise EOFError("unexpected EOF")

    monkeypatch.setattr("course_tools.runner.forked.KernelProcess.start", fails)
    assert printed(tmp_path, "import sys\nprint('torch' in sys.modules)") == "False\n"


def test_ctrl_c_while_the_libraries_are_imported_is_left_to_who_asked_for_them():
    code = "print('began', flush=True)\nimport course_tools.runner.preloaded"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen([sys.executable, "-c", code], cwd=PACKAGE_PARENT, **pipes)
    process.stdout.readline()
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    assert (process.communicate(timeout=60), process.returncode) == (("", ""), 0)
