"""Ler um zip ou uma pasta do GroupLens, em qualquer dos formatos oficiais.

O pandas lê as avaliações de uma vez, sem que lhe digamos os tipos: o tipo que infere de uma coluna inteira já é a
conferência (um só "25.0", "1e3" ou vazio, e ela deixa de ser de inteiros). Só quando algo não confere é que se relê o
arquivo linha a linha, para achar a culpada.
"""

import csv
import io
import warnings
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
from pandas.errors import DtypeWarning

from course_lib.datasets import formats
from course_lib.datasets.archive import Archive, open_archive
from course_lib.datasets.formats import LAYOUTS, OBTAIN_AGAIN, RATING, Scale, Table
from course_lib.errors import DataError, DataFileNotFoundError

MAX_RATINGS = 50_000_000  # a maior versão oficial tem 32 milhões
MAX_CATALOG_BYTES = 64 * 2**20
OPENING = 788_918_400  # 1995-01-01, em segundos: o MovieLens não tem avaliação anterior
PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")
SOUGHT = tuple(table.name + suffix for layout in LAYOUTS for table in layout for suffix in ("", *PACKED))
Catalog = dict[int, tuple[str, str]]  # id do filme → (título, gêneros)


@dataclass
class Tables:
    """O que se leu de uma versão, com os ids originais, na ordem do arquivo."""

    users: np.ndarray  # int64 (n,), ids
    movies: np.ndarray  # int64 (n,), ids
    values: np.ndarray  # float32 (n,), notas em estrelas
    timestamps: np.ndarray  # int64 (n,), segundos desde 1970 (UTC)
    catalog: Catalog  # inclusive filmes que ninguém avaliou
    scale: Scale
    where: str  # as avaliações, como uma mensagem de erro se refere a elas
    line_of: Callable[[int], int]  # dado o índice de uma avaliação, a sua linha no arquivo


def read_grouplens(path: Path, scale: Scale = formats.HALF_STARS) -> Tables:
    """Lê um zip ou uma pasta cujas notas estão em `scale`; ou DataError, que diz em que arquivo e linha."""
    with open_archive(path, SOUGHT) as archive:
        table, films = _layout(archive)
        where = archive.where(table.name)
        catalog = _read_catalog(archive, films)
        columns = _read_ratings(archive, table, scale)

    def line_of(row: int) -> int:
        with open_archive(path, SOUGHT) as archive, _Text(archive.open(table.name)) as text:
            return next(islice(formats.records(text, table, where, lambda _: None), row, None))[0]

    if not table.header and not (columns[2] % 1).any():  # os formatos antigos são de versões de estrelas inteiras
        scale = formats.WHOLE_STARS
    return Tables(*columns, catalog, scale, where, line_of)


def _layout(archive: Archive) -> tuple[Table, Table]:
    packed = [name for name in archive.names if name.endswith(PACKED)]
    remedy = f"Descomprima {packed[0]} na mesma pasta, e aponte para ela." if packed else OBTAIN_AGAIN
    found = [layout for layout in LAYOUTS if any(table.name in archive.names for table in layout)]
    if not found:
        known = "; ".join(f"{table.name} e {films.name}" for table, films in LAYOUTS)
        missing = f"{archive.path} não traz os arquivos de nenhum formato do MovieLens ({known})"
        raise DataFileNotFoundError(f"{missing}.\n{remedy}")
    if len(found) > 1:
        raise DataError(f"{archive.path} mistura formatos: {', '.join(table.name for table, _ in found)}. Separe-os.")
    for table in found[0]:
        if table.name not in archive.names:
            raise DataFileNotFoundError(f"falta {archive.where(table.name)}.\n{remedy}")
    return found[0]


def _read_catalog(archive: Archive, films: Table) -> Catalog:
    where = archive.where(films.name)
    with archive.open(films.name) as stream:
        raw = stream.read(MAX_CATALOG_BYTES + 1)
    if len(raw) > MAX_CATALOG_BYTES:
        raise DataError(f"{where} passa de {MAX_CATALOG_BYTES // 2**20} MiB: não é um catálogo do MovieLens.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:  # os formatos antigos são oficialmente latin-1, que aceita qualquer byte
        text = raw.decode("utf-8-sig", "surrogateescape") if films.header else raw.decode("latin-1")
    catalog: Catalog = {}

    def problem_with(row: list[str]) -> str | None:
        if not set(row[5:]) <= {"0", "1"}:
            return "as marcas de gênero devem ser 0 ou 1"
        problem = formats.problem_with_id(row[0], "o filme")
        if not problem and int(row[0]) in catalog:
            return f"o filme {int(row[0])} já apareceu numa linha anterior; deixe só uma delas"
        return problem

    lines = io.StringIO(text, newline="")
    for _, (movie_id, title, genres, *rest) in formats.records(lines, films, where, problem_with):
        if rest:  # no lugar dos gêneros, datas e um endereço; depois, uma marca para cada gênero
            genres = "|".join(genre for genre, flag in zip(formats.GENRES_100K, rest[2:], strict=True) if flag == "1")
        movie = int(movie_id)
        catalog[movie] = (title or untitled(movie), genres or formats.NO_GENRES)
    if not catalog:
        raise DataError(f"{where} está vazio: não traz nenhum filme.\n{OBTAIN_AGAIN}")
    return catalog


def untitled(movie_id: int) -> str:
    """O título que damos a um filme de que só conhecemos o id."""
    return f"Filme {movie_id} (sem título)"


def _read_ratings(archive: Archive, table: Table, scale: Scale) -> tuple[np.ndarray, ...]:
    """Usuários, filmes, notas e datas."""
    where = archive.where(table.name)
    try:
        with _Text(archive.open(table.name)) as text:
            return _read_fast(text, table, where, scale)
    except DataError:
        raise
    except (ValueError, OverflowError, DtypeWarning) as error:
        suspicion = error
    with _Text(archive.open(table.name)) as text:
        check = partial(formats.problem_with_rating, scale=scale)
        any_at_all = deque(formats.records(text, table, where, check), maxlen=1)
    reason = f"tem algo que não entendi: {suspicion}" if any_at_all else "não traz nenhuma avaliação"
    raise DataError(f"{where} {reason}.\n{OBTAIN_AGAIN}") from suspicion


def _read_fast(text: "_Text", table: Table, where: str, scale: Scale) -> tuple[np.ndarray, ...]:
    """O mesmo; ou ValueError, OverflowError ou um aviso do pandas se algo parece errado.

    O leitor rápido só conhece separadores de um caractere: um "::" são dois ":" com um vão entre eles. Os vãos, e a
    coluna que um separador no fim da linha cria, têm de estar vazios.
    """
    header = formats.read_header(formats.rows(text, table, where), table, where) if table.header else RATING
    names = [name if name in RATING else f"extra {index}" for index, name in enumerate(header)] + ["gap"]
    if table.separator == "::":
        names = [name for column in RATING for name in (column, f"gap {column}")][:-1]
    with warnings.catch_warnings():
        warnings.simplefilter("error", DtypeWarning)
        read = pd.read_csv(
            text,
            sep=table.separator[0],
            names=names,
            dtype={name: "str" if name.startswith("extra") else "float32" for name in names if name not in RATING},
            header=None,
            keep_default_na=False,
            na_values=[""],  # um "NA" ou "nan" escrito não é um campo vazio
            quoting=csv.QUOTE_MINIMAL if table.header else csv.QUOTE_NONE,
            nrows=MAX_RATINGS + 1,
            engine="c",
        )
    if len(read) > MAX_RATINGS:
        raise DataError(f"{where} tem mais de {MAX_RATINGS} avaliações: não é uma versão do MovieLens.")
    users, movies, values, timestamps = columns = [read[name].to_numpy() for name in RATING]
    kinds = "".join(column.dtype.kind for column in columns)
    surplus = not isinstance(read.index, pd.RangeIndex)  # de colunas a mais, sem nome, o pandas faz um índice
    if surplus or kinds not in ("iifi", "iiii") or read.filter(like="gap").notna().any(axis=None):
        raise ValueError("há algo onde nada devia haver, ou falta um número")
    low, high, step = scale
    with np.errstate(invalid="ignore"):  # infinito % passo
        on_scale = (values >= low) & (values <= high) & (values % step == 0)
    smallest = min(users.min(), movies.min(), timestamps.min())
    if not on_scale.all() or smallest < 0 or timestamps.max() > formats.MAX_TIMESTAMP:
        raise ValueError("há valores fora dos limites")
    # cortado no meio da última data, um arquivo parece inteiro, mas a data recua décadas e falta o fim de linha
    if len(timestamps) > 1 and text.tail not in "\r\n" and timestamps[-1] < OPENING <= timestamps[:-1].min():
        raise DataError(
            f"a última linha de {where} parece cortada: não há fim de linha, e a data {timestamps[-1]} é anterior a "
            f"1995, ao contrário de todas as outras.\nApague a linha, ou obtenha o arquivo inteiro. {OBTAIN_AGAIN}"
        )
    return users, movies, values.astype(np.float32), timestamps


class _Text(io.TextIOWrapper):
    """O texto de um arquivo, que se lembra do seu último caractere."""

    tail = ""

    def __init__(self, stream: BinaryIO):
        super().__init__(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")

    def read(self, size: int = -1) -> str:
        block = super().read(size)
        self.tail = block[-1:] or self.tail
        return block
