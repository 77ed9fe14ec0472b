"""The one shape of data: what it accepts, what it refuses, and what it hands out."""

import numpy as np
import pytest
import scipy.sparse as sp

from course_lib.errors import DataError, IdOutOfRangeError, NonFiniteError, ShapeMismatchError
from course_lib.interactions import Interactions, sparse

USERS, MOVIES, VALUES = [1, 0, 1, 2], [0, 2, 1, 2], [4.0, 3.0, 5.0, 0.5]


def some(**changes) -> Interactions:
    columns = {"users": USERS, "movies": MOVIES, "n_users": 4, "n_movies": 3, "values": VALUES, "times": [9, 1, 2, 3]}
    return Interactions(**columns | changes)


def test_rows_of_the_student_become_integer_and_float_columns():
    rows = np.column_stack([USERS, MOVIES, VALUES]).astype(np.float32)
    data = Interactions.from_rows(rows, 4, 3)
    assert (data.users.dtype, data.movies.dtype, data.values.dtype) == (np.int64, np.int64, np.float32)
    assert data.users.tolist() == USERS and len(data) == 4 and data.times is None


def test_history_is_one_row_a_user_with_the_stars_or_with_ones():
    assert some().history().toarray().tolist() == [[0, 0, 3], [4, 5, 0], [0, 0, 0.5], [0, 0, 0]]
    assert some(values=None).history(np.array([1, 3])).toarray().tolist() == [[1, 1, 0], [0, 0, 0]]


def test_the_indices_of_a_history_and_of_its_products_take_four_bytes():
    history = some().history()
    assert {history.indices.dtype, (history.T @ history).indices.dtype} == {np.dtype(np.int32)}


@pytest.mark.parametrize("rows", [np.array([2, 0]), np.array([True, False, True, False])], ids=["index", "mask"])
def test_selection_keeps_the_columns_together(rows):
    part = some().select(rows)
    assert sorted(zip(part.users, part.movies, part.values, part.times, strict=True)) == [(1, 0, 4, 9), (1, 1, 5, 2)]
    assert (part.n_users, part.n_movies) == (4, 3)


def test_sorted_rows_of_a_user_are_a_slice_in_the_order_of_time():
    data = some().sorted()
    assert data.movies[data.of_user(1)].tolist() == [1, 0]
    assert len(data.users[data.of_user(3)]) == len(data.users[data.of_user(99)]) == 0


@pytest.mark.parametrize("dated", [True, False])
def test_sorting_is_by_user_time_and_movie_and_rows_in_order_are_left_as_they_are(dated):
    rng = np.random.default_rng(0)
    users, movies, times = rng.integers(0, 4, 500), rng.integers(0, 9, 500), rng.integers(0, 5, 500)
    data = Interactions(users, movies, 4, 9, times=times if dated else None).sorted()
    order = np.lexsort((movies, times, users) if dated else (movies, users))
    assert data.users.tolist() == users[order].tolist() and data.movies.tolist() == movies[order].tolist()
    assert data.sorted() is data


@pytest.mark.parametrize("n", [0, 1, 2000])
def test_sparse_matrix_sums_what_repeats_and_is_as_scipy_makes_it(n):
    rng, shape = np.random.default_rng(n), (30, 20)
    values, rows, columns = rng.integers(1, 9, n).astype(np.float32), *(rng.integers(0, size, n) for size in shape)
    ours, theirs = sparse(values, rows, columns, shape), sp.csr_array((values, (rows, columns)), shape=shape)
    assert ours.has_canonical_format and ours.dtype == np.float32 and ours.indices.dtype == np.int32
    for part in ("indptr", "indices", "data"):
        assert getattr(ours, part).tolist() == getattr(theirs, part).tolist()


def test_columns_cannot_be_changed_and_do_not_share_the_memory_of_the_caller():
    users = np.array(USERS)
    data = some(users=users)
    users[0] = 3
    assert data.users[0] == 1
    with pytest.raises(ValueError):
        data.users[0] = 2


def test_fingerprint_tells_other_rows_apart():
    assert some().fingerprint() == some().fingerprint()
    others = [some(values=[4, 3, 5, 1]), some(n_users=5), some(times=None), some().select(np.array([0, 1, 2]))]
    assert len({some().fingerprint(), *(other.fingerprint() for other in others)}) == 5


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"users": [0.5, 0, 1, 2]}, DataError, "linha 0 traz usuário 0.5, que não é um inteiro"),
        ({"users": [np.nan, 0, 1, 2]}, DataError, "que não é um inteiro"),
        ({"users": [-1, 0, 1, 2]}, IdOutOfRangeError, "usuário -1"),
        ({"movies": [0, 2, 1, 3]}, IdOutOfRangeError, "filmes de 0 a 2"),
        ({"movies": [0, 2, 1]}, ShapeMismatchError, "tamanhos diferentes"),
        ({"movies": [[0], [2], [1], [2]]}, ShapeMismatchError, "vetor"),
        ({"users": [True, False, True, True]}, DataError, "tipo bool"),
        ({"users": ["a", "b", "c", "d"]}, DataError, "deve ser de números"),
        ({"values": [4, np.inf, 5, 1]}, NonFiniteError, "linha 1 tem a nota inf"),
    ],
)
def test_what_does_not_serve_is_refused_at_construction(refused, changes, error, message):
    with refused(f"interactions with {changes}", error, match=message):
        some(**changes)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.ones(3, bool), "3 posições"),
        (np.array([0, 4]), "posição 4"),
        (np.array([-1]), "posição -1"),
        (np.array([0.0]), "tipo float64"),
        (np.zeros((2, 2), int), "forma"),
    ],
)
def test_selection_that_is_not_of_these_rows_is_refused(refused, rows, message):
    with refused(f"selection {rows.tolist()}", DataError, match=message):
        some().select(rows)


def test_history_that_all_models_share_cannot_be_changed_and_a_copy_can():
    rows = some()
    with pytest.raises(ValueError, match="read-only"):
        rows.history().data[:] = 1
    rows.history().copy().data[:] = 1
    rows.history(np.array([1])).data[:] = 1
    assert rows.history().data.max() == rows.values.max()


def test_slices_of_unsorted_rows_and_repeated_pairs_are_refused(refused):
    with refused("of_user before sorted", DataError, match="chame sorted"):
        some().of_user(1)
    with refused("a pair twice", DataError, match="usuário 2 avalia o filme 2 mais de uma vez"):
        some(users=[2, 0, 1, 2], movies=[2, 2, 1, 2]).refuse_repeated_pairs()
    assert len(some().refuse_repeated_pairs()) == 4
