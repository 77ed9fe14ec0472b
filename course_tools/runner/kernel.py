"""O kernel do curso: o mesmo Python que deu o comando, sem avisos que assustem quem está começando."""

import sys
import weakref
from typing import ClassVar

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from traitlets import default

KERNEL_NAME = "python3"


class CourseKernelSpecManager(KernelSpecManager):
    """Faz "python3" ser sempre o interpretador corrente, ainda que outro tenha sido registrado com esse nome.

    O nível de registro cala as mensagens do próprio kernel, em inglês e repetidas a cada um que se inicia: a de que a
    conversa com ele não é cifrada (ela não sai desta máquina) e a de que foi interrompido ao ser encerrado. Os erros
    do notebook não passam por aí. A barra de progresso das épocas, que some ao fim de cada uma, numa página deixaria só
    restos.
    """

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        spec = super().get_kernel_spec(kernel_name)
        if kernel_name == KERNEL_NAME:
            launcher = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]
            spec.argv = [sys.executable, *launcher, "--IPKernelApp.log_level=CRITICAL"]
            spec.env = {**spec.env, "COURSE_PROGRESS": "0"}
        return spec


class CourseKernelManager(AsyncKernelManager):
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

    @default("kernel_spec_manager")
    def _course_kernel_spec_manager(self) -> CourseKernelSpecManager:
        return CourseKernelSpecManager(parent=self)
