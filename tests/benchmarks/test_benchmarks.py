"""Smoke: every measurement runs at a tiny size, and says so where a library is missing."""

import re
import subprocess
import sys

import numpy as np
import pytest

from benchmarks import grading, neighbour
from benchmarks.figure import lists_chart, quality_chart
from benchmarks.growth import SHAPES, measure_memory, measure_speed, synthetic_ratings
from benchmarks.lists import measure_list_growth, measure_lists
from benchmarks.measure import cpu_seconds, in_new_process, interleaved, median_ratio, peak_memory, table
from benchmarks.quality import measure_quality, measure_race
from benchmarks.speed import measure_epochs, measure_matrix
from course_lib.datasets import MovieLens
from course_lib.exercises import EXERCISES
from course_tools.errors import SandboxError
from course_tools.grading.sandbox import check_isolation

N_USERS, N_MOVIES = 30, 40


@pytest.fixture(scope="module")
def data():
    pairs = np.random.default_rng(0).permutation(N_USERS * N_MOVIES)[:600]
    values = np.random.default_rng(1).integers(1, 11, 600) / 2
    return MovieLens(
        name="tiny",
        ratings=np.column_stack([pairs // N_MOVIES, pairs % N_MOVIES, values]).astype(np.float32),
        timestamps=np.arange(600),
        movie_names=np.array([f"Filme {movie} (2000)" for movie in range(N_MOVIES)]),
        genres=np.array(["Drama"] * N_MOVIES),
        years=np.full(N_MOVIES, 2000, np.int32),
        user_ids=np.arange(N_USERS),
        movie_ids=np.arange(N_MOVIES),
    )


def missing(data, train, seed, n_epochs=1):
    raise ImportError("biblioteca ausente")


def constant(data, train, seed, n_epochs=1):
    return 0.5, lambda users, movies: np.full(len(users), 3.0)


def by_index(train, seed, sign):
    return 0.5, lambda users: np.tile(sign * np.arange(N_MOVIES), (len(users), 1))


def missing_list(train, seed):
    raise ImportError("biblioteca ausente")


def test_epochs_and_matrix_print_one_row_a_measurement(data):
    epochs = measure_epochs(data.ratings, (N_USERS, N_MOVIES), rounds=1)
    assert epochs.count("| DeepNetTrainer.fit |") == epochs.count("| DeepNetTrainer.fit, RowAdagrad |") == 3
    assert "NeuralNet" in measure_matrix((N_USERS, N_MOVIES), rounds=1)


def test_the_work_of_a_child_counts_while_it_lives_and_after():
    burn = "import time\nwhile time.process_time() < 0.5: pass\nprint(flush=True); input()"
    start = cpu_seconds()
    with subprocess.Popen([sys.executable, "-c", burn], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        child.stdout.readline()
        alive = cpu_seconds()
        child.communicate(b"\n")
    assert alive - start > 0.45 and cpu_seconds() >= alive


def test_a_missing_library_is_named_and_the_rest_measured(data):
    text, summary = measure_quality(data, [42], recipes=("bias",), peers={"fixo": constant, "falta": missing})
    assert summary.keys() == {"curso: bias", "fixo"} and summary["fixo"][1] == 0.5
    assert "falta (biblioteca ausente)" in text
    assert quality_chart(summary).png().startswith(b"\x89PNG")


def test_the_race_leaves_out_who_does_not_reach_the_level(data, monkeypatch):
    racers = {"curso: fixo": (constant, (1, 2)), "lento": (constant, (1,)), "falta": (missing, (1,))}
    assert "não chegou" in measure_race(data, [42], 1, racers)
    monkeypatch.setattr("benchmarks.quality.LEVEL", 9.0)
    text = measure_race(data, [42], 1, racers)
    assert "| lento | 1 |" in text and "falta (biblioteca ausente)" in text


def test_lists_are_measured_in_the_three_divisions_with_the_settings_chosen_inside(data):
    peers = {"fixo": (by_index, [{"sign": 1.0}, {"sign": -1.0}]), "falta": (missing_list, [{}])}
    text, summary = measure_lists(data, [42], recipes=("popular",), peers=peers)
    assert summary.keys() == {"curso: popular", "fixo"} and 0 < summary["fixo"][0] < 1
    assert "últimas 20 %" in text and "por data" in text and "| fixo | 2 | sign " in text
    assert "falta (biblioteca ausente)" in text
    assert lists_chart(summary).png().startswith(b"\x89PNG")


def test_list_models_grow_and_fall_back_to_the_top_movies(monkeypatch):
    text = measure_list_growth({500: (20, 30)})
    assert "EASE, todos os filmes" in text and "ImplicitALS" in text and "| 500 |" in text


def test_growth_in_speed_and_memory_has_one_row_a_size():
    shapes = {500: (20, 30), 1000: (20, 30)}
    speed, memory = measure_speed(1, shapes), measure_memory(shapes)
    assert speed.count("| Adam |") == speed.count("| RowAdagrad |") == 2
    assert "| 500 |" in memory and "| 1.000 |" in memory


def test_synthetic_ratings_have_a_long_tail_and_valid_ids():
    ratings = synthetic_ratings(50_000, *SHAPES[100_000])
    counts = np.sort(np.bincount(ratings[:, 1].astype(int), minlength=SHAPES[100_000][1]))[::-1]
    assert len(counts) == SHAPES[100_000][1] and counts[: len(counts) // 10].sum() > 0.6 * len(ratings)
    assert ratings[:, 2].min() >= 0.5 and ratings[:, 2].max() <= 5


@pytest.fixture
def isolation():
    """Skip where the machine cannot isolate: that it must, the tests of grading say."""
    try:
        check_isolation()
    except SandboxError as error:
        pytest.skip(str(error))


def test_grading_is_measured_by_the_command_itself(isolation, monkeypatch):
    one = grading.Class(grading.empty_notebooks(1))
    assert one.seconds > 0 and one.kernel_seconds > 0 and one.peak >= one.grader_peak > 0
    monkeypatch.setattr(grading, "Class", lambda notebooks: one)
    text = grading.measure_grading(2, 1)
    assert "| honestas | 2 |" in text and "| vazias | 1 |" in text
    assert re.search(r"Além das células e funções do aluno: [0-9]+,[0-9]{2} s", text)


def test_honest_submissions_answer_every_exercise_each_in_its_way():
    first, second, again = *grading.honest_notebooks(2), next(grading.honest_notebooks(1))
    sources = [[cell.source for cell in made.cells if "answer" in cell.metadata.get("nbgrader", {}).get("grade_id", "")]
               for made in (first, second, again)]  # fmt: skip
    assert sources[0] == sources[2] != sources[1]
    assert len(sources[0]) == len(EXERCISES) and not any("NotImplementedError" in source for source in sources[0])
    assert all(compile(source, "", "exec") for source in sources[0] + sources[1])


def test_neighbour_of_a_crowd_is_measured_beside_it_and_alone(isolation, monkeypatch):
    for name, value in {"PROCESSES": 2, "ALLOWED": 2, "THREADS": 2}.items():
        monkeypatch.setattr(neighbour, name, value)
    text = neighbour.measure_neighbour(1)
    assert "| sozinha |" in text and text.count("continuou") == 3


def test_measuring_tools():
    times = interleaved({"a": lambda: None, "b": lambda: None}, 3)
    assert [len(values) for values in times.values()] == [3, 3]
    assert median_ratio([2, 4, 9], [1, 2, 3]) == 2
    _, peak = peak_memory(lambda: np.ones(20_000_000))
    assert 100e6 < peak < 300e6
    assert in_new_process(sum, (2, 3)) == 5
    assert table(("x", "y", "z"), [("a 1.2", "1.5", 25000)]).splitlines()[-1] == "| a 1.2 | 1,5 | 25.000 |"
