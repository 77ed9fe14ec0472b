"""Verificações escondidas dos exercícios 1 a 4."""

import numpy as np

from course_lib.exercises.basics import expect_reindexed
from course_lib.exercises.marking import Check
from course_tools.grading.checks.reference import expect_like, values


def density(rng: np.random.Generator) -> tuple[Check, ...]:
    """Tabelas com usuários e filmes sem avaliações, uma cheia e uma quase vazia."""
    mistakes = {
        "fraction": lambda ratings, users, movies: len(ratings) / (users * movies),
        "sparsity": lambda ratings, users, movies: 100 - 100 * len(ratings) / (users * movies),
        "elements": lambda ratings, users, movies: 100 * ratings.size / (users * movies),
        "only_present": lambda ratings, users, movies: (
            100 * len(ratings) / (len(np.unique(ratings[:, 0])) * len(np.unique(ratings[:, 1])))
        ),
        "last_index": lambda ratings, users, movies: 100 * len(ratings) / max(ratings[:, :2].max(axis=0).prod(), 1),
        "sum_of_sides": lambda ratings, users, movies: 100 * len(ratings) / (users + movies),
        "square": lambda ratings, users, movies: 100 * len(ratings) / movies**2,
        "inverted": lambda ratings, users, movies: 100 * users * movies / len(ratings),
        "sum_of_ratings": lambda ratings, users, movies: 100 * ratings[:, 2].sum() / (users * movies),
        "whole_number": lambda ratings, users, movies: 100 * len(ratings) // (users * movies),
    }

    def right(ratings, users, movies):
        return 100 * len(ratings) / (users * movies)

    return tuple(
        expect_like(
            "density", (random_ratings(rng, users, movies, share), users + idle, movies + idle), right, mistakes
        )
        for users, movies, share, idle in ((9, 14, 0.4, 3), (30, 21, 0.1, 7), (12, 5, 1.0, 2), (40, 60, 0.01, 11))
    )


def random_ratings(rng: np.random.Generator, n_users: int, n_movies: int, share: float) -> np.ndarray:
    """Avaliações sem repetição, em cerca de `share` das células: float32 (n, 3), n ≥ 1."""
    cells = rng.random((n_users, n_movies)) < share
    cells[rng.integers(n_users), rng.integers(n_movies)] = True
    users, movies = np.nonzero(cells)
    return np.column_stack([users, movies, rng.integers(1, 11, len(users)) / 2]).astype(np.float32)


def reindex(rng: np.random.Generator) -> tuple[Check, ...]:
    """Ids esparsos, fora de ordem e repetidos; com 0, grandes, e de tamanhos que a ordem de texto confunde."""
    samples = (
        rng.choice(rng.integers(3, 200, 6), 15),
        rng.choice(np.concatenate([[0], rng.integers(1, 10**6, 40)]), 300),
        rng.choice([9, 10, 100, 1000, 20000], 30),
        np.repeat(rng.permutation(np.arange(50, 500, 7)), 3),
    )
    return tuple(expect_reindexed(ids, _reindexed(ids), values(_REINDEX_MISTAKES, (ids,))) for ids in samples)


def _reindexed(ids) -> list[np.ndarray]:
    unique, index = np.unique(ids, return_inverse=True)
    return [index, unique]


def _in_order(ids, unique) -> list[np.ndarray]:
    """Índices na ordem dada por `unique`."""
    position = {value: index for index, value in enumerate(unique.tolist())}
    return [np.array([position[value] for value in ids.tolist()]), unique]


_REINDEX_MISTAKES = {
    "from_one": lambda ids: [_reindexed(ids)[0] + 1, np.unique(ids)],
    "subtract": lambda ids: [ids - ids.min(), np.unique(ids)],
    "by_appearance": lambda ids: _in_order(ids, ids[np.sort(np.unique(ids, return_index=True)[1])]),
    "descending": lambda ids: _in_order(ids, np.unique(ids)[::-1]),
    "as_text": lambda ids: _in_order(ids, np.unique(ids.astype(str)).astype(int)),
    "first_position": lambda ids: [np.unique(ids, return_index=True)[1], np.unique(ids)],
    "swapped": lambda ids: _reindexed(ids)[::-1],
    "only_index": lambda ids: _reindexed(ids)[0],
    "only_ids": lambda ids: np.unique(ids),
}


def mse_rmse(rng: np.random.Generator) -> tuple[Check, ...]:
    """Notas e previsões com erros de média diferente de zero."""
    mse_mistakes = {
        "cancel": lambda p, t: (p - t).mean(),
        "absolute": lambda p, t: np.abs(p - t).mean(),
        "sum": lambda p, t: ((p - t) ** 2).sum(),
        "n_minus_one": lambda p, t: ((p - t) ** 2).sum() / (len(p) - 1),
        "squares": lambda p, t: (p - t) ** 2,
        "root": lambda p, t: ((p - t) ** 2).mean() ** 0.5,
        "half": lambda p, t: ((p - t) ** 2).mean() / 2,
    }
    rmse_mistakes = {
        "no_root": lambda p, t: ((p - t) ** 2).mean(),
        "cancel": lambda p, t: abs((p - t).mean()),
        "root_each": lambda p, t: np.abs(p - t).mean(),
        "root_over_n": lambda p, t: ((p - t) ** 2).sum() ** 0.5 / len(p),
        "root_of_sum": lambda p, t: ((p - t) ** 2).sum() ** 0.5,
        "n_minus_one": lambda p, t: (((p - t) ** 2).sum() / (len(p) - 1)) ** 0.5,
        "squares": lambda p, t: np.abs(p - t),
    }
    pairs = [_predictions(rng, size) for size in (7, 40, 5, 90)]
    return (
        *(expect_like("mse", pair, lambda p, t: ((p - t) ** 2).mean(), mse_mistakes) for pair in pairs[:2]),
        *(expect_like("rmse", pair, lambda p, t: ((p - t) ** 2).mean() ** 0.5, rmse_mistakes) for pair in pairs[2:]),
    )


def _predictions(rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    targets = rng.integers(1, 11, size) / 2
    return targets + rng.normal(0.4, 0.9, size), targets


def epoch_loss(rng: np.random.Generator) -> tuple[Check, ...]:
    """Perdas de minibatches de tamanhos desiguais."""
    mistakes = {
        "per_batch": lambda losses, sizes: np.mean(losses),
        "weighted_per_batch": lambda losses, sizes: np.dot(losses, sizes) / len(losses),
        "total": lambda losses, sizes: np.dot(losses, sizes),
        "sum": lambda losses, sizes: np.sum(losses),
        "sum_per_sample": lambda losses, sizes: np.sum(losses) / np.sum(sizes),
        "full_batches": lambda losses, sizes: np.dot(losses, sizes) / (len(sizes) * sizes[0]),
        "last": lambda losses, sizes: losses[-1],
        "skips_last": lambda losses, sizes: np.average(losses[:-1], weights=sizes[:-1]),
        "root": lambda losses, sizes: np.average(losses, weights=sizes) ** 0.5,
        "inverse": lambda losses, sizes: np.average(losses, weights=1 / np.array(sizes)),
    }
    sizes = ([64, 64, 64, 3], [512, 1], rng.integers(1, 200, 9).tolist(), [2048] * 30 + [700])
    return tuple(
        expect_like(
            "epoch_loss",
            (np.round(rng.uniform(0.4, 9, len(batch_sizes)), 3).tolist(), batch_sizes),
            lambda losses, sizes: np.average(losses, weights=sizes),
            mistakes,
        )
        for batch_sizes in sizes
    )
