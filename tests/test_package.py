import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import course_lib

ROOT = Path(__file__).resolve().parents[1]
LARGEST = 2 * 2**20
USED_BY_ALL = {"atomic", "checks", "errors", "lazy", "paths"}


def test_every_public_name_can_be_imported():
    for name in course_lib.__all__:
        assert getattr(course_lib, name).__name__ == name


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, course_lib; print([name for name in ('torch', 'pandas', 'matplotlib') if name in sys.modules])"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert output.stdout.strip() == "[]"


def test_reading_the_data_does_not_wait_for_torch():
    code = "import sys; from course_lib import load_movielens; load_movielens(); print('torch' in sys.modules)"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert output.stdout.strip() == "False"


def test_names_of_a_package_are_listed_before_they_are_loaded():
    code = "import course_lib.datasets as d; print('load_movielens' in dir(d), 'load_movielens' in vars(d))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert output.stdout.split() == ["True", "False"]


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="sem git, não se sabe o que é do projeto")
def test_no_data_and_nothing_large_is_committed():
    """Seen once: the scores of an experiment, 24 MB, among the sources."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [ROOT / name for name in names.split("\0")[:-1]]
    sizes = {path.name: path.stat().st_size for path in files if path.exists()}
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}
    assert [path.name for path in files if path.suffix in {".npy", ".npz", ".pt", ".zip", ".gz"}] == []


def test_unknown_name_lists_the_known_ones():
    try:
        course_lib.svd  # noqa: B018
    except AttributeError as error:
        assert "train_model" in str(error)
    else:
        raise AssertionError("course_lib.svd should not exist")


def rooms_imported_by(path: Path) -> set[str]:
    """The rooms of course_lib that a file imports, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "course_lib":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module)
    return {name.split(".")[1] for name in found if name.startswith("course_lib.")} | (found & set(ROOMS))


def documented_rooms() -> dict[str, set[str]]:
    """The README's table: room -> the rooms it depends on."""
    rooms = {}
    for name, needs in re.findall(r"^\| `(\w+)(?:/|\.py)` \| .* \| (.+) \|$", (ROOT / "README.md").read_text(), re.M):
        rooms[name] = set(rooms) if needs == "todas acima" else set(re.findall(r"`(\w+)`", needs))
    return rooms


ROOMS = documented_rooms()


def test_the_readme_names_every_room():
    found = {path.stem for path in (ROOT / "course_lib").iterdir() if not path.name.startswith("_")}
    assert found - USED_BY_ALL == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_each_room_depends_on_what_the_readme_says(room):
    above = list(ROOMS)[: list(ROOMS).index(room)]
    assert ROOMS[room] <= set(above)
    path = ROOT / "course_lib" / room
    files = path.rglob("*.py") if path.is_dir() else [path.with_suffix(".py")]
    assert set().union(*map(rooms_imported_by, files)) - USED_BY_ALL - {room} == ROOMS[room]
