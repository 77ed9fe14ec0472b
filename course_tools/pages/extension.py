"""O que o Sphinx e o tema não fazem: termos ligados ao glossário, figuras que se abrem grandes, rótulos traduzidos."""

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.nodes import make_refnode

from course_lib.glossary import pattern, read_terms

LESSON, GLOSSARY = re.compile(r"\d\d_"), "glossario"
UNLINKED = (nodes.reference, nodes.title, nodes.literal, nodes.strong, nodes.table)
CELLS = ("cell_code_source", "cell_code_output")
# O que os modelos do tema e do myst-nb trazem escrito em inglês, sem passar pelas traduções.
LABELS = {
    '<summary aria-label="Toggle hidden content">': "<summary>",
    "Toggle primary sidebar": "Abrir ou fechar o menu",
    "Toggle secondary sidebar": "Abrir ou fechar o sumário da página",
    'aria-label="Main"': 'aria-label="Lições e consulta"',
    'aria-label="Page"': 'aria-label="Nesta página"',
    "Version warning": "Aviso de versão",
}


def setup(app: Sphinx) -> dict[str, bool]:
    """Chamada pelo Sphinx."""
    app.add_config_value("course_locale_dir", "", "env")
    app.connect("config-inited", lambda app, config: app.add_message_catalog("sphinx", config.course_locale_dir))
    app.connect("doctree-resolved", link_terms)
    app.connect("doctree-resolved", open_figures)
    app.connect("build-finished", translate_labels)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def link_terms(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Numa lição, a primeira vez que um termo do glossário aparece leva a ele."""
    if not LESSON.match(docname) or GLOSSARY not in app.env.found_docs:
        return
    terms, seen = read_terms(Path(app.env.doc2path(GLOSSARY))), set()
    for text in filter(_is_prose, list(doctree.findall(nodes.Text))):
        pieces, start = [], 0
        for match in pattern(terms).finditer(text):
            anchor = terms[match.lastindex - 1].anchor
            if anchor not in seen:
                seen.add(anchor)
                link = make_refnode(app.builder, docname, GLOSSARY, anchor, nodes.Text(match[0]), "Glossário")
                pieces += [nodes.Text(text[start : match.start()]), link]
                start = match.end()
        if pieces:
            text.parent.replace(text, [*pieces, nodes.Text(text[start:])])


def open_figures(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Cada figura é uma ligação para o seu arquivo: no celular, um toque a mostra grande."""
    for image in list(doctree.findall(nodes.image)):
        if image["uri"] in app.env.images and not isinstance(image.parent, nodes.reference):
            file = app.env.images[image["uri"]][1]
            link = nodes.reference("", refuri=f"{app.builder.imagedir}/{file}", classes=["figura"])
            image.replace_self(link)
            link += image


def translate_labels(app: Sphinx, error: Exception | None) -> None:
    """Troca, nas páginas prontas, os rótulos em inglês."""
    for page in Path(app.outdir).glob("*.html") if error is None else ():
        text = page.read_text(encoding="utf-8")
        for english, portuguese in LABELS.items():
            text = text.replace(english, portuguese)
        page.write_text(text, encoding="utf-8")


def _is_prose(text: nodes.Text) -> bool:
    node = text.parent
    while node is not None:
        if isinstance(node, UNLINKED) or node.get("nb_element") in CELLS:
            return False
        node = node.parent
    return isinstance(text.parent, nodes.TextElement) and not isinstance(text.parent, nodes.raw)
