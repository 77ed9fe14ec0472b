"""Quanto dois usuários se parecem, aos olhos de um filme: é o que o `KernelModel` pergunta para saber quem ouvir."""

import numpy as np

from course_lib.interactions import Interactions, sparse
from course_lib.models.als import ALS
from course_lib.models.rating_history import EXTRA_WEIGHT

EXTRA_LENGTH = 0.1  # somado ao quadrado do comprimento dos vetores: de quem deu poucas notas, o cosseno encolhe


class UserKernel:
    """O kernel entre usuários: gostos parecidos, segundo o ALS, e históricos parecidos.

    O filme em questão não conta no histórico de ninguém: quem o avaliou no treinamento o tem em comum com todos os
    outros que o avaliaram, e aquele de quem se quer prever a nota não o tem.

    Args:
        train: as interações de treinamento; o ALS, de 16 fatores, treina nelas. Guarda-se uma matriz
            n_users × n_users.
    """

    def __init__(self, train: Interactions):
        vectors = ALS(n_factors=16, seed=0).fit(train).users[:, 1:].numpy()
        self._vectors = vectors / np.sqrt((vectors**2).sum(axis=1, keepdims=True) + EXTRA_LENGTH)
        # Um filme que trezentos viram diz pouco sobre cada um: pesa 1/√(número de avaliações dele).
        n_raters = np.bincount(train.movies, minlength=train.n_movies)
        self._squared_weight = (1 / np.maximum(n_raters, 1)).astype(np.float32)
        weights = np.sqrt(self._squared_weight[train.movies])
        history = sparse(weights, train.users, train.movies, (train.n_users, train.n_movies))
        self._common = (history @ history.T).toarray()

    def __call__(self, movie: int, users: np.ndarray, raters: np.ndarray, known: bool = False) -> np.ndarray:
        """Covariância esperada, em estrelas², entre os desvios que o filme provoca em dois usuários.

        Args:
            movie: índice do filme.
            users: int64 (q,), usuários de quem se quer o desvio.
            raters: int64 (n,), usuários que avaliaram o filme no treinamento.
            known: se `users` também estão entre eles.

        Returns:
            float32 (q, n).
        """
        own = self._squared_weight[movie]
        of_users = self._common[users, users] - own * known + EXTRA_WEIGHT
        of_raters = self._common[raters, raters] - own + EXTRA_WEIGHT
        history = (self._common[np.ix_(users, raters)] - own * known) / np.sqrt(np.multiply.outer(of_users, of_raters))
        return 0.2 * self._vectors[users] @ self._vectors[raters].T + 0.5 * history
