"""A correção à mão: o servidor e os dados do nbgrader, com telas do curso, em português e sem nada de fora.

O nbgrader traz duas telas que aqui se trocam, a lista das entregas e a de uma entrega, e um serviço que guarda notas e
comentários no caderno, que fica como é.
"""

import logging
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import nbformat
from jinja2 import ChoiceLoader, Environment, FileSystemLoader
from jupyter_server.serverapp import ServerApp
from markupsafe import Markup
from nbconvert.filters import markdown2html
from nbgrader.server_extensions.formgrader import handlers
from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension

from course_lib.errors import CourseError
from course_tools.errors import GradingError
from course_tools.grading.assignment import NAME, Assignment, load_assignment
from course_tools.grading.config import GradesFolder
from course_tools.grading.records import load_result
from course_tools.grading.release import source_path
from course_tools.grading.report import TEMPLATES, answers_of, code_style, filters
from course_tools.runner.series import read_notebook

OURS = TEMPLATES / "formgrader"
PRIVATE = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")


def serve(folder: GradesFolder, options: Sequence[str]) -> None:
    """Abre no navegador a lista das entregas de `folder`, e só volta quando o servidor termina.

    A configuração que o Jupyter tem na máquina não entra, nem nada se grava nela: o servidor tem uma sua, que se apaga.

    Args:
        options: opções para o servidor do Jupyter, como `--no-browser`.

    Raises:
        GradingError: `folder` não é uma pasta de notas.
    """
    name = assignment_name(folder)
    root = folder.root.resolve()
    with tempfile.TemporaryDirectory(prefix="curso-") as private:
        os.environ |= {variable: f"{private}/{variable.lower()}" for variable in PRIVATE} | {"JUPYTER_NO_CONFIG": "1"}
        os.chdir(root)  # é onde o nbgrader procura a configuração dele
        defaults = {
            "ServerApp.root_dir": root,
            "ServerApp.default_url": f"/formgrader/gradebook/{name}/{name}",
            "ServerApp.jpserver_extensions": f"{{'{__name__}': True}}",
            "ServerApp.open_browser": "--no-browser" not in options,
            "ServerApp.answer_yes": True,
            "ServerApp.allow_root": True,  # aqui só se guardam notas
            "ServerApp.log_level": "ERROR",
            "IdentityProvider.cookie_options": "{'path': '/'}",  # as telas do nbgrader o dariam só para a pasta delas
        }
        server = ServerApp.instance()
        given = {option.lstrip("-").partition("=")[0] for option in options}
        chosen = [f"--{trait}={value}" for trait, value in defaults.items() if trait not in given]
        server.initialize([*chosen, *options])
        server.log.addFilter(lambda record: record.levelno != logging.CRITICAL)  # são as boas-vindas, em inglês
        print(f"Correção à mão: {server.display_url.splitlines()[0].strip()}\nAo terminar, Ctrl-C.", flush=True)
        server.start()


def assignment_name(folder: GradesFolder) -> str:
    """O nome da tarefa que uma pasta de notas tem.

    Raises:
        GradingError: não é uma pasta de notas.
    """
    names = sorted(path.stem for path in (folder.root / "source").glob("*/*.ipynb"))
    if not (folder.gradebook.is_file() and names):
        raise GradingError(
            f"{folder.root} não é uma pasta de notas. Corrija antes: curso corrigir ENTREGAS --saida {folder.root}"
        )
    return NAME if NAME in names else names[0]


class SubmissionPage:
    """A tela de uma entrega: as respostas, o que se achou delas e onde dar nota e comentar.

    Tem a forma que o servidor do nbgrader pede de quem mostra notebooks.
    """

    def __init__(self, folder: GradesFolder, environment: Environment):
        self._folder, self._environment = folder, environment

    def from_filename(self, filename: str, resources: dict) -> tuple[str, dict]:
        """O HTML do notebook corrigido em `filename`."""
        assignment = load_assignment(self._folder.source(resources["assignment_id"]))
        notebook = nbformat.read(filename, as_version=4)
        result = load_result(self._folder.result(resources["student"]))
        page = self._environment.get_template("entrega.html.j2").render(
            **resources,
            assignment=assignment,
            answers={graded.name: answers_of(graded, assignment, notebook) for graded in assignment.graded},
            marks=result.marks if result else {},
            occurrences=result.occurrences if result else (),
            cells=notebook.cells,
            criteria=criteria(assignment),
        )
        return page, resources


def criteria(assignment: Assignment) -> dict[str, Markup]:
    """Nome da questão corrigida à mão -> resposta-modelo e critérios, do notebook do instrutor, se ele está aqui."""
    path = source_path().with_stem(assignment.name)
    try:
        cells = read_notebook(path).cells
    except CourseError:
        return {}
    by_hand = {graded.name for graded in assignment.graded if graded.exercise is None}
    found = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell.source for cell in cells}
    return {name: Markup(markdown2html(found[name])) for name in by_hand & found.keys()}


class CourseFormgrader(FormgradeExtension):
    """A extensão do nbgrader, com as telas do curso no lugar das dele."""

    def init_tornado_settings(self, webapp: object) -> None:
        """Troca os moldes das telas e quem mostra uma entrega."""
        super().init_tornado_settings(webapp)
        loaders = [FileSystemLoader(OURS), FileSystemLoader(TEMPLATES), FileSystemLoader(handlers.template_path)]
        own = {path.name for path in OURS.iterdir()}
        environment = Environment(
            loader=ChoiceLoader(loaders), autoescape=lambda name: name in own, trim_blocks=True, lstrip_blocks=True
        )
        environment.filters |= filters()
        environment.globals["style"] = code_style()
        webapp.settings["nbgrader_jinja2_env"] = environment
        webapp.settings["nbgrader_exporter"] = SubmissionPage(GradesFolder(Path(self.root_dir)), environment)


def _jupyter_server_extension_points() -> list[dict]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: ServerApp) -> None:
    formgrader = CourseFormgrader(parent=server)
    formgrader.root_dir, formgrader.log = server.root_dir, server.log
    formgrader.initialize([])
    formgrader.init_tornado_settings(server.web_app)
    formgrader.init_handlers(server.web_app)
