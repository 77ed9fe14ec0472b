"""As verificações escondidas: as que dão pontos. Ficam com o instrutor; o processo do aluno não as vê.

Têm a mesma forma das visíveis (`course_lib.exercises.marking.Check`) e usam as mesmas dicas, com entradas sorteadas
por uma semente fixa, de modo que corrigir duas vezes dá as mesmas notas. Quem corrige faz as chamadas de
`calls_of(hidden_checks(nome))` onde quiser e entrega as respostas a `judge`.
"""

import functools
from collections.abc import Callable

import numpy as np

from course_lib.exercises.marking import Check, judge
from course_lib.exercises.visible import EXERCISES, answer_here, find_exercise
from course_tools.errors import ReleaseError
from course_tools.grading.checks import basics, lists, models

SEED = 20161017  # a data da edição dos dados da série; troque-a para que as entradas sejam outras
_MODULES = (basics, models, lists)
BUILDERS: dict[str, Callable[[np.random.Generator], tuple[Check, ...]]] = {
    name: next(vars(module)[name] for module in _MODULES if name in vars(module)) for name in EXERCISES
}


@functools.cache
def hidden_checks(name: str, seed: int = SEED) -> tuple[Check, ...]:
    """As verificações escondidas de um exercício; todas valem o mesmo."""
    return BUILDERS[name](np.random.default_rng([seed, *name.encode()]))


def check_hidden(name: str, *functions: Callable) -> None:
    """Roda as verificações escondidas neste processo: é como o notebook do instrutor confere as soluções.

    Raises:
        ReleaseError: se a solução não passa em alguma, com as dicas que um aluno receberia.
    """
    exercise, checks = find_exercise(name, functions), hidden_checks(name)
    verdict = judge(exercise, checks, answer_here(exercise, checks, functions))
    if verdict.passed < len(checks):
        reasons = "\n".join(verdict.messages)
        raise ReleaseError(f"a solução de {name!r} passou em {verdict.passed} de {len(checks)} escondidas:\n{reasons}")
    print(f"{len(checks)} verificações escondidas: todas passaram.")
