"""Verificações escondidas dos exercícios 10 e 11."""

import numpy as np

from course_lib.exercises.marking import Check
from course_lib.exercises.models import expect_bias_table, expect_dot
from course_lib.exercises.plain import TensorInput
from course_tools.grading.checks.basics import random_ratings


def bias_table(rng: np.random.Generator) -> tuple[Check, ...]:
    """Tabelas com usuários e filmes sem avaliações; damping de zero a grande. Cada parte rende os seus pontos."""
    cases = ((12, 9, 5), (25, 40, 10), (8, 15, 0), (30, 20, 2.5))
    tables = [
        (rng.permutation(random_ratings(rng, users, movies, 0.3)), users + 2, movies + 3, damping)
        for users, movies, damping in cases
    ]
    answers = [_bias_table(*table) for table in tables]
    wanted = [(0, "mean"), (1, "mean"), *((n, part) for part in ("movies", "users") for n in range(len(cases)))]
    return tuple(expect_bias_table(tables[n], *answers[n], part) for n, part in wanted)


def _bias_table(ratings, n_users, n_movies, damping) -> tuple[float, np.ndarray, np.ndarray]:
    user, movie, stars = ratings[:, 0].astype(int), ratings[:, 1].astype(int), ratings[:, 2].astype(float)

    def shrunk(index, values, size):
        return np.bincount(index, values, size) / np.maximum(np.bincount(index, minlength=size) + damping, 1e-12)

    movie_bias = shrunk(movie, stars - stars.mean(), n_movies)
    return float(stars.mean()), shrunk(user, stars - stars.mean() - movie_bias[movie], n_users), movie_bias


def biased_dot(rng: np.random.Generator) -> tuple[Check, ...]:
    """Outros pesos e tamanhos, com notas previstas dentro e fora da escala."""
    sizes = ((7, 20, 3, 8), (6, 6, 4, 5), (12, 12, 8, 20))
    return tuple(_expect_dot(*_weights(rng, *size)) for size in sizes)


def _weights(rng: np.random.Generator, n_users: int, n_movies: int, n_factors: int, batch: int) -> list[np.ndarray]:
    """Índices e pesos. Os índices cabem nas duas tabelas: trocar as colunas não para com erro."""
    shapes = ((n_users, n_factors), (n_movies, n_factors), (n_users, 1), (n_movies, 1))
    inputs = rng.integers(0, min(n_users, n_movies), (batch, 2))
    return [inputs, *(rng.normal(0, 0.9, shape).astype(np.float32) for shape in shapes)]


def _expect_dot(inputs, user_vectors, movie_vectors, user_bias, movie_bias) -> Check:
    user, movie = inputs.T
    product = (user_vectors[user] * movie_vectors[movie]).sum(axis=1, keepdims=True)
    weights = (user_vectors, movie_vectors, user_bias, movie_bias)
    arguments = (TensorInput(inputs), 3.5, *map(TensorInput, weights))
    return expect_dot(arguments, 3.5 + user_bias[user] + movie_bias[movie] + product)
