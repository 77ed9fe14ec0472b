"""Kernels que nascem com as bibliotecas já importadas.

Importar o torch e o SciPy leva segundos de processador; há lições que não levam tanto. Aqui um processo os importa uma
vez (`preloaded.py`), e cada kernel é um fork dele, feito pelo `forkserver` do Python: um processo novo, que não divide
com os irmãos nada do que faz.
"""

import atexit
import multiprocessing
import os
import signal
import sys
from contextlib import suppress
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from threading import Thread

import numpy as np
from ipykernel.kernelapp import IPKernelApp
from jupyter_client.provisioning import LocalProvisioner

from course_tools.runner.kernel import shadowing

LAUNCHER = (sys.executable, "-m", "ipykernel_launcher")


class ForkedProvisioner(LocalProvisioner):
    """Faz do kernel do curso um fork; outro comando, ou um que importaria outra coisa, começa como sempre."""

    async def launch_kernel(self, cmd: list[str], **options):
        folder = Path(options.get("cwd") or ".").resolve()
        if tuple(cmd[: len(LAUNCHER)]) == LAUNCHER and not shadowing(folder):
            multiprocessing.set_forkserver_preload(["course_tools.runner.preloaded"])
            process = KernelProcess(cmd[len(LAUNCHER) :], options["env"], folder)
            with suppress(OSError, EOFError):  # aquele processo morreu: por falta de memória, por exemplo
                process.start()
                self.process, self.pid, self.pgid = process, process.pid, process.pid
                return self.connection_info
        return await super().launch_kernel(cmd, **options)


class KernelProcess(ForkServerProcess):
    """Um kernel, visto de fora como o `subprocess.Popen` que o jupyter_client espera."""

    stdin = stdout = stderr = None

    def __init__(self, arguments: list[str], environment: dict[str, str], folder: Path):
        super().__init__(target=run_kernel, args=(arguments, environment, folder), daemon=True)

    def poll(self) -> int | None:
        """O código de saída; None, se ainda não acabou."""
        return self.exitcode

    def wait(self) -> int:
        """Espera que acabe; devolve o código de saída."""
        self.join()
        return self.exitcode

    def send_signal(self, number: int) -> None:
        """Manda-lhe um sinal."""
        os.kill(self.pid, number)


def run_kernel(arguments: list[str], environment: dict[str, str], folder: Path) -> None:
    """Faz deste processo, recém-nascido, um kernel como o de `python -m ipykernel_launcher`."""
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path[:0] = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    np.random.seed()  # sem semente, os irmãos sorteariam o mesmo
    multiprocessing.current_process().daemon = False  # o notebook pode criar processos, e do modo de sempre
    multiprocessing.set_start_method(None, force=True)
    Thread(target=end_with_parent, daemon=True).start()
    try:
        IPKernelApp.launch_instance(arguments)
    finally:
        atexit._run_exitfuncs()  # o `multiprocessing` não as chama, e as pastas temporárias ficariam


def end_with_parent() -> None:
    """Espera o fim de quem pediu o kernel, seja como for, e acaba também."""
    multiprocessing.parent_process().join()
    os._exit(1)
