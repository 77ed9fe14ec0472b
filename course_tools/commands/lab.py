"""`lab`: abre o JupyterLab na série, em português."""

import argparse
import os

from course_lib.paths import PACKAGE_PARENT

SUMMARY = "abre o JupyterLab, em português, no primeiro notebook"
SETTINGS_DIR = PACKAGE_PARENT / "course_tools" / "lab_settings"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declara as opções do comando."""
    parser.add_argument("jupyter", nargs="*", metavar="OPÇÃO", help="depois de --, opções para o JupyterLab")


def main(options: argparse.Namespace) -> int:
    """Inicia o servidor e só volta quando ele termina.

    As configurações do curso são apenas o padrão: o que cada um escolher no menu tem precedência. Elas escondem também
    os menus do nbgrader, para que quem roda os testes veja o mesmo JupyterLab que um aluno.

    Raises:
        ArgumentError: se a pasta dos notebooks não existe, ou se quem chama é o root, que o JupyterLab recusa.
    """
    from course_lib.errors import ArgumentError

    if hasattr(os, "geteuid") and os.geteuid() == 0 and "--allow-root" not in options.jupyter:
        raise ArgumentError(
            "o JupyterLab se recusa a abrir para o root, o administrador. Entre como outro usuário; num contêiner, em "
            "que não há outro, rode .venv/bin/curso lab -- --allow-root"
        )
    from jupyterlab.labapp import LabApp

    from course_tools.runner.series import find_series

    defaults = {
        "ServerApp.root_dir": PACKAGE_PARENT,
        "ServerApp.kernel_spec_manager_class": "course_tools.runner.kernel.CourseKernelSpecManager",
        "LabApp.app_settings_dir": SETTINGS_DIR,
        "LabApp.default_url": f"/lab/tree/{find_series()[0].relative_to(PACKAGE_PARENT).as_posix()}",
    }
    given = {option.lstrip("-").partition("=")[0] for option in options.jupyter}
    arguments = [f"--{name}={value}" for name, value in defaults.items() if name not in given]
    LabApp.launch_instance(arguments + options.jupyter)
    return 0
