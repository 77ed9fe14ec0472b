"""As receitas: com que ajustes cada modelo da série é treinado. Uma só verdade para notebooks, comandos e medições.

Os hiperparâmetros foram escolhidos em divisões internas da parte de treinamento (semente 42); a parte que se relata
nunca decidiu nada. Por isso uma receita não olha a validação: treina um número fixo de épocas.
"""

import time

import numpy as np

from course_lib.datasets import MovieLens
from course_lib.datasets.splits import check_seed
from course_lib.errors import ArgumentError
from course_lib.models import (
    ALS,
    BayesianMF,
    BiasBaseline,
    BiasedDotNet,
    ContextNet,
    DotNet,
    HybridNet,
    KernelModel,
    NeuralNet,
    Stacked,
)
from course_lib.models.lists import (
    EASE,
    GenreTaste,
    ImplicitALS,
    ItemKNN,
    MostPopular,
    RecencyEASE,
    ReRanker,
    UserKNN,
    UsersFromUsers,
)
from course_lib.recipes.fitted import Fitted
from course_lib.recipes.recipe import Recipe, Run, Training
from course_lib.recipes.stacking import StackedRecipe
from course_lib.trainer.checks import final_epoch
from course_lib.trainer.objectives import Pairwise, Softmax

__all__ = ["RECIPES", "Fitted", "Recipe", "Training", "train_model"]

RECIPES: dict[str, Recipe] = {
    "mean": Recipe("rating", BiasBaseline, {"damping": 0, "users": False, "movies": False}),
    "user_mean": Recipe("rating", BiasBaseline, {"damping": 0, "movies": False}),
    "movie_mean": Recipe("rating", BiasBaseline, {"damping": 0, "users": False}),
    "bias": Recipe("rating", BiasBaseline, {"damping": 5}),
    "dot": Recipe("rating", DotNet, {}, Training(n_epochs=20, batch_size=64, lr=1e-3)),
    "biased_dot": Recipe(
        "rating", BiasedDotNet, {"l2": 0.15, "l2_bias": 0.02}, Training(n_epochs=15, batch_size=1024, lr=5e-3)
    ),
    # Com minibatches de 64 erra 0,001 estrela menos, nas divisões internas, e leva de três a quatro vezes mais.
    "neural_net": Recipe("rating", NeuralNet, {}, Training(n_epochs=3, batch_size=512, lr=4e-3)),
    "als": Recipe("rating", ALS),
    "bayes": Recipe("rating", BayesianMF),
    "hybrid": Recipe("rating", HybridNet, {}, Training(n_epochs=10, batch_size=2048, lr=5e-3)),
    "kernel": Recipe("rating", KernelModel),
    "context": Recipe("rating", ContextNet, {}, Training(n_epochs=8, batch_size=2048, lr=5e-3)),
    "ensemble": StackedRecipe("rating", Stacked, {"members": {"kernel": 1, "context": 2}, "n_folds": 4}),
    "popular": Recipe("ranking", MostPopular),
    "item_knn": Recipe("ranking", ItemKNN),
    "user_knn": Recipe("ranking", UserKNN),
    "ease": Recipe("ranking", EASE),
    "users": Recipe("ranking", UsersFromUsers),
    "genre_ease": Recipe("ranking", GenreTaste),
    "recency_ease": Recipe("ranking", RecencyEASE),
    "ials": Recipe("ranking", ImplicitALS),
    "dot_bpr": Recipe(
        "ranking",
        DotNet,
        {"n_factors": 64, "init_std": 0.05, "l2": 0.01},
        Training(n_epochs=20, batch_size=2048, lr=8e-3, objective=Pairwise()),
    ),
    "dot_softmax": Recipe(
        "ranking",
        DotNet,
        {"n_factors": 64, "init_std": 0.05},
        Training(n_epochs=60, batch_size=128, lr=1e-2, objective=Softmax(), weight_decay=1.0),
    ),
    "rerank": Recipe("ranking", ReRanker),
    "rerank_last": Recipe("ranking", ReRanker, {"hide": "last"}),
}


def train_model(
    name: str,
    data: MovieLens,
    train: np.ndarray,
    valid: np.ndarray | None = None,
    seed: int = 42,
    device: str = "auto",
    use_time: bool = False,
    *,
    n_epochs: int | None = None,
    reuse: bool = False,
    verbose: bool = False,
) -> Fitted:
    """Treina um modelo por sua receita.

    Args:
        name: nome da receita; ver `RECIPES`.
        data: os dados, de onde vêm o número de usuários e de filmes, os gêneros e anos, e a escala das notas.
        train: o que treinar: linhas float32 (n, 3), ou índice inteiro (n,) ou máscara bool (len(data.ratings),) em
            `data.ratings`. Com `use_time`, só índice ou máscara, que trazem as datas.
        valid: o mesmo, para as receitas que treinam por épocas; se dado, a história traz também a perda de validação,
            que não decide nada aqui: o modelo é o da última época. Com `use_time`, deve ser None.
        seed: semente dos pesos iniciais e da ordem dos minibatches.
        device: ver `resolve_device`.
        use_time: se o modelo pode usar o momento da avaliação que prevê. É justo numa divisão ao acaso e nada diz de
            uma divisão por data; relate os dois casos à parte.
        n_epochs: épocas, no lugar das da receita.
        reuse: guarda a rede em `models/` e, se ela já estiver lá, com a mesma receita, dados e semente, usa-a. Se a
            pasta não aceita escrita, avisa, e a rede treinada só não fica guardada.
        verbose: mostra o registro de cada época.

    Raises:
        ArgumentError: se a receita não existe ou não sabe usar o tempo; se `valid` vem com `use_time`; se `n_epochs` é
            menor que 1, ou a receita não treina por épocas; se `seed` não serve de semente.
        DataError, NonFiniteError, IdOutOfRangeError: se `train` não serve (ver `MovieLens.select`), ou repete um par e
            a receita não o aceita.
        TrainingInterrupted: Ctrl-C, ou o botão de parar do Jupyter, num treinamento por épocas; KeyboardInterrupt,
            nos demais.
    """
    recipe = RECIPES.get(name)
    if recipe is None:
        raise ArgumentError(f"não há receita {name!r}. As que existem: {', '.join(RECIPES)}.")
    if use_time and not recipe.takes("use_time"):
        able = ", ".join(other for other, entry in RECIPES.items() if entry.takes("use_time"))
        raise ArgumentError(f"a receita {name!r} não usa o tempo. Tire use_time=True, ou escolha entre: {able}.")
    if use_time and valid is not None:
        raise ArgumentError(
            "a validação durante o treinamento não traz o momento de cada avaliação, e use_time=True precisa dele.\n"
            "Treine sem valid, e meça depois: fitted.predict(users, movies, timestamps)."
        )
    seed = check_seed(seed)
    if n_epochs is not None and recipe.by_epochs:
        final_epoch(0, n_epochs, None)
    parts = data.select(train), None if valid is None else data.select(valid)
    start = time.perf_counter()
    model, history = recipe.fit(name, Run(data, *parts, seed, device, use_time, n_epochs, reuse, verbose))
    return Fitted(name, recipe, model, history, time.perf_counter() - start, data, use_time)
