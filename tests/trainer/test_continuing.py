"""What happens between one fit and the next: other data, other settings, other models, evaluations in between."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset, random_split

from course_lib.datasets import MLDataset, make_dataloaders
from course_lib.errors import ArgumentError, CheckpointError, ForeignCheckpointError, IdOutOfRangeError
from course_lib.models import BiasedDotNet
from course_lib.trainer import DeepNetTrainer, EarlyStopping
from course_lib.trainer.callbacks import Callback

from .helpers import (
    N_MOVIES,
    N_USERS,
    dropout_net,
    make_loaders,
    make_ratings,
    make_trainer,
    same_weights,
    without_seconds,
)


def random_parts(seed):
    ratings = make_ratings()
    whole = TensorDataset(torch.from_numpy(ratings[:, :2].astype(np.int64)), torch.from_numpy(ratings[:, 2:].copy()))
    return [DataLoader(part, 32) for part in random_split(whole, [320, 80], torch.Generator().manual_seed(seed))]


def test_checkpoint_of_one_random_split_is_refused_with_another(tmp_path):
    """The other split's validation rows were trained on."""
    make_trainer(file_basename=tmp_path / "m").fit(1, *random_parts(seed=1))
    make_trainer(file_basename=tmp_path / "m").fit(1, *random_parts(seed=1))
    with pytest.raises(ForeignCheckpointError, match="dados de validação"):
        make_trainer(file_basename=tmp_path / "m").fit(1, *random_parts(seed=2))


class Unreadable(torch.utils.data.Dataset):
    def __len__(self):
        return 320

    def __getitem__(self, index):
        return MLDataset(make_ratings()[:320])[index]


def test_resuming_on_data_that_cannot_be_compared_warns(tmp_path):
    make_trainer(file_basename=tmp_path / "m").fit(1, DataLoader(Unreadable(), 320))
    with pytest.warns(UserWarning, match="fingerprint"):
        make_trainer(file_basename=tmp_path / "m").fit(1, DataLoader(Unreadable(), 320))


def test_checkpoint_with_a_function_as_criterion_is_resumed_with_the_function_at_another_address(tmp_path):
    """As in another process, where only the name is the same."""
    net, criteria = BiasedDotNet(N_USERS, N_MOVIES, n_factors=4), []
    for done in (1, 2):
        criteria.append(lambda prediction, target: (prediction - target).square().mean())
        options = {"file_basename": tmp_path / "m", "device": "cpu", "verbose": False}
        trainer = DeepNetTrainer(net, criteria[-1], torch.optim.Adam(net.parameters()), **options)
        trainer.fit(1, make_loaders()["train"])
        assert trainer.last_epoch == done
    assert repr(criteria[0]) != repr(criteria[1])


class Note(Callback):
    def state_dict(self):
        return {"mean": np.mean([1.0, 2.0]), "parts": [np.float32(3)]}

    def load_state_dict(self, state):
        self.state = state


def test_numbers_of_numpy_in_the_state_are_read_back(tmp_path):
    lr = np.logspace(-4, -1, 4)[2]
    make_trainer(lr=lr, callbacks=[Note()], file_basename=tmp_path / "m").fit(1, make_loaders()["train"])
    note = Note()
    assert make_trainer(lr=lr, callbacks=[note], file_basename=tmp_path / "m").last_epoch == 1
    assert note.state == {"mean": 1.5, "parts": [3.0]}


class Evaluate(Callback):
    def __init__(self, data):
        self.data, self.seen = data, []

    def on_batch_end(self, trainer):
        self.seen.append(trainer.model.training)
        trainer.evaluate(self.data)


def test_evaluating_inside_an_epoch_does_not_turn_dropout_off():
    loaders = make_loaders()
    witness = Evaluate(loaders["val"])
    make_trainer(dropout_net(), callbacks=[witness]).fit(1, loaders["train"])
    assert len(witness.seen) == 10 and all(witness.seen)


def test_evaluating_a_shuffled_loader_does_not_change_the_training_that_follows():
    def losses(evaluate):
        loaders, trainer = make_loaders(), make_trainer(dropout_net())
        plain = DataLoader(loaders["train"].dataset, 32, shuffle=True)
        trainer.fit(1, loaders["train"])
        if evaluate:
            trainer.evaluate(loaders["train"])
            trainer.predict(plain)
        return without_seconds(trainer.fit(1, loaders["train"]))

    assert losses(evaluate=True) == losses(evaluate=False)


def test_early_stopping_used_for_another_model_begins_anew():
    def fit(stopping):
        loaders = make_loaders()
        return without_seconds(make_trainer(lr=0.001, callbacks=[stopping]).fit(5, loaders["train"], loaders["val"]))

    used = EarlyStopping(patience=2)
    fit(used)
    used.best = 0.0  # the model before was so good that no other reaches it
    assert fit(used) == fit(EarlyStopping(patience=2))


def test_schedule_of_other_length_is_refused_and_a_plateau_that_fell_is_not(tmp_path):
    def cosine(t_max):
        trainer = make_trainer()
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(trainer.optimizer, t_max)
        return type(trainer)(
            trainer.model, nn.MSELoss(), trainer.optimizer, schedule, file_basename=tmp_path / "m", verbose=False
        )

    cosine(4).fit(1, make_loaders()["train"])
    with pytest.raises(ForeignCheckpointError, match=r"agenda\.T_max"):
        cosine(8)

    trainer = make_trainer()
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(trainer.optimizer, patience=0, threshold=1e9)
    options = {"file_basename": tmp_path / "plateau", "verbose": False, "device": "cpu"}
    first = type(trainer)(trainer.model, nn.MSELoss(), trainer.optimizer, plateau, **options)
    first.fit(3, make_loaders()["train"])
    assert trainer.optimizer.param_groups[0]["lr"] < 0.01
    assert type(trainer)(trainer.model, nn.MSELoss(), trainer.optimizer, plateau, **options).last_epoch == 3


def test_best_epoch_is_sought_only_among_those_measured_on_the_present_validation():
    ratings = make_ratings()
    easy, hard = ratings[320:], ratings[320:].copy()
    hard[:, 2] += 5  # no epoch on these can have a loss as small as the first three
    trainer = make_trainer()
    for valid, n_epochs in ((easy, 3), (hard, 2)):
        loaders = make_dataloaders(ratings[:320], valid, batch_size=32)
        trainer.fit(n_epochs, loaders["train"], loaders["val"])
    assert trainer.history.best["epoch"] in (4, 5)


def test_epochs_without_validation_after_some_with_it_leave_the_model_of_the_last():
    trainers = {keep: make_trainer(keep=keep) for keep in ("best", "last")}
    for trainer in trainers.values():
        loaders = make_loaders()
        trainer.fit(3, loaders["train"], loaders["val"])
        trainer.fit(2, loaders["train"])
        assert trainer.history.best["epoch"] == 5
    assert same_weights(*(trainer.model.state_dict() for trainer in trainers.values()))


def test_last_epoch_that_a_full_disk_refused_is_written_when_asked_again(tmp_path, monkeypatch):
    trainer = make_trainer(file_basename=tmp_path / "m")
    save = trainer.checkpoint.save

    def fail(state):
        raise CheckpointError("disco cheio")

    monkeypatch.setattr(trainer.checkpoint, "save", fail)
    with pytest.raises(CheckpointError, match="disco cheio"):
        trainer.fit(until_epoch=1, train_data=make_loaders()["train"])
    monkeypatch.setattr(trainer.checkpoint, "save", save)
    trainer.fit(until_epoch=1, train_data=make_loaders()["train"])
    assert make_trainer(file_basename=tmp_path / "m").last_epoch == 1


class Taste(Callback):
    def on_epoch_end(self, trainer):
        trainer.history[-1]["taste"] = 1 / trainer.epoch


def test_what_decides_the_best_epoch_may_be_measured_by_a_callback():
    trainer, loaders = make_trainer(callbacks=[Taste()], monitor="taste", mode="max"), make_loaders()
    trainer.fit(2, loaders["train"], loaders["val"])
    assert trainer.history.best is trainer.history[0]


class Stream(IterableDataset):
    def __iter__(self):
        dataset = MLDataset(make_ratings()[:64])
        yield from (dataset[index] for index in range(64))


def test_loaders_without_length_or_dataset_train_like_any_other():
    batches = list(make_loaders()["train"])
    assert make_trainer().fit(np.int64(2), batches).rows[-1]["epoch"] == 2
    assert len(make_trainer().fit(1, DataLoader(Stream(), 32))) == 1


def test_error_of_a_prediction_after_training_does_not_name_an_epoch():
    trainer = make_trainer()
    trainer.fit(1, make_loaders()["train"])
    with pytest.raises(IdOutOfRangeError, match=f"^o minibatch 1 traz o filme {N_MOVIES}"):
        trainer.predict(torch.tensor([[N_USERS - 1, N_MOVIES]]))


def test_a_metric_named_like_the_loss_is_refused(refused):
    with refused("metric named loss", ArgumentError, match="nome da perda"):
        make_trainer(metrics={"loss": lambda prediction, target: 0.0})
