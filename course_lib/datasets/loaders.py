"""Das avaliações aos minibatches: tensores e DataLoaders."""

import hashlib
from numbers import Integral

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from course_lib.datasets.overlap import count_shared_pairs
from course_lib.datasets.sampler import ShuffledOrder
from course_lib.datasets.splits import check_ratings, check_seed
from course_lib.errors import ArgumentError
from course_lib.interactions import Interactions


class MLDataset(Dataset):
    """As avaliações como um `Dataset` do PyTorch.

    O `DataLoader` percebe `__getitems__` e pede o minibatch inteiro de uma vez: uma só indexação no lugar de 64, e as
    amostras já vêm juntas. Quem montar o seu próprio `DataLoader` deve, por isso, passar `collate_fn=MLDataset.collate`
    (`make_dataloaders` já o faz).

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

    def __len__(self) -> int:
        return len(self._ids)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Uma amostra: LongTensor (2,) e FloatTensor (1,)."""
        return self._ids[index].long(), self.targets[index]

    def __getitems__(self, indices: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """Um minibatch: LongTensor (B, 2) e FloatTensor (B, 1)."""
        indices = torch.as_tensor(indices)
        return self._ids[indices].long(), self.targets[indices]

    @staticmethod
    def collate(minibatch: tuple[torch.Tensor, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Devolve o minibatch como veio: `__getitems__` já o trouxe em dois tensores."""
        return minibatch

    def count_shared(self, other: "MLDataset") -> int:
        """Quantas avaliações de `other` são de pares (usuário, filme) que também estão aqui."""
        return count_shared_pairs(self._ids, other._ids)

    def fingerprint(self) -> str:
        """Resumo sha256 do conteúdo: dois conjuntos com as mesmas linhas, na mesma ordem, têm o mesmo resumo."""
        digest = hashlib.sha256()
        for tensor in (self._ids, self.targets):
            digest.update(memoryview(tensor.numpy()))
        return digest.hexdigest()


def make_dataloaders(
    train: np.ndarray, valid: np.ndarray | None = None, batch_size: int = 64, seed: int = 42
) -> dict[str, DataLoader]:
    """Cria os DataLoaders de treinamento e de validação.

    O de treinamento embaralha as amostras a cada época, com gerador próprio (`loader.generator`), de modo que a mesma
    semente dá a mesma ordem e que o estado do gerador pode ser guardado num checkpoint. O de validação não embaralha;
    tem também o seu gerador, para que avaliar o modelo não mexa no estado aleatório global.

    Args:
        train: (n, 3), linhas de treinamento.
        valid: (m, 3), linhas de validação, ou None.
        batch_size: amostras por minibatch; o último pode ser menor.
        seed: semente da ordem das amostras.

    Returns:
        `{"train": DataLoader}` e, se `valid` foi dado, também `"val"`. Cada minibatch é LongTensor (B, 2) e
        FloatTensor (B, 1).

    Raises:
        ArgumentError: `batch_size` ou `seed` inválidos.
        DataError, NonFiniteError: veja `check_ratings`.
    """
    if isinstance(batch_size, bool) or not isinstance(batch_size, Integral) or batch_size < 1:
        raise ArgumentError(f"batch_size={batch_size!r}: o tamanho do minibatch deve ser um inteiro positivo, como 64.")
    parts = {"train": train} if valid is None else {"train": train, "val": valid}
    loaders = {}
    for part, rows in parts.items():
        dataset, generator = MLDataset(rows), torch.Generator().manual_seed(check_seed(seed))
        loaders[part] = DataLoader(
            dataset,
            batch_size=int(batch_size),
            sampler=ShuffledOrder(dataset, generator=generator) if part == "train" else None,
            collate_fn=MLDataset.collate,
            generator=generator,
        )
    return loaders
