"""`lab`: abre o JupyterLab na série, em português."""

import argparse
import json
import os
import sys
from pathlib import Path

from course_lib.paths import PACKAGE_PARENT

SUMMARY = "abre o JupyterLab, em português, no primeiro notebook"
SETTINGS_DIR = PACKAGE_PARENT / "course_tools" / "lab_settings"
FIRST = "01"
SOLUTIONS = "instrutor"
CLUTTER = ["__pycache__", "*.pyc", "*.egg-info", "*~"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Declara as opções do comando."""
    parser.add_argument("--instrutor", action="store_true", help="mostra também a pasta instrutor, com as soluções")
    parser.add_argument("jupyter", nargs="*", metavar="OPÇÃO", help="depois de --, opções para o JupyterLab")


def main(options: argparse.Namespace) -> int:
    """Inicia o servidor e só volta quando ele termina.

    As configurações do curso são apenas o padrão: o que cada um escolher no menu tem precedência. Elas escondem também
    os botões do nbgrader, do nbdime e do Notebook, para que quem roda os testes veja o mesmo JupyterLab que um aluno.

    Raises:
        ArgumentError: se a pasta dos notebooks não existe, se quem chama é o root, que o JupyterLab recusa, se um
            arquivo de configuração dele está quebrado, ou se ele não abriu.
    """
    from course_lib.errors import ArgumentError

    if hasattr(os, "geteuid") and os.geteuid() == 0 and "--allow-root" not in options.jupyter:
        raise ArgumentError(
            "o JupyterLab se recusa a abrir para o root, o administrador. Entre como outro usuário; num contêiner, em "
            "que não há outro, rode .venv/bin/python -m course_tools lab -- --allow-root"
        )
    from course_tools.runner.series import HIDDEN_MODULE, find_series, shadowing

    (first,) = find_series(only=[FIRST])
    files = _configuration_files()
    for warning in filter(None, map(_unreadable, files)):
        print(f"Atenção: {warning}", file=sys.stderr)
    if shadowed := ", ".join(path.name for path in shadowing(first.parent)):
        print(f"Atenção: se um notebook falhar, {HIDDEN_MODULE.format(shadowed)}", file=sys.stderr)

    from jupyterlab.labapp import LabApp

    defaults = {
        "ServerApp.root_dir": PACKAGE_PARENT,
        "ServerApp.kernel_spec_manager_class": "course_tools.runner.kernel.CourseKernelSpecManager",
        "ContentsManager.hide_globs": CLUTTER if options.instrutor else [*CLUTTER, SOLUTIONS],
        "LabApp.app_settings_dir": SETTINGS_DIR,
        "LabApp.default_url": f"/lab/tree/{first.relative_to(PACKAGE_PARENT).as_posix()}",
    }
    given = {option.lstrip("-").partition("=")[0] for option in options.jupyter}
    arguments = [f"--{name}={value}" for name, value in defaults.items() if name not in given]
    try:
        LabApp.launch_instance(arguments + options.jupyter)
    except SystemExit as stop:
        if stop.code not in (None, 0):
            read = f" A configuração que ele leu: {', '.join(map(str, files))}." if files else ""
            raise ArgumentError(f"o JupyterLab não abriu. A causa, em inglês, está nas linhas acima.{read}") from stop
    return 0


def _configuration_files() -> list[Path]:
    """Os arquivos de configuração de quem chama que o JupyterLab vai ler."""
    from jupyter_core.paths import jupyter_config_path

    folders = {Path(folder): None for folder in jupyter_config_path() if not folder.startswith(sys.prefix)}
    stems = ("jupyter_config", "jupyter_server_config", "jupyter_lab_config")
    paths = [folder / f"{stem}{suffix}" for folder in folders for stem in stems for suffix in (".py", ".json")]
    more = [path for folder in folders for path in sorted(folder.glob("jupyter_server_config.d/*.json"))]
    return [path for path in paths + more if path.is_file()]


def _unreadable(path: Path) -> str | None:
    """Por que um arquivo de configuração será deixado de lado; None se não será."""
    try:
        text = path.read_text(encoding="utf-8")
        json.loads(text) if path.suffix == ".json" else compile(text, path, "exec")
        return None
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f", linha {line}" if line else ""
        return f"a configuração em {path}{where} está quebrada, e o JupyterLab não a usa; corrija-a: {error}"
