"""O ponto seguro: o estado completo de um treinamento ao fim da última época inteira.

A mesma fotografia serve para desfazer uma época incompleta (na memória) e para o checkpoint (no disco). Assim há um
só caminho de volta, seja depois de Ctrl-C, de um erro, ou de um processo morto e recomeçado.
"""

import copy
import warnings

import numpy as np
import torch
from torch import nn

from course_lib.errors import CheckpointError
from course_lib.trainer.checkpoint import FORMAT, Checkpoint
from course_lib.trainer.history import History
from course_lib.trainer.identity import VALID_DATA, refuse_if_foreign, unchecked_data, without_what_varies
from course_lib.trainer.random_state import capture_random_state, restore_random_state, undisturbed_draws


class SafePoint:
    """Guarda e repõe o estado de um `DeepNetTrainer`; o treinador o consulta no começo e no fim de cada época."""

    def __init__(self, checkpoint: Checkpoint | None, writes: bool = True):
        self.checkpoint, self.writes = checkpoint, writes
        if checkpoint:
            checkpoint.claim()
        self.state: dict | None = None
        self.from_disk = False  # o estado veio de um checkpoint, e falta conferir se os dados são os mesmos
        self.repeat_draws = False  # o próximo treinamento repete os sorteios a partir do estado guardado
        self.open_epoch = False  # há uma época em curso, que uma interrupção deixaria pela metade
        self.unsaved = False  # a última época completa não chegou ao disco
        self.warned = False  # já se avisou disso

    @property
    def last_weights(self) -> dict[str, torch.Tensor] | None:
        """Os pesos ao fim da última época completa; None antes do primeiro treinamento."""
        return self.state and self.state["weights"]

    def load(self, trainer) -> None:
        """Continua do checkpoint, se for do mesmo modelo e do mesmo otimizador."""
        state = self.checkpoint.load()
        refuse_if_foreign(self.checkpoint.path, state["fingerprint"], trainer.fingerprint)
        try:
            _restore(trainer, state)
            with undisturbed_draws([]):
                restore_random_state(state["random"], [])
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, RuntimeError) as error:
            raise CheckpointError(
                f"{self.checkpoint.path} tem os campos de um checkpoint, mas o que eles trazem não serve a este "
                f"treinamento ({error}). Apague-o ou passe reset=True, e crie o modelo de novo."
            ) from error
        trainer.fingerprint = state["fingerprint"]
        self.state, self.from_disk, self.repeat_draws = state, True, True

    def check_data(self, trainer, fingerprint: dict[str, str], train, valid) -> None:
        """Recusa continuar um checkpoint com outros dados; anota os dados na impressão digital.

        Na memória, outra validação é permitida, mas a melhor época só se procura dali em diante.
        """
        if self.from_disk:
            refuse_if_foreign(self.checkpoint.path, trainer.fingerprint, fingerprint)
            self.from_disk = False
            if unchecked := unchecked_data(train, valid):
                warnings.warn(
                    f"não sei conferir se os {' e os '.join(unchecked)} são os mesmos de {self.checkpoint.path}. "
                    "Dê ao Dataset um método fingerprint(), que devolva um texto próprio do conteúdo.",
                    stacklevel=4,
                )
        elif trainer.fingerprint.get(VALID_DATA) != fingerprint[VALID_DATA]:
            trainer.history.comparable_from = trainer.last_epoch
        trainer.fingerprint |= fingerprint

    def start(self, trainer, loaders: list) -> None:
        """Põe no modelo os pesos da última época, a menos que alguém tenha mexido nele desde então."""
        if self.open_epoch:  # nem o desfazer anterior terminou
            self.roll_back(trainer)
        if self.state and _has_weights(trainer.model, trainer.best_weights):
            trainer.model.load_state_dict(self.state["weights"])
        if self.repeat_draws:
            restore_random_state(self.state["random"], loaders)
        self.loaders = loaders
        self.state = _snapshot(trainer, loaders)
        self.open_epoch, self.repeat_draws = True, False

    def commit(self, trainer) -> None:
        """A época está completa: passa a ser o ponto a que se volta, na memória e depois no disco."""
        self.state = _snapshot(trainer, self.loaders)
        self.unsaved = self.checkpoint is not None and self.writes
        self.save()

    def save(self) -> None:
        """Escreve no disco a última época completa, se ela ainda não está lá."""
        if not self.unsaved:
            return
        try:
            self.checkpoint.save(self.state)
            self.unsaved = False
        except CheckpointError as error:
            if self.checkpoint.required:
                raise
            if not self.warned:
                warnings.warn(f"{error}\nO treinamento segue assim mesmo, sem checkpoint.", stacklevel=3)
            self.warned = True

    def roll_back(self, trainer) -> None:
        """Volta ao fim da última época completa, para que a interrompida, se há uma, se repita desde o começo."""
        if not self.open_epoch:
            return
        _restore(trainer, self.state)
        self.repeat_draws = True
        self.open_epoch = False


def _snapshot(trainer, loaders: list) -> dict:
    """Tudo o que o treinador precisa para recomeçar deste ponto; só tensores e tipos simples."""
    weights = {name: tensor.detach().cpu().clone() for name, tensor in trainer.model.state_dict().items()}
    if not trainer.history or trainer.history.best is trainer.history[-1]:
        trainer.best_weights = weights
    scheduler = trainer.lr_scheduler
    return {
        "format": FORMAT,
        "epoch": trainer.last_epoch,
        "weights": weights,
        "best_weights": trainer.best_weights,
        "optimizer": _plain(copy.deepcopy(trainer.optimizer.state_dict())),
        "scheduler": _plain(copy.deepcopy(scheduler.state_dict())) if scheduler else None,
        "history": _plain(copy.deepcopy(trainer.history.rows)),
        "comparable_from": trainer.history.comparable_from,
        "stop_reason": trainer.stop_reason,
        "callbacks": [
            (type(callback).__name__, _plain(copy.deepcopy(callback.state_dict()))) for callback in trainer.callbacks
        ],
        "random": capture_random_state(loaders),
        "fingerprint": without_what_varies(trainer),
    }


def _plain(value):
    """Troca os números do NumPy pelos do Python, que se leem de volta sem executar código."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return type(value)(map(_plain, value)) if type(value) in (list, tuple) else value


def _restore(trainer, state: dict) -> None:
    """Devolve o treinador ao ponto de `state`, menos os sorteios, repostos só quando o treinamento recomeça."""
    trainer.model.load_state_dict(state["weights"])
    trainer.best_weights = state["best_weights"]
    trainer.optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))
    for group in trainer.optimizer.param_groups:
        if trainer.device.type != "cuda" and "capturable" in group:  # o checkpoint pode ser de uma GPU; ver `CudaGraph`
            group["capturable"] = False
    if trainer.lr_scheduler:
        trainer.lr_scheduler.load_state_dict(copy.deepcopy(state["scheduler"]))
    trainer.history = History(state["history"], state["comparable_from"], trainer.history.monitor, trainer.history.mode)
    trainer.stop_reason = state["stop_reason"]
    waiting = list(state["callbacks"])
    for callback in trainer.callbacks:
        saved = next((entry for entry in waiting if entry[0] == type(callback).__name__), None)
        if saved:
            waiting.remove(saved)
            callback.load_state_dict(copy.deepcopy(saved[1]))


def _has_weights(model: nn.Module, weights: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(tensor.cpu(), weights[name]) for name, tensor in model.state_dict().items())
