"""Around the answer: endless loops, stale functions, and how much of the set is done."""

import contextlib
import signal
import threading
import time

import numpy as np
import pytest

from course_lib.exercises import EXERCISES, check, check_all, session, visible
from course_lib.exercises.marking import TimeIsUp
from course_lib.exercises.session import time_limit


@pytest.fixture
def hurried(monkeypatch):
    monkeypatch.setattr(visible, "CALL_SECONDS", 0.2)
    monkeypatch.setattr(session, "RING_AGAIN", 0.1)


def endless(ratings, n_users, n_movies):
    while True:
        n_users += 1


def swallows_every_error(ratings, n_users, n_movies):
    for _ in range(2):
        with contextlib.suppress(BaseException):
            while True:
                n_users += 1
    while True:
        n_movies += 1


@pytest.mark.parametrize("function", [endless, swallows_every_error])
def test_endless_answer_is_interrupted_and_told_where_it_was(hurried, capsys, function):
    check("density", function)
    text = " ".join(capsys.readouterr().out.split())
    assert "Há um laço que nunca acaba?" in text
    assert "mais de 0.2 segundos, em `" in text
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_answer_that_attends_to_the_interruption_is_late_all_the_same(hurried, capsys):
    def late(ratings, n_users, n_movies):
        with contextlib.suppress(BaseException):  # as the trainer does with Ctrl-C
            while True:
                pass
        return 100 * len(ratings) / (n_users * n_movies)

    check("density", late)
    assert "mais de 0.2 segundos" in capsys.readouterr().out


def test_an_answer_in_two_parts_is_shown_part_by_part(capsys):
    check("ease", lambda history, l2: (np.full((3, 3), 0.1234), np.full((5, 3), 9.8765)))  # as texts, over 200 letters
    text = " ".join(capsys.readouterr().out.split())
    assert "devolveu [[[0.1234, " in text and "esperado [[[" in text and "itens" not in text


def test_answer_in_time_is_not_disturbed_afterwards():
    with time_limit(0.05):
        pass
    time.sleep(0.15)


def test_interruption_by_the_student_reaches_the_student():
    with pytest.raises(KeyboardInterrupt), time_limit(30):
        signal.raise_signal(signal.SIGINT)


def test_outside_the_main_thread_there_is_no_limit():
    outcome = []

    def run():
        with time_limit(0.05):
            time.sleep(0.2)
        outcome.append("done")

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert outcome == ["done"]


def test_time_is_up_is_not_caught_by_an_ordinary_except():
    with pytest.raises(TimeIsUp), time_limit(0.05), contextlib.suppress(Exception):
        while True:
            pass


RIGHT = "def density(ratings, n_users, n_movies):\n    return 100 * len(ratings) / (n_users * n_movies)"
BROKEN = "%matplotlib inline\ndef density(ratings, n_users, n_movies):\n    return 100 * len(ratings / (n_users"


class Shell:
    """What `check` asks of IPython: the cells that were run, and the code that a cell becomes."""

    def __init__(self, *cells):
        self.user_ns = {"In": ["", *cells]}

    def transform_cell(self, cell):
        return cell.replace("%matplotlib inline", "pass")


@pytest.mark.parametrize(
    ("cells", "stale"),
    [
        ((RIGHT, BROKEN, 'check("density", density)'), True),
        ((BROKEN, RIGHT, 'check("density", density)'), False),
        ((RIGHT, "print(density(", 'check("density", density)'), False),
        ((RIGHT, "def density_of_rows(", 'check("density", density)'), False),
        ((), False),
    ],
)
def test_function_of_before_a_syntax_error_is_not_checked_in_silence(monkeypatch, capsys, cells, stale):
    monkeypatch.setattr(session, "get_ipython", lambda: Shell(*cells))
    namespace = {}
    exec(RIGHT, namespace)
    check("density", namespace["density"])
    text = capsys.readouterr().out
    assert ("tem um erro de sintaxe na linha 3, e a função que existe é a de antes" in text) == stale
    assert ("passou" in text) != stale


def test_check_all_says_how_many_are_done_and_how_the_others_are(capsys):
    def stub(*arguments):
        raise NotImplementedError("Escreva sua resposta aqui")

    names = {function: stub for exercise in EXERCISES.values() for function in exercise.functions}
    exec(RIGHT, names)
    names |= {"mse": lambda p, t: ((p - t) ** 2).mean(), "check_all": check_all}
    names.pop("reindex")
    exec("check_all()", names)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == " 1 · Densidade: feito"
    assert lines[1] == " 2 · Reindexação: por fazer"
    assert lines[2] == " 3 · MSE e RMSE à mão: passou em 1 de 2 verificações visíveis"
    assert f"1 de {len(EXERCISES)} feitos." in lines[-1]
