"""O histórico de cada usuário, e quanto um filme qualquer se parece com os que ele já avaliou.

É o que o `KernelModel` e a `ContextNet` têm em comum: os dois preveem a nota de um filme a partir das notas que o mesmo
usuário deu a filmes parecidos, ou no mesmo momento.
"""

from dataclasses import dataclass

import numpy as np

from course_lib.errors import ArgumentError
from course_lib.interactions import Interactions, sparse
from course_lib.models.features import genre_matrix

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


class RatingHistory:
    """As avaliações de treinamento e o que delas se sabe de cada filme.

    O próprio usuário nunca conta como público: no treinamento ele viu todos os filmes consultados, e na hora de prever,
    nenhum. Um modelo que o contasse aprenderia com uma semelhança que depois não encontra.

    Args:
        train: as interações de treinamento.
        catalog: um `MovieLens`, de que só se leem gêneros e anos.
        use_time: se os momentos das avaliações serão comparados.

    Attributes:
        rows: as interações, por usuário e, dentro dele, por data.

    Raises:
        ArgumentError: se `use_time` é pedido para linhas sem data.
        DataError: se um par se repete.
    """

    def __init__(self, train: Interactions, catalog, use_time: bool = False):
        self.rows = rows = train.refuse_repeated_pairs().sorted()
        if use_time and rows.times is None:
            raise ArgumentError(
                "use_time=True precisa do momento de cada avaliação, que linhas (n, 3) não trazem.\n"
                "Dê train como um índice ou uma máscara em data.ratings."
            )
        self.use_time, self.n_users, self.n_movies = use_time, train.n_users, train.n_movies
        self.genres, self.years = genre_matrix(catalog.genres), catalog.years.astype(np.float32)
        self.n_ratings = np.bincount(rows.users, minlength=self.n_users)
        self.n_raters = np.bincount(rows.movies, minlength=self.n_movies)
        # Quem avaliou dois mil filmes diz pouco sobre cada um: cada espectador pesa 1/√(número de avaliações dele).
        weights = (1 / np.sqrt(self.n_ratings[rows.users])).astype(np.float32)
        self._audience = sparse(weights, rows.movies, rows.users, (self.n_movies, self.n_users))
        self._audience_size = np.bincount(rows.movies, weights**2, minlength=self.n_movies)

    def compare(self, user: int, movies: np.ndarray, times: np.ndarray | None = None) -> Comparison:
        """Compara filmes com os que o usuário avaliou.

        Args:
            user: índice do usuário.
            movies: int64 (q,), filmes consultados.
            times: int64 (q,), quando cada um seria avaliado; só com `use_time`.
        """
        own = self.rows.of_user(user)
        past = self.rows.movies[own]
        dated = self._compare_times(self.rows.times[own], times, np.isin(movies, past)) if self.use_time else {}
        return self.compare_movies(movies, past, among_raters=True, **dated)

    def compare_movies(
        self, movies: np.ndarray, past: np.ndarray, among_raters: bool = False, **dated: np.ndarray
    ) -> Comparison:
        """Compara filmes com quaisquer outros, sem momentos.

        Args:
            movies: int64 (q,), filmes consultados.
            past: int64 (n,), filmes que alguém avaliou.
            among_raters: se essa pessoa está nas linhas de treinamento, e deve ser descontada dos públicos.
        """
        seen = np.isin(movies, past)
        common = self._audience[movies] @ self._audience[past].T.toarray()  # com um lado denso, em um terço do tempo
        sizes = self._audience_size[movies], self._audience_size[past]
        if len(past) and among_raters:
            own = 1 / len(past)  # o quadrado do peso do próprio usuário
            common -= (own * seen)[:, None]
            sizes = sizes[0] - own * seen, sizes[1] - own
        audience = common / np.sqrt((sizes[0] + EXTRA_WEIGHT)[:, None] * (sizes[1] + EXTRA_WEIGHT))
        return Comparison(
            same=movies[:, None] == past,
            genre=self.genres[movies] @ self.genres[past].T,
            years=np.abs(self.years[movies][:, None] - self.years[past]),
            popularity=np.log1p(self.n_raters[movies] - seen * among_raters).astype(np.float32),
            past_popularity=np.log1p(self.n_raters[past] - among_raters).astype(np.float32),
            audience=audience.astype(np.float32),
            **dated,
        )

    @staticmethod
    def _compare_times(past: np.ndarray, now: np.ndarray, seen: np.ndarray) -> dict[str, np.ndarray]:
        past_rank, rank = (np.searchsorted(past, times).astype(np.float32) for times in (past, now))
        later = past_rank > rank[:, None]
        itself = np.where(later, seen[:, None], 1)  # a consultada, se está na lista, ou a própria comparada
        between = np.maximum(np.abs(rank[:, None] - past_rank) - itself, 0)
        return {"seconds": np.abs(now[:, None] - past).astype(np.float32), "between": between.astype(np.float32)}
