"""Odd files, read but not run: each ends in cells or in a reason, soon and in little memory, never in a traceback."""

import json
import resource
import time

import nbformat
import pytest

from course_tools.grading import remarks as remarks_module
from course_tools.grading.config import Limits
from course_tools.grading.delivered import NOT_A_NOTEBOOK, Unreadable, answer_cells, count_answers, read_cells
from course_tools.grading.graded import CUT, graded_notebook
from course_tools.grading.records import Mark, load_result
from course_tools.grading.remarks import mentions, remarks
from course_tools.grading.source import parse, syntax_error_line
from tests.grading.builders import DENSITY, RIGHT_DENSITY, RIGHT_MSE, STUB, notebook, role, untouched

LIMIT = Limits().notebook_bytes
MOST_SECONDS, MOST_BYTES = 20, 2**30  # of one submission, in CPU


def file(*cells, **more):
    """A notebook file with these cells: text is code, a pair is (kind, text)."""
    pairs = [cell if isinstance(cell, tuple) else ("code", cell) for cell in cells]
    made = [{"cell_type": kind, "source": source, "metadata": {}, "outputs": []} for kind, source in pairs]
    about = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"name": "python3"}}, "cells": made}
    return json.dumps(about | more, ensure_ascii=False).encode()


def of(made, version=4):
    return nbformat.writes(made, version=version).encode()


def marked(kind, source, grade_id="density_answer"):
    cell = {"cell_type": kind, "source": source, "metadata": role(grade_id, solution=True)}
    return json.dumps({"nbformat": 4, "metadata": {"kernelspec": {"name": "python3"}}, "cells": [cell]}).encode()


def examined(assignment, content):
    """Everything the grader does with a file besides running it: cells, occurrences, the notebook it shows."""
    cells, notes = read_cells(content, LIMIT, assignment)
    notes = [*notes, *remarks(cells, assignment)]
    mentions(cells, ["density", "mse", "rmse"])
    answers = {graded.name: answer_cells(cells, graded) for graded in assignment.graded}
    shown = graded_notebook(assignment, cells, {}, {graded.name: Mark(0.0, ()) for graded in assignment.graded})
    return cells, [one.kind for one in notes], answers, nbformat.writes(shown)


UNREADABLE = {
    "nada": (b"", "arquivo vazio"),
    "espaços": (b" \r\n\t ", "arquivo vazio"),
    "zeros": (bytes(1000), "arquivo vazio"),
    "página de erro": (b"<!DOCTYPE html><html>404</html>", NOT_A_NOTEBOOK),
    "python": (RIGHT_DENSITY.encode(), NOT_A_NOTEBOOK),
    "lista": (b"[]", NOT_A_NOTEBOOK),
    "número": (b"4", NOT_A_NOTEBOOK),
    "nulo": (b"null", NOT_A_NOTEBOOK),
    "sem formato": (b'{"cells": []}', NOT_A_NOTEBOOK),
    "formato em texto": (file(nbformat="4"), NOT_A_NOTEBOOK),
    "formato nulo": (file(nbformat=None), NOT_A_NOTEBOOK),
    "células nulas": (file(cells=None), NOT_A_NOTEBOOK),
    "células num dicionário": (file(cells={"a": 1}), NOT_A_NOTEBOOK),
    "célula que é texto": (file(cells=["x = 1"]), NOT_A_NOTEBOOK),
    "célula sem tipo": (file(cells=[{"source": "x"}]), NOT_A_NOTEBOOK),
    "fonte numérica": (file(cells=[{"cell_type": "code", "source": 3}]), NOT_A_NOTEBOOK),
    "fonte com números": (file(cells=[{"cell_type": "code", "source": [1, 2]}]), NOT_A_NOTEBOOK),
    "cortado": (of(notebook())[:500], NOT_A_NOTEBOOK),
    "dois em um": (of(notebook()) * 2, NOT_A_NOTEBOOK),
    "conflito do git": (b"<<<<<<< HEAD\n" + of(notebook()), NOT_A_NOTEBOOK),
    "latin-1": (file(("markdown", "ação")).replace("ação".encode(), "ação".encode("latin-1")), NOT_A_NOTEBOOK),
    "formato 3 sem folhas": (b'{"nbformat": 3, "metadata": {}}', NOT_A_NOTEBOOK),
    "inteiro sem fim": (b'{"nbformat": 1' + b"0" * 10_000 + b"}", NOT_A_NOTEBOOK),
    "fundo": (b'{"nbformat": 4, "cells": ' + b"[" * 900_000, NOT_A_NOTEBOOK),
    "bomba de listas": (b'{"nbformat": 4, "cells": [' + b"[]," * 6_000_000 + b"[]]}", "grande demais"),
    "bomba de dicionários": (b'{"nbformat": 4, "x": [' + b'{"":0},' * 2_500_000 + b"0]}", "grande demais"),
    "21 MB": (b"x" * (21 * 2**20), "grande demais"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_is_not_a_notebook_is_refused_with_its_reason(assignment, case):
    content, kind = UNREADABLE[case]
    with pytest.raises(Unreadable) as caught:
        count_answers(content, LIMIT, assignment)
    assert caught.value.kind == kind


READABLE = {  # the file, how many answers it has, the entries it leaves
    "certo": (of(notebook()), 2, []),
    "intacto": (of(untouched()), 0, ["nada respondido"]),
    "com BOM": (b"\xef\xbb\xbf" + of(notebook()), 2, []),
    "UTF-16, do PowerShell": (of(notebook()).decode().encode("utf-16"), 2, []),
    "fins de linha do Windows": (of(notebook()).replace(b"\n", b"\r\n"), 2, []),
    "metadados nulos": (of(notebook()).replace(b'"metadata": {}', b'"metadata": null'), 2, []),
    "sem metadados do notebook": (file(RIGHT_DENSITY, metadata=None), 1, ["outro kernel", "sem as marcas do nbgrader"]),
    "fonte em linhas": (file(RIGHT_DENSITY.splitlines(keepends=True)), 1, ["sem as marcas do nbgrader"]),
    "kernel em texto": (
        file(RIGHT_DENSITY, metadata={"kernelspec": "ir"}),
        1,
        ["outro kernel", "sem as marcas do nbgrader"],
    ),
    "formato do futuro": (file(RIGHT_MSE, nbformat=5), 1, ["formato antigo", "sem as marcas do nbgrader"]),
    "tipo de célula desconhecido": (file(("slide", "x"), RIGHT_MSE), 2, ["sem as marcas do nbgrader"]),
    "em lambda": (file("density = lambda r, u, m: 100 * len(r) / (u * m)"), 1, ["sem as marcas do nbgrader"]),
    "com tipo": (file("density: object = lambda r, u, m: 1"), 1, ["sem as marcas do nbgrader"]),
    "assíncrona": (file("async def density(r, u, m):\n    return 1"), 1, ["sem as marcas do nbgrader"]),
    "dentro de um try": (
        file("try:\n    def density(r, u, m):\n        return 1\nexcept ValueError: pass"),
        1,
        ["sem as marcas do nbgrader"],
    ),
    "só citada": (file("print(density == 3, mse, rmse)"), 0, ["sem as marcas do nbgrader"]),
    "nome parecido": (file("def density2():\n    pass\nmy_density = 3"), 0, ["sem as marcas do nbgrader"]),
    "só texto": (file(("markdown", "Olá")), 1, ["sem as marcas do nbgrader"]),
    "sem células": (file(), 0, ["notebook sem células"]),
    "marca de outra tarefa": (marked("code", RIGHT_DENSITY, "outra"), 1, ["sem as marcas do nbgrader"]),
    "resposta em Markdown": (
        marked("markdown", RIGHT_DENSITY),
        1,
        ["verificação apagada", "resposta apagada", "resposta que não roda"],
    ),
    "resposta em Raw": (
        marked("raw", RIGHT_DENSITY),
        1,
        ["verificação apagada", "resposta apagada", "resposta que não roda"],
    ),
    "%%writefile": (
        marked("code", f"%%writefile a.py\n{RIGHT_DENSITY}"),
        1,
        ["verificação apagada", "resposta apagada", "resposta que não roda"],
    ),
    "%%time": (marked("code", f"%%time\n{RIGHT_DENSITY}"), 1, ["verificação apagada", "resposta apagada"]),
    "erro de sintaxe": (marked("code", "def density(:"), 1, ["verificação apagada", "resposta apagada"]),
    "meio emoji": (file(RIGHT_DENSITY + " # EMOJI").replace(b"EMOJI", rb"\ud83d"), 1, ["sem as marcas do nbgrader"]),
    "nulo no código": (file("x = 1\0", RIGHT_DENSITY), 1, ["sem as marcas do nbgrader"]),
    "texto da direita para a esquerda": (file(("markdown", "\u202eabc"), RIGHT_MSE), 2, ["sem as marcas do nbgrader"]),
}


@pytest.mark.parametrize("case", READABLE)
def test_odd_notebook_is_read_and_its_answers_are_found(assignment, case):
    content, answers, expected = READABLE[case]
    _, kinds, _, _ = examined(assignment, content)
    assert kinds == expected
    assert count_answers(content, LIMIT, assignment) == answers


HEAVY = {  # made when needed: together they are 300 MB
    "linhas recuadas": lambda: file(" x=1\n" * 3_300_000),
    "linhas recuadas em células": lambda: file(*[" x=1\n" * 18_000] * 180),
    "chamadas ao sistema": lambda: file("!ls\n" * 25_000),
    "chamadas ao sistema, 18 MB": lambda: file("!ls\n" * 3_500_000),
    "imagem colada": lambda: file(("markdown", f"![x](data:image/png;base64,{'A' * 18_000_000})")),
    "palavras coladas": lambda: file(("markdown", "pala vra " * 2_000_000)),
    "espaços": lambda: file(("markdown", " " * 18_000_000), "\n" * 900_000),
    "crases": lambda: file(("markdown", "`" * 18_000_000)),
    "atributos": lambda: file("x" + ".a" * 600 + " = 1", "d[" + "1+" * 600 + "1] = 2", "x" + ".a" * 90_000 + " = 1"),
    "sinais": lambda: file("-" * 190_000 + "1"),
    "recuo": lambda: file(" " * 190_000 + "x = = 1"),
    "recuo de tabulações": lambda: file("def density(:\n" + "\t" * 190_000 + "#"),
    "parênteses": lambda: file("(" * 190_000),
    "números": lambda: file("x = 1" + "0" * 190_000),
    "f-strings": lambda: file("f'{" * 60_000),
    "vazias": lambda: file(*[""] * 30_000),
    "cheias": lambda: file(*["pass"] * 30_000),
    "três mil de 6 kB": lambda: file(*["x = '" + "a" * 6000 + "'"] * 3000),
    "emojis": lambda: file("😀" * 4_500_000),
    "fonte em linhas": lambda: file(["x\n"] * 2_500_000),
    "nomes": lambda: file("density = " * 1_500_000),
    "definições": lambda: file("def density\n" * 1_500_000),
    "metadados": lambda: file("x", metadata={"kernelspec": {"name": "k" * 18_000_000}}),
    "escalares": lambda: file(x=[1.5] * 3_500_000),
}


@pytest.mark.parametrize("case", HEAVY)
def test_heavy_notebook_is_examined_in_seconds_and_shown_in_part(assignment, case):
    content = HEAVY[case]()
    start, peak = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    shown = examined(assignment, content)[-1]
    assert time.process_time() - start < MOST_SECONDS
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) * 1024 < MOST_BYTES
    assert len(shown) < 8 * 2**20


def test_text_that_does_not_fit_is_cut_and_says_so(assignment):
    assert CUT.strip() in examined(assignment, file("x = 1\n" * 50_000))[-1]


def test_remark_that_fails_is_an_entry_and_costs_nothing(assignment, monkeypatch):
    def broken(source):
        raise RecursionError

    monkeypatch.setattr(remarks_module, "unusual_words", broken)
    cells, _ = read_cells(of(notebook(density=DENSITY.format("    return 1"))), LIMIT, assignment)
    (one,) = remarks(cells, assignment)
    assert (one.kind, one.detail) == ("código a conferir", "leia-o: não consegui examiná-lo (RecursionError)")


@pytest.mark.parametrize(
    "source",
    [
        "!ls",
        "files = !ls",
        "%time x = 1",
        "x = %timeit -o f()",
        "f?",
        "if True:\n    !ls",
        "%%time\nx = 1",
        "%%bash\nls -l |",
    ],
)
def test_what_only_ipython_understands_is_no_syntax_error(source):
    parse(source)
    assert syntax_error_line(source) is None


@pytest.mark.parametrize("score", ['"0.5"', '"mil"', "2", "-1", "true", "NaN", "[]", "1e999"])
def test_result_somebody_edited_is_as_if_absent(tmp_path, score):
    path = tmp_path / "Ana.json"
    whole = {"digest": "", "content": "", "marks": {"density": {"score": 0.5, "messages": []}}, "occurrences": []}
    path.write_text(json.dumps(whole))
    assert load_result(path).marks["density"].score == 0.5
    path.write_text(json.dumps(whole).replace("0.5", score))
    assert load_result(path) is None


@pytest.mark.parametrize(
    "text", ["", "[", "[]", "{}", '{"marks": []}', '{"marks": {}, "occurrences": [3]}', "[" * 99_999]
)
def test_damaged_result_is_as_if_absent(tmp_path, text):
    (tmp_path / "Ana.json").write_text(text)
    assert load_result(tmp_path / "Ana.json") is None


def test_untouched_answer_that_became_text_is_not_an_answer(assignment):
    content = marked("markdown", DENSITY.format(STUB))
    assert count_answers(content, LIMIT, assignment) == 0
