import numpy as np
import pandas as pd
import pytest

from course_lib.analysis.embeddings import movie_vectors
from course_lib.analysis.stability import best_rotation, neighbour_agreement
from course_lib.errors import ArgumentError
from tests.analysis.toy import N_MOVIES, net_with, random_rotation, toy_data


def table(seed, n_factors=4):
    weights = np.random.default_rng(seed).normal(size=(N_MOVIES, n_factors)).astype(np.float32)
    return movie_vectors(net_with(weights), toy_data())


def test_a_rotation_keeps_every_neighbour():
    assert neighbour_agreement(table(0), table(0) @ random_rotation(4), k=5) == 5


def test_agreement_counts_shared_neighbours():
    """Movies 0-2 point one way and 3-5 another in the first table; in the second, 2 and 3 have changed sides."""
    labels = table(0).index[:6]
    angles = np.deg2rad([[0, 1, 3, 90, 91, 93], [0, 1, 93, 3, 91, 90]])
    first, second = (pd.DataFrame(np.column_stack([np.cos(a), np.sin(a)]), labels) for a in angles)
    # in common, of two neighbours each: 1 for movies 0, 1, 4 and 5, none for 2 and 3
    assert neighbour_agreement(first, second, k=2) == pytest.approx(4 / 6)


def test_unrelated_tables_agree_as_much_as_chance():
    agreements = [neighbour_agreement(table(seed), table(seed + 100), k=5) for seed in range(20)]
    assert np.mean(agreements) == pytest.approx(25 / (N_MOVIES - 1), abs=0.3)


def test_best_rotation_undoes_a_rotation():
    original, rotation = table(0), random_rotation(4)
    found = best_rotation(original @ rotation, original)
    assert np.allclose(found, rotation.T, atol=1e-5)
    assert np.allclose(found @ found.T, np.eye(4))


def test_tables_of_other_movies_or_sizes_are_refused(refused):
    with refused("neighbours of two tables in different order", ArgumentError, match="mesma ordem"):
        neighbour_agreement(table(0), table(0)[::-1])
    with refused("rotation between vectors of different sizes", ArgumentError, match="4 coordenadas"):
        best_rotation(table(0), table(0, n_factors=3))
    with refused("as many shared neighbours as movies", ArgumentError, match="de 1 a 29"):
        neighbour_agreement(table(0), table(0), k=30)
