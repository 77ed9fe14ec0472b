"""The correction learns what the members miss, and only from ratings that they had not seen."""

import numpy as np
import pytest

from course_lib.interactions import Interactions
from course_lib.models.ensemble import Ensemble
from course_lib.models.stacked import Stacked

N = 20_000


class Constant:
    def __init__(self, value):
        self.value = value

    def predict(self, users, movies, times=None):
        return np.full(len(users), self.value, np.float32)


class KnowsItsRatings:
    """Right about the movies it was trained on, one star too low about the others."""

    def __init__(self, train):
        self.known = train.movies

    def predict(self, users, movies, times=None):
        return np.where(np.isin(movies, self.known), 3.0, 2.0).astype(np.float32)


def parity(users, movies, times=None):
    """A context of one number: whether the movie's index is odd."""
    return (np.asarray(movies) % 2)[:, None].astype(np.float32)


def known(stars):
    return Interactions(np.zeros(N, int), np.arange(N), 1, N, stars)


def test_what_the_context_tells_of_the_rest_is_added_to_the_average():
    def members(train, catalog, final):
        return Ensemble([Constant(1), Constant(5)]), parity

    stacked = Stacked(members, n_jobs=1).fit(known(np.where(np.arange(N) % 2, 4.0, 2.0)), None)
    prediction = stacked.predict([0, 0], [0, 1])
    assert prediction == pytest.approx([2, 4], abs=0.05) and prediction.dtype == np.float32
    assert stacked.predict([], []).shape == (0,)


def test_the_rest_is_what_the_members_of_each_fold_missed_not_the_final_ones():
    def members(train, catalog, final):
        return Ensemble([KnowsItsRatings(train)]), parity

    stacked = Stacked(members, n_jobs=1).fit(known(np.full(N, 3.0)), None)
    assert stacked.predict([0], [0]) > 3.7  # the final member errs by nothing here; those of the folds, by one star


def test_every_row_is_in_one_fold_and_its_members_did_not_see_it():
    seen = []

    def members(train, catalog, final):
        seen.append((final, set(train.movies.tolist())))
        return Ensemble([Constant(3)]), parity

    Stacked(members, n_folds=5, n_jobs=1).fit(known(np.full(N, 3.0)), None)
    folds = [set(range(N)) - rows for final, rows in seen if not final]
    assert [rows for final, rows in seen if final] == [set(range(N))]
    assert len(folds) == 5 and sum(map(len, folds)) == N and set().union(*folds) == set(range(N))
