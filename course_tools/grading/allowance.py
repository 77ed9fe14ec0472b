"""O tempo que se dá a um trecho: de processador, para que uma máquina ocupada não o tire de quem não tem culpa."""

import time
from collections.abc import Callable

PATIENCE = 3  # quantas vezes o relógio pode passar do tempo de processador, antes de se desistir


class Allowance:
    """Um tempo que começa a contar agora.

    Esgota-se quando o código gastou `seconds` de processador, ou quando o relógio passou de `PATIENCE` vezes isso, pois
    dormir também ocupa o lugar de outro; antes de `seconds` no relógio, nunca.

    Args:
        spent: segundos de processador gastos até aqui, por quem se acompanha.
    """

    def __init__(self, seconds: float, spent: Callable[[], float]):
        self._seconds, self._spent = seconds, spent
        self._started, self._before = time.monotonic(), spent()

    @property
    def used_up(self) -> bool:
        elapsed = time.monotonic() - self._started
        if elapsed < self._seconds:
            return False
        return elapsed >= PATIENCE * self._seconds or self._spent() - self._before >= self._seconds
