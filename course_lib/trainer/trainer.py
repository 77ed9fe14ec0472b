"""O treinador: o laço minibatch → previsão → perda → gradiente → passo, e o cuidado em volta dele.

Leia `fit` e `_learn_epoch` primeiro: cabem numa tela e são a lição. O que garante que nada se perca mora em state.py:
o estado da última época completa (`SafePoint`) é o único ponto a que se volta, seja depois de Ctrl-C, de um erro, ou de
um processo morto e recomeçado a partir do checkpoint.
"""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader

from course_lib.trainer import checks
from course_lib.trainer.callbacks import Callback, EpochLog, ProgressBar, notify
from course_lib.trainer.checkpoint import Checkpoint, data_fingerprint, model_fingerprint
from course_lib.trainer.denormals import flushed_denormals
from course_lib.trainer.device import resolve_device
from course_lib.trainer.history import History
from course_lib.trainer.random_state import undisturbed_draws
from course_lib.trainer.state import SafePoint


class DeepNetTrainer:
    """Treina qualquer `nn.Module` com qualquer loader de pares (entradas, alvos).

    Entre um `fit` e outro, o modelo fica com os pesos da melhor época (a de menor perda de validação; sem validação,
    a última). O treinamento seguinte continua da última época, não da melhor.

    Se o modelo tem um método `penalty(inputs)`, seu valor é somado à perda durante o aprendizado (regularização), mas
    não às perdas mostradas: `T:` e `V:` medem a mesma coisa.

    Args:
        model: a rede; é movida para o dispositivo. Previsão e alvo devem ter a mesma forma, como (B, 1).
        criterion: perda com média por amostra, como `nn.MSELoss()`.
        optimizer: otimizador sobre os parâmetros de `model`.
        lr_scheduler: agenda da taxa de aprendizado, um passo por época (`ReduceLROnPlateau` recebe a perda).
        metrics: nome -> função (previsão, alvo) -> float, calculadas na validação inteira.
        file_basename: onde guardar o checkpoint (`<file_basename>.pt`), ou um `Checkpoint`; None não guarda.
            Se o arquivo existe, o treinamento continua dele.
        reset: ignora um checkpoint existente, que será sobrescrito na primeira época completa.
        device: "auto" ou um dispositivo; ver `resolve_device`.
        callbacks: ver `course_lib.trainer.callbacks`.
        verbose: imprime uma linha por época e mostra a barra de progresso.

    Raises:
        ArgumentError: se o critério não faz a média por amostra.
        ForeignCheckpointError: se o checkpoint é de outro modelo ou otimizador.
        CheckpointError: se o checkpoint está danificado.
        DeviceError: se o dispositivo pedido não existe.
    """

    def __init__(
        self,
        model: nn.Module,
        criterion: Callable,
        optimizer: torch.optim.Optimizer,
        lr_scheduler=None,
        metrics: dict[str, Callable] | None = None,
        file_basename: str | Path | Checkpoint | None = None,
        reset: bool = False,
        device: str | torch.device = "auto",
        callbacks: Iterable[Callback] = (),
        verbose: bool = True,
    ):
        checks.check_criterion(criterion)
        checks.check_metrics(metrics or {})
        self.device = resolve_device(device)
        self.model = model.to(self.device)
        self.criterion, self.optimizer, self.lr_scheduler = criterion, optimizer, lr_scheduler
        self.metrics = dict(metrics or {})
        self.callbacks = [*callbacks, *([EpochLog(), ProgressBar()] if verbose else [])]
        if file_basename is not None and not isinstance(file_basename, Checkpoint):
            file_basename = Checkpoint(file_basename)
        self.checkpoint = file_basename
        self._safe = SafePoint(file_basename)
        self.verbose = verbose
        self.history, self.stop_reason, self.interrupted = History(), None, False
        self.epoch = self.batch = 0
        self.best_weights = None
        self.fingerprint = model_fingerprint(model, optimizer, criterion, lr_scheduler)
        if self.checkpoint and self.checkpoint.exists() and not reset:
            self._safe.load(self)
            self._use_best_weights()
            self._say(f"Checkpoint {self.checkpoint.path}: o modelo já tem {self.last_epoch} épocas.")

    @property
    def last_epoch(self) -> int:
        """Épocas completas até agora."""
        return len(self.history)

    # O treinamento ----------------------------------------------------------------------------------------------------

    def fit(
        self,
        n_epochs: int | None = None,
        train_data: DataLoader | None = None,
        valid_data: DataLoader | None = None,
        *,
        until_epoch: int | None = None,
    ) -> History:
        """Treina `n_epochs` épocas a mais, ou até que haja `until_epoch` épocas ao todo.

        `until_epoch` serve ao programa que pode ser morto e recomeçado: rodado de novo, faz só o que falta. Ctrl-C
        (o botão de parar do Jupyter) desfaz a época incompleta, deixa o melhor modelo no lugar e não levanta exceção.

        Returns:
            A história, também em `trainer.history`.

        Raises:
            ArgumentError: número de épocas inválido ou loader vazio.
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
        self.stop_reason, self.interrupted = None, False
        loaders = [loader for loader in (train_data, valid_data) if loader is not None]
        self._safe.start(self, loaders)
        try:
            self._notify("fit_begin")
            while self.last_epoch < self.final_epoch and not self.stop_reason:
                self.epoch = self.last_epoch + 1
                self._notify("epoch_begin")
                start = time.perf_counter()
                row = {"lr": self.optimizer.param_groups[0]["lr"], "train_loss": self._learn_epoch(train_data)}
                if valid_data is not None:
                    row |= {f"valid_{name}": value for name, value in self.evaluate(valid_data).items()}
                self.history.append(epoch=self.epoch, seconds=time.perf_counter() - start, **row)
                self._step_scheduler()
                self._notify("epoch_end")
                self._safe.commit(self)
            self._safe.finish()
        except KeyboardInterrupt:
            self._safe.roll_back(self)
            self.interrupted = True
            self._say(
                f"\nInterrompido: {self.last_epoch} épocas completas; a incompleta foi desfeita. "
                "Chame fit() de novo para continuar daqui."
            )
        except BaseException:
            self._safe.roll_back(self)
            raise
        finally:
            self._use_best_weights()
            self._notify("fit_end")
            self.epoch = 0
        return self.history

    @flushed_denormals()
    def _learn_epoch(self, loader: DataLoader) -> float:
        """Uma passada de aprendizado pelos dados; devolve a perda média por amostra."""
        total, n_samples = 0.0, 0
        for self.batch, minibatch in enumerate(loader, start=1):
            if not self.model.training:  # no primeiro, ou depois de um callback que avaliou o modelo
                self.model.train()
            inputs, targets = self._to_device(minibatch)
            self.optimizer.zero_grad()
            prediction = self._forward(inputs)
            loss, value = self._loss(prediction, targets)
            objective = loss + self.model.penalty(inputs) if hasattr(self.model, "penalty") else loss
            objective.backward()
            self.optimizer.step()
            total, n_samples = total + value * len(targets), n_samples + len(targets)
            self._notify("batch_end")
        return total / n_samples

    def evaluate(self, data: DataLoader) -> dict[str, float]:
        """Perda média por amostra e métricas sobre `data`, com o dropout desligado: {"loss": …, "rmse": …}.

        Nada do que se sorteia aqui, como a ordem de um loader que embaralha, muda o treinamento que vier depois.
        """
        checks.check_loader(data, "o loader de avaliação")
        self.model.eval()
        total, predictions, targets_seen = 0.0, [], []
        with torch.no_grad(), undisturbed_draws([data]):
            for self.batch, minibatch in enumerate(data, start=1):
                inputs, targets = self._to_device(minibatch)
                predictions.append(self._forward(inputs))
                targets_seen.append(targets)
                total += self._loss(predictions[-1], targets)[1] * len(targets)
        prediction, target = torch.cat(predictions), torch.cat(targets_seen)
        values = {name: checks.metric_value(name, metric(prediction, target)) for name, metric in self.metrics.items()}
        return {"loss": total / len(target), **values}

    def predict(self, data: DataLoader | torch.Tensor) -> torch.Tensor:
        """Previsões para um loader de pares (entradas, alvos), ou para um tensor de entradas LongTensor (B, 2).

        Returns:
            FloatTensor (n, 1), na CPU, na ordem dos dados; não aparada à escala das notas.
        """
        self.model.eval()
        batches, predictions = [(data, data)] if isinstance(data, torch.Tensor) else data, []
        with torch.no_grad(), undisturbed_draws([data]):
            for self.batch, minibatch in enumerate(batches, start=1):
                predictions.append(self._forward(self._to_device(minibatch)[0]).cpu())
        return torch.cat(predictions)

    def use_last_weights(self) -> None:
        """Põe no modelo os pesos da última época no lugar dos da melhor."""
        if self._safe.state:
            self.model.load_state_dict(self._safe.state["weights"])

    def stop(self, reason: str) -> None:
        """Pede que o treinamento acabe ao fim desta época; para uso dos callbacks."""
        self.stop_reason = reason

    # Um minibatch -----------------------------------------------------------------------------------------------------

    def _to_device(self, minibatch) -> tuple[torch.Tensor, torch.Tensor]:
        inputs, targets = minibatch
        if self.device.type != "cpu":  # numa GPU, um índice errado derruba o processo: confere-se antes
            self._check_ids(inputs)
        return inputs.to(self.device), targets.to(self.device)

    def _forward(self, inputs: torch.Tensor) -> torch.Tensor:
        try:
            return self.model(inputs)
        except IndexError:  # na CPU, o próprio embedding recusa; falta dizer qual índice, onde, e por quê
            self._check_ids(inputs)
            raise

    def _check_ids(self, inputs: torch.Tensor) -> None:
        checks.check_ids(self.model, inputs, self._place())

    def _loss(self, prediction: torch.Tensor, targets: torch.Tensor) -> tuple[torch.Tensor, float]:
        checks.check_same_shape(prediction, targets)
        loss = self.criterion(prediction, targets)
        checks.check_scalar_loss(loss)
        value = loss.item()
        checks.check_finite(value, prediction, targets, f"n{self._place()}")
        return loss, value

    def _place(self) -> str:
        return f"o minibatch {self.batch}" + (f" da época {self.epoch}" if self.epoch else "")

    # Entre uma época e outra ------------------------------------------------------------------------------------------

    def _prepare(self, train_data: DataLoader, valid_data: DataLoader | None) -> None:
        """Recusa o que não daria um treinamento válido, antes de gastar a primeira época."""
        checks.check_loader(train_data, "train_data")
        checks.check_device(self.model, self.device)
        if valid_data is not None:
            checks.check_loader(valid_data, "valid_data")
            checks.warn_shared_pairs(train_data, valid_data)
        self._safe.check_data(self, data_fingerprint(train_data, valid_data))
        self.n_batches = checks.length(train_data)

    def _use_best_weights(self) -> None:
        if self.best_weights is not None:
            self.model.load_state_dict(self.best_weights)
        self.model.eval()

    def _step_scheduler(self) -> None:
        if isinstance(self.lr_scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau):
            row = self.history[-1]
            self.lr_scheduler.step(row.get("valid_loss", row["train_loss"]))
        elif self.lr_scheduler is not None:
            self.lr_scheduler.step()

    def _notify(self, event: str) -> None:
        notify(self.callbacks, event, self)

    def _say(self, text: str) -> None:
        if self.verbose:
            print(text)
