"""O que se sabe de um filme além das notas, e as linhas de treinamento na forma em que os modelos as usam.

Tudo o que vem das avaliações sai **só das linhas de treinamento**: um atributo calculado com as linhas escondidas
entregaria ao modelo parte da resposta (vazamento, *leakage*).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from course_lib.datasets.formats import NO_GENRES
from course_lib.datasets.loaders import check_ratings
from course_lib.errors import DataError

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


def training_rows(data, train: np.ndarray) -> TrainingRows:
    """Separa as linhas de treinamento; das outras, nada é lido.

    Args:
        data: um `MovieLens`.
        train: índices inteiros (n,) ou máscara bool (len(data.ratings),) em `data.ratings`; ou as próprias linhas,
            float32 (n, 3), que não trazem as datas.

    Raises:
        DataError: se `train` não é nada disso, ou não traz linha alguma.
    """
    train = np.asarray(train)
    if train.ndim == 2:
        ratings, timestamps = check_ratings(train), None
    elif (train.dtype == bool and train.shape == (len(data.ratings),)) or np.issubdtype(train.dtype, np.integer):
        ratings, timestamps = check_ratings(data.ratings[train]), data.timestamps[train]
    else:
        raise DataError(
            f"train tem forma {train.shape} e tipo {train.dtype}. Dê um índice inteiro ou uma máscara booleana em "
            "data.ratings, ou linhas (n, 3), como as de split_ratings."
        )
    users, movies = ratings[:, 0].astype(np.int64), ratings[:, 1].astype(np.int64)
    order = np.lexsort((movies, users) if timestamps is None else (movies, timestamps, users))
    starts = np.concatenate([[0], np.cumsum(np.bincount(users, minlength=data.n_users))])
    times = None if timestamps is None else timestamps[order]
    return TrainingRows(users[order], movies[order], ratings[order, 2].astype(np.float32), times, starts)


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
