"""O treinador: o laço minibatch → previsão → perda → gradiente → passo, e o cuidado em volta dele.

Leia `fit`, `_learn_epoch` e `_learn` primeiro: cabem numa tela e são a lição. O que se quer do modelo mora em
objectives.py; o que garante que nada se perca, em state.py: o estado da última época completa (`SafePoint`) é o único
ponto a que se volta, seja depois de Ctrl-C, de um erro, ou de um processo morto e recomeçado do checkpoint.
"""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from torch import nn

from course_lib.errors import CourseError
from course_lib.trainer import checks, diagnosis
from course_lib.trainer.callbacks import Callback, EpochLog, ProgressBar, notify
from course_lib.trainer.checkpoint import Checkpoint
from course_lib.trainer.denormals import flushed_denormals
from course_lib.trainer.device import resident, resolve_device
from course_lib.trainer.history import History
from course_lib.trainer.identity import data_fingerprint, model_fingerprint
from course_lib.trainer.objectives import Loss, Objective
from course_lib.trainer.random_state import undisturbed_draws
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
        callbacks: Iterable[Callback] = (),
        verbose: bool = True,
        *,
        objective: Objective | None = None,
        monitor: str = "valid_loss",
        mode: str = "min",
        keep: str = "best",
    ):
        objective = checks.one_objective(criterion, objective)
        self.metrics, self.keep = dict(metrics or {}), keep
        checks.check_settings(self.metrics, mode, keep)
        self.device = resolve_device(device)
        self.model, self.objective = model.to(self.device), objective.to(self.device)
        checks.check_optimizer(optimizer, model, objective)
        self.optimizer, self.lr_scheduler = optimizer, lr_scheduler
        self.callbacks = [*callbacks, *([EpochLog(), ProgressBar()] if verbose else [])]
        self.verbose, self.reset = verbose, reset
        self.history, self.stop_reason, self.interrupted = History(monitor=monitor, mode=mode), None, False
        self.epoch = self.batch = 0
        self.careful = self.device.type == "cpu"  # conferir cada minibatch: num acelerador, seria esperar por ele
        self.best_weights = None
        self.fingerprint = model_fingerprint(self)
        if file_basename is not None and not isinstance(file_basename, Checkpoint):
            file_basename = Checkpoint(file_basename)
        self.checkpoint = file_basename
        self._safe = SafePoint(file_basename)
        if self.checkpoint and self.checkpoint.exists() and not reset:
            self._safe.load(self)
            self._use_kept_weights()
            self._say(f"Checkpoint {self.checkpoint.path}: o modelo já tem {self.last_epoch} épocas.")

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

        `until_epoch` serve ao programa que pode ser morto e recomeçado: rodado de novo, faz só o que falta. Ctrl-C
        (o botão de parar do Jupyter) desfaz a época incompleta, deixa o melhor modelo no lugar e não levanta exceção.

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
        self._prepare(train_data, valid_data)
        if until_epoch is not None and (self.stop_reason or self.last_epoch >= until_epoch):
            self._safe.save()  # se da última vez o disco não deixou
            reason = self.stop_reason or "é o que until_epoch pede"
            self._say(f"Nada a treinar: já são {self.last_epoch} épocas ({reason}). Para insistir, use n_epochs.")
            return self.history
        try:
            self._safe.start(self, [loader for loader in (train_data, valid_data) if loader is not None])
            self.stop_reason, self.interrupted = None, False
            self._notify("fit_begin")
            while self.last_epoch < self.final_epoch and not self.stop_reason:
                self.epoch = self.last_epoch + 1
                start = time.perf_counter()
                row = {"lr": self.optimizer.param_groups[0]["lr"], "train_loss": self._learn_epoch(train_data)}
                if valid_data is not None:
                    row |= {f"valid_{name}": value for name, value in self.evaluate(valid_data).items()}
                self.history.append(epoch=self.epoch, seconds=time.perf_counter() - start, **row)
                self._step_scheduler()
                self._notify("epoch_end")
                if valid_data is not None:
                    checks.check_monitor(self.history[-1], self.history.monitor)
                self._safe.commit(self)
            self._safe.finish()
        except KeyboardInterrupt:
            self._safe.roll_back(self)
            self.interrupted = True
            self._say_interrupted()
        except BaseException:
            self._safe.roll_back(self)
            raise
        finally:
            self._use_kept_weights()
            self._notify("fit_end")
            self.epoch = 0
        return self.history

    @flushed_denormals()
    def _learn_epoch(self, loader: Iterable) -> float:
        """Uma passada de aprendizado pelos dados; devolve a perda média por amostra."""
        self._notify("epoch_begin")
        loader, total, n_samples = resident(loader, self.device), self._zero(), 0
        for self.batch, minibatch in enumerate(loader, start=1):
            loss = self._learn(minibatch)
            total, n_samples = total + loss.shown * loss.n, n_samples + loss.n
            self._notify("batch_end")
        return self._mean(total, n_samples, "train_data")

    def _learn(self, minibatch) -> Loss:
        """Um passo: previsão, perda, gradiente, passo."""
        if not self.model.training:  # no primeiro, ou depois de um callback que avaliou o modelo
            self.model.train()
        self.optimizer.zero_grad()
        loss = self._measure(minibatch)
        loss.step.backward()
        self.optimizer.step()
        return loss

    def evaluate(self, data: Iterable) -> dict[str, float]:
        """Perda média por amostra e métricas sobre `data`, com o dropout desligado: {"loss": …, "rmse": …}.

        Nada do que se sorteia aqui, como a ordem de um loader que embaralha, muda o treinamento que vier depois.
        """
        checks.check_loader(data, "o loader de avaliação", once=True)
        data, total, n_samples, predictions, targets = resident(data, self.device), self._zero(), 0, [], []
        self.model.eval()
        with torch.no_grad(), undisturbed_draws([data]):
            for self.batch, minibatch in enumerate(data, start=1):
                loss = self._measure(minibatch)
                total, n_samples = total + loss.shown * loss.n, n_samples + loss.n
                if self.metrics:
                    predictions.append(checks.predicted(loss, self.metrics))
                    targets.append(minibatch[1].to(self.device))
        values = {"loss": self._mean(total, n_samples, "o loader de avaliação")}
        for name, metric in self.metrics.items():
            values[name] = checks.metric_value(name, metric(torch.cat(predictions), torch.cat(targets)))
        return values

    def predict(self, data: Iterable | torch.Tensor) -> torch.Tensor:
        """Previsões para minibatches (entradas, alvos), ou para um tensor de entradas LongTensor (B, 2).

        Returns:
            FloatTensor (n, 1), na CPU, na ordem dos dados; não aparada à escala das notas.
        """
        batches = [(data,)] if isinstance(data, torch.Tensor) else data
        checks.check_loader(batches, "o loader a prever", once=True)
        self.model.eval()
        predictions = []
        with torch.no_grad(), undisturbed_draws([data]):
            for self.batch, minibatch in enumerate(batches, start=1):
                minibatch = self._to_device(minibatch)
                predictions.append(self._explained(minibatch, self.model, minibatch[0]).cpu())
        if not predictions:
            raise checks.no_minibatch("o loader a prever")
        return torch.cat(predictions)

    def stop(self, reason: str) -> None:
        """Pede que o treinamento acabe ao fim desta época; para uso dos callbacks."""
        self.stop_reason = reason

    # Um minibatch -----------------------------------------------------------------------------------------------------

    def _measure(self, minibatch) -> Loss:
        """O minibatch no dispositivo, e o que o objetivo diz dele."""
        minibatch = self._to_device(minibatch)
        loss = self._explained(minibatch, self.objective, self.model, minibatch)
        checks.check_loss(loss, self.objective, learning=torch.is_grad_enabled())
        if self.careful:
            diagnosis.check_finite(loss, minibatch, self._place())
        return loss

    def _to_device(self, minibatch) -> tuple[torch.Tensor, ...]:
        minibatch = checks.check_minibatch(minibatch)
        if self.device.type == "cpu":
            return minibatch
        diagnosis.check_inputs(self.model, minibatch[0], self._place())  # numa GPU, o processo cairia
        return tuple(part.to(self.device) for part in minibatch)

    def _explained(self, minibatch: tuple[torch.Tensor, ...], ask: Callable, *arguments):
        """O que `ask(*arguments)` responde; um erro sai com o lugar e a causa, se se sabe dizê-los."""
        try:
            return ask(*arguments)
        except CourseError:
            raise
        except Exception as error:
            diagnosis.explain(error, self.model, minibatch, self._place())
            raise

    def _place(self) -> str:
        return f"o minibatch {self.batch}" + (f" da época {self.epoch}" if self.epoch else "")

    def _zero(self) -> torch.Tensor:
        """Onde se somam as perdas, no dispositivo e com a precisão que ele tem."""
        return torch.zeros((), device=self.device, dtype=torch.float32 if self.device.type == "mps" else torch.float64)

    def _mean(self, total: torch.Tensor, n_samples: int, name: str) -> float:
        if not n_samples:
            raise checks.no_minibatch(name)
        return total.item() / n_samples

    # Entre uma época e outra ------------------------------------------------------------------------------------------

    def _prepare(self, train_data: Iterable, valid_data: Iterable | None) -> None:
        """Recusa o que não daria um treinamento válido, antes de gastar a primeira época."""
        checks.check_loader(train_data, "train_data")
        checks.check_device(self.model, self.device)
        if valid_data is not None:
            checks.check_loader(valid_data, "valid_data")
            checks.warn_shared_samples(train_data, valid_data)
        self._safe.check_data(self, data_fingerprint(train_data, valid_data), train_data, valid_data)
        self.n_batches = checks.length(train_data)

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

    def _say_interrupted(self) -> None:
        again = "\nRodar de novo a célula que cria o treinador, com reset=True, recomeça do zero." if self.reset else ""
        self._say(
            f"\nInterrompido: {self.last_epoch} épocas completas; a incompleta foi desfeita. "
            f"Chame fit() de novo para continuar daqui.{again}"
        )

    def _say(self, text: str) -> None:
        if self.verbose:
            print(text)
