"""Quanto uma entrega que abre processos e threads sem conta atrasa a vizinha, corrigida ao mesmo tempo."""

import statistics
import sys
import time
from contextlib import ExitStack
from dataclasses import replace

from benchmarks.measure import median_ratio, table
from course_tools.grading.config import Limits
from course_tools.grading.sandbox import Sandbox, standing_walls

WORK = """import time
started = time.monotonic()
sum(number * number for number in range(6_000_000))
open("/kernel/parcial", "w").write(str(time.monotonic() - started))
import os
os.rename("/kernel/parcial", "/kernel/pronto")
time.sleep(600)
"""
CROWD = """import hashlib, os, threading, time
def work():
    while True:
        hashlib.sha256(bytes(1 << 20)).digest()
for _ in range({processes}):
    if os.fork() == 0:
        os.setsid()
        for _ in range({threads} - 1):
            threading.Thread(target=work).start()
        work()
open("/kernel/pronto", "w").close()
time.sleep(600)
"""
PROCESSES, THREADS = 21, 6
ALLOWED = 19  # processos com THREADS threads cada um que não passam de `Limits.threads`
UNLIMITED = 1000


def measure_neighbour(rounds: int) -> str:
    """Tabela dos segundos de uma conta fixa, isolada, sozinha e ao lado de uma multidão isolada, e a razão.

    A última linha é a multidão da segunda sem o limite de threads: o que só o processador de cada um contém.
    """
    crowds = {
        "sozinha": None,
        f"{PROCESSES} processos × {THREADS} threads": (PROCESSES, Limits()),
        f"{ALLOWED} × {THREADS}, dentro dos limites": (ALLOWED, Limits()),
        f"{PROCESSES} × {THREADS}, sem limite de threads": (PROCESSES, replace(Limits(), threads=UNLIMITED)),
    }
    times, ends = {name: [] for name in crowds}, dict.fromkeys(crowds, "–")
    for _ in range(rounds):
        for name, crowd in crowds.items():
            seconds, ends[name] = _one(*(crowd or (0, None)))
            times[name].append(seconds)
    rows = [
        (name, f"{statistics.median(values):.2f}", f"{median_ratio(values, times['sozinha']):.2f}", ends[name])
        for name, values in times.items()
    ]
    return table(("vizinha", "segundos de relógio", "vezes sozinha", "fim da multidão"), rows)


def _one(processes: int, limits: Limits | None) -> tuple[float, str]:
    """Segundos de relógio da conta, e o limite que encerrou a multidão antes que ela acabasse."""
    with ExitStack() as stack:
        crowd = stack.enter_context(Sandbox(limits, standing_walls())) if limits else None
        if crowd:
            crowd.start([sys.executable, "-c", CROWD.format(processes=processes, threads=THREADS)])
            _wait(crowd)
        neighbour = stack.enter_context(Sandbox(Limits(), standing_walls()))
        neighbour.start([sys.executable, "-c", WORK])
        _wait(neighbour)
        wall = float((neighbour.folder / "pronto").read_text())
        ended = "–" if crowd is None else "continuou" if crowd.alive else str(crowd.excess)
        return wall, ended


def _wait(sandbox: Sandbox) -> None:
    while sandbox.alive and not (sandbox.folder / "pronto").exists():
        time.sleep(0.02)
