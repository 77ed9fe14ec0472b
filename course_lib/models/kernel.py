"""O modelo de uma página: regressão ridge com kernel, um usuário de cada vez, sem rede e sem gradiente.

A nota prevista é a média encolhida do filme mais o *gosto* do usuário por ele. O gosto é uma média ponderada dos
desvios do próprio usuário em outros filmes, e quem dá os pesos é o kernel: quanto se espera que dois desvios do
mesmo usuário andem juntos. Filmes do mesmo gênero, da mesma época, vistos pelo mesmo público... e, se for permitido
olhar o relógio, avaliados no mesmo momento: o humor do dia.

A mesma regressão, deitada, dá o *eco*: o que o filme provocou, além de sua média, em usuários parecidos com este.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from course_lib.datasets.features import movie_features, positions_by_id, spread
from course_lib.models.company import Company
from course_lib.models.past import Comparison, Past

PRIOR_WEIGHT = 20.0  # L2 da regressão que diz quanto esperar de um filme antes de qualquer nota


class KernelModel:
    """Médias de filmes encolhidas + uma regressão ridge com kernel por usuário, e uma por filme.

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

    def fit(self, data, train) -> "KernelModel":
        """Ajusta o modelo.

        Args:
            data: um `MovieLens`.
            train: índice (n,), máscara ou linhas (n, 3), como em `training_rows`; `use_time` pede os dois primeiros.

        Returns:
            O próprio objeto, com `movie_mean` float64 (n_movies,) em estrelas, e `weights` e `echo_weights` float32
            (n,): quanto pesa cada avaliação de treinamento no gosto de quem a fez e no eco do filme.
        """
        self.past = past = Past(data, train, self.use_time)
        self.rating_scale, self.n_users, self.n_movies = data.rating_scale, data.n_users, data.n_movies
        log_count = np.log1p(past.n_raters)
        self._raters = dict(positions_by_id(past.rows.movies))
        self._company = Company(data, train, past)
        self._log_count = log_count.mean(), spread(log_count) + 1e-9
        popularity = (log_count - log_count.mean()) / self._log_count[1]
        features = np.column_stack([movie_features(data), popularity, np.ones(data.n_movies)])
        rows = past.rows
        of_users, of_movies = self._factored(self._users_kernels()), self._factored(self._movies_kernels())
        taste = echo = np.zeros(len(rows), np.float32)
        for _ in range(self.n_sweeps):
            self.movie_mean = self._movie_means(rows.ratings - taste - echo, features)
            rest = (rows.ratings - self.movie_mean[rows.movies]).astype(np.float32)
            self.weights, taste = self._regress(of_users, rest - echo)
            self.echo_weights, echo = self._regress(of_movies, rest - taste)
        return self

    def _factored(self, kernels: Iterable) -> list[tuple]:
        """O fator de Cholesky de cada kernel, com o ruído na diagonal: é o que custa, e serve a todas as voltas.

        Args:
            kernels: pares (índice das avaliações de um bloco, kernel float32 (n, n) entre elas).

        Returns:
            Pares (índice, fator); ao todo, 4 bytes por elemento dos kernels.
        """
        factored = []
        for block, kernel in kernels:
            kernel[np.diag_indices_from(kernel)] += self.noise
            factored.append((block, cho_factor(kernel, overwrite_a=True, check_finite=False)))
        return factored

    def _regress(self, factored: list[tuple], rest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Uma regressão ridge por bloco de avaliações.

        Args:
            factored: como os devolve `_factored`.
            rest: float32, o que explicar em cada avaliação, em estrelas.

        Returns:
            O peso de cada avaliação, e o quanto de `rest` ficou explicado; os dois com a forma de `rest`.
        """
        weights = np.zeros_like(rest)
        for block, factor in factored:
            weights[block] = cho_solve(factor, rest[block], check_finite=False)
        return weights, rest - self.noise * weights

    def _users_kernels(self) -> Iterator[tuple[slice, np.ndarray]]:
        rows = self.past.rows
        for user in np.flatnonzero(self.past.n_ratings):
            own = rows.of_user(user)
            times = rows.timestamps[own] if self.use_time else None
            yield own, self._kernel(self.past.compare(user, rows.movies[own], times))

    def _movies_kernels(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for movie, raters in self._raters.items():
            users = self.past.rows.users[raters]
            yield raters, self._company.kernel(movie, users, users, known=True)

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
        if self.use_time:
            mood = 0.25 * np.exp(c.seconds / -2000) + 0.2 * np.exp(c.seconds / -100)
            kernel += mood + np.exp(c.between / -40) * (0.1 * c.genre + 0.1 * year + 0.1 * c.audience)
        return kernel.astype(np.float32, copy=False)

    def predict(self, users, movies, timestamps=None) -> np.ndarray:
        """Notas previstas, float32 (n,), aparadas à escala dos dados.

        Args:
            users, movies: inteiros (n,). De um usuário sem avaliações não há gosto nem eco: recebe a média do filme.
            timestamps: segundos desde 1970, (n,); só com `use_time`.

        Raises:
            ShapeMismatchError, ArgumentError: ver `Past.check_pairs`.
        """
        users, movies, timestamps = self.past.check_pairs(users, movies, timestamps)
        prediction = self.movie_mean[movies]
        for user, where in positions_by_id(users):
            times = None if timestamps is None else timestamps[where]
            kernel = self._kernel(self.past.compare(user, movies[where], times))
            prediction[where] += kernel @ self.weights[self.past.rows.of_user(user)]
        known = np.flatnonzero(users < self.n_users)  # quem chegou depois do treinamento não se parece com ninguém
        for movie, chosen in positions_by_id(movies[known]):
            if movie in self._raters:
                where, raters = known[chosen], self._raters[movie]
                kernel = self._company.kernel(movie, users[where], self.past.rows.users[raters])
                prediction[where] += kernel @ self.echo_weights[raters]
        return np.clip(prediction, *self.rating_scale).astype(np.float32)
