"""A sessão em que o aluno trabalha: o tempo que uma resposta tem, e a célula de onde ela veio."""

import _thread
import ast
import contextlib
import re
import signal
import threading
from collections.abc import Iterator

from IPython import get_ipython

from course_lib.exercises.marking import TimeIsUp

RING_AGAIN = 1.0  # segundos: um `except:` sem nome pode ter engolido o primeiro aviso


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Interrompe o bloco com `TimeIsUp` se ele passa de `seconds`.

    Só vale na thread principal, a única que o Python interrompe; noutra, o bloco corre sem limite. O Ctrl-C do aluno
    continua a ser dele.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    over, finished = threading.Event(), threading.Event()

    def ring() -> None:
        wait = seconds
        while not finished.wait(wait):
            over.set()
            _thread.interrupt_main()
            wait = RING_AGAIN

    def interrupt(number, frame) -> None:
        if not over.is_set() and callable(before):
            before(number, frame)
        elif not finished.is_set():
            raise TimeIsUp(f"mais de {seconds:g} segundos")

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        threading.Thread(target=ring, daemon=True).start()
        yield
        if over.is_set():  # o treinador, por exemplo, atende à interrupção terminando a época
            raise TimeIsUp(f"mais de {seconds:g} segundos")
    finally:
        finished.set()
        signal.signal(signal.SIGINT, before)


def syntax_error_of(function: str) -> int | None:
    """A linha do erro de sintaxe da última célula executada que define `function`; None se ela não tem erro.

    Uma célula com erro de sintaxe não redefine nada: a função que existe é a de antes, e verificá-la enganaria.
    """
    shell = get_ipython()
    definition = re.compile(rf"^[ \t]*(async\s+)?def\s+{function}\b", re.MULTILINE)
    cells = shell.user_ns.get("In", []) if shell else []
    last = next((cell for cell in reversed(cells) if definition.search(cell)), "")
    try:
        ast.parse(shell.transform_cell(last) if last else "")
    except SyntaxError as error:
        return error.lineno
    return None
