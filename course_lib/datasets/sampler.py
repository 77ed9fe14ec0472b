"""A ordem em que o treinamento vê as amostras."""

from collections.abc import Iterator
from itertools import chain

import torch
from torch.utils.data import RandomSampler

INDICES_PER_BLOCK = 2**16


class ShuffledOrder(RandomSampler):
    """A mesma ordem que `DataLoader(shuffle=True)` daria, com 4 bytes por amostra em vez de 48.

    O `RandomSampler` do PyTorch transforma a permutação inteira numa lista de inteiros do Python, que com 25 milhões
    de avaliações ocupa mais que as próprias avaliações. Aqui ela fica num tensor de 32 bits, lido por blocos.
    """

    def __iter__(self) -> Iterator[int]:
        yield from chain.from_iterable(block.tolist() for block in self._permutation().split(INDICES_PER_BLOCK))
        self._permutation()  # o RandomSampler sorteia outra, que não usa; sem isto, a época seguinte teria outra ordem

    def _permutation(self) -> torch.Tensor:
        return torch.randperm(len(self.data_source), generator=self.generator, dtype=torch.int32)
