"""Verificações escondidas dos exercícios 8 a 13."""

import numpy as np

from course_lib.exercises.marking import Check
from course_lib.exercises.models import expect_bias_table, expect_dot
from course_lib.exercises.new_user import expect_average_user, expect_new_taste, expect_same_training, grumpy_ratings
from course_lib.exercises.plain import TensorInput
from course_lib.exercises.recommendations import expect_neighbours, expect_recommended
from course_tools.grading.checks.basics import random_ratings


def recommend(rng: np.random.Generator) -> tuple[Check, ...]:
    """Notas comuns, com empates, negativas; ninguém visto; e menos candidatos que k."""
    ties = np.repeat([4.1, 3.6, 4.6, 2.2], 5)[rng.permutation(20)]
    cases = (
        (rng.uniform(0.5, 5, 60), rng.choice(60, 25, replace=False), 10),
        (ties, rng.choice(20, 6, replace=False), 8),
        (-rng.uniform(0.5, 5, 15), rng.choice(15, 7, replace=False), 5),
        (rng.normal(3.5, 1, 30).astype(np.float32), np.array([], np.int64), 7),
        (rng.uniform(0.5, 5, 9), rng.choice(9, 6, replace=False), 5),
    )
    return tuple(expect_recommended(*case) for case in cases)


def neighbours(rng: np.random.Generator) -> tuple[Check, ...]:
    """Vetores de comprimentos muito diferentes, um paralelo ao do filme, antes e depois dele, e quase todos opostos."""
    cases = ((30, 4, 5), (80, 10, 10), (12, 3, 4))
    return (
        *(expect_neighbours(*_vectors(rng, *case)) for case in cases),
        *(_parallel(rng, step) for step in (-1, 1)),
        _opposed(rng),
    )


def _vectors(rng: np.random.Generator, n_movies: int, n_factors: int, k: int) -> tuple[np.ndarray, int, int]:
    lengths = rng.permutation(np.geomspace(0.2, 5, n_movies))[:, None]
    return rng.normal(0.3, 1, (n_movies, n_factors)) * lengths, int(rng.integers(2, n_movies - 1)), k


def _parallel(rng: np.random.Generator, step: int) -> Check:
    """O filme e o vizinho, paralelos, têm uma só coordenada: os cossenos com eles saem exatos, e empatam em 1."""
    (vectors, _, _), movie = _vectors(rng, 24, 4, 5), 2
    vectors[[movie, movie + step]] = 0
    vectors[[movie, movie + step], 1] = 3, 1
    return expect_neighbours(vectors, movie, 5)


def _opposed(rng: np.random.Generator) -> Check:
    """Só dois filmes, os mais parecidos, têm cosseno positivo com o dado: anular o dele não o deixa fora dos k."""
    vectors, movie, k = _vectors(rng, 30, 4, 5)
    dot = vectors @ vectors[movie]
    alike = np.argsort(-np.abs(dot) / np.linalg.norm(vectors, axis=1))[:3]  # ele e os dois
    sign = np.where(np.isin(np.arange(30), alike), 1, -1) * np.sign(dot)
    return expect_neighbours(vectors * sign[:, None], movie, k)


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


def new_user(rng: np.random.Generator) -> tuple[Check, ...]:
    """Dois conjuntos pequenos e um treinamento repetido; poucas épocas, para que corrigir sessenta não demore."""
    first, second, seed = (int(number) for number in rng.integers(1, 10_000, 3))
    return (
        expect_average_user(grumpy_ratings(first, 25, 50), 25, 50, 30, seed),
        expect_average_user(grumpy_ratings(second, 35, 30), 35, 30, 30, seed + 1),
        expect_same_training(grumpy_ratings(second, 35, 30), 35, 30, 2, seed),
    )


def one_rating(rng: np.random.Generator) -> tuple[Check, ...]:
    """Notas altas e baixas, em redes de tamanhos diferentes; duas delas não podem mudar."""
    cases = ((40, 12, 7, 5.0, 10), (40, 12, 7, 0.5, 10), (33, 6, 2, 4.5, 5, True), (60, 15, 9, 1.0, 20, True))
    return tuple(expect_new_taste(rng.permutation(size), *rest) for size, *rest in cases)
