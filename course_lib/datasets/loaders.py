"""Das avaliações aos minibatches."""

import copy
from collections.abc import Iterator
from numbers import Integral

import numpy as np
import scipy.sparse as sp
import torch
from torch.utils.data import Dataset

from course_lib.datasets.splits import check_ratings, check_seed
from course_lib.errors import ArgumentError, DataError
from course_lib.interactions import Interactions, digest

PAIRS_PER_BLOCK = 2**20


class MLDataset(Dataset):
    """As avaliações como um `Dataset` do PyTorch: `dataset[3]` é uma amostra; `dataset[:64]`, um minibatch.

    Guarda os índices em 32 bits, que bastam para dois bilhões de usuários; os minibatches saem em 64, como pede quem os
    usa para indexar.

    Attributes:
        targets: FloatTensor (n, 1), notas em estrelas. É (n, 1), e não (n,), como a saída da rede: formas diferentes
            fariam a perda comparar cada previsão com todas as notas do minibatch (broadcast).

    Args:
        ratings: (n, 3), colunas usuário, filme, nota; ou `Interactions`.

    Raises:
        DataError, NonFiniteError: veja `check_ratings`.
    """

    def __init__(self, ratings: np.ndarray | Interactions):
        if isinstance(ratings, Interactions):  # já conferidas
            if ratings.values is None or not len(ratings):
                lack = "notas a aprender" if len(ratings) else "linha alguma"
                raise DataError(f"estas interações não têm {lack}: dê as de um MovieLens, como data.interactions.")
            ids, values = np.stack([ratings.users, ratings.movies], axis=1), ratings.values[:, None]
        else:
            ratings = check_ratings(ratings)
            ids, values = ratings[:, :2], ratings[:, 2:]
        self._ids = torch.from_numpy(ids.astype(np.int32 if ids.max() < 2**31 else np.int64, order="C"))
        self.targets = torch.from_numpy(values.astype(np.float32))

    @property
    def inputs(self) -> torch.Tensor:
        """LongTensor (n, 2), índices de usuário e filme; uma cópia a cada consulta."""
        return self._ids.long()

    @property
    def device(self) -> torch.device:
        """Onde estão os dados."""
        return self.targets.device

    def __len__(self) -> int:
        return len(self._ids)

    def __getitem__(self, rows) -> tuple[torch.Tensor, torch.Tensor]:
        """Uma amostra, LongTensor (2,) e FloatTensor (1,); ou, de uma fatia ou de um tensor de índices, um minibatch:
        LongTensor (B, 2) e FloatTensor (B, 1)."""
        if isinstance(rows, torch.Tensor) and rows.dim():  # o mesmo que a linha seguinte, em menos tempo
            return self._ids.index_select(0, rows).long(), self.targets.index_select(0, rows)
        return self._ids[rows].long(), self.targets[rows]

    def to(self, device: torch.device | str) -> "MLDataset":
        """As mesmas avaliações num dispositivo; a memória é a mesma, se já estavam nele."""
        moved = copy.copy(self)
        moved._ids, moved.targets = self._ids.to(device), self.targets.to(device)
        return moved

    def count_shared(self, other: "MLDataset") -> int:
        """Quantas avaliações de `other` são de pares (usuário, filme) que também estão aqui.

        Anda por blocos: com 25 milhões de avaliações, a memória a mais é a de `other`, em geral bem menor.
        """
        width = int(max(self._ids[:, 1].max(), other._ids[:, 1].max())) + 1
        pairs, counts = torch.unique(other._ids[:, 0].long() * width + other._ids[:, 1], return_counts=True)
        shared = torch.zeros(len(pairs), dtype=torch.bool)
        for block in self._ids.split(PAIRS_PER_BLOCK):
            known = block[:, 0].long() * width + block[:, 1]
            place = torch.searchsorted(pairs, known).clamp(max=len(pairs) - 1)
            shared[place[pairs[place] == known]] = True
        return int(counts[shared].sum())

    def fingerprint(self) -> str:
        """Resumo sha256 do conteúdo: dois conjuntos com as mesmas linhas, na mesma ordem, têm o mesmo resumo."""
        return digest(self._ids.cpu().numpy(), self.targets.cpu().numpy())


class SeenMovies(Dataset):
    """O que cada usuário viu, para os objetivos que olham a lista inteira (`Softmax`); uma linha por usuário com algo.

    Args:
        history: (n_users, n_movies), esparsa, como a de `Interactions.history()`; o que não é zero foi visto.
    """

    def __init__(self, history: sp.csr_array):
        self.history = (history != 0).astype(np.float32)
        self.users = torch.from_numpy(np.flatnonzero(np.diff(self.history.indptr)))

    def __len__(self) -> int:
        return len(self.users)

    def __getitem__(self, rows: torch.Tensor | slice) -> tuple[torch.Tensor, torch.Tensor]:
        """Um minibatch: usuários LongTensor (B,), e FloatTensor (B, n_movies), 1 onde viram e 0 onde não."""
        users = self.users[rows]
        return users, torch.from_numpy(self.history[users.numpy()].toarray())

    def fingerprint(self) -> str:
        """Resumo sha256 de quem viu o quê."""
        return digest(self.history.shape, *(p.astype(np.int64) for p in (self.history.indptr, self.history.indices)))


class Minibatches:
    """Um loader que se lê numa tela: sorteia uma ordem por época e entrega as amostras aos blocos.

    Sorteia como o `torch.utils.data.DataLoader` com `shuffle=True`: da mesma semente sai a mesma ordem, época após
    época. Este só é mais rápido, porque indexa o minibatch inteiro de uma vez, e não amostra por amostra.

    Args:
        dataset: o que se indexa com um tensor de posições, como `MLDataset` e `TensorDataset`.
        batch_size: amostras por minibatch; o último pode ser menor.
        generator: de onde vem a ordem; o estado dele é o que um checkpoint guarda. None, na ordem dos dados.
    """

    def __init__(self, dataset: Dataset, batch_size: int, generator: torch.Generator | None = None):
        self.dataset, self.batch_size, self.generator = dataset, batch_size, generator

    @property
    def device(self) -> torch.device:
        """Onde estão os dados."""
        return getattr(self.dataset, "device", torch.device("cpu"))

    def __len__(self) -> int:
        """Minibatches por época."""
        return -(-len(self.dataset) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[torch.Tensor, ...]]:
        starts = range(0, len(self.dataset), self.batch_size)
        if self.generator is None:
            for start in starts:
                yield self.dataset[start : start + self.batch_size]
            return
        torch.empty((), dtype=torch.int64).random_(generator=self.generator)  # o DataLoader sorteia também isto…
        order = self._permutation()
        for start in starts:
            yield self.dataset[order[start : start + self.batch_size]]
        del order  # antes da próxima: duas permutações ao mesmo tempo dobrariam o pico
        self._permutation()  # …e outra ordem, que não usa; sem isto, a época seguinte não seria a dele

    def to(self, device: torch.device | str) -> "Minibatches":
        """O mesmo loader com os dados já no dispositivo, se o `dataset` sabe ir; a ordem sai do mesmo gerador."""
        if not hasattr(self.dataset, "to"):
            return self
        moved = copy.copy(self)
        moved.dataset = self.dataset.to(device)
        return moved

    def _permutation(self) -> torch.Tensor:
        """Uma ordem ao acaso, sorteada na CPU, qualquer que seja o dispositivo: a mesma em todos."""
        order = torch.randperm(len(self.dataset), generator=self.generator, dtype=torch.int32)
        return order.to(self.device)


def make_dataloaders(
    train: np.ndarray, valid: np.ndarray | None = None, batch_size: int = 64, seed: int = 42
) -> dict[str, Minibatches]:
    """Cria os loaders de treinamento e de validação.

    O de treinamento embaralha as amostras a cada época, com gerador próprio (`loader.generator`), de modo que a mesma
    semente dá a mesma ordem e que o estado do gerador pode ser guardado num checkpoint. O de validação não embaralha.

    Args:
        train: (n, 3), linhas de treinamento.
        valid: (m, 3), linhas de validação, ou None.
        batch_size: amostras por minibatch; o último pode ser menor.
        seed: semente da ordem das amostras.

    Returns:
        `{"train": loader}` e, se `valid` foi dado, também `"val"`. Cada minibatch é LongTensor (B, 2) e
        FloatTensor (B, 1).

    Raises:
        ArgumentError: `batch_size` ou `seed` inválidos.
        DataError, NonFiniteError: veja `check_ratings`.
    """
    if isinstance(batch_size, bool) or not isinstance(batch_size, Integral) or batch_size < 1:
        raise ArgumentError(f"batch_size={batch_size!r}: o tamanho do minibatch deve ser um inteiro positivo, como 64.")
    generator = torch.Generator().manual_seed(check_seed(seed))
    loaders = {"train": Minibatches(MLDataset(train), int(batch_size), generator)}
    if valid is not None:
        loaders["val"] = Minibatches(MLDataset(valid), int(batch_size))
    return loaders
