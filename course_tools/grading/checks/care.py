"""Verificações escondidas dos exercícios 5 a 7 e 17."""

import numpy as np

from course_lib.exercises.care import column, expect_mended, expect_pairs, expect_parameters, expect_size_refusal
from course_lib.exercises.marking import Check
from course_lib.exercises.splits import diary, expect_last, expect_partition, expect_repeatable, expect_seeded
from course_tools.grading.checks.basics import random_ratings


def split(rng: np.random.Generator) -> tuple[Check, ...]:
    """Outras tabelas, frações e sementes. Metade exige que a separação se repita: é o nome do exercício."""
    small, large = random_ratings(rng, 20, 30, 0.5), random_ratings(rng, 60, 50, 0.4)
    seeds = [int(seed) for seed in rng.choice(1000, 5, replace=False)]
    return (
        expect_partition(large, 0.2, seeds[0]),
        expect_partition(small, 0.35, seeds[4], read_only=True),
        expect_repeatable(small, 0.4, seeds[1]),
        expect_repeatable(large, 0.3, seeds[2]),
        expect_repeatable(large, 0.15, seeds[3]),
        expect_seeded(small, 0.3, (seeds[2], seeds[3])),
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
