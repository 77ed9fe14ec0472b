"""Ler o catálogo de filmes (título e gêneros) em cada formato oficial.

É pequeno (uns poucos MB na maior versão): lê-se inteiro, linha a linha, e cada erro já sai com o número da linha.
"""

import csv
import io
from collections.abc import Callable, Iterator

from course_lib.datasets.archive import Archive
from course_lib.datasets.formats import (
    CSV,
    DAT,
    NO_GENRES,
    OBTAIN_AGAIN,
    TAB,
    Layout,
    number,
    problem_with_id,
    read_header,
)
from course_lib.errors import DataError

MAX_BYTES = 64 * 2**20
Catalog = dict[int, tuple[str, str]]  # id do filme → (título, gêneros)
Lines = Iterator[tuple[int, list[str] | str]]  # número da linha e campos, ou, no lugar deles, o que há de errado

_GENRES_100K = (
    NO_GENRES, "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip


def read_catalog(archive: Archive, layout: Layout) -> Catalog:
    """Lê o catálogo: `{id: (título, gêneros)}`, títulos como no arquivo, gêneros separados por `|`.

    Raises:
        DataError: vazio, grande demais, em codificação errada, com linha malformada ou filme repetido.
    """
    where = archive.where(layout.catalog)
    with archive.open(layout.catalog) as stream:
        raw = stream.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise DataError(f"{where} passa de {MAX_BYTES // 2**20} MiB: não é um catálogo do MovieLens.\n{OBTAIN_AGAIN}")
    if not raw.strip():
        raise DataError(f"{where} está vazio.\n{OBTAIN_AGAIN}")
    catalog: Catalog = {}
    for line, row in _PARSERS[layout.catalog](_decoded(raw, layout, where), where):
        problem = row if isinstance(row, str) else problem_with_id(row[0], "o filme")
        movie_id = None if problem else int(number(row[0]))
        if movie_id in catalog:
            problem = f"o filme {movie_id} já apareceu numa linha anterior; deixe só uma delas"
        if problem:
            raise DataError(f"linha {line} de {where}: {problem}.\n{OBTAIN_AGAIN}")
        catalog[movie_id] = (row[1] or untitled(movie_id), row[2] or NO_GENRES)
    return catalog


def untitled(movie_id: int) -> str:
    """O título que damos a um filme de que só conhecemos o id."""
    return f"Filme {movie_id} (sem título)"


def _decoded(raw: bytes, layout: Layout, where: str) -> str:
    """O texto: UTF-8 (com ou sem BOM); os formatos antigos são oficialmente latin-1, que aceita qualquer byte."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if layout is CSV:
            line = raw[: error.start].count(b"\n") + 1
            raise DataError(
                f"linha {line} de {where}: não está em UTF-8 (foi salvo pelo Excel ou por um editor antigo?).\n"
                "Salve o arquivo de novo com codificação UTF-8, ou baixe outra vez o zip oficial."
            ) from error
        text = raw.decode("latin-1")
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DataError(f"linha {line} de {where}: há bytes nulos; o arquivo está danificado.\n{OBTAIN_AGAIN}")
    return text


def _csv_rows(text: str, where: str) -> Lines:
    source = io.StringIO(text, newline="")
    header = read_header(source, ("movieId", "title", "genres"), where)
    before = len(text[: source.tell()].splitlines())
    wanted = [header.index(name) for name in ("movieId", "title", "genres")]
    reader = csv.reader(source, strict=True)
    while True:
        line = before + reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield line, "há aspas sem par, ou fora de lugar"
            return
        if len(row) == len(header):
            yield line, [row[index] for index in wanted]
        elif "".join(row).strip() or len(row) > 1:
            yield line, f"{len(row)} coluna(s) em vez de {len(header)} (título com vírgula vai entre aspas)"


def _dat_rows(text: str, where: str) -> Lines:
    for line, content in _numbered(text):
        movie_id, _, rest = content.partition("::")
        title, separator, genres = rest.rpartition("::")
        yield line, [movie_id, title, genres] if separator else "deviam ser 3 colunas separadas por '::'"


def _item_rows(text: str, where: str) -> Lines:
    for line, content in _numbered(text):
        row = content.split("|")
        flags = row[5:]
        if len(flags) != len(_GENRES_100K) or not set(flags) <= {"0", "1"}:
            yield line, f"deviam ser 5 colunas e {len(_GENRES_100K)} marcas de gênero (0 ou 1), separadas por '|'"
        else:
            genres = [genre for genre, flag in zip(_GENRES_100K, flags, strict=True) if flag == "1"]
            yield line, [row[0], row[1], "|".join(genres)]


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    """Linhas não vazias, numeradas a partir de 1; o fim de linha pode ser do Unix ou do Windows."""
    for line, content in enumerate(io.StringIO(text, newline=None), start=1):
        if content.strip():
            yield line, content.rstrip("\n")


_PARSERS: dict[str, Callable[[str, str], Lines]] = {
    CSV.catalog: _csv_rows,
    DAT.catalog: _dat_rows,
    TAB.catalog: _item_rows,
}
