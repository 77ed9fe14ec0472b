"""O contrato: o que todo modelo do curso sabe responder, e nada mais que isso é preciso saber dele.

Um modelo **ordena** (`score`), e alguns também **preveem estrelas** (`predict`). `score` dá a cada filme um número cru,
de que só a ordem conta: aparado à escala, dezenas de filmes empatariam em 5. Quem é novo não é um caso à parte: é uma
linha de `history`.
"""

from typing import Protocol, runtime_checkable

import numpy as np
import scipy.sparse as sp

from course_lib.checks import as_history, as_users, check_ids, check_pairs
from course_lib.errors import ArgumentError
from course_lib.interactions import Interactions


@runtime_checkable
class Model(Protocol):
    """Ordena os filmes de cada usuário."""

    def fit(self, train: Interactions, catalog=None) -> "Model":
        """Ajusta-se às interações de treinamento e devolve o próprio objeto. (As redes, um treinador é que as ajusta.)

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

        Raises:
            ArgumentError: se `users` não são índices; com `history`, se o modelo não sabe receber quem chegou depois.
            IdOutOfRangeError: se algum usuário não existe no modelo.
            ShapeMismatchError, NonFiniteError: se `history` não serve; ver `as_history`.
        """
        ...


class RatingModel:
    """Um `Model` que também prevê a nota de um par em estrelas; cada um escreve `_stars`, e o que souber fazer melhor.

    Attributes:
        n_users, n_movies: os índices válidos vão de 0 a n - 1; None num modelo que não o sabe dizer.
        use_time: se o modelo usa o momento da avaliação que prevê.
    """

    n_users: int | None = None
    n_movies: int | None = None
    use_time: bool = False

    def predict(self, users, movies, times=None) -> np.ndarray:
        """Notas previstas, float32 (n,), em estrelas, **sem aparar** à escala: quem apara é `Fitted`, num lugar só.

        Args:
            users, movies: inteiros (n,).
            times: segundos desde 1970, (n,); só para modelos com `use_time`, que não os dispensam.

        Raises:
            ArgumentError, ShapeMismatchError, IdOutOfRangeError: ver `asked_pairs`.
        """
        return self._stars(*asked_pairs(self, users, movies, times))

    def score(self, users, history: sp.csr_array | None = None) -> np.ndarray:
        """A linha inteira de cada usuário, em estrelas, como em `Model.score`; só sem `use_time`."""
        if history is not None:
            return self._score_newcomers(as_history(history, self.n_movies))
        return self._rows(as_users(users, self.n_users))

    def _stars(self, users: np.ndarray, movies: np.ndarray, times: np.ndarray | None) -> np.ndarray:
        """As notas de pares já conferidos; `times` é None sem `use_time`."""
        raise NotImplementedError

    def _rows(self, users: np.ndarray) -> np.ndarray:
        """As linhas de quem estava no treinamento; aqui, pelo caminho geral, par a par."""
        pairs = np.repeat(users, self.n_movies), np.tile(np.arange(self.n_movies), len(users))
        return self.predict(*pairs).reshape(len(users), self.n_movies)

    def _score_newcomers(self, history: sp.csr_array) -> np.ndarray:
        """As linhas de quem é só um histórico; aqui, as de um modelo com esses usuários a mais."""
        return self.with_users(history).score(self.n_users + np.arange(history.shape[0]))


def asked_pairs(model, users, movies, times=None) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Os pares que se perguntam a um modelo, conferidos: três int64 (n,), o último None sem `use_time`.

    Raises:
        ArgumentError: se não são índices, ou se o modelo usa o tempo e as datas não vieram.
        ShapeMismatchError: se os tamanhos diferem.
        IdOutOfRangeError: se algum índice não existe no modelo.
    """
    if model.use_time and times is None:
        raise ArgumentError(
            "este modelo usa o momento da avaliação (use_time=True): dê também timestamps, em segundos desde 1970."
        )
    users, movies, times = check_pairs(users, movies, times if model.use_time else None)
    check_ids(users, "usuário", model.n_users)
    check_ids(movies, "filme", model.n_movies)
    return users, movies, times
