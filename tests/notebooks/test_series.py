"""What every notebook of the series must have, read from the committed files; nothing is executed here."""

import re
from pathlib import Path

import pytest
from papermill.translators import PythonTranslator

from course_tools.pages.site import Lesson
from course_tools.runner.cleaning import WIDGET_TEXT
from course_tools.runner.metadata import KERNELSPEC, LANGUAGE_INFO
from course_tools.runner.series import EXERCISES_SUFFIX, find_series, read_notebook
from course_tools.runner.summary import summarize

ROOT = Path(__file__).resolve().parents[2]
SERIES = find_series(ROOT / "notebooks", optional=True)
LESSONS = [path for path in SERIES if not path.stem.endswith(EXERCISES_SUFFIX)]
MODELS = [path for path in LESSONS if path.stem[:2] in ("02", "03", "04", "05", "06", "08")]

IN_ALL = ("Objetivos", "Pré-requisitos", "Tempo", "Aprendizados com este notebook")
IN_LESSONS = ("Parâmetros", "Verifique seu entendimento", "Próximo passo")
IN_MODELS = ("O que este modelo não faz",)

MAX_BYTES = 1_500_000
MAX_TOTAL_BYTES = 5_000_000
MAX_CELL_LINES = 25
MIN_ALT_LENGTH = 40
MACHINE_PATH = re.compile(r"(?<![\w.~/])(?:/(?:home|root|Users|tmp|var|opt|usr|mnt|work)/|[A-Z]:\\)\S*|ipykernel_\d+")
LINK = re.compile(r"\]\(([^)\s]+)\)|\b(?:src|href)=\"([^\"]+)\"")

each_notebook = pytest.mark.parametrize("path", SERIES, ids=lambda path: path.stem)
each_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
each_model = pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)


def markdown_of(path):
    return "\n\n".join(cell.source for cell in read_notebook(path).cells if cell.cell_type == "markdown")


def code_cells(path):
    return [cell for cell in read_notebook(path).cells if cell.cell_type == "code"]


def outputs_of(path):
    return [output for cell in code_cells(path) for output in cell.outputs]


def has_section(path, title):
    return re.search(rf"^(?:#+ .*?|\*\*|- \*\*){re.escape(title)}", markdown_of(path), re.MULTILINE | re.IGNORECASE)


def test_series_has_its_lessons_in_order():
    assert [path.stem for path in SERIES] == [
        "00_apoio",
        "01_dataset",
        "02_produto_interno",
        "03_rede_neural",
        "04_matriz_de_avaliacoes",
        "05_embeddings",
        "06_listas",
        "07_exercicios",
        "08_contexto",
        "09_escala",
    ]


@each_notebook
def test_title_and_goal_open_the_notebook(path):
    summary = summarize(path.stem, read_notebook(path))
    assert read_notebook(path).cells[0].source.startswith("# ")
    assert 20 <= len(summary.goal) <= 300, summary.goal


@each_notebook
def test_exactly_one_cell_of_simple_parameters(path):
    cells = [cell for cell in code_cells(path) if "parameters" in cell.metadata.get("tags", [])]
    assert len(cells) == 1
    assert PythonTranslator.inspect(cells[0])


@each_notebook
@pytest.mark.parametrize("title", IN_ALL)
def test_section(path, title):
    assert has_section(path, title), f"{path.name}: no section {title!r}"


@each_lesson
@pytest.mark.parametrize("title", IN_LESSONS)
def test_section_of_a_lesson(path, title):
    assert has_section(path, title), f"{path.name}: no section {title!r}"


@each_model
@pytest.mark.parametrize("title", IN_MODELS)
def test_section_of_a_lesson_on_models(path, title):
    assert has_section(path, title), f"{path.name}: no section {title!r}"


@each_lesson
def test_questions_have_folded_answers_and_the_next_notebook_is_linked(path):
    assert "<details><summary>" in markdown_of(path)
    following = SERIES[SERIES.index(path) + 1 : SERIES.index(path) + 2]
    assert all(f"]({next_path.name}" in markdown_of(path) for next_path in following)


@each_notebook
def test_code_cells_are_short(path):
    longest = max(len(cell.source.splitlines()) for cell in code_cells(path))
    assert longest <= MAX_CELL_LINES


@each_notebook
def test_links_lead_somewhere(path):
    targets = [link or attribute for link, attribute in LINK.findall(markdown_of(path))]
    local = [target.split("#")[0] for target in targets if not re.match(r"[a-z]+:|#", target)]
    assert [target for target in local if not (path.parent / target).exists()] == []


@each_notebook
def test_every_image_says_what_it_shows(path):
    for output in outputs_of(path):
        if "image/png" in output.get("data", {}):
            assert len(output.metadata.get("image/png", {}).get("alt", "")) >= MIN_ALT_LENGTH


@each_lesson
def test_committed_outputs_are_of_one_clean_run(path):
    executed = [cell for cell in code_cells(path) if cell.source.strip()]
    assert [cell.execution_count for cell in executed] == list(range(1, len(executed) + 1))
    for cell in executed:
        errors = [output for output in cell.outputs if output.output_type == "error"]
        assert not errors or "raises-exception" in cell.metadata.get("tags", [])
        assert [output.text for output in cell.outputs if output.get("name") == "stderr"] == []


@each_lesson
def test_committed_files_carry_nothing_of_the_run(path):
    notebook = read_notebook(path)
    assert notebook.metadata == {"kernelspec": KERNELSPEC, "language_info": LANGUAGE_INFO}
    assert not any({"papermill", "execution"} & set(cell.metadata) for cell in notebook.cells)


@each_notebook
def test_committed_outputs_carry_no_path_of_the_machine(path):
    outputs = outputs_of(path)
    texts = [output.get("text", "") for output in outputs]
    texts += [str(text) for output in outputs for mime, text in output.get("data", {}).items() if "text/" in mime]
    assert MACHINE_PATH.findall("\n".join(texts)) == []


@each_lesson
def test_widgets_are_not_compared_by_nbval(path):
    for cell in code_cells(path):
        if any(output.get("data", {}).get("text/plain") == WIDGET_TEXT for output in cell.outputs):
            assert "nbval-ignore-output" in cell.metadata.get("tags", [])


def test_notebooks_are_small():
    sizes = {path.name: path.stat().st_size for path in SERIES}
    assert max(sizes.values()) <= MAX_BYTES, sizes
    assert sum(sizes.values()) <= MAX_TOTAL_BYTES, sizes


@each_lesson
def test_reading_time_that_a_lesson_tells_is_the_one_on_the_first_page(path):
    notebook = read_notebook(path)
    (told,) = re.findall(r"leitura, cerca de (\d+) minutos", markdown_of(path))
    assert int(told) == Lesson(notebook, summarize(path.stem, notebook)).minutes
