"""O conteúdo ao lado de qualquer lista: de que gêneros a pessoa vê mais do que os outros veem."""

import numpy as np
import scipy.sparse as sp

from course_lib.errors import ArgumentError
from course_lib.interactions import Interactions
from course_lib.models.features import genre_table
from course_lib.models.lists.base import ListModel, signal
from course_lib.models.lists.ease import EASE


def genre_log_odds(watched: sp.csr_array, genres: np.ndarray, damping: float, share: np.ndarray) -> np.ndarray:
    """Quantas vezes mais que os outros cada pessoa vê cada gênero, em logaritmo: float32 (U, n_genres).

    Args:
        watched: 0 e 1, (U, n_movies).
        genres: 0 e 1, (n_movies, n_genres).
        damping: filmes fictícios com que se encolhe cada pessoa em direção a todas; quem nada viu fica em 0.
        share: float32 (n_genres,), que parte das avaliações de todos é de cada gênero.
    """
    n_seen = watched.sum(axis=1)[:, None]
    return np.log((watched @ genres + damping * share) / ((n_seen + damping) * share)).astype(np.float32)


class GenreTaste(ListModel):
    """Soma aos pontos de outro modelo os dos gêneros do filme: ajuda mais onde as avaliações são poucas.

    Um filme de três gêneros soma os três: log-odds somam-se como num Bayes ingênuo, em que cada gênero é uma pista.

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
        watched = signal(self._read(train).history(), "watched")
        self.base.fit(train, catalog)
        self.genres = genre_table(catalog.genres).to_numpy()
        self.share = (watched.sum(axis=0) @ self.genres + 1) / (watched.sum() + 2)
        return self

    def score(self, users, history=None) -> np.ndarray:
        """Pontos de todos os filmes, float32 (U, n_movies)."""
        watched = signal(self._histories(users, history), "watched")
        odds = genre_log_odds(watched, self.genres, self.damping, self.share)
        return self.base.score(users, history) + self.strength * odds @ self.genres.T
