"""Um notebook como a página o mostra: o texto é o mesmo; as respostas esperam, e as figuras se descrevem."""

import copy
import re

import nbformat

from course_lib.headlines import HEADLINE_MIME

QUESTION = re.compile(r"^(?:#+ *|\*\*)Antes de rodar", re.MULTILINE)
ALT_MIME = "image/png"
HIDDEN = "hide-output"  # o myst-nb põe a saída num <details> fechado; o JupyterLab não conhece a etiqueta
FORGIVEN = "NotImplementedError"  # o que levanta um exercício por fazer: na página, não é um erro
WORDS_A_MINUTE, MINUTES_A_CODE_CELL = 130, 0.5


def for_the_page(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Cópia, pronta para o myst-nb, de um notebook limpo, como `cleaned` o deixa."""
    page = copy.deepcopy(notebook)
    for cell in page.cells:
        if cell.cell_type == "code":
            cell.outputs = [_shown(output) for output in cell.outputs if output.get("ename") != FORGIVEN]
            _describe_figure(cell)
    close_answers(page)
    return page


def close_answers(notebook: nbformat.NotebookNode) -> None:
    """Etiqueta, depois de cada "Antes de rodar", a primeira célula que tem uma saída."""
    asked = False
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            asked = asked or bool(QUESTION.search(cell.source))
        elif asked and cell.get("outputs"):
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), HIDDEN]
            asked = False


def reading_minutes(notebook: nbformat.NotebookNode) -> float:
    """Estimativa, sem arredondar: o texto a 130 palavras por minuto, e meio minuto por célula de código."""
    prose = sum(len(cell.source.split()) for cell in notebook.cells if cell.cell_type == "markdown")
    code = sum(cell.cell_type == "code" for cell in notebook.cells)
    return prose / WORDS_A_MINUTE + code * MINUTES_A_CODE_CELL


def _shown(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Sem os números principais, que o myst-nb não conhece; o texto que os mostra fica."""
    output.get("data", {}).pop(HEADLINE_MIME, None)
    return output


def _describe_figure(cell: nbformat.NotebookNode) -> None:
    """Leva o texto alternativo, que acompanha a imagem, para onde o myst-nb o lê: os metadados da célula."""
    for output in cell.outputs:
        alt = output.get("metadata", {}).get(ALT_MIME, {}).get("alt")
        if alt:
            cell.metadata["mystnb"] = {"image": {"alt": alt}}
