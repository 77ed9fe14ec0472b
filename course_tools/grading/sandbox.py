"""O isolamento: que processo se cria para rodar o código de um aluno, o que ele vê e quando é morto.

O bubblewrap dá ao kernel uma máquina quase vazia: o sistema, o ambiente Python e os dados, só para leitura; nenhuma
rede; outra árvore de processos; um rascunho na memória. O pacote do instrutor (`course_tools`), as soluções, as
outras entregas, as notas e a pasta pessoal não existem lá dentro. O prlimit limita cada processo, e um vigia, o
conjunto deles.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from pathlib import Path

import psutil

from course_lib.paths import PACKAGE_PARENT, data_dir
from course_tools.errors import SandboxError
from course_tools.grading.config import MIB, Limits

SYSTEM_FOLDERS = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc/alternatives", "/etc/ld.so.cache")
INSIDE, SCRATCH = Path("/kernel"), Path("/tmp")
SOCKET_FOLDER_BYTES, BLOCK_BYTES = 8 * MIB, 4096
WATCH_SECONDS = 0.2
LIFELINE = "LIFELINE"
NICENESS = 10  # o código dos alunos cede a vez a quem o vigia


class Sandbox:
    """Um processo isolado e a pasta por onde se fala com ele.

    Attributes:
        folder: a pasta dos sockets, vista daqui.
        inside: a mesma pasta, vista de dentro.
        excess: o limite que o processo passou ("memória", "processos demais", "arquivos demais"), ou None.
    """

    def __init__(self, limits: Limits, isolated: bool = True):
        self.folder = Path(tempfile.mkdtemp(prefix="curso-"))  # nome curto: o de um socket não passa de 107 letras
        self.inside = INSIDE if isolated else self.folder
        self.excess: str | None = None
        self._limits, self._isolated = limits, isolated
        self._process: subprocess.Popen | None = None
        self._lifeline = -1

    def start(self, command: list[str]) -> None:
        """Roda `command` isolado. O que ele escreve na saída padrão se perde; o vigia o acompanha até o fim.

        Args:
            command: LIFELINE, onde aparece, vira o número de um descritor que se fecha quando este processo acaba,
                seja como for: o bubblewrap, que também devia acompanhá-lo, falha se isso acontece no começo.
        """
        lifeline, self._lifeline = os.pipe()
        command = [str(lifeline) if part == LIFELINE else part for part in command]
        launch = self._isolated_command(command) if self._isolated else [*_limited(self._limits), *command]
        self._process = subprocess.Popen(
            launch,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
            env=None if self._isolated else os.environ | _environment(self.folder),
            start_new_session=True,
            pass_fds=(lifeline,),
        )
        os.close(lifeline)
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def alive(self) -> bool:
        """Se o processo ainda roda."""
        return self._process is not None and self._process.poll() is None

    def close(self) -> None:
        """Mata o processo e todos os seus descendentes, e apaga a pasta dos sockets."""
        if self._process is not None:
            self._kill()
            self._process.wait()
            os.close(self._lifeline)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _isolated_command(self, command: list[str]) -> list[str]:
        binds = [*_mounts(), "--bind", str(self.folder), str(INSIDE)]
        return [*_limited(self._limits), *bubblewrap(binds, self._limits.scratch_bytes), *command]

    def _watch(self) -> None:
        try:
            while self.alive and self.excess is None:
                self.excess = self._measure()
                time.sleep(0 if self.excess else WATCH_SECONDS)
        finally:  # sem vigia, nada roda
            self._kill()

    def _measure(self) -> str | None:
        family = self._family()
        if len(family) > self._limits.processes:
            return "processos demais"
        if sum(map(_resident_bytes, family)) > self._limits.memory:
            return "memória"
        return "arquivos demais" if _written_bytes(self.folder, SOCKET_FOLDER_BYTES) > SOCKET_FOLDER_BYTES else None

    def _family(self) -> list[psutil.Process]:
        try:
            process = psutil.Process(self._process.pid)
            return [process, *process.children(recursive=True)]
        except psutil.Error:
            return []

    def _kill(self) -> None:
        """Sem o primeiro processo do bubblewrap, o núcleo mata todos os de dentro; sem bubblewrap, um por um."""
        for process in [] if self._isolated else self._family():
            try:
                process.kill()
            except psutil.Error:
                continue
        self._process.kill()


def check_isolation() -> None:
    """Confere, criando um processo que nada faz, que esta máquina isola.

    Raises:
        SandboxError: sem bubblewrap, sem prlimit, ou o sistema não deixa criar o isolamento.
    """
    missing = [name for name in ("bwrap", "prlimit", "nice") if shutil.which(name) is None]
    if missing:
        raise SandboxError(
            f"falta {', '.join(missing)}, e o código dos alunos só roda isolado. No Debian e no Ubuntu: "
            "sudo apt install bubblewrap util-linux. O isolamento só existe em Linux. Se você confia em todas as "
            "entregas, ou corrige numa máquina descartável, use --sem-isolamento."
        )
    command = [*_limited(Limits()), *bubblewrap(_mounts(), MIB), sys.executable, "-c", "import course_lib.errors"]
    trial = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd="/", check=False)
    if trial.returncode:
        reason = (trial.stderr.strip().splitlines() or ["sem mensagem"])[-1]
        raise SandboxError(
            f"o bubblewrap não conseguiu isolar um processo ({reason}). Em geral, o sistema proíbe que usuários comuns "
            "criem espaços de nomes: veja kernel.unprivileged_userns_clone e, no Ubuntu, "
            "kernel.apparmor_restrict_unprivileged_userns. Se você confia em todas as entregas, ou corrige numa "
            "máquina descartável, use --sem-isolamento."
        )


def bubblewrap(binds: list[str], scratch_bytes: int) -> list[str]:
    """O começo da linha de comando: depois dele vem o programa a isolar.

    Args:
        binds: opções de bubblewrap que montam o que se vê lá dentro.
        scratch_bytes: tamanho da pasta de rascunho.
    """
    options = ["--unshare-all", "--unshare-user", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL"]
    options += ["--die-with-parent", "--new-session", "--hostname", "curso", "--clearenv"]
    options += ["--proc", "/proc", "--dev", "/dev", "--size", str(scratch_bytes), "--tmpfs", "/dev/shm"]
    options += ["--size", str(scratch_bytes), "--tmpfs", str(SCRATCH), *binds]
    options += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", str(SCRATCH)]
    for name, value in _environment(SCRATCH).items():
        options += ["--setenv", name, value]
    return ["bwrap", *options, "--"]


def _mounts() -> list[str]:
    """O que se vê lá dentro, só para leitura, e o que se esconde."""
    options = []
    for folder in map(Path, SYSTEM_FOLDERS):
        if folder.is_symlink() and folder.is_dir():
            options += ["--symlink", os.readlink(folder), str(folder)]
        elif folder.exists():
            options += ["--ro-bind", str(folder), str(folder)]
    for folder in _course_folders():
        options += ["--ro-bind", str(folder), str(folder)]
    for folder in secret_folders():
        options += ["--tmpfs", str(folder), "--remount-ro", str(folder)]
    return options


def _course_folders() -> list[Path]:
    folders = {Path(sys.base_prefix), Path(sys.prefix), PACKAGE_PARENT / "course_lib", data_dir().resolve()}
    return sorted(folder for folder in folders if folder.exists())


def is_visible(path: Path) -> bool:
    """Se o processo isolado enxergaria este caminho."""
    folders = [*map(Path, SYSTEM_FOLDERS), *_course_folders()]
    return any(path.resolve().is_relative_to(folder.resolve()) for folder in folders)


def secret_folders() -> list[Path]:
    """As cópias de `course_tools` que o processo isolado poderia alcançar: a em uso e uma instalada à parte."""
    parents = {PACKAGE_PARENT, Path(sysconfig.get_path("purelib"))}
    return sorted(folder for parent in parents if (folder := parent / "course_tools").is_dir())


def _environment(scratch: Path) -> dict[str, str]:
    """As variáveis de ambiente do kernel; isolado, são as únicas que ele tem."""
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(scratch),
        "USER": "aluno",
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(PACKAGE_PARENT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "IPYTHONDIR": str(scratch / ".ipython"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_NUM_THREADS": "1",
        "COURSE_DATA_DIR": str(data_dir().resolve()),
        "COURSE_MODELS_DIR": str(scratch / "models"),
        "COURSE_DEVICE": "cpu",
    }


def _limited(limits: Limits) -> list[str]:
    """Prioridade baixa e limites por processo. RLIMIT_NPROC não serve: conta todos os processos do usuário."""
    sizes = [f"--as={limits.memory}", f"--fsize={limits.file_bytes}", "--core=0", "--nofile=1024"]
    return ["nice", "-n", str(NICENESS), "prlimit", *sizes, "--"]


def _resident_bytes(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0


def _written_bytes(root: Path, enough: int) -> int:
    """Bytes dos arquivos da pasta, contando ao menos um bloco de cada; para de contar ao passar de `enough`.

    Quem escreve nela pode apagar o que se está olhando.
    """
    total = 0
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            with contextlib.suppress(OSError):
                total += max(os.lstat(os.path.join(folder, name)).st_size, BLOCK_BYTES)
            if total > enough:
                return total
    return total
