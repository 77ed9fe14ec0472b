"""O que é uma receita: um modelo, suas opções e seu treinamento, como dados; e como ela se executa."""

import copy
import hashlib
import inspect
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import torch
from filelock import FileLock
from torch import nn

from course_lib.datasets import MovieLens, make_dataloaders
from course_lib.datasets.loaders import Minibatches, SeenMovies
from course_lib.errors import ArgumentError, CheckpointError, TrainingInterrupted
from course_lib.interactions import Interactions, digest
from course_lib.metrics import rmse
from course_lib.paths import models_dir
from course_lib.trainer import Checkpoint, DeepNetTrainer, History, resolve_device
from course_lib.trainer.objectives import Objective, Softmax, Stars
from course_lib.trainer.processes import Team


@dataclass(frozen=True)
class Run:
    """O que vale para um treinamento, seja qual for a receita; ver `train_model`."""

    data: MovieLens
    train: Interactions
    valid: Interactions | None = None
    seed: int = 42
    device: str = "auto"
    use_time: bool = False
    n_epochs: int | None = None
    reuse: bool = False
    verbose: bool = False


@dataclass(frozen=True)
class Training:
    """Como treinar uma rede por minibatches, com o Adam.

    Attributes:
        n_epochs, batch_size: épocas e tamanho do minibatch.
        lr: taxa de aprendizado inicial; cai até zero, em meia onda de cosseno, ao longo das épocas.
        objective: o que se quer da rede; acertar a nota, se nada se diz.
        weight_decay: quanto os pesos encolhem a cada passo, em fração da taxa (AdamW; Loshchilov e Hutter, 2019); para
            objetivos sem pares, em que o L2 por consulta não tem a que se aplicar.
    """

    n_epochs: int
    batch_size: int
    lr: float
    objective: Objective = field(default_factory=Stars)
    weight_decay: float = 0.0


@dataclass(frozen=True, eq=False, repr=False)
class Recipe:
    """Um modelo por treinar. Duas receitas são iguais se tudo nelas é igual; impressa, uma diz o que é.

    Attributes:
        task: "rating", se o modelo prevê estrelas; "ranking", se só ordena.
        model: a classe; ver `course_lib.models.contract`.
        options: o que se passa ao construtor; a semente e `use_time`, só a quem os aceita.
        training: None para modelos de fórmula fechada, que se ajustam de uma vez.
    """

    task: Literal["rating", "ranking"]
    model: type
    options: dict = field(default_factory=dict)
    training: Training | None = None

    def __post_init__(self):
        object.__setattr__(self, "options", dict(self.options))  # uma cópia: ninguém a muda de fora

    def __repr__(self) -> str:
        parts = [repr(self.task), self.model.__name__, repr(self.options)]
        return f"Recipe({', '.join(parts + ([repr(self.training)] if self.training else []))})"

    def __eq__(self, other) -> bool:
        return isinstance(other, Recipe) and self.model is other.model and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))

    @property
    def by_epochs(self) -> bool:
        """Se há épocas no treinamento, e `n_epochs` faz sentido."""
        return self.training is not None

    def takes(self, option: str) -> bool:
        """Se o construtor do modelo aceita a opção, como `use_time`."""
        return option in inspect.signature(getattr(self.model, "for_data", self.model)).parameters

    def fit(self, name: str, run: Run) -> tuple[object, History]:
        """O modelo ajustado e a história do treinamento, vazia nos de fórmula fechada.

        Raises:
            ArgumentError: se `run` pede épocas ou validação a um modelo que não treina por épocas.
        """
        if run.valid is not None and self.task == "ranking":
            raise ArgumentError(f"a receita {name!r} ordena, e não há perda de notas a validar: tire valid.")
        if self.training:
            return self._train(name, run)
        if run.valid is not None or (run.n_epochs is not None and not self.by_epochs):
            asked = "n_epochs" if run.n_epochs is not None and not self.by_epochs else "valid"
            raise ArgumentError(f"a receita {name!r} se ajusta de uma vez, sem épocas: tire {asked}.")
        return self.model(**self._options(run)).fit(run.train, catalog=run.data), History()

    def _options(self, run: Run) -> dict:
        offered = {"seed": run.seed, "use_time": run.use_time}
        return {**self.options, **{name: value for name, value in offered.items() if self.takes(name)}}

    def _train(self, name: str, run: Run) -> tuple[nn.Module, History]:
        training = self.training if run.n_epochs is None else replace(self.training, n_epochs=run.n_epochs)
        recipe = replace(self, training=training)
        file = models_dir() / f"{name}-{recipe.key(run)}" if run.reuse else None
        kept = Checkpoint(file, required=False) if file else None  # sem onde guardar, avisa-se, e o modelo não se perde
        team = Team()
        with _alone(file if team.rank == 0 else None):
            team.gather(None)  # os outros processos leem o checkpoint depois que o primeiro tem a trava
            if kept and (found := recipe._read(run, kept)):
                return found
            try:
                trainer = recipe.trainer(run, file_basename=kept)
            except CheckpointError:  # de outra versão do curso, ou danificado: o modelo guardado se refaz
                trainer = recipe.trainer(run, file_basename=kept, reset=True)
            loaders = recipe.loaders(run)
            history = trainer.fit(
                train_data=loaders["train"], valid_data=loaders.get("val"), until_epoch=training.n_epochs
            )
        if trainer.interrupted:
            raise TrainingInterrupted(name, trainer.last_epoch)
        return trainer.model, history

    def _read(self, run: Run, kept: Checkpoint) -> tuple[nn.Module, History] | None:
        """A rede guardada, se o treinamento dela acabou: lê-la não pede treinador, nem o segundo que ele custa."""
        try:
            state = kept.load()
            net = self.net(run)
            net.load_state_dict(state["weights"])
        except (CheckpointError, RuntimeError):  # RuntimeError: pesos de outras formas
            return None
        if state["epoch"] < self.training.n_epochs:
            return None
        return net.to(resolve_device(run.device)).eval(), History(state["history"], state["comparable_from"])

    def loaders(self, run: Run) -> dict[str, Minibatches]:
        """Os minibatches que o objetivo lê: pares com suas notas ou, para o `Softmax`, pessoas com tudo o que viram."""
        size = self.training.batch_size
        if not isinstance(self.training.objective, Softmax):
            return make_dataloaders(run.train, run.valid, batch_size=size, seed=run.seed)
        generator = torch.Generator().manual_seed(run.seed)
        return {"train": Minibatches(SeenMovies(run.train.history()), size, generator)}

    def net(self, run: Run) -> nn.Module:
        """A rede desta receita, com os pesos iniciais que a semente dá."""
        torch.manual_seed(run.seed)
        return self.model.for_data(run.train, run.data, **self._options(run))

    def trainer(self, run: Run, **options) -> DeepNetTrainer:
        """O treinador com rede, otimizador e agenda desta receita; `options` vão para `DeepNetTrainer`."""
        net = self.net(run)
        decay = {"weight_decay": self.training.weight_decay, "decoupled_weight_decay": True}
        options_of_adam = decay if self.training.weight_decay else {}
        optimizer = torch.optim.Adam(net.parameters(), lr=self.training.lr, fused=True, **options_of_adam)
        scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(1, self.training.n_epochs))
        objective = copy.deepcopy(self.training.objective)
        metrics = {"rmse": rmse} if self.task == "rating" else {}
        options |= {"metrics": metrics, "device": run.device, "verbose": run.verbose, "keep": "last"}
        return DeepNetTrainer(net, optimizer=optimizer, lr_scheduler=scheduler, objective=objective, **options)

    def key(self, run: Run) -> str:
        """O que distingue um modelo guardado de outro: a receita inteira, a semente, as linhas e o catálogo."""
        catalog = digest(run.data.genres.tolist(), run.data.years.tolist(), run.data.rating_scale)
        parts = [repr(self), run.seed, run.use_time, run.data.name, catalog]
        for rows in (run.train, run.valid):
            if rows is not None and not run.use_time:
                rows = replace(rows, times=None)  # as mesmas linhas, venham com as datas ou não
            parts.append(rows.fingerprint() if rows is not None else None)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def _alone(file: Path | None) -> AbstractContextManager:
    """Enquanto um processo treina o modelo que vai para `file`, outro que o queira espera, e depois só o lê."""
    if file is None:
        return nullcontext()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(f"{file}.lock").acquire()
    except (OSError, NotImplementedError):
        # Sem trava, no pior caso treina-se duas vezes; se a pasta não aceita escrita, o checkpoint o dirá.
        return nullcontext()
