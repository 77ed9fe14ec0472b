"""O código de uma célula, examinado sem rodar: se compila, e que nomes usa. Quem chama limita o tamanho dele."""

import ast
import re
from collections.abc import Iterator

WORTH_A_LOOK = re.compile(
    "os|subprocess|socket|ctypes|multiprocessing|signal|shutil|pathlib|glob|inspect|gc|builtins|importlib|pickle|requests|"
    "urllib|http|threading|open|eval|exec|setattr|environ|get_ipython|currentframe|_getframe|__\\w+__|\\S+ ="
)
LIBRARIES = frozenset(("np", "numpy", "torch", "nn", "pd", "pandas", "course_lib", "builtins"))
UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
DEEPEST_NAME = 20
CELL_MAGIC = re.compile(r"\s*%%(\w+)")
RUN_HERE = frozenset(("time", "capture", "prun"))  # o que vem abaixo delas fica definido no notebook
LINE_MAGIC = re.compile(r"^(\s*+)(?:[%!?].*|[^#'\"]*\?\s*)$")  # sem o `+`, cem mil espaços custariam meio minuto
ASSIGNED_MAGIC = re.compile(r"^([\w\s,.\[\]]*=\s*)[%!].*$")


def parse(source: str) -> ast.Module:
    """O código de uma célula, com o que o IPython aceita a mais que o Python trocado por nada.

    Não é o tradutor do IPython, que relê a célula inteira a cada linha que começa por `!`.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: não compila, ou passa dos limites do compilador.
    """
    if foreign_magic(source):
        return ast.parse("")
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.parse("\n".join(map(_without_magic, source.split("\n"))))


def foreign_magic(source: str) -> str | None:
    """A mágica que leva a célula inteira para fora do notebook (`%%timeit`, `%%writefile`); None se não há."""
    magic = CELL_MAGIC.match(source)
    return f"%%{magic[1]}" if magic and magic[1] not in RUN_HERE else None


def unusual_words(source: str) -> set[str]:
    """Nomes que um exercício não pede e convém olhar; um trecho que nem compila não tem nenhum."""
    try:
        tree = parse(source)
    except UNPARSABLE:
        return set()
    return {word for node in ast.walk(tree) for word in _words(node) if WORTH_A_LOOK.fullmatch(word)}


def syntax_error_line(source: str) -> int | None:
    """A linha em que o código não compila; None se compila, ou se não se sabe."""
    try:
        parse(source)
    except SyntaxError as error:
        return error.lineno
    except UNPARSABLE:
        return None
    return None


def _without_magic(line: str) -> str:
    return ASSIGNED_MAGIC.sub(r"\1None", LINE_MAGIC.sub(r"\1pass", line))


def _words(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name.split(".")[0] for alias in names)
        case ast.ImportFrom(module=module, names=names):
            yield (module or "").split(".")[0]
            yield from (alias.name for alias in names)
        case ast.Name(id=word) | ast.Attribute(attr=word) | ast.FunctionDef(name=word):
            yield word
        case ast.Assign(targets=targets):
            dotted = (_dotted(target) for target in targets if isinstance(target, ast.Attribute | ast.Subscript))
            yield from (f"{name} =" for name in dotted if name.split(".")[0] in LIBRARIES)


def _dotted(target: ast.expr) -> str:
    """`np.allclose`, do lado esquerdo de um `=`; de um alvo fundo, o começo."""
    parts: list[str] = []
    while isinstance(target, ast.Attribute | ast.Subscript):
        parts.append(target.attr if isinstance(target, ast.Attribute) else "[…]")
        target = target.value
    root = target.id if isinstance(target, ast.Name) else "…"
    return ".".join([root, *reversed(parts[-DEEPEST_NAME:])])
