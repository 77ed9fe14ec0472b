"""One class, all hostile or odd: everything contained, each with its points and its entry, the gradebook whole."""

import csv
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from course_tools.grading.config import MIB, GradesFolder, Limits
from course_tools.grading.grade import grade_folder
from course_tools.grading.single import Grading
from tests.grading.builders import LIMITS, NAME, save
from tests.grading.hostile import cases
from tests.grading.memory import peak_memory, reset_peak

WITH_FIXED_NAMES = [case.name for case in cases(port=0, home_file="", root=Path())]


@pytest.fixture(scope="module")
def graded(isolation, assignment, tmp_path_factory):
    """The class, graded once: cases by name, rows by student, the folder of marks, and how much the grader grew."""
    root = tmp_path_factory.mktemp("turma")
    home_file = next((path for path in Path.home().iterdir() if path.is_file()), Path.home() / ".profile")
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEGREDO_DO_INSTRUTOR", "42")
        by_name = {case.name: case for case in cases(server.getsockname()[1], home_file, root)}
        for case in by_name.values():
            save(case.made, root / "entregas" / case.name / f"{NAME}.ipynb")
        (root / "entregas" / "atalho").mkdir()
        (root / "entregas" / "atalho" / f"{NAME}.ipynb").symlink_to(root / "entregas" / "certa" / f"{NAME}.ipynb")
        folder = GradesFolder(root / "notas")
        reset_peak()
        before = peak_memory()
        limits = replace(LIMITS, niceness=Limits().niceness)  # as in earnest: who floods yields to who reads
        rows = grade_folder(Grading(assignment, folder, limits=limits), root / "entregas")
        growth = peak_memory() - before
    return by_name, {row.student: row for row in rows}, folder, growth


@pytest.mark.parametrize("name", WITH_FIXED_NAMES)
def test_contained_with_its_points_and_its_entry(graded, name):
    by_name, rows, *_ = graded
    case, row = by_name[name], rows[name]
    assert {key: mark.points for key, mark in row.final.items() if key in case.points} == case.points
    entries = [(one.kind, one.detail) for one in row.occurrences]
    if case.kind is None:
        assert entries == []
    else:
        assert any(kind == case.kind and case.detail in detail for kind, detail in entries), entries
    assert "erro do corretor" not in dict(entries)


def test_grader_itself_stays_small(graded):
    """One of the class sends messages without end, another an answer of five million lists."""
    assert graded[3] < 300 * MIB


def test_symlinked_notebook_is_not_followed(graded):
    row = graded[1]["atalho"]
    assert row.total == 0
    assert [one.kind for one in row.occurrences] == ["atalho", "sem notebook"]


def test_every_submission_gets_a_line_an_entry_and_a_page(graded):
    by_name, _, folder, _ = graded
    students = {*by_name, "atalho"}
    marks = list(csv.DictReader(folder.marks.read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert {line["aluno"] for line in marks} == students
    reported = {line["aluno"] for line in csv.DictReader(folder.occurrences.open(encoding="utf-8-sig"), delimiter=";")}
    assert reported == students - {case.name for case in by_name.values() if case.kind is None}
    assert all(folder.feedback(student).is_file() for student in students)


def test_gradebook_is_whole(graded, assignment):
    by_name, rows, folder, _ = graded
    with Gradebook(f"sqlite:///{folder.gradebook}") as gradebook:
        students = {student.id: student.score for student in gradebook.students}
        assert students == {name: row.total for name, row in rows.items()}
        assert all(len(gradebook.find_submission(NAME, name).notebooks[0].grades) == 3 for name in by_name)


def test_no_page_and_no_file_of_marks_shows_a_hidden_check(graded):
    folder = graded[2]
    pages = [path for path in folder.root.rglob("*") if path.suffix in (".html", ".ipynb", ".csv", ".json")]
    assert not [
        path for path in pages if "expect_like" in path.read_text("utf-8") or "default_rng([" in path.read_text("utf-8")
    ]
