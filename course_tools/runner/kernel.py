"""O kernel do curso: o mesmo Python que deu o comando e este checkout, sem avisos que assustem quem está começando."""

import os
import shutil
import sys
import tempfile
import weakref
from importlib.machinery import PathFinder
from importlib.metadata import entry_points
from pathlib import Path
from typing import ClassVar

import zmq
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerFactory

from course_lib.paths import PACKAGE_PARENT, in_checkout

KERNEL_NAME = "python3"
KERNEL_CLASS = "course_tools.runner.ipython.CourseKernel"
FORKED = "curso-fork"  # como course_tools/runner/forked.py se chama no pyproject.toml
LONGEST_SOCKET = 90  # bytes; o sistema recusa o caminho de um socket que passe de 104, ou de 108


class CourseKernelSpecManager(KernelSpecManager):
    """Faz "python3" ser sempre o interpretador corrente, ainda que outro tenha sido registrado com esse nome.

    Este checkout vem antes no caminho dos módulos: um ambiente copiado com a pasta aponta para o curso de onde veio.
    O nível de registro cala as mensagens do próprio kernel, em inglês e repetidas a cada um que se inicia: a de que a
    conversa com ele não é cifrada (ela não sai desta máquina) e a de que foi interrompido ao ser encerrado. Os erros
    do notebook não passam por aí.
    """

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        spec = super().get_kernel_spec(kernel_name)
        if kernel_name == KERNEL_NAME:
            launcher = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]
            options = {"log_level": "CRITICAL", "kernel_class": KERNEL_CLASS}
            chosen = [f"--IPKernelApp.{name}={value}" for name, value in options.items()]
            spec.argv = [sys.executable, *launcher, *chosen]
            if in_checkout():
                inherited = os.environ.get("PYTHONPATH")
                spec.env = spec.env | {"PYTHONPATH": os.pathsep.join(filter(None, [str(PACKAGE_PARENT), inherited]))}
        return spec


class AloneMixin:
    """O que um kernel sem ninguém diante dele tem de seu; vai antes de um gerenciador do jupyter_client.

    A conversa é por sockets ipc, numa pasta temporária: uma porta TCP escolhida pode ser tomada por outro programa
    antes de o kernel a ocupar. Na mesma pasta ficam um IPython e um matplotlib sem as preferências de quem executa, que
    mudariam as saídas. A barra de progresso das épocas, que some ao fim de cada uma, numa página deixaria só restos.

    Attributes:
        forked: se ele nasce de um processo que já importou as bibliotecas; ver `course_tools.runner.forked`.
    """

    forked = False

    def __init__(self, **options):
        super().__init__(**options)
        self.kernel_spec_manager = CourseKernelSpecManager(parent=self)
        self._folder = Path(tempfile.mkdtemp(prefix="curso-"))
        self._remove_folder = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self.connection_file = str(self._folder / "c.json")
        sockets = str(self._folder / "k")
        if os.name == "posix" and zmq.has("ipc") and len(os.fsencode(sockets)) <= LONGEST_SOCKET:
            self.transport, self.ip = "ipc", sockets

    @property
    def kernel_spec(self) -> KernelSpec:
        fresh, spec = self._kernel_spec is None, super().kernel_spec
        if fresh:
            preferences = self._folder / "matplotlibrc"
            preferences.touch()
            spec.argv = [*spec.argv, "--IPKernelApp.exec_PYTHONSTARTUP=False"]
            if self.forked and can_fork():
                spec.metadata = spec.metadata | {"kernel_provisioner": {"provisioner_name": FORKED}}
            spec.env = spec.env | {
                "COURSE_PROGRESS": "0",
                "IPYTHONDIR": str(self._folder / "ipython"),
                "MATPLOTLIBRC": str(preferences),
                "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            }
        return spec

    def cleanup_connection_file(self) -> None:
        super().cleanup_connection_file()
        self._remove_folder()


class CourseKernelManager(AloneMixin, AsyncKernelManager):
    """Inicia o kernel do curso; é o que o papermill usa aqui."""

    _alive: ClassVar[weakref.WeakSet["CourseKernelManager"]] = weakref.WeakSet()

    def __init__(self, **options):
        super().__init__(**options)
        self._alive.add(self)

    @classmethod
    def kill_all(cls) -> None:
        """Encerra os kernels em andamento, sem esperar; quem os usava recebe `DeadKernelError`."""
        for manager in list(cls._alive):
            process = getattr(manager.provisioner, "process", None)
            if process is not None:
                process.kill()


class ForkedKernelManager(CourseKernelManager):
    """O mesmo, para quem inicia vários kernels: só o primeiro espera que as bibliotecas sejam importadas."""

    forked = True


def can_fork() -> bool:
    """Se os kernels podem ser forks.

    Fora do Linux, o fork de um processo que importou tanto não é seguro; e um ambiente instalado antes que isto
    existisse não conhece o caminho.
    """
    return sys.platform == "linux" and bool(entry_points(group=KernelProvisionerFactory.GROUP_NAME, name=FORKED))


def shadowing(folder: Path) -> list[Path]:
    """Arquivos de `folder` que um notebook importaria em vez do pacote de mesmo nome; módulos do Python vêm antes."""
    elsewhere = [entry for entry in sys.path if Path(entry).resolve() != folder.resolve()]
    found = ((path, PathFinder.find_spec(path.stem, elsewhere)) for path in sorted(folder.glob("*.py")))
    return [path for path, spec in found if spec and spec.origin and path.stem not in sys.stdlib_module_names]
