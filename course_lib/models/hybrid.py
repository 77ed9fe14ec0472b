"""A rede híbrida: um filme é o que ele é (gênero, época, público) mais o que as notas dizem só dele."""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import embedding_bag

from course_lib.interactions import Interactions
from course_lib.models.features import movie_features, spread
from course_lib.models.networks import BiasedDotNet


class ViewerSum(torch.autograd.Function):
    """Para cada filme, a soma dos vetores de quem o viu: FloatTensor (n_users, F) -> (n_movies, F).

    O gradiente é a soma espelhada: para cada usuário, a dos gradientes dos filmes que viu. O do `nn.EmbeddingBag`, que
    não tem essa segunda lista à mão, custa dez vezes mais. Cada lista é (índices, onde começa cada soma).
    """

    @staticmethod
    def forward(ctx, vectors, viewers_of_movies, movies_of_users):
        ctx.movies_of_users = movies_of_users
        return embedding_bag(viewers_of_movies[0], vectors, viewers_of_movies[1], mode="sum")

    @staticmethod
    def backward(ctx, gradient):
        return embedding_bag(ctx.movies_of_users[0], gradient, ctx.movies_of_users[1], mode="sum"), None, None


def row_products(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """O produto interno de cada linha de uma tabela com a mesma linha da outra: (B, F), duas vezes -> (B, 1)."""
    return (one * other).sum(dim=1, keepdim=True)


class HybridNet(BiasedDotNet):
    """`BiasedDotNet` em que o vetor e o viés de um filme são os seus próprios mais os que seus atributos preveem.

    vetor do filme = embedding próprio + atributos · W + (soma de um embedding por espectador) / √(número deles)

    Um filme com três avaliações quase não move o embedding próprio (a penalidade o segura em zero), mas W e os
    embeddings dos espectadores, divididos entre todos os filmes, já dizem de que tipo ele é. A última parcela é a de
    *quem viu o filme*, sem a nota que deu; é o SVD++ (Koren, 2008) pelo lado do filme.

    O usuário da previsão não conta entre os espectadores: no treinamento ele sempre estaria lá, e na hora de prever,
    nunca.

    Args:
        n_users, n_movies: tamanhos das tabelas.
        features: float32 (n_movies, n_features), o que o catálogo diz; ver `movie_features`.
        train: as interações de treinamento; só se leem os pares (quem avaliou o quê), não as notas.
        n_factors, mean, l2, l2_bias: como em `BiasedDotNet`.
        l2_features: peso do L2 sobre W e os embeddings dos espectadores.

    Raises:
        DataError: se `train` repete um par.
    """

    def __init__(
        self,
        n_users: int,
        n_movies: int,
        features: np.ndarray,
        train: Interactions,
        n_factors: int = 64,
        mean: float = 3.5,
        l2: float = 0.2,
        l2_bias: float = 0.02,
        l2_features: float = 5e-5,
    ):
        rows = train.refuse_repeated_pairs().sorted()
        super().__init__(n_users, n_movies, n_factors, mean, l2=l2, l2_bias=l2_bias)
        self.l2_features = l2_features
        self.viewer = nn.Embedding(n_users, n_factors + 1)  # a última coluna é o viés
        self.feature_weight = nn.Parameter(torch.empty(features.shape[1] + 1, n_factors + 1))  # + 1: a popularidade
        for table in (self.viewer.weight, self.feature_weight):
            nn.init.normal_(table, std=0.005)
        pairs = np.sort(rows.movies * n_users + rows.users)  # um número por par, os de cada filme em sequência
        n_viewers = np.bincount(rows.movies, minlength=n_movies)
        n_watched = np.bincount(rows.users, minlength=n_users)
        log_count = np.log1p(n_viewers)
        self.log_count_mean, self.log_count_std = float(log_count.mean()), float(spread(log_count) + 1e-9)
        constants = {
            "features": features.astype(np.float32),
            "pairs": pairs,
            "viewers": pairs % n_users,
            "first_viewer": np.cumsum(n_viewers) - n_viewers,
            "watched": rows.movies.copy(),
            "first_watched": np.cumsum(n_watched) - n_watched,
            "n_viewers": n_viewers.astype(np.float32),
        }
        for name, value in constants.items():  # seguem o modelo de um dispositivo a outro, mas não são pesos
            self.register_buffer(name, torch.from_numpy(value), persistent=False)
        self.n_known_users = n_users

    @classmethod
    def for_data(cls, train: Interactions, catalog, **options) -> "HybridNet":
        mean = float(train.values.mean(dtype=np.float64))
        return cls(train.n_users, train.n_movies, movie_features(catalog), train, mean=mean, **options)

    def find(self, users: torch.Tensor, movies: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Onde cada par está em `pairs`, a lista dos de treinamento (LongTensor), e se está mesmo lá (bool)."""
        pair = movies * self.n_known_users + users
        position = torch.searchsorted(self.pairs, pair).clamp(max=len(self.pairs) - 1)
        return position, (self.pairs[position] == pair) & (users < self.n_known_users)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        users, movies = inputs.T
        seen = self.find(users, movies)[1][:, None].float()
        described = self._describe(users, movies, seen, self.n_viewers[movies, None], row_products)
        return super().forward(inputs) + described

    def predict_all(self, users: torch.Tensor) -> torch.Tensor:
        movies = torch.arange(self.n_movies, device=users.device)
        seen = self.find(users, movies[:, None])[1].T.float()  # filme a filme, a ordem de `pairs`: metade do tempo
        described = self._describe(users, movies, seen, self.n_viewers, lambda user, movie: user @ movie.T)
        return super().predict_all(users) + described

    def _describe(self, users, movies, seen, n_viewers, product) -> torch.Tensor:
        """Quanto os atributos acrescentam à nota, descontado o próprio usuário dos espectadores.

        Args:
            users, movies: LongTensor (B,), pares; ou (U,) e (n_movies,), todos com todos.
            seen, n_viewers: FloatTensor, se o usuário viu o filme e quantos o viram; com a forma do resultado.
            product: os produtos internos dos vetores de usuários e de filmes, na forma do resultado.

        Returns:
            FloatTensor (B, 1), ou (U, n_movies).
        """
        user = nn.functional.pad(self.user_vectors(users), (0, 1), value=1.0)  # o 1 apanha o viés
        own = self.viewer(users.clamp(max=self.n_known_users - 1))
        catalog = product(user, self.features[movies] @ self.feature_weight[:-1])
        slope = user @ self.feature_weight[-1:].T
        crowd = ViewerSum.apply(
            self.viewer.weight, (self.viewers, self.first_viewer), (self.watched, self.first_watched)
        )
        others = product(user, crowd[movies]) - seen * row_products(user, own)
        n_others = n_viewers - seen
        popularity = (torch.log1p(n_others) - self.log_count_mean) / self.log_count_std
        return catalog + popularity * slope + others / n_others.clamp(min=1).sqrt()

    def penalty(self, inputs: torch.Tensor) -> torch.Tensor:
        weights = self.feature_weight.square().sum() + self.viewer.weight.square().sum()
        return super().penalty(inputs) + self.l2_features * weights
