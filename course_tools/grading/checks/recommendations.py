"""Verificações escondidas dos exercícios 8 e 9."""

import numpy as np

from course_lib.exercises.marking import Call, Check
from course_lib.exercises.recommendations import expect_ranking


def recommend(rng: np.random.Generator) -> tuple[Check, ...]:
    """Notas comuns, com empates, negativas; ninguém visto; e menos candidatos que k."""
    ties = np.repeat([4.0, 3.5, 4.5, 2.0], 5)[rng.permutation(20)]
    cases = (
        (rng.uniform(0.5, 5, 60), rng.choice(60, 25, replace=False), 10),
        (ties, rng.choice(20, 6, replace=False), 8),
        (-rng.uniform(0.5, 5, 15), rng.choice(15, 7, replace=False), 5),
        (rng.normal(3.5, 1, 30).astype(np.float32), np.array([], np.int64), 7),
        (rng.uniform(0.5, 5, 9), rng.choice(9, 6, replace=False), 5),
    )
    return tuple(_expect_recommended(*case) for case in cases)


def _expect_recommended(scores: np.ndarray, seen: np.ndarray, k: int) -> Check:
    candidates = np.setdiff1d(np.arange(len(scores)), seen)
    ranked = candidates[np.argsort(-scores[candidates], kind="stable")]
    left = scores[candidates]
    mistakes = {
        "ascending": candidates[np.argsort(left, kind="stable")][:k].tolist(),
        "scores": scores[ranked][:k].tolist(),
        "ties": candidates[np.argsort(left, kind="stable")[::-1]][:k].tolist(),
    }
    call = Call("recommend", (scores, seen, k))
    return expect_ranking(call, ranked[:k].tolist(), seen.tolist(), mistakes)


def neighbours(rng: np.random.Generator) -> tuple[Check, ...]:
    """Vetores de comprimentos muito diferentes, em mais dimensões."""
    cases = ((30, 4, 5), (80, 10, 10), (12, 3, 4), (200, 50, 3))
    return tuple(_expect_neighbours(rng, *case) for case in cases)


def _expect_neighbours(rng: np.random.Generator, n_movies: int, n_factors: int, k: int) -> Check:
    lengths = rng.permutation(np.geomspace(0.2, 5, n_movies))[:, None]
    vectors, movie = rng.normal(0.3, 1, (n_movies, n_factors)) * lengths, int(rng.integers(2, n_movies - 1))
    cosines = _cosines(vectors, movie)
    others = np.delete(np.arange(n_movies), movie)

    def best(scores: np.ndarray) -> list[int]:
        return others[np.argsort(-scores[others], kind="stable")][:k].tolist()

    mistakes = {
        "dot": best(vectors @ vectors[movie]),
        "euclidean": best(-np.linalg.norm(vectors - vectors[movie], axis=1)),
        "ascending": best(-cosines),
        "absolute": best(np.abs(cosines)),
        "by_columns": best(
            (vectors / np.linalg.norm(vectors, axis=0)) @ (vectors[movie] / np.linalg.norm(vectors, axis=0))
        ),
        "centred": best(_cosines(vectors - vectors.mean(axis=1, keepdims=True), movie)),
    }
    expected = best(cosines)
    mistakes["similarities"] = cosines[expected].tolist()
    return expect_ranking(Call("neighbours", (vectors, movie, k)), expected, [movie], mistakes)


def _cosines(vectors: np.ndarray, movie: int) -> np.ndarray:
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit @ unit[movie]
