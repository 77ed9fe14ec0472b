"""Linhas de base: o que se consegue sem aprender gosto nenhum. Um modelo que perde para elas não aprendeu nada."""

import numpy as np
import scipy.sparse as sp

from course_lib.checks import check_ids, check_pairs
from course_lib.errors import ArgumentError
from course_lib.interactions import Interactions


def sums_and_counts(index: np.ndarray, values: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Soma e número de `values` por índice: dois float64 (size,)."""
    return np.bincount(index, weights=values, minlength=size), np.bincount(index, minlength=size)


class BiasBaseline:
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
        total, count = sums_and_counts(index, values, size)
        return total / np.maximum(count + self.damping, 1e-12)

    def predict(self, users, movies, times=None) -> np.ndarray:
        """Notas previstas, float32 (n,), em estrelas, para inteiros (n,); o tempo não é usado.

        Raises:
            ArgumentError, ShapeMismatchError: ver `check_pairs`.
            IdOutOfRangeError: se algum índice não existe no modelo.
        """
        users, movies, _ = check_pairs(users, movies)
        check_ids(users, "usuário", self.n_users)
        check_ids(movies, "filme", self.n_movies)
        return (self.mean + self.user_bias[users] + self.movie_bias[movies]).astype(np.float32)

    def score(self, users, history: sp.csr_array | None = None) -> np.ndarray:
        """A linha inteira de cada usuário, em estrelas: inteiros (U,) ou `history` (U, n_movies) -> (U, n_movies).

        Na linha de um usuário só o viés dele muda: a ordem dos filmes é a mesma para todos.
        """
        bias = self.user_bias[np.asarray(users, np.int64)] if history is None else self._biases_of(history)
        return (self.mean + bias[:, None] + self.movie_bias).astype(np.float32)

    def _biases_of(self, history: sp.csr_array) -> np.ndarray:
        rest = history.data - self.mean - self.movie_bias[history.indices]
        n_users = history.shape[0]
        rows = np.repeat(np.arange(n_users), np.diff(history.indptr))
        return self._damped_mean(rows, rest, n_users) if self.users else np.zeros(n_users)
