"""Verificações escondidas dos exercícios 8 e 9."""

import numpy as np

from course_lib.exercises.marking import Check
from course_lib.exercises.recommendations import expect_neighbours, expect_recommended


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
    """Vetores de comprimentos muito diferentes, e um paralelo ao do filme, antes e depois dele."""
    cases = ((30, 4, 5), (80, 10, 10), (12, 3, 4))
    return (*(expect_neighbours(*_vectors(rng, *case)) for case in cases), *(_parallel(rng, step) for step in (-1, 1)))


def _vectors(rng: np.random.Generator, n_movies: int, n_factors: int, k: int) -> tuple[np.ndarray, int, int]:
    lengths = rng.permutation(np.geomspace(0.2, 5, n_movies))[:, None]
    return rng.normal(0.3, 1, (n_movies, n_factors)) * lengths, int(rng.integers(2, n_movies - 1)), k


def _parallel(rng: np.random.Generator, step: int) -> Check:
    """O filme e o vizinho, paralelos, têm uma só coordenada: os cossenos com eles saem exatos, e empatam em 1."""
    (vectors, _, _), movie = _vectors(rng, 24, 4, 5), 2
    vectors[[movie, movie + step]] = 0
    vectors[[movie, movie + step], 1] = 3, 1
    return expect_neighbours(vectors, movie, 5)
