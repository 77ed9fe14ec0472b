"""O JupyterLab de `curso lab`, aberto num navegador de verdade, sem cabeça e sem rede."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "segredo-do-teste"
NOTEBOOK = "pequeno.ipynb"
PANEL = "window.jupyterapp?.shell?.currentWidget"  # needs --LabApp.expose_app_in_browser
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module")
def chromium():
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None and os.environ.get("COURSE_REQUIRE_ALL"):
        pytest.fail("COURSE_REQUIRE_ALL is set, but there is no Chromium on PATH")
    if path is None:
        pytest.skip("there is no Chromium on PATH")
    return path


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    cells = [
        nbformat.v4.new_markdown_cell("# Pequeno\n\nUm notebook para o teste."),
        nbformat.v4.new_code_cell("from course_lib.headlines import headline\ntotal = sum(range(10))"),
        nbformat.v4.new_code_cell("print('total', total)\nheadline(total=total)"),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(notebook, folder / NOTEBOOK)
    return folder


@pytest.fixture(scope="module")
def server(workspace, tmp_path_factory):
    """Address of a running JupyterLab whose own settings are empty, as a newcomer's are; and its log file."""
    private = tmp_path_factory.mktemp("jupyter")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {f"JUPYTER_{kind}_DIR": str(private / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    environment = os.environ | settings | {"IPYTHONDIR": str(private / "ipython"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "course_tools", "lab", "--", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    command += [f"--port={port}", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={workspace}"]
    command += ["--LabApp.expose_app_in_browser=True"]
    log = private / "log.txt"
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_up(address, process, log)
        yield address, log
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_until_up(address, process, log):
    for _ in range(120):
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(f"{address}/api?token={TOKEN}", timeout=5).close()
            return
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()}")


@pytest.fixture(scope="module")
def page(chromium, server):
    playwright = pytest.importorskip("playwright.sync_api")
    address, _ = server
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        page = browser.new_page()
        page.goto(f"{address}/lab/tree/{NOTEBOOK}?token={TOKEN}")
        page.wait_for_function(f"{PANEL}?.sessionContext?.session?.kernel?.status === 'idle'", timeout=90_000)
        yield page
        browser.close()


def execute(page, command):
    """Start a JupyterLab command without waiting for it to finish: its effects are waited for, with a time limit."""
    page.evaluate("command => { window.jupyterapp.commands.execute(command) }", command)


def test_lab_speaks_portuguese_by_default(page):
    assert page.locator("html").get_attribute("lang") == "pt-BR"
    page.get_by_title(re.compile("^Salvar e criar ponto")).wait_for(state="attached", timeout=30_000)


def test_lab_asks_a_newcomer_nothing_and_shows_no_instructor_menu(page):
    assert page.locator(".jp-toastContainer .Toastify__toast").count() == 0
    assert page.get_by_text(re.compile("nbgrader", re.IGNORECASE)).count() == 0


def test_small_notebook_runs_to_the_end_and_is_saved_without_errors(page, workspace, server):
    page.locator(".jp-Notebook .jp-Cell").first.click()
    execute(page, "notebook:run-all-cells")
    page.locator(".jp-InputPrompt", has_text="[2]:").wait_for(timeout=60_000)
    execute(page, "docmanager:save")
    page.wait_for_function(f"!{PANEL}.context.model.dirty", timeout=60_000)

    code = [cell for cell in nbformat.read(workspace / NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]
    assert [output for cell in code for output in cell.outputs if output.output_type == "error"] == []
    assert [cell.execution_count for cell in code] == [1, 2]
    assert code[1].outputs[0].text == "total 45\n"
    assert "without encryption" not in server[1].read_text()
