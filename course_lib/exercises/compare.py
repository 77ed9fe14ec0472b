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
        error_hints: erro -> chave da dica, como em `failure`.
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
    """Igualdade de dados simples; uma lista de números vale por um array.

    Se o esperado é inteiro (uma contagem, um índice), a igualdade é exata; senão, há uma tolerância.
    """
    if _is_numeric(expected):
        return _is_numeric(value) and _same_numbers(np.asarray(value), np.asarray(expected))
    if isinstance(expected, list | tuple):
        parts = list(value) if isinstance(value, list | np.ndarray) else []
        return len(parts) == len(expected) and all(map(same, parts, expected))
    return type(value) is type(expected) and value == expected


def _same_numbers(value: np.ndarray, expected: np.ndarray) -> bool:
    if value.shape != expected.shape:  # antes de converter: o resultado pode ser muito maior que o esperado
        return False
    if expected.dtype.kind in "iu":
        return bool(np.array_equal(value, expected))
    return bool(np.allclose(value.astype(np.float64), expected.astype(np.float64), RELATIVE, ABSOLUTE))


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
        if not all(map(_is_numeric, value)):  # um array de textos daria a cada item a largura do maior deles
            return False
        try:
            return np.asarray(value).dtype.kind in NUMBER_KINDS
        except ValueError:  # partes de tamanhos diferentes
            return False
    return isinstance(value, bool | int | float)
