"""Os dados preparados: um `.npz` sem pickles, escrito por inteiro ou não escrito, e conferido ao ser lido."""

import logging
import warnings
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from course_lib.atomic import atomic_write, why

FORMAT_VERSION = 1
_DAMAGE = (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
logger = logging.getLogger(__name__)


def load(path: Path, identity: str, names: Iterable[str]) -> dict | None:
    """O que `save` guardou sob os nomes `names`: arrays; para "name", texto, e para "rating_scale", uma tupla.

    É None se o arquivo falta, está danificado (o CRC do zip confere cada byte), é de outra versão do formato ou de
    outra origem. O motivo vai para o registro (`logging`); quem chama refaz o arquivo.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
        if damaged:
            raise ValueError(f"o conteúdo de {damaged} não confere")
        with np.load(path, allow_pickle=False) as file:
            found = (int(file["format_version"]), str(file["source"]))
            if found != (FORMAT_VERSION, identity):
                raise ValueError(f"é de outra versão ou de outra origem, {found}")
            arrays = {name: file[name] for name in names}
    except _DAMAGE as error:  # também o que ainda não existe
        reason = why(error) if isinstance(error, OSError) else error
        logger.info("%s não serve (%s): preparo os dados de novo", path, reason)
        return None
    return arrays | {"name": str(arrays["name"]), "rating_scale": tuple(arrays["rating_scale"].tolist())}


def save(path: Path, identity: str, arrays: dict) -> None:
    """Guarda os arrays num passo indivisível; se não pode (disco cheio, pasta só de leitura), avisa e segue."""
    try:
        with atomic_write(path) as file:
            np.savez(file, allow_pickle=False, format_version=FORMAT_VERSION, source=identity, **arrays)
    except OSError as error:
        warnings.warn(
            f"não consegui guardar os dados preparados em {path}: {why(error)}. Eles estão na memória e "
            "valem para esta sessão; da próxima vez serão lidos da origem. Para guardá-los, libere espaço ou escolha "
            "outra pasta, com a variável COURSE_DATA_DIR, data_dir=… em load_movielens, ou --pasta em `curso dados`.",
            stacklevel=3,
        )
