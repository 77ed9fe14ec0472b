"""Vizinhos: gente parecida comigo, ou filmes parecidos com os que vi (Sarwar et al., 2001)."""

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
        power: expoente da semelhança; acima de 1, os mais parecidos pesam mais, sem escolher quantos.
        weights: o que se lê do histórico, "watched", "liked" ou "stars".
    """

    def __init__(self, shrink: float = 0.0, power: float = 1.0, weights: str = "watched"):
        if shrink < 0 or power <= 0:
            raise ArgumentError(
                f"shrink={shrink} e power={power}: o encolhimento não é negativo, e o expoente é positivo."
            )
        check_signal(weights)
        self.shrink, self.power, self.weights = shrink, power, weights

    def _likeness(self, rows: sp.csr_array, others: sp.csr_array) -> sp.csr_array:
        """Cosseno encolhido entre as linhas de duas matrizes esparsas, elevado a `power`."""
        common = (rows @ others.T).tocoo()
        row_norms, other_norms = (np.sqrt(matrix.power(2).sum(axis=1)) for matrix in (rows, others))
        common.data /= row_norms[common.row] * other_norms[common.col] + np.float32(self.shrink)
        common.data **= self.power
        return common.tocsr()


class UserKNN(Neighbours):
    """Um filme pontua pelo que se parecem comigo as pessoas que o viram."""

    def __init__(self, shrink: float = 0.0, power: float = 3.0, weights: str = "stars"):
        super().__init__(shrink, power, weights)

    def fit(self, train: Interactions, catalog=None) -> "UserKNN":
        self.seen = training_signal(self._read(train), self.weights)
        return self

    def score(self, users, history=None) -> np.ndarray:
        """Pontos de todos os filmes, float32 (U, n_movies)."""
        likeness = self._likeness(signal(self._histories(users, history), self.weights), self.seen).tolil()
        if history is None:  # ninguém é vizinho de si mesmo
            likeness[np.arange(len(likeness.rows)), self._checked_users(users)] = 0
        return (likeness.tocsr() @ self.seen).toarray()


class ItemKNN(Neighbours):
    """Um filme pontua pelo que se parece com os que vi: quem viu um costuma ter visto o outro.

    Args:
        reads: que vistos meus contam, se não são os de `weights`; com "liked", parecer-se com um de que não gostei
            não ajuda.
    """

    def __init__(self, shrink: float = 700.0, power: float = 1.0, weights: str = "stars", reads: str | None = None):
        super().__init__(shrink, power, weights)
        self.reads = reads or weights
        check_signal(self.reads)

    def fit(self, train: Interactions, catalog=None) -> "ItemKNN":
        movies = training_signal(self._read(train), self.weights).T.tocsr()
        self.likeness = self._likeness(movies, movies)
        self.likeness.setdiag(0)
        return self

    def score(self, users, history=None) -> np.ndarray:
        """Pontos de todos os filmes, float32 (U, n_movies)."""
        return (signal(self._histories(users, history), self.reads) @ self.likeness).toarray()
