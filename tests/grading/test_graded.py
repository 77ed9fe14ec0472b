"""The notebook the instructor sees: what a student wrote is shown as it stands, and nothing of it runs."""

import time

import pytest
from nbconvert import HTMLExporter

from course_tools.grading.delivered import Cell
from course_tools.grading.graded import graded_notebook
from course_tools.grading.records import Mark
from course_tools.grading.report import filters

ANSWERS = {
    "link": "veja [nesta figura](javascript:alert(42))",
    "reference": "veja [x][1]\n\n[1]: javascript:alert(42)",
    "autolink": "<javascript:alert(42)>",
    "formula": r"$\href{javascript:alert(42)}{x}$",
    "html": "<a href='javascript:alert(42)'>aqui</a>",
    "fence": "```\n[x](javascript:alert(42))\n```\n[y](javascript:alert(42))\n`````text\n<b>z</b>",
}


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
