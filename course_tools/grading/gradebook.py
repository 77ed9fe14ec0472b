"""O caderno de notas do nbgrader: recebe as notas automáticas e devolve as finais, com as dadas à mão."""

import copy
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nbgrader.api import Grade, Gradebook, InvalidEntry
from nbgrader.preprocessors import SaveCells
from nbgrader.utils import setenv
from sqlalchemy.exc import DatabaseError, SAWarning

from course_lib.atomic import atomic_write
from course_tools.errors import GradingError
from course_tools.grading.assignment import Assignment, GradedCell
from course_tools.grading.config import GradesFolder
from course_tools.grading.records import Mark
from course_tools.runner.cleaning import save_notebook

NBGRADER_CONFIG = '''"""Configuração do nbgrader para esta pasta, que `curso formgrader` lê."""

c = get_config()  # noqa: F821
c.CourseDirectory.db_url = "sqlite:///gradebook.db"
'''


@dataclass(frozen=True)
class FinalMark:
    """A nota final de um exercício.

    Attributes:
        points: None enquanto espera correção à mão.
        comment: comentário do instrutor, ou vazio.
        review: se a nota dada à mão é de uma entrega que depois mudou.
    """

    points: float | None
    comment: str = ""
    review: bool = False


@contextmanager
def open_gradebook(folder: GradesFolder, assignment: Assignment, deadline: datetime | None) -> Iterator[Gradebook]:
    """Abre o caderno, que é criado se não existe, com as células do notebook dos exercícios.

    Raises:
        GradingError: o arquivo não é um caderno do nbgrader, ou é de um notebook com outras células.
    """
    _prepare_for_formgrader(folder, assignment)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # o nbgrader as provoca
            if not folder.gradebook.exists():
                _create(folder.gradebook)
            _register(folder.gradebook, assignment, deadline)
            with Gradebook(_url(folder.gradebook)) as gradebook:
                yield gradebook
    except (DatabaseError, InvalidEntry, subprocess.CalledProcessError) as error:
        raise GradingError(f"{folder.gradebook}: {_why_not(error)}") from error


def _why_not(error: Exception) -> str:
    """O que houve com o caderno, e o que fazer."""
    text = str(getattr(error, "orig", error))
    known = (remedy for words, remedy in _REMEDIES.items() if words in text)
    return next(known, f"não se lê como caderno do nbgrader ({text}). {RESTORE}")


RESTORE = "Restaure uma cópia ou, se não há notas dadas à mão a perder, apague-o e rode de novo."
AGAIN = "rode de novo: o que já foi corrigido não se perdeu."
_REMEDIES = {
    "full": f"o disco está cheio. Libere espaço e {AGAIN}",
    "disk I/O": f"o disco falhou, ou está cheio. Confira-o e {AGAIN}",
    "locked": f"outro programa o está usando. Feche-o e {AGAIN}",
    "readonly": f"falta permissão para escrever nele. Dê-a e {AGAIN}",
    "unable to open": f"falta permissão na pasta dele. Dê-a e {AGAIN}",
    "alembic": f"não consegui criá-lo. Confira o espaço em disco e {AGAIN}",
}


def record(
    gradebook: Gradebook,
    assignment: Assignment,
    student: str,
    delivered: datetime | None,
    marks: Mapping[str, Mark],
    changed: bool,
) -> dict[str, FinalMark]:
    """Registra as notas automáticas de um aluno e devolve as finais. As dadas à mão ficam como estavam.

    Args:
        delivered: quando entregou, na hora local.
        changed: se a entrega é outra que a da última vez; uma nota dada à mão, então, pede revisão.
    """
    when = delivered.astimezone(UTC).replace(tzinfo=None, microsecond=0) if delivered else None
    try:
        gradebook.update_or_create_student(student)
        gradebook.update_or_create_submission(assignment.name, student, timestamp=when)
    except InvalidEntry as error:  # é como o nbgrader diz também que o disco encheu
        raise error.__context__ if isinstance(error.__context__, DatabaseError) else error from None
    for graded in assignment.graded:
        _set_grade(_find_grade(gradebook, assignment, graded.name, student), graded, marks[graded.name], changed)
    gradebook.db.commit()
    return final_marks(gradebook, assignment, student)


def final_marks(gradebook: Gradebook, assignment: Assignment, student: str) -> dict[str, FinalMark]:
    """As notas finais de um aluno que o caderno já tem, com as dadas à mão."""
    return {graded.name: _final_mark(gradebook, assignment, graded.name, student) for graded in assignment.graded}


def automatic_marks(assignment: Assignment, marks: Mapping[str, Mark]) -> dict[str, FinalMark]:
    """As notas finais de quem não se conseguiu registrar no caderno: só as automáticas."""
    return {graded.name: FinalMark(_points(graded, marks[graded.name])) for graded in assignment.graded}


def recorded_students(gradebook: Gradebook, assignment: Assignment) -> dict[str, datetime | None]:
    """Os alunos que o caderno tem, em ordem alfabética -> quando entregaram, na hora local."""
    submissions = sorted(gradebook.assignment_submissions(assignment.name), key=lambda one: one.student.id)
    return {one.student.id: _local(one.timestamp) for one in submissions}


def _local(when: datetime | None) -> datetime | None:
    return when.replace(tzinfo=UTC).astimezone().replace(tzinfo=None) if when else None


def _set_grade(grade: Grade, graded: GradedCell, mark: Mark, changed: bool) -> None:
    grade.auto_score = _points(graded, mark)
    if grade.manual_score is None:
        grade.needs_manual_grade = mark.score is None
    elif changed:
        grade.needs_manual_grade = True


def _points(graded: GradedCell, mark: Mark) -> float | None:
    return None if mark.score is None else round(mark.score * graded.points, 2)


def _final_mark(gradebook: Gradebook, assignment: Assignment, name: str, student: str) -> FinalMark:
    grade = _find_grade(gradebook, assignment, name, student)
    pending = grade.auto_score is None and grade.manual_score is None
    points = None if pending else round(float(grade.score), 2)
    review = grade.manual_score is not None and bool(grade.needs_manual_grade)
    return FinalMark(points, _comment(gradebook, assignment, name, student), review)


def _find_grade(gradebook: Gradebook, assignment: Assignment, name: str, student: str) -> Grade:
    return gradebook.find_grade(name, assignment.name, assignment.name, student)


def _comment(gradebook: Gradebook, assignment: Assignment, name: str, student: str) -> str:
    """O comentário que o instrutor deixou na célula do exercício ou na da resposta."""
    notebook = gradebook.find_submission_notebook(assignment.name, assignment.name, student)
    names = (name, f"{name}_answer")
    return "\n".join(one.manual_comment for one in notebook.comments if one.name in names and one.manual_comment)


def _create(path: Path) -> None:
    """Cria um caderno vazio com outro nome e só então lhe dá o definitivo: não há caderno pela metade."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.unlink(missing_ok=True)
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    with setenv(PATH=programs), Gradebook(_url(temporary)):  # o nbgrader chama o alembic, do ambiente, talvez inativo
        pass
    os.replace(temporary, path)


def _register(path: Path, assignment: Assignment, deadline: datetime | None) -> None:
    """Põe no caderno o notebook, as suas células e o prazo, se há."""
    due = {"duedate": deadline.astimezone(UTC).replace(tzinfo=None)} if deadline else {}
    with Gradebook(_url(path)) as gradebook:
        gradebook.update_or_create_assignment(assignment.name, **due)
    where = {"notebook": assignment.name, "assignment": assignment.name, "db_url": _url(path)}
    try:
        SaveCells().preprocess(copy.deepcopy(assignment.notebook), {"nbgrader": where})
    except RuntimeError as error:  # é assim que o nbgrader recusa mudar as células de um notebook já corrigido
        raise GradingError(
            f"{path} é de uma versão dos exercícios com outras células. Use outra pasta em --saida."
        ) from error


def _prepare_for_formgrader(folder: GradesFolder, assignment: Assignment) -> None:
    save_notebook(assignment.notebook, folder.source(assignment.name))
    if not folder.nbgrader_config.exists():
        with atomic_write(folder.nbgrader_config) as file:
            file.write(NBGRADER_CONFIG.encode())


def _url(path: Path) -> str:
    return f"sqlite:///{path.resolve()}"
