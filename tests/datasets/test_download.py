"""Download against a local server: only the official bytes are accepted, and nothing else remains on the disk."""

import hashlib

import pytest

from course_lib.datasets import download, load_movielens, sources
from course_lib.datasets.download import Release, fetch
from course_lib.errors import ChecksumError, DownloadError

NAME = "ml-latest-small"
OFFLINE = r"(?s)nada ficou no disco.*sem rede.*load_movielens\(\).*noutro computador"


def test_the_right_file_is_kept_and_read_and_not_fetched_twice(server, release, tmp_path, monkeypatch, zip_bytes):
    monkeypatch.setenv("COURSE_DATA_URL", server.url + "/right/")
    data = load_movielens(NAME, tmp_path)
    assert (len(data.ratings), data.name) == (4, NAME)
    assert sorted(path.name for path in tmp_path.glob("ml-*")) == [f"{NAME}.npz", f"{NAME}.zip"]
    assert (tmp_path / f"{NAME}.zip").read_bytes() == zip_bytes
    load_movielens(NAME, tmp_path)
    (tmp_path / f"{NAME}.npz").unlink()
    load_movielens(NAME, tmp_path)
    assert server.requests == [f"/right/{NAME}.zip"]


def test_a_redirect_is_followed(server, release, tmp_path):
    assert fetch(release, tmp_path, server.url + "/moved").is_file()


def test_progress_is_shown_in_portuguese_only(server, release, tmp_path, capsys):
    fetch(release, tmp_path, server.url + "/right")
    shown = capsys.readouterr().err
    assert f"baixando {NAME}.zip" in shown and "Downloading" not in shown


FAILURES = {
    "404": (DownloadError, r"localhost:\d+ respondeu com erro 404"),
    "500": (DownloadError, "respondeu com erro 500"),
    "cut": (DownloadError, "caiu no meio"),
    "wrong": (ChecksumError, "sha256 esperado é {expected}, e o encontrado é {found}"),
    "portal": (ChecksumError, "não é o arquivo oficial"),
    "cut-unannounced": (ChecksumError, "não é o arquivo oficial"),
    "silent": (DownloadError, "não respondeu em"),
    "stuck": (DownloadError, "não respondeu em|caiu no meio|a conexão com"),
}


@pytest.mark.parametrize("behaviour", FAILURES)
def test_every_failure_says_how_to_go_on_and_leaves_no_file(
    behaviour, server, release, tmp_path, refused, monkeypatch, zip_bytes
):
    monkeypatch.setattr(download, "TIMEOUT_SECONDS", 1)
    error, message = FAILURES[behaviour]
    found = hashlib.sha256(b"x" * len(zip_bytes)).hexdigest()
    with refused(f"download: {behaviour}", error, match=message.format(expected=release.sha256, found=found)) as caught:
        fetch(release, tmp_path / "dados", f"{server.url}/{behaviour}")
    caught.match(OFFLINE)
    assert list((tmp_path / "dados").iterdir()) == []


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("http://127.0.0.1:9", "a conexão com 127.0.0.1:9"),
        ("http://endereco.invalid", "a conexão com endereco.invalid"),
        ("http://é..é", "não é um endereço de onde se possa baixar"),
        ("não é um endereço", "não é um endereço de onde se possa baixar; confira a variável COURSE_DATA_URL"),
    ],
)
def test_an_unreachable_host_says_how_to_go_on(base, message, release, tmp_path, refused):
    with refused(f"download: from {base}", DownloadError, match=message) as caught:
        fetch(release, tmp_path / "dados", base)
    caught.match(OFFLINE)
    assert list((tmp_path / "dados").iterdir()) == []


def test_what_may_not_be_redistributed_is_said(tmp_path, refused):
    with refused("download: ml-1m, refused connection", DownloadError, match="não permite redistribuí-la"):
        fetch(sources.RELEASES["ml-1m"], tmp_path, "http://127.0.0.1:9")


def test_a_damaged_zip_on_the_disk_is_fetched_again_and_never_read(server, release, tmp_path, monkeypatch, zip_bytes):
    monkeypatch.setenv("COURSE_DATA_URL", server.url + "/right")
    (tmp_path / f"{NAME}.zip").write_bytes(zip_bytes[:-1])
    assert len(load_movielens(NAME, tmp_path).ratings) == 4
    assert (tmp_path / f"{NAME}.zip").read_bytes() == zip_bytes


def test_a_zip_on_the_disk_that_cannot_be_read_is_fetched_again(server, release, tmp_path, monkeypatch):
    target = tmp_path / f"{NAME}.zip"
    target.write_bytes(b"x")
    real = download.sha256

    def denied(path):
        if path == target and target.stat().st_size == 1:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(download, "sha256", denied)
    assert fetch(release, tmp_path, server.url + "/right").stat().st_size > 1


def test_a_zip_brought_by_hand_to_the_data_folder_needs_no_network(release, tmp_path, monkeypatch, zip_bytes):
    monkeypatch.setenv("COURSE_DATA_URL", "http://127.0.0.1:9")
    (tmp_path / f"{NAME}.zip").write_bytes(zip_bytes)
    assert len(load_movielens(NAME, tmp_path).ratings) == 4


def test_a_folder_that_cannot_be_written_is_told(server, release, tmp_path, refused):
    (tmp_path / "ocupado").write_text("")
    with refused("download: folder not writable", DownloadError, match="não consegui gravar.*\n.*COURSE_DATA_DIR"):
        fetch(release, tmp_path / "ocupado", server.url + "/right")


def test_32m_is_verified_by_the_md5_of_its_files(grouplens, tmp_path, refused, serving):
    body = grouplens.write(name="ml-32m", packed=True).read_bytes()
    files = grouplens.text("csv")
    good = tuple((name, hashlib.md5(raw).hexdigest()) for name, raw in files.items())
    bad = (good[0], (good[1][0], "0" * 32))
    with serving(body) as server:
        assert fetch(Release("ml-32m", 4, md5=good), tmp_path / "a", server.url + "/right").is_file()
        with refused("download: ml-32m, other content", ChecksumError, match=f"movies.csv.*{'0' * 32}.*{good[1][1]}"):
            fetch(Release("ml-32m", 4, md5=bad), tmp_path / "b", server.url + "/right")
        with refused("download: ml-32m, not a zip", ChecksumError, match="não é a ml-32m oficial"):
            fetch(Release("ml-32m", 4, md5=good), tmp_path / "b", server.url + "/portal")
    assert list((tmp_path / "b").iterdir()) == []


def test_the_official_zip_is_accepted_by_its_pinned_hash(official_zips, tmp_path, monkeypatch, serving):
    with serving((official_zips / "ml-latest-small-2018.zip").read_bytes()) as server:
        monkeypatch.setenv("COURSE_DATA_URL", server.url + "/right")
        assert len(load_movielens(NAME, tmp_path).ratings) == 100_836
