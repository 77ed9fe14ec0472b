"""The list a user sees: against scikit-learn, and against answers written down by hand."""

import time

import numpy as np
import pytest
from sklearn.metrics import ndcg_score, precision_score, recall_score

from course_lib.analysis.confidence import interval, paired_difference
from course_lib.analysis.ranking import (
    as_interactions,
    calibration,
    diversity,
    metrics_by_user,
    ndcg,
    popularity_percentile,
    ranking_metrics,
    recommendations,
)
from course_lib.errors import ArgumentError, DataError, NonFiniteError
from course_lib.interactions import Interactions
from course_lib.models.lists import EASE
from course_lib.recipes import RECIPES, train_model
from tests.models.synthetic import small_movielens, split_mask

N_USERS, N_MOVIES = 12, 60


class Fixed:
    """Predicts the given matrix."""

    def __init__(self, scores):
        self.scores = np.asarray(scores, np.float32)

    def score(self, users, history=None):
        return self.scores[users]


def rows(*triples):
    return np.array(triples, np.float32).reshape(-1, 3)


def seen(*triples, n_users=3, n_movies=5):
    return Interactions.from_rows(rows(*triples), n_users, n_movies)


@pytest.fixture
def ratings():
    """Random ratings, half to learn from and half hidden; distinct scores."""
    rng = np.random.default_rng(1)
    users, movies = np.nonzero(rng.random((N_USERS, N_MOVIES)) < 0.5)
    table = np.column_stack([users, movies, rng.integers(1, 6, len(users))]).astype(np.float32)
    hidden = rng.random(len(table)) < 0.5
    return table[~hidden], table[hidden], rng.normal(size=(N_USERS, N_MOVIES)).astype(np.float32)


def per_user(ratings):
    """For each user with a relevant hidden movie: 0/1 relevance and score of each candidate."""
    train, valid, scores = ratings
    for user in range(N_USERS):
        candidates = np.setdiff1d(np.arange(N_MOVIES), train[train[:, 0] == user, 1])
        liked = valid[(valid[:, 0] == user) & (valid[:, 2] >= 4), 1]
        relevant = np.isin(candidates, liked).astype(int)
        if relevant.any():
            yield relevant, scores[user, candidates]


@pytest.mark.parametrize("k", [1, 5, 10])
def test_ndcg_precision_and_recall_equal_scikit_learns(ratings, k):
    train, valid, scores = ratings
    measured = ranking_metrics(Fixed(scores), train, valid, N_MOVIES, k=k)
    ndcgs, precision, recall = [], [], []
    for relevant, score in per_user(ratings):
        listed = (np.argsort(np.argsort(-score)) < k).astype(int)
        ndcgs.append(ndcg_score([relevant], [score], k=k))
        precision.append(precision_score(relevant, listed))
        recall.append(recall_score(relevant, listed))
    expected = {"ndcg": np.mean(ndcgs), "precision": np.mean(precision), "recall": np.mean(recall)}
    assert {name: measured[name] for name in expected} == pytest.approx(expected)


def test_every_metric_by_hand():
    """User 0 knows movie 0; gets 1, 2 and misses 3. User 1 knows 0 and 1; gets 2, 3. User 2 liked nothing: left out."""
    train = rows([0, 0, 5], [1, 0, 3], [1, 1, 3], [2, 4, 2])
    valid = rows([0, 2, 4], [0, 3, 5], [0, 1, 2], [1, 3, 4.5], [2, 3, 1])
    scores = [[9, 5, 4, 3, 2], [9, 8, 4, 3, 2], [1, 2, 3, 4, 5]]
    second = 1 / np.log2(3)
    assert ranking_metrics(Fixed(scores), train, valid, n_movies=5, k=2) == pytest.approx(
        {
            "precision": 2 / 4,
            "recall": (1 / 2 + 1) / 2,
            "ndcg": (second / (1 + second) + second / 1) / 2,
            "mrr": 1 / 2,
            "hit_rate": 1,
            "liked": 2 / 3,
            "coverage": 3 / 5,
            # ratings per movie 2, 1, 0, 0, 1: percentiles 0.9, 0.6, 0.2, 0.2, 0.6
            "popularity": (0.6 + 0.2 + 0.2 + 0.2) / 4,
            "novelty": np.log2(3),  # a movie nobody saw counts as seen once, by one user in three
        }
    )


def test_mrr_is_the_inverse_of_the_first_hits_position_and_zero_without_one():
    train, valid = seen([0, 0, 5], [1, 0, 5]), seen([0, 3, 5], [1, 4, 5])
    by_user = metrics_by_user(Fixed([[0, 9, 8, 7, 6], [0, 9, 8, 7, 6]]), train, valid, k=3)
    assert by_user["mrr"].tolist() == [pytest.approx(1 / 3), 0]
    assert by_user["hit_rate"].tolist() == [1, 0]


def test_diversity_is_one_minus_the_mean_cosine_between_pairs_of_the_list():
    genres = np.array([[1, 0], [1, 0], [0, 1], [0.6, 0.8]], np.float32)
    pairs = 1 - np.array([1, 0, 0.6, 0, 0.6, 0.8]).mean()
    np.testing.assert_allclose(diversity(np.array([[0, 1, 2, 3], [0, 1, 0, 1]]), genres), [pairs, 0], atol=1e-7)
    assert np.isnan(diversity(np.array([[0]]), genres)).all()


def test_calibration_is_zero_for_a_list_like_the_history_and_kullback_leibler_otherwise():
    genres = np.array([[1, 0], [0, 1], [1, 0], [0, 1]])
    history = seen([0, 0, 5], [0, 1, 1], n_users=1, n_movies=4).history()
    assert calibration(np.array([[2, 3]]), history, genres) == pytest.approx([0])
    drama = np.array([0.99 + 0.01 * 0.5, 0.01 * 0.5])
    assert calibration(np.array([[0, 2]]), history, genres) == pytest.approx([(0.5 * np.log2(0.5 / drama)).sum()])


def test_genres_are_measured_only_with_a_catalog():
    data = small_movielens()
    kept = split_mask(data)
    train, test = data.interactions.select(kept), data.interactions.select(~kept)
    with_genres = ranking_metrics(EASE(10).fit(train), train, test, k=3, catalog=data)
    without = ranking_metrics(EASE(10).fit(train), train, test, k=3)
    assert with_genres.keys() - without.keys() == {"diversity", "calibration"}
    assert 0 < with_genres["diversity"] < 1 and with_genres["calibration"] > 0


def test_rows_and_interactions_give_the_same_measures(ratings):
    train, valid, scores = ratings
    both = as_interactions(train, valid, N_MOVIES)
    assert ranking_metrics(Fixed(scores), *both) == ranking_metrics(Fixed(scores), train, valid, N_MOVIES)
    with pytest.raises(ArgumentError, match="formas diferentes"):
        ranking_metrics(Fixed(scores), both[0], valid)


def test_metrics_are_the_means_over_users_of_metrics_by_user(ratings):
    train, valid, scores = ratings
    by_user = metrics_by_user(Fixed(scores), train, valid, N_MOVIES, k=5)
    means = ranking_metrics(Fixed(scores), train, valid, N_MOVIES, k=5)
    assert by_user.mean().to_dict() == pytest.approx({name: means[name] for name in by_user})


def test_interval_covers_the_true_mean_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    inside = [low < 0 < high for low, high in (interval(rng.normal(size=100), n_draws=200) for _ in range(200))]
    assert 0.88 < np.mean(inside) < 0.99


def test_paired_difference_sees_what_two_intervals_hide():
    rng = np.random.default_rng(0)
    users = metrics_by_user(Fixed([[0, 9, 8, 7, 6]] * 3), seen([0, 0, 5]), seen([0, 1, 5], [1, 2, 5], [2, 3, 5]), k=1)
    hard = np.repeat(users["ndcg"], 100).reset_index(drop=True) + rng.random(300)
    better = hard + rng.normal(0.05, 0.1, 300)
    assert interval(hard)[1] > interval(better)[0]
    difference, (low, high) = paired_difference(better, hard)
    assert 0 < low < difference < high
    with pytest.raises(ArgumentError, match="usuários diferentes"):
        paired_difference(better, hard[:10])


def test_threshold_decides_what_is_relevant():
    train, valid = rows([0, 0, 5]), rows([0, 1, 3], [0, 2, 5])
    model = Fixed([[0, 3, 2, 1]])
    assert ranking_metrics(model, train, valid, 4, k=1)["precision"] == 0
    assert ranking_metrics(model, train, valid, 4, k=1, threshold=3)["precision"] == 1


def test_perfect_list_has_ndcg_one_even_if_it_is_longer_than_the_relevant_movies():
    np.testing.assert_allclose(ndcg(np.array([[True, True, False], [False, False, True]]), [2, 1]), [1, 0.5])


def test_list_goes_from_best_to_worst_and_leaves_out_what_was_rated_in_training():
    train = seen([1, 4, 1], [0, 2, 3], [0, 0, 3], n_users=2)
    np.testing.assert_array_equal(
        recommendations(Fixed([[9, 1, 8, 2, 3], [5, 4, 3, 2, 9]]), train, [1, 0], k=3), [[0, 1, 2], [4, 3, 1]]
    )


@pytest.fixture
def train(ratings):
    return Interactions.from_rows(ratings[0], N_USERS, N_MOVIES)


def test_many_blocks_of_users_give_the_same_as_one(ratings, train, monkeypatch):
    coarse = Fixed(np.round(ratings[2]))
    whole = recommendations(coarse, train, np.arange(N_USERS))
    monkeypatch.setattr("course_lib.analysis.ranking.USERS_PER_BLOCK", 5)
    np.testing.assert_array_equal(recommendations(coarse, train, np.arange(N_USERS)), whole)


def test_ties_are_broken_by_chance_and_not_by_index(train):
    constant = Fixed(np.zeros((N_USERS, N_MOVIES)))
    lists = recommendations(constant, train, np.arange(N_USERS))
    assert 0.35 * N_MOVIES < lists.mean() < 0.65 * N_MOVIES
    assert all(len(set(row)) == 10 for row in lists.tolist())
    assert not np.array_equal(lists, recommendations(constant, train, np.arange(N_USERS), seed=1))
    np.testing.assert_array_equal(lists, recommendations(constant, train, np.arange(N_USERS)))


def test_scores_with_many_ties_take_no_longer_than_distinct_ones():
    rng, n_users, n_movies = np.random.default_rng(0), 100, 9000
    distinct = rng.normal(size=(n_users, n_movies)).astype(np.float32)
    chosen = distinct >= np.sort(distinct, axis=1)[:, [-20]]  # what a second stage gives to those it does not order
    nobody = Interactions.from_rows(rows([0, 0, 5]), n_users, n_movies)

    def seconds(scores):
        start = time.perf_counter()
        recommendations(Fixed(scores), nobody, np.arange(n_users))
        return time.perf_counter() - start

    few, many = (min(seconds(scores) for _ in range(5)) for scores in (distinct, np.where(chosen, distinct, -9)))
    assert many < 3 * few


def test_popularity_percentile_of_the_whole_catalog_averages_one_half():
    percentile = popularity_percentile(np.array([1, 0, 2, 0]))
    np.testing.assert_allclose(percentile, [0.625, 0.25, 0.875, 0.25])
    assert percentile.mean() == pytest.approx(0.5)


def test_liked_is_nan_where_nobody_rated_what_was_recommended():
    model = Fixed([[0, 0, 9, 1]])
    assert np.isnan(ranking_metrics(model, rows([0, 0, 5]), rows([0, 1, 5]), 4, k=1)["liked"])


@pytest.mark.parametrize("name", RECIPES)
def test_model_of_every_recipe_can_be_measured(name):
    data = small_movielens()
    kept = split_mask(data)
    n_epochs = 1 if RECIPES[name].by_epochs else None
    model = train_model(name, data, kept, n_epochs=n_epochs, device="cpu").model
    metrics = ranking_metrics(model, data.ratings[kept], data.ratings[~kept], data.n_movies, k=3)
    assert 0 < metrics["ndcg"] <= 1
    assert all(0 <= value <= 1 for name, value in metrics.items() if name != "novelty")


@pytest.mark.parametrize(
    ("scores", "k", "error", "message"),
    [
        ([[1, 2, 3]], 3, ArgumentError, "usuário 0 só tem 2 filmes"),
        ([[1, 2, 3]], 0, ArgumentError, "k=0"),
        ([[1, np.nan, 3]], 1, NonFiniteError, "nan para o usuário 0"),
    ],
    ids=["longer than the candidates", "empty", "of NaN"],
)
def test_list_that_cannot_be_made_is_refused(scores, k, error, message):
    with pytest.raises(error, match=message):
        recommendations(Fixed(scores), seen([0, 0, 5], n_users=1, n_movies=3), [0], k=k)


def test_parts_that_are_not_what_they_should_be_are_refused(refused):
    train, test, model = rows((0, 1, 5), (1, 2, 3)), rows((0, 2, 5), (1, 3, 4)), Fixed(np.zeros((2, 5)))
    with refused("lists measured on repeated pairs", DataError, match=r"teste.*np.unique\(test\)|linhas de teste"):
        ranking_metrics(model, train, np.concatenate([test, test]), 5)
    with refused("lists measured on indices", DataError, match=r"\(n, 3\)"):
        ranking_metrics(model, np.array([0, 1]), np.array([2]), 5)
    with refused("the data in the place of the number of movies", ArgumentError, match="catalog=data"):
        ranking_metrics(model, train, test, small_movielens())


def test_validation_without_a_relevant_movie_is_refused():
    with pytest.raises(ArgumentError, match=r"4\.0 estrelas"):
        ranking_metrics(Fixed([[1, 2, 3]]), rows([0, 0, 5]), rows([0, 1, 2]), 3, k=1)
