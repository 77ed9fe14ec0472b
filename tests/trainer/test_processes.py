"""Two processes under torchrun give what one gives, refuse what cannot be, and go on after one was killed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not torch.distributed.is_gloo_available(), reason="este PyTorch não traz o gloo")


def launch(case, folder, n_processes=2, restarts=0):
    """Run two_processes.py; returns the finished process and, per rank, its history and weights."""
    folder.mkdir(exist_ok=True)
    script = ["-m", "tests.trainer.two_processes", case, str(folder)]
    runner = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={n_processes}"]
    command = [
        sys.executable,
        *(runner if n_processes > 1 else []),
        *([f"--max-restarts={restarts}"] * (n_processes > 1)),
    ]
    environment = {**os.environ, "COURSE_DEVICE": "cpu", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([*command, *script], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    return done, [json.loads(file.read_text()) for file in sorted(folder.glob("rank*.json"))]


def losses(result):
    return [value for row in result[0] for name, value in row.items() if name != "epoch"]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    done, (result,) = launch("plain", tmp_path_factory.mktemp("alone"), n_processes=1)
    assert done.returncode == 0, done.stderr
    return result


def test_two_processes_give_the_losses_and_weights_of_one(tmp_path, alone):
    done, both = launch("talkative", tmp_path)
    assert done.returncode == 0, done.stderr
    assert both[0] == both[1]
    assert losses(both[0]) == pytest.approx(losses(alone), abs=1e-5)
    assert both[0][1] == pytest.approx(alone[1], abs=1e-4)
    assert done.stdout.count("Treinando até a época 5") == 1


def test_after_one_process_is_killed_all_go_on_from_the_last_epoch_and_end_the_same(tmp_path, alone):
    done, both = launch("killed", tmp_path, restarts=1)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "fell").exists()
    assert losses(both[0]) == pytest.approx(losses(alone), abs=1e-5) and both[0] == both[1]


def test_a_process_that_loses_the_others_says_so(tmp_path):
    done, _ = launch("killed", tmp_path)
    assert done.returncode != 0
    assert "perdeu o contato com os outros" in done.stdout and "--max-restarts" in done.stdout


def test_a_last_minibatch_of_one_trains_as_in_one_process(tmp_path):
    one, both = (launch("last of one", tmp_path / str(n), n)[1] for n in (1, 2))
    assert losses(both[0]) == pytest.approx(losses(one[0]), abs=1e-5)


REFUSED = {
    "other data": "não têm o mesmo treinamento: dados de treinamento",
    "too small": "são 2 processos para minibatches de 1",
    "missing": "não achei o arquivo de dados",
    "missing on one": "não achei o arquivo de dados",
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_trained_together_is_refused(tmp_path, case):
    done, results = launch(case, tmp_path)
    assert done.returncode != 0 and not results
    assert REFUSED[case] in done.stdout
    if case.startswith("missing"):
        assert done.stdout.count(REFUSED[case]) == 1
