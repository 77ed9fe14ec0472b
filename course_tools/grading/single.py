"""A correção de uma entrega, do arquivo à nota. Nenhum erro dela sai daqui, para que não pare as outras."""

import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path

from course_lib.atomic import why
from course_tools.errors import NotebookError
from course_tools.grading.assignment import Assignment
from course_tools.grading.config import GradesFolder, Limits
from course_tools.grading.delivered import Cell, Unreadable, open_answer, read_cells
from course_tools.grading.execution import Run, Runner
from course_tools.grading.graded import graded_notebook
from course_tools.grading.kernel import Stopped
from course_tools.grading.records import Mark, Occurrence, Result, load_result, occurrence, save_result
from course_tools.grading.remarks import hints, mentions, remarks
from course_tools.grading.submissions import Submission
from course_tools.runner.cleaning import save_notebook
from course_tools.runner.series import read_notebook

NOT_ANSWERED = "Não foi respondido."


@dataclass(frozen=True)
class Grading:
    """Uma correção: o que se corrige, para onde vão as notas e com que cuidado.

    Attributes:
        folder: a pasta das notas.
        deadline: o prazo, na hora local; None se não há.
        isolated: False só quando o instrutor disse, com todas as letras, que não quer isolamento.
        workers: entregas corrigidas ao mesmo tempo.
        stop: quando ligado, os kernels em uso terminam.
        site: endereço das páginas das lições, para as devolutivas.
    """

    assignment: Assignment
    folder: GradesFolder
    deadline: datetime | None = None
    isolated: bool = True
    workers: int = 2
    limits: Limits = field(default_factory=Limits)
    stop: threading.Event = field(default_factory=threading.Event)
    site: str | None = None


def grade_submission(grading: Grading, submission: Submission) -> Result:
    """Corrige uma entrega, ou reaproveita a correção feita, se nada mudou.

    Raises:
        Stopped: a correção foi interrompida.
    """
    path = grading.folder.result(submission.student)
    notebook_path = grading.folder.graded_notebook(submission.student, grading.assignment.name)
    before = load_result(path)
    content, unreadable = _read(submission, grading.limits)
    digest = _digest(content, grading)
    names = {graded.name for graded in grading.assignment.graded}
    if before and before.digest == digest and set(before.marks) == names and _is_whole(notebook_path):
        return before
    pending = before is not None and (before.pending_review or before.content != _content_digest(content))
    empty = Result(digest, _content_digest(content), {}, (unreadable,) if unreadable else (), pending)
    try:
        result = _grade(grading, content, empty, notebook_path)
        save_result(result, path)
    except Stopped:
        raise
    except Exception as error:  # o que o aluno escreveu não se deixa gravar: grava-se sem isso
        result = _finish(grading, _failed(empty, error), [], Run(), notebook_path)
        save_result(result, path)
    return result


def _is_whole(path: Path) -> bool:
    """Se há ali um notebook, e não o começo de um, que um disco cheio ou uma cópia interrompida deixaram."""
    try:
        return isinstance(read_notebook(path).cells, list)
    except NotebookError:
        return False


def _grade(grading: Grading, content: bytes | None, empty: Result, notebook_path: Path) -> Result:
    """Lê, executa e dá as notas; o que dá errado vira ocorrência."""
    cells, run, result = [], Run(), empty
    try:
        if content is not None:
            cells, notes = read_cells(content, grading.limits.notebook_bytes, grading.assignment)
            result = replace(result, occurrences=(*notes, *remarks(cells, grading.assignment)))
            run = _run(grading, cells)
    except Unreadable as problem:
        result = replace(result, occurrences=(occurrence(problem.kind, problem.detail),))
    except Stopped:
        raise
    except Exception as error:
        result = _failed(result, error)
    return _finish(grading, result, cells, run, notebook_path)


def _failed(result: Result, error: Exception) -> Result:
    """O resultado de uma correção que falhou; sem resumo, não se reaproveita: rodando de novo, tenta-se de novo."""
    return replace(result, digest="", occurrences=(*result.occurrences, grader_error(error)))


def grader_error(error: Exception) -> Occurrence:
    """A ocorrência de um erro que não é do aluno."""
    return occurrence("erro do corretor", f"{type(error).__name__}: {error}")


def _finish(grading: Grading, result: Result, cells: Sequence[Cell], run: Run, notebook_path: Path) -> Result:
    """As notas, e o notebook como foi corrigido, que fica gravado."""
    marks, occurrences = _marks(grading, cells, run), (*result.occurrences, *run.occurrences)
    save_notebook(graded_notebook(grading.assignment, cells, run.outputs, marks), notebook_path)
    return replace(result, marks=marks, occurrences=occurrences)


def _read(submission: Submission, limits: Limits) -> tuple[bytes | None, Occurrence | None]:
    """O conteúdo do arquivo, até pouco além do limite; sem arquivo ou sem leitura, None."""
    if submission.notebook is None:
        return None, None
    try:
        return submission.notebook.read(limits.notebook_bytes + 1), None
    except OSError as error:
        return None, occurrence("não se pode ler", why(error))
    except Exception as error:  # um zip danificado
        return None, occurrence("não se pode ler", f"o arquivo está danificado ({type(error).__name__})")


def _digest(content: bytes | None, grading: Grading) -> str:
    deciding = [_content_digest(content), grading.assignment.fingerprint, grading.isolated, asdict(grading.limits)]
    return hashlib.sha256(json.dumps(deciding).encode()).hexdigest()


def _content_digest(content: bytes | None) -> str:
    return hashlib.sha256(content or b"").hexdigest()


def _run(grading: Grading, cells: Sequence[Cell]) -> Run:
    """Executa as células de código, menos as verificações intactas: elas só diriam ao aluno o que ele já viu."""
    assignment = grading.assignment
    sources = {
        position: cell.source
        for position, cell in enumerate(cells)
        if cell.kind == "code" and not cell.blank and not (cell.pristine and assignment.is_check(cell.grade_id))
    }
    first = next((position for position, cell in enumerate(cells) if assignment.is_answer(cell.grade_id)), 0)
    watched = {position for position, cell in enumerate(cells) if position < first or not cell.pristine}
    functions = [name for graded in assignment.graded if graded.exercise for name in graded.exercise.functions]
    naming = mentions(cells, functions)
    return Runner(sources, watched, assignment.graded, grading.limits, grading.isolated, grading.stop, naming).run()


def _marks(grading: Grading, cells: Sequence[Cell], run: Run) -> dict[str, Mark]:
    marks = {}
    for graded in grading.assignment.graded:
        if graded.exercise is None:
            marks[graded.name] = Mark(None) if open_answer(cells, graded.name) else Mark(0.0, (NOT_ANSWERED,))
        elif graded.name in run.verdicts:
            verdict = run.verdicts[graded.name]
            marks[graded.name] = Mark(verdict.score, hints(graded, cells, verdict, run.rebound))
        else:
            marks[graded.name] = Mark(0.0, (NOT_ANSWERED,))
    return marks
