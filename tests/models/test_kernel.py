from dataclasses import replace

import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge

from course_lib.errors import ArgumentError, DataError, ShapeMismatchError
from course_lib.models.features import movie_features
from course_lib.models.kernel import PRIOR_WEIGHT, KernelModel
from course_lib.models.user_kernel import UserKernel

from .synthetic import block_movielens, small_movielens, split_mask


@pytest.mark.parametrize("use_time", [False, True])
def test_the_taste_of_a_user_is_scikit_learns_kernel_ridge(use_time):
    data = small_movielens()
    train = split_mask(data)
    model = KernelModel(use_time, noise=0.7, n_sweeps=1).fit(data.select(train), data)
    model._raters = {}  # sem o eco, que na primeira volta vem depois do gosto
    own, rows = model.past.rows.of_user(6), model.past.rows
    rest = rows.values[own] - model.movie_mean[rows.movies[own]]
    kernel = model._kernel(model.past.compare(6, rows.movies[own], rows.times[own]))
    ridge = KernelRidge(alpha=0.7, kernel="precomputed").fit(kernel, rest)
    asked = np.flatnonzero(~train & (data.ratings[:, 0] == 6))
    movies, times = data.ratings[asked, 1].astype(np.int64), data.timestamps[asked]
    expected = model.movie_mean[movies] + ridge.predict(model._kernel(model.past.compare(6, movies, times)))
    prediction = model.predict(np.full(len(asked), 6), movies, times)
    assert prediction == pytest.approx(expected, abs=1e-4)


def test_the_echo_of_a_movie_is_scikit_learns_kernel_ridge_over_its_raters():
    data = small_movielens()
    train = split_mask(data)
    model = KernelModel(noise=0.7, n_sweeps=1).fit(data.select(train), data)
    movie, rows = int(data.ratings[~train, 1][0]), model.past.rows
    raters = np.flatnonzero(rows.movies == movie)
    users, others = rows.users[raters], np.setdiff1d(np.arange(data.n_users), rows.users[raters])
    taste = np.array(
        [(model._kernel(model.past.compare(u, np.array([movie]))) @ model.weights[rows.of_user(u)])[0] for u in others]
    )
    explained = rows.values - model.movie_mean[rows.movies] - 0.7 * model.weights
    rest = rows.values[raters] - model.movie_mean[movie] - explained[raters]
    ridge = KernelRidge(alpha=0.7, kernel="precomputed").fit(model._user_kernel(movie, users, users, True), rest)
    expected = model.movie_mean[movie] + taste + ridge.predict(model._user_kernel(movie, others, users))
    prediction = model.predict(others, np.full(len(others), movie))
    assert prediction == pytest.approx(expected, abs=1e-4)


def test_likeness_of_two_users_leaves_out_the_movie_in_question():
    """Forget one rater's rating of the movie: his likeness to the others, asked about it, stays as it was."""
    data = small_movielens()
    train = np.arange(len(data.ratings))
    movie = int(data.ratings[0, 1])
    raters = data.ratings[data.ratings[:, 1] == movie, 0].astype(np.int64)
    one, others = raters[:1], raters[1:]
    forgotten = train[~((data.ratings[:, 0] == one[0]) & (data.ratings[:, 1] == movie))]
    with_it, without_it = UserKernel(data.select(train)), UserKernel(data.select(forgotten))
    with_it._vectors = without_it._vectors = np.zeros((data.n_users, 1), np.float32)
    known, new = with_it(movie, one, others, known=True), without_it(movie, one, others)
    assert known == pytest.approx(new, abs=1e-5)
    assert with_it(movie, one, others) != pytest.approx(new, abs=1e-3)


def test_the_kernel_is_symmetric_and_positive_with_noise():
    data = small_movielens()
    model = KernelModel(use_time=True).fit(data.select(split_mask(data)), data)
    own = model.past.rows.of_user(6)
    kernel = model._kernel(model.past.compare(6, model.past.rows.movies[own], model.past.rows.times[own]))
    assert np.allclose(kernel, kernel.T, atol=1e-6)
    assert np.linalg.eigvalsh(kernel + np.eye(len(kernel))).min() > 0.5


def test_a_user_without_ratings_gets_the_mean_of_the_movie():
    data = small_movielens()
    model = KernelModel().fit(data.select(data.ratings[:, 0] != 2), data)
    assert model.predict([2, 2], [0, 9]) == pytest.approx(model.movie_mean[[0, 9]], abs=1e-6)
    assert model.predict([], []).shape == (0,)


def test_means_of_movies_are_one_ridge_regression_on_features_and_own_effects():
    data = small_movielens()
    model = KernelModel(n_sweeps=1, damping=3).fit(data.select(split_mask(data)), data)
    rows = model.past.rows
    log_count = np.log1p(model.past.n_raters)
    popularity = (log_count - log_count.mean()) / log_count.std()
    features = np.column_stack([movie_features(data), popularity, np.ones(data.n_movies)])
    design = np.hstack([features / np.sqrt(PRIOR_WEIGHT), np.eye(data.n_movies) / np.sqrt(3)])
    mean = rows.values.mean()
    ridge = Ridge(alpha=1, fit_intercept=False).fit(design[rows.movies], rows.values - mean)
    assert model.movie_mean == pytest.approx(mean + design @ ridge.coef_, abs=1e-4)


def test_mood_of_the_minute_is_found_only_with_time():
    rng = np.random.default_rng(1)
    data = small_movielens()
    n, users = len(data.ratings), data.ratings[:, 0].astype(int)
    session = rng.integers(0, 4, n)
    ratings = data.ratings.copy()
    ratings[:, 2] = 3 + rng.normal(0, 1, (data.n_users, 4))[users, session]
    data = replace(data, ratings=ratings, timestamps=1_000_000_000 + session * 10**6 + rng.integers(0, 600, n))
    train = split_mask(data)
    asked, movies, hidden = data.ratings[~train].T
    without, with_time = (
        np.abs(
            KernelModel(use_time).fit(data.select(train), data).predict(asked, movies, data.timestamps[~train]) - hidden
        ).mean()
        for use_time in (False, True)
    )
    assert with_time < 0.7 * without


def test_time_is_asked_for_and_rows_without_it_are_refused(refused):
    data = small_movielens()
    model = KernelModel(use_time=True).fit(data.select(split_mask(data)), data)
    with refused("use_time model asked without timestamps", ArgumentError, match="timestamps"):
        model.predict([0], [1])
    with refused("one timestamp for two pairs", ShapeMismatchError):
        model.predict([0, 1], [1, 1], [1_000_000_000])
    with refused("use_time fitted on rows without timestamps", ArgumentError, match="índice ou uma máscara"):
        KernelModel(use_time=True).fit(data.select(data.ratings[:100]), data)
    with refused("train that is neither index, mask nor rows", DataError, match="seleção tem forma"):
        KernelModel().fit(data.select(np.array([0.5, 1.5])), data)


def test_popularity_that_is_the_same_for_all_movies_does_not_blow_up_the_kernel():
    data, train = block_movielens()
    users, movies, ratings = data.ratings[~train].T
    assert np.abs(KernelModel().fit(data.select(train), data).predict(users, movies) - ratings).mean() < 0.5


def test_repeated_pairs_are_refused_and_the_message_says_how_to_drop_them(refused):
    data = small_movielens()
    rows = np.concatenate([data.ratings[:100], data.ratings[7:9]])
    with refused("kernel model on rows with repeated pairs", DataError, match=r"2 linha\(s\) a mais") as caught:
        KernelModel().fit(data.select(rows), data)
    distinct = rows[np.unique(rows[:, :2], axis=0, return_index=True)[1]]
    assert "train[np.unique(train[:, :2], axis=0, return_index=True)[1]]" in str(caught.value)
    KernelModel().fit(data.select(distinct), data)
