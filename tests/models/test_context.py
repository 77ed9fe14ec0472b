from dataclasses import replace

import numpy as np
import pytest
import torch

from course_lib.errors import ArgumentError
from course_lib.models.context import GROUPS, Context
from course_lib.models.context_net import ContextNet
from course_lib.models.features import movie_features
from course_lib.trainer import DeepNetTrainer

from .synthetic import block_movielens, learn, small_movielens, split_mask

TIME = pytest.mark.parametrize("use_time", [False, True])


def pair_of(data, row):
    return data.ratings[[row], 0].astype(np.int64), data.ratings[[row], 1].astype(np.int64), data.timestamps[[row]]


def build(data, train, use_time=False, **options) -> ContextNet:
    torch.manual_seed(0)
    return ContextNet(
        Context(data.select(train), data, use_time), movie_features(data), n_hidden=(8, 4), n_factors=4, **options
    )


@TIME
def test_a_known_pair_has_the_context_it_would_have_if_it_were_hidden(use_time):
    data = small_movielens()
    everything = np.arange(len(data.ratings))
    whole = Context(data.select(everything), data, use_time)
    for row in (0, 50, 123, 300):
        without = Context(data.select(np.delete(everything, row)), data, use_time)
        known, hidden = whole(*pair_of(data, row)), without(*pair_of(data, row))
        assert known == pytest.approx(hidden, abs=0.002)  # the global mean moves a little


@TIME
def test_the_label_of_a_pair_does_not_enter_its_own_context(use_time):
    data = small_movielens()
    train = np.arange(len(data.ratings))
    before = Context(data.select(train), data, use_time)(*data.ratings[:, :2].astype(np.int64).T, data.timestamps)
    row = 7
    user, movie = data.ratings[row, :2]
    strangers = ~np.isin(data.ratings[:, 1], data.ratings[data.ratings[:, 0] == user, 1])
    strangers &= ~np.isin(data.ratings[:, 0], data.ratings[data.ratings[:, 1] == movie, 0])
    other = np.flatnonzero(strangers)[0]  # takes the opposite change, so that the global mean stays
    ratings = data.ratings.copy()
    step = 2 if ratings[row, 2] < 3 else -2
    ratings[row, 2] += step
    ratings[other, 2] -= step
    after = Context(replace(data, ratings=ratings).select(train), replace(data, ratings=ratings), use_time)(
        *ratings[:, :2].astype(np.int64).T, data.timestamps
    )
    assert after[row] == pytest.approx(before[row], abs=1e-5)
    assert np.abs(after - before).max() > 0.1


def test_columns_of_the_movie_are_those_computed_in_loops():
    data = small_movielens()
    train = split_mask(data)
    context = Context(data.select(train), data, groups=("movie",))
    known = data.ratings[train].astype(np.float64)
    n_raters = {m: np.sum(known[:, 1] == m) for m in range(data.n_movies)}
    seen = {u: set(known[known[:, 0] == u, 1].astype(int)) for u in range(data.n_users)}
    mean = known[:, 2].mean()
    bias = {u: (known[known[:, 0] == u, 2] - mean).sum() / (len(seen[u]) + 5) for u in seen}
    for user, movie, _ in [*known[:5], *data.ratings[~train][:5]]:
        user, movie = int(user), int(movie)

        def size(films, movie=movie):
            return sum(1 / n_raters[m] for m in films if m != movie)

        total = weights = 0.0
        others = [(int(v), r) for v, m, r in known if int(m) == movie and int(v) != user]
        for v, rating in others:
            weight = size(seen[user] & seen[v]) / np.sqrt((size(seen[user]) + 0.01) * (size(seen[v]) + 0.01))
            weights, total = weights + weight, total + weight * (rating - mean - bias[v])
        row = context([user], [movie])[0]
        assert row[0] == pytest.approx(total / (weights + 0.3), abs=1e-4)
        assert row[1] == pytest.approx(np.log1p(5 * weights), abs=1e-4)
        assert row[4] == pytest.approx(np.log1p(len(others)), abs=1e-5)


def test_groups_choose_the_columns():
    data = small_movielens()
    train = split_mask(data)
    widths = [
        Context(data.select(train), data, use_time=True, groups=(group,))([0], [1], [10**9]).shape[1]
        for group in GROUPS
    ]
    assert Context(data.select(train), data, use_time=True)([0], [1], [10**9]).shape[1] == sum(widths)
    assert Context(data.select(train), data)([0], [1]).shape[1] == sum(widths) - widths[GROUPS.index("moment")]


def test_a_user_and_a_movie_without_ratings_have_a_finite_context():
    data = small_movielens()
    train = (data.ratings[:, 0] != 2) & (data.ratings[:, 1] != data.n_movies - 1)
    assert np.isfinite(
        Context(data.select(train), data, True)([2, 2, 0], [0, data.n_movies - 1, data.n_movies - 1], [10**9] * 3)
    ).all()


def test_training_pairs_need_no_timestamp_and_others_do(refused):
    data = small_movielens()
    train = split_mask(data)
    net = build(data, train, use_time=True).eval()
    known, times = torch.from_numpy(data.ratings[train, :2].astype(np.int64)), torch.from_numpy(data.timestamps[train])
    assert torch.allclose(net(known), net(torch.cat([known, times[:, None]], dim=1)))
    with refused("context net with time asked about a new pair without timestamp", ArgumentError, match="timestamps"):
        net(torch.from_numpy(data.ratings[~train, :2].astype(np.int64)))


def test_the_twin_that_sees_the_movie_has_as_many_inputs_more_as_factors():
    data = small_movielens()
    nets = [build(data, split_mask(data), sees_movie=sees_movie) for sees_movie in (False, True)]
    assert nets[1].mlp[0].in_features - nets[0].mlp[0].in_features == 4


def test_columns_that_do_not_vary_in_training_do_not_blow_up_the_prediction():
    data, train = block_movielens()
    net = learn(build(data, train), data.ratings[train])
    with torch.no_grad():
        rows = net.predict_all(torch.arange(data.n_users))
    assert rows.abs().max() < 10


def test_network_of_another_context_with_as_many_columns_has_another_fingerprint():
    def fingerprint(groups):
        data, train = small_movielens(), split_mask(small_movielens())
        net = ContextNet(Context(data.select(train), data, groups=groups), movie_features(data))
        return DeepNetTrainer(net, torch.nn.MSELoss(), torch.optim.Adam(net.parameters()), device="cpu").fingerprint

    genre, audience = (fingerprint((group, "user", "movie")) for group in ("genre", "audience"))
    assert {name for name in genre if genre[name] != audience[name]} == {"modelo.groups"}
