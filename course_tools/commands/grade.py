"""`corrigir`: corrige as entregas do notebook de exercícios. Pede os pacotes do instrutor."""

import argparse
from datetime import datetime, time
from pathlib import Path

SUMMARY = "corrige as entregas do notebook de exercícios (para quem ensina)"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declara as opções do comando."""
    from course_tools.commands.parser import positive_int

    parser.add_argument(
        "entregas",
        metavar="ENTREGAS",
        type=Path,
        help="pasta com uma pasta por aluno, ou o zip que o Moodle exporta",
    )
    parser.add_argument("--saida", metavar="NOTAS", type=Path, required=True, help="pasta das notas; criada se falta")
    parser.add_argument(
        "--prazo",
        metavar="DATA",
        type=deadline,
        help="AAAA-MM-DD (até o fim do dia) ou AAAA-MM-DDTHH:MM, na hora local; o atraso é só anotado",
    )
    parser.add_argument(
        "--sem-isolamento",
        action="store_true",
        help="roda o código dos alunos sem bubblewrap, com os seus poderes: só se você confia em todas as entregas",
    )
    parser.add_argument("--processos", metavar="N", type=positive_int, default=2, help="entregas ao mesmo tempo (2)")
    parser.add_argument(
        "--site", metavar="ENDEREÇO", help="onde estão as páginas das lições, para que as devolutivas levem a elas"
    )
    parser.add_argument("--notebook", metavar="ARQUIVO", type=Path, help="outra versão do aluno que não a da série")


def main(options: argparse.Namespace) -> int:
    """Corrige e mostra uma linha por aluno, a tabela e onde ficou cada arquivo.

    Raises:
        CourseError: falta o nbgrader ou o isolamento, não há entregas, a pasta das notas não serve.
    """
    require_nbgrader()
    import sys

    from tqdm import tqdm

    from course_lib.datasets.movielens import load_movielens
    from course_tools.grading.assignment import load_assignment
    from course_tools.grading.config import GradesFolder
    from course_tools.grading.grade import grade_folder
    from course_tools.grading.release import student_path
    from course_tools.grading.report import text_table
    from course_tools.grading.sandbox import check_isolation
    from course_tools.grading.single import Grading

    assignment, folder = load_assignment(options.notebook or student_path()), GradesFolder(options.saida)
    load_movielens()  # deixa os dados preparados: isolado, ninguém os grava
    isolated = not options.sem_isolamento
    for wall in check_isolation() if isolated else ():
        print(f"Aviso: {wall}. O resto do isolamento continua de pé.", file=sys.stderr)
    grading = Grading(assignment, folder, options.prazo, isolated, options.processos, site=options.site)
    with tqdm(unit="entrega", dynamic_ncols=True, delay=0.001) as bar:  # o atraso a esconde até a primeira entrega

        def show(line: str, total: int) -> None:
            bar.total = total
            bar.write(line)
            bar.update()

        rows = grade_folder(grading, options.entregas, show)
    print(text_table(rows, assignment))
    print(f"\nNotas: {folder.marks}\nOcorrências: {folder.occurrences}\nDevolutivas: {folder.feedback_pages}")
    return 0


def require_nbgrader() -> None:
    """Confere que os pacotes do instrutor estão instalados.

    Raises:
        GradingError: falta o nbgrader.
    """
    from course_tools.errors import GradingError

    try:
        import nbgrader  # noqa: F401
    except ImportError as error:
        raise GradingError(
            "falta o nbgrader, que vem com os pacotes do instrutor: "
            'rode make grade, ou python -m pip install -c requirements.lock -e ".[instrutor]"'
        ) from error


def deadline(text: str) -> datetime:
    """Tipo de argumento: data, com hora ou sem ela (vale até o fim do dia)."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"não é uma data como 2026-11-30 ou 2026-11-30T18:00: {text!r}") from error
    whole_day = len(text) <= len("2026-11-30")
    moment = datetime.combine(moment, time(23, 59, 59)) if whole_day else moment
    return moment.astimezone().replace(tzinfo=None) if moment.tzinfo else moment
