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
_written: dict[str, object] = {}  # as funções, como as células das respostas as definiram


def respond(function: str, arguments: str) -> None:
    """Chama a função de nome `function` do notebook e publica a resposta; o que ela imprime se perde.

    Args:
        arguments: as entradas, como `course_lib.exercises.plain.dumps` as escreve.
    """
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        try:
            space = get_ipython().user_ns
            space.update(_written)
            answer = call_here(space.get(function), tuple(loads(arguments, inputs=True)))
        except BaseException as error:  # sys.exit(), a interrupção por tempo: também são respostas
            answer = Answer(errors=(type(error).__name__,), message=str(error))
    publish_display_data({ANSWER_TYPE: dumps([answer.value, list(answer.errors), answer.message])})


def keep(defined: list[str]) -> None:
    """Guarda as funções que a célula que acaba de rodar definiu; publica os nomes que já não são o que se guardou."""
    space = get_ipython().user_ns
    _written.update({name: space[name] for name in defined if callable(space.get(name))})
    lost = [name for name, function in _written.items() if space.get(name) is not function]
    publish_display_data({ANSWER_TYPE: dumps([lost, [], ""])})
