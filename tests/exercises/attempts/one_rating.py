"""Attempts at exercise `one_rating`."""

import copy

import numpy as np
import torch

from course_lib import add_user, predict, rating_matrix
from tests.exercises.attempts.registry import right, wrong


def _scores(model, user):
    return predict(model, np.full(model.n_movies, user), np.arange(model.n_movies))


def _best(scores, movie, k):
    order = np.argsort(-scores, kind="stable")
    return order[order != movie][:k]


@right("one_rating")
def with_add_user(model, movie, rating, k):
    extended, user = add_user(model, [movie], [rating])
    return _best(_scores(extended, user), movie, k)


@right("one_rating")
def with_the_matrix(model, movie, rating, k):
    extended, user = add_user(model, np.array([movie]), np.array([rating]))
    row = rating_matrix(extended, extended.n_users, extended.n_movies)[user]
    row[movie] = -np.inf
    return sorted(range(len(row)), key=lambda index: (-row[index], index))[:k]


@right("one_rating")
def with_ridge_regression(model, movie, rating, k):
    movies = model.movie_vectors.weight.detach().numpy()
    bias = model.movie_bias.weight.detach().numpy()[:, 0]
    start = model.user_vectors.weight.detach().numpy().mean(axis=0)
    error = rating - (float(model.mean) + bias[movie] + movies[movie] @ start)
    vector = start + movies[movie] * error / (movies[movie] @ movies[movie] + 0.5)
    return _best(bias + movies @ vector, movie, k)


@right("one_rating")
def with_gradient_descent(model, movie, rating, k):
    vector = model.user_vectors.weight.detach().mean(0).clone().requires_grad_()
    movies, bias = model.movie_vectors.weight.detach(), model.movie_bias.weight.detach()[:, 0]
    optimizer = torch.optim.SGD([vector], lr=0.1)
    for _ in range(50):
        loss = (model.mean + bias[movie] + movies[movie] @ vector - rating) ** 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    scores = bias + movies @ vector.detach()
    scores[movie] = -torch.inf
    return torch.argsort(scores, descending=True, stable=True)[:k]


@wrong("one_rating", "forbidden")
def recommends_what_was_rated(model, movie, rating, k):
    extended, user = add_user(model, [movie], [rating])
    return np.argsort(-_scores(extended, user), kind="stable")[:k]


@wrong("one_rating", "ignores_rating")
def never_uses_the_rating(model, movie, rating, k):
    extended, user = add_user(model, [], [])
    return _best(_scores(extended, user), movie, k)


@wrong("one_rating", "ignores_rating")
def ranks_by_movie_bias(model, movie, rating, k):
    return _best(model.movie_bias.weight.detach().numpy()[:, 0], movie, k)


@wrong("one_rating", "old_model")
def asks_the_old_model(model, movie, rating, k):
    _, user = add_user(model, [movie], [rating])
    return _best(_scores(model, user), movie, k)


@wrong("one_rating", "wrong_user")
def asks_for_the_last_old_user(model, movie, rating, k):
    extended, user = add_user(model, [movie], [rating])
    return _best(_scores(extended, user - 1), movie, k)


@wrong("one_rating", "wrong_user")
def asks_for_user_zero(model, movie, rating, k):
    extended, _ = add_user(model, [movie], [rating])
    return _best(_scores(extended, 0), movie, k)


@wrong("one_rating", "likes_what_is_alike")
def recommends_neighbours_whatever_the_rating(model, movie, rating, k):
    vectors = model.movie_vectors.weight.detach().numpy()
    tie = model.movie_bias.weight.detach().numpy()[:, 0]
    return _best(vectors @ vectors[movie] + tie, movie, k)


@wrong("one_rating", "likes_what_is_alike")
def always_gives_five_stars(model, movie, rating, k):
    extended, user = add_user(model, [movie], [5.0])
    return _best(_scores(extended, user), movie, k)


@wrong("one_rating", "ascending")
def recommends_the_worst(model, movie, rating, k):
    extended, user = add_user(model, [movie], [rating])
    order = np.argsort(_scores(extended, user), kind="stable")
    return order[order != movie][:k]


@wrong("one_rating", "shifted")
def deletes_the_rated_movie(model, movie, rating, k):
    extended, user = add_user(model, [movie], [rating])
    return np.argsort(-np.delete(_scores(extended, user), movie), kind="stable")[:k]


@wrong("one_rating", "many")
def always_ten(model, movie, rating, k):
    extended, user = add_user(copy.deepcopy(model), [movie], [rating])
    return _best(_scores(extended, user), movie, 10)


@wrong("one_rating", "few")
def cuts_before_excluding(model, movie, rating, k):
    extended, user = add_user(model, [movie], [rating])
    best = np.argsort(-_scores(extended, user), kind="stable")[:k]
    return best[best != movie]


@wrong("one_rating", "unsorted")
def forgets_the_order(model, movie, rating, k):
    extended, user = add_user(model, [movie], [rating])
    return np.sort(_best(_scores(extended, user), movie, k))
