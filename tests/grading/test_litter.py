"""What a power cut left is removed at the next start, however deep; what is in use, or of others, stays."""

import os

from course_tools.grading import litter


def test_folders_of_dead_graders_are_removed_and_no_other(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ours, dead, old, new, theirs = (
        litter.new_folder(),
        tmp_path / f"curso-{2**22 + 1}-abc",
        tmp_path / "curso-abcd1234",
        tmp_path / "curso-efgh5678",
        tmp_path / "cursor-1",
    )
    for folder in (dead, old, new, theirs):
        folder.mkdir()
    (tmp_path / "curso-9999999-atalho").symlink_to(theirs)
    os.utime(old, (0, 0))
    home, place = os.getcwd(), dead
    try:
        os.chdir(place)
        for _ in range(400):
            os.mkdir("n" * 20)
            os.chdir("n" * 20)
    finally:
        os.chdir(home)
    litter.clean()
    assert {path.name for path in tmp_path.iterdir()} == {ours.name, new.name, theirs.name, "curso-9999999-atalho"}
