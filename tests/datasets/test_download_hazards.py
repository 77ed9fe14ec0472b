"""Download in a hostile world: bad certificates, a process killed in the middle, several processes at once."""

import multiprocessing
import os
import shutil
import ssl
import subprocess
import time

import pytest

from course_lib.datasets import load_movielens
from course_lib.datasets.download import fetch
from course_lib.errors import DownloadError

NAME = "ml-latest-small"


def openssl(*arguments, cwd):
    subprocess.run(["openssl", *arguments], cwd=cwd, check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A test authority and two certificates of localhost: one valid, one that expired yesterday."""
    if not shutil.which("openssl"):
        pytest.skip("needs the openssl command")
    cwd = tmp_path_factory.mktemp("certificados")
    (cwd / "ext").write_text("subjectAltName=DNS:localhost")
    new_key = ["-newkey", "rsa:2048", "-nodes"]
    openssl(
        "req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Teste", cwd=cwd
    )
    openssl("req", *new_key, "-keyout", "key.pem", "-out", "host.csr", "-subj", "/CN=localhost", cwd=cwd)
    sign = [
        "x509",
        "-req",
        "-in",
        "host.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-extfile",
        "ext",
    ]
    for name, days in (("valid", "2"), ("expired", "-1")):
        openssl(*sign, "-out", f"{name}.pem", "-days", days, cwd=cwd)
    return cwd


@pytest.mark.parametrize(
    ("certificate", "trusted", "message"),
    [("expired", True, "certificado de segurança de localhost:.* venceu"), ("valid", False, "não é reconhecido")],
    ids=["expired", "self-signed"],
)
def test_a_bad_certificate_says_how_to_go_on(
    certificate, trusted, message, certificates, release, tmp_path, monkeypatch, refused, zip_bytes, serving
):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / f"{certificate}.pem", certificates / "key.pem")
    if trusted:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates / "ca.pem"))
    with serving(zip_bytes, context) as server:
        case = "expired" if trusted else "not trusted"
        with refused(f"download: certificate {case}", DownloadError, match=message) as caught:
            fetch(release, tmp_path / "dados", server.url + "/right")
    caught.match(r"(?s)sem rede.*load_movielens\(\).*noutro computador")
    assert list((tmp_path / "dados").iterdir()) == []


def prepare_in_another_process(folder, base):
    """A forked process: it has everything imported already, and the release under test in place."""

    def work():
        os.environ["COURSE_DATA_URL"] = base
        assert len(load_movielens(NAME, folder).ratings) == 4

    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    return process


def test_a_download_killed_in_the_middle_leaves_nothing_that_passes_for_whole(server, release, tmp_path, monkeypatch):
    process = prepare_in_another_process(tmp_path, server.url + "/stuck")
    deadline = time.monotonic() + 60
    while not server.requests:
        assert process.is_alive() and time.monotonic() < deadline, "the download did not start"
        time.sleep(0.02)
    process.kill()
    process.join()
    left = list(tmp_path.glob("*ml-*"))
    assert not any(path.stat().st_size for path in left) and tmp_path / f"{NAME}.zip" not in left
    monkeypatch.setenv("COURSE_DATA_URL", server.url + "/right")
    assert len(load_movielens(NAME, tmp_path).ratings) == 4


def test_processes_that_prepare_the_same_data_at_once_all_succeed(server, release, tmp_path):
    folder = tmp_path / "dados"
    processes = [prepare_in_another_process(folder, server.url + "/right") for _ in range(4)]
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
    assert sorted(path.name for path in folder.iterdir()) == [f"{NAME}.npz", f"{NAME}.zip"]
