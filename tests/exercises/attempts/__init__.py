"""Attempts at the exercises: right ones in different styles, and mistakes that students really make."""

from tests.exercises.attempts import (  # noqa: F401
    basics,
    care,
    lists,
    models,
    ndcg,
    new_user,
    recommendations,
    splits,
)
from tests.exercises.attempts.registry import ATTEMPTS, Attempt

__all__ = ["ATTEMPTS", "Attempt"]
