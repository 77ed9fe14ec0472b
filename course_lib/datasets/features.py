"""O que se sabe de um filme além das notas, e as linhas de treinamento na forma em que os modelos as usam.

Tudo o que vem das avaliações sai **só das linhas de treinamento**: um atributo calculado com as linhas escondidas
entregaria ao modelo parte da resposta (vazamento, *leakage*).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from course_lib.datasets.formats import NO_GENRES
from course_lib.datasets.splits import check_ratings
from course_lib.errors import DataError, IdOutOfRangeError

FIRST_YEAR, YEARS_PER_BIN = 1920, 5


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """As linhas de treinamento, ordenadas por usuário e, dentro dele, por data.

    Attributes:
        users, movies: int64 (n,), índices.
        ratings: float32 (n,), estrelas.
        timestamps: int64 (n,), segundos desde 1970; None se as linhas vieram sem data.
        starts: int64 (n_users + 1,): as linhas do usuário u são `starts[u]:starts[u + 1]`.
    """

    users: np.ndarray
    movies: np.ndarray
    ratings: np.ndarray
    timestamps: np.ndarray | None
    starts: np.ndarray

    def of_user(self, user: int) -> slice:
        """A fatia com as linhas de um usuário; vazia se ele não tem nenhuma, ou se chegou depois do treinamento."""
        if user >= len(self.starts) - 1:
            return slice(len(self), len(self))
        return slice(self.starts[user], self.starts[user + 1])

    def __len__(self) -> int:
        return len(self.users)

    def refuse_repeated_pairs(self) -> None:
        """Para os modelos que descontam do que leem a avaliação do próprio par, e a supõem uma só.

        Raises:
            DataError: se um usuário avalia o mesmo filme mais de uma vez.
        """
        n_users = len(self.starts) - 1
        pairs = np.sort(self.movies * n_users + self.users)
        repeated = pairs[1:][pairs[1:] == pairs[:-1]]
        if len(repeated):
            movie, user = divmod(int(repeated[0]), n_users)
            raise DataError(
                f"nas linhas de treinamento, o usuário {user} avalia o filme {movie} mais de uma vez ({len(repeated)} "
                "linha(s) a mais ao todo), e este modelo supõe uma avaliação por par.\n"
                "De um índice, tire as repetições com np.unique(train); de linhas, fique com a primeira de cada par: "
                "train[np.unique(train[:, :2], axis=0, return_index=True)[1]]."
            )


def selected_ratings(data, train: np.ndarray) -> np.ndarray:
    """As linhas de treinamento (n, 3), conferidas; `train` é como em `training_rows`.

    Raises:
        DataError, NonFiniteError: se `train` não é nada disso, não seleciona linha alguma, ou traz linhas malformadas
            (ver `check_ratings`).
        IdOutOfRangeError: se um usuário ou um filme não está nos dados.
    """
    train = np.asarray(train)
    ratings = check_ratings(train if train.ndim == 2 else data.ratings[_checked_selection(data, train)])
    for column, (kind, size) in enumerate((("usuário", data.n_users), ("filme", data.n_movies))):
        beyond = np.flatnonzero(ratings[:, column] >= size)
        if len(beyond):
            raise IdOutOfRangeError(
                f"a linha {beyond[0]} do treinamento traz o {kind} {ratings[beyond[0], column]:.0f}, mas os dados têm "
                f"{kind}s de 0 a {size - 1}.\nDê linhas destes mesmos dados, como as de split_ratings(data.ratings)."
            )
    return ratings


def _checked_selection(data, train: np.ndarray) -> np.ndarray:
    """Recusa o que não é um índice nem uma máscara em `data.ratings`."""
    n_ratings = len(data.ratings)
    if train.dtype == bool and train.ndim == 1:
        if len(train) != n_ratings:
            raise DataError(
                f"train é uma máscara de {len(train)} posições, e data.ratings tem {n_ratings} linhas.\n"
                "Faça a máscara destes mesmos dados, por exemplo com split_mask(len(data.ratings))."
            )
    elif np.issubdtype(train.dtype, np.integer) and train.ndim == 1:
        wrong = train[(train < 0) | (train >= n_ratings)]
        if len(wrong):
            raise DataError(
                f"train traz a posição {wrong[0]}, e as linhas de data.ratings vão de 0 a {n_ratings - 1}.\n"
                "Faça o índice destes mesmos dados, por exemplo com np.flatnonzero de uma máscara."
            )
    else:
        raise DataError(
            f"train tem forma {train.shape} e tipo {train.dtype}. Dê um índice inteiro ou uma máscara booleana em "
            "data.ratings, ou linhas (n, 3), como as de split_ratings."
        )
    return train


def training_rows(data, train: np.ndarray) -> TrainingRows:
    """Separa as linhas de treinamento; das outras, nada é lido.

    Args:
        data: um `MovieLens`.
        train: índices inteiros (n,) ou máscara bool (len(data.ratings),) em `data.ratings`; ou as próprias linhas,
            float32 (n, 3), que não trazem as datas.

    Raises:
        DataError, NonFiniteError, IdOutOfRangeError: ver `selected_ratings`.
    """
    train = np.asarray(train)
    ratings = selected_ratings(data, train)
    timestamps = None if train.ndim == 2 else data.timestamps[train]
    users, movies = ratings[:, 0].astype(np.int64), ratings[:, 1].astype(np.int64)
    order = np.lexsort((movies, users) if timestamps is None else (movies, timestamps, users))
    starts = np.concatenate([[0], np.cumsum(np.bincount(users, minlength=data.n_users))])
    times = None if timestamps is None else timestamps[order]
    return TrainingRows(users[order], movies[order], ratings[order, 2].astype(np.float32), times, starts)


def spread(columns: np.ndarray) -> np.ndarray:
    """O desvio-padrão de cada coluna, para dividir por ele; 1 onde a coluna não varia além do arredondamento.

    Dividir por quase zero a coluna que não varia no treinamento daria, a um par que se desvia dela, um número enorme.

    Args:
        columns: (n, k), ou (n,) para uma coluna só.

    Returns:
        (k,), com o dtype de `columns`; um escalar, para uma coluna só.
    """
    return np.where(np.ptp(columns, axis=0) > 1e-4, columns.std(axis=0), 1)[()]


def positions_by_id(ids: np.ndarray):
    """Percorre os ids distintos, em ordem crescente: pares (id, int64 com as posições em que ele aparece)."""
    order = np.argsort(ids, kind="stable")
    distinct, starts = np.unique(ids[order], return_index=True)
    return zip(distinct, np.split(order, starts[1:]), strict=False)  # de nada, np.split ainda faz um pedaço vazio


def genre_table(genres: np.ndarray) -> pd.DataFrame:
    """Que gêneros cada filme tem.

    Args:
        genres: str (n_movies,), como "Comedy|Drama".

    Returns:
        DataFrame float32 (n_movies, n_genres) de 0 e 1, uma coluna por gênero, com o nome que ele tem nos dados, em
        ordem alfabética; a linha de um filme sem gênero é toda zero.
    """
    lists = [[] if text in ("", NO_GENRES) else text.split("|") for text in genres]
    names = sorted(set().union(*lists))
    return pd.DataFrame([[name in has for name in names] for has in lists], columns=names, dtype=np.float32)


def genre_matrix(genres: np.ndarray) -> np.ndarray:
    """A `genre_table` com linhas de norma 1: o produto de duas linhas é o cosseno entre os filmes.

    Args:
        genres: str (n_movies,), como "Comedy|Drama".

    Returns:
        float32 (n_movies, n_genres), com as colunas na ordem de `genre_table`.
    """
    matrix = genre_table(genres).to_numpy()
    return matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1)


def year_bins(years: np.ndarray) -> np.ndarray:
    """A faixa de cinco anos de cada filme: int (n_movies,), 0 = ano desconhecido -> float32 (n_movies, n_bins).

    Um 1 por linha, ou nenhum onde o ano é desconhecido; tudo o que vem antes de 1920 fica na primeira faixa.
    """
    bins = np.maximum(years - FIRST_YEAR, 0) // YEARS_PER_BIN
    return (np.arange(bins.max() + 1) == bins[:, None]).astype(np.float32) * (years > 0)[:, None]


def movie_features(data) -> np.ndarray:
    """O que o catálogo diz de cada filme: float32 (n_movies, n_features), gêneros e faixas de ano lado a lado."""
    return np.concatenate([genre_matrix(data.genres), year_bins(data.years)], axis=1).astype(np.float32)
