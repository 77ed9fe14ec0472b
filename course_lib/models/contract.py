"""O contrato: o que todo modelo do curso sabe responder, e nada mais que isso é preciso saber dele.

Um modelo **ordena** (`score`), e alguns também **preveem estrelas** (`predict`). `score` dá a cada filme um número cru,
de que só a ordem conta: aparado à escala, dezenas de filmes empatariam em 5. Quem é novo não é um caso à parte: é uma
linha de `history`.
"""

from typing import Protocol, runtime_checkable

import numpy as np
import scipy.sparse as sp

from course_lib.interactions import Interactions


@runtime_checkable
class Model(Protocol):
    """Ordena os filmes de cada usuário."""

    def fit(self, train: Interactions, catalog=None) -> "Model":
        """Ajusta-se às interações de treinamento e devolve o próprio objeto.

        Args:
            train: só estas linhas são lidas.
            catalog: o `MovieLens` de onde vêm gêneros, anos e títulos; a maioria dos modelos não o lê.
        """
        ...

    def score(self, users: np.ndarray | None, history: sp.csr_array | None = None) -> np.ndarray:
        """Pontos de todos os filmes: float32 (U, n_movies); quanto maior, melhor.

        Args:
            users: int64 (U,), índices; ignorado se `history` é dado.
            history: float32 (U, n_movies), o que cada pessoa viu ou avaliou, no lugar do que se sabe de `users`: é
                como se recomenda a quem não estava no treinamento, sem treinar de novo. Zero é "não viu".
        """
        ...


@runtime_checkable
class RatingModel(Model, Protocol):
    """Ordena, e prevê a nota de um par em estrelas."""

    def predict(self, users: np.ndarray, movies: np.ndarray, times: np.ndarray | None = None) -> np.ndarray:
        """Notas previstas, float32 (n,), em estrelas, **sem aparar** à escala: quem apara é `Fitted`, num lugar só.

        Args:
            users, movies: int64 (n,).
            times: int64 (n,), segundos desde 1970; só para modelos com `use_time`.
        """
        ...
