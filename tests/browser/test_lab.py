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
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_tools.runner.cleaning import cleaned, save_notebook

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "segredo-do-teste"
NOTEBOOK = "pequeno.ipynb"
BAR = "barra.ipynb"
HINT = "dica.ipynb"
LESSON = ROOT / "notebooks" / "01_dataset.ipynb"
GLOSSARY = ROOT / "notebooks" / "glossario.md"
WRONG = "from course_lib.exercises import check\ncheck('epoch_loss', lambda losses, sizes: sum(losses) / len(losses))"
MENUS = ["Arquivo", "Editar", "Exibir", "Executar", "Kernel", "Abas", "Configurações", "Ajuda"]
# Each minibatch waits, so that the bar is there to be seen.
TRAINING = """import time
import torch
from course_lib import DeepNetTrainer

class Slow(torch.nn.Linear):
    def forward(self, x):
        time.sleep(0.05)
        return super().forward(x)

model = Slow(2, 1)
data = [(torch.ones(4, 2), torch.ones(4, 1)) for _ in range(100)]
trainer = DeepNetTrainer(model=model, criterion=torch.nn.MSELoss(), optimizer=torch.optim.SGD(model.parameters(), 0.01))
trainer.fit(1, data)"""
PANEL = "window.jupyterapp?.shell?.currentWidget"  # needs --LabApp.expose_app_in_browser


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    small = [
        "from course_lib.headlines import headline\ntotal = sum(range(10))",
        "print('total', total)\nheadline(total=total)",
    ]
    for name, sources in ((NOTEBOOK, small), (BAR, [TRAINING]), (HINT, [WRONG])):
        notebook = new_notebook(cells=[new_markdown_cell(f"# {name}"), *map(new_code_cell, sources)])
        save_notebook(cleaned(notebook, folder), folder / name)
    for file in (LESSON, GLOSSARY):
        shutil.copyfile(file, folder / file.name)
    (folder / "instrutor").mkdir()
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
def page(browser, server):
    """The lab with the small notebook open; it takes seconds to load, and so the others are opened from it."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{server[0]}/lab/tree/{NOTEBOOK}?token={TOKEN}")
    wait_for_kernel(page, NOTEBOOK)
    yield page
    page.close()


def open_notebook(page, path):
    """What a click on its file does; and wait until its kernel is idle."""
    execute(page, "docmanager:open", path=path)
    wait_for_kernel(page, path)


def wait_for_kernel(page, path):
    page.wait_for_function(
        f"{PANEL}?.context?.path === '{path}' && {PANEL}.sessionContext?.session?.kernel?.status === 'idle'",
        timeout=90_000,
    )


def execute(page, command, **options):
    """Start a JupyterLab command without waiting for it to finish: its effects are waited for, with a time limit."""
    call = "([command, options]) => { window.jupyterapp.commands.execute(command, options) }"
    page.evaluate(call, [command, options])


def test_lab_speaks_portuguese_by_default(page):
    assert page.locator("html").get_attribute("lang") == "pt-BR"
    page.get_by_title(re.compile("^Salvar e criar ponto")).wait_for(state="attached", timeout=30_000)


def test_menus_are_in_portuguese(page):
    bar = page.locator("#jp-MainMenu .lm-MenuBar-itemLabel")
    assert [label.strip() for label in bar.all_inner_texts()] == MENUS


def test_solutions_are_not_among_the_files(page):
    names = page.locator("#filebrowser .jp-DirListing-itemText")
    names.get_by_text(NOTEBOOK, exact=True).wait_for(timeout=30_000)
    assert sorted(names.all_inner_texts()) == sorted([NOTEBOOK, BAR, HINT, LESSON.name, GLOSSARY.name])


def test_lab_asks_a_newcomer_nothing_and_shows_no_instructor_menu(page):
    assert page.locator(".jp-toastContainer .Toastify__toast").count() == 0
    assert page.get_by_text(re.compile("nbgrader", re.IGNORECASE)).count() == 0
    toolbar = page.locator(".jp-NotebookPanel-toolbar [data-jp-item-name]")
    names = {item.get_attribute("data-jp-item-name").lower() for item in toolbar.all()}
    assert names and not [name for name in names if "nbdi" in name or "git" in name or "interface" in name], names


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


def test_lesson_as_it_came_is_not_modified_by_opening_it(page):
    open_notebook(page, LESSON.name)
    page.wait_for_timeout(2_000)  # what the lab writes by itself, it writes when the kernel has answered
    assert not page.evaluate(f"{PANEL}.context.model.dirty")


def test_progress_bar_of_a_training_moves(page):
    open_notebook(page, BAR)
    execute(page, "notebook:run-all-cells")
    page.locator(".jp-OutputArea-output .progress-bar").wait_for(timeout=60_000)
    width = "document.querySelector('.jp-OutputArea-output .progress-bar')?.style.width"
    seen = set()
    while now := page.evaluate(width):  # the bar goes away at the end of the epoch
        seen.add(now)
        page.wait_for_timeout(50)
    assert len(seen) > 3, seen


def test_term_of_a_hint_opens_the_glossary(page):
    open_notebook(page, HINT)
    execute(page, "notebook:run-all-cells")
    page.locator(".jp-OutputArea-output a", has_text="minibatch").click(timeout=60_000)
    page.wait_for_function(f"{PANEL}.context.path === '{GLOSSARY.name}'", timeout=60_000)
    page.locator(".jp-MarkdownViewer", has_text="O punhado de avaliações que o modelo vê").wait_for(timeout=60_000)
