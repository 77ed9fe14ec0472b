"""Marking by hand: the pages the instructor sees, served by the command and used in a real browser."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from course_tools.__main__ import main
from course_tools.grading.assignment import NAME, load_assignment
from course_tools.grading.config import GradesFolder
from course_tools.grading.delivered import Cell
from course_tools.grading.formgrader import criteria
from course_tools.grading.gradebook import open_gradebook, record
from course_tools.grading.graded import graded_notebook
from course_tools.grading.records import Mark, Result, save_result
from course_tools.grading.release import student_path
from course_tools.runner.cleaning import save_notebook

ROOT = Path(__file__).resolve().parents[2]
QUESTION = "explain_new_user"
ANSWER = "Porque <script>document.title = 'invadida'</script> o vetor não aprende."
HINT = "`density`: falta multiplicar por 100."


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two students of the series' own exercises, marked without running anything."""
    assignment, folder = load_assignment(student_path()), GradesFolder(tmp_path_factory.mktemp("notas"))
    marks = {one.name: Mark(0.5, (HINT,)) if one.exercise else Mark(None) for one in assignment.graded}
    cells = [Cell("markdown", ANSWER, QUESTION, False), Cell("code", "def density():\n    pass", None, False)]
    with open_gradebook(folder, assignment, None) as gradebook:
        for student in ("Ana", "Rui"):
            record(gradebook, assignment, student, None, marks, False)
            made = graded_notebook(assignment, cells, {}, marks)
            save_notebook(made, folder.graded_notebook(student, assignment.name))
            save_result(Result("", "", marks, ()), folder.result(student))
    return folder


@pytest.fixture(scope="module")
def address(folder, tmp_path_factory):
    """A page that opens the list, on a server started by the command."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("log") / "log.txt"
    command = [sys.executable, "-m", "course_tools", "formgrader", str(folder.root), "--", "--no-browser"]
    command += [f"--port={port}", "--IdentityProvider.token=segredo"]
    with log.open("w") as output:
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
    try:
        for _ in range(240):
            assert process.poll() is None, log.read_text()
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api?token=segredo", timeout=5).close()
                break
            except OSError:
                time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/?token=segredo", log
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture
def page():
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.fail("COURSE_REQUIRE_ALL is set") if os.environ.get("COURSE_REQUIRE_ALL") else pytest.skip("no Chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.set_default_timeout(60_000)
        yield page
        browser.close()


def test_a_mark_given_in_the_browser_is_said_to_be_saved_and_is_in_the_gradebook(folder, address, page):
    start, log = address
    requested, errors = [], []
    page.on("request", lambda request: requested.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(start)
    page.get_by_text("2 entregas; falta corrigir 2.").wait_for()
    page.get_by_role("button", name="Mostrar os nomes").click()
    page.get_by_role("link", name="Ana").click()

    section = page.locator("section", has_text="Explique o usuário novo")
    section.get_by_text("Critérios de correção").wait_for()
    section.get_by_text("Falta dar a nota.").wait_for()
    assert "<script>" in section.locator(".written").inner_text() and "Entrega" in page.title()
    section.get_by_label("Nota, de 0 a 9").fill("99")
    section.get_by_role("button", name="Salvar a nota").click()
    section.get_by_text("Não salvei: a nota vai de 0 a 9.").wait_for()
    section.get_by_label("Nota, de 0 a 9").fill("7.5")
    section.get_by_role("button", name="Salvar a nota").click()
    section.get_by_text("Nota 7,5 salva às").wait_for()
    section.get_by_label("Comentário para o aluno").fill("Bem explicado.")
    page.locator("h1").click()
    section.get_by_text("Comentário salvo às").wait_for()
    page.get_by_role("link", name="todas as entregas").click()
    page.get_by_text("2 entregas; falta corrigir 1.").wait_for()

    with Gradebook(f"sqlite:///{folder.gradebook}") as gradebook:
        assert gradebook.find_grade(QUESTION, NAME, NAME, "Ana").manual_score == 7.5
        assert gradebook.find_comment(QUESTION, NAME, NAME, "Ana").manual_comment == "Bem explicado."
    assert errors == []
    own = start.partition("/?")[0]
    assert [url for url in requested if not url.startswith((own, "data:"))] == []
    assert log.read_text().startswith("Correção à mão: http://")


def test_criteria_are_those_of_the_instructor_for_what_is_marked_by_hand(assignment):
    found = criteria(load_assignment(student_path()))
    assert list(found) == [QUESTION] and "<table>" in found[QUESTION]
    assert criteria(assignment) == {}


def test_folder_without_marks_is_refused_with_the_way_out(tmp_path, capsys):
    assert main(["formgrader", str(tmp_path)]) == 1
    assert f"curso corrigir ENTREGAS --saida {tmp_path}" in capsys.readouterr().err
