"""The algebra of the list models, against scikit-learn, brute force, or each other, in float64."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics.pairwise import cosine_similarity

from course_lib.interactions import Interactions
from course_lib.models.lists import (
    EASE,
    GenreTaste,
    ImplicitALS,
    ItemKNN,
    MostPopular,
    RecencyEASE,
    UserKNN,
    UsersFromUsers,
    ials,
)
from course_lib.models.lists.base import inverse_by_cholesky
from course_lib.models.lists.order import follow, follow_counts, per_rating, recent
from tests.models.synthetic import small_movielens

DATA = small_movielens()
ROWS = DATA.interactions
STARS = ROWS.history().toarray().astype(np.float64)
EVERYONE = np.arange(DATA.n_users)


def test_inverse_by_cholesky_is_the_inverse_and_whole():
    half = np.random.default_rng(0).normal(size=(30, 30))
    matrix = half @ half.T + np.eye(30)
    np.testing.assert_allclose(inverse_by_cholesky(matrix.copy()), np.linalg.inv(matrix), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("weights", "target"), [("stars", None), ("watched", None), ("watched", "liked")])
def test_ease_is_the_same_solved_by_movies_or_by_users(weights, target):
    by_movies, by_users = (EASE(7.0, weights, target, side, dtype="float64").fit(ROWS) for side in ("movies", "users"))
    np.testing.assert_allclose(by_movies.score(EVERYONE), by_users.score(EVERYONE), atol=1e-10)
    someone_new = np.random.default_rng(1).integers(0, 6, (4, DATA.n_movies)).astype(np.float32)
    np.testing.assert_allclose(by_movies.score(None, someone_new), by_users.score(None, someone_new), atol=1e-10)


@pytest.mark.parametrize("target", ["watched", "liked"])
def test_each_column_of_ease_is_scikit_learns_ridge_on_the_other_movies(target):
    model = EASE(5.0, "watched", target, "movies", dtype="float64").fit(ROWS)
    x, y = (STARS > 0).astype(float), ((4 if target == "liked" else 0.5) <= STARS).astype(float)
    for movie in (0, 17):
        others = np.delete(np.arange(DATA.n_movies), movie)
        ridge = Ridge(alpha=5.0, fit_intercept=False).fit(x[:, others], y[:, movie])
        np.testing.assert_allclose(model.score(EVERYONE)[:, movie], x[:, others] @ ridge.coef_, atol=1e-8)


def test_users_from_users_is_scikit_learns_ridge_of_a_user_on_the_others():
    scores = UsersFromUsers(50.0).fit(ROWS).score(EVERYONE)
    others = np.delete(EVERYONE, 8)
    ridge = Ridge(alpha=50.0, fit_intercept=False).fit(STARS[others].T, STARS[8])
    np.testing.assert_allclose(scores[8], ridge.coef_ @ STARS[others], atol=1e-4)


def test_neighbours_without_shrinkage_are_scikit_learns_cosines():
    likeness = cosine_similarity(STARS) ** 3
    np.fill_diagonal(likeness, 0)
    np.testing.assert_allclose(UserKNN(0, 3, "stars").fit(ROWS).score(EVERYONE), likeness @ STARS, rtol=1e-4)
    likeness = cosine_similarity(STARS.T)
    np.fill_diagonal(likeness, 0)
    np.testing.assert_allclose(ItemKNN(0, None, "stars").fit(ROWS).score(EVERYONE), STARS @ likeness, rtol=1e-4)


def test_each_movie_gets_points_from_its_nearest_neighbours_only():
    every, nearest = (ItemKNN(5, n).fit(ROWS).likeness.toarray() for n in (None, 4))
    for movie in range(DATA.n_movies):
        kept = np.flatnonzero(nearest[:, movie])
        np.testing.assert_array_equal(nearest[kept, movie], every[kept, movie])
        assert len(kept) <= 4 and (np.delete(every[:, movie], kept) <= nearest[kept, movie].min(initial=1)).all()


def test_shrinkage_takes_more_from_those_with_little_in_common():
    """Movies 0 and 1 share their two viewers; 2 and 3, forty of forty-one."""
    users = np.concatenate([[0, 0, 1, 1], np.repeat(np.arange(2, 42), 2), [42]])
    movies = np.concatenate([[0, 1, 0, 1], np.tile([2, 3], 40), [2]])
    rows = Interactions(users, movies, 43, 4)
    plain, shrunk = (ItemKNN(shrink, None, "watched").fit(rows).likeness.toarray() for shrink in (0, 20))
    assert plain[0, 1] > plain[2, 3] and shrunk[0, 1] < shrunk[2, 3]


def test_most_popular_ranks_by_number_of_training_ratings():
    model = MostPopular().fit(Interactions(np.array([0, 1, 1]), np.array([2, 2, 0]), 2, 4))
    np.testing.assert_array_equal(model.score(np.array([0, 1])), [[1, 0, 2, 0]] * 2)


@pytest.mark.parametrize("n_factors", [3, 100])  # fewer and more than what the user saw: the two sides of the algebra
def test_implicit_als_weighs_what_was_not_seen_as_the_dense_regression_does(n_factors):
    model = ImplicitALS(n_factors, alpha=2.0, l2=4.0, n_sweeps=2).fit(ROWS)
    weights = 1 + 2.0 * ((STARS > 0) * 1.0 + (STARS >= 4))
    for user in (0, 13):
        assert (STARS[user] > 0).sum() >= 3 and (STARS[user] > 0).sum() < 100
        ridge = Ridge(alpha=4.0, fit_intercept=False)
        ridge.fit(model.movies, (STARS[user] > 0).astype(float), sample_weight=weights[user])
        np.testing.assert_allclose(model.users[user], ridge.coef_, rtol=1e-3, atol=1e-5)


def test_implicit_als_does_not_depend_on_how_many_rows_are_solved_at_once(monkeypatch):
    together = ImplicitALS(4, l2=2.0).fit(ROWS).users
    monkeypatch.setattr(ials, "SEEN_AT_ONCE", 3)  # less than one row's, too
    sizes = {len(rows) for rows in ials._alike(np.diff(ROWS.history().indptr))}
    assert sizes == {1}
    np.testing.assert_allclose(ImplicitALS(4, l2=2.0).fit(ROWS).users, together, rtol=1e-3, atol=1e-5)


def test_frequency_scaled_penalty_spares_who_saw_little():
    few, many = np.bincount(ROWS.users).argsort()[[0, -1]]
    norms = {power: np.linalg.norm(ImplicitALS(4, 2.0, 20.0, power).fit(ROWS).users, axis=1) for power in (0.0, 1.0)}
    assert norms[1.0][few] / norms[0.0][few] > norms[1.0][many] / norms[0.0][many]


def test_genre_taste_of_movies_without_genres_is_what_it_adds_to():
    nameless = replace(DATA, genres=np.full(DATA.n_movies, "(no genres listed)"))
    scores = GenreTaste(MostPopular()).fit(ROWS, nameless).score(np.array([1, 2]))
    assert scores.dtype == np.float32
    np.testing.assert_array_equal(scores, MostPopular().fit(ROWS).score(np.array([1, 2])))


def test_genre_taste_lifts_the_genre_a_user_sees_more_than_others_and_moves_nobody_new():
    model = GenreTaste(MostPopular(), strength=1.0, damping=2.0).fit(ROWS, DATA)
    popular = MostPopular().fit(ROWS)
    comedies = np.flatnonzero(DATA.genres == "Comedy")
    history = np.zeros((2, DATA.n_movies), np.float32)
    history[0, comedies[:6]] = 4
    lifted = model.score(None, history) - popular.score(None, history)
    assert lifted[0, comedies].min() > 0 > lifted[0, DATA.genres == "Drama"].max()
    np.testing.assert_allclose(lifted[1], 0, atol=1e-5)


def test_a_rating_is_worth_half_of_one_given_half_a_life_later():
    rows = Interactions(np.zeros(3), np.arange(3), 1, 3, np.array([4.0, 4, 2]), np.array([30, 10, 20]))
    np.testing.assert_allclose(recent(rows, 1).toarray(), [[4, 1, 1]])


def test_follow_counts_what_came_up_to_so_many_ratings_later_of_the_same_user():
    rows = Interactions(np.array([0, 0, 0, 1]), np.array([2, 0, 1, 3]), 2, 4, None, np.array([1, 2, 3, 4]))
    counts = follow(rows, 1, damping=0).toarray()
    np.testing.assert_array_equal(np.argwhere(counts), [[0, 1], [2, 0]])
    assert follow(rows, 2, damping=0).toarray()[2, 1] == 1
    pairs = follow_counts(rows, 1)
    assert per_rating(pairs + pairs.T, rows, damping=0).toarray()[1, 0] == 1


def test_recency_ease_is_ease_where_the_past_does_not_fade():
    model = RecencyEASE(50, half_life=1e9, follow_weight=0.0).fit(ROWS)
    np.testing.assert_allclose(model.score(EVERYONE), EASE(50).fit(ROWS).score(EVERYONE), atol=1e-4)


def test_top_movies_only_is_ease_on_them_and_the_rest_come_last():
    top = np.argsort(-np.bincount(ROWS.movies), kind="stable")[:15]
    scores = EASE(50, top=15).fit(ROWS).score(EVERYONE)
    inside = np.isin(ROWS.movies, top)
    few = Interactions(
        ROWS.users[inside], np.searchsorted(np.sort(top), ROWS.movies[inside]), DATA.n_users, 15, ROWS.values[inside]
    )
    np.testing.assert_allclose(scores[:, np.sort(top)], EASE(50).fit(few).score(EVERYONE), atol=1e-4)
    assert (np.delete(scores, top, axis=1).max(axis=1) < scores[:, top].min(axis=1)).all()
