"""Fatoração de matrizes por mínimos quadrados alternados (ALS): a resposta clássica, sem taxa de aprendizado.

Com os filmes fixos, o melhor vetor de cada usuário é uma regressão ridge, que se resolve com exatidão; com os usuários
fixos, o melhor vetor de cada filme, também. Alternam-se as duas contas: o erro regularizado nunca sobe.
"""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import embedding_bag

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


class ALS:
    """nota = média + viés do usuário + viés do filme + produto interno (Koren, Bell & Volinsky, 2009).

    O viés é resolvido junto com o vetor: é o peso de um fator que vale sempre 1.

    Args:
        n_factors: dimensão dos vetores.
        l2, l2_bias: penalidade do quadrado da norma de cada vetor e de cada viés, uma vez por usuário ou filme.
        n_sweeps: quantas vezes se alternam filmes e usuários.
        seed: semente dos vetores iniciais.
    """

    def __init__(self, n_factors: int = 32, l2: float = 12.0, l2_bias: float = 3.0, n_sweeps: int = 12, seed: int = 42):
        self.n_factors, self.l2, self.l2_bias = n_factors, l2, l2_bias
        self.n_sweeps, self.seed = n_sweeps, seed

    def fit(self, data, train) -> "ALS":
        """Ajusta os vetores.

        Args:
            data: um `MovieLens`.
            train: índice (n,), máscara ou linhas (n, 3), como em `training_rows`.

        Returns:
            O próprio objeto, com `mean` (float, estrelas), `users` float32 (n_users, 1 + n_factors) e `movies` float32
            (n_movies, 1 + n_factors); a primeira coluna é o viés.
        """
        rows = training_rows(data, train)
        self.rating_scale, self.n_users, self.n_movies = data.rating_scale, data.n_users, data.n_movies
        self.mean = float(rows.ratings.mean(dtype=np.float64))
        rest = rows.ratings - np.float32(self.mean)
        by_user = Known.of(rows.users, rows.movies, rest, self.n_users)
        by_movie = Known.of(rows.movies, rows.users, rest, self.n_movies)
        generator = torch.Generator().manual_seed(self.seed)
        # Vetores quase nulos: a primeira volta começa da tabela de vieses, e bastam poucas.
        self.users = 0.03 * torch.randn(self.n_users, 1 + self.n_factors, generator=generator)
        self.users[:, 0] = 0
        for _ in range(self.n_sweeps):
            self.movies = self._solve(by_movie, self.users)
            self.users = self._solve(by_user, self.movies)
        return self

    def _solve(self, known: Known, other: torch.Tensor) -> torch.Tensor:
        """As regressões ridge de um lado (m), dado o outro (o), todas de uma vez.

        Para cada linha: (Σ x·xᵀ + λ) w = Σ x·(resto − viés do outro), em que x = [1; vetor do outro] e as somas correm
        pelas avaliações da linha.

        Args:
            known: as avaliações, as de cada linha em sequência.
            other: float32 (o, 1 + n_factors).

        Returns:
            float32 (m, 1 + n_factors).
        """
        x = torch.cat([torch.ones(len(other), 1), other[:, 1:]], dim=1)
        squares = (x[:, :, None] * x[:, None, :]).flatten(1)
        gram = embedding_bag(known.others, squares, known.first, mode="sum").unflatten(1, (x.shape[1], x.shape[1]))
        weights = known.rest - other[known.others, 0]
        target = embedding_bag(known.others, x, known.first, mode="sum", per_sample_weights=weights)
        return self._ridge(gram, target)

    def _ridge(self, gram: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Resolve (gram + λ) w = target: float32 (m, k, k) e (m, k) -> (m, k)."""
        l2 = torch.tensor([self.l2_bias] + [self.l2] * self.n_factors)
        return torch.cholesky_solve(target[:, :, None], torch.linalg.cholesky(gram + l2.diag()))[:, :, 0]

    def predict(self, users, movies, timestamps=None) -> np.ndarray:
        """Notas previstas, float32 (n,), aparadas à escala dos dados, para inteiros (n,); o tempo não é usado.

        Raises:
            ShapeMismatchError: se `users` e `movies` têm tamanhos diferentes.
        """
        users, movies = np.atleast_1d(np.asarray(users, np.int64)), np.atleast_1d(np.asarray(movies, np.int64))
        if users.shape != movies.shape:
            raise ShapeMismatchError(f"users tem forma {users.shape} e movies, {movies.shape}: dê um par por previsão.")
        user, movie = self.users[users], self.movies[movies]
        score = self.mean + user[:, 0] + movie[:, 0] + (user[:, 1:] * movie[:, 1:]).sum(dim=1)
        return score.clamp(*self.rating_scale).numpy()

    def predict_all(self, users) -> np.ndarray:
        """A linha inteira de cada usuário, aparada: inteiros (U,) -> float32 (U, n_movies)."""
        user = self.users[np.asarray(users, np.int64)]
        score = self.mean + user[:, :1] + self.movies[:, 0] + user[:, 1:] @ self.movies[:, 1:].T
        return score.clamp(*self.rating_scale).numpy()

    def add_user(self, movies, ratings) -> tuple["ALS", int]:
        """Acrescenta um usuário sem treinar o resto: uma só regressão ridge, a mesma do treinamento.

        Args:
            movies: inteiros (m,), os filmes que ele avaliou; pode ser vazio.
            ratings: (m,), as notas, em estrelas.

        Returns:
            `(novo modelo, índice do usuário novo)`; este modelo não muda.

        Raises:
            ShapeMismatchError: se os tamanhos diferem.
        """
        movies, ratings = np.asarray(movies, np.int64), torch.as_tensor(np.asarray(ratings, np.float32))
        if movies.shape != tuple(ratings.shape) or movies.ndim != 1:
            raise ShapeMismatchError(f"movies tem forma {movies.shape} e ratings, {tuple(ratings.shape)}.")
        movie = self.movies[movies]
        x = torch.cat([torch.ones(len(movies), 1), movie[:, 1:]], dim=1)
        user = self._ridge((x.T @ x)[None], (x.T @ (ratings - self.mean - movie[:, 0]))[None])
        extended = copy.copy(self)
        extended.users, extended.n_users = torch.cat([self.users, user]), self.n_users + 1
        return extended, self.n_users
