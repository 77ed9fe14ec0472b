"""What every list model must do. A new one joins with one line in MODELS."""

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from course_lib.errors import ArgumentError, DataError, IdOutOfRangeError, NonFiniteError, ShapeMismatchError
from course_lib.interactions import Interactions
from course_lib.models import lists
from course_lib.models.contract import Model
from course_lib.models.lists.order import pieces
from course_lib.models.lists.rerank import compared
from tests.models.synthetic import N_MOVIES, N_USERS, small_movielens, split_mask

DATA = small_movielens()
TRAIN = DATA.interactions.select(split_mask(DATA))
MODELS = {
    "MostPopular": lists.MostPopular,
    "UserKNN": lists.UserKNN,
    "ItemKNN": lists.ItemKNN,
    "ItemKNN of all neighbours": lambda: lists.ItemKNN(20, None, "stars", "liked"),
    "EASE": lambda: lists.EASE(50),
    "EASE by users": lambda: lists.EASE(50, side="users"),
    "EASE by movies": lambda: lists.EASE(50, side="movies"),
    "EASE watched to liked": lambda: lists.EASE(5, "watched", "liked"),
    "FewWeights of EASE": lambda: lists.FewWeights(lists.EASE(50), 30, 8),
    "FewWeights of ItemKNN": lambda: lists.FewWeights(lists.ItemKNN(), 30, 8),
    "UsersFromUsers": lambda: lists.UsersFromUsers(50),
    "GenreTaste": lambda: lists.GenreTaste(lists.EASE(50)),
    "ImplicitALS": lambda: lists.ImplicitALS(4, l2=2),
    "RecencyEASE": lambda: lists.RecencyEASE(50),
    "ReRanker": lambda: lists.ReRanker(n_candidates=20),
    "ReRanker on last": lambda: lists.ReRanker("last", n_parts=1, n_candidates=20),
}
READS_ORDER = {"RecencyEASE", "ReRanker", "ReRanker on last"}  # what a history alone does not tell
HAS_TWINS = {"UserKNN", "UsersFromUsers"}  # a known user shown as a new one meets himself


@pytest.fixture(scope="module", params=MODELS)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def model(name):
    return MODELS[name]().fit(TRAIN, DATA)


def test_it_keeps_the_contract_and_scores_every_movie_of_every_user(model):
    assert isinstance(model, Model)
    scores = model.score(np.arange(N_USERS))
    assert scores.shape == (N_USERS, N_MOVIES) and scores.dtype == np.float32 and np.isfinite(scores).all()


def test_the_order_of_the_users_asked_is_the_order_of_the_rows(model):
    scores = model.score(np.array([7, 2, 7]))
    np.testing.assert_allclose(scores, model.score(np.arange(N_USERS))[[7, 2, 7]], rtol=1e-4, atol=1e-4)


def test_nobody_asked_nobody_answered(model):
    assert model.score(np.array([], np.int64)).shape == (0, N_MOVIES)
    assert model.score(None, sp.csr_array((0, N_MOVIES), dtype=np.float32)).shape == (0, N_MOVIES)


@pytest.mark.parametrize("user", [-1, N_USERS])
def test_an_unknown_user_is_refused_and_told_how_to_come_in(model, user):
    with pytest.raises(IdOutOfRangeError, match=r"score\(None, history\)"):
        model.score(np.array([0, user]))


@pytest.mark.parametrize("users", [np.ones(N_USERS, bool), [0.5]])
def test_a_mask_or_a_fraction_is_no_user(model, users):
    with pytest.raises(ArgumentError, match="users"):
        model.score(users)


def test_a_history_of_other_movies_or_without_numbers_is_refused(model):
    with pytest.raises(ShapeMismatchError, match=f"U, {N_MOVIES}"):
        model.score(None, np.ones((1, N_MOVIES + 1), np.float32))
    with pytest.raises(NonFiniteError, match="nan"):
        model.score(None, np.full((1, N_MOVIES), np.nan, np.float32))


def test_a_zero_written_in_a_history_is_a_movie_not_seen(model):
    history = TRAIN.history(np.array([3]))
    written = history.copy()
    written[[0], [int(np.setdiff1d(np.arange(N_MOVIES), history.indices)[0])]] = 1
    written.data[written.data == 1] = 0
    history.data[history.data == 1] = 0
    np.testing.assert_allclose(model.score(None, written), model.score(None, history.toarray()), atol=1e-5)


def test_a_known_users_history_scores_as_the_user(name, model):
    if name in READS_ORDER | HAS_TWINS:
        pytest.skip("lê a ordem, ou encontra a si mesmo entre os vizinhos")
    users = np.array([3, 11])
    np.testing.assert_allclose(model.score(None, TRAIN.history(users)), model.score(users), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", sorted(HAS_TWINS))
def test_a_user_scores_as_one_who_came_after_the_rest(name):
    known = MODELS[name]().fit(TRAIN).score(np.array([6]))
    without = MODELS[name]().fit(TRAIN.select(TRAIN.users != 6))
    np.testing.assert_allclose(without.score(None, TRAIN.history(np.array([6]))), known, rtol=1e-3, atol=1e-4)


def test_who_has_no_history_and_a_movie_without_ratings_still_get_finite_scores(name):
    train = TRAIN.select((TRAIN.users != 2) & (TRAIN.movies != 5))
    model = MODELS[name]().fit(train, DATA)
    assert np.isfinite(model.score(np.arange(N_USERS))).all()
    assert np.isfinite(model.score(None, np.zeros((1, N_MOVIES), np.float32))).all()


def test_it_survives_pickling_and_copying(model):
    users = np.array([1, 4])
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        np.testing.assert_array_equal(other.score(users), model.score(users))


def test_fitting_again_gives_the_same(name, model):
    np.testing.assert_array_equal(MODELS[name]().fit(TRAIN, DATA).score(np.arange(5)), model.score(np.arange(5)))


def test_one_rating_and_all_ratings_equal(name):
    one = TRAIN.select(np.flatnonzero(TRAIN.values >= 4)[:1])
    if name.startswith("ReRanker"):
        with pytest.raises(ArgumentError, match="são de menos"):
            MODELS[name]().fit(one, DATA)
    else:
        assert np.isfinite(MODELS[name]().fit(one, DATA).score(np.array([0, 1]))).all()
    equal = replace(TRAIN, values=np.full(len(TRAIN), 4, np.float32))
    assert np.isfinite(MODELS[name]().fit(equal, DATA).score(np.array([0, 1]))).all()


def test_hidden_labels_and_rows_do_not_move_any_score(name, model):
    """Overwrite every hidden label, drop half of the hidden rows: the same training rows give the same scores."""
    kept = split_mask(DATA)
    hidden = np.flatnonzero(~kept)
    ratings = DATA.ratings.copy()
    ratings[hidden, 2] = 5.5 - ratings[hidden, 2]
    rows = np.ones(len(ratings), bool)
    rows[hidden[::2]] = False
    tampered = replace(DATA, ratings=ratings[rows], timestamps=DATA.timestamps[rows].copy())
    train = tampered.interactions.select(kept[rows])
    np.testing.assert_array_equal(MODELS[name]().fit(train, tampered).score(np.arange(9)), model.score(np.arange(9)))


def test_repeated_pairs_are_refused(name):
    with pytest.raises(DataError, match="mais de uma vez"):
        MODELS[name]().fit(TRAIN.select(np.array([0, 1, 1])), DATA)


def test_the_shared_history_is_left_as_it_was(name):
    train = TRAIN.select(np.arange(len(TRAIN)))
    before = train.history().copy()
    MODELS[name]().fit(train, DATA).score(np.arange(4))
    assert (train.history() != before).nnz == 0 and train.history().nnz == before.nnz


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: lists.EASE(0), "l2=0"),
        (lambda: lists.EASE(-1), "l2=-1"),
        (lambda: lists.EASE(1, "estrelas"), "'watched', 'liked', 'stars'"),
        (lambda: lists.EASE(1, side="filmes"), "side='filmes'"),
        (lambda: lists.UsersFromUsers(0), "l2=0"),
        (lambda: lists.UserKNN(shrink=-1), "shrink=-1"),
        (lambda: lists.UserKNN(power=0), "power=0"),
        (lambda: lists.ItemKNN(n_neighbours=0), "n_neighbours=0"),
        (lambda: lists.GenreTaste(damping=0), "damping=0"),
        (lambda: lists.ImplicitALS(l2=0), "l2=0"),
        (lambda: lists.RecencyEASE(half_life=0), "half_life=0"),
        (lambda: lists.ReRanker("tudo"), "hide='tudo'"),
        (lambda: lists.GenreTaste().fit(TRAIN, None), "catalog"),
        (lambda: lists.RecencyEASE().fit(replace(TRAIN, times=None)), "data de cada avaliação"),
        (lambda: lists.ReRanker().fit(replace(TRAIN, times=None), DATA), "o ReRanker precisa da data de cada"),
        (lambda: lists.ReRanker("last").fit(replace(TRAIN, times=None), DATA), "train_model.*data, train"),
        (lambda: lists.ReRanker().fit(TRAIN, None), "notas e o catálogo"),
        (lambda: lists.EASE(1, "liked").fit(replace(TRAIN, values=np.full(len(TRAIN), 3.0))), "4 estrelas"),
    ],
)
def test_what_makes_no_sense_is_refused_saying_what_to_do(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()


def test_a_table_too_large_is_refused_before_it_is_made_and_says_how_many_movies_fit():
    rows = Interactions(np.arange(3), np.array([0, 1, 499_999]), 400_000, 500_000, np.full(3, 4.0))
    with pytest.raises(ArgumentError, match=r"top=\d+"):
        lists.EASE().fit(rows)
    assert lists.EASE(1, top=2).fit(rows).score(np.array([0])).shape == (1, 500_000)


def test_the_reranker_leaves_movies_of_one_or_two_ratings_to_the_end():
    n_ratings = np.bincount(TRAIN.movies, minlength=N_MOVIES)
    train = TRAIN.select((TRAIN.movies != 7) | (np.cumsum(TRAIN.movies == 7) <= 2))
    scores = lists.ReRanker(n_candidates=20).fit(train, DATA).score(np.arange(N_USERS))
    rare = (n_ratings < 3) | (np.arange(N_MOVIES) == 7)
    assert rare.sum() >= 2 and (scores[:, rare].max(axis=1) < scores[:, ~rare].min(axis=1)).all()


def test_what_the_reranker_compares_differs_from_person_to_person_by_nothing_but_the_candidates():
    inputs = np.random.default_rng(0).normal(size=(3, 5, 2))
    np.testing.assert_allclose(compared(inputs), compared(inputs + np.arange(3)[:, None, None]), atol=1e-12)


def test_pieces_are_consecutive_ratings_of_one_person():
    rows = Interactions(np.array([1, 0, 1, 1, 3]), np.array([4, 2, 0, 1, 2]), 4, 5, times=np.array([3, 9, 1, 2, 5]))
    found = pieces(rows, 2)
    assert [set(found.movies[found.users == piece]) for piece in range(found.n_users)] == [{2}, {0, 1}, {4}, {2}]
    assert pieces(rows, 10).n_users == 3 and pieces(rows.select(rows.users == 2), 10).n_users == 0


def test_last_mask_hides_the_most_recent_fifth_of_each_user():
    kept = ~DATA.interactions.last_of_each(0.2)
    times, users = DATA.interactions.times, DATA.interactions.users
    for user in range(N_USERS):
        own = users == user
        assert times[own & kept].max() <= times[own & ~kept].min()
        assert (own & ~kept).sum() == round(own.sum() * 0.2)
