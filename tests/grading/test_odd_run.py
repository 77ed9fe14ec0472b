"""Odd submissions that have to be run: what students really do to an answer, and what both sides are told of it."""

import os
from dataclasses import replace
from datetime import datetime

import nbformat
import pytest

from course_tools.grading.config import GradesFolder
from course_tools.grading.grade import grade_folder
from course_tools.grading.single import Grading
from tests.grading.builders import DENSITY, LIMITS, NAME, RIGHT_DENSITY, RIGHT_MSE, notebook, role, save, untouched

NOT_RUN, REUSED = "resposta que não roda", "nome reaproveitado"
FULL, NO_DENSITY, NO_MSE = (4, 6), (0, 6), (4, 0)
INSIDE_IF = "if True:\n" + "\n".join(f"    {line}" for line in RIGHT_DENSITY.splitlines())
REBOUND = "rmse = rmse(np.ones(2), np.zeros(2))"
SHADOWED = "mse = mse(np.ones(2), np.zeros(2))"
DEEP = "try:\n    x" + ".a" * 600 + " = 1\nexcept NameError:\n    pass"
LOUD = "print('x' * 99_000)"


def retyped(kind):
    made = notebook()
    position = next(place for place, cell in enumerate(made.cells) if cell.source == RIGHT_DENSITY)
    cell = {
        "cell_type": kind,
        "source": RIGHT_DENSITY,
        **{"metadata": role("density_answer", solution=True)},
        "id": "m",
    }
    made.cells[position] = nbformat.from_dict(cell)
    return made


def empties():
    made = notebook()
    made.cells += [nbformat.from_dict({**nbformat.v4.new_code_cell(""), "id": f"v{one}"}) for one in range(3000)]
    return made


CASES = {  # what was delivered, points of density and mse_rmse, the entry it leaves, what its page says
    "nome de volta": (
        notebook(after=[REBOUND]),
        FULL,
        REUSED,
        "a célula que começa por <code>rmse = rmse(",
    ),
    "nome de que outra depende": (notebook(after=[SHADOWED]), FULL, REUSED, "use outro nome"),
    "perdida na célula": (notebook(mse=f"{RIGHT_MSE}\n\n{SHADOWED}"), NO_MSE, None, "depois outro valor a esse nome"),
    "apagada depois": (notebook(after=["del density"]), FULL, REUSED, "começa por <code>del density"),
    "texto": (retyped("markdown"), NO_DENSITY, NOT_RUN, "virou texto (Markdown)"),
    "cru": (retyped("raw"), NO_DENSITY, NOT_RUN, "virou texto cru (Raw)"),
    "timeit": (notebook(density=f"%%timeit -n 1 -r 1\n{RIGHT_DENSITY}"), NO_DENSITY, NOT_RUN, "%%timeit"),
    "writefile": (
        notebook(density=f"%%writefile a.py\n{RIGHT_DENSITY}"),
        NO_DENSITY,
        NOT_RUN,
        "%%writefile",
    ),
    "time": (notebook(density=f"%%time\n{RIGHT_DENSITY}"), FULL, None, "Passou em todas"),
    "dentro de um if": (notebook(density=INSIDE_IF), FULL, None, "Passou em todas"),
    "de novo, certa": (
        notebook(density=DENSITY.format("    return 1"), after=[RIGHT_DENSITY]),
        FULL,
        "função definida mais de uma vez",
        "Passou em todas",
    ),
    "trinta mil vazias": (empties(), FULL, None, "Passou em todas"),
    "nome sem fundo": (notebook(before=[DEEP]), FULL, None, "Passou em todas"),
    "barulhenta": (notebook(after=[LOUD] * 45), FULL, None, "Passou em todas"),
}


@pytest.fixture(scope="module")
def graded(isolation, assignment, tmp_path_factory):
    root, folder = tmp_path_factory.mktemp("entregas"), GradesFolder(tmp_path_factory.mktemp("notas"))
    for name, (made, *_) in CASES.items():
        save(made, root / name / f"{NAME}.ipynb")
    save(untouched(), root / "duas" / f"{NAME}.ipynb")
    old = save(notebook(), root / "duas" / f"{NAME} (1).ipynb")
    os.utime(old, (datetime(2020, 1, 1).timestamp(),) * 2)
    rows = grade_folder(Grading(assignment, folder, workers=4, limits=LIMITS), root)
    return folder, {row.student: row for row in rows}


@pytest.mark.parametrize("name", CASES)
def test_gets_its_points_and_both_are_told(graded, name):
    folder, rows = graded
    _, points, kind, said = CASES[name]
    row = rows[name]
    assert (row.final["density"].points, row.final["mse_rmse"].points) == points
    kinds = [one.kind for one in row.occurrences if one.kind != "código a conferir"]
    assert kinds == ([kind] if kind else [])
    body = folder.feedback(name).read_text("utf-8").split("<body>")[1].replace("&#39;", "'")
    assert said in body
    assert "Não encontrei uma resposta a este exercício" not in body.split('id="explain"')[0]


def test_answered_notebook_beside_an_untouched_one_is_graded_and_said(graded):
    row = graded[1]["duas"]
    assert row.total == 10
    (one,) = [one for one in row.occurrences if one.kind == "vários notebooks"]
    assert one.detail == f"foi corrigido duas/{NAME} (1).ipynb, entre 2: é o que tem mais respostas (2)"


def test_outputs_of_all_cells_together_have_a_size(graded):
    assert graded[0].graded_notebook("barulhenta", NAME).stat().st_size < 5 * 2**20


def test_endless_function_costs_the_exercises_after_it_nothing(isolation, assignment, tmp_path):
    """However many cells call it: the time of all the cells is over when the functions are asked, each with its own."""
    endless = DENSITY.format("    import time\n    while True:\n        time.sleep(0.1)")
    made = notebook(density=endless, after=[f"density([], {number}, 1)" for number in range(4)])
    save(made, tmp_path / "entregas" / "Ana" / f"{NAME}.ipynb")
    limits = replace(LIMITS, exercise_seconds=2, total_seconds=5)
    grading = Grading(assignment, GradesFolder(tmp_path / "notas"), limits=limits)
    (row,) = grade_folder(grading, tmp_path / "entregas")
    assert (row.final["density"].points, row.final["mse_rmse"].points) == NO_DENSITY
    late = [one.detail for one in row.occurrences if one.kind == "tempo esgotado"]
    assert late[0] == "célula 9" and late[-1] == "exercício density"
    assert any(detail.startswith("o de todas as células, antes da célula 1") for detail in late)
    page = grading.folder.feedback("Ana").read_text("utf-8")
    assert page.count("ela passou do tempo permitido") == 1
