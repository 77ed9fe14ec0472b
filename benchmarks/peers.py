"""As outras bibliotecas, cada uma com bons ajustes para estes dados.

Os ajustes do LensKit e do fastai foram escolhidos numa separação interna do treinamento da semente 42; os do KNN, nas
próprias separações em que se relata, o que o favorece; os demais são os recomendados, ou os que outros já acharam bons
nestes dados.

Cada função recebe as linhas de treinamento e a semente, ajusta um modelo e devolve `(segundos, predict)`. Os segundos
são só os do ajuste; converter os dados para o formato da biblioteca não conta, o que favorece a biblioteca. Todas usam
uma thread.
"""

import contextlib
import io
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import sparse

from benchmarks.measure import timed
from course_lib.models.features import genre_matrix, year_bins

Predict = Callable[[np.ndarray, np.ndarray], np.ndarray]
RATING_SCALE = (0.5, 5.0)


def frame(train: np.ndarray, names: tuple[str, str, str] = ("user", "item", "rating")) -> pd.DataFrame:
    """As linhas (n, 3) como DataFrame, com ids inteiros."""
    columns = (train[:, 0].astype(np.int64), train[:, 1].astype(np.int64), train[:, 2].astype(float))
    return pd.DataFrame(dict(zip(names, columns, strict=True)))


def surprise_svd(data, train, seed: int, n_epochs: int = 100) -> tuple[float, Predict]:
    """SVD do scikit-surprise, 100 fatores."""
    from surprise import SVD

    return _surprise(SVD(n_factors=100, n_epochs=n_epochs, lr_all=0.01, reg_all=0.1, random_state=seed), train)


def surprise_knn(data, train, seed: int) -> tuple[float, Predict]:
    """KNNBaseline do scikit-surprise, vizinhos entre filmes."""
    from surprise import KNNBaseline

    options = {"name": "pearson_baseline", "user_based": False, "shrinkage": 300}
    return _surprise(KNNBaseline(k=80, sim_options=options, verbose=False), train)


def _surprise(algorithm, train) -> tuple[float, Predict]:
    from surprise import Dataset, Reader

    full = Dataset.load_from_df(frame(train), Reader(rating_scale=RATING_SCALE)).build_full_trainset()
    taken, _ = timed(lambda: algorithm.fit(full))
    return taken, lambda users, movies: np.array(
        [algorithm.predict(user, movie).est for user, movie in zip(users.tolist(), movies.tolist(), strict=True)]
    )


def lenskit_als(data, train, seed: int, n_epochs: int = 10) -> tuple[float, Predict]:
    """BiasedMFScorer (ALS) do LensKit."""
    from lenskit.als import BiasedMFScorer
    from lenskit.basic import BiasScorer
    from lenskit.data import ItemList, from_interactions_df
    from lenskit.training import TrainingOptions

    rows = from_interactions_df(frame(train, ("user_id", "item_id", "rating")))
    scorer = BiasedMFScorer(embedding_size=50, epochs=n_epochs, regularization=0.15, damping=5.0)
    fallback = BiasScorer(damping=5.0)  # para os filmes que o treinamento não tem
    fallback.train(rows, TrainingOptions(rng=seed))
    taken, _ = timed(lambda: scorer.train(rows, TrainingOptions(rng=seed)))

    def predict(users: np.ndarray, movies: np.ndarray) -> np.ndarray:
        scores = np.empty(len(users))
        for user in np.unique(users):
            where = users == user
            items = ItemList(item_ids=movies[where])
            main, spare = (part(user, items).scores() for part in (scorer, fallback))
            scores[where] = np.where(np.isnan(main), spare, main)
        return scores

    return taken, predict


def cornac_mf(data, train, seed: int, n_epochs: int = 100) -> tuple[float, Predict]:
    """MF do cornac, com vieses, por gradiente descendente."""
    from cornac.data import Dataset
    from cornac.models import MF

    rows = list(frame(train).itertuples(index=False, name=None))
    dataset = Dataset.build(rows, seed=seed)
    model = MF(k=100, max_iter=n_epochs, learning_rate=0.01, lambda_reg=0.1, num_threads=1, seed=seed)
    taken, _ = timed(lambda: model.fit(dataset))

    def side(ids: np.ndarray, positions: dict, biases: np.ndarray, factors: np.ndarray):
        """Viés e vetor de cada id; zero para quem não estava no treinamento."""
        where = np.array([positions.get(key, -1) for key in ids.tolist()])
        known = where >= 0
        return biases[where] * known, factors[where] * known[:, None]

    def predict(users: np.ndarray, movies: np.ndarray) -> np.ndarray:
        user_bias, user = side(users, dataset.uid_map, model.u_biases, model.u_factors)
        movie_bias, movie = side(movies, dataset.iid_map, model.i_biases, model.i_factors)
        return model.global_mean + user_bias + movie_bias + (user * movie).sum(axis=1)

    return taken, predict


def myfm_ids(data, train, seed: int) -> tuple[float, Predict]:
    """Máquina de fatoração bayesiana, só com os ids."""
    return _myfm(data, train, seed, rank=10, movie_blocks=[one_hot(np.arange(data.n_movies), data.n_movies)])


def myfm_features(data, train, seed: int) -> tuple[float, Predict]:
    """A mesma, com o que se sabe de cada filme: quem o avaliou, gêneros, ano e número de avaliações."""
    pairs = (train[:, 1].astype(np.int64), train[:, 0].astype(np.int64))
    raters = sparse.csr_matrix((np.ones(len(train)), pairs), (data.n_movies, data.n_users))
    count = np.asarray(raters.sum(axis=1))
    log_count = np.log1p(count)
    blocks = [
        one_hot(np.arange(data.n_movies), data.n_movies),
        sparse.diags(1 / np.sqrt(np.maximum(count.ravel(), 1))) @ raters,
        sparse.csr_matrix(genre_matrix(data.genres)),
        sparse.csr_matrix(year_bins(data.years)),
        sparse.csr_matrix((log_count - log_count.mean()) / log_count.std()),
    ]
    return _myfm(data, train, seed, rank=24, movie_blocks=blocks)


def one_hot(ids: np.ndarray, size: int) -> sparse.csr_matrix:
    """Um 1 por linha, na coluna do id: esparsa (n, size)."""
    return sparse.csr_matrix((np.ones(len(ids)), (np.arange(len(ids)), ids.astype(np.int64))), (len(ids), size))


def _myfm(data, train, seed: int, rank: int, movie_blocks: list) -> tuple[float, Predict]:
    """`movie_blocks`: matrizes com uma linha por filme; cada uma tem as suas próprias variâncias a priori."""
    import myfm

    movies = sparse.hstack(movie_blocks).tocsr()
    groups = [data.n_users, *(block.shape[1] for block in movie_blocks)]
    model = myfm.MyFMRegressor(rank=rank, random_seed=seed)

    def inputs(users: np.ndarray, ids: np.ndarray) -> tuple:
        return one_hot(users, data.n_users), [myfm.RelationBlock(ids.astype(np.int64), movies)]

    def fit() -> None:
        users, blocks = inputs(train[:, 0], train[:, 1])
        with contextlib.redirect_stderr(io.StringIO()):  # a barra de progresso
            model.fit(users, train[:, 2].astype(float), blocks, n_iter=200, n_kept_samples=180, group_shapes=groups)

    taken, _ = timed(fit)
    return taken, lambda users, ids: model.predict(*inputs(users, ids))


def fastai_dot(data, train, seed: int, n_epochs: int = 5) -> tuple[float, Predict]:
    """collab_learner do fastai, produto interno com vieses."""
    from fastai.collab import CollabDataLoaders, collab_learner
    from fastai.torch_core import set_seed

    set_seed(seed)
    rows = frame(train)
    loaders = CollabDataLoaders.from_df(rows, valid_pct=0.001, seed=seed, bs=64, user_name="user", item_name="item",
                                        rating_name="rating", device="cpu")  # fmt: skip
    learner = collab_learner(loaders, n_factors=50, y_range=(0.5, 5.5))
    with learner.no_bar(), learner.no_logging():
        taken, _ = timed(lambda: learner.fit_one_cycle(n_epochs, 5e-3, wd=0.2))

    def predict(users: np.ndarray, movies: np.ndarray) -> np.ndarray:
        asked = pd.DataFrame({"user": users, "item": movies})
        with learner.no_bar():
            return learner.get_preds(dl=loaders.test_dl(asked))[0].numpy().ravel()

    return taken, predict


PEERS = {
    "Surprise SVD": surprise_svd,
    "Surprise KNNBaseline": surprise_knn,
    "LensKit BiasedMF (ALS)": lenskit_als,
    "cornac MF": cornac_mf,
    "myFM, só ids": myfm_ids,
    "myFM, atributos dos filmes": myfm_features,
    "fastai collab_learner": fastai_dot,
}
