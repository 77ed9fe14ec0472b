"""Os tipos de receita: modelos de fórmula fechada e redes treinadas por minibatches."""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock
from torch import nn

from course_lib.datasets import MovieLens, make_dataloaders
from course_lib.datasets.features import selected_ratings
from course_lib.errors import CheckpointError
from course_lib.metrics import rmse
from course_lib.paths import models_dir
from course_lib.trainer import Checkpoint, DeepNetTrainer, History


@dataclass(frozen=True)
class Run:
    """O que vale para um treinamento, seja qual for a receita; ver `train_model`."""

    data: MovieLens
    train: np.ndarray
    valid: np.ndarray | None
    seed: int
    device: str
    use_time: bool
    n_epochs: int | None
    reuse: bool
    verbose: bool

    @property
    def rows(self) -> np.ndarray:
        """As linhas de treinamento, float32 (n, 3)."""
        return selected_ratings(self.data, self.train)


@dataclass(frozen=True)
class ClosedFormRecipe:
    """Um modelo que se calcula sem minibatches nem épocas; `build` recebe o `Run` e devolve o modelo ajustado."""

    build: Callable[[Run], object]
    knows_time: bool = False

    def fit(self, name: str, run: Run) -> tuple[object, History]:
        return self.build(run), History()


@dataclass(frozen=True)
class NetworkRecipe:
    """Como criar e treinar uma rede com `DeepNetTrainer` e o otimizador Adam.

    Attributes:
        build: função que recebe o `Run` e devolve a rede por treinar.
        n_epochs, batch_size: épocas e tamanho do minibatch.
        lr: taxa de aprendizado inicial; cai até zero, em meia onda de cosseno, ao longo das épocas.
    """

    build: Callable[[Run], nn.Module]
    n_epochs: int
    batch_size: int
    lr: float
    knows_time: bool = False

    def trainer(self, run: Run, **options) -> DeepNetTrainer:
        """O treinador com rede, otimizador e agenda desta receita; `options` vão para `DeepNetTrainer`."""
        torch.manual_seed(run.seed)
        model = self.build(run)
        optimizer = torch.optim.Adam(model.parameters(), lr=self.lr, fused=True)
        scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.n_epochs)
        options |= {"metrics": {"rmse": rmse}, "device": run.device, "verbose": run.verbose, "keep": "last"}
        return DeepNetTrainer(model, nn.MSELoss(), optimizer, scheduler, **options)

    def fit(self, name: str, run: Run) -> tuple[nn.Module, History]:
        recipe = replace(self, n_epochs=self.n_epochs if run.n_epochs is None else run.n_epochs)
        loaders = make_dataloaders(run.rows, run.valid, batch_size=recipe.batch_size, seed=run.seed)
        file = models_dir() / f"{name}-{recipe._key(run, loaders)}" if run.reuse else None
        kept = Checkpoint(file, required=False) if file else None  # sem onde guardar, avisa-se, e o modelo não se perde
        with _alone(file):
            try:
                trainer = recipe.trainer(run, file_basename=kept)
            except CheckpointError:  # de outra versão da receita, ou danificado: o modelo guardado se refaz
                trainer = recipe.trainer(run, file_basename=kept, reset=True)
            history = trainer.fit(
                train_data=loaders["train"], valid_data=loaders.get("val"), until_epoch=recipe.n_epochs
            )
        if trainer.interrupted:
            raise KeyboardInterrupt
        return trainer.model, history

    def _key(self, run: Run, loaders: dict) -> str:
        """O que distingue um modelo guardado de outro da mesma receita: épocas, minibatch, semente e dados."""
        parts = [self.n_epochs, self.batch_size, run.seed, run.use_time, run.data.name]
        parts += [loader.dataset.fingerprint() for loader in loaders.values()]
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
