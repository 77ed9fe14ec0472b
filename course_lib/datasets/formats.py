"""Os três formatos oficiais do MovieLens e as regras que uma avaliação tem de cumprir em qualquer deles."""

import csv
import re
from dataclasses import dataclass
from typing import TextIO

from course_lib.errors import DataError

COLUMNS = ("userId", "movieId", "rating", "timestamp")
NO_GENRES = "(no genres listed)"
MAX_ID = 2**63 - 1
MAX_TIMESTAMP = 4_102_444_800  # 2100-01-01, em segundos
OBTAIN_AGAIN = "Baixe de novo o zip oficial, em https://grouplens.org/datasets/movielens/, e tente outra vez."
MAX_HEADER = 10_000  # caracteres
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?\s*", re.ASCII)


@dataclass(frozen=True)
class Layout:
    """Um formato.

    Attributes:
        ratings, catalog: nomes dos arquivos de avaliações e de filmes.
        separator: o que separa as colunas das avaliações. O `::` da 1M é lido como dois `:` com uma coluna vazia entre
            eles, porque o leitor rápido do pandas só conhece separadores de um caractere.
        columns: as colunas das avaliações, ou None quando o arquivo tem cabeçalho.
        scale: menor nota, maior nota e passo, em estrelas.
    """

    ratings: str
    catalog: str
    separator: str
    columns: tuple[str, ...] | None
    scale: tuple[float, float, float]


CSV = Layout("ratings.csv", "movies.csv", ",", None, (0.5, 5.0, 0.5))
DAT = Layout(
    "ratings.dat",
    "movies.dat",
    ":",
    ("userId", "", "movieId", "", "rating", "", "timestamp"),
    (1.0, 5.0, 1.0),
)
TAB = Layout("u.data", "u.item", "\t", COLUMNS, (1.0, 5.0, 1.0))
LAYOUTS = (CSV, DAT, TAB)
FILE_NAMES = tuple(name for layout in LAYOUTS for name in (layout.ratings, layout.catalog))


def read_header(text: TextIO, required: tuple[str, ...], where: str) -> tuple[str, ...]:
    """Lê a linha de cabeçalho de um CSV e confere que traz as colunas pedidas (outras são aceitas e ignoradas).

    Raises:
        DataError: arquivo vazio, sem cabeçalho, com outro separador, coluna que falta ou que se repete.
    """
    line = text.readline(MAX_HEADER)
    while line.isspace():
        line = text.readline(MAX_HEADER)
    if not line:
        raise DataError(f"{where} está vazio.\n{OBTAIN_AGAIN}")
    try:
        header = tuple(name.strip() for name in next(csv.reader([line])))
    except csv.Error as error:
        raise DataError(f"o cabeçalho de {where} não pôde ser lido: {line[:80]!r}.\n{OBTAIN_AGAIN}") from error
    missing = [name for name in required if name not in header]
    if missing:
        if ";" in line or "\t" in line:
            remedy = "As colunas parecem separadas por ponto e vírgula ou tabulação: salve o arquivo com vírgulas."
        elif all(_NUMBER.fullmatch(name) for name in header):
            remedy = f"A primeira linha já traz números: acrescente o cabeçalho {','.join(required)}."
        else:
            remedy = f"O cabeçalho deve trazer {','.join(required)}, com esses nomes."
        raise DataError(
            f"linha 1 de {where}: o cabeçalho não traz {', '.join(missing)}; ele é {line.strip()[:80]!r}.\n{remedy}"
        )
    if len(set(header)) < len(header):
        raise DataError(f"linha 1 de {where}: há colunas com o mesmo nome em {line.strip()[:80]!r}. Deixe uma de cada.")
    return header


def number(text: str) -> int | float | None:
    """O número que o texto escreve, ou None se não escreve nenhum; só algarismos ASCII e ponto decimal."""
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return int(text)
    except ValueError:
        value = float(text)
        return int(value) if value.is_integer() else value


def problem_with_id(text: str, what: str) -> str | None:
    """O que há de errado com um id de usuário ou filme, ou None."""
    value = number(text)
    if value is None or isinstance(value, float):
        return f"{what} {text[:40]!r} não é um número inteiro"
    if value < 0:
        return f"{what} {value} é negativo"
    if value > MAX_ID:
        return f"{what} {value} é grande demais (o maior id possível é 2^63 − 1)"
    return None


def problem_with_rating(fields: dict[str, str], scale: tuple[float, float, float]) -> str | None:
    """O que há de errado com uma linha de avaliações já separada em campos, ou None."""
    problem = problem_with_id(fields["userId"], "o usuário") or problem_with_id(fields["movieId"], "o filme")
    if problem:
        return problem
    low, high, step = scale
    rating, timestamp = number(fields["rating"]), number(fields["timestamp"])
    if rating is None:
        return f"a nota {fields['rating'][:40]!r} não é um número (com ponto decimal)"
    if not low <= rating <= high or rating % step:
        given = fields["rating"].strip()
        return f"a nota {given} está fora da escala, que vai de {low:g} a {high:g}, em passos de {step:g}"
    if timestamp is None or isinstance(timestamp, float):
        return f"a data {fields['timestamp'][:40]!r} não é um número inteiro de segundos desde 1970"
    if not 0 <= timestamp <= MAX_TIMESTAMP:
        return f"a data {timestamp} não cai entre 1970 e 2100; deve vir em segundos (e não milissegundos) desde 1970"
    return None
