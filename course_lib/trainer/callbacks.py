"""O que acontece em volta do laço de treinamento: registro, parada antecipada, barra de progresso.

Um callback é uma classe com os métodos que lhe interessam. A ordem em que o treinador os chama:

    on_fit_begin
      on_epoch_begin
        on_batch_end        (a cada minibatch de treinamento)
      on_epoch_end          (história e melhor época já atualizadas; antes do checkpoint)
    on_fit_end              (sempre, mesmo depois de erro ou interrupção)

Em cada momento, os callbacks são chamados na ordem da lista; os do próprio treinador vêm depois dos seus. Cada método
recebe o treinador, e dele lê o que precisa: `trainer.epoch`, `trainer.history`, `trainer.model`. Para encerrar o
treinamento ao fim da época, `trainer.stop("motivo")`.
"""

import os

from tqdm.auto import tqdm

from course_lib.errors import ArgumentError, CallbackError, CourseError


class Callback:
    """Não faz nada: herde e escreva só os métodos de que precisa."""

    def on_fit_begin(self, trainer) -> None: ...

    def on_epoch_begin(self, trainer) -> None: ...

    def on_batch_end(self, trainer) -> None: ...

    def on_epoch_end(self, trainer) -> None: ...

    def on_fit_end(self, trainer) -> None: ...

    def state_dict(self) -> dict:
        """O que o checkpoint deve guardar deste callback: números, textos e tensores."""
        return {}

    def load_state_dict(self, state: dict) -> None:
        """Recebe de volta o que `state_dict` entregou."""


class EarlyStopping(Callback):
    """Parada antecipada: encerra quando o que o treinador acompanha passa `patience` épocas sem melhorar.

    É `trainer.history.monitor`, salvo outro ajuste a perda de validação.

    Args:
        patience: épocas de tolerância.
        min_delta: melhora menor que isto, na unidade do que se acompanha, não conta.

    Raises:
        ArgumentError: se `patience` < 1, `min_delta` < 0, ou se `fit` for chamado sem dados de validação.
    """

    def __init__(self, patience: int = 5, min_delta: float = 0.0):
        if patience < 1 or min_delta < 0:
            raise ArgumentError(
                f"EarlyStopping(patience={patience}, min_delta={min_delta}): patience >= 1 e delta >= 0."
            )
        self.patience, self.min_delta = patience, min_delta
        self.best, self.waited = None, 0

    def on_fit_begin(self, trainer) -> None:
        if trainer.last_epoch == trainer.history.comparable_from:  # outro modelo, ou outra validação: nada a comparar
            self.best, self.waited = None, 0
        if self.waited >= self.patience:  # parou antes, e agora pediram mais épocas: a paciência recomeça
            self.waited = 0

    def on_epoch_end(self, trainer) -> None:
        monitor = trainer.history.monitor
        value = trainer.history[-1].get(monitor)
        if value is None:
            raise ArgumentError(f"EarlyStopping acompanha {monitor}, que a época não tem: passe valid_data a fit().")
        if self.best is None or trainer.history.gain(value, self.best) > self.min_delta:
            self.best, self.waited = value, 0
        else:
            self.waited += 1
        if self.waited >= self.patience:
            trainer.stop(f"parada antecipada: {self.patience} épocas sem melhorar na validação")

    def state_dict(self) -> dict:
        return {"best": self.best, "waited": self.waited}

    def load_state_dict(self, state: dict) -> None:
        self.best, self.waited = state["best"], state["waited"]


class EpochLog(Callback):
    """Imprime uma linha por época: número, segundos, `T:` perda de treinamento, `V:` de validação, marca na melhor."""

    def on_fit_begin(self, trainer) -> None:
        done = f", a partir da época {trainer.last_epoch + 1}" if trainer.last_epoch else ""
        print(f"Treinando até a época {trainer.final_epoch}{done} (dispositivo: {trainer.device})")

    def on_epoch_end(self, trainer) -> None:
        row = trainer.history[-1]
        line = f"{row['epoch']:4d}: {row['seconds']:6.1f} s   T: {row['train_loss']:.5f}"
        if "valid_loss" in row:
            line += self._watched(trainer.history, row) + ("  melhor" if trainer.history.best is row else "")
        print(line)

    def on_fit_end(self, trainer) -> None:
        if trainer.stop_reason:
            print(f"Encerrado na época {trainer.last_epoch} ({trainer.stop_reason}).")
        best = trainer.history.best
        if best and "valid_loss" in best:
            watched = self._watched(trainer.history, best).strip()
            print(f"Melhor época na validação: a {best['epoch']}, {watched}.")

    def _watched(self, history, row: dict) -> str:
        """A perda de validação e, se é outra coisa que decide a melhor época, também ela."""
        text = f"   V: {row['valid_loss']:.5f}"
        if history.monitor != "valid_loss" and history.monitor in row:
            text += f"   {history.monitor}: {row[history.monitor]:.5f}"
        return text


class ProgressBar(Callback):
    """Barra de progresso sobre os minibatches da época; some ao fim. COURSE_PROGRESS=0 a desliga."""

    def __init__(self):
        self.bar = None

    def on_epoch_begin(self, trainer) -> None:
        self._close()
        off = os.environ.get("COURSE_PROGRESS") == "0"
        self.bar = tqdm(
            total=trainer.n_batches,
            desc=f"época {trainer.epoch}",
            unit="minibatch",
            leave=False,
            disable=off,
            mininterval=0.5,
        )

    def on_batch_end(self, trainer) -> None:
        self.bar.update()

    def on_epoch_end(self, trainer) -> None:
        self._close()

    def on_fit_end(self, trainer) -> None:
        self._close()

    def _close(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None


def notify(callbacks: list[Callback], event: str, trainer) -> None:
    """Chama `on_<event>` de cada callback, na ordem da lista.

    O primeiro que falha interrompe a sequência, exceto em `fit_end`: ali todos são chamados, para que cada um feche o
    que abriu, e só então o erro é levantado.

    Raises:
        CallbackError: se um callback falhou, com seu nome e a causa; um `CourseError` passa como veio.
    """
    failure = None
    for callback in callbacks:
        try:
            getattr(callback, f"on_{event}")(trainer)
        except Exception as error:
            if failure is None:
                failure, failed = error, type(callback).__name__
            if event != "fit_end":
                break
    if isinstance(failure, CourseError):
        raise failure
    if failure:
        raise CallbackError(f"o callback {failed} falhou em on_{event}: {failure!r}.") from failure
