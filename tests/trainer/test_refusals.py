"""Wrong things are refused, with the reason, and leave the trainer as it was."""

import pickle
import warnings

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from course_lib.datasets import MLDataset, make_dataloaders
from course_lib.errors import (
    ArgumentError,
    CheckpointError,
    DeviceError,
    ForeignCheckpointError,
    IdOutOfRangeError,
    NonFiniteError,
    ShapeMismatchError,
)
from course_lib.models import BiasedDotNet, DotNet
from course_lib.trainer import Checkpoint, DeepNetTrainer, EarlyStopping, resolve_device
from tests.trainer.helpers import N_MOVIES, N_USERS, make_loaders, make_ratings, make_trainer, same_weights


class FlatNet(nn.Module):
    """The old notebook's mistake: returns (B,) where the target is (B, 1)."""

    def __init__(self):
        super().__init__()
        self.net = DotNet(N_USERS, N_MOVIES, n_factors=2)

    def forward(self, inputs):
        return self.net(inputs).squeeze(1)


def test_flat_prediction_is_refused_and_message_explains_broadcasting(refused):
    trainer, loaders = make_trainer(FlatNet()), make_loaders()
    with refused("prediction of shape (B,)", ShapeMismatchError, match=r"vira \(B, B\)"):
        trainer.fit(1, loaders["train"])


@pytest.mark.parametrize("ids, culprit", [((3, N_MOVIES), f"filme {N_MOVIES}"), ((N_USERS, 3), f"usuário {N_USERS}")])
def test_id_out_of_range_names_minibatch_epoch_and_valid_range(refused, ids, culprit):
    ratings = np.vstack([make_ratings(60), np.array([[*ids, 4.0]], np.float32)])
    loader = DataLoader(MLDataset(ratings), batch_size=20)
    trainer = make_trainer()
    with refused(
        f"{culprit} unknown to the model", IdOutOfRangeError, match=f"o minibatch 4 da época 1 traz o {culprit}"
    ):
        trainer.fit(1, loader)


def test_negative_id_is_refused(refused):
    inputs = torch.tensor([[0, 0], [1, -1]])
    loader = DataLoader(TensorDataset(inputs, torch.ones(2, 1)), batch_size=2)
    with refused("negative movie index", IdOutOfRangeError, match="filme -1"):
        make_trainer().fit(1, loader)


def test_nan_rating_is_named_as_the_cause(refused):
    loader = DataLoader(TensorDataset(torch.zeros(4, 2, dtype=torch.long), torch.full((4, 1), torch.nan)), batch_size=2)
    with refused("NaN rating in a minibatch", NonFiniteError, match="minibatch 1 da época 1.*nota NaN"):
        make_trainer().fit(1, loader)


def test_exploding_weights_stop_training_and_the_last_whole_epoch_is_kept(refused):
    loaders = make_loaders()
    trainer = make_trainer()
    trainer.fit(1, loaders["train"], loaders["val"])
    before = {name: tensor.clone() for name, tensor in trainer.model.state_dict().items()}
    trainer.optimizer.param_groups[0]["lr"] = 1e30
    with refused("learning rate of 1e30", NonFiniteError, match="taxa de aprendizado"):
        trainer.fit(3, loaders["train"], loaders["val"])
    assert same_weights(before, trainer.model.state_dict())
    assert trainer.last_epoch == 1


@pytest.mark.parametrize("epochs", [0, -3, 2.5, True, "10"])
def test_epochs_that_are_not_a_positive_integer_are_refused(refused, epochs):
    with refused(f"n_epochs={epochs!r}", ArgumentError, match="inteiro maior ou igual a 1"):
        make_trainer().fit(epochs, make_loaders()["train"])


def test_epochs_must_be_given_once(refused):
    loader = make_loaders()["train"]
    with refused("neither n_epochs nor until_epoch", ArgumentError, match="um dos dois"):
        make_trainer().fit(train_data=loader)
    with refused("both n_epochs and until_epoch", ArgumentError, match="um dos dois"):
        make_trainer().fit(2, loader, until_epoch=3)


def test_empty_loader_and_none_are_refused(refused):
    dataset = make_loaders()["train"].dataset
    empty = DataLoader(dataset, batch_size=1000, drop_last=True)
    with refused("loader without a minibatch", ArgumentError, match="drop_last"):
        make_trainer().fit(1, empty)
    with refused("train_data=None", ArgumentError, match="train_data é None"):
        make_trainer().fit(1)
    with refused("empty validation loader", ArgumentError, match="valid_data"):
        make_trainer().fit(1, make_loaders()["train"], empty)


def test_metric_that_is_not_a_number_is_refused(refused):
    trainer, loaders = make_trainer(metrics={"erro": lambda prediction, target: prediction - target}), make_loaders()
    with refused("metric that returns a vector", ArgumentError, match="'erro'"):
        trainer.fit(1, loaders["train"], loaders["val"])


def test_criterion_without_reduction_is_refused(refused):
    model = DotNet(N_USERS, N_MOVIES)
    trainer = DeepNetTrainer(model, lambda p, t: (p - t).square(), torch.optim.SGD(model.parameters()), device="cpu")
    with refused("criterion that returns (B, 1)", ArgumentError, match=r"forma \(32, 1\).*reduction='mean'"):
        trainer.fit(1, make_loaders()["train"])


def test_criterion_that_sums_is_refused(refused):
    with refused("criterion with reduction='sum'", ArgumentError, match="reduction='mean'"):
        DeepNetTrainer(DotNet(3, 3), nn.MSELoss(reduction="sum"), torch.optim.SGD([torch.zeros(1)], lr=0.1))


def test_model_moved_after_the_trainer_was_made_is_refused(refused):
    trainer = make_trainer()
    trainer.model.to("meta")
    with refused("model on another device", DeviceError, match="Não mova o modelo"):
        trainer.fit(1, make_loaders()["train"])


@pytest.mark.parametrize("name", ["gpu", "cuda:99", "mps" if not torch.backends.mps.is_available() else "xpu"])
def test_device_that_does_not_exist_is_refused(refused, name):
    with refused(f"device={name!r}", DeviceError, match="Use 'auto'"):
        resolve_device(name)


def test_early_stopping_without_validation_is_refused(refused):
    with refused("EarlyStopping without valid_data", ArgumentError, match="valid_data"):
        make_trainer(callbacks=[EarlyStopping()]).fit(1, make_loaders()["train"])
    with refused("EarlyStopping(patience=0)", ArgumentError, match="patience"):
        EarlyStopping(patience=0)


def test_validation_that_shares_pairs_with_training_warns():
    ratings = make_ratings()
    overlapping = make_dataloaders(ratings[:300], ratings[290:])
    with pytest.warns(UserWarning, match="10 de 110 pares"):
        make_trainer().fit(1, overlapping["train"], overlapping["val"])
    disjoint = make_loaders()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make_trainer().fit(1, disjoint["train"], disjoint["val"])


# Checkpoints ----------------------------------------------------------------------------------------------------------


def trained(folder, **options):
    loaders = make_loaders()
    trainer = make_trainer(file_basename=folder / "dot", **options)
    trainer.fit(2, loaders["train"], loaders["val"])
    return trainer


def test_checkpoint_of_another_model_is_refused_with_the_differences_named(refused, tmp_path):
    trained(tmp_path)
    with refused("checkpoint of another model", ForeignCheckpointError, match="reset=True") as caught:
        make_trainer(BiasedDotNet(N_USERS, N_MOVIES, n_factors=5), file_basename=tmp_path / "dot")
    assert "no checkpoint, (30, 4); agora, (30, 5)" in str(caught.value)
    assert "outro file_basename" in str(caught.value)


@pytest.mark.parametrize("change", [{"lr": 0.5}, {"model": BiasedDotNet(N_USERS, N_MOVIES, n_factors=4, l2=0.1)}])
def test_checkpoint_of_other_settings_is_refused(refused, tmp_path, change):
    trained(tmp_path)
    with refused(f"checkpoint trained with another {next(iter(change))}", ForeignCheckpointError):
        make_trainer(file_basename=tmp_path / "dot", **change)


@pytest.mark.parametrize("part", ["data", "seed", "batch_size"])
def test_checkpoint_of_other_data_is_refused_and_stays_on_disk(refused, tmp_path, part):
    trained(tmp_path)
    before = (tmp_path / "dot.pt").read_bytes()
    ratings = make_ratings(seed=9 if part == "data" else 0)
    loaders = make_dataloaders(
        ratings[:320], ratings[320:], seed=7 if part == "seed" else 42, batch_size=16 if part == "batch_size" else 32
    )
    trainer = make_trainer(file_basename=tmp_path / "dot")
    expected = {"data": "dados de treinamento", "seed": "semente", "batch_size": "minibatch"}[part]
    with refused(f"checkpoint trained with another {part}", ForeignCheckpointError, match=expected):
        trainer.fit(1, loaders["train"], loaders["val"])
    assert (tmp_path / "dot.pt").read_bytes() == before


def test_every_damaged_byte_range_of_a_checkpoint_is_noticed(refused, tmp_path):
    trained(tmp_path)
    path = tmp_path / "dot.pt"
    whole = path.read_bytes()
    damaged = {"empty": b"", "truncated": whole[: len(whole) // 2], "not a zip": b"PK" + whole[2:][::-1]}
    for name, content in damaged.items():
        path.write_bytes(content)
        with refused(f"checkpoint {name}", CheckpointError, match="reset=True"):
            Checkpoint(tmp_path / "dot").load()
    inside = whole.index(b"PK", 200) - 60  # in the middle of a stored tensor or the pickle
    path.write_bytes(whole[:inside] + bytes([whole[inside] ^ 1]) + whole[inside + 1 :])
    with refused("checkpoint with one flipped bit", CheckpointError, match="danificado"):
        Checkpoint(tmp_path / "dot").load()


class Bomb:
    def __reduce__(self):
        return (exec, ("raise SystemExit('code ran')",))


def test_checkpoint_with_code_in_it_is_refused_without_running_it(refused, tmp_path):
    torch.save({"weights": Bomb()}, tmp_path / "dot.pt")
    with refused("checkpoint that carries code", CheckpointError, match="executariam código"):
        make_trainer(file_basename=tmp_path / "dot")
    (tmp_path / "dot.pt").write_bytes(pickle.dumps(Bomb()))
    with refused("bare pickle as a checkpoint", CheckpointError, match="danificado ou não é"):
        make_trainer(file_basename=tmp_path / "dot")


def test_file_that_is_not_a_course_checkpoint_is_refused(refused, tmp_path):
    torch.save({"epoch": 3}, tmp_path / "dot.pt")
    with refused("torch file of something else", CheckpointError, match="não é um checkpoint desta versão"):
        make_trainer(file_basename=tmp_path / "dot")


def test_missing_checkpoint_is_explained(refused, tmp_path):
    with refused("checkpoint that does not exist", CheckpointError, match="não existe"):
        Checkpoint(tmp_path / "none").load()


def no_space(*arguments, **options):
    raise OSError(28, "No space left on device")


def test_full_disk_keeps_the_previous_checkpoint_and_the_epoch_in_memory(refused, tmp_path, monkeypatch):
    trainer, loaders = trained(tmp_path), make_loaders()
    before = (tmp_path / "dot.pt").read_bytes()
    monkeypatch.setattr("course_lib.trainer.checkpoint.torch.save", no_space)
    with refused("disk full while writing a checkpoint", CheckpointError, match="anterior continua no disco"):
        trainer.fit(5, loaders["train"], loaders["val"])
    assert trainer.last_epoch == 3
    assert (tmp_path / "dot.pt").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["dot.pt"]
    monkeypatch.undo()
    trainer.fit(1, loaders["train"], loaders["val"])
    assert Checkpoint(tmp_path / "dot").load()["epoch"] == 4


def test_training_goes_on_without_checkpoint_only_if_told_to(tmp_path, monkeypatch):
    monkeypatch.setattr("course_lib.trainer.checkpoint.torch.save", no_space)
    loaders = make_loaders()
    trainer = make_trainer(file_basename=Checkpoint(tmp_path / "dot", required=False))
    with pytest.warns(UserWarning, match="segue assim mesmo") as caught:
        trainer.fit(2, loaders["train"], loaders["val"])
    assert "required=False" not in str(caught[0].message), "who was told so need not be told to ask for it"
    assert trainer.last_epoch == 2


def test_folder_that_cannot_be_written_is_explained(refused, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    trainer = make_trainer(file_basename=tmp_path / "file" / "dot")
    with refused("checkpoint folder that cannot exist", CheckpointError, match="não há checkpoint anterior"):
        trainer.fit(1, make_loaders()["train"])
