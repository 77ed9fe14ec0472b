"""Um zip ou uma pasta do GroupLens, lido no lugar: nada é extraído para o disco."""

import hashlib
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from lzma import LZMAError
from pathlib import Path
from typing import BinaryIO

from course_lib.atomic import why
from course_lib.datasets.formats import OBTAIN_AGAIN
from course_lib.errors import CourseError, DataError, DataFileNotFoundError

MAX_MEMBER_BYTES = 2 * 2**30  # o maior arquivo oficial, ratings.csv da ml-32m, tem menos de 1 GiB
MAX_RATIO = 100  # um CSV de avaliações comprime umas quatro vezes; uma bomba, mil
RATIO_MATTERS_FROM = 64 * 2**20


class Archive:
    """Os arquivos de uma versão do MovieLens dentro de um zip ou de uma pasta.

    Attributes:
        path: o zip ou a pasta.
        folder: nome da pasta que contém os arquivos ("ml-1m"), ou "" se estão na raiz do zip.
    """

    def __init__(self, path: Path, members: dict[str, Path | zipfile.ZipInfo], opened: zipfile.ZipFile | None):
        self.path = path
        self._members = members
        self._zip = opened
        inner = [Path(getattr(member, "filename", member)).parent.name for member in members.values()]
        self.folder = inner[0] if inner else ""

    def __contains__(self, name: str) -> bool:
        return name in self._members

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
            return "sha256:" + digest(self.path, "sha256")
        digests = [f"{name} {digest(path, 'sha256')}" for name, path in sorted(self._members.items())]
        return "sha256:" + hashlib.sha256("\n".join(digests).encode()).hexdigest()


def digest(path: Path, algorithm: str) -> str:
    """Resumo criptográfico (hexadecimal) do conteúdo de um arquivo."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


@contextmanager
def open_archive(path: Path, names: Iterable[str]) -> Iterator[Archive]:
    """Abre um zip ou uma pasta e localiza nele, pelo nome, os arquivos `names`, na raiz ou um nível abaixo.

    Enquanto o bloco dura, os erros de leitura do sistema e do zip viram `DataError`.

    Raises:
        DataFileNotFoundError: o caminho não existe.
        DataError: não é zip nem pasta, está danificado, não pode ser lido, tem caminhos suspeitos ou nomes repetidos.
    """
    names = set(names)
    with _translated(path):
        if not path.exists():
            raise DataFileNotFoundError(
                f"{path} não existe. Confira o caminho, ou use load_movielens() sem argumentos."
            )
        if path.is_dir():
            yield Archive(path, _in_folder(path, names), None)
        elif path.name in names:
            raise DataError(f"{path} é um dos arquivos da versão. Aponte para a pasta que o contém: {path.parent}")
        else:
            with path.open("rb") as file:
                if not zipfile.is_zipfile(file):
                    raise DataError(
                        f"{path} não é um zip completo ({path.stat().st_size} bytes): pode ter sido cortado no meio do "
                        f"download, ou ser uma página de erro salva com esse nome.\n{OBTAIN_AGAIN}"
                    )
                with zipfile.ZipFile(file) as opened:
                    yield Archive(path, _in_zip(path, opened, names), opened)


_ZIP_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    LZMAError,
    EOFError,
    NotImplementedError,
    UnicodeDecodeError,
    struct.error,
)


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except CourseError:
        raise
    except PermissionError as error:
        raise DataError(
            f"não tenho permissão para ler {error.filename or path}.\n"
            "Peça-a ao dono do arquivo (chmod u+r), ou copie o arquivo para uma pasta sua."
        ) from error
    except OSError as error:
        raise DataError(f"não consegui ler {path}: {why(error)}. Confira o disco e o caminho.") from error
    except _ZIP_DAMAGE as error:
        raise DataError(
            f"{path} está danificado: o conteúdo não confere com o que o zip declara.\n{OBTAIN_AGAIN}"
        ) from error


def _in_folder(folder: Path, names: set[str]) -> dict[str, Path]:
    candidates = sorted(folder.iterdir())
    if names.isdisjoint(path.name for path in candidates):  # talvez a pasta que o zip criou, uma dentro da outra
        candidates = [path for child in candidates if child.is_dir() for path in sorted(child.iterdir())]
    found = _by_name(folder, [(path.name, path) for path in candidates if path.name in names])
    for path in found.values():
        if not path.is_file():
            raise DataError(f"{path} devia ser um arquivo, mas é uma pasta.\n{OBTAIN_AGAIN}")
    return found


def _in_zip(path: Path, opened: zipfile.ZipFile, names: set[str]) -> dict[str, zipfile.ZipInfo]:
    pairs = []
    for info in opened.infolist():
        parts = info.filename.replace("\\", "/").split("/")
        if ".." in parts or parts[0] == "" or parts[0].endswith(":"):
            raise DataError(
                f"{path} traz um caminho que sai da pasta: {info.filename!r}. Nenhum zip do GroupLens tem isso, e este "
                f"não será lido.\n{OBTAIN_AGAIN}"
            )
        if parts[-1] in names and parts[0] != "__MACOSX":
            pairs.append((parts[-1], info))
    return _by_name(path, pairs)


def _by_name(path: Path, pairs: list[tuple[str, object]]) -> dict:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        seen = [str(getattr(member, "filename", member)) for name, member in pairs if names.count(name) > 1]
        raise DataError(
            f"{path} traz mais de um arquivo com o mesmo nome: {', '.join(seen)}.\n"
            "Deixe uma só versão do MovieLens em cada zip ou pasta."
        )
    return found
