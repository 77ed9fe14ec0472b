"""A small assignment (two exercises and an open question) and the notebooks students make of it."""

import nbformat

from course_tools.grading.assignment import NAME as NAME
from course_tools.grading.config import MIB, Limits

POINTS = {"density": 4, "mse_rmse": 6, "explain": 5}
STUB = '    raise NotImplementedError("Escreva sua resposta aqui")'
SETUP = "import numpy as np\n\nfrom course_lib.exercises import check"
DENSITY = "def density(ratings, n_users, n_movies):\n{}"
MSE = "def mse(predictions, targets):\n{}\n\n\ndef rmse(predictions, targets):\n{}"
RIGHT_DENSITY = DENSITY.format("    return 100 * len(ratings) / (n_users * n_movies)")
RIGHT_MSE = MSE.format(
    "    return np.mean((predictions - targets) ** 2)", "    return np.sqrt(mse(predictions, targets))"
)
CHECKS = {"density": 'check("density", density)', "mse_rmse": 'check("mse_rmse", mse, rmse)'}
TEXT_STUB = "*Escreva sua resposta aqui.*"
# Só o tempo que o próprio kernel gasta conta: numa máquina ocupada, uma resposta certa não o esgota.
LIMITS = Limits(
    cell_seconds=3,
    exercise_seconds=6,
    total_seconds=120,
    grace_seconds=2,
    restarts=2,
    memory=1280 * MIB,
    niceness=0,  # nobody waits for these tests, and on a busy machine they would wait for everybody
    processes=9,  # all of them, each the size of a kernel, fit in the memory
)


def role(grade_id, points=None, solution=False, locked=False):
    about = {"grade_id": grade_id, "schema_version": 3, "grade": points is not None, "solution": solution}
    return {"nbgrader": about | {"locked": locked, "task": False} | ({"points": points} if points else {})}


def code(source, **metadata):
    return nbformat.v4.new_code_cell(source, metadata=metadata)


def answer_cell(name, source):
    return code(source, **role(f"{name}_answer", solution=True))


def check_cell(name, source=None):
    return code(source or CHECKS[name], **role(name, POINTS[name], locked=True))


def text_cell(source=TEXT_STUB):
    return nbformat.v4.new_markdown_cell(source, metadata=role("explain", POINTS["explain"], solution=True))


def notebook(density=RIGHT_DENSITY, mse=RIGHT_MSE, text=TEXT_STUB, before=(), after=(), cells=None):
    """A submission: the right one, but for what the arguments replace; `before` and `after` are code to add."""
    cells = cells or [
        nbformat.v4.new_markdown_cell("# Exercícios"),
        code(SETUP),
        *map(code, before),
        answer_cell("density", density),
        check_cell("density"),
        answer_cell("mse_rmse", mse),
        check_cell("mse_rmse"),
        nbformat.v4.new_markdown_cell("### Exercício 3 · Explique (5 pontos)\n\n*Dos notebooks 01 e 02.* Explique."),
        text_cell(text),
        *map(code, after),
    ]
    numbered = [nbformat.from_dict({**cell, "id": f"c{number}"}) for number, cell in enumerate(cells)]
    made = nbformat.v4.new_notebook(cells=numbered)
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return made


def untouched():
    return notebook(DENSITY.format(STUB), MSE.format(STUB, STUB))


def save(made, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(made if isinstance(made, str) else nbformat.writes(made), encoding="utf-8")
    return path
