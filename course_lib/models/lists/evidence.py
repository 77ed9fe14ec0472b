"""O que se sabe de um filme para uma pessoa, na última visita dela: o que o `ReRanker` lê.

Nada aqui vem das linhas escondidas; e de quem já saiu, a idade de um filme se conta até a saída, e não até hoje.
"""

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from course_lib.errors import ArgumentError
from course_lib.interactions import Interactions
from course_lib.models.features import genre_table
from course_lib.models.lists.base import ListModel, only_movies, signal
from course_lib.models.lists.ease import EASE, UsersFromUsers
from course_lib.models.lists.ials import ImplicitALS
from course_lib.models.lists.neighbours import UserKNN
from course_lib.models.lists.order import follow_counts, per_rating, pieces, recent
from course_lib.models.lists.taste import genre_log_odds

YEAR = 31_557_600.0  # segundos
BASES = ("ease", "liked", "users", "knn", "ials", "ease_recent", "follow_30_10")  # os que escolhem os candidatos
FOLLOW = ((3, 2), (10, 5), (30, 10))  # até quantas depois; em quantas o recente vale metade
PIECES = ((10, 1000.0), (80, 3000.0))  # de quantas avaliações seguidas; a penalidade de quem as lê
AT_LEAST = 3  # avaliações; um filme com menos nunca chega a candidato, e eles são mais da metade


class Evidence(ListModel):
    """Uns trinta números por par (pessoa, filme): pontos de outros modelos, ordem, moda da época, gosto e hábitos.

    Attributes:
        movies: int64 (m,), os filmes com `AT_LEAST` avaliações ou mais. Só deles se fala aqui: o filme j é `movies[j]`,
            e também um histórico traz só eles, (U, m).
    """

    def fit(self, train: Interactions, catalog) -> "Evidence":
        """Ajusta os modelos de base e conta o resto; precisa de notas, de datas e do `MovieLens`."""
        if catalog is None or train.values is None:
            raise ArgumentError("o ReRanker lê notas e o catálogo: dê fit(data.select(train), data).")
        self.movies = np.flatnonzero(np.bincount(train.movies, minlength=train.n_movies) >= AT_LEAST)
        if not len(self.movies):
            raise ArgumentError(f"nenhum filme tem {AT_LEAST} avaliações: são de menos para aprender a ordená-los.")
        train = self._read(only_movies(train, self.movies).sorted())
        history = train.history()
        self.watched, self.liked = signal(history, "watched"), signal(history, "liked")
        self.n_raters, self.mean = self.watched.sum(axis=0), train.values.mean()
        deviations = np.bincount(train.movies, train.values - self.mean, self.n_movies)
        self.movie_mean = (deviations / (self.n_raters + 5)).astype(np.float32)
        self.ease = EASE().fit(train)
        self.bases = {
            "liked": EASE(400, "watched", "liked").fit(train),
            "users": UsersFromUsers().fit(train),
            "knn": UserKNN().fit(train),
            "ials": ImplicitALS(n_sweeps=6).fit(train),
        }
        # Numa pessoa inteira, dois filmes se acham juntos; em dez avaliações seguidas, na mesma visita ou página.
        self.together = {size: EASE(l2, top=1500).fit(pieces(train, size)) for size, l2 in PIECES}
        self.taste = UsersFromUsers(100).fit(
            replace(train, values=self._deviations(history)[train.users, train.movies])
        )
        counts = {within: follow_counts(train, within) for within, _ in FOLLOW}
        self.follow = {within: per_rating(pairs, train) for within, pairs in counts.items()}
        self.near = {within: per_rating(pairs + pairs.T, train) for within, pairs in counts.items()}
        self.recent_stars, viewed = recent(train, 10), replace(train, values=None)
        self.recent = {half_life: recent(viewed, half_life) for _, half_life in FOLLOW}
        self._read_dates(train)
        self._read_catalog(catalog)
        return self

    def _read_dates(self, train: Interactions) -> None:
        self.today = train.times.max()
        self.last, self.middle = np.full((2, self.n_users), self.today, np.float64)
        for user in np.unique(train.users):
            times = train.times[train.of_user(user)]
            self.last[user], self.middle[user] = times[-1], np.median(times)
        self.first = np.full(self.n_movies, self.today)
        np.minimum.at(self.first, train.movies, train.times)

    def _read_catalog(self, catalog) -> None:
        years = catalog.years[self.movies]
        self.years = np.where(years > 0, years, np.median(catalog.years)).astype(np.float32)
        self.genres = genre_table(catalog.genres).to_numpy()[self.movies]
        self.share = (self.n_raters @ self.genres + 1) / (self.n_raters.sum() + 2)

    def _deviations(self, history: sp.csr_array) -> sp.csr_array:
        """Cada nota menos a média do filme e o viés da pessoa, em estrelas."""
        n_seen = np.diff(history.indptr)
        rows = np.repeat(np.arange(len(n_seen)), n_seen)
        rest = history.data - self.mean - self.movie_mean[history.indices]
        bias = np.bincount(rows, rest, len(n_seen)) / (n_seen + 5)
        rest = (rest - bias[rows]).astype(np.float32)
        return sp.csr_array((rest, history.indices, history.indptr), shape=history.shape)

    def columns(self, users, history=None) -> dict[str, np.ndarray]:
        """Uma matriz (U, n_movies) por nome, ou o que a ela se transmite: (U, 1) da pessoa, (n_movies,) do filme."""
        known = self._histories(users, history)
        watched, liked = signal(known, "watched"), signal(known, "liked")
        if history is None:
            users = self._checked_users(users)
            order = {half_life: rows[users] for half_life, rows in self.recent.items()}
            stars, last, middle = self.recent_stars[users], self.last[users], self.middle[users]
        else:  # quem chega agora, e de quem não se sabe a ordem
            order, stars = dict.fromkeys(self.recent, watched), known
            last = middle = np.full(known.shape[0], self.today, np.float64)
        deviations = None if history is None else self._deviations(known)
        columns = {"ease": self.ease.score(users, history), "ease_recent": self.ease.score(None, stars)}
        columns |= {name: model.score(users, history) for name, model in self.bases.items()}
        columns |= {f"near_{within}": (watched @ near).toarray() for within, near in self.near.items()}
        columns |= {f"follow_{w}_{half}": (order[half] @ self.follow[w]).toarray() for w, half in FOLLOW}
        columns |= {name: standardized(columns[name]) for name in BASES}
        columns |= {f"together_{size}": standardized(model.score(None, known)) for size, model in self.together.items()}
        columns["taste"] = self.taste.score(users, deviations)
        return columns | self._fashion(middle, users if history is None else None) | self._habits(watched, liked, last)

    def _fashion(self, middle: np.ndarray, users: np.ndarray | None) -> dict[str, np.ndarray]:
        """Do que se via por volta da data da pessoa, fora ela: quanto, quanto mais que sempre, e se agradava."""
        columns = {}
        for name, scale in (("year", YEAR), ("months", YEAR / 6)):
            close = np.exp(np.abs(middle[:, None] - self.middle) / -scale).astype(np.float32)
            if users is not None:
                close[np.arange(len(users)), users] = 0
            views, everyone = close @ self.watched, close.sum(axis=1, keepdims=True)
            columns[f"views_{name}"] = np.log(views + 0.1)
            columns[f"rise_{name}"] = np.log((views + 0.5) / (everyone + 5)) - np.log(
                (self.n_raters + 0.5) / self.n_users
            )
            if name == "year":
                columns["liked_year"] = (close @ self.liked + 1.5) / (views + 3)
        return columns

    def _habits(self, watched, liked, last: np.ndarray) -> dict[str, np.ndarray]:
        """O filme, a pessoa, e o que os gêneros e os anos dizem de um para a outra."""
        n_seen, n_liked = watched.sum(axis=1)[:, None], liked.sum(axis=1)[:, None]
        odds = genre_log_odds(watched, self.genres, 50, self.share)
        odds_of_liked = genre_log_odds(liked, self.genres, 20, self.share)
        usual_year = watched @ self.years / np.maximum(n_seen[:, 0], 1)
        date = 1970 + last[:, None] / YEAR
        return {
            "genre": odds @ self.genres.T,
            "genre_liked": (odds_of_liked - odds) @ self.genres.T,
            "years_away": np.abs(self.years - usual_year[:, None]),
            "age": np.clip(date - self.years, -2, 60),
            "known_for": np.clip((last[:, None] - self.first) / YEAR, -3, 10),
            "year": self.years,
            "log_count": np.log1p(self.n_raters),
            "movie_mean": self.movie_mean,
            "movie_liked": (self.liked.sum(axis=0) + 1.5) / (self.n_raters + 3),
            "log_seen": np.log1p(n_seen),
            "user_liked": (n_liked + 1.5) / (n_seen + 3),
        }


def standardized(scores: np.ndarray) -> np.ndarray:
    """Cada linha com média 0 e desvio 1, para que pontos de modelos diferentes se somem."""
    return (scores - scores.mean(axis=1, keepdims=True)) / (scores.std(axis=1, keepdims=True) + 1e-9)
