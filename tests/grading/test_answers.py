"""What comes out of a student's kernel is only ever read as plain data."""

import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.exercises import EXERCISES
from course_lib.exercises.marking import Answer
from course_lib.exercises.plain import dumps
from course_lib.exercises.remote import ANSWER_TYPE
from course_tools.grading.answers import examine, read_answer
from course_tools.grading.checks import hidden_checks
from course_tools.grading.outputs import CUT, Execution

KEYS = ("array", "dtype", "shape", "tensor", "network", "options", "weights")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner),
    max_leaves=15,
)


def message(kind, content, request="pedido"):
    return {"msg_type": kind, "content": content, "parent_header": {"msg_id": request}}


def test_answer_survives_the_trip():
    array = np.arange(6.0).reshape(2, 3)
    answer = read_answer(dumps([[1, "a", array], [], ""]))
    assert answer.errors == ()
    assert answer.value[:2] == [1, "a"]
    np.testing.assert_array_equal(answer.value[2], array)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "[",
        "[" * 10_000,
        "[1, [], 2]",
        '[1, "ValueError", ""]',
        "[1, []]",
        '{"value": 1}',
        '[{"array": "AAAA", "dtype": "O", "shape": [1]}, [], ""]',
        '[{"array": "", "dtype": "f8", "shape": [-1]}, [], ""]',
        '[{"array": "AAAAAAAAAAA=", "dtype": [["a", "f8"]], "shape": [1]}, [], ""]',
        '[{"array": "AAAAAAAAAAA=", "dtype": "f8", "shape": [4000000000]}, [], ""]',
        '[{"tensor": {"array": "", "dtype": "f8", "shape": [0]}}, [], ""]',
        "[1" + "0" * 5000 + ', [], ""]',
    ],
)
def test_forged_answer_is_refused_as_not_plain(text):
    assert read_answer(text).errors == ("PlainDataError",)


def test_what_an_error_says_is_short_and_printable():
    answer = read_answer(json.dumps([3, ["ValueError\x1b[31m"] * 50, "linha\n\x00" * 1000]))
    assert answer.value is None
    assert len(answer.errors) == 20 and len(answer.message) <= 120
    assert answer.message.isprintable() and answer.errors[0].isprintable()


def test_error_shows_at_most_a_bit_of_the_inputs_it_was_made_of():
    """Neither its message nor its name, which a student may make of the inputs too."""
    inputs = "0.123 4.567 " * 1000
    answer = read_answer(json.dumps([None, [f"Erro{inputs}", "ValueError"], inputs]))
    assert len(answer.message) <= 120 and answer.message.endswith("…")
    assert len(answer.errors[0]) <= 40 and answer.errors[1] == "ValueError"


@pytest.mark.parametrize("part", ["[],", "{},", "1,", "[[[["])
def test_answer_of_millions_of_parts_is_refused_before_it_is_read(part):
    """Read, 24 MB of empty lists take 700 MB of the grader."""
    tracemalloc.start()
    answer = read_answer(f"[[{part * (20 * 2**20 // len(part))}")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer.errors == ("PlainDataError",)
    assert peak < 100 * 2**20


@given(json_values)
def test_no_text_makes_the_reader_fail(value):
    assert isinstance(read_answer(json.dumps(value)), Answer)
    assert isinstance(read_answer(json.dumps([value, [], ""])), Answer)


@settings(deadline=None)  # the first example of an exercise builds its checks
@given(json_values, st.sampled_from(sorted(EXERCISES)))
def test_no_answer_makes_the_examination_fail_or_pass(value, name):
    exercise, checks = EXERCISES[name], hidden_checks(name)
    answer = read_answer(json.dumps([value, [], ""]))
    answers = [answer for check in checks for _ in check.calls]
    assert examine(exercise, checks, answers).score <= 0.5


@pytest.mark.parametrize("name", ["split", "split_last"])
def test_parts_far_larger_than_the_table_are_not_unpacked(name):
    value = [np.zeros((300_000, 3), np.uint8)] * 2
    check = hidden_checks(name)[0]
    tracemalloc.start()
    assert check.examine([Answer(value)] * len(check.calls)) == "repeated"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20


def test_outputs_keep_known_types_only_up_to_the_limit():
    execution = Execution("pedido", kept=1000, received=10_000)
    execution.add(message("display_data", {"data": {"text/html": "<script>", "text/plain": "figura"}}), 10)
    execution.add(message("display_data", {"data": {"image/png": '"><script>'}}), 10)
    execution.add(message("stream", {"name": "stdout", "text": "a" * 5000}), 10)
    execution.add(message("stream", {"name": "stdout", "text": "b"}), 10)
    first, second, third = execution.outputs
    assert first["data"] == {"text/plain": "figura"}
    assert second["data"] == {"text/plain": ""}
    assert third["text"].endswith(CUT) and len(third["text"]) <= 1000 + len(CUT)


def test_only_one_answer_a_request_is_free_of_the_limit_and_the_last_one_counts():
    execution = Execution("pedido", kept=1000, received=100)
    execution.add(message("display_data", {"data": {ANSWER_TYPE: "a primeira"}}), 1000)
    assert execution.answer == "a primeira" and not execution.flooded
    execution.add(message("display_data", {"data": {"application/vnd.course.outro": "x"}}), 60)
    assert execution.answer == "a primeira" and not execution.flooded
    execution.add(message("display_data", {"data": {ANSWER_TYPE: "a última"}}), 60)
    assert execution.answer == "a última" and execution.flooded


def test_outputs_of_another_request_count_in_size_only():
    execution = Execution("pedido", kept=1000, received=100)
    assert not execution.add(message("stream", {"name": "stdout", "text": "de antes"}, "outro"), 60)
    assert not execution.add(message("status", {"execution_state": "idle"}, "outro"), 60)
    assert execution.outputs == [] and execution.flooded


@pytest.mark.parametrize("content", [{}, {"text": 3}, {"data": []}, {"traceback": "x", "ename": None}, {"payload": 1}])
@pytest.mark.parametrize("kind", ["stream", "display_data", "execute_result", "error", "execute_reply", "status", "x"])
def test_malformed_message_is_harmless(kind, content):
    Execution("pedido", 1000, 1000).add(message(kind, content), 10)
