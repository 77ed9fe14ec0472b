import numpy as np
import pytest
import torch
from torch import nn

from course_lib import (
    BiasedDotNet,
    DotNet,
    NeuralNet,
    add_user,
    predict,
    rating_matrix,
    train_model,
)
from course_lib.errors import ArgumentError, IdOutOfRangeError, NonFiniteError, ShapeMismatchError
from course_lib.interactions import Interactions
from course_lib.models import HybridNet, RatingNet
from course_lib.models.fold_in import BIAS_SHRINKAGE, VECTOR_SHRINKAGE
from tests.analysis.toy import toy_data

N_USERS, N_MOVIES = 5, 8


def hybrid(n_users, n_movies, n_factors, init_std):
    """Who saw what is (0, 1), (2, 2), (3, 2); the new user, in no list of viewers, is described by no one."""
    rows = Interactions([0, 2, 3], [1, 2, 2], n_users, n_movies)
    net = HybridNet(n_users, n_movies, np.eye(n_movies, 2, dtype=np.float32), rows, n_factors=n_factors)
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, std=init_std)
    return net


@pytest.fixture(params=[DotNet, BiasedDotNet, hybrid, NeuralNet])
def model(request):
    torch.manual_seed(3)
    return request.param(N_USERS, N_MOVIES, n_factors=3, init_std=0.5)


def test_new_user_without_ratings_is_predicted_as_the_average_user(model):
    extended, user = add_user(model, [], [])
    assert user == N_USERS and extended.n_users == N_USERS + 1 and model.n_users == N_USERS
    if isinstance(model, DotNet) and not isinstance(model, HybridNet):  # no híbrido, quem já viu se desconta
        average = rating_matrix(model, N_USERS, N_MOVIES).mean(axis=0)
        assert predict(extended, np.full(N_MOVIES, user), np.arange(N_MOVIES)) == pytest.approx(average, abs=1e-4)


def test_new_user_with_ratings_moves_towards_them_and_nobody_else_moves(model):
    extended, user = add_user(model, [2, 5], [5.0, 1.0])
    before = predict(add_user(model, [], [])[0], [user, user], [2, 5])
    after = predict(extended, [user, user], [2, 5])
    target = np.array([5.0, 1.0])
    assert np.abs(after - target).mean() < np.abs(before - target).mean()
    assert np.array_equal(rating_matrix(extended, N_USERS, N_MOVIES), rating_matrix(model, N_USERS, N_MOVIES))


def test_ridge_solution_has_zero_gradient():
    torch.manual_seed(0)
    model = BiasedDotNet(N_USERS, N_MOVIES, n_factors=3, init_std=0.5)
    torch.nn.init.normal_(model.user_bias.weight)
    movies, ratings = torch.tensor([1, 4, 6]), torch.tensor([5.0, 1.0, 3.5])
    extended, user = add_user(model, movies, ratings)
    average = [table.weight.detach().mean(dim=0) for table in (model.user_vectors, model.user_bias)]
    vector = extended.user_vectors.weight.detach()[user].requires_grad_()
    bias = extended.user_bias.weight.detach()[user].requires_grad_()
    prediction = 3.5 + bias + model.movie_bias(movies)[:, 0] + model.movie_vectors(movies) @ vector
    objective = (prediction - ratings).square().sum()
    objective = objective + VECTOR_SHRINKAGE * (vector - average[0]).square().sum()
    objective = objective + BIAS_SHRINKAGE * (bias - average[1]).square().sum()
    objective.backward()
    assert vector.grad.abs().max() < 1e-3 and bias.grad.abs().max() < 1e-3


def test_more_ratings_of_one_taste_bring_the_new_user_closer_to_it():
    torch.manual_seed(1)
    model = BiasedDotNet(N_USERS, N_MOVIES, n_factors=2, init_std=0.0)
    model.movie_vectors.weight.data[:, 0] = torch.tensor([3.0, 3.0, 3.0, 3.0, -3.0, -3.0, -3.0, -3.0])
    unseen = []
    for n in range(4):
        extended, user = add_user(model, list(range(n)), [4.5] * n)
        unseen.append(predict(extended, user, 3)[0] - predict(extended, user, 7)[0])
    assert unseen == sorted(unseen) and unseen[0] == 0 and unseen[-1] > 0.5


def test_student_network_with_a_bias_and_no_closed_form_takes_a_new_user():
    class Mine(RatingNet):
        def __init__(self):
            super().__init__(N_USERS, N_MOVIES)
            self.user_vectors, self.movie_vectors = nn.Embedding(N_USERS, 3), nn.Embedding(N_MOVIES, 3)
            self.user_bias = nn.Embedding(N_USERS, 1)

        def forward(self, inputs):
            user, movie = self.look_up(inputs)
            return self.user_bias(inputs[:, 0]) + (user * movie).tanh().sum(dim=1, keepdim=True)

    torch.manual_seed(0)
    model = Mine()
    extended, user = add_user(model, [2, 5], [5.0, 1.0])
    average = add_user(model, [], [])[0]
    assert extended.user_bias.weight[user] != average.user_bias.weight[user]
    assert torch.equal(extended.user_bias.weight[:user], model.user_bias.weight)


def test_what_train_model_returns_takes_a_new_user_like_its_model():
    data = toy_data()
    fitted = train_model("dot", data, data.ratings, n_epochs=1, device="cpu")
    (one, user), (other, _) = add_user(fitted, [1], [3.0]), add_user(fitted.model, [1], [3.0])
    assert np.array_equal(one.score([user]), other.score([user]))


@pytest.mark.parametrize("name", ["bias", "als", "kernel"])
def test_closed_form_model_takes_a_new_user_and_nobody_else_moves(name):
    data = toy_data()
    model = train_model(name, data, data.ratings).model
    extended, user = add_user(model, [0, 2, 4], [5.0, 4.5, 5.0])
    assert user == data.n_users and extended.n_users == user + 1
    assert np.array_equal(extended.score([0, 1]), model.score([0, 1]))
    empty = add_user(model, [], [])[0]
    assert extended.score([user]).mean() > empty.score([user]).mean()
    assert predict(extended, [user, 0], [3, 3]) == pytest.approx(extended.score([user, 0])[:, 3], abs=1e-5)


def test_wrong_input_is_refused(refused, model):
    with refused("add_user with a movie too many", ShapeMismatchError, match="uma nota por filme"):
        add_user(model, [1, 2], [3.0])
    with refused("add_user with an unknown movie", IdOutOfRangeError, match="filmes de 0 a 7"):
        add_user(model, [N_MOVIES], [3.0])
    with refused("add_user with a NaN rating", NonFiniteError, match="nan"):
        add_user(model, [1], [np.nan])
    with refused("add_user with the same movie twice", ArgumentError, match="mais de uma vez"):
        add_user(model, [1, 1], [3.0, 4.0])
    with refused("add_user to a net without user vectors", ArgumentError, match="só por um vetor"):
        add_user(type("Net", (nn.Linear,), {"n_users": 1, "n_movies": 8})(2, 1), [1], [3.0])
