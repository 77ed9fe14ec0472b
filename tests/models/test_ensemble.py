import numpy as np
import pytest

from course_lib.errors import ArgumentError
from course_lib.models.ensemble import Ensemble
from course_lib.models.kernel import KernelModel


class Constant:
    def __init__(self, value):
        self.value = value

    def predict(self, users, movies, timestamps=None):
        return np.full(len(users), self.value, np.float32)


class Noisy:
    """The truth (4 stars) with errors of its own."""

    def __init__(self, seed):
        self.errors = np.random.default_rng(seed)

    def predict(self, users, movies, timestamps=None):
        return (4 + self.errors.normal(0, 1, len(users))).astype(np.float32)


def test_equal_weights_give_the_mean():
    assert Ensemble([Constant(2), Constant(5)]).predict([0, 1], [0, 1]).tolist() == [3.5, 3.5]


def test_weights_are_divided_by_their_sum():
    prediction = Ensemble([Constant(1), Constant(5)], weights=[3, 1]).predict([0], [0])
    assert prediction.tolist() == [2.0] and prediction.dtype == np.float32


def test_unlike_errors_cancel_as_the_docstring_says():
    pairs = np.zeros(20_000, int)
    error = Ensemble([Noisy(seed) for seed in range(4)]).predict(pairs, pairs) - 4
    assert error.std() == pytest.approx(1 / 2, rel=0.03)


def test_members_get_the_timestamps():
    class Clock:
        use_time = True

        def predict(self, users, movies, timestamps=None):
            return np.asarray(timestamps, np.float32)

    assert Ensemble([Clock()]).predict([0], [0], [3]).tolist() == [3.0]


@pytest.mark.parametrize(
    "members, weights", [([], None), ([Constant(1)], [1, 2]), ([Constant(1)], [0]), ([Constant(1)], [-1])]
)
def test_no_members_or_useless_weights_are_refused(refused, members, weights):
    with refused(f"ensemble of {len(members)} with weights {weights}", ArgumentError, match="peso"):
        Ensemble(members, weights)


def test_it_uses_the_time_if_a_member_does():
    assert Ensemble([Constant(2), Ensemble([KernelModel(use_time=True)])]).use_time
    assert not Ensemble([Constant(2), KernelModel()]).use_time


def test_each_gives_the_members_side_by_side():
    ensemble = Ensemble([Constant(2), Ensemble([Constant(3), Constant(5)])], weights=[1, 3])
    each = ensemble.each([0, 1], [0, 1])
    assert each.tolist() == [[2, 4], [2, 4]]
    assert ensemble.average(each).tolist() == [3.5, 3.5]
