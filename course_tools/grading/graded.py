"""O notebook como foi corrigido: o que o formgrader mostra ao instrutor e de onde sai a devolutiva."""

import copy
import re
from collections.abc import Mapping, Sequence

import nbformat

from course_tools.grading.assignment import Assignment
from course_tools.grading.delivered import Cell
from course_tools.grading.records import Mark

LINE = re.compile(r".{1,100}(?:[ \t]+|$)|.{100}")  # uma linha mostrada, e os espaços em que ela se quebra
CELL_LETTERS, NOTEBOOK_LETTERS = 100_000, 2_000_000  # de texto do aluno que se mostram, de uma célula e de todas
CELLS = 2000  # células que se mostram; das demais, só as que trazem marca
CUT = "\n[… o resto foi cortado]"
LOST_CELL = "*Esta célula não estava na entrega.*"


def graded_notebook(
    assignment: Assignment, cells: Sequence[Cell], outputs: Mapping[int, list[dict]], marks: Mapping[str, Mark]
) -> nbformat.NotebookNode:
    """As células entregues, com as marcas e as verificações originais e o resultado de cada uma no lugar da saída.

    O que o aluno escreveu numa célula de verificação aparece antes dela, numa célula à parte.

    O texto do aluno aparece como ele o escreveu, sem virar HTML: a página do formgrader roda com os poderes do
    instrutor, e até um link de Markdown pode levar um programa.

    Args:
        outputs: posição da célula -> saídas da execução.
        marks: nome do exercício -> nota.
    """
    graded, room = [], NOTEBOOK_LETTERS
    for position, cell in enumerate(cells):
        if cell.grade_id is None and (cell.blank or len(graded) >= CELLS):
            continue
        check = assignment.is_check(cell.grade_id)
        if not (check and (cell.pristine or cell.blank)):  # de uma verificação mexida, vê-se também o que há nela
            source = _shortened(cell.source, min(CELL_LETTERS, room))
            room = max(0, room - len(source))
            graded.append(_delivered_cell(cell, source, outputs.get(position, [])))
            graded[-1].metadata.number = position + 1  # na entrega
            if cell.grade_id and not check:
                graded[-1].metadata.nbgrader = _role(assignment, cell.grade_id)
        if check:
            graded.append(_check_cell(assignment, cell.grade_id, marks))
    present = {cell.grade_id for cell in cells}
    for one in assignment.graded:
        if one.name not in present:
            by_hand = one.exercise is None
            graded.append(_lost_answer(assignment, one.name) if by_hand else _check_cell(assignment, one.name, marks))
    for number, node in enumerate(graded):
        node.id = f"celula-{number}"
    notebook = nbformat.v4.new_notebook(cells=graded)
    notebook.metadata = copy.deepcopy(assignment.notebook.metadata)
    return notebook


def _delivered_cell(cell: Cell, source: str, outputs: list[dict]) -> nbformat.NotebookNode:
    if cell.kind == "code":
        node = _new_cell("code", source)
        node.outputs = nbformat.from_dict(outputs)
    else:
        node = _new_cell("markdown", source if cell.pristine else _verbatim(source))
        node.metadata.delivered = source  # o que a devolutiva mostra
    return node


def _check_cell(assignment: Assignment, name: str, marks: Mapping[str, Mark]) -> nbformat.NotebookNode:
    node = _new_cell("code", assignment.cells[name].source)
    node.metadata = nbformat.from_dict({"nbgrader": _role(assignment, name)})
    mark = marks[name]
    text = "\n".join([f"{100 * (mark.score or 0):.0f} % das verificações escondidas passaram.", *mark.messages])
    node.outputs = [nbformat.v4.new_output("stream", name="stdout", text=f"{text}\n")]
    return node


def _lost_answer(assignment: Assignment, name: str) -> nbformat.NotebookNode:
    node = _new_cell("markdown", LOST_CELL)
    node.metadata = nbformat.from_dict({"nbgrader": _role(assignment, name)})
    return node


def _role(assignment: Assignment, grade_id: str) -> dict:
    return copy.deepcopy(assignment.cells[grade_id].metadata.nbgrader)


def _new_cell(kind: str, source: str) -> nbformat.NotebookNode:
    """Uma célula. As funções do nbformat que as fazem validam uma a uma, e são trinta vezes mais lentas."""
    only_code = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return nbformat.from_dict({"cell_type": kind, "metadata": {}, "source": source, **only_code})


def _shortened(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[:letters] + CUT


def _verbatim(text: str) -> str:
    """O texto como bloco de código de Markdown, com uma cerca mais longa que qualquer uma que haja nele."""
    wrapped = "\n".join("\n".join(LINE.findall(line)) for line in text.splitlines())
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}text\n{wrapped}\n{fence}"
