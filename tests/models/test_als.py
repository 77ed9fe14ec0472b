from itertools import pairwise

import numpy as np
import pytest
import torch

from course_lib.errors import ShapeMismatchError
from course_lib.models.als import ALS

from .synthetic import assert_hidden_rows_do_not_matter, small_movielens, split_mask

SMALL = {"n_factors": 4, "l2": 2.0, "l2_bias": 1.0}


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
    model = ALS(**SMALL, n_sweeps=3).fit(data, np.arange(len(data.ratings)))
    users = model.users.double().requires_grad_()
    objective(model, data.ratings, users, model.movies.double()).backward()
    assert users.grad.abs().max() < 1e-3
    assert users.detach().abs().max() > 0.1


def test_the_objective_never_rises_from_one_sweep_to_the_next():
    data = small_movielens()
    values = []
    for n_sweeps in range(1, 8):
        model = ALS(**SMALL, n_sweeps=n_sweeps).fit(data, np.arange(len(data.ratings)))
        values.append(objective(model, data.ratings, model.users, model.movies).item())
    assert all(later <= earlier + 1e-3 for earlier, later in pairwise(values))
    assert values[-1] < values[0]


def test_user_and_movie_without_ratings_are_predicted_by_the_mean():
    data = small_movielens()
    train = (data.ratings[:, 0] != 2) & (data.ratings[:, 1] != 5)
    model = ALS(**SMALL).fit(data, train)
    assert model.predict([2], [5])[0] == pytest.approx(model.mean)


def test_whole_rows_equal_pairs():
    data = small_movielens()
    model = ALS(**SMALL).fit(data, split_mask(data))
    pairs = np.repeat([4, 1], data.n_movies), np.tile(np.arange(data.n_movies), 2)
    assert model.predict_all([4, 1]).ravel() == pytest.approx(model.predict(*pairs), abs=1e-5)


def test_a_new_user_with_the_ratings_of_a_known_one_gets_the_same_vector():
    data = small_movielens()
    model = ALS(**SMALL).fit(data, np.arange(len(data.ratings)))
    own = data.ratings[data.ratings[:, 0] == 7]
    extended, user = model.add_user(own[:, 1], own[:, 2])
    assert user == data.n_users and extended.n_users == user + 1 and len(model.users) == user
    assert torch.allclose(extended.users[user], model.users[7], atol=1e-4)


def test_a_new_user_without_ratings_is_the_average_one():
    data = small_movielens()
    model = ALS(**SMALL).fit(data, split_mask(data))
    extended, user = model.add_user([], [])
    assert extended.predict([user], [0])[0] == pytest.approx(model.mean + model.movies[0, 0].item(), abs=1e-5)


def test_pairs_of_different_lengths_are_refused(refused):
    data = small_movielens()
    model = ALS(**SMALL, n_sweeps=1).fit(data, split_mask(data))
    with refused("users and movies of different lengths", ShapeMismatchError, match="um par por previsão"):
        model.predict([1, 2], [3])
    with refused("new user with two movies and one rating", ShapeMismatchError):
        model.add_user([1, 2], [3.0])


def test_hidden_rows_do_not_leak():
    def fit_and_predict(data, train, users, movies, timestamps):
        return ALS(**SMALL).fit(data, train).predict(users, movies)

    assert_hidden_rows_do_not_matter(fit_and_predict)
