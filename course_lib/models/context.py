"""O contexto de uma avaliação: o que as *outras* notas do usuário, e as outras notas do filme, dizem dela."""

import numpy as np

from course_lib.errors import ArgumentError
from course_lib.interactions import Interactions, positions_by_id, sparse
from course_lib.models.baselines import BiasBaseline
from course_lib.models.contract import asked_pairs
from course_lib.models.rating_history import Comparison, RatingHistory

DAY, YEAR = 86_400.0, 31_557_600.0
GROUPS = ("genre", "year", "popularity", "audience", "user", "movie", "catalog", "moment")


class Context:
    """Calcula, para cada par (usuário, filme), um vetor de números que uma rede pode ler.

    O principal são médias de desvios (nota menos a média do filme) das outras avaliações do usuário, ponderadas por uma
    semelhança com o filme em questão, e quanto peso cada média juntou. A nota do próprio par, se está no treinamento,
    nunca entra: o vetor de um par conhecido e o de um par por prever são feitos do mesmo modo, e o que a rede aprende
    em um vale no outro.

    Args:
        train, catalog, use_time: como em `RatingHistory`.
        groups: quais grupos de números incluir, dentre `GROUPS`; "moment" só entra com `use_time`. É o que se tira, um
            por vez, para saber quanto vale cada um (ablação).
    """

    def __init__(self, train: Interactions, catalog, use_time: bool = False, groups: tuple[str, ...] = GROUPS):
        self.past, self.use_time = RatingHistory(train, catalog, use_time), use_time
        self.n_users, self.n_movies = train.n_users, train.n_movies
        self.groups = tuple(group for group in groups if use_time or group != "moment")
        rows, past = self.past.rows, self.past
        # Cada viés sem o outro: os desvios do que um par consulta não dependem, assim, da nota do próprio par.
        movie = BiasBaseline(users=False).fit(rows)
        user = BiasBaseline(movies=False).fit(rows)
        known = past.years > 0
        self.years = np.where(known, past.years, past.years[known].mean() if known.any() else 0)
        self.mean, self.top = movie.mean, catalog.rating_scale[1]
        self.from_movie = (rows.values - movie.mean - movie.movie_bias[rows.movies]).astype(np.float32)
        from_user = rows.values - user.mean - user.user_bias[rows.users]
        self.movie_sum = np.bincount(rows.movies, from_user, minlength=past.n_movies)
        self.movie_squares = np.bincount(rows.movies, from_user**2, minlength=past.n_movies)
        self.from_user = from_user.astype(np.float32)
        self._prepare_viewers(rows, from_user)

    def _prepare_viewers(self, rows: Interactions, from_user: np.ndarray) -> None:
        """Matrizes esparsas com que `_movie_columns` pondera os espectadores de um filme pelo que viram em comum."""
        share = 1 / self.past.n_raters[rows.movies]  # um filme que todos viram aproxima pouco duas pessoas
        size = np.bincount(rows.users, share, minlength=self.n_users)
        norm = 1 / np.sqrt(size[rows.users] - share + 0.01)
        shape = (self.n_movies, self.n_users)
        self.watched = sparse(np.sqrt(share), rows.users, rows.movies, shape[::-1])
        self.viewer_sums = []
        for values in (norm, norm * from_user):
            matrix = sparse(values, rows.movies, rows.users, shape)
            self.viewer_sums.append((matrix, matrix.sum(axis=1), values))

    def __call__(self, users: np.ndarray, movies: np.ndarray, times: np.ndarray | None = None) -> np.ndarray:
        """Os vetores de contexto.

        Args:
            users, movies: inteiros (n,).
            times: segundos desde 1970, (n,); só com `use_time`.

        Returns:
            float32 (n, n_columns), as colunas na ordem de `groups`.

        Raises:
            ArgumentError, ShapeMismatchError, IdOutOfRangeError: ver `asked_pairs`.
        """
        users, movies, times = asked_pairs(self, users, movies, times)
        blocks, order = [], []
        for user, where in list(positions_by_id(users)) or [(0, slice(0, 0))]:  # de nada, nenhuma linha
            when = None if times is None else times[where]
            blocks.append(self._of_user(user, movies[where], when))
            order.append(where)
        result = np.empty((len(users), blocks[0].shape[1]), np.float32)
        for where, block in zip(order, blocks, strict=True):
            result[where] = block
        return result

    def _of_user(self, user: int, movies: np.ndarray, times: np.ndarray | None) -> np.ndarray:
        comparison = self.past.compare(user, movies, times)
        own = self.past.rows.of_user(user)
        others = (~comparison.same).astype(np.float32)
        columns = {"user": self._user_columns(own, others), "movie": self._movie_columns(user, movies, comparison.same)}
        columns["catalog"] = [self.past.genres[movies], self.years[movies]]
        for group, kernels in similarities(comparison).items():
            columns[group] = []
            for kernel in kernels:
                weight = kernel * others
                total = weight.sum(axis=1)
                columns[group] += [weight @ self.from_movie[own] / (total + 1), np.log1p(total)]
        if times is not None:  # a data, e a idade do filme nela: as modas passam
            date = times / YEAR
            columns["moment"] += [date, np.log1p(np.maximum(1970 + date - self.years[movies], 0))]
        return np.column_stack([column for group in self.groups for column in columns[group]])

    def _user_columns(self, own: slice, others: np.ndarray) -> list[np.ndarray]:
        """Hábitos: desvio médio, dispersão, quantas notas, e que parte é de meias estrelas, de máximas e de baixas."""
        ratings, deviation = self.past.rows.values[own], self.from_movie[own]
        count = others.sum(axis=1)
        habits = [ratings % 1 != 0, ratings == self.top, ratings <= 0.4 * self.top]
        shares = [(others @ habit.astype(np.float32) + 0.5) / (count + 3) for habit in habits]
        spread = np.sqrt((others @ deviation**2 + 3) / (count + 3))
        return [others @ deviation / (count + 3), spread, np.log1p(count), *shares]

    def _movie_columns(self, user: int, movies: np.ndarray, same: np.ndarray) -> list[np.ndarray]:
        """As outras notas do filme: a média ponderada por quem se parece com o usuário, a média simples, a dispersão.

        Duas pessoas se parecem pelo cosseno entre o que viram, cada filme com peso 1/√(número de espectadores) e sem
        contar o filme em questão, que no treinamento as duas sempre teriam visto.
        """
        own, seen = self.past.rows.of_user(user), same.any(axis=1)
        n_raters = self.past.n_raters[movies]
        overlap = seen / np.maximum(n_raters, 1)  # o que este filme acrescentaria à semelhança
        common, size = self._common(user)
        sums = []
        for matrix, total, values in self.viewer_sums:
            others = total[movies] - same @ values[own]
            sums.append((matrix[movies] @ common - overlap * others) / np.sqrt(size - overlap + 0.01))
        weight, deviation = sums
        mine, count = same @ self.from_user[own], n_raters - seen
        mean = (self.movie_sum[movies] - mine) / (count + 5)
        spread = np.sqrt((self.movie_squares[movies] - mine**2 + 3) / (count + 3))
        return [deviation / (weight + 0.3), np.log1p(5 * weight), mean, spread, np.log1p(count)]

    def _common(self, user: int) -> tuple[np.ndarray, float]:
        """Quanto o usuário viu em comum com cada outro, float64 (n_users,), zero para si mesmo; e quanto viu."""
        common = self.watched @ self.watched[[user]].toarray()[0]
        size, common[user] = common[user], 0
        return common, size


def similarities(c: Comparison) -> dict[str, list[np.ndarray]]:
    """As semelhanças que ponderam os desvios, por grupo: listas de float32 (q, n)."""
    groups = {
        "genre": [c.genre, c.genre**4],
        "year": [np.exp(c.years / -5), np.exp(c.years / -15)],
        "popularity": [np.exp(np.abs(c.popularity[:, None] - c.past_popularity) / -0.55)],
        "audience": [c.audience, c.audience**2],
    }
    if c.seconds is not None:
        times = [np.exp(c.seconds / -scale) for scale in (100.0, 2000.0, 60 * DAY)]
        order = [np.exp(c.between / -scale) for scale in (3, 10, 40)]
        groups["moment"] = [*times, *order, order[-1] * c.genre]
    return groups


def needs_context(model) -> ArgumentError:
    """A recusa de quem chegou depois, por um modelo que lê o contexto."""
    return ArgumentError(
        f"{type(model).__name__} não recebe quem chegou depois: o contexto de um par sai das notas de treinamento do "
        "usuário. Treine de novo com as notas dele, ou use um modelo que o acolhe, como HybridNet, ALS ou KernelModel."
    )
