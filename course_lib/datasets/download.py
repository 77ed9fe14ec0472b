"""As versões que o GroupLens publica, e baixá-las: só se aceita a que é, byte a byte, a oficial."""

import hashlib
import logging
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import pooch
import requests
from tqdm.auto import tqdm

from course_lib.atomic import atomic_write, why
from course_lib.datasets.archive import open_archive, sha256
from course_lib.datasets.formats import HALF_STARS, WHOLE_STARS, Scale
from course_lib.errors import ChecksumError, CourseError, DataError, DownloadError

BASE_URL = "https://files.grouplens.org/datasets/movielens"
TIMEOUT_SECONDS = 30
CHUNK_BYTES = 2**16
logger = logging.getLogger(__name__)
pooch.get_logger().setLevel(logging.WARNING)  # o que ele narra em inglês, a barra de progresso já mostra


@dataclass(frozen=True)
class Release:
    """Uma versão oficial."""

    name: str  # como o GroupLens a chama; o zip é `<name>.zip`
    n_ratings: int
    sha256: str | None = None  # do zip
    md5: tuple[tuple[str, str], ...] = ()  # onde não se conhece o resumo do zip, pares (arquivo de dentro, md5)
    scale: Scale = HALF_STARS
    redistributable: bool = True  # se a licença deixa passar a cópia adiante

    @property
    def identity(self) -> str:
        return f"sha256:{self.sha256}" if self.sha256 else "md5:" + ",".join(md5 for _, md5 in self.md5)

    def check(self, path: Path, called: str) -> None:
        """Levanta `ChecksumError` se o zip, que a mensagem chama de `called`, não é o oficial."""
        if self.sha256:
            compare(called, "sha256", self.sha256, sha256(path))
            return
        try:
            with open_archive(path, [name for name, _ in self.md5]) as archive:
                for name, expected in self.md5:
                    with archive.open(name) as stream:
                        found = hashlib.file_digest(stream, "md5").hexdigest()
                    compare(f"{name}, em {called},", "md5", expected, found)
        except (DataError, KeyError) as error:
            if isinstance(error, ChecksumError):
                raise
            raise ChecksumError(f"{called} não é a {self.name} oficial: não é um zip com os arquivos dela.") from error


def compare(called: str, algorithm: str, expected: str, found: str, remedy: str = "") -> None:
    """Levanta `ChecksumError`, com os dois resumos, se diferem."""
    if found != expected:
        difference = f"o {algorithm} esperado é {expected}, e o encontrado é {found}"
        raise ChecksumError(f"{called} não é o arquivo oficial: {difference}.{remedy}")


_100K = "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229"
_1M = "a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20"
_32M = (("ratings.csv", "cf12b74f9ad4b94a011f079e26d4270a"), ("movies.csv", "0df90835c19151f9d819d0822e190797"))
RELEASES = {
    release.name: release
    for release in (
        Release("ml-latest-small", 100_836, "696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436"),
        Release("ml-100k", 100_000, _100K, scale=WHOLE_STARS, redistributable=False),
        Release("ml-1m", 1_000_209, _1M, scale=WHOLE_STARS, redistributable=False),
        Release("ml-20m", 20_000_263, "96f243c338a8665f6bcc89c53edf6ee39162a846940de6b7c8c48aeada765ff3"),
        Release("ml-25m", 25_000_095, "8b21cfb7eb1706b4ec0aac894368d90acf26ebdfb6aced3ebd4ad5bd1eb9c6aa"),
        Release("ml-32m", 32_000_204, md5=_32M),
    )
}


def fetch(release: Release, folder: Path, base_url: str | None = None) -> Path:
    """Devolve o zip da versão em `folder` (criada se falta), baixando-o se não está lá ou não confere.

    O download chega a uma pasta temporária, e só o que ali se conferiu é copiado para `folder`: interrompido a qualquer
    momento, não deixa nada que se passe por inteiro, e da próxima vez recomeça. Vem de `base_url`, da variável de
    ambiente `COURSE_DATA_URL` ou do GroupLens, nesta ordem. Se a rede, o servidor ou o disco falha, DownloadError; se o
    que chegou não é a versão oficial, ChecksumError.
    """
    target = folder / f"{release.name}.zip"
    if target.is_file():
        try:
            release.check(target, str(target))
            return target
        except (ChecksumError, OSError) as error:
            logger.warning("%s não serve (%s); baixo outro", target, error)
    url = f"{(base_url or os.environ.get('COURSE_DATA_URL') or BASE_URL).rstrip('/')}/{release.name}.zip"
    try:
        with atomic_write(target) as file, TemporaryDirectory() as temporary:
            arrived = _download(url, target.name, temporary)
            release.check(arrived, url)
            with arrived.open("rb") as official:
                shutil.copyfileobj(official, file)
    except CourseError as error:
        suspects = "O servidor mandou uma página de erro, um arquivo cortado ou outra versão."
        raise type(error)(f"{error} {suspects} {_and_now(release)}") from error
    except (requests.RequestException, ValueError) as error:
        raise DownloadError(f"{_what_failed(error, url)} {_and_now(release)}") from error
    except OSError as error:
        remedy = "Libere espaço ou escolha outra pasta, com data_dir=… ou a variável COURSE_DATA_DIR."
        raise DownloadError(f"não consegui gravar {target}: {why(error)}. Nada ficou no disco.\n{remedy}") from error
    return target


def _download(url: str, name: str, folder: str) -> Path:
    """Baixa `url` para `folder`. O resumo é conferido depois, pela `Release`: o da ml-32m só se conhece por dentro."""
    with tqdm(desc=f"baixando {name}", unit="B", unit_scale=True, total=1) as bar:  # o pooch corrige o total
        downloader = pooch.HTTPDownloader(progressbar=bar, chunk_size=CHUNK_BYTES, timeout=TIMEOUT_SECONDS)
        return Path(pooch.retrieve(url, known_hash=None, fname=name, path=folder, downloader=downloader))


def _what_failed(error: Exception, url: str) -> str:
    if isinstance(error, ValueError):  # InvalidURL, InvalidSchema… do requests, e um host que nem o urllib3 entende
        return f"{url} não é um endereço de onde se possa baixar; confira a variável COURSE_DATA_URL."
    host = urlsplit(url).netloc
    match error:
        case requests.exceptions.SSLError():
            reason = "venceu" if "expired" in str(error) else "não é reconhecido"
            consequence = f"e por isso {url} não foi baixado (o do GroupLens já ficou vencido outras vezes, por dias)"
            return f"o certificado de segurança de {host} {reason}, {consequence}."
        case requests.HTTPError():
            return f"{host} respondeu com erro {error.response.status_code} ao pedido de {url}."
        case requests.Timeout():
            return f"{host} não respondeu em {TIMEOUT_SECONDS} segundos ao pedido de {url}."
        case requests.exceptions.ChunkedEncodingError():
            return f"a transferência de {url} caiu no meio."
        case requests.ConnectionError():
            return f"a conexão com {host} falhou ao baixar {url}: não há rede, ou o servidor está fora do ar ou lento."
    return f"não consegui baixar {url}: {error}."


def _and_now(release: Release) -> str:
    """O que se guardou, e como seguir sem rede."""
    advice = (
        "Do que veio, nada ficou no disco.\nPara seguir sem rede: use load_movielens(), a versão de 2016, que já vem "
        f"instalada; ou baixe {BASE_URL}/{release.name}.zip noutro computador e passe o caminho: "
        f"load_movielens('{release.name}.zip')."
    )
    if not release.redistributable:
        advice += " A licença desta versão não permite redistribuí-la: cada pessoa baixa a sua cópia."
    return advice
