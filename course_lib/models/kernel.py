"""O modelo de uma página: regressão ridge com kernel, um usuário de cada vez, sem rede e sem gradiente.

A nota prevista é a média encolhida do filme mais o *gosto* do usuário por ele. O gosto é uma média ponderada dos
desvios do próprio usuário em outros filmes, e quem dá os pesos é o kernel: quanto se espera que dois desvios do
mesmo usuário andem juntos. Filmes do mesmo gênero, da mesma época, vistos pelo mesmo público... e, se for permitido
olhar o relógio, avaliados no mesmo momento: o humor do dia.

A mesma regressão, deitada, dá o *eco*: o que o filme provocou, além de sua média, em usuários parecidos com este.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import scipy.sparse as sp
from scipy.linalg import cho_factor, cho_solve

from course_lib.interactions import Interactions, positions_by_id
from course_lib.models.contract import RatingModel
from course_lib.models.features import movie_features, spread
from course_lib.models.rating_history import Comparison, RatingHistory
from course_lib.models.user_kernel import UserKernel

PRIOR_WEIGHT = 20.0  # L2 da regressão que diz quanto esperar de um filme antes de qualquer nota


class KernelModel(RatingModel):
    """Médias de filmes encolhidas + uma regressão ridge com kernel por usuário, e uma por filme.

    De um usuário sem avaliações não há gosto nem eco: recebe a média do filme.

    É um processo gaussiano aditivo, ajustado em bloco: fixado o resto, o gosto de cada usuário sai de um sistema linear
    do tamanho do número de suas avaliações; o eco de cada filme, de um do tamanho do número das dele; e a média de cada
    filme, de uma divisão. Três voltas bastam. (Rasmussen & Williams, *Gaussian Processes for Machine Learning*, 2006,
    cap. 2.)

    Args:
        use_time: se o momento da avaliação entra no kernel. Supõe uma divisão ao acaso; numa divisão por data,
            as avaliações vizinhas no tempo também estariam escondidas.
        noise: variância do que não é gosto, em estrelas²; os pesos do kernel estão na mesma unidade.
        damping: avaliações fictícias com que se encolhe a média de cada filme.
        n_sweeps: voltas entre médias, usuários e filmes.
    """

    def __init__(self, use_time: bool = False, noise: float = 1.0, damping: float = 5.0, n_sweeps: int = 3):
        self.use_time, self.noise, self.damping, self.n_sweeps = use_time, noise, damping, n_sweeps

    def fit(self, train: Interactions, catalog) -> "KernelModel":
        """Ajusta o modelo.

        Args:
            train, catalog: como em `RatingHistory`.

        Returns:
            O próprio objeto, com `movie_mean` float64 (n_movies,) em estrelas, e `weights` e `echo_weights` float32
            (n,): quanto pesa cada avaliação de treinamento no gosto de quem a fez e no eco do filme.
        """
        self.past = past = RatingHistory(train, catalog, self.use_time)
        self.n_users, self.n_movies = train.n_users, train.n_movies
        log_count = np.log1p(past.n_raters)
        self._raters = dict(positions_by_id(past.rows.movies))
        self._user_kernel = UserKernel(past.rows)
        self._log_count = log_count.mean(), spread(log_count) + 1e-9
        popularity = (log_count - log_count.mean()) / self._log_count[1]
        features = np.column_stack([movie_features(catalog), popularity, np.ones(self.n_movies)])
        rows = past.rows
        of_users, of_movies = self._factored(self._users_kernels()), self._factored(self._movies_kernels())
        taste = echo = np.zeros(len(rows), np.float32)
        for _ in range(self.n_sweeps):
            self.movie_mean = self._movie_means(rows.values - taste - echo, features)
            rest = (rows.values - self.movie_mean[rows.movies]).astype(np.float32)
            self.weights, taste = self._regress(of_users, rest - echo)
            self.echo_weights, echo = self._regress(of_movies, rest - taste)
        return self

    def _factored(self, kernels: Iterable) -> list[tuple]:
        """O fator de Cholesky de cada kernel, com o ruído na diagonal: é o que custa, e serve a todas as voltas.

        Recebe pares (índice das avaliações de um bloco, kernel float32 (n, n) entre elas); devolve (índice, fator).
        """
        factored = []
        for block, kernel in kernels:
            kernel[np.diag_indices_from(kernel)] += self.noise
            factored.append((block, cho_factor(kernel, overwrite_a=True, check_finite=False)))
        return factored

    def _regress(self, factored: list[tuple], rest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Uma regressão ridge por bloco de `_factored`; `rest`, float32 (n,), é o que explicar em cada avaliação.

        Devolve o peso de cada avaliação, e o quanto de `rest` ficou explicado: dois float32 (n,).
        """
        weights = np.zeros_like(rest)
        for block, factor in factored:
            weights[block] = cho_solve(factor, rest[block], check_finite=False)
        return weights, rest - self.noise * weights

    def _users_kernels(self) -> Iterator[tuple[slice, np.ndarray]]:
        rows = self.past.rows
        for user in np.flatnonzero(self.past.n_ratings):
            own = rows.of_user(user)
            times = rows.times[own] if self.use_time else None
            yield own, self._kernel(self.past.compare(user, rows.movies[own], times))

    def _movies_kernels(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for movie, raters in self._raters.items():
            users = self.past.rows.users[raters]
            yield raters, self._user_kernel(movie, users, users, known=True)

    def _movie_means(self, ratings: np.ndarray, features: np.ndarray) -> np.ndarray:
        """Média de cada filme, encolhida em direção ao que se espera de seu gênero, ano e popularidade.

        `ratings` são as notas menos o gosto de quem as deu. A expectativa é uma regressão ridge em que cada filme pesa
        n·d/(n + d): um filme com muitas notas não conta mais do que d (`damping`) delas.
        """
        movies, count = self.past.rows.movies, self.past.n_raters
        total = np.bincount(movies, ratings, minlength=self.n_movies) - count * ratings.mean()
        shrink = self.damping / (count + self.damping)
        gram = features.T @ (features * (count * shrink)[:, None]) + PRIOR_WEIGHT * np.eye(features.shape[1])
        expected = features @ np.linalg.solve(gram, features.T @ (total * shrink))
        return ratings.mean() + expected + (total - count * expected) / (count + self.damping)

    def _kernel(self, c: Comparison) -> np.ndarray:
        """Covariância esperada, em estrelas², entre os desvios do usuário: float32 (q, n)."""
        year = np.exp(c.years / -15)
        center, scale = self._log_count
        popularity = np.multiply.outer((c.popularity - center) / scale, (c.past_popularity - center) / scale)
        kernel = 0.4 + 0.1 * c.genre + 0.15 * year + 0.05 * popularity + 0.2 * c.audience
        if c.seconds is not None:
            mood = 0.25 * np.exp(c.seconds / -2000) + 0.2 * np.exp(c.seconds / -100)
            kernel += mood + np.exp(c.between / -40) * (0.1 * c.genre + 0.1 * year + 0.1 * c.audience)
        return kernel.astype(np.float32, copy=False)

    def _stars(self, users, movies, times) -> np.ndarray:
        prediction, rows = self.movie_mean[movies], self.past.rows
        for user, where in positions_by_id(users):
            when = None if times is None else times[where]
            prediction[where] += (
                self._kernel(self.past.compare(user, movies[where], when)) @ self.weights[rows.of_user(user)]
            )
        for movie, where in positions_by_id(movies):
            if movie in self._raters:
                raters = self._raters[movie]
                prediction[where] += (
                    self._user_kernel(movie, users[where], rows.users[raters]) @ self.echo_weights[raters]
                )
        return prediction.astype(np.float32)

    def _score_newcomers(self, history: sp.csr_array) -> np.ndarray:
        """De quem é só um histórico, o gosto sai da mesma regressão; o eco, que pede um vetor do ALS, fica de fora."""
        everything, rows = np.arange(self.n_movies), np.empty(history.shape, np.float32)
        for row, start, end in zip(rows, history.indptr[:-1], history.indptr[1:], strict=True):
            past, stars = history.indices[start:end].astype(np.int64), history.data[start:end]
            gram = self._kernel(self.past.compare_movies(past, past))
            gram[np.diag_indices_from(gram)] += self.noise
            weights = np.linalg.solve(gram, stars - self.movie_mean[past])
            row[:] = self.movie_mean + self._kernel(self.past.compare_movies(everything, past)) @ weights
        return rows
