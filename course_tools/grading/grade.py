"""A correção de uma turma: as entregas, em paralelo, e depois o caderno, as planilhas e as devolutivas."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from sqlalchemy.exc import DatabaseError

from course_lib.atomic import why
from course_tools.errors import GradingError
from course_tools.grading import litter
from course_tools.grading.delivered import count_answers
from course_tools.grading.gradebook import (
    FinalMark,
    automatic_marks,
    final_marks,
    open_gradebook,
    record,
    recorded_students,
)
from course_tools.grading.items import Item
from course_tools.grading.records import Occurrence, Result, load_result, occurrence, save_result
from course_tools.grading.report import Row, number, write_feedback, write_marks, write_occurrences
from course_tools.grading.sandbox import check_isolation
from course_tools.grading.single import Grading, grade_submission, grader_error
from course_tools.grading.submissions import Submission, find_submissions
from course_tools.grading.walls import is_visible

NOT_NOW = "a nota é a que o caderno de notas já tinha; a devolutiva não foi refeita"
DATE = "%d/%m/%Y %H:%M"
Progress = Callable[[str, int], None]


@litter.own_temporary_folder()
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
    _check_places(grading, source)
    submissions, loose = find_submissions(source, f"{grading.assignment.name}.ipynb", partial(_answers, grading))
    _make(grading.folder.root)
    grading.assignment.prepare_checks()
    graded = _grade_all(grading, submissions, progress)
    rows = sorted(_record_all(grading, submissions, graded), key=lambda row: row.student)
    write_marks(rows, grading.assignment, grading.folder.marks)
    write_occurrences(rows, loose, grading.folder.occurrences)
    return rows


def _check_places(grading: Grading, source: Path) -> None:
    folder = grading.folder.root
    if folder.resolve().is_relative_to(source.resolve()):
        raise GradingError(
            f"{folder} não serve de pasta das notas: é a das entregas, {source}, ou fica dentro dela, e da próxima vez "
            "seria corrigida como se fosse um aluno. Escolha outra pasta em --saida."
        )
    for path in filter(is_visible, (source, folder) if grading.isolated else ()):
        raise GradingError(
            f"{path} fica dentro de uma pasta que o código dos alunos enxerga (o curso, os dados, o ambiente "
            "Python). Escolha outro lugar."
        )


def _answers(grading: Grading, item: Item) -> int:
    """Quantas respostas tem um notebook entregue; -1 se ele não se lê."""
    limit = grading.limits.notebook_bytes
    try:
        return count_answers(item.read(limit + 1), limit, grading.assignment)
    except Exception:  # do disco, do zip, do próprio arquivo: quem o corrigir dirá qual
        return -1


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GradingError(
            f"{folder} não serve de pasta das notas: {why(error)}. Escolha uma pasta em --saida."
        ) from error


def _grade_all(grading: Grading, submissions: Sequence[Submission], progress: Progress) -> dict[str, Result]:
    done = {}
    with ThreadPoolExecutor(grading.workers) as pool:
        try:
            futures = {pool.submit(grade_submission, grading, one): one for one in submissions}
            for future in as_completed(futures):
                student = futures[future].student
                done[student] = future.result()
                progress(_line(grading, student, done[student]), len(submissions))
        except BaseException:
            grading.stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    return done


def _line(grading: Grading, student: str, result: Result) -> str:
    automatic = [one for one in grading.assignment.graded if one.exercise]
    points = sum(one.points * (result.marks[one.name].score or 0) for one in automatic)
    strange = "".join(f"; {kind}" for kind in dict.fromkeys(one.kind for one in result.occurrences))
    return f"{student}: {number(points)} de {number(sum(one.points for one in automatic))} automáticos{strange}"


def _record_all(grading: Grading, submissions: Sequence[Submission], graded: dict[str, Result]) -> list[Row]:
    """Registra as notas no caderno e escreve as devolutivas, com o que o caderno traz de dado à mão."""
    with open_gradebook(grading.folder, grading.assignment, grading.deadline) as gradebook:
        rows = [_record_one(grading, gradebook, one, graded[one.student]) for one in submissions]
        rows += _absent(grading, gradebook, set(graded))
    return rows


def _record_one(grading: Grading, gradebook: Gradebook, submission: Submission, result: Result) -> Row:
    """Um aluno no caderno, e a devolutiva dele. O que não se consegue é dito nas ocorrências e não para os outros."""
    delivered = submission.notebook.modified if submission.notebook else None
    student, changed = submission.student, result.pending_review
    occurrences = [*submission.occurrences, *result.occurrences]
    try:
        final = record(gradebook, grading.assignment, student, delivered, result.marks, changed)
    except DatabaseError:  # é do caderno, não deste aluno
        raise
    except Exception as error:
        gradebook.db.rollback()
        final = automatic_marks(grading.assignment, result.marks)
        occurrences.append(grader_error(error))
    else:
        _forget_change(grading, student, result)
    row = _row(grading, submission, delivered, final, result, occurrences)
    try:
        path = grading.folder.graded_notebook(student, grading.assignment.name)
        write_feedback(row, grading.assignment, nbformat.read(path, as_version=4), grading.folder, grading.site)
    except Exception as error:
        reason = why(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        return replace(row, occurrences=(*row.occurrences, occurrence("devolutiva não escrita", reason)))
    return row


def _forget_change(grading: Grading, student: str, result: Result) -> None:
    """O caderno já sabe que a entrega mudou; se isto não se grava, ele o ouvirá outra vez, sem prejuízo."""
    if result.pending_review:
        with suppress(OSError):
            save_result(replace(result, pending_review=False), grading.folder.result(student))


def _absent(grading: Grading, gradebook: Gradebook, present: set[str]) -> Iterator[Row]:
    """Os alunos de uma correção anterior que não vieram nesta: a nota deles não desaparece da planilha."""
    for student, delivered in recorded_students(gradebook, grading.assignment).items():
        if student not in present:
            result = load_result(grading.folder.result(student)) or Result("", "", {}, ())
            notes = [occurrence("não veio nesta entrega", NOT_NOW), *result.occurrences]
            final = final_marks(gradebook, grading.assignment, student)
            row = _row(grading, Submission(student, student, None, ()), delivered, final, result, notes)
            yield replace(row, absent=True)


def _row(
    grading: Grading,
    submission: Submission,
    delivered: datetime | None,
    final: dict[str, FinalMark],
    result: Result,
    occurrences: list[Occurrence],
) -> Row:
    late = delivered > grading.deadline if grading.deadline and delivered else None
    if late:
        dates = f"entregue em {delivered:{DATE}}, prazo em {grading.deadline:{DATE}}"
        occurrences.insert(0, occurrence("fora do prazo", dates))
    when = f"{delivered:{DATE}}" if delivered else ""
    return Row(submission.student, submission.delivered_as, when, late, final, result, tuple(occurrences))
