"""What each objective asks of a model, and what it says when it cannot."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import log_softmax
from torch.utils.data import TensorDataset

from course_lib.datasets.loaders import Minibatches, SeenMovies, make_dataloaders
from course_lib.errors import ArgumentError, ShapeMismatchError
from course_lib.interactions import Interactions
from course_lib.models import DotNet
from course_lib.trainer import DeepNetTrainer, Pairwise, SampledSoftmax, Softmax, Stars
from tests.trainer.helpers import N_MOVIES, N_USERS, make_loaders, make_ratings, make_trainer


def taste_rows():
    """Half of the users watch only the first half of the movies; the others, the rest. A third is hidden."""
    users, movies = np.indices((N_USERS, N_MOVIES)).reshape(2, -1)
    seen = (users % 2 == movies * 2 // N_MOVIES) & ((users + movies) % 3 > 0)
    return np.stack([users[seen], movies[seen], np.ones(seen.sum())], axis=1).astype(np.float32)


def loader_for(objective):
    rows = taste_rows()
    if isinstance(objective, Softmax):
        history = Interactions.from_rows(rows, N_USERS, N_MOVIES).history()
        return Minibatches(SeenMovies(history), 8, torch.Generator().manual_seed(0))
    return make_dataloaders(rows, batch_size=64)["train"]


@pytest.mark.parametrize("objective", [Pairwise(), SampledSoftmax(n_unseen=20), Softmax()], ids=lambda o: repr(o))
def test_a_list_objective_learns_to_put_unseen_movies_of_ones_taste_above_the_others(objective):
    torch.manual_seed(0)
    model = DotNet(N_USERS, N_MOVIES, n_factors=8, init_std=0.1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    trainer = DeepNetTrainer(model, optimizer=optimizer, objective=objective, device="cpu", verbose=False)
    history = trainer.fit(30, loader_for(objective))
    assert history[-1]["train_loss"] < 0.8 * history[0]["train_loss"]
    with torch.no_grad():
        points = model.predict_all(torch.arange(N_USERS))
    users, movies = np.indices((N_USERS, N_MOVIES))
    hidden = torch.from_numpy((users + movies) % 3 == 0)
    own = torch.from_numpy(users % 2 == movies * 2 // N_MOVIES)
    assert points[hidden & own].median() > points[~own].quantile(0.95)


def test_full_softmax_is_the_sum_over_seen_movies_averaged_over_users():
    model = DotNet(3, 4, n_factors=2)
    seen = torch.tensor([[1.0, 0, 1, 0], [0, 0, 0, 1]])
    users = torch.tensor([2, 0])
    loss = Softmax()(model, (users, seen))
    logs = log_softmax(model.predict_all(users), dim=1)
    torch.testing.assert_close(loss.step, -(logs[0, 0] + logs[0, 2] + logs[1, 3]) / 2)
    assert loss.n == 2 and not loss.shown.requires_grad


def test_sampled_softmax_of_many_draws_tends_to_the_full_one():
    torch.manual_seed(0)
    model = DotNet(3, 20, n_factors=2, init_std=0.5)
    pair = torch.tensor([[1, 7]]), torch.ones(1, 1)
    n = 100_000
    sampled = SampledSoftmax(n)(model, pair).shown - np.log(n / 20)
    full = -log_softmax(model.predict_all(torch.tensor([1])), dim=1)[0, 7]
    assert sampled.item() == pytest.approx(full.item(), abs=0.02)


@pytest.mark.parametrize("objective", [Pairwise(), SampledSoftmax(n_unseen=1)], ids=repr)
def test_the_drawn_movie_is_charged_too_from_the_vectors_of_the_forward_pass(objective):
    model = DotNet(3, 1000, n_factors=2, l2=1.0)
    asked, look_up = [], model.look_up
    model.look_up = lambda inputs: asked.append(inputs) or look_up(inputs)
    loss = objective(model, (torch.tensor([[2, 7]]), torch.ones(1, 1)))
    (pairs,) = asked
    assert pairs[:, 0].tolist() == [2, 2] and pairs[0, 1] == 7 and loss.n == 1
    charge = (loss.step - loss.shown).item()
    assert charge == pytest.approx(model.penalty(pairs).item(), rel=1e-5)


class Charged(nn.Module):
    """Predicts one number and charges for it."""

    def __init__(self):
        super().__init__()
        self.value = nn.Parameter(torch.tensor(2.0))

    def forward(self, inputs):
        return self.value.expand(len(inputs), 1)

    def penalty(self, inputs):
        return self.value.square()


def cover_parallel(model):
    return nn.DataParallel(model)


def cover_compiled(model):
    return torch.compile(model, backend="eager")


@pytest.mark.parametrize("cover", [cover_parallel, cover_compiled])
def test_penalty_counts_when_the_model_is_wrapped(cover):
    model = Charged()
    minibatch = torch.zeros(1, 2, dtype=torch.long), torch.full((1, 1), 2.0)
    loss = Stars(nn.MSELoss())(cover(model), minibatch)
    assert (loss.step.item(), loss.shown.item()) == (4.0, 0.0)


def stars(model=None, minibatch=None, criterion=None):
    inputs = torch.zeros(4, 2, dtype=torch.long)
    return Stars(criterion or nn.MSELoss())(model or DotNet(1, 1), minibatch or (inputs, torch.ones(4, 1)))


class Net(DotNet):
    """A net of one pair whose answer, or penalty, is what the test gives."""

    def __init__(self, answer=None, penalty=None):
        super().__init__(1, 1)
        self.answer = answer
        if penalty is not None:
            self.penalty = penalty

    def forward(self, inputs):
        prediction = super().forward(inputs)
        return self.answer(prediction) if self.answer else prediction


def classes(n, dtype=torch.long):
    return torch.zeros(4, 2, dtype=torch.long), torch.zeros(4, *n, dtype=dtype)


WRONG = {
    "three parts": (lambda: stars(minibatch=(torch.ones(1),) * 3), ArgumentError, "3 partes"),
    "penalty that is a number": (lambda: stars(Net(penalty=0.01)), ArgumentError, "self.l2"),
    "penalty that returns a float": (lambda: stars(Net(penalty=lambda i: 0.1)), ArgumentError, "devolveu float"),
    "penalty that returns (B,)": (lambda: stars(Net(penalty=lambda i: torch.ones(4))), ArgumentError, r"forma \(4,\)"),
    "model that returns a tuple": (lambda: stars(Net(lambda p: (p, p))), ArgumentError, "devolveu tuple"),
    "criterion that returns a float": (
        lambda: stars(criterion=lambda p, t: (p - t).mean().item()), ArgumentError, "critério devolveu float"),
    "cross entropy of stars": (lambda: stars(criterion=nn.CrossEntropyLoss()), ShapeMismatchError, "classe certa"),
    "cross entropy of one column": (
        lambda: stars(minibatch=classes((1,)), criterion=nn.CrossEntropyLoss()), ShapeMismatchError, r"\(B, C\)"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_not_a_pair_a_tensor_or_a_scalar_is_refused_by_name(case, refused):
    action, error, message = WRONG[case]
    with refused(case, error, match=message):
        action()


def test_cross_entropy_over_classes_is_accepted():
    loss = stars(Net(lambda p: p.expand(4, 5)), classes(()), nn.CrossEntropyLoss())
    assert loss.shown.item() == pytest.approx(np.log(5), abs=1e-5)


def test_softmax_of_pairs_is_refused_with_the_loader_it_needs(refused):
    minibatch = torch.zeros(4, dtype=torch.long), torch.ones(4, 1)
    with refused("softmax without rows of seen movies", ShapeMismatchError, match="SeenMovies"):
        Softmax()(DotNet(1, 3), minibatch)


def test_one_of_criterion_and_objective_must_be_given(refused):
    model = DotNet(N_USERS, N_MOVIES)
    optimizer = torch.optim.SGD(model.parameters())
    for options in ({}, {"criterion": nn.MSELoss(), "objective": Stars()}):
        with refused(f"{len(options)} of criterion and objective", ArgumentError, match="um dos dois"):
            DeepNetTrainer(model, optimizer=optimizer, **options)
    with refused("criterion as objective", ArgumentError, match="passe criterion"):
        DeepNetTrainer(model, optimizer=optimizer, objective=nn.MSELoss())


def test_metrics_on_an_objective_that_predicts_nothing_are_refused(refused):
    model = DotNet(N_USERS, N_MOVIES)
    trainer = make_trainer(model)
    loader = loader_for(Pairwise())
    ranking = DeepNetTrainer(
        model, optimizer=trainer.optimizer, objective=Pairwise(), metrics=trainer.metrics, device="cpu", verbose=False
    )
    with refused("rmse of a ranking", ArgumentError, match="só ordena"):
        ranking.evaluate(loader)


def test_stars_as_objective_is_the_criterion_of_before():
    losses = []
    for options in ({"criterion": nn.MSELoss()}, {"objective": Stars(nn.MSELoss())}):
        torch.manual_seed(0)
        model = DotNet(N_USERS, N_MOVIES, l2=0.1)
        optimizer = torch.optim.Adam(model.parameters())
        trainer = DeepNetTrainer(model, optimizer=optimizer, device="cpu", verbose=False, **options)
        losses.append(trainer.fit(2, make_loaders()["train"]).losses("train_loss"))
    assert losses[0] == losses[1]


def test_users_without_history_are_left_out_of_seen_movies():
    history = Interactions.from_rows(make_ratings()[:20], N_USERS, N_MOVIES).history()
    dataset = SeenMovies(history)
    users, seen = dataset[:]
    assert seen.sum() == 20 and (seen.sum(dim=1) > 0).all() and len(users) < N_USERS
    assert isinstance(TensorDataset(users, seen)[torch.tensor([0])], tuple)
