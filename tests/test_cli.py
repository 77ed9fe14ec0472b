"""The commands of `curso`, as a user types them."""

import io
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest

from course_lib.errors import DataError
from course_tools import __main__ as cli
from course_tools.runner import series as runner
from tests.notebooks.builders import HEADLINE, lesson, write_series

ROOT = Path(__file__).resolve().parents[1]
ENGLISH = re.compile(r"\b(usage|error|options|show|invalid|choice|required|unrecognized|argument|expected|the)\b")


@pytest.fixture
def series(tmp_path, monkeypatch):
    """Let the commands see a folder of small notebooks in place of the course's own; return it."""
    folder = write_series(tmp_path, nb_01_um=lesson(HEADLINE), nb_02_dois=lesson("print(seed, n_epochs)"))
    monkeypatch.setattr(runner, "notebooks_dir", lambda: folder)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.chdir(tmp_path)
    return folder


def exit_code(*arguments):
    try:
        return cli.main(arguments)
    except SystemExit as stop:
        return stop.code


@pytest.mark.parametrize("command", [[], *([name] for name in cli.COMMANDS)])
def test_help_is_in_portuguese(command, capsys):
    assert exit_code(*command, "--help") == 0
    text = capsys.readouterr().out
    assert text.startswith("uso: curso") and "mostra esta ajuda e sai" in text
    assert not ENGLISH.search(text), text


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("executa",),
        ("executar", "--epoca", "muitas"),
        ("executar", "--epocas", "0"),
        ("executar", "--epocas"),
        ("executar", "--somente"),
        ("executar", "--cor=azul"),
        ("executar", "--s", "1"),
        ("executar", "--salvar=sim"),
    ],
    ids=" ".join,
)
def test_mistaken_arguments_are_explained_in_portuguese(arguments, capsys):
    assert exit_code(*arguments) == 2
    message = capsys.readouterr().err
    assert "erro: " in message
    assert not ENGLISH.search(message), message


def test_help_is_instant_because_nothing_heavy_is_imported():
    code = "import sys, course_tools.__main__; print({'torch', 'pandas', 'papermill', 'matplotlib'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout == "set()\n"


def test_file_named_after_a_module_of_python_does_not_get_in_the_way(tmp_path):
    for name in ("random", "queue", "types"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('não sou um módulo')")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "course_tools", "executar", "--somente", "77"]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert "Nenhum notebook começa por '77'" in run.stderr, run.stderr


def test_error_of_the_course_is_a_message_and_not_a_traceback(monkeypatch, capsys):
    def fail(options):
        raise DataError("u.data, linha 3: esperava quatro colunas.")

    monkeypatch.setattr(cli.COMMANDS["dados"], "main", fail)
    assert exit_code("dados") == 1
    assert capsys.readouterr().err == "Erro: u.data, linha 3: esperava quatro colunas.\n"


@pytest.mark.parametrize(("chosen", "threads"), [(None, "1"), ("2", "2")])
def test_notebooks_use_one_thread_unless_told_otherwise(series, monkeypatch, chosen, threads):
    monkeypatch.delenv("OMP_NUM_THREADS")
    if chosen:
        monkeypatch.setenv("OMP_NUM_THREADS", chosen)
    monkeypatch.delenv("THP_MEM_ALLOC_ENABLE", raising=False)
    code = "import os\nprint(os.environ['OMP_NUM_THREADS'], 'threads', os.environ['THP_MEM_ALLOC_ENABLE'])"
    nbformat.write(lesson(code), series / "01_um.ipynb")
    assert exit_code("executar", "--somente", "01") == 0
    assert f"{threads} threads 1" in Path("build/01_um.ipynb").read_text()


def test_executar_leaves_notebooks_pages_and_a_table(series, capsys):
    assert exit_code("executar") == 0
    names = {path.name for path in Path("build").iterdir()}
    assert {"01_um.ipynb", "01_um.html", "02_dois.ipynb", "02_dois.html", "index.html"} <= names
    assert re.search(r"^01_um +\d+,\d  soma 45$", capsys.readouterr().out, re.MULTILINE)


def test_pages_land_in_a_relative_folder_whatever_runs_beside_them(series):
    """Papermill's own way of choosing the kernel's folder moves the whole process, and two notebooks run at a time."""
    here = Path.cwd()
    nbformat.write(lesson("import time, os\ntime.sleep(3)\nprint(os.getcwd())"), series / "02_dois.ipynb")
    assert exit_code("executar", "--paralelo", "2") == 0
    assert Path.cwd() == here and not (series / "build").exists()
    assert Path("build/01_um.html").is_file() and Path("build/02_dois.html").is_file()
    assert str(series) in Path("build/02_dois.ipynb").read_text(encoding="utf-8")


def test_executar_passes_parameters_to_the_notebooks_asked_for_only(series, capsys):
    assert exit_code("executar", "--somente", "02", "--semente", "7", "--epocas", "1", "--saida", "fora") == 0
    assert "7 1" in Path("fora/02_dois.ipynb").read_text()
    assert '"papermill"' not in Path("fora/01_um.ipynb").read_text() and not Path("build").exists()


def test_executar_shows_the_optional_notebook_without_running_it_unless_told_to(series):
    write_series(series.parent, nb_08_oito=lesson("print('rodou')", title="# 08 · Oito"))
    assert exit_code("executar") == 0
    index = Path("build/index.html").read_text(encoding="utf-8")
    assert 'href="08_oito.html"' in index and index.count("<p>–</p>") == 3, "neither seconds nor numbers, 01 no numbers"
    assert Path("build/08_oito.html").is_file() and "rodou\\n" not in Path("build/08_oito.ipynb").read_text()
    assert exit_code("executar", "--opcional") == 0
    assert "rodou\\n" in Path("build/08_oito.ipynb").read_text()
    assert Path("build/index.html").read_text(encoding="utf-8").count("<p>–</p>") == 2


def test_executar_fails_naming_the_cell_and_keeps_the_other_results(series, capsys):
    nbformat.write(lesson("1 / 0"), series / "01_um.ipynb")
    assert exit_code("executar", "--salvar") == 1
    captured = capsys.readouterr()
    assert "01_um.ipynb, célula 3 (In [2]): 1 / 0" in captured.err and "ZeroDivisionError" in captured.err
    assert "FALHOU" in captured.out
    assert Path("build/02_dois.html").is_file()
    assert nbformat.read(series / "02_dois.ipynb", as_version=4).cells[2].outputs == [], "nothing is saved on failure"


def test_executar_runs_the_others_when_one_file_is_damaged(series, capsys):
    (series / "02_dois.ipynb").write_text("<<<<<<< HEAD\n")
    write_series(series.parent, nb_08_oito=lesson())
    (series / "08_oito.ipynb").write_text("")
    assert exit_code("executar") == 1
    captured = capsys.readouterr()
    assert "01_um" in captured.out and captured.err.count("02_dois.ipynb: o arquivo tem marcas de conflito") == 1
    assert Path("build/01_um.html").is_file() and Path("build/index.html").is_file()


def test_terminal_without_accents_gets_the_result_of_the_work(series, monkeypatch):
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert exit_code("executar", "--somente", "02") == 0
    sys.stdout.flush()
    assert "Paginas: build" in sys.stdout.buffer.getvalue().decode("ascii")


def test_command_of_another_copy_of_the_course_says_so(tmp_path, monkeypatch, capsys):
    (tmp_path / "course_tools").mkdir()
    monkeypatch.chdir(tmp_path)
    assert exit_code("dados", "nenhum-destes") == 1
    assert f"este curso é o de {ROOT}, e não o da pasta" in capsys.readouterr().err
    monkeypatch.chdir(ROOT)
    assert exit_code("dados", "nenhum-destes") == 1
    assert "este curso é o de" not in capsys.readouterr().err


def test_executar_salvar_writes_the_outputs_back(series):
    assert exit_code("executar", "--salvar") == 0
    assert nbformat.read(series / "02_dois.ipynb", as_version=4).cells[2].outputs[0].text == "42 3\n"


def test_executar_salvar_refuses_parameters_that_the_notebooks_do_not_show(series, capsys):
    assert exit_code("executar", "--salvar", "--semente", "7") == 1
    assert "não combina com" in capsys.readouterr().err


def test_executar_refuses_a_notebook_that_does_not_exist(series, capsys):
    assert exit_code("executar", "--somente", "09") == 1
    assert "Nenhum notebook começa por '09'" in capsys.readouterr().err


def test_a_part_of_the_series_still_has_a_page_for_every_link(series):
    assert exit_code("executar", "--somente", "2", "--semente", "7") == 0
    assert Path("build/01_um.html").is_file(), "not executed here, but the others link to it"
    assert "Executado com outros parâmetros: seed = 7" in Path("build/index.html").read_text(encoding="utf-8")


def test_treinar_prints_errors_by_seed_on_the_split_of_the_course(capsys):
    assert exit_code("treinar", "bias", "--sementes", "42", "43") == 0
    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.split(" | ")[:3] for row in rows[:2]] == [["| bias", "42", "0,8937"], ["| bias", "43", "0,8906"]]
    assert rows[2].startswith("| **bias** | média | 0,89")
    assert exit_code("treinar", "bias", "--momento") == 1
    assert "não usa o tempo" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("bias", "viés"), r"Não há receita viés\. As que existem: mean, .*rerank"),
        (("kernel", "ease", "--momento"), r"não usa o tempo: ease\. Tire --momento, ou escolha entre: kernel, "),
        (("bias", "ease", "--epocas", "3"), r"treina por épocas: bias, ease\. Tire --epocas, ou escolha entre: dot, "),
        (
            ("kernel", "--momento", "--epocas", "3"),
            r"treina por épocas: kernel\. Tire --epocas, ou escolha entre: context, e",
        ),
    ],
    ids=["unknown", "timeless", "without epochs", "neither"],
)
def test_treinar_refuses_what_a_recipe_does_not_take_before_anything_is_trained(capsys, arguments, complaint):
    assert exit_code("treinar", *arguments, "--sementes", "42") == 1
    captured = capsys.readouterr()
    assert captured.out == "" and re.search(complaint, captured.err)


def test_epochs_are_of_the_recipes_that_have_them(capsys):
    assert exit_code("treinar", "bias", "neural_net", "--epocas", "1", "--sementes", "42") == 0
    assert len(capsys.readouterr().out.splitlines()) == 5


def test_warning_of_the_course_is_a_message_and_a_folder_that_keeps_no_data_is_not_named(tmp_path, capsys):
    assert exit_code("dados", "--pasta", str(tmp_path / "dados")) == 0
    assert str(tmp_path / "dados") in capsys.readouterr().out
    (tmp_path / "ocupado").write_text("um arquivo onde devia haver uma pasta")
    assert exit_code("dados", "--pasta", str(tmp_path / "ocupado")) == 0
    captured = capsys.readouterr()
    assert re.fullmatch(r"Atenção: não consegui guardar .*--pasta.*\n", captured.err)
    assert "avaliações" in captured.out and "ocupado" not in captured.out


@pytest.mark.parametrize("arguments", [("executar", "--dispositivo", "banana"), ("treinar", "--dispositivo", "banana")])
def test_a_device_that_does_not_exist_is_refused_before_anything_runs(series, capsys, arguments):
    assert exit_code(*arguments) == 1
    assert "banana" in capsys.readouterr().err and not Path("build").exists()


def test_trouble_with_files_and_missing_packages_are_messages_too(series, monkeypatch, capsys):
    Path("build").write_text("um arquivo")
    assert exit_code("executar") == 1
    assert re.search(r"Erro: não consegui ler ou escrever .*build: já existe um arquivo", capsys.readouterr().err)

    def without_torch(options):
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr(cli.execute, "main", without_torch)
    assert exit_code("executar") == 1
    assert "falta o pacote torch. Ative o ambiente" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="only where there is a root")
def test_lab_as_root_says_what_to_do_in_portuguese(monkeypatch, capsys):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert exit_code("lab") == 1
    assert "--allow-root" in capsys.readouterr().err


@pytest.fixture
def lab(monkeypatch, tmp_path):
    """Start the lab without JupyterLab; return the folder of the user's configuration, and what the lab was asked."""
    from jupyterlab.labapp import LabApp

    asked = []
    monkeypatch.setattr(LabApp, "launch_instance", asked.extend)
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    return tmp_path, asked


def test_lab_opens_the_first_lesson_and_hides_the_solutions(lab):
    _, asked = lab
    assert exit_code("lab", "--", "--allow-root") == 0
    assert "--LabApp.default_url=/lab/tree/notebooks/01_dataset.ipynb" in asked
    (hidden,) = [option for option in asked if option.startswith("--ContentsManager.hide_globs")]
    assert "'instrutor'" in hidden
    asked.clear()
    assert exit_code("lab", "--instrutor", "--", "--allow-root") == 0
    assert hidden.replace(", 'instrutor'", "") in asked


def test_lab_names_what_is_wrong_with_the_configuration_and_opens(lab, capsys):
    folder, _ = lab
    (folder / "jupyter_server_config.json").write_text("{\n  'ServerApp': 3}")
    (folder / "jupyter_lab_config.py").write_text("c.LabApp.x = = 3")
    assert exit_code("lab", "--", "--allow-root") == 0
    message = capsys.readouterr().err
    assert "jupyter_server_config.json, linha 2 está quebrada" in message
    assert "jupyter_lab_config.py, linha 1 está quebrada" in message


def test_lab_that_does_not_open_names_the_configuration_that_it_read(lab, monkeypatch, capsys):
    from jupyterlab.labapp import LabApp

    folder, _ = lab
    (folder / "jupyter_lab_config.py").write_text("c.LabApp.no_such_option = 3")
    monkeypatch.setattr(LabApp, "launch_instance", lambda arguments: sys.exit(1))
    assert exit_code("lab", "--", "--allow-root") == 1
    assert re.search(r"o JupyterLab não abriu.*jupyter_lab_config\.py", capsys.readouterr().err)


ASLEEP = """
import os, time
with open(f"{name}.pid", "w") as file:
    file.write(str(os.getpid()))
time.sleep(60)
"""


def wait_until(happened, seconds=60):
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.1)


def is_alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.skipif(os.name == "nt", reason="signals differ on Windows")
@pytest.mark.parametrize("sent", ["SIGINT", "SIGKILL"])
def test_interrupted_series_leaves_no_kernel_behind_and_ctrl_c_a_message(tmp_path, sent):
    """One kernel is started as jupyter does, the other is forked; a terminal sends Ctrl-C to the whole group."""
    names = ("01_um", "02_dois")
    folder = write_series(tmp_path, **{f"nb_{name}": lesson(f"name = {name!r}{ASLEEP}") for name in names})
    code = f"""
import sys
from pathlib import Path
from course_tools import __main__ as cli
from course_tools.runner import series as runner
runner.notebooks_dir = lambda: Path({str(folder)!r})
sys.exit(cli.main(["executar", "--paralelo", "2"]))
"""
    (tmp_path / "t").mkdir()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    environment["TMPDIR"] = str(tmp_path / "t")
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A job that a shell runs in the background ignores Ctrl-C, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    files = [folder / f"{name}.pid" for name in names]
    wait_until(lambda: all(file.exists() and file.read_text() for file in files))
    server = psutil.Process(int(files[1].read_text())).ppid()  # the process that the second is a fork of
    if sent == "SIGINT":
        os.killpg(process.pid, signal.SIGINT)
        _, message = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "Interrompido" in message and "Traceback" not in message
        assert list((tmp_path / "t").glob("curso-*")) == []
    else:
        process.kill()
        process.communicate(timeout=60)
    kernels = [int(file.read_text()) for file in files]
    wait_until(lambda: not any(map(is_alive, [process.pid, server, *kernels])), seconds=20)
