"""Listas de outras bibliotecas: cada função ajusta um modelo e devolve o que dá os pontos de todos os filmes.

Recebem o treinamento, a semente e um dos ajustes de `PEERS`; devolvem `(segundos, score)`, com `score(users)` float32
(U, n_movies). Os segundos são só os do ajuste: converter os dados não conta, o que favorece a biblioteca. Uma thread.
"""

import contextlib
import io
from collections.abc import Callable

import numpy as np
import pandas as pd
import scipy.sparse as sp

from benchmarks.measure import timed
from course_lib.interactions import Interactions

Score = Callable[[np.ndarray], np.ndarray]


def weighted(train: Interactions) -> sp.csr_matrix:
    """1 pelo que se viu, e mais 1 se levou 4 estrelas: float32 (n_users, n_movies)."""
    history = sp.csr_matrix(train.history())
    return sp.csr_matrix((1 + (history.data >= 4).astype(np.float32), history.indices, history.indptr), history.shape)


def implicit_als(train: Interactions, seed: int, **options) -> tuple[float, Score]:
    """ALS do implicit."""
    from implicit.als import AlternatingLeastSquares

    return _implicit_factors(AlternatingLeastSquares(random_state=seed, num_threads=1, **options), train)


def implicit_bpr(train: Interactions, seed: int, **options) -> tuple[float, Score]:
    """BPR do implicit."""
    from implicit.bpr import BayesianPersonalizedRanking

    return _implicit_factors(BayesianPersonalizedRanking(random_state=seed, num_threads=1, **options), train)


def _implicit_factors(model, train: Interactions) -> tuple[float, Score]:
    rows = weighted(train)
    taken, _ = timed(lambda: model.fit(rows, show_progress=False))
    return taken, lambda users: np.asarray(model.user_factors)[users] @ np.asarray(model.item_factors).T


def implicit_tfidf(train: Interactions, seed: int, **options) -> tuple[float, Score]:
    """Vizinhos entre filmes do implicit, com pesos TF-IDF."""
    from implicit.nearest_neighbours import TFIDFRecommender

    model, rows = TFIDFRecommender(num_threads=1, **options), weighted(train)
    taken, _ = timed(lambda: model.fit(rows, show_progress=False))
    return taken, lambda users: (rows[users] @ model.similarity).toarray().astype(np.float32)


def lenskit_mf(train: Interactions, seed: int, **options) -> tuple[float, Score]:
    """ImplicitMF (ALS) do LensKit."""
    from lenskit.als import ImplicitMFScorer

    return _lenskit(ImplicitMFScorer(**options), train, seed)


def lenskit_knn(train: Interactions, seed: int, **options) -> tuple[float, Score]:
    """Vizinhos entre usuários do LensKit."""
    from lenskit.knn import UserKNNScorer

    return _lenskit(UserKNNScorer(feedback="implicit", **options), train, seed)


def _lenskit(scorer, train: Interactions, seed: int) -> tuple[float, Score]:
    from lenskit.data import ItemList, from_interactions_df
    from lenskit.training import TrainingOptions

    rows = from_interactions_df(pd.DataFrame({"user_id": train.users, "item_id": train.movies}))
    taken, _ = timed(lambda: scorer.train(rows, TrainingOptions(rng=seed)))
    known = np.unique(train.movies)

    def score(users: np.ndarray) -> np.ndarray:
        points = np.full((len(users), train.n_movies), np.nan, np.float32)
        for row, user in enumerate(users.tolist()):
            points[row, known] = scorer(user, ItemList(item_ids=known)).scores()
        return lowest_where_missing(points)

    return taken, score


def cornac_vaecf(train: Interactions, seed: int, **options) -> tuple[float, Score]:
    """VAECF do cornac: um autocodificador variacional."""
    from cornac.models import VAECF

    return _cornac(VAECF(seed=seed, **options), train, seed)


def cornac_ease(train: Interactions, seed: int, **options) -> tuple[float, Score]:
    """EASE do cornac."""
    from cornac.models import EASE

    return _cornac(EASE(**options), train, seed)


def cornac_bpr(train: Interactions, seed: int, **options) -> tuple[float, Score]:
    """BPR do cornac."""
    from cornac.models import BPR

    return _cornac(BPR(seed=seed, num_threads=1, **options), train, seed)


def _cornac(model, train: Interactions, seed: int) -> tuple[float, Score]:
    from cornac.data import Dataset

    values = np.ones(len(train)) if train.values is None else train.values.astype(float)
    rows = list(zip(train.users.tolist(), train.movies.tolist(), values.tolist(), strict=True))
    dataset = Dataset.build(rows, seed=seed)
    with contextlib.redirect_stdout(io.StringIO()):
        taken, _ = timed(lambda: model.fit(dataset))
    movies = np.fromiter(dataset.iid_map, np.int64)  # na ordem dos índices do cornac

    def score(users: np.ndarray) -> np.ndarray:
        points = np.full((len(users), train.n_movies), np.nan, np.float32)
        for row, user in enumerate(users.tolist()):
            if user in dataset.uid_map:
                points[row, movies] = model.score(dataset.uid_map[user])
        return lowest_where_missing(points)

    return taken, score


def lightfm_warp(train: Interactions, seed: int, n_epochs: int, **options) -> tuple[float, Score]:
    """WARP do lightfm-next."""
    from lightfm import LightFM

    model, rows = LightFM(loss="warp", random_state=seed, **options), weighted(train).tocoo()
    taken, _ = timed(lambda: model.fit(rows, epochs=n_epochs, num_threads=1))
    biases, vectors = model.get_item_representations()
    return taken, lambda users: model.get_user_representations()[1][users] @ vectors.T + biases


def lowest_where_missing(points: np.ndarray) -> np.ndarray:
    """Onde a biblioteca não sabe pontuar, um ponto abaixo de tudo o que ela pontuou: o filme vai para o fim."""
    return np.where(np.isnan(points), np.nanmin(points, initial=0) - 1, points).astype(np.float32)


# nome -> (função, ajustes a tentar na separação interna)
PEERS = {
    "implicit ALS": (
        implicit_als,
        [
            {"factors": 64, "regularization": 30.0, "alpha": 5.0},
            {"factors": 64, "regularization": 60.0, "alpha": 5.0},
            {"factors": 32, "regularization": 10.0, "alpha": 5.0},
        ],
    ),
    "implicit TF-IDF": (implicit_tfidf, [{"K": 50}, {"K": 200}, {"K": 1000}]),
    "implicit BPR": (
        implicit_bpr,
        [
            {"factors": 32, "learning_rate": 0.02, "regularization": 0.01, "iterations": 100},
            {"factors": 64, "learning_rate": 0.05, "regularization": 0.03, "iterations": 100},
        ],
    ),
    "LensKit ImplicitMF": (
        lenskit_mf,
        [
            {"embedding_size": 32, "epochs": 10, "regularization": 1.0, "weight": 10.0},
            {"embedding_size": 32, "epochs": 10, "regularization": 10.0, "weight": 10.0},
            {"embedding_size": 64, "epochs": 10, "regularization": 30.0, "weight": 10.0},
        ],
    ),
    "LensKit UserKNN": (lenskit_knn, [{"max_nbrs": 20}, {"max_nbrs": 50}, {"max_nbrs": 100}]),
    "cornac VAECF": (
        cornac_vaecf,
        [
            {"k": 20, "autoencoder_structure": [100], "n_epochs": 100, "batch_size": 50, "learning_rate": 0.001},
            {"k": 50, "autoencoder_structure": [200], "n_epochs": 100, "batch_size": 50, "learning_rate": 0.001},
        ],
    ),
    "cornac EASE": (cornac_ease, [{"lamb": 300.0, "posB": False}, {"lamb": 6000.0, "posB": False}]),
    "cornac BPR": (
        cornac_bpr,
        [
            {"k": 32, "max_iter": 100, "learning_rate": 0.02, "lambda_reg": 0.01},
            {"k": 64, "max_iter": 200, "learning_rate": 0.05, "lambda_reg": 0.03},
        ],
    ),
    "lightfm-next WARP": (
        lightfm_warp,
        [
            {"no_components": 32, "learning_rate": 0.03, "item_alpha": 1e-5, "user_alpha": 1e-5, "n_epochs": 30},
            {"no_components": 64, "learning_rate": 0.02, "item_alpha": 1e-4, "user_alpha": 1e-4, "n_epochs": 50},
        ],
    ),
}
