"""The mechanism: checks, judgement, and what the student reads."""

import tracemalloc

import numpy as np
import pytest
import torch

from course_lib.errors import ArgumentError
from course_lib.exercises import EXERCISES, check
from course_lib.exercises.compare import diagnose, same
from course_lib.exercises.marking import Answer, call_here, calls_of, judge
from course_lib.exercises.visible import HIDDEN_NOTICE
from course_tools.grading.checks import hidden_checks

ODD_VALUES = [
    None,
    True,
    "texto",
    float("nan"),
    float("inf"),
    [],
    [[]],
    ["a", "b"],
    [["1", "2", "3"]],
    [[1], [1, 2]],
    [1, "a", None],
    [[["a", "b", "c"]], [["a", "b", "c"]]],
    [[[[[1.0]]]]],
    np.zeros((0, 3)),
    np.full((2, 3), np.nan),
    np.arange(10.0),
    [np.zeros((4, 3)), np.zeros((0, 3))],
    [0.0, np.zeros(2), [1, "x"]],
    2**62,
]


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("value", ODD_VALUES, ids=str)
def test_no_result_however_odd_breaks_the_judgement(name, value):
    exercise = EXERCISES[name]
    for checks in (exercise.visible, hidden_checks(name)):
        verdict = judge(exercise, checks, [Answer(value)] * len(calls_of(checks)))
        assert verdict.passed < len(checks)
        assert all(verdict.messages)


@pytest.mark.parametrize("name", EXERCISES)
def test_every_error_is_explained_with_its_message(name):
    def broken(*arguments):
        raise KeyError("nota que falta")

    exercise = EXERCISES[name]
    answer = call_here(broken, ())
    verdict = judge(exercise, exercise.visible, [answer] * len(calls_of(exercise.visible)))
    assert verdict.passed == 0
    assert any("nota que falta" in message for message in verdict.messages)


def stub(*arguments):
    raise NotImplementedError("Escreva sua resposta aqui")


def stub_of_another_message(*arguments):
    raise NotImplementedError


def refuses(prediction, target):
    if prediction.shape != target.shape:
        raise ValueError("formas diferentes")
    return ((prediction - target) ** 2).mean()


def misspelt(ratings, n_users, n_movies):
    return len(ratings) / n_cells  # noqa: F821


UNDONE = "por fazer"
SHOWN = {
    "the mistake, named": (
        ("epoch_loss", lambda losses, sizes: sum(losses) / len(losses)),
        "epoch_loss([0.8, 1.2, 4.0], [64, 64, 2]) devolveu 2.0 esperado 1.0462",
        "você dividiu pelo número de minibatches, não pelo de amostras",
        HIDDEN_NOTICE,
    ),
    "a right answer": (
        ("epoch_loss", lambda losses, sizes: np.average(losses, weights=sizes)),
        "passou nas 2 verificações visíveis",
        HIDDEN_NOTICE,
    ),
    "a mask": (
        ("recommend", lambda scores, seen, k: np.isin(np.arange(len(scores)), seen)),
        "devolveu [False, False, True, False, True, False, False]",
    ),
    "an unanswered exercise": (("density", stub), UNDONE),
    "a stub with another message": (("density", stub_of_another_message), UNDONE),
    "half an answer": (
        ("mse_rmse", lambda p, t: ((p - t) ** 2).mean(), stub),
        "passou em 1 de 2 verificações visíveis",
        "`rmse`: ainda não foi escrita",
    ),
    "an unwritten function called by a written one": (
        ("one_rating", lambda model, movie, rating, k: stub()),
        "`recommend_after_one_rating`: ela chama `stub`, que ainda não foi escrita",
    ),
    "a library's NotImplementedError": (
        ("density", lambda ratings, n_users, n_movies: torch.nn.Module()(ratings)),
        'NotImplementedError: Module [Module] is missing the required "forward" function',
    ),
    "the error after its hint": (
        ("broadcasting", lambda prediction, target: (prediction - target).size, refuses),
        "a função recusou formas que deveria consertar",
        '(ValueError: formas diferentes, em `raise ValueError("formas diferentes")`)',
    ),
    "an error and its line": (
        ("density", misspelt),
        "NameError: name 'n_cells' is not defined",
        "return len(ratings) / n_cells",
    ),
}


@pytest.mark.parametrize("case", SHOWN)
def test_check_shows(case, capsys):
    arguments, *texts = SHOWN[case]
    check(*arguments)
    shown = " ".join(capsys.readouterr().out.split())
    assert [text for text in texts if text not in shown] == []
    assert (UNDONE in shown) == (UNDONE in texts)
    assert shown.endswith(texts[-1]) or texts[-1] != HIDDEN_NOTICE


def test_check_of_a_result_says_to_pass_the_function(capsys):
    check("density", 3)
    expected = "density: isto é um int, não uma função; passe o nome da função, sem parênteses."
    assert capsys.readouterr().out.strip() == expected


def test_what_is_not_a_function_is_reported_as_missing():
    assert call_here(None, ()).errors == ("MissingFunction",)


def test_lazy_results_are_refused():
    answer = call_here(lambda: (i for i in range(3)), ())
    assert answer.errors == ("PlainDataError",)
    assert "generator" in answer.message


def test_a_function_that_changes_its_inputs_does_not_harm_the_next_call():
    def greedy(ratings, n_users, n_movies):
        ratings[:] = 0
        return 100 * len(ratings) / (n_users * n_movies)

    exercise = EXERCISES["density"]
    call = exercise.visible[0].calls[0]
    before = call.arguments[0].copy()
    call_here(greedy, call.arguments)
    np.testing.assert_array_equal(call.arguments[0], before)


def test_unknown_exercise_and_wrong_number_of_functions_are_refused(refused):
    with refused("check() of an exercise that does not exist", ArgumentError, match="não há exercício"):
        check("densidade", len)
    with refused("check() with a function missing", ArgumentError, match="mse, rmse"):
        check("mse_rmse", len)


def test_integers_are_compared_exactly_whatever_their_type():
    assert same(493991.0, 493991)
    assert same(np.array([1, 2], np.int32), [1, 2])
    assert not same(493990, 493991)
    assert not same([0, 999_999], np.array([0, 1_000_000]))
    assert same(493990.0, 493991.0)


def test_comparing_a_list_of_texts_takes_little_memory():
    """As an array, each item would be as wide as the widest: 4 × 2000 × 4000 bytes."""
    texts = ["a" * 2000] + ["b"] * 4000
    tracemalloc.start()
    try:
        assert diagnose(texts, 1.5, {"double": 3.0}) == "shape"
        assert diagnose([texts, texts], [1.0, 2.0], {}) == "shape"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**20


def test_comparison_tolerates_rounding_and_containers_but_not_shape():
    assert same([1, 2, 3.0000001], np.array([1, 2, 3], np.float32))
    assert same([np.array([1.0]), [2, 3]], [[1], np.array([2, 3])])
    assert not same(np.ones((2, 1)), np.ones(2))
    assert not same(["1", "2"], [1, 2])
    assert diagnose(np.ones((2, 1)), np.ones(2), {}) == "shape"
    assert diagnose([1.0, np.nan], [1.0, 2.0], {}) == "not_finite"
    assert diagnose([2.0, 4.0], [1.0, 2.0], {"double": [2, 4]}) == "double"
    assert diagnose([0.12, 2], [0.1234, 2.0], {}) == "rounded" and diagnose(True, False, {}) == "other"
