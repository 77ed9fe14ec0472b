"""The notebook of the series itself: solved, it gets every automatic point; untouched, none."""

import copy
import time

from course_tools.grading.assignment import load_assignment
from course_tools.grading.config import GradesFolder
from course_tools.grading.grade import grade_folder
from course_tools.grading.release import source_path, student_path
from course_tools.grading.single import Grading
from course_tools.runner.series import read_notebook
from tests.grading.builders import NAME, save


def solved(student, source):
    """The student's version with the answers of the instructor's."""
    answers = {cell.metadata.nbgrader.grade_id: cell.source for cell in source.cells if "nbgrader" in cell.metadata}
    filled = copy.deepcopy(student)
    for cell in filled.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = answers[cell.metadata.nbgrader.grade_id]
    return filled


def test_solved_notebook_gets_all_points_and_untouched_none(isolation, tmp_path, record_property):
    student, source = read_notebook(student_path()), read_notebook(source_path())
    save(solved(student, source), tmp_path / "entregas" / "resolvida" / f"{NAME}.ipynb")
    save(student, tmp_path / "entregas" / "intacta" / f"{NAME}.ipynb")
    assignment = load_assignment(student_path())
    started = time.monotonic()
    untouched, full = grade_folder(Grading(assignment, GradesFolder(tmp_path / "notas")), tmp_path / "entregas")
    record_property("seconds", time.monotonic() - started)

    by_hand = [graded.name for graded in assignment.graded if graded.exercise is None]
    assert {name: mark.points for name, mark in full.final.items() if name not in by_hand} == {
        graded.name: graded.points for graded in assignment.graded if graded.exercise
    }
    assert [full.final[name].points for name in by_hand] == [None] * len(by_hand)
    assert full.occurrences == ()
    assert untouched.total == 0 and untouched.status == "pronta"
    assert [one.kind for one in untouched.occurrences] == ["nada respondido"]
