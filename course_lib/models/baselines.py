"""Linhas de base: o que se consegue sem aprender gosto nenhum. Um modelo que perde para elas não aprendeu nada."""

import numpy as np

from course_lib.errors import ArgumentError


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

    def fit(self, ratings: np.ndarray, n_users: int | None = None, n_movies: int | None = None) -> "BiasBaseline":
        """Calcula média e vieses.

        Args:
            ratings: float32 (n, 3): usuário, filme e nota.
            n_users, n_movies: tamanhos, quando há índices que não aparecem em `ratings`.

        Returns:
            O próprio objeto, com `mean` (float), `user_bias` float64 (n_users,), `movie_bias` float64 (n_movies,) e os
            dois tamanhos, `n_users` e `n_movies`.
        """
        user, movie = ratings[:, 0].astype(np.int64), ratings[:, 1].astype(np.int64)
        score = ratings[:, 2].astype(np.float64)
        self.n_users = n_users = n_users or int(user.max()) + 1
        self.n_movies = n_movies = n_movies or int(movie.max()) + 1
        self.mean = float(score.mean())
        self.user_bias, self.movie_bias = np.zeros(n_users), np.zeros(n_movies)
        rest = score - self.mean
        if self.movies:
            self.movie_bias = self._damped_mean(movie, rest, n_movies)
            rest = rest - self.movie_bias[movie]
        if self.users:
            self.user_bias = self._damped_mean(user, rest, n_users)
        return self

    def _damped_mean(self, index: np.ndarray, values: np.ndarray, size: int) -> np.ndarray:
        total, count = sums_and_counts(index, values, size)
        return total / np.maximum(count + self.damping, 1e-12)

    def predict(self, users: np.ndarray, movies: np.ndarray) -> np.ndarray:
        """Notas previstas, float32 (n,), a partir de dois inteiros (n,)."""
        users, movies = np.asarray(users, np.int64), np.asarray(movies, np.int64)
        return (self.mean + self.user_bias[users] + self.movie_bias[movies]).astype(np.float32)

    def predict_all(self, users: np.ndarray) -> np.ndarray:
        """A linha inteira de cada usuário: inteiros (U,) para float32 (U, n_movies)."""
        users = np.asarray(users, np.int64)
        return (self.mean + self.user_bias[users, None] + self.movie_bias[None, :]).astype(np.float32)
