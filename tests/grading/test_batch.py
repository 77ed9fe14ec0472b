"""What one submission may hold without stopping the batch, and open answers that are not where they were expected."""

import json
import zipfile

import nbformat
import pytest

from course_tools.grading import grade as grade_module
from course_tools.grading import single
from course_tools.grading.config import GradesFolder
from course_tools.grading.grade import grade_folder
from course_tools.grading.single import Grading
from tests.grading.builders import LIMITS, NAME, RIGHT_MSE, SETUP, code, notebook, save, text_cell, untouched

HALF_EMOJI = "\ud83d"
NEW_ANSWER = "Sobram a média e os vieses dos filmes."


@pytest.fixture
def grading(isolation, assignment, tmp_path):
    return Grading(assignment, GradesFolder(tmp_path / "notas"), limits=LIMITS)


def deliver(folder, student, made):
    save(json.dumps(made), folder / student / f"{NAME}.ipynb")  # unlike nbformat, json writes half an emoji


def kinds(row):
    return [one.kind for one in row.occurrences]


def with_cells(*new, last=None):
    made = notebook()
    if last is not None:
        made.cells[-1].source = last
    made.cells += [nbformat.from_dict({**cell, "id": f"n{number}"}) for number, cell in enumerate(new)]
    return made


def in_the_statement():
    made = with_cells(last="")
    made.cells[-2].source += f"\n\n{NEW_ANSWER}"
    return made


@pytest.fixture(scope="module")
def misplaced(isolation, assignment, tmp_path_factory):
    """A class whose open answers are, or are not, in the cell that is theirs, and in which some cells are odd."""
    root, folder = tmp_path_factory.mktemp("entregas"), GradesFolder(tmp_path_factory.mktemp("notas"))
    new = nbformat.v4.new_markdown_cell(NEW_ANSWER)
    deliver(root, "nova, com o aviso na marcada", with_cells(new))
    deliver(root, "nova, com a marcada vazia", with_cells(new, last="  "))
    deliver(root, "repetida", with_cells(text_cell(NEW_ANSWER)))
    deliver(root, "no enunciado", in_the_statement())
    deliver(root, "na marcada", with_cells(nbformat.v4.new_markdown_cell("Minhas notas."), last=NEW_ANSWER))
    deliver(root, "sem resposta", notebook())
    deliver(root, "nada", untouched())
    emoji = nbformat.v4.new_markdown_cell(HALF_EMOJI)
    deliver(root, "meio emoji", with_cells(emoji, last=f"Porque {HALF_EMOJI}."))
    shell = code("def density(ratings, n_users, n_movies):\n    return 0\n" + "!ls\n" * 501)
    deliver(root, "mágicas na resposta", notebook(cells=[code(SETUP), code(RIGHT_MSE), shell]))
    deliver(root, "mágicas depois da resposta", with_cells(shell))
    rows = grade_folder(Grading(assignment, folder, workers=4, limits=LIMITS), root)
    return folder, {row.student: row for row in rows}


@pytest.mark.parametrize(
    "student", ["nova, com o aviso na marcada", "nova, com a marcada vazia", "repetida", "no enunciado"]
)
def test_open_answer_outside_its_cell_waits_to_be_read_and_is_reported(misplaced, student):
    folder, rows = misplaced
    assert (rows[student].final["explain"].points, rows[student].status) == (None, "falta corrigir à mão")
    assert "resposta fora da célula" in kinds(rows[student])
    assert NEW_ANSWER in folder.feedback(student).read_text("utf-8")
    assert NEW_ANSWER in folder.graded_notebook(student, NAME).read_text("utf-8")


def test_open_answer_in_its_cell_hides_other_notes(misplaced):
    folder, rows = misplaced
    assert kinds(rows["na marcada"]) == []
    assert "Minhas notas." not in folder.feedback("na marcada").read_text("utf-8")


@pytest.mark.parametrize("student", ["sem resposta", "nada"])
def test_open_question_without_an_answer_is_no_manual_work(misplaced, student):
    assert misplaced[1][student].final["explain"].points == 0
    assert "resposta fora da célula" not in kinds(misplaced[1][student])


@pytest.mark.parametrize(
    ("student", "total"), [("meio emoji", 10), ("mágicas na resposta", 6), ("mágicas depois da resposta", 10)]
)
def test_half_an_emoji_and_endless_transformations_stop_nobody(misplaced, student, total):
    folder, rows = misplaced
    assert rows[student].total == total
    assert "erro do corretor" not in kinds(rows[student])
    assert student != "meio emoji" or "Porque ?." in folder.feedback(student).read_text("utf-8")


def test_what_cannot_be_written_costs_only_its_student_and_is_tried_again(grading, tmp_path, monkeypatch):
    def refuse_bad(assignment, cells, *rest):
        if any("# mau" in cell.source for cell in cells):
            raise ValueError("não se deixa gravar")
        return write(assignment, cells, *rest)

    write = single.graded_notebook
    monkeypatch.setattr(single, "graded_notebook", refuse_bad)
    deliver(tmp_path / "e", "Ana", notebook())
    deliver(tmp_path / "e", "Eva", notebook(before=["# mau"]))
    ana, eva = grade_folder(grading, tmp_path / "e")
    assert (ana.total, eva.total, eva.status) == (10, 0, "a conferir")
    assert kinds(eva) == ["erro do corretor"]
    monkeypatch.undo()
    assert [row.total for row in grade_folder(grading, tmp_path / "e")] == [10, 10]


@pytest.mark.parametrize(
    ("broken", "kind"), [("record", "erro do corretor"), ("write_feedback", "devolutiva não escrita")]
)
def test_student_who_cannot_be_recorded_or_written_to_stops_nobody(grading, tmp_path, monkeypatch, broken, kind):
    def fail_for_eva(*arguments):
        if any(one == "Eva" or getattr(one, "student", None) == "Eva" for one in arguments):
            raise RuntimeError("defeito")
        return original(*arguments)

    original = getattr(grade_module, broken)
    monkeypatch.setattr(grade_module, broken, fail_for_eva)
    for student in ("Ana", "Eva"):
        (tmp_path / "e" / student).mkdir(parents=True)
    ana, eva = grade_folder(grading, tmp_path / "e")
    assert kinds(ana) == ["sem notebook"]
    assert kinds(eva) == ["sem notebook", kind]
    assert grading.folder.marks.is_file()


def test_too_long_a_folder_name_stops_nobody(grading, tmp_path):
    with zipfile.ZipFile(tmp_path / "e.zip", "w") as archive:
        for folder in ("Ana", "é" * 130):
            archive.writestr(f"{folder}/{NAME}.ipynb", "")
    _, long_name = grade_folder(grading, tmp_path / "e.zip")
    assert kinds(long_name) == ["nome alterado", "arquivo vazio"]
    assert grading.folder.feedback(long_name.delivered_as).is_file() and grading.folder.marks.is_file()
