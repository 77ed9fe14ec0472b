"""As redes da série: o produto interno, o mesmo com vieses, e a rede neural. O que têm em comum: rating_net.py."""

import torch
from torch import nn

from course_lib.models.rating_net import RatingNet


def squared_norm(vectors: torch.Tensor) -> torch.Tensor:
    """Média, no minibatch, do quadrado da norma de cada linha: FloatTensor (B, F) -> escalar.

    Cada avaliação paga pelos vetores que consultou. Assim, um filme com 300 avaliações é penalizado 300 vezes por
    época, e o equilíbrio entre dados e penalidade é o mesmo para filmes raros e populares.
    """
    return vectors.square().sum() / len(vectors)


class EmbeddingNet(RatingNet):
    """Uma rede que descreve cada usuário e cada filme por um vetor, e só por ele.

    Args:
        n_users, n_movies: tamanhos das duas tabelas.
        n_factors: dimensão dos vetores, isto é, o número de fatores latentes.
        init_std: desvio-padrão da distribuição normal inicial.
        l2: peso da penalidade L2 por vetor consultado.
    """

    def __init__(self, n_users: int, n_movies: int, n_factors: int, init_std: float, l2: float):
        super().__init__(n_users, n_movies)
        self.l2 = l2
        self.user_vectors = nn.Embedding(n_users, n_factors)
        self.movie_vectors = nn.Embedding(n_movies, n_factors)
        for table in (self.user_vectors, self.movie_vectors):
            nn.init.normal_(table.weight, std=init_std)

    def penalty(self, inputs: torch.Tensor) -> torch.Tensor:
        if not self.l2:
            return super().penalty(inputs)
        user, movie = self.looked_up(inputs)
        return self.l2 * (squared_norm(user) + squared_norm(movie))


class DotNet(EmbeddingNet):
    """Produto interno de dois embeddings, sem mais nada: nota = vetor do usuário · vetor do filme.

    O desvio-padrão inicial do PyTorch é 1, e o notebook 02 mostra por que isso é demais: o produto de dois vetores de
    50 números N(0, 1) tem variância 50.

    Args:
        n_users, n_movies, n_factors, init_std, l2: como em `EmbeddingNet`.
    """

    linear_in_user = True  # quem chega depois sai de uma regressão; ver fold_in

    def __init__(self, n_users: int, n_movies: int, n_factors: int = 50, init_std: float = 1.0, l2: float = 0.0):
        super().__init__(n_users, n_movies, n_factors, init_std, l2)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        user, movie = self.look_up(inputs)
        return (user * movie).sum(dim=1, keepdim=True)  # keepdim: (B, 1), a forma do alvo

    def predict_all(self, users: torch.Tensor) -> torch.Tensor:
        return self.user_vectors(users) @ self.movie_vectors.weight.T


class BiasedDotNet(DotNet):
    """Média global + viés do usuário + viés do filme + produto interno (Koren, Bell & Volinsky, 2009).

    Os vieses explicam o que não é gosto (há usuários generosos e filmes bons); ao produto interno resta o gosto.

    Args:
        mean: média das notas de treinamento, em estrelas; fica fixa, como parte do modelo.
        n_users, n_movies, n_factors, init_std, l2: como em `DotNet`, com início pequeno.
        l2_bias: peso da penalidade L2 por viés consultado.
    """

    def __init__(
        self,
        n_users: int,
        n_movies: int,
        n_factors: int = 64,
        mean: float = 3.5,
        init_std: float = 0.05,
        l2: float = 0.0,
        l2_bias: float = 0.0,
    ):
        super().__init__(n_users, n_movies, n_factors, init_std, l2)
        self.l2_bias = l2_bias
        self.user_bias = nn.Embedding(n_users, 1)
        self.movie_bias = nn.Embedding(n_movies, 1)
        for table in (self.user_bias, self.movie_bias):
            nn.init.zeros_(table.weight)
        self.register_buffer("mean", torch.tensor(float(mean)))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.mean + self.user_bias(inputs[:, 0]) + self.movie_bias(inputs[:, 1]) + super().forward(inputs)

    def penalty(self, inputs: torch.Tensor) -> torch.Tensor:
        biases = squared_norm(self.user_bias(inputs[:, 0])) + squared_norm(self.movie_bias(inputs[:, 1]))
        return super().penalty(inputs) + self.l2_bias * biases

    def predict_all(self, users: torch.Tensor) -> torch.Tensor:
        return super().predict_all(users).add_(self.mean + self.user_bias(users)).add_(self.movie_bias.weight.T)


class NeuralNet(EmbeddingNet):
    """Embeddings concatenados e uma camada densa: (50 + 50) -> 70 -> ReLU -> 1.

    Args:
        n_users, n_movies, n_factors, init_std, l2: como em `EmbeddingNet`.
        n_hidden: unidades da camada densa.
        dropout_input: fração dos números do vetor concatenado zerada a cada passo de treinamento.
        dropout_hidden: fração das unidades ocultas zerada.
        mean: valor inicial da saída, em estrelas. Com a média das notas, a rede começa de um chute razoável.
    """

    def __init__(
        self,
        n_users: int,
        n_movies: int,
        n_factors: int = 50,
        n_hidden: int = 70,
        dropout_input: float = 0.3,
        dropout_hidden: float = 0.75,
        init_std: float = 0.05,
        l2: float = 1e-4,
        mean: float = 3.5,
    ):
        super().__init__(n_users, n_movies, n_factors, init_std, l2)
        self.dropout_input = nn.Dropout(dropout_input)
        self.hidden = nn.Linear(2 * n_factors, n_hidden)
        self.dropout_hidden = nn.Dropout(dropout_hidden)
        self.output = nn.Linear(n_hidden, 1)
        nn.init.constant_(self.output.bias, mean)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        vectors = torch.cat(self.look_up(inputs), dim=1)
        hidden = self.hidden(self.dropout_input(vectors)).relu()
        return self.output(self.dropout_hidden(hidden))

    def predict_all(self, users: torch.Tensor) -> torch.Tensor:
        """Como W·[u; m] = Wᵤ·u + Wₘ·m, a primeira camada se calcula uma vez por usuário e uma vez por filme.

        Só a soma, a ReLU e a saída restam por par. Vale com o dropout desligado (`model.eval()`).
        """
        n_factors = self.user_vectors.embedding_dim
        user_part = self.user_vectors(users) @ self.hidden.weight[:, :n_factors].T + self.hidden.bias
        movie_part = self.movie_vectors.weight @ self.hidden.weight[:, n_factors:].T
        rows = [(part + movie_part).relu_() @ self.output.weight[0] for part in user_part]
        return torch.stack(rows) + self.output.bias if rows else movie_part.new_empty(0, self.n_movies)
