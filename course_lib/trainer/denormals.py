"""Números tão pequenos que o processador os trata à parte, devagar, e que não mudam resultado nenhum."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def flushed_denormals() -> Iterator[None]:
    """Enquanto dura, o processador troca por zero os números denormais: em float32, os menores que 1e-38 em módulo.

    O Adam multiplica por 0,9, a cada passo, a média dos gradientes de cada peso, também a das linhas que ninguém
    consultou. Umas oitocentas vezes depois, a de um filme raro é um denormal, e uma conta com ele leva cem vezes mais
    que as outras: com minibatches de 64, era metade do tempo de uma época. O passo que ele daria é pequeno demais para
    mudar um peso, e o resultado é, bit a bit, o mesmo.

    Vale para a thread que chama, e para as que o PyTorch cria a partir dela; ao fim, volta a ser como era. Onde o
    processador não oferece isso, nada muda.
    """
    before = _flushing()
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)


def _flushing() -> bool:
    """Se os denormais já viram zero; o PyTorch não tem a pergunta, só a ordem."""
    return bool(torch.tensor(1e-30) * 1e-10 == 0)
