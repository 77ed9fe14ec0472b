"""The site of the committed notebooks, in a real browser, read from file://: what a visitor and a checker see."""

import re
from collections import Counter
from copy import copy
from functools import cache
from importlib.resources import files
from urllib.parse import quote_plus

import bs4
import pytest

from course_tools.pages.lesson import QUESTION
from course_tools.pages.site import HERE
from course_tools.runner.series import find_series, read_notebook

SERIES = [path.stem for path in find_series(optional=True)]
OURS = [path.stem for path in (HERE / "content").glob("*.md")]
OTHERS = [*OURS, "index", "glossario", "medicoes", "search"]
PAGES = [*SERIES, *OTHERS]
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
SMALL_PHONE = {"width": 320, "height": 568}
PATIENCE = 120_000  # milliseconds: on a loaded machine the first page has taken more than the usual thirty seconds
MIN_ALT_LENGTH = 40
MAX_PAGE_BYTES = 250_000
ENGLISH = re.compile(r"\b(?:Toggle|Search|Copy|Next|Previous|Skip|Download|Contents|Show|Hide|Light|Dark|the)\b")
# Code looks the same in every cell, and so do the rows of a table: axe need not measure the contrast of every word.
THIN = """
for (const pre of [...document.querySelectorAll("div.highlight pre")].slice(4)) pre.textContent = pre.innerText;
for (const row of document.querySelectorAll("article tbody tr:nth-child(n+4)")) row.style.visibility = "hidden";
for (const svg of document.querySelectorAll("mjx-container svg")) svg.replaceChildren();
"""
IDLE_STOPS = """[...document.querySelectorAll('article [tabindex="0"]:not(svg *)')]
.filter(box => box.scrollWidth <= box.clientWidth && box.scrollHeight <= box.clientHeight)
.map(box => box.outerHTML.slice(0, 100))"""
WIDTHS = "[document.documentElement, ...document.querySelectorAll('article img')].map(box => box.scrollWidth)"
FOCUSED = "[document.activeElement.outerHTML.slice(0, 100), getComputedStyle(document.activeElement).outlineStyle]"
SCHEME = "document.documentElement.dataset.theme"

each_page = pytest.mark.parametrize("name", PAGES)
each_lesson = pytest.mark.parametrize("name", SERIES)


@pytest.fixture(scope="module")
def soup(site):
    """name → page, parsed."""
    texts = {name: (site / f"{name}.html").read_text(encoding="utf-8") for name in PAGES}
    return {name: bs4.BeautifulSoup(text, "html.parser") for name, text in texts.items()}


@pytest.fixture(scope="module")
def requests():
    """Every address that any page of these tests asked for."""
    return []


@pytest.fixture(scope="module")
def page(browser, requests):
    page = browser.new_page(viewport=DESKTOP, color_scheme="light")
    page.set_default_timeout(PATIENCE)
    page.on("request", lambda request: requests.append(request.url))
    return page


@pytest.fixture(scope="module")
def visit(page, site):
    """Open a page of the site at a size and in a colour scheme, its formulas already drawn."""

    def open_page(name, viewport=DESKTOP, scheme="light"):
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=scheme, media="screen")
        page.goto((site / f"{name}.html").as_uri())
        page.evaluate("window.MathJax?.startup?.promise")
        return page

    return open_page


@each_page
def test_page_has_one_of_each_id_a_language_a_title_and_no_label_in_english(soup, name):
    html = soup[name]
    assert [key for key, times in Counter(tag["id"] for tag in html.find_all(id=True)).items() if times > 1] == []
    assert html.html["lang"] == "pt-BR" and html.title.text.strip()
    spoken = [tag.get(attribute, "") for tag in html.find_all(True) for attribute in ("title", "aria-label")]
    buttons = html.select("button, summary, .skip-link, .prev-next-area")
    spoken += [text for tag in buttons for text in tag.stripped_strings]
    assert [text for text in spoken if ENGLISH.search(text)] == []


@each_lesson
def test_lesson_is_light_described_and_its_figures_say_what_they_show(site, soup, name):
    assert (site / f"{name}.html").stat().st_size <= MAX_PAGE_BYTES
    assert soup[name].find("meta", {"name": "description"})["content"]
    for image in soup[name].article.find_all("img"):
        assert len(image.get("alt", "")) >= MIN_ALT_LENGTH, image["src"]
        assert (site / image.parent["href"]).is_file(), "a figure opens large"


@each_lesson
def test_all_markdown_and_every_formula_is_shown_as_such(soup, name):
    article = copy(soup[name].article)
    for code in article.select("code, pre, .math"):
        code.extract()
    assert not re.search(r"\*\*|\$[^$]+\$|`", article.text)


def test_every_output_after_a_question_is_closed(soup):
    """One closed answer for each question that has an output to close; the exercises, not done yet, have none."""
    closed = {name: len(soup[name].select("details.hide")) for name in SERIES}
    asked = {path.stem: questions_with_output(read_notebook(path)) for path in find_series(optional=True)}
    assert closed == asked and sum(closed.values()) >= 40


def questions_with_output(notebook):
    cells = notebook.cells
    asked = [i for i, cell in enumerate(cells) if cell.cell_type == "markdown" and QUESTION.search(cell.source)]
    ends = [*asked[1:], len(cells)]
    return sum(any(c.get("outputs") for c in cells[i:end]) for i, end in zip(asked, ends, strict=True))


@pytest.fixture(scope="module")
def looked_at(visit):
    """name → what was found there: first on a light desktop, then, without loading it again, on a dark phone."""
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")

    def serious(page, where):
        result = page.evaluate("axe.run(document, {resultTypes: ['violations'], preload: false})")
        assert len(result["passes"]) > 10, "axe ran"
        bad = [violation for violation in result["violations"] if violation["impact"] in ("serious", "critical")]
        return [(where, violation["id"], violation["nodes"][0]["html"][:200]) for violation in bad]

    def widest(page, size):
        page.set_viewport_size(size)
        return max(page.evaluate(WIDTHS))

    @cache
    def look(name):
        page = visit(name)
        page.evaluate(THIN)
        page.evaluate(axe)
        found = {"axe": serious(page, "desktop, light")}
        page.set_viewport_size(PHONE)
        page.emulate_media(color_scheme="dark")
        page.wait_for_timeout(400)  # the theme waits a little after the last change of size
        assert page.evaluate(SCHEME) == "dark"
        found["idle stops"] = page.evaluate(IDLE_STOPS)
        found["axe"] += serious(page, "phone, dark")
        found["too wide"] = [size["width"] for size in (PHONE, SMALL_PHONE) if widest(page, size) > size["width"]]
        return found

    return look


@each_page
def test_axe_finds_nothing_serious_on_a_light_desktop_nor_on_a_dark_phone(looked_at, name):
    assert looked_at(name)["axe"] == []


@each_page
def test_page_fits_a_phone_and_the_tab_key_stops_only_where_something_scrolls(looked_at, name):
    found = looked_at(name)
    assert found["too wide"] == [] and found["idle stops"] == []


def test_wide_table_says_that_it_scrolls(visit):
    page = visit("01_dataset", PHONE)
    hint = "getComputedStyle(document.querySelector('.rola'), '::before').content"
    assert "role para o lado" in page.evaluate(hint)
    page.set_viewport_size({"width": 3000, "height": 900})
    page.wait_for_function("!document.querySelector('.rola')")


def test_first_stop_of_the_tab_key_skips_to_the_content(visit):
    page = visit("02_produto_interno")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Ir para o conteúdo"


def test_every_stop_of_the_tab_key_is_outlined(visit):
    page, stops = visit("index"), []
    while page.keyboard.press("Tab") or page.evaluate("document.activeElement !== document.body"):
        stops.append(page.evaluate(FOCUSED))
    assert len(stops) > 30 and [name for name, outline in stops if outline == "none"] == []


def test_anchor_of_a_title_takes_no_line_of_its_own(visit):
    height = "h1 => h1.offsetHeight / parseFloat(getComputedStyle(h1).lineHeight)"
    assert visit("o-que-eu-veria", PHONE).locator("article h1").evaluate(height) < 1.5


def test_section_chosen_in_the_contents_on_a_phone_is_shown_and_nothing_stays_over_it(visit):
    page = visit("06_listas", PHONE)
    page.locator("button.secondary-toggle:visible").click()
    page.locator("dialog[open] a[href^='#']").nth(3).click()
    page.wait_for_function("!document.querySelector('dialog[open]')", timeout=5_000)
    page.wait_for_function("Math.abs(document.querySelector(':target').getBoundingClientRect().top) < 200")


def test_next_leads_through_all_the_lessons_and_previous_back(soup):
    order = ["index", *SERIES]
    following = [soup[name].select_one(".prev-next-area .right-next")["href"] for name in order[:-1]]
    preceding = [soup[name].select_one(".prev-next-area .left-prev")["href"] for name in order[1:]]
    assert following == [f"{name}.html" for name in order[1:]]
    assert preceding == [f"{name}.html" for name in order[:-1]]
    assert all(soup[name].select("#pst-page-toc-nav a") for name in order)


def test_switch_turns_the_page_dark_and_the_choice_is_kept(visit):
    page = visit("01_dataset")
    brightness = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(brightness)
    page.locator("button.theme-switch-button").click()
    page.locator('.theme-change-button[data-mode="dark"]').click()
    assert page.evaluate(SCHEME) == "dark" and page.evaluate(brightness) != light
    assert visit("02_produto_interno").evaluate(SCHEME) == "dark"
    page.evaluate("localStorage.clear()")


def test_answer_is_closed_on_screen_opens_when_asked_and_is_printed(visit):
    page = visit("03_rede_neural")
    answer = page.locator("details.hide").first
    output = answer.locator(".cell_output").first
    assert not output.is_visible()
    page.emulate_media(media="print")
    assert output.evaluate("output => output.checkVisibility({contentVisibilityAuto: true})")
    assert page.locator("details:not(.hide) p").first.evaluate("text => text.getBoundingClientRect().height") > 0
    page.emulate_media(media="screen")
    assert not output.is_visible()
    answer.locator("summary").click()
    assert output.is_visible()


def test_no_line_of_code_is_cut_at_the_margin_of_the_paper(visit):
    page = visit("01_dataset", {"width": 700, "height": 1000})
    page.emulate_media(media="print")
    cut = "[...document.querySelectorAll('pre')].filter(pre => pre.scrollWidth > pre.clientWidth + 1).length"
    assert page.evaluate(cut) == 0


def test_page_printed_from_the_dark_is_light_and_then_dark_again(visit):
    page = visit("00_apoio", scheme="dark")
    page.evaluate(f"addEventListener('beforeprint', () => {{ window.printed = {SCHEME} }})")
    page.pdf()
    assert page.evaluate("window.printed") == "light" and page.evaluate(SCHEME) == "dark"


def test_table_that_does_not_fit_on_the_paper_left_goes_over_to_the_next(visit):
    page = visit("00_apoio")
    page.emulate_media(media="print")
    breaks = "[...document.querySelectorAll('article table')].map(table => getComputedStyle(table).breakInside)"
    assert set(page.evaluate(breaks)) == {"auto"}


@pytest.mark.parametrize("words", ["partida a frio", "avaliações", "avaliacoes", "Precisao"])
def test_search_finds_a_term_without_a_server_with_accents_or_without(visit, site, words):
    page = visit("index")
    page.goto(f"{(site / 'search.html').as_uri()}?q={quote_plus(words)}")
    page.locator("#search-results li a[href^='glossario.html']").first.wait_for(timeout=30_000)


def test_formulas_are_drawn_and_read_aloud(visit):
    page = visit("02_produto_interno")
    assert page.locator("mjx-container svg").count() > 10
    assert page.locator("mjx-container mjx-assistive-mml math").count() > 10
    assert page.locator("mjx-merror, mjx-container [data-mml-node=merror]").count() == 0


def test_nothing_was_asked_of_the_network(requests, visit):
    visit("index")
    assert requests and [url for url in requests if not url.startswith(("file:", "data:"))] == []
