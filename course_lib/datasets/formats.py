"""Os três formatos oficiais do MovieLens, linha a linha: como se separam os campos, e o que cada um tem de cumprir.

Lê-se assim, sem pressa, o catálogo, que é pequeno, e as avaliações em que o leitor rápido viu algo errado.
"""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TextIO

from course_lib.errors import DataError

RATING = ("userId", "movieId", "rating", "timestamp")
FILM = ("movieId", "title", "genres")
NO_GENRES = "(no genres listed)"
GENRES_100K = (
    NO_GENRES, "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
MAX_ID = 2**63 - 1
MAX_TIMESTAMP = 4_102_444_800  # 2100-01-01, em segundos
BLANK = " \t\r\n"  # o que, sozinho numa linha, o pandas também ignora
MAX_LINE = 2**20  # caracteres; mais que isso não é uma linha do MovieLens
OBTAIN_AGAIN = "Baixe de novo o zip oficial, em https://grouplens.org/datasets/movielens/, e tente outra vez."
_INTEGER = re.compile(r"\s*[+-]?\d+\s*", re.ASCII)
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?\s*", re.ASCII)
_NOT_UTF8 = re.compile("[\ud800-\udfff]")  # o que "surrogateescape" põe no lugar de um byte que não é texto


@dataclass(frozen=True)
class Table:
    """Um arquivo de um dos formatos."""

    name: str
    separator: str
    columns: tuple[str, ...]  # as que interessam; num arquivo sem cabeçalho, todas as que há, nesta ordem
    header: bool = False  # se a primeira linha dá nome às colunas, que então podem vir noutra ordem e entre outras
    if_too_many: str = "há um separador a mais?"  # a causa mais comum
    if_too_few: str = "o arquivo foi cortado aqui?"


_FLAGS = f"são 5 e mais {len(GENRES_100K)} marcas de gênero"
LAYOUTS = (  # avaliações e filmes de cada formato
    (
        Table("ratings.csv", ",", RATING, True, "a nota usa ponto decimal, não vírgula?"),
        Table("movies.csv", ",", FILM, True, "título com vírgula vai entre aspas"),
    ),
    (Table("ratings.dat", "::", RATING), Table("movies.dat", "::", FILM)),
    (
        Table("u.data", "\t", RATING),
        Table("u.item", "|", ("movieId", "title", "date", "video", "url", *GENRES_100K), False, _FLAGS, _FLAGS),
    ),
)


# Menor nota, maior nota e passo, em estrelas. É da versão, e não do formato: a ml-10M tem meias estrelas num .dat.
Scale = tuple[float, float, float]
WHOLE_STARS = (1.0, 5.0, 1.0)
HALF_STARS = (0.5, 5.0, 0.5)


def records(
    text: TextIO, table: Table, where: str, problem_with: Callable[[list[str]], str | None]
) -> Iterator[tuple[int, list[str]]]:
    """O número da linha e os campos, na ordem de `table.columns`, de cada registro; linhas em branco não contam.

    O texto deve ter sido aberto com "surrogateescape", sem tradução dos fins de linha. A primeira linha errada levanta
    `DataError`; `problem_with` diz o que há de errado com os campos de um registro, ou None.
    """
    found = rows(text, table, where)
    columns = read_header(found, table, where) if table.header else table.columns
    wanted = [columns.index(name) for name in table.columns]
    for line, row in found:
        if len(row) == len(columns) + 1 and not row[-1] and len(table.separator) == 1:
            row.pop()  # um separador a mais no fim da linha é inofensivo
        fields = [row[index] for index in wanted] if len(row) == len(columns) else None
        problem = problem_with(fields) if fields else _problem_with_count(row, columns, table)
        if problem:
            content = table.separator.join(row)[:80]
            raise DataError(
                f"linha {line} de {where}: {problem}.\nA linha é {content!r}. Corrija-a ou apague-a; se o arquivo veio "
                "do GroupLens, a cópia está danificada: baixe-o de novo."
            )
        yield line, fields


def _problem_with_count(row: list[str], columns: tuple[str, ...], table: Table) -> str:
    likely = table.if_too_many if len(row) > len(columns) else table.if_too_few
    if table.header and len(row) == len(columns) + 1 and row[0] == "1":
        likely += "; ou foi o R que numerou as linhas, sem dar nome a essa coluna? lá, use row.names = FALSE"
    return f"{len(row)} coluna(s) em vez de {len(columns)}, separadas por {table.separator!r} ({likely})"


def read_header(rows: Iterator[tuple[int, list[str]]], table: Table, where: str) -> tuple[str, ...]:
    """Os nomes das colunas de um CSV, que têm de incluir `table.columns`, sem repetição; ou DataError."""
    line, row = next(rows, (0, []))
    if not row:
        raise DataError(f"{where} está vazio.\n{OBTAIN_AGAIN}")
    header, shown = tuple(name.strip() for name in row), repr(",".join(row)[:80])
    missing = [name for name in table.columns if name not in header]
    if missing:
        names = ",".join(table.columns)
        if header[0].lower().startswith("sep="):
            remedy = "Essa linha é do Excel, e só ele a entende: apague-a, e separe as colunas por vírgulas."
        elif ";" in shown or "\\t" in shown:
            remedy = "As colunas parecem separadas por ponto e vírgula ou tabulação: salve o arquivo com vírgulas."
        elif all(_NUMBER.fullmatch(name) for name in header):
            remedy = f"A primeira linha já traz números: acrescente o cabeçalho {names}."
        else:
            remedy = f"O cabeçalho deve trazer {names}, com esses nomes."
        problem = f"o cabeçalho não traz {', '.join(missing)}; ele é {shown}.\n{remedy}"
    elif len(set(header)) < len(header):
        problem = f"há colunas com o mesmo nome em {shown}. Deixe uma de cada."
    else:
        return header
    raise DataError(f"linha {line} de {where}: {problem}")


def rows(text: TextIO, table: Table, where: str) -> Iterator[tuple[int, list[str]]]:
    """O número da primeira linha e os campos de cada registro, cabeçalho inclusive."""
    lines = _readable(text, where)
    if not table.header:
        split = (line.rstrip("\r\n").split(table.separator) for line in lines)
        yield from ((line, row) for line, row in enumerate(split, start=1) if len(row) > 1 or row[0].strip(BLANK))
        return
    reader, line = csv.reader(lines, delimiter=table.separator, strict=True), 1
    try:
        for row in reader:
            if len(row) > 1 or "".join(row).strip(BLANK):
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        problem = f"há aspas sem par ou fora de lugar, ou um campo enorme.\n{OBTAIN_AGAIN}"
        raise DataError(f"linha {line} de {where}: {problem}") from error


def _readable(text: TextIO, where: str) -> Iterator[str]:
    for count, line in enumerate(iter(partial(text.readline, MAX_LINE), ""), start=1):
        if not line.isascii() and _NOT_UTF8.search(line):
            raise DataError(
                f"linha {count} de {where}: não está em UTF-8 (foi salvo pelo Excel ou por um editor antigo?).\n"
                "Salve o arquivo de novo com codificação UTF-8, ou baixe outra vez o zip oficial."
            )
        if "\0" in line:
            raise DataError(f"linha {count} de {where}: há bytes nulos; o arquivo está danificado.\n{OBTAIN_AGAIN}")
        yield line


def problem_with_id(text: str, what: str) -> str | None:
    """O que há de errado com um id de usuário ou filme, ou None."""
    if not _INTEGER.fullmatch(text):
        return f"{what} {text[:40]!r} não é um número inteiro"
    value = _integer(text)
    if value < 0:
        return f"{what} {text.strip()[:40]} é negativo"
    if value > MAX_ID:
        return f"{what} {text.strip()[:40]} é grande demais (o maior id possível é 2^63 − 1)"
    return None


def problem_with_rating(fields: list[str], scale: Scale) -> str | None:
    """O que há de errado com uma avaliação já separada em campos, ou None."""
    user, movie, rating, timestamp = fields
    low, high, step = scale
    problem = problem_with_id(user, "o usuário") or problem_with_id(movie, "o filme")
    if problem:
        return problem
    if not _NUMBER.fullmatch(rating):
        return f"a nota {rating[:40]!r} não é um número (com ponto decimal)"
    if not low <= float(rating) <= high or float(rating) % step:
        limits = f"que vai de {low:g} a {high:g}, em passos de {step:g}"
        return f"a nota {rating.strip()[:40]} está fora da escala, {limits}"
    if not _INTEGER.fullmatch(timestamp):
        return f"a data {timestamp[:40]!r} não é um número inteiro de segundos desde 1970"
    if not 0 <= _integer(timestamp) <= MAX_TIMESTAMP:
        given = timestamp.strip()[:40]
        return f"a data {given} não cai entre 1970 e 2100; deve vir em segundos (e não milissegundos) desde 1970"
    return None


def _integer(text: str) -> int:
    return int(text.strip()[:100])  # o Python recusa inteiros de milhares de algarismos; cem já são demais
