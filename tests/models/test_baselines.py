import numpy as np
import pytest

from course_lib.errors import ArgumentError
from course_lib.models import BiasBaseline

RATINGS = np.array([[0, 0, 5], [0, 1, 3], [1, 0, 4], [1, 1, 4], [1, 2, 1]], np.float32)


def test_biases_with_damping_are_those_computed_by_hand():
    model = BiasBaseline(damping=1).fit(RATINGS, n_users=3, n_movies=4)
    mean = 17 / 5
    movie = np.array([(5 + 4 - 2 * mean) / 3, (3 + 4 - 2 * mean) / 3, (1 - mean) / 2, 0])
    user_0 = (5 - mean - movie[0] + 3 - mean - movie[1]) / 3
    assert model.mean == pytest.approx(mean)
    assert model.movie_bias == pytest.approx(movie)
    assert model.user_bias[0] == pytest.approx(user_0)


def test_user_and_movie_without_ratings_are_predicted_by_the_mean():
    model = BiasBaseline().fit(RATINGS, n_users=3, n_movies=4)
    assert model.predict([2], [3])[0] == pytest.approx(3.4)


def test_without_damping_and_users_it_is_the_movie_mean():
    model = BiasBaseline(damping=0, users=False).fit(RATINGS)
    assert model.predict([0, 1, 0], [0, 1, 2]) == pytest.approx([4.5, 3.5, 1.0])


def test_whole_rows_equal_pairs():
    model = BiasBaseline().fit(RATINGS)
    pairs = np.repeat([1, 0], 3), np.tile([0, 1, 2], 2)
    assert np.array_equal(model.score([1, 0]).ravel(), model.predict(*pairs))


def test_baseline_knows_its_sizes_given_or_found():
    given, found = BiasBaseline().fit(RATINGS, n_users=3, n_movies=4), BiasBaseline().fit(RATINGS)
    assert (given.n_users, given.n_movies, found.n_users, found.n_movies) == (3, 4, 2, 3)


def test_negative_damping_is_refused(refused):
    with refused("damping=-1", ArgumentError, match="damping=-1"):
        BiasBaseline(damping=-1)
