"""`curso treinar` under PyTorch's launcher: the table of one process, said once, also after a worker was killed."""

import re
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
import torch

from course_lib.trainer import processes
from course_tools import __main__ as cli

ROOT = Path(__file__).resolve().parents[1]
LAUNCHER = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")
pytestmark = pytest.mark.skipif(not torch.distributed.is_gloo_available(), reason="este PyTorch não traz o gloo")


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """A folder as GroupLens makes them: 60 people, 50 films, 1,500 ratings; two minibatches of `biased_dot`."""
    folder = tmp_path_factory.mktemp("dados") / "ml-teste"
    folder.mkdir()
    rng = np.random.default_rng(0)
    pairs = rng.permutation(60 * 50)[:1500]
    stars = np.clip(np.round(3.5 + rng.normal(size=60)[pairs // 50] * 0.5 + rng.normal(size=50)[pairs % 50]), 1, 5)
    ratings = [f"{pair // 50 + 1},{pair % 50 + 1},{s:g},{1e9 + pair:.0f}" for pair, s in zip(pairs, stars, strict=True)]
    (folder / "ratings.csv").write_text("\n".join(["userId,movieId,rating,timestamp", *ratings, ""]))
    movies = [f"{movie},Filme {movie} (2000),Drama" for movie in range(1, 51)]
    (folder / "movies.csv").write_text("\n".join(["movieId,title,genres", *movies, ""]))
    return folder


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the commands of a test keep data and models."""
    variables = {"DATA_DIR": tmp_path / "data", "MODELS_DIR": tmp_path / "models", "DEVICE": "cpu"}
    for name, value in variables.items():
        monkeypatch.setenv(f"COURSE_{name}", str(value))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return tmp_path


def arguments(release, *more, recipe="biased_dot"):
    return ("treinar", recipe, "--dados", str(release), "--sementes", "42", *more)


def launch(*command):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, *LAUNCHER, *command], **pipes)


def finish(process):
    try:
        out, err = process.communicate(timeout=240)
    finally:
        process.terminate()  # and its workers with it
    return process.returncode, out, err


def measures(out):
    (row,) = re.findall(r"^\| biased_dot \| 42 \| (\S+) \| (\S+) \|", out, re.MULTILINE)
    return [float(value.replace(",", ".")) for value in row]


def test_two_processes_one_of_them_killed_print_once_the_errors_of_one(folder, release, capsys):
    process = launch("--max-restarts=3", "-m", "course_tools", *arguments(release, "--epocas", "150", "--guardar"))
    while not (kept := list((folder / "models").glob("*.pt"))):
        assert process.poll() is None, finish(process)
        time.sleep(0.02)
    worker = psutil.Process(process.pid).children()[-1]
    before = torch.load(kept[0])["history"]
    worker.send_signal(signal.SIGKILL)
    code, together, err = finish(process)
    assert code == 0, err
    after = torch.load(kept[0])["history"]
    assert len(before) < len(after) == 150
    assert after[: len(before)] == before, "not the epochs made anew: their seconds would differ"
    assert cli.main(arguments(release, "--epocas", "150")) == 0
    assert measures(together) == pytest.approx(measures(capsys.readouterr().out), abs=1.01e-4)


def test_a_file_that_only_one_process_lacks_is_said_once(folder, release):
    command = " ".join(arguments(f'"{release}$(test $RANK = 1 && echo -sumida)"'))
    code, out, err = finish(launch("--no-python", "sh", "-c", f"{sys.executable} -m course_tools {command}"))
    assert code != 0 and "| receita |" not in out
    assert err.count("Erro: ") == 1 and "ml-teste-sumida" in err


def test_recipes_without_minibatches_are_refused_to_more_than_one_process(release, monkeypatch, capsys):
    together = SimpleNamespace(rank=0, size=2)
    monkeypatch.setattr(processes, "launched", lambda: nullcontext(together))
    assert cli.main(arguments(release, recipe="bias")) == 1
    assert "sem minibatches, não há o que repartir entre 2 processos: bias." in capsys.readouterr().err
