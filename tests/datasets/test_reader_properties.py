"""Over generated files: never an unhandled exception, never a silently wrong count.

COURSE_FUZZ=50 makes fifty times as many files as usual, for ten minutes or so of one core.
"""

import os
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.datasets import load_movielens
from course_lib.errors import CourseError

pytestmark = pytest.mark.filterwarnings("error::ResourceWarning", "error::pytest.PytestUnraisableExceptionWarning")


def is_ambiguous(title):
    """Whether the latin-1 bytes of a title also read as UTF-8, which comes first (C2 A1: 'Â¡' or '¡')."""
    try:
        return title.encode("latin-1").decode() != title
    except UnicodeDecodeError:
        return False


LAYOUTS = ("csv", "dat", "tab")
LENGTH = int(os.environ.get("COURSE_FUZZ", "1"))
TITLES = {
    codec: st.text(
        st.characters(codec=codec, exclude_characters="|:", exclude_categories=("C", "Zl", "Zp")), min_size=1
    )
    .map(str.strip)
    .filter(bool)
    for codec in ("utf-8", "latin-1")
}
TITLES["latin-1"] = TITLES["latin-1"].filter(lambda title: not is_ambiguous(title))
EDITS = st.sampled_from([b",", b"\n", b"::", b"|", b"\t", b'"', b"-", b".", b"nan", b"\r", b"\xe9", b"0", b" ", b"\0"])


def examples(usual):
    return settings(max_examples=LENGTH * usual, deadline=None)


@st.composite
def releases(draw):
    """A valid release: layout, ratings, movies and the way it is written."""
    layout = draw(st.sampled_from(LAYOUTS))
    ids = st.one_of(st.integers(0, 99), st.integers(0, 2**63 - 1))
    titles = TITLES["utf-8" if layout == "csv" else "latin-1"]
    movies = draw(
        st.dictionaries(ids, st.tuples(titles, st.sampled_from(["Drama", "Comedy|War"])), min_size=1, max_size=6)
    )
    pairs = draw(st.lists(st.tuples(ids, st.sampled_from(sorted(movies))), unique=True, min_size=1, max_size=12))
    value = st.integers(1, 10).map(lambda number: number / 2) if layout == "csv" else st.integers(1, 5)
    ratings = [(*pair, draw(value), draw(st.integers(788_918_400, 1_900_000_000))) for pair in pairs]
    return layout, ratings, movies, draw(st.sampled_from(["\n", "\r\n"])), draw(st.booleans())


def load(write, folder):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return load_movielens(write(Path(folder)), Path(folder) / "dados")


@examples(60)
@given(release=releases())
def test_every_valid_release_is_read_exactly(writer, release):
    layout, ratings, movies, end, packed = release
    with tempfile.TemporaryDirectory() as folder:
        data = load(lambda root: writer(root).write(layout, ratings, movies, end, packed=packed), folder)
    assert np.array_equal(data.user_ids[data.ratings[:, 0].astype(int)], [row[0] for row in ratings])
    assert np.array_equal(data.movie_ids[data.ratings[:, 1].astype(int)], [row[1] for row in ratings])
    assert data.ratings[:, 2].tolist() == [row[2] for row in ratings]
    assert data.timestamps.tolist() == [row[3] for row in ratings]
    assert data.movie_names.tolist() == [movies[movie][0] for movie in data.movie_ids.tolist()]


@examples(200)
@given(
    release=releases(),
    which=st.sampled_from([0, 1]),
    edits=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 8), EDITS | st.binary(max_size=4)), max_size=4),
)
def test_every_damaged_release_is_refused_or_read_with_the_right_count(writer, release, which, edits):
    layout, ratings, movies, end, packed = release
    with tempfile.TemporaryDirectory() as folder:
        files = writer(Path(folder)).text(layout, ratings, movies, end)
        name = list(files)[which]
        raw = files[name]
        for place, length, new in edits:
            place %= len(raw) + 1
            raw = raw[:place] + new + raw[place + length :]
        key = name.replace(".", "_")
        try:
            data = load(lambda root: writer(root).write(layout, ratings, movies, packed=packed, **{key: raw}), folder)
        except CourseError:
            return
    text = raw if which == 0 else next(iter(files.values()))
    lines = [line for line in text.decode("utf-8-sig").splitlines() if line.strip()]
    assert len(data.ratings) == len(lines) - (layout == "csv")


@examples(100)
@given(release=releases(), cut=st.integers(1, 10**6))
def test_a_release_cut_anywhere_is_refused_or_lacks_whole_lines_only(writer, release, cut):
    layout, ratings, movies, end, _ = release
    with tempfile.TemporaryDirectory() as folder:
        name, raw = next(iter(writer(Path(folder)).text(layout, ratings, movies, end).items()))
        raw = raw[: -(1 + cut % (len(raw) - 1))]
        try:
            data = load(
                lambda root: writer(root).write(layout, ratings, movies, **{name.replace(".", "_"): raw}), folder
            )
        except CourseError:
            return
    kept = list(zip(data.ratings[:, 2].tolist(), data.timestamps.tolist(), strict=True))
    whole = [row[2:] for row in ratings[: len(kept)]]
    assert kept == whole or (len(kept) == 1 and kept[0][0] == whole[0][0])  # one row alone: nothing to compare it with


@examples(60)
@given(
    raw=st.binary(max_size=300) | st.text(max_size=200).map(str.encode),
    name=st.sampled_from(["zip", "ratings", "movies"]),
)
def test_arbitrary_bytes_are_refused(writer, raw, name):
    with tempfile.TemporaryDirectory() as folder:

        def write(root):
            if name == "zip":
                path = root / "a.zip"
                path.write_bytes(raw)
                return path
            return writer(root).write(**{f"{name}_csv": raw})

        with pytest.raises(CourseError):
            load(write, folder)


@examples(200)
@given(data=st.data())
def test_a_zip_with_any_byte_changed_is_refused_or_read_unchanged(writer, data):
    with tempfile.TemporaryDirectory() as folder:
        path = writer(Path(folder)).write(packed=True)
        raw = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 3))):
            raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(raw)
        try:
            found = load(lambda _: path, folder)
        except CourseError:
            return
    assert found.ratings[:, 2].tolist() == [row[2] for row in writer.ratings]
