"""What every model that predicts stars must do, whatever it is made of. A new one joins with one line in MODELS."""

import pickle
from dataclasses import replace
from functools import cache, partial

import numpy as np
import pytest

from course_lib import predict, top_k
from course_lib.errors import ArgumentError, CourseError, DataError, IdOutOfRangeError, ShapeMismatchError
from course_lib.models import Ensemble
from course_lib.models.contract import RatingModel
from course_lib.recipes import RECIPES, train_model

from .synthetic import assert_hidden_rows_do_not_matter, small_movielens, split_mask

DATA = small_movielens()
TRAIN = split_mask(DATA)
SOLITARY, UNRATED = 2, 5  # a user and a movie without training ratings
TRAIN &= (DATA.ratings[:, 0] != SOLITARY) & (DATA.ratings[:, 1] != UNRATED)
RATING_RECIPES = [name for name, recipe in RECIPES.items() if recipe.task == "rating"]
KNOWS_NEWCOMERS = [name for name in RATING_RECIPES if name not in ("context", "ensemble")]
READS_PAIRS = ("hybrid", "kernel", "context", "ensemble")  # quem viu o quê, e não só as notas


@cache
def trained(name):
    return train(name, DATA, TRAIN)


def train(name, data, rows, use_time=False):
    n_epochs = 2 if RECIPES[name].by_epochs else None
    return train_model(name, data, rows, device="cpu", use_time=use_time, n_epochs=n_epochs)


@pytest.fixture(scope="module", params=[*RATING_RECIPES, "average"])
def model(request):
    if request.param == "average":
        return Ensemble([trained("bias").model, trained("biased_dot").model], weights=[1, 3])
    return trained(request.param).model


def test_it_keeps_the_contract(model):
    assert isinstance(model, RatingModel)


def test_rows_are_the_predictions_of_the_pairs_raw_and_finite(model):
    users = np.array([3, 0, 3, SOLITARY])
    rows = model.score(users)
    assert rows.shape == (4, DATA.n_movies) and rows.dtype == np.float32 and np.isfinite(rows).all()
    pairs = np.repeat(users, DATA.n_movies), np.tile(np.arange(DATA.n_movies), 4)
    prediction = model.predict(*pairs)
    assert prediction.dtype == np.float32 and prediction == pytest.approx(rows.ravel(), abs=1e-4)


def test_nothing_asked_is_nothing_answered(model):
    assert model.predict([], []).shape == (0,)
    assert model.score(np.array([], int)).shape == (0, DATA.n_movies)


def test_order_of_the_pairs_does_not_matter(model):
    users, movies = np.array([3, 0, 7, 0]), np.array([1, UNRATED, 2, 30])
    assert model.predict(users[::-1], movies[::-1])[::-1] == pytest.approx(model.predict(users, movies), abs=1e-5)


def test_pickled_it_predicts_the_same(model):
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict([3, 0], [1, 2]), model.predict([3, 0], [1, 2]))


@pytest.mark.parametrize(
    ("users", "movies", "error"),
    [
        ([-1], [0], IdOutOfRangeError),
        ([DATA.n_users], [0], IdOutOfRangeError),
        ([0], [DATA.n_movies], IdOutOfRangeError),
        ([True], [0], ArgumentError),
        ([0.5], [0], ArgumentError),
        ([0, 1], [0], ShapeMismatchError),
    ],
)
def test_what_is_no_pair_of_known_ids_is_refused_and_not_counted_from_the_end(model, users, movies, error):
    for ask in (model.predict, partial(predict, model)):
        with pytest.raises(error):
            ask(users, movies)


@pytest.mark.parametrize(
    ("users", "error"),
    [([-1], IdOutOfRangeError), ([DATA.n_users], IdOutOfRangeError), ([True], ArgumentError), ([0.5], ArgumentError)],
)
def test_rows_of_who_is_no_known_user_are_refused_and_not_counted_from_the_end(model, users, error):
    with pytest.raises(error):
        model.score(users)
    assert model.score(3).shape == (1, DATA.n_movies)


@pytest.mark.parametrize("name", KNOWS_NEWCOMERS)
def test_history_may_come_in_any_form_and_is_refused_with_other_movies(name):
    history = DATA.select(TRAIN).history(np.array([7, SOLITARY]))
    rows, model = trained(name).model.score(None, history), trained(name).model
    for form in (history.tocsc(), history.toarray(), history.astype(np.float64)):
        assert model.score(None, form) == pytest.approx(rows, abs=1e-5)
    with pytest.raises(ShapeMismatchError, match=f"U, {DATA.n_movies}"):
        model.score(None, history[:, :5])


@pytest.mark.parametrize("name", KNOWS_NEWCOMERS)
def test_newcomer_is_a_row_of_history_and_the_user_with_those_ratings_a_good_guess(name):
    model = trained(name).model
    history = DATA.select(TRAIN).history(np.array([7, SOLITARY]))
    rows = model.score(None, history)
    assert rows.shape == (2, DATA.n_movies) and rows.dtype == np.float32 and np.isfinite(rows).all()
    known = model.score(np.array([7, SOLITARY]))
    if name != "dot":  # whose vectors start too far apart for anything to be a good guess
        assert np.abs(rows - known).mean() < 1.2  # the same person, known and arriving


@pytest.mark.parametrize("name", ["context", "ensemble"])
def test_model_that_needs_the_context_says_that_it_takes_no_newcomer(refused, name):
    model = trained(name).model
    with refused(f"a newcomer for {name}", ArgumentError, match="chegou depois"):
        model.score(None, DATA.select(TRAIN).history(np.array([7])))


@pytest.mark.parametrize("name", RATING_RECIPES)
def test_one_rating_and_equal_ratings_are_data_too(name):
    flat = replace(
        DATA, ratings=np.column_stack([DATA.ratings[:, :2], np.full(len(DATA.ratings), 4)]).astype(np.float32)
    )
    assert np.abs(train(name, flat, TRAIN).predict([3, 0], [1, 2]) - 4).max() < (3 if name in ("dot",) else 1)
    if name != "ensemble":  # um voto não se divide em dobras
        assert np.isfinite(train(name, DATA, np.array([7])).predict([3, 0], [1, 2])).all()


def test_ensemble_of_one_rating_says_that_it_needs_folds(refused):
    with refused("ensemble trained on one rating", CourseError, match="dobras"):
        train("ensemble", DATA, np.array([7]))


@pytest.mark.parametrize("name", [name for name in RATING_RECIPES if name in READS_PAIRS])
def test_repeated_pair_is_refused_and_the_message_says_how_to_drop_it(refused, name):
    with refused(f"{name} trained on an index with repetitions", DataError, match=r"np.unique\(train\)"):
        train(name, DATA, np.array([3, 8, 3, 9, 12, 15]))


@pytest.mark.parametrize(
    ("name", "use_time"),
    [(name, use_time) for name in RATING_RECIPES for use_time in (False, True)[: 1 + RECIPES[name].takes("use_time")]],
)
def test_hidden_rows_do_not_leak(name, use_time):
    def fit_and_predict(data, rows, users, movies, times):
        model = train(name, data, rows, use_time).model
        return model.predict(users, movies, times if use_time else None) + np.linspace(0, 0.2, len(users))

    assert_hidden_rows_do_not_matter(fit_and_predict)


@pytest.mark.parametrize("name", RATING_RECIPES)
def test_top_of_the_list_is_the_order_of_the_raw_rows(name):
    fitted = trained(name)
    best = top_k(fitted, DATA, user=3, k=4, exclude=[1])
    row = fitted.model.score(np.array([3]))[0].copy()
    row[1] = -np.inf
    assert np.array_equal(row[best["movie"]], np.sort(row)[::-1][:4])
