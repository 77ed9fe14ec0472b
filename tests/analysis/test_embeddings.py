import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA

from course_lib import BiasBaseline, NeuralNet
from course_lib.analysis.embeddings import correlations, extremes, movie_facts, movie_vectors, neighbours, pca
from course_lib.errors import ArgumentError, IdOutOfRangeError
from tests.analysis.toy import N_MOVIES, N_USERS, net_with, random_rotation, toy_data

SCALES = np.array([3.0, 2.0, 1.0, 0.5])


@pytest.fixture
def data():
    return toy_data()


@pytest.fixture
def weights():
    return (np.random.default_rng(1).normal(size=(N_MOVIES, 4)) * SCALES).astype(np.float32)


@pytest.fixture
def vectors(data, weights):
    return movie_vectors(net_with(weights), data)


def titles(table):
    return list(table.index.get_level_values("title"))


def test_each_row_carries_the_index_and_title_of_its_movie_in_any_sub_list(data, weights):
    chosen = np.array([17, 3, 29])
    table = movie_vectors(net_with(weights), data, chosen)
    assert list(table.index) == [(movie, data.movie_names[movie]) for movie in chosen]
    assert np.array_equal(table.to_numpy(), weights[chosen]) and table.to_numpy().dtype == np.float32


def test_vectors_do_not_follow_the_model_when_it_learns_more(data, weights):
    net = net_with(weights)
    table = movie_vectors(net, data)
    net.movie_vectors.weight.data.zero_()
    assert np.array_equal(table.to_numpy(), weights)


def test_models_without_vectors_and_unknown_movies_are_refused(data, weights, refused):
    with refused("embeddings of a baseline", ArgumentError, match="BiasBaseline não tem vetores"):
        movie_vectors(BiasBaseline(), data)
    with refused("embedding of a movie that is not there", IdOutOfRangeError, match="filme 30"):
        movie_vectors(net_with(weights), data, [30])
    with refused("embeddings of a boolean mask", ArgumentError, match="flatnonzero"):
        movie_vectors(net_with(weights), data, np.arange(N_MOVIES) > 20)


def test_pca_is_that_of_scikit_learn_with_the_farthest_movie_positive(vectors):
    projection = pca(vectors, 3)
    reference = PCA(3).fit(vectors.to_numpy(np.float64))
    expected = reference.transform(vectors.to_numpy(np.float64))
    assert np.allclose(np.abs(projection.scores), np.abs(expected))
    assert np.allclose(projection.explained, reference.explained_variance_ratio_)
    farthest = projection.scores.abs().idxmax()
    assert all(projection.scores.loc[farthest[dimension], dimension] > 0 for dimension in (1, 2, 3))
    assert projection.scores.index.equals(vectors.index)
    assert list(projection.scores.columns) == list(projection.explained.index) == [1, 2, 3]


def test_pca_does_not_depend_on_a_rotation_nor_on_a_shift_of_the_vectors(vectors):
    turned = vectors @ random_rotation(4) + 7
    assert np.allclose(pca(turned, 3).scores, pca(vectors, 3).scores, atol=1e-5)


def test_pca_refuses_tables_whose_rows_are_not_movies(vectors, refused):
    with refused("PCA of a transposed table", ArgumentError, match="transposta"):
        pca(vectors.T, 2)
    with refused("PCA of a bare array", ArgumentError, match="títulos"):
        pca(vectors.to_numpy(), 2)
    with refused("PCA with too many components", ArgumentError, match="de 1 a 4"):
        pca(vectors, 5)


def test_extremes_name_the_movies_and_not_their_positions_in_the_list(data):
    movies = np.array([20, 4, 11, 8])
    line = np.zeros((N_MOVIES, 2), np.float32)
    line[movies, 0] = [0.5, -3, 2, -1]
    table = extremes(movie_vectors(net_with(line), data, movies)[0], 2)
    assert list(table["menores", "filme"]) == [data.movie_names[4], data.movie_names[8]]
    assert list(table["maiores", "filme"]) == [data.movie_names[11], data.movie_names[20]]
    assert list(table["menores", "valor"]) == [-3, -1] and list(table["maiores", "valor"]) == [2, 0.5]
    assert list(table.index) == [1, 2]


def test_extremes_refuse_scores_without_titles_and_impossible_counts(vectors, refused):
    with refused("extremes of a bare series", ArgumentError, match="títulos"):
        extremes(pd.Series([1.0, 2.0]), 1)
    with refused("more extremes than movies", ArgumentError, match="de 1 a 30"):
        extremes(vectors[0], 31)


def test_neighbours_are_found_by_movie_index_and_ranked_by_cosine(data):
    plane = np.random.default_rng(2).normal(size=(N_MOVIES, 2)).astype(np.float32)
    plane[[12, 5, 9, 2]] = [[2, 0], [5, 0.1], [1, 1], [-3, 0]]
    table = neighbours(movie_vectors(net_with(plane), data, [5, 2, 12, 9]), movie=12, k=3)
    assert list(table["movie"]) == [5, 9, 2]
    assert list(table["title"]) == [data.movie_names[movie] for movie in (5, 9, 2)]
    assert np.allclose(table["cosine"], [5 / np.hypot(5, 0.1), np.sqrt(0.5), -1], atol=1e-6)
    assert list(table.index) == [1, 2, 3]


def test_neighbours_refuse_a_movie_outside_the_table_and_impossible_counts(data, weights, refused):
    table = movie_vectors(net_with(weights), data, [20, 4, 11])
    with refused("a position instead of a movie index", ArgumentError, match="não a posição"):
        neighbours(table, movie=1)
    with refused("more neighbours than other movies", ArgumentError, match="de 1 a 2"):
        neighbours(table, movie=4, k=3)


def test_a_vector_of_zeros_is_nobodys_neighbour_but_breaks_nothing(data, weights):
    weights[3] = 0
    cosine = neighbours(movie_vectors(net_with(weights), data), movie=3, k=29)["cosine"]
    assert (cosine == 0).all()


def test_facts_come_from_the_training_ratings_and_the_catalogue(data):
    facts = movie_facts(data, data.ratings[:3])
    assert titles(facts) == list(data.movie_names)
    assert facts["nota média"].iloc[[0, 3]].tolist() == [5, 2.5]
    assert np.isnan(facts["nota média"].iloc[5])  # rated only outside the training rows
    assert facts["popularidade"].iloc[[0, 3, 5]].tolist() == pytest.approx(np.log10([2, 3, 1]).tolist())
    assert facts["ano"].iloc[0] == 1980 and np.isnan(facts["ano"].iloc[29])
    assert list(facts.columns[3:]) == ["Comedy", "Drama", "War"]
    assert facts.iloc[28, 3:].tolist() == [0, 1, 1] and facts.iloc[29, 3:].tolist() == [0, 0, 0]


def test_correlations_are_pearsons_and_join_by_movie_not_by_position(vectors):
    other = vectors.sample(frac=1, random_state=0).iloc[:20]
    table = correlations(vectors, other)
    common = vectors.loc[other.index].to_numpy(np.float64)
    assert np.allclose(table, np.corrcoef(common.T), atol=1e-6)
    assert np.allclose(np.diag(table), 1)


def test_correlations_leave_out_what_is_unknown(data, vectors):
    facts = movie_facts(data, data.ratings)[["ano"]]
    table = correlations(facts, vectors)
    assert table.loc["ano", 0] == pytest.approx(np.corrcoef(data.years[:29], vectors[0].to_numpy()[:29])[0, 1])


def test_correlations_refuse_tables_that_share_no_movies(vectors, refused):
    with refused("correlations of tables that share two movies", ArgumentError, match="2 filme"):
        correlations(vectors.iloc[:10], vectors.iloc[8:])


def test_the_network_has_vectors_too(data):
    assert movie_vectors(NeuralNet(N_USERS, N_MOVIES, n_factors=6), data).shape == (N_MOVIES, 6)
