"""Dois estágios: modelos simples escolhem candidatos, e um que aprende com os acertos deles os põe em ordem."""

from collections.abc import Iterator

import numpy as np

from course_lib.errors import ArgumentError
from course_lib.interactions import Interactions
from course_lib.models.lists.base import LIKED, ListModel, refuse_without_dates, rest_last
from course_lib.models.lists.evidence import BASES, Evidence

USERS_PER_BLOCK = 128
KEPT = 0.25  # a parte dos erros com que se aprende: sobram, e tirá-los ao acaso não muda ordem alguma
# Poucos acertos entre muitos candidatos: árvores rasas, e folhas com dezenas de pares.
TREES = {
    "max_iter": 200,
    "learning_rate": 0.05,
    "max_leaf_nodes": 7,
    "min_samples_leaf": 60,
    "max_features": 0.3,
    "early_stopping": False,
}


class ReRanker(ListModel):
    """Aprende, em partes escondidas do próprio treinamento, que candidatos agradam.

    Os pontos dos modelos de base, em linhas com que eles treinaram, não ensinariam nada: os vistos já foram riscados da
    lista. Por isso se esconde uma parte do treinamento, os modelos de base se ajustam ao resto, e uma regressão
    logística e um conjunto de árvores aprendem quais dos candidatos deles a parte escondida mostra que agradaram. Ao
    recomendar, os modelos de base são os do treinamento inteiro, e a ordem vem da soma do log das chances (*log-odds*)
    que dão os dois.

    O que se esconde deve imitar o que se quer prever: avaliações ao acaso, se o teste é ao acaso; as últimas de cada
    pessoa, se ele é o que vem a seguir. Nenhum dos dois serve ao outro.

    Args:
        hide: o que se esconde, "random" (um quinto, ao acaso) ou "last" (o último quinto de cada pessoa; na parte
            seguinte, o último quinto do que sobrou, e assim por diante).
        n_parts: quantas partes se escondem, uma de cada vez; em "random", até 5.
        n_candidates: quantos candidatos por pessoa.
        seed: semente das partes e das árvores.
    """

    def __init__(self, hide: str = "random", n_parts: int = 3, n_candidates: int = 200, seed: int = 42):
        if hide not in ("random", "last") or not 1 <= n_parts <= 5:
            raise ArgumentError(f"hide={hide!r} e n_parts={n_parts}: esconda 'random' ou 'last', em 1 a 5 partes.")
        self.hide, self.n_parts, self.n_candidates, self.seed = hide, n_parts, n_candidates, seed

    def fit(self, train: Interactions, catalog) -> "ReRanker":
        """Aprende nas partes escondidas, e depois ajusta os modelos de base ao treinamento inteiro."""
        from sklearn.ensemble import HistGradientBoostingClassifier  # custam um segundo que só este modelo deve pagar
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        refuse_without_dates(train, "o ReRanker")
        self._read(train)
        lessons = [lesson for shown, hidden in self._parts(train) for lesson in self._lessons(shown, hidden, catalog)]
        inputs, differences, liked, weights = (np.concatenate(part) for part in zip(*lessons, strict=True))
        if len(np.unique(liked)) < 2:
            raise ArgumentError("nenhum candidato agradou nas partes escondidas: há avaliações de menos para aprender.")
        self.linear = make_pipeline(StandardScaler(), LogisticRegression(solver="newton-cholesky"))
        self.linear.fit(differences, liked, logisticregression__sample_weight=weights)
        self.forest = HistGradientBoostingClassifier(**TREES, random_state=self.seed).fit(inputs, liked)
        self.evidence = Evidence().fit(train, catalog)
        return self

    def _parts(self, train: Interactions) -> Iterator[tuple[Interactions, Interactions]]:
        fifth = np.random.default_rng(self.seed).integers(0, 5, len(train))
        for part in range(self.n_parts):
            kept = fifth != part if self.hide == "random" else ~train.last_of_each(0.2)
            if kept.all() or not kept.any():
                raise ArgumentError(f"{len(train)} avaliações são de menos para esconder uma parte e aprender com ela.")
            yield train.select(kept), train.select(~kept)
            if self.hide == "last":
                train = train.select(kept)

    def _lessons(self, shown: Interactions, hidden: Interactions, catalog) -> Iterator[tuple]:
        """Por bloco de pessoas: o que as árvores e a regressão leem de cada candidato, se agradou, e quanto pesa."""
        evidence, rng = Evidence().fit(shown, catalog), np.random.default_rng(self.seed)
        liked = hidden.select(hidden.values >= LIKED).history()[:, evidence.movies]
        for users in blocks(self.n_users):
            _, movies, inputs = self._candidates(evidence, users)
            answers = np.take_along_axis(liked[users].toarray() > 0, movies, axis=1)
            # Quem gostou de cem filmes não decide por cem pessoas; quem não gostou de nenhum não ensina ordem alguma.
            n_liked = answers.sum(axis=1, keepdims=True)
            drawn = np.take_along_axis(rng.random((len(users), len(evidence.movies))) < KEPT, movies, axis=1)
            kept = (n_liked > 0) & (answers | drawn)
            weights = np.broadcast_to(1 / np.sqrt(np.maximum(n_liked, 1)), answers.shape)
            yield inputs[kept], compared(inputs)[kept], answers[kept], weights[kept]

    def _candidates(self, evidence: Evidence, users, history=None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pontos somados das bases, (U, m); candidatos, int64 (U, c); e o que se lê deles, (U, c, n_columns)."""
        columns = evidence.columns(users, history)
        total = sum(columns[name] for name in BASES)
        unseen = np.where(evidence._histories(users, history).toarray() != 0, -np.inf, total)
        n_candidates = min(self.n_candidates, total.shape[1])
        movies = np.sort(np.argpartition(-unseen, n_candidates - 1, axis=1)[:, :n_candidates], axis=1)
        chosen = [
            np.take_along_axis(np.broadcast_to(column, total.shape), movies, axis=1) for column in columns.values()
        ]
        return total, movies, np.stack(chosen, axis=2).astype(np.float32)

    def score(self, users, history=None) -> np.ndarray:
        """Pontos de todos os filmes, float32 (U, n_movies): os candidatos, de 0 em diante; os outros, abaixo de 0."""
        if history is not None:
            history = self._histories(None, history)[:, self.evidence.movies]
            scores = [self._score(None, history[rows]) for rows in blocks(history.shape[0])]
        else:
            users = self._checked_users(users)
            scores = [self._score(users[rows], None) for rows in blocks(len(users))]
        return np.concatenate([np.empty((0, self.n_movies), np.float32), *scores])

    def _score(self, users, history) -> np.ndarray:
        total, movies, inputs = self._candidates(self.evidence, users, history)
        points = (total - total.max(axis=1, keepdims=True) - 1).astype(np.float32)
        merit = log_odds(self.linear, compared(inputs)) + log_odds(self.forest, inputs)
        merit -= merit.min(axis=1, keepdims=True)
        np.put_along_axis(points, movies, merit.astype(np.float32), axis=1)
        return rest_last(points, self.evidence.movies, self.n_movies)


def log_odds(judge, inputs: np.ndarray) -> np.ndarray:
    """O log das chances de cada candidato agradar: (U, c, n_columns) -> (U, c)."""
    return judge.decision_function(inputs.reshape(-1, inputs.shape[2])).reshape(inputs.shape[:2])


def compared(inputs: np.ndarray) -> np.ndarray:
    """Cada coluna menos a média dela entre os candidatos da pessoa: (U, c, n_columns).

    À regressão, que só soma, a pessoa que vê muito ensinaria que tudo agrada; assim ela só lê o que distingue um
    candidato dos outros da mesma pessoa. As árvores leem o valor inteiro, e separam sozinhas quem vê muito.
    """
    return inputs - inputs.mean(axis=1, keepdims=True)


def blocks(n: int) -> Iterator[np.ndarray]:
    """As linhas de 0 a n - 1, em blocos: as matrizes de uma pessoa são trinta, de um número por filme."""
    return (np.arange(start, min(start + USERS_PER_BLOCK, n)) for start in range(0, n, USERS_PER_BLOCK))
