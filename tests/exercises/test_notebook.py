"""Both versions of the exercises run: the instructor's passes every check, the student's stops only where it must."""

import subprocess
import sys

import pytest

from course_lib.exercises import EXERCISES
from course_lib.exercises.marking import STUB_MESSAGE
from course_tools.grading import release
from course_tools.runner.kernel import ForkedKernelManager
from course_tools.runner.series import execute_notebook, read_notebook


def run(path, folder):
    execute_notebook(path, folder / path.name, manager=ForkedKernelManager)
    return read_notebook(folder / path.name)


def printed(notebook, grade_id):
    cell = next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id)
    return "".join(output.get("text", "") for output in cell.outputs)


def errors(notebook):
    return {output.ename for cell in notebook.cells for output in cell.get("outputs", []) if "ename" in output}


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    return run(release.source_path(), tmp_path_factory.mktemp("solved"))


def test_solutions_run_without_any_error(solved):
    assert errors(solved) == set()


@pytest.mark.parametrize("name", EXERCISES)
def test_solution_passes_visible_and_hidden_checks(solved, name):
    text = printed(solved, name)
    assert "passou na" in text
    assert "verificações escondidas: todas passaram" in text


def test_student_version_raises_nothing_but_not_implemented(tmp_path):
    unanswered = run(release.student_path(), tmp_path)
    assert errors(unanswered) == {"NotImplementedError"}
    assert all("por fazer" in printed(unanswered, name) for name in EXERCISES)


def test_the_stub_of_the_notebook_is_the_one_that_the_judgement_knows():
    assert f'raise NotImplementedError("{STUB_MESSAGE}")' == release.CODE_STUB


def test_student_path_imports_nothing_of_the_instructor():
    code = (
        "import sys, course_lib, course_lib.exercises\n"
        "print([name for name in sys.modules if name.startswith(('nbgrader', 'course_tools.grading'))])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
