import numpy as np
import pytest
import torch
from sklearn.metrics import mean_absolute_error, mean_squared_error, root_mean_squared_error

from course_lib import mae, mse, rmse
from course_lib.errors import ArgumentError, ShapeMismatchError


def test_errors_are_those_computed_by_hand():
    prediction, target = [3.0, 4.0, 5.0], [3.0, 2.0, 1.0]
    assert mse(prediction, target) == pytest.approx(20 / 3)
    assert rmse(prediction, target) == pytest.approx((20 / 3) ** 0.5)
    assert mae(prediction, target) == pytest.approx(2.0)


def test_errors_agree_with_scikit_learn_for_tensors_and_arrays():
    rng = np.random.default_rng(0)
    prediction, target = rng.normal(size=(100, 1)), rng.normal(size=(100, 1))
    for ours, theirs in ((mse, mean_squared_error), (rmse, root_mean_squared_error), (mae, mean_absolute_error)):
        assert ours(prediction, target) == pytest.approx(theirs(target, prediction))
        assert ours(torch.tensor(prediction), torch.tensor(target)) == pytest.approx(theirs(target, prediction))


def test_a_prediction_in_bfloat16_which_numpy_does_not_know_is_measured_too():
    assert rmse(torch.tensor([3.0, 4.0], dtype=torch.bfloat16), torch.tensor([3.0, 2.0])) == pytest.approx(2**0.5)


@pytest.mark.parametrize("metric", [mse, rmse, mae])
def test_different_shapes_are_refused_not_broadcast(refused, metric):
    with refused(f"{metric.__name__} of (4,) against (4, 1)", ShapeMismatchError, match=r"\(n, n\)"):
        metric(torch.zeros(4), torch.zeros(4, 1))


def test_error_of_nothing_is_refused(refused):
    with refused("rmse of no rating", ArgumentError, match="zero avaliações"):
        rmse([], [])
