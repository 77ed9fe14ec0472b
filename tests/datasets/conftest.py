"""A small synthetic GroupLens release, in every official format, as a folder or a zip; and a server that offers it."""

import csv
import gc
import hashlib
import io
import threading
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from course_lib.datasets import sources
from course_lib.datasets.download import Release

GENRES_100K = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
FILES = {"csv": ("ratings.csv", "movies.csv"), "dat": ("ratings.dat", "movies.dat"), "tab": ("u.data", "u.item")}
_collected = set()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    """Here an unclosed file is an error; first, what the tests of other files left unclosed is collected."""
    if item.path not in _collected:
        _collected.add(item.path)
        gc.collect()
    return (yield)


class GroupLens:
    """Writes a release. `ratings`: (user, movie, rating, timestamp); `movies`: id -> (title, genres)."""

    ratings = ((7, 20, 4, 964982703), (7, 10, 3, 964981247), (2, 10, 5, 1260759144), (9, 30, 1, 847117005))
    movies = {  # noqa: RUF012
        10: ("Dumbo (1941)", "Animation|Comedy"),
        20: ('Amélie, a "fabulosa" (2001)', "Romance"),
        30: ("Misérables, Les (1995)", "Drama|War"),
        40: ("Never Rated (1999)", "Western"),
    }

    def __init__(self, root: Path):
        self.root = root

    def text(self, layout: str, ratings=None, movies=None, end: str = "\n") -> dict[str, bytes]:
        """The two files of a release, encoded as GroupLens does."""
        ratings, movies = self.ratings if ratings is None else ratings, self.movies if movies is None else movies
        rating_lines, movie_lines = getattr(self, f"_{layout}")(ratings, movies)
        encoding = "utf-8" if layout == "csv" else "latin-1"
        lines = zip(FILES[layout], (rating_lines, movie_lines), strict=True)
        return {name: "".join(line + end for line in part).encode(encoding) for name, part in lines}

    def write(
        self, layout="csv", ratings=None, movies=None, end="\n", name="ml-teste", packed=False, **replaced
    ) -> Path:
        """Write a release; `replaced` gives the bytes of one file (dots as underscores), None to leave it out."""
        files = self.text(layout, ratings, movies, end)
        files |= {next(file for file in files if file.replace(".", "_") == key): raw for key, raw in replaced.items()}
        files = {file: raw for file, raw in files.items() if raw is not None}
        if packed:
            return self.zip(name, {f"{name}/{file}": raw for file, raw in files.items()})
        folder = self.root / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, raw in files.items():
            (folder / file).write_bytes(raw)
        return folder

    def zip(self, name: str, members: dict[str, bytes]) -> Path:
        path = self.root / f"{name}.zip"
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, raw in members.items():
                archive.writestr(member, raw)
        return path

    @staticmethod
    def _csv(ratings, movies):
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([key, *value] for key, value in movies.items())
        movie_lines = ["movieId,title,genres", *out.getvalue().split("\n")[:-1]]
        return ["userId,movieId,rating,timestamp", *(",".join(map(str, row)) for row in ratings)], movie_lines

    @staticmethod
    def _dat(ratings, movies):
        return ["::".join(map(str, row)) for row in ratings], ["::".join(map(str, (k, *v))) for k, v in movies.items()]

    @staticmethod
    def _tab(ratings, movies):
        items = []
        for key, (title, genres) in movies.items():
            flags = ["1" if genre in genres.split("|") else "0" for genre in GENRES_100K]
            items.append("|".join([str(key), title, "01-Jan-1995", "", "http://example.org/", *flags]))
        return ["\t".join(map(str, row)) for row in ratings], items


@pytest.fixture(scope="session")
def writer() -> type[GroupLens]:
    return GroupLens


@pytest.fixture
def grouplens(tmp_path) -> GroupLens:
    return GroupLens(tmp_path / "fontes")


@pytest.fixture(scope="session")
def official_zips() -> Path:
    """The folder with the official zips of 2016 and 2018, which a checkout alone does not have."""
    folder = Path(__file__).resolve().parents[3] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the official GroupLens zips are not on this machine")
    return folder


@pytest.fixture(scope="session")
def equal():
    """Whether two MovieLens have the same content."""
    names = ("ratings", "timestamps", "movie_names", "genres", "years", "user_ids", "movie_ids")
    return lambda first, second: all(np.array_equal(getattr(first, name), getattr(second, name)) for name in names)


DOWNLOADED = "ml-latest-small"


class Handler(BaseHTTPRequestHandler):
    """`/<behaviour>/<name>.zip`"""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        behaviour, body = self.path.split("/")[1], self.server.body
        self.server.requests.append(self.path)
        self.close_connection = True
        if behaviour in ("404", "500"):
            self.send_error(int(behaviour))
        elif behaviour == "moved":
            self.send_response(302)
            self.send_header("Location", self.path.replace("moved", "right"))
            self.send_header("Content-Length", "0")
            self.send_header("Connection", "close")
            self.end_headers()
        elif behaviour == "silent":
            self.server.release.wait(20)
        else:
            self.send_body(behaviour, body)

    def send_body(self, behaviour, body):
        wrong = {"wrong": b"x" * len(body), "portal": b"<html>Aceite os termos do Wi-Fi</html>"}
        body = wrong.get(behaviour, body)
        self.send_response(200)
        if behaviour != "cut-unannounced":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])
        self.wfile.flush()
        if behaviour == "stuck":
            self.server.release.wait(20)
        if not behaviour.startswith("cut"):
            self.wfile.write(body[len(body) // 2 :])

    def log_message(self, *_):
        pass


@contextmanager
def _serving(body, context=None):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.url = f"http{'s' if context else ''}://localhost:{server.server_port}"
    server.body, server.requests, server.release = body, [], threading.Event()
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.release.set()
        server.shutdown()
        server.server_close()


@pytest.fixture
def serving():
    """`with serving(body, ssl_context=None) as server`: a server of these bytes at `server.url`/<behaviour>/…"""
    return _serving


@pytest.fixture
def zip_bytes(grouplens):
    return grouplens.write(name=DOWNLOADED, packed=True).read_bytes()


@pytest.fixture
def server(zip_bytes):
    with _serving(zip_bytes) as server:
        yield server


@pytest.fixture
def release(zip_bytes, monkeypatch):
    """The release that the server offers takes the place of the official one."""
    release = Release(DOWNLOADED, 4, hashlib.sha256(zip_bytes).hexdigest())
    monkeypatch.setitem(sources.RELEASES, DOWNLOADED, release)
    return release
