"""Split, Dataset and DataLoaders."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from course_lib.datasets.loaders import MLDataset, make_dataloaders
from course_lib.datasets.splits import check_ratings, split_mask, split_ratings
from course_lib.errors import ArgumentError, CourseError, DataError, NonFiniteError
from course_lib.interactions import Interactions


@pytest.fixture
def ratings():
    rng = np.random.default_rng(0)
    return np.column_stack([rng.integers(0, 30, 500), np.arange(500), rng.integers(1, 11, 500) / 2]).astype(np.float32)


def test_split_is_the_documented_draw_and_keeps_order_and_dtype(ratings):
    train, valid = split_ratings(ratings, valid_fraction=0.2, seed=42)
    mask = np.random.default_rng(42).random(len(ratings)) < 0.8
    assert np.array_equal(train, ratings[mask]) and np.array_equal(valid, ratings[~mask])
    assert train.dtype == valid.dtype == np.float32


def test_mask_is_the_split_for_arrays_beside_the_ratings(ratings):
    mask = split_mask(len(ratings), valid_fraction=0.3, seed=7)
    train, valid = split_ratings(ratings, valid_fraction=0.3, seed=7)
    np.testing.assert_array_equal(ratings[mask], train)
    np.testing.assert_array_equal(ratings[~mask], valid)


def test_split_repeats_with_the_seed_is_disjoint_and_loses_no_row(ratings):
    first, second, other = (split_ratings(ratings, seed=seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(first[0], other[0])
    assert sorted(np.concatenate(first)[:, 1]) == list(range(500))  # column 1 names the row


def test_split_neither_uses_nor_moves_the_global_random_state(ratings):
    before = np.random.get_state()[1].copy()
    split_ratings(ratings)
    assert np.array_equal(before, np.random.get_state()[1])


def test_dataset_has_the_types_and_shapes_that_models_take(ratings):
    dataset = MLDataset(ratings)
    inputs, targets = dataset[3]
    assert (inputs.dtype, inputs.shape, targets.dtype, targets.shape) == (torch.int64, (2,), torch.float32, (1,))
    inputs, targets = dataset[torch.tensor([4, 2, 2])]
    assert (inputs.shape, targets.shape) == ((3, 2), (3, 1))
    assert inputs[:, 1].tolist() == [4, 2, 2] and targets[0, 0] == ratings[4, 2]
    assert len(dataset) == 500


def test_dataset_does_not_share_memory_with_the_table(ratings):
    dataset = MLDataset(ratings)
    ratings[:] = 0
    assert dataset.targets.min() > 0


def test_fingerprint_tells_content_and_order(ratings):
    other = ratings.copy()
    other[7, 2] = 0.5 if other[7, 2] != 0.5 else 1
    prints = {MLDataset(rows).fingerprint() for rows in (ratings, ratings.copy(), ratings[::-1], other)}
    assert len(prints) == 3


def test_a_table_in_fortran_order_is_the_same_data(ratings):
    by_columns = MLDataset(np.asfortranarray(ratings))
    assert by_columns.fingerprint() == MLDataset(ratings).fingerprint()


def test_minibatches_cover_the_data_once_and_training_is_shuffled(ratings):
    loaders = make_dataloaders(ratings, ratings, batch_size=64)
    order = {part: torch.cat([inputs[:, 1] for inputs, _ in loader]) for part, loader in loaders.items()}
    assert order["val"].tolist() == list(range(500))
    assert order["train"].tolist() != list(range(500)) and sorted(order["train"].tolist()) == list(range(500))
    sizes = [(len(inputs), targets.shape) for inputs, targets in loaders["val"]]
    assert sizes[0] == (64, (64, 1)) and sizes[-1] == (52, (52, 1))


def test_the_order_repeats_with_the_seed_and_resumes_from_a_saved_generator_state(ratings):
    def epoch(loader):
        return torch.cat([inputs[:, 1] for inputs, _ in loader]).tolist()

    first, second = (make_dataloaders(ratings, seed=5)["train"] for _ in range(2))
    assert epoch(first) == epoch(second)
    state = first.generator.get_state()
    expected = epoch(first)
    second.generator.set_state(state)
    assert epoch(second) == expected
    assert "val" not in make_dataloaders(ratings)


def test_reading_minibatches_does_not_move_the_global_random_state(ratings):
    loaders = make_dataloaders(ratings, ratings)
    before = torch.get_rng_state()
    for loader in loaders.values():
        list(loader)
    assert torch.equal(before, torch.get_rng_state())


def test_a_dataloader_made_by_hand_works_with_workers(ratings):
    loader = DataLoader(MLDataset(ratings), batch_size=100, num_workers=1)
    assert [inputs.shape for inputs, _ in loader] == [(100, 2)] * 5


def table(*rows, dtype=np.float32):
    return np.array(rows, dtype=dtype)


BAD_TABLES = {
    "ratings of shape (n, 2)": (table((0, 1)), DataError, r"forma \(1, 2\).*\(n, 3\)"),
    "ratings of shape (n,)": (table(0, 1, 4), DataError, r"forma \(3,\)"),
    "ratings without rows": (np.empty((0, 3), np.float32), DataError, "vazia"),
    "ratings as text": (np.array([["0", "1", "4"]]), DataError, "números.*\n.*astype"),
    "ratings with NaN": (table((0, 1, 4), (0, 2, np.nan)), NonFiniteError, "linha 1 .*nan na coluna nota"),
    "ratings with infinite user": (table((np.inf, 1, 4)), NonFiniteError, "inf na coluna usuário"),
    "ratings with negative movie": (table((0, -1, 4)), DataError, "filme -1, que é negativo"),
    "ratings with fractional user": (table((0.5, 1, 4)), DataError, "usuário 0.5, que não é um inteiro"),
    "ids that float32 cannot hold": (table((0, 2**24, 4)), DataError, "não cabe em float32"),
    "ratings of objects": (np.array([[None, 1, 2]]), DataError, "números"),
    "ratings of booleans": (np.ones((2, 3), bool), DataError, "números"),
    "ratings with rows of different lengths": ([[0, 1, 4], [0, 1]], DataError, "comprimentos diferentes"),
    "ratings None": (None, DataError, r"\(n, 3\)"),
}


@pytest.mark.parametrize("case", BAD_TABLES)
@pytest.mark.parametrize(
    "entrance", [split_ratings, MLDataset, make_dataloaders], ids=lambda function: function.__name__
)
def test_malformed_ratings_are_refused_at_every_entrance(case, entrance, refused):
    ratings, error, message = BAD_TABLES[case]
    with refused(case, error, match=message):
        entrance(ratings)


def test_integer_and_float64_tables_are_accepted():
    assert check_ratings(table((0, 2**40, 4), dtype=np.int64)).dtype == np.int64
    assert MLDataset([[0, 1, 4.5]]).targets.item() == 4.5


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan"), "0.2", None])
def test_a_fraction_outside_0_to_1_is_refused(ratings, fraction, refused):
    with refused(f"valid_fraction={fraction!r}", ArgumentError, match="entre 0 e 1"):
        split_ratings(ratings, valid_fraction=fraction)


@pytest.mark.parametrize("seed", [-1, 1.5, None, "42", True])
def test_a_seed_that_is_no_natural_number_is_refused(ratings, seed, refused):
    with refused(f"seed={seed!r}", ArgumentError, match="inteiro"):
        split_ratings(ratings, seed=seed)


@pytest.mark.parametrize("size", [0, -1, 2.5, None, True])
def test_a_minibatch_size_that_is_no_positive_integer_is_refused(ratings, size, refused):
    with refused(f"batch_size={size!r}", ArgumentError, match="positivo"):
        make_dataloaders(ratings, batch_size=size)


def test_a_split_that_leaves_one_side_empty_is_refused(refused):
    with refused("split of a single rating", CourseError, match="vazia"):
        split_ratings(table((0, 0, 4)))


def test_interactions_without_ratings_or_rows_are_refused(refused):
    unrated = Interactions(np.array([0, 1]), np.array([1, 0]), n_users=2, n_movies=2)
    for rows, lack in ((unrated, "notas"), (unrated.select(np.zeros(2, bool)), "linha alguma")):
        with refused(f"data set of interactions without {lack}", DataError, match=f"não têm {lack}"):
            MLDataset(rows)


def test_the_order_is_that_of_a_plain_shuffled_dataloader_epoch_after_epoch(ratings):
    dataset, generator = MLDataset(ratings), torch.Generator().manual_seed(7)
    plain = DataLoader(dataset, batch_size=64, shuffle=True, generator=generator)
    ours = make_dataloaders(ratings, batch_size=64, seed=7)["train"]
    for _ in range(3):
        for (expected, _), (inputs, _) in zip(plain, ours, strict=True):
            assert torch.equal(inputs, expected)


def test_shared_pairs_are_counted_with_repetition(ratings):
    some = np.concatenate([ratings[:10], ratings[:1], ratings[400:] + np.float32([0, 1000, 0])])
    assert MLDataset(ratings).count_shared(MLDataset(some)) == 11


def test_ids_beyond_32_bits_survive():
    assert MLDataset(table((0, 2**40, 4), dtype=np.int64)).inputs[0, 1] == 2**40
