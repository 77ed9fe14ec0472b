"""Zips and folders that cannot be trusted or cannot be read: refused, and never expanded or extracted."""

import io
import struct
import zipfile
import zlib

import pytest

from course_lib.datasets import archive, load_movielens, readers
from course_lib.errors import DataError

pytestmark = pytest.mark.filterwarnings("error::ResourceWarning", "error::pytest.PytestUnraisableExceptionWarning")
HEADER = b"userId,movieId,rating,timestamp\n"
GOOD = b"7,20,4.0,964982703\n7,10,3.0,964981247\n"
MOVIE_HEADER = b"movieId,title,genres\n"


def test_an_encrypted_zip_is_refused(grouplens, tmp_path, refused):
    path = grouplens.write(packed=True)
    raw = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the flag word of each header
        start = raw.find(signature)
        while start >= 0:
            raw[start + offset] |= 1
            start = raw.find(signature, start + 4)
    path.write_bytes(raw)
    with refused("zip: encrypted", DataError, match="senha.*Extraia"):
        load_movielens(path, tmp_path)


def test_an_unknown_compression_is_refused(grouplens, tmp_path, refused):
    path = grouplens.write(packed=True)
    raw = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        start = raw.find(signature)
        while start >= 0:
            raw[start + offset] = 99
            start = raw.find(signature, start + 4)
    path.write_bytes(raw)
    with refused("zip: unknown compression", DataError, match="danificado"):
        load_movielens(path, tmp_path)


def test_a_zip_bomb_is_refused_by_its_declared_size_before_it_is_opened(grouplens, tmp_path, monkeypatch, refused):
    dense = grouplens.write(packed=True, name="densa", movies_csv=MOVIE_HEADER + b"0" * 2**23)
    large = grouplens.write(packed=True, name="grande", movies_csv=MOVIE_HEADER + bytes(range(32, 127)) * 2)
    monkeypatch.setattr(archive, "RATIO_MATTERS_FROM", 2**20)
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("opened"))
    with refused("zip: bomb by ratio", DataError, match="8 MiB depois de descomprimido.*memória"):
        load_movielens(dense, tmp_path)
    monkeypatch.setattr(archive, "MAX_MEMBER_BYTES", 100)
    with refused("zip: bomb by size", DataError, match="encheria a memória"):
        load_movielens(large, tmp_path)


def test_a_zip_bomb_that_declares_a_small_size_is_refused_as_damage(grouplens, tmp_path, refused):
    body = HEADER + GOOD
    bomb = body + b"9" * 2**26
    path = grouplens.write(packed=True, ratings_csv=bomb)
    raw, declared = bytearray(path.read_bytes()), struct.pack("<I", len(bomb))
    for start in (raw.find(declared), raw.rfind(declared)):  # local and central header
        raw[start : start + 4] = struct.pack("<I", len(body))
    path.write_bytes(raw)
    with refused("zip: bomb that lies", DataError, match="danificado"):
        load_movielens(path, tmp_path)


def test_limits_on_catalog_and_number_of_ratings_hold(grouplens, tmp_path, monkeypatch, refused):
    monkeypatch.setattr(readers, "MAX_CATALOG_BYTES", 50)
    with refused("movies: far too large", DataError, match="movies.csv.*não é um catálogo"):
        load_movielens(grouplens.write(), tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr(readers, "MAX_RATINGS", 3)
    with refused("ratings: far too many", DataError, match="mais de 3 avaliações"):
        load_movielens(grouplens.write(), tmp_path)


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_missing_permission_says_what_to_ask_for(packed, grouplens, tmp_path, monkeypatch, refused):
    path = grouplens.write(packed=packed)
    real = io.open

    def denied(file, *args, **options):
        if str(file).startswith(str(path)):
            raise PermissionError(13, "Permission denied", str(file))
        return real(file, *args, **options)

    monkeypatch.setattr("io.open", denied)  # root may read anything: the refusal is simulated
    monkeypatch.setattr("builtins.open", denied)
    with refused(f"{'zip' if packed else 'folder'}: no permission", DataError, match="não tenho permissão.*\n.*chmod"):
        load_movielens(path, tmp_path / "dados")


def test_an_error_of_the_disk_is_told_in_portuguese(grouplens, tmp_path, monkeypatch, refused):
    path = grouplens.write(packed=True)

    def broken(*_):
        raise OSError(5, "Input/output error", str(path))

    monkeypatch.setattr(zipfile.ZipExtFile, "read", broken)
    with refused("zip: disk error", DataError, match="não consegui ler .*o disco falhou"):
        load_movielens(path, tmp_path / "dados")


def test_a_stream_that_breaks_in_the_middle_is_told_as_damage(grouplens, tmp_path, monkeypatch, refused):
    def broken(*_):
        raise zlib.error("Error -3 while decompressing data: invalid distance too far back")

    monkeypatch.setattr(zipfile.ZipExtFile, "read1", broken)
    monkeypatch.setattr(zipfile.ZipExtFile, "read", broken)
    with refused("zip: broken deflate stream", DataError, match="danificado"):
        load_movielens(grouplens.write(packed=True), tmp_path / "dados")
