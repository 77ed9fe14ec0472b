"""Verificações escondidas dos exercícios 5 a 7."""

import numpy as np

from course_lib.exercises.care import column, expect_partition, expect_repeatable, expect_seeded
from course_lib.exercises.compare import expect_refusal
from course_lib.exercises.marking import Check
from course_tools.grading.checks.basics import random_ratings
from course_tools.grading.checks.reference import expect_like


def split(rng: np.random.Generator) -> tuple[Check, ...]:
    """Outras tabelas, frações e sementes. Metade exige que a separação se repita: é o nome do exercício."""
    small, large = random_ratings(rng, 20, 30, 0.5), random_ratings(rng, 60, 50, 0.4)
    seeds = [int(seed) for seed in rng.choice(1000, 4, replace=False)]
    return (
        expect_partition(large, 0.2, seeds[0]),
        expect_repeatable(small, 0.4, seeds[1]),
        expect_repeatable(large, 0.3, seeds[2]),
        expect_seeded(small, 0.3, (seeds[2], seeds[3])),
    )


def count_parameters(rng: np.random.Generator) -> tuple[Check, ...]:
    """Redes de outros tamanhos, entre elas a da série."""
    mistakes = {
        "biases_or_output": lambda u, m, f, h: _parameters(u, m, f, h) - h - 1,
        "hidden_bias": lambda u, m, f, h: _parameters(u, m, f, h) - h,
        "output_bias": lambda u, m, f, h: _parameters(u, m, f, h) - 1,
        "half_input": lambda u, m, f, h: _parameters(u, m, f, h) - f * h,
        "no_embeddings": lambda u, m, f, h: _parameters(0, 0, f, h),
        "no_user_table": lambda u, m, f, h: _parameters(0, m, f, h),
        "no_movie_table": lambda u, m, f, h: _parameters(u, 0, f, h),
        "multiplied": lambda u, m, f, h: _parameters(u * m, 0, f, h),
        "activations": lambda u, m, f, h: _parameters(u, m, f, h) + h,
        "dot_model": lambda u, m, f, h: (u + m) * (f + 1),
        "only_embeddings": lambda u, m, f, h: (u + m) * f,
    }
    sizes = [(671, 9066, 50, 70), *(tuple(rng.integers(low, high).tolist()) for low, high in _SIZE_RANGES)]
    return tuple(expect_like("count_parameters", size, _parameters, mistakes) for size in sizes)


_SIZE_RANGES = (
    ([20, 31, 4, 9], [30, 50, 9, 20]),
    ([100, 300, 16, 40], [200, 500, 30, 60]),
    ([3, 5, 2, 6], [5, 8, 4, 9]),
)


def _parameters(n_users: int, n_movies: int, n_factors: int, n_hidden: int) -> int:
    return (n_users + n_movies) * n_factors + (2 * n_factors + 1) * n_hidden + n_hidden + 1


def broadcasting(rng: np.random.Generator) -> tuple[Check, ...]:
    """Todas as combinações de (B,) e (B, 1), e quantidades que não batem."""
    pairs = {
        "samples": lambda p, t: len(p),
        "always_square": lambda p, t: len(p) ** 2,
        "sum_of_sizes": lambda p, t: p.size + t.size,
        "result_shape": lambda p, t: list((p - t).shape),
    }
    mistakes = {
        "still_broadcasts": lambda p, t: np.mean((p.reshape(-1, 1) - t.reshape(1, -1)) ** 2),
        "sum": lambda p, t: ((p.ravel() - t.ravel()) ** 2).sum(),
        "root": lambda p, t: np.mean((p.ravel() - t.ravel()) ** 2) ** 0.5,
        "diagonal": lambda p, t: np.mean((p.ravel() - t.ravel()) ** 2) / p.size,
    }
    refused = {"ValueError": "refuses_valid", "AssertionError": "refuses_valid"}

    def flat(size: int) -> np.ndarray:
        return rng.normal(3.5, 1, size)

    def tall(size: int) -> np.ndarray:
        return column(flat(size).tolist())

    return (
        expect_like("compared_pairs", (tall(6), flat(6)), lambda p, t: (p - t).size, pairs),
        expect_like("compared_pairs", (flat(11), flat(11)), lambda p, t: (p - t).size, pairs),
        *(
            expect_like("mended_mse", pair, lambda p, t: np.mean((p.ravel() - t.ravel()) ** 2), mistakes, refused)
            for pair in ((flat(5), tall(5)), (tall(9), flat(9)), (tall(8), tall(8)), (flat(6), flat(6)))
        ),
        expect_refusal("mended_mse", (flat(5), tall(1)), "ValueError", "size_mismatch", "other_error"),
        expect_refusal("mended_mse", (tall(4), flat(7)), "ValueError", "size_mismatch", "other_error"),
    )
