"""Cells that try to get out, to look out or to hide what they take: each must end in the error it names."""

from dataclasses import dataclass

from course_tools.grading.seccomp import FORBIDDEN


@dataclass(frozen=True)
class Attack:
    """`ends` is part of the error; with `prints`, the cell must succeed and print exactly that instead."""

    name: str
    source: str
    ends: str = ""
    prints: str | None = None


MISSING, FIXED, DENIED, REFUSED = (
    "No such file",
    "Read-only file system",
    "Permission denied",
    "Operation not permitted",
)
SYSCALL = """import ctypes, errno, os, platform
libc = ctypes.CDLL(None, use_errno=True)
column = ("x86_64", "aarch64").index(platform.machine())
def call(numbers, *arguments):
    if libc.syscall(numbers[column], *arguments) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
"""
NULLS = ", ".join(["ctypes.c_void_p(0)"] * 6)
FALLOCATE = """import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long]
kept, number = [], 0
try:
    while True:
        number += 1
        kept.append(os.open(f"{folder}/reserva{{number}}", os.O_CREAT | os.O_RDWR))
        if libc.fallocate(kept[-1], 1, 0, 60 << 20) < 0:  # FALLOC_FL_KEEP_SIZE: the size stays zero
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        os.unlink(f"{folder}/reserva{{number}}")
finally:
    [os.close(one) for one in kept]
    os.path.exists(f"{folder}/reserva{{number}}") and os.unlink(f"{folder}/reserva{{number}}")"""
UNLINKED = """kept = []
try:
    while True:
        file = open("{folder}/aberto", "wb", buffering=0)
        os.unlink("{folder}/aberto")
        kept.append(file)
        if file.write(bytes(16 << 20)) < 16 << 20:
            raise OSError("No space left on device")
finally:
    [file.close() for file in kept]"""
TOO_DEEP = """import os, shutil, subprocess
os.makedirs("/kernel/f"); os.chdir("/kernel/f")
try:
    for _ in range(1300):
        os.mkdir("n" * 10); os.chdir("n" * 10)
    open("cheio", "wb").write(bytes(20 << 20))
finally:
    os.chdir("/tmp"); subprocess.run(["rm", "-rf", "/kernel/f"])"""


def _attacks():
    for name, numbers in FORBIDDEN.items():
        yield Attack(f"chama {name}", f"call({numbers}, {NULLS})", REFUSED)
    yield Attack("chama clone3", f"call((435, 435), {NULLS})", "Function not implemented")
    yield Attack("clona um espaço de nomes", "call((56, 220), 0x10000000 | 17, 0, 0, 0, 0)", REFUSED)
    yield Attack(
        "chama pela numeração x32",
        "call((0x40000000 + 101, -1), 0, 0, 0, 0)",
        "Function not implemented",
    )
    yield Attack("lê o ambiente do processo 1", "open('/proc/1/environ').read()", MISSING)
    yield Attack("lê a memória do processo 1", "open('/proc/1/mem', 'rb')", MISSING)
    yield Attack("escreve na memória do processo 1", "open('/proc/1/task/1/mem', 'r+b')", MISSING)
    yield Attack("a raiz do processo 1", "os.listdir('/proc/1/root')", MISSING)
    yield Attack("a linha de comando do processo 1", "open('/proc/1/cmdline').read()", MISSING)
    yield Attack("o processo 1 por outro caminho", "open('/proc/self/root/proc/2/../1/environ').read()", MISSING)
    yield Attack("os arquivos abertos do processo 1", "os.listdir('/proc/1/fd')", MISSING)
    yield Attack("o chaveiro", "open('/proc/keys').read()", DENIED)
    yield Attack("o uso de chaves", "open('/proc/key-users').read()", DENIED)
    yield Attack(
        "só há ele", "print(sorted(int(one) for one in os.listdir('/proc') if one.isdigit())[:2])", prints="[1, 2]"
    )
    known = "print(sorted(name for name in os.environ if 'SSH' in name or 'TOKEN' in name or 'KEY' in name))"
    yield Attack("o ambiente", known, prints="[]")
    yield Attack("o usuário", "print(os.getuid(), os.getgid())", prints="1000 1000")
    yield Attack("as senhas do sistema", "open('/etc/passwd').read()", MISSING)
    yield Attack("o nome da máquina", "import socket\nprint(socket.gethostname())", prints="curso")
    yield Attack("outros usuários", "os.listdir('/home')", MISSING)
    yield Attack("a pasta de execução", "os.listdir('/run')", MISSING)
    yield Attack(
        "os dispositivos",
        "print({'mem', 'kmsg', 'fuse', 'kvm', 'dri', 'sda', 'vda', 'nvme0'} & set(os.listdir('/dev')))",
        prints="set()",
    )
    yield Attack("mapeia /dev/zero", "os.open('/dev/zero', os.O_RDWR)", DENIED)
    yield Attack("memória anônima dividida", "import mmap\nmmap.mmap(-1, 1 << 30)", REFUSED)
    yield Attack(
        "dividida, por outro nome",
        "import mmap\nmmap.mmap(-1, 1 << 20, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS | 0x4000)",
        REFUSED,
    )
    yield Attack(
        "páginas enormes",
        "import mmap\nmmap.mmap(-1, 1 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40000)",
        REFUSED,
    )
    yield Attack("os.memfd_create", "os.memfd_create('escondida')", REFUSED)
    for name, number in {"vsock": 40, "netlink": 16, "packet": 17, "alg": 38, "bluetooth": 31, "key": 15}.items():
        yield Attack(f"socket {name}", f"import socket\nsocket.socket({number}, socket.SOCK_RAW)", "not supported")
    yield Attack("socket cru", "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_RAW, 1)", REFUSED)
    yield Attack(
        "socket abstrato da máquina",
        "import socket\nsocket.socket(socket.AF_UNIX).connect('\\0/tmp/.X11-unix/X0')",
        "refused",
    )
    yield Attack("nome na internet", "import socket\nsocket.gethostbyname('example.org')", "gaierror")
    yield Attack("outro processador", "os.sched_setaffinity(0, range(os.cpu_count()))", REFUSED)
    yield Attack("um processador só", "print(len(os.sched_getaffinity(0)))", prints="1")
    yield Attack("prioridade maior", "os.setpriority(os.PRIO_PROCESS, 0, 0)", DENIED)
    yield Attack("tempo real", "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))", REFUSED)
    yield Attack("não morrer primeiro", "open('/proc/self/oom_score_adj', 'w')", FIXED)
    for name in ("AS", "FSIZE", "NOFILE", "CORE"):
        more = f"import resource\nresource.setrlimit(resource.RLIMIT_{name}, (-1, -1))"
        yield Attack(f"aumenta o limite {name}", more, "not allowed to raise maximum limit")
    yield Attack("escreve no núcleo", "open('/proc/sys/kernel/core_pattern', 'w')", FIXED)
    yield Attack("outro mapa de usuários", "open('/proc/self/uid_map', 'w')", FIXED)
    yield Attack(
        "digita no terminal", "import fcntl\nfcntl.ioctl(os.open('/dev/ptmx', os.O_RDWR), 0x5412, b'x')", REFUSED
    )
    yield Attack("o terminal de quem corrige", "open('/dev/tty')", "No such device")
    yield Attack(
        "unshare",
        "import subprocess\nsubprocess.run(['unshare', '-Ur', 'true'], check=True, capture_output=True)",
        "exit status",
    )
    yield Attack("cria um dispositivo", "os.mknod('disco', 0o60600, os.makedev(8, 0))", REFUSED)
    yield Attack("muda a raiz", "os.chroot('/tmp')", REFUSED)
    yield Attack(
        "poderes",
        "print({line.split()[1] for line in open('/proc/self/status') if line.startswith('Cap')})",
        prints="{'0000000000000000'}",
    )
    yield Attack(
        "poderes por setuid",
        "print([line.split()[1] for line in open('/proc/self/status') if line.startswith('NoNewPrivs')])",
        prints="['1']",
    )
    yield Attack("mata todos", "import signal\nprint(os.kill(1, signal.SIGKILL))", prints="None")  # and nothing happens
    yield Attack("segura o processo 1", "import signal\nos.kill(1, signal.SIGSTOP)\nprint('ainda')", prints="ainda")
    for folder in ("/tmp", "/dev/shm", "/kernel"):
        yield Attack(f"reserva sem tamanho em {folder}", FALLOCATE.format(folder=folder), "No space left")
        yield Attack(f"apagados e abertos em {folder}", UNLINKED.format(folder=folder), "No space left")
    yield Attack("além do maior caminho", TOO_DEEP, "No space left")
    yield Attack(
        "a conexão que passou",
        "import json\nprint(sorted(json.load(open('/kernel/c.json')))[:1])",
        prints="['control_port']",
    )


ATTACKS = {attack.name: attack for attack in _attacks()}
