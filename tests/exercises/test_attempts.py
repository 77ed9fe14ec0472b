"""Proof of quality of the exercises: right attempts get all points, real mistakes lose points with the fitting hint."""

from collections import Counter

import numpy as np
import pytest

from course_lib.exercises import EXERCISES
from course_lib.exercises.marking import UNATTEMPTED, Verdict, calls_of, judge
from course_lib.exercises.visible import answer_here
from course_tools.grading.checks import BUILDERS, hidden_checks
from tests.exercises.attempts import ATTEMPTS, Attempt
from tests.exercises.table import ATTEMPT

RIGHT = [attempt for attempt in ATTEMPTS if attempt.hint is None]
WRONG = [attempt for attempt in ATTEMPTS if attempt.hint is not None]
LEAST_RIGHT, LEAST_WRONG = 3, 15


@pytest.fixture(autouse=True)
def seed_function_survives(monkeypatch):
    """Some attempts overwrite np.random.seed, as the old notebook did."""
    monkeypatch.setattr(np.random, "seed", np.random.seed)


def visible(attempt: Attempt) -> Verdict:
    exercise = EXERCISES[attempt.exercise]
    return judge(exercise, exercise.visible, answer_here(exercise, exercise.visible, attempt.functions))


def hidden(attempt: Attempt) -> Verdict:
    exercise, checks = EXERCISES[attempt.exercise], hidden_checks(attempt.exercise)
    return judge(exercise, checks, answer_here(exercise, checks, attempt.functions))


def test_every_exercise_has_hidden_checks_and_enough_attempts():
    assert list(EXERCISES) == list(BUILDERS)
    assert [exercise.number for exercise in EXERCISES.values()] == list(range(1, 18))
    right, wrong = (Counter(attempt.exercise for attempt in attempts) for attempts in (RIGHT, WRONG))
    assert all(right[name] >= LEAST_RIGHT and wrong[name] >= LEAST_WRONG for name in EXERCISES)


def test_every_hint_is_earned_by_some_mistake():
    earned = {(attempt.exercise, attempt.hint) for attempt in WRONG}
    unearned = {(name, key) for name, exercise in EXERCISES.items() for key in exercise.hints} - earned
    assert {key for _, key in unearned} <= {"other", "shape"}, unearned


@pytest.mark.parametrize("attempt", RIGHT, ids=str)
def test_right_attempt_passes_and_gets_all_points(attempt, record_property):
    assert visible(attempt).messages == []
    verdict = hidden(attempt)
    assert verdict.messages == []
    assert verdict.score == 1
    record_property(ATTEMPT, [attempt.exercise, "right", verdict.score])


@pytest.mark.parametrize("attempt", WRONG, ids=str)
def test_wrong_attempt_loses_points_with_the_fitting_hint(attempt, record_property):
    verdict = hidden(attempt)
    assert verdict.score < 1
    assert verdict.attempted
    fitting, seen = {attempt.hint, *attempt.also}, visible(attempt).keys
    assert attempt.hint in verdict.keys
    assert verdict.keys | seen <= fitting  # a check that takes one mistake for another misleads
    if not attempt.deceives:
        assert attempt.hint in seen
    record_property(ATTEMPT, [attempt.exercise, "wrong", verdict.score])


def test_split_that_does_not_repeat_gets_at_most_half():
    broken = [attempt for attempt in WRONG if (attempt.exercise, attempt.hint) == ("split", "not_repeatable")]
    assert len(broken) >= 3  # the first is the mistake of 2017
    assert all(hidden(attempt).score <= 0.5 for attempt in broken)


@pytest.mark.parametrize("seed", range(6))
def test_a_count_that_misses_one_parameter_gets_nothing(seed):
    attempt = named("count_parameters-output_bias-0")
    exercise, checks = EXERCISES[attempt.exercise], hidden_checks(attempt.exercise, seed)
    verdict = judge(exercise, checks, answer_here(exercise, checks, attempt.functions))
    assert verdict.score == 0
    assert verdict.keys == {"output_bias"}


@pytest.mark.parametrize("name", EXERCISES)
def test_unattempted_gets_nothing(name):
    def stub(*arguments):
        raise NotImplementedError("Escreva sua resposta aqui")

    verdict = hidden(Attempt(name, "stub", (stub,) * len(EXERCISES[name].functions)))
    assert verdict.score == 0
    assert verdict.keys == {UNATTEMPTED}
    assert not verdict.attempted


@pytest.mark.parametrize("name", EXERCISES)
def test_function_that_answers_only_the_visible_calls_gets_at_most_a_quarter(name):
    """The expected results of the visible checks, learned by heart; anything else gets the last of them."""
    exercise = EXERCISES[name]
    checks = [check for check in exercise.visible if check.expected is not None]
    by_heart = [
        lambda *arguments, function=function: next(
            (check.expected for check in reversed(checks) if check.calls[0].function == function), 0
        )
        for function in exercise.functions
    ]
    assert hidden(Attempt(name, "by heart", tuple(by_heart))).score <= 0.25


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("attempt", [a for a in RIGHT if a.exercise != "new_user"], ids=str)
def test_right_attempt_passes_whatever_the_seed_of_the_hidden_checks(attempt, seed):
    exercise, checks = EXERCISES[attempt.exercise], hidden_checks(attempt.exercise, seed)
    assert judge(exercise, checks, answer_here(exercise, checks, attempt.functions)).messages == []


def named(name):
    return next(attempt for attempt in ATTEMPTS if str(attempt) == name)


def test_scores_of_recommend_are_no_whole_numbers():
    """The list [3, 2] was, in the old visible check, two movies and also the two best scores."""
    for call in calls_of((*EXERCISES["recommend"].visible, *hidden_checks("recommend"))):
        assert not np.any(call.arguments[0] == np.round(call.arguments[0]))


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("bias_table-same_rest-0", 0.5, 0.69),  # right movie biases keep their points when the user biases are wrong
        ("bias_table-mean-unseen-0", 0.8, 0.8),
        *((f"new_user-epochs_ignored-{number}", 0, 1 / 3) for number in range(3)),
    ],
)
def test_attempt_keeps_the_points_of_what_is_right(name, least, most):
    assert least <= hidden(named(name)).score <= most
