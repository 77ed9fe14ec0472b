"""Um minibatch, do loader à perda: levá-lo ao dispositivo, perguntar ao objetivo, conferir e explicar o erro.

Num acelerador, conferir a cada minibatch seria esperar por ele a cada minibatch. Ali, só se confere o que ainda está na
CPU, e o resto uma vez por época; se algo está errado, o treinador repete a época com `careful`, e o erro sai com o
lugar e a causa.
"""

from collections.abc import Callable

import torch

from course_lib.errors import CourseError, IdOutOfRangeError
from course_lib.trainer import checks, diagnosis
from course_lib.trainer.objectives import Loss


def measure(trainer, minibatch) -> Loss:
    """O que o objetivo diz de um minibatch, já no dispositivo e conferido."""
    minibatch = _on_device(trainer, minibatch)
    learning = torch.is_grad_enabled()
    loss = _ask(trainer, minibatch, trainer.learner if learning else trainer.judge, minibatch)
    checks.check_loss(loss, trainer.objective, learning)
    if trainer.careful:
        diagnosis.check_finite(loss, minibatch, place(trainer))
    return trainer.team.weigh(loss)


class MeanLoss:
    """A perda média por amostra, somada no dispositivo; só `value` espera por ele."""

    def __init__(self, trainer):
        self.team = trainer.team
        precise = torch.float32 if trainer.device.type == "mps" else torch.float64
        self.total, self.n_samples = torch.zeros((), dtype=precise, device=trainer.device), 0

    def add(self, loss: Loss) -> None:
        """Acrescenta um minibatch."""
        self.total.add_(loss.shown, alpha=loss.n)
        self.n_samples += loss.n

    def value(self, name: str) -> float:
        """A média, entre todos os processos; recusa a de nenhum minibatch, de que `name` é o dono."""
        both = torch.stack([self.total, torch.as_tensor(self.n_samples).to(self.total)])
        total, n_samples = self.team.total(both).tolist()
        if not n_samples:
            raise checks.no_minibatch(name)
        return total / n_samples


def answer(trainer, minibatch) -> torch.Tensor:
    """A previsão do modelo para um minibatch, na CPU."""
    minibatch = _on_device(trainer, minibatch)
    return _ask(trainer, minibatch, trainer.model, minibatch[0]).cpu()


def resident(trainer, loader):
    """O loader com os dados já no dispositivo, se ele sabe ir; neste caso, todos os ids se conferem agora.

    Se há um que o modelo não conhece, `trainer.careful` fará a passada dizer qual, e onde.
    """
    if trainer.checks_all or not hasattr(loader, "to"):
        return loader
    inputs = getattr(loader.dataset, "inputs", None)
    if inputs is not None:
        try:
            diagnosis.check_before_moving(trainer.model, inputs, "")
        except IdOutOfRangeError:
            trainer.careful = True
    return loader.to(trainer.device)


def place(trainer) -> str:
    """Onde se está, para as mensagens."""
    return f"o minibatch {trainer.batch}" + (f" da época {trainer.epoch}" if trainer.epoch else "")


def _on_device(trainer, minibatch) -> tuple[torch.Tensor, ...]:
    minibatch = checks.check_minibatch(minibatch)
    if trainer.checks_all:
        return minibatch
    if trainer.careful:
        diagnosis.check_before_moving(trainer.model, minibatch[0], place(trainer))
    elif minibatch[0].device.type == "cpu":
        diagnosis.check_inputs(trainer.model, minibatch[0], place(trainer))
    return tuple(part.to(trainer.device) for part in minibatch)


def _ask(trainer, minibatch: tuple[torch.Tensor, ...], function: Callable, argument):
    """O que `function(argument)` responde; um erro sai com o lugar e a causa, se se sabe dizê-los."""
    try:
        return function(argument)
    except CourseError:
        raise
    except Exception as error:
        diagnosis.explain(error, trainer.model, minibatch, place(trainer))
        raise
