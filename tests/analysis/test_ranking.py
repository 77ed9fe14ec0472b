"""The list a user sees: against scikit-learn, and against answers written down by hand."""

import numpy as np
import pytest
from sklearn.metrics import ndcg_score, precision_score, recall_score

from course_lib.analysis.ranking import MostPopular, ndcg, popularity_percentile, ranking_metrics, recommendations
from course_lib.errors import ArgumentError, NonFiniteError
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
def test_ndcg_equals_scikit_learns(ratings, k):
    expected = np.mean([ndcg_score([relevant], [score], k=k) for relevant, score in per_user(ratings)])
    train, valid, scores = ratings
    assert ranking_metrics(Fixed(scores), train, valid, N_MOVIES, k=k)["ndcg"] == pytest.approx(expected)


@pytest.mark.parametrize("k", [1, 5, 10])
def test_precision_and_recall_equal_scikit_learns(ratings, k):
    precision, recall = [], []
    for relevant, score in per_user(ratings):
        listed = (np.argsort(np.argsort(-score)) < k).astype(int)
        precision.append(precision_score(relevant, listed))
        recall.append(recall_score(relevant, listed))
    train, valid, scores = ratings
    measured = ranking_metrics(Fixed(scores), train, valid, N_MOVIES, k=k)
    assert measured["precision"] == pytest.approx(np.mean(precision))
    assert measured["recall"] == pytest.approx(np.mean(recall))


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
            "liked": 2 / 3,
            "coverage": 3 / 5,
            # ratings per movie 2, 1, 0, 0, 1: percentiles 0.9, 0.6, 0.2, 0.2, 0.6
            "popularity": (0.6 + 0.2 + 0.2 + 0.2) / 4,
        }
    )


def test_threshold_decides_what_is_relevant():
    train, valid = rows([0, 0, 5]), rows([0, 1, 3], [0, 2, 5])
    model = Fixed([[0, 3, 2, 1]])
    assert ranking_metrics(model, train, valid, 4, k=1)["precision"] == 0
    assert ranking_metrics(model, train, valid, 4, k=1, threshold=3)["precision"] == 1


def test_perfect_list_has_ndcg_one_even_if_it_is_longer_than_the_relevant_movies():
    np.testing.assert_allclose(ndcg(np.array([[True, True, False], [False, False, True]]), [2, 1]), [1, 0.5])


def test_list_goes_from_best_to_worst_and_leaves_out_what_was_rated_in_training():
    train = rows([1, 4, 1], [0, 2, 3], [0, 0, 3])
    np.testing.assert_array_equal(
        recommendations(Fixed([[9, 1, 8, 2, 3], [5, 4, 3, 2, 9]]), train, [1, 0], 5, k=3), [[0, 1, 2], [4, 3, 1]]
    )


def test_many_blocks_of_users_give_the_same_as_one(ratings, monkeypatch):
    train, _, scores = ratings
    whole = recommendations(Fixed(scores), train, np.arange(N_USERS), N_MOVIES)
    monkeypatch.setattr("course_lib.analysis.ranking.USERS_PER_BLOCK", 5)
    np.testing.assert_array_equal(recommendations(Fixed(scores), train, np.arange(N_USERS), N_MOVIES), whole)


def test_ties_are_broken_by_chance_and_not_by_index(ratings):
    train = ratings[0]
    constant = Fixed(np.zeros((N_USERS, N_MOVIES)))
    lists = recommendations(constant, train, np.arange(N_USERS), N_MOVIES)
    assert 0.35 * N_MOVIES < lists.mean() < 0.65 * N_MOVIES
    assert not np.array_equal(lists, recommendations(constant, train, np.arange(N_USERS), N_MOVIES, seed=1))
    np.testing.assert_array_equal(lists, recommendations(constant, train, np.arange(N_USERS), N_MOVIES))


def test_most_popular_ranks_by_number_of_training_ratings():
    model = MostPopular().fit(rows([0, 2, 1], [1, 2, 1], [1, 0, 5]), n_movies=4)
    np.testing.assert_array_equal(model.score(np.array([0, 1])), [[1, 0, 2, 0]] * 2)


def test_popularity_percentile_of_the_whole_catalog_averages_one_half():
    percentile = popularity_percentile(rows([0, 2, 1], [1, 2, 1], [1, 0, 5]), n_movies=4)
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
    assert all(0 <= value <= 1 for value in metrics.values())


def test_list_longer_than_the_candidates_is_refused():
    with pytest.raises(ArgumentError, match="usuário 0 só tem 2 filmes"):
        recommendations(Fixed([[1, 2, 3]]), rows([0, 0, 5]), [0], 3, k=3)


def test_empty_list_is_refused():
    with pytest.raises(ArgumentError, match="k=0"):
        recommendations(Fixed([[1, 2, 3]]), rows([0, 0, 5]), [0], 3, k=0)


def test_validation_without_a_relevant_movie_is_refused():
    with pytest.raises(ArgumentError, match=r"4\.0 estrelas"):
        ranking_metrics(Fixed([[1, 2, 3]]), rows([0, 0, 5]), rows([0, 1, 2]), 3, k=1)


def test_model_that_predicts_nan_is_refused():
    with pytest.raises(NonFiniteError, match="nan para o usuário 0"):
        recommendations(Fixed([[1, np.nan, 3]]), rows([0, 0, 5]), [0], 3, k=1)
