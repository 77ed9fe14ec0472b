"""O glossário da série, `notebooks/glossario.md`: que termos um texto usa, e onde cada um se lê.

As lições do site, as dicas do notebook e as devolutivas acham os termos por aqui.
"""

import functools
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from course_lib.paths import PACKAGE_PARENT

GLOSSARY = PACKAGE_PARENT / "notebooks" / "glossario.md"
MOST = 3  # os termos que se apontam de uma vez: mais que isto ninguém lê
PLURALS = {"ão": "(?:ão|ões)", "és": "(?:és|eses)", "l": "(?:l|is)", "m": "(?:m|ns)"}
PLURALS |= {ending: f"{ending}(?:e?s)?" for ending in "hrz"}
_ENTRY = re.compile(r"^((?:\S.*\n)+)((?: +\S.*(?:\n|$))+)", re.MULTILINE)  # nomes, um por linha; a definição, recuada
_CODE = re.compile(r"`[^`]*`")


@dataclass(frozen=True)
class Term:
    """Um nome de um verbete: `name` como o glossário o escreve, `anchor` a do verbete, na página que o Sphinx faz."""

    name: str
    anchor: str
    definition: str


class Reading:
    """Onde ler estes termos: no JupyterLab, um link para cada um; no terminal, uma linha de texto."""

    def __init__(self, terms: Iterable[Term]):
        self.terms = tuple(terms)

    def __repr__(self) -> str:
        return f"No glossário ({GLOSSARY.name}): {', '.join(term.name for term in self.terms)}."

    def _repr_markdown_(self) -> str:
        links = []
        for term in self.terms:
            title = term.definition.replace('"', '\\"')
            links.append(f'[{term.name}]({GLOSSARY.name}#{term.anchor} "{title}")')
        return f"No glossário: {', '.join(links)}."


@functools.cache
def read_terms(path: Path = GLOSSARY) -> tuple[Term, ...]:
    """Os nomes do glossário, dos mais longos aos mais curtos; vazio onde ele não está, como na caixa da correção."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    terms = []
    for names, definition in _ENTRY.findall(text):
        names = [name.strip("*") for name in names.splitlines()]
        terms += [Term(name, _anchor(names[0]), " ".join(definition.split())) for name in names]
    return tuple(sorted(terms, key=lambda term: -len(term.name)))  # "tabela de vieses" antes de "viés"


@functools.cache
def pattern(terms: tuple[Term, ...]) -> re.Pattern:
    """Expressão que acha os termos, palavras inteiras, também no plural; um grupo para cada um, na ordem deles."""
    forms = "|".join("(" + r"\s+".join(map(_plural, term.name.split())) + ")" for term in terms)
    return re.compile(rf"(?<!\w)(?:{forms})(?!\w)", re.IGNORECASE)


def terms_in(text: str) -> list[Term]:
    """Os primeiros `MOST` termos que um texto usa, um de cada verbete; o que está entre crases, código, não conta."""
    if not (terms := read_terms()):
        return []
    used = (terms[match.lastindex - 1] for match in pattern(terms).finditer(_CODE.sub("`", text)))
    first_uses: dict[str, Term] = {}
    for term in used:
        first_uses.setdefault(term.anchor, term)
    return list(first_uses.values())[:MOST]


def _anchor(name: str) -> str:
    """A âncora que a diretiva `glossary` do Sphinx dá a um termo: sem acentos, com hifens."""
    return "term-" + re.sub(r"[^a-zA-Z0-9._]+", "-", without_accents(name))


def without_accents(text: str) -> str:
    """O texto só com as letras do ASCII: sem acentos nem cedilhas, e sem o que não se escreve com elas."""
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _plural(word: str) -> str:
    """Aceita a palavra também no plural: fator, fatores."""
    for ending, forms in PLURALS.items():
        if word.endswith(ending):
            return re.escape(word.removesuffix(ending)) + forms
    return re.escape(word) + "s?"
