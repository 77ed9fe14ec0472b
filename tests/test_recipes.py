from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from filelock import FileLock

from course_lib import (
    BiasedDotNet,
    DotNet,
    add_user,
    load_movielens,
    rating_matrix,
    rmse,
    split_ratings,
    top_k,
    train_model,
)
from course_lib.datasets import MovieLens
from course_lib.errors import ArgumentError, CourseError, DataError, ShapeMismatchError
from course_lib.recipes import RECIPES, Recipe, Training
from tests.models.synthetic import small_movielens, split_mask
from tests.trainer.helpers import N_MOVIES, N_USERS, make_ratings


@pytest.fixture
def small(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_MODELS_DIR", str(tmp_path / "models"))
    return MovieLens(
        name="small",
        ratings=make_ratings(),
        timestamps=np.arange(400),
        movie_names=np.array([f"Filme {movie} (2000)" for movie in range(N_MOVIES)]),
        genres=np.array(["Drama"] * N_MOVIES),
        years=np.full(N_MOVIES, 2000, np.int32),
        user_ids=np.arange(N_USERS),
        movie_ids=np.arange(N_MOVIES),
    )


@pytest.fixture(scope="module")
def real_split(tmp_path_factory):
    data = load_movielens(data_dir=tmp_path_factory.mktemp("data"))
    return data, *split_ratings(data.ratings, seed=42)


def error_of(fitted, rows):
    return rmse(fitted.predict(rows[:, 0], rows[:, 1]), rows[:, 2])


def test_on_real_data_mean_loses_to_bias_table_and_that_to_dot_with_biases(real_split):
    data, train, valid = real_split
    errors = {name: error_of(train_model(name, data, train), valid) for name in ("mean", "bias", "biased_dot")}
    assert errors["mean"] == pytest.approx(1.0646, abs=1e-3)
    assert errors["bias"] == pytest.approx(0.8937, abs=1e-3)
    assert errors["biased_dot"] < errors["bias"] - 0.01


def test_structure_of_low_rank_data_is_recovered_where_the_bias_table_sees_nothing(small):
    rng = np.random.default_rng(0)
    taste, style = rng.choice([-1.0, 1.0], (2, N_USERS)), rng.choice([-1.0, 1.0], (2, N_MOVIES))
    users, movies = (ids.ravel() for ids in np.indices((N_USERS, N_MOVIES)))
    rows = np.stack([users, movies, 3 + (taste[:, users] * style[:, movies]).sum(0)], axis=1).astype(np.float32)
    train, valid = split_ratings(rows, seed=1)
    assert error_of(train_model("bias", small, train), valid) > 1.2
    assert error_of(train_model("biased_dot", small, train, n_epochs=300), valid) < 0.6


@pytest.mark.parametrize("name", [name for name, recipe in RECIPES.items() if recipe.task == "rating"])
def test_same_seed_gives_the_same_predictions_within_the_scale(small, name):
    first, second = (train_model(name, small, small.ratings[:320], seed=3) for _ in range(2))
    users, movies = small.ratings[320:, 0], small.ratings[320:, 1]
    prediction = first.predict(users, movies)
    assert np.array_equal(prediction, second.predict(users, movies))
    assert prediction.dtype == np.float32 and prediction.shape == (80,)
    assert prediction.min() >= 0.5 and prediction.max() <= 5.0


def test_rows_index_and_mask_select_the_same_training_part(small):
    index = np.arange(0, 400, 2)
    mask = np.zeros(400, bool)
    mask[index] = True
    predictions = [train_model("bias", small, part).predict([0], [1]) for part in (small.ratings[index], index, mask)]
    assert predictions[0] == predictions[1] == predictions[2]


def test_kept_model_is_reused_only_for_the_same_data_seed_and_epochs(small):
    train = small.ratings[:320]
    first = train_model("biased_dot", small, train, n_epochs=2, reuse=True)
    again = train_model("biased_dot", small, train, n_epochs=2, reuse=True)
    assert [row["seconds"] for row in again.history.rows] == [row["seconds"] for row in first.history.rows]
    others = [
        train_model("biased_dot", small, train[:300], n_epochs=2, reuse=True),
        train_model("biased_dot", small, train, n_epochs=2, seed=1, reuse=True),
        train_model("biased_dot", small, train, n_epochs=3, reuse=True),
    ]
    for other in others:
        assert not torch.equal(other.model.movie_vectors.weight, first.model.movie_vectors.weight)


def test_kept_model_is_read_without_an_optimizer_whose_making_takes_a_second(small, monkeypatch):
    first = train_model("biased_dot", small, small.ratings[:320], n_epochs=2, reuse=True)
    monkeypatch.setattr(torch.optim, "Adam", None)
    again = train_model("biased_dot", small, small.ratings[:320], n_epochs=2, reuse=True)
    assert again.history.rows == first.history.rows and not again.model.training
    np.testing.assert_array_equal(again.predict([3, 4], [1, 2]), first.predict([3, 4], [1, 2]))


def test_kept_model_of_another_catalog_is_not_reused(small):
    rows = small.ratings[:320]
    small = replace(small, genres=np.array(["Drama", "Comedy"] * (N_MOVIES // 2)))
    first = train_model("hybrid", small, rows, n_epochs=1, reuse=True)
    shuffled = replace(small, genres=small.genres[::-1].copy())
    kept, honest = (train_model("hybrid", shuffled, rows, n_epochs=1, reuse=reuse) for reuse in (True, False))
    assert not np.array_equal(kept.predict([3, 4], [1, 2]), first.predict([3, 4], [1, 2]))
    np.testing.assert_array_equal(kept.predict([3, 4], [1, 2]), honest.predict([3, 4], [1, 2]))


@pytest.mark.parametrize("seed", [-1, 1.5, 2**33, "42", True])
@pytest.mark.parametrize("name", ["als", "dot"])
def test_what_is_no_seed_is_refused(refused, small, name, seed):
    with refused(f"seed {seed!r} for {name}", ArgumentError, match="a semente deve ser um inteiro"):
        train_model(name, small, small.ratings[:320], seed=seed, n_epochs=None)


def test_seed_of_numpy_is_a_seed_and_text_is_no_number_of_epochs(refused, small):
    rows, seeds = small.ratings[:320], (np.int64(3), 3)
    first, second = (train_model("als", small, rows, seed=seed).predict([3], [1]) for seed in seeds)
    assert first == second
    with refused("epochs as text", ArgumentError, match="número de épocas '3'"):
        train_model("dot", small, rows, n_epochs="3")


def test_what_was_selected_trains_too_and_two_parts_at_once_do_not(refused, small):
    index = np.arange(320)
    first = train_model("bias", small, small.select(index)).predict([0], [1])
    assert first == train_model("bias", small, index).predict([0], [1])
    with refused("interactions of other data", DataError, match="são de outro conjunto"):
        train_model("bias", small, small_movielens().interactions)
    with refused("the two parts of a split", DataError, match="train, valid = split_ratings"):
        train_model("bias", small, split_ratings(small.ratings))
    for name in ("recency_ease", "rerank", "rerank_last"):
        with refused(f"{name} trained on rows", ArgumentError, match=r"train_model\(…, data, train\)"):
            train_model(name, small, small.ratings[:320])


def test_who_wants_a_model_that_another_is_training_waits_and_then_uses_it(small, tmp_path):
    train = small.ratings[:320]
    first = train_model("biased_dot", small, train, n_epochs=1, reuse=True)
    (file,) = (tmp_path / "models").glob("*.pt")
    with ThreadPoolExecutor(1) as pool:
        with FileLock(file.with_suffix(".lock")):
            waiting = pool.submit(train_model, "biased_dot", small, train, n_epochs=1, reuse=True)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=1)
        again = waiting.result(timeout=60)
    assert [row["seconds"] for row in again.history.rows] == [row["seconds"] for row in first.history.rows]


def test_damaged_or_outdated_kept_model_is_made_again(small, tmp_path):
    train = small.ratings[:320]
    first = train_model("biased_dot", small, train, n_epochs=1, reuse=True)
    (file,) = (tmp_path / "models").glob("*.pt")
    file.write_bytes(b"nada disso")
    again = train_model("biased_dot", small, train, n_epochs=1, reuse=True)
    assert torch.equal(again.model.movie_vectors.weight, first.model.movie_vectors.weight)


def test_unknown_recipe_and_shapeless_rows_are_refused(refused, small):
    with refused("recipe that does not exist", ArgumentError, match="As que existem: mean"):
        train_model("svd", small, small.ratings)
    with refused("training rows of shape (n, 2)", DataError, match=r"\(n, 3\)"):
        train_model("bias", small, small.ratings[:, :2])


def test_training_is_not_lost_where_the_network_cannot_be_kept(small, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSE_MODELS_DIR", str(tmp_path / "file" / "models"))
    with pytest.warns(UserWarning, match="não consegui escrever"):
        kept = train_model("biased_dot", small, small.ratings[:320], n_epochs=1, reuse=True)
    plain = train_model("biased_dot", small, small.ratings[:320], n_epochs=1)
    assert torch.equal(kept.model.movie_vectors.weight, plain.model.movie_vectors.weight)


def test_zero_epochs_are_refused_as_the_trainer_refuses_them(refused, small):
    with refused("recipe with n_epochs=0", ArgumentError, match="número de épocas 0"):
        train_model("biased_dot", small, small.ratings, n_epochs=0)


@pytest.mark.parametrize("name", ["kernel", "context", "ensemble"])
def test_validation_rows_without_time_are_refused_before_training(refused, small, name, monkeypatch):
    monkeypatch.setattr(Recipe, "fit", lambda *arguments: pytest.fail("trained"))
    with refused(f"use_time with validation rows ({name})", ArgumentError, match="meça depois: fitted.predict"):
        train_model(name, small, np.arange(320), valid=small.ratings[320:], use_time=True)


def test_timestamps_of_another_length_are_refused(refused, small):
    fitted = train_model("kernel", small, np.arange(320), use_time=True)
    with refused("one timestamp for two predictions", ShapeMismatchError, match="um momento por previsão"):
        fitted.predict([0, 1], [0, 1], [5])


@pytest.mark.parametrize("name", ["mean", "bias", "als", "ensemble"])
def test_training_rows_that_do_not_serve_are_refused_by_every_recipe(refused, small, name):
    for case, train in {
        "an empty mask": np.zeros(400, bool),
        "a mask of another length": np.ones(399, bool),
        "an index beyond the data": np.array([0, 400]),
        "rows of an unknown user": np.array([[0, 0, 3], [N_USERS, 1, 4]], np.float32),
    }.items():
        with refused(f"train_model on {case} ({name})", CourseError):
            train_model(name, small, train)


@pytest.mark.parametrize("name", ["bias", "biased_dot", "als"])
def test_models_that_read_no_context_accept_repeated_pairs(small, name):
    sample = np.random.default_rng(0).integers(0, 400, 400)
    assert np.isfinite(train_model(name, small, sample).predict([0], [1])).all()


@pytest.mark.parametrize("asked", [{"n_epochs": 3}, {"n_epochs": -3}, {"valid": np.array([[0, 0, 3]], np.float32)}])
def test_closed_form_recipe_refuses_epochs_and_validation(refused, small, asked):
    with refused(f"closed form with {asked}", ArgumentError, match="de uma vez, sem épocas"):
        train_model("als", small, small.ratings, **asked)


def test_recipe_is_equal_hashed_and_kept_by_all_that_is_in_it():
    recipe = Recipe("rating", BiasedDotNet, {"l2": 0.1}, Training(n_epochs=2, batch_size=64, lr=0.01))
    same = Recipe("rating", BiasedDotNet, {"l2": 0.1}, Training(n_epochs=2, batch_size=64, lr=0.01))
    others = [replace(recipe, options={"l2": 0.2}), replace(recipe, training=None), replace(recipe, model=DotNet)]
    assert recipe == same and hash(recipe) == hash(same) and "BiasedDotNet, {'l2': 0.1}" in repr(recipe)
    assert all(other != recipe for other in others)


def test_kept_model_of_another_option_that_the_network_does_not_show_is_not_reused(small, monkeypatch):
    """`init_std` leaves no trace in the network: only the recipe knows of it."""

    def trained(init_std):
        recipe = Recipe("rating", DotNet, {"init_std": init_std}, Training(n_epochs=1, batch_size=64, lr=1e-3))
        monkeypatch.setitem(RECIPES, "dot", recipe)
        return train_model("dot", small, small.ratings[:320], reuse=True).model.movie_vectors.weight

    assert trained(1.0).std() > 5 * trained(0.05).std()


def test_matrix_of_a_fitted_recipe_is_that_of_its_model_within_the_scale(small):
    fitted = train_model("als", small, small.ratings[:320])
    matrix = rating_matrix(fitted, N_USERS, N_MOVIES)
    assert np.array_equal(matrix, np.clip(rating_matrix(fitted.model, N_USERS, N_MOVIES), 0.5, 5))


def test_list_keeps_the_raw_order_where_clipped_stars_tie(small):
    fitted = train_model("als", small, small.ratings[:320])
    fitted.model.mean += 4  # almost every prediction passes the top of the scale
    best = fitted.top_k(3, k=5)
    raw = fitted.score([3])[0][best["movie"]]
    assert (best["prediction"] == 5).all() and np.ptp(raw) > 0 and np.array_equal(raw, np.sort(raw)[::-1])


LISTS = [name for name, recipe in RECIPES.items() if recipe.task == "ranking"]


@pytest.mark.parametrize("name", LISTS)
def test_recipe_of_lists_orders_and_says_that_it_predicts_no_stars(refused, name):
    data = small_movielens()
    fitted = train_model(name, data, split_mask(data), device="cpu", n_epochs=2 if RECIPES[name].by_epochs else None)
    best = fitted.top_k(3, k=5)
    raw = fitted.score([3])[0][best["movie"]]
    assert len(best) == 5 and np.array_equal(raw, np.sort(raw)[::-1])
    with refused(f"stars of a list recipe ({name})", ArgumentError, match="só ordena"):
        fitted.predict([0], [1])
    with refused(f"rating matrix of a list recipe ({name})", ArgumentError, match="só ordena"):
        rating_matrix(fitted, data.n_users, data.n_movies)
    with refused(f"validation of a list recipe ({name})", ArgumentError, match="tire valid"):
        train_model(name, data, split_mask(data), valid=data.ratings[:5])


@pytest.mark.parametrize("name", [name for name in LISTS if name != "popular"])
def test_newcomer_enters_a_list_recipe_by_the_history_alone(name):
    data = small_movielens()
    fitted = train_model(name, data, split_mask(data), device="cpu", n_epochs=2 if RECIPES[name].by_epochs else None)
    extended, newcomer = add_user(fitted, [0, 2, 4], [5.0, 4.5, 5.0])
    assert newcomer == data.n_users and extended.score([newcomer]).shape == (1, data.n_movies)
    assert len(top_k(extended, data, newcomer, k=5, exclude=[0, 2, 4])) == 5
