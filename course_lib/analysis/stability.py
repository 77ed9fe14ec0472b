"""O que resiste a outra semente: os mesmos vizinhos, e os mesmos vetores a menos de uma rotação."""

import numpy as np
import pandas as pd
from scipy.linalg import orthogonal_procrustes

from course_lib.analysis.embeddings import check_count, check_labels, unit_rows
from course_lib.errors import ArgumentError


def neighbour_agreement(first: pd.DataFrame, second: pd.DataFrame, k: int = 10) -> float:
    """Quantos dos `k` vizinhos mais próximos de um filme são os mesmos nas duas tabelas, em média sobre os filmes.

    Args:
        first, second: tabelas de `movie_vectors` com os mesmos filmes na mesma ordem, de duas sementes ou dois modelos.

    Returns:
        De 0 a `k`. Listas sorteadas dariam `k`² / (n - 1).

    Raises:
        ArgumentError: se os filmes diferem, ou se `k` não cabe.
    """
    _check_same_movies(first, second)
    check_count("k", k, len(first) - 1)
    chosen = np.zeros((2, len(first), len(first)), bool)
    for marks, vectors in zip(chosen, (first, second), strict=True):
        unit = unit_rows(vectors)
        cosine = unit @ unit.T
        np.fill_diagonal(cosine, -np.inf)
        np.put_along_axis(marks, np.argpartition(-cosine, k - 1, axis=1)[:, :k], True, axis=1)
    return float((chosen[0] & chosen[1]).sum(axis=1).mean())


def best_rotation(vectors: pd.DataFrame, reference: pd.DataFrame) -> np.ndarray:
    """A rotação (ou reflexão) que mais aproxima `vectors` de `reference`: o problema de Procrustes (Schönemann, 1966).

    Args:
        vectors, reference: tabelas (n, d) de `movie_vectors` com os mesmos filmes na mesma ordem.

    Returns:
        float64 (d, d), matriz ortogonal Q: `vectors @ Q` são os vetores girados.

    Raises:
        ArgumentError: se os filmes ou o número de coordenadas diferem.
    """
    _check_same_movies(vectors, reference)
    if vectors.shape != reference.shape:
        raise ArgumentError(f"os vetores têm {vectors.shape[1]} coordenadas e a referência, {reference.shape[1]}.")
    return orthogonal_procrustes(vectors.to_numpy(np.float64), reference.to_numpy(np.float64))[0]


def _check_same_movies(first: pd.DataFrame, second: pd.DataFrame) -> None:
    for table in (first, second):
        check_labels(table)
    if not first.index.equals(second.index):
        raise ArgumentError(
            "as duas tabelas devem ter os mesmos filmes, na mesma ordem: peça a movie_vectors os mesmos."
        )
