"""A lista que o usuário vê: quantos dos dez recomendados agradam, e que filmes um modelo recomenda.

Os candidatos são **todos** os filmes que o usuário não avaliou no treinamento, e não só os que ele avaliou depois. Um
filme é relevante para ele se recebeu na validação pelo menos `threshold` estrelas. O que ele não avaliou conta como
erro, embora talvez lhe agradasse: estes números são por isso baixos, e favorecem os filmes muito vistos. Servem para
comparar modelos, com os mesmos candidatos, e não como a fração de recomendações boas.
"""

import numpy as np

from course_lib.errors import ArgumentError, NonFiniteError
from course_lib.recommend import score_rows

USERS_PER_BLOCK = 128


class MostPopular:
    """Recomenda a todos os mesmos filmes, os mais avaliados no treinamento. Não prevê notas: só ordena."""

    def fit(self, ratings: np.ndarray, n_movies: int) -> "MostPopular":
        """Conta as avaliações de cada filme: float32 (n, 3) -> o próprio objeto, com `n_ratings` (n_movies,)."""
        self.n_ratings = np.bincount(ratings[:, 1].astype(np.int64), minlength=n_movies)
        return self

    def score(self, users: np.ndarray, history=None) -> np.ndarray:
        """Os pontos de cada filme, iguais para todos: inteiros (U,) -> float32 (U, n_movies), em avaliações."""
        return np.tile(self.n_ratings.astype(np.float32), (len(users), 1))


def recommendations(
    model, train: np.ndarray, users: np.ndarray, n_movies: int, k: int = 10, seed: int = 0
) -> np.ndarray:
    """Os `k` primeiros filmes da lista de cada usuário, entre os que ele não avaliou no treinamento.

    O empate se resolve por sorteio. Se valesse a ordem dos índices, um modelo que dá a mesma nota a todos os filmes
    recomendaria os de id menor, que no MovieLens são os mais antigos do site e dos mais vistos.

    Args:
        model: como em `predict`, ou um modelo que só ordena, como `MostPopular`.
        train: float32 (n, 3), as avaliações de treinamento.
        users: inteiros (U,), os usuários.
        n_movies: quantos filmes há no catálogo.
        k: tamanho da lista.
        seed: semente do sorteio dos empates.

    Returns:
        int64 (U, k), índices de filmes, do primeiro ao último da lista.

    Raises:
        ArgumentError: se `k` < 1, ou se algum usuário tem menos de `k` candidatos.
        NonFiniteError: se o modelo prevê NaN ou infinito.
    """
    if k < 1:
        raise ArgumentError(f"k={k}: peça pelo menos um filme.")
    rng = np.random.default_rng(seed)
    users, lists = np.asarray(users, np.int64), np.empty((len(users), k), np.int64)
    by_user = train[np.argsort(train[:, 0], kind="stable")]
    start, end = (np.searchsorted(by_user[:, 0], users, side=side) for side in ("left", "right"))
    for position, user in enumerate(users):
        if position % USERS_PER_BLOCK == 0:
            scores = score_rows(model, users[position : position + USERS_PER_BLOCK], n_movies)
        candidate = np.ones(n_movies, bool)
        candidate[by_user[start[position] : end[position], 1].astype(np.int64)] = False
        shuffled = rng.permutation(np.flatnonzero(candidate))
        if len(shuffled) < k:
            raise ArgumentError(f"k={k}: o usuário {user} só tem {len(shuffled)} filmes por avaliar. Use k menor.")
        score = scores[position % USERS_PER_BLOCK, shuffled]
        if not np.isfinite(score).all():
            raise NonFiniteError(f"o modelo prevê {score[~np.isfinite(score)][0]} para o usuário {user}; não há ordem.")
        best = np.flatnonzero(score >= np.partition(score, -k)[-k])  # k, ou mais se há empate no fim da lista
        lists[position] = shuffled[best[np.argsort(-score[best], kind="stable")[:k]]]
    return lists


def ranking_metrics(
    model, train: np.ndarray, valid: np.ndarray, n_movies: int, k: int = 10, threshold: float = 4.0, seed: int = 0
) -> dict[str, float]:
    """Mede as listas de `recommendations`, em média sobre os usuários com algum filme relevante na validação.

    Args:
        model, train, n_movies, k, seed: como em `recommendations`.
        valid: float32 (m, 3), avaliações que o modelo não viu.
        threshold: a partir de quantas estrelas um filme da validação é relevante.

    Returns:
        Números de 0 a 1:
        `precision`: parte da lista que é relevante;
        `recall`: parte dos relevantes que entrou na lista;
        `ndcg`: acertos com peso 1 / log2(posição + 1), divididos pelos da melhor lista possível (Järvelin e
        Kekäläinen, 2002, com relevância 0 ou 1);
        `liked`: dos recomendados que o usuário avaliou na validação, a parte relevante; NaN se ele não avaliou nenhum;
        `coverage`: parte do catálogo que aparece em alguma lista;
        `popularity`: percentil médio dos recomendados em número de avaliações de treinamento; 0,5 é o do acaso.

    Raises:
        ArgumentError: como em `recommendations`, ou se nenhuma avaliação de `valid` chega a `threshold`.
        NonFiniteError: como em `recommendations`.
    """
    relevant = valid[valid[:, 2] >= threshold]
    if not len(relevant):
        raise ArgumentError(f"nenhuma avaliação de valid chega a {threshold} estrelas. Use threshold menor.")
    users, n_relevant = np.unique(relevant[:, 0].astype(np.int64), return_counts=True)
    lists = recommendations(model, train, users, n_movies, k, seed)
    hits, rated = (_among(users, lists, rows, n_movies) for rows in (relevant, valid))
    return {
        "precision": float(hits.mean()),
        "recall": float((hits.sum(axis=1) / n_relevant).mean()),
        "ndcg": float(ndcg(hits, n_relevant).mean()),
        "liked": float(hits.sum() / rated.sum()) if rated.any() else float("nan"),
        "coverage": len(np.unique(lists)) / n_movies,
        "popularity": float(popularity_percentile(train, n_movies)[lists].mean()),
    }


def ndcg(hits: np.ndarray, n_relevant: np.ndarray) -> np.ndarray:
    """Ganho acumulado com desconto, dividido pelo da lista ideal, que põe os relevantes na frente.

    Args:
        hits: bool (U, k), se o filme de cada posição da lista é relevante.
        n_relevant: inteiros (U,), quantos relevantes o usuário tem, ao menos um, dentro e fora da lista.

    Returns:
        float64 (U,), de 0 a 1.
    """
    discount = 1 / np.log2(np.arange(2, hits.shape[1] + 2))
    ideal = np.cumsum(discount)[np.minimum(n_relevant, hits.shape[1]) - 1]
    return hits @ discount / ideal


def popularity_percentile(train: np.ndarray, n_movies: int) -> np.ndarray:
    """Parte do catálogo menos avaliada que cada filme, contando pela metade os empatados: float64 (n_movies,)."""
    n_ratings = np.bincount(train[:, 1].astype(np.int64), minlength=n_movies)
    ordered = np.sort(n_ratings)
    below, up_to = (np.searchsorted(ordered, n_ratings, side=side) for side in ("left", "right"))
    return (below + up_to) / (2 * n_movies)


def _among(users: np.ndarray, lists: np.ndarray, rows: np.ndarray, n_movies: int) -> np.ndarray:
    """Quais pares (usuário, filme da lista) estão em `rows`: bool (U, k)."""
    pairs = rows[:, 0].astype(np.int64) * n_movies + rows[:, 1].astype(np.int64)
    return np.isin(users[:, None] * n_movies + lists, pairs)
