import os
import platform
import sys
import time

import nbformat
from ipykernel.ipkernel import IPythonKernel
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course_tools.runner.cleaning import WIDGET_TEXT, WIDGET_VIEW, cleaned, save_notebook
from course_tools.runner.ipython import CourseKernel


def executed(*outputs, **metadata):
    cell = new_code_cell("x", execution_count=7, outputs=list(outputs), metadata=metadata)
    return new_notebook(cells=[new_markdown_cell("texto"), cell])


def text_of(notebook):
    return notebook.cells[1].outputs[0].text


def test_traces_of_the_execution_are_gone_and_tags_stay(tmp_path):
    notebook = executed(papermill={"duration": 1}, execution={"iopub": "2026"}, tags=["parameters"])
    notebook.metadata = nbformat.from_dict({"papermill": {"duration": 3}, "widgets": {"state": {}}, "kernelspec": {}})
    clean = cleaned(notebook, tmp_path)
    assert clean.cells[1].metadata == {"tags": ["parameters"]}
    assert set(clean.metadata) == {"kernelspec", "language_info"}


def test_notebook_keeps_what_the_kernel_says_of_itself_so_that_opening_it_changes_nothing(tmp_path):
    clean = cleaned(executed(), tmp_path)
    assert clean.metadata.language_info == CourseKernel.language_info
    said = {name: value for name, value in IPythonKernel.language_info.items() if name != "version"}
    assert said == {name: value for name, value in clean.metadata.language_info.items() if name != "version"}
    assert platform.python_version().startswith(clean.metadata.language_info.version)


def test_executed_cells_are_counted_from_one(tmp_path):
    result = new_output("execute_result", data={"text/plain": "1"}, execution_count=9)
    cells = [new_code_cell("a", execution_count=4), new_code_cell(""), new_code_cell("b", execution_count=9)]
    cells[2].outputs = [result]
    clean = cleaned(new_notebook(cells=cells), tmp_path)
    assert [cell.execution_count for cell in clean.cells] == [1, None, 2]
    assert clean.cells[2].outputs[0].execution_count == 2


def test_text_printed_in_pieces_is_one_output(tmp_path):
    pieces = [
        new_output("stream", name=name, text=text) for name, text in (("stdout", "a"), ("stdout", "b"), ("stderr", "c"))
    ]
    outputs = cleaned(executed(*pieces), tmp_path).cells[1].outputs
    assert [(output.name, output.text) for output in outputs] == [("stdout", "ab"), ("stderr", "c")]


def test_paths_of_the_machine_become_relative(tmp_path):
    paths = f"{tmp_path}{os.sep}data\n{sys.prefix}{os.sep}lib\n/tmp/ipykernel_12/34.py:1"
    clean = cleaned(executed(new_output("stream", name="stdout", text=paths)), tmp_path)
    assert text_of(clean) == f"data\n.venv{os.sep}lib\n<célula>:1"


def test_a_very_long_word_is_looked_at_in_an_instant(tmp_path):
    start = time.process_time()
    cleaned(executed(new_output("display_data", data={"text/html": "0" * 100_000})), tmp_path)
    assert time.process_time() - start < 2


def test_a_widget_leaves_a_sentence_and_a_progress_bar_its_text(tmp_path):
    widget = new_output("display_data", data={WIDGET_VIEW: {"model_id": "a"}, "text/plain": "interactive(children=())"})
    bar = new_output("display_data", data={WIDGET_VIEW: {"model_id": "b"}, "text/plain": "100%|██| 3/3"})
    data = [output.data for output in cleaned(executed(widget, bar), tmp_path).cells[1].outputs]
    assert data == [{"text/plain": WIDGET_TEXT}, {"text/plain": "100%|██| 3/3"}]


def test_cleaning_leaves_the_original_alone_and_cleaning_twice_changes_nothing(tmp_path):
    notebook = executed(papermill={"duration": 1})
    once = cleaned(notebook, tmp_path)
    assert notebook.cells[1].metadata == {"papermill": {"duration": 1}}
    assert cleaned(once, tmp_path) == once


def test_saved_notebook_is_utf8_with_unix_line_ends_and_a_final_newline(tmp_path):
    save_notebook(new_notebook(cells=[new_markdown_cell("avaliação\nnota")]), tmp_path / "a.ipynb")
    content = (tmp_path / "a.ipynb").read_bytes()
    assert "avaliação".encode() in content and b"\r" not in content and content.endswith(b"}\n")
