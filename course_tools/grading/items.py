"""O que há numa pasta ou num zip de entregas, arquivo por arquivo. Nada é extraído nem seguido."""

import os
import re
import stat
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

MOODLE_MARK = re.compile(r"_assignsubmission_(file|onlinetext)(_|$)")
EARLIEST = datetime(1980, 1, 1)
FILE, FOLDER, LINK, OTHER = "arquivo", "pasta", "atalho", "outro"
UTF8_FLAG, ENCRYPTED_FLAG = 0x800, 0x1
ENCODINGS = ("utf-8", "cp850", "cp1252", "cp437")  # dos nomes sem marca de UTF-8, do mais provável no Brasil ao menos
PORTUGUESE = frozenset("áàâãéêíóôõúüçñÁÀÂÃÉÊÍÓÔÕÚÜÇÑªº–")
HAS_PASSWORD = "o zip tem senha. Extraia-o para uma pasta e corrija a pasta"


@dataclass(frozen=True)
class Item:
    """Um arquivo ou pasta do que foi entregue.

    Attributes:
        parts: o caminho, parte por parte; a primeira nomeia o aluno.
        kind: FILE, FOLDER, LINK ou OTHER (um dispositivo, um pipe…).
        size: bytes.
        modified: quando foi alterado pela última vez, na hora local.
        read: lê até tantos bytes.
    """

    parts: tuple[str, ...]
    kind: str
    size: int
    modified: datetime
    read: Callable[[int], bytes]


def folder_items(root: Path) -> Iterator[Item]:
    """O que há numa pasta, e dentro das pastas dela."""
    for folder, folders, files in os.walk(root):
        for name in sorted(folders + files):
            path = Path(folder, name)
            about = path.lstat()
            kind = next((kind for test, kind in _KINDS.items() if test(about.st_mode)), OTHER)
            modified = _file_time(about.st_mtime)
            parts = path.relative_to(root).parts
            yield Item(owner(parts), kind, about.st_size, modified, lambda limit, path=path: _read_file(path, limit))


def zip_items(path: Path) -> tuple[list[Item], str | None]:
    """O que há num zip e, se os acentos dos nomes são um palpite que pode estar errado, com que codificação se leram.

    Raises:
        OSError, zipfile.BadZipFile, NotImplementedError, ValueError: o zip não se lê, ou tem senha.
    """
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    files = [entry for entry in entries if not entry.is_dir()]
    if files and all(entry.flag_bits & ENCRYPTED_FLAG for entry in files):
        raise OSError(HAS_PASSWORD)
    encoding, doubtful = _encoding([_raw_name(entry) for entry in entries if not entry.flag_bits & UTF8_FLAG])
    return [_zip_item(path, entry, encoding) for entry in entries], encoding if doubtful else None


def _zip_item(path: Path, entry: zipfile.ZipInfo, encoding: str) -> Item:
    name = entry.filename if entry.flag_bits & UTF8_FLAG else _raw_name(entry).decode(encoding, "replace")
    parts = tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))
    if ".." in parts:  # quer sair dali: é um nome esquisito como outro, e não o do aluno que vem depois
        parts = ("/".join(parts[:-1]), parts[-1])
    kind = FOLDER if entry.is_dir() else LINK if stat.S_ISLNK(entry.external_attr >> 16) else FILE
    return Item(owner(parts), kind, entry.file_size, _entry_time(entry), lambda limit: _read_entry(path, entry, limit))


def _raw_name(entry: zipfile.ZipInfo) -> bytes:
    """O nome como está no zip: o Python, na falta da marca de UTF-8, leu-o como cp437."""
    return entry.filename.encode("cp437", "replace")


def _encoding(names: Sequence[bytes]) -> tuple[str, bool]:
    """A codificação em que estes nomes mais parecem português, e se outra dá nomes tão bons, ou nenhuma dá bons."""
    accented = [name for name in names if not name.isascii()]
    readings = {encoding: reading for encoding in ENCODINGS if (reading := _decoded(accented, encoding)) is not None}
    if "utf-8" in readings:
        return "utf-8", False
    oddities = {encoding: sum(map(_oddities, reading)) for encoding, reading in readings.items()}
    best = min(oddities, key=oddities.get)
    rivals = [one for one in oddities if oddities[one] == oddities[best] and readings[one] != readings[best]]
    return best, bool(rivals) or oddities[best] > 0


def _decoded(names: Sequence[bytes], encoding: str) -> list[str] | None:
    try:
        return [name.decode(encoding) for name in names]
    except UnicodeDecodeError:
        return None


def _oddities(name: str) -> int:
    """Letras que o português não tem, e maiúsculas acentuadas logo depois de minúsculas."""
    foreign = sum(not letter.isascii() and letter not in PORTUGUESE for letter in name)
    jumps = (first.islower() and second.isupper() and not second.isascii() for first, second in pairwise(name))
    return foreign + sum(jumps)


_KINDS = {stat.S_ISREG: FILE, stat.S_ISDIR: FOLDER, stat.S_ISLNK: LINK}


def _read_file(path: Path, limit: int) -> bytes:
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        return file.read(limit)


def _read_entry(path: Path, entry: zipfile.ZipInfo, limit: int) -> bytes:
    if entry.flag_bits & ENCRYPTED_FLAG:
        raise OSError("o arquivo está com senha no zip; peça-o sem senha")
    with zipfile.ZipFile(path) as archive, archive.open(entry) as file:
        return file.read(limit)


def _file_time(seconds: float) -> datetime:
    """A hora do arquivo na pasta; a mais antiga possível se o disco traz uma que não existe."""
    try:
        return datetime.fromtimestamp(seconds)
    except (ValueError, OverflowError, OSError):
        return EARLIEST


def _entry_time(entry: zipfile.ZipInfo) -> datetime:
    """A hora do arquivo no zip; a mais antiga possível se o zip traz uma que não existe."""
    try:
        return datetime(*entry.date_time)
    except ValueError:
        return EARLIEST


def owner(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Um arquivo solto do Moodle (`Ana_12_assignsubmission_file_07.ipynb`) passa a estar na pasta de seu dono."""
    mark = MOODLE_MARK.search(parts[0]) if len(parts) == 1 else None
    return (parts[0][: mark.end()], parts[0]) if mark and parts[0][mark.end() :] else parts
