"""Achar a linha culpada: a leitura lenta e minuciosa de um arquivo de avaliações que o leitor rápido recusou."""

import csv
import io
from collections.abc import Iterator

from course_lib.datasets.archive import Archive
from course_lib.datasets.formats import COLUMNS, DAT, OBTAIN_AGAIN, Layout, problem_with_rating, read_header
from course_lib.errors import DataError


def explain(archive: Archive, layout: Layout) -> None:
    """Relê as avaliações linha a linha e levanta o `DataError` da primeira que está errada; nada faz se não acha.

    Raises:
        DataError: com o arquivo, a linha, o que há de errado e o que fazer.
    """
    where = archive.where(layout.ratings)
    line = None
    for line, columns, row in _rows(archive, layout):
        problem = _problem(row, columns, layout)
        if problem:
            content = layout.separator.join(row)
            raise DataError(
                f"linha {line} de {where}: {problem}.\nA linha é {content[:80]!r}. Corrija-a ou apague-a; se o arquivo "
                "veio do GroupLens, a cópia está danificada: baixe-o de novo."
            )
    if line is None:
        raise DataError(f"{where} não traz nenhuma avaliação.\n{OBTAIN_AGAIN}")


def line_of(archive: Archive, layout: Layout, row: int) -> int:
    """Número da linha, contada de 1, da avaliação de índice `row` (linhas em branco não contam como avaliações)."""
    for index, (line, _, _) in enumerate(_rows(archive, layout)):
        if index == row:
            return line
    raise IndexError(row)


def _problem(row: list[str], columns: tuple[str, ...], layout: Layout) -> str | None:
    """O que há de errado com uma linha, ou None."""
    if len(row) == len(columns) + 1 and not row[-1]:
        row = row[:-1]  # um separador a mais no fim da linha é inofensivo
    if layout is DAT and (len(row) != len(columns) or any(row[1::2])):
        return f"deviam ser {len(COLUMNS)} colunas separadas por '::'"
    if len(row) > len(columns):
        return f"{len(row)} coluna(s) em vez de {len(columns)} (a nota usa ponto decimal, não vírgula?)"
    if len(row) < len(columns):
        return f"{len(row)} coluna(s) em vez de {len(columns)} (o arquivo foi cortado aqui?)"
    return problem_with_rating(dict(zip(columns, row, strict=True)), layout.scale)


def _rows(archive: Archive, layout: Layout) -> Iterator[tuple[int, tuple[str, ...], list[str]]]:
    """Cada avaliação: número da linha, nomes das colunas e campos."""
    where = archive.where(layout.ratings)
    with archive.open(layout.ratings) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
        lines = _checked(text, where)
        reader = csv.reader(lines, delimiter=layout.separator, strict=True)
        columns, before = layout.columns, 0
        if columns is None:
            header = _CountedLines(lines)
            columns, before = read_header(header, COLUMNS, where), header.count
        while True:
            line = before + reader.line_num + 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise DataError(
                    f"linha {line} de {where}: há aspas sem par ou campo enorme.\n{OBTAIN_AGAIN}"
                ) from error
            if "".join(row).strip() or len(row) > 1:
                yield line, columns, row


def _checked(text: io.TextIOWrapper, where: str) -> Iterator[str]:
    """As linhas do texto; recusa a primeira que não está em UTF-8 ou traz bytes nulos."""
    for count, line in enumerate(text, start=1):
        try:
            line.encode()
        except UnicodeEncodeError as error:
            raise DataError(
                f"linha {count} de {where}: não está em UTF-8. Salve o arquivo de novo, com codificação UTF-8."
            ) from error
        if "\0" in line:
            raise DataError(f"linha {count} de {where}: há bytes nulos; o arquivo está danificado.\n{OBTAIN_AGAIN}")
        yield line


class _CountedLines:
    """Linhas que se podem pedir por `readline`, como a `read_header` quer, e que se contam."""

    def __init__(self, lines: Iterator[str]):
        self.lines, self.count = lines, 0

    def readline(self, _limit: int) -> str:
        line = next(self.lines, "")
        self.count += bool(line)
        return line
