"""Attempts at exercise `density`."""

import numpy as np
import pandas as pd

from tests.exercises.attempts.registry import right, wrong


@right("density")
def density_by_formula(ratings, n_users, n_movies):
    return 100 * len(ratings) / (n_users * n_movies)


@right("density")
def density_from_filled_matrix(ratings, n_users, n_movies):
    matrix = np.full((n_users, n_movies), -1.0)
    for user, movie, rating in ratings:
        matrix[int(user), int(movie)] = rating
    return np.mean(matrix >= 0) * 100


@right("density")
def density_with_pandas(ratings, n_users, n_movies):
    table = pd.DataFrame(ratings, columns=["user", "movie", "rating"])
    return table["rating"].count() / n_users / n_movies * 100.0


@wrong("density", "fraction")
def density_forgets_percent(ratings, n_users, n_movies):
    return len(ratings) / (n_users * n_movies)


@wrong("density", "sparsity")
def density_of_the_empty_part(ratings, n_users, n_movies):
    filled = len(ratings)
    total = n_users * n_movies
    return (total - filled) / total * 100


@wrong("density", "elements")
def density_counts_the_columns(ratings, n_users, n_movies):
    return ratings.size / (n_users * n_movies) * 100


@wrong("density", "only_present")
def density_ignores_arguments(ratings, n_users, n_movies):
    users, movies = set(ratings[:, 0]), set(ratings[:, 1])
    return 100 * len(ratings) / (len(users) * len(movies))


@wrong("density", "last_index")
def density_takes_the_largest_index(ratings, n_users, n_movies):
    return 100 * len(ratings) / (max(ratings[:, 0]) * max(ratings[:, 1]))


@wrong("density", "sum_of_sides")
def density_adds_the_sides(ratings, n_users, n_movies):
    return len(ratings) / (n_users + n_movies) * 100


@wrong("density", "inverted")
def density_upside_down(ratings, n_users, n_movies):
    return n_users * n_movies / len(ratings) * 100


@wrong("density", "sum_of_ratings")
def density_sums_the_stars(ratings, n_users, n_movies):
    return sum(ratings[:, 2]) / (n_users * n_movies) * 100


@wrong("density", "whole_number")
def density_rounds_down(ratings, n_users, n_movies):
    return 100 * len(ratings) // (n_users * n_movies)


@wrong("density", "square")
def density_of_a_square(ratings, n_users, n_movies):
    return 100 * len(ratings) / n_movies**2
