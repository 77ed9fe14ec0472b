"""`formgrader`: a correção à mão, no navegador. Pede os pacotes do instrutor."""

import argparse
from pathlib import Path

SUMMARY = "abre a correção à mão das entregas já corrigidas (para quem ensina)"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declara as opções do comando."""
    parser.add_argument("notas", metavar="NOTAS", type=Path, help="a pasta das notas, a que corrigir chama de --saida")
    parser.add_argument("jupyter", nargs="*", metavar="OPÇÃO", help="depois de --, opções para o servidor do Jupyter")


def main(options: argparse.Namespace) -> int:
    """Abre a lista das entregas no navegador e só volta quando o servidor termina.

    Raises:
        CourseError: falta o nbgrader, ou a pasta não é de notas.
    """
    from course_tools.commands.grade import require_nbgrader

    require_nbgrader()
    from course_tools.grading.config import GradesFolder
    from course_tools.grading.formgrader import serve

    serve(GradesFolder(options.notas), options.jupyter)
    return 0
