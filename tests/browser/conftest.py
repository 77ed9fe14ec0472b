"""The browser of these tests: Debian's Chromium, without a head and without anything it would do on its own."""

import os
import shutil

import pytest

CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="session")
def chromium():
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None and os.environ.get("COURSE_REQUIRE_ALL"):
        pytest.fail("COURSE_REQUIRE_ALL is set, but there is no Chromium on PATH")
    if path is None:
        pytest.skip("there is no Chromium on PATH")
    return path


@pytest.fixture(scope="module")
def browser(chromium):
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()
