"""Attempts at exercise `reindex`."""

import numpy as np
import pandas as pd

from tests.exercises.attempts.registry import right, wrong


@right("reindex")
def reindex_with_unique(ids):
    unique_ids, index = np.unique(ids, return_inverse=True)
    return index, unique_ids


@right("reindex")
def reindex_with_a_dictionary(ids):
    unique_ids = sorted(set(ids.tolist()))
    position = {}
    for i, value in enumerate(unique_ids):
        position[value] = i
    return [position[value] for value in ids.tolist()], unique_ids


@right("reindex")
def reindex_with_factorize(ids):
    return pd.factorize(ids, sort=True)


@right("reindex")
def reindex_with_searchsorted(ids):
    unique_ids = np.unique(ids)
    return np.searchsorted(unique_ids, ids), unique_ids


@wrong("reindex", "from_one")
def reindex_starts_at_one(ids):
    unique_ids = sorted(set(ids))
    return np.array([unique_ids.index(value) + 1 for value in ids]), np.array(unique_ids)


@wrong("reindex", "subtract")
def reindex_subtracts_the_minimum(ids):
    return ids - np.min(ids), np.unique(ids)


@wrong("reindex", "by_appearance")
def reindex_by_first_appearance(ids):
    index, unique_ids = pd.factorize(ids)
    return index, unique_ids


@wrong("reindex", "argsort")
def reindex_with_argsort(ids):
    return np.argsort(ids), np.unique(ids)


@wrong("reindex", "argsort")
def reindex_with_ranks(ids):
    return ids.argsort().argsort(), np.unique(ids)


@wrong("reindex", "swapped")
def reindex_swaps_the_results(ids):
    return np.unique(ids, return_inverse=True)


@wrong("reindex", "first_position")
def reindex_with_return_index(ids):
    unique_ids, index = np.unique(ids, return_index=True)
    return index, unique_ids


@wrong("reindex", "as_text")
def reindex_sorts_text(ids):
    unique_ids = sorted({str(value) for value in ids})
    return [unique_ids.index(str(value)) for value in ids], [int(value) for value in unique_ids]


@wrong("reindex", "only_index")
def reindex_forgets_the_ids(ids):
    return np.unique(ids, return_inverse=True)[1]


@wrong("reindex", "descending")
def reindex_from_the_largest(ids):
    unique_ids = sorted(set(ids.tolist()), reverse=True)
    return [unique_ids.index(value) for value in ids.tolist()], unique_ids


@wrong("reindex", "missing_return")
def reindex_prints_instead_of_returning(ids):
    unique_ids, index = np.unique(ids, return_inverse=True)
    print(len(index), len(unique_ids))


@wrong("reindex", "only_ids")
def reindex_forgets_the_index(ids):
    return np.unique(ids)
