"""O que os embeddings aprenderam: projeção, extremos, vizinhos e o que cada dimensão acompanha.

Todas as tabelas daqui têm o mesmo índice de dois níveis, `movie` (índice do filme no conjunto de dados) e `title`.
O rótulo viaja com a linha: a posição numa lista parcial (os mais populares, os maiores valores) nunca se confunde com
o índice do filme, que era o erro do notebook antigo.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from torch import nn

from course_lib.checks import as_ids, check_ids
from course_lib.errors import ArgumentError
from course_lib.models.features import genre_table

INDEX = ["movie", "title"]


def movie_vectors(model, data, movies=None) -> pd.DataFrame:
    """Os embeddings de filmes de uma rede, com o índice e o título de cada filme.

    Args:
        model: uma rede com a tabela `movie_vectors`, como `DotNet`, `BiasedDotNet` e `NeuralNet`.
        data: o `MovieLens` de onde vêm os títulos.
        movies: inteiros (n,), índices dos filmes, na ordem desejada; None são todos.

    Returns:
        DataFrame float32 (n, n_factors); linhas são filmes, com índice (`movie`, `title`); colunas são as coordenadas.

    Raises:
        ArgumentError: se o modelo não tem vetores de filmes, ou se `movies` é uma máscara.
        IdOutOfRangeError: se algum filme não existe no modelo.
    """
    table = getattr(model, "movie_vectors", None)
    if not isinstance(table, nn.Embedding):
        raise ArgumentError(
            f"{type(model).__name__} não tem vetores de filmes. Use o `.model` de train_model('biased_dot', …)."
        )
    movies = np.arange(data.n_movies) if movies is None else as_ids(movies, "movies")
    check_ids(movies, "filme", model.n_movies)
    return pd.DataFrame(table.weight.detach().cpu().numpy()[movies], index=_labels(data, movies))


def movie_facts(data, train: np.ndarray) -> pd.DataFrame:
    """O que se sabe de cada filme sem os embeddings, para comparar com eles.

    Args:
        data: o `MovieLens`.
        train: float32 (n, 3), as avaliações de treinamento: média e popularidade saem só delas.

    Returns:
        DataFrame (n_movies, 3 + número de gêneros), com índice (`movie`, `title`): `nota média` (estrelas; NaN sem
        avaliações), `ano` (NaN se desconhecido), `popularidade` (logaritmo decimal de 1 + número de avaliações) e uma
        coluna de 0 e 1 por gênero, com o nome que o gênero tem nos dados.
    """
    counts = np.bincount(train[:, 1].astype(np.int64), minlength=data.n_movies)
    totals = np.bincount(train[:, 1].astype(np.int64), train[:, 2], minlength=data.n_movies)
    facts = {
        "nota média": np.where(counts > 0, totals / np.maximum(counts, 1), np.nan),
        "ano": np.where(data.years > 0, data.years, np.nan),
        "popularidade": np.log10(1 + counts),
    }
    return pd.DataFrame(facts).join(genre_table(data.genres)).set_index(_labels(data, np.arange(data.n_movies)))


@dataclass(frozen=True, eq=False)
class Projection:
    """O que a PCA devolve.

    Attributes:
        scores: DataFrame float64 (n, n_components); a coordenada de cada filme em cada dimensão, de média zero; colunas
            1, 2, 3…
        explained: Series float64 (n_components,); fração da variância dos vetores que cada dimensão explica.
    """

    scores: pd.DataFrame
    explained: pd.Series


def pca(vectors: pd.DataFrame, n_components: int = 3) -> Projection:
    """Análise de componentes principais: as direções em que os vetores dos filmes mais variam.

    O sinal de uma direção é arbitrário. Aqui fica escolhido: o filme mais distante de zero é positivo.

    Args:
        vectors: tabela (n, d) de `movie_vectors`: linhas são filmes, colunas são coordenadas.
        n_components: quantas dimensões, até min(n, d).

    Raises:
        ArgumentError: se `vectors` não tem filmes nas linhas (um array sem títulos, ou uma tabela transposta), ou se
            `n_components` não cabe.
    """
    check_labels(vectors)
    check_count("n_components", n_components, min(vectors.shape))
    from sklearn.decomposition import PCA  # custa quase um segundo, que só quem projeta deve pagar

    model = PCA(n_components, svd_solver="full")
    scores = model.fit_transform(vectors.to_numpy(np.float64))
    farthest = scores[np.abs(scores).argmax(axis=0), np.arange(n_components)]
    dimensions = pd.RangeIndex(1, n_components + 1, name="dimensão")
    return Projection(
        pd.DataFrame(scores * np.where(farthest < 0, -1, 1), index=vectors.index, columns=dimensions),
        pd.Series(model.explained_variance_ratio_, index=dimensions, name="variância explicada"),
    )


def extremes(scores: pd.Series, k: int = 15) -> pd.DataFrame:
    """Os `k` filmes de menor e os `k` de maior valor numa dimensão, lado a lado, do mais extremo para dentro.

    Args:
        scores: uma coluna de `Projection.scores`.
        k: quantos filmes de cada lado.

    Returns:
        DataFrame de `k` linhas com as colunas (`menores`, `filme`), (`menores`, `valor`), (`maiores`, …).

    Raises:
        ArgumentError: se `scores` não traz os títulos, ou não tem `k` filmes.
    """
    check_labels(scores)
    check_count("k", k, len(scores))
    columns = {}
    for side, rows in (("menores", scores.nsmallest(k)), ("maiores", scores.nlargest(k))):
        columns[side, "filme"] = rows.index.get_level_values("title")
        columns[side, "valor"] = rows.to_numpy()
    return pd.DataFrame(columns, pd.RangeIndex(1, k + 1, name="posição"))


def neighbours(vectors: pd.DataFrame, movie: int, k: int = 10) -> pd.DataFrame:
    """Os `k` filmes da tabela cujos vetores mais se aproximam do de um filme, pelo cosseno do ângulo entre eles.

    Args:
        vectors: tabela (n, d) de `movie_vectors`; só seus filmes concorrem.
        movie: índice do filme no conjunto de dados (e não a posição na tabela).
        k: quantos vizinhos, até n - 1.

    Returns:
        DataFrame de `k` linhas, do mais próximo ao mais distante: `movie` (índice), `title`, `cosine` (de -1 a 1).

    Raises:
        ArgumentError: se o filme não está na tabela, se a tabela não traz os títulos ou se `k` não cabe.
    """
    check_labels(vectors)
    positions = np.flatnonzero(vectors.index.get_level_values("movie") == movie)
    if not len(positions):
        raise ArgumentError(
            f"o filme {movie} não está entre os {len(vectors)} da tabela. Dê o índice do filme no conjunto de dados, "
            "não a posição na lista."
        )
    check_count("k", k, len(vectors) - 1)
    unit = unit_rows(vectors)
    cosine = pd.Series(unit @ unit[positions[0]], index=vectors.index, name="cosine")
    nearest = cosine.drop(index=vectors.index[positions[0]]).nlargest(k)
    return nearest.reset_index().set_axis(pd.RangeIndex(1, k + 1, name="position"))


def correlations(left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
    """Correlação de Pearson de cada coluna de `left` com cada coluna de `right`, nos filmes que as duas têm.

    Serve para saber o que uma dimensão acompanha (`right` de `movie_facts`) e se ela reaparece com outra semente
    (`right` de outra `pca`).

    Returns:
        DataFrame (colunas de `left`, colunas de `right`), de -1 a 1; NaN onde uma coluna é constante.

    Raises:
        ArgumentError: se uma das tabelas não traz os títulos, ou se não têm ao menos três filmes em comum.
    """
    for table in (left, right):
        check_labels(table)
    both = pd.concat({"left": left, "right": right}, axis=1, join="inner")
    if len(both) < 3:
        raise ArgumentError(f"as tabelas têm {len(both)} filme(s) em comum; uma correlação pede ao menos três.")
    return both.corr().loc["left", "right"]


def _labels(data, movies: np.ndarray) -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([movies, data.movie_names[movies]], names=INDEX)


def check_labels(table) -> None:
    """Recusa, com `ArgumentError`, uma tabela que não traz índice e título de cada filme."""
    if not isinstance(table, pd.DataFrame | pd.Series) or list(table.index.names) != INDEX:
        raise ArgumentError(
            "a tabela deve ter um filme por linha, com o índice (movie, title) que movie_vectors dá. Um array puro "
            "perde os títulos; uma tabela transposta (.T) troca filmes por coordenadas."
        )


def check_count(name: str, value: int, most: int) -> None:
    """Recusa, com `ArgumentError`, uma contagem fora de 1 … `most`."""
    if not 1 <= value <= most:
        raise ArgumentError(f"{name}={value}: com esta tabela, use de 1 a {most}.")


def unit_rows(vectors: pd.DataFrame) -> np.ndarray:
    """Os vetores com norma 1, float64 (n, d): o produto interno de dois deles é o cosseno."""
    rows = vectors.to_numpy(np.float64)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
