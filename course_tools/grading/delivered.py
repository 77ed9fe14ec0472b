"""O notebook entregue, lido com desconfiança: só as células interessam, e o que ele gasta para ser lido tem limite."""

import functools
import json
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import nbformat

from course_tools.grading.assignment import Assignment, GradedCell
from course_tools.grading.records import Occurrence, encodable, occurrence, short_line

logging.getLogger("traitlets").setLevel(logging.CRITICAL)  # o nbformat reclama ali de notebooks inválidos
NOT_A_NOTEBOOK = "o arquivo não é um notebook do Jupyter (.ipynb)"
WHAT_IT_MAY_BE = "pode ser outro tipo de arquivo com a extensão trocada. Envie de novo."
CONTAINERS = 1_000_000  # listas e dicionários; cada um ocupa, lido, até uns 250 bytes
LONGEST_PRISTINE = 100_000  # letras; nenhuma célula da versão do aluno chega perto


class Unreadable(Exception):
    """O arquivo não é um notebook; `kind` diz o que é."""

    def __init__(self, kind: str, detail: str = ""):
        super().__init__(kind)
        self.kind, self.detail = kind, detail


@dataclass(frozen=True)
class Cell:
    """Uma célula entregue.

    Attributes:
        kind: "code", "markdown" ou "raw".
        source: o texto.
        grade_id: a marca do nbgrader; None nas células repetidas, em que a marca não vale.
        pristine: se o texto é o de uma célula da versão do aluno, sem mudança.
        copy_of: numa célula repetida, a marca que ela traz.
    """

    kind: str
    source: str
    grade_id: str | None
    pristine: bool
    copy_of: str | None = None

    @property
    def blank(self) -> bool:
        """Se não há nada escrito nela."""
        return not self.source or self.source.isspace()

    @property
    def name(self) -> str:
        """Como se fala dela a quem a escreveu, que não vê números de células: pela primeira linha."""
        line = short_line(self.source.lstrip().partition("\n")[0], 60)
        return f"célula que começa por `{line.replace('`', chr(39))}`" if line else "célula vazia"


def read_cells(content: bytes, limit: int, assignment: Assignment) -> tuple[list[Cell], list[Occurrence]]:
    """As células de um arquivo entregue e as ocorrências que a leitura dele dá.

    Raises:
        Unreadable: o arquivo é grande demais, vazio, ou não é um notebook.
    """
    if len(content) > limit:
        raise Unreadable("grande demais", f"mais de {limit // 2**20} MB")
    if not content.strip(b"\0 \t\r\n"):
        raise Unreadable("arquivo vazio")
    if content.count(b"{") + content.count(b"[") > CONTAINERS:
        raise Unreadable("grande demais", f"mais de {CONTAINERS} listas e dicionários")
    try:
        delivered = json.loads(content)
        version, kernel = delivered["nbformat"], (delivered.get("metadata") or {}).get("kernelspec", {})
        cells = list(_cells(_raw_cells(delivered), assignment))
    except Exception as error:  # os do json, os de quem espera outra estrutura, os do nbformat
        raise Unreadable(NOT_A_NOTEBOOK, WHAT_IT_MAY_BE) from error
    notes = [] if version == 4 else [occurrence("formato antigo", f"nbformat {version}")]
    name = str(kernel.get("name", "") if isinstance(kernel, dict) else kernel)
    if name != "python3":
        notes.append(occurrence("outro kernel", name or "nenhum"))
    return cells, notes


def count_answers(content: bytes, limit: int, assignment: Assignment) -> int:
    """Quantos exercícios têm resposta neste arquivo.

    Raises:
        Unreadable: como em `read_cells`.
    """
    cells, _ = read_cells(content, limit, assignment)
    written = [answer_cells(cells, graded) for graded in assignment.graded]
    return sum(any(not cells[position].pristine for position in found) for found in written)


def defining(cells: Sequence[Cell], functions: Sequence[str]) -> list[int]:
    """As posições das células de código que definem alguma destas funções, ainda que dentro de um `if`."""
    names = "|".join(map(re.escape, functions))
    definition = re.compile(
        rf"^[ \t]*(?:async +)?def +(?:{names})\b|^[ \t]*(?:{names})[ \t]*(?::[^=\n]*)?=[^=]", re.MULTILINE
    )
    named = (  # procurar um nome custa muito menos que casar uma expressão com milhões de linhas
        (place, cell.source)
        for place, cell in enumerate(cells)
        if cell.kind == "code" and any(name in cell.source for name in functions)
    )
    return [place for place, source in named if definition.search(source)]


def answer_cells(cells: Sequence[Cell], graded: GradedCell) -> list[int]:
    """As posições das células em que o aluno respondeu a um exercício.

    São as que definem as funções dele e a marcada, se o aluno a mudou, ainda que a tenha feito texto ou estragado.
    """
    if graded.exercise is None:
        return open_answer(cells, graded.name)
    found = set(defining(cells, graded.exercise.functions))
    marked = marked_answer(cells, graded)
    return sorted(found | ({marked} if marked is not None and not cells[marked].pristine else set()))


def marked_answer(cells: Sequence[Cell], graded: GradedCell) -> int | None:
    """A posição da célula que o notebook dá para a resposta, se está lá e não está em branco."""
    places = (place for place, cell in enumerate(cells) if cell.grade_id == graded.answer_name and not cell.blank)
    return next(places, None)


def open_answer(cells: Sequence[Cell], name: str) -> list[int]:
    """As posições das células que respondem a uma questão aberta: a marcada, se o aluno escreveu nela.

    Senão, todo texto novo dele pode ser a resposta, numa célula que criou ou no próprio enunciado.
    """
    written = [position for position, cell in enumerate(cells) if not (cell.blank or cell.pristine)]
    marked = [position for position in written if cells[position].grade_id == name]
    elsewhere = [one for one in written if cells[one].kind != "code" and cells[one].grade_id is None]
    return marked or elsewhere


def is_pristine(source: str, assignment: Assignment) -> bool:
    """Se o texto é o de uma célula da versão do aluno, sem mudança."""
    return len(source) <= LONGEST_PRISTINE and normal(source) in _originals(assignment)


def normal(source: str) -> str:
    """O texto sem o que não se vê: espaços no fim das linhas, linhas em branco nas pontas."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


@functools.cache
def _originals(assignment: Assignment) -> frozenset[str]:
    return frozenset(normal(cell.source) for cell in assignment.notebook.cells)


def _raw_cells(delivered: dict) -> list[dict]:
    """As células como o arquivo as traz; as de um formato antigo, convertidas. As saídas entregues não interessam."""
    if delivered["nbformat"] >= 4:
        return delivered["cells"]
    for sheet in delivered["worksheets"]:
        for cell in sheet["cells"]:
            cell["outputs"] = []
    return nbformat.reads(json.dumps(delivered), as_version=4).cells


def _cells(raw: list[dict], assignment: Assignment) -> Iterator[Cell]:
    if not isinstance(raw, list):
        raise TypeError("cells")
    seen: set[str] = set()
    for cell in raw:
        kind, source = str(cell["cell_type"]), cell["source"]
        source = encodable(source if isinstance(source, str) else "".join(source))
        grade_id = _grade_id(cell)
        if grade_id not in assignment.cells:
            grade_id = None
        repeated = grade_id in seen
        seen |= {grade_id} - {None}
        own, copy = (None, grade_id) if repeated else (grade_id, None)
        yield Cell(kind, source, own, is_pristine(source, assignment), copy)


def _grade_id(cell: dict) -> str | None:
    role = cell["metadata"].get("nbgrader", {}) if isinstance(cell.get("metadata"), dict) else {}
    grade_id = role.get("grade_id") if isinstance(role, dict) else None
    return grade_id if isinstance(grade_id, str) else None
