"""A verificação visível: a que o aluno roda no notebook, com o que ele fez, o que se esperava e a dica."""

import inspect
import textwrap
from collections.abc import Callable, Sequence

import numpy as np
from IPython.display import display

from course_lib.errors import ArgumentError
from course_lib.exercises import basics, care, ease, item_knn, models, ndcg, new_user, recommendations, splits
from course_lib.exercises.marking import Answer, Call, Check, Exercise, TimeIsUp, Verdict, call_here, calls_of, judge
from course_lib.exercises.plain import NetworkInput, ReadOnlyInput, TensorInput
from course_lib.exercises.session import syntax_error_of, time_limit
from course_lib.glossary import Reading, terms_in

_MODULES = (basics, care, splits, recommendations, models, new_user, ndcg, item_knn, ease)
_FOUND = [one for module in _MODULES for one in vars(module).values() if isinstance(one, Exercise)]
EXERCISES: dict[str, Exercise] = {one.name: one for one in sorted(_FOUND, key=lambda one: one.number)}
HIDDEN_NOTICE = "Há verificações escondidas, com outras entradas: são elas que valem pontos."
PASSED = "feito"
LONGEST_DESCRIPTION, LINE_WIDTH = 200, 100
CALL_SECONDS = 20.0  # o que uma chamada pode demorar; as entradas são pequenas


def check(name: str, *functions: Callable) -> None:
    """Verifica a sua resposta a um exercício e mostra o que passou, o que não passou e a causa provável.

    Nunca levanta exceção por causa da resposta: erros da sua função são mostrados como o resto, e a que não termina é
    interrompida.

    Args:
        name: nome do exercício, como está na célula de verificação.
        *functions: as funções que o exercício pede, na ordem do enunciado.

    Raises:
        ArgumentError: se o exercício não existe ou se falta uma função.
    """
    exercise = find_exercise(name, functions)
    if obstacle := _obstacle(exercise, functions):
        print(obstacle)
        return
    answers = answer_here(exercise, exercise.visible, functions)
    verdict = judge(exercise, exercise.visible, answers)
    print(report(verdict, exercise.visible, answers))
    if verdict.attempted:
        if terms := terms_in("\n".join(verdict.messages)):
            display(Reading(terms))
        print(HIDDEN_NOTICE)


def _obstacle(exercise: Exercise, functions: Sequence[object]) -> str | None:
    """Por que verificar estas funções enganaria o aluno; None se não enganaria."""
    for wanted, given in zip(exercise.functions, functions, strict=True):
        if not callable(given):
            kind = type(given).__name__
            return f"{wanted}: isto é um {kind}, não uma função; passe o nome da função, sem parênteses."
        if line := syntax_error_of(wanted):
            return (
                f"{wanted}: a última célula que a define tem um erro de sintaxe na linha {line}, e a função que existe "
                "é a de antes. Conserte a célula, rode-a e rode esta de novo."
            )
    return None


def check_all() -> None:
    """Roda as verificações visíveis de todos os exercícios, com as funções que o notebook tem, e mostra uma linha de
    cada um e quantos estão feitos.
    """
    names, done = inspect.currentframe().f_back.f_globals, 0
    for exercise in EXERCISES.values():
        state = _state(exercise, [names.get(function) for function in exercise.functions])
        done += state == PASSED
        print(f"{exercise.number:>2} · {exercise.title}: {state}")
    print(f"\n{done} de {len(EXERCISES)} feitos. {HIDDEN_NOTICE}")


def _state(exercise: Exercise, functions: Sequence[object]) -> str:
    """Como está um exercício, em poucas palavras."""
    if any(syntax_error_of(function) for function in exercise.functions):
        return "a célula da resposta tem um erro de sintaxe"
    verdict = judge(exercise, exercise.visible, answer_here(exercise, exercise.visible, functions))
    if not verdict.attempted:
        return "por fazer"
    total = len(exercise.visible)
    return PASSED if verdict.passed == total else _count(verdict.passed, total)


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


def answer_here(exercise: Exercise, checks: Sequence[Check], functions: Sequence[object]) -> list[Answer]:
    """As respostas às chamadas de `checks`, feitas neste processo; depois de uma sem fim, o resto não é chamado."""
    by_name, answers = dict(zip(exercise.functions, functions, strict=True)), []
    for call in calls_of(checks):
        endless = answers and "TimeIsUp" in answers[-1].errors
        answers.append(answers[-1] if endless else _answer(by_name[call.function], call))
    return answers


def _answer(function: object, call: Call) -> Answer:
    answer = Answer()
    try:
        with time_limit(CALL_SECONDS):
            answer = call_here(function, call.arguments)
    except TimeIsUp as error:
        if not answer.errors:  # ela voltou tarde: alguém dentro dela atendeu à interrupção
            answer = Answer(errors=("TimeIsUp",), message=str(error))
    return answer


def report(verdict: Verdict, checks: Sequence[Check], answers: Sequence[Answer]) -> str:
    """O texto que o aluno lê: uma linha de resumo e as verificações que não passaram."""
    exercise, total = verdict.exercise, len(checks)
    title = f"Exercício {exercise.number} · {exercise.title}"
    if not verdict.attempted:
        return f"{title}: por fazer. Escreva a resposta na célula acima, rode-a e rode esta de novo."
    if verdict.passed == total:
        all_of_them = "na verificação visível" if total == 1 else f"nas {total} verificações visíveis"
        return f"{title}: passou {all_of_them}."
    parts, remaining, shown = [f"{title}: {_count(verdict.passed, total)}."], iter(answers), set()
    for one, finding in zip(checks, verdict.findings, strict=True):
        given = [next(remaining) for _ in one.calls]
        if finding:
            hint = "a mesma dica." if finding.text in shown else finding.text
            shown.add(finding.text)
            parts.append("\n".join([*_describe_check(one, given), *_wrap(hint, "  → ")]))
    return "\n\n".join(parts) + "\n"


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
    if isinstance(value, ReadOnlyInput):
        return describe(value.array)
    if isinstance(value, NetworkInput):
        options = ", ".join(f"{name}={option}" for name, option in value.options.items())
        return f"{value.kind}({options})"
    if isinstance(value, np.ndarray):
        text = str((np.round(value.astype(np.float64), 4) if value.dtype.kind == "f" else value).tolist())
        return text if len(text) <= LONGEST_DESCRIPTION else f"array de forma {value.shape}"
    if isinstance(value, list | tuple):
        text = f"[{', '.join(map(describe, value))}]"
        few = len(value) <= 3  # uma resposta em duas ou três partes: cada uma já vem abreviada
        return text if few or len(text) <= LONGEST_DESCRIPTION else f"lista de {len(value)} itens"
    return str(round(value, 4)) if isinstance(value, float) else str(value)[:LONGEST_DESCRIPTION]
