"""A correção de uma turma: as entregas, em paralelo, e depois o caderno, as planilhas e as devolutivas."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import datetime
from pathlib import Path

import nbformat

from course_lib.atomic import why
from course_lib.errors import GradingError
from course_lib.grading.gradebook import open_gradebook, record
from course_lib.grading.records import Result, occurrence
from course_lib.grading.report import Row, number, write_feedback, write_marks, write_occurrences
from course_lib.grading.sandbox import check_isolation, is_visible
from course_lib.grading.single import Graded, Grading, grade_submission
from course_lib.grading.submissions import Submission, find_submissions

DATE = "%d/%m/%Y %H:%M"
Progress = Callable[[str, int], None]


def grade_folder(grading: Grading, source: Path, progress: Progress = lambda line, total: None) -> list[Row]:
    """Corrige todas as entregas de `source` e escreve tudo o que `GradesFolder` descreve.

    O que já estava corrigido, e não mudou, não se corrige de novo: interrompida, a correção continua de onde parou.

    Args:
        source: pasta ou zip; veja `find_submissions`.
        progress: chamada a cada entrega pronta, com uma linha sobre ela e o número de entregas.

    Raises:
        SandboxError: não há isolamento.
        GradingError: não há entregas, ou a pasta das notas não serve.
    """
    if grading.isolated:
        check_isolation()
        _refuse_visible(source, grading.folder.root)
    submissions, loose = find_submissions(source, f"{grading.assignment.name}.ipynb")
    _make(grading.folder.root)
    grading.assignment.prepare_checks()
    graded = _grade_all(grading, submissions, progress)
    rows = _record_all(grading, submissions, graded)
    write_marks(rows, grading.assignment, grading.folder.marks)
    write_occurrences(rows, loose, grading.folder.occurrences)
    return rows


def _refuse_visible(*paths: Path) -> None:
    for path in filter(is_visible, paths):
        raise GradingError(
            f"{path} fica dentro de uma pasta que o código dos alunos enxerga (o curso, os dados, o ambiente Python). "
            "Escolha outro lugar."
        )


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GradingError(
            f"{folder} não serve de pasta das notas: {why(error)}. Escolha uma pasta em --saida."
        ) from error


def _grade_all(grading: Grading, submissions: Sequence[Submission], progress: Progress) -> dict[str, Graded]:
    done = {}
    with ThreadPoolExecutor(grading.workers) as pool:
        try:
            futures = {pool.submit(grade_submission, grading, one): one for one in submissions}
            for future in as_completed(futures):
                student = futures[future].student
                done[student] = future.result()
                progress(_line(grading, student, done[student].result), len(submissions))
        except BaseException:
            grading.stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    return done


def _line(grading: Grading, student: str, result: Result) -> str:
    scores = {one.name: result.marks[one.name].score for one in grading.assignment.graded}
    points = sum(one.points * (scores[one.name] or 0) for one in grading.assignment.graded)
    waiting = ", falta corrigir à mão" if None in scores.values() else ""
    strange = "".join(f"; {kind}" for kind in dict.fromkeys(one.kind for one in result.occurrences))
    return f"{student}: {number(points)} de {number(grading.assignment.points)}{waiting}{strange}"


def _record_all(grading: Grading, submissions: Sequence[Submission], graded: dict[str, Graded]) -> list[Row]:
    """Registra as notas no caderno e escreve as devolutivas, com o que o caderno traz de dado à mão."""
    rows = []
    with open_gradebook(grading.folder, grading.assignment, grading.deadline) as gradebook:
        for submission in submissions:
            result, changed = graded[submission.student].result, graded[submission.student].changed
            delivered = submission.notebook.modified if submission.notebook else None
            final = record(gradebook, grading.assignment, submission.student, delivered, result.marks, changed)
            row = _row(grading, submission, delivered, final, result)
            path = grading.folder.graded_notebook(submission.student, grading.assignment.name)
            write_feedback(row, grading.assignment, nbformat.read(path, as_version=4), grading.folder)
            rows.append(row)
    return rows


def _row(grading: Grading, submission: Submission, delivered: datetime | None, final: dict, result: Result) -> Row:
    occurrences = [*submission.occurrences, *result.occurrences]
    late = delivered > grading.deadline if grading.deadline and delivered else None
    if late:
        dates = f"entregue em {delivered:{DATE}}, prazo em {grading.deadline:{DATE}}"
        occurrences.insert(0, occurrence("fora do prazo", dates))
    when = f"{delivered:{DATE}}" if delivered else ""
    return Row(submission.student, submission.delivered_as, when, late, final, result, tuple(occurrences))
