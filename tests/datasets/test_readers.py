"""Every official format, as a folder and as a zip, and the oddities that are read correctly."""

import os

import pytest

from course_lib.datasets import load_movielens

pytestmark = pytest.mark.filterwarnings("error::ResourceWarning", "error::pytest.PytestUnraisableExceptionWarning")
LAYOUTS = ("csv", "dat", "tab")


@pytest.fixture
def load(tmp_path):
    return lambda path: load_movielens(path, tmp_path / "dados")


@pytest.fixture
def plain(grouplens, load):
    return load(grouplens.write(name="simples"))


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_format_gives_the_same_content(layout, packed, grouplens, load, plain, equal):
    data = load(grouplens.write(layout, packed=packed))
    assert equal(data, plain) and data.name == "ml-teste"
    assert data.rating_scale == ((0.5, 5) if layout == "csv" else (1, 5))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_line_end_is_read(layout, end, grouplens, load, plain, equal):
    assert equal(load(grouplens.write(layout, end=end)), plain)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_bom_blank_lines_and_missing_last_line_end_are_harmless(layout, grouplens, load, plain, equal):
    raw = {
        name.replace(".", "_"): b"\xef\xbb\xbf" + text.decode("latin-1" if layout != "csv" else "utf-8").encode()
        for name, text in grouplens.text(layout).items()
    }
    raw = {name: text.replace(b"\n", b"\n\n").rstrip() for name, text in raw.items()}
    assert equal(load(grouplens.write(layout, **raw)), plain)


def test_extra_columns_are_ignored_wherever_they_stand(grouplens, load, plain, equal):
    def widened(raw, *extra):
        lines = raw.decode().splitlines()
        return "\n".join(f"{value},{line}" for value, line in zip(extra, lines, strict=False)).encode()

    files = grouplens.text("csv")
    ratings = widened(files["ratings.csv"], "gap 1", '"a, b"', "", '"c""d"', "x")
    movies = widened(files["movies.csv"], "imdbId", "1", "2", "3", "4")
    assert equal(load(grouplens.write(ratings_csv=ratings, movies_csv=movies)), plain)


def test_columns_in_another_order_and_quoted_names_are_read(grouplens, load, plain, equal):
    rows = "".join(f"{when},{value},{movie},{user}\n" for user, movie, value, when in grouplens.ratings)
    raw = '"timestamp","rating","movieId","userId"\n' + rows
    assert equal(load(grouplens.write(ratings_csv=raw.encode())), plain)


def test_a_trailing_separator_is_harmless(grouplens, load, plain, equal):
    raw = grouplens.text("csv")["ratings.csv"].replace(b"\n", b",\n").replace(b"timestamp,", b"timestamp")
    assert equal(load(grouplens.write(ratings_csv=raw)), plain)


def test_ids_beyond_32_bits_are_kept_exactly(grouplens, load):
    big = 2**63 - 1
    ratings = [(2**40, 10, 4, 964982703), (2**40 + 1, big, 5, 964982703)]
    movies = {10: ("Dumbo (1941)", "Drama"), big: ("Far (2001)", "Drama")}
    data = load(grouplens.write(ratings=ratings, movies=movies))
    assert data.user_ids.tolist() == [2**40, 2**40 + 1] and data.movie_ids.tolist() == [10, big]
    assert data.movie_names.tolist() == ["Dumbo (1941)", "Far (2001)"]


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_paths_with_spaces_and_accents_are_read(packed, grouplens, load, plain, equal):
    assert equal(load(grouplens.write(name="Meus dados de março (cópia)", packed=packed)), plain)


def test_source_may_be_text_or_path_and_the_tilde_is_home(grouplens, load, plain, equal, monkeypatch):
    path = grouplens.write(packed=True)
    monkeypatch.setenv("HOME", str(path.parent))
    assert equal(load(str(path)), plain) and equal(load("~/ml-teste.zip"), plain)


def test_an_extra_column_may_have_any_name(grouplens, load, plain, equal):
    raw = grouplens.text("csv")["ratings.csv"].replace(b"timestamp\n", b"timestamp,surplus,\n")
    lines = raw.decode().splitlines()
    raw = "\n".join([lines[0], *(f"{line},texto," for line in lines[1:])])
    assert equal(load(grouplens.write(ratings_csv=raw.encode())), plain)


def test_a_relative_path_is_named_after_its_folder(grouplens, load, monkeypatch):
    monkeypatch.chdir(grouplens.write())
    assert load(".").name == "ml-teste"


def test_files_one_folder_down_and_the_clutter_of_a_mac_are_no_obstacle(grouplens, load, plain, equal):
    files = grouplens.text("csv")
    assert equal(load(grouplens.write(name="fora/ml-teste").parent), plain)
    (grouplens.root / "fora" / "outra").mkdir()
    clutter = {"__MACOSX/ml-teste/._ratings.csv": b"x", "__MACOSX/ml-teste/ratings.csv": b"x", "ml-teste/": b""}
    members = clutter | {f"ml-teste/{name}": raw for name, raw in files.items()}
    assert equal(load(grouplens.zip("mac", members)), plain)
    assert equal(load(grouplens.zip("raiz", files)), plain)


@pytest.mark.parametrize("name", ["fora/ml-teste", "fora/dentro/ml-teste"], ids=["folder", "folder in a folder"])
def test_a_folder_is_read_from_disk_as_from_a_zip(name, grouplens, load, plain, equal):
    assert equal(load(grouplens.write(name=name).parents[name.count("/") - 1]), plain)
    assert equal(
        load(grouplens.zip("arq", {f"{name}/{file}": raw for file, raw in grouplens.text("csv").items()})), plain
    )


def test_half_stars_are_read_in_the_format_of_the_10m(grouplens, load):
    raw = b"1::10::4.5::964982703\n1::20::0.5::964982703\n"
    data = load(grouplens.write("dat", name="ml-10M100K", ratings_dat=raw))
    assert data.ratings[:, 2].tolist() == [4.5, 0.5] and data.rating_scale == (0.5, 5.0)


def test_a_zip_is_never_extracted(grouplens, load, tmp_path, monkeypatch):
    path = grouplens.write(packed=True)
    before = set(tmp_path.rglob("*"))
    load(path)
    assert {item.name for item in set(tmp_path.rglob("*")) - before} == {"dados", "ml-teste.npz"}


def test_old_formats_saved_again_as_utf8_keep_their_accents(grouplens, load, plain, equal):
    raw = grouplens.text("dat")["movies.dat"].decode("latin-1").encode()
    assert equal(load(grouplens.write("dat", movies_dat=raw)), plain)


def test_a_movie_without_title_or_genres_gets_the_conventional_ones(grouplens, load):
    movies = grouplens.movies | {10: ("", ""), 20: ("unknown", "unknown")}
    data = load(grouplens.write("tab", movies=movies))
    assert data.movie_names[:2].tolist() == ["Filme 10 (sem título)", "unknown"]
    assert data.genres[:2].tolist() == ["(no genres listed)"] * 2 and data.years[:2].tolist() == [0, 0]


def test_the_same_named_file_with_other_content_is_read_anew(grouplens, load):
    path = grouplens.write()
    assert len(load(path).ratings) == 4
    with open(path / "ratings.csv", "ab") as file:
        file.write(b"2,20,4.5,1260759144\n")
    assert len(load(path).ratings) == 5


def test_a_file_handle_is_never_left_open(grouplens, load):
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("needs /proc")
    path = grouplens.write(packed=True)
    load(path)
    assert not [fd for fd in os.listdir("/proc/self/fd") if str(path) in os.path.realpath(f"/proc/self/fd/{fd}")]
