"""Um processo e todos os seus descendentes: quantos são, o que gastam, e o fim deles.

Só a biblioteca padrão: é o guardião (`course_tools.grading.guardian`) quem mede e mata, num processo pequeno.
"""

import os
import signal
import time
from contextlib import suppress

EVERY_SECONDS = 0.2
COUNTED_FOLDERS = ("tmp", "dev/shm", "kernel")  # as pastas em memória em que se escreve lá dentro
INODE_BYTES = 1024  # um arquivo vazio também ocupa memória do núcleo
SHARED_READING_SECONDS = 2.0  # ler a memória compartilhada demora na proporção dela; passar disto já é demais
END_SECONDS = 60
CHILDREN_LISTED = os.path.exists(f"/proc/self/task/{os.getpid()}/children")  # nem todo núcleo os lista
TICKS = os.sysconf("SC_CLK_TCK")
PROCESSES, MEMORY, FILES = "processos demais", "memória", "arquivos demais"


def members(root: int) -> list[int]:
    """Os descendentes de um processo. Quem perde o pai continua neles: passa a um ancestral que os adota."""
    children = _listed_children if CHILDREN_LISTED else _children_table().get
    found, waiting = [], [root]
    while waiting:
        new = children(waiting.pop()) or []
        found += new
        waiting += new
    return found


def cpu_seconds(pids: list[int]) -> float:
    """Segundos de processador que estes processos, e os filhos deles que já terminaram, gastaram."""
    times = (_read(f"/proc/{pid}/stat").rpartition(")")[2].split()[11:15] for pid in pids)
    return sum(int(ticks) for four in times for ticks in four) / TICKS


def waited_seconds(pids: list[int]) -> float:
    """Segundos que as threads vivas destes processos esperaram pela vez; 0 onde o núcleo não os conta."""
    files = (f"/proc/{pid}/task/{thread}/schedstat" for pid in pids for thread in _threads(pid))
    times = [_read(file).split() for file in files]
    return sum(int(fields[1]) for fields in times if len(fields) == 3) / 1e9


def end(root: int) -> None:
    """Mata todos os descendentes deste processo, que os adota, e volta quando não resta nenhum.

    Quem se multiplica enquanto é morto não escapa: a cada volta, os pais morrem primeiro, e o primeiro processo de um
    espaço de nomes leva consigo todos os de dentro. Só sem isolamento há quem não se possa matar (um sudo): desiste-se.
    """
    ends = time.monotonic() + END_SECONDS
    while time.monotonic() < ends:
        for pid in members(root):
            _signal(pid, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.002)


class Meter:
    """Compara o que uma família gasta com os limites, do que mais depressa se conta ao que mais demora.

    Args:
        limits: `processes`, `threads`, `memory`, `open_files` e `files`, como em `course_tools.grading.config.Limits`.
        first: o primeiro processo do isolamento, em cujas pastas e rede o que se guarda também se conta; None, sem ele.
    """

    def __init__(self, limits: dict, first: int | None):
        self._limits, self._first = limits, first
        self._next_reading = 0.0

    def excess(self, family: list[int]) -> str | None:
        """O limite que a família passou, ou None."""
        if len(family) > self._limits["processes"]:
            return PROCESSES
        if sum(len(_threads(pid)) for pid in family) > self._limits["threads"]:
            return PROCESSES
        written, files = self._written()
        if files > self._limits["files"] or sum(map(_open_files, family)) > self._limits["open_files"]:
            return FILES
        room = self._limits["memory"] - written - self._queued()
        if sum(map(_resident, family)) <= room or time.monotonic() < self._next_reading:
            return None
        return MEMORY if self._truly_resident(family) > room else None

    def _written(self) -> tuple[int, int]:
        """Bytes e número de arquivos nas pastas em memória: também os já apagados, os reservados e os sem caminho."""
        total = files = 0
        root = f"/proc/{self._first}/root"
        for folder in COUNTED_FOLDERS if self._first else ():
            try:
                if os.path.samefile(root, "/"):  # o isolamento ainda não está de pé: as pastas seriam as da máquina
                    break
                state = os.statvfs(f"{root}/{folder}")
            except OSError:  # o processo ainda não a montou, ou já terminou
                continue
            inodes = state.f_files - state.f_ffree
            total += (state.f_blocks - state.f_bfree) * state.f_frsize + inodes * INODE_BYTES
            files += inodes
        return total, files

    def _queued(self) -> int:
        """Bytes escritos em sockets da rede de dentro e que ninguém leu."""
        tables = [_read(f"/proc/{self._first}/net/{kind}") for kind in ("tcp", "tcp6")] if self._first else []
        queues = [line.split()[4].split(":") for table in tables for line in table.splitlines()[1:]]
        return sum(int(size, 16) for pair in queues for size in pair)

    def _truly_resident(self, family: list[int]) -> float:
        """Memória da família, com o que vários processos dividem contado uma vez (PSS).

        A leitura disputa uma trava com quem reserva memória: por isso a família para enquanto é medida.
        """
        started, total = time.monotonic(), 0
        for pid in family:
            _signal(pid, signal.SIGSTOP)
        try:
            for pid in family:
                total += _sized(f"/proc/{pid}/smaps_rollup", "Pss_Anon:", "SwapPss:")
                if total > self._limits["memory"] or time.monotonic() - started > SHARED_READING_SECONDS:
                    return float("inf")
        finally:
            for pid in family:
                _signal(pid, signal.SIGCONT)
        now = time.monotonic()
        self._next_reading = now + 3 * (now - started)
        return total


def _threads(pid: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []


def _listed_children(parent: int) -> list[int]:
    lists = (_read(f"/proc/{parent}/task/{thread}/children") for thread in _threads(parent))
    return [int(pid) for listed in lists for pid in listed.split()]


def _children_table() -> dict[int, list[int]]:
    """Pai -> filhos, de todos os processos da máquina."""
    table = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if fields := _read(f"/proc/{pid}/stat").rpartition(")")[2].split():
            table.setdefault(int(fields[1]), []).append(int(pid))
    return table


def _open_files(pid: int) -> int:
    try:
        return os.stat(f"/proc/{pid}/fd").st_size or len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0


def _resident(pid: int) -> int:
    return _sized(f"/proc/{pid}/status", "RssAnon:", "VmSwap:")


def _sized(path: str, *names: str) -> int:
    """Soma, em bytes, das linhas com estes nomes."""
    return sum(int(line.split()[1]) * 1024 for line in _read(path).splitlines() if line.startswith(names))


def _signal(pid: int, number: int) -> None:
    with suppress(OSError):
        os.kill(pid, number)


def _read(path: str) -> str:
    """O conteúdo de um arquivo de /proc; vazio se o processo já terminou."""
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except OSError:
        return ""
