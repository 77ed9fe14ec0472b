"""O que se corrige: a versão do aluno, com os exercícios e os pontos que as suas células trazem."""

import functools
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat

from course_lib.exercises import EXERCISES
from course_lib.exercises.marking import Check, Exercise
from course_lib.paths import PACKAGE_PARENT
from course_tools.errors import GradingError
from course_tools.grading.checks import hidden_checks
from course_tools.runner.series import read_notebook

NAME = "07_exercicios"  # o notebook de exercícios da série: o nome do arquivo, e o da tarefa no caderno do nbgrader
HEADING = re.compile(r"^#+ +Exercício (\d+) · (.+?)(?: \(.*\))? *$", re.MULTILINE)
TITLE = re.compile(r"^# +(.+?) *$", re.MULTILINE)
LESSONS = re.compile(r"^\*Dos? notebooks? ([^*]*)\*", re.MULTILINE)


@dataclass(frozen=True)
class GradedCell:
    """Um exercício que vale pontos.

    Attributes:
        name: o `grade_id` da célula.
        title: como aparece na devolutiva.
        points: quanto vale.
        exercise: o exercício e suas verificações; None se é corrigido à mão.
        lessons: os números dos notebooks de que ele vem ("02"), como o enunciado os diz.
    """

    name: str
    title: str
    points: float
    exercise: Exercise | None
    lessons: tuple[str, ...] = ()

    @property
    def answer_name(self) -> str:
        """O `grade_id` da célula em que se responde."""
        return f"{self.name}_answer" if self.exercise else self.name

    @property
    def hidden(self) -> tuple[Check, ...]:
        """As verificações que dão pontos."""
        return hidden_checks(self.name)


@dataclass(frozen=True, eq=False)
class Assignment:
    """A versão do aluno de um notebook de exercícios.

    Attributes:
        name: nome do arquivo, sem extensão.
        notebook: o notebook, com as marcas do nbgrader nas células.
        graded: o que vale pontos, na ordem do notebook.
    """

    name: str
    notebook: nbformat.NotebookNode
    graded: tuple[GradedCell, ...]

    @functools.cached_property
    def cells(self) -> dict[str, nbformat.NotebookNode]:
        """`grade_id` -> célula, das que o nbgrader conhece."""
        return {cell.metadata.nbgrader.grade_id: cell for cell in self.notebook.cells if "nbgrader" in cell.metadata}

    @property
    def title(self) -> str:
        """O título do notebook."""
        return next((found for cell in self.notebook.cells for found in TITLE.findall(cell.source)), self.name)

    @property
    def points(self) -> float:
        """O total possível."""
        return sum(graded.points for graded in self.graded)

    def prepare_checks(self) -> None:
        """Prepara as verificações escondidas; depois disso, lê-las de várias threads não as faz duas vezes."""
        for name in (graded.name for graded in self.graded if graded.exercise):
            hidden_checks(name)

    def is_check(self, grade_id: str | None) -> bool:
        """Se é uma célula de verificação, que o aluno não escreve."""
        role = self.cells[grade_id].metadata.nbgrader if grade_id in self.cells else {}
        return bool(role.get("grade")) and not role.get("solution")

    def is_answer(self, grade_id: str | None) -> bool:
        """Se é uma célula de resposta."""
        return grade_id in self.cells and bool(self.cells[grade_id].metadata.nbgrader.get("solution"))

    @functools.cached_property
    def fingerprint(self) -> str:
        """Resumo do que decide as notas: o notebook e todo o código do curso, as verificações escondidas inclusive."""
        summary = hashlib.sha256(json.dumps(self.notebook, sort_keys=True).encode())
        for package in ("course_lib", "course_tools"):
            for path in sorted((PACKAGE_PARENT / package).rglob("*.py")):
                summary.update(path.read_bytes())
        return summary.hexdigest()


def load_assignment(path: Path) -> Assignment:
    """Lê a versão do aluno.

    Raises:
        NotebookError: o arquivo não existe ou não é um notebook.
        GradingError: nenhuma célula vale pontos, ou uma célula de código vale pontos e não é de um exercício conhecido.
    """
    notebook = read_notebook(path)
    graded, heading, lessons = [], "", ()
    for cell in notebook.cells:
        role = cell.metadata.get("nbgrader", {})
        statement = cell.cell_type == "markdown" and not role.get("solution")
        if statement and (headings := HEADING.findall(cell.source)):
            heading, named = ". ".join(headings[-1]), LESSONS.findall(cell.source)
            lessons = tuple(re.findall(r"\b\d\d\b", named[-1])) if named else ()
        if role.get("grade"):
            graded.append(_graded(cell, role, heading, lessons, path))
    if not graded:
        raise GradingError(f"{path}: nenhuma célula vale pontos. É a versão do aluno, gerada da do instrutor?")
    return Assignment(path.stem, notebook, tuple(graded))


def _graded(cell: nbformat.NotebookNode, role: dict, heading: str, lessons: tuple[str, ...], path: Path) -> GradedCell:
    name, points = role["grade_id"], float(role["points"])
    if role.get("solution"):
        return GradedCell(name, heading or name, points, None, lessons)
    if name not in EXERCISES:
        raise GradingError(f"{path}: a célula {name!r} vale pontos, mas não há exercício com esse nome.")
    exercise = EXERCISES[name]
    return GradedCell(name, f"{exercise.number}. {exercise.title}", points, exercise, lessons)
