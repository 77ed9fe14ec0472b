"""O lado de dentro da correção: chama a função do aluno no kernel dele e publica o resultado em dados simples.

Quem corrige, noutro processo, só acredita no texto que chega, e só o lê como dados: o que o notebook redefina aqui
estraga, no máximo, as respostas dele mesmo.
"""

import contextlib
import os

from IPython import get_ipython
from IPython.display import publish_display_data

from course_lib.exercises.marking import Answer, call_here
from course_lib.exercises.plain import dumps, loads

ANSWER_TYPE = "application/vnd.course.answer"


def respond(function: str, arguments: str) -> None:
    """Chama a função de nome `function` do notebook e publica a resposta; o que ela imprime se perde.

    Args:
        arguments: as entradas, como `course_lib.exercises.plain.dumps` as escreve.
    """
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        try:
            answer = call_here(get_ipython().user_ns.get(function), tuple(loads(arguments, inputs=True)))
        except BaseException as error:  # sys.exit(), a interrupção por tempo: também são respostas
            answer = Answer(errors=(type(error).__name__,), message=str(error))
    publish_display_data({ANSWER_TYPE: dumps([answer.value, list(answer.errors), answer.message])})
