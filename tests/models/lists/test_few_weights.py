"""A model small enough for a page: integers that float32 holds, and a list close to the whole model's."""

import copy

import numpy as np
import pytest
import scipy.sparse as sp

from course_lib import load_movielens, ranking_metrics
from course_lib.datasets import split_mask
from course_lib.errors import ArgumentError
from course_lib.models.lists import EASE, FewWeights, ItemKNN, MostPopular
from tests.models.synthetic import N_MOVIES, N_USERS, small_movielens

TRAIN = small_movielens().interactions
bases = pytest.mark.parametrize(
    "base", [EASE(50), EASE(5, "watched", "liked"), ItemKNN(20, None, "stars")], ids=["EASE", "to liked", "ItemKNN"]
)


@bases
def test_with_room_for_every_weight_it_orders_as_the_whole_model(base):
    users = np.arange(N_USERS)
    few, whole = FewWeights(base, N_MOVIES, N_MOVIES).fit(TRAIN), copy.copy(base).fit(TRAIN)
    points, known = few.score(users), whole.score(users)
    scale = (points * known).sum() / (known**2).sum()
    rounding = 0.5 * (TRAIN.history() if base.weights == "stars" else TRAIN.history() > 0).sum(axis=1) * 2
    assert scale > 0 and (np.abs(points - scale * known) <= 1.2 * rounding[:, None]).all()


@bases
def test_points_are_integers_exact_in_float32_whatever_was_seen(base):
    model = FewWeights(base, n_kept=30, n_weights=20).fit(TRAIN)
    everything = sp.csr_array(np.full((1, N_MOVIES), 5, np.float32))
    for history in (everything, TRAIN.history()):
        points = model.score(None, history)
        exact = history.toarray() if base.weights == "stars" else (history.toarray() > 0).astype(float)
        exact = (2 * exact).astype(object) @ model.matrix.toarray().astype(object)
        assert (points[:, model.movies] == exact[:, model.movies]).all()
    assert np.abs(model.weights).sum(axis=1).max() * 10 <= 2**24


def test_only_the_most_seen_movies_are_recommended():
    model = FewWeights(EASE(50), n_kept=12, n_weights=5).fit(TRAIN)
    seen = np.bincount(TRAIN.movies, minlength=N_MOVIES)
    assert len(model.movies) == 12 and seen[model.movies].min() >= np.delete(seen, model.movies).max()
    points = model.score(np.arange(20))
    assert (np.delete(points, model.movies, axis=1) < points[:, model.movies].min()).all()


def test_a_newcomer_with_the_history_of_a_user_gets_the_users_row():
    model = FewWeights(EASE(50), 30, 8).fit(TRAIN)
    assert np.array_equal(model.score(None, TRAIN.history([4, 11])), model.score([4, 11]))


def test_the_base_stays_as_it_was():
    base = EASE(50, side="users", top=7)
    before = dict(vars(base))
    FewWeights(base, 30, 8).fit(TRAIN)
    assert vars(base) == before


@pytest.mark.parametrize("arguments", [(MostPopular(),), (EASE(), 0), (EASE(), 5, 0)])
def test_what_is_not_item_to_item_or_keeps_nothing_is_refused(refused, arguments):
    with refused(
        f"FewWeights{arguments[1:]} of {type(arguments[0]).__name__}", ArgumentError, match="maiores que zero"
    ):
        FewWeights(*arguments)


def test_a_hundred_weights_a_movie_keep_most_of_what_the_whole_model_gains():
    """NDCG@10 measured: 0.2897, of the whole model's 0.3090."""
    data = load_movielens()
    mask = split_mask(len(data.ratings), seed=42)
    train, test = data.select(mask), data.select(~mask)
    whole, few = (ranking_metrics(m.fit(train), train, test)["ndcg"] for m in (EASE(), FewWeights(EASE())))
    assert 0.92 * whole < few < whole
