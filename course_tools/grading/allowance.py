"""O tempo que se dá a um trecho, sem cobrar dele o que a máquina gasta com os outros."""

import time
from collections.abc import Callable
from typing import NamedTuple

PATIENCE = 6  # quantas vezes o relógio pode passar do tempo dado, por mais ocupada que a máquina esteja


class Usage(NamedTuple):
    """Segundos de processador gastos, e segundos à espera da vez, com o processador nas mãos de outro."""

    cpu: float = 0.0
    waited: float = 0.0

    def plus(self, other: "Usage") -> "Usage":
        return Usage(self.cpu + other.cpu, self.waited + other.waited)


class Allowance:
    """Um tempo que começa a contar agora.

    Cobra-se o maior entre o processador gasto e o relógio, descontada a espera pela vez: quem dorme, ou espera por algo
    que não vem, também paga. Com muitas threads a espera se infla; por isso o relógio tem a última palavra.

    Args:
        usage: o que gastou, até aqui, aquilo que se acompanha.
    """

    def __init__(self, seconds: float, usage: Callable[[], Usage]):
        self._seconds, self._usage = seconds, usage
        self._started, self._before = time.monotonic(), usage()

    @property
    def used_up(self) -> bool:
        elapsed = time.monotonic() - self._started
        if elapsed < self._seconds:  # antes disso, só quem usa vários processadores poderia dever mais
            return False
        now = self._usage()
        charged = max(now.cpu - self._before.cpu, elapsed - (now.waited - self._before.waited))
        return charged >= self._seconds or elapsed >= PATIENCE * self._seconds
