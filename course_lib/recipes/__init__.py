"""As receitas: com que ajustes cada modelo da série é treinado. Uma só verdade para notebooks, comandos e medições.

Os hiperparâmetros foram escolhidos em divisões internas da parte de treinamento (semente 42); a parte que se relata
nunca decidiu nada. Por isso uma receita não olha a validação: treina um número fixo de épocas.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from joblib import Parallel, delayed

from course_lib.analysis.recommend import predict
from course_lib.datasets import MovieLens
from course_lib.datasets.features import movie_features, selected_ratings, training_rows
from course_lib.errors import ArgumentError
from course_lib.models import (
    ALS,
    BayesianMF,
    BiasBaseline,
    BiasedDotNet,
    DotNet,
    Ensemble,
    HybridNet,
    KernelModel,
    NeuralNet,
    Stacked,
)
from course_lib.models.context import Context
from course_lib.models.context_net import ContextNet
from course_lib.recipes.kinds import ClosedFormRecipe, NetworkRecipe, Run
from course_lib.trainer import History


@dataclass(frozen=True)
class Fitted:
    """Um modelo treinado por uma receita.

    Attributes:
        name: nome da receita.
        model: a rede, a linha de base ou o conjunto de modelos.
        history: a história do treinamento; vazia para modelos de fórmula fechada.
        seconds: tempo de treinamento; quase zero se um modelo guardado foi reaproveitado.
        scale: menor e maior nota, em estrelas.
        use_time: se o modelo usa o momento da avaliação que prevê.
    """

    name: str
    model: object
    history: History
    seconds: float
    scale: tuple[float, float]
    use_time: bool = False

    def predict(self, users, movies, timestamps=None) -> np.ndarray:
        """Notas previstas, float32 (n,), aparadas à escala dos dados.

        Args:
            users, movies: inteiros (n,).
            timestamps: segundos desde 1970, (n,); obrigatório se `use_time`, ignorado nos demais.
        """
        return np.clip(predict(self.model, users, movies, timestamps if self.use_time else None), *self.scale)


@dataclass(frozen=True)
class StackedRecipe:
    """A média de outras receitas, corrigida por árvores; ver `Stacked`.

    Attributes:
        copies: de cada receita, quantos modelos treinar, com sementes diferentes; é também o peso dela na média. Uma
            delas é "context", que traz o contexto que a correção lê.
        n_folds: em quantas dobras se divide o treinamento. Em cada uma, um modelo por receita basta.
        n_jobs: quantos processos treinam as dobras, enquanto este treina os modelos finais.
    """

    copies: dict[str, int]
    n_folds: int
    n_jobs: int = 2
    knows_time: bool = True

    def fit(self, name: str, run: Run) -> tuple[Stacked, History]:
        side_by_side = Parallel(self.n_jobs, return_as="generator")
        lessons = side_by_side(delayed(self._lesson)(run, *parts) for parts in self._folds(run))
        stacked = self._uncorrected(run, self.copies)
        return stacked.fit(lessons, run.seed), History()

    def _uncorrected(self, run: Run, copies: dict[str, int]) -> Stacked:
        parts = {
            name: [_fit(name, replace(run, seed=run.seed + 1000 * copy)) for copy in range(n)]
            for name, n in copies.items()
        }
        ensemble = Ensemble([Ensemble(models) for models in parts.values()], weights=list(self.copies.values()))
        return Stacked(ensemble, parts["context"][0].model.context)

    def _folds(self, run: Run) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """De cada dobra, as linhas com que treinar e as que ficam para aprender."""
        from sklearn.model_selection import KFold  # custa um segundo que só esta receita deve pagar

        train = np.asarray(run.train)
        train = np.flatnonzero(train) if train.dtype == bool else train
        for rest, fold in KFold(self.n_folds, shuffle=True, random_state=run.seed).split(train):
            yield train[rest], train[fold]

    def _lesson(self, run: Run, rest: np.ndarray, fold: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        without = self._uncorrected(replace(run, train=rest), dict.fromkeys(self.copies, 1))
        return without.lesson(training_rows(run.data, fold))


def _baseline(**options) -> ClosedFormRecipe:
    return ClosedFormRecipe(lambda run: BiasBaseline(**options).fit(run.rows, run.data.n_users, run.data.n_movies))


def _sizes(run: Run) -> dict:
    return {"n_users": run.data.n_users, "n_movies": run.data.n_movies}


def _mean(run: Run) -> float:
    return float(run.rows[:, 2].mean())


def _hybrid(run: Run) -> HybridNet:
    return HybridNet(
        **_sizes(run), features=movie_features(run.data), rows=training_rows(run.data, run.train), mean=_mean(run)
    )


RECIPES: dict[str, ClosedFormRecipe | NetworkRecipe | StackedRecipe] = {
    "mean": _baseline(damping=0, users=False, movies=False),
    "user_mean": _baseline(damping=0, movies=False),
    "movie_mean": _baseline(damping=0, users=False),
    "bias": _baseline(damping=5),
    "dot": NetworkRecipe(lambda run: DotNet(**_sizes(run)), n_epochs=20, batch_size=64, lr=1e-3),
    "biased_dot": NetworkRecipe(
        lambda run: BiasedDotNet(**_sizes(run), mean=_mean(run), l2=0.15, l2_bias=0.02),
        n_epochs=15,
        batch_size=1024,
        lr=5e-3,
    ),
    "neural_net": NetworkRecipe(
        lambda run: NeuralNet(**_sizes(run), mean=_mean(run)), n_epochs=3, batch_size=64, lr=2e-3
    ),
    "als": ClosedFormRecipe(lambda run: ALS(seed=run.seed).fit(run.data, run.train)),
    "bayes": ClosedFormRecipe(lambda run: BayesianMF(seed=run.seed).fit(run.data, run.train)),
    "hybrid": NetworkRecipe(_hybrid, n_epochs=10, batch_size=2048, lr=5e-3),
    "kernel": ClosedFormRecipe(
        lambda run: KernelModel(use_time=run.use_time).fit(run.data, run.train), knows_time=True
    ),
    "context": NetworkRecipe(
        lambda run: ContextNet(Context(run.data, run.train, run.use_time), movie_features(run.data)),
        n_epochs=8,
        batch_size=2048,
        lr=5e-3,
        knows_time=True,
    ),
    "ensemble": StackedRecipe({"kernel": 1, "context": 2}, n_folds=4),
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
        valid: linhas float32 (m, 3); se dadas, a história traz também a perda de validação, que não decide nada aqui:
            o modelo é o da última época. Linhas não trazem as datas: com `use_time`, deve ser None.
        seed: semente dos pesos iniciais e da ordem dos minibatches.
        device: ver `resolve_device`.
        use_time: se o modelo pode usar o momento da avaliação que prevê. É justo numa divisão ao acaso e nada diz de
            uma divisão por data; relate os dois casos à parte.
        n_epochs: épocas, no lugar das da receita.
        reuse: guarda a rede em `models/` e, se ela já estiver lá, com os mesmos dados, ajustes e semente, usa-a. Se a
            pasta não aceita escrita, avisa, e a rede treinada só não fica guardada.
        verbose: mostra o registro de cada época.

    Raises:
        ArgumentError: se a receita não existe ou não sabe usar o tempo; se `valid` vem com `use_time`; se `n_epochs` é
            menor que 1.
        DataError, NonFiniteError, IdOutOfRangeError: se `train` não serve (ver `selected_ratings`), ou repete um par e
            a receita não o aceita.
    """
    recipe = RECIPES.get(name)
    if recipe is None:
        raise ArgumentError(f"não há receita {name!r}. As que existem: {', '.join(RECIPES)}.")
    if use_time and not recipe.knows_time:
        able = ", ".join(other for other, entry in RECIPES.items() if entry.knows_time)
        raise ArgumentError(f"a receita {name!r} não usa o tempo. Tire use_time=True, ou escolha entre: {able}.")
    if use_time and valid is not None:
        raise ArgumentError(
            "valid são linhas (n, 3), que não trazem o momento de cada avaliação, e use_time=True precisa dele.\n"
            "Treine sem valid, e meça depois: fitted.predict(users, movies, timestamps)."
        )
    selected_ratings(data, train)  # recusa já as linhas que não servem, seja qual for a receita
    return _fit(name, Run(data, train, valid, seed, device, use_time, n_epochs, reuse, verbose))


def _fit(name: str, run: Run) -> Fitted:
    start = time.perf_counter()
    model, history = RECIPES[name].fit(name, run)
    return Fitted(name, model, history, time.perf_counter() - start, run.data.rating_scale, run.use_time)
