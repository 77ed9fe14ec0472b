"""O resumo de um notebook executado: título, objetivo, tempo e números principais; lido do próprio arquivo."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import nbformat

from course_lib.headlines import format_number, read_headlines

COLUMNS = ("notebook", "segundos", "números principais")


@dataclass(frozen=True)
class Summary:
    """Uma linha do índice e da tabela final."""

    name: str
    title: str
    goal: str
    seconds: float
    headlines: dict[str, int | float | str]
    failed: bool
    parameters: dict[str, object]

    @property
    def numbers(self) -> list[str]:
        """Os números principais, prontos para ler: "RMSE na validação 0,8745"."""
        return [f"{name} {format_number(value)}" for name, value in self.headlines.items()]


def summarize(name: str, notebook: nbformat.NotebookNode) -> Summary:
    """Resume um notebook executado pelo papermill.

    O título é o primeiro cabeçalho, e o objetivo, o parágrafo que o segue.
    """
    first = next((cell.source for cell in notebook.cells if cell.cell_type == "markdown"), "")
    paragraphs = [" ".join(block.split()) for block in first.split("\n\n") if block.strip()]
    run = notebook.metadata.get("papermill", {})
    return Summary(
        name=name,
        title=plain(paragraphs[0]) if paragraphs else name,
        goal=plain(paragraphs[1]) if len(paragraphs) > 1 else "",
        seconds=run.get("duration") or 0.0,
        headlines=read_headlines(notebook),
        failed=bool(run.get("exception")),
        parameters=run.get("parameters") or {},
    )


def text_table(summaries: Iterable[Summary], elapsed: float) -> str:
    """Tabela para o terminal: uma linha por notebook, os números principais empilhados, e o tempo de tudo.

    Args:
        elapsed: segundos de relógio que a série levou; menos que a soma, se houve mais de um notebook por vez.
    """
    summaries = list(summaries)
    width = max(len(name) for name in ("notebook", "tempo total", *(summary.name for summary in summaries)))
    lines = [f"{COLUMNS[0]:<{width}}  {COLUMNS[1]:>8}  {COLUMNS[2]}"]
    for summary in summaries:
        numbers = ["FALHOU"] if summary.failed else summary.numbers or ["–"]
        lines.append(f"{summary.name:<{width}}  {format_seconds(summary.seconds):>8}  {numbers[0]}")
        lines += [" " * (width + 12) + number for number in numbers[1:]]
    lines.append(f"{'tempo total':<{width}}  {format_seconds(elapsed):>8}")
    return "\n".join(lines)


def format_seconds(seconds: float) -> str:
    """Segundos com uma casa decimal, à brasileira."""
    return f"{seconds:.1f}".replace(".", ",")


def executed_summaries(names: Iterable[str], folder: Path) -> list[Summary]:
    """Resumos dos notebooks que existem, executados, em `folder`."""
    paths = [folder / f"{name}.ipynb" for name in names]
    return [summarize(path.stem, nbformat.read(path, as_version=4)) for path in paths if path.is_file()]


def plain(markdown: str) -> str:
    """Sem a marcação: `**Objetivo:** conhecer o *dataset*` vira "Conhecer o dataset"."""
    text = re.sub(r"^Objetivo: *", "", re.sub(r"^[#> ]+|[*`]", "", markdown))
    return text[:1].upper() + text[1:]
