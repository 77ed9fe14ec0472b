"""A lista que o usuário vê: quantos dos dez recomendados agradam, e que filmes um modelo recomenda.

Os candidatos são **todos** os filmes que o usuário não avaliou no treinamento, e não só os que ele avaliou depois. Um
filme é relevante para ele se recebeu no teste pelo menos `threshold` estrelas. O que ele não avaliou conta como erro,
embora talvez lhe agradasse: estes números são por isso baixos, e favorecem os filmes muito vistos. Servem para
comparar modelos, com os mesmos candidatos, e não como a fração de recomendações boas.
"""

from numbers import Integral

import numpy as np
import pandas as pd
import torch

from course_lib.errors import ArgumentError, DataError, NonFiniteError
from course_lib.interactions import Interactions
from course_lib.models.features import genre_matrix, genre_table
from course_lib.recommend import score_rows

USERS_PER_BLOCK = 200  # e não uma potência de 2: transpor o que vem por colunas custaria dez vezes mais
CALIBRATION_MIX = 0.01  # um pouco do gosto na lista, para que um gênero ausente não custe infinito (Steck, 2018)


def recommendations(model, train: Interactions, users: np.ndarray, k: int = 10, seed: int = 0) -> np.ndarray:
    """Os `k` primeiros filmes da lista de cada usuário, entre os que ele não avaliou no treinamento.

    O empate se resolve por sorteio. Se valesse a ordem dos índices, um modelo que dá a mesma nota a todos os filmes
    recomendaria os de id menor, que no MovieLens são os mais antigos do site e dos mais vistos.

    Args:
        model: qualquer um com `score(users)`, ou como em `predict`.
        train: as interações de treinamento.
        users: inteiros (U,), os usuários.
        k: tamanho da lista.
        seed: semente do sorteio dos empates.

    Returns:
        int64 (U, k), índices de filmes, do primeiro ao último da lista.

    Raises:
        ArgumentError: se `k` < 1, ou se algum usuário tem menos de `k` candidatos.
        NonFiniteError: se o modelo pontua com NaN ou infinito.
    """
    if k < 1:
        raise ArgumentError(f"k={k}: peça pelo menos um filme.")
    users, rng = np.asarray(users, np.int64), np.random.default_rng(seed)
    blocks = [users[start : start + USERS_PER_BLOCK] for start in range(0, len(users), USERS_PER_BLOCK)]
    lists = [_best(score_rows(model, block, train.n_movies), train.history(block), block, k, rng) for block in blocks]
    return np.concatenate(lists) if lists else np.empty((0, k), np.int64)


def _best(scores: np.ndarray, seen, users: np.ndarray, k: int, rng) -> np.ndarray:
    """As `k` melhores colunas de cada linha, fora as vistas."""
    scores = np.array(scores, np.float32, order="C")
    if not np.isfinite(scores).all():
        row, movie = np.argwhere(~np.isfinite(scores))[0]
        raise NonFiniteError(f"o modelo prevê {scores[row, movie]} para o usuário {users[row]}; não há ordem.")
    n_seen = np.diff(seen.indptr)
    row = int(n_seen.argmax())
    if scores.shape[1] - n_seen[row] < k:
        left = scores.shape[1] - n_seen[row]
        raise ArgumentError(f"k={k}: o usuário {users[row]} só tem {left} filmes por avaliar. Use k menor.")
    scores[np.repeat(np.arange(len(users)), n_seen), seen.indices] = -np.inf
    # Com k = 10, np.partition leva de quatro a cinquenta vezes o tempo: tanto mais quanto mais empates há.
    last = torch.from_numpy(scores).topk(k).values[:, -1:].numpy()
    kept = scores >= last  # k, ou mais se há empate no fim
    rows, movies = np.divmod(np.flatnonzero(kept), scores.shape[1])  # como np.nonzero, em um quinto do tempo
    order = np.lexsort((rng.random(len(rows)), -scores[rows, movies], rows))
    starts = np.searchsorted(rows, np.arange(len(users)))
    return movies[order[starts[:, None] + np.arange(k)]]


def ranking_metrics(model, train, test, n_movies=None, k=10, threshold=4.0, seed=0, catalog=None) -> dict[str, float]:
    """Mede as listas de `recommendations`, em média sobre os usuários com algum filme relevante no teste.

    Args:
        model, k, seed: como em `recommendations`.
        train, test: as interações de treinamento e as que o modelo não viu; ou linhas float32 (n, 3).
        n_movies: int, quantos filmes há no catálogo; só para linhas, que não o dizem.
        threshold: a partir de quantas estrelas um filme do teste é relevante.
        catalog: o `MovieLens` de onde vêm os gêneros; sem ele não se medem `diversity` nem `calibration`.

    Returns:
        A média de cada coluna de `metrics_by_user`, e também:
        `liked`: dos recomendados que o usuário avaliou no teste, a parte relevante; NaN se ele não avaliou nenhum;
        `coverage`: parte do catálogo que aparece em alguma lista.

    Raises:
        ArgumentError: como em `recommendations`, ou se nenhuma avaliação de `test` chega a `threshold`.
        DataError: se `test` repete um par, ou se as linhas não são (n, 3).
        NonFiniteError: como em `recommendations`.
    """
    train, test = as_interactions(train, test, n_movies)
    by_user, lists = _measure(model, train, test, k, threshold, seed, catalog)
    rated = among(by_user.index.to_numpy(), lists, test)
    hits = by_user["precision"].sum() * k
    return by_user.mean().to_dict() | {
        "liked": float(hits / rated.sum()) if rated.any() else float("nan"),
        "coverage": len(np.unique(lists)) / train.n_movies,
    }


def metrics_by_user(model, train, test, n_movies=None, k=10, threshold=4.0, seed=0, catalog=None) -> pd.DataFrame:
    """As medidas da lista de cada usuário; os argumentos e os erros são os de `ranking_metrics`.

    Returns:
        DataFrame float64, um usuário por linha (o índice é o dele), só os que têm um relevante no teste:
        `precision`: parte da lista que é relevante;
        `recall`: parte dos relevantes que entrou na lista;
        `ndcg`: acertos com peso 1 / log2(posição + 1), divididos pelos da melhor lista possível (Järvelin e
        Kekäläinen, 2002, com relevância 0 ou 1);
        `mrr`: 1 / posição do primeiro acerto; 0 sem acertos;
        `hit_rate`: 1 se há algum acerto;
        `popularity`: percentil médio dos recomendados em número de avaliações de treinamento; 0,5 é o do acaso;
        `novelty`: surpresa média, em bits: −log2 da parte dos usuários que viu o filme no treinamento;
        `diversity`: 1 − cosseno entre os gêneros, em média sobre os pares da lista;
        `calibration`: quanto os gêneros da lista se afastam dos do histórico, em bits; 0 é o mesmo (Steck, 2018).
    """
    train, test = as_interactions(train, test, n_movies)
    return _measure(model, train, test, k, threshold, seed, catalog)[0]


def as_interactions(train, test, n_movies: int | None = None) -> tuple[Interactions, Interactions]:
    """As duas partes como `Interactions` dos mesmos usuários e filmes, venham assim ou em linhas (n, 3)."""
    if isinstance(train, Interactions) and isinstance(test, Interactions):
        return train, test
    if isinstance(train, Interactions) or isinstance(test, Interactions):
        raise ArgumentError("train e test têm formas diferentes: dê os dois como Interactions, ou os dois em linhas.")
    for rows in (train, test):
        if np.shape(rows)[1:] != (3,):
            raise DataError(
                f"uma das partes tem forma {np.shape(rows)}, e não (n, 3). De um índice ou de uma máscara, dê "
                "data.select(índice)."
            )
    if not isinstance(n_movies, Integral | None):
        raise ArgumentError(f"n_movies={n_movies!r}: dê quantos filmes há no catálogo; o MovieLens é catalog=data.")
    both = np.concatenate([train, test])
    n_users = int(both[:, 0].max()) + 1
    n_movies = n_movies or int(both[:, 1].max()) + 1
    return tuple(Interactions.from_rows(rows, n_users, n_movies) for rows in (train, test))


def _measure(model, train, test, k, threshold, seed, catalog) -> tuple[pd.DataFrame, np.ndarray]:
    if test.values is None:
        raise ArgumentError("test não traz notas, e relevante é o que chega a threshold estrelas.")
    test.refuse_repeated_pairs("teste", "test")
    relevant = test.select(test.values >= threshold)
    if not len(relevant):
        raise ArgumentError(f"nenhuma avaliação de test chega a {threshold} estrelas. Use threshold menor.")
    users, n_relevant = np.unique(relevant.users, return_counts=True)
    lists = recommendations(model, train, users, k, seed)
    hits = among(users, lists, relevant)
    n_ratings = np.bincount(train.movies, minlength=train.n_movies)
    columns = {
        "precision": hits.mean(axis=1),
        "recall": hits.sum(axis=1) / n_relevant,
        "ndcg": ndcg(hits, n_relevant),
        "mrr": hits.any(axis=1) / (hits.argmax(axis=1) + 1),
        "hit_rate": hits.any(axis=1).astype(float),
        "popularity": popularity_percentile(n_ratings)[lists].mean(axis=1),
        "novelty": -np.log2(np.maximum(n_ratings, 1) / train.n_users)[lists].mean(axis=1),
    }
    if catalog is not None:
        columns["diversity"] = diversity(lists, genre_matrix(catalog.genres))
        columns["calibration"] = calibration(lists, train.history(users), genre_table(catalog.genres).to_numpy())
    return pd.DataFrame(columns, index=pd.Index(users, name="user")), lists


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


def popularity_percentile(n_ratings: np.ndarray) -> np.ndarray:
    """Parte do catálogo menos avaliada que cada filme, contando pela metade os empatados: float64 (n_movies,)."""
    return (pd.Series(n_ratings).rank().to_numpy() - 0.5) / len(n_ratings)


def diversity(lists: np.ndarray, genres: np.ndarray) -> np.ndarray:
    """1 − cosseno médio entre os pares de cada lista: int64 (U, k) e linhas de norma 1 -> float64 (U,).

    A soma dos cossenos de todos os pares é o quadrado da norma da soma; dela se tira o de cada filme consigo mesmo.
    """
    n_pairs = lists.shape[1] * (lists.shape[1] - 1)
    if not n_pairs:
        return np.full(len(lists), np.nan)
    chosen = genres[lists].astype(np.float64)
    return 1 - ((chosen.sum(axis=1) ** 2).sum(axis=1) - (chosen**2).sum(axis=(1, 2))) / n_pairs


def calibration(lists: np.ndarray, history, genres: np.ndarray) -> np.ndarray:
    """Divergência de Kullback–Leibler entre os gêneros do histórico e os da lista, em bits: float64 (U,).

    Args:
        lists: int64 (U, k).
        history: esparsa (U, n_movies), o que cada um viu no treinamento.
        genres: 0 e 1, (n_movies, n_genres); um filme reparte o seu voto entre os gêneros que tem.
    """
    shares = genres / np.maximum(genres.sum(axis=1, keepdims=True), 1).astype(np.float64)
    taste, listed = (history != 0) @ shares, shares[lists].sum(axis=1)
    taste, listed = (part / np.maximum(part.sum(axis=1, keepdims=True), 1e-12) for part in (taste, listed))
    mixed = (1 - CALIBRATION_MIX) * listed + CALIBRATION_MIX * taste
    return np.where(taste > 0, taste * np.log2(np.maximum(taste, 1e-12) / np.maximum(mixed, 1e-12)), 0).sum(axis=1)


def among(users: np.ndarray, lists: np.ndarray, rows: Interactions) -> np.ndarray:
    """Quais pares (usuário, filme da lista) estão em `rows`: bool (U, k)."""
    pairs = rows.users * rows.n_movies + rows.movies
    return np.isin(users[:, None] * rows.n_movies + lists, pairs)
