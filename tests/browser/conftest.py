"""What these tests open: the site, in Debian's Chromium, without a head and without anything it would do on its own."""

import io
import os
import shutil
from contextlib import redirect_stderr

import pytest

from course_tools.pages.site import build_site
from course_tools.runner.series import find_series, notebooks_dir

CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="session")
def chromium():
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None and os.environ.get("COURSE_REQUIRE_ALL"):
        pytest.fail("COURSE_REQUIRE_ALL is set, but there is no Chromium on PATH")
    if path is None:
        pytest.skip("there is no Chromium on PATH")
    return path


@pytest.fixture(scope="package")  # its event loop must not outlive this room: another browser could not be opened
def browser(chromium):
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Folder of the site built from the committed notebooks, about which Sphinx has nothing to complain."""
    with redirect_stderr(io.StringIO()) as complaints:
        first_page = build_site(find_series(optional=True), notebooks_dir(), tmp_path_factory.mktemp("site"))
    assert complaints.getvalue() == ""
    return first_page.parent
