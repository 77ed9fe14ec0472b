"""Parts that do not belong together, data that cannot be walked through, shapes nobody asked for: refused by name."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from course_lib.datasets import MLDataset, make_dataloaders
from course_lib.errors import ArgumentError, IdOutOfRangeError, NonFiniteError
from course_lib.metrics import rmse
from course_lib.models import BiasedDotNet, DotNet
from course_lib.trainer import DeepNetTrainer, EarlyStopping
from tests.trainer.helpers import N_MOVIES, N_USERS, make_loaders, make_ratings, make_trainer, same_weights

# Model and optimizer --------------------------------------------------------------------------------------------------


def test_an_optimizer_of_another_models_parameters_is_refused(refused):
    other = torch.optim.Adam(DotNet(N_USERS, N_MOVIES).parameters())
    with refused("optimizer of another model", ArgumentError, match="não são deste modelo"):
        make_trainer(DotNet(N_USERS, N_MOVIES), optimizer=other)


def test_a_schedule_of_another_optimizer_is_refused(refused):
    model = DotNet(N_USERS, N_MOVIES)
    first, second = (torch.optim.Adam(model.parameters()) for _ in range(2))
    with refused("schedule of another optimizer", ArgumentError, match="agenda.*é de outro otimizador"):
        DeepNetTrainer(model, nn.MSELoss(), second, torch.optim.lr_scheduler.StepLR(first, 1), device="cpu")


def test_an_optimizer_that_asks_for_the_loss_again_is_refused(refused):
    model = DotNet(N_USERS, N_MOVIES)
    with refused("optimizer with a closure", ArgumentError, match=r"LBFGS .*step\(closure\).*Adam"):
        make_trainer(model, optimizer=torch.optim.LBFGS(model.parameters()))


WRONG_KINDS = [
    *[("criterion", wrong) for wrong in (nn.MSELoss, "mse")],
    *[("callbacks", wrong) for wrong in (EarlyStopping(), None, [EarlyStopping])],
    *[("metrics", wrong) for wrong in (rmse, [rmse], {"rmse": 0.9})],
    *[("lr_scheduler", wrong) for wrong in ("cos", torch.optim.lr_scheduler.StepLR)],
    ("model", DotNet),
]


@pytest.mark.parametrize("part, wrong", WRONG_KINDS)
def test_a_class_or_a_part_alone_is_refused_with_what_to_write(refused, part, wrong):
    model = DotNet(3, 3)
    parts = {"model": model, "criterion": nn.MSELoss(), "optimizer": torch.optim.SGD(model.parameters())}
    with refused(f"{part}: {type(wrong).__name__}", ArgumentError, match=f"^{part}=.*: passe "):
        DeepNetTrainer(**parts | {part: wrong})


def test_a_frozen_layer_stays_quiet_and_as_it_was():
    model = BiasedDotNet(N_USERS, N_MOVIES, n_factors=4)
    before = model.user_vectors.weight.clone()
    rest = [parameter for name, parameter in model.named_parameters() if name != "user_vectors.weight"]
    make_trainer(model, optimizer=torch.optim.Adam(rest)).fit(1, make_loaders()["train"])
    assert torch.equal(before, model.user_vectors.weight)


def test_a_model_with_nothing_to_learn_is_refused(refused):
    model = DotNet(N_USERS, N_MOVIES).requires_grad_(False)
    with refused("model without trainable parameters", ArgumentError, match="requires_grad"):
        make_trainer(model).fit(1, make_loaders()["train"])


# Data -----------------------------------------------------------------------------------------------------------------


def batches():
    return list(make_loaders()["train"])


NOT_LOADERS = {
    "whole dict of make_dataloaders": (make_loaders, r'loaders\["train"\]'),
    "dataset in place of its loader": (lambda: MLDataset(make_ratings()), "não vem em minibatches"),
    "table of ratings": (make_ratings, "não vem em minibatches"),
    "generator, spent after one epoch": (lambda: iter(batches()), "se gasta na primeira época"),
    "zip": (lambda: zip(*zip(*batches(), strict=True), strict=True), "se gasta na primeira época"),
    "empty list": (list, "nenhum minibatch"),
}


@pytest.mark.parametrize("case", NOT_LOADERS)
@pytest.mark.parametrize("part", ["train_data", "valid_data"])
def test_what_cannot_be_walked_through_every_epoch_is_refused(refused, case, part):
    make, message = NOT_LOADERS[case]
    data = {"train_data": batches(), "valid_data": batches()} | {part: make()}
    with refused(f"{case} as {part}", ArgumentError, match=message):
        make_trainer().fit(1, **data)


class Empty:
    """Has no length, and nothing in it."""

    def __iter__(self):
        return iter(())


def test_an_iterable_that_turns_out_empty_is_refused(refused):
    trainer = make_trainer()
    for action in (lambda data: trainer.fit(1, data), trainer.evaluate, trainer.predict):
        with refused("iterable without a minibatch", ArgumentError, match="nenhum minibatch"):
            action(Empty())
    with refused("spent iterator to evaluate", ArgumentError, match="já gasto"):
        trainer.evaluate(iter(()))


def test_any_iterable_of_pairs_trains_with_a_validation_like_the_loader_it_came_from():
    def losses(valid):
        return make_trainer().fit(2, make_loaders()["train"], valid).losses("valid_loss")

    assert losses(list(make_loaders()["val"])) == losses(make_loaders()["val"])


def test_mldataset_in_a_dataloader_made_by_hand_trains_the_same_bit_for_bit():
    rows = make_ratings()[:320]
    by_hand = DataLoader(MLDataset(rows), batch_size=32, shuffle=True, generator=torch.Generator().manual_seed(42))
    weights = []
    for loader in (by_hand, make_dataloaders(rows, batch_size=32, seed=42)["train"]):
        trainer = make_trainer()
        trainer.fit(3, loader)
        weights.append(trainer.model.state_dict())
    assert same_weights(*weights)


MINIBATCHES = {
    "dict": (lambda inputs, targets: {"x": inputs, "y": targets}, "um dict"),
    "triple": (lambda inputs, targets: (inputs, targets, targets), "3 partes"),
    "arrays": (lambda inputs, targets: (inputs.numpy(), targets.numpy()), "torch.from_numpy"),
    "inputs alone": (lambda inputs, targets: inputs, "um Tensor"),
}


@pytest.mark.parametrize("case", MINIBATCHES)
def test_a_minibatch_that_is_not_a_pair_of_tensors_is_refused(refused, case):
    change, message = MINIBATCHES[case]
    with refused(f"minibatch: {case}", ArgumentError, match=message):
        make_trainer().fit(1, [change(*pair) for pair in batches()])


# What the model does with it ------------------------------------------------------------------------------------------


class Sequences(nn.Module):
    """Predicts from the last five movies someone saw: 2-D, and no pair in it."""

    def __init__(self, n_movies=N_MOVIES):
        super().__init__()
        self.n_users, self.n_movies = 3, n_movies
        self.movies = nn.Embedding(n_movies, 2)

    def forward(self, inputs):
        return self.movies(inputs).sum(dim=(1, 2))[:, None]


def sequences():
    inputs = torch.randint(4, N_MOVIES, (64, 5))
    return DataLoader(TensorDataset(inputs, torch.ones(64, 1)), 16)


def test_a_sequence_of_movies_is_not_refused_as_an_unknown_user():
    trainer = make_trainer(Sequences())
    trainer.fit(1, sequences())
    assert trainer.last_epoch == 1


def test_an_id_too_large_for_a_model_that_does_not_say_its_sizes_names_the_embedding(refused):
    with refused("id beyond an embedding", IdOutOfRangeError, match=r"minibatch 1 da época 1 pede ao embedding movies"):
        make_trainer(Sequences(n_movies=4)).fit(1, sequences())


def test_ids_that_are_not_integers_are_named_and_other_inputs_may_be_as_they_are(refused):
    loader = DataLoader(TensorDataset(torch.ones(8, 2), torch.ones(8, 1)), 4)
    with refused("float ids", ArgumentError, match=r"minibatch 1 da época 1 traz entradas torch\.float32.*long\(\)"):
        make_trainer().fit(1, loader)
    assert len(make_trainer(nn.Linear(2, 1)).fit(1, loader)) == 1


class Normalized(nn.Module):
    def __init__(self):
        super().__init__()
        self.net, self.norm = DotNet(N_USERS, N_MOVIES, n_factors=2), nn.BatchNorm1d(1)

    def forward(self, inputs):
        return self.norm(self.net(inputs))


def test_batchnorm_with_a_last_minibatch_of_one_is_explained(refused):
    loader = make_dataloaders(make_ratings()[:33], batch_size=32)["train"]
    with refused("BatchNorm and a minibatch of one", ArgumentError, match="minibatch 2 da época 1.*drop_last"):
        make_trainer(Normalized()).fit(1, loader)


def test_an_error_of_the_models_own_passes_as_it_came():
    class Broken(DotNet):
        def forward(self, inputs):
            return {}[inputs]

    with pytest.raises(KeyError):
        make_trainer(Broken(N_USERS, N_MOVIES)).fit(1, make_loaders()["train"])


# What decides the best epoch ------------------------------------------------------------------------------------------


def test_another_column_may_decide_which_epoch_is_the_best():
    scores = iter([0.1, 0.9, 0.5, 0.2])
    trainer = make_trainer(metrics={"score": lambda p, t: next(scores)}, monitor="valid_score", mode="max")
    loaders = make_loaders()
    trainer.fit(4, loaders["train"], loaders["val"])
    assert trainer.history.best["epoch"] == 2
    assert "valid_score 0.9" in repr(trainer.history)


def test_a_column_that_no_epoch_has_is_refused_with_those_it_has(refused):
    loaders = make_loaders()
    with refused("monitor that is not measured", ArgumentError, match="valid_rmse"):
        make_trainer(monitor="rmse").fit(1, loaders["train"], loaders["val"])


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_compares_with_none_does_not_decide_which_epoch_is_the_best(refused, value):
    scores, loaders = iter([0.5, value, 0.7]), make_loaders()
    trainer = make_trainer(metrics={"score": lambda p, t: next(scores)}, monitor="valid_score", mode="max")
    with refused(f"{value} in the monitored metric", NonFiniteError, match=f"valid_score é {value} na época 2"):
        trainer.fit(3, loaders["train"], loaders["val"])
    assert trainer.last_epoch == 1


@pytest.mark.parametrize("options", [{"mode": "menor"}, {"keep": "melhor"}])
def test_words_that_mean_nothing_are_refused(refused, options):
    with refused(f"{options}", ArgumentError, match="use"):
        DeepNetTrainer(DotNet(3, 3), nn.MSELoss(), torch.optim.SGD([torch.zeros(1)]), **options)


def test_the_optimizer_must_be_one(refused):
    with refused("no optimizer", ArgumentError, match=r"torch\.optim"):
        DeepNetTrainer(DotNet(3, 3), nn.MSELoss())


def test_values_of_numpy_among_the_epochs_are_read_back(tmp_path):
    options = {"metrics": {"half": lambda p, t: np.float32(0.5)}, "file_basename": tmp_path / "m"}
    loaders = make_loaders()
    make_trainer(**options).fit(1, loaders["train"], loaders["val"])
    assert make_trainer(**options).history[0]["valid_half"] == 0.5
