"""Quanto custa corrigir uma turma: segundos de processador e memória do comando `corrigir`, entrega a entrega."""

import copy
import linecache
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat

from benchmarks.measure import MEGABYTE, table
from course_lib.exercises import EXERCISES
from course_lib.paths import PACKAGE_PARENT
from course_tools.grading.assignment import NAME
from course_tools.grading.family import cpu_seconds, members
from course_tools.grading.release import student_path
from course_tools.runner.cleaning import save_notebook
from course_tools.runner.series import read_notebook

SAMPLING_SECONDS = 0.1
RIGHT_SHARE = 0.75  # das respostas; as outras são enganos que alunos cometem
IMPORTS = (
    "import math\nimport random\n\nimport numpy as np\nimport pandas as pd\nimport torch\nfrom torch import nn\n\n"
)
KERNEL = b"ipykernel_launcher"


def honest_notebooks(n: int, seed: int = 42) -> Iterator[nbformat.NotebookNode]:
    """Notebooks respondidos por inteiro, cada um com respostas suas, certas ou erradas, das que os testes conhecem."""
    from tests.exercises.attempts import ATTEMPTS

    chance, blank = random.Random(seed), read_notebook(student_path())
    for _ in range(n):
        made = copy.deepcopy(blank)
        answers = {f"{name}_answer": _answer(ATTEMPTS, name, chance) for name in EXERCISES}
        for cell in made.cells:
            cell.source = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
        yield made


def _answer(attempts: list, exercise: str, chance: random.Random) -> str:
    right = chance.random() < RIGHT_SHARE
    chosen = chance.choice([one for one in attempts if one.exercise == exercise and (one.hint is None) == right])
    return IMPORTS + "".join(linecache.getlines(f"<{chosen}>"))


def empty_notebooks(n: int) -> Iterator[nbformat.NotebookNode]:
    """Notebooks com uma célula só, que nada faz: o que se gasta é só da correção."""
    for _ in range(n):
        yield nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("pass")])


class Class:
    """Uma turma corrigida pelo comando do projeto, e o que ele gastou.

    Attributes:
        seconds: de processador, do corretor e dos guardiões.
        kernel_seconds: dos kernels, na última vez em que se olhou para cada um; mortos de fora, ninguém herda os deles.
        grader_peak, peak: bytes do corretor e de todos os processos, com o que dividem contado uma vez (PSS).
    """

    def __init__(self, notebooks: Iterator[nbformat.NotebookNode]):
        self.grader_peak = self.peak = 0
        self._of_kernels: dict[int, float] = {}
        with tempfile.TemporaryDirectory() as folder:
            for number, notebook in enumerate(notebooks):
                save_notebook(notebook, Path(folder, "entregas", f"aluno {number:02}", f"{NAME}.ipynb"))
            command = [sys.executable, "-m", "course_tools", "corrigir", "entregas", "--saida", "notas"]
            before, environment = _children_seconds(), os.environ | {"PYTHONPATH": str(PACKAGE_PARENT)}
            with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL) as grader:
                while grader.poll() is None:
                    self._look(grader.pid)
                    time.sleep(SAMPLING_SECONDS)
            if grader.returncode:
                raise subprocess.CalledProcessError(grader.returncode, command)
            self.seconds = _children_seconds() - before
        self.kernel_seconds = sum(self._of_kernels.values())

    def _look(self, grader: int) -> None:
        family = members(grader)
        sizes = {pid: _proportional_bytes(pid) for pid in [grader, *family]}
        self.grader_peak, self.peak = max(self.grader_peak, sizes[grader]), max(self.peak, sum(sizes.values()))
        for pid in family:
            if KERNEL in _read(f"/proc/{pid}/cmdline") and b"bwrap" not in _read(f"/proc/{pid}/cmdline"):
                self._of_kernels[pid] = max(self._of_kernels.get(pid, 0.0), cpu_seconds([pid]))


def _children_seconds() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _proportional_bytes(pid: int) -> int:
    lines = _read(f"/proc/{pid}/smaps_rollup").splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(b"Pss:"))


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:  # o processo acabou
        return b""


def measure_grading(n: int, n_empty: int = 10) -> str:
    """Tabela do que custam uma turma de `n` entregas honestas e uma de `n_empty` vazias, por entrega.

    O que se paga por uma entrega, além das células e funções do aluno, é o que o comando gasta fora dos kernels mais o
    que um kernel gasta numa entrega vazia: começar e ouvir as perguntas.
    """
    honest, empty = Class(honest_notebooks(n)), Class(empty_notebooks(n_empty))
    rows = []
    for name, size, one in (("honestas", n, honest), ("vazias", n_empty, empty)):
        seconds = (f"{total / size:.2f}" for total in (one.seconds, one.kernel_seconds))
        rows.append((name, size, *seconds, round(one.grader_peak / MEGABYTE), round(one.peak / MEGABYTE)))
    header = ("entregas", "quantas", "corretor (s)", "kernel (s)", "corretor (MB)", "tudo (MB)")
    besides = f"{honest.seconds / n + empty.kernel_seconds / n_empty:.2f}".replace(".", ",")
    return f"{table(header, rows)}\n\nAlém das células e funções do aluno: {besides} s de processador por entrega."
