"""O que as redes da série têm em comum: recebem pares (usuário, filme) e devolvem notas previstas.

Toda rede obedece ao mesmo contrato, para que o treinador aceite qualquer uma:

- `forward`: LongTensor (B, 2), índices de usuário e filme, para FloatTensor (B, 1), notas em estrelas;
- `penalty`: o L2 que o treinador soma à perda enquanto aprende (zero se a rede não define nenhum);
- `predict_all`: LongTensor (U,) de usuários para FloatTensor (U, n_movies), a linha inteira de cada usuário.

`predict` e `score` são o contrato de todos os modelos do curso (`contract.py`), em arrays do NumPy.
"""

import inspect

import numpy as np
import scipy.sparse as sp
import torch
from torch import nn

from course_lib.errors import IdOutOfRangeError, ShapeMismatchError
from course_lib.interactions import Interactions
from course_lib.models import fold_in
from course_lib.models.contract import RatingModel

PAIRS_PER_BLOCK = 2**16


def device_of(net: nn.Module) -> torch.device:
    """Onde estão os pesos da rede."""
    return next(net.parameters()).device


def forward_pairs(net: nn.Module, *columns: np.ndarray) -> np.ndarray:
    """A saída da rede, em blocos, com o dropout desligado: colunas int64 (n,) -> float32 (n,).

    Raises:
        ShapeMismatchError: se a rede não devolve (B, 1).
    """
    device, blocks = device_of(net), []
    net.eval()
    with torch.no_grad():
        for block in torch.from_numpy(np.stack(columns, axis=1)).split(PAIRS_PER_BLOCK):
            prediction = net(block.to(device))
            if prediction.dim() != 2 or prediction.shape[1] != 1:
                raise ShapeMismatchError(
                    f"a rede devolveu forma {tuple(prediction.shape)}, mas deve devolver (B, 1): uma linha por par, e "
                    "nela uma nota. Por exemplo, sum(dim=1, keepdim=True) no lugar de sum(dim=1)."
                )
            blocks.append(prediction[:, 0].cpu())
    return torch.cat(blocks).numpy() if blocks else np.empty(0, np.float32)


class RatingNet(nn.Module, RatingModel):
    """O que as redes da série têm em comum: quantos usuários e filmes conhecem, e o contrato acima.

    Args:
        n_users: número de usuários; os índices válidos vão de 0 a n_users - 1.
        n_movies: número de filmes; os índices válidos vão de 0 a n_movies - 1.
    """

    def __init__(self, n_users: int, n_movies: int):
        super().__init__()
        self.n_users, self.n_movies = n_users, n_movies
        self._last_lookup = None

    def check_inputs(self, inputs: torch.Tensor) -> None:
        """Recusa índices que a rede não conhece: LongTensor (B, 2) de pares, ou (B,) só de usuários.

        Raises:
            IdOutOfRangeError: se há um; a mensagem começa pelo verbo, para que quem chama diga o sujeito.
        """
        columns = inputs.reshape(len(inputs), -1).T if len(inputs) else ()
        for ids, kind, size in zip(columns, ("usuário", "filme"), (self.n_users, self.n_movies), strict=False):
            low, high = (int(value) for value in ids.aminmax())
            if low < 0 or high >= size:
                raise IdOutOfRangeError(
                    f"traz o {kind} {low if low < 0 else high}, mas o modelo conhece {kind}s de 0 a {size - 1}.\n"
                    "Provável causa: os ids não foram reindexados, ou o modelo foi criado para outros dados. "
                    "Use load_movielens(...).ratings, que já traz índices contíguos, e crie o modelo com data.n_users "
                    "e data.n_movies."
                )

    def look_up(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Os vetores de usuário e de filme de cada par: LongTensor (B, 2) -> dois FloatTensor (B, n_factors)."""
        vectors = self.user_vectors(inputs[:, 0]), self.movie_vectors(inputs[:, 1])
        if self.training and torch.is_grad_enabled():
            self._last_lookup = inputs, vectors
        return vectors

    def looked_up(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """O que o último `look_up(inputs)` deu, uma vez só; se o último foi de outros pares, consulta de novo.

        O gradiente de uma consulta começa por encher de zeros uma tabela inteira, e é o passo mais caro de um
        minibatch pequeno. Com isto, `forward` e `penalty` dividem uma consulta.
        """
        last = self._last_lookup
        vectors = last[1] if last is not None and last[0] is inputs else self.look_up(inputs)
        self._last_lookup = None
        return vectors

    def __getstate__(self) -> dict:
        """Sem a última consulta, que é parte de um grafo de gradientes e não se copia."""
        return self.__dict__ | {"_last_lookup": None}

    def penalty(self, inputs: torch.Tensor) -> torch.Tensor:
        """Penalidade L2 deste minibatch, um escalar; `inputs` é o mesmo LongTensor (B, 2) de `forward`."""
        self._last_lookup = None  # ninguém a vai reaproveitar, e ela prenderia o grafo de gradientes
        return torch.zeros((), device=inputs.device)

    def predict_all(self, users: torch.Tensor) -> torch.Tensor:
        """Notas de todos os filmes para cada usuário: LongTensor (U,) -> FloatTensor (U, n_movies).

        Aqui, pelo caminho geral, par a par, um usuário por vez; as redes que podem trocam-no por contas que aproveitam
        sua estrutura.
        """
        movies = torch.arange(self.n_movies, device=users.device)
        rows = [self(torch.stack([user.expand_as(movies), movies], dim=1))[:, 0] for user in users]
        return torch.stack(rows) if rows else torch.empty(0, self.n_movies, device=users.device)

    @classmethod
    def for_data(cls, train: Interactions, catalog=None, **options) -> "RatingNet":
        """A rede por treinar, do tamanho dos dados; as que começam da média das notas (`mean`) a tiram de `train`."""
        if "mean" in inspect.signature(cls).parameters:
            options["mean"] = float(train.values.mean(dtype=np.float64))
        return cls(train.n_users, train.n_movies, **options)

    def _stars(self, users, movies, times) -> np.ndarray:
        return forward_pairs(self, users, movies, *([] if times is None else [times]))

    def _rows(self, users: np.ndarray) -> np.ndarray:
        self.eval()
        with torch.no_grad():
            return self.predict_all(torch.from_numpy(users.copy()).to(device_of(self))).cpu().numpy()

    def with_users(self, history: sp.csr_array) -> "RatingNet":
        """Uma cópia com um usuário a mais por linha de `history`; ver `fold_in.with_users`."""
        return fold_in.with_users(self, history)
