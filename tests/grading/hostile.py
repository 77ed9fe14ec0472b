"""Hostile and odd submissions: what each does, the points it must get and the entry it must leave."""

import json
from dataclasses import dataclass, field

import nbformat

from course_tools.grading.delivered import NOT_A_NOTEBOOK
from tests.grading.builders import (
    DENSITY,
    MSE,
    RIGHT_DENSITY,
    RIGHT_MSE,
    SETUP,
    STUB,
    answer_cell,
    check_cell,
    code,
    notebook,
    text_cell,
    untouched,
)
from tests.grading.hostile_code import (
    BEYOND,
    BOMB,
    ENDLESS_LIST,
    ENVIRONMENT,
    EQUAL_TO_ALL,
    FLOODED,
    FORGED,
    FRAMES,
    GARBAGE,
    HIDDEN_FILE,
    HISTORY,
    IGNORES_INTERRUPTS,
    IMPORTED,
    LISTS,
    LOOPBACK,
    MALFORMED,
    MANY_HOGS,
    NESTED,
    PARTS,
    PATCHED,
    PATCHED_SERIALISER,
    PICKLE,
    READ,
    SHARED,
    SOLUTION,
    TELLS,
    THREADS,
    VISIBLE_ONLY,
)

FULL = {"density": 4, "mse_rmse": 6}
ONLY_MSE = {"density": 0, "mse_rmse": 6}
NOTHING = {"density": 0, "mse_rmse": 0}
MEGABYTE = 2**20


@dataclass(frozen=True)
class Case:
    """`made` is a notebook, or the text of the file; `kind` None means that nothing odd is to be reported."""

    name: str
    made: object
    points: dict = field(default_factory=lambda: FULL)
    kind: str | None = None
    detail: str = ""


def density(body):
    return notebook(density=DENSITY.format(body))


def cell(source, points=FULL, kind="célula com erro", detail=""):
    """A right notebook with one more cell, before the answers; the cell must not cost the answers their points."""
    return notebook(before=[source]), points, kind, detail


def cases(port, home_file, root):
    """Every case. `port`: one on which this machine listens; `root`: where `entregas` and `notas` are."""
    right = notebook()
    yield Case("certa", right)
    yield Case("intacta", untouched(), NOTHING, "nada respondido")
    yield Case("laço sem fim numa célula", *cell("while True:\n    pass", kind="tempo esgotado", detail="célula 3"))
    yield Case("laço que ignora a interrupção", *cell(IGNORES_INTERRUPTS, kind="tempo esgotado", detail="célula 3"))
    yield Case(
        "laço sem fim na função", density("    while True:\n        pass"), ONLY_MSE, "tempo esgotado", "density"
    )
    yield Case("impressão sem fim", *cell("while True:\n    print('a' * 1000)", kind="saída demais", detail="célula 3"))
    yield Case("impressão enorme", *cell("print('a' * (40 << 20))", kind="saída demais", detail="célula 3"))
    yield Case("memória de uma vez", *cell("hog = bytearray(64 << 30)", kind="memória", detail="MemoryError"))
    yield Case("memória aos poucos", *cell(MANY_HOGS, kind="memória", detail="célula 3"))
    yield Case("bomba de processos", *cell(BOMB, kind="processos demais", detail="célula 3"))
    yield Case("os._exit numa célula", *cell("import os\nos._exit(0)", kind="kernel encerrado", detail="célula 3"))
    exits = density("    import os\n    os._exit(0)")
    yield Case("os._exit na função", exits, ONLY_MSE, "kernel encerrado", "density")
    yield Case("sys.exit numa célula", *cell("import sys\nsys.exit()", kind="saída pedida", detail="célula 3"))
    yield Case("exit() numa célula", *cell("exit()", kind="kernel encerrado", detail="célula 3"))
    yield Case("sys.exit na função", density("    import sys\n    sys.exit()"), ONLY_MSE, "saída pedida", "density")
    killed = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    yield Case("kernel morto por um sinal", *cell(killed, kind="kernel encerrado", detail="célula 3"))
    closed = "import os\nos.closerange(3, 256)"
    yield Case("fecha os sockets", *cell(closed, kind="kernel encerrado", detail="célula 3"))
    edited = [code(SETUP), answer_cell("density", RIGHT_DENSITY), check_cell("density", "print('passou')"), text_cell()]
    edited[3:3] = [answer_cell("mse_rmse", RIGHT_MSE), check_cell("mse_rmse")]
    yield Case("verificação alterada", notebook(cells=edited), FULL, "verificação alterada", "density")
    deleted = [code(SETUP), answer_cell("density", RIGHT_DENSITY), answer_cell("mse_rmse", RIGHT_MSE), text_cell()]
    yield Case("verificações apagadas", notebook(cells=deleted), FULL, "verificação apagada", "density")
    twice = [*right.cells, *right.cells[2:5]]
    yield Case("células coladas duas vezes", notebook(cells=twice), FULL, "célula repetida", "density, 2 vezes")
    moved = [right.cells[1], right.cells[5], *right.cells[2:5], *right.cells[6:]]
    yield Case("células movidas", notebook(cells=moved), FULL, "células fora de ordem", "mse_rmse")
    bare = [code(SETUP), code(RIGHT_DENSITY), code(RIGHT_MSE)]
    yield Case("sem as marcas", notebook(cells=bare), FULL, "sem as marcas do nbgrader")
    yield Case("igual a tudo", notebook(density=EQUAL_TO_ALL), ONLY_MSE, "resultado recusado", "Same")
    wrong_patched = notebook(density=DENSITY.format("    return 1.0"), mse=RIGHT_MSE, before=[PATCHED])
    yield Case("verificadores trocados", wrong_patched, ONLY_MSE, "código a conferir", "builtins")
    right_patched = notebook(before=["np.allclose = lambda *values: False"])
    yield Case("np.allclose trocado", right_patched, FULL, "código a conferir", "np.allclose =")
    yield Case("serialização trocada", notebook(before=[PATCHED_SERIALISER]), NOTHING, "resultado recusado", "density")
    yield Case("pickle no lugar dos dados", notebook(before=[PICKLE]), NOTHING, "resultado recusado", "density")
    yield Case("lê a pilha de chamadas", notebook(density=FRAMES), ONLY_MSE, "código a conferir", "_getframe")
    yield Case("procura na memória", notebook(density=GARBAGE), ONLY_MSE, "código a conferir", "gc")
    yield Case("lê o histórico", notebook(density=HISTORY), ONLY_MSE, "código a conferir", "get_ipython")
    yield Case("lê as verificações escondidas", *cell(HIDDEN_FILE, detail="FileNotFoundError"))
    yield Case("importa as verificações escondidas", *cell(IMPORTED, detail="ModuleNotFoundError"))
    yield Case("lê a solução", *cell(SOLUTION, detail="FileNotFoundError"))
    yield Case(
        "lê o caderno de notas", *cell(READ.format(str(root / "notas" / "gradebook.db")), detail="FileNotFoundError")
    )
    other = root / "entregas" / "certa" / "07_exercicios.ipynb"
    yield Case("lê outra entrega", *cell(READ.format(str(other)), detail="FileNotFoundError"))
    yield Case("lê a pasta pessoal", *cell(READ.format(str(home_file)), detail="FileNotFoundError"))
    yield Case("lê o ambiente", *cell(ENVIRONMENT, detail="KeyError: 'SEGREDO_DO_INSTRUTOR'"))
    yield Case(
        "resultado grande demais", density("    return np.zeros(10**7)"), ONLY_MSE, "resultado recusado", "grande"
    )
    yield Case("memória na função", density("    return np.zeros(10**10)"), ONLY_MSE, "memória", "density")
    yield Case("resultado aninhado", density(NESTED), ONLY_MSE, "resultado recusado", "níveis")
    yield Case("resultado que contém a si mesmo", density(ENDLESS_LIST), ONLY_MSE, "resultado recusado", "níveis")
    yield Case("resultado preguiçoso", density("    yield 30.0"), ONLY_MSE, "resultado recusado", "generator")
    yield Case("resposta forjada", notebook(density=FORGED), ONLY_MSE, "kernel encerrado", "density")
    only_visible = "passa só nas verificações visíveis"
    yield Case("só acerta as visíveis", notebook(density=VISIBLE_ONLY), ONLY_MSE, only_visible, "density: 0 de")
    yield Case("escreve fora", *cell("open('/escrito', 'w')", detail="Read-only file system"))
    yield Case("escreve no curso", *cell("import course_lib\nopen(course_lib.__file__, 'a')", detail="Read-only"))
    yield Case("arquivo enorme", *cell("open('grande', 'wb').write(bytes(100 << 20))", detail="File too large"))
    filled = "for number in range(100):\n    open(f'cheio{number}', 'wb').write(bytes(8 << 20))"
    yield Case("enche o rascunho", *cell(filled, detail="No space left"))
    yield Case("enche a pasta dos sockets", *cell(FLOODED, detail="No space left"))
    yield Case("mensagem de partes sem fim", *cell(PARTS, kind="saída demais", detail="célula 3"))
    yield Case("mensagens malformadas sem fim", *cell(MALFORMED, kind="saída demais", detail="célula 3"))
    yield Case("threads demais", *cell(THREADS, kind="processos demais", detail="célula 3"))
    yield Case("memória que os filhos dividem", *cell(SHARED, kind="código a conferir", detail="os"))
    yield Case("resposta de listas vazias", notebook(density=LISTS), NOTHING, "saída demais", "density")
    yield Case(
        "entradas na mensagem do erro", notebook(density=TELLS), {"density": 0, "mse_rmse": 6}, "código a conferir"
    )
    yield Case("rede local", *cell(LOOPBACK.format(port=port), detail="ConnectionRefusedError"))
    yield Case("rede de fora", *cell(BEYOND, detail="URLError"))
    yield Case("erro de sintaxe", notebook(density="def density(:"), ONLY_MSE, "célula com erro", "SyntaxError")
    yield Case("grande demais", "x" * (21 * MEGABYTE), NOTHING, "grande demais", "20 MB")
    yield Case("não é um notebook", "PK\x03\x04 isto é um documento", NOTHING, NOT_A_NOTEBOOK, "trocada")
    yield Case("json que não é notebook", '{"nbformat": 4, "cells": "nenhuma"}', NOTHING, NOT_A_NOTEBOOK)
    yield Case("json sem fundo", '{"nbformat": 4, "cells": ' + "[" * 200_000, NOTHING, NOT_A_NOTEBOOK)
    yield Case("arquivo vazio", "", NOTHING, "arquivo vazio")
    yield Case("sem células", _without_cells(), NOTHING, "notebook sem células")
    yield Case("formato 3", _old_format(), FULL, "formato antigo", "nbformat 3")
    yield Case("outro kernel", _other_kernel(), FULL, "outro kernel", "ir")
    yield Case("José da Conceição Ñandú 日本", right)
    only_stub_left = notebook(mse=MSE.format(STUB, STUB))
    yield Case("respondida pela metade", only_stub_left, {"density": 4, "mse_rmse": 0})


def _without_cells():
    empty = notebook()
    empty.cells = []
    return empty


def _old_format():
    old = nbformat.convert(notebook(), 3)
    old.metadata.name = ""
    return nbformat.writes(old, version=3)


def _other_kernel():
    made = notebook()
    made.metadata["kernelspec"] = {"name": "ir", "display_name": "R", "language": "R"}
    return json.dumps(made)
