"""The student's version: generated, complete, without solutions; and a source with something wrong is refused."""

import copy
import re
import shutil
import sys
from pathlib import Path

import pytest

from course_lib.exercises import EXERCISES
from course_tools.__main__ import main
from course_tools.errors import ReleaseError
from course_tools.grading import release
from course_tools.grading.assignment import NAME
from course_tools.runner.series import read_notebook


@pytest.fixture(scope="module")
def committed():
    return read_notebook(release.source_path())


@pytest.fixture
def source(committed):
    return copy.deepcopy(committed)


@pytest.fixture(scope="module")
def student(committed):
    return release.student_version(committed)


def cell_of(notebook, grade_id):
    return next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def test_committed_student_version_is_what_the_source_generates(tmp_path):
    generated = tmp_path / f"{NAME}.ipynb"
    assert main(["gerar", "--saida", str(generated)]) == 0
    assert generated.read_bytes() == release.student_path().read_bytes(), "rode: curso gerar"


def test_generating_does_not_change_the_source(source, committed):
    release.student_version(source)
    assert source == committed


def test_student_version_has_stubs_and_nothing_of_the_solutions(student):
    text = "\n".join(cell.source for cell in student.cells)
    assert not any(marker in text for pair in release.MARKERS.items() for marker in pair)
    assert "course_tools.grading" not in text
    assert "Critérios de correção" not in text
    functions = [function for exercise in EXERCISES.values() for function in exercise.functions]
    assert text.count(release.CODE_STUB) == len(functions)
    assert all(f"def {function}(" in text for function in functions)
    assert cell_of(student, "explain_new_user").source == release.TEXT_STUB


def test_student_version_has_no_outputs(student):
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in student.cells)


def test_points_add_up_and_are_those_the_headings_promise(committed):
    graded = [cell for cell in committed.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    points = [cell.metadata.nbgrader.points for cell in graded]
    assert sum(points) == 100
    text = "\n".join(cell.source for cell in committed.cells)
    headings = re.findall(r"^### Exercício (\d+) · (.+) \((\d+) pontos\)$", text, re.MULTILINE)
    assert [int(promised) for *_, promised in headings] == points
    titles = [(str(exercise.number), exercise.title) for exercise in EXERCISES.values()]
    assert [(number, title) for number, title, _ in headings[:-1]] == titles


MALFORMED = {
    "begin without accents": lambda text: text.replace("INÍCIO DA SOLUÇÃO", "INICIO DA SOLUCAO"),
    "begin in lower case": lambda text: text.replace("INÍCIO DA SOLUÇÃO", "início da solução"),
    "begin in English": lambda text: text.replace("INÍCIO DA SOLUÇÃO", "BEGIN SOLUTION"),
    "two hashes only": lambda text: text.replace("### INÍCIO", "## INÍCIO"),
    "text after the marker": lambda text: text.replace("INÍCIO DA SOLUÇÃO", "INÍCIO DA SOLUÇÃO (curta)"),
    "no end": lambda text: text.replace(release.END_SOLUTION, ""),
    "no begin": lambda text: text.replace(release.BEGIN_SOLUTION, ""),
    "no marker at all": lambda text: text.replace(release.BEGIN_SOLUTION, "").replace(release.END_SOLUTION, ""),
    "begin twice": lambda text: text.replace(
        release.BEGIN_SOLUTION, f"{release.BEGIN_SOLUTION}\n{release.BEGIN_SOLUTION}"
    ),
    "wrong end": lambda text: text.replace(release.END_SOLUTION, release.END_HIDDEN),
    "solution marker in front of the def": lambda text: (
        f"{release.BEGIN_SOLUTION}\n"
        + text.replace(f"    {release.BEGIN_SOLUTION}\n", "").replace(
            f"    {release.END_SOLUTION}", release.END_SOLUTION
        )
    ),
    "hidden region in a solution": lambda text: f"{text}\n{release.BEGIN_HIDDEN}\n1\n{release.END_HIDDEN}",
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_solution_marker_is_refused(case, source, refused):
    cell = cell_of(source, "density_answer")
    cell.source = MALFORMED[case](cell.source)
    with refused(f"instructor's notebook: {case}", ReleaseError):
        release.student_version(source)


@pytest.mark.parametrize("case", ["begin without accents", "no end", "no begin"])
def test_malformed_hidden_marker_is_refused(case, source, refused):
    broken = {
        "begin without accents": (release.BEGIN_HIDDEN, "### INICIO DAS VERIFICACOES ESCONDIDAS"),
        "no end": (release.END_HIDDEN, ""),
        "no begin": (release.BEGIN_HIDDEN, ""),
    }[case]
    cell = cell_of(source, "density")
    cell.source = cell.source.replace(*broken)
    with refused(f"instructor's notebook, hidden checks: {case}", ReleaseError):
        release.student_version(source)


def test_marker_in_an_ordinary_cell_is_refused(source, refused):
    source.cells[2].source += f"\n{release.BEGIN_SOLUTION}\n1\n{release.END_SOLUTION}"
    with refused("instructor's notebook: solution in an ordinary cell", ReleaseError, match="célula 3"):
        release.student_version(source)


def test_duplicate_grade_id_is_refused(source, refused):
    source.cells.append(copy.deepcopy(cell_of(source, "density_answer")))
    with refused("instructor's notebook: duplicate grade_id", ReleaseError, match="density_answer"):
        release.student_version(source)


@pytest.mark.parametrize("points", [0, None])
def test_graded_cell_without_points_is_refused(points, source, refused):
    metadata = cell_of(source, "density").metadata.nbgrader
    metadata.pop("points") if points is None else metadata.update(points=points)
    with refused(f"instructor's notebook: points {points}", ReleaseError, match="pontos"):
        release.student_version(source)


def test_missing_exercise_is_refused(source, refused):
    source.cells.remove(cell_of(source, "density"))
    with refused("instructor's notebook: an exercise without its checks", ReleaseError, match="density"):
        release.student_version(source)


def test_solution_repeated_elsewhere_is_refused(source, refused):
    source.cells[-1].source += "\n    return 100 * len(ratings) / (n_users * n_movies)"
    with refused("instructor's notebook: a line of the solution left elsewhere", ReleaseError, match="sobraria"):
        release.student_version(source)


def test_model_answer_repeated_elsewhere_is_refused(source, refused):
    rubric = next(line for line in cell_of(source, "explain_new_user").source.splitlines() if line.startswith("| b |"))
    source.cells[-1].source += f"\n\n{rubric}"
    with refused("instructor's notebook: rubric left elsewhere", ReleaseError, match="sobraria"):
        release.student_version(source)


def test_refused_source_leaves_the_student_version_as_it_was(tmp_path):
    broken, target = tmp_path / "fonte.ipynb", tmp_path / "aluno.ipynb"
    text = release.source_path().read_text(encoding="utf-8")
    broken.write_text(text.replace("### FIM DA SOLUÇÃO", "", 1), encoding="utf-8")
    target.write_text("antes")
    assert main(["gerar", "--origem", str(broken), "--saida", str(target)]) == 1
    assert target.read_text() == "antes"


def test_source_is_never_overwritten_by_the_student_version(tmp_path, refused, monkeypatch):
    own = tmp_path / "fonte.ipynb"
    shutil.copyfile(release.source_path(), own)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "atalho.ipynb").symlink_to(own)
    for target in (own, Path("fonte.ipynb"), Path("atalho.ipynb")):
        with refused("student's version over its source", ReleaseError, match="Escolha outro arquivo em --saida"):
            release.write_release(own, target)
    assert own.read_bytes() == release.source_path().read_bytes()


def test_without_nbgrader_the_message_says_what_to_install(source, refused, monkeypatch):
    monkeypatch.setitem(sys.modules, "nbgrader", None)
    with refused("generating without nbgrader", ReleaseError, match="instrutor"):
        release.student_version(source)
