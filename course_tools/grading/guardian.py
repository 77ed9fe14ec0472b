"""O guardião de um processo isolado: cria-o, mede a família dele e garante que ninguém dela sobreviva.

É um processo à parte, pequeno e só com a biblioteca padrão, entre quem corrige e o código do aluno. Morto quem corrige,
seja como for, a entrada padrão do guardião se fecha, e ele encerra a família; morto o guardião, o bubblewrap morre com
ele. Na entrada vem uma linha de JSON que diz o que rodar (`Order`); na saída vai uma linha quando o processo existe, e
outra se ele passou de um limite.
"""

import ctypes
import json
import os
import resource
import select
import sys
from contextlib import suppress
from pathlib import Path

from course_tools.grading.cgroup import Cgroup, parent_for_groups
from course_tools.grading.family import EVERY_SECONDS, MEMORY, Meter, end, members

PR_SET_CHILD_SUBREAPER, KEYCTL, JOIN_SESSION_KEYRING = 36, {"x86_64": 250, "aarch64": 219}, 1
OWN_TASKS = 16  # o bubblewrap, e a folga para que o excesso seja visto antes de ser recusado
OUT_OF_MEMORY_FIRST = "1000"  # se a memória da máquina acabar, o núcleo o escolhe antes de quem o vigia


def main() -> None:
    """Roda a ordem que chega pela entrada padrão, até o processo terminar, exceder-se ou a entrada se fechar."""
    order = json.loads(sys.stdin.buffer.readline())
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # os órfãos da família voltam para cá
    group = _group(order["limits"])
    try:
        child, information = _spawn(order, group)
        first = _first_inside(information) if information is not None else child
        _say({"first": first})
        excess = _watch(child, first, order["limits"])
        if excess is None and group is not None and group.overflowed:
            excess = MEMORY
        if excess:
            _say({"excess": excess})
    finally:
        if group is not None:
            group.kill()
        end(os.getpid())
        if group is not None:
            group.remove()
        if order["remove"]:
            os.spawnlp(os.P_WAIT, "rm", "rm", "-rf", "--", order["remove"])  # sem recursão, por mais funda que seja


def _group(limits: dict) -> Cgroup | None:
    parent = parent_for_groups()
    try:
        return parent and Cgroup.create(parent, limits["memory"], limits["threads"] + OWN_TASKS)
    except OSError:
        return None


def _spawn(order: dict, group: Cgroup | None) -> tuple[int, int | None]:
    """Cria o processo; devolve-o e o descritor em que o bubblewrap diz qual é o primeiro processo de dentro.

    Cada marca de `order["files"]` vira, no comando, o número de um descritor com aquele conteúdo.
    """
    handed = {mark: _readable(bytes.fromhex(content)) for mark, content in order["files"].items()}
    information, told = os.pipe()
    command = order["command"]
    isolated = order["told"] in command
    handed[order["told"]] = told
    pid = os.fork()
    if pid == 0:
        try:
            _limit(order, group)
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.dup2(nowhere, 0)
            os.dup2(nowhere, 1)
            for descriptor in handed.values() if isolated else ():
                os.set_inheritable(descriptor, True)
            command = [str(handed.get(part, part)) for part in command]
            os.execve(command[0], command, order["environment"])
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(127)
    for descriptor in handed.values():
        os.close(descriptor)
    return pid, information if isolated else None


def _limit(order: dict, group: Cgroup | None) -> None:
    """O que o processo herda: grupo, limites, vez, processador e um chaveiro vazio."""
    limits = order["limits"]
    if group is not None:
        with suppress(OSError):  # se o sistema o recusa à última hora, resta a contagem
            group.enter()
    os.nice(limits["niceness"])
    os.chdir(order["folder"])
    if order["cpu"] is not None:
        os.sched_setaffinity(0, {order["cpu"]})
    with suppress(OSError):  # num contêiner com o /proc só de leitura
        Path("/proc/self/oom_score_adj").write_text(OUT_OF_MEMORY_FIRST)
    number = KEYCTL.get(os.uname().machine)
    if number is not None:
        ctypes.CDLL(None).syscall(number, JOIN_SESSION_KEYRING, None)
    for kind, value in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_NOFILE, limits["open_files"] // 8),
        (resource.RLIMIT_CORE, 1),  # 0 ainda entregaria a memória a um coletor de falhas da máquina
        (resource.RLIMIT_RTPRIO, 0),
        (resource.RLIMIT_NICE, 0),
    ):
        resource.setrlimit(kind, (value, value))


def _watch(child: int, first: int | None, limits: dict) -> str | None:
    """Espera o fim do processo ou da entrada padrão, medindo a família; devolve o limite que ela passou."""
    meter = Meter(limits, first if first != child else None)
    poller = select.poll()
    poller.register(os.pidfd_open(child), select.POLLIN)
    poller.register(0, select.POLLIN | select.POLLHUP)
    excess = None
    while excess is None and not poller.poll(EVERY_SECONDS * 1000):
        excess = meter.excess(members(os.getpid()))
    return excess


def _first_inside(information: int) -> int | None:
    """O primeiro processo de dentro, visto de fora; None se o bubblewrap falhou antes de criá-lo."""
    with open(information) as told:
        text = told.read()
    return json.loads(text)["child-pid"] if text else None


def _readable(content: bytes) -> int:
    """Um descritor de onde se lê `content`, que cabe inteiro num pipe."""
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    return reading


def _say(fact: dict) -> None:
    with suppress(OSError):  # quem corrige pode já não existir
        print(json.dumps(fact), flush=True)
