"""O que o instrutor leva da correção: planilhas, devolutivas e a tabela na tela."""

import csv
import functools
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat
from jinja2 import Environment, FileSystemLoader, select_autoescape
from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from course_lib.atomic import atomic_write
from course_lib.glossary import terms_in
from course_tools.grading.assignment import TITLE, Assignment, GradedCell
from course_tools.grading.config import GradesFolder
from course_tools.grading.delivered import NOT_A_NOTEBOOK, Cell, answer_cells, is_pristine
from course_tools.grading.gradebook import FinalMark
from course_tools.grading.graded import LOST_CELL
from course_tools.grading.records import Occurrence, Result
from course_tools.grading.submissions import person_name
from course_tools.runner.series import notebooks_dir, read_notebook

TEMPLATES = Path(__file__).parent / "templates"
CELL_NUMBER = re.compile(r"\bcélula (\d+)\b")
CODE_SPAN = re.compile(r"`([^`]+)`")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
FOR_INSTRUCTORS = frozenset(
    {
        "código a conferir",
        "passa só nas verificações visíveis",
        "resultado recusado",
        "nada respondido",
        "outro kernel",
        "nome alterado",
        "função definida mais de uma vez",
        "ocorrências demais",
    }
)
NOT_READ = frozenset(
    {NOT_A_NOTEBOOK, "sem notebook", "grande demais", "arquivo vazio", "não se pode ler", "erro do corretor"}
)


@dataclass(frozen=True)
class Row:
    """Um aluno, com tudo o que se apurou e decidiu sobre ele.

    Attributes:
        delivered_as: nome da pasta em que veio a entrega.
        delivered: data e hora da entrega, por extenso; vazio se não houve.
        late: se passou do prazo; None se não há prazo, ou não houve entrega.
        final: nome do exercício -> nota final.
        result: as notas automáticas e as dicas.
        occurrences: as de `result` e as que se viram ao achar a entrega.
        absent: se é de uma correção anterior e não veio nesta.
    """

    student: str
    delivered_as: str
    delivered: str
    late: bool | None
    final: dict[str, FinalMark]
    result: Result
    occurrences: tuple[Occurrence, ...]
    absent: bool = False

    @property
    def name(self) -> str:
        """O nome do aluno, para a página dele."""
        return person_name(self.student, self.delivered_as)

    @property
    def unread(self) -> bool:
        """Se nada se leu da entrega, nem se deu nota ou comentário à mão: só o motivo interessa ao aluno."""
        untouched = not any(mark.points or mark.comment for mark in self.final.values())
        return untouched and not NOT_READ.isdisjoint(one.kind for one in self.occurrences)

    @property
    def total(self) -> float:
        """Pontos somados; o que falta corrigir à mão conta zero."""
        return round(sum(mark.points or 0 for mark in self.final.values()), 2)

    @property
    def status(self) -> str:
        """Se a nota está pronta."""
        if any(mark.points is None for mark in self.final.values()):
            return "falta corrigir à mão"
        if self.unread and self.delivered:
            return "a conferir"
        return "rever a nota dada à mão" if any(mark.review for mark in self.final.values()) else "pronta"


def write_marks(rows: Sequence[Row], assignment: Assignment, path: Path) -> None:
    """`notas.csv`: uma linha por aluno, uma coluna por exercício, como uma planilha em português espera.

    UTF-8 com BOM, ponto e vírgula entre as colunas, vírgula nos decimais.
    """
    titles = [f"{graded.title} ({number(graded.points)})" for graded in assignment.graded]
    header = ["aluno", *titles, f"total ({number(assignment.points)})", "situação", "entregue em", "fora do prazo"]
    lines = []
    for row in rows:
        points = [row.final[graded.name].points for graded in assignment.graded]
        late = {None: "", True: "sim", False: "não"}[row.late]
        lines.append([row.student, *map(number, points), number(row.total), row.status, row.delivered, late])
    _write_csv([header, *lines], path)


def write_occurrences(rows: Sequence[Row], loose: Iterable[Occurrence], path: Path) -> None:
    """`ocorrencias.csv`: tudo o que foi estranho, uma linha para cada coisa."""
    lines = [["", one.kind, one.detail] for one in loose]
    lines += [[row.student, one.kind, one.detail] for row in rows for one in row.occurrences]
    _write_csv([["aluno", "ocorrência", "detalhe"], *lines], path)


def write_feedback(
    row: Row,
    assignment: Assignment,
    notebook: nbformat.NotebookNode | None,
    folder: GradesFolder,
    site: str | None = None,
) -> None:
    """A devolutiva de um aluno: uma página só, que abre sem rede e não mostra as verificações escondidas.

    Args:
        notebook: como foi corrigido; None se não houve o que corrigir.
        site: endereço em que estão as páginas das lições, para onde ela leva; sem ele, diz só que notebook reler.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=select_autoescape(["html", "j2"]), trim_blocks=True
    )
    environment.filters |= filters()
    page = environment.get_template("devolutiva.html.j2").render(
        row=row,
        assignment=assignment,
        answers={graded.name: answers_of(graded, assignment, notebook) for graded in assignment.graded},
        occurrences=[
            replace(one, detail=_for_students(one, assignment, notebook))
            for one in row.occurrences
            if one.kind not in FOR_INSTRUCTORS
        ],
        lessons={graded.name: _lessons(graded.lessons) for graded in assignment.graded},
        site=site.rstrip("/") if site else None,
        style=code_style(),
    )
    with atomic_write(folder.feedback(row.delivered_as)) as file:
        file.write(page.encode())


def _for_students(one: Occurrence, assignment: Assignment, notebook: nbformat.NotebookNode | None) -> str:
    """O detalhe de uma ocorrência sem os nomes de dentro: `density` vira o exercício; o número da célula, a célula."""
    cells = [cell for cell in (notebook.cells if notebook else []) if "number" in cell.metadata]
    names = {str(cell.metadata.number): _as_delivered(cell, assignment).name for cell in cells}
    detail = CELL_NUMBER.sub(lambda found: names.get(found[1], found[0]), one.detail)
    if one.kind == "célula com erro":  # o que vem depois da célula é o que o Python disse
        return detail
    titles = {graded.name: f"exercício {graded.title}" for graded in assignment.graded}
    internal = re.compile(rf"(?<![`'\"])(?:exercício )?\b({'|'.join(titles)})(?:_answer)?\b(?![`'\"])")
    return internal.sub(lambda found: titles[found[1]], detail)


@functools.cache
def _lessons(numbers: tuple[str, ...]) -> list[tuple[str, str]]:
    """O nome do arquivo, sem extensão, e o título dos notebooks destes números que o curso tem."""
    found = []
    for number in numbers:
        for path in sorted(notebooks_dir().glob(f"{number}_*.ipynb")):
            titles = (line for cell in read_notebook(path).cells for line in TITLE.findall(cell.source))
            found.append((path.stem, next(titles, path.stem)))
    return found


def text_table(rows: Sequence[Row], assignment: Assignment) -> str:
    """A tabela do fim: aluno, total, situação, ocorrências."""
    width = max(len("aluno"), *(len(row.student) for row in rows))
    lines = [f"{'aluno':<{width}}  {'nota':>7}  {'ocorrências':>11}  situação"]
    for row in rows:
        late = ", fora do prazo" if row.late else ""
        absent = ", não veio nesta entrega" if row.absent else ""
        about = f"{row.student:<{width}}  {number(row.total):>7}  {len(row.occurrences):>11}"
        lines.append(f"{about}  {row.status}{late}{absent}")
    mean = round(sum(row.total for row in rows) / len(rows), 2)
    of_all = f"média de {len(rows)}"
    return "\n".join([*lines, f"{of_all:<{width}}  {number(mean):>7}  de {number(assignment.points)} pontos"])


def number(value: float | None) -> str:
    """Um número como se escreve em português; vazio se não há."""
    return "" if value is None else f"{value:.2f}".rstrip("0").rstrip(".").replace(".", ",")


def filters() -> dict[str, Callable]:
    """Os filtros das páginas: números, código, dicas e os termos do glossário que elas usam."""
    return {"number": number, "python": _highlighted, "hint": _hint, "terms": terms_in}


def code_style() -> Markup:
    """As cores do código, em CSS."""
    return Markup(HtmlFormatter(style="friendly").get_style_defs(".code"))


def answers_of(
    graded: GradedCell, assignment: Assignment, notebook: nbformat.NotebookNode | None
) -> list[nbformat.NotebookNode]:
    """As células em que o aluno respondeu a um exercício."""
    cells = notebook.cells if notebook else []
    delivered = [_as_delivered(cell, assignment) for cell in cells]
    found = answer_cells(delivered, graded)
    return [cells[position] for position in found]


def _as_delivered(cell: nbformat.NotebookNode, assignment: Assignment) -> Cell:
    """Uma célula do notebook corrigido; a que se pôs no lugar de uma perdida não é do aluno."""
    grade_id, source = cell.metadata.get("nbgrader", {}).get("grade_id"), cell.metadata.get("delivered", cell.source)
    return Cell(cell.cell_type, source, grade_id, source == LOST_CELL or is_pristine(source, assignment))


@functools.lru_cache(maxsize=256)  # a mesma célula aparece em cada exercício que responde
def _highlighted(source: str) -> Markup:
    """O código colorido. Uma linha só de espaços vai vazia: o Pygments leria, em cada uma, todas as seguintes."""
    lines = map(str.rstrip, source.splitlines())
    return Markup(highlight("\n".join(lines), PythonLexer(), HtmlFormatter(cssclass="code")))


def _hint(message: str) -> Markup:
    """Uma dica, com o que vem entre crases como código; parte dela pode vir do aluno, e nada nela vira HTML."""
    return Markup(CODE_SPAN.sub(r"<code>\1</code>", str(escape(message))))


def _write_csv(lines: Iterable[Sequence[str]], path: Path) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(
        [[_inert(cell) for cell in line] for line in lines]
    )
    with atomic_write(path) as file:
        file.write(text.getvalue().encode("utf-8-sig"))


def _inert(text: str) -> str:
    """Um texto que a planilha não toma por fórmula, nem com sinais de largura inteira (`＝`): ele pode vir do aluno."""
    start = unicodedata.normalize("NFKC", text[:20]).lstrip(" \u200b\ufeff")
    return f"'{text}" if start.startswith(FORMULA_STARTS) else text
