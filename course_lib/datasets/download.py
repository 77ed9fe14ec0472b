"""Baixar uma versão do GroupLens e só aceitá-la se for, byte a byte, a oficial."""

import hashlib
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
from pooch import HTTPDownloader
from tqdm.auto import tqdm

from course_lib.atomic import atomic_write, why
from course_lib.datasets.archive import digest, open_archive
from course_lib.errors import ChecksumError, CourseError, DataError, DownloadError

BASE_URL = "https://files.grouplens.org/datasets/movielens"
TIMEOUT_SECONDS = 30
CHUNK_BYTES = 2**16
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Release:
    """Uma versão oficial.

    Attributes:
        name: como o GroupLens a chama; o zip é `<name>.zip`.
        n_ratings: quantas avaliações tem.
        sha256: resumo do zip.
        md5: onde não se conhece o resumo do zip, pares (arquivo de dentro, md5).
        redistributable: se a licença deixa passar a cópia adiante.
    """

    name: str
    n_ratings: int
    sha256: str | None = None
    md5: tuple[tuple[str, str], ...] = ()
    redistributable: bool = True

    @property
    def identity(self) -> str:
        return f"sha256:{self.sha256}" if self.sha256 else "md5:" + ",".join(md5 for _, md5 in self.md5)

    def check(self, path: Path, called: str) -> None:
        """Confere um zip.

        Raises:
            ChecksumError: não é o oficial; a mensagem, que o chama de `called`, traz os dois resumos.
        """
        if self.sha256:
            _compare(called, "sha256", self.sha256, digest(path, "sha256"))
        else:
            self._check_members(path, called)

    def _check_members(self, path: Path, called: str) -> None:
        try:
            with open_archive(path, [name for name, _ in self.md5]) as archive:
                for name, expected in self.md5:
                    if name not in archive:
                        raise ChecksumError(f"{called} não traz {name}: não é a {self.name} oficial.")
                    with archive.open(name) as stream:
                        _compare(
                            f"{name}, em {called},", "md5", expected, hashlib.file_digest(stream, "md5").hexdigest()
                        )
        except ChecksumError:
            raise
        except DataError as error:
            raise ChecksumError(f"{called} não é a {self.name} oficial: não é um zip que se possa ler.") from error


def _compare(called: str, algorithm: str, expected: str, found: str) -> None:
    if found != expected:
        raise ChecksumError(
            f"{called} não é o arquivo oficial: o {algorithm} esperado é {expected}, e o encontrado é {found}."
        )


def fetch(release: Release, folder: Path, base_url: str | None = None) -> Path:
    """Devolve o zip da versão em `folder`, baixando-o se falta ou se o que está lá não confere.

    O download vai para um arquivo temporário, que só ganha o nome definitivo depois de conferido: interrompido a
    qualquer momento, não deixa nada que se passe por inteiro, e da próxima vez recomeça.

    Args:
        release: a versão.
        folder: onde o zip fica; criada se falta.
        base_url: de onde baixar; None é a variável de ambiente `COURSE_DATA_URL` ou, sem ela, o GroupLens.

    Raises:
        DownloadError: a rede, o servidor ou o disco falhou.
        ChecksumError: o que chegou não é a versão oficial.
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
        with atomic_write(target) as file:
            _download(url, file)
            release.check(Path(file.name), url)
    except CourseError as error:
        suspects = "O servidor mandou uma página de erro, um arquivo cortado ou outra versão."
        raise type(error)(f"{error} {suspects} {_NOT_KEPT}\n{_without_network(release)}") from error
    except requests.RequestException as error:
        raise DownloadError(f"{_what_failed(error, url)} {_NOT_KEPT}\n{_without_network(release)}") from error
    except OSError as error:
        raise DownloadError(
            f"não consegui gravar {target}: {why(error)}. {_NOT_KEPT}\n"
            "Libere espaço ou escolha outra pasta, com data_dir=… ou a variável COURSE_DATA_DIR."
        ) from error
    return target


_NOT_KEPT = "Do que veio, nada ficou no disco."


def _download(url: str, file) -> None:
    label = f"baixando {url.rsplit('/', 1)[-1]}"
    with tqdm(desc=label, unit="B", unit_scale=True, total=1) as bar:  # o pooch põe o total certo; 0 seria "sem barra"
        downloader = HTTPDownloader(progressbar=bar, chunk_size=CHUNK_BYTES, timeout=TIMEOUT_SECONDS)
        downloader(url, file, None)
    file.flush()


def _what_failed(error: requests.RequestException, url: str) -> str:
    host = urlsplit(url).netloc
    match error:
        case requests.exceptions.SSLError():
            reason = "venceu" if "expired" in str(error) else "não é reconhecido"
            return (
                f"o certificado de segurança de {host} {reason}, e por isso {url} não foi baixado (o do GroupLens já "
                "ficou vencido outras vezes, por alguns dias)."
            )
        case requests.HTTPError():
            return f"{host} respondeu com erro {error.response.status_code} ao pedido de {url}."
        case requests.Timeout():
            return f"{host} não respondeu em {TIMEOUT_SECONDS} segundos ao pedido de {url}."
        case requests.exceptions.ChunkedEncodingError():
            return f"a transferência de {url} caiu no meio."
        case (
            requests.exceptions.InvalidURL() | requests.exceptions.MissingSchema() | requests.exceptions.InvalidSchema()
        ):
            return f"{url} não é um endereço de onde se possa baixar; confira a variável COURSE_DATA_URL."
        case requests.ConnectionError():
            return f"a conexão com {host} falhou ao baixar {url}: não há rede, ou o servidor está fora do ar ou lento."
    return f"não consegui baixar {url}: {error}."


def _without_network(release: Release) -> str:
    advice = (
        "Para seguir sem rede: use load_movielens(), a versão de 2016, que já vem instalada; ou baixe "
        f"{BASE_URL}/{release.name}.zip noutro computador e passe o caminho: load_movielens('{release.name}.zip')."
    )
    if not release.redistributable:
        advice += " A licença desta versão não permite redistribuí-la: cada pessoa baixa a sua cópia."
    return advice
