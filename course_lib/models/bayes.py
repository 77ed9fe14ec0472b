"""Fatoração de matrizes bayesiana: o ALS mais um sorteio, muitas vezes, e a média de tudo.

O ALS fica com o vetor que melhor explica as notas de um filme. De um filme com três notas, porém, muitos vetores dão
quase o mesmo erro, e preveem coisas diferentes. Aqui nenhum é escolhido: cada volta sorteia um, com a chance que as
notas lhe dão, e a previsão é a média das voltas. Onde há dúvida, os sorteios discordam, e a média se modera.
"""

import numpy as np
import torch

from course_lib.interactions import Interactions
from course_lib.models.factorization import Factorization, Factors, Known, Ridge, normal_equations

START = 0.35  # desvio-padrão dos vetores iniciais; de um começo menor, as voltas demoram a sair de perto do zero


class BayesianMF(Factorization):
    """O modelo do `ALS` com a incerteza levada em conta, por amostragem de Gibbs (Salakhutdinov & Mnih, 2008).

    Supõe erros normais e, em cada fator, valores normais; a média e a variância desses valores, que no ALS é o L2,
    também são sorteadas a cada volta, conforme os vetores do momento: aqui não há L2 a escolher. (No artigo os fatores
    têm covariância cheia; aqui, como no libFM de Rendle, 2012, uma variância por fator.)

    Args:
        n_factors: dimensão dos vetores.
        noise: desvio-padrão, em estrelas, do que nenhum fator explica.
        n_burn_in: voltas descartadas, até que os sorteios esqueçam o começo.
        n_samples: voltas que entram na média; guardam-se os fatores de todas.
        seed: semente dos sorteios.
    """

    def __init__(
        self, n_factors: int = 16, noise: float = 0.75, n_burn_in: int = 10, n_samples: int = 90, seed: int = 42
    ):
        self.n_factors, self.noise = n_factors, noise
        self.n_burn_in, self.n_samples, self.seed = n_burn_in, n_samples, seed

    def fit(self, train: Interactions, catalog=None) -> "BayesianMF":
        """Sorteia os fatores, dadas as notas de `train`, e devolve o próprio objeto, com `mean` e `samples`."""
        by_user, by_movie = self._read(train)
        rng = np.random.default_rng(self.seed)
        users, movies = (START * self._normal(rng, n) for n in (self.n_users, self.n_movies))
        users[:, 0] = movies[:, 0] = 0
        self.samples = []
        for _ in range(self.n_burn_in + self.n_samples):
            movies, _ = self._draw(rng, by_movie, users, movies)
            users, of_user = self._draw(rng, by_user, movies, users)
            self.samples.append(Factors(users, movies, of_user))
        del self.samples[: self.n_burn_in]
        return self

    def _draw(self, rng, known: Known, other: torch.Tensor, current: torch.Tensor) -> tuple[torch.Tensor, Ridge]:
        """Sorteia um lado inteiro, dado o outro: a regressão ridge, como no ALS, mais ruído na medida da dúvida."""
        ridge = self._draw_ridge(rng, current)
        best, factor = ridge.solve(*normal_equations(known, other))
        # A covariância é noise² (gram + λ)⁻¹; com gram + λ = L·Lᵀ, é a de noise · L⁻ᵀ vezes normais independentes.
        doubt = torch.linalg.solve_triangular(factor.mT, self._normal(rng, len(best))[:, :, None], upper=True)
        return best + self.noise * doubt[:, :, 0], ridge

    def _draw_ridge(self, rng, rows: torch.Tensor) -> Ridge:
        """Sorteia a média e a precisão (1 / variância) de cada fator, dados os vetores, e as põe na forma de um L2."""
        n, center = len(rows), rows.mean(dim=0)
        spread = (rows - center).square().sum(dim=0)
        precision = self._tensor(rng.gamma(n / 2, 2 / (1 + spread.numpy())))
        return Ridge(self.noise**2 * precision, center + self._normal(rng, 1)[0] / (n * precision).sqrt())

    def _normal(self, rng, n: int) -> torch.Tensor:
        return self._tensor(rng.standard_normal((n, 1 + self.n_factors)))

    @staticmethod
    def _tensor(values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(values.astype(np.float32))
