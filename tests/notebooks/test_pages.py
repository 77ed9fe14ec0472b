"""The site of a small series: what each page takes from its notebook. The site of the real one is in tests/browser."""

import re
import shutil

import bs4
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course_lib.errors import DataFileNotFoundError
from course_lib.glossary import GLOSSARY, read_terms
from course_lib.headlines import HEADLINE_MIME
from course_tools.pages import site as site_module
from course_tools.pages.lesson import HIDDEN, close_answers
from course_tools.pages.site import build_site
from course_tools.runner.cleaning import cleaned
from course_tools.runner.summary import summarize, text_table

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
TABLE = "<table class='dataframe'><thead><tr><th></th><th>a</th></tr></thead><tbody></tbody></table>"
CORNER = "|  | a |\n|---|---|\n| b | 1 |"
TEXT = """Fórmula $\\hat r_{ui}$, com *latent factors* e vieses; de novo fatores latentes e `viés`.

<details><summary>Por quê?</summary>

Porque **sim**: $a$.

</details>

Próximo: [os modelos](02_dois.ipynb), [o código](../course_lib/codigo.py), [as medições](../benchmarks/README.md)."""


def stream(text):
    return new_output("stream", name="stdout", text=text)


@pytest.fixture(scope="module")
def notebook():
    figure = new_output("display_data", data={"image/png": PIXEL}, metadata={"image/png": {"alt": 'uma "reta" & só'}})
    numbers = new_output("display_data", data={HEADLINE_MIME: [["|RMSE|", 0.87451]], "text/plain": "|RMSE| 0,8745"})
    table = new_output("execute_result", data={"text/html": TABLE, "text/plain": "a"})
    undone = new_output("error", ename="NotImplementedError", evalue="por fazer", traceback=["vermelho"])
    cells = [
        new_markdown_cell("# 01 · O *dataset*\n\n**Objetivo:** conhecer\nos dados.\n\nMais."),
        new_code_cell("x = 1", execution_count=1, outputs=[figure, numbers, table]),
        new_markdown_cell(f"{TEXT}\n\n{CORNER}"),
        new_code_cell("y", execution_count=2, outputs=[undone]),
    ]
    return new_notebook(cells=cells, metadata={"papermill": {"duration": 3.21, "exception": None}})


@pytest.fixture(scope="module")
def site(notebook, tmp_path_factory):
    """Folder of the pages of two lessons, in a project with a glossary, code and measurements."""
    project = tmp_path_factory.mktemp("project")
    for name, text in {
        "notebooks/glossario.md": GLOSSARY.read_text(encoding="utf-8"),
        "course_lib/codigo.py": "um = 1\n",
        "benchmarks/README.md": "# Medições\n\nNúmeros.\n",
    }.items():
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
    second = new_notebook(cells=[new_markdown_cell("# 02 · Dois\n\nO segundo.")])
    paths = [project / "notebooks" / name for name in ("01_um.ipynb", "02_dois.ipynb")]
    for path, lesson in zip(paths, (notebook, second), strict=True):
        nbformat.write(lesson, path)
    build_site(paths, project / "notebooks", project / "build", "https://exemplo.org/curso")
    return project / "build"


def page(site, name):
    return bs4.BeautifulSoup((site / f"{name}.html").read_text(encoding="utf-8"), "html.parser")


def test_page_is_in_portuguese_titled_and_described_as_the_notebook(site):
    html = page(site, "01_um")
    assert html.html["lang"] == "pt-BR"
    assert html.title.text.startswith("01 · O dataset")
    assert html.find("meta", {"name": "description"})["content"] == "Conhecer os dados."
    assert html.find("meta", property="og:image")["content"].startswith("https://exemplo.org/curso/")


@pytest.mark.parametrize("name", ["index", "glossario", "medicoes"])
def test_every_page_says_what_it_is_where_it_is_shared(site, name):
    html = page(site, name)
    title, description, image = (
        html.find("meta", property=f"og:{kind}")["content"] for kind in ("title", "description", "image")
    )
    assert title == html.h1.find(string=True) and image.endswith(".png")
    assert description == html.find("meta", {"name": "description"})["content"]
    assert description == " ".join(html.article.p.text.split())


def test_figure_keeps_its_alternative_text_and_opens_large(site):
    image = page(site, "01_um").article.img
    assert image["alt"] == 'uma "reta" & só'
    assert (site / image.parent["href"]).is_file() and image.parent.name == "a"


def test_first_use_of_a_term_and_only_the_first_leads_to_the_glossary(site):
    links = page(site, "01_um").article.select('a[href^="glossario.html#term-"]')
    assert [link.text for link in links] == ["latent factors", "vieses"]


def test_every_anchor_of_a_term_exists_on_the_page_of_the_glossary(site):
    anchors = {term.get("id") for term in page(site, "glossario").select("dl.glossary dt")}
    assert {term.anchor for term in read_terms()} <= anchors


def test_links_lead_to_pages_and_to_copies_of_the_files_named(site):
    article = page(site, "01_um").article
    links = {link.text: link["href"] for link in article.find_all("a") if link.text.startswith(("os ", "o c", "as "))}
    assert links["os modelos"] == "02_dois.html" and links["as medições"] == "medicoes.html"
    assert (site / links["o código"]).read_text() == "um = 1\n"


def test_empty_corner_of_a_table_is_not_the_title_of_anything(site):
    assert [cell.text.strip() for cell in page(site, "01_um").select("article th")] == ["a", "a"]


def test_code_marks_only_what_has_a_colour_of_its_own(site):
    marks = page(site, "01_um").select(".cell_input .highlight span[class]")
    assert [mark.text for mark in marks] == ["=", "1"]


def test_exercise_not_done_yet_is_not_shown_as_an_error(site):
    assert "vermelho" not in page(site, "01_um").text


def test_notebook_to_download_is_that_of_the_course_and_not_what_the_page_was_made_of(site, notebook):
    (link,) = page(site, "01_um").select("a.btn-download-source-button")
    downloaded = nbformat.read(site / link["href"], as_version=4)
    assert downloaded.cells == cleaned(notebook, site.parent).cells


def test_first_page_has_numbers_seconds_and_every_lesson(site):
    html = page(site, "index")
    rows = [[cell.get_text(" ", strip=True) for cell in row.find_all("td")] for row in html.select("tbody tr")]
    assert rows == [["01_um", "3,2", "|RMSE| 0,8745"], ["02_dois", "–", "–"]]
    assert html.find("meta", {"name": "description"})["content"]
    assert [link.text for link in html.select("article li strong a")] == ["01 · O dataset", "02 · Dois"]


def test_menu_comes_from_the_series_and_the_pages_that_exist(site):
    menu = [link["href"] for link in page(site, "02_dois").select("nav.bd-links a")]
    assert menu == ["01_um.html", "#", "glossario.html", "medicoes.html"]


def test_who_begins_is_sent_to_the_first_lesson_and_not_to_what_supports_them_all(tmp_path):
    for name in ("00_apoio", "01_um"):
        nbformat.write(new_notebook(cells=[new_markdown_cell(f"# {name}\n\nUm só.")]), tmp_path / f"{name}.ipynb")
    build_site(sorted(tmp_path.glob("*.ipynb")), tmp_path, tmp_path / "build")
    assert page(tmp_path / "build", "index").select_one("#por-onde-comecar p a")["href"] == "01_um.html"


def test_page_put_beside_the_first_one_enters_the_menu(tmp_path, monkeypatch):
    monkeypatch.setattr(site_module, "HERE", shutil.copytree(site_module.HERE, tmp_path / "pages"))
    (tmp_path / "pages/content/outra.md").write_text("# Outra\n", encoding="utf-8")
    nbformat.write(new_notebook(cells=[new_markdown_cell("# 01 · Um\n\nUm só.")]), tmp_path / "01_um.ipynb")
    build_site([tmp_path / "01_um.ipynb"], tmp_path, tmp_path / "build")
    menu = [link["href"] for link in page(tmp_path / "build", "01_um").select("nav.bd-links a")]
    assert menu == ["#", "outra.html"]


def test_without_the_data_the_live_page_stays_out_and_says_so_in_one_line(tmp_path, monkeypatch, capsys):
    def missing():
        raise DataFileNotFoundError("faltam os dados.\nInstale-os.")

    monkeypatch.setattr(site_module, "load_movielens", missing)
    nbformat.write(new_notebook(cells=[new_markdown_cell("# 06 · Listas\n\nUma.")]), tmp_path / "06_listas.ipynb")
    build_site([tmp_path / "06_listas.ipynb"], tmp_path, tmp_path / "build")
    assert [link["href"] for link in page(tmp_path / "build", "06_listas").select("nav.bd-links a")] == ["#"]
    assert [line.count("faltam os dados.") for line in capsys.readouterr().err.splitlines()] == [1]


def test_sources_of_a_course_that_cannot_be_written_can(tmp_path, monkeypatch):
    """Of their modes, for root writes everywhere."""
    monkeypatch.setattr(site_module, "HERE", shutil.copytree(site_module.HERE, tmp_path / "pages"))
    for path in [*(tmp_path / "pages").rglob("*"), tmp_path / "pages"]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    nbformat.write(new_notebook(cells=[new_markdown_cell("# 01 · Um\n\nUm só.")]), tmp_path / "01_um.ipynb")
    stage = tmp_path / "stage"
    site_module._write_sources([site_module._read_lesson(tmp_path / "01_um.ipynb", tmp_path)], stage, tmp_path)
    assert [path for path in [stage, *stage.rglob("*")] if not path.stat().st_mode & 0o200] == []


@pytest.mark.parametrize("question", ["### Antes de rodar: quanto?", "**Antes de rodar:** quanto?"])
def test_first_output_after_a_question_waits_and_no_other(question):
    cells = [new_markdown_cell(question), new_code_cell("sem saída")]
    cells += [new_code_cell(name, outputs=[stream(name)]) for name in ("resposta", "outra")]
    notebook = new_notebook(cells=[new_code_cell("antes", outputs=[stream("antes")]), *cells])
    close_answers(notebook)
    assert [cell.source for cell in notebook.cells if HIDDEN in cell.metadata.get("tags", [])] == ["resposta"]


def test_summary_comes_from_the_notebook_itself(notebook):
    summary = summarize("01_dataset", notebook)
    assert (summary.title, summary.goal) == ("01 · O dataset", "Conhecer os dados.")
    assert (summary.seconds, summary.numbers, summary.failed) == (3.21, ["|RMSE| 0,8745"], False)


def test_table_shows_seconds_numbers_failures_and_the_time_of_it_all(notebook):
    failed = notebook.copy() | {"metadata": {"papermill": {"duration": 1.0, "exception": True}}}
    summaries = [summarize("01_dataset", notebook), summarize("02_produto", nbformat.from_dict(failed))]
    assert re.split("\n", text_table(summaries, elapsed=3.9)) == [
        "notebook     segundos  números principais",
        "01_dataset        3,2  |RMSE| 0,8745",
        "02_produto        1,0  FALHOU",
        "tempo total       3,9",
    ]
