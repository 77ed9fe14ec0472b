"""Achar as entregas: uma pasta com uma pasta por aluno, ou o zip que o Moodle exporta. Nada é extraído nem seguido."""

import os
import re
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path

from course_lib.atomic import why
from course_tools.errors import GradingError
from course_tools.grading.records import Occurrence, occurrence

MOODLE_NUMBER = re.compile(r"_\d+$")
MOODLE_MARK = re.compile(r"_assignsubmission_(file|onlinetext)(_|$)")
NOISE = re.compile(r"^(\.|__MACOSX$|Thumbs\.db$|desktop\.ini$)")
NAME_BYTES = 200
LONGEST_FOLDER_BYTES = 255  # o que um nome de pasta pode ter
EARLIEST = datetime(1980, 1, 1)
FILE, FOLDER, LINK, OTHER = "arquivo", "pasta", "atalho", "outro"


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


@dataclass(frozen=True)
class Submission:
    """O que um aluno entregou.

    Attributes:
        student: nome, que é também a identificação no nbgrader; nunca serve para sair da pasta das notas.
        delivered_as: nome da pasta em que veio.
        notebook: o arquivo a corrigir, ou None.
        occurrences: o que houve de estranho ao achá-lo.
    """

    student: str
    delivered_as: str
    notebook: Item | None
    occurrences: tuple[Occurrence, ...]


def find_submissions(source: Path, file_name: str) -> tuple[list[Submission], list[Occurrence]]:
    """As entregas, uma por aluno, em ordem alfabética, e as ocorrências que não são de aluno nenhum.

    Args:
        source: pasta ou zip.
        file_name: o nome pedido; vale também outro notebook, se for o único, ou o mais novo.

    Raises:
        GradingError: `source` não existe, não se lê, ou não tem entrega alguma.
    """
    if not source.exists():
        raise GradingError(f"{source} não existe. Espero uma pasta, com uma pasta por aluno, ou o zip do Moodle.")
    try:
        items = list(_zip_items(source) if source.is_file() else _folder_items(source))
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise GradingError(f"não consegui ler as entregas em {source}: {_why_not_read(error)}.") from error
    items = [item for item in items if item.parts and not any(map(NOISE.match, item.parts))]
    items, loose = _without_wrapper(items)
    by_folder = {
        name: list(group)
        for name, group in groupby(sorted(items, key=lambda item: item.parts), key=lambda item: item.parts[0])
    }
    found = {}
    for name, group in by_folder.items():
        if len(group) == 1 and len(group[0].parts) == 1 and group[0].kind == FILE and not _is_notebook(group[0]):
            loose.append(occurrence("arquivo solto", f"{name}: ignorado"))
            continue
        submission = _choose(name, group, file_name)
        found[submission.student] = _newest(found.get(submission.student), submission)
    if not found:
        raise GradingError(
            f"não há entregas em {source}. Espero uma pasta por aluno, com {file_name} dentro, ou o zip que o Moodle "
            "exporta."
        )
    return [found[student] for student in sorted(found)], loose


def student_name(folder: str) -> str:
    """O nome do aluno: o da pasta, sem o que o Moodle acrescenta, e que sirva de nome de pasta em qualquer sistema.

    O número que o Moodle põe depois do nome fica: distingue homônimos.
    """
    mark = MOODLE_MARK.search(folder)
    name = unicodedata.normalize("NFC", folder[: mark.start()] if mark else folder.removesuffix(".ipynb"))
    name = "".join(letter if letter.isprintable() and letter not in '/\\:*?"<>|' else "_" for letter in name)
    while len(name.encode()) > NAME_BYTES:
        name = name[:-1]
    return name.strip(" .") or "sem nome"


def page_folder(delivered_as: str) -> str:
    """O nome da pasta da devolutiva: o que tinha na entrega; se o sistema não o aceita de tão longo, o do aluno."""
    return delivered_as if len(os.fsencode(delivered_as)) <= LONGEST_FOLDER_BYTES else student_name(delivered_as)


def person_name(student: str, folder: str) -> str:
    """O nome sem o número do Moodle, para quem o lê; `folder` diz se a entrega veio dele."""
    return MOODLE_NUMBER.sub("", student) if MOODLE_MARK.search(folder) else student


def _why_not_read(error: Exception) -> str:
    match error:
        case OSError():
            return why(error)
        case UnicodeDecodeError():
            return (
                "há nele um nome de arquivo danificado, que o Python recusa. Extraia o zip, com outro programa, "
                "para uma pasta e corrija a pasta"
            )
        case NotImplementedError():
            return "é um zip de um tipo que o Python não conhece. Extraia-o para uma pasta e corrija a pasta"
    return "não é um arquivo zip"


def _without_wrapper(items: list[Item]) -> tuple[list[Item], list[Occurrence]]:
    """Os arquivos sem a pasta única em que vieram, se é ela que tem as pastas dos alunos, e a ocorrência que o diz."""
    tops = {item.parts[0] for item in items}
    inner = [replace(item, parts=_owner(item.parts[1:])) for item in items if len(item.parts) > 1]
    owners = {item.parts[0] for item in inner if len(item.parts) > 1 and _is_notebook(item)}
    if len(tops) != 1 or len(owners) < 2 or MOODLE_MARK.search(next(iter(tops))):
        return items, []
    note = f"{tops.pop()}: não é de um aluno, pois tem várias pastas com notebooks; cada uma contou como um aluno"
    return inner, [occurrence("pasta da turma", note)]


def _choose(folder: str, group: list[Item], file_name: str) -> Submission:
    """O notebook de um aluno, entre tudo o que ele entregou."""
    notes = [occurrence("atalho", f"{'/'.join(item.parts)}: não foi seguido") for item in group if item.kind == LINK]
    notebooks = [item for item in group if _is_notebook(item)]
    expected = [item for item in notebooks if _is_named(item, file_name)]
    chosen = max(expected or notebooks, key=lambda item: (item.modified, item.parts), default=None)
    student = student_name(folder)
    if chosen is None:
        others = ", ".join("/".join(item.parts[1:]) for item in group if item.kind == FILE)
        notes.append(occurrence("sem notebook", f"entregou: {others}" if others else "a pasta está vazia"))
    elif not expected:
        notes.append(occurrence("outro nome de arquivo", "/".join(chosen.parts)))
    if len(notebooks) > 1:
        notes.append(occurrence("vários notebooks", f"foi corrigido {'/'.join(chosen.parts)}, entre {len(notebooks)}"))
    if page_folder(folder) != folder:
        notes.append(occurrence("nome longo demais", f"a pasta da devolutiva é {student}: o Moodle não a reconhece"))
    return Submission(student, folder, chosen, tuple(notes))


def _newest(first: Submission | None, second: Submission) -> Submission:
    """Das entregas de um mesmo aluno, a mais nova."""
    if first is None:
        return second
    both = sorted((first, second), key=lambda one: (one.notebook is not None, _modified(one), one.delivered_as))
    note = occurrence("entrega repetida", f"{both[0].delivered_as}: vale a mais nova, {both[1].delivered_as}")
    return Submission(both[1].student, both[1].delivered_as, both[1].notebook, (*both[1].occurrences, note))


def _modified(submission: Submission) -> datetime:
    return submission.notebook.modified if submission.notebook else EARLIEST


def _is_notebook(item: Item) -> bool:
    return item.kind == FILE and item.parts[-1].lower().endswith(".ipynb")


def _is_named(item: Item, file_name: str) -> bool:
    name = unicodedata.normalize("NFC", item.parts[-1])
    return name == file_name or name.endswith(f"_{file_name}")  # o Moodle, sem pastas, junta tudo no nome do arquivo


def _folder_items(root: Path) -> Iterator[Item]:
    for folder, folders, files in os.walk(root):
        for name in sorted(folders + files):
            path = Path(folder, name)
            about = path.lstat()
            kind = next((kind for test, kind in _KINDS.items() if test(about.st_mode)), OTHER)
            modified = _file_time(about.st_mtime)
            parts = path.relative_to(root).parts
            yield Item(_owner(parts), kind, about.st_size, modified, lambda limit, path=path: _read_file(path, limit))


def _file_time(seconds: float) -> datetime:
    """A hora do arquivo na pasta; a mais antiga possível se o disco traz uma que não existe."""
    try:
        return datetime.fromtimestamp(seconds)
    except (ValueError, OverflowError, OSError):
        return EARLIEST


_KINDS = {stat.S_ISREG: FILE, stat.S_ISDIR: FOLDER, stat.S_ISLNK: LINK}


def _read_file(path: Path, limit: int) -> bytes:
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        return file.read(limit)


def _zip_items(path: Path) -> Iterator[Item]:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    for entry in entries:
        parts = tuple(part for part in entry.filename.replace("\\", "/").split("/") if part not in ("", ".", ".."))
        kind = FOLDER if entry.is_dir() else LINK if stat.S_ISLNK(entry.external_attr >> 16) else FILE
        yield Item(
            _owner(parts), kind, entry.file_size, _entry_time(entry), lambda n, entry=entry: _read_entry(path, entry, n)
        )


def _entry_time(entry: zipfile.ZipInfo) -> datetime:
    """A hora do arquivo no zip; a mais antiga possível se o zip traz uma que não existe."""
    try:
        return datetime(*entry.date_time)
    except ValueError:
        return EARLIEST


def _read_entry(path: Path, entry: zipfile.ZipInfo, limit: int) -> bytes:
    with zipfile.ZipFile(path) as archive, archive.open(entry) as file:
        return file.read(limit)


def _owner(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Um arquivo solto do Moodle (`Ana_12_assignsubmission_file_06.ipynb`) passa a estar na pasta de seu dono."""
    mark = MOODLE_MARK.search(parts[0]) if len(parts) == 1 else None
    return (parts[0][: mark.end()], parts[0]) if mark and parts[0][mark.end() :] else parts
