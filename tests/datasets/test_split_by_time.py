"""The chronological split: nothing of the future in the training part."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from course_lib.datasets import split_by_time, split_last
from course_lib.errors import ArgumentError, DataError
from course_lib.interactions import Interactions


def data_at(timestamps):
    timestamps = np.asarray(timestamps, np.int64)
    return SimpleNamespace(ratings=np.zeros((len(timestamps), 3), np.float32), timestamps=timestamps)


def test_every_training_rating_is_older_than_every_hidden_one():
    data = data_at(np.random.default_rng(0).permutation(1000))
    train, valid = split_by_time(data, valid_fraction=0.3)
    assert data.timestamps[train].max() < data.timestamps[valid].min()
    assert (len(train), len(valid)) == (700, 300)


def test_indices_cover_the_data_once_and_keep_its_order():
    train, valid = split_by_time(data_at([50, 10, 40, 20, 30]), valid_fraction=0.4)
    assert (train.tolist(), valid.tolist()) == ([1, 3, 4], [0, 2])
    assert train.dtype == valid.dtype == np.int64


def test_ratings_of_the_same_second_stay_together():
    train, valid = split_by_time(data_at([1, 2, 2, 2, 2, 3]), valid_fraction=0.5)
    assert (train.tolist(), valid.tolist()) == ([0], [1, 2, 3, 4, 5])


def test_hidden_part_is_never_empty():
    assert split_by_time(data_at([1, 2, 3]), valid_fraction=0.01)[1].tolist() == [2]


@pytest.mark.parametrize("timestamps", [[7, 7, 7], []])
def test_data_without_a_past_are_refused(timestamps):
    with pytest.raises(DataError, match="anterior à data do corte"):
        split_by_time(data_at(timestamps))


def test_last_of_each_user_leaves_neither_part_empty(refused):
    data = Interactions(np.array([0, 0, 1]), np.array([0, 1, 2]), n_users=2, n_movies=3, times=np.array([2, 1, 5]))
    assert [part.tolist() for part in split_last(data, 0.5)] == [[1, 2], [0]]
    for fraction, empty in ((0.1, "a validação"), (0.9, "o treinamento")):
        with refused(f"the last {fraction} of very few", DataError, match=f"{empty} ficaria sem"):
            split_last(data, fraction)


@pytest.mark.parametrize("split", [split_by_time, split_last])
def test_interactions_are_split_and_what_has_no_dates_is_refused(refused, split):
    data = Interactions(np.zeros(4), np.arange(4), n_users=1, n_movies=4, times=np.array([3, 1, 2, 4]))
    assert [part.tolist() for part in split(data, 0.5)] == [[1, 2], [0, 3]]
    for undated, kind in ((np.zeros((4, 3), np.float32), "ndarray"), (replace(data, times=None), "Interactions")):
        with refused(f"{split.__name__} of {kind} without dates", DataError, match=f"{kind} sem o momento de cada"):
            split(undated)


@pytest.mark.parametrize("fraction", [0, 1, -0.1, "0.2", None])
def test_fraction_outside_0_to_1_is_refused(fraction):
    with pytest.raises(ArgumentError, match="entre 0 e 1"):
        split_by_time(data_at([1, 2, 3]), fraction)
