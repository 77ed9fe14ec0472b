"""Two processes under torchrun give what one gives, refuse what cannot be, and go on after one was killed."""

import os

import pytest
import torch

from tests.trainer.two_processes import launch, summary, train

KILLS = int(os.environ.get("COURSE_KILLS", 1))  # ten take a minute of processor
pytestmark = pytest.mark.skipif(not torch.distributed.is_gloo_available(), reason="este PyTorch não traz o gloo")


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


def test_however_often_one_process_is_killed_all_go_on_and_end_as_if_nobody_had(tmp_path, together):
    """At random calls: within a minibatch, in validation, writing a checkpoint, before the first epoch."""
    done, both = launch("killed", tmp_path, restarts=KILLS)
    assert done.returncode == 0, done.stderr
    places = [file.read_text() for file in sorted(tmp_path.glob("fell*"))]
    assert len(places) == KILLS, places
    undisturbed = {name: together[1][0][name] for name in ("rows", "weights")}
    assert both == [undisturbed, undisturbed]
    assert "perdeu o contato com os outros" in done.stdout and "--max-restarts" in done.stdout
    assert "perdeu o contato com os outros" in done.stdout and "--max-restarts" in done.stdout
