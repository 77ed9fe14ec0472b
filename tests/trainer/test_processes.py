"""Two processes under torchrun give what one gives, refuse what cannot be, and go on after one was killed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.trainer.two_processes import summary, train

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not torch.distributed.is_gloo_available(), reason="este PyTorch não traz o gloo")


def launch(case, folder, restarts=0):
    """Run two_processes.py twice, side by side; returns what was printed, the exit status and what each left."""
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", f"--max-restarts={restarts}"]
    command = [sys.executable, *torchrun, "-m", "tests.trainer.two_processes", case, str(folder)]
    environment = {**os.environ, "COURSE_DEVICE": "cpu", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)
    return done, [json.loads(file.read_text()) for file in sorted(folder.glob("rank*.json"))]


def losses(result):
    return [value for row in result["rows"] for name, value in row.items() if name != "epoch"]


@pytest.fixture(scope="module")
def alone():
    return summary(train())


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    done, both = launch("together", tmp_path_factory.mktemp("together"))
    assert done.returncode == 0, done.stderr
    return done.stdout, both


def test_two_processes_give_the_losses_and_weights_of_one(together, alone):
    _, (first, second) = together
    assert losses(first) == losses(second) and first["weights"] == second["weights"]
    assert losses(first) == pytest.approx(losses(alone), abs=1e-5)
    assert first["weights"] == pytest.approx(alone["weights"], abs=1e-4)


def test_only_the_first_process_speaks(together):
    assert together[0].count("Treinando até a época 5") == 1


def test_a_last_minibatch_of_one_trains_as_in_one_process(together):
    assert losses(together[1][0]["last of one"]) == pytest.approx(losses(summary(train(n_train=34))), abs=1e-5)


@pytest.mark.parametrize(
    "case, message",
    [
        ("other data", "não têm o mesmo treinamento: dados de treinamento"),
        ("too small", "são 2 processos para minibatches de 1"),
    ],
)
def test_what_cannot_be_trained_together_is_refused(together, case, message):
    assert all(message in result[case] for result in together[1])


@pytest.mark.parametrize("case, messages", [("missing", ["não achei o arquivo de dados", None]),
                                            ("missing on one", [None, "não achei o arquivo de dados"])])  # fmt: skip
def test_what_fails_before_training_is_said_once(together, case, messages):
    assert [result[case] for result in together[1]] == messages


def test_after_one_process_is_killed_all_go_on_from_the_last_epoch_and_end_the_same(tmp_path, alone):
    done, both = launch("killed", tmp_path, restarts=1)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "fell").exists() and both[0] == both[1]
    assert losses(both[0]) == pytest.approx(losses(alone), abs=1e-5)
    assert "perdeu o contato com os outros" in done.stdout and "--max-restarts" in done.stdout
