"""Como se mede: tempos intercalados, memória no pico, a máquina em palavras, tabelas em Markdown."""

import contextlib
import ctypes
import gc
import importlib.metadata
import multiprocessing
import os
import platform
import statistics
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor

import psutil
import torch

MEGABYTE, GIGABYTE = 1e6, 1e9
SAMPLING_SECONDS = 0.002
PEER_PACKAGES = (
    "scikit-surprise",
    "lenskit",
    "cornac",
    "implicit",
    "lightfm-next",
    "myfm",
    "fastai",
    "lightning",
    "recbole",
)


def cpu_seconds() -> float:
    """Segundos de processador que este processo e os filhos usaram, tanto os encerrados quanto os ainda vivos."""
    ended = os.times()
    alive = sum(map(_seconds_of, psutil.Process().children(recursive=True)))
    return time.process_time() + ended.children_user + ended.children_system + alive


def _seconds_of(child: psutil.Process) -> float:
    try:
        times = child.cpu_times()
    except psutil.NoSuchProcess:  # acabou de encerrar; o sistema o conta da próxima vez
        return 0.0
    return times.user + times.system


def timed(action: Callable[[], object]) -> tuple[float, object]:
    """Segundos de processador que a ação levou, e o que ela devolveu.

    Numa máquina partilhada, o relógio da parede mede também os outros; com uma thread só, o do processador mede o que
    se esperaria numa máquina vazia.
    """
    start = cpu_seconds()
    result = action()
    return cpu_seconds() - start, result


def interleaved(
    actions: Mapping[str, Callable[[], object]], rounds: int, clock: Callable[[], float] = cpu_seconds
) -> dict[str, list[float]]:
    """Segundos de cada ação em cada rodada, todas as ações em cada uma, pelo relógio dado.

    Uma rodada antes, que não conta, esquenta as ações.
    """
    times = {name: [] for name in actions}
    for round_number in range(rounds + 1):
        for name, action in actions.items():
            start = clock()
            action()
            if round_number:
                times[name].append(clock() - start)
    return times


def median_ratio(times: Sequence[float], reference: Sequence[float]) -> float:
    """Mediana, sobre as rodadas, da razão entre dois tempos da mesma rodada."""
    return statistics.median(ours / theirs for ours, theirs in zip(times, reference, strict=True))


def peak_memory(action: Callable[[], object]) -> tuple[object, int]:
    """O resultado de uma chamada e quantos bytes a memória do processo subiu, no pico, enquanto ela durou."""
    process, finished = psutil.Process(), threading.Event()
    gc.collect()
    with contextlib.suppress(AttributeError, OSError):  # só a glibc o oferece
        ctypes.CDLL(None).malloc_trim(0)  # o que o processo reservou e não usa esconderia o que a ação pede
    before = peak = process.memory_info().rss

    def watch() -> None:
        nonlocal peak
        while not finished.wait(SAMPLING_SECONDS):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    result = action()
    finished.set()
    watcher.join()
    return result, max(peak, process.memory_info().rss) - before


def in_new_process(function: Callable, *arguments) -> object:
    """O que a função devolve num processo novo, em que nenhuma memória já reservada esconde a que ela pede."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def machine() -> str:
    """Onde e com que versões se mediu, numa linha."""
    versions = [f"{name} {version}" for name in ("torch", "numpy", *PEER_PACKAGES) if (version := version_of(name))]
    memory = psutil.virtual_memory().total / GIGABYTE
    return (
        f"{time.strftime('%Y-%m-%d')} · {os.cpu_count()} núcleos, {memory:.0f} GB de memória, sem GPU · "
        f"{torch.get_num_threads()} thread(s) · {platform.system()} · Python {platform.python_version()} · "
        + " · ".join(versions)
    )


def version_of(package: str) -> str | None:
    """Versão instalada, ou None se o pacote falta."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def table(header: Sequence[str], rows: Iterable[Sequence]) -> str:
    """Uma tabela em Markdown: a primeira coluna é texto; nas outras, números à brasileira, à direita."""
    lines = ["| " + " | ".join(header) + " |", "|---|" + "---:|" * (len(header) - 1)]
    lines += ["| " + " | ".join(map(brazilian, row)) + " |" for row in rows]
    return "\n".join(lines)


def brazilian(value: object) -> str:
    """25000000 → "25.000.000"; "0.879" → "0,879"; o que não é número passa como está."""
    if isinstance(value, int):
        return f"{value:,}".replace(",", ".")
    text = str(value)
    return text if any(letter.isalpha() for letter in text) else text.replace(".", ",")
