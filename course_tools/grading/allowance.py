"""O tempo que se dá a um trecho, sem cobrar dele o que a máquina gasta com os outros."""

import time
from collections.abc import Callable
from typing import NamedTuple

PATIENCE = 6  # quantas vezes o relógio pode passar do tempo dado, por mais ocupada que a máquina esteja


class Usage(NamedTuple):
    """Segundos de processador gastos, e segundos à espera da vez, com o processador nas mãos de outro."""

    cpu: float = 0.0
    waited: float = 0.0


class Allowance:
    """Um tempo que começa a contar agora.

    Cobra-se o maior entre o processador gasto e o relógio, descontada a espera pela vez: quem dorme, ou espera por algo
    que não vem, também paga. Com muitas threads a espera se infla; por isso uma parte do relógio sempre se cobra.

    Args:
        usage: o que gastou, até aqui, aquilo que se acompanha.
    """

    def __init__(self, seconds: float, usage: Callable[[], Usage]):
        self._seconds, self._usage = seconds, usage
        self._started, self._before = time.monotonic(), usage()

    @property
    def charged(self) -> float:
        """Segundos cobrados até aqui."""
        elapsed, now = time.monotonic() - self._started, self._usage()
        waited = now.waited - self._before.waited
        return max(now.cpu - self._before.cpu, elapsed - waited, elapsed / PATIENCE)

    @property
    def used_up(self) -> bool:
        """Se o tempo acabou."""
        # O relógio vem primeiro: antes dele, só deve mais quem usa vários processadores, e ler o uso custa.
        return time.monotonic() - self._started >= self._seconds and self.charged >= self._seconds
