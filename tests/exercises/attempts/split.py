"""Attempts at exercise `split`."""

import random

import numpy as np
import pandas as pd
import torch

from course_lib import split_ratings
from tests.exercises.attempts.registry import right, wrong


@right("split")
def split_with_a_mask(ratings, valid_fraction, seed):
    mask = np.random.default_rng(seed).random(len(ratings)) < valid_fraction
    return ratings[~mask], ratings[mask]


@right("split")
def split_with_a_permutation(ratings, valid_fraction, seed):
    order = np.random.default_rng(seed).permutation(len(ratings))
    n_valid = int(len(ratings) * valid_fraction)
    return ratings[order[n_valid:]], ratings[order[:n_valid]]


@right("split")
def split_with_the_course_library(ratings, valid_fraction, seed):
    return split_ratings(ratings, valid_fraction, seed)


@right("split")
def split_with_pandas(ratings, valid_fraction, seed):
    table = pd.DataFrame(ratings)
    valid = table.sample(frac=valid_fraction, random_state=seed)
    return table.drop(valid.index), valid


@right("split")
def split_with_torch(ratings, valid_fraction, seed):
    order = torch.randperm(len(ratings), generator=torch.Generator().manual_seed(seed)).numpy()
    n_train = round(len(ratings) * (1 - valid_fraction))
    return ratings[order[:n_train]], ratings[order[n_train:]]


@wrong("split", "not_repeatable")
def split_overwrites_seed(ratings, valid_fraction, seed):
    np.random.seed = seed
    mask = np.random.rand(len(ratings)) < valid_fraction
    return ratings[~mask], ratings[mask]


@wrong("split", "seed_overwritten")
def split_after_overwriting_seed(ratings, valid_fraction, seed):
    np.random.seed = 42
    np.random.seed(seed)
    mask = np.random.rand(len(ratings)) < valid_fraction
    return ratings[~mask], ratings[mask]


@wrong("split", "error")
def split_forgets_a_times_sign(ratings, valid_fraction, seed):
    order = np.random.default_rng(seed).permutation(len(ratings))
    n_valid = int(len(ratings)(valid_fraction))
    return ratings[order[n_valid:]], ratings[order[:n_valid]]


_GENERATOR = np.random.default_rng(42)


@wrong("split", "not_repeatable")
def split_with_a_generator_outside(ratings, valid_fraction, seed):
    mask = _GENERATOR.random(len(ratings)) < valid_fraction
    return ratings[~mask], ratings[mask]


@wrong("split", "seed_ignored")
def split_writes_the_seed_inside(ratings, valid_fraction, seed):
    mask = np.random.default_rng(42).random(len(ratings)) < valid_fraction
    return ratings[~mask], ratings[mask]


@wrong("split", "in_order")
def split_cuts_in_order(ratings, valid_fraction, seed):
    cut = int(len(ratings) * (1 - valid_fraction))
    return ratings[:cut], ratings[cut:]


@wrong("split", "seed_ignored")
def split_takes_every_nth_row(ratings, valid_fraction, seed):
    valid = np.arange(len(ratings)) % round(1 / valid_fraction) == 0
    return ratings[~valid], ratings[valid]


@wrong("split", "swapped")
def split_swaps_the_parts(ratings, valid_fraction, seed):
    mask = np.random.default_rng(seed).random(len(ratings)) < valid_fraction
    return ratings[mask], ratings[~mask]


@wrong("split", "overlap")
def split_trains_on_everything(ratings, valid_fraction, seed):
    mask = np.random.default_rng(seed).random(len(ratings)) < valid_fraction
    return ratings, ratings[mask]


@wrong("split", "overlap")
def split_draws_twice(ratings, valid_fraction, seed):
    rng = np.random.default_rng(seed)
    train = rng.random(len(ratings)) < 1 - valid_fraction
    valid = rng.random(len(ratings)) < valid_fraction
    return ratings[train], ratings[valid]


@wrong("split", "repeated")
def split_draws_with_replacement(ratings, valid_fraction, seed):
    rng = np.random.default_rng(seed)
    valid = rng.integers(0, len(ratings), int(len(ratings) * valid_fraction))
    return np.delete(ratings, valid, axis=0), ratings[valid]


@wrong("split", "repeated")
def split_with_random_shuffle(ratings, valid_fraction, seed):
    rows = ratings.copy()
    random.Random(seed).shuffle(rows)
    cut = int(len(rows) * valid_fraction)
    return rows[cut:], rows[:cut]


@wrong("split", "broken_rows")
def split_shuffles_each_column(ratings, valid_fraction, seed):
    rng = np.random.default_rng(seed)
    rows = np.column_stack([rng.permutation(column) for column in ratings.T])
    cut = int(len(rows) * valid_fraction)
    return rows[cut:], rows[:cut]


@wrong("split", "indices")
def split_returns_masks(ratings, valid_fraction, seed):
    mask = np.random.default_rng(seed).random(len(ratings)) < valid_fraction
    return ~mask, mask


@wrong("split", "fraction")
def split_always_in_halves(ratings, valid_fraction, seed):
    mask = np.random.default_rng(seed).random(len(ratings)) < 0.5
    return ratings[~mask], ratings[mask]


@wrong("split", "lost")
def split_loses_rows(ratings, valid_fraction, seed):
    order = np.random.default_rng(seed).permutation(len(ratings))
    n_valid, n_train = int(len(ratings) * valid_fraction), int(len(ratings) * 0.5)
    return ratings[order[:n_train]], ratings[order[-n_valid:]]
