"""Plain data: what may travel between a student's function and its judge."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from course_lib import BiasedDotNet
from course_lib.errors import PlainDataError
from course_lib.exercises import EXERCISES, plain
from course_lib.exercises.compare import same
from course_lib.exercises.marking import calls_of
from course_tools.grading.checks import hidden_checks

VALUES = [
    None,
    True,
    -3,
    2.5,
    float("inf"),
    "ação",
    [1, [2.0, "x", None], []],
    np.arange(6, dtype=np.int64).reshape(2, 3),
    np.array(3.0, np.float32),
    np.zeros((0, 3)),
    [np.array([True, False]), 1],
]


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_plain_data_survives_the_journey(value):
    arrived = plain.loads(plain.dumps(plain.simplify(value)))
    assert type(arrived) is type(value)
    assert same(arrived, value) or arrived is value is None
    if isinstance(value, np.ndarray):
        assert arrived.dtype == value.dtype


def test_inputs_of_every_check_survive_the_journey():
    for name, exercise in EXERCISES.items():
        for call in calls_of((*exercise.visible, *hidden_checks(name))):
            arrived = tuple(plain.loads(plain.dumps(list(call.arguments)), inputs=True))
            for sent, received in zip(
                plain.build_arguments(call.arguments), plain.build_arguments(arrived), strict=True
            ):
                if isinstance(sent, torch.nn.Module):
                    assert all(torch.equal(a, b) for a, b in zip(sent.parameters(), received.parameters(), strict=True))
                else:
                    assert type(sent) is type(received)
                    assert np.array_equal(sent, received)


@pytest.mark.parametrize(
    "value",
    [
        torch.tensor([1.0, 2.0], requires_grad=True),
        pd.Series([1.0, 2.0]),
        (1.0, 2.0),
        np.array([1.0, 2.0], np.longdouble),
        [np.float32(1.0), np.float64(2.0)],
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_students_return_becomes_plain(value):
    assert same(plain.simplify(value), [1.0, 2.0])


def test_an_object_that_equals_everything_becomes_its_own_value():
    class Sly(float):
        def __eq__(self, other):
            return True

    assert type(plain.simplify(Sly(1.0))) is float


def deep(levels: int):
    value = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("case", "value"),
    [
        ("a generator", (i for i in range(3))),
        ("a set", {1, 2}),
        ("a dictionary", {"a": 1}),
        ("a network", BiasedDotNet(2, 2)),
        ("a function", len),
        ("bytes", b"abc"),
        ("a complex array", [np.ones(2, complex)]),
        ("an integer of 100 digits", 10**100),
        ("a list of lists of lists…", deep(plain.MAX_DEPTH + 1)),
        ("too many items", [0] * (plain.MAX_ITEMS + 1)),
        ("too large an array", np.zeros(plain.MAX_BYTES + 1, np.uint8)),
    ],
)
def test_other_results_are_refused(case, value, refused):
    with refused(f"result of an exercise: {case}", PlainDataError):
        plain.simplify(value)


@pytest.mark.parametrize(
    "text",
    [
        "isto não é JSON",
        "[" * 100_000,
        '{"a": 1}',
        '{"array": "AAAA", "dtype": "<f8", "shape": [1]}',
        '{"array": "AAAAAAAAAAA=", "dtype": "O", "shape": [1]}',
        '{"array": "AAAAAAAAAAA=", "dtype": "(2,)f4", "shape": [1]}',
        '{"array": "AAAAAAAAAAA=", "dtype": "<f8", "shape": [-1]}',
        '{"array": 3, "dtype": "<f8", "shape": [1]}',
        '{"array": "é", "dtype": "<f8", "shape": [1]}',
        '{"tensor": {"array": "", "dtype": "<f8", "shape": [0]}}',
        '{"network": "DotNet", "options": {}, "weights": {}}',
        '{"network": "DotNet", "options": {}, "weights": {}, "kept": false}',
        "1" * 400,
        json.dumps([0] * (plain.MAX_ITEMS + 1)),
        json.dumps(deep(plain.MAX_DEPTH + 1)),
    ],
    ids=lambda text: text[:40],
)
def test_text_that_dumps_would_not_write_is_refused(text):
    with pytest.raises(PlainDataError):
        plain.loads(text)


def test_text_too_long_is_refused_before_it_is_parsed():
    with pytest.raises(PlainDataError, match="caracteres"):
        plain.loads(" " * (plain.MAX_TEXT + 1))


@pytest.mark.parametrize("kept", [True, False])
def test_network_that_must_stay_as_it_was_is_told_from_a_changed_one(kept):
    weights = {name: tensor.numpy() for name, tensor in BiasedDotNet(2, 3).state_dict().items()}
    sent = plain.NetworkInput("BiasedDotNet", {"n_users": 2, "n_movies": 3}, weights, kept)
    arrived = plain.loads(plain.dumps([sent]), inputs=True)[0]
    network = arrived.build()
    assert not arrived.spoiled(network)
    network.mean += 1
    assert arrived.spoiled(network) is kept
