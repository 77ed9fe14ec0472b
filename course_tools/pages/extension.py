"""O que o Sphinx e o tema não fazem: páginas que se descrevem, ligações ao glossário, busca sem acentos, rótulos."""

import re
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.search.pt import SearchPortuguese
from sphinx.util.nodes import make_refnode

from course_lib.glossary import pattern, read_terms, without_accents
from course_tools.runner.summary import plain

COVER = "figuras/rede_produto_interno.png"
LESSON, GLOSSARY = re.compile(r"\d\d_"), "glossario"
UNLINKED = (nodes.reference, nodes.title, nodes.literal, nodes.strong, nodes.table)
CELLS = ("cell_code_source", "cell_code_output")
# O que os modelos do tema e do myst-nb trazem escrito em inglês, sem passar pelas traduções; e o canto vazio de
# uma tabela, que não é título de coisa alguma.
LABELS = {
    "<th></th>": "<td></td>",
    '<th class="head"><p></p></th>': "<td></td>",
    '<summary aria-label="Toggle hidden content">': "<summary>",
    "Toggle primary sidebar": "Abrir ou fechar o menu",
    "Toggle secondary sidebar": "Abrir ou fechar o sumário da página",
    'aria-label="Main"': 'aria-label="Lições e consulta"',
    'aria-label="Page"': 'aria-label="Nesta página"',
    "Version warning": "Aviso de versão",
}
# Nomes, pontuação e espaços têm a cor do texto; marcá-los um a um fazia um terço do peso de uma lição.
UNCOLOURED = re.compile(r'<span class="(?:n|nn|p|w)">([^<]*)</span>')


def setup(app: Sphinx) -> dict[str, bool]:
    """Chamada pelo Sphinx."""
    app.add_config_value("course_locale_dir", "", "env")
    app.add_search_language(SearchWithoutAccents)
    app.connect("config-inited", lambda app, config: app.add_message_catalog("sphinx", config.course_locale_dir))
    app.connect("doctree-resolved", link_terms)
    app.connect("doctree-resolved", open_figures)
    app.connect("html-page-context", describe_page)
    app.connect("build-finished", finish_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class SearchWithoutAccents(SearchPortuguese):
    """A busca em que "avaliacao", como se digita num celular, também encontra "avaliação".

    Cada palavra com acento se indexa dos dois modos: o radical que se procura é o da palavra como foi digitada.
    """

    def split(self, text: str) -> list[str]:
        """As palavras de um texto e, das que têm acentos, também como seriam sem eles."""
        words = super().split(text)
        return words + [bare for word in words if (bare := without_accents(word)) not in ("", word)]


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


def describe_page(app: Sphinx, pagename: str, template: str, context: dict, doctree: nodes.document | None) -> None:
    """Diz aos buscadores e às redes sociais o que há na página: o título e o primeiro parágrafo.

    A figura que as redes mostram pede o endereço inteiro: sem `--endereco`, ela fica de fora.
    """
    paragraph = doctree and doctree.next_node(nodes.paragraph)
    if not paragraph:  # a página da busca
        return
    title, description = (
        plain(" ".join(node.astext().split())) for node in (doctree.next_node(nodes.title), paragraph)
    )
    found = {"og:title": title, "og:description": description, "og:locale": "pt_BR", "og:type": "article"}
    if address := app.config.html_baseurl:
        found["og:image"] = f"{address.rstrip('/')}/{app.builder.imagedir}/{Path(COVER).name}"
    tags = [f'<meta property="{name}" content="{escape(content)}">' for name, content in found.items()]
    context["metatags"] += "\n".join([f'<meta name="description" content="{escape(description)}">', *tags])


def finish_pages(app: Sphinx, error: Exception | None) -> None:
    """Troca, nas páginas prontas, o que está em LABELS, e tira as marcas que não se veem."""
    for page in Path(app.outdir).glob("*.html") if error is None else ():
        text = UNCOLOURED.sub(r"\1", page.read_text(encoding="utf-8"))
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
