"""Um modelo de filme a filme tão pequeno que cabe numa página: poucos pesos por filme, e inteiros."""

import copy

import numpy as np

from course_lib.errors import ArgumentError
from course_lib.interactions import Interactions, sparse
from course_lib.models.lists.base import ListModel, only_movies, signal
from course_lib.models.lists.ease import EASE
from course_lib.models.lists.neighbours import ItemKNN

LARGEST = 127  # um peso cabe num byte; dez meias estrelas vezes isto, treze mil vezes, ainda são exatas em float32
OUTSIDE = -(2**24)


class FewWeights(ListModel):
    """Os pesos de um `EASE` ou de um `ItemKNN` entre os filmes mais vistos, só os maiores de cada um, arredondados.

    Os pontos são somas de inteiros, com as notas em meias estrelas, e não passam do que um float32 guarda exatamente.
    São iguais em toda máquina e em toda linguagem: a página "O que eu veria?", que os calcula no navegador, dá a mesma
    lista que `top_k`. Guardam-se os maiores pesos, e não os maiores em módulo, porque é do topo que sai a lista.

    Args:
        base: o modelo de que saem os pesos, por ajustar; não é alterado.
        n_kept: quantos filmes ficam, dos mais vistos em diante.
        n_weights: quantos pesos ficam em cada filme.

    Raises:
        ArgumentError: se `base` não é de filme a filme, ou se os números não são positivos.
    """

    def __init__(self, base: EASE | ItemKNN, n_kept: int = 2000, n_weights: int = 100):
        if not isinstance(base, EASE | ItemKNN) or n_kept < 1 or n_weights < 1:
            raise ArgumentError(
                f"FewWeights({type(base).__name__}, n_kept={n_kept}, n_weights={n_weights}): dê um EASE ou um ItemKNN, "
                "e números maiores que zero."
            )
        self.base, self.n_kept, self.n_weights = base, n_kept, n_weights

    def fit(self, train: Interactions, catalog=None) -> "FewWeights":
        """Escolhe os filmes e os pesos.

        Returns:
            O próprio objeto, com `movies` int64 (m,), os filmes que ficaram, em ordem; `sources` e `weights` int64
            (m, n_weights): de que filmes (posição em `movies`) cada um recebe pontos, e quantos por meia estrela.
        """
        self._read(train)
        n_seen = np.bincount(train.movies, minlength=self.n_movies)
        self.movies = np.sort(np.argsort(-n_seen, kind="stable")[: self.n_kept])
        whole = self._all_weights(train)
        n_weights = min(self.n_weights, len(self.movies))
        self.sources = np.sort(np.argsort(-whole, axis=0, kind="stable")[:n_weights], axis=0).T
        kept = np.take_along_axis(whole.T, self.sources, axis=1)
        self.weights = np.rint(kept * (LARGEST / max(np.abs(kept).max(), 1e-12))).astype(np.int64)
        entries = self.movies[self.sources.ravel()], np.repeat(self.movies, n_weights)
        self.matrix = sparse(self.weights.ravel(), *entries, (self.n_movies, self.n_movies))
        return self

    def _all_weights(self, train: Interactions) -> np.ndarray:
        """Pesos entre os filmes que ficaram, (m, m): linha, o que se viu; coluna, o que se recomenda."""
        base = copy.copy(self.base)
        base.side, base.top = "movies", None  # do EASE, que assim forma a tabela; o ItemKNN não os lê
        base.fit(only_movies(train, self.movies))
        return base.weights_ if isinstance(base, EASE) else base.likeness.toarray()

    def score(self, users, history=None) -> np.ndarray:
        """Pontos de todos os filmes, float32 (U, n_movies), inteiros; quem ficou fora vem por último."""
        halves = signal(self._histories(users, history), getattr(self.base, "reads", self.base.weights)) * 2
        points = np.full(halves.shape, OUTSIDE, np.float32)
        points[:, self.movies] = (halves.rint().astype(np.int64) @ self.matrix)[:, self.movies].toarray()
        return points
