"""Attempts at exercise `bias_table`."""

import numpy as np
import pandas as pd

from course_lib import BiasBaseline
from tests.exercises.attempts.registry import right, wrong


@right("bias_table")
def table_with_bincount(ratings, n_users, n_movies, damping):
    user, movie, stars = ratings[:, 0].astype(int), ratings[:, 1].astype(int), ratings[:, 2].astype(float)
    mean = stars.mean()
    movie_bias = _shrunk(movie, stars - mean, n_movies, damping)
    user_bias = _shrunk(user, stars - mean - movie_bias[movie], n_users, damping)
    return mean, user_bias, movie_bias


def _shrunk(index, values, size, damping):
    count = np.bincount(index, minlength=size) + damping
    return np.bincount(index, values, size) / np.where(count > 0, count, 1)


@right("bias_table")
def table_with_loops(ratings, n_users, n_movies, damping):
    mean = sum(float(rating) for rating in ratings[:, 2]) / len(ratings)
    movie_bias, user_bias = [0.0] * n_movies, [0.0] * n_users
    for movie in range(n_movies):
        errors = [float(row[2]) - mean for row in ratings if row[1] == movie]
        if errors:
            movie_bias[movie] = sum(errors) / (len(errors) + damping)
    for user in range(n_users):
        errors = [float(row[2]) - mean - movie_bias[int(row[1])] for row in ratings if row[0] == user]
        if errors:
            user_bias[user] = sum(errors) / (len(errors) + damping)
    return mean, user_bias, movie_bias


@right("bias_table")
def table_with_pandas(ratings, n_users, n_movies, damping):
    table = pd.DataFrame(ratings.astype(float), columns=["user", "movie", "rating"]).astype({"user": int, "movie": int})
    mean = table.rating.mean()
    table["rest"] = table.rating - mean
    movies = table.groupby("movie").rest.agg(["sum", "count"])
    movie_bias = (movies["sum"] / (movies["count"] + damping)).reindex(range(n_movies), fill_value=0)
    table["rest"] -= table.movie.map(movie_bias)
    users = table.groupby("user").rest.agg(["sum", "count"])
    user_bias = (users["sum"] / (users["count"] + damping)).reindex(range(n_users), fill_value=0)
    return mean, user_bias, movie_bias


@right("bias_table")
def table_with_the_course_library(ratings, n_users, n_movies, damping):
    baseline = BiasBaseline(damping=damping).fit(ratings, n_users, n_movies)
    return baseline.mean, baseline.user_bias, baseline.movie_bias


def _columns(ratings):
    return ratings[:, 0].astype(int), ratings[:, 1].astype(int), ratings[:, 2].astype(float)


@wrong("bias_table", "no_damping")
def table_without_damping(ratings, n_users, n_movies, damping):
    user, movie, stars = _columns(ratings)
    movie_bias = _shrunk(movie, stars - stars.mean(), n_movies, 0)
    return stars.mean(), _shrunk(user, stars - stars.mean() - movie_bias[movie], n_users, 0), movie_bias


@wrong("bias_table", "no_damping")
def table_damps_only_movies(ratings, n_users, n_movies, damping):
    user, movie, stars = _columns(ratings)
    movie_bias = _shrunk(movie, stars - stars.mean(), n_movies, damping)
    return stars.mean(), _shrunk(user, stars - stars.mean() - movie_bias[movie], n_users, 0), movie_bias


@wrong("bias_table", "damping_in_sum")
def table_adds_damping_to_the_sum(ratings, n_users, n_movies, damping):
    user, movie, stars = _columns(ratings)
    mean = stars.mean()

    def bias(index, values, size):
        return (np.bincount(index, values, size) + damping) / np.maximum(np.bincount(index, None, size) + damping, 1)

    movie_bias = bias(movie, stars - mean, n_movies)
    return mean, bias(user, stars - mean - movie_bias[movie], n_users), movie_bias


@wrong("bias_table", "damping_of_mean")
def table_divides_the_mean_by_damping(ratings, n_users, n_movies, damping):
    user, movie, stars = _columns(ratings)
    movie_bias = _shrunk(movie, stars - stars.mean(), n_movies, 0) / (1 + damping)
    rest = stars - stars.mean() - movie_bias[movie]
    return stars.mean(), _shrunk(user, rest, n_users, 0) / (1 + damping), movie_bias


@wrong("bias_table", "not_centred")
def table_of_means(ratings, n_users, n_movies, damping):
    user, movie, stars = _columns(ratings)
    return stars.mean(), _shrunk(user, stars, n_users, damping), _shrunk(movie, stars, n_movies, damping)


@wrong("bias_table", "same_rest")
def table_counts_movies_twice(ratings, n_users, n_movies, damping):
    user, movie, stars = _columns(ratings)
    rest = stars - stars.mean()
    return stars.mean(), _shrunk(user, rest, n_users, damping), _shrunk(movie, rest, n_movies, damping)


@wrong("bias_table", "users_first")
def table_with_users_first(ratings, n_users, n_movies, damping):
    user, movie, stars = _columns(ratings)
    user_bias = _shrunk(user, stars - stars.mean(), n_users, damping)
    return stars.mean(), user_bias, _shrunk(movie, stars - stars.mean() - user_bias[user], n_movies, damping)


@wrong("bias_table", "swapped")
def table_in_the_wrong_order(ratings, n_users, n_movies, damping):
    mean, user_bias, movie_bias = table_with_bincount(ratings, n_users, n_movies, damping)
    return mean, movie_bias, user_bias


@wrong("bias_table", "last_only")
def table_with_buffered_sum(ratings, n_users, n_movies, damping):
    user, movie, stars = _columns(ratings)
    movie_sum, user_sum = np.zeros(n_movies), np.zeros(n_users)
    movie_sum[movie] += stars - stars.mean()
    movie_bias = movie_sum / np.maximum(np.bincount(movie, minlength=n_movies) + damping, 1)
    user_sum[user] += stars - stars.mean() - movie_bias[movie]
    return stars.mean(), user_sum / np.maximum(np.bincount(user, minlength=n_users) + damping, 1), movie_bias


@wrong("bias_table", "shape", deceives=True)
def table_without_the_unrated(ratings, n_users, n_movies, damping):
    user, movie, stars = _columns(ratings)
    movie_bias = _shrunk(movie, stars - stars.mean(), movie.max() + 1, damping)
    return stars.mean(), _shrunk(user, stars - stars.mean() - movie_bias[movie], user.max() + 1, damping), movie_bias


@wrong("bias_table", "mean")
def table_with_mean_of_means(ratings, n_users, n_movies, damping):
    _, user_bias, movie_bias = table_with_bincount(ratings, n_users, n_movies, damping)
    return pd.DataFrame(ratings).groupby(0)[2].mean().mean(), user_bias, movie_bias


@wrong("bias_table", "not_finite")
def table_divides_by_zero(ratings, n_users, n_movies, damping):
    user, movie, stars = _columns(ratings)
    with np.errstate(all="ignore"):
        movie_bias = np.bincount(movie, stars - stars.mean(), n_movies) / (np.bincount(movie, None, n_movies) + damping)
        rest = stars - stars.mean() - movie_bias[movie]
        return stars.mean(), np.bincount(user, rest, n_users) / (np.bincount(user, None, n_users) + damping), movie_bias


@wrong("bias_table", "columns")
def table_swaps_the_columns(ratings, n_users, n_movies, damping):
    movie, user, stars = _columns(ratings)
    size = max(n_users, n_movies)
    movie_bias = _shrunk(movie, stars - stars.mean(), size, damping)
    user_bias = _shrunk(user, stars - stars.mean() - movie_bias[movie], size, damping)
    return stars.mean(), user_bias[:n_users], movie_bias[:n_movies]
