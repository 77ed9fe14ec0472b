"""O que os modelos de lista têm em comum: de onde leem, o que conta como gosto, e a inversa que quase todos usam."""

from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from scipy.linalg import get_lapack_funcs

from course_lib.checks import as_history, as_users
from course_lib.errors import ArgumentError
from course_lib.interactions import Interactions

LIKED = 4.0  # a partir de quantas estrelas se diz que a pessoa gostou
SIGNALS = ("watched", "liked", "stars")


class ListModel:
    """Um modelo que ordena filmes a partir do que cada pessoa viu; cumpre o contrato `Model`.

    Attributes:
        train: as interações de treinamento.
        n_users, n_movies: tamanhos.
    """

    def _read(self, train: Interactions) -> Interactions:
        """Guarda o treinamento, conferido: cada par, uma vez."""
        self.train = train.refuse_repeated_pairs()
        self.n_users, self.n_movies = train.n_users, train.n_movies
        return train

    def _histories(self, users, history) -> sp.csr_array:
        """O que se sabe de cada pessoa pedida: esparsa (U, n_movies), as notas do treinamento ou o que foi dado."""
        if history is None:
            return self.train.history(self._checked_users(users))
        return as_history(history, self.n_movies)

    def _checked_users(self, users) -> np.ndarray:
        return as_users(users, self.n_users)


def refuse_without_dates(train: Interactions, who: str) -> None:
    """Recusa linhas sem data, para os modelos que leem a ordem."""
    if train.times is None:
        raise ArgumentError(
            f"{who} precisa da data de cada avaliação, que estas linhas não trazem.\n"
            "Dê um índice ou uma máscara, e não linhas (n, 3): train_model(…, data, train), ou "
            "fit(data.select(train), data)."
        )


def signal(history: sp.csr_array, kind: str) -> sp.csr_array:
    """O que se lê de um histórico: "watched", 1 em tudo o que viu; "liked", 1 no que levou 4 estrelas; "stars", a nota.

    Raises:
        ArgumentError: se `kind` não é um dos três.
    """
    check_signal(kind)
    if kind == "stars":
        return history
    if kind == "watched":
        return sp.csr_array((np.ones_like(history.data), history.indices, history.indptr), shape=history.shape)
    return (history >= LIKED).astype(history.dtype)  # uma matriz nova: a do histórico é partilhada


def training_signal(train: Interactions, kind: str) -> sp.csr_array:
    """O `signal` do treinamento.

    Raises:
        ArgumentError: se ninguém deu 4 estrelas a nada, e de "liked" não haveria o que aprender.
    """
    chosen = signal(train.history(), kind)
    if not chosen.nnz:
        raise ArgumentError(f"nada no treinamento chega a {LIKED:g} estrelas: de 'liked' não há o que aprender.")
    return chosen


def check_signal(kind: str) -> None:
    if kind not in SIGNALS:
        raise ArgumentError(f"{kind!r}: o que se lê de um histórico é um de {', '.join(map(repr, SIGNALS))}.")


def only_movies(rows: Interactions, movies: np.ndarray) -> Interactions:
    """As avaliações destes filmes só, int64 (m,), renumerados de 0 a m - 1 na ordem em que vêm."""
    position = np.full(rows.n_movies, -1)
    position[movies] = np.arange(len(movies))
    rows = rows.select(position[rows.movies] >= 0)
    return replace(rows, movies=position[rows.movies], n_movies=len(movies))


def rest_last(points: np.ndarray, movies: np.ndarray, n_movies: int) -> np.ndarray:
    """Os pontos de alguns filmes, (U, m), entre os de todos, (U, n_movies): os outros empatam no fim da lista."""
    scores = np.repeat(points.min(axis=1, keepdims=True) - 1, n_movies, axis=1)
    scores[:, movies] = points
    return scores


def inverse_by_cholesky(matrix: np.ndarray) -> np.ndarray:
    """A inversa de uma matriz simétrica e positiva definida, (n, n), que pode ser **sobrescrita**.

    Pelo fator de Cholesky (`potrf`, `potri`), em metade das contas e metade da memória de `np.linalg.inv`.
    """
    potrf, potri = get_lapack_funcs(("potrf", "potri"), (matrix,))
    matrix = np.ascontiguousarray(matrix)  # a transposta, que é igual, fica então na ordem do Fortran: nada se copia
    _, info = potrf(matrix.T, lower=1, clean=0, overwrite_a=1)
    if not info:
        _, info = potri(matrix.T, lower=1, overwrite_c=1)
    if info:
        raise ArgumentError("a matriz não é positiva definida: use um l2 maior.")
    for row in range(len(matrix)):  # o LAPACK só preenche um triângulo
        matrix[row + 1 :, row] = matrix[row, row + 1 :]
    return matrix
