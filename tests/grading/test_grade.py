"""A class graded by the command's own functions: marks by hand, deadline, restart, files, refusals."""

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter
from nbgrader.api import Gradebook

from course_tools.__main__ import main
from course_tools.commands.grade import deadline
from course_tools.errors import GradingError, SandboxError
from course_tools.grading import grade as grade_module
from course_tools.grading import sandbox, single
from course_tools.grading.assignment import load_assignment
from course_tools.grading.config import GradesFolder
from course_tools.grading.grade import grade_folder
from course_tools.grading.report import text_table
from course_tools.grading.single import Grading
from tests.grading.builders import DENSITY, LIMITS, NAME, code, notebook, save, untouched

ROOT = Path(__file__).resolve().parents[2]
DEADLINE = datetime(2026, 11, 30, 18)
ON_TIME, LATE = datetime(2026, 11, 30, 17, 59), datetime(2026, 11, 30, 18, 1)
WRONG_DENSITY = DENSITY.format("    return len(ratings) / (n_users * n_movies)")
EVIL_TEXT = "Respondo <script>alert(1)</script> e <img src=x onerror=alert(2)>."


def deliver(folder, student, made, when=ON_TIME):
    path = save(made, folder / student / f"{NAME}.ipynb")
    os.utime(path, (when.timestamp(),) * 2)


@pytest.fixture(scope="module")
def entregas(tmp_path_factory):
    folder = tmp_path_factory.mktemp("turma") / "entregas"
    deliver(folder, "Ana Souza", notebook(text="Porque sim."))
    deliver(folder, "Bruno Sá", notebook(density=WRONG_DENSITY, text=EVIL_TEXT), LATE)
    deliver(folder, "=CMD()", untouched())
    (folder / "Vazia").mkdir()
    return folder


@pytest.fixture
def grading(isolation, assignment, tmp_path):
    return Grading(assignment, GradesFolder(tmp_path / "notas"), DEADLINE, limits=LIMITS)


@pytest.fixture(scope="module")
def graded(isolation, assignment, entregas, tmp_path_factory):
    """The class graded once; a test that changes it works on a copy."""
    grading = Grading(assignment, GradesFolder(tmp_path_factory.mktemp("notas")), DEADLINE, limits=LIMITS)
    return grading.folder, {row.student: row for row in grade_folder(grading, entregas)}


@pytest.fixture
def again(graded, assignment, tmp_path):
    """A copy of the graded folder, ready to be graded again."""
    shutil.copytree(graded[0].root, tmp_path / "notas")
    return Grading(assignment, GradesFolder(tmp_path / "notas"), DEADLINE, limits=LIMITS)


def table(path):
    return list(csv.DictReader(path.read_text("utf-8-sig").splitlines(), delimiter=";"))


def files(folder):
    """Every file of marks; the gradebook apart, whose keys are drawn."""
    return {
        path.relative_to(folder.root): path.read_bytes()
        for path in folder.root.rglob("*")
        if path.is_file() and path.name != "gradebook.db"
    }


def mark_by_hand(folder, student, points, comment):
    with Gradebook(f"sqlite:///{folder.gradebook}") as gradebook:
        grade = gradebook.find_grade("explain", NAME, NAME, student)
        grade.manual_score, grade.needs_manual_grade = points, False
        gradebook.find_comment("explain", NAME, NAME, student).manual_comment = comment
        gradebook.db.commit()


def test_marks_open_in_a_portuguese_spreadsheet(graded):
    folder, _ = graded
    assert folder.marks.read_bytes().startswith(b"\xef\xbb\xbf")
    assert table(folder.marks)[2] == {
        "aluno": "Bruno Sá",
        "1. Densidade (4)": "0",
        "3. MSE e RMSE à mão (6)": "6",
        "3. Explique (5)": "",
        "total (15)": "6",
        "situação": "falta corrigir à mão",
        "entregue em": "30/11/2026 18:01",
        "fora do prazo": "sim",
    }


def test_spreadsheet_takes_no_text_of_a_student_for_a_formula(graded):
    folder, _ = graded
    assert table(folder.marks)[0]["aluno"] == "'=CMD()"
    assert {line["aluno"] for line in table(folder.occurrences)} == {"'=CMD()", "Bruno Sá", "Vazia"}


def test_late_submission_keeps_its_points_and_is_reported(graded):
    _, rows = graded
    assert rows["Bruno Sá"].late and not rows["Ana Souza"].late
    late = [one.detail for one in rows["Bruno Sá"].occurrences if one.kind == "fora do prazo"]
    assert late == ["entregue em 30/11/2026 18:01, prazo em 30/11/2026 18:00"]


def test_feedback_names_the_mistake_in_portuguese_and_hides_the_checks(graded):
    folder, _ = graded
    page = folder.feedback("Bruno Sá").read_text("utf-8")
    assert (
        "<code>density</code>: a densidade pedida é em %, de 0 a 100: multiplique por 100 a parte preenchida." in page
    )
    assert "6 de 15 pontos, sem contar o que ainda será corrigido à mão" in page
    assert "expect_like" not in page and "hidden" not in page.lower()


def test_what_a_student_writes_does_not_run_in_the_instructors_browser(graded):
    folder, _ = graded
    page = folder.feedback("Bruno Sá").read_text("utf-8")
    formgrader, _ = HTMLExporter().from_filename(str(folder.graded_notebook("Bruno Sá", NAME)))
    for html in (page, formgrader):
        assert "Respondo &lt;script&gt;alert(1)" in html
        assert "<script>alert" not in html and "<img src=x" not in html


def test_untouched_and_empty_get_zero_and_no_manual_work(graded):
    _, rows = graded
    assert [rows[name].total for name in ("=CMD()", "Vazia")] == [0, 0]
    assert [rows[name].status for name in ("=CMD()", "Vazia")] == ["pronta", "pronta"]


def test_grading_twice_changes_nothing(again, entregas):
    before, gradebook = files(again.folder), again.folder.gradebook.read_bytes()
    grade_folder(again, entregas)
    assert files(again.folder) == before
    assert again.folder.gradebook.read_bytes() == gradebook


def test_graded_notebook_that_was_cut_is_made_again(again, entregas):
    path = again.folder.graded_notebook("Ana Souza", NAME)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    rows = {row.student: row for row in grade_folder(again, entregas)}
    assert path.read_bytes() == whole
    assert rows["Ana Souza"].total == 10 and not rows["Ana Souza"].occurrences


def test_only_the_table_says_the_state_of_a_student(again, entregas):
    mark_by_hand(again.folder, "Ana Souza", 4.5, "")
    lines = []
    rows = {row.student: row for row in grade_folder(again, entregas, lambda line, total: lines.append(line))}
    assert rows["Ana Souza"].status == "pronta"
    assert "Ana Souza: 10 de 10 automáticos" in lines and not any("à mão" in line for line in lines)


def test_mark_given_by_hand_is_taken_up_with_its_comment(again, entregas):
    mark_by_hand(again.folder, "Ana Souza", 4.5, "Bem explicado.")
    rows = {row.student: row for row in grade_folder(again, entregas)}
    assert (rows["Ana Souza"].total, rows["Ana Souza"].status) == (14.5, "pronta")
    assert table(again.folder.marks)[1]["3. Explique (5)"] == "4,5"
    assert "Bem explicado." in again.folder.feedback("Ana Souza").read_text("utf-8")


def test_mark_given_by_hand_asks_for_review_when_the_submission_changes(again, entregas, tmp_path):
    mark_by_hand(again.folder, "Ana Souza", 4.5, "")
    shutil.copytree(entregas / "Ana Souza", tmp_path / "nova" / "Ana Souza")
    deliver(tmp_path / "nova", "Ana Souza", notebook(text="Pensei melhor."))
    rows = {row.student: row for row in grade_folder(again, tmp_path / "nova")}
    assert (rows["Ana Souza"].total, rows["Ana Souza"].status) == (14.5, "rever a nota dada à mão")


def test_review_of_a_mark_given_by_hand_survives_an_interruption(again, entregas, tmp_path):
    def interrupt(*news):
        raise KeyboardInterrupt

    mark_by_hand(again.folder, "Ana Souza", 4.5, "")
    deliver(tmp_path / "nova", "Ana Souza", notebook(text="Pensei melhor."))
    with pytest.raises(KeyboardInterrupt):
        grade_folder(again, tmp_path / "nova", interrupt)
    again.stop.clear()
    statuses = [{row.student: row.status for row in grade_folder(again, tmp_path / "nova")} for _ in range(2)]
    assert [one["Ana Souza"] for one in statuses] == ["rever a nota dada à mão"] * 2
    mark_by_hand(again.folder, "Ana Souza", 4, "")
    assert {row.student: row.status for row in grade_folder(again, tmp_path / "nova")}["Ana Souza"] == "pronta"


def test_who_is_absent_from_this_run_stays_in_the_spreadsheet_and_is_named(again, tmp_path, assignment):
    before = {line["aluno"]: line for line in table(again.folder.marks)}
    deliver(tmp_path / "atrasados", "Duda", untouched())
    rows = grade_folder(again, tmp_path / "atrasados")
    after = {line["aluno"]: line for line in table(again.folder.marks)}
    assert list(after) == ["'=CMD()", "Ana Souza", "Bruno Sá", "Duda", "Vazia"]
    assert before.items() <= after.items()
    reported = [line["aluno"] for line in table(again.folder.occurrences) if "não veio" in line["ocorrência"]]
    assert reported == ["'=CMD()", "Ana Souza", "Bruno Sá", "Vazia"]
    assert text_table(rows, assignment).count("não veio nesta entrega") == 4


def test_mistake_of_the_grader_stops_nobody_and_is_tried_again(grading, tmp_path, monkeypatch):
    def broken(*arguments):
        raise RuntimeError("defeito")

    monkeypatch.setattr(single, "Runner", broken)
    deliver(tmp_path / "e", "Ana", notebook())
    (tmp_path / "e" / "Vazia").mkdir()
    ana, empty = grade_folder(grading, tmp_path / "e")
    assert [(one.kind, one.detail) for one in ana.occurrences] == [("erro do corretor", "RuntimeError: defeito")]
    assert (empty.status, [one.kind for one in empty.occurrences]) == ("pronta", ["sem notebook"])
    monkeypatch.undo()
    assert [row.total for row in grade_folder(grading, tmp_path / "e")] == [10, 0]


def test_killed_in_the_middle_goes_on_with_the_same_marks(isolation, graded, entregas, tmp_path):
    release = save(untouched(), tmp_path / f"{NAME}.ipynb")
    command = [sys.executable, "-m", "course_tools", "corrigir", str(entregas), "--saida", str(tmp_path / "notas")]
    command += ["--notebook", str(release), "--prazo", "2026-11-30T18:00", "--processos", "1"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    folder = GradesFolder(tmp_path / "notas")
    while process.poll() is None and not folder.result("Ana Souza").exists():
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    done = {path: path.stat().st_mtime_ns for path in (folder.root / "resultados").iterdir()}
    assert done and not folder.marks.exists()

    assert main(command[3:]) == 0
    assert {path: path.stat().st_mtime_ns for path in done} == done
    marks, expected = files(folder), files(graded[0])
    assert marks.keys() == expected.keys()
    differing = {path.parts[0] for path in marks if marks[path] != expected[path]}
    assert differing <= {"resultados"}  # which tell the limits, those of the tests and those of the command


def test_command_shows_a_line_a_student_and_a_table(isolation, entregas, tmp_path, capsys):
    release = save(untouched(), tmp_path / f"{NAME}.ipynb")
    deliver(tmp_path / "entregas", "Ana Souza", untouched())
    arguments = ["corrigir", str(tmp_path / "entregas"), "--saida", str(tmp_path / "notas"), "--notebook", str(release)]
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert "Ana Souza: 0 de 10 automáticos; nada respondido" in shown
    assert "média de 1" in shown and "notas.csv" in shown


def test_without_bubblewrap_the_command_refuses_and_says_what_to_do(grading, entregas, monkeypatch, refused):
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    with refused("grading without bubblewrap", SandboxError, match="apt install bubblewrap"):
        grade_folder(grading, entregas)
    assert not grading.folder.marks.exists()


def test_system_that_forbids_isolation_is_refused(grading, entregas, monkeypatch, refused):
    monkeypatch.setattr(sandbox, "bubblewrap", lambda *options: ["/bin/false"])
    monkeypatch.setattr(sandbox, "standing_walls", sandbox.standing_walls.__wrapped__)  # what it found before is kept
    with refused("grading where isolation is forbidden", SandboxError, match="--sem-isolamento"):
        grade_folder(grading, entregas)


def test_without_isolation_only_when_told_so(assignment, tmp_path, monkeypatch):
    monkeypatch.setattr(grade_module, "check_isolation", lambda: pytest.fail("asked for isolation"))
    monkeypatch.setattr(sandbox, "bubblewrap", lambda *options: pytest.fail("isolated"))
    endless = notebook(density=DENSITY.format("    while True:\n        pass"))
    deliver(tmp_path / "entregas", "Ana", endless)
    limits = replace(LIMITS, exercise_seconds=2)
    grading = Grading(assignment, GradesFolder(tmp_path / "notas"), isolated=False, limits=limits)
    (row,) = grade_folder(grading, tmp_path / "entregas")
    assert (row.final["density"].points, row.final["mse_rmse"].points) == (0, 6)


@pytest.mark.parametrize("place", ["course_lib/notas", ".venv/notas"])
def test_folder_that_students_would_see_is_refused(assignment, entregas, isolation, refused, place):
    folder = Path(sys.prefix) / "notas" if place.startswith(".venv") else ROOT / place
    with refused(f"marks inside {place.split('/')[0]}", GradingError, match="Escolha outro lugar"):
        grade_folder(Grading(assignment, GradesFolder(folder)), entregas)


def test_file_that_is_no_gradebook_is_refused(again, entregas, refused):
    again.folder.gradebook.write_text("isto não é um banco de dados")
    with refused("a gradebook that is not one", GradingError, match=r"gradebook\.db"):
        grade_folder(again, entregas)


def test_gradebook_of_other_exercises_is_refused(again, entregas, refused, tmp_path):
    other = untouched()
    other.cells = [cell for cell in other.cells if "mse" not in cell.metadata.get("nbgrader", {}).get("grade_id", "")]
    grading = Grading(assignment_of(other, tmp_path), again.folder, limits=LIMITS)
    with refused("a gradebook of other exercises", GradingError, match="outra pasta"):
        grade_folder(grading, entregas)


def assignment_of(made, tmp_path):
    return load_assignment(save(made, tmp_path / f"{NAME}.ipynb"))


@pytest.mark.parametrize("case", ["no points", "unknown exercise"])
def test_notebook_that_cannot_be_graded_is_refused(tmp_path, refused, case):
    made = nbformat.from_dict(notebook(cells=[code("1 + 1")])) if case == "no points" else untouched()
    for cell in made.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "density":
            cell.metadata.nbgrader.grade_id = "desconhecido"
    with refused(f"an assignment with {case}", GradingError):
        assignment_of(made, tmp_path)


def test_deadline_with_a_day_only_lasts_until_its_end():
    assert deadline("2026-11-30") == datetime(2026, 11, 30, 23, 59, 59)
    assert deadline("2026-11-30T18:00") == DEADLINE
