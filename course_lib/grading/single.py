"""A correção de uma entrega, do arquivo à nota. Nenhum erro dela sai daqui, para que não pare as outras."""

import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from course_lib.atomic import why
from course_lib.exercises.marking import COMMON_HINTS, Verdict
from course_lib.grading.assignment import Assignment, GradedCell
from course_lib.grading.config import GradesFolder, Limits
from course_lib.grading.delivered import Cell, Unreadable, read_cells, syntax_error_line
from course_lib.grading.execution import Run, Runner
from course_lib.grading.graded import graded_notebook
from course_lib.grading.kernel import Stopped
from course_lib.grading.records import Mark, Occurrence, Result, load_result, occurrence, save_result
from course_lib.grading.submissions import Submission
from course_lib.notebooks.cleaning import save_notebook

NOT_ANSWERED = "Não foi respondido."
BROKEN_CELL = "a célula da resposta tem um erro de sintaxe na linha {}; por isso a função não existe."


@dataclass(frozen=True)
class Grading:
    """Uma correção: o que se corrige, para onde vão as notas e com que cuidado.

    Attributes:
        folder: a pasta das notas.
        deadline: o prazo, na hora local; None se não há.
        isolated: False só quando o instrutor disse, com todas as letras, que não quer isolamento.
        workers: entregas corrigidas ao mesmo tempo.
        stop: quando ligado, os kernels em uso terminam.
    """

    assignment: Assignment
    folder: GradesFolder
    deadline: datetime | None = None
    isolated: bool = True
    workers: int = 2
    limits: Limits = field(default_factory=Limits)
    stop: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Graded:
    """Uma entrega corrigida; `changed` diz se a correção anterior era de outro conteúdo."""

    result: Result
    changed: bool


def grade_submission(grading: Grading, submission: Submission) -> Graded:
    """Corrige uma entrega, ou reaproveita a correção feita, se nada mudou.

    Raises:
        Stopped: a correção foi interrompida.
    """
    path = grading.folder.result(submission.student)
    notebook_path = grading.folder.graded_notebook(submission.student, grading.assignment.name)
    before = load_result(path)
    content, unreadable = _read(submission, grading.limits)
    digest = _digest(content, grading)
    if before and before.digest == digest and notebook_path.is_file():
        return Graded(before, changed=False)
    cells, run, notes = [], Run(), [unreadable] if unreadable else []
    try:
        if content is not None:
            cells, notes = read_cells(content, grading.limits.notebook_bytes, grading.assignment)
            run = _run(grading, cells)
    except Unreadable as problem:
        notes = [occurrence(problem.kind, problem.detail)]
    except Stopped:
        raise
    except Exception as error:
        notes = [*notes, occurrence("erro do corretor", f"{type(error).__name__}: {error}")]
        digest = ""  # não se reaproveita: rodando de novo, tenta-se de novo
    result = Result(digest, _content_digest(content), _marks(grading, cells, run), (*notes, *run.occurrences))
    save_notebook(graded_notebook(grading.assignment, cells, run.outputs, result.marks), notebook_path)
    save_result(result, path)
    return Graded(result, changed=before is not None and before.content != result.content)


def _read(submission: Submission, limits: Limits) -> tuple[bytes | None, Occurrence | None]:
    """O conteúdo do arquivo, até pouco além do limite; sem arquivo ou sem leitura, None."""
    if submission.notebook is None:
        return None, None
    try:
        return submission.notebook.read(limits.notebook_bytes + 1), None
    except OSError as error:
        return None, occurrence("não se pode ler", why(error))
    except Exception as error:  # um zip danificado ou com senha
        return None, occurrence("não se pode ler", type(error).__name__)


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
        if cell.kind == "code" and not (cell.pristine and assignment.is_check(cell.grade_id))
    }
    first = next((position for position, cell in enumerate(cells) if assignment.is_answer(cell.grade_id)), 0)
    watched = {position for position, cell in enumerate(cells) if position < first or not cell.pristine}
    return Runner(sources, watched, assignment.graded, grading.limits, grading.isolated, grading.stop).run()


def _marks(grading: Grading, cells: Sequence[Cell], run: Run) -> dict[str, Mark]:
    marks = {}
    for graded in grading.assignment.graded:
        if graded.exercise is None:
            marks[graded.name] = _mark_by_hand(graded, cells)
        elif graded.name in run.verdicts:
            verdict = run.verdicts[graded.name]
            marks[graded.name] = Mark(verdict.score, _messages(graded, cells, verdict))
        else:
            marks[graded.name] = Mark(0.0, (NOT_ANSWERED,))
    return marks


def _messages(graded: GradedCell, cells: Sequence[Cell], verdict: Verdict) -> tuple[str, ...]:
    """As dicas; se a função falta porque a célula dela não compila, é isso que se diz."""
    line = syntax_error_line(cells, graded.name, graded.exercise.functions)
    if "missing_function" not in verdict.keys or line is None:
        return tuple(verdict.messages)
    missing, broken = COMMON_HINTS["missing_function"], BROKEN_CELL.format(line)
    return tuple(message.replace(missing, broken) for message in verdict.messages)


def _mark_by_hand(graded: GradedCell, cells: Sequence[Cell]) -> Mark:
    """Espera correção se o aluno escreveu algo. Sem a marca do nbgrader, qualquer texto novo pode ser a resposta."""
    marked = [cell for cell in cells if cell.grade_id == graded.name]
    candidates = marked or [cell for cell in cells if cell.kind != "code"]
    answered = any(cell.source.strip() and not cell.pristine for cell in candidates)
    return Mark(None) if answered else Mark(0.0, (NOT_ANSWERED,))
