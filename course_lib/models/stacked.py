"""Empilhamento (*stacking*): uma média de modelos, e árvores que aprendem onde ela costuma errar."""

from collections.abc import Iterable

import numpy as np

from course_lib.datasets.features import TrainingRows
from course_lib.models.context import Context
from course_lib.models.ensemble import Ensemble

# O que se corrige é pouco, e o ruído é muito: passos curtos, folhas com centenas de notas, e uma penalidade que encolhe
# a correção de uma folha de n notas por n / (n + 1000).
TREES = {"max_iter": 250, "learning_rate": 0.05, "max_leaf_nodes": 31, "min_samples_leaf": 200}
TREES |= {"l2_regularization": 1000, "max_features": 0.3, "early_stopping": False}


class Stacked:
    """A média de um `Ensemble` mais uma correção (Wolpert, *Stacked generalization*, 1992).

    A correção lê o que cada membro previu e o contexto do par, e aprende o resto: a nota menos a média. Esse resto não
    pode sair das linhas em que os membros treinaram, das quais eles já decoraram um pouco: ela aprenderia a confiar
    em quem decora mais. Por isso as linhas de treinamento se dividem em dobras, e o resto de cada uma vem de membros
    treinados sem ela.

    Args:
        ensemble: os membros, treinados.
        context: o `Context` das linhas em que treinaram.
    """

    def __init__(self, ensemble: Ensemble, context: Context):
        self.ensemble, self.context, self.trees = ensemble, context, None

    @property
    def use_time(self) -> bool:
        """Se os membros usam o momento da avaliação que preveem."""
        return self.ensemble.use_time

    def lesson(self, rows: TrainingRows) -> tuple[np.ndarray, np.ndarray]:
        """O que estes membros, ainda sem correção, ensinam a ela em linhas com que não treinaram.

        Returns:
            `(inputs, rest)`: float32 (n, n_inputs), o que a correção lê; e float32 (n,), em estrelas, o que ela deve
            aprender.
        """
        members, context = self._inputs(rows.users, rows.movies, rows.timestamps)
        return np.column_stack([members, context]), rows.ratings - self.ensemble.average(members)

    def fit(self, lessons: Iterable[tuple[np.ndarray, np.ndarray]], seed: int = 42) -> "Stacked":
        """Aprende a correção.

        Args:
            lessons: o `lesson` de cada dobra, de membros treinados sem ela.
            seed: semente das árvores.

        Returns:
            O próprio objeto, com `trees`, um `HistGradientBoostingRegressor` ajustado.
        """
        from sklearn.ensemble import HistGradientBoostingRegressor  # custa um segundo que só este modelo deve pagar

        inputs, rest = zip(*lessons, strict=True)
        self.trees = HistGradientBoostingRegressor(**TREES, random_state=seed)
        self.trees.fit(np.concatenate(inputs), np.concatenate(rest))
        return self

    def _inputs(self, users, movies, timestamps) -> tuple[np.ndarray, np.ndarray]:
        return self.ensemble.each(users, movies, timestamps), self.context(users, movies, timestamps)

    def predict(self, users, movies, timestamps=None) -> np.ndarray:
        """Notas previstas, float32 (n,), em estrelas; a correção pode passar um pouco da escala.

        Args:
            users, movies: inteiros (n,).
            timestamps: segundos desde 1970, (n,); só se os membros usam o tempo.
        """
        members, context = self._inputs(users, movies, timestamps)
        correction = self.trees.predict(np.column_stack([members, context]))
        return (self.ensemble.average(members) + correction).astype(np.float32)
