"""Tables of attempts, written as small pieces of code: whole answers, and changes made to a right one."""

import linecache
import math
import random
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import nn

import course_lib
from course_lib.exercises import EXERCISES

Text = str | Mapping[str, str]
Change = tuple[str, ...]
NAMES = {"np": np, "pd": pd, "torch": torch, "nn": nn, "math": math, "random": random, "course_lib": course_lib}


@dataclass(frozen=True)
class Attempt:
    """One attempt; `hint` is None for a right one, else the key of the hint it must get.

    `also` are the hints that it may get in other checks; `deceives` marks a mistake that the visible checks cannot
    show (they may all pass).
    """

    exercise: str
    name: str
    functions: tuple[Callable, ...]
    hint: str | None = None
    also: frozenset[str] = frozenset()
    deceives: bool = False

    def __str__(self) -> str:
        return f"{self.exercise}-{self.name}"


ATTEMPTS: list[Attempt] = []


def attempts(
    exercise: str,
    arguments: str,
    right: Sequence[Text],
    wrong: Mapping[str, Sequence[Text | Change]],
    deceives: Mapping[str, Sequence[Text | Change]] | None = None,
    **names,
) -> None:
    """Register the attempts at an exercise.

    An attempt is the body of the function, or an expression to return; where the exercise asks for two functions, a
    mapping of name to body, and what it lacks is taken from the first right one. A tuple (old, new, old, new…) is the
    first right one with these changes.

    Args:
        arguments: of each function.
        wrong, deceives: hint -> attempts that must get it; after a space, other hints that they may get too.
        names: what the code may use, besides `NAMES`.
    """
    model = _bodies(exercise, right[0])
    for number, text in enumerate(right):
        _register(exercise, arguments, f"right-{number}", _bodies(exercise, text), names)
    for table, deceiving in ((wrong, False), (deceives or {}, True)):
        for hints, entries in table.items():
            hint, *also = hints.split()
            for number, entry in enumerate(entries):
                bodies = _changed(model, entry) if isinstance(entry, tuple) else model | _bodies(exercise, entry)
                name = f"{hint}-{'unseen-' * deceiving}{number}"
                _register(exercise, arguments, name, bodies, names, hint, frozenset(also), deceiving)


def _bodies(exercise: str, text: Text) -> dict[str, str]:
    return dict(text) if isinstance(text, Mapping) else {EXERCISES[exercise].functions[0]: text}


def _changed(model: Mapping[str, str], change: Change) -> dict[str, str]:
    changed = dict(model)
    for old, new in zip(change[::2], change[1::2], strict=True):
        before = dict(changed)
        changed = {name: body.replace(old, new) for name, body in changed.items()}
        assert changed != before, f"{old!r} is not in {model}"
    return changed


def _register(exercise, arguments, name, bodies, names, *about) -> None:
    lines = []
    for function in EXERCISES[exercise].functions:
        body = textwrap.dedent(bodies[function]).strip("\n")
        simple = "\n" not in body and not body.startswith(("return ", "raise "))
        lines += [f"def {function}({arguments}):", textwrap.indent(f"return {body}" if simple else body, "    ")]
    source, place = "\n".join(lines) + "\n", f"<{exercise}-{name}>"
    linecache.cache[place] = (len(source), None, source.splitlines(keepends=True), place)  # errors show their line
    namespace = NAMES | names
    exec(compile(source, place, "exec"), namespace)
    functions = tuple(namespace[function] for function in EXERCISES[exercise].functions)
    ATTEMPTS.append(Attempt(exercise, name, functions, *about))
