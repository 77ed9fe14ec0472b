"""A ordem em que o treinamento vê as amostras."""

from collections.abc import Iterator

import torch
from torch.utils.data import RandomSampler

INDICES_PER_BLOCK = 2**12


class ShuffledOrder(RandomSampler):
    """A mesma ordem que `DataLoader(shuffle=True)` daria, com 4 bytes por amostra em vez de 48.

    O `RandomSampler` do PyTorch transforma a permutação inteira numa lista de inteiros do Python, que com 25 milhões
    de avaliações ocupa mais que as próprias avaliações. Aqui ela fica num tensor de 32 bits, lido por blocos.
    """

    def __iter__(self) -> Iterator[int]:
        order = self._permutation()
        for start in range(0, len(order), INDICES_PER_BLOCK):
            yield from order[start : start + INDICES_PER_BLOCK].tolist()
        del order  # antes da próxima: duas permutações ao mesmo tempo dobrariam o pico
        self._permutation()  # o RandomSampler sorteia outra, que não usa; sem isto, a época seguinte teria outra ordem

    def _permutation(self) -> torch.Tensor:
        return torch.randperm(len(self.data_source), generator=self.generator, dtype=torch.int32)
