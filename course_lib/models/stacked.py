"""Empilhamento (*stacking*): uma média de modelos, e árvores que aprendem onde ela costuma errar."""

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
from joblib import Parallel, delayed

from course_lib.errors import ArgumentError, DataError
from course_lib.interactions import Interactions
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
        train_members: função (train, catalog, final) -> (`Ensemble`, `Context` das mesmas linhas). `final` diz se os
            membros são os definitivos ou os de uma dobra, de que bastam cópias menos numerosas. Deve poder ser enviada
            a outro processo.
        use_time: se os membros usam o momento da avaliação que preveem.
        n_folds: em quantas dobras se divide o treinamento.
        n_jobs: quantos processos treinam as dobras, enquanto este treina os membros definitivos.
        seed: semente das dobras e das árvores.
    """

    def __init__(
        self,
        train_members: Callable[..., tuple[Ensemble, Context]],
        use_time: bool = False,
        n_folds: int = 4,
        n_jobs: int = 2,
        seed: int = 42,
    ):
        self.train_members, self.use_time = train_members, use_time
        self.n_folds, self.n_jobs, self.seed = n_folds, n_jobs, seed

    def fit(self, train: Interactions, catalog) -> "Stacked":
        """Treina os membros e, com o resto fora das dobras, a correção: `trees`, um HistGradientBoostingRegressor.

        Raises:
            DataError: se há menos avaliações que dobras.
        """
        # O scikit-learn custa um segundo para ser importado, que só este modelo deve pagar.
        from sklearn.ensemble import HistGradientBoostingRegressor
        from sklearn.model_selection import KFold

        if len(train) < self.n_folds:
            raise DataError(f"{len(train)} avaliação(ões) não se dividem em {self.n_folds} dobras: use outro modelo.")
        self.n_users, self.n_movies = train.n_users, train.n_movies
        folds = KFold(self.n_folds, shuffle=True, random_state=self.seed).split(train.users)
        side_by_side = Parallel(self.n_jobs, return_as="generator")
        residuals = side_by_side(
            delayed(_out_of_fold)(self.train_members, train.select(rest), train.select(fold), catalog)
            for rest, fold in folds
        )
        self.ensemble, self.context = self.train_members(train, catalog, final=True)
        inputs, rest = zip(*residuals, strict=True)
        self.trees = HistGradientBoostingRegressor(**TREES, random_state=self.seed)
        self.trees.fit(np.concatenate(inputs), np.concatenate(rest))
        return self

    def predict(self, users, movies, times=None) -> np.ndarray:
        """Notas previstas, float32 (n,), em estrelas.

        Args:
            users, movies: inteiros (n,).
            times: segundos desde 1970, (n,); só se os membros usam o tempo.
        """
        members = self.ensemble.each(users, movies, times)
        if not len(members):  # as árvores do scikit-learn recusam uma consulta vazia
            return self.ensemble.average(members)
        correction = self.trees.predict(np.column_stack([members, self.context(users, movies, times)]))
        return (self.ensemble.average(members) + correction).astype(np.float32)

    def score(self, users, history: sp.csr_array | None = None) -> np.ndarray:
        """A linha inteira de cada usuário, par a par, em estrelas; só sem `use_time`: inteiros (U,) -> (U, n_movies).

        Raises:
            ArgumentError: com `history`: o contexto de um par sai das notas de treinamento do usuário.
        """
        if history is not None:
            raise ArgumentError(
                "este modelo não recebe quem chegou depois: o contexto de um par sai das notas de treinamento do "
                "usuário. Treine de novo com as notas dele, ou use HybridNet, ALS ou KernelModel."
            )
        users = np.asarray(users, np.int64)
        pairs = np.repeat(users, self.n_movies), np.tile(np.arange(self.n_movies), len(users))
        return self.predict(*pairs).reshape(len(users), self.n_movies)


def _out_of_fold(train_members, rest: Interactions, fold: Interactions, catalog) -> tuple[np.ndarray, np.ndarray]:
    """O que membros treinados em `rest` ensinam à correção com as notas de `fold`, que não viram.

    Returns:
        `(inputs, residuals)`: float32 (n, n_inputs), o que a correção lê; e float32 (n,), em estrelas, o que ela deve
        aprender.
    """
    ensemble, context = train_members(rest, catalog, final=False)
    rows = fold.sorted()
    pairs = rows.users, rows.movies, rows.times
    members = ensemble.each(*pairs)
    return np.column_stack([members, context(*pairs)]), rows.values - ensemble.average(members)
