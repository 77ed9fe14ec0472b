"""O que os modelos de fatores ajustados por regressões ridge têm em comum: os vetores, as contas e as previsões."""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import embedding_bag

from course_lib.checks import check_new_user
from course_lib.datasets.features import training_rows
from course_lib.errors import ShapeMismatchError


@dataclass(frozen=True)
class Known:
    """As avaliações de treinamento, vistas de um dos lados: as de cada linha em sequência.

    Attributes:
        others: LongTensor (n,), o índice de cada avaliação no outro lado.
        first: LongTensor (m,), onde começam as de cada linha.
        rest: float32 (n,), desvios da média, em estrelas.
    """

    others: torch.Tensor
    first: torch.Tensor
    rest: torch.Tensor

    @classmethod
    def of(cls, ids: np.ndarray, others: np.ndarray, rest: np.ndarray, n_rows: int) -> "Known":
        order, counts = np.argsort(ids, kind="stable"), np.bincount(ids, minlength=n_rows)
        return cls(*map(torch.from_numpy, (others[order], np.cumsum(counts) - counts, rest[order])))


@dataclass(frozen=True)
class Ridge:
    """Uma regressão ridge por linha: minimiza os erros ao quadrado mais o que custa afastar-se de `center`.

    Attributes:
        l2: float32 (k,), peso do quadrado de cada afastamento, em estrelas².
        center: float32 (k,), para onde vai quem não tem avaliações.
    """

    l2: torch.Tensor
    center: torch.Tensor

    def solve(self, gram: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Resolve (gram + λ) w = target + λ·center.

        Args:
            gram: float32 (m, k, k), a soma dos x·xᵀ de cada linha.
            target: float32 (m, k), a soma dos x·y.

        Returns:
            `(w, factor)`: float32 (m, k), e (m, k, k), o fator de Cholesky de gram + λ.
        """
        factor = torch.linalg.cholesky(gram + self.l2.diag())
        return torch.cholesky_solve((target + self.l2 * self.center)[:, :, None], factor)[:, :, 0], factor


@dataclass(frozen=True)
class Factors:
    """Um viés e um vetor por usuário e por filme.

    Attributes:
        users, movies: float32 (n_users, 1 + n_factors) e (n_movies, 1 + n_factors); a primeira coluna é o viés.
        of_user: a regressão de que saem os usuários, dados os filmes.
    """

    users: torch.Tensor
    movies: torch.Tensor
    of_user: Ridge

    def pairs(self, users: np.ndarray, movies: np.ndarray) -> torch.Tensor:
        """Desvio da média de cada par: inteiros (n,) -> float32 (n,), em estrelas."""
        user, movie = self.users[users], self.movies[movies]
        return user[:, 0] + movie[:, 0] + (user[:, 1:] * movie[:, 1:]).sum(dim=1)

    def rows(self, users: np.ndarray) -> torch.Tensor:
        """Desvio da média de cada filme, para cada usuário: inteiros (U,) -> float32 (U, n_movies)."""
        user = self.users[users]
        return user[:, :1] + self.movies[:, 0] + user[:, 1:] @ self.movies[:, 1:].T

    def with_user(self, movies: np.ndarray, rest: torch.Tensor) -> "Factors":
        """Com um usuário a mais, que se desviou da média `rest`, float32 (m,), nestes filmes, int64 (m,)."""
        movie = self.movies[movies]
        x = with_ones(movie)
        user, _ = self.of_user.solve((x.T @ x)[None], (x.T @ (rest - movie[:, 0]))[None])
        return Factors(torch.cat([self.users, user]), self.movies, self.of_user)


def with_ones(rows: torch.Tensor) -> torch.Tensor:
    """Troca o viés por 1: o viés do outro lado é o peso desse fator que vale sempre 1."""
    return torch.cat([torch.ones(len(rows), 1), rows[:, 1:]], dim=1)


def normal_equations(known: Known, other: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """As somas de que saem as regressões de um lado (m linhas), dado o outro, todas de uma vez.

    Para cada linha, Σ x·xᵀ e Σ x·(resto − viés do outro), em que x = [1; vetor do outro] e as somas correm pelas
    avaliações dela.

    Args:
        known: as avaliações, as de cada linha em sequência.
        other: float32 (o, 1 + n_factors).

    Returns:
        `(gram, target)`: float32 (m, k, k) e (m, k), com k = 1 + n_factors.
    """
    x = with_ones(other)
    squares = (x[:, :, None] * x[:, None, :]).flatten(1)
    gram = embedding_bag(known.others, squares, known.first, mode="sum").unflatten(1, (x.shape[1], x.shape[1]))
    weights = known.rest - other[known.others, 0]
    return gram, embedding_bag(known.others, x, known.first, mode="sum", per_sample_weights=weights)


class Factorization:
    """nota = média + viés do usuário + viés do filme + produto interno, de um ou de vários conjuntos de fatores.

    Attributes:
        mean: média das notas de treinamento, em estrelas.
        draws: os conjuntos de fatores; a previsão é a média das deles.
        n_users, n_movies, rating_scale: os dos dados.
    """

    draws: list[Factors]

    def _read(self, data, train) -> tuple[Known, Known]:
        """Guarda média, tamanhos e escala; devolve as avaliações por usuário e por filme."""
        rows = training_rows(data, train)
        self.rating_scale, self.n_users, self.n_movies = data.rating_scale, data.n_users, data.n_movies
        self.mean = float(rows.ratings.mean(dtype=np.float64))
        rest = rows.ratings - np.float32(self.mean)
        by_user = Known.of(rows.users, rows.movies, rest, self.n_users)
        return by_user, Known.of(rows.movies, rows.users, rest, self.n_movies)

    def _clipped(self, scores: list[torch.Tensor]) -> np.ndarray:
        return (self.mean + sum(scores) / len(scores)).clamp(*self.rating_scale).numpy()

    def predict(self, users, movies, timestamps=None) -> np.ndarray:
        """Notas previstas, float32 (n,), aparadas à escala dos dados, para inteiros (n,); o tempo não é usado.

        Raises:
            ShapeMismatchError: se `users` e `movies` têm tamanhos diferentes.
        """
        users, movies = np.atleast_1d(np.asarray(users, np.int64)), np.atleast_1d(np.asarray(movies, np.int64))
        if users.shape != movies.shape:
            raise ShapeMismatchError(f"users tem forma {users.shape} e movies, {movies.shape}: dê um par por previsão.")
        return self._clipped([draw.pairs(users, movies) for draw in self.draws])

    def predict_all(self, users) -> np.ndarray:
        """A linha inteira de cada usuário, aparada: inteiros (U,) -> float32 (U, n_movies)."""
        return self._clipped([draw.rows(np.asarray(users, np.int64)) for draw in self.draws])

    def add_user(self, movies, ratings) -> tuple["Factorization", int]:
        """Acrescenta um usuário sem treinar o resto: uma só regressão ridge por conjunto, a mesma do treinamento.

        Args:
            movies: inteiros (m,), os filmes que ele avaliou; pode ser vazio.
            ratings: (m,), as notas, em estrelas.

        Returns:
            `(novo modelo, índice do usuário novo)`; este modelo não muda.

        Raises:
            ArgumentError, ShapeMismatchError, IdOutOfRangeError, NonFiniteError: ver `check_new_user`.
        """
        movies, ratings = check_new_user(movies, ratings, self.n_movies)
        rest = torch.from_numpy(ratings) - self.mean
        extended = copy.copy(self)
        extended.draws = [draw.with_user(movies, rest) for draw in self.draws]
        extended.n_users = self.n_users + 1
        return extended, self.n_users
