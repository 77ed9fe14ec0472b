"""ALS para o que se viu: o que não se viu também conta, mas pouco (Hu, Koren e Volinsky, 2008)."""

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp

from course_lib.errors import ArgumentError
from course_lib.interactions import Interactions
from course_lib.models.lists.base import LIKED, ListModel

SEEN_AT_ONCE = 2**18  # pares vistos que se leem de cada vez: com 64 fatores, 64 MB


class ImplicitALS(ListModel):
    """Produto interno em que todo par conta: o visto deve valer 1, com peso; o não visto, 0, com peso 1.

    Como no `ALS` das estrelas, com um lado fixo o outro é uma regressão ridge por linha. A soma sobre *todos* os
    filmes, que parece cara, é YᵀY, a mesma para todos os usuários; cada um só corrige os poucos que viu. Aqui não há
    viés, e as regressões se resolvem juntas só entre linhas com quase o mesmo número de vistos, e não muitas de cada
    vez: a memória não cresce com o número de linhas.

    Args:
        n_factors: dimensão dos vetores.
        alpha: peso que um par visto tem a mais; o dobro, se a nota foi de 4 estrelas ou mais.
        l2: a penalidade do quadrado da norma de cada vetor.
        l2_power: a penalidade cresce com o número de vistos da linha elevado a isto (Rendle et al., 2022); 0, igual
            para todas. Qualquer que seja, a penalidade média é `l2`.
        n_sweeps: quantas vezes se alternam filmes e usuários.
        seed: semente dos vetores iniciais.
    """

    def __init__(
        self,
        n_factors: int = 64,
        alpha: float = 5.0,
        l2: float = 60.0,
        l2_power: float = 0.0,
        n_sweeps: int = 8,
        seed: int = 42,
    ):
        if not l2 > 0 or not alpha > 0:
            raise ArgumentError(f"l2={l2} e alpha={alpha}: use números maiores que zero.")
        self.n_factors, self.alpha, self.l2, self.l2_power = n_factors, alpha, l2, l2_power
        self.n_sweeps, self.seed = n_sweeps, seed

    def fit(self, train: Interactions, catalog=None) -> "ImplicitALS":
        """Ajusta os vetores: o próprio objeto, com `users` e `movies`, float32 (n_users ou n_movies, n_factors)."""
        by_user = self._weights(self._read(train).history())
        by_movie = by_user.T.tocsr()
        self._user_scale = ((np.diff(by_user.indptr) + 1.0) ** self.l2_power).mean()
        rng = np.random.default_rng(self.seed)
        self.users = (0.1 * rng.normal(size=(self.n_users, self.n_factors))).astype(np.float32)
        for _ in range(self.n_sweeps):
            self.movies = self._solve(by_movie, self.users)
            self.users = self._solve(by_user, self.movies, self._user_scale)
        return self

    def _weights(self, history: sp.csr_array) -> sp.csr_array:
        """O peso a mais de cada par visto."""
        values = self.alpha * (1 + (history.data >= LIKED)).astype(np.float32)
        return sp.csr_array((values, history.indices, history.indptr), shape=history.shape)

    def _solve(self, weights: sp.csr_array, other: np.ndarray, scale: float | None = None) -> np.ndarray:
        """A regressão de cada linha de um lado, dado o outro: float32 (o, k) -> (m, k); sem vistos, zero."""
        n_seen = np.diff(weights.indptr)
        penalty = ((n_seen + 1.0) ** self.l2_power).astype(np.float32)
        penalty *= self.l2 / (penalty.mean() if scale is None else scale)
        everyone, basis = np.linalg.eigh(other.T @ other)  # nesta base, o YᵀY de todas as linhas é uma diagonal
        other = np.vstack([other @ basis, np.zeros(self.n_factors, np.float32)])  # zero, a quem viu menos
        identity, solved = np.eye(self.n_factors, dtype=np.float32), np.zeros((len(n_seen), self.n_factors), np.float32)
        for rows in _alike(n_seen):
            n = n_seen[rows].max()
            own = weights.indptr[rows, None] + np.arange(n)
            seen, own = own < weights.indptr[rows + 1, None], np.minimum(own, weights.nnz - 1)
            extra = weights.data[own][:, :, None]  # (r, n, 1)
            vectors = np.sqrt(extra) * other[np.where(seen, weights.indices[own], -1)]  # (r, n, k)
            answers, diagonal = (1 + extra) / np.sqrt(extra), (everyone + penalty[rows, None])[:, None]
            if n < self.n_factors:  # (A + VᵀV)⁻¹Vᵀ = A⁻¹Vᵀ(I + VA⁻¹Vᵀ)⁻¹: como em `EASE`, o lado menor
                others = vectors / diagonal
                solved[rows] = (others.mT @ np.linalg.solve(others @ vectors.mT + identity[:n, :n], answers))[:, :, 0]
            else:
                system = vectors.mT @ vectors + diagonal * identity
                solved[rows] = np.linalg.solve(system, vectors.mT @ answers)[:, :, 0]
        return solved @ basis.T

    def score(self, users, history=None) -> np.ndarray:
        """Pontos de todos os filmes, float32 (U, n_movies). De um histórico, o vetor sai da mesma regressão."""
        if history is None:
            people = self.users[self._checked_users(users)]
        else:
            people = self._solve(self._weights(self._histories(None, history)), self.movies, self._user_scale)
        return people @ self.movies.T


def _alike(n_seen: np.ndarray) -> Iterator[np.ndarray]:
    """As linhas com algum visto, em blocos em que o número deles é quase o mesmo, a menos de um quinto."""
    size = np.ceil(4 * np.log2(np.maximum(n_seen, 1)))
    for alike in np.unique(size[n_seen > 0]):
        rows = np.flatnonzero((size == alike) & (n_seen > 0))
        yield from np.array_split(rows, min(len(rows), 1 + n_seen[rows].sum() // SEEN_AT_ONCE))
