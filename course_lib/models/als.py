"""Fatoração de matrizes por mínimos quadrados alternados (ALS): a resposta clássica, sem taxa de aprendizado.

Com os filmes fixos, o melhor vetor de cada usuário é uma regressão ridge, que se resolve com exatidão; com os usuários
fixos, o melhor vetor de cada filme, também. Alternam-se as duas contas: o erro regularizado nunca sobe.
"""

import torch

from course_lib.interactions import Interactions
from course_lib.models.factorization import Factorization, Factors, Ridge, normal_equations


class ALS(Factorization):
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

    @property
    def users(self) -> torch.Tensor:
        """float32 (n_users, 1 + n_factors); a primeira coluna é o viés."""
        return self.samples[0].users

    @property
    def movies(self) -> torch.Tensor:
        """float32 (n_movies, 1 + n_factors); a primeira coluna é o viés."""
        return self.samples[0].movies

    def fit(self, train: Interactions, catalog=None) -> "ALS":
        """Ajusta `mean`, `users` e `movies` às notas de `train` e devolve o próprio objeto."""
        by_user, by_movie = self._read(train)
        ridge = Ridge(torch.tensor([self.l2_bias] + [self.l2] * self.n_factors), torch.zeros(1 + self.n_factors))
        # Vetores quase nulos: a primeira volta começa da tabela de vieses, e bastam poucas.
        generator = torch.Generator().manual_seed(self.seed)
        users = 0.03 * torch.randn(self.n_users, 1 + self.n_factors, generator=generator)
        users[:, 0] = 0
        for _ in range(self.n_sweeps):
            movies, _ = ridge.solve(*normal_equations(by_movie, users))
            users, _ = ridge.solve(*normal_equations(by_user, movies))
        self.samples = [Factors(users, movies, ridge)]
        return self
