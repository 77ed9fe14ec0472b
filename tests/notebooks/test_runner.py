import json
import os
import re
import sys
from pathlib import Path

import nbformat
import pytest

from course_lib.errors import ArgumentError
from course_lib.headlines import read_headlines
from course_lib.paths import PACKAGE_PARENT
from course_tools.errors import NotebookError
from course_tools.runner.kernel import CourseKernelManager, CourseKernelSpecManager, ForkedKernelManager, shadowing
from course_tools.runner.series import (
    bring_unexecuted,
    count_code_cells,
    execute_notebook,
    find_series,
    read_notebook,
    run_series,
    save_outputs,
)
from tests import pool
from tests.notebooks.builders import HEADLINE, lesson, write_series

FAILING = "# divide\n1 / 0"
CONFLICT = "{\n<<<<<<< HEAD\n}\n=======\n}\n>>>>>>> outra\n"


@pytest.fixture(params=[CourseKernelManager, ForkedKernelManager])
def manager(request):
    """Who starts the kernel: what a notebook meets must not depend on it."""
    return request.param


def run(folder, notebook, parameters=None, name="01_um", manager=CourseKernelManager):
    """Execute one notebook; return it as executed."""
    source = write_series(folder, **{f"nb_{name}": notebook}) / f"{name}.ipynb"
    execute_notebook(source, folder / "build" / source.name, parameters, manager=manager)
    return read_notebook(folder / "build" / source.name)


def outputs_of(notebook):
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def test_parameters_reach_the_notebook_and_those_it_lacks_are_left_out(tmp_path):
    executed = run(tmp_path, lesson(HEADLINE), {"seed": 7, "device": "cpu"})
    assert read_headlines(executed) == {"soma": 10}
    injected = [cell.source for cell in executed.cells if "injected-parameters" in cell.metadata.get("tags", [])]
    assert len(injected) == 1 and "device" not in injected[0]


def test_without_parameters_nothing_is_injected(tmp_path):
    assert len(run(tmp_path, lesson("1")).cells) == 3


def test_kernel_is_the_interpreter_that_runs_the_command_in_the_notebook_folder(tmp_path, manager):
    code = "import os, sys\nprint(sys.executable, os.getcwd(), sep='\\n')"
    executed = run(tmp_path, lesson(code), manager=manager)
    assert outputs_of(executed)[0].text.splitlines() == [sys.executable, str(tmp_path / "notebooks")]


def test_another_kernel_registered_under_the_same_name_is_not_used(tmp_path, manager, monkeypatch):
    registered = tmp_path / "jupyter" / "kernels" / "python3"
    registered.mkdir(parents=True)
    spec = {"argv": ["false", "{connection_file}"], "display_name": "Python 3", "language": "python"}
    (registered / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    assert outputs_of(run(tmp_path, lesson("print(seed)"), manager=manager))[0].text == "42\n"


def test_kernel_says_nothing_of_its_own(tmp_path, manager, capfd):
    run(tmp_path, lesson("1"), manager=manager)
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(os.name != "posix", reason="sockets of files are a matter of Unix")
def test_kernels_take_no_port_and_leave_nothing_behind(tmp_path, manager, monkeypatch):
    """A TCP port that is chosen before it is bound can be lost to another program, and the kernel with it."""
    code = "from ipykernel.connect import get_connection_file\nprint(open(get_connection_file()).read())"
    connection = json.loads(outputs_of(run(tmp_path, lesson(code), manager=manager))[0].text)
    assert connection["transport"] == "ipc"
    assert not Path(connection["ip"]).parent.exists()

    blocking, client = pool.start_kernel()  # the one that nbval uses
    client.stop_channels()
    blocking.shutdown_kernel(now=True)
    assert blocking.transport == "ipc" and not Path(blocking.ip).parent.exists()


def test_kernel_imports_the_course_of_this_checkout_whatever_else_is_on_the_path(tmp_path, manager, monkeypatch):
    another = tmp_path / "outro" / "course_lib"
    another.mkdir(parents=True)
    (another / "__init__.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", str(another.parent))
    code = "import sys, course_lib\nprint(course_lib.__file__, sys.path, sep='\\n')"
    executed = run(tmp_path, lesson(code), manager=manager)
    where, path = outputs_of(executed)[0].text.splitlines()
    assert Path(where).parent == PACKAGE_PARENT / "course_lib"
    assert str(another.parent) in path, "what the user asked for is still there, after the course"


def test_preferences_of_the_user_do_not_reach_the_outputs(tmp_path, manager, monkeypatch):
    startup = tmp_path / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00.py").write_text("intruder = 'IPython'")
    (tmp_path / "startup.py").write_text("intruder = 'Python'")
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 7")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "startup.py"))
    monkeypatch.setenv("MATPLOTLIBRC", str(tmp_path / "matplotlibrc"))
    code = "import matplotlib\nprint(globals().get('intruder'), matplotlib.rcParams['lines.linewidth'])"
    assert outputs_of(run(tmp_path, lesson(code), manager=manager))[0].text == "None 1.5\n"


def test_progress_bars_are_silenced_where_nobody_watches(tmp_path, manager):
    code = "import os\nprint(os.environ['COURSE_PROGRESS'])"
    assert outputs_of(run(tmp_path, lesson(code), manager=manager))[0].text == "0\n"
    assert "COURSE_PROGRESS" not in CourseKernelSpecManager().get_kernel_spec("python3").env, "the lab's kernels"


def test_failure_names_notebook_cell_and_error_and_leaves_what_had_run(tmp_path):
    with pytest.raises(NotebookError, match=r"01_um\.ipynb, célula 4 \(In \[\d\]\): # divide\n +ZeroDivisionError"):
        run(tmp_path, lesson("print('antes')", FAILING, "print('depois')"), {"seed": 7})
    executed = read_notebook(tmp_path / "build" / "01_um.ipynb")
    texts = [output.text for output in outputs_of(executed) if output.output_type == "stream"]
    assert texts == ["antes\n"]
    assert not any("papermill-error-cell-tag" in cell.metadata.get("tags", []) for cell in executed.cells)


def test_cell_tagged_raises_exception_may_fail(tmp_path):
    notebook = lesson(FAILING, "print('depois')")
    notebook.cells[2].metadata["tags"] = ["raises-exception"]
    assert [output.output_type for output in outputs_of(run(tmp_path, notebook))] == ["error", "stream"]


def test_student_exercises_may_lack_answers_and_nothing_else(tmp_path):
    to_do = "raise NotImplementedError('sua vez')"
    assert outputs_of(run(tmp_path, lesson(to_do, "print('depois')"), name="07_exercicios"))[1].text == "depois\n"
    with pytest.raises(NotebookError, match="ZeroDivisionError"):
        run(tmp_path, lesson(to_do, FAILING), name="07_exercicios")
    with pytest.raises(NotebookError, match="NotImplementedError"):
        run(tmp_path, lesson(to_do), name="01_um")


def test_death_of_the_kernel_is_explained(tmp_path, manager):
    with pytest.raises(NotebookError, match=r"01_um\.ipynb, célula 3: o kernel morreu.*memória"):
        run(tmp_path, lesson("import os\nos._exit(1)"), manager=manager)


def test_kernel_that_dies_at_the_start_fails_its_notebook_and_not_the_series(tmp_path, monkeypatch):
    sound, asked = CourseKernelSpecManager.get_kernel_spec, []

    def dies_at_first(self, name):
        spec = sound(self, name)
        asked.append(name)
        if len(asked) == 1:
            spec.argv = [sys.executable, "-c", "raise SystemExit(1)"]
        return spec

    monkeypatch.setattr(CourseKernelSpecManager, "get_kernel_spec", dies_at_first)
    folder = write_series(tmp_path, nb_01_um=lesson("1"), nb_02_dois=lesson(HEADLINE))
    failed, passed = run_series(find_series(folder), tmp_path / "build")
    assert isinstance(failed.error, NotebookError) and "01_um.ipynb: o kernel não iniciou" in str(failed.error)
    assert passed.error is None


def test_one_failure_does_not_stop_the_series(tmp_path):
    folder = write_series(tmp_path, nb_01_um=lesson(FAILING), nb_02_dois=lesson(HEADLINE))
    cells = []
    outcomes = run_series(find_series(folder), tmp_path / "build", on_cell=lambda: cells.append(1))
    assert [bool(outcome.error) for outcome in outcomes] == [True, False]
    assert read_headlines(read_notebook(outcomes[1].executed)) == {"soma": 45}
    assert len(cells) == 4


def test_two_at_a_time_run_together_and_keep_their_order(tmp_path):
    """Each waits for a file that the other writes: one at a time, the first would wait in vain."""
    meet = """import pathlib, time
pathlib.Path({mine!r}).touch()
ends = time.monotonic() + 20
while not pathlib.Path({other!r}).exists():
    assert time.monotonic() < ends
    time.sleep(0.05)"""
    folder = write_series(
        tmp_path,
        nb_01_um=lesson(meet.format(mine="um", other="dois")),
        nb_02_dois=lesson(meet.format(mine="dois", other="um")),
    )
    finished = []
    outcomes = run_series(find_series(folder), tmp_path / "build", on_notebook=finished.append, jobs=2)
    assert [(outcome.name, outcome.error) for outcome in outcomes] == [("01_um", None), ("02_dois", None)]
    assert sorted(outcome.name for outcome in finished) == ["01_um", "02_dois"]


def test_long_notebooks_start_early_only_where_others_run_beside_them(tmp_path):
    order = tmp_path / "ordem.txt"
    note = "open({order!r}, 'a').write('{name}\\n')"
    names = ["00_zero", "01_um", "02_dois", "03_tres", "06_seis"]
    notebooks = {f"nb_{name}": lesson(note.format(order=str(order), name=name)) for name in names}
    folder = write_series(tmp_path, **notebooks)
    for jobs in (1, 2):
        order.unlink(missing_ok=True)
        outcomes = run_series(find_series(folder), tmp_path / "build", jobs=jobs)
        assert [outcome.name for outcome in outcomes] == names
        ran = order.read_text().split()
        if jobs == 1:
            assert ran == names
        else:
            assert set(ran[:2]) == {"03_tres", "06_seis"}, ran
            assert ran.index("02_dois") < ran.index("01_um"), ran


def test_outputs_are_saved_clean_and_exercises_are_left_alone(tmp_path):
    folder = write_series(tmp_path, nb_01_um=lesson(HEADLINE), nb_07_exercicios=lesson("print(1)"))
    before = (folder / "07_exercicios.ipynb").read_bytes()
    outcomes = run_series(find_series(folder), tmp_path / "build")
    save_outputs(outcomes, folder)
    first = (folder / "01_um.ipynb").read_bytes()
    assert read_headlines(read_notebook(folder / "01_um.ipynb")) == {"soma": 45}
    assert "papermill" not in first.decode()
    assert (folder / "07_exercicios.ipynb").read_bytes() == before

    save_outputs(run_series(find_series(folder), tmp_path / "build"), folder)
    assert (folder / "01_um.ipynb").read_bytes() == first, "saving twice must give the same file"


def test_series_is_in_order_and_can_be_narrowed(tmp_path, refused):
    folder = write_series(tmp_path, nb_02_dois=lesson(), nb_01_um=lesson(), nb_rascunho=lesson())
    assert [path.stem for path in find_series(folder)] == ["01_um", "02_dois"]
    assert [path.stem for path in find_series(folder, ["02"])] == ["02_dois"]
    with refused("notebook that does not exist", ArgumentError, match="01_um, 02_dois"):
        find_series(folder, ["01", "9"])
    with refused("folder without notebooks", ArgumentError, match="Não há notebooks"):
        find_series(tmp_path / "vazia")


def test_copies_that_jupyter_and_browsers_make_are_not_lessons(tmp_path):
    folder = write_series(tmp_path, nb_07_exercicios=lesson())
    for copy in ("07_exercicios-Copy1", "07_exercicios (1)", "07_exercicios.antigo", "007_exercicios"):
        (folder / f"{copy}.ipynb").write_bytes((folder / "07_exercicios.ipynb").read_bytes())
    assert [path.stem for path in find_series(folder)] == ["07_exercicios"]


def test_optional_notebooks_enter_only_when_asked_for(tmp_path):
    names = ["00_apoio", "06_listas", "08_contexto", "09_escala"]
    folder = write_series(tmp_path, **{f"nb_{name}": lesson() for name in names})
    assert [path.stem for path in find_series(folder)] == names[:2]
    assert [path.stem for path in find_series(folder, optional=True)] == names
    assert [path.stem for path in find_series(folder, ["6", "09"])] == ["06_listas", "09_escala"]


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("", "vazio"),
        (CONFLICT, "marcas de conflito"),
        ("[1]", "não é um notebook"),
        ('{"cells": 3}', "não é um notebook"),
    ],
)
def test_damaged_notebook_fails_alone_and_names_the_way_out(tmp_path, content, cause):
    folder = write_series(tmp_path, nb_01_um=lesson("1"), nb_02_dois=lesson(HEADLINE))
    run_series(find_series(folder), tmp_path / "build")
    (folder / "01_um.ipynb").write_text(content)
    assert count_code_cells(folder / "01_um.ipynb") == 0
    failed, passed = run_series(find_series(folder), tmp_path / "build")
    assert re.search(rf"01_um\.ipynb: .*{cause}.* git checkout HEAD -- ", str(failed.error))
    assert passed.error is None
    assert not failed.executed.exists(), "the result of another run would pass for this one's"

    bring_unexecuted(find_series(folder), tmp_path / "build")
    assert not failed.executed.exists()


def test_file_that_hides_a_package_is_named_when_a_notebook_fails(tmp_path, manager):
    folder = write_series(tmp_path, nb_01_um=lesson("1", "import numpy\nnumpy.zeros(3)"))
    for name in ("random.py", "numpy.py", "anotacoes.py", "data.py"):
        (folder / name).write_text("")
    assert [path.name for path in shadowing(folder)] == ["numpy.py"]
    with pytest.raises(NotebookError, match=r"AttributeError[^$]*renomeie: numpy\.py"):
        execute_notebook(folder / "01_um.ipynb", tmp_path / "build" / "01_um.ipynb", manager=manager)


def test_unexecuted_notebook_is_brought_as_it_came_and_an_executed_one_is_kept(tmp_path):
    folder = write_series(tmp_path, nb_01_um=lesson("1"), nb_08_oito=lesson("2"))
    build = tmp_path / "build"
    execute_notebook(folder / "01_um.ipynb", build / "01_um.ipynb")
    executed = (build / "01_um.ipynb").read_bytes()
    (build / "08_oito.ipynb").write_bytes((folder / "01_um.ipynb").read_bytes())  # de uma versão anterior do curso
    bring_unexecuted(find_series(folder, optional=True), build)
    assert (build / "01_um.ipynb").read_bytes() == executed
    assert (build / "08_oito.ipynb").read_bytes() == (folder / "08_oito.ipynb").read_bytes()


def test_notebook_that_changed_since_it_was_executed_is_brought_again_and_parameters_are_no_change(tmp_path):
    folder = write_series(tmp_path, nb_01_um=lesson("1"), nb_02_dois=lesson("2"))
    build = tmp_path / "build"
    run_series(find_series(folder), build, {"seed": 7})
    executed = (build / "01_um.ipynb").read_bytes()
    nbformat.write(lesson("2", title="# 02 · Dois, com outro texto"), folder / "02_dois.ipynb")
    bring_unexecuted(find_series(folder), build)
    assert (build / "01_um.ipynb").read_bytes() == executed
    assert (build / "02_dois.ipynb").read_bytes() == (folder / "02_dois.ipynb").read_bytes()


def test_file_cut_by_a_killed_run_counts_as_unexecuted_and_is_replaced(tmp_path):
    folder = write_series(tmp_path, nb_01_um=lesson("1"))
    source, build = folder / "01_um.ipynb", tmp_path / "build"
    build.mkdir()
    (build / "01_um.ipynb").write_bytes(source.read_bytes()[:60])
    bring_unexecuted([source], build)
    assert (build / "01_um.ipynb").read_bytes() == source.read_bytes()


def test_broken_file_is_refused_by_path(tmp_path, refused):
    (tmp_path / "01_um.ipynb").write_text("{")
    with refused("notebook that is not JSON", NotebookError, match=re.escape(str(tmp_path / "01_um.ipynb"))):
        read_notebook(tmp_path / "01_um.ipynb")
