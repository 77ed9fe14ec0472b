"""Reúne as fontes do site numa pasta temporária e chama o Sphinx."""

import math
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import nbformat
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader
from nbformat.v4 import new_markdown_cell
from sphinx.application import Sphinx
from sphinx.util.console import nocolor
from sphinx.util.docutils import docutils_namespace, patch_docutils

from course_lib.datasets import load_movielens
from course_lib.errors import CourseError
from course_tools.pages import live, movie_map
from course_tools.pages.extension import COVER
from course_tools.pages.lesson import for_the_page, reading_minutes
from course_tools.runner.cleaning import cleaned, save_notebook
from course_tools.runner.series import read_notebook
from course_tools.runner.summary import Summary, format_seconds, summarize

HERE = Path(__file__).parent
SUPPORT = "00"  # o que se consulta: não é por ele que se começa
LIVE_PAGES = live, movie_map
ATTACHED = "anexos"  # o que desta pasta vai, como está, para junto das páginas
GLOSSARY = "glossario.md"
MEASUREMENTS = Path("benchmarks/README.md")
OUTER_LINK = re.compile(r"(?<=\]\()\.\./([^)#\s]+)")


@dataclass(frozen=True)
class Lesson:
    """Um notebook da série, limpo, e o que a primeira página diz dele."""

    notebook: nbformat.NotebookNode
    summary: Summary

    @property
    def file(self) -> str:
        """O nome do arquivo."""
        return f"{self.summary.name}.ipynb"

    @property
    def minutes(self) -> int:
        """Minutos de leitura, de cinco em cinco."""
        return 5 * math.ceil(reading_minutes(self.notebook) / 5)


def build_site(notebooks: Iterable[Path], source_dir: Path, out_dir: Path, address: str = "") -> Path:
    """Gera o site em `out_dir` e devolve sua primeira página.

    Args:
        notebooks: os da série, em ordem, com as saídas que as páginas devem mostrar.
        source_dir: pasta dos notebooks da série; dela vêm `figuras/`, o glossário e o que os textos citam.
        address: endereço em que o site será publicado; sem ele, só a figura que as redes sociais mostrariam se perde.

    Raises:
        NotebookError: se um dos notebooks não pôde ser lido.
    """
    lessons = [_read_lesson(path, source_dir.parent) for path in notebooks]
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder) / "site"
        _write_sources(lessons, stage, source_dir)
        _run_sphinx(stage, Path(folder) / "html", Path(folder), address)  # o myst-nb deixa uma pasta ao lado da saída
        for lesson in lessons:  # o que se baixa é o notebook do curso, e não aquele de que a página se fez
            save_notebook(lesson.notebook, Path(folder) / "html/_sources" / lesson.file)
        shutil.copytree(Path(folder) / "html", out_dir, dirs_exist_ok=True)
    return out_dir / "index.html"


def _read_lesson(path: Path, root: Path) -> Lesson:
    notebook = read_notebook(path)
    return Lesson(cleaned(notebook, root), summarize(path.stem, notebook))


def _write_sources(lessons: list[Lesson], stage: Path, source_dir: Path) -> None:
    """As páginas de `content/`, o glossário, as medições, os notebooks preparados e a primeira página."""
    root = source_dir.parent
    stage.mkdir()
    for page in (HERE / "content").glob("*.md"):
        shutil.copyfile(page, stage / page.name)
    _write_live_pages(lessons, stage)
    ours = sorted(path.stem for path in stage.glob("*.md"))
    for folder, pattern in ((source_dir, "figuras/*"), (root / MEASUREMENTS.parent, "*.png")):
        for figure in folder.glob(pattern):
            copied = stage / figure.relative_to(folder)
            copied.parent.mkdir(exist_ok=True)
            shutil.copyfile(figure, copied)
    references = {"glossario": source_dir / GLOSSARY, "medicoes": root / MEASUREMENTS}
    references = {name: path for name, path in references.items() if path.is_file()}
    for name, path in references.items():
        shutil.copyfile(path, stage / f"{name}.md")
    for lesson in lessons:
        _write_lesson(lesson, stage, root)
    _write_first_page(lessons, stage, {"Experimentar": ours, "Para consultar": list(references)})


def _write_lesson(lesson: Lesson, stage: Path, root: Path) -> None:
    """O notebook preparado, com os arquivos que cita e, no fim, o caminho para a página em que se experimenta."""
    page = for_the_page(lesson.notebook)
    for cell in page.cells:
        if cell.cell_type == "markdown":
            cell.source = OUTER_LINK.sub(lambda link: _bring(link[1], root, stage), cell.source)
    for live_page in LIVE_PAGES:
        if lesson.summary.name == live_page.LESSON and (stage / live_page.PAGE).is_file():
            page.cells.append(new_markdown_cell(f"**Para experimentar:** []({live_page.PAGE})."))
    nbformat.write(page, stage / lesson.file)


def _write_first_page(lessons: list[Lesson], stage: Path, others: dict[str, list[str]]) -> None:
    templates = Environment(loader=FileSystemLoader(HERE / "content"), trim_blocks=True, lstrip_blocks=True)
    templates.filters |= {"seconds": format_seconds}
    first_page = templates.get_template("index.md.j2").render(
        lessons=lessons,
        start=next((lesson for lesson in lessons if not lesson.summary.name.startswith(SUPPORT)), lessons[0]),
        others=others,
        glossary="glossario" in others["Para consultar"],
        hours=round(sum(lesson.minutes for lesson in lessons) / 60),
        cover=COVER if (stage / COVER).is_file() else None,
    )
    (stage / "index.md").write_text(first_page, encoding="utf-8")


def _write_live_pages(lessons: list[Lesson], stage: Path) -> None:
    """Os números de cada página que calcula no navegador; sem a sua lição, ou sem os dados, ela fica de fora."""
    (stage / ATTACHED).mkdir()
    names = {lesson.summary.name for lesson in lessons}
    for page in LIVE_PAGES:
        try:
            if page.LESSON in names:
                (stage / ATTACHED / page.DATA).write_text(page.data_script(load_movielens()), encoding="utf-8")
                continue
        except CourseError as error:
            reason = str(error).splitlines()[0]
            print(f"A página {page.PAGE} ficou de fora do site, por falta dos dados: {reason}", file=sys.stderr)
        (stage / page.PAGE).unlink(missing_ok=True)


def _bring(link: str, root: Path, stage: Path) -> str:
    """Traz para junto das páginas um arquivo do projeto que um texto cita, e devolve o novo caminho."""
    if Path(link) == MEASUREMENTS:
        return "medicoes.md"
    copied = stage / "projeto" / link
    copied.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(root / link, copied)
    return f"projeto/{link}"


def _run_sphinx(stage: Path, out_dir: Path, work_dir: Path, address: str) -> None:
    locale = work_dir / "locale"
    for source in (HERE / "locale").rglob("*.po"):
        compiled = (locale / source.relative_to(HERE / "locale")).with_suffix(".mo")
        compiled.parent.mkdir(parents=True)
        with source.open("rb") as portuguese, compiled.open("wb") as file:
            write_mo(file, read_po(portuguese))
    options = {
        "html_baseurl": address,
        "html_extra_path": [str(stage / ATTACHED)],
        "course_locale_dir": str(locale),
    }
    warnings = StringIO()
    nocolor()
    with patch_docutils(HERE), docutils_namespace():
        Sphinx(stage, HERE, out_dir, work_dir / "doctrees", "html", options, status=None, warning=warnings).build()
    if warnings.getvalue():
        print(f"O Sphinx reclamou ao montar o site:\n{warnings.getvalue()}", file=sys.stderr)
