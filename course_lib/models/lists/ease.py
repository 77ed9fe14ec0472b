"""Cada filme a partir dos outros, cada pessoa a partir das outras: regressões ridge que se resolvem de uma vez."""

import numpy as np

from course_lib.errors import ArgumentError
from course_lib.interactions import Interactions
from course_lib.models.lists.base import (
    ListModel,
    check_signal,
    inverse_by_cholesky,
    rest_last,
    signal,
    training_signal,
)

TABLE_BYTES = 4 * 10**9  # a maior tabela que um ajuste pode fazer


class EASE(ListModel):
    """Cada filme a partir dos outros que a pessoa viu: uma regressão ridge com diagonal zero (Steck, 2019).

    Com a diagonal livre, cada filme se explicaria em parte por si mesmo (com λ = 0, B = I já acertaria tudo), o que de
    nada serve a quem não o viu. Com ela em zero, a resposta ainda é fechada. Sejam X o que se lê, Y o que se quer
    prever e P = (XᵀX + λI)⁻¹:

        B = P XᵀY − P · diag(γ), com γ = diag(P XᵀY) / diag(P).

    P tem um lado por filme. Quando há menos pessoas que filmes, a mesma B sai de K = XXᵀ/λ + I, que tem um lado por
    pessoa, porque P = (I − XᵀK⁻¹X/λ)/λ; e nem é preciso formá-la, pois B = XᵀK⁻¹(Y + X diag(γ))/λ − diag(γ): um
    histórico se multiplica por cada fator, da esquerda para a direita.

    Args:
        l2: a penalidade λ, na unidade de X ao quadrado; para 0 e 1 umas centenas, para estrelas uns milhares.
        weights: X, o que se lê do histórico: "watched", "liked" ou "stars".
        target: Y, o que se quer prever; None, o próprio X.
        side: "movies" ou "users", de que lado se resolve; None, o menor. O resultado é o mesmo.
        top: quantos filmes, dos mais vistos, entram na regressão; os outros ficam no fim da lista. None, todos.
        dtype: float32, ou float64 para conferir contas.
    """

    def __init__(
        self,
        l2: float = 6000.0,
        weights: str = "stars",
        target: str | None = None,
        side: str | None = None,
        top: int | None = None,
        dtype="float32",
    ):
        if not l2 > 0:
            raise ArgumentError(f"l2={l2}: use um número maior que zero; sem ele, a regressão não tem uma só resposta.")
        if side not in (None, "movies", "users"):
            raise ArgumentError(f"side={side!r}: use 'movies', 'users', ou None para o menor dos dois.")
        for kind in (weights, target or weights):
            check_signal(kind)
        self.l2, self.weights, self.target = l2, weights, target or weights
        self.side, self.top, self.dtype = side, top, dtype

    def fit(self, train: Interactions, catalog=None) -> "EASE":
        """Resolve a regressão.

        Raises:
            ArgumentError: se a tabela que isso pede não cabe; a mensagem diz quantos filmes caberiam.
        """
        self._read(train)
        x, y = (training_signal(train, kind).astype(self.dtype) for kind in (self.weights, self.target))
        self.kept = None
        if self.top is not None and self.top < self.n_movies:
            self.kept = np.argsort(-np.bincount(train.movies, minlength=self.n_movies), kind="stable")[: self.top]
            x, y = x[:, self.kept], y[:, self.kept]
        self.solved_side = self.side or ("users" if self.n_users < x.shape[1] else "movies")
        self._check_size(x.shape)
        (self._fit_movies if self.solved_side == "movies" else self._fit_users)(x, y)
        return self

    def _check_size(self, shape: tuple[int, int]) -> None:
        size, cell = shape[1] * min(shape), np.dtype(self.dtype).itemsize
        if size * cell > TABLE_BYTES:
            fit = int((TABLE_BYTES / cell) ** 0.5)
            raise ArgumentError(
                f"com {shape[0]} usuários e {shape[1]} filmes, EASE faria uma tabela de {size * cell / 1e9:.0f} GB; o "
                f"limite é de {TABLE_BYTES / 1e9:.0f} GB.\nFique com os filmes mais vistos, EASE(top={fit}), ou use "
                "ImplicitALS, cuja memória só cresce com o número de usuários e de filmes."
            )

    def _fit_movies(self, x, y) -> None:
        gram = (x.T @ x).toarray(order="C")
        gram[np.diag_indices_from(gram)] += self.l2
        inverse = inverse_by_cholesky(gram)
        spare = np.diag(inverse).copy()
        if self.weights == self.target:  # P XᵀX = I − λP, e B se reduz a I − P · diag(1/P)
            weights = np.divide(inverse, -spare, out=inverse)
        else:
            weights = inverse @ (x.T @ y).toarray()
            weights -= inverse * (np.diag(weights) / spare)
        np.fill_diagonal(weights, 0)
        self.weights_ = weights

    def _fit_users(self, x, y) -> None:
        kernel = (x @ x.T).toarray() / self.l2
        kernel[np.diag_indices_from(kernel)] += 1
        self.inverse = inverse_by_cholesky(kernel) / self.l2
        explained = self.inverse @ x
        self.gamma = y.multiply(explained).sum(axis=0) / (1 - x.multiply(explained).sum(axis=0))
        self.x, self.answers = x, y + x.multiply(self.gamma).tocsr()

    def score(self, users, history=None) -> np.ndarray:
        """Pontos de todos os filmes, float32 (U, n_movies)."""
        known = signal(self._histories(users, history).astype(self.dtype), self.weights)
        if self.kept is None:
            return self._points(known)
        return rest_last(self._points(known[:, self.kept]), self.kept, self.n_movies)

    def _points(self, known) -> np.ndarray:
        if self.solved_side == "movies":
            return known @ self.weights_
        company = (known @ self.x.T).toarray() @ self.inverse
        own = known.multiply(self.gamma).toarray(order="F")  # na ordem em que a memória guarda o outro termo
        return company @ self.answers - own


class UsersFromUsers(ListModel):
    """A mesma regressão, deitada: cada pessoa a partir das outras, e a lista é a soma do que elas viram.

    Args:
        l2: a penalidade λ.
        weights: o que se lê: "watched", "liked" ou "stars".
    """

    def __init__(self, l2: float = 6000.0, weights: str = "stars"):
        if not l2 > 0:
            raise ArgumentError(f"l2={l2}: use um número maior que zero; sem ele, a regressão não tem uma só resposta.")
        check_signal(weights)
        self.l2, self.weights = l2, weights

    def fit(self, train: Interactions, catalog=None) -> "UsersFromUsers":
        """Resolve a regressão: um sistema com um lado por pessoa."""
        self.x = training_signal(self._read(train), self.weights)
        gram = (self.x @ self.x.T).toarray()
        gram[np.diag_indices_from(gram)] += self.l2
        self.inverse = inverse_by_cholesky(gram)
        return self

    def score(self, users, history=None) -> np.ndarray:
        """Pontos de todos os filmes, float32 (U, n_movies)."""
        if history is None:  # fora a própria pessoa: o mesmo que ajustar sem ela e apresentá-la depois
            users = self._checked_users(users)
            company = -self.inverse[users] / self.inverse[users, users][:, None]
            company[np.arange(len(users)), users] = 0
        else:
            company = signal(self._histories(None, history), self.weights) @ self.x.T @ self.inverse
        return company @ self.x
