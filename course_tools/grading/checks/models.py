"""Verificações escondidas dos exercícios 10 e 11."""

import numpy as np

from course_lib.exercises.marking import Check
from course_lib.exercises.models import expect_bias_table
from course_lib.exercises.plain import TensorInput
from course_tools.grading.checks.basics import random_ratings
from course_tools.grading.checks.reference import expect_like


def bias_table(rng: np.random.Generator) -> tuple[Check, ...]:
    """Tabelas com usuários e filmes sem avaliações; damping de zero a grande."""
    return tuple(
        _expect_table(rng.permutation(random_ratings(rng, users, movies, 0.3)), users + 2, movies + 3, damping)
        for users, movies, damping in ((12, 9, 5), (25, 40, 10), (8, 15, 0), (30, 20, 2.5))
    )


def _expect_table(ratings: np.ndarray, n_users: int, n_movies: int, damping: float) -> Check:
    user, movie, stars = ratings[:, 0].astype(int), ratings[:, 1].astype(int), ratings[:, 2].astype(float)
    mean = float(stars.mean())
    movie_bias = _shrunk(movie, stars - mean, n_movies, damping)
    rest = stars - mean - movie_bias[movie]
    user_bias = _shrunk(user, rest, n_users, damping)
    users_first = _shrunk(user, stars - mean, n_users, damping)
    movie_count = np.maximum(np.bincount(movie, minlength=n_movies), 1)
    movie_mistakes = {
        "no_damping": _shrunk(movie, stars - mean, n_movies, 0),
        "damping_in_sum": _shrunk(movie, stars - mean, n_movies, damping, in_sum=damping),
        "damping_of_mean": np.bincount(movie, stars - mean, n_movies) / movie_count / (1 + damping),
        "not_centred": _shrunk(movie, stars, n_movies, damping),
        "users_first": _shrunk(movie, stars - mean - users_first[user], n_movies, damping),
        "columns": _shrunk(user, stars - mean, max(n_users, n_movies), damping)[:n_movies],
        "last_only": _shrunk(movie, stars - mean, n_movies, damping, total=_last),
    }
    user_mistakes = {
        "same_rest": users_first,
        "no_damping": _shrunk(user, rest, n_users, 0),
        "damping_in_sum": _shrunk(user, rest, n_users, damping, in_sum=damping),
        "not_centred": _shrunk(user, stars - movie_bias[movie], n_users, damping),
        "last_only": _shrunk(user, rest, n_users, damping, total=_last),
    }
    expected = (mean, user_bias, movie_bias)
    return expect_bias_table((ratings, n_users, n_movies, damping), expected, movie_mistakes, user_mistakes)


def _shrunk(index, values, size, damping, in_sum=0.0, total=np.bincount) -> np.ndarray:
    count = np.bincount(index, minlength=size)
    return (total(index, values, size) + in_sum) / np.maximum(count + damping, 1e-12)


def _last(index, values, size) -> np.ndarray:
    """O que `soma[index] += values` deixa: com índices repetidos, só a última parcela."""
    result = np.zeros(size)
    result[index] += values
    return result


def biased_dot(rng: np.random.Generator) -> tuple[Check, ...]:
    """Outros pesos e tamanhos, com notas previstas dentro e fora da escala."""
    mistakes = {
        "flat": lambda *w: _biased_dot(*w)[:, 0],
        "lost_dimension": lambda *w: _biases(*w) + w[1] + _product(*w).sum(1),
        "all_pairs": lambda i, mean, u, m, bu, bm: _biases(i, mean, u, m, bu, bm) + mean + u[i[:, 0]] @ m[i[:, 1]].T,
        "no_sum": lambda *w: _biases(*w) + w[1] + _product(*w),
        "summed_rows": lambda *w: _biases(*w) + w[1] + _product(*w).sum(0, keepdim=True),
        "mean_factors": lambda *w: _biases(*w) + w[1] + _product(*w).mean(1, keepdim=True),
        "no_mean": lambda *w: _biased_dot(*w) - w[1],
        "no_user_bias": lambda *w: _biased_dot(*w) - w[4][w[0][:, 0]],
        "no_movie_bias": lambda *w: _biased_dot(*w) - w[5][w[0][:, 1]],
        "no_biases": lambda *w: _biased_dot(*w) - _biases(*w),
        "only_biases": lambda *w: _biases(*w) + w[1],
        "added": lambda i, mean, u, m, bu, bm: (
            _biases(i, mean, u, m, bu, bm) + mean + (u[i[:, 0]] + m[i[:, 1]]).sum(1, keepdim=True)
        ),
        "clipped": lambda *w: _biased_dot(*w).clamp(0.5, 5),
        "swapped_columns": lambda i, *w: _biased_dot(i.flip(1), *w),
    }
    return tuple(
        expect_like("biased_dot", _weights(rng, *size), _biased_dot, mistakes, {"IndexError": "swapped_columns"})
        for size in ((7, 20, 3, 8), (6, 6, 4, 5), (12, 12, 8, 20), (5, 9, 1, 4))
    )


def _weights(rng: np.random.Generator, n_users: int, n_movies: int, n_factors: int, batch: int) -> tuple:
    """As entradas de `biased_dot`. Os índices cabem nas duas tabelas: trocar as colunas não para com erro."""
    inputs = TensorInput(rng.integers(0, min(n_users, n_movies), (batch, 2)))
    shapes = ((n_users, n_factors), (n_movies, n_factors), (n_users, 1), (n_movies, 1))
    return inputs, 3.5, *(TensorInput(rng.normal(0, 0.8, shape).astype(np.float32)) for shape in shapes)


def _product(inputs, mean, user_vectors, movie_vectors, user_bias, movie_bias):
    return user_vectors[inputs[:, 0]] * movie_vectors[inputs[:, 1]]


def _biases(inputs, mean, user_vectors, movie_vectors, user_bias, movie_bias):
    return user_bias[inputs[:, 0]] + movie_bias[inputs[:, 1]]


def _biased_dot(*weights):
    return weights[1] + _biases(*weights) + _product(*weights).sum(1, keepdim=True)
