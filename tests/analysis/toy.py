"""A small data set and a model whose movie vectors are known: the answers can be written down by hand."""

import numpy as np
import torch

from course_lib import DotNet
from course_lib.datasets import MovieLens

N_USERS, N_MOVIES = 4, 30


def toy_data():
    """30 movies named after their index; movie 29 has no year and no genres, even movies are dramas."""
    ratings = np.array([[0, 0, 5], [0, 3, 1], [1, 3, 4], [2, 5, 2], [0, 7, 4], [0, 9, 5]], np.float32)
    genres = ["Drama|War" if movie % 2 == 0 else "Comedy" for movie in range(N_MOVIES)]
    return MovieLens(
        name="toy",
        ratings=ratings,
        timestamps=np.array([10, 20, 30, 40, 50, 60]),
        movie_names=np.array([f"Filme {movie} ({1980 + movie})" for movie in range(N_MOVIES)]),
        genres=np.array([*genres[:-1], "(no genres listed)"]),
        years=np.array([*range(1980, 1980 + N_MOVIES - 1), 0], np.int32),
        user_ids=np.arange(N_USERS),
        movie_ids=np.arange(N_MOVIES),
    )


def net_with(movie_vectors):
    """A DotNet with these movie vectors."""
    net = DotNet(N_USERS, len(movie_vectors), n_factors=movie_vectors.shape[1])
    with torch.no_grad():
        net.movie_vectors.weight.copy_(torch.as_tensor(movie_vectors))
    return net


def random_rotation(size, seed=0):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(size, size)))[0]
