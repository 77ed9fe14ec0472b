"""O filtro de chamadas ao sistema: o que um exercício não pede e serve para escapar do isolamento ou da contagem.

É um programa BPF, que o núcleo roda a cada chamada; aqui ele é montado, instrução a instrução, e o bubblewrap o instala
(`--seccomp`). Tudo o que não está na lista passa: a lista fecha caminhos, não descreve o Python.
"""

import platform
import struct
from collections.abc import Sequence

# nome: (x86_64, aarch64). De 424 em diante, os números são os mesmos em toda parte.
FORBIDDEN = {
    # mexer noutro processo, mesmo no que vigia
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440),
    # outro isolamento dentro deste, com poderes e pastas seus
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    # memória que não aparece na conta de nenhum processo
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "vmsplice": (278, 75),
    # o chaveiro de quem corrige
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # a vez dos vizinhos
    "sched_setaffinity": (203, 122),
    "ioprio_set": (251, 30),
    # portas do núcleo que um exercício nunca abre
    "perf_event_open": (298, 241),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "inotify_add_watch": (254, 27),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "syslog": (103, 116),
    "personality": (135, 92),
}
SOCKET, CLONE, CLONE3, MMAP, IOCTL = (41, 198), (56, 220), (435, 435), (9, 222), (16, 29)
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
X32_BIT = 0x40000000  # outra numeração das mesmas chamadas, no x86_64

EPERM, ENOSYS, EOPNOTSUPP = 1, 38, 95
LOCAL_SOCKETS = (1, 2, 10)  # AF_UNIX, e os da rede, que o zmq usa por dentro e que aqui não levam a lugar nenhum
NEW_NAMESPACES = 0x7E020080  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET, NEWTIME
MAP_SHARED_ANONYMOUS, MAP_TYPE_ANONYMOUS, MAP_HUGETLB = (0x21, 0x23), 0x2F, 0x40000
TERMINAL_INPUT = (0x5412, 0x541C)  # TIOCSTI e TIOCLINUX: escrever como se fosse o teclado

LOAD, AND = 0x20, 0x54  # BPF_LD|BPF_W|BPF_ABS, BPF_ALU|BPF_AND|BPF_K
EQUAL, AT_LEAST, ANY_BIT = 0x15, 0x35, 0x45  # BPF_JMP|…|BPF_K
RETURN = 0x06
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000, 0x80000000
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # posições em struct seccomp_data; cada argumento tem 8 bytes


def program(machine: str | None = None) -> bytes | None:
    """O filtro, como o bubblewrap o lê; None numa arquitetura para a qual ele não está escrito.

    Args:
        machine: como `platform.machine()` a chama; sem ela, esta.
    """
    known = ARCHITECTURES.get(machine or platform.machine())
    if known is None:
        return None
    column, architecture = known
    code = [_load(ARCHITECTURE), _jump(EQUAL, architecture, skip=1), _return(KILL), _load(NUMBER)]
    if column == 0:
        code += [_jump(AT_LEAST, X32_BIT, otherwise=1), _return(REFUSE | ENOSYS)]
    for numbers in FORBIDDEN.values():
        code += [_jump(EQUAL, numbers[column], otherwise=1), _return(REFUSE | EPERM)]
    code += [_jump(EQUAL, CLONE3[column], otherwise=1), _return(REFUSE | ENOSYS)]  # cujos sinais não se veem daqui
    code += _if_called(CLONE[column], 0, [_jump(ANY_BIT, NEW_NAMESPACES, otherwise=1), _return(REFUSE | EPERM)])
    local = [step for family in LOCAL_SOCKETS for step in (_jump(EQUAL, family, otherwise=1), _return(ALLOW))]
    code += _if_called(SOCKET[column], 0, [*local, _return(REFUSE | EOPNOTSUPP)])
    huge = [_jump(ANY_BIT, MAP_HUGETLB, otherwise=1), _return(REFUSE | EPERM)]  # de uma reserva da máquina
    shared = [*huge, struct.pack("=HBBI", AND, 0, 0, MAP_TYPE_ANONYMOUS), *_refuse_any(MAP_SHARED_ANONYMOUS)]
    code += _if_called(MMAP[column], 3, shared)
    code += _if_called(IOCTL[column], 1, _refuse_any(TERMINAL_INPUT))
    return b"".join([*code, _return(ALLOW)])


def _if_called(number: int, argument: int, body: Sequence[bytes]) -> list[bytes]:
    """`body` examina um argumento (os 32 bits de baixo) da chamada `number`; se nada decide, ela passa."""
    body = [_load(FIRST_ARGUMENT + 8 * argument), *body, _return(ALLOW)]
    return [_jump(EQUAL, number, otherwise=len(body)), *body]


def _refuse_any(values: Sequence[int]) -> list[bytes]:
    return [step for value in values for step in (_jump(EQUAL, value, otherwise=1), _return(REFUSE | EPERM))]


def _load(position: int) -> bytes:
    return struct.pack("=HBBI", LOAD, 0, 0, position)


def _jump(kind: int, value: int, skip: int = 0, otherwise: int = 0) -> bytes:
    """Compara com `value`: se vale, pula `skip` instruções; se não, `otherwise`."""
    return struct.pack("=HBBI", kind, skip, otherwise, value)


def _return(action: int) -> bytes:
    return struct.pack("=HBBI", RETURN, 0, 0, action)
