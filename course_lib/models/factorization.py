"""O que os modelos de fatores ajustados por regressões ridge têm em comum: os vetores, as contas e as previsões."""

import copy
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import torch
from torch.nn.functional import embedding_bag

from course_lib.errors import DataError
from course_lib.interactions import Interactions
from course_lib.models.contract import RatingModel


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
        """De um par (linha, outro lado) por avaliação."""
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

        Raises:
            DataError: se os dados não determinam os fatores.
        """
        try:
            factor = torch.linalg.cholesky(gram + self.l2.diag())
        except torch.linalg.LinAlgError as error:
            raise DataError(
                f"as avaliações são de menos para {gram.shape[1] - 1} fatores: a regressão não tem solução. Use menos "
                "n_factors, ou mais usuários e filmes."
            ) from error
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

    def with_users(self, known: Known) -> "Factors":
        """Com mais usuários, um por linha de `known`: a mesma regressão de que saíram os demais."""
        users, _ = self.of_user.solve(*normal_equations(known, self.movies))
        return Factors(torch.cat([self.users, users]), self.movies, self.of_user)


def normal_equations(known: Known, other: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """As somas de que saem as regressões de um lado (m linhas), dado o outro, todas de uma vez.

    Para cada linha, Σ x·xᵀ e Σ x·(resto − viés do outro), em que x = [1; vetor do outro] e as somas correm pelas
    avaliações dela: o viés da linha é o peso do fator que vale sempre 1.

    Args:
        known: as avaliações, as de cada linha em sequência.
        other: float32 (o, 1 + n_factors).

    Returns:
        `(gram, target)`: float32 (m, k, k) e (m, k), com k = 1 + n_factors.
    """
    x = torch.cat([torch.ones(len(other), 1), other[:, 1:]], dim=1)
    squares = (x[:, :, None] * x[:, None, :]).flatten(1)
    gram = embedding_bag(known.others, squares, known.first, mode="sum").unflatten(1, (x.shape[1], x.shape[1]))
    weights = known.rest - other[known.others, 0]
    return gram, embedding_bag(known.others, x, known.first, mode="sum", per_sample_weights=weights)


class Factorization(RatingModel):
    """nota = média + viés do usuário + viés do filme + produto interno, de um ou de vários conjuntos de fatores.

    Attributes:
        mean: média das notas de treinamento, em estrelas.
        samples: os conjuntos de fatores; a previsão é a média das deles.
    """

    samples: list[Factors]

    def _read(self, train: Interactions) -> tuple[Known, Known]:
        """Guarda média e tamanhos; devolve as avaliações por usuário e por filme."""
        rows = train.sorted()
        self.n_users, self.n_movies = train.n_users, train.n_movies
        self.mean = float(rows.values.mean(dtype=np.float64))
        rest = rows.values - np.float32(self.mean)
        by_user = Known.of(rows.users, rows.movies, rest, self.n_users)
        return by_user, Known.of(rows.movies, rows.users, rest, self.n_movies)

    def _average(self, deviations: list[torch.Tensor]) -> np.ndarray:
        return (self.mean + sum(deviations) / len(deviations)).numpy()

    def _stars(self, users, movies, times) -> np.ndarray:
        return self._average([sample.pairs(users, movies) for sample in self.samples])

    def _rows(self, users: np.ndarray) -> np.ndarray:
        return self._average([sample.rows(users) for sample in self.samples])

    def with_users(self, history: sp.csr_array) -> "Factorization":
        """Uma cópia com um usuário a mais por linha de `history`, sem treinar o resto; este modelo não muda.

        Args:
            history: (U, n_movies), as notas de cada um, em estrelas; a linha pode ser vazia.
        """
        rest = history.data.astype(np.float32) - np.float32(self.mean)
        known = Known(
            *map(torch.from_numpy, (history.indices.astype(np.int64), history.indptr[:-1].astype(np.int64), rest))
        )
        extended = copy.copy(self)
        extended.samples = [sample.with_users(known) for sample in self.samples]
        extended.n_users = self.n_users + history.shape[0]
        return extended
