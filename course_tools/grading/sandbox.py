"""O isolamento: rodar um programa em que não se confia, e ter certeza do fim dele.

As paredes estão em `course_tools.grading.walls`; quem cria o processo, o mede e o mata é o guardião, noutro processo
(`course_tools.grading.guardian`). Nada do que o programa escreve toca o disco: as suas pastas ficam na memória, dentro
do isolamento, e somem com ele; daqui, são alcançadas pelo /proc do primeiro processo de dentro.
"""

import json
import os
import random
import select
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import asdict
from functools import cache
from pathlib import Path

from course_lib.paths import PACKAGE_PARENT
from course_tools.errors import SandboxError
from course_tools.grading import family
from course_tools.grading.allowance import Usage
from course_tools.grading.cgroup import parent_for_groups
from course_tools.grading.config import Limits
from course_tools.grading.litter import new_folder
from course_tools.grading.walls import (
    CONNECTION,
    CONNECTION_DATA,
    FILTER,
    INSIDE,
    TOLD,
    Walls,
    best_walls,
    bubblewrap,
    environment,
    refuse_open_home,
)

GUARDIAN = f"""import sys
sys.path.insert(0, {str(PACKAGE_PARENT)!r})
from course_tools.grading.guardian import main
main()"""
TRIAL_SECONDS, SPARE_TASKS = 60, 16  # a folga: que o excesso seja visto, e não só recusado
TRIAL = "import course_lib.errors; open('/kernel/pronto', 'w'); import time; time.sleep(600)"
WAY_OUT = "Se você confia em todas as entregas, ou corrige numa máquina descartável, use --sem-isolamento."
_busy, _choosing = Counter(), threading.Lock()  # isolados em cada processador


class Sandbox:
    """Um programa isolado e as pastas por onde se fala com ele. Use com `with`: na saída, ele e os seus já morreram.

    Args:
        limits: o que ele pode gastar.
        walls: as paredes; None, sem isolamento.

    Attributes:
        inside: a pasta dos sockets, vista de dentro.
    """

    def __init__(self, limits: Limits, walls: Walls | None):
        self._excess: str | None = None
        self.inside = INSIDE if walls else new_folder()
        self._limits, self._walls = limits, walls
        self._guardian: subprocess.Popen | None = None
        self._first: int | None = None
        self._cpu = _take_cpu() if walls else None

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def start(self, command: list[str], connection: str = "", errors: int = subprocess.DEVNULL) -> None:
        """Roda `command`; o que ele escreve na saída padrão se perde.

        Args:
            connection: conteúdo do arquivo CONNECTION, na pasta dos sockets.
            errors: para onde vai a saída de erros, como em `subprocess.Popen`.

        Raises:
            SandboxError: o guardião não começou.
        """
        order = self._order(command, connection)
        self._guardian = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", GUARDIAN],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd="/",
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},  # é o que se lê em /proc/1/environ lá dentro
            start_new_session=True,
        )
        try:
            self._guardian.stdin.write(json.dumps(order).encode() + b"\n")
            self._guardian.stdin.flush()
            self._first = json.loads(self._guardian.stdout.readline())["first"]
        except (OSError, ValueError) as error:
            raise SandboxError("o guardião do isolamento não começou. A máquina está sem memória?") from error

    @property
    def folder(self) -> Path:
        """A pasta dos sockets, vista daqui."""
        return Path(f"/proc/{self._first}/root{INSIDE}") if self._walls else self.inside

    @property
    def alive(self) -> bool:
        """Se o programa, ou algum dos seus, ainda roda."""
        return self._guardian is not None and self._guardian.poll() is None

    @property
    def excess(self) -> str | None:
        """O limite que ele passou ("memória", "processos demais", "arquivos demais"), ou None.

        O guardião o diz antes de matar a família, que numa máquina ocupada demora a morrer.
        """
        said = self._guardian and self._guardian.stdout
        if said and not said.closed and select.select([said], [], [], 0)[0]:  # também no fim, em que nada mais se lê
            line = said.readline()
            self._excess = json.loads(line)["excess"] if line else self._excess
        return self._excess

    def usage(self) -> Usage:
        """O tempo que o programa e os seus gastaram até aqui."""
        alive = family.members(self._guardian.pid)
        return Usage(family.cpu_seconds(alive), family.waited_seconds(alive))

    def close(self) -> None:
        """Mata o programa e todos os seus descendentes, e espera que não reste nenhum."""
        if self._guardian is not None:
            self._guardian.stdin.close()
            self._guardian.wait()
            self._guardian.stdout.close()
            if self._guardian.stderr:
                self._guardian.stderr.close()
        elif not self._walls:
            shutil.rmtree(self.inside)
        if self._cpu is not None:
            with _choosing:
                _busy[self._cpu] -= 1
            self._cpu = None

    def _order(self, command: list[str], connection: str) -> dict:
        order = {"limits": asdict(self._limits), "cpu": self._cpu, "told": TOLD, "files": {}, "remove": None}
        if self._walls is None:
            (self.inside / CONNECTION).write_text(connection)
            own = {"environment": dict(os.environ) | environment(self.inside), "folder": str(self.inside)}
            return order | own | {"command": command, "remove": str(self.inside)}
        files = {FILTER: self._walls.filter or b"", CONNECTION_DATA: connection.encode()}
        return order | {
            "command": [
                *bubblewrap(self._walls, self._limits.scratch_bytes, self._limits.threads + SPARE_TASKS),
                *command,
            ],
            "files": {mark: content.hex() for mark, content in files.items()},
            "environment": {},
            "folder": "/",
        }


def check_isolation() -> list[str]:
    """Confere, criando um processo que nada faz, que esta máquina isola.

    Returns:
        As paredes que faltam aqui, em português; sem elas, as outras continuam de pé.

    Raises:
        SandboxError: sem bubblewrap, ou o sistema não deixa criar o isolamento.
    """
    if shutil.which("bwrap") is None:
        raise SandboxError(
            "falta o bubblewrap, e o código dos alunos só roda isolado. No Debian e no Ubuntu: "
            f"sudo apt install bubblewrap. O isolamento só existe em Linux. {WAY_OUT}"
        )
    refuse_open_home()
    missing = standing_walls().missing
    if parent_for_groups() is None:
        missing.append(
            "o sistema não nos deixa criar grupos de controle (cgroup v2); memória e processos são contados cinco "
            "vezes por segundo, em vez de limitados pelo núcleo. Com systemd, rode o comando por "
            "systemd-run --user --scope"
        )
    return missing


@cache
def standing_walls() -> Walls:
    """As paredes que esta máquina dá de fato; as que ela não tem são tentadas uma vez.

    Raises:
        SandboxError: nem sem as dispensáveis se isola um processo.
    """
    best = best_walls()
    tried = dict.fromkeys(Walls(nested, filter) for filter in (best.filter, None) for nested in (best.nested, False))
    reasons = []
    for walls in tried:
        problem = _trial(walls)
        if problem is None:
            return walls
        reasons.append(problem)
    raise SandboxError(
        f"o bubblewrap não conseguiu isolar um processo ({reasons[0]}). Em geral, o sistema proíbe que usuários comuns "
        "criem espaços de nomes: veja kernel.unprivileged_userns_clone e, no Ubuntu, "
        f"kernel.apparmor_restrict_unprivileged_userns. {WAY_OUT}"
    )


def _trial(walls: Walls) -> str | None:
    """Isola um processo e alcança a pasta dele; o que deu errado, ou None.

    Raises:
        SandboxError: ele demorou demais: uma máquina tão ocupada não é sinal de que falte uma parede.
    """
    ends = time.monotonic() + TRIAL_SECONDS
    with Sandbox(Limits(), walls) as sandbox:
        sandbox.start([sys.executable, "-c", TRIAL], errors=subprocess.PIPE)
        while sandbox.alive:
            if (sandbox.folder / "pronto").exists():
                return None
            if time.monotonic() > ends:
                raise SandboxError(
                    f"isolar um processo que nada faz demorou mais de {TRIAL_SECONDS} segundos. A máquina está ocupada "
                    f"demais? Tente de novo quando ela estiver livre. {WAY_OUT}"
                )
            time.sleep(0.01)
        lines = sandbox._guardian.stderr.read().decode(errors="replace").strip().splitlines()
    return (lines or ["sem mensagem"])[-1]


def _take_cpu() -> int | None:
    """Um processador para um isolado só: por mais threads que crie, ele não toma os dos vizinhos."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    with _choosing:
        ours = list(os.sched_getaffinity(0))
        random.shuffle(ours)
        chosen = min(ours, key=_busy.__getitem__)
        _busy[chosen] += 1
    return chosen
