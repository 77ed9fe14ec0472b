"""A versão do aluno, gerada da do instrutor: sem soluções, sem verificações escondidas, sem saídas.

O trabalho é do nbgrader, com marcadores e textos em português; aqui se confere antes, para que um marcador malformado
nunca passe calado, e depois, para que nada do que devia sair tenha ficado. O nbgrader só vem com o extra `instrutor`.
"""

import copy
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbconvert.preprocessors import ClearOutputPreprocessor
from traitlets.config import Config

from course_lib.exercises import EXERCISES
from course_lib.glossary import without_accents
from course_tools.errors import ReleaseError
from course_tools.grading.assignment import NAME
from course_tools.runner.cleaning import KERNELSPEC, LANGUAGE_INFO, save_notebook
from course_tools.runner.series import notebooks_dir, read_notebook

BEGIN_SOLUTION, END_SOLUTION = "### INÍCIO DA SOLUÇÃO", "### FIM DA SOLUÇÃO"
BEGIN_HIDDEN, END_HIDDEN = "### INÍCIO DAS VERIFICAÇÕES ESCONDIDAS", "### FIM DAS VERIFICAÇÕES ESCONDIDAS"
MARKERS = {BEGIN_SOLUTION: END_SOLUTION, BEGIN_HIDDEN: END_HIDDEN}
CODE_STUB = 'raise NotImplementedError("Escreva sua resposta aqui")'
TEXT_STUB = "*Escreva sua resposta aqui: apague esta linha e responda no lugar dela.*"
LOOKS_LIKE_MARKER = re.compile(r"(#|<!--).*\b(inicio|fim|begin|end)\b.*(soluc|solution|escondid|hidden|rubric|mark)")
SHORTEST_TELLTALE_LINE = 25  # uma linha de solução mais curta que isto pode aparecer por acaso noutro lugar


def source_path() -> Path:
    """A versão do instrutor."""
    return notebooks_dir() / "instrutor" / "exercicios" / f"{NAME}.ipynb"


def student_path() -> Path:
    """A versão do aluno."""
    return notebooks_dir() / f"{NAME}.ipynb"


def release_config() -> Config:
    """Os marcadores e textos do curso, como configuração do nbgrader."""
    config = Config()
    config.ClearSolutions.begin_solution_delimeter = BEGIN_SOLUTION
    config.ClearSolutions.end_solution_delimeter = END_SOLUTION
    config.ClearSolutions.code_stub = {"python": CODE_STUB}
    config.ClearSolutions.text_stub = TEXT_STUB
    config.ClearHiddenTests.begin_test_delimeter = BEGIN_HIDDEN
    config.ClearHiddenTests.end_test_delimeter = END_HIDDEN
    return config


def write_release(source: Path, target: Path) -> None:
    """Gera a versão do aluno de `source` em `target`, de forma atômica.

    Raises:
        ReleaseError, NotebookError: `target` é `source`, ou como em `student_version` e `read_notebook`; `target` fica
            como estava.
    """
    if target.resolve() == source.resolve():
        raise ReleaseError(
            f"{target} é a versão do instrutor: a do aluno tomaria o lugar dela, e as soluções se perderiam. "
            "Escolha outro arquivo em --saida."
        )
    save_notebook(student_version(read_notebook(source)), target)


def student_version(source: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A versão do aluno de um notebook do instrutor, que não é alterado. A mesma entrada dá sempre a mesma saída.

    Raises:
        ReleaseError: marcador malformado, célula sem nota ou nota sem exercício, nbgrader ausente, ou algo da solução
            que sobraria.
    """
    removed: list[str] = []
    for where, cell in _numbered(source):
        removed.extend(_marked_lines(cell, where))
        _check_cell(cell, where)
    _check_exercises(source)
    student = copy.deepcopy(source)
    student.metadata = nbformat.from_dict({"kernelspec": KERNELSPEC, "language_info": LANGUAGE_INFO})
    for preprocessor in _preprocessors():
        try:
            student, _ = preprocessor.preprocess(student, {})
        except Exception as error:  # o nbgrader levanta RuntimeError, ValidationError, KeyError…
            raise ReleaseError(f"{type(preprocessor).__name__}, do nbgrader, recusou o notebook: {error}") from error
    _refuse_leaks(student, removed)
    _check_stubs(student)
    return student


def _preprocessors() -> list:
    try:
        from nbgrader import preprocessors as nbgrader
    except ImportError as error:
        raise ReleaseError(
            "falta o nbgrader, que vem com o pacote do instrutor: rode make release, ou "
            'pip install -c requirements.lock -e ".[instrutor]"'
        ) from error
    kinds = (
        nbgrader.CheckCellMetadata,
        nbgrader.LockCells,
        nbgrader.ClearSolutions,
        ClearOutputPreprocessor,
        nbgrader.ClearHiddenTests,
        nbgrader.ComputeChecksums,
        nbgrader.CheckCellMetadata,
    )
    config = release_config()
    return [kind(config=config) for kind in kinds]


def _numbered(notebook: nbformat.NotebookNode) -> Iterator[tuple[str, nbformat.NotebookNode]]:
    """As células, cada uma com o nome que as mensagens lhe dão."""
    for number, cell in enumerate(notebook.cells, 1):
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        yield f"célula {number} ({grade_id})" if grade_id else f"célula {number}", cell


def _marked_lines(cell: nbformat.NotebookNode, where: str) -> Iterator[str]:
    """As linhas que devem sair: entre marcadores, ou a resposta escrita inteira; recusa marcadores errados."""
    awaited = None
    if cell.cell_type == "markdown" and cell.metadata.get("nbgrader", {}).get("solution"):
        yield from map(str.strip, cell.source.splitlines())
    for line in cell.source.splitlines():
        text = line.strip()
        if awaited is None and text in MARKERS:
            awaited = MARKERS[text]
        elif text == awaited:
            awaited = None
        elif LOOKS_LIKE_MARKER.match(without_accents(text.casefold())):
            expected = f"esperava {awaited!r}" if awaited else f"esperava um destes: {', '.join(map(repr, MARKERS))}"
            raise ReleaseError(f"{where}: {text!r} é um marcador errado ou fora de lugar; {expected}.")
        elif awaited:
            yield text
    if awaited:
        raise ReleaseError(f"{where}: falta {awaited!r}.")


def _check_cell(cell: nbformat.NotebookNode, where: str) -> None:
    """Cada marcador na célula de seu tipo, e cada célula de solução ou de nota com o marcador que lhe cabe."""
    role = cell.metadata.get("nbgrader", {})
    lines = [line.strip() for line in cell.source.splitlines()]
    solution, grade, code = role.get("solution"), role.get("grade"), cell.cell_type == "code"
    if (BEGIN_SOLUTION in lines) != bool(solution and code):
        raise ReleaseError(
            f"{where}: trechos {BEGIN_SOLUTION!r} devem estar em cada célula de código marcada como solução "
            "(solution), e em nenhuma outra."
        )
    if (BEGIN_HIDDEN in lines) != bool(grade and code):
        raise ReleaseError(
            f"{where}: trechos {BEGIN_HIDDEN!r} devem estar em cada célula de verificação com nota (grade), "
            "e em nenhuma outra."
        )
    if grade and not role.get("points", 0) > 0:
        raise ReleaseError(f"{where}: uma célula com nota precisa valer pontos (points maior que zero).")


def _check_exercises(source: nbformat.NotebookNode) -> None:
    """Nenhum grade_id repetido, e uma célula de verificação para cada exercício, na ordem deles."""
    ids = Counter(cell.metadata.nbgrader.get("grade_id") for cell in source.cells if "nbgrader" in cell.metadata)
    if repeated := [name for name, count in ids.items() if count > 1]:
        raise ReleaseError(
            f"grade_id repetido: {repeated[0]!r}. Uma célula copiada leva o identificador junto; troque-o."
        )
    graded = [cell for cell in source.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    found = [cell.metadata.nbgrader.grade_id for cell in graded if cell.cell_type == "code"]
    if found != list(EXERCISES):
        wrong = sorted(set(found) ^ set(EXERCISES)) or "a ordem"
        raise ReleaseError(f"as células de verificação não correspondem a course_lib.exercises; difere: {wrong}.")


def _refuse_leaks(student: nbformat.NotebookNode, removed: list[str]) -> None:
    telltale = {line for line in removed if len(line) >= SHORTEST_TELLTALE_LINE}
    for where, cell in _numbered(student):
        left = {line.strip() for line in cell.source.splitlines()}
        if leaked := telltale & left:
            raise ReleaseError(f"{where}: sobraria uma linha da solução, {sorted(leaked)[0]!r}.")
        if "course_tools.grading" in cell.source:
            raise ReleaseError(f"{where}: sobraria uma menção a course_tools.grading, a sala do instrutor.")


def _check_stubs(student: nbformat.NotebookNode) -> None:
    """Cada função pedida tem de estar na versão do aluno, com o nome por que as verificações a chamam."""
    text = "\n".join(cell.source for cell in student.cells if cell.cell_type == "code")
    for exercise in EXERCISES.values():
        for function in exercise.functions:
            if f"def {function}(" not in text:
                raise ReleaseError(
                    f"a função {function!r}, do exercício {exercise.name!r}, não aparece na versão do aluno. "
                    "O marcador da solução deve vir depois da linha do `def` e da docstring."
                )
