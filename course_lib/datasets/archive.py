"""Um zip ou uma pasta do GroupLens, lido no lugar: nada é extraído para o disco."""

import hashlib
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from lzma import LZMAError
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from course_lib.atomic import why
from course_lib.datasets.formats import OBTAIN_AGAIN
from course_lib.errors import CourseError, DataError, DataFileNotFoundError

MAX_MEMBER_BYTES = 2 * 2**30  # o maior arquivo oficial, ratings.csv da ml-32m, tem menos de 1 GiB
MAX_RATIO = 100  # um CSV de avaliações comprime umas quatro vezes; uma bomba, mil
RATIO_MATTERS_FROM = 64 * 2**20
MAX_DEPTH = 3  # quanto se desce numa pasta: ao extrair um zip, é fácil criar uma dentro da outra
OTHER_COMPRESSIONS = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"7z\xbc\xaf": "7z", b"Rar!": "rar"}
_BAD_ZIP = (zipfile.BadZipFile, zlib.error, LZMAError, EOFError, NotImplementedError, UnicodeDecodeError, struct.error)
Found = tuple[PurePosixPath, Path | zipfile.ZipInfo]  # onde está, a partir da raiz, e como se abre


class Archive:
    """Os arquivos de uma versão do MovieLens (`names`) dentro do zip ou da pasta `path`, de nome `name`.

    `folder` é o nome da pasta que os contém ("ml-1m"), ou "" se estão na raiz do zip.
    """

    def __init__(self, path: Path, found: list[Found], opened: zipfile.ZipFile | None):
        self.path, self._zip = path, opened
        self.name = path.stem if opened else path.name
        self._members = {inner.name: member for inner, member in found}
        self.names = tuple(self._members)
        self.folder = (found[0][0].parent.name if found else "") or ("" if opened else path.name)

    def where(self, name: str) -> str:
        """Como uma mensagem de erro se refere a um arquivo: "ratings.csv (em ml-1m.zip)"."""
        return f"{name} (em {self.path})"

    def open(self, name: str) -> BinaryIO:
        """Abre um dos arquivos para leitura binária."""
        member = self._members[name]
        if isinstance(member, Path):
            return member.open("rb")
        if member.flag_bits & 1:
            raise DataError(f"{self.where(name)} está cifrado com senha. Extraia o zip e aponte para a pasta.")
        suspicious = member.file_size > MAX_RATIO * member.compress_size and member.file_size > RATIO_MATTERS_FROM
        if member.file_size > MAX_MEMBER_BYTES or suspicious:
            raise DataError(
                f"{self.where(name)} teria {member.file_size / 2**20:.0f} MiB depois de descomprimido, a partir de "
                f"{member.compress_size / 2**20:.1f} MiB: não é um arquivo do MovieLens, e abri-lo encheria a memória."
                f"\n{OBTAIN_AGAIN}"
            )
        return self._zip.open(member)

    def identity(self) -> str:
        """Resumo sha256 do zip inteiro ou, numa pasta, do nome e do conteúdo de cada arquivo de interesse."""
        if self._zip is not None:
            return "sha256:" + sha256(self.path)
        digests = "\n".join(f"{name} {sha256(path)}" for name, path in sorted(self._members.items()))
        return "sha256:" + hashlib.sha256(digests.encode()).hexdigest()


def sha256(path: Path) -> str:
    """Resumo criptográfico (hexadecimal) do conteúdo de um arquivo."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def open_archive(path: Path, names: Iterable[str]) -> Iterator[Archive]:
    """Abre um zip ou uma pasta e localiza nele, pelo nome, os arquivos `names`, na raiz ou mais abaixo.

    O que houver de errado, também enquanto o bloco dura, vira `DataError`; se nada há em `path`, DataFileNotFoundError.
    """
    names = set(names)
    try:
        if not path.exists():
            remedy = "Confira o caminho, ou use load_movielens() sem argumentos."
            raise DataFileNotFoundError(f"{path} não existe. {remedy}")
        if path.is_dir():
            yield Archive(path, _choose(path, _in_folder(path, names), names), None)
            return
        with path.open("rb") as file:
            _check_is_zip(path, file, names)
            with zipfile.ZipFile(file) as opened:
                yield Archive(path, _choose(path, _in_zip(path, opened), names), opened)
    except CourseError:
        raise
    except PermissionError as error:
        remedy = "Peça-a ao dono do arquivo (chmod u+r), ou copie o arquivo para uma pasta sua."
        raise DataError(f"não tenho permissão para ler {error.filename or path}.\n{remedy}") from error
    except OSError as error:
        raise DataError(f"não consegui ler {path}: {why(error)}. Confira o disco e o caminho.") from error
    except _BAD_ZIP as error:
        problem = f"{path} está danificado: o conteúdo não confere com o que o zip declara."
        raise DataError(f"{problem}\n{OBTAIN_AGAIN}") from error


def _check_is_zip(path: Path, file: BinaryIO, names: set[str]) -> None:
    start = file.read(8)
    other = next((name for signature, name in OTHER_COMPRESSIONS.items() if start.startswith(signature)), None)
    if other:
        raise DataError(f"{path} está comprimido em {other}, não em zip. Descomprima-o e aponte para a pasta.")
    if path.name in names:
        raise DataError(f"{path} é um dos arquivos da versão. Aponte para a pasta que o contém: {path.parent}")
    if not zipfile.is_zipfile(file):
        raise DataError(
            f"{path} não é um zip completo ({path.stat().st_size} bytes): pode ter sido cortado no meio do download, "
            f"ou ser uma página de erro salva com esse nome.\n{OBTAIN_AGAIN}"
        )


def _in_folder(folder: Path, names: set[str]) -> Iterator[Found]:
    """O que há na pasta ou, se ali não há nenhum dos `names`, no primeiro nível abaixo que os tenha."""
    inside = sorted(folder.iterdir())  # sem permissão, o erro sai daqui; mais abaixo, o glob se calaria
    for depth in range(1, MAX_DEPTH + 1):
        if names.isdisjoint(path.name for path in inside):
            inside = sorted(folder.glob("*/" * depth + "*"))
    return ((PurePosixPath(path.relative_to(folder).as_posix()), path) for path in inside)


def _in_zip(path: Path, opened: zipfile.ZipFile) -> Iterator[Found]:
    for info in opened.infolist():
        inner = PurePosixPath(info.filename.replace("\\", "/"))
        if ".." in inner.parts or inner.is_absolute() or (inner.parts[:1] and inner.parts[0].endswith(":")):
            raise DataError(
                f"{path} traz um caminho que sai da pasta: {info.filename!r}. Nenhum zip do GroupLens tem isso, e este "
                f"não será lido.\n{OBTAIN_AGAIN}"
            )
        yield inner, info


def _choose(path: Path, inside: Iterable[Found], names: set[str]) -> list[Found]:
    found = [(inner, member) for inner, member in inside if inner.name in names and inner.parts[0] != "__MACOSX"]
    for inner, member in found:
        twins = [str(other) for other, _ in found if other.name == inner.name]
        if len(twins) > 1:
            raise DataError(
                f"{path} traz mais de um arquivo com o mesmo nome: {', '.join(twins)}.\n"
                "Deixe uma só versão do MovieLens em cada zip ou pasta."
            )
        if member.is_dir():
            raise DataError(f"{path / inner} devia ser um arquivo, mas é uma pasta.\n{OBTAIN_AGAIN}")
    return found
