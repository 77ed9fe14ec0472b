"""Um exercício, suas verificações e o exame delas: um só mecanismo para o aluno, o instrutor e os testes.

Uma verificação (`Check`) diz que chamadas fazer à função do aluno e como examinar o que elas devolvem. Quem a executa
varia: no notebook, a própria célula; na correção, um processo isolado, que recebe as entradas e devolve dados simples.
O exame (`judge`) só vê as respostas, e por isso é o mesmo nos dois.
"""

import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from course_lib.errors import PlainDataError
from course_lib.exercises.plain import NetworkInput, build_arguments, simplify

UNATTEMPTED = "unattempted"
ERROR = "error"
SPOILED_NETWORK = "a rede recebida mudou de pesos"
STUB_MESSAGE = "Escreva sua resposta aqui"  # a do `NotImplementedError` que vem na célula da resposta
COMMON_HINTS = {
    UNATTEMPTED: "ainda não foi escrita: troque a linha do `NotImplementedError` pela sua resposta.",
    "missing_function": "não encontrei a função. Ela foi apagada, ou mudou de nome?",
    "unwritten_dependency": "ela chama outra função, que ainda não foi escrita. Escreva essa outra função primeiro.",
    "ambiguous_truth": "você usou um array inteiro como condição, e um `if` precisa de um só `True` ou `False`. Para "
    "comparar formas, use `.shape`; para comparar valores, `.any()` ou `.all()`.",
    "missing_return": "a função devolveu `None`: faltou o `return`?",
    "not_plain": "o resultado não é número, lista nem array.",
    "shape": "o resultado não tem a forma pedida. Compare-a com a que a docstring promete.",
    "rounded": "a conta está certa, mas o resultado foi arredondado. Devolva todas as casas; arredonde só ao mostrar.",
    "not_finite": "o resultado traz NaN ou infinito. Há alguma divisão por zero?",
    "endless": "a função não terminou no tempo que tem, e foi interrompida. Há um laço que nunca acaba?",
    ERROR: "a função parou com um erro.",
}
_KNOWN_ERRORS = {
    "UnwrittenFunction": UNATTEMPTED,
    "UnwrittenDependency": "unwritten_dependency",
    "MissingFunction": "missing_function",
    "PlainDataError": "not_plain",
    "TimeIsUp": "endless",
    "ValueError: truth value of a": "ambiguous_truth",
    "RuntimeError: Boolean value of Tensor": "ambiguous_truth",
}


class TimeIsUp(BaseException):
    """O tempo de uma resposta acabou; não é `Exception`, para que um `except` dentro dela não o engula."""


@dataclass(frozen=True)
class Call:
    """Uma chamada à função do aluno: o nome dela e as entradas (dados simples, `TensorInput` ou `NetworkInput`)."""

    function: str
    arguments: tuple


@dataclass(frozen=True)
class Answer:
    """O que uma chamada devolveu, em dados simples, ou o erro que houve."""

    value: object = None
    errors: tuple[str, ...] = ()  # os nomes da classe do erro e de suas ancestrais, da mais específica à mais geral
    message: str = ""


@dataclass(frozen=True)
class Check:
    """Uma exigência sobre a função do aluno."""

    calls: tuple[Call, ...]
    examine: Callable[[Sequence[Answer]], str | None]  # das respostas, uma por chamada, a chave da dica; None se certas
    expected: object = None  # o resultado certo, para mostrar nas visíveis; None se não há um só


@dataclass(frozen=True)
class Exercise:
    """Um exercício corrigido automaticamente.

    Os pontos vêm de verificações escondidas, que ficam com o instrutor e usam as mesmas dicas.
    """

    number: int  # posição no notebook
    name: str  # identificador; a célula de verificação do notebook tem este `grade_id`
    title: str
    functions: tuple[str, ...]  # as que o aluno escreve
    hints: Mapping[str, str]  # chave -> dica, uma para cada engano provável; "other" é a dos imprevistos
    visible: tuple[Check, ...]  # as verificações que o aluno roda enquanto trabalha


@dataclass(frozen=True)
class Finding:
    """Por que uma verificação não passou: a chave da dica e o texto para o aluno."""

    key: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """O resultado do exame de um exercício: um achado por verificação, None onde ela passou."""

    exercise: Exercise
    findings: tuple[Finding | None, ...]

    @property
    def passed(self) -> int:
        """Quantas verificações passaram."""
        return sum(finding is None for finding in self.findings)

    @property
    def score(self) -> float:
        """Fração das verificações que passaram, de 0 a 1; os pontos do exercício se multiplicam por ela."""
        return self.passed / len(self.findings)

    @property
    def attempted(self) -> bool:
        """Se o aluno escreveu ao menos uma das funções."""
        return any(finding is None or finding.key not in (UNATTEMPTED, "missing_function") for finding in self.findings)

    @property
    def keys(self) -> set[str]:
        """As chaves das dicas dadas."""
        return {finding.key for finding in self.findings if finding}

    @property
    def messages(self) -> list[str]:
        """As dicas, sem repetição, na ordem das verificações. Não revelam as entradas."""
        return list(dict.fromkeys(finding.text for finding in self.findings if finding))


def calls_of(checks: Sequence[Check]) -> list[Call]:
    """Todas as chamadas das verificações, na ordem em que `judge` espera as respostas."""
    return [call for check in checks for call in check.calls]


def judge(exercise: Exercise, checks: Sequence[Check], answers: Sequence[Answer]) -> Verdict:
    """Examina as respostas às chamadas de `calls_of(checks)`, uma para cada, na mesma ordem."""
    remaining, findings = iter(answers), []
    for check in checks:
        given = [next(remaining) for _ in check.calls]
        key = check.examine(given)
        findings.append(key and Finding(key, _explain(exercise, check, given, key)))
    return Verdict(exercise, tuple(findings))


def call_here(function: object, arguments: tuple) -> Answer:
    """Chama a função neste processo e reduz o resultado a dados simples."""
    if not callable(function):
        return Answer(errors=("MissingFunction",))
    try:
        given = build_arguments(arguments)
        answer = Answer(simplify(function(*given)))
        pairs = zip(arguments, given, strict=True)
        if any(isinstance(one, NetworkInput) and one.spoiled(built) for one, built in pairs):
            raise ValueError(SPOILED_NETWORK)
        return answer
    except PlainDataError as error:
        return Answer(errors=("PlainDataError",), message=str(error))
    except (Exception, TimeIsUp) as error:
        names = tuple(kind.__name__ for kind in type(error).__mro__ if issubclass(kind, Exception | TimeIsUp))
        return _unwritten(error) or Answer(errors=names, message=_one_line(error))


def of_values(diagnose: Callable[..., str | None], error_hints: Mapping[str, str] | None = None):
    """O exame (`Check.examine`) que `diagnose` faz dos valores, um por chamada, se todas as chamadas deram um.

    Args:
        error_hints: como em `failure`.
    """

    def examine(answers: Sequence[Answer]) -> str | None:
        failed = (key for answer in answers if (key := failure(answer, error_hints)))
        return next(failed, None) or diagnose(*(answer.value for answer in answers))

    return examine


def failure(answer: Answer, error_hints: Mapping[str, str] | None = None) -> str | None:
    """A chave da dica de uma resposta que não chegou a ser um valor; None se há valor a examinar.

    Args:
        error_hints: erro -> chave da dica, para erros que denunciam um engano conhecido. O erro é o nome da classe,
            ou o nome e uma expressão regular que se acha na mensagem: "IndexError", "IndexError: out of bounds". Vale a
            classe mais específica.
    """
    hints = _KNOWN_ERRORS | dict(error_hints or {})
    for name in answer.errors:
        for error, key in hints.items():
            wanted, _, excerpt = error.partition(": ")
            if wanted == name and re.search(excerpt, answer.message):
                return key
    if answer.errors:
        return ERROR
    return "missing_return" if answer.value is None else None


def _explain(exercise: Exercise, check: Check, answers: Sequence[Answer], key: str) -> str:
    function = check.calls[0].function
    text = exercise.hints.get(key) or COMMON_HINTS[key]
    failed = next((answer for answer in answers if answer.errors), None)
    if failed and key in ("not_plain", "unwritten_dependency"):
        text = failed.message or text
    elif failed and key not in (UNATTEMPTED, "missing_function"):  # a dica supõe a causa; a mensagem é a prova
        text = f"{text} ({failed.errors[0]}: {failed.message})"
    return f"`{function}`: {text}"


def _unwritten(error: Exception) -> Answer | None:
    """A resposta, se o erro é o `NotImplementedError` que marca uma função por escrever; None se é outro erro.

    O PyTorch e o Python também levantam `NotImplementedError`, e uma função escrita pode chamar outra, por escrever.
    """
    if not isinstance(error, NotImplementedError):
        return None
    frames, is_stub = _frames(error), str(error) == STUB_MESSAGE
    if len(frames) == 1 and (is_stub or "raise NotImplementedError" in (frames[0].line or "")):
        return Answer(errors=("UnwrittenFunction",))
    if len(frames) > 1 and is_stub:
        message = f"ela chama `{frames[-1].name}`, que ainda não foi escrita. Escreva essa outra função primeiro."
        return Answer(errors=("UnwrittenDependency",), message=message)
    return None


def _frames(error: Exception) -> traceback.StackSummary:
    return traceback.extract_tb(error.__traceback__)[1:]  # a primeira é a de `call_here`


def _one_line(error: Exception) -> str:
    """Mensagem do erro, curta, com a linha da função em que ele aconteceu."""
    lines = str(error).strip().splitlines() or ["sem mensagem"]
    frames = _frames(error)
    inside = [frame.line for frame in frames if frame.filename == frames[0].filename and frame.line]
    return f"{lines[0][:200]}" + (f", em `{inside[-1].strip()}`" if inside else "")
