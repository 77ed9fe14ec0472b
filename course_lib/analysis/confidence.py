"""Quanto uma média sobre usuários mudaria se os usuários fossem outros: reamostragem (*bootstrap*; Efron, 1979)."""

import numpy as np
import pandas as pd

from course_lib.errors import ArgumentError

LEVEL = 0.95  # a confiança de um intervalo


def interval(values, n_draws: int = 2000) -> tuple[float, float]:
    """Intervalo de 95 % de confiança da média, sorteando usuários com reposição, sempre os mesmos.

    Args:
        values: float (U,), um número por usuário, como uma coluna de `metrics_by_user`.
        n_draws: quantos sorteios.

    Returns:
        `(de, até)`, na unidade de `values`.

    Raises:
        ArgumentError: se não há usuários.
    """
    values = np.asarray(values, np.float64)
    if not len(values):
        raise ArgumentError("não há usuários de que tirar um intervalo: dê ao menos um.")
    rng = np.random.default_rng(0)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(n_draws)]
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def paired_difference(one: pd.Series, other: pd.Series) -> tuple[float, tuple[float, float]]:
    """A diferença média entre dois modelos, usuário a usuário, com o seu intervalo.

    Um usuário difícil é difícil para os dois: a diferença varia muito menos que cada média, e por isso dois intervalos
    que se cruzam não dizem que a diferença é nada.

    Args:
        one, other: a mesma coluna de `metrics_by_user` de dois modelos, nas mesmas partes de treinamento e teste.

    Returns:
        `(diferença, (de, até))`; se zero fica fora do intervalo, a diferença não é sorte dos usuários.

    Raises:
        ArgumentError: se os usuários não são os mesmos.
    """
    if not one.index.equals(other.index):
        raise ArgumentError("os dois modelos foram medidos em usuários diferentes: meça-os com os mesmos train e test.")
    difference = one - other
    return float(difference.mean()), interval(difference)
