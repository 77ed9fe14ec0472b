"""Ler um zip ou uma pasta do GroupLens, em qualquer dos formatos oficiais.

As avaliações passam pelo leitor rápido do pandas, aos pedaços, que só diz "algo está errado"; quando diz,
`diagnosis.explain` relê o arquivo linha a linha para achar a culpada.
"""

import io
import warnings
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.errors import ParserWarning

from course_lib.datasets.archive import Archive, open_archive
from course_lib.datasets.catalogs import Catalog, read_catalog
from course_lib.datasets.diagnosis import explain, line_of
from course_lib.datasets.formats import (
    COLUMNS,
    FILE_NAMES,
    LAYOUTS,
    MAX_TIMESTAMP,
    OBTAIN_AGAIN,
    Layout,
    read_header,
)
from course_lib.errors import CourseError, DataError, DataFileNotFoundError

ROWS_PER_CHUNK = 1_000_000
MAX_RATINGS = 50_000_000  # a maior versão oficial tem 32 milhões
OPENING = 788_918_400  # 1995-01-01, em segundos: o MovieLens não tem avaliação anterior


@dataclass
class Tables:
    """O que se leu de uma versão, com os ids originais, na ordem do arquivo.

    Attributes:
        users, movies: int64 (n,), ids de cada avaliação.
        values: float32 (n,), notas em estrelas.
        timestamps: int64 (n,), segundos desde 1970 (UTC).
        catalog: `{id do filme: (título, gêneros)}`, inclusive de filmes que ninguém avaliou.
        scale: menor e maior nota admitidas.
        where: as avaliações, como uma mensagem de erro se refere a elas.
        line_of: dado o índice de uma avaliação, a sua linha no arquivo.
    """

    users: np.ndarray
    movies: np.ndarray
    values: np.ndarray
    timestamps: np.ndarray
    catalog: Catalog
    scale: tuple[float, float]
    where: str
    line_of: Callable[[int], int]


def read_grouplens(path: Path) -> Tables:
    """Lê um zip ou uma pasta.

    Raises:
        DataFileNotFoundError: o caminho não existe, ou não há ali os arquivos de nenhum formato.
        DataError: conteúdo errado; a mensagem diz em que arquivo e linha.
    """
    with open_archive(path, FILE_NAMES) as archive:
        layout = _layout(archive)
        catalog = read_catalog(archive, layout)
        columns = _read_ratings(archive, layout)

    def line_in_file(row: int) -> int:
        with open_archive(path, FILE_NAMES) as archive:
            return line_of(archive, layout, row)

    where = f"{layout.ratings} (em {path})"
    return Tables(*columns, catalog, layout.scale[:2], where, line_in_file)


def _layout(archive: Archive) -> Layout:
    found = [layout for layout in LAYOUTS if layout.ratings in archive or layout.catalog in archive]
    if not found:
        raise DataFileNotFoundError(
            f"{archive.path} não traz os arquivos de nenhum formato do MovieLens: ratings.csv e movies.csv, "
            f"ratings.dat e movies.dat, ou u.data e u.item.\n{OBTAIN_AGAIN}"
        )
    if len(found) > 1:
        raise DataError(f"{archive.path} mistura formatos: {', '.join(layout.ratings for layout in found)}. Separe-os.")
    for name in (found[0].ratings, found[0].catalog):
        if name not in archive:
            raise DataFileNotFoundError(f"falta {archive.where(name)}.\n{OBTAIN_AGAIN}")
    return found[0]


def _read_ratings(archive: Archive, layout: Layout) -> list[np.ndarray]:
    """As quatro colunas: usuário, filme, nota e data."""
    where = archive.where(layout.ratings)
    try:
        with archive.open(layout.ratings) as stream:
            return _read_fast(stream, layout, where)
    except CourseError:
        raise
    except (ValueError, OverflowError, ParserWarning) as suspicion:
        explain(archive, layout)
        raise DataError(f"não entendi o conteúdo de {where}: {suspicion}.\n{OBTAIN_AGAIN}") from suspicion


def _read_fast(stream: io.BufferedIOBase, layout: Layout, where: str) -> list[np.ndarray]:
    """Lê tudo ou levanta ValueError, OverflowError ou ParserWarning se algo, em alguma linha, parece errado."""
    text = _TextWithTail(stream, encoding="utf-8-sig", newline="")
    header = layout.columns or read_header(text, COLUMNS, where)
    ignored = "gap" if layout.columns else "extra"  # o vão de um "::" tem de estar vazio; uma coluna a mais, não
    columns = [name if name in COLUMNS else f"{ignored} {index}" for index, name in enumerate(header)] + ["surplus"]
    must_be_empty = [name for name in columns if name.startswith("gap")] + ["surplus"]
    types = dict.fromkeys(columns, "str") | dict.fromkeys(COLUMNS, "int64")
    types |= dict.fromkeys(["rating", *must_be_empty], "float64")
    parts, total = [], 0
    with warnings.catch_warnings():
        warnings.simplefilter("error", ParserWarning)
        for chunk in _chunks(text, layout.separator, columns, types):
            if chunk[must_be_empty].notna().any(axis=None):
                raise ValueError("há colunas demais")
            parts.append(_checked_columns(chunk, layout))
            total += len(chunk)
            if total > MAX_RATINGS:
                raise DataError(f"{where} tem mais de {MAX_RATINGS} avaliações: não é uma versão do MovieLens.")
    if not total:
        raise ValueError("nenhuma avaliação")
    result = [np.concatenate(pieces) for pieces in zip(*parts, strict=True)]
    _refuse_cut_timestamp(result[3], text, where)
    return result


def _chunks(text: io.TextIOBase, separator: str, columns: list[str], types: dict[str, str]):
    options = {"header": None, "index_col": False, "chunksize": ROWS_PER_CHUNK, "engine": "c"}
    with closing(pd.read_csv(text, sep=separator, names=columns, dtype=types, **options)) as chunks:
        yield from chunks


def _checked_columns(chunk: pd.DataFrame, layout: Layout) -> tuple[np.ndarray, ...]:
    users, movies, values, timestamps = (chunk[name].to_numpy() for name in COLUMNS)
    low, high, step = layout.scale
    with np.errstate(invalid="ignore"):
        on_scale = (values >= low) & (values <= high) & (values % step == 0)
    if not on_scale.all() or min(users.min(), movies.min(), timestamps.min()) < 0 or timestamps.max() > MAX_TIMESTAMP:
        raise ValueError("há valores fora dos limites")
    return users, movies, values.astype(np.float32), timestamps


class _TextWithTail(io.TextIOWrapper):
    """Um texto que se lembra do seu último caractere."""

    tail = ""

    def read(self, size: int = -1) -> str:
        block = super().read(size)
        self.tail = block[-1:] or self.tail
        return block


def _refuse_cut_timestamp(timestamps: np.ndarray, text: _TextWithTail, where: str) -> None:
    """Um arquivo cortado no meio da última data parece inteiro, mas a data recua décadas e falta o fim de linha."""
    if len(timestamps) > 1 and text.tail not in "\r\n" and timestamps[-1] < OPENING <= timestamps[:-1].min():
        raise DataError(
            f"a última linha de {where} parece cortada: não há fim de linha, e a data {timestamps[-1]} é anterior a "
            f"1995, ao contrário de todas as outras.\nApague a linha, ou obtenha o arquivo inteiro. {OBTAIN_AGAIN}"
        )
