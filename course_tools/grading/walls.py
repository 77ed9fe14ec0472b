"""As paredes do isolamento: o que um processo isolado vê, o que não pode pedir ao núcleo, e as que aqui faltam.

O bubblewrap lhe dá uma máquina quase vazia: o sistema, o ambiente Python e os dados, só para leitura; nenhuma rede;
outra árvore de processos; pastas de rascunho em memória, de tamanho fixo. O pacote do instrutor (`course_tools`), as
soluções, as outras entregas, as notas, a pasta pessoal e o ambiente de quem corrige não existem lá dentro.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from course_lib.paths import PACKAGE_PARENT, data_dir
from course_tools.errors import SandboxError
from course_tools.grading import seccomp
from course_tools.grading.config import MIB

SYSTEM_FOLDERS = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc/alternatives", "/etc/ld.so.cache")
INSIDE, SCRATCH = Path("/kernel"), Path("/tmp")
CONNECTION = "c.json"
KERNEL_FOLDER_BYTES = 8 * MIB
WITH_SOLUTIONS = ("course_tools", "notebooks/instrutor", "tests", "benchmarks", ".git")
HIDDEN_IN_PROC = ("/proc/keys", "/proc/key-users")
# marcas que o guardião troca por descritores: o filtro, os dados da conexão, e onde o bubblewrap diz quem criou
FILTER, CONNECTION_DATA, TOLD = "{filtro}", "{conexão}", "{criado}"


@dataclass(frozen=True)
class Walls:
    """As paredes que nem toda máquina tem.

    Attributes:
        nested: se o bubblewrap impede que se crie lá dentro outro isolamento (`--disable-userns`, de 0.8 em diante).
        filter: o programa de `course_tools.grading.seccomp`, ou None.
    """

    nested: bool
    filter: bytes | None

    @property
    def missing(self) -> list[str]:
        """O que falta, em português, e o que cobre a falta."""
        notes = []
        if not self.nested:
            notes.append(
                "o bubblewrap não proíbe isolamentos dentro do isolamento (isso pede a versão 0.8 ou mais nova)"
            )
        if self.filter is None:
            notes.append("o núcleo, ou esta arquitetura, não filtra chamadas ao sistema (seccomp)")
        return notes


def best_walls() -> Walls:
    """As que este bubblewrap e esta arquitetura prometem; se o sistema as dá, só tentando."""
    asked = subprocess.run(["bwrap", "--help"], capture_output=True, text=True, timeout=30, check=False)
    return Walls("--disable-userns" in asked.stdout + asked.stderr, seccomp.program())


def bubblewrap(walls: Walls, scratch_bytes: int, tasks: int) -> list[str]:
    """O começo da linha de comando: depois dele vem o programa a isolar.

    Args:
        scratch_bytes: tamanho de cada pasta de rascunho.
        tasks: processos e threads que o núcleo deixa existir, onde ele os conta por isolamento.
    """
    options = ["--unshare-all", "--unshare-user", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL"]
    options += ["--die-with-parent", "--new-session", "--hostname", "curso", "--clearenv", "--info-fd", TOLD]
    options += ["--disable-userns"] if walls.nested else []
    options += ["--seccomp", FILTER] if walls.filter else []
    options += ["--proc", "/proc", "--tmpfs", "/proc/1", "--remount-ro", "/proc/1", "--dev", "/dev"]
    for hidden in (*HIDDEN_IN_PROC, "/dev/zero"):  # mapear /dev/zero daria memória que não se conta
        options += ["--ro-bind", "/dev/null", hidden]
    options += ["--remount-ro", "/proc"]  # se quem corrige é o root, os ajustes do núcleo seriam de quem está lá dentro
    for folder, size in (("/dev/shm", scratch_bytes), (SCRATCH, scratch_bytes), (INSIDE, KERNEL_FOLDER_BYTES)):
        options += ["--size", str(size), "--tmpfs", str(folder)]
    options += ["--file", CONNECTION_DATA, str(INSIDE / CONNECTION), *_mounts()]
    options += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", str(SCRATCH)]
    for name, value in environment(SCRATCH).items():
        options += ["--setenv", name, value]
    return [shutil.which("bwrap") or "bwrap", *options, "--", *_counted_tasks(tasks)]


def environment(scratch: Path) -> dict[str, str]:
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


def is_visible(path: Path) -> bool:
    """Se o processo isolado enxergaria este caminho."""
    folders = [*map(Path, SYSTEM_FOLDERS), *_course_folders()]
    return any(path.resolve().is_relative_to(folder.resolve()) for folder in folders)


def hidden_paths() -> list[Path]:
    """O que se esconde: a fonte das soluções, neste checkout ou instalada à parte, quando cai numa pasta visível."""
    found = {Path(sysconfig.get_path("purelib")).resolve() / "course_tools"}
    found |= {PACKAGE_PARENT / name for name in WITH_SOLUTIONS}
    return sorted(path for path in found if path.exists() and is_visible(path))


def refuse_open_home() -> None:
    """Recusa pastas visíveis que conteriam a pasta pessoal de quem corrige.

    Raises:
        SandboxError: alguma contém.
    """
    for folder in _course_folders():
        if Path.home().resolve().is_relative_to(folder.resolve()):
            raise SandboxError(
                f"{folder}, que o código dos alunos precisa enxergar (o Python, o curso ou os dados), contém a sua "
                "pasta pessoal. Mude COURSE_DATA_DIR, ou use um ambiente Python que não fique nela."
            )


def _counted_tasks(tasks: int) -> list[str]:
    """Do núcleo 5.14 em diante, este limite conta só os de dentro (e, do root, ninguém); antes, todos os do usuário."""
    version = tuple(int(part) for part in re.findall(r"\d+", os.uname().release)[:2])
    counts = version >= (5, 14) and shutil.which("prlimit")
    return ["prlimit", f"--nproc={tasks}", "--"] if counts else []


def _mounts() -> list[str]:
    """O que se vê lá dentro, só para leitura, e o que se esconde."""
    options = []
    for folder in map(Path, SYSTEM_FOLDERS):
        if folder.is_symlink() and folder.is_dir():
            options += ["--symlink", os.readlink(folder), str(folder)]
        elif folder.exists():
            options += ["--ro-bind", str(folder), str(folder)]
    folders = _course_folders()
    for folder in sorted({folder.resolve() for folder in folders}):
        options += ["--ro-bind", str(folder), str(folder)]
    for alias in (folder for folder in folders if folder != folder.resolve()):
        if not any(alias.parent.resolve().is_relative_to(folder.resolve()) for folder in folders):  # lá, já se vê
            options += ["--ro-bind", str(alias), str(alias)]
    for path in hidden_paths():
        cover = ["--tmpfs", str(path), "--remount-ro"] if path.is_dir() else ["--ro-bind", os.devnull]
        options += [*cover, str(path)]
    return options


def _course_folders() -> list[Path]:
    folders = {Path(sys.base_prefix), Path(sys.prefix), PACKAGE_PARENT / "course_lib", data_dir().resolve()}
    return sorted(folder for folder in folders if folder.exists())
