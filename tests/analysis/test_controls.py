from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course_lib.analysis.controls import (
    FAVOURITES,
    newcomer_control,
    newcomer_table,
    recommendation_control,
    recommendation_table,
)
from course_lib.errors import ArgumentError, IdOutOfRangeError
from course_tools.runner.cleaning import WIDGET_TEXT, cleaned
from course_tools.runner.series import execute_notebook
from tests.analysis.toy import net_with, toy_data

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def data():
    return toy_data()


@pytest.fixture
def net(data):
    """Predicts, for every user, the movie's index divided by ten."""
    net = net_with(np.arange(data.n_movies, dtype=np.float32)[:, None] / 10)
    net.user_vectors.weight.data.fill_(1)
    return net


def test_table_shows_what_the_user_liked_and_what_each_model_recommends(data, net):
    table = recommendation_table({"a": net, "b": net}, data, user=0, k=3)
    # two ratings of 5: the later first; then the 4
    assert list(table[FAVOURITES, "filme"]) == [data.movie_names[movie] for movie in (9, 0, 7)]
    assert list(table[FAVOURITES, "nota"]) == ["5.0", "5.0", "4.0"]
    for name in ("a", "b"):
        assert list(table[name, "filme"]) == [data.movie_names[movie] for movie in (29, 28, 27)]
        assert list(table[name, "nota prevista"]) == ["2.90", "2.80", "2.70"]
    assert list(table.index) == [1, 2, 3]


def test_what_the_user_rated_is_not_recommended(data, net):
    table = recommendation_table({"a": net}, data, user=0, k=data.n_movies)
    recommended = set(table["a", "filme"]) - {""}
    assert recommended == set(data.movie_names) - set(data.movie_names[[0, 3, 7, 9]])


def test_cells_are_empty_where_ratings_or_movies_end(data, net):
    table = recommendation_table({"a": net}, data, user=3, k=2)  # has rated nothing
    assert list(table[FAVOURITES, "filme"]) == ["", ""]


def test_users_and_lengths_that_make_no_sense_are_refused(data, net, refused):
    with refused("recommendations for a user that is not there", IdOutOfRangeError, match="usuário 4"):
        recommendation_table({"a": net}, data, user=4)
    with refused("zero recommendations", ArgumentError, match="k=0"):
        recommendation_table({"a": net}, data, user=0, k=0)


def test_control_changes_the_table_below_it_and_the_saved_notebook_still_shows_a_table(tmp_path):
    setup = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "import numpy as np\n"
        "from course_lib.analysis.controls import recommendation_control\n"
        "from tests.analysis.toy import net_with, toy_data\n"
        "net = net_with(np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32))"
    )
    untouched = "recommendation_control({'a': net}, toy_data(), user=1, k=1);"
    touched = f"box = {untouched}"
    cells = [new_code_cell(source) for source in (setup, f"_ = {untouched}", touched, "box.value = 2")]
    nbformat.write(new_notebook(cells=cells), tmp_path / "01_controle.ipynb")
    execute_notebook(tmp_path / "01_controle.ipynb", tmp_path / "executado.ipynb")
    saved = cleaned(nbformat.read(tmp_path / "executado.ipynb", as_version=4), tmp_path)

    before, after = saved.cells[1].outputs, saved.cells[2].outputs
    assert before[0].data["text/plain"] == after[0].data["text/plain"] == WIDGET_TEXT
    assert "Filme 3 (1983)" in before[1].data["text/html"]  # the only one user 1 rated
    assert "Filme 5 (1985)" in after[1].data["text/html"]  # the only one user 2 rated
    assert len(before) == len(after) == 2


def test_control_clamps_a_user_that_is_not_there_and_says_so(data, net, capsys):
    box = recommendation_control({"a": net}, data, user=1, k=1)
    box.value = 99
    assert box.value == data.n_users - 1
    box.value = -3
    assert box.value == 0
    assert "de 0 a 3; fora daí, mostro o mais próximo" in capsys.readouterr().out


def test_newcomer_gives_ratings_and_the_lists_follow_without_training(data, net):
    control = newcomer_control({"a": net}, data, k=3)
    (title, stars, add), (note, trouble) = control.children[0].children, control.children[1:]
    title.value, stars.value = data.movie_names[5], 4.5
    add.click()
    assert control.given == {5: 4.5} and note.value == f"{data.movie_names[5]}: {stars.label}" and "4,5" in stars.label
    title.value = "Filme que não existe"
    add.click()
    assert control.given == {5: 4.5} and "não há filme" in trouble.value and data.movie_names[5] in note.value
    title.value = data.movie_names[6]
    add.click()
    assert trouble.value == "" and data.movie_names[6] in note.value
    assert list(newcomer_table({"a": net}, data, {29: 5.0}, k=2)["a"]) == [data.movie_names[28], data.movie_names[27]]
