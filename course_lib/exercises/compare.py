"""Comparar um resultado com o certo e, se difere, reconhecer o engano: verificações que se escrevem numa linha."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from course_lib.exercises.marking import Call, Check, of_values
from course_lib.exercises.plain import NUMBER_KINDS, build_arguments, simplify

RELATIVE, ABSOLUTE = 1e-4, 1e-5
Mistakes = Mapping[str, object]
"""Chave da dica -> o engano: o que ele devolveria, ou uma função do resultado certo e das entradas que o calcula; uma
tupla, se tem mais de uma forma. O resultado certo vem de fora: as tabelas guardam enganos, não respostas.
"""
# Um engano de todo exercício que pede decimais: o resultado certo, arredondado a duas ou três casas.
ROUNDED = tuple(lambda right, *_, places=places: np.round(right, places) for places in (2, 3))


def expecting(
    function: str, mistakes: Mistakes, error_hints: Mapping[str, str] | None = None
) -> Callable[[tuple, object], Check]:
    """Quem faz as verificações de uma função: das entradas e do resultado certo, a que exige um da outra.

    Args:
        mistakes: os enganos conhecidos. Vale o primeiro que explica o resultado.
        error_hints: erro -> chave da dica, como em `failure`.
    """

    def expect(arguments: tuple, expected: object) -> Check:
        examine = of_values(lambda value: diagnose(value, expected, mistakes, arguments), error_hints)
        return Check((Call(function, arguments),), examine, expected)

    return expect


def expect_part(
    function: str,
    arguments: tuple,
    expected: Sequence,
    order: Sequence[tuple[int, Mistakes, str]],
    whole: Mistakes,
    error_hints: Mapping[str, str] | None = None,
) -> Check:
    """Verificação: uma parte do que a chamada devolve, para que cada parte renda os seus pontos.

    Args:
        expected: o resultado certo, uma sequência de partes.
        order: as partes na ordem em que se calculam, cada uma com os seus enganos e a chave dos imprevistos; a última é
            a que se exige. Se ela está errada, a dica é a da primeira que não está certa: o resto é consequência.
        whole: os enganos que se veem no resultado inteiro.
    """
    right = list(expected)

    def examine(value: object) -> str | None:
        if (key := diagnose(value, right, whole, arguments)) in (None, *whole):
            return key
        if not isinstance(value, list) or len(value) != len(right):
            return "shape"
        wanted = order[-1][0]
        if same(value[wanted], right[wanted]):
            return None
        found = ((diagnose(value[part], right[part], mistakes, arguments), other) for part, mistakes, other in order)
        return next(other if key == "other" else key for key, other in found if key)

    return Check((Call(function, arguments),), of_values(examine, error_hints), right)


def diagnose(value: object, expected: object, mistakes: Mistakes, arguments: tuple = ()) -> str | None:
    """None se `value` é o certo; senão, a chave do primeiro engano que o explica, "rounded", "shape", "not_finite" ou
    "other".
    """
    if same(value, expected):
        return None
    if _is_numeric(expected) and np.asarray(expected).dtype.kind == "f":
        mistakes = {**mistakes, "rounded": ROUNDED}
    for key, wrong in mistakes.items():
        if any(same(value, result) for result in _results(wrong, expected, arguments)):
            return key
    if shape_of(value) != shape_of(expected):
        return "shape"
    return "other" if is_finite(value) else "not_finite"


def _results(wrong: object, expected: object, arguments: tuple) -> Iterator[object]:
    """O que um engano devolveria, em cada uma das suas formas."""
    for one in wrong if isinstance(wrong, tuple) else (wrong,):
        with np.errstate(all="ignore"):
            yield simplify(one(expected, *build_arguments(arguments))) if callable(one) else one


def same(value: object, expected: object) -> bool:
    """Igualdade de dados simples; uma lista de números vale por um array.

    Se o esperado é inteiro (uma contagem, um índice), a igualdade é exata; senão, há uma tolerância.
    """
    if _is_numeric(expected):
        return _is_numeric(value) and _same_numbers(np.asarray(value), np.asarray(expected))
    if isinstance(expected, list | tuple):
        parts = value if isinstance(value, list | np.ndarray) else []
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
