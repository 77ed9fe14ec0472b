"""O que a página "Mapa dos filmes" leva consigo: as duas primeiras dimensões da PCA da lição 05, com título e nota."""

import json

import numpy as np

from course_lib import split_ratings, train_model
from course_lib.analysis.embeddings import movie_facts, movie_vectors, pca
from course_lib.datasets import MovieLens

LESSON, PAGE, DATA = "05_embeddings", "mapa.md", "mapa-dados.js"
SEED, N_MOVIES = 42, 2000


def projected(data: MovieLens, seed: int = SEED):
    """As mesmas contas da lição: DataFrame (2.000, 3), dimensões 1 e 2 e nota média, do mais avaliado em diante."""
    train, _ = split_ratings(data.ratings, seed=seed)
    popular = np.argsort(-np.bincount(train[:, 1].astype(np.int64), minlength=data.n_movies), kind="stable")[:N_MOVIES]
    model = train_model("biased_dot", data, train, seed=seed, reuse=True).model
    scores = pca(movie_vectors(model, data, popular)).scores[[1, 2]]
    return scores.join(movie_facts(data, train)["nota média"])


def data_script(data: MovieLens) -> str:
    """O texto de `mapa-dados.js`."""
    rows = projected(data)
    content = {
        "filmes": rows.index.get_level_values("title").tolist(),
        "x": rows[1].round(3).tolist(),
        "y": rows[2].round(3).tolist(),
        "notas": rows["nota média"].round(2).tolist(),
    }
    return f"const MAPA = {json.dumps(content, ensure_ascii=False, separators=(',', ':'))};\n"
