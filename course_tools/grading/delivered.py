"""O notebook entregue, lido com desconfiança, e o que nele chama atenção antes de rodar."""

import ast
import functools
import json
import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

from course_tools.grading.assignment import Assignment
from course_tools.grading.records import Occurrence, encodable, occurrence

logging.getLogger("traitlets").setLevel(logging.CRITICAL)  # o nbformat reclama ali de notebooks inválidos
WORTH_A_LOOK = re.compile(
    "os|subprocess|socket|ctypes|multiprocessing|signal|shutil|pathlib|glob|inspect|gc|builtins|importlib|pickle|requests|"
    "urllib|http|threading|open|eval|exec|setattr|environ|get_ipython|currentframe|_getframe|__\\w+__|\\S+ ="
)
NOT_A_NOTEBOOK = "o arquivo não é um notebook do Jupyter (.ipynb)"
WHAT_IT_MAY_BE = "pode ser outro tipo de arquivo com a extensão trocada. Envie de novo."
LIBRARIES = frozenset(("np", "numpy", "torch", "nn", "pd", "pandas", "course_lib", "builtins"))
# RuntimeError é o do IPython, com linhas demais que começam por "!", e o da recursão sem fim.
UNPARSABLE = (SyntaxError, ValueError, RuntimeError, MemoryError)


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
    """

    kind: str
    source: str
    grade_id: str | None
    pristine: bool


def read_cells(content: bytes, limit: int, assignment: Assignment) -> tuple[list[Cell], list[Occurrence]]:
    """As células de um arquivo entregue e as ocorrências que a leitura dele dá.

    Raises:
        Unreadable: o arquivo é grande demais, vazio, ou não é um notebook.
    """
    if len(content) > limit:
        raise Unreadable("grande demais", f"mais de {limit // 2**20} MB")
    if not content.strip():
        raise Unreadable("arquivo vazio")
    try:
        delivered = json.loads(content)
        version, kernel = delivered["nbformat"], delivered.get("metadata", {}).get("kernelspec", {})
        notebook = nbformat.reads(content.decode("utf-8-sig"), as_version=4)
        cells = list(_cells(notebook, assignment))
    except Exception as error:  # os do json, os de quem espera outra estrutura, os do nbformat
        raise Unreadable(NOT_A_NOTEBOOK, WHAT_IT_MAY_BE) from error
    notes = [] if version == 4 else [occurrence("formato antigo", f"nbformat {version}")]
    name = str(kernel.get("name", "") if isinstance(kernel, dict) else kernel)
    if name != "python3":
        notes.append(occurrence("outro kernel", name or "nenhum"))
    return cells, [*notes, *_changes(cells, notebook, assignment)]


def defining(cells: Sequence[Cell], functions: tuple[str, ...]) -> list[int]:
    """As posições das células de código que definem alguma destas funções."""
    names = "|".join(map(re.escape, functions))
    definition = re.compile(rf"^(?:async +)?def +(?:{names})\b|^(?:{names})\s*=[^=]", re.MULTILINE)
    return [position for position, cell in enumerate(cells) if cell.kind == "code" and definition.search(cell.source)]


def open_answer(cells: Sequence[Cell], name: str) -> list[int]:
    """As posições das células que respondem a uma questão aberta: a marcada, se o aluno escreveu nela.

    Senão, todo texto novo dele pode ser a resposta, numa célula que criou ou no próprio enunciado.
    """
    written = [position for position, cell in enumerate(cells) if cell.source.strip() and not cell.pristine]
    marked = [position for position in written if cells[position].grade_id == name]
    elsewhere = [one for one in written if cells[one].kind != "code" and cells[one].grade_id is None]
    return marked or elsewhere


def is_pristine(source: str, assignment: Assignment) -> bool:
    """Se o texto é o de uma célula da versão do aluno, sem mudança."""
    return _normal(source) in _originals(assignment)


@functools.cache
def _originals(assignment: Assignment) -> frozenset[str]:
    return frozenset(_normal(cell.source) for cell in assignment.notebook.cells)


def syntax_error_line(cells: Sequence[Cell], name: str, functions: tuple[str, ...]) -> int | None:
    """A linha em que a resposta a um exercício não compila; None se compila, ou se não se achou a resposta."""
    marked = [cell for cell in cells if cell.grade_id == f"{name}_answer" and cell.kind == "code"]
    for cell in [*marked, *(cells[position] for position in defining(cells, functions))]:
        try:
            _parse(cell)
        except SyntaxError as error:
            return error.lineno
        except UNPARSABLE:
            continue
    return None


def _parse(cell: Cell) -> ast.Module:
    """O código de uma célula, com o que o IPython aceita a mais que o Python."""
    return ast.parse(TransformerManager().transform_cell(cell.source))


def _cells(notebook: nbformat.NotebookNode, assignment: Assignment) -> Iterator[Cell]:
    seen: set[str] = set()
    for cell in notebook.cells:
        kind, source = str(cell.cell_type), encodable("".join(cell.source))
        grade_id = _grade_id(cell)
        if grade_id in seen or grade_id not in assignment.cells:
            grade_id = None
        seen |= {grade_id} - {None}
        yield Cell(kind, source, grade_id, is_pristine(source, assignment))


def _changes(cells: list[Cell], notebook: nbformat.NotebookNode, assignment: Assignment) -> Iterator[Occurrence]:
    """O que mudou em relação à versão do aluno, além das respostas."""
    if not cells:
        yield occurrence("notebook sem células")
        return
    answers = {cell.grade_id: cell for cell in cells if assignment.is_answer(cell.grade_id)}
    if answers and all(cell.pristine for cell in cells):
        yield occurrence("nada respondido")
    present = [cell.grade_id for cell in cells if cell.grade_id]
    if not present:
        yield occurrence("sem as marcas do nbgrader", "as respostas foram procuradas pelo nome das funções")
        return
    missing = [grade_id for grade_id in assignment.cells if grade_id not in present]
    edited = [one.grade_id for one in cells if assignment.is_check(one.grade_id) and not _same_check(one, assignment)]
    times = Counter(filter(assignment.cells.get, map(_grade_id, notebook.cells)))
    repeated = [f"{grade_id}, {count} vezes" for grade_id, count in times.items() if count > 1]
    groups = {
        "verificação apagada": [grade_id for grade_id in missing if assignment.is_check(grade_id)],
        "resposta apagada": [grade_id for grade_id in missing if not assignment.is_check(grade_id)],
        "verificação alterada": edited,
        "célula repetida": repeated,
    }
    yield from (occurrence(kind, "; ".join(found)) for kind, found in groups.items() if found)
    expected = [grade_id for grade_id in assignment.cells if grade_id in present]
    if present != expected:
        moved = next(found for found, wanted in zip(present, expected, strict=True) if found != wanted)
        yield occurrence("células fora de ordem", f"a partir de {moved}")
    if words := sorted(set().union(*map(_unusual_words, cells))):
        yield occurrence("código a conferir", ", ".join(words))


def _same_check(cell: Cell, assignment: Assignment) -> bool:
    return _normal(cell.source) == _normal(assignment.cells[cell.grade_id].source)


def _unusual_words(cell: Cell) -> set[str]:
    """Nomes que um exercício não pede e convém olhar; um trecho que nem compila não tem nenhum."""
    if cell.kind != "code" or cell.pristine:
        return set()
    try:
        tree = _parse(cell)
    except UNPARSABLE:
        return set()
    return {word for node in ast.walk(tree) for word in _words(node) if WORTH_A_LOOK.fullmatch(word)}


def _words(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name.split(".")[0] for alias in names]
        case ast.ImportFrom(module=module, names=names):
            return [(module or "").split(".")[0], *(alias.name for alias in names)]
        case ast.Name(id=word) | ast.Attribute(attr=word) | ast.FunctionDef(name=word):
            return [word]
        case ast.Assign(targets=targets):
            return [
                f"{target} =" for target in map(ast.unparse, targets) if target.split(".")[0] in LIBRARIES - {target}
            ]
    return []


def _grade_id(cell: nbformat.NotebookNode) -> str | None:
    role = cell.metadata.get("nbgrader", {}) if isinstance(cell.metadata, dict) else {}
    grade_id = role.get("grade_id") if isinstance(role, dict) else None
    return grade_id if isinstance(grade_id, str) else None


def _normal(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines())
