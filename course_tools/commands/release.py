"""`gerar`: faz a versão do aluno dos exercícios a partir da do instrutor."""

import argparse
from pathlib import Path

SUMMARY = "gera a versão do aluno dos exercícios (para o instrutor)"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declara as opções do comando."""
    parser.add_argument("--origem", metavar="NOTEBOOK", type=Path, help="a versão do instrutor; por padrão, a do curso")
    parser.add_argument("--saida", metavar="NOTEBOOK", type=Path, help="a versão do aluno; por padrão, a da série")


def main(options: argparse.Namespace) -> int:
    """Gera e grava; devolve 0.

    Raises:
        ReleaseError: o notebook do instrutor tem algo errado; a versão do aluno fica como estava.
        NotebookError: o notebook do instrutor não pôde ser lido.
    """
    from course_tools.grading import release

    target = options.saida or release.student_path()
    release.write_release(options.origem or release.source_path(), target)
    print(f"Versão do aluno: {target}")
    return 0
