"""Verificações escondidas dos exercícios 12 e 13."""

import numpy as np

from course_lib.exercises.marking import Check
from course_lib.exercises.new_user import (
    expect_average_user,
    expect_new_taste,
    expect_same_training,
    grumpy_ratings,
)


def new_user(rng: np.random.Generator) -> tuple[Check, ...]:
    """Dois conjuntos pequenos e um treinamento repetido; poucas épocas, para que corrigir sessenta não demore."""
    first, second, seed = (int(number) for number in rng.integers(1, 10_000, 3))
    return (
        expect_average_user(grumpy_ratings(first, 25, 50), 25, 50, 30, seed),
        expect_average_user(grumpy_ratings(second, 35, 30), 35, 30, 30, seed + 1),
        expect_same_training(grumpy_ratings(second, 35, 30), 35, 30, 2, seed),
    )


def one_rating(rng: np.random.Generator) -> tuple[Check, ...]:
    """Uma nota alta e uma baixa, em redes de tamanhos diferentes."""
    cases = ((40, 12, 7, 5.0, 10), (40, 12, 7, 0.5, 10), (33, 6, 2, 4.5, 5), (60, 15, 9, 1.0, 20))
    return tuple(expect_new_taste(rng.permutation(size), *rest) for size, *rest in cases)
