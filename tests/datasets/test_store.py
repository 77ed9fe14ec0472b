"""The prepared file: plain arrays, recognised when damaged, foreign or old, and then made again."""

import logging
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.datasets import load_movielens, sources, store

pytestmark = pytest.mark.filterwarnings("error::ResourceWarning", "error::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def prepared(grouplens, tmp_path):
    """A small source, its prepared file, and a function that loads and says whether the source was read again."""
    source, folder = grouplens.write(packed=True), tmp_path / "dados"
    load_movielens(source, folder)
    return source, folder / "ml-teste.npz"


@pytest.fixture
def reads(monkeypatch):
    """How often a source was read."""
    calls = []
    real = sources.read_grouplens
    monkeypatch.setattr(sources, "read_grouplens", lambda path, *scale: (calls.append(path), real(path, *scale))[1])
    return calls


def test_default_file_has_the_old_name_and_keys_and_no_pickle(tmp_path):
    data = load_movielens(data_dir=tmp_path)
    with np.load(tmp_path / "movielens_norm.npz", allow_pickle=False) as file:
        assert np.array_equal(file["ratings"], data.ratings) and file["ratings"].dtype == np.float32
        assert np.array_equal(file["movie_names"], data.movie_names)
        assert all(file[name].dtype != object for name in file.files)


def test_second_load_reads_only_the_prepared_file_and_gives_the_same(prepared, reads, tmp_path, equal):
    source, path = prepared
    stored = load_movielens(source, path.parent)
    assert reads == []
    fresh = load_movielens(source, tmp_path / "outra")
    assert reads == [source]
    assert equal(stored, fresh) and (stored.name, stored.rating_scale) == (fresh.name, fresh.rating_scale)


def test_second_load_of_the_default_is_quick(tmp_path, monkeypatch):
    load_movielens(data_dir=tmp_path)
    monkeypatch.setattr(sources, "_read_package", lambda: pytest.fail("read the source again"))
    start = time.perf_counter()
    load_movielens(data_dir=tmp_path)
    assert time.perf_counter() - start < 5  # 0.04 s when quiet


def resave(path, **changes):
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    arrays |= changes
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})


DAMAGES = {
    "empty": lambda path: path.write_bytes(b""),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-30]),
    "half": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "not a zip": lambda path: path.write_bytes(b"<html>404</html>" * 100),
    "one bit flipped": lambda path: path.write_bytes(flip(path.read_bytes(), 1000)),
    "a key missing": lambda path: resave(path, genres=None),
    "made by the old notebook": lambda path: np.savez(path, ratings=np.zeros((1, 3)), movie_names=np.array(["x"])),
    "another format version": lambda path: resave(path, format_version=store.FORMAT_VERSION + 1),
    "another source": lambda path: resave(path, source="sha256:0"),
    "a pickle inside": lambda path: resave(path, genres=np.array([None, {}], dtype=object)),
}


def flip(raw, position):
    return raw[:position] + bytes([raw[position] ^ 1]) + raw[position + 1 :]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_or_foreign_file_is_made_again_and_logged(damage, prepared, reads, caplog, equal):
    source, path = prepared
    good = load_movielens(source, path.parent)
    DAMAGES[damage](path)
    with caplog.at_level(logging.INFO, logger="course_lib"):
        again = load_movielens(source, path.parent)
    assert reads == [source] and equal(again, good)
    assert str(path) in caplog.text and "de novo" in caplog.text
    assert equal(load_movielens(source, path.parent), good) and len(reads) == 1  # and is whole again


@pytest.mark.parametrize("shape", [b"(100002, 3)", b"(999999, 3)"])
def test_a_damaged_array_header_never_gives_fewer_ratings(shape, tmp_path):
    """np.load alone would return the first 100.002 rows of a large array without complaint."""
    path = tmp_path / "a.npz"
    store.save(path, "x", {"ratings": np.ones((100_004, 3), np.float32), "name": "n", "rating_scale": (1.0, 5.0)})
    path.write_bytes(path.read_bytes().replace(b"(100004, 3)", shape))
    assert store.load(path, "x", ["ratings", "name", "rating_scale"]) is None


def test_a_folder_in_place_of_the_file_costs_only_a_warning(grouplens, tmp_path):
    (tmp_path / "ml-teste.npz").mkdir()
    with pytest.warns(UserWarning, match="não consegui guardar"):
        assert len(load_movielens(grouplens.write(), tmp_path).ratings) == 4


def test_a_full_disk_keeps_the_data_in_memory_and_leaves_no_file(grouplens, tmp_path, monkeypatch):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.np, "savez", full)
    with pytest.warns(UserWarning, match="o disco está cheio.*COURSE_DATA_DIR"):
        assert len(load_movielens(grouplens.write(), tmp_path / "dados").ratings) == 4
    assert list((tmp_path / "dados").iterdir()) == []


@pytest.fixture(scope="module")
def stored_bytes(tmp_path_factory):
    path = tmp_path_factory.mktemp("npz") / "a.npz"
    arrays = {"ratings": np.ones((5, 3), np.float32), "movie_names": np.array(["é", "b"])}
    store.save(path, "x", arrays | {"name": "n", "rating_scale": (0.5, 5.0)})
    return path, path.read_bytes()


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_flipped_byte_or_cut_gives_the_same_content_or_none(stored_bytes, data):
    path, raw = stored_bytes
    position = data.draw(st.integers(0, len(raw) - 1))
    if data.draw(st.booleans()):
        raw = raw[:position]
    else:
        raw = raw[:position] + bytes([raw[position] ^ data.draw(st.integers(1, 255))]) + raw[position + 1 :]
    path.write_bytes(raw)
    found = store.load(path, "x", ["ratings", "movie_names", "name", "rating_scale"])
    if found is not None:  # the byte was one of the zip's that no reader looks at
        assert found["ratings"].tolist() == [[1, 1, 1]] * 5 and found["movie_names"].tolist() == ["é", "b"]
        assert found["name"] == "n" and found["rating_scale"] == (0.5, 5.0)
