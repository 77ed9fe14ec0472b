"""O que a página "O que eu veria?" leva consigo: títulos, popularidade e os pesos de dois modelos pequenos.

Uma página aberta do disco não pode ler outro arquivo como dados, mas pode executar um script: por isso os números vão
num arquivo `.js`, que só atribui uma constante.
"""

import json
from base64 import b64encode

import numpy as np

from course_lib.datasets import MovieLens
from course_lib.models.lists import EASE, FewWeights, ItemKNN

LESSON, PAGE, DATA = "06_listas", "o-que-eu-veria.md", "vitrine-dados.js"
MODELS = {"EASE": EASE, "filmes vizinhos": ItemKNN}


def fit_models(data: MovieLens) -> dict[str, FewWeights]:
    """Os modelos da página, ajustados a todas as avaliações."""
    return {name: FewWeights(base()).fit(data.interactions) for name, base in MODELS.items()}


def data_script(data: MovieLens) -> str:
    """O texto de `vitrine-dados.js`."""
    models = fit_models(data)
    movies = models["EASE"].movies
    content = {
        "filmes": data.movie_names[movies].tolist(),
        "vistos": np.bincount(data.interactions.movies, minlength=data.n_movies)[movies].tolist(),
        "modelos": [
            {
                "nome": name,
                "pesosPorFilme": model.weights.shape[1],
                "origens": b64encode(model.sources.astype("<u2").tobytes()).decode(),
                "pesos": b64encode(model.weights.astype("i1").tobytes()).decode(),
            }
            for name, model in models.items()
        ],
    }
    return f"const VITRINE = {json.dumps(content, ensure_ascii=False, separators=(',', ':'))};\n"
