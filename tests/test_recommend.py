import tracemalloc

import numpy as np
import pytest
import torch
from torch import nn

from course_lib import BiasBaseline, BiasedDotNet, DotNet, NeuralNet, predict, rating_matrix, top_k
from course_lib.datasets import MovieLens
from course_lib.errors import ArgumentError, IdOutOfRangeError, ShapeMismatchError
from course_lib.models import KernelModel

N_USERS, N_MOVIES = 5, 8


@pytest.fixture
def data():
    ratings = np.array([[0, 0, 5], [0, 3, 1], [1, 3, 4], [4, 7, 2]], np.float32)
    return MovieLens(
        name="toy",
        ratings=ratings,
        timestamps=np.arange(4),
        movie_names=np.array([f"Filme {movie} (2000)" for movie in range(N_MOVIES)]),
        genres=np.array(["Drama"] * N_MOVIES),
        years=np.full(N_MOVIES, 2000, np.int32),
        user_ids=np.arange(N_USERS),
        movie_ids=np.arange(N_MOVIES),
    )


@pytest.fixture(params=[DotNet, BiasedDotNet, NeuralNet])
def model(request):
    torch.manual_seed(3)
    return request.param(N_USERS, N_MOVIES, n_factors=3, init_std=0.5)


def every_pair():
    return np.repeat(np.arange(N_USERS), N_MOVIES), np.tile(np.arange(N_MOVIES), N_USERS)


def test_matrix_has_users_in_rows_movies_in_columns_and_the_predictions_of_the_pairs(model):
    matrix = rating_matrix(model, N_USERS, N_MOVIES)
    assert matrix.shape == (N_USERS, N_MOVIES) and matrix.dtype == np.float32
    assert np.allclose(matrix.ravel(), predict(model, *every_pair()), atol=1e-5)


def test_matrix_of_a_baseline_and_of_any_object_that_predicts(data):
    baseline = BiasBaseline().fit(data.ratings, N_USERS, N_MOVIES)
    expected = baseline.predict(*every_pair()).reshape(N_USERS, N_MOVIES)
    assert np.array_equal(rating_matrix(baseline, N_USERS, N_MOVIES), expected)

    class OnlyPredicts:
        predict = staticmethod(baseline.predict)

    assert np.array_equal(rating_matrix(OnlyPredicts(), N_USERS, N_MOVIES), expected)


def test_known_ratings_take_the_place_of_predictions(model, data):
    matrix = rating_matrix(model, N_USERS, N_MOVIES, known=data.ratings)
    assert matrix[0, 0] == 5 and matrix[4, 7] == 2
    assert matrix[0, 1] == pytest.approx(rating_matrix(model, N_USERS, N_MOVIES)[0, 1])


def test_large_matrix_needs_little_memory_beyond_the_result():
    model = NeuralNet(400, 5000)
    tracemalloc.start()
    matrix = rating_matrix(model, 400, 5000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < matrix.nbytes + 20e6


def test_top_k_is_sorted_titled_and_without_what_the_user_rated(model, data):
    table = top_k(model, data, user=0, k=4)
    scores = rating_matrix(model, N_USERS, N_MOVIES)[0]
    unseen = [movie for movie in np.argsort(-scores) if movie not in (0, 3)][:4]
    assert list(table["movie"]) == unseen
    assert list(table["title"]) == [f"Filme {movie} (2000)" for movie in unseen]
    assert list(table["prediction"]) == sorted(table["prediction"], reverse=True)
    assert list(table.index) == [1, 2, 3, 4]


def test_top_k_returns_fewer_when_fewer_are_left(model, data):
    assert len(top_k(model, data, user=0, k=100)) == N_MOVIES - 2


def test_wrong_input_is_refused(refused, model, data):
    with refused("predict for an unknown user", IdOutOfRangeError, match="usuários de 0 a 4"):
        predict(model, [5], [0])
    with refused("predict for an unknown movie", IdOutOfRangeError, match="filmes de 0 a 7"):
        predict(model, [0], [-1])
    with refused("predict with two users and one movie", ShapeMismatchError, match="um par por previsão"):
        predict(model, [0, 1], [0])
    with refused("top_k with k=0", ArgumentError, match="pelo menos um"):
        top_k(model, data, user=0, k=0)
    with refused("top_k for an unknown user", IdOutOfRangeError):
        top_k(model, data, user=99)
    with refused("matrix with more movies than the model", IdOutOfRangeError):
        rating_matrix(model, N_USERS, N_MOVIES + 1)
    with refused("top_k that excludes a mask", ArgumentError, match="flatnonzero"):
        top_k(model, data, user=0, exclude=np.ones(N_MOVIES, bool))


def test_model_of_a_smaller_catalog_and_several_users_at_once_are_refused(refused, data):
    small = DotNet(N_USERS, N_MOVIES - 2)
    with refused("top_k of a model of other data", IdOutOfRangeError, match="filmes de 0 a 5"):
        top_k(small, data, 0)
    with refused("top_k of two users", ArgumentError, match="uma vez para cada"):
        top_k(DotNet(N_USERS, N_MOVIES), data, [0, 1])


def test_baseline_refuses_unknown_users_instead_of_counting_from_the_end(refused, data):
    baseline = BiasBaseline().fit(data.ratings, N_USERS, N_MOVIES)
    with refused("baseline asked about user -1", IdOutOfRangeError, match="usuários de 0 a 4"):
        predict(baseline, [-1], [0])
    with refused("matrix with more users than the baseline", IdOutOfRangeError, match="usuários de 0 a 4"):
        rating_matrix(baseline, N_USERS + 1, N_MOVIES)


def test_network_that_returns_a_flat_prediction_is_refused(refused):
    class Flat(nn.Module):
        def __init__(self):
            super().__init__()
            self.bias = nn.Embedding(N_USERS, 1)

        def forward(self, inputs):
            return self.bias(inputs[:, 0]).sum(dim=1)

    with refused("predict by a network that returns (B,)", ShapeMismatchError, match=r"\(2,\).*keepdim=True"):
        predict(Flat(), [0, 1], [0, 1])


def test_models_that_need_the_moment_are_refused_where_it_cannot_be_given(refused, data):
    model = KernelModel(use_time=True).fit(data.interactions, data)
    for name, ask in (
        ("top_k", lambda: top_k(model, data, user=0)),
        ("rating_matrix", lambda: rating_matrix(model, N_USERS, N_MOVIES)),
    ):
        with refused(f"{name} of a use_time model", ArgumentError, match="Treine com use_time=False, ou preveja par"):
            ask()
    with refused("predict with one timestamp for two pairs", ShapeMismatchError, match="um momento por previsão"):
        predict(model, [0, 1], [0, 1], [5])
