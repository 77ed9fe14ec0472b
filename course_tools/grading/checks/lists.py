"""Verificações escondidas dos exercícios 14 a 16."""

import numpy as np

from course_lib.exercises.ease import EASE_PARTS, expect_ease
from course_lib.exercises.item_knn import expect_scores, expect_similarity, nearest
from course_lib.exercises.marking import Check
from course_lib.exercises.ndcg import expect_ndcg


def ndcg(rng: np.random.Generator) -> tuple[Check, ...]:
    """Menos relevantes que k e mais que k; listas longas e uma curta. Os acertos não são seguidos, nem no topo."""
    cases = (
        (40, 30, 6, 10, [2, 5, 7]),
        (60, 25, 12, 6, [1, 4]),
        (30, 24, 4, 8, [2, 6]),
        (50, 7, 9, 10, [1, 3, 6]),
        (20, 8, 5, 6, [1, 5]),
    )
    return tuple(_expect_ndcg(rng, *case) for case in cases)


def _expect_ndcg(rng: np.random.Generator, n_movies: int, length: int, n_relevant: int, k: int, hits: list) -> Check:
    """Uma lista com relevantes nas posições `hits`, entre os k primeiros, e mais um logo depois deles."""
    movies = rng.permutation(n_movies)
    relevant, ranking = movies[:n_relevant], movies[n_relevant:][:length].copy()
    ranking[hits] = relevant[: len(hits)]
    if length > k:
        ranking[k] = relevant[len(hits)]
    discounts = 1 / np.log2(np.arange(k) + 2)
    return expect_ndcg(
        (ranking, rng.permutation(relevant), k), float(discounts[hits].sum() / discounts[:n_relevant].sum())
    )


def item_knn(rng: np.random.Generator) -> tuple[Check, ...]:
    """Matrizes com um filme sem avaliações, encolhimento de zero a grande, e poucos vizinhos."""
    similarities, scores = [], []
    for users, movies, shrink, k in ((12, 8, 20, 3), (30, 15, 0, 4), (20, 11, 7.5, 2)):
        history = _history(rng, users, movies)
        similarity = _similarity(history, shrink)
        similarities.append(expect_similarity((history, shrink), similarity))
        scores.append(expect_scores((history, similarity, k), history @ nearest(similarity, k)))
    return (*similarities, *scores)


def _history(rng: np.random.Generator, n_users: int, n_movies: int) -> np.ndarray:
    """Notas de 0,5 a 5, e zero onde não há; o último filme não tem nenhuma."""
    history = rng.integers(1, 11, (n_users, n_movies)) / 2 * (rng.random((n_users, n_movies)) < 0.5)
    history[:, -1] = 0
    return history


def _similarity(history: np.ndarray, shrink: float) -> np.ndarray:
    norms = np.linalg.norm(history, axis=0)
    similarity = history.T @ history / np.maximum(np.outer(norms, norms) + shrink, 1e-12)
    np.fill_diagonal(similarity, 0)
    return similarity


def ease(rng: np.random.Generator) -> tuple[Check, ...]:
    """Três matrizes de mais usuários que filmes, com l2 de tamanhos diferentes; pesos e pontos contam à parte."""
    cases = [
        (_history(rng, users, movies)[:, :-1], l2) for users, movies, l2 in ((14, 7, 3), (40, 12, 50), (25, 9, 0.7))
    ]
    return tuple(expect_ease(history, l2, _weights(history, l2), part) for history, l2 in cases for part in EASE_PARTS)


def _weights(history: np.ndarray, l2: float) -> np.ndarray:
    inverse = np.linalg.inv(history.T @ history + l2 * np.eye(history.shape[1]))
    return np.eye(len(inverse)) - inverse / np.diag(inverse)
