"""O treinador: o laço minibatch → previsão → perda → gradiente → passo, e o cuidado em volta dele.

Leia `fit`, `_fit_epoch`, `_learn_epoch` e `learn` primeiro: cabem numa tela e são a lição. O que se quer do modelo mora
em objectives.py; o que garante que nada se perca, em state.py: o estado da última época completa (`SafePoint`) é o
único ponto a que se volta, seja depois de Ctrl-C, de um erro, ou de um processo morto e recomeçado do checkpoint.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import torch
from torch import nn

from course_lib.errors import counted
from course_lib.trainer import checks, evaluation
from course_lib.trainer.callbacks import Callback, EpochLog, ProgressBar, notify
from course_lib.trainer.captured import CudaGraph, step_of
from course_lib.trainer.checkpoint import Checkpoint
from course_lib.trainer.denormals import flushed_denormals
from course_lib.trainer.device import resolve_device
from course_lib.trainer.history import History
from course_lib.trainer.identity import data_fingerprint, model_fingerprint
from course_lib.trainer.minibatch import MeanLoss, measure, resident
from course_lib.trainer.objectives import Loss, Objective
from course_lib.trainer.processes import Team
from course_lib.trainer.state import SafePoint


class DeepNetTrainer:
    """Treina qualquer `nn.Module` com qualquer iterável de minibatches (entradas, alvos).

    Entre um `fit` e outro, o modelo fica com os pesos da melhor época, ou da última (`keep`). O treinamento seguinte
    continua sempre da última. Para continuar com outra taxa de aprendizado, crie o treinador com a de antes e mude-a
    depois: `trainer.optimizer.param_groups[0]["lr"] = 1e-4`.

    Args:
        model: a rede; é movida para o dispositivo. Previsão e alvo devem ter a mesma forma, como (B, 1).
        criterion: perda com média por amostra, como `nn.MSELoss()`; o mesmo que `objective=Stars(criterion)`.
        optimizer: otimizador sobre os parâmetros de `model`.
        lr_scheduler: agenda da taxa de aprendizado, um passo por época (`ReduceLROnPlateau` recebe a coluna `monitor`).
        metrics: nome -> função (previsão, alvo) -> float, calculadas na validação inteira.
        file_basename: onde guardar o checkpoint (`<file_basename>.pt`), ou um `Checkpoint`; None não guarda.
            Se o arquivo existe, o treinamento continua dele.
        reset: ignora um checkpoint existente, que será sobrescrito na primeira época completa.
        device: "auto" ou um dispositivo; ver `resolve_device`.
        callbacks: ver `course_lib.trainer.callbacks`.
        verbose: imprime uma linha por época e mostra a barra de progresso.
        objective: o que otimizar, no lugar de `criterion`; ver `course_lib.trainer.objectives`.
        monitor, mode: que coluna da história decide a melhor época, e se melhor é "min" ou "max".
        keep: que pesos ficam no modelo: "best", os da melhor época (sem validação, da última), ou "last".

    Raises:
        ArgumentError: se as partes não combinam: critério que não faz a média, otimizador de outro modelo…
        ForeignCheckpointError: se o checkpoint é de outro modelo ou otimizador.
        CheckpointError: se o checkpoint está danificado.
        DeviceError: se o dispositivo pedido não existe.
    """

    def __init__(
        self,
        model: nn.Module,
        criterion: Callable | None = None,
        optimizer: torch.optim.Optimizer | None = None,
        lr_scheduler=None,
        metrics: dict[str, Callable] | None = None,
        file_basename: str | Path | Checkpoint | None = None,
        reset: bool = False,
        device: str | torch.device = "auto",
        callbacks: Sequence[Callback] = (),
        verbose: bool = True,
        *,
        objective: Objective | None = None,
        monitor: str = "valid_loss",
        mode: str = "min",
        keep: str = "best",
    ):
        objective = checks.one_objective(criterion, objective)
        checks.check_kinds(model, optimizer, lr_scheduler, metrics or {}, callbacks)
        self.metrics, self.keep = dict(metrics or {}), keep
        checks.check_settings(self.metrics, mode, keep)
        self.device = resolve_device(device)
        self.model, self.objective = model.to(self.device), objective.to(self.device)
        checks.check_optimizer(optimizer, model, objective)
        checks.check_scheduler(lr_scheduler, optimizer)
        self.optimizer, self.lr_scheduler = optimizer, lr_scheduler
        self.team = Team()
        self.learner, self.judge = self.team.join(self.model, self.objective), partial(self.objective, self.model)
        self.verbose, self.reset = verbose and self.team.rank == 0, reset
        self.callbacks = [*callbacks, *([EpochLog(), ProgressBar()] if self.verbose else [])]
        self.history, self.stop_reason, self.interrupted = History(monitor=monitor, mode=mode), None, False
        self.epoch = self.batch = 0
        self.make_graph = CudaGraph if self.device.type == "cuda" else None
        self.checks_all = self.device.type == "cpu"  # conferir cada minibatch: num acelerador, seria esperar por ele
        self.careful = self.checks_all
        self.best_weights = None
        self.fingerprint = model_fingerprint(self)
        given = file_basename is None or isinstance(file_basename, Checkpoint)
        self.checkpoint = file_basename if given else Checkpoint(file_basename)
        self._safe = SafePoint(self.checkpoint, writes=self.team.rank == 0)
        if self.checkpoint and self.checkpoint.path.exists() and not reset:
            self._safe.load(self)
            self._use_kept_weights()
            self._say(f"Checkpoint {self.checkpoint.path}: o modelo já tem {counted(self.last_epoch, 'época')}.")

    @property
    def last_epoch(self) -> int:
        """Épocas completas até agora."""
        return len(self.history)

    # O treinamento ----------------------------------------------------------------------------------------------------

    def fit(
        self,
        n_epochs: int | None = None,
        train_data: Iterable | None = None,
        valid_data: Iterable | None = None,
        *,
        until_epoch: int | None = None,
    ) -> History:
        """Treina `n_epochs` épocas a mais, ou até que haja `until_epoch` épocas ao todo.

        `until_epoch` serve ao programa que pode ser morto e recomeçado: rodado de novo, faz só o que falta, e na CPU o
        resultado é, bit a bit, o de quem nunca parou (salvo com um `DataLoader` de `persistent_workers=True`, que não
        sorteia na primeira época como nas outras). Ctrl-C (o botão de parar do Jupyter) desfaz a época incompleta,
        deixa o melhor modelo no lugar e não levanta exceção.

        Args:
            train_data, valid_data: iteráveis de minibatches, percorridos uma vez por época, como os de
                `make_dataloaders`, um `DataLoader` ou uma lista de pares.

        Returns:
            A história, também em `trainer.history`.

        Raises:
            ArgumentError: número de épocas inválido, loader vazio, ou minibatch que não é o que se espera.
            ShapeMismatchError, IdOutOfRangeError, NonFiniteError: o que o laço recusou; o modelo volta à última época.
            CallbackError: um callback falhou; idem.
            CheckpointError: o checkpoint não pôde ser escrito, ou é de outros dados (`ForeignCheckpointError`).
        """
        self.final_epoch = checks.final_epoch(self.last_epoch, n_epochs, until_epoch)
        self.careful = self.checks_all
        self._prepare(train_data, valid_data)
        if until_epoch is not None and (self.stop_reason or self.last_epoch >= until_epoch):
            self._safe.save()  # se da última vez o disco não deixou
            reason = self.stop_reason or "é o que until_epoch pede"
            have = counted(self.last_epoch, "época")
            self._say(f"Nada a treinar: o modelo já tem {have} ({reason}). Para insistir, use n_epochs.")
            return self.history
        self.stop_reason, self.interrupted = None, False
        with self._undoing_an_incomplete_epoch():
            self._safe.start(self, [loader for loader in (train_data, valid_data) if loader is not None])
            self._notify("fit_begin")
            while self.last_epoch < self.final_epoch and not self.stop_reason:
                self._fit_epoch(train_data, valid_data)
        return self.history

    def _fit_epoch(self, train_data: Iterable, valid_data: Iterable | None) -> None:
        """Uma época: aprender, medir, anotar, e guardar o ponto a que se volta."""
        self.epoch = self.last_epoch + 1
        start = time.perf_counter()
        row = {"lr": float(self.optimizer.param_groups[0]["lr"]), "train_loss": self._learn_or_repeat(train_data)}
        if valid_data is not None:
            row |= {f"valid_{name}": value for name, value in self.evaluate(valid_data).items()}
        self.history.append(epoch=self.epoch, seconds=time.perf_counter() - start, **row)
        self._step_scheduler()
        self._notify("epoch_end")
        if valid_data is not None:  # só agora: um callback pode medir o que se acompanha
            checks.check_monitor(self.history[-1], self.history.monitor)
        self._safe.commit(self)

    def _learn_or_repeat(self, data: Iterable) -> float:
        """Uma época; devolve a perda média por amostra.

        Num acelerador, só se olha a perda aqui, no fim. Se ela não é um número, a época se repete do começo, igual e
        conferida minibatch a minibatch, e o erro diz onde foi.
        """
        loss = self._learn_epoch(data)
        if not math.isfinite(loss):
            self._safe.roll_back(self)
            self._safe.start(self, self._safe.loaders)
            self.careful = True
            loss = self._learn_epoch(data)
        return loss

    @flushed_denormals()
    def _learn_epoch(self, data: Iterable) -> float:
        """Uma passada de aprendizado pelos dados."""
        self._notify("epoch_begin")
        loader, mean = resident(self, data), MeanLoss(self)
        learn, minibatches = step_of(self, loader), self.team.share(loader)
        for self.batch, minibatch in enumerate(minibatches, start=1):
            mean.add(learn(minibatch))
            self._notify("batch_end")
        return mean.value("train_data")

    def learn(self, minibatch) -> Loss:
        """Um passo: previsão, perda, gradiente, passo."""
        if not self.model.training:  # no primeiro, ou depois de um callback que avaliou o modelo
            self.model.train()
        self.optimizer.zero_grad()
        loss = measure(self, minibatch)
        loss.step.backward()
        self.optimizer.step()
        return loss

    def evaluate(self, data: Iterable) -> dict[str, float]:
        """Perda média por amostra e métricas sobre `data`, com o dropout desligado: {"loss": …, "rmse": …}.

        Nada do que se sorteia aqui, como a ordem de um loader que embaralha, muda o treinamento que vier depois.
        """
        return evaluation.evaluate(self, data)

    def predict(self, data: Iterable | torch.Tensor) -> torch.Tensor:
        """Previsões para minibatches (entradas, alvos), ou para um tensor de entradas LongTensor (B, 2).

        Returns:
            FloatTensor (n, 1), na CPU, na ordem dos dados; não aparada à escala das notas.
        """
        return evaluation.predict(self, data)

    def stop(self, reason: str) -> None:
        """Pede que o treinamento acabe ao fim desta época; para uso dos callbacks."""
        self.stop_reason = reason

    # Entre uma época e outra ------------------------------------------------------------------------------------------

    def _prepare(self, train_data: Iterable, valid_data: Iterable | None) -> None:
        """Recusa o que não daria um treinamento válido, antes de gastar a primeira época."""
        checks.check_loader(train_data, "train_data")
        checks.check_device(self.model, self.device)
        if valid_data is not None:
            checks.check_loader(valid_data, "valid_data")
            checks.warn_shared_samples(train_data, valid_data)
        fingerprint = data_fingerprint(train_data, valid_data)
        self.team.refuse_differences(self.fingerprint | fingerprint, getattr(train_data, "batch_size", None))
        self._safe.check_data(self, fingerprint, train_data, valid_data)
        self.n_batches = checks.length(train_data)

    @contextmanager
    def _undoing_an_incomplete_epoch(self) -> Iterator[None]:
        """Se algo corta o treinamento, volta ao fim da última época completa; Ctrl-C não passa daqui."""
        try:
            yield
            self._safe.open_epoch = False
        except KeyboardInterrupt:
            self._safe.roll_back(self)
            self.interrupted = True
            again = " Rodar de novo a célula que o cria, com reset=True, recomeça do zero." if self.reset else ""
            self._say(
                f"\nInterrompido: {counted(self.last_epoch, 'época completa')}; a incompleta foi desfeita. "
                f"Chame fit() de novo para continuar daqui.{again}"
            )
        except BaseException:
            self._safe.roll_back(self)
            raise
        finally:
            self._use_kept_weights()
            self._notify("fit_end")
            self.epoch = 0

    def _use_kept_weights(self) -> None:
        weights = self._safe.last_weights if self.keep == "last" else self.best_weights
        if weights is not None:
            self.model.load_state_dict(weights)
        self.model.eval()

    def _step_scheduler(self) -> None:
        if isinstance(self.lr_scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau):
            row = self.history[-1]
            self.lr_scheduler.step(row.get(self.history.monitor, row["train_loss"]))
        elif self.lr_scheduler is not None:
            self.lr_scheduler.step()

    def _notify(self, event: str) -> None:
        notify(self.callbacks, event, self)

    def _say(self, text: str) -> None:
        if self.verbose:
            print(text)
