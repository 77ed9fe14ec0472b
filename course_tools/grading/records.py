"""O que se apura de uma entrega, e como se guarda em disco para que uma correção interrompida continue."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from course_lib.atomic import atomic_write

DETAIL_LENGTH = 200


@dataclass(frozen=True)
class Occurrence:
    """Algo estranho numa entrega.

    Attributes:
        kind: o que houve, em poucas palavras sempre iguais ("tempo esgotado", "célula repetida"…).
        detail: onde, e mais o que ajude a entender.
    """

    kind: str
    detail: str = ""


@dataclass(frozen=True)
class Mark:
    """A nota de um exercício.

    Attributes:
        score: de 0 a 1; None se espera correção à mão.
        messages: dicas para o aluno.
    """

    score: float | None
    messages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """O que se apurou de uma entrega.

    Attributes:
        digest: resumo da entrega e de tudo o que decide a nota; se não mudou, não se corrige de novo.
        content: resumo só da entrega.
        marks: nome do exercício -> nota.
        occurrences: na ordem em que aconteceram.
        pending_review: se a entrega mudou desde a última vez que o caderno de notas a registrou. Fica em disco até lá:
            uma correção interrompida não esquece que uma nota dada à mão pede revisão.
    """

    digest: str
    content: str
    marks: dict[str, Mark]
    occurrences: tuple[Occurrence, ...]
    pending_review: bool = False


def occurrence(kind: str, detail: str = "") -> Occurrence:
    """Uma ocorrência com o detalhe numa linha curta: parte dele pode vir do aluno."""
    return Occurrence(kind, short_line(detail, DETAIL_LENGTH))


def short_line(text: str, length: int) -> str:
    """O começo do texto numa linha só, que se pode imprimir, com no máximo `length` letras e reticências."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text[: 10 * length]).split())
    return line if len(line) <= length else f"{line[:length]}…"


def encodable(text: str) -> str:
    """O texto que se pode gravar: meio emoji, que o JSON aceita e o UTF-8 não, vira "?"."""
    return text.encode("utf-8", "replace").decode()


def save_result(result: Result, path: Path) -> None:
    """Grava o resultado, de forma atômica."""
    with atomic_write(path) as file:
        file.write(json.dumps(asdict(result), ensure_ascii=False, indent=1).encode())


def load_result(path: Path) -> Result | None:
    """O resultado gravado, ou None se não há, não se consegue ler, ou alguém mexeu nele."""
    try:
        saved = json.loads(path.read_bytes())
        marks = {name: Mark(_score(mark["score"]), _texts(mark["messages"])) for name, mark in saved["marks"].items()}
        occurrences = tuple(Occurrence(*_texts([one["kind"], one["detail"]])) for one in saved["occurrences"])
        digest, content = _texts([saved["digest"], saved["content"]])
        return Result(digest, content, marks, occurrences, saved.get("pending_review") is True)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _score(value: object) -> float | None:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1):
        return value
    raise ValueError("score")


def _texts(values: list) -> tuple[str, ...]:
    if not (isinstance(values, list) and all(isinstance(value, str) for value in values)):
        raise ValueError("text")
    return tuple(values)
