"""Linhas de base: o que se consegue sem aprender gosto nenhum. Um modelo que perde para elas não aprendeu nada."""

import numpy as np
import scipy.sparse as sp

from course_lib.errors import ArgumentError
from course_lib.interactions import Interactions
from course_lib.models.contract import RatingModel


class BiasBaseline(RatingModel):
    """Média global + viés do filme + viés do usuário, cada viés encolhido em direção a zero.

    O viés de um filme é a média dos desvios de suas notas em relação à média global, dividida como se houvesse
    `damping` avaliações a mais, todas na média; o do usuário, o mesmo com o que sobra. Quem tem uma só avaliação
    ganha assim um viés pequeno; quem tem trezentas, quase a própria média. (A receita é a do `BiasScorer` do LensKit;
    o encolhimento vem de Funk, 2006.) Usuário ou filme sem avaliações tem viés zero.

    Args:
        damping: avaliações fictícias por usuário e por filme; 0 dá as médias puras.
        users, movies: quais vieses usar; os dois, por padrão. Sem nenhum, resta a média global.

    Raises:
        ArgumentError: se `damping` é negativo.
    """

    def __init__(self, damping: float = 5.0, users: bool = True, movies: bool = True):
        if damping < 0:
            raise ArgumentError(f"damping={damping}: use um número maior ou igual a zero (avaliações fictícias).")
        self.damping, self.users, self.movies = damping, users, movies

    def fit(
        self, train: Interactions | np.ndarray, n_users: int | None = None, n_movies: int | None = None, catalog=None
    ) -> "BiasBaseline":
        """Calcula média e vieses.

        Args:
            train: as interações de treinamento; ou as linhas que o aluno vê, float32 (n, 3): usuário, filme e nota.
            n_users, n_movies: só para linhas, e quando há índices que não aparecem nelas.

        Returns:
            O próprio objeto, com `mean` (float), `user_bias` float64 (n_users,), `movie_bias` float64 (n_movies,) e os
            dois tamanhos, `n_users` e `n_movies`.
        """
        if not isinstance(train, Interactions):
            sizes = n_users or int(train[:, 0].max()) + 1, n_movies or int(train[:, 1].max()) + 1
            train = Interactions.from_rows(train, *sizes)
        self.n_users, self.n_movies = train.n_users, train.n_movies
        stars = train.values.astype(np.float64)
        self.mean = float(stars.mean())
        self.user_bias, self.movie_bias = np.zeros(self.n_users), np.zeros(self.n_movies)
        rest = stars - self.mean
        if self.movies:
            self.movie_bias = self._damped_mean(train.movies, rest, self.n_movies)
            rest = rest - self.movie_bias[train.movies]
        if self.users:
            self.user_bias = self._damped_mean(train.users, rest, self.n_users)
        return self

    def _damped_mean(self, index: np.ndarray, values: np.ndarray, size: int) -> np.ndarray:
        total, count = np.bincount(index, weights=values, minlength=size), np.bincount(index, minlength=size)
        return total / np.maximum(count + self.damping, 1e-12)

    def _stars(self, users, movies, times) -> np.ndarray:
        return (self.mean + self.user_bias[users] + self.movie_bias[movies]).astype(np.float32)

    def _rows(self, users: np.ndarray) -> np.ndarray:
        return self._rows_of_biases(self.user_bias[users])

    def _score_newcomers(self, history: sp.csr_array) -> np.ndarray:
        rest, n_users = history.data - self.mean - self.movie_bias[history.indices], history.shape[0]
        of_whom = np.repeat(np.arange(n_users), np.diff(history.indptr))
        return self._rows_of_biases(self._damped_mean(of_whom, rest, n_users) if self.users else np.zeros(n_users))

    def _rows_of_biases(self, bias: np.ndarray) -> np.ndarray:
        """Na linha de um usuário só o viés dele muda: a ordem dos filmes é a mesma para todos."""
        return (self.mean + bias[:, None] + self.movie_bias).astype(np.float32)
