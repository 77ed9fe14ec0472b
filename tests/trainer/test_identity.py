"""Whose checkpoint it is: what may change by itself, what may not, and files that are not what they seem."""

import copy
import io
from contextlib import nullcontext

import pytest
import torch
from torch import nn

from course_lib.errors import CheckpointError, ForeignCheckpointError
from course_lib.models import BiasedDotNet
from course_lib.trainer import Callback, Checkpoint, DeepNetTrainer
from tests.trainer.helpers import N_MOVIES, N_USERS, make_loaders, make_trainer, same_weights, without_seconds


class Counting(BiasedDotNet):
    """Keeps what is no setting: how often it was asked, and where it is."""

    def __init__(self, where="cpu"):
        super().__init__(N_USERS, N_MOVIES, n_factors=4)
        self.calls, self.where = 0, where

    def forward(self, inputs):
        self.calls += 1
        return super().forward(inputs)


def test_a_counter_in_the_model_and_the_name_of_a_device_are_no_settings(tmp_path):
    model = Counting()
    make_trainer(model, file_basename=tmp_path / "m").fit(1, make_loaders()["train"])
    assert make_trainer(model, file_basename=tmp_path / "m").last_epoch == 1
    assert make_trainer(Counting(where="cuda:1"), file_basename=tmp_path / "m").last_epoch == 1


def warm_restarts(optimizer):
    return torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=3)


def one_cycle(optimizer):
    return torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=20)


@pytest.mark.parametrize("schedule", [warm_restarts, one_cycle])
def test_a_schedule_used_again_is_still_the_same(tmp_path, schedule):
    torch.manual_seed(0)
    model = BiasedDotNet(N_USERS, N_MOVIES, n_factors=4)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    scheduler, loader = schedule(optimizer), make_loaders()["train"]
    for done in (0, 2):
        options = {"file_basename": tmp_path / "m", "device": "cpu", "verbose": False}
        trainer = DeepNetTrainer(model, nn.MSELoss(), optimizer, scheduler, **options)
        assert trainer.last_epoch == done
        trainer.fit(2, loader)


def test_a_lower_learning_rate_is_refused_with_the_way_to_have_it_and_that_way_works(tmp_path, refused):
    make_trainer(lr=0.01, file_basename=tmp_path / "m").fit(1, make_loaders()["train"])
    with refused("resume with another learning rate", ForeignCheckpointError, match=r'param_groups\[0\]\["lr"\] = '):
        make_trainer(lr=0.001, file_basename=tmp_path / "m")
    trainer = make_trainer(lr=0.01, file_basename=tmp_path / "m")
    trainer.optimizer.param_groups[0]["lr"] = 0.001
    trainer.fit(1, make_loaders()["train"])
    again = make_trainer(lr=0.01, file_basename=tmp_path / "m")
    assert again.history.losses("lr") == [0.01, 0.001]
    assert again.optimizer.param_groups[0]["lr"] == 0.001


# Two trainings, one file ----------------------------------------------------------------------------------------------


def test_a_file_that_another_training_wrote_is_not_overwritten(tmp_path, refused):
    loaders = make_loaders()
    first, second = (make_trainer(file_basename=tmp_path / "m") for _ in range(2))
    first.fit(2, loaders["train"])
    before = (tmp_path / "m.pt").read_bytes()
    with refused("file_basename of another training", CheckpointError, match="outro treinamento escreveu"):
        second.fit(1, loaders["train"])
    assert (tmp_path / "m.pt").read_bytes() == before
    first.fit(1, loaders["train"])
    assert make_trainer(file_basename=tmp_path / "m").last_epoch == 3


def test_a_checkpoint_that_was_deleted_is_written_again(tmp_path):
    trainer, loader = make_trainer(file_basename=tmp_path / "m"), make_loaders()["train"]
    trainer.fit(1, loader)
    (tmp_path / "m.pt").unlink()
    trainer.fit(1, loader)
    assert make_trainer(file_basename=tmp_path / "m").last_epoch == 2


# Contents -------------------------------------------------------------------------------------------------------------


def change(path, edit):
    state = torch.load(path, weights_only=True)
    edited = copy.deepcopy(state)
    edit(edited)
    torch.save(edited, path)


CRAFTED = {
    "no random states": lambda s: s.pop("random"),
    "one field more": lambda s: s.update(extra=1),
    "more epochs than history": lambda s: s.update(epoch=99),
    "an epoch that is text": lambda s: s.update(epoch="2"),
    "history of text": lambda s: s.update(history=["um", "dois"]),
    "an epoch without loss": lambda s: s["history"][0].pop("train_loss"),
    "a loss that is text": lambda s: s["history"][1].update(train_loss="0.5"),
    "epochs out of order": lambda s: s["history"].reverse(),
    "weights that are numbers": lambda s: s["weights"].update(mean=3.5),
    "weights of another shape": lambda s: s["weights"].update(mean=torch.zeros(2)),
    "best weights missing": lambda s: s.update(best_weights={}),
    "weights missing everywhere": lambda s: (s["weights"].pop("mean"), s["best_weights"].pop("mean", None)),
    "optimizer without groups": lambda s: s.update(optimizer={"state": {}}),
    "optimizer with other groups": lambda s: s["optimizer"].update(param_groups=[]),
    "schedule that is missing": lambda s: s.update(scheduler=None),
    "callbacks without names": lambda s: s.update(callbacks=[{}]),
    "comparable from the future": lambda s: s.update(comparable_from=7),
    "random state without torch": lambda s: s["random"].pop("torch"),
    "random state cut short": lambda s: s["random"].update(torch=torch.zeros(3, dtype=torch.uint8)),
    "fingerprint of numbers": lambda s: s["fingerprint"].update(modelo=7),
    "another format": lambda s: s.update(format=2),
}


@pytest.mark.parametrize("case", CRAFTED)
def test_a_crafted_checkpoint_is_refused_before_it_is_used(tmp_path, refused, case):
    make_trainer(with_scheduler=True, file_basename=tmp_path / "m").fit(2, make_loaders()["train"])
    change(tmp_path / "m.pt", CRAFTED[case])
    with refused(f"checkpoint with {case}", CheckpointError, match="reset=True"):
        make_trainer(with_scheduler=True, file_basename=tmp_path / "m")


# Ctrl-C at odd moments ------------------------------------------------------------------------------------------------


class Interrupting(BiasedDotNet):
    """Ctrl-C while its weights are being copied, the next time after it is armed."""

    def __init__(self):
        super().__init__(N_USERS, N_MOVIES, n_factors=4)
        self._armed = False

    def state_dict(self, *arguments, **options):
        if self._armed:
            self._armed = False
            raise KeyboardInterrupt
        return super().state_dict(*arguments, **options)


@pytest.mark.parametrize("done", [0, 2])
def test_an_interruption_before_the_first_minibatch_does_not_escape_nor_change_what_follows(done):
    def losses(interrupt):
        torch.manual_seed(0)
        trainer, loaders = make_trainer(Interrupting()), make_loaders()
        if done:
            trainer.fit(done, loaders["train"], loaders["val"])
        if interrupt:
            trainer.model._armed = True
            trainer.fit(2, loaders["train"], loaders["val"])
            assert trainer.interrupted and trainer.last_epoch == done
        trainer.fit(2, loaders["train"], loaders["val"])
        return without_seconds(trainer.history), trainer.model.state_dict()

    (history, weights), (expected, expected_weights) = losses(True), losses(False)
    assert history == expected and same_weights(weights, expected_weights)


class InterruptedFile(io.BytesIO):
    """Ctrl-C before the thousandth byte is written."""

    def write(self, content):
        if self.tell() + len(content) > 1000:
            raise KeyboardInterrupt
        return super().write(content)


@pytest.mark.parametrize("required", [True, False])
def test_an_interruption_while_the_checkpoint_is_written_is_no_full_disk(tmp_path, monkeypatch, required):
    trainer, loaders = make_trainer(file_basename=Checkpoint(tmp_path / "m", required=required)), make_loaders()
    monkeypatch.setattr("course_lib.trainer.checkpoint.atomic_write", lambda path: nullcontext(InterruptedFile()))
    trainer.fit(3, loaders["train"], loaders["val"])
    assert trainer.interrupted and trainer.last_epoch == 1
    monkeypatch.undo()
    trainer.fit(train_data=loaders["train"], valid_data=loaders["val"], until_epoch=1)
    assert make_trainer(file_basename=tmp_path / "m").last_epoch == 1


class InterruptFirst(Callback):
    def on_batch_end(self, trainer):
        raise KeyboardInterrupt


@pytest.mark.parametrize("reset", [True, False])
def test_the_message_of_an_interruption_says_what_running_the_cell_again_would_do(capsys, reset):
    make_trainer(verbose=True, reset=reset, callbacks=[InterruptFirst()]).fit(1, make_loaders()["train"])
    assert ("reset=True, recomeça do zero" in capsys.readouterr().out) == reset
