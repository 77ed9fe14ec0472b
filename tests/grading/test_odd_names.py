"""Odd names and odd places: who delivered what, told apart, spelt right, and said where there is a doubt."""

import zipfile
from datetime import datetime

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from course_tools.errors import GradingError
from course_tools.grading import grade as grade_module
from course_tools.grading.config import GradesFolder, Limits
from course_tools.grading.gradebook import open_gradebook, record
from course_tools.grading.records import Mark, Occurrence
from course_tools.grading.report import write_occurrences
from course_tools.grading.single import Grading, _read
from course_tools.grading.submissions import find_submissions
from tests.grading.builders import NAME, notebook, save, untouched
from tests.grading.test_submissions import deliver, kinds, only

FILE = f"{NAME}.ipynb"
UTF8 = 0x800


def raw_zip(path, *names, encrypted=False):
    """A zip whose names are these bytes, without the flag that would say how to read them."""
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for number, name in enumerate(names):
            archive.writestr(f"{number:0{len(name)}d}", "{}")
    content = bytearray(path.read_bytes())
    for number, name in enumerate(names):
        content = content.replace(f"{number:0{len(name)}d}".encode(), name)
    if encrypted:
        for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            start = content.find(signature)
            while start >= 0:
                content[start + offset] |= 1
                start = content.find(signature, start + 1)
    path.write_bytes(content)
    return path


def students(path):
    found, loose = find_submissions(path, FILE)
    return [one.student for one in found], [one.kind for one in loose]


NAMES = ("João Conceição_12", "Íris Antônia_13", "Zé Muñoz_14", "Ângela_15")


@pytest.mark.parametrize("encoding", ["cp850", "utf-8"])
@pytest.mark.parametrize("separator", ["/", "\\"])
def test_accents_of_a_zip_without_the_mark_are_read(tmp_path, encoding, separator):
    folders = [f"{name}_assignsubmission_file_{separator}{FILE}".encode(encoding) for name in NAMES]
    assert students(raw_zip(tmp_path / "x.zip", *folders)) == (sorted(NAMES), [])


@pytest.mark.parametrize("name", NAMES)
def test_one_name_alone_is_read_without_a_doubt_as_moodle_writes_it(tmp_path, name):
    path = raw_zip(tmp_path / "x.zip", f"{name}_assignsubmission_file_/{FILE}".encode("cp850"))
    assert students(path) == ([name], [])


@pytest.mark.parametrize(("name", "encoding"), [("Søren", "cp850"), ("Дима", "cp866"), ("Łukasz", "cp852")])
def test_name_that_may_be_another_is_said_to_be_in_doubt(tmp_path, name, encoding):
    found, loose = students(raw_zip(tmp_path / "x.zip", f"{name}_1/{FILE}".encode(encoding)))
    assert len(found) == 1 and loose == ["acentos em dúvida"]


def test_names_written_in_windows_encoding_are_read(tmp_path):
    assert students(raw_zip(tmp_path / "x.zip", f"João da Conceição_1/{FILE}".encode("cp1252")))[0] == [
        "João da Conceição_1"
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [("A:B_11", "A_B_11"), ("A?", "A*"), ("Ana ", "Ana"), ("Ana.", "Ana"), ("é" * 101, "é" * 102), ("a\tb", "a_b")],
)
def test_folders_with_different_names_are_different_students(tmp_path, first, second):
    for name in (first, second):
        deliver(tmp_path / name / FILE)
    found, _ = find_submissions(tmp_path, FILE)
    assert len({one.student for one in found}) == 2
    assert all(kinds(one) == ["nome alterado"] for one in found if "~" in one.student)


@pytest.mark.parametrize("outside", ["../x", "../../x", "x/../../x", "..", "..\\x", "./../x"])
def test_path_out_of_the_zip_is_nobody_elses_and_is_said(tmp_path, outside):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(f"x/{FILE}", "{}")
        archive.writestr(f"{outside}/{FILE}", "{}")
    found, _ = find_submissions(tmp_path / "x.zip", FILE)
    by_name = {one.student: kinds(one) for one in found}
    assert len(by_name) == 2 and by_name.pop("x") == []
    assert list(by_name.values()) == [["nome alterado"]]
    root = GradesFolder(tmp_path / "notas")
    assert all(root.feedback(one.delivered_as).resolve().is_relative_to(root.root.resolve()) for one in found)


def test_zip_with_a_password_says_so(tmp_path, refused):
    path = raw_zip(tmp_path / "x.zip", b"Ana/" + FILE.encode(), encrypted=True)
    with refused("a zip with a password", GradingError, match="o zip tem senha"):
        find_submissions(path, FILE)


def test_one_file_with_a_password_costs_only_its_student(tmp_path):
    path = raw_zip(tmp_path / "x.zip", b"Ana/" + FILE.encode(), encrypted=True)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"Bia/{FILE}", "{}")
    ana, bia = find_submissions(path, FILE)[0]
    assert _read(ana, Limits())[1] == Occurrence("não se pode ler", "o arquivo está com senha no zip; peça-o sem senha")
    assert _read(bia, Limits()) == (b"{}", None)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\tx",
        "\rx",
        "＝1+1",
        "＋1",
        "－1",
        "＠x",
        "﹢1",
        " =1+1",
        "\u200b=1",
        "\ufeff=1",
    ],
)
def test_no_text_becomes_a_formula(tmp_path, text):
    write_occurrences([], [Occurrence(text, text)], tmp_path / "x.csv")
    line = (tmp_path / "x.csv").read_bytes().decode("utf-8-sig").split("\r\n", 1)[1]
    assert line.lstrip('";').startswith("'")


ANSWERED, HALF, BLANK = notebook(), notebook(density=untouched().cells[2].source), untouched()


@pytest.mark.parametrize(
    ("files", "chosen", "reason"),
    [
        ({FILE: BLANK, f"{NAME} (1).ipynb": ANSWERED}, f"{NAME} (1).ipynb", "mais respostas (2)"),
        ({FILE: BLANK, f"{NAME}-Copy1.ipynb": HALF}, f"{NAME}-Copy1.ipynb", "mais respostas (1)"),
        ({FILE: HALF, "final.ipynb": ANSWERED}, "final.ipynb", "mais respostas (2)"),
        ({FILE: ANSWERED, "final.ipynb": ANSWERED}, FILE, "tem o nome pedido"),
        ({"a.ipynb": ANSWERED, "b.ipynb": ANSWERED}, "b.ipynb", "é o mais novo"),
        ({FILE: "isto não é um notebook", "a.ipynb": BLANK}, "a.ipynb", "mais respostas (0)"),
        ({FILE: "", "a.ipynb": "", "b.ipynb": ANSWERED}, "b.ipynb", "mais respostas (2)"),
        ({FILE: BLANK, ".ipynb_checkpoints/x.ipynb": ANSWERED}, FILE, None),
        ({f"{number}.ipynb": BLANK for number in range(9)}, "8.ipynb", "é o mais novo"),
    ],
)
def test_of_several_notebooks_the_answered_one_is_graded_and_said(assignment, tmp_path, files, chosen, reason):
    for day, (name, made) in enumerate(files.items(), 1):
        path = save(made, tmp_path / "Ana" / name)
        deliver(path, path.read_text("utf-8"), datetime(2026, 11, day))
    grading = Grading(assignment, GradesFolder(tmp_path / "notas"))
    found, _ = find_submissions(tmp_path, FILE, lambda item: grade_module._answers(grading, item))
    one = only(found)
    assert one.notebook.parts[-1] == chosen
    said = [note.detail for note in one.occurrences if note.kind == "vários notebooks"]
    assert said == [] if reason is None else reason in said[0] and chosen in said[0]


def test_disk_full_in_the_gradebook_is_said_and_not_blamed_on_the_gradebook(assignment, tmp_path, refused):
    def fill(connection, _):
        connection.execute("PRAGMA max_page_count=1")  # no page more than there are

    marks = {graded.name: Mark(1.0, ()) for graded in assignment.graded}
    folder = GradesFolder(tmp_path)
    with open_gradebook(folder, assignment, None):
        pass
    event.listen(Engine, "connect", fill)
    try:
        with (
            refused("a full disk under the gradebook", GradingError, match="o disco está cheio. Libere espaço"),
            open_gradebook(folder, assignment, None) as gradebook,
        ):
            for number in range(500):
                record(gradebook, assignment, f"aluno {number}", None, marks, False)
    finally:
        event.remove(Engine, "connect", fill)
