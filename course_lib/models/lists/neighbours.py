"""Vizinhos: gente parecida comigo, ou filmes parecidos com os que vi (Sarwar et al., 2001)."""

from itertools import pairwise

import numpy as np
import scipy.sparse as sp

from course_lib.errors import ArgumentError
from course_lib.interactions import Interactions
from course_lib.models.lists.base import ListModel, check_signal, signal, training_signal


class Neighbours(ListModel):
    """O que os dois vizinhos têm em comum: a semelhança é um cosseno, encolhido onde poucos concordam.

    Com dois filmes em comum, um cosseno pode ser 1 por acaso. Somar `shrink` ao denominador custa pouco a quem tem
    muito em comum, e quase tudo a quem tem pouco.

    Args:
        shrink: quanto se soma ao denominador do cosseno.
        weights: em que se mede a semelhança, "watched", "liked" ou "stars".
    """

    def __init__(self, shrink: float, weights: str):
        if shrink < 0:
            raise ArgumentError(f"shrink={shrink}: o encolhimento não é negativo.")
        check_signal(weights)
        self.shrink, self.weights = shrink, weights

    def _likeness(self, rows: sp.csr_array, others: sp.csr_array) -> sp.csr_array:
        """Cosseno encolhido entre as linhas de duas matrizes esparsas."""
        common = rows @ others.T
        row_norms, other_norms = (np.sqrt(matrix.power(2).sum(axis=1)) for matrix in (rows, others))
        # Linha a linha, porque de uma vez só os temporários seriam tão grandes quanto a matriz.
        for norm, (start, end) in zip(row_norms, pairwise(common.indptr.tolist()), strict=True):
            common.data[start:end] /= norm * other_norms[common.indices[start:end]] + np.float32(self.shrink)
        return common


class UserKNN(Neighbours):
    """Um filme pontua pelo que se parecem comigo as pessoas que o viram.

    Args:
        shrink, weights: ver `Neighbours`.
        power: expoente da semelhança; acima de 1, os mais parecidos pesam mais, sem escolher quantos.
    """

    def __init__(self, shrink: float = 0.0, power: float = 3.0, weights: str = "stars"):
        super().__init__(shrink, weights)
        if power <= 0:
            raise ArgumentError(f"power={power}: use um expoente maior que zero.")
        self.power = power

    def fit(self, train: Interactions, catalog=None) -> "UserKNN":
        self.seen = training_signal(self._read(train), self.weights)
        return self

    def score(self, users, history=None) -> np.ndarray:
        """Pontos de todos os filmes, float32 (U, n_movies)."""
        known = signal(self._histories(users, history), self.weights)
        likeness = self._likeness(known, self.seen).toarray() ** np.float32(self.power)
        if history is None:  # ninguém é vizinho de si mesmo
            likeness[np.arange(len(likeness)), self._checked_users(users)] = 0
        return likeness @ self.seen


class ItemKNN(Neighbours):
    """Um filme pontua pelo que se parece com os que vi: quem gostou de um costuma gostar do outro.

    Args:
        shrink, weights: ver `Neighbours`.
        n_neighbours: quantos vizinhos, os mais parecidos, dão pontos a cada filme; None, todos. Milhares de pequenas
            semelhanças, somadas, só contariam quanta gente viu cada filme.
        reads: o que se lê do histórico de quem recebe a lista, como `weights`.
    """

    def __init__(
        self, shrink: float = 10.0, n_neighbours: int | None = 100, weights: str = "liked", reads: str = "stars"
    ):
        super().__init__(shrink, weights)
        if n_neighbours is not None and n_neighbours < 1:
            raise ArgumentError(f"n_neighbours={n_neighbours}: use pelo menos um vizinho, ou None para todos.")
        check_signal(reads)
        self.n_neighbours, self.reads = n_neighbours, reads

    def fit(self, train: Interactions, catalog=None) -> "ItemKNN":
        """Mede as semelhanças: o próprio objeto, com `likeness`, esparsa (n_movies, n_movies), coluna o recomendado."""
        movies = training_signal(self._read(train), self.weights).T.tocsr()
        likeness = self._likeness(movies, movies)
        likeness -= sp.diags_array(likeness.diagonal())  # `setdiag` incluiria, um a um, os que ninguém viu
        if self.n_neighbours is not None:
            likeness = _largest_of_each(likeness, self.n_neighbours).T.tocsr()
        self.likeness = likeness
        return self

    def score(self, users, history=None) -> np.ndarray:
        """Pontos de todos os filmes, float32 (U, n_movies)."""
        return (signal(self._histories(users, history), self.reads) @ self.likeness).toarray()


def _largest_of_each(matrix: sp.csr_array, n_kept: int) -> sp.csr_array:
    """A matriz só com os `n_kept` maiores valores de cada linha; no empate, os de menor índice."""
    matrix.sort_indices()
    rows = zip(matrix.indptr[:-1], np.split(matrix.data, matrix.indptr[1:-1]), strict=True)
    kept = np.concatenate([start + np.argsort(-row, kind="stable")[:n_kept] for start, row in rows])
    starts = np.append(0, np.minimum(np.diff(matrix.indptr), n_kept).cumsum())
    return sp.csr_array((matrix.data[kept], matrix.indices[kept], starts), shape=matrix.shape)
