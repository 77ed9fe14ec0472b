"""O que se comenta de uma entrega: ocorrências e causas. Nada daqui dá nem tira pontos, nem impede que se deem.

Se um comentário falha, seja como for, vale o que se diria sem ele. O código do aluno é lido até um tamanho, e nunca
executado.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from course_lib.exercises.marking import COMMON_HINTS, Verdict
from course_tools.grading.assignment import Assignment, GradedCell
from course_tools.grading.delivered import Cell, defining, marked_answer, normal, open_answer
from course_tools.grading.records import Occurrence, encodable, occurrence
from course_tools.grading.source import foreign_magic, syntax_error_line, unusual_words

LETTERS = 200_000  # do código de uma entrega, as que se examinam; o resolvido tem umas 30 mil
FOR_READING = "leia-o: não consegui examiná-lo"
ANOTHER_NAME = "Use outro nome para o resultado."
AS_WRITTEN = "Corrigi a função como a célula da resposta a definiu; use outro nome para o resultado."


def remarks(cells: Sequence[Cell], assignment: Assignment) -> list[Occurrence]:
    """As ocorrências que uma entrega dá antes de rodar."""
    if not cells:
        return [occurrence("notebook sem células")]
    return [one for remark in _REMARKS for one in _said(remark, cells, assignment)]


def _said(remark: Callable, cells: Sequence[Cell], assignment: Assignment) -> list[Occurrence]:
    try:
        return list(remark(cells, assignment))
    except Exception as error:
        return [occurrence("código a conferir", f"{FOR_READING} ({type(error).__name__})")]


def _changes(cells: Sequence[Cell], assignment: Assignment) -> Iterator[Occurrence]:
    """O que mudou em relação à versão do aluno, além das respostas."""
    if any(assignment.is_answer(cell.grade_id) for cell in cells) and all(cell.pristine for cell in cells):
        yield occurrence("nada respondido")
    present = [cell.grade_id for cell in cells if cell.grade_id]
    if not present:
        yield occurrence("sem as marcas do nbgrader", "as respostas foram procuradas pelo nome das funções")
        return
    missing = [grade_id for grade_id in assignment.cells if grade_id not in present]
    edited = [one.grade_id for one in cells if assignment.is_check(one.grade_id) and not _same_check(one, assignment)]
    copies = Counter(cell.copy_of for cell in cells if cell.copy_of)
    groups = {
        "verificação apagada": [grade_id for grade_id in missing if assignment.is_check(grade_id)],
        "resposta apagada": [grade_id for grade_id in missing if not assignment.is_check(grade_id)],
        "verificação alterada": edited,
        "célula repetida": [f"{grade_id}, {count + 1} vezes" for grade_id, count in copies.items()],
    }
    yield from (occurrence(kind, "; ".join(found)) for kind, found in groups.items() if found)
    expected = [grade_id for grade_id in assignment.cells if grade_id in present]
    if present != expected:
        moved = next(found for found, wanted in zip(present, expected, strict=True) if found != wanted)
        yield occurrence("células fora de ordem", f"a partir de {moved}")


def _same_check(cell: Cell, assignment: Assignment) -> bool:
    return normal(cell.source) == normal(assignment.cells[cell.grade_id].source)


def _unusual(cells: Sequence[Cell], assignment: Assignment) -> Iterator[Occurrence]:
    words, room = set(), LETTERS
    for cell in (cell for cell in cells if cell.kind == "code" and not cell.pristine):
        room -= len(cell.source)
        if room < 0:
            words.add("mais código do que se examina: leia-o")
            break
        words |= unusual_words(cell.source)
    if words and any(cell.grade_id for cell in cells):
        yield occurrence("código a conferir", ", ".join(sorted(words)))


def _misplaced(cells: Sequence[Cell], assignment: Assignment) -> Iterator[Occurrence]:
    """As questões abertas que têm a célula em branco e, talvez, a resposta em outra. Sem marcas, nenhuma é a certa."""
    if not any(cell.grade_id for cell in cells):
        return
    for graded in (one for one in assignment.graded if one.exercise is None):
        found = open_answer(cells, graded.name)
        if found and cells[found[0]].grade_id != graded.name:
            places = ", ".join(f"célula {position + 1}" for position in found)
            text = "nada foi escrito na célula da resposta; o texto que pode ser ela está em"
            yield occurrence("resposta fora da célula", f"{graded.title}: {text}: {places}")


def _not_run(cells: Sequence[Cell], assignment: Assignment) -> Iterator[Occurrence]:
    """As respostas que o Jupyter não roda como código do notebook."""
    for graded in (one for one in assignment.graded if one.exercise):
        if reason := _why_not_run(cells, graded):
            yield occurrence("resposta que não roda", f"{graded.title}: {reason}")


def _twice(cells: Sequence[Cell], assignment: Assignment) -> Iterator[Occurrence]:
    """As funções que mais de uma célula define: vale a última."""
    for graded in (one for one in assignment.graded if one.exercise):
        for function in graded.exercise.functions:
            found = [place for place in defining(cells, [function]) if _defines(cells[place], function)]
            if len(found) > 1:
                places = ", ".join(str(place + 1) for place in found)
                yield occurrence("função definida mais de uma vez", f"{function}: nas células {places}; vale a última")


_REMARKS = (_changes, _unusual, _misplaced, _not_run, _twice)


def _why_missing(cells: Sequence[Cell], graded: GradedCell) -> str | None:
    """Por que a função de um exercício não existe, embora a resposta esteja na entrega; None se não se sabe."""
    with suppress(Exception):
        if reason := _why_not_run(cells, graded):
            return reason
        if (line := _syntax_error_line(cells, graded)) is not None:
            return f"a célula da resposta tem um erro de sintaxe na linha {line}; por isso a função não existe."
        if function := _lost_in_its_cell(cells, graded):
            return f"a célula que define `{function}` dá depois outro valor a esse nome. {ANOTHER_NAME}"
    return None


def hints(graded: GradedCell, cells: Sequence[Cell], verdict: Verdict, rebound: dict[str, int]) -> tuple[str, ...]:
    """As dicas de um exercício; se a função falta e se sabe por quê, é isso que se diz.

    Args:
        rebound: função -> posição da célula que, depois da resposta, deu outro valor ao nome dela.
    """
    messages = verdict.messages
    if "missing_function" in verdict.keys and (reason := _why_missing(cells, graded)):
        messages = [message.replace(COMMON_HINTS["missing_function"], reason) for message in messages]
    for function in (name for name in graded.exercise.functions if name in rebound):
        place = cells[rebound[function]].name
        messages = [*messages, f"`{function}`: a {place} deu outro valor a esse nome. {AS_WRITTEN}"]
    return tuple(map(encodable, messages))


def mentions(cells: Sequence[Cell], functions: Sequence[str]) -> dict[int, tuple[str, ...]]:
    """Das células do aluno que citam funções dos exercícios, a posição -> as que elas definem."""
    known, found = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in functions)), {}
    for place, cell in enumerate(cells):
        with suppress(Exception):
            if cell.kind == "code" and not cell.pristine and known.search(cell.source):
                found[place] = tuple(name for name in functions if defining([cell], [name]))
    return found


def _why_not_run(cells: Sequence[Cell], graded: GradedCell) -> str | None:
    place = marked_answer(cells, graded)
    if place is None or any(one != place and not cells[one].pristine for one in _code_of(cells, graded)):
        return None
    cell = cells[place]
    if cell.kind != "code":
        kind = "texto (Markdown)" if cell.kind == "markdown" else "texto cru (Raw)"
        return f"a célula da resposta virou {kind}, que não roda. Selecione-a e tecle Y para que volte a ser de código."
    if magic := foreign_magic(cell.source):
        return f"a célula da resposta começa por `{magic}`, e por isso não define nada no notebook. Apague essa linha."
    return None


def _code_of(cells: Sequence[Cell], graded: GradedCell) -> list[int]:
    return defining(cells, graded.exercise.functions)


def _syntax_error_line(cells: Sequence[Cell], graded: GradedCell) -> int | None:
    """A linha em que a resposta não compila; None se compila, ou se não se achou a resposta."""
    marked = marked_answer(cells, graded)
    places = [*([] if marked is None else [marked]), *_code_of(cells, graded)]
    sources = [cells[place].source for place in places if cells[place].kind == "code"]
    lines = (syntax_error_line(source) for source in sources if len(source) <= LETTERS)
    return next((line for line in lines if line is not None), None)


def _lost_in_its_cell(cells: Sequence[Cell], graded: GradedCell) -> str | None:
    for function in graded.exercise.functions:
        assigned = re.compile(rf"^{re.escape(function)}[ \t]*=[^=]", re.MULTILINE)
        places = (one for one in _code_of(cells, graded) if _defines(cells[one], function))
        if any(assigned.search(cells[one].source) for one in places):
            return function
    return None


def _defines(cell: Cell, function: str) -> bool:
    definition = re.compile(rf"^[ \t]*(?:async +)?def +{re.escape(function)}\b", re.MULTILINE)
    return not cell.pristine and bool(definition.search(cell.source))
