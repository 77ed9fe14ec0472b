import re

import bs4
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course_lib.headlines import HEADLINE_MIME
from course_tools.pages.build import publish, to_html, write_index
from course_tools.runner.summary import executed_summaries, summarize, text_table

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
TEXT = """Fórmula $\\hat r_{ui}$ e $$\\frac{1}{n}$$

![a rede](figuras/rede.png)

<details><summary>Por quê?</summary>

Porque **sim**: $a$.

</details>

Próximo: [os modelos](02_produto_interno.ipynb#vieses), [o código](../course_lib/recipes/kinds.py)"""


@pytest.fixture
def notebook():
    figure = new_output("display_data", data={"image/png": PIXEL}, metadata={"image/png": {"alt": 'uma "reta" & só'}})
    numbers = new_output("display_data", data={HEADLINE_MIME: [["RMSE", 0.87451]], "text/plain": "RMSE"})
    cells = [
        new_markdown_cell("# 01 · O *dataset*\n\n**Objetivo:** conhecer\nos dados.\n\nMais."),
        new_code_cell("x", execution_count=1, outputs=[figure, numbers]),
        new_markdown_cell(TEXT),
    ]
    return new_notebook(cells=cells, metadata={"papermill": {"duration": 3.21, "exception": None}})


@pytest.fixture
def page(notebook):
    return bs4.BeautifulSoup(to_html("01_dataset", notebook), "html.parser")


def test_page_is_in_portuguese_and_titled_as_the_notebook(page):
    assert page.html["lang"] == "pt-BR"
    assert page.title.text == "01 · O dataset"


def test_every_image_keeps_its_alternative_text(page):
    assert [image["alt"] for image in page.find_all("img")] == ['uma "reta" & só', "a rede"]


def test_page_fetches_nothing_from_the_network(page):
    assert page.find_all("script", src=True) == page.find_all("link", href=re.compile("^http")) == []
    assert "import(" not in str(page) and "cdnjs" not in str(page)


def test_formulas_are_mathml_even_inside_an_answer(page):
    assert [math["display"] for math in page.find_all("math")] == ["inline", "block", "inline"]
    assert page.details.math is not None and page.details.strong.text == "sim"


def test_links_between_notebooks_become_links_between_pages(page):
    links = [link["href"] for link in page.find_all("a") if "anchor-link" not in link.get("class", [])]
    assert links == ["index.html", "02_produto_interno.html#vieses", "../course_lib/recipes/kinds.py"]


def test_formula_that_cannot_be_converted_is_shown_as_written(notebook):
    notebook.cells[2].source = r"$\frac{a}{$"
    page = bs4.BeautifulSoup(to_html("01_dataset", notebook), "html.parser")
    assert page.select("code.formula")[0].text == r"\frac{a}{"


def test_summary_comes_from_the_notebook_itself(notebook):
    summary = summarize("01_dataset", notebook)
    assert (summary.title, summary.goal) == ("01 · O dataset", "Conhecer os dados.")
    assert (summary.seconds, summary.numbers, summary.failed) == (3.21, ["RMSE 0,8745"], False)


def test_table_shows_seconds_numbers_failures_and_the_time_of_it_all(notebook):
    failed = notebook.copy() | {"metadata": {"papermill": {"duration": 1.0, "exception": True}}}
    summaries = [summarize("01_dataset", notebook), summarize("02_produto", nbformat.from_dict(failed))]
    assert text_table(summaries, elapsed=3.9).splitlines() == [
        "notebook     segundos  números principais",
        "01_dataset        3,2  RMSE 0,8745",
        "02_produto        1,0  FALHOU",
        "tempo total       3,9",
    ]


def test_publishing_writes_pages_figures_and_an_index_of_what_was_executed(notebook, tmp_path):
    source, build = tmp_path / "notebooks", tmp_path / "build"
    (source / "figuras").mkdir(parents=True)
    (source / "figuras" / "rede.png").write_bytes(b"png")
    build.mkdir()
    nbformat.write(notebook, build / "01_dataset.ipynb")
    publish(["01_dataset", "02_nao_rodou"], build, source)
    index = write_index(executed_summaries(["01_dataset", "02_nao_rodou"], build), build)

    assert sorted(path.name for path in build.iterdir()) == [
        "01_dataset.html",
        "01_dataset.ipynb",
        "figuras",
        "index.html",
    ]
    soup = bs4.BeautifulSoup(index.read_text(encoding="utf-8"), "html.parser")
    assert soup.html["lang"] == "pt-BR"
    assert [(link["href"], link.text) for link in soup.select("h2 a")] == [("01_dataset.html", "01 · O dataset")]
    assert soup.select_one("dl").get_text(" ", strip=True) == "RMSE 0,8745"
