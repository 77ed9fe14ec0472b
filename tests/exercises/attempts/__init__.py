"""Attempts at the exercises: right ones in different styles, and mistakes that students really make."""

from tests.exercises.attempts import (  # noqa: F401
    bias_table,
    biased_dot,
    broadcasting,
    count_parameters,
    density,
    epoch_loss,
    mse_rmse,
    neighbours,
    new_user,
    one_rating,
    recommend,
    reindex,
    split,
)
from tests.exercises.attempts.registry import ATTEMPTS, Attempt

__all__ = ["ATTEMPTS", "Attempt"]
