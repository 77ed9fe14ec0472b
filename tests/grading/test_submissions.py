"""Finding what was delivered: folders, Moodle's zip, and everything that can be odd about them."""

import os
import stat
import unicodedata
import zipfile
from datetime import datetime

import pytest

from course_tools.errors import GradingError
from course_tools.grading import items
from course_tools.grading.config import GradesFolder
from course_tools.grading.submissions import find_submissions, student_name
from tests.grading.builders import NAME

FILE = f"{NAME}.ipynb"


def deliver(path, text="{}", when=datetime(2026, 11, 1, 12)):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (when.timestamp(),) * 2)


def only(submissions):
    (one,) = submissions
    return one


def kinds(submission):
    return [one.kind for one in submission.occurrences]


@pytest.mark.parametrize(
    ("folder", "student"),
    [
        ("Maria José_4567_assignsubmission_file_", "Maria José_4567"),
        ("Maria José_4567_assignsubmission_file", "Maria José_4567"),
        (unicodedata.normalize("NFD", "João Ávila"), "João Ávila"),
        ("ana.ipynb", "ana"),
        ("tab\te\nlinha", "tab_e_linha ~d4f6"),
        ("a:b*c?", "a_b_c_ ~7b74"),
        (" . ", "sem nome ~94ef"),
        ("é" * 200, "é" * 100 + " ~df20"),
    ],
)
def test_student_is_named_after_the_folder(folder, student):
    assert student_name(folder) == student


def test_folder_per_student_with_accents_and_spaces(tmp_path):
    for folder in ("Zoé d'Água", "Ana Souza/enviado"):
        deliver(tmp_path / folder / FILE)
    submissions, loose = find_submissions(tmp_path, FILE)
    assert [one.student for one in submissions] == ["Ana Souza", "Zoé d'Água"]
    assert [kinds(one) for one in submissions] == [[], []]
    assert loose == []


def test_zip_as_moodle_exports_it_with_folders_or_without(tmp_path):
    path = tmp_path / "moodle.zip"
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo(f"Ana Souza_12_assignsubmission_file_/{FILE}", (2026, 11, 2, 10, 30, 0))
        archive.writestr(entry, "da ana")
        archive.writestr(f"José Ñandú_34_assignsubmission_file_{FILE}", "do josé")
        archive.writestr("Bia_56_assignsubmission_file_/relatorio.pdf", "")
        archive.writestr("__MACOSX/Ana/._x", "")
    ana, bia, jose = find_submissions(path, FILE)[0]
    assert (ana.student, ana.delivered_as) == ("Ana Souza_12", "Ana Souza_12_assignsubmission_file_")
    assert ana.notebook.modified == datetime(2026, 11, 2, 10, 30)
    assert (ana.notebook.read(100), jose.notebook.read(100)) == (b"da ana", "do josé".encode())
    assert (jose.student, kinds(jose)) == ("José Ñandú_34", [])
    assert (bia.notebook, kinds(bia)) == (None, ["sem notebook"])


def test_zip_entries_cannot_leave_their_place(tmp_path):
    path = tmp_path / "mau.zip"
    link = zipfile.ZipInfo(f"eva/{FILE}")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    no_such_date = zipfile.ZipInfo(f"rui/{FILE}", (1980, 0, 0, 0, 0, 0))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"../../../fora/{FILE}", "fora")
        archive.writestr(link, "/etc/passwd")
        archive.writestr(no_such_date, "{}")
    outside, eva, _ = find_submissions(path, FILE)[0]
    assert outside.student.startswith("_.._.._fora ~") and kinds(outside) == ["nome alterado"]
    assert GradesFolder(tmp_path).feedback(outside.delivered_as).parent.name == outside.student
    assert (eva.notebook, kinds(eva)) == (None, ["atalho", "sem notebook"])


def test_symlinks_and_pipes_are_never_opened(tmp_path):
    deliver(tmp_path / "certa" / FILE)
    (tmp_path / "pasta").symlink_to(tmp_path / "certa")
    (tmp_path / "arquivo").mkdir()
    (tmp_path / "arquivo" / FILE).symlink_to(tmp_path / "certa" / FILE)
    (tmp_path / "pipe").mkdir()
    os.mkfifo(tmp_path / "pipe" / FILE)
    by_name = {one.student: one for one in find_submissions(tmp_path, FILE)[0]}
    assert [by_name[name].notebook for name in ("pasta", "arquivo", "pipe")] == [None, None, None]
    assert kinds(by_name["pasta"]) == kinds(by_name["arquivo"]) == ["atalho", "sem notebook"]
    assert kinds(by_name["pipe"]) == ["sem notebook"]


def test_file_that_becomes_a_symlink_after_the_look_is_not_followed(tmp_path):
    deliver(tmp_path / "ana" / FILE)
    submission = only(find_submissions(tmp_path, FILE)[0])
    (tmp_path / "segredo").write_text("segredo")
    (tmp_path / "ana" / FILE).unlink()
    (tmp_path / "ana" / FILE).symlink_to(tmp_path / "segredo")
    with pytest.raises(OSError):
        submission.notebook.read(100)


def test_two_submissions_under_one_name_the_newest_counts(tmp_path):
    deliver(tmp_path / unicodedata.normalize("NFC", "José") / FILE, "velha", datetime(2026, 11, 1))
    deliver(tmp_path / unicodedata.normalize("NFD", "José") / FILE, "nova", datetime(2026, 11, 2))
    submission = only(find_submissions(tmp_path, FILE)[0])
    assert submission.notebook.read(10) == b"nova"
    assert kinds(submission) == ["entrega repetida"]


def test_several_notebooks_the_asked_name_counts_then_the_newest(tmp_path):
    deliver(tmp_path / "ana" / FILE, "pedido", datetime(2026, 11, 1))
    deliver(tmp_path / "ana" / "07_exercicios (1).ipynb", "outro", datetime(2026, 11, 2))
    deliver(tmp_path / "rui" / "final.ipynb", "primeiro", datetime(2026, 11, 1))
    deliver(tmp_path / "rui" / "final2.ipynb", "segundo", datetime(2026, 11, 2))
    ana, rui = find_submissions(tmp_path, FILE)[0]
    assert (ana.notebook.read(10), kinds(ana)) == (b"pedido", ["vários notebooks"])
    assert (rui.notebook.read(10), kinds(rui)) == (b"segundo", ["outro nome de arquivo", "vários notebooks"])


def test_loose_files_are_reported_and_loose_notebooks_are_someones(tmp_path):
    deliver(tmp_path / "lista.xlsx")
    deliver(tmp_path / "ana.ipynb")
    submissions, loose = find_submissions(tmp_path, FILE)
    assert only(submissions).student == "ana"
    assert [(one.kind, one.detail) for one in loose] == [("arquivo solto", "lista.xlsx: ignorado")]


def make_zip(path, *names):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "{}")
    return path


def test_folder_of_the_class_inside_the_zip_is_entered_and_said(tmp_path):
    path = make_zip(tmp_path / "x.zip", f"turma/Ana/{FILE}", f"turma/Bia/{FILE}", "turma/lista.xlsx")
    submissions, loose = find_submissions(path, FILE)
    assert [one.student for one in submissions] == ["Ana", "Bia"]
    assert [one.kind for one in loose] == ["pasta da turma", "arquivo solto"]


def test_several_folders_of_one_student_are_not_a_class(tmp_path):
    moodle = "Ana_12_assignsubmission_file_"
    path = make_zip(tmp_path / "x.zip", f"{moodle}/velha/{FILE}", f"{moodle}/nova/{FILE}")
    assert only(find_submissions(path, FILE)[0]).student == "Ana_12"


def test_folder_name_longer_than_the_system_takes_is_reported_and_shortened(tmp_path):
    long_name = "é" * 130
    one = only(find_submissions(make_zip(tmp_path / "x.zip", f"{long_name}/{FILE}"), FILE)[0])
    assert kinds(one) == ["nome alterado"]
    assert GradesFolder(tmp_path).feedback(one.delivered_as).parent.name == one.student


def test_date_that_does_not_exist_is_the_earliest(tmp_path, monkeypatch):
    deliver(tmp_path / "ana" / FILE)
    monkeypatch.setattr(items, "datetime", ImpossibleDate)
    assert only(find_submissions(tmp_path, FILE)[0]).notebook.modified == items.EARLIEST


class ImpossibleDate:
    @staticmethod
    def fromtimestamp(seconds):
        raise ValueError("year 14000 is out of range")


@pytest.mark.parametrize(
    ("right", "wrong", "reason"),
    [
        ("Ané".encode(), b"An\xff\xfe", "nome de arquivo danificado.*Extraia o zip"),
        (b"PK\x01\x02\x14\x03\x14", b"PK\x01\x02\x14\x03\xff", "zip de um tipo que o Python não conhece"),
    ],
)
def test_zip_that_python_does_not_read_is_refused_with_the_way_out(tmp_path, refused, right, wrong, reason):
    path = make_zip(tmp_path / "x.zip", f"Ané/{FILE}")
    path.write_bytes(path.read_bytes().replace(right, wrong))
    with refused(f"a zip whose {reason}", GradingError, match=reason):
        find_submissions(path, FILE)


def test_reading_stops_at_the_limit(tmp_path):
    path = tmp_path / "bomba.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"ana/{FILE}", "0" * 10**7)
    assert len(only(find_submissions(path, FILE)[0]).notebook.read(1000)) == 1000


@pytest.mark.parametrize(
    ("case", "reason"), [("missing", "não existe"), ("empty", "não há entregas"), ("not a zip", "não é um arquivo zip")]
)
def test_nothing_to_grade_is_refused(tmp_path, refused, case, reason):
    source = {"missing": tmp_path / "nada", "empty": tmp_path, "not a zip": tmp_path / "x.zip"}[case]
    if case == "not a zip":
        source.write_text("isto não é um zip")
    with refused(f"submissions: {case}", GradingError, match=reason):
        find_submissions(source, FILE)
