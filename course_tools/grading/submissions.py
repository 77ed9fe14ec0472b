"""Achar as entregas: uma pasta com uma pasta por aluno, ou o zip que o Moodle exporta. Nada é extraído nem seguido."""

import hashlib
import os
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate, groupby
from pathlib import Path

from course_lib.atomic import why
from course_tools.errors import GradingError
from course_tools.grading.items import EARLIEST, FILE, LINK, MOODLE_MARK, Item, folder_items, owner, zip_items
from course_tools.grading.records import Occurrence, occurrence

MOODLE_NUMBER = re.compile(r"_\d+$")
NOISE = re.compile(r"^(\.(?!\.)|__MACOSX$|Thumbs\.db$|desktop\.ini$)")
NAME_BYTES = 200
LONGEST_FOLDER_BYTES = 255  # o que um nome de pasta pode ter
MOST_LOOKED_INTO, BYTES_LOOKED_INTO = 8, 20 * 2**20  # dos notebooks de um aluno, para ver qual tem as respostas


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


def find_submissions(
    source: Path, file_name: str, answers: Callable[[Item], int] = lambda item: 0
) -> tuple[list[Submission], list[Occurrence]]:
    """As entregas, uma por aluno, em ordem alfabética, e as ocorrências que não são de aluno nenhum.

    Args:
        source: pasta ou zip.
        file_name: o nome pedido. De vários notebooks de um aluno, vale o que tem mais respostas; de dois iguais nisso,
            o de nome pedido; e, enfim, o mais novo.
        answers: quantas respostas tem um notebook.

    Raises:
        GradingError: `source` não existe, não se lê, ou não tem entrega alguma.
    """
    if not source.exists():
        raise GradingError(f"{source} não existe. Espero uma pasta, com uma pasta por aluno, ou o zip do Moodle.")
    try:
        items, guess = zip_items(source) if source.is_file() else (list(folder_items(source)), None)
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise GradingError(f"não consegui ler as entregas em {source}: {_why_not_read(error)}.") from error
    items = [item for item in items if item.parts and not any(map(NOISE.match, item.parts))]
    items, loose = _without_wrapper(items)
    if guess:
        loose.append(occurrence("acentos em dúvida", f"o zip não diz a codificação dos nomes; lidos como {guess}"))
    by_folder = {
        name: list(group)
        for name, group in groupby(sorted(items, key=lambda item: item.parts), key=lambda item: item.parts[0])
    }
    found = {}
    for name, group in by_folder.items():
        if len(group) == 1 and len(group[0].parts) == 1 and group[0].kind == FILE and not _is_notebook(group[0]):
            loose.append(occurrence("arquivo solto", f"{name}: ignorado"))
            continue
        submission = _choose(name, group, file_name, answers)
        found[submission.student] = _newest(found.get(submission.student), submission)
    if not found:
        raise GradingError(
            f"não há entregas em {source}. Espero uma pasta por aluno, com {file_name} dentro, ou o zip que o Moodle "
            "exporta."
        )
    return [found[student] for student in sorted(found)], loose


def student_name(folder: str) -> str:
    """O nome do aluno: o da pasta, sem o que o Moodle acrescenta, e que sirva de nome de pasta em qualquer sistema.

    O número que o Moodle põe depois do nome fica: distingue homônimos. Um nome que teve de mudar ganha um sinal seu,
    tirado do original, para que `A:B` e `A_B` não virem o mesmo aluno.
    """
    given = _given_name(folder)
    name = "".join(letter if letter.isprintable() and letter not in '/\\:*?"<>|' else "_" for letter in given)
    while len(name.encode()) > NAME_BYTES:
        name = name[:-1]
    name = name.strip(" .") or "sem nome"
    sign = hashlib.sha256(given.encode(errors="surrogatepass")).hexdigest()[:4]
    return name if name == given else f"{name} ~{sign}"


def _given_name(folder: str) -> str:
    mark = MOODLE_MARK.search(folder)
    return unicodedata.normalize("NFC", folder[: mark.start()] if mark else folder.removesuffix(".ipynb"))


def page_folder(delivered_as: str) -> str:
    """O nome da pasta da devolutiva: o que tinha na entrega; se não serve de nome de pasta, o do aluno."""
    fits = len(os.fsencode(delivered_as)) <= LONGEST_FOLDER_BYTES
    serves = fits and "/" not in delivered_as and "\0" not in delivered_as and delivered_as not in ("", ".", "..")
    return delivered_as if serves else student_name(delivered_as)


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
    inner = [replace(item, parts=owner(item.parts[1:])) for item in items if len(item.parts) > 1]
    owners = {item.parts[0] for item in inner if len(item.parts) > 1 and _is_notebook(item)}
    if len(tops) != 1 or len(owners) < 2 or MOODLE_MARK.search(next(iter(tops))):
        return items, []
    note = f"{tops.pop()}: não é de um aluno, pois tem várias pastas com notebooks; cada uma contou como um aluno"
    return inner, [occurrence("pasta da turma", note)]


def _choose(folder: str, group: list[Item], file_name: str, answers: Callable[[Item], int]) -> Submission:
    """O notebook de um aluno, entre tudo o que ele entregou."""
    notes = [occurrence("atalho", f"{_path(item)}: não foi seguido") for item in group if item.kind == LINK]
    notebooks = sorted(
        (item for item in group if _is_notebook(item)),
        key=lambda item: (_is_named(item, file_name), item.modified, item.parts),
        reverse=True,
    )
    sizes = accumulate(item.size for item in notebooks)
    few = [item for item, size in zip(notebooks, sizes, strict=True) if size <= BYTES_LOOKED_INTO][:MOST_LOOKED_INTO]
    counts = [answers(item) for item in few] if len(notebooks) > 1 and few else [0]
    chosen = notebooks[counts.index(max(counts))] if notebooks else None
    if chosen is None:
        others = ", ".join("/".join(item.parts[1:]) for item in group if item.kind == FILE)
        notes.append(occurrence("sem notebook", f"entregou: {others}" if others else "a pasta está vazia"))
    elif not _is_named(chosen, file_name):
        notes.append(occurrence("outro nome de arquivo", _path(chosen)))
    if len(notebooks) > 1:
        notes.append(_several(chosen, notebooks, counts, file_name))
    return Submission(student_name(folder), folder, chosen, (*notes, *_renamed(folder)))


def _renamed(folder: str) -> Iterator[Occurrence]:
    """A ocorrência de um nome que não serve de nome de pasta em todo sistema."""
    student = student_name(folder)
    if student != _given_name(folder):
        where = "" if page_folder(folder) == folder else "; a devolutiva também, e o Moodle não reconhece a pasta dela"
        yield occurrence("nome alterado", f"{student}: era {folder[:60]}{where}")


def _several(chosen: Item, notebooks: list[Item], counts: list[int], file_name: str) -> Occurrence:
    """Qual de vários notebooks foi corrigido, e por quê."""
    if counts.count(max(counts)) == 1:
        reason = f"é o que tem mais respostas ({max(counts)})"
    else:
        reason = "tem o nome pedido" if _is_named(chosen, file_name) else "é o mais novo"
    return occurrence("vários notebooks", f"foi corrigido {_path(chosen)}, entre {len(notebooks)}: {reason}")


def _path(item: Item) -> str:
    return "/".join(item.parts)


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
