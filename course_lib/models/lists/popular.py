"""A lista que é a mesma para todos: a linha de base de quem recomenda."""

import numpy as np

from course_lib.interactions import Interactions
from course_lib.models.lists.base import ListModel


class MostPopular(ListModel):
    """Recomenda a todos os mesmos filmes, os mais avaliados no treinamento. Não prevê notas: só ordena."""

    def fit(self, train: Interactions, catalog=None) -> "MostPopular":
        """Conta as avaliações de cada filme: o próprio objeto, com `n_ratings`, int64 (n_movies,)."""
        self._read(train)
        self.n_ratings = np.bincount(train.movies, minlength=train.n_movies)
        return self

    def score(self, users, history=None) -> np.ndarray:
        """Os pontos de cada filme, iguais para todos: float32 (U, n_movies), em avaliações."""
        n_people = self._histories(users, history).shape[0]
        return np.tile(self.n_ratings.astype(np.float32), (n_people, 1))
