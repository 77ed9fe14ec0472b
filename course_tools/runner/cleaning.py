"""Deixa um notebook executado pronto para ser versionado: só o que se lê, nada da máquina nem da hora."""

import copy
import os
import re
import sys
from pathlib import Path

import nbformat

from course_lib.atomic import atomic_write
from course_tools.runner.metadata import KERNELSPEC, LANGUAGE_INFO

VOLATILE_CELL_METADATA = ("papermill", "execution", "collapsed", "scrolled", "ExecuteTime")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
WIDGET_REPR = re.compile(r"[A-Z_a-z]\w*\(")  # "interactive(…"; uma barra do tqdm tem texto próprio e fica com ele
# Só do começo de uma palavra: uma imagem escrita em letras é uma palavra de um milhão delas.
CELL_FILE = re.compile(r"(?<![^\s\"'<>])[^\s\"'<>]*ipykernel_\d+[/\\]\d+\.py")
WIDGET_TEXT = "[controle interativo: execute esta célula no JupyterLab para usá-lo]"


def cleaned(notebook: nbformat.NotebookNode, root: Path) -> nbformat.NotebookNode:
    """Cópia sem vestígios da execução: metadados do papermill, horários, estado de widgets e caminhos absolutos.

    As células executadas são renumeradas de 1 a n. No lugar de um widget, que sem o kernel não funcionaria, fica uma
    frase que o anuncia.

    Args:
        notebook: notebook executado, formato 4.
        root: raiz do projeto; caminhos abaixo dela passam a ser relativos.
    """
    clean = copy.deepcopy(notebook)
    nbformat.validator.normalize(clean)
    clean.metadata = nbformat.from_dict({"kernelspec": KERNELSPEC, "language_info": LANGUAGE_INFO})
    executed = 0
    for cell in clean.cells:
        for key in VOLATILE_CELL_METADATA:
            cell.metadata.pop(key, None)
        if not cell.metadata.get("tags", True):
            del cell.metadata["tags"]
        if cell.cell_type == "code" and cell.execution_count is not None:
            executed += 1
            _clean_outputs(cell, executed, root)
    return clean


def save_notebook(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Grava o notebook em `path` de forma atômica, com UTF-8 e fins de linha iguais em todo sistema."""
    with atomic_write(path) as file:
        file.write((nbformat.writes(notebook).rstrip("\n") + "\n").encode("utf-8"))


def _clean_outputs(cell: nbformat.NotebookNode, count: int, root: Path) -> None:
    cell.execution_count = count
    cell.outputs = _joined_streams(cell.outputs)
    for output in cell.outputs:
        if "execution_count" in output:
            output.execution_count = count
        if "text" in output:
            output.text = _without_machine_paths(output.text, root)
        data = output.get("data", {})
        if data.pop(WIDGET_VIEW, None) and WIDGET_REPR.match(data.get("text/plain", "")):
            data["text/plain"] = WIDGET_TEXT
        for mime, content in data.items():
            if mime.startswith("text/") and isinstance(content, str):
                data[mime] = _without_machine_paths(content, root)


def _joined_streams(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """Junta os textos seguidos de um mesmo canal, que o kernel entrega em pedaços, ao sabor do relógio."""
    joined: list[nbformat.NotebookNode] = []
    for output in outputs:
        if joined and output.output_type == joined[-1].output_type == "stream" and output.name == joined[-1].name:
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def _without_machine_paths(text: str, root: Path) -> str:
    """Troca a raiz do projeto por nada, o ambiente por `.venv`, a pasta pessoal por `~` e encurta os do ipykernel."""
    text = text.replace(f"{root}{os.sep}", "").replace(str(root), ".")
    text = text.replace(sys.prefix, ".venv").replace(f"{Path.home()}{os.sep}", f"~{os.sep}")
    return CELL_FILE.sub("<célula>", text)
