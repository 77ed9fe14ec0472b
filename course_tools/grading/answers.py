"""Perguntar à função do aluno, no kernel dele, e examinar a resposta aqui, onde ele não alcança."""

from collections.abc import Sequence
from dataclasses import replace

from course_lib.errors import PlainDataError
from course_lib.exercises.marking import Answer, Call, Check, Exercise, Verdict, judge
from course_lib.exercises.plain import MAX_ITEMS, dumps, loads
from course_tools.grading.allowance import Allowance
from course_tools.grading.kernel import Kernel
from course_tools.grading.records import short_line

CALL = "from course_lib.exercises.remote import respond as _respond\n_respond({function!r}, {arguments!r})"
MESSAGE_LENGTH, NAME_LENGTH, ERROR_NAMES = 119, 39, 20  # uma mensagem pode trazer as entradas: só um pedaço delas
INTERRUPTED = {
    "tempo esgotado": "ela passou do tempo permitido",
    "memória": "ela passou da memória permitida",
    "processos demais": "ela criou processos demais",
    "arquivos demais": "ela escreveu arquivos demais",
    "saída demais": "ela imprimiu demais",
    "kernel encerrado": "o processo do notebook terminou enquanto ela rodava",
}


def ask(kernel: Kernel, call: Call, allowance: Allowance) -> tuple[Answer, str | None]:
    """A resposta a uma chamada e, se ela foi interrompida, por quê ("tempo esgotado", "saída demais").

    Raises:
        KernelLost, Stopped: como em `Kernel.execute`.
    """
    code = CALL.format(function=call.function, arguments=dumps(call.arguments))
    execution = kernel.execute(code, allowance)
    if execution.problem:
        return interrupted(execution.problem), execution.problem
    return read_answer(execution.answer), None


def read_answer(text: str | None) -> Answer:
    """A resposta que o texto traz. Ele vem do kernel do aluno: pode ser qualquer coisa, e nada nele é executado."""
    if text is None:
        return _refused("o resultado não chegou: era grande demais, ou o notebook mexeu em como ele é enviado.")
    if sum(map(text.count, "[{,")) > 4 * MAX_ITEMS:  # antes de ler: cada lista vazia ocupa trinta vezes o seu texto
        return _refused("o resultado é grande demais: tem listas ou textos longos demais.")
    try:
        value, errors, message = loads(text)
    except PlainDataError as error:
        return _refused(str(error))
    except Exception as error:
        return _refused(f"o resultado não pôde ser lido como dados simples ({type(error).__name__}).")
    if not (isinstance(errors, list) and all(isinstance(name, str) for name in errors) and isinstance(message, str)):
        return _refused("o resultado não veio no formato combinado.")
    names = tuple(short_line(name, NAME_LENGTH) for name in errors[:ERROR_NAMES])
    return Answer(None if names else value, names, short_line(message, MESSAGE_LENGTH))


def interrupted(reason: str) -> Answer:
    """A resposta de uma chamada que não terminou."""
    return Answer(errors=("ChamadaInterrompida",), message=INTERRUPTED.get(reason, reason))


def examine(exercise: Exercise, checks: Sequence[Check], answers: Sequence[Answer]) -> Verdict:
    """Como `judge`; uma resposta tão estranha que faça a verificação falhar conta como de forma errada."""
    return judge(exercise, [replace(check, examine=_guarded(check)) for check in checks], answers)


def _guarded(check: Check):
    def examine(answers: Sequence[Answer]) -> str | None:
        try:
            return check.examine(answers)
        except Exception:
            return "shape"

    return examine


def _refused(message: str) -> Answer:
    return Answer(errors=("PlainDataError",), message=message)
