"""As receitas: com que ajustes cada modelo da série é treinado. Uma só verdade para notebooks, comandos e medições.

Os hiperparâmetros foram escolhidos em divisões internas da parte de treinamento (semente 42); a parte que se relata
nunca decidiu nada. Por isso uma receita não olha a validação: treina um número fixo de épocas.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from course_lib.analysis.metrics import rmse
from course_lib.analysis.recommend import predict
from course_lib.datasets import MovieLens, make_dataloaders
from course_lib.errors import ArgumentError, CheckpointError, DataError
from course_lib.models import BiasBaseline, BiasedDotNet, DotNet, NeuralNet
from course_lib.paths import models_dir
from course_lib.trainer import DeepNetTrainer, History


@dataclass(frozen=True)
class Fitted:
    """Um modelo treinado por uma receita.

    Attributes:
        name: nome da receita.
        model: a rede ou a linha de base.
        history: a história do treinamento; vazia para modelos de fórmula fechada.
        seconds: tempo de treinamento; quase zero se um modelo guardado foi reaproveitado.
        scale: menor e maior nota, em estrelas.
    """

    name: str
    model: object
    history: History
    seconds: float
    scale: tuple[float, float]

    def predict(self, users, movies, timestamps=None) -> np.ndarray:
        """Notas previstas, float32 (n,), aparadas à escala dos dados.

        Args:
            users, movies: inteiros (n,).
            timestamps: segundos desde 1970, (n,); só os modelos que usam o tempo os leem.
        """
        return np.clip(predict(self.model, users, movies), *self.scale)


@dataclass(frozen=True)
class BaselineRecipe:
    """Uma linha de base: nada a sortear, nada a iterar."""

    build: Callable[[], BiasBaseline]

    def fit(self, data: MovieLens, train: np.ndarray) -> BiasBaseline:
        return self.build().fit(train, data.n_users, data.n_movies)


@dataclass(frozen=True)
class NetworkRecipe:
    """Como criar e treinar uma rede com `DeepNetTrainer` e o otimizador Adam.

    Attributes:
        build: função (n_users, n_movies, média das notas de treinamento) -> rede.
        n_epochs, batch_size: épocas e tamanho do minibatch.
        lr: taxa de aprendizado inicial.
        cosine: se a taxa cai até zero, em meia onda de cosseno, ao longo das épocas.
    """

    build: Callable[[int, int, float], nn.Module]
    n_epochs: int
    batch_size: int
    lr: float
    cosine: bool = True

    def trainer(self, data: MovieLens, train: np.ndarray, seed: int, **options) -> DeepNetTrainer:
        """O treinador com rede, otimizador e agenda desta receita; `options` vão para `DeepNetTrainer`."""
        torch.manual_seed(seed)
        model = self.build(data.n_users, data.n_movies, float(train[:, 2].mean()))
        optimizer = torch.optim.Adam(model.parameters(), lr=self.lr, fused=True)
        scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.n_epochs) if self.cosine else None
        return DeepNetTrainer(model, nn.MSELoss(), optimizer, scheduler, metrics={"rmse": rmse}, **options)


RECIPES: dict[str, BaselineRecipe | NetworkRecipe] = {
    "mean": BaselineRecipe(lambda: BiasBaseline(damping=0, users=False, movies=False)),
    "user_mean": BaselineRecipe(lambda: BiasBaseline(damping=0, movies=False)),
    "movie_mean": BaselineRecipe(lambda: BiasBaseline(damping=0, users=False)),
    "bias": BaselineRecipe(lambda: BiasBaseline(damping=5)),
    "dot": NetworkRecipe(lambda users, movies, mean: DotNet(users, movies), n_epochs=20, batch_size=64, lr=1e-3),
    "biased_dot": NetworkRecipe(
        lambda users, movies, mean: BiasedDotNet(users, movies, mean=mean, l2=0.15, l2_bias=0.02),
        n_epochs=15,
        batch_size=1024,
        lr=5e-3,
    ),
    "neural_net": NetworkRecipe(
        lambda users, movies, mean: NeuralNet(users, movies, mean=mean), n_epochs=4, batch_size=64, lr=1e-3
    ),
}


def train_model(
    name: str,
    data: MovieLens,
    train: np.ndarray,
    valid: np.ndarray | None = None,
    seed: int = 42,
    device: str = "auto",
    *,
    n_epochs: int | None = None,
    reuse: bool = False,
    verbose: bool = False,
) -> Fitted:
    """Treina um modelo por sua receita.

    Args:
        name: nome da receita; ver `RECIPES`.
        data: os dados, de onde vêm o número de usuários e de filmes e a escala das notas.
        train: o que treinar: linhas float32 (n, 3), ou índice inteiro (n,) ou máscara bool (len(data.ratings),) em
            `data.ratings`.
        valid: linhas float32 (m, 3); se dadas, a história traz também a perda de validação (que não decide nada
            aqui além de mostrar a curva: o modelo é o da última época).
        seed: semente dos pesos iniciais e da ordem dos minibatches.
        device: ver `resolve_device`.
        n_epochs: épocas, no lugar das da receita.
        reuse: guarda o modelo em `models/` e, se ele já estiver lá, com os mesmos dados, ajustes e semente, usa-o.
        verbose: mostra o registro de cada época.

    Raises:
        ArgumentError: se a receita não existe.
        DataError: se `train` não tem a forma esperada.
    """
    recipe = RECIPES.get(name)
    if recipe is None:
        raise ArgumentError(f"não há receita {name!r}. As que existem: {', '.join(RECIPES)}.")
    rows = training_rows(data, train)
    start, history = time.perf_counter(), History()
    if isinstance(recipe, BaselineRecipe):
        model = recipe.fit(data, rows)
    else:
        recipe = replace(recipe, n_epochs=n_epochs or recipe.n_epochs)
        loaders = make_dataloaders(rows, valid, batch_size=recipe.batch_size, seed=seed)
        options = {"device": device, "verbose": verbose}
        if reuse:
            options["file_basename"] = models_dir() / f"{name}-{_key(recipe, loaders, seed)}"
        try:
            trainer = recipe.trainer(data, rows, seed, **options)
        except CheckpointError:  # de outra versão da receita, ou danificado: o modelo guardado se refaz
            trainer = recipe.trainer(data, rows, seed, reset=True, **options)
        history = trainer.fit(train_data=loaders["train"], valid_data=loaders.get("val"), until_epoch=recipe.n_epochs)
        if trainer.interrupted:
            raise KeyboardInterrupt
        trainer.use_last_weights()
        model = trainer.model
    return Fitted(name, model, history, time.perf_counter() - start, data.rating_scale)


def training_rows(data: MovieLens, train: np.ndarray) -> np.ndarray:
    """As linhas de treinamento, float32 (n, 3), de linhas, de um índice ou de uma máscara em `data.ratings`."""
    train = np.asarray(train)
    if train.ndim == 1 and (train.dtype == bool or np.issubdtype(train.dtype, np.integer)):
        return data.ratings[train]
    if train.ndim == 2 and train.shape[1] == 3:
        return train
    raise DataError(
        f"train tem forma {train.shape} e tipo {train.dtype}. Dê linhas (n, 3), como as de split_ratings, "
        "ou um índice inteiro ou uma máscara booleana em data.ratings."
    )


def _key(recipe: NetworkRecipe, loaders: dict, seed: int) -> str:
    """O que distingue um modelo guardado de outro da mesma receita: épocas, minibatch, semente e dados."""
    parts = [recipe.n_epochs, recipe.batch_size, seed, *(loader.dataset.fingerprint() for loader in loaders.values())]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]
