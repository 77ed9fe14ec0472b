"""As páginas HTML da série: uma por notebook e um índice. Abrem sem rede."""

import re
import shutil
from collections.abc import Iterable
from html import escape
from pathlib import Path

import nbformat
from jinja2 import Environment, FileSystemLoader, pass_context, select_autoescape
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from course_lib.headlines import format_number
from course_tools.runner.cleaning import cleaned
from course_tools.runner.summary import Summary, format_seconds, summarize

TEMPLATES = Path(__file__).parent / "templates"
FIGURES = "figuras"
NOTEBOOK_LINK = re.compile(r'(href="(?:\./)?[0-9]{2}_\w+)\.ipynb(?=[#"])')


class FormulaRenderer(IPythonRenderer):
    """Escreve as fórmulas em MathML, que o navegador mostra sem baixar nada e o leitor de tela lê."""

    def inline_math(self, body: str) -> str:
        return _mathml(body, "inline")

    def block_math(self, body: str) -> str:
        return _mathml(body, "block")

    def latex_environment(self, name: str, body: str) -> str:
        return _mathml(rf"\begin{{{name}}}{body}\end{{{name}}}", "block")


class CourseExporter(HTMLExporter):
    """O exportador do nbconvert com o modelo do curso: português, texto alternativo nas figuras, nada de fora."""

    def __init__(self):
        super().__init__(template_name="curso", extra_template_basedirs=[str(TEMPLATES)])

    def _init_resources(self, resources):
        return super()._init_resources(resources) | {"language_code": "pt-BR"}

    @pass_context
    def markdown2html(self, context, source: str) -> str:
        attachments = context.get("cell", {}).get("attachments", {})
        renderer = FormulaRenderer(escape=False, attachments=attachments, anchor_link_text=self.anchor_link_text)
        return MarkdownWithMath(renderer=renderer).render(source)


def to_html(name: str, notebook: nbformat.NotebookNode) -> str:
    """Página de um notebook; as ligações para outros notebooks da série passam a apontar para as páginas deles."""
    notebook.metadata["title"] = summarize(name, notebook).title
    body, _ = CourseExporter().from_notebook_node(notebook)
    return NOTEBOOK_LINK.sub(r"\1.html", body)


def publish(names: Iterable[str], out_dir: Path, source_dir: Path) -> None:
    """Gera em `out_dir` a página de cada notebook executado, e leva junto as figuras que os textos citam.

    Args:
        names: notebooks, sem extensão; os que faltam em `out_dir` são deixados de lado.
        source_dir: pasta de onde vieram os notebooks; dela se copia `figuras/`.
    """
    if (source_dir / FIGURES).is_dir():
        shutil.copytree(source_dir / FIGURES, out_dir / FIGURES, dirs_exist_ok=True)
    for name in names:
        executed = out_dir / f"{name}.ipynb"
        if executed.is_file():
            page = to_html(name, cleaned(nbformat.read(executed, as_version=4), source_dir.parent))
            executed.with_suffix(".html").write_text(page, encoding="utf-8")


def write_index(summaries: Iterable[Summary], out_dir: Path) -> Path:
    """Escreve `index.html`, com objetivo, tempo e números de cada notebook, e devolve seu caminho."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=select_autoescape(["html", "j2"]))
    environment.filters |= {"seconds": format_seconds, "number": format_number}
    page = environment.get_template("indice.html.j2").render(summaries=list(summaries))
    index = out_dir / "index.html"
    index.write_text(page, encoding="utf-8")
    return index


def _mathml(formula: str, display: str) -> str:
    """MathML de uma fórmula; uma que o conversor não conheça aparece como foi escrita."""
    try:
        return convert(formula, display=display)
    except Exception:
        return f'<code class="formula">{escape(formula)}</code>'
