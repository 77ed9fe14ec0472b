"""O passado de cada usuário, e quanto um filme qualquer se parece com os que ele já avaliou.

É o que o `KernelModel` e a `ContextNet` têm em comum: os dois preveem a nota de um filme a partir das notas que o mesmo
usuário deu a filmes parecidos, ou no mesmo momento.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from course_lib.datasets.features import genre_matrix, training_rows
from course_lib.errors import ArgumentError, ShapeMismatchError

EXTRA_WEIGHT = 1e-3  # como se todo filme tivesse um espectador a mais, de mil avaliações: encolhe cossenos incertos


@dataclass(frozen=True, eq=False)
class Comparison:
    """q filmes consultados diante dos n que um usuário avaliou no treinamento; tudo float32.

    Attributes:
        same: bool (q, n), se é o mesmo filme: quem prevê uma nota conhecida deve ignorá-la.
        genre: (q, n), cosseno entre os gêneros.
        years: (q, n), distância entre os anos de lançamento.
        popularity, past_popularity: (q,) e (n,), log(1 + número de outros usuários que avaliaram o filme).
        audience: (q, n), cosseno entre os públicos, sem contar o próprio usuário.
        seconds: (q, n), tempo entre as avaliações; None sem datas.
        between: (q, n), quantas outras avaliações do usuário há entre as duas; None sem datas.
    """

    same: np.ndarray
    genre: np.ndarray
    years: np.ndarray
    popularity: np.ndarray
    past_popularity: np.ndarray
    audience: np.ndarray
    seconds: np.ndarray | None = None
    between: np.ndarray | None = None


class Past:
    """As avaliações de treinamento e o que delas se sabe de cada filme.

    O próprio usuário nunca conta como público: no treinamento ele viu todos os filmes consultados, e na hora de prever,
    nenhum. Um modelo que o contasse aprenderia com uma semelhança que depois não encontra.

    Args:
        data: um `MovieLens`; das linhas fora de `train`, nada é lido.
        train: as linhas de treinamento, como em `training_rows`.
        use_time: se os momentos das avaliações serão comparados.

    Raises:
        ArgumentError: se `use_time` é pedido para linhas sem data.
        DataError: se um par se repete, ou se as linhas não servem (ver `training_rows`).
    """

    def __init__(self, data, train, use_time: bool = False):
        self.rows = rows = training_rows(data, train)
        rows.refuse_repeated_pairs()
        if use_time and rows.timestamps is None:
            raise ArgumentError(
                "use_time=True precisa do momento de cada avaliação, que linhas (n, 3) não trazem.\n"
                "Dê train como um índice ou uma máscara em data.ratings."
            )
        self.use_time, self.n_users, self.n_movies = use_time, data.n_users, data.n_movies
        self.genres, self.years = genre_matrix(data.genres), data.years.astype(np.float32)
        self.n_ratings = np.bincount(rows.users, minlength=data.n_users)
        self.n_raters = np.bincount(rows.movies, minlength=data.n_movies)
        # Quem avaliou dois mil filmes diz pouco sobre cada um: cada espectador pesa 1/√(número de avaliações dele).
        weights = (1 / np.sqrt(self.n_ratings[rows.users])).astype(np.float32)
        self._audience = sp.csr_array((weights, (rows.movies, rows.users)), shape=(data.n_movies, data.n_users))
        self._audience_size = np.bincount(rows.movies, weights**2, minlength=data.n_movies)

    def compare(self, user: int, movies: np.ndarray, timestamps: np.ndarray | None = None) -> Comparison:
        """Compara filmes com os que o usuário avaliou.

        Args:
            user: índice do usuário.
            movies: int64 (q,), filmes consultados.
            timestamps: int64 (q,), quando cada um seria avaliado; só com `use_time`.
        """
        rows = self.rows.of_user(user)
        past = self.rows.movies[rows]
        seen = np.isin(movies, past)
        common = (self._audience[movies] @ self._audience[past].T).toarray()
        sizes = self._audience_size[movies], self._audience_size[past]
        if len(past):
            own = 1 / len(past)  # o quadrado do peso do próprio usuário
            common -= (own * seen)[:, None]
            sizes = sizes[0] - own * seen, sizes[1] - own
        audience = common / np.sqrt((sizes[0] + EXTRA_WEIGHT)[:, None] * (sizes[1] + EXTRA_WEIGHT))
        return Comparison(
            same=movies[:, None] == past,
            genre=self.genres[movies] @ self.genres[past].T,
            years=np.abs(self.years[movies][:, None] - self.years[past]),
            popularity=np.log1p(self.n_raters[movies] - seen).astype(np.float32),
            past_popularity=np.log1p(self.n_raters[past] - 1).astype(np.float32),
            audience=audience.astype(np.float32),
            **(self._compare_times(self.rows.timestamps[rows], timestamps, seen) if self.use_time else {}),
        )

    @staticmethod
    def _compare_times(past: np.ndarray, now: np.ndarray, seen: np.ndarray) -> dict[str, np.ndarray]:
        past_rank, rank = (np.searchsorted(past, times).astype(np.float32) for times in (past, now))
        later = past_rank > rank[:, None]
        itself = np.where(later, seen[:, None], 1)  # a consultada, se está na lista, ou a própria comparada
        between = np.maximum(np.abs(rank[:, None] - past_rank) - itself, 0)
        return {"seconds": np.abs(now[:, None] - past).astype(np.float32), "between": between.astype(np.float32)}

    def check_pairs(self, users, movies, timestamps=None):
        """Devolve três int64 (n,), o último None sem `use_time`.

        Raises:
            ShapeMismatchError: se os tamanhos diferem.
            ArgumentError: se o modelo usa o tempo e as datas não vieram.
        """
        users, movies = np.atleast_1d(np.asarray(users, np.int64)), np.atleast_1d(np.asarray(movies, np.int64))
        if not self.use_time:
            timestamps = None
        elif timestamps is None:
            raise ArgumentError(
                "este modelo usa o momento da avaliação (use_time=True): dê também timestamps, em segundos desde 1970."
            )
        else:
            timestamps = np.atleast_1d(np.asarray(timestamps, np.int64))
        if users.shape != movies.shape or (timestamps is not None and timestamps.shape != users.shape):
            raise ShapeMismatchError(
                f"users tem forma {users.shape} e movies, {movies.shape}"
                + (f"; timestamps, {timestamps.shape}" if timestamps is not None else "")
                + ": dê um de cada por previsão."
            )
        return users, movies, timestamps
