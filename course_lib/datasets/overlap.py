"""Pares (usuário, filme) que dois conjuntos têm em comum."""

import torch

PAIRS_PER_BLOCK = 2**20


def count_shared_pairs(known: torch.Tensor, asked: torch.Tensor) -> int:
    """Quantas linhas de `asked` são pares que também estão em `known`.

    Percorre `known` por blocos: com 25 milhões de avaliações, a memória a mais é a de `asked`, em geral bem menor.

    Args:
        known, asked: inteiros (n, 2) e (m, 2), índices de usuário e filme.
    """
    width = int(max(known[:, 1].max(), asked[:, 1].max())) + 1
    pairs, counts = torch.unique(_one_number(asked, width), return_counts=True)
    shared = torch.zeros(len(pairs), dtype=torch.bool)
    for block in known.split(PAIRS_PER_BLOCK):
        candidates = _one_number(block, width)
        position = torch.searchsorted(pairs, candidates).clamp(max=len(pairs) - 1)
        shared[position[pairs[position] == candidates]] = True
    return int(counts[shared].sum())


def _one_number(ids: torch.Tensor, width: int) -> torch.Tensor:
    return ids[:, 0].long() * width + ids[:, 1]
