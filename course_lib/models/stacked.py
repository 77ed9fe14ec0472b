"""Empilhamento (*stacking*): uma média de modelos, e árvores que aprendem onde ela costuma errar."""

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
from joblib import Parallel, delayed

from course_lib.errors import DataError
from course_lib.interactions import Interactions
from course_lib.models.context import Context, needs_context
from course_lib.models.contract import RatingModel
from course_lib.models.ensemble import Ensemble

# O que se corrige é pouco, e o ruído é muito: passos curtos, folhas com centenas de notas, e uma penalidade que encolhe
# a correção de uma folha de n notas por n / (n + 1000).
TREES = {"max_iter": 250, "learning_rate": 0.05, "max_leaf_nodes": 31, "min_samples_leaf": 200}
TREES |= {"l2_regularization": 1000, "max_features": 0.3, "early_stopping": False}


class Stacked(RatingModel):
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
            DataError: se há menos avaliações que dobras, ou se um par se repete.
        """
        # O scikit-learn custa um segundo para ser importado, que só este modelo deve pagar.
        from sklearn.ensemble import HistGradientBoostingRegressor
        from sklearn.model_selection import KFold

        if len(train.refuse_repeated_pairs()) < self.n_folds:  # antes de pôr outros processos a trabalhar
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

    def _stars(self, users, movies, times) -> np.ndarray:
        inputs, average = _inputs_and_average(self.ensemble, self.context, users, movies, times)
        if not len(users):  # as árvores do scikit-learn recusam uma consulta vazia
            return average
        return (average + self.trees.predict(inputs)).astype(np.float32)

    def with_users(self, history: sp.csr_array):
        raise needs_context(self)


def _inputs_and_average(ensemble: Ensemble, context: Context, *pairs) -> tuple[np.ndarray, np.ndarray]:
    """O que a correção lê de cada par, float32 (n, n_inputs), e a média que ela corrige, float32 (n,), em estrelas."""
    members = ensemble.each(*pairs)
    return np.column_stack([members, context(*pairs)]), ensemble.average(members)


def _out_of_fold(train_members, rest: Interactions, fold: Interactions, catalog) -> tuple[np.ndarray, np.ndarray]:
    """O que membros treinados em `rest` ensinam à correção com as notas de `fold`, que não viram.

    Returns:
        `(inputs, residuals)`: o que a correção lê; e float32 (n,), em estrelas, o que ela deve aprender.
    """
    ensemble, context = train_members(rest, catalog, final=False)
    rows = fold.sorted()
    inputs, average = _inputs_and_average(ensemble, context, rows.users, rows.movies, rows.times)
    return inputs, rows.values - average
