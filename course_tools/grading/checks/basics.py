"""Verificações escondidas dos exercícios 1 a 4."""

import numpy as np

from course_lib.exercises.basics import expect_density, expect_epoch_loss, expect_mse, expect_reindexed, expect_rmse
from course_lib.exercises.marking import Check


def density(rng: np.random.Generator) -> tuple[Check, ...]:
    """Tabelas com usuários e filmes sem avaliações; uma em que todos avaliaram tudo."""
    sizes = ((9, 14, 0.4, 3), (30, 21, 0.1, 7), (12, 5, 1.0, 5))
    tables = [
        (random_ratings(rng, users, movies, share), users + idle, movies + idle) for users, movies, share, idle in sizes
    ]
    return tuple(expect_density(table, 100 * len(table[0]) / (table[1] * table[2])) for table in tables)


def random_ratings(rng: np.random.Generator, n_users: int, n_movies: int, share: float) -> np.ndarray:
    """Avaliações sem repetição, em cerca de `share` das células: float32 (n, 3), n ≥ 1."""
    cells = rng.random((n_users, n_movies)) < share
    cells[rng.integers(n_users), rng.integers(n_movies)] = True
    users, movies = np.nonzero(cells)
    return np.column_stack([users, movies, rng.integers(1, 11, len(users)) / 2]).astype(np.float32)


def reindex(rng: np.random.Generator) -> tuple[Check, ...]:
    """Ids esparsos, fora de ordem e repetidos; com 0, grandes, e de tamanhos que a ordem de texto confunde."""
    samples = (
        rng.permutation(np.append(rng.choice([2, 5, 14, 30, 111, 150], 15), [150, 30, 2, 14])),
        rng.choice(np.concatenate([[0], rng.integers(1, 10**6, 40)]), 300),
        rng.permutation(np.append(rng.choice([9, 10, 100, 1000, 20000], 30), [9, 10, 20000, 100])),
    )
    return tuple(expect_reindexed(ids, *reversed(np.unique(ids, return_inverse=True))) for ids in samples)


def mse_rmse(rng: np.random.Generator) -> tuple[Check, ...]:
    """Notas e previsões com erros de média diferente de zero."""

    def pair(size: int) -> tuple[np.ndarray, np.ndarray]:
        targets = rng.integers(1, 11, size) / 2
        return targets + rng.normal(0.4, 0.9, size), targets

    pairs = [(one, float(np.mean((one[0] - one[1]) ** 2))) for one in map(pair, (7, 40, 5, 90))]
    return (
        *(expect_mse(one, right) for one, right in pairs[:2]),
        *(expect_rmse(one, right**0.5) for one, right in pairs[2:]),
    )


def epoch_loss(rng: np.random.Generator) -> tuple[Check, ...]:
    """Perdas de minibatches de tamanhos desiguais."""
    checks = []
    for sizes in ([64, 64, 64, 3], [512, 300, 1], rng.integers(1, 200, 9).tolist(), [2048] * 30 + [700]):
        losses = sorted(np.round(rng.uniform(0.4, 9, len(sizes)), 3).tolist())
        checks.append(expect_epoch_loss(losses, sizes, float(np.average(losses, weights=sizes))))
    return tuple(checks)
