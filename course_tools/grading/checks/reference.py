"""A resposta certa e as erradas, lado a lado: cada verificação escondida é feita das duas."""

from collections.abc import Callable, Mapping

from course_lib.exercises.compare import expect
from course_lib.exercises.marking import Check
from course_lib.exercises.plain import build_arguments, simplify

Mistakes = Mapping[str, Callable]


def values(functions: Mistakes, arguments: tuple) -> dict[str, object]:
    """Chave da dica -> o que cada engano devolve com estas entradas, em dados simples."""
    return {key: simplify(function(*build_arguments(arguments))) for key, function in functions.items()}


def expect_like(
    function: str,
    arguments: tuple,
    reference: Callable,
    mistakes: Mistakes,
    error_hints: Mapping[str, str] | None = None,
) -> Check:
    """Verificação: a chamada deve devolver o que `reference` devolve; `mistakes` são os enganos conhecidos."""
    expected = simplify(reference(*build_arguments(arguments)))
    return expect(function, arguments, expected, values(mistakes, arguments), error_hints)
