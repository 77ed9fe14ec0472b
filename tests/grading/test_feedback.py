"""What a student reads when something went wrong with the delivery, and what a command says when it cannot grade."""

import csv
import re

import pytest

from course_tools.__main__ import main
from course_tools.errors import GradingError
from course_tools.grading.config import GradesFolder
from course_tools.grading.grade import grade_folder
from course_tools.grading.single import Grading
from tests.grading.builders import LIMITS, MSE, NAME, notebook, save, untouched

MOODLE = "Márcia Lopes_12347_assignsubmission_file_"
BROKEN_DENSITY = "def density(ratings, n_users, n_movies)\n    return 0"
DOCUMENT = "PK\x03\x04 isto é um documento"
REASON = (
    "o arquivo não é um notebook do Jupyter (.ipynb): pode ser outro tipo de arquivo com a extensão trocada. "
    "Envie de novo."
)


@pytest.fixture(scope="module")
def graded(isolation, assignment, tmp_path_factory):
    """A class without a deadline: rows by student and the folder of marks."""
    root, folder = tmp_path_factory.mktemp("entregas"), GradesFolder(tmp_path_factory.mktemp("notas"))
    lost_text = notebook(density=BROKEN_DENSITY, mse=MSE.format("    return 0", "    return mse(predictions, targets)"))
    lost_text.cells = lost_text.cells[:-1]
    save(lost_text, root / MOODLE / f"{NAME}.ipynb")
    save(DOCUMENT, root / "rui_2" / f"{NAME}.ipynb")
    (root / "vazia").mkdir()
    rows = grade_folder(Grading(assignment, folder, limits=LIMITS, site="https://exemplo.org/curso/"), root)
    return {row.student: row for row in rows}, folder


def page(graded, delivered_as):
    return graded[1].feedback(delivered_as).read_text("utf-8")


def test_syntax_error_is_why_the_function_does_not_exist(graded):
    expected = "a célula da resposta tem um erro de sintaxe na linha 1; por isso a função não existe."
    assert f"<code>density</code>: {expected}" in page(graded, MOODLE)
    assert "não encontrei a função" not in page(graded, MOODLE)


def test_place_of_a_syntax_error_names_no_temporary_file(graded):
    (one,) = [one for one in graded[0]["Márcia Lopes_12347"].occurrences if one.kind == "célula com erro"]
    assert one.detail == "célula 3: SyntaxError: expected ':' (linha 1)"
    assert ".py" not in page(graded, MOODLE)


def test_page_leads_back_to_the_lessons_of_an_exercise_and_to_the_glossary(graded):
    for stem in ("01_dataset", "02_produto_interno", "glossario"):
        assert f'<a href="https://exemplo.org/curso/{stem}.html">' in page(graded, MOODLE)


def test_terms_of_the_hints_lead_to_the_glossary(graded):
    density, mse = re.findall(r'<section id="(?:density|mse_rmse)">.*?</section>', page(graded, MOODLE), re.DOTALL)
    links = re.findall(r'<a href="https://exemplo.org/curso/glossario.html#([^"]+)" title="[^"]+">([^<]+)</a>', mse)
    assert links == [("term-MSE", "MSE"), ("term-RMSE", "RMSE")]
    assert "glossário" not in density


def test_page_has_a_landmark_and_no_internal_name(graded):
    body = page(graded, MOODLE).split("<body>")[1]
    assert body.count("<main>") == body.count("</main>") == 1
    assert "célula que começa por <code>def density(ratings, n_users, n_movies)</code>: SyntaxError" in body
    assert "resposta apagada: exercício 3. Explique" in body
    assert not re.search(r"célula \d|exercício (density|mse_rmse|explain)|_answer|07_exercicios", body)


def test_page_shows_the_name_without_moodles_number(graded):
    assert "<h1>Márcia Lopes</h1>" in page(graded, MOODLE)
    assert "12347" not in page(graded, MOODLE)
    assert "<h1>rui_2</h1>" in page(graded, "rui_2")


def test_lost_cell_is_said_in_words(graded):
    assert "*Esta célula" not in page(graded, MOODLE)
    assert "Não encontrei uma resposta a este exercício na sua entrega." in page(graded, MOODLE)


@pytest.mark.parametrize(
    ("student", "reason", "status"),
    [("rui_2", REASON, "a conferir"), ("vazia", "sem notebook: a pasta está vazia", "pronta")],
)
def test_what_could_not_be_read_gets_only_the_reason(graded, student, reason, status):
    body = page(graded, student).split("<body>")[1]
    assert reason in body
    assert not any(text in body for text in ("Não passou", "Não foi respondido", "Não encontrei", "<table"))
    assert graded[0][student].status == status


def test_without_a_deadline_nobody_is_late_or_on_time(graded):
    lines = csv.DictReader(graded[1].marks.read_text("utf-8-sig").splitlines(), delimiter=";")
    assert [line["fora do prazo"] for line in lines] == ["", "", ""]


@pytest.mark.parametrize("under", ["", "dentro"])
def test_file_where_the_marks_should_go_is_refused_before_grading(isolation, assignment, tmp_path, refused, under):
    save(untouched(), tmp_path / "entregas" / "Ana" / f"{NAME}.ipynb")
    (tmp_path / "notas").write_text("um arquivo")
    grading = Grading(assignment, GradesFolder(tmp_path / "notas" / under), limits=LIMITS)
    with refused(f"marks {'under' if under else 'in'} a file", GradingError, match="Escolha uma pasta em --saida"):
        grade_folder(grading, tmp_path / "entregas", lambda *news: pytest.fail("started grading"))


@pytest.mark.parametrize("place", [".", "notas", "Ana/notas"])
def test_marks_among_the_submissions_are_refused_before_grading(assignment, tmp_path, refused, place):
    """Graded again, the folder of marks would be one more student."""
    save(untouched(), tmp_path / "entregas" / "Ana" / f"{NAME}.ipynb")
    grading = Grading(assignment, GradesFolder(tmp_path / "entregas" / place), isolated=False, limits=LIMITS)
    with refused("marks among the submissions", GradingError, match="Escolha outra pasta em --saida"):
        grade_folder(grading, tmp_path / "entregas", lambda *news: pytest.fail("started grading"))
    assert {path.name for path in tmp_path.rglob("*")} == {"entregas", "Ana", f"{NAME}.ipynb"}


def test_command_that_finds_nothing_shows_no_progress_bar(isolation, tmp_path, capsys):
    release = save(untouched(), tmp_path / f"{NAME}.ipynb")
    arguments = ["corrigir", str(tmp_path / "nada"), "--saida", str(tmp_path / "notas"), "--notebook", str(release)]
    assert main(arguments) != 0
    shown = capsys.readouterr().err
    assert "nada não existe." in shown
    assert "entrega/s" not in shown
