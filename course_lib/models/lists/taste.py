"""O conteúdo ao lado de qualquer lista: de que gêneros a pessoa gosta mais do que os outros gostam."""

import numpy as np
import scipy.sparse as sp

from course_lib.errors import ArgumentError
from course_lib.interactions import Interactions
from course_lib.models.features import genre_table
from course_lib.models.lists.base import ListModel, signal
from course_lib.models.lists.ease import EASE


def genre_log_odds(counted: sp.csr_array, genres: np.ndarray, damping: float, share: np.ndarray) -> np.ndarray:
    """Quantas vezes mais que os outros cada pessoa vê cada gênero, em logaritmo: float32 (U, n_genres).

    Args:
        counted: 0 e 1, (U, n_movies), os filmes que contam: os vistos, ou só os de que a pessoa gostou.
        genres: 0 e 1, (n_movies, n_genres).
        damping: filmes fictícios com que se encolhe cada pessoa em direção a todas; quem nada viu fica em 0.
        share: float32 (n_genres,), que parte do que todos contam é de cada gênero.
    """
    n_counted = counted.sum(axis=1)[:, None]
    return np.log((counted @ genres + damping * share) / ((n_counted + damping) * share)).astype(np.float32)


class GenreTaste(ListModel):
    """Soma aos pontos de outro modelo os dos gêneros do filme: ajuda mais nos filmes pouco vistos.

    Contam os filmes de que a pessoa gostou: o gênero que ela vê e não aprecia também é uma pista, a contrária. Um filme
    de três gêneros soma os três: log-odds somam-se como num Bayes ingênuo, em que cada gênero é uma pista.

    Args:
        base: o modelo de lista a que se soma; None, um `EASE`.
        strength: quanto pesa o gosto, na unidade dos pontos de `base`.
        damping: ver `genre_log_odds`.
    """

    def __init__(self, base=None, strength: float = 0.2, damping: float = 50.0):
        if damping <= 0:
            raise ArgumentError(f"damping={damping}: use um número maior que zero (filmes fictícios).")
        self.base, self.strength, self.damping = EASE() if base is None else base, strength, damping

    def fit(self, train: Interactions, catalog) -> "GenreTaste":
        """Ajusta `base` e conta os gêneros de todos; `catalog` é o `MovieLens`, de onde eles vêm."""
        if catalog is None:
            raise ArgumentError("GenreTaste lê os gêneros dos filmes: dê fit(train, catalog), com o MovieLens.")
        liked = signal(self._read(train).history(), "liked")
        self.base.fit(train, catalog)
        self.genres = genre_table(catalog.genres).to_numpy(np.float32)
        self.share = (liked.sum(axis=0) @ self.genres + 1) / (liked.sum() + 2)
        return self

    def score(self, users, history=None) -> np.ndarray:
        """Pontos de todos os filmes, float32 (U, n_movies)."""
        liked = signal(self._histories(users, history), "liked")
        odds = genre_log_odds(liked, self.genres, self.damping, self.share)
        return self.base.score(users, history) + self.strength * odds @ self.genres.T
