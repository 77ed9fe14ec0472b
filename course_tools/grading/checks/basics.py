"""Verificações escondidas dos exercícios 1 a 7 e 17."""

import numpy as np

from course_lib.exercises.basics import expect_density, expect_epoch_loss, expect_mse, expect_reindexed, expect_rmse
from course_lib.exercises.care import column, expect_mended, expect_pairs, expect_parameters, expect_size_refusal
from course_lib.exercises.marking import Check
from course_lib.exercises.splits import diary, expect_last, expect_partition, expect_seeded


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
        checks.append(expect_epoch_loss((losses, sizes), float(np.average(losses, weights=sizes))))
    return tuple(checks)


def split(rng: np.random.Generator) -> tuple[Check, ...]:
    """Outras tabelas, frações e sementes. Metade exige que a separação se repita: é o nome do exercício."""
    small, large = random_ratings(rng, 20, 30, 0.5), random_ratings(rng, 60, 50, 0.4)
    seeds = [int(seed) for seed in rng.choice(1000, 5, replace=False)]
    return (
        expect_partition(large, 0.2, seeds[0]),
        expect_partition(small, 0.35, seeds[4], read_only=True),
        expect_partition(small, 0.4, seeds[1], seeds[1]),
        expect_partition(large, 0.3, seeds[2], seeds[2]),
        expect_partition(large, 0.15, seeds[3], seeds[3]),
        expect_seeded(small, 0.3, seeds[2], seeds[3]),
    )


def split_last(rng: np.random.Generator) -> tuple[Check, ...]:
    """Usuários de muitas e de poucas avaliações, com empates de horário; uma tabela só de leitura."""
    cases = ((1, False), (3, False), (5, True), (2, False), (8, False))
    return tuple(
        expect_last(*diary(rng, [*rng.integers(n_last + 2, 30, 12), n_last, max(n_last - 1, 1), 25]), n_last, read_only)
        for n_last, read_only in cases
    )


def count_parameters(rng: np.random.Generator) -> tuple[Check, ...]:
    """Redes de outros tamanhos, entre elas a da série."""
    ranges = (([20, 31, 5, 9], [30, 50, 9, 20]), ([100, 300, 16, 40], [200, 500, 30, 60]))
    sizes = [(671, 9066, 50, 70), *(tuple(rng.integers(low, high).tolist()) for low, high in ranges)]
    return tuple(
        expect_parameters((users, movies, factors, hidden), (users + movies) * factors + (2 * factors + 2) * hidden + 1)
        for users, movies, factors, hidden in sizes
    )


def broadcasting(rng: np.random.Generator) -> tuple[Check, ...]:
    """Todas as combinações de (B,) e (B, 1), e quantidades que não batem."""

    def flat(size: int) -> np.ndarray:
        return rng.normal(3.5, 1, size)

    def tall(size: int) -> np.ndarray:
        return column(flat(size).tolist())

    mended = ((flat(5), tall(5)), (tall(9), flat(9)), (tall(8), tall(8)), (flat(6), flat(6)))
    return (
        expect_pairs((tall(6), flat(6)), 36),
        expect_pairs((flat(11), flat(11)), 11),
        *(expect_mended(pair, float(np.mean((pair[0].ravel() - pair[1].ravel()) ** 2))) for pair in mended),
        expect_size_refusal((flat(5), tall(1))),
        expect_size_refusal((tall(4), flat(7))),
    )
