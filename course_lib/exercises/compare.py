"""Comparar um resultado com o certo e, se difere, reconhecer o engano: verificações que se escrevem numa linha."""

from collections.abc import Mapping, Sequence

import numpy as np

from course_lib.exercises.marking import Answer, Call, Check, failure
from course_lib.exercises.plain import NUMBER_KINDS

RELATIVE, ABSOLUTE = 1e-4, 1e-5


def expect(
    function: str,
    arguments: tuple,
    expected: object,
    mistakes: Mapping[str, object] | None = None,
    error_hints: Mapping[str, str] | None = None,
) -> Check:
    """Verificação: esta chamada deve devolver `expected`.

    Args:
        mistakes: chave da dica -> o que cada engano conhecido devolveria nesta chamada. Vale a primeira que bate.
        error_hints: nome da classe do erro -> chave da dica.
    """

    def examine(answers: Sequence[Answer]) -> str | None:
        answer = answers[0]
        return failure(answer, error_hints) or diagnose(answer.value, expected, mistakes or {})

    return Check((Call(function, arguments),), examine, expected)


def expect_refusal(function: str, arguments: tuple, error: str, accepted: str, other_error: str) -> Check:
    """Verificação: esta chamada deve levantar o erro `error`, ou um descendente dele.

    Args:
        accepted: chave da dica se a função devolveu um valor.
        other_error: chave da dica se levantou outro erro.
    """

    def examine(answers: Sequence[Answer]) -> str | None:
        answer = answers[0]
        if error in answer.errors:
            return None
        return failure(answer, {"Exception": other_error}) if answer.errors else accepted

    return Check((Call(function, arguments),), examine, f"um {error}")


def diagnose(value: object, expected: object, mistakes: Mapping[str, object]) -> str | None:
    """None se `value` é o certo; senão, a chave do primeiro engano que o explica, "shape", "not_finite" ou "other"."""
    if same(value, expected):
        return None
    for key, wrong in mistakes.items():
        if same(value, wrong):
            return key
    if shape_of(value) != shape_of(expected):
        return "shape"
    return "other" if is_finite(value) else "not_finite"


def same(value: object, expected: object) -> bool:
    """Igualdade de dados simples, com tolerância para números; uma lista de números vale por um array."""
    if _is_numeric(expected):
        if not _is_numeric(value):
            return False
        value, expected = np.asarray(value, np.float64), np.asarray(expected, np.float64)
        return value.shape == expected.shape and np.allclose(value, expected, RELATIVE, ABSOLUTE)
    if isinstance(expected, list | tuple):
        parts = list(value) if isinstance(value, list | np.ndarray) else []
        return len(parts) == len(expected) and all(map(same, parts, expected))
    return type(value) is type(expected) and value == expected


def shape_of(value: object) -> object:
    """A forma de um array, ou de uma lista que valeria por um; de outra lista, as formas das suas partes."""
    if _is_numeric(value):
        return np.shape(value)
    return [shape_of(part) for part in value] if isinstance(value, list | tuple) else type(value).__name__


def is_finite(value: object) -> bool:
    """Se não há NaN nem infinito entre os números."""
    return not _is_numeric(value) or bool(np.isfinite(value).all())


def _is_numeric(value: object) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind in NUMBER_KINDS
    if isinstance(value, list | tuple):
        try:
            return np.asarray(value).dtype.kind in NUMBER_KINDS
        except ValueError:  # partes de tamanhos diferentes
            return False
    return isinstance(value, bool | int | float)
