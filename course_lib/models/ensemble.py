"""A média de modelos diferentes: erros que não se parecem se cancelam."""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from course_lib.errors import ArgumentError
from course_lib.models.contract import RatingModel


class Ensemble(RatingModel):
    """Prevê a média (ponderada) das previsões de outros modelos, já treinados.

    Se os modelos erram por e₁ e e₂ com a mesma variância e correlação ρ, a média erra com variância (1 + ρ)/2 da de um
    só: ganha-se pelo que os erros têm de diferente. Vale a pena entre modelos igualmente bons; um membro bem pior que
    os outros, ainda que de outra família, pode não acrescentar nada.

    Args:
        members: modelos que preveem estrelas, redes inclusive, ou o que `train_model` devolve.
        weights: um peso por modelo, não negativo; são divididos por sua soma. Iguais, por padrão.

    Raises:
        ArgumentError: sem nenhum modelo, ou com pesos que não servem.
    """

    def __init__(self, members: Sequence, weights: Sequence[float] | None = None):
        self.members = list(members)
        weights = np.ones(len(self.members)) if weights is None else np.asarray(weights, np.float64)
        if not self.members or weights.shape != (len(self.members),) or (weights < 0).any() or not weights.sum() > 0:
            raise ArgumentError(
                f"{len(self.members)} modelo(s) e pesos {weights.tolist()}: dê ao menos um modelo, e um peso não "
                "negativo para cada um, sem que todos sejam zero."
            )
        self.weights = weights / weights.sum()

    @property
    def use_time(self) -> bool:
        """Se algum dos modelos usa o momento da avaliação que prevê."""
        return any(getattr(member, "use_time", False) for member in self.members)

    def _stars(self, users, movies, times) -> np.ndarray:
        return self.average(self.each(users, movies, times))

    def each(self, users, movies, times=None) -> np.ndarray:
        """O que prevê cada modelo, float32 (n, m), na ordem de `members`; os argumentos são os de `predict`."""
        return np.stack([member.predict(users, movies, times) for member in self.members], axis=1)

    def average(self, predictions: np.ndarray) -> np.ndarray:
        """A média ponderada das previsões de `each`: float32 (n, m) -> float32 (n,)."""
        return (predictions @ self.weights).astype(np.float32)

    def score(self, users, history: sp.csr_array | None = None) -> np.ndarray:
        """A média das linhas inteiras dos membros."""
        rows = (
            weight * member.score(users, history) for weight, member in zip(self.weights, self.members, strict=True)
        )
        return np.asarray(sum(rows), np.float32)
