"""A small data set with structure, and the leak test that every model fitted on training rows must pass."""

from dataclasses import replace

import numpy as np
import torch
from torch import nn

from course_lib.datasets import MovieLens

N_USERS, N_MOVIES = 25, 40


def small_movielens(seed: int = 0) -> MovieLens:
    """About 500 ratings; a movie's genre decides who likes it, and the last movie has no genre, no year, one rating."""
    rng = np.random.default_rng(seed)
    kinds = np.array(["Action|Crime", "Comedy", "Comedy|Drama", "Drama"])
    kind = rng.integers(0, 4, N_MOVIES)
    taste = rng.normal(0, 1, (N_USERS, 4))
    seen = rng.random((N_USERS, N_MOVIES)) < rng.uniform(0.2, 0.9, N_MOVIES)
    seen[:, -1] = np.arange(N_USERS) == 3
    users, movies = seen.nonzero()
    scores = 3.3 + taste[users, kind[movies]] + rng.normal(0, 0.5, len(users))
    order = rng.permutation(len(users))
    ratings = np.column_stack([users, movies, np.clip(np.round(2 * scores) / 2, 0.5, 5)]).astype(np.float32)[order]
    genres, years = kinds[kind], rng.integers(1950, 2016, N_MOVIES).astype(np.int32)
    years[-1] = 0
    return MovieLens(
        name="synthetic",
        ratings=ratings,
        timestamps=rng.integers(1_000_000_000, 1_000_050_000, len(users)),
        movie_names=np.array([f"Filme {i}" for i in range(N_MOVIES)]),
        genres=np.where(np.arange(N_MOVIES) == N_MOVIES - 1, "(no genres listed)", genres),
        years=years,
        user_ids=np.arange(N_USERS) + 100,
        movie_ids=np.arange(N_MOVIES) + 1000,
    )


def block_movielens() -> tuple[MovieLens, np.ndarray]:
    """A full block of 4 users by 10 movies, and its training mask, which leaves out one rating of each movie.

    All movies have the same number of training ratings: what counts them does not vary.
    """
    data = small_movielens()
    users, movies = (ids.ravel() for ids in np.indices((4, 10)))
    scores = 3 + 0.5 * (users % 2) - 0.5 * (movies % 3 == 0)
    block = replace(
        data,
        ratings=np.column_stack([users, movies, scores]).astype(np.float32),
        timestamps=data.timestamps[:40],
        movie_names=data.movie_names[:10],
        genres=data.genres[:10],
        years=data.years[:10],
        user_ids=data.user_ids[:4],
        movie_ids=data.movie_ids[:10],
    )
    return block, users != movies % 4


def split_mask(data: MovieLens, seed: int = 42) -> np.ndarray:
    """True on training rows."""
    return np.random.default_rng(seed).random(len(data.ratings)) < 0.8


def assert_hidden_rows_do_not_matter(fit_and_predict) -> None:
    """Overwrite every hidden label and drop half of the hidden rows: predictions for the rest do not move.

    `fit_and_predict(data, train_mask, users, movies, timestamps)` returns predictions of the given pairs.
    """
    data = small_movielens()
    train = split_mask(data)
    hidden = np.flatnonzero(~train)
    asked = hidden[::2]
    ratings = data.ratings.copy()
    ratings[hidden, 2] = 5.5 - ratings[hidden, 2]
    kept = train.copy()
    kept[asked] = True
    tampered = replace(data, ratings=ratings[kept], timestamps=data.timestamps[kept].copy())
    users, movies = data.ratings[asked, :2].astype(np.int64).T
    before = fit_and_predict(data, train, users, movies, data.timestamps[asked])
    after = fit_and_predict(tampered, train[kept], users, movies, data.timestamps[asked])
    assert len(before) > 20 and np.ptp(before) > 0.1
    assert np.array_equal(before, after)


def learn(net: nn.Module, ratings: np.ndarray, n_steps: int = 30) -> nn.Module:
    """A few steps of Adam on all the ratings at once; returns the net ready to predict."""
    torch.manual_seed(0)
    inputs, targets = torch.from_numpy(ratings[:, :2].astype(np.int64)), torch.from_numpy(ratings[:, 2:].copy())
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    net.train()
    for _ in range(n_steps):
        optimizer.zero_grad()
        (nn.functional.mse_loss(net(inputs), targets) + net.penalty(inputs)).backward()
        optimizer.step()
    return net.eval()
