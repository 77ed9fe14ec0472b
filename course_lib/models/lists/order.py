"""A ordem em que se viu, sem rede: o que é recente pesa mais, e o que costuma vir depois do que se viu."""

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from course_lib.errors import ArgumentError
from course_lib.interactions import Interactions, sparse
from course_lib.models.lists.base import ListModel, refuse_without_dates
from course_lib.models.lists.ease import EASE


def recent(train: Interactions, half_life: float) -> sp.csr_array:
    """Os históricos em que cada nota vale metade da que veio `half_life` avaliações depois: (n_users, n_movies)."""
    rows = train.sorted()
    after = np.bincount(rows.users, minlength=rows.n_users).cumsum()[rows.users] - 1 - np.arange(len(rows))
    values = np.ones(len(rows), np.float32) if rows.values is None else rows.values
    weights = (values * 0.5 ** (after / half_life)).astype(np.float32)
    return sparse(weights, rows.users, rows.movies, (rows.n_users, rows.n_movies))


def follow(train: Interactions, within: int, damping: float = 10.0) -> sp.csr_array:
    """Que filmes se avaliam logo depois de quais: esparsa (n_movies, n_movies), linha antes, coluna depois.

    É `follow_counts` dividida pelas avaliações do primeiro mais `damping`: dois encontros por acaso dizem pouco.
    """
    return per_rating(follow_counts(train, within), train, damping)


def follow_counts(train: Interactions, within: int) -> sp.csr_array:
    """Em quantas pessoas o segundo filme veio até `within` avaliações depois do primeiro."""
    rows = train.sorted()
    pairs = []
    for step in range(1, within + 1):
        same = rows.users[step:] == rows.users[:-step]
        pairs.append((rows.movies[:-step][same], rows.movies[step:][same]))
    before, later = (np.concatenate(side) for side in zip(*pairs, strict=True))
    return sparse(np.ones(len(before), np.float32), before, later, (train.n_movies, train.n_movies))


def per_rating(counts: sp.csr_array, train: Interactions, damping: float = 10.0) -> sp.csr_array:
    """Cada linha dividida pelas avaliações do filme dela, mais `damping`."""
    seen = np.bincount(train.movies, minlength=train.n_movies)
    return sp.csr_array(sp.diags_array((1 / (seen + damping)).astype(np.float32)) @ counts)


def pieces(train: Interactions, size: int) -> Interactions:
    """As mesmas linhas, em que cada `size` avaliações seguidas de uma pessoa são uma pessoa à parte: o que viu junto.

    De alguém com 25 avaliações e `size` 10 saem três pessoas, com 10, 10 e 5; `n_users` passa a ser o número delas.
    """
    rows = train.sorted()
    nth = np.arange(len(rows)) - np.searchsorted(rows.users, rows.users)
    new = nth % size == 0  # também a primeira de cada pessoa, que é a de número 0
    return replace(rows, users=new.cumsum() - 1, n_users=int(new.sum()))


class RecencyEASE(ListModel):
    """`EASE` que lê um histórico em que o antigo vale menos, mais o que costuma vir depois do recente.

    Os pesos entre filmes são os mesmos de `EASE`; muda o que se lê, e por isso também aqui nada é preciso treinar por
    gradiente. Um `history` dado não diz a ordem: é lido como está, e quem a souber pode dá-lo já descontado, como faz
    `recent`.

    Args:
        l2: a penalidade de `EASE`, de estrelas.
        half_life: em quantas avaliações cai à metade o peso do que `EASE` lê.
        follow_weight: quanto pesa "o que vem depois", na unidade dos pontos de `EASE`.
        follow_half_life: o mesmo de `half_life`, para "o que vem depois": só o fim do histórico o diz.
        within: até quantas avaliações depois ainda é "depois".
    """

    def __init__(
        self,
        l2: float = 6000.0,
        half_life: float = 20.0,
        follow_weight: float = 1.0,
        follow_half_life: float = 2.0,
        within: int = 30,
    ):
        if half_life <= 0 or follow_half_life <= 0 or within < 1:
            raise ArgumentError(
                f"half_life={half_life}, follow_half_life={follow_half_life} e within={within}: use números maiores "
                "que zero."
            )
        self.ease = EASE(l2)
        self.half_life, self.follow_half_life = half_life, follow_half_life
        self.follow_weight, self.within = follow_weight, within

    def fit(self, train: Interactions, catalog=None) -> "RecencyEASE":
        """Ajusta os pesos entre filmes e conta o que vem depois de quê."""
        refuse_without_dates(train, "RecencyEASE")
        self._read(train)
        self.ease.fit(train)
        self.recent, self.latest = recent(train, self.half_life), recent(train, self.follow_half_life)
        self.follow = follow(train, self.within)
        return self

    def score(self, users, history=None) -> np.ndarray:
        """Pontos de todos os filmes, float32 (U, n_movies)."""
        if history is None:
            users = self._checked_users(users)
            known, latest = self.recent[users], self.latest[users]
        else:
            known = latest = self._histories(None, history)
        return self.ease.score(None, known) + self.follow_weight * (latest @ self.follow).toarray()
