"""Treinar em vários processos, lançados pelo `torchrun` do PyTorch, e chegar ao que um só daria.

Todos percorrem a mesma permutação, e de cada minibatch cada um fica com uma parte. Modelo e objetivo vão juntos num
`DistributedDataParallel`, que faz a média dos gradientes; cada um pesa na proporção da sua parte, e a penalidade conta.
Só o primeiro processo imprime, desenha e escreve. Todos sorteiam do mesmo estado, o que o checkpoint guarda.
"""

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import nn

from course_lib.errors import ArgumentError, CourseError, DataError
from course_lib.trainer.objectives import Loss, Objective

T = TypeVar("T")


@contextmanager
def launched() -> Iterator["Team"]:
    """Os processos que o `torchrun` lançou, reunidos enquanto dura o bloco; sem ele, um só.

    Cada processo usa a sua GPU, se houver uma para cada um (NCCL); senão, a CPU (gloo).

    Raises:
        CourseError: se outro processo caiu no meio; o `torchrun` encerra os que sobraram.
    """
    size = int(os.environ.get("WORLD_SIZE", 1))
    if size == 1:
        yield Team()
        return
    on_gpu = torch.cuda.is_available() and torch.cuda.device_count() >= int(os.environ["LOCAL_WORLD_SIZE"])
    if on_gpu:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    else:
        os.environ.setdefault("COURSE_DEVICE", "cpu")  # dois processos não dividem uma GPU
    # Ao recomeçar, o torchrun reaproveita o catálogo de endereços; sem o prefixo, lia-se nele o de um processo morto.
    store, rank, size = next(dist.rendezvous("env://"))
    store = dist.PrefixStore(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"), store)
    dist.init_process_group("cpu:gloo,cuda:nccl" if on_gpu else "gloo", store=store, rank=rank, world_size=size)
    before = signal.signal(signal.SIGTERM, _lost)  # é como o torchrun encerra os que sobram quando um cai
    try:
        yield Team()
    except CourseError:
        raise
    except RuntimeError as error:
        if any(word in str(error).lower() for word in ("gloo", "nccl", "connection", "peer")):
            _lost()
        raise
    finally:
        if signal.getsignal(signal.SIGTERM) is _lost:
            signal.signal(signal.SIGTERM, before)
        dist.destroy_process_group()


def _lost(*_) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # o aviso de encerrar não cala a mensagem
    raise CourseError(
        f"o processo {dist.get_rank()} perdeu o contato com os outros: um deles caiu ou foi morto. "
        "Com torchrun --max-restarts=3 e um checkpoint (file_basename, ou --guardar no comando), ele continua "
        "da última época completa."
    )


def agreed(work: Callable[[], T]) -> T:
    """O que `work()` devolve em cada processo, se nenhum falhou; se algum falhou, o erro do primeiro, dito uma vez.

    Raises:
        CourseError: no primeiro processo que falhou; os outros encerram em silêncio (SystemExit).
    """
    result = error = None
    try:
        result = work()
    except CourseError as failure:
        error = failure
    failed = [rank for rank, bad in enumerate(Team().gather(error is not None)) if bad]
    if not failed:
        return result
    if error is not None and failed[0] == Team().rank:
        raise error
    raise SystemExit(1)


class Team:
    """Os processos que treinam juntos, vistos de um deles; um só, se ninguém os lançou.

    Attributes:
        rank, size: qual processo é este, e quantos são.
    """

    def __init__(self):
        together = dist.is_available() and dist.is_initialized()
        self.rank, self.size = (dist.get_rank(), dist.get_world_size()) if together else (0, 1)
        self._weight = 1.0

    def join(self, model: nn.Module, objective: Objective) -> Callable[..., Loss]:
        """minibatch -> `Loss`, com os gradientes somados entre os processos."""
        if self.size == 1:
            return partial(objective, model)
        return nn.parallel.DistributedDataParallel(_Together(model, objective), gradient_as_bucket_view=True)

    def share(self, loader: Iterable) -> Iterable:
        """De cada minibatch, a parte deste processo: uma linha a cada `size`."""
        return loader if self.size == 1 else self._parts(loader)

    def _parts(self, loader: Iterable) -> Iterator:
        for minibatch in loader:
            n = len(minibatch[0])
            own = slice(self.rank, None, self.size) if self.rank < n else slice(0, 1)  # sem linha, uma que não pesa
            self._weight = len(range(self.rank, n, self.size)) * self.size / n
            yield tuple(part[own] for part in minibatch)

    def weigh(self, loss: Loss) -> Loss:
        """A perda da parte, com o peso dela no minibatch: a média dos gradientes passa a ser a do minibatch inteiro."""
        if self.size == 1:
            return loss
        return loss._replace(step=loss.step * self._weight, n=loss.n if self._weight else 0)

    def total(self, value: torch.Tensor) -> torch.Tensor:
        """A soma entre os processos."""
        if self.size > 1:
            dist.all_reduce(value)
        return value

    def gather(self, value: T) -> list[T]:
        """O valor de cada processo, em todos."""
        if self.size == 1:
            return [value]
        values = [None] * self.size
        dist.all_gather_object(values, value)
        return values

    def refuse_differences(self, fingerprint: dict[str, str], batch_size: int | None) -> None:
        """Recusa processos com dados diferentes, ou mais processos que amostras num minibatch.

        Raises:
            DataError, ArgumentError: em todos os processos.
        """
        if batch_size is not None and batch_size < self.size:
            raise ArgumentError(
                f"são {self.size} processos para minibatches de {batch_size}: não há uma amostra para cada um. "
                "Aumente o minibatch ou lance menos processos."
            )
        for rank, other in enumerate(self.gather(fingerprint)):
            if wrong := [name for name in fingerprint if other.get(name) != fingerprint[name]]:
                raise DataError(
                    f"os processos {self.rank} e {rank} não têm o mesmo treinamento: {', '.join(wrong)}. "
                    "Dê a todos os mesmos dados, a mesma semente e o mesmo modelo."
                )


class _Together(nn.Module):
    """Modelo e objetivo num módulo só."""

    def __init__(self, model: nn.Module, objective: Objective):
        super().__init__()
        self.model, self.objective = model, objective

    def forward(self, minibatch) -> Loss:
        return self.objective(self.model, minibatch)
