"""Listas de outras bibliotecas: cada função ajusta um modelo e devolve o que dá os pontos de todos os filmes.

Recebem o nome do modelo na biblioteca, o treinamento, a semente e um dos ajustes de `PEERS`; devolvem
`(segundos, score)`, com `score(users)` float32 (U, n_movies). Os segundos são só os do ajuste: converter os dados não
conta, o que favorece a biblioteca. Uma thread. Sem a biblioteca, ImportError.
"""

import contextlib
import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from pkgutil import resolve_name
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import scipy.sparse as sp
import torch
from sklearn.model_selection import ParameterGrid

from benchmarks.measure import timed
from course_lib.interactions import Interactions

Score = Callable[[np.ndarray], np.ndarray]
ALL_TO_TRAIN = {"split": {"RS": [1.0]}, "group_by": "none"}  # o RecBole tiraria 20 % para a validação dele


def weighted(train: Interactions) -> sp.csr_matrix:
    """1 pelo que se viu, e mais 1 se levou 4 estrelas: float32 (n_users, n_movies)."""
    history = sp.csr_matrix(train.history())
    return sp.csr_matrix((1 + (history.data >= 4).astype(np.float32), history.indices, history.indptr), history.shape)


def implicit_factors(name: str, train: Interactions, seed: int, **options) -> tuple[float, Score]:
    """Um modelo de fatores do implicit."""
    model, rows = resolve_name(f"implicit.{name}")(random_state=seed, num_threads=1, **options), weighted(train)
    taken, _ = timed(lambda: model.fit(rows, show_progress=False))
    return taken, lambda users: model.user_factors[users] @ model.item_factors.T


def implicit_neighbours(name: str, train: Interactions, seed: int, **options) -> tuple[float, Score]:
    """Vizinhos entre filmes do implicit."""
    model, rows = resolve_name(f"implicit.{name}")(num_threads=1, **options), weighted(train)
    taken, _ = timed(lambda: model.fit(rows, show_progress=False))
    return taken, lambda users: (rows[users] @ model.similarity).toarray().astype(np.float32)


def lenskit(name: str, train: Interactions, seed: int, **options) -> tuple[float, Score]:
    """Um modelo do LensKit, que recebe o histórico de cada pessoa junto da pergunta."""
    scorer = resolve_name(f"lenskit.{name}")(**options)
    from lenskit.data import ItemList, RecQuery, from_interactions_df
    from lenskit.training import TrainingOptions

    rows = from_interactions_df(pd.DataFrame({"user_id": train.users, "item_id": train.movies}))
    taken, _ = timed(lambda: scorer.train(rows, TrainingOptions(rng=seed)))
    known = np.unique(train.movies)
    movies = ItemList(item_ids=known)

    def score_one(user: int) -> np.ndarray:
        return scorer(RecQuery(user_id=user, history_items=rows.user_row(user)), movies).scores()

    return taken, by_user(train, known, score_one)


def cornac(name: str, train: Interactions, seed: int, **options) -> tuple[float, Score]:
    """Um modelo do cornac, a que se dão as estrelas."""
    model = resolve_name(f"cornac.models:{name}")(seed=seed, **options)
    from cornac.data import Dataset

    rows = zip(train.users.tolist(), train.movies.tolist(), train.values.tolist(), strict=True)
    dataset = Dataset.build(list(rows), seed=seed)
    with contextlib.redirect_stdout(io.StringIO()):
        taken, _ = timed(lambda: model.fit(dataset))
    known = np.fromiter(dataset.iid_map, np.int64)  # na ordem dos índices do cornac
    return taken, by_user(train, known, lambda user: model.score(dataset.uid_map[user]))


def lightfm_warp(train: Interactions, seed: int, n_epochs: int, **options) -> tuple[float, Score]:
    """WARP do lightfm-next."""
    from lightfm import LightFM

    model, rows = LightFM(loss="warp", random_state=seed, **options), weighted(train).tocoo()
    taken, _ = timed(lambda: model.fit(rows, epochs=n_epochs, num_threads=1))
    biases, vectors = model.get_item_representations()
    return taken, lambda users: model.get_user_representations()[1][users] @ vectors.T + biases


def recbole(name: str, train: Interactions, seed: int, **options) -> tuple[float, Score]:
    """Um modelo do RecBole, que aprende só de quem viu o quê; lê os dados de um arquivo, e escreve onde está."""
    from recbole.config import Config
    from recbole.data import create_dataset, get_dataloader
    from recbole.data.interaction import Interaction
    from recbole.sampler import Sampler
    from recbole.trainer import Trainer
    from recbole.utils import get_model, init_seed

    put_back_old_names()
    with TemporaryDirectory() as folder, contextlib.chdir(folder), contextlib.redirect_stderr(io.StringIO()):
        Path("dataset/seen").mkdir(parents=True)
        pairs = pd.DataFrame({"user_id:token": train.users, "item_id:token": train.movies})
        pairs.to_csv("dataset/seen/seen.inter", sep="\t", index=False)
        config = Config(name, "seen", config_dict={"use_gpu": False, "eval_args": ALL_TO_TRAIN, **options})
        init_seed(seed, reproducibility=True)
        (rows,) = create_dataset(config).build()
        model, sampler = get_model(name)(config, rows), Sampler("train", rows).set_phase("train")
        batches, trainer = get_dataloader(config, "train")(config, rows, sampler, shuffle=True), Trainer(config, model)
        taken, _ = timed(lambda: trainer.fit(batches, verbose=False, saved=False))
        trainer.tensorboard.close()  # que escreve de outra thread, e procuraria a pasta depois de apagada
    model.eval().requires_grad_(False)
    known = rows.field2id_token["item_id"][1:].astype(np.int64)  # o 0 do RecBole não é filme nenhum
    asked = {user: Interaction({"user_id": torch.tensor([i])}) for user, i in rows.field2token_id["user_id"].items()}
    return taken, by_user(train, known, lambda user: model.full_sort_predict(asked[str(user)])[1:].numpy())


def put_back_old_names() -> None:
    """O RecBole 1.2.1 ainda chama por nomes que o numpy 2 e o scipy 1.13 tiraram."""
    np.float_, np.complex_, np.unicode_ = np.float64, np.complex128, np.str_
    sp.dok_matrix._update = sp.dok_matrix.update


def by_user(train: Interactions, known: np.ndarray, score_one: Callable[[int], np.ndarray]) -> Score:
    """O `score` de quem pontua uma pessoa por vez, das que conhece, e só os filmes `known`; o resto vai para o fim."""
    met = set(train.users.tolist())

    def score(users: np.ndarray) -> np.ndarray:
        points = np.full((len(users), train.n_movies), np.nan, np.float32)
        for row, user in enumerate(users.tolist()):
            if user in met:
                points[row, known] = score_one(user)
        return np.where(np.isnan(points), np.nanmin(points, initial=0) - 1, points)

    return score


def grid(**values: list) -> list[dict]:
    """Todas as combinações destes valores."""
    return list(ParameterGrid(values))


# nome -> (função, ajustes a tentar na separação interna)
PEERS = {
    "implicit ALS": (
        partial(implicit_factors, "als:AlternatingLeastSquares"),
        grid(factors=[64], regularization=[10.0, 30.0, 60.0], alpha=[2.0, 5.0]),
    ),
    "implicit TF-IDF": (
        partial(implicit_neighbours, "nearest_neighbours:TFIDFRecommender"),
        grid(K=[20, 50, 100, 200, 1000]),
    ),
    "implicit BPR": (
        partial(implicit_factors, "bpr:BayesianPersonalizedRanking"),
        grid(factors=[32], learning_rate=[0.01, 0.05], regularization=[0.01, 0.1], iterations=[20, 50, 200]),
    ),
    "LensKit ImplicitMF": (
        partial(lenskit, "als:ImplicitMFScorer"),
        grid(embedding_size=[32, 64], epochs=[10], regularization=[10.0, 30.0, 60.0, 100.0], weight=[10.0]),
    ),
    "LensKit UserKNN": (
        partial(lenskit, "knn:UserKNNScorer", feedback="implicit"),
        grid(max_nbrs=[20, 50, 100, 200]),
    ),
    "LensKit ItemKNN": (
        partial(lenskit, "knn:ItemKNNScorer", feedback="implicit"),
        grid(max_nbrs=[20, 50, 200]),
    ),
    "cornac VAECF": (
        partial(cornac, "VAECF", k=50, autoencoder_structure=[100], batch_size=50),
        grid(beta=[0.2, 1.0], learning_rate=[0.001, 0.003]),
    ),
    "cornac EASE": (partial(cornac, "EASE", posB=False), grid(lamb=[2000.0, 6000.0])),
    "cornac BPR": (
        partial(cornac, "BPR", num_threads=1),
        grid(k=[32], max_iter=[200], learning_rate=[0.02, 0.05], lambda_reg=[0.01, 0.03]),
    ),
    "lightfm-next WARP": (
        lightfm_warp,
        grid(no_components=[32, 64], learning_rate=[0.03], item_alpha=[1e-5, 1e-4], n_epochs=[30]),
    ),
    "RecBole LightGCN": (
        partial(recbole, "LightGCN", embedding_size=64, train_batch_size=4096, learning_rate=0.005),
        grid(n_layers=[1, 2], epochs=[50, 100]),
    ),
    "RecBole MultiVAE": (  # com a camada de 600 do artigo custa mais de 4 vezes isto, e não ordenou melhor
        partial(recbole, "MultiVAE", latent_dimension=128, train_batch_size=64, total_anneal_steps=1000, epochs=100),
        grid(mlp_hidden_size=[[], [200]], dropout_prob=[0.5, 0.7]),
    ),
}
