"""O que se sabe de um filme além das notas: gêneros e época, na forma em que os modelos os leem."""

import numpy as np
import pandas as pd

FIRST_YEAR, YEARS_PER_BIN = 1920, 5


def spread(columns: np.ndarray) -> np.ndarray:
    """O desvio-padrão de cada coluna, para dividir por ele; 1 onde a coluna não varia além do arredondamento.

    Dividir por quase zero a coluna que não varia no treinamento daria, a um par que se desvia dela, um número enorme.

    Args:
        columns: (n, k), ou (n,) para uma coluna só.

    Returns:
        (k,), com o dtype de `columns`; um escalar, para uma coluna só.
    """
    return np.where(np.ptp(columns, axis=0) > 1e-4, columns.std(axis=0), 1)[()]


def genre_table(genres: np.ndarray) -> pd.DataFrame:
    """Que gêneros cada filme tem.

    Args:
        genres: str (n_movies,), como "Comedy|Drama".

    Returns:
        DataFrame float32 (n_movies, n_genres) de 0 e 1, uma coluna por gênero, com o nome que ele tem nos dados, em
        ordem alfabética; a linha de um filme sem gênero é toda zero.
    """
    # Nenhum gênero começa por parêntese: é como o MovieLens escreve que não há, "(no genres listed)".
    kinds, kind = np.unique(genres, return_inverse=True)  # há dez filmes para cada combinação
    lists = [[] if not text or text.startswith("(") else text.split("|") for text in kinds.tolist()]
    names = sorted(set().union(*lists))
    table = np.array([[name in has for name in names] for has in lists], np.float32).reshape(len(kinds), len(names))
    return pd.DataFrame(table[kind], columns=names)


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
