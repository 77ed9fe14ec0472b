"""A verificação visível: a que o aluno roda no notebook, com o que ele fez, o que se esperava e a dica."""

import textwrap
from collections.abc import Callable, Sequence

import numpy as np

from course_lib.errors import ArgumentError
from course_lib.exercises import basics, care, models, new_user, recommendations
from course_lib.exercises.marking import Answer, Call, Check, Exercise, Verdict, call_here, calls_of, judge
from course_lib.exercises.plain import NetworkInput, TensorInput

EXERCISES: dict[str, Exercise] = {
    exercise.name: exercise
    for module in (basics, care, recommendations, models, new_user)
    for exercise in module.EXERCISES
}
HIDDEN_NOTICE = "Há verificações escondidas, com outras entradas: são elas que valem pontos."
LONGEST_DESCRIPTION, LINE_WIDTH = 200, 100


def check(name: str, *functions: Callable) -> None:
    """Verifica a sua resposta a um exercício e mostra o que passou, o que não passou e a causa provável.

    Nunca levanta exceção por causa da resposta: erros da sua função são mostrados como o resto.

    Args:
        name: nome do exercício, como está na célula de verificação.
        *functions: as funções que o exercício pede, na ordem do enunciado.

    Raises:
        ArgumentError: se o exercício não existe ou se falta uma função.
    """
    exercise = find_exercise(name, functions)
    for wanted, given in zip(exercise.functions, functions, strict=True):
        if not callable(given):
            kind = type(given).__name__
            print(f"{wanted}: isto é um {kind}, não uma função; passe o nome da função, sem parênteses.")
            return
    answers = answer_here(exercise, exercise.visible, functions)
    print(report(judge(exercise, exercise.visible, answers), exercise.visible, answers))


def find_exercise(name: str, functions: Sequence[Callable]) -> Exercise:
    """O exercício de nome `name`, conferido o número de funções.

    Raises:
        ArgumentError: como em `check`.
    """
    if name not in EXERCISES:
        raise ArgumentError(f"não há exercício {name!r}. Os que existem: {', '.join(EXERCISES)}.")
    exercise = EXERCISES[name]
    if len(functions) != len(exercise.functions):
        call = f'check("{name}", {", ".join(exercise.functions)})'
        raise ArgumentError(f"o exercício {name!r} pede {len(exercise.functions)} função(ões): {call}.")
    return exercise


def answer_here(exercise: Exercise, checks: Sequence[Check], functions: Sequence[Callable]) -> list[Answer]:
    """As respostas às chamadas de `checks`, feitas neste processo."""
    by_name = dict(zip(exercise.functions, functions, strict=True))
    return [call_here(by_name[call.function], call.arguments) for call in calls_of(checks)]


def report(verdict: Verdict, checks: Sequence[Check], answers: Sequence[Answer]) -> str:
    """O texto que o aluno lê: uma linha de resumo, as verificações que não passaram e o aviso das escondidas."""
    exercise, total = verdict.exercise, len(checks)
    title = f"Exercício {exercise.number} · {exercise.title}"
    if not verdict.attempted:
        return f"{title}: por fazer. Escreva a resposta na célula acima, rode-a e rode esta de novo."
    if verdict.passed == total:
        all_of_them = "na verificação visível" if total == 1 else f"nas {total} verificações visíveis"
        return f"{title}: passou {all_of_them}.\n{HIDDEN_NOTICE}"
    parts, remaining, shown = [f"{title}: {_count(verdict.passed, total)}."], iter(answers), set()
    for one, finding in zip(checks, verdict.findings, strict=True):
        given = [next(remaining) for _ in one.calls]
        if finding:
            hint = "a mesma dica." if finding.text in shown else finding.text
            shown.add(finding.text)
            parts.append("\n".join([*_describe_check(one, given), *_wrap(hint, "  → ")]))
    return "\n\n".join([*parts, HIDDEN_NOTICE])


def _count(passed: int, total: int) -> str:
    """Em quantas passou, de `total` verificações visíveis; ao menos uma não passou."""
    if total == 1:
        return "não passou na verificação visível"
    if not passed:
        return f"não passou em nenhuma das {total} verificações visíveis"
    return f"passou em {passed} de {total} verificações visíveis"


def _describe_check(check: Check, answers: Sequence[Answer]) -> list[str]:
    lines = []
    for call, answer in zip(check.calls, answers, strict=True):
        lines.extend(_wrap(describe_call(call), "Não passou: "))
        if answer.value is not None:
            lines.extend(_wrap(describe(answer.value), "  devolveu "))
    if check.expected is not None:
        lines.extend(_wrap(describe(check.expected), "  esperado "))
    return list(dict.fromkeys(lines))


def _wrap(text: str, label: str) -> list[str]:
    return textwrap.wrap(text, LINE_WIDTH, initial_indent=label, subsequent_indent=" " * 4, break_on_hyphens=False)


def describe_call(call: Call) -> str:
    """A chamada como se escreveria, abreviada onde as entradas são grandes."""
    return f"{call.function}({', '.join(map(describe, call.arguments))})"


def describe(value: object) -> str:
    """Um valor em poucas letras: números com quatro casas, arrays como listas, e só a forma do que é grande."""
    if isinstance(value, TensorInput):
        return f"tensor {describe(value.array)}"
    if isinstance(value, NetworkInput):
        options = ", ".join(f"{name}={option}" for name, option in value.options.items())
        return f"{value.kind}({options})"
    if isinstance(value, np.ndarray):
        text = str(np.round(value.astype(np.float64) if value.dtype.kind == "f" else value, 4).tolist())
        return text if len(text) <= LONGEST_DESCRIPTION else f"array de forma {value.shape}"
    if isinstance(value, list | tuple):
        text = f"[{', '.join(map(describe, value))}]"
        return text if len(text) <= LONGEST_DESCRIPTION else f"lista de {len(value)} itens"
    return str(round(value, 4)) if isinstance(value, float) else str(value)[:LONGEST_DESCRIPTION]
