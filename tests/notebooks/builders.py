"""Small notebooks for the tests of the runner and of its pages."""

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

HEADLINE = (
    "from IPython.display import display\n"
    "display({'application/vnd.course.headline+json': [['soma', seed + n_epochs]], 'text/plain': 'soma'}, raw=True)"
)


def lesson(*sources, title="# 01 · Um\n\n**Objetivo:** medir o *tempo*.", parameters="seed = 42\nn_epochs = 3"):
    """A notebook with a title, a cell of parameters, and code cells."""
    cells = [new_markdown_cell(title), new_code_cell(parameters, metadata={"tags": ["parameters"]})]
    return new_notebook(cells=cells + [new_code_cell(source) for source in sources])


def write_series(folder, **notebooks):
    """Write notebooks named nb_01_um=... as 01_um.ipynb into folder/notebooks; return that folder."""
    target = folder / "notebooks"
    target.mkdir(parents=True, exist_ok=True)
    for name, notebook in notebooks.items():
        nbformat.write(notebook, target / f"{name.removeprefix('nb_')}.ipynb")
    return target
