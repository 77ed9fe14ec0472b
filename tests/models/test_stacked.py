"""The correction learns what the members miss, and only from ratings that they had not seen."""

from types import SimpleNamespace

import numpy as np
import pytest

from course_lib.models.ensemble import Ensemble
from course_lib.models.stacked import Stacked
from course_lib.recipes import train_model

from .synthetic import assert_hidden_rows_do_not_matter

N = 20_000


class Constant:
    def __init__(self, value):
        self.value = value

    def predict(self, users, movies, timestamps=None):
        return np.full(len(users), self.value, np.float32)


def parity(users, movies, timestamps=None):
    """A context of one number: whether the movie's index is odd."""
    return (np.asarray(movies) % 2)[:, None].astype(np.float32)


def known(ratings):
    return SimpleNamespace(users=np.zeros(N, int), movies=np.arange(N), timestamps=None, ratings=ratings)


def test_what_the_context_tells_of_the_rest_is_added_to_the_average():
    rows = known(np.where(np.arange(N) % 2, 4.0, 2.0).astype(np.float32))
    members = [Constant(1), Constant(5)]
    fold = Stacked(Ensemble(members), parity)
    prediction = Stacked(Ensemble(members), parity).fit([fold.lesson(rows)]).predict([0, 0], [0, 1])
    assert prediction == pytest.approx([2, 4], abs=0.05) and prediction.dtype == np.float32


def test_the_rest_is_what_the_members_of_each_fold_missed_not_the_final_ones():
    rows = known(np.full(N, 3.0, np.float32))
    lessons = [Stacked(Ensemble([Constant(value)]), parity).lesson(rows) for value in (1.5, 2.5)]
    stacked = Stacked(Ensemble([Constant(3)]), parity).fit(lessons)  # the final member already knows the ratings
    assert stacked.predict([0], [0]) > 3.3


def test_hidden_rows_do_not_leak():
    def fit_and_predict(data, train, users, movies, timestamps):
        fitted = train_model("ensemble", data, train, use_time=True, n_epochs=1, device="cpu")
        return fitted.predict(users, movies, timestamps)

    assert_hidden_rows_do_not_matter(fit_and_predict)
