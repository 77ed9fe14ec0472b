"""The notebook the instructor sees: what a student wrote is shown as it stands, and nothing of it runs."""

import time

import pytest
from nbconvert import HTMLExporter

from course_tools.grading.delivered import Cell
from course_tools.grading.graded import graded_notebook
from course_tools.grading.records import Mark
from course_tools.grading.report import answers_of, filters
from tests.grading.builders import CHECKS, RIGHT_DENSITY

ANSWERS = {
    "link": "veja [nesta figura](javascript:alert(42))",
    "reference": "veja [x][1]\n\n[1]: javascript:alert(42)",
    "autolink": "<javascript:alert(42)>",
    "formula": r"$\href{javascript:alert(42)}{x}$",
    "html": "<a href='javascript:alert(42)'>aqui</a>",
    "fence": "```\n[x](javascript:alert(42))\n```\n[y](javascript:alert(42))\n`````text\n<b>z</b>",
}
OUTPUT = {"output_type": "stream", "name": "stdout", "text": "25.0"}


def shown(assignment, text, kind="markdown"):
    marks = {graded.name: Mark(0.0, ()) for graded in assignment.graded}
    return graded_notebook(assignment, [Cell(kind, text, None, False)], {}, marks)


@pytest.mark.parametrize("kind", ["markdown", "raw"])
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_what_a_student_wrote_is_one_block_of_text_without_links_or_formulas(assignment, answer, kind):
    notebook = shown(assignment, answer, kind)
    cell = notebook.cells[0]
    assert cell.metadata.delivered == answer
    notebook.cells = [cell]
    html, _ = HTMLExporter(template_name="basic").from_notebook_node(notebook)
    assert html.count("<pre") == 1 and "<a" not in html and "<b>" not in html


@pytest.mark.parametrize("delivered", [RIGHT_DENSITY, CHECKS["density"], " \n", "<b>"], ids=repr)
def test_code_written_in_a_check_is_shown_beside_it_and_is_an_answer(assignment, delivered):
    marks = {graded.name: Mark(0.0, ()) for graded in assignment.graded}
    own = delivered not in (CHECKS["density"], " \n")
    kind = "markdown" if delivered == "<b>" else "code"
    made = graded_notebook(assignment, [Cell(kind, delivered, "density", not own)], {0: [OUTPUT]}, marks)
    *shown, check = made.cells[: 1 + own]
    assert check.metadata.nbgrader.grade_id == "density" and check.source == CHECKS["density"]
    assert [cell.metadata.get("delivered", cell.source) for cell in shown] == [delivered] * own
    assert not any("nbgrader" in cell.metadata for cell in shown)
    found = answers_of(assignment.graded[0], assignment, made)
    assert [cell.outputs for cell in found] == ([[OUTPUT]] if delivered == RIGHT_DENSITY else [])


def test_a_long_nest_of_html_does_not_hold_the_grader(assignment):
    start = time.process_time()
    shown(assignment, "<ul><li>" * 200_000)
    assert time.process_time() - start < 5


@pytest.mark.parametrize("blank", [" \n", "\t\n", " \r"])
def test_lines_of_blanks_are_coloured_in_seconds_and_once(blank):
    source, coloured = f"def f():\n{blank * 20_000}    return 1", filters()["python"]
    start = time.process_time()
    assert coloured(source) is coloured(source)
    assert time.process_time() - start < 5
