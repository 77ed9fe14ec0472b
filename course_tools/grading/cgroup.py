"""O grupo de controle (cgroup v2) de um processo isolado, onde o sistema nos deixa criar um.

É o único limite que o próprio núcleo impõe ao conjunto: sem ele, quem conta é o guardião, cinco vezes por segundo.
"""

import os
from contextlib import suppress
from pathlib import Path

CONTROLLERS = {"memory", "pids"}
PREFIX = "curso-"


class Cgroup:
    """Um grupo novo, vazio, com limite de memória e de tarefas (processos e threads)."""

    def __init__(self, folder: Path):
        self._folder = folder

    @classmethod
    def create(cls, parent: Path, memory: int, tasks: int) -> "Cgroup":
        """Cria-o dentro de `parent`.

        Raises:
            OSError: o sistema não deixa.
        """
        _clean(parent)
        folder = parent / f"{PREFIX}{os.getpid()}"
        folder.mkdir()
        (folder / "memory.max").write_text(str(memory))
        (folder / "pids.max").write_text(str(tasks))
        for name, value in (("memory.swap.max", "0"), ("memory.oom.group", "1")):
            with suppress(OSError):  # sem troca, ou um núcleo mais antigo
                (folder / name).write_text(value)
        return cls(folder)

    def enter(self) -> None:
        """Põe nele o processo corrente."""
        (self._folder / "cgroup.procs").write_text("0")

    @property
    def overflowed(self) -> bool:
        """Se o núcleo já matou alguém por falta de memória."""
        events = dict(line.split() for line in (self._folder / "memory.events").read_text().splitlines())
        return events.get("oom_kill", "0") != "0"

    def kill(self) -> None:
        """Mata todos os que estão nele (núcleo 5.14 ou mais novo; antes, quem mata é só a família)."""
        with suppress(OSError):
            (self._folder / "cgroup.kill").write_text("1")

    def remove(self) -> None:
        """Apaga-o; ninguém pode estar nele."""
        with suppress(OSError):
            self._folder.rmdir()


def parent_for_groups(process: Path = Path("/proc/self")) -> Path | None:
    """A pasta em que podemos criar grupos com limite de memória e de tarefas; None se não há.

    É a do nosso grupo ou de um que o contém: um grupo com processos não divide os seus limites com filhos.
    """
    root, own = _mounted(process), _own(process)
    if root is None or own is None:
        return None
    for folder in (root / own, *(root / own).parents):
        if not folder.is_relative_to(root):
            break
        with suppress(OSError):
            given = set((folder / "cgroup.subtree_control").read_text().split())
            if given >= CONTROLLERS and os.access(folder / "cgroup.procs", os.W_OK) and os.access(folder, os.W_OK):
                return folder
    return None


def _mounted(process: Path) -> Path | None:
    lines = [line.split() for line in (process / "mountinfo").read_text().splitlines()]
    return next((Path(line[4]) for line in lines if line[line.index("-") + 1] == "cgroup2"), None)


def _own(process: Path) -> str | None:
    lines = (process / "cgroup").read_text().splitlines()
    return next((line[3:].lstrip("/") for line in lines if line.startswith("0::")), None)


def _clean(parent: Path) -> None:
    """Apaga os grupos vazios de guardiões que já morreram."""
    for folder in parent.glob(f"{PREFIX}*"):
        try:
            os.kill(int(folder.name.removeprefix(PREFIX)), 0)
        except ProcessLookupError:
            with suppress(OSError):
                folder.rmdir()
        except (OSError, ValueError):
            continue
