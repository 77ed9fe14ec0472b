"""Decorators that collect attempts: a function, or a class whose functions are named as the exercise asks."""

from collections.abc import Callable
from dataclasses import dataclass

from course_lib.exercises import EXERCISES


@dataclass(frozen=True)
class Attempt:
    """One attempt; `hint` is None for a right one, else the key of the hint it must get.

    `deceives` marks a mistake that the visible checks cannot show (they may all pass).
    """

    exercise: str
    name: str
    functions: tuple[Callable, ...]
    hint: str | None = None
    deceives: bool = False

    def __str__(self) -> str:
        return f"{self.exercise}-{self.name}"


ATTEMPTS: list[Attempt] = []


def right(exercise: str):
    def register(attempt):
        ATTEMPTS.append(Attempt(exercise, attempt.__name__, _functions(exercise, attempt)))
        return attempt

    return register


def wrong(exercise: str, hint: str, deceives: bool = False):
    def register(attempt):
        ATTEMPTS.append(Attempt(exercise, attempt.__name__, _functions(exercise, attempt), hint, deceives))
        return attempt

    return register


def _functions(exercise: str, attempt) -> tuple[Callable, ...]:
    """The functions in the order of the exercise; what a wrong attempt does not define is taken from a right one."""
    names = EXERCISES[exercise].functions
    if not isinstance(attempt, type):
        return (attempt,)
    model = next((other.functions for other in ATTEMPTS if other.exercise == exercise), names)
    return tuple(vars(attempt).get(name, model[position]) for position, name in enumerate(names))
