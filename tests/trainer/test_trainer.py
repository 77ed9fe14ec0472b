import math

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from course_lib.errors import CallbackError, DeviceError
from course_lib.metrics import rmse
from course_lib.trainer import Callback, DeepNetTrainer, EarlyStopping, resolve_device
from course_lib.trainer.history import History
from tests.trainer.helpers import dropout_net, make_loaders, make_trainer, same_weights, without_seconds


def plain_trainer(model, lr):
    """Stochastic gradient descent on the squared error, nothing else."""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    return DeepNetTrainer(model, nn.MSELoss(), optimizer, metrics={"rmse": rmse}, device="cpu", verbose=False)


class Constant(nn.Module):
    """Predicts one number; its gradient is known by hand."""

    def __init__(self, value=0.0):
        super().__init__()
        self.value = nn.Parameter(torch.tensor(value))

    def forward(self, inputs):
        return self.value.expand(len(inputs), 1)


def loader_of(targets, batch_size):
    targets = torch.tensor(targets)[:, None]
    return DataLoader(TensorDataset(torch.zeros(len(targets), 2, dtype=torch.long), targets), batch_size=batch_size)


def test_epoch_loss_is_the_mean_over_samples_not_over_minibatches():
    model = Constant()
    trainer = DeepNetTrainer(
        model, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.0), device="cpu", verbose=False
    )
    loader = loader_of([1.0, 1.0, 1.0, 5.0], batch_size=3)  # minibatch means 1 and 25; sample mean 7
    trainer.fit(1, loader, loader)
    assert trainer.history[0]["train_loss"] == pytest.approx(7.0)
    assert trainer.history[0]["valid_loss"] == pytest.approx(7.0)


def test_one_step_of_gradient_descent_is_the_one_computed_by_hand():
    model = Constant(1.0)
    trainer = DeepNetTrainer(
        model, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.1), device="cpu", verbose=False
    )
    trainer.fit(1, loader_of([3.0, 5.0], batch_size=2))
    assert model.value.item() == pytest.approx(1.0 + 0.1 * 2 * (4.0 - 1.0))


def test_penalty_moves_the_weights_but_is_not_in_the_reported_loss():
    class Penalized(Constant):
        def penalty(self, inputs):
            return self.value.square()

    model = Penalized(2.0)
    trainer = DeepNetTrainer(
        model, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=0.1), device="cpu", verbose=False
    )
    trainer.fit(1, loader_of([2.0], batch_size=1))
    assert trainer.history[0]["train_loss"] == 0.0
    assert model.value.item() == pytest.approx(2.0 - 0.1 * 2 * 2.0)


def test_evaluate_returns_loss_and_metrics_over_the_whole_set():
    trainer = plain_trainer(Constant(3.0), lr=0.1)
    assert trainer.evaluate(loader_of([3.0, 3.0, 5.0], batch_size=2)) == {
        "loss": pytest.approx(4 / 3),
        "rmse": pytest.approx(math.sqrt(4 / 3)),
    }


def test_predict_keeps_the_order_and_turns_dropout_off():
    trainer, loaders = make_trainer(dropout_net()), make_loaders()
    inputs = loaders["val"].dataset.inputs
    trainer.model.train()
    first, second = trainer.predict(loaders["val"]), trainer.predict(inputs)
    assert first.shape == (80, 1)
    assert torch.equal(first, second)


def test_model_ends_with_the_weights_of_the_best_epoch_and_goes_on_from_the_last():
    straight, loaders = make_trainer(dropout_net(), lr=0.5), make_loaders()
    straight.fit(10, loaders["train"], loaders["val"])
    trainer, loaders = make_trainer(dropout_net(), lr=0.5), make_loaders()
    trainer.fit(8, loaders["train"], loaders["val"])
    best = trainer.history.best
    assert best["epoch"] < 8
    assert trainer.evaluate(loaders["val"])["loss"] == pytest.approx(best["valid_loss"], rel=1e-6)
    trainer.fit(2, loaders["train"], loaders["val"])
    assert without_seconds(trainer.history) == without_seconds(straight.history)


def test_who_asks_for_the_last_weights_gets_them():
    trainer, loaders = make_trainer(dropout_net(), lr=0.5, keep="last"), make_loaders()
    trainer.fit(8, loaders["train"], loaders["val"])
    assert trainer.history.best["epoch"] < 8
    assert trainer.evaluate(loaders["val"])["loss"] == pytest.approx(trainer.history[-1]["valid_loss"], rel=1e-6)


def test_early_stopping_stops_after_patience_epochs_without_improvement():
    loaders = make_loaders()
    trainer = make_trainer(dropout_net(), lr=0.5, callbacks=[EarlyStopping(patience=2)])
    trainer.fit(50, loaders["train"], loaders["val"])
    assert trainer.last_epoch == trainer.history.best["epoch"] + 2
    assert "parada antecipada" in trainer.stop_reason


def test_scheduler_steps_once_an_epoch_and_plateau_receives_the_validation_loss():
    loaders = make_loaders()
    trainer = make_trainer(lr=0.1, with_scheduler=True)
    trainer.fit(5, loaders["train"], loaders["val"])
    assert [row["lr"] for row in trainer.history.rows] == pytest.approx([0.1, 0.1, 0.05, 0.05, 0.025])
    plateau = make_trainer(lr=0.3)
    plateau.lr_scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(plateau.optimizer, patience=0, threshold=10.0)
    plateau.fit(3, loaders["train"], loaders["val"])
    assert plateau.history[-1]["lr"] < 0.3


def test_log_has_one_line_an_epoch_with_losses_and_a_mark_at_the_best(capsys):
    loaders = make_loaders()
    make_trainer(verbose=True).fit(2, loaders["train"], loaders["val"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Treinando até a época 2 (dispositivo: cpu)"
    assert lines[1].startswith("   1:") and " T: " in lines[1] and " V: " in lines[1] and lines[1].endswith("melhor")


def test_history_becomes_a_table_and_an_empty_one_has_no_best():
    assert History().best is None and len(History().to_frame()) == 0
    loaders = make_loaders()
    trainer = make_trainer()
    frame = trainer.fit(3, loaders["train"], loaders["val"]).to_frame()
    assert list(frame.index) == [1, 2, 3]
    assert {"seconds", "lr", "train_loss", "valid_loss", "valid_rmse"} <= set(frame.columns)


# Interruption and callbacks -------------------------------------------------------------------------------------------


class InterruptOnce(Callback):
    """Ctrl-C in the middle of the third epoch."""

    def __init__(self, epoch=3, batch=4):
        self.when, self.done = (epoch, batch), False

    def on_batch_end(self, trainer):
        if (trainer.epoch, trainer.batch) == self.when and not self.done:
            self.done = True
            raise KeyboardInterrupt


def test_one_epoch_is_said_in_the_singular(capsys):
    trainer = make_trainer(callbacks=[InterruptOnce(epoch=2)], verbose=True)
    trainer.fit(5, make_loaders()["train"])
    assert "Interrompido: 1 época completa; " in capsys.readouterr().out
    assert repr(trainer.history).startswith("History(1 época; ")


def test_interruption_leaves_whole_epochs_and_going_on_equals_never_having_stopped(capsys):
    loaders = make_loaders()
    straight = make_trainer(dropout_net())
    straight.fit(5, loaders["train"], loaders["val"])
    loaders = make_loaders()
    trainer = make_trainer(dropout_net(), callbacks=[InterruptOnce()], verbose=True)
    trainer.fit(5, loaders["train"], loaders["val"])
    assert trainer.interrupted and trainer.last_epoch == 2
    assert trainer.evaluate(loaders["val"])["loss"] == pytest.approx(trainer.history.best["valid_loss"])
    assert "2 épocas completas" in capsys.readouterr().out
    assert repr(trainer.history).startswith("History(2 épocas; ")
    trainer.fit(train_data=loaders["train"], valid_data=loaders["val"], until_epoch=5)
    assert not trainer.interrupted
    assert without_seconds(trainer.history) == without_seconds(straight.history)
    assert same_weights(trainer.model.state_dict(), straight.model.state_dict())


class Recorder(Callback):
    def __init__(self):
        self.events = []

    def on_fit_begin(self, trainer):
        self.events.append("fit_begin")

    def on_epoch_begin(self, trainer):
        self.events.append("epoch_begin")

    def on_batch_end(self, trainer):
        self.events.append("batch_end")

    def on_epoch_end(self, trainer):
        self.events.append("epoch_end")

    def on_fit_end(self, trainer):
        self.events.append("fit_end")


def test_callbacks_are_called_in_the_documented_order():
    recorder = Recorder()
    make_trainer(callbacks=[recorder]).fit(1, make_loaders(batch_size=160)["train"])
    assert recorder.events == ["fit_begin", "epoch_begin", "batch_end", "batch_end", "epoch_end", "fit_end"]


@pytest.mark.parametrize("event", ["fit_begin", "epoch_begin", "batch_end", "epoch_end", "fit_end"])
def test_failing_callback_is_named_the_others_still_clean_up_and_training_is_not_corrupted(refused, event):
    class Fails(Callback):
        broken = True

        def __getattribute__(self, name):
            if name == f"on_{event}" and object.__getattribute__(self, "broken"):
                return lambda trainer: 1 / 0
            return object.__getattribute__(self, name)

    failing, recorder = Fails(), Recorder()
    trainer, loaders = make_trainer(callbacks=[failing, recorder]), make_loaders()
    with refused(f"callback that fails in on_{event}", CallbackError, match=f"Fails falhou em on_{event}") as caught:
        trainer.fit(1, loaders["train"], loaders["val"])
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert recorder.events[-1] == "fit_end"
    failing.broken = False
    trainer.fit(train_data=loaders["train"], valid_data=loaders["val"], until_epoch=2)
    straight, loaders = make_trainer(), make_loaders()
    straight.fit(2, loaders["train"], loaders["val"])
    assert without_seconds(trainer.history) == without_seconds(straight.history)


def test_a_student_writes_a_callback_in_five_lines():
    class StopAt(Callback):
        def on_epoch_end(self, trainer):
            if trainer.history[-1]["train_loss"] < 100:
                trainer.stop("perda baixa o bastante")

    trainer = make_trainer(callbacks=[StopAt()])
    trainer.fit(9, make_loaders()["train"])
    assert trainer.last_epoch == 1 and trainer.stop_reason == "perda baixa o bastante"


# Device ---------------------------------------------------------------------------------------------------------------


def test_device_rule_is_argument_then_environment_then_best_available(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.delenv("COURSE_DEVICE", raising=False)
    assert resolve_device() == torch.device("cpu")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert resolve_device().type == "mps"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert resolve_device() == torch.device("cuda")
    monkeypatch.setenv("COURSE_DEVICE", "cuda:1")
    assert resolve_device() == torch.device("cuda:1")
    assert resolve_device("cpu") == torch.device("cpu")
    monkeypatch.setenv("COURSE_DEVICE", "cuda:2")
    with pytest.raises(DeviceError, match="COURSE_DEVICE"):
        resolve_device()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="sem GPU nesta máquina")
def test_training_on_gpu_agrees_with_cpu():
    losses = {}
    for device in ("cpu", "cuda"):
        loaders = make_loaders()
        trainer = make_trainer(device=device)
        losses[device] = trainer.fit(3, loaders["train"], loaders["val"]).losses("valid_loss")
    assert losses["cuda"] == pytest.approx(losses["cpu"], rel=1e-3)
