"""The models of factors fitted by ridge regressions: exact alternation, and sampling around it."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from course_lib import add_user
from course_lib.errors import DataError
from course_lib.models import ALS, BayesianMF
from course_lib.models.factorization import Known, Ridge, normal_equations

from .synthetic import small_movielens, split_mask

SMALL = {"n_factors": 4, "l2": 2.0, "l2_bias": 1.0}
MODELS = {
    "ALS": lambda: ALS(**SMALL),
    "BayesianMF": lambda: BayesianMF(n_factors=4, n_burn_in=3, n_samples=5),
}


@pytest.fixture(params=MODELS)
def model(request):
    return MODELS[request.param]()


def objective(model: ALS, ratings: np.ndarray, users: torch.Tensor, movies: torch.Tensor) -> torch.Tensor:
    """What ALS minimises, written from its definition."""
    u, m = torch.from_numpy(ratings[:, :2].astype(np.int64)).T
    score = model.mean + users[u, 0] + movies[m, 0] + (users[u, 1:] * movies[m, 1:]).sum(dim=1)
    error = (torch.from_numpy(ratings[:, 2].copy()) - score).square().sum()
    sizes = [
        model.l2_bias * side[:, 0].square().sum() + model.l2 * side[:, 1:].square().sum() for side in (users, movies)
    ]
    return error + sum(sizes)


def test_users_solve_their_normal_equations():
    data = small_movielens()
    model = ALS(**SMALL, n_sweeps=3).fit(data.interactions, data)
    users = model.users.double().requires_grad_()
    objective(model, data.ratings, users, model.movies.double()).backward()
    assert users.grad.abs().max() < 1e-3
    assert users.detach().abs().max() > 0.1


def test_regression_that_the_data_do_not_determine_is_refused(refused):
    with refused("factors that the ratings do not determine", DataError, match="são de menos para 2 fatores"):
        Ridge(torch.ones(3), torch.zeros(3)).solve(-2 * torch.eye(3)[None], torch.zeros(1, 3))


def test_the_objective_never_rises_from_one_sweep_to_the_next():
    data = small_movielens()
    values = []
    for n_sweeps in range(1, 8):
        model = ALS(**SMALL, n_sweeps=n_sweeps).fit(data.interactions, data)
        values.append(objective(model, data.ratings, model.users, model.movies).item())
    assert all(later <= earlier + 1e-3 for earlier, later in pairwise(values))
    assert values[-1] < values[0]


def test_user_and_movie_without_ratings_are_predicted_by_the_mean():
    data = small_movielens()
    train = (data.ratings[:, 0] != 2) & (data.ratings[:, 1] != 5)
    model = ALS(**SMALL).fit(data.select(train), data)
    assert model.predict([2], [5])[0] == pytest.approx(model.mean)


def test_draws_of_a_side_have_the_mean_and_covariance_of_its_posterior():
    """One movie with three ratings, users fixed: the posterior is a normal with a closed form."""
    n, noise, n_samples = 3, 0.7, 20_000
    users = torch.tensor([[0.1, 1.0], [-0.2, 0.5], [0.3, 1.5]])
    rest = np.array([0.8, -0.4, 1.1], np.float32)
    ids = np.repeat(np.arange(n_samples), n)  # many movies with the same ratings are many draws of one
    known = Known.of(ids, np.tile(np.arange(n), n_samples), np.tile(rest, n_samples), n_samples)
    ridge = Ridge(torch.tensor([2.0, 0.5]), torch.tensor([0.1, -0.3]))
    model = BayesianMF(n_factors=1, noise=noise)
    model._draw_ridge = lambda rng, rows: ridge
    draws, _ = model._draw(np.random.default_rng(0), known, users, current=None)

    x = np.column_stack([np.ones(n), users[:, 1]])
    precision = x.T @ x + np.diag(ridge.l2)
    mean = np.linalg.solve(precision, x.T @ (rest - users[:, 0].numpy()) + ridge.l2.numpy() * ridge.center.numpy())
    assert draws.mean(0).numpy() == pytest.approx(mean, abs=0.015)
    assert np.cov(draws.T) == pytest.approx(noise**2 * np.linalg.inv(precision), abs=0.01)


def test_drawn_penalty_and_center_are_those_of_the_vectors():
    rng = np.random.default_rng(0)
    spread, center, noise = np.array([0.5, 2.0]), np.array([0.3, -1.0]), 0.8
    rows = torch.from_numpy((center + spread * rng.standard_normal((50_000, 2))).astype(np.float32))
    ridge = BayesianMF(n_factors=1, noise=noise)._draw_ridge(rng, rows)
    assert ridge.center.numpy() == pytest.approx(rows.mean(0).numpy(), abs=0.04)
    assert ridge.l2.numpy() == pytest.approx(noise**2 / spread**2, rel=0.03)


def test_prediction_is_the_mean_of_the_draws_that_come_after_the_burn_in():
    data, options = small_movielens(), {"n_factors": 4, "seed": 5}
    pairs = np.arange(5), np.arange(5)
    whole = BayesianMF(**options, n_burn_in=2, n_samples=3).fit(data.select(split_mask(data)), data)
    every = BayesianMF(**options, n_burn_in=0, n_samples=5).fit(data.select(split_mask(data)), data)
    assert len(whole.samples) == 3
    mean = np.mean([(every.mean + draw.pairs(*pairs)).numpy() for draw in every.samples[2:]], axis=0)
    assert whole.predict(*pairs) == pytest.approx(mean, abs=1e-5)


def test_bayesian_average_errs_less_than_als_where_ratings_are_few():
    """Low-rank data with much noise, fitted with more factors than it has: where choosing one vector overfits."""
    data = small_movielens()
    rng = np.random.default_rng(1)
    users, movies = (ids.ravel() for ids in np.indices((data.n_users, data.n_movies)))
    signal = rng.normal(0, 0.5, data.n_users)[users] * rng.normal(0, 1.5, data.n_movies)[movies]
    ratings = np.column_stack([users, movies, np.clip(3 + signal + rng.normal(0, 0.7, len(users)), 0.5, 5)])
    data = replace(data, ratings=ratings.astype(np.float32), timestamps=np.arange(len(users)))
    train = rng.random(len(users)) < 0.3

    def error(model):
        return np.sqrt(np.mean((model.fit(data.select(train), data).predict(users, movies) - 3 - signal)[~train] ** 2))

    bayes = error(BayesianMF(n_factors=8, noise=0.7, n_burn_in=50, n_samples=100))
    assert bayes < min(error(ALS(n_factors=8, l2=l2, l2_bias=1.0)) for l2 in (0.5, 1.0, 2.0, 4.0, 8.0)) - 0.01


def test_whole_rows_equal_pairs(model):
    data = small_movielens()
    model.fit(data.select(split_mask(data)), data)
    pairs = np.repeat([4, 1], data.n_movies), np.tile(np.arange(data.n_movies), 2)
    assert model.score([4, 1]).ravel() == pytest.approx(model.predict(*pairs), abs=1e-5)


def test_a_new_user_with_the_ratings_of_a_known_one_gets_the_same_vector():
    data = small_movielens()
    model = ALS(**SMALL).fit(data.interactions, data)
    own = data.ratings[data.ratings[:, 0] == 7]
    extended, user = add_user(model, own[:, 1], own[:, 2])
    assert user == data.n_users and extended.n_users == user + 1 and len(model.users) == user
    assert torch.allclose(extended.users[user], model.users[7], atol=1e-4)


def test_a_new_user_with_the_ratings_of_a_known_one_gets_that_ones_expected_vector_in_every_draw():
    data = small_movielens()
    model = BayesianMF(n_factors=4, n_burn_in=3, n_samples=5).fit(data.interactions, data)
    own = data.ratings[data.ratings[:, 0] == 7]
    extended, user = add_user(model, own[:, 1], own[:, 2])
    rest = (data.ratings[:, 2] - np.float32(model.mean))[:, None]
    by_user = Known.of(*data.ratings[:, :2].astype(np.int64).T, rest[:, 0], data.n_users)
    for draw in extended.samples:
        expected, _ = draw.of_user.solve(*normal_equations(by_user, draw.movies))
        assert torch.allclose(draw.users[user], expected[7], atol=1e-4)


def test_a_new_user_without_ratings_is_the_average_one(model):
    data = small_movielens()
    model.fit(data.select(split_mask(data)), data)
    extended, user = add_user(model, [], [])
    assert (extended.n_users, model.n_users) == (user + 1, user)
    for before, draw in zip(model.samples, extended.samples, strict=True):
        assert torch.equal(draw.users[:-1], before.users)
        assert torch.allclose(draw.users[user], draw.of_user.center, atol=1e-6)
