"""The pages that compute, read from file://: their numbers are those of Python, and the keyboard is enough."""

from importlib.resources import files

import bs4
import numpy as np
import pytest

from course_lib import add_user, load_movielens, top_k
from course_lib.models.lists import MostPopular
from course_tools.pages import live, movie_map
from tests.browser.test_site import DESKTOP, PATIENCE, PHONE

N_VISITORS, N_RATED = 50, 10
TITLES = "[...document.querySelectorAll('.vitrine-lista strong')].map(title => title.textContent)"


@pytest.fixture(scope="module")
def data():
    return load_movielens()


@pytest.fixture(scope="module")
def models(data):
    return live.fit_models(data) | {"mais populares": MostPopular().fit(data.interactions)}


@pytest.fixture
def page(browser, site, request):
    """A page as a newcomer opens it; nothing that happens on it leaves the machine, breaks or is kept."""
    name = getattr(request, "param", live.PAGE).removesuffix(".md")
    context = browser.new_context(viewport=DESKTOP, color_scheme="light")
    context.set_default_timeout(PATIENCE)
    page, asked, broken = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.goto((site / f"{name}.html").as_uri())
    kept = page.evaluate("JSON.stringify(localStorage)")
    yield page
    assert broken == []
    assert asked and [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert page.evaluate("JSON.stringify(localStorage)") == kept
    assert context.cookies() == [] and page.evaluate("sessionStorage.length") == 0
    context.close()


def rate(page, words, stars):
    """Search and rate with the keyboard alone."""
    page.locator("#vitrine-busca").focus()
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    page.keyboard.type(stars)  # the focus is on the note of the film


def test_fifty_visitors_see_the_ten_of_python(page, data, models):
    rng = np.random.default_rng(0)
    movies = models["EASE"].movies
    visitors = [rng.choice(len(movies), N_RATED, replace=False) for _ in range(N_VISITORS)]
    halves = rng.integers(1, 11, (N_VISITORS, N_RATED))
    pairs = [np.column_stack(rated).tolist() for rated in zip(visitors, halves, strict=True)]
    shown = page.evaluate(
        "visitors => visitors.map(pairs => [0, 1, 2].map(model => VITRINE_LISTA(pairs, model)))", pairs
    )
    for rated, given, lists in zip(visitors, halves, shown, strict=True):
        for model, films in zip(models.values(), lists, strict=True):
            extended, newcomer = add_user(model, movies[rated], given / 2)
            best = top_k(extended, data, newcomer, exclude=movies[rated])
            assert movies[films].tolist() == best["movie"].tolist()


def test_list_on_the_screen_is_that_of_the_notes_given(page, data, models):
    rate(page, "toy story 1995", "4,5")
    rate(page, "matrix the 1999", "1,5")
    given = [int(np.flatnonzero(data.movie_names == name)[0]) for name in ("Toy Story (1995)", "Matrix, The (1999)")]
    for name in ("EASE", "filmes vizinhos", "mais populares"):
        page.get_by_label(name).check()
        extended, newcomer = add_user(models[name], given, [4.5, 1.5])
        assert page.evaluate(TITLES) == top_k(extended, data, newcomer, exclude=given)["title"].tolist()


def test_keyboard_is_enough_to_search_rate_and_be_told_why(page):
    first = page.evaluate(TITLES)
    page.locator("#vitrine-busca").focus()
    page.keyboard.type("amelie fabuleux")  # "Amélie", without its accent
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").startswith("Amelie")
    page.keyboard.press("Enter")
    rated = page.evaluate(TITLES)
    assert len(rated) == 10 and rated != first
    why = page.locator(".vitrine-lista small")
    assert why.first.inner_text().startswith("porque você deu 4 a Amelie")
    page.keyboard.type("2,5")
    assert why.first.inner_text().startswith("porque você deu 2,5 a Amelie")
    assert page.get_by_role("status").first.inner_text().endswith(f"{page.evaluate(TITLES)[0]}.")
    rate(page, "alien 1979", "5")
    assert page.evaluate(TITLES) != rated
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # takes Alien away
    assert page.evaluate(TITLES) == rated
    assert page.evaluate("document.activeElement.id") == "vitrine-busca"


def test_status_speaks_of_the_list_that_is_left_when_a_note_is_taken_away(page):
    status = page.get_by_role("status").first
    assert status.inner_text() == ""
    rate(page, "toy story 1995", "5")
    alone = status.inner_text()
    rate(page, "alien 1979", "5")
    assert status.inner_text() != alone
    page.get_by_role("button", name="Tirar Alien").click()
    assert status.inner_text() == alone
    page.get_by_role("button", name="Tirar Toy Story").click()
    assert status.inner_text() == "Sem notas, a lista é a dos mais populares."


@pytest.mark.parametrize("typed", ["4", "3", "5", "2,5", "0.5"])
def test_note_typed_is_the_note_given(page, typed):
    rate(page, "alien 1979", typed)
    assert page.locator(".vitrine-notas select").input_value() == str(int(2 * float(typed.replace(",", "."))))


def test_another_model_makes_another_list_and_the_notes_stay(page):
    rate(page, "spirited away", "5")
    rate(page, "toy story 1995", "3")
    lists = set()
    page.get_by_label("EASE").focus()
    for _ in range(3):
        lists.add(tuple(page.evaluate(TITLES)))
        page.keyboard.press("ArrowDown")
    assert len(lists) == 3
    assert page.locator(".vitrine-notas li").count() == 2


of_map = pytest.mark.parametrize("page", [movie_map.PAGE], indirect=True)
FOCUSED = "document.activeElement.getAttribute('aria-label')"


@of_map
def test_map_has_every_movie_where_the_lesson_puts_it(page, data):
    scores = movie_map.projected(data)
    drawn = page.evaluate("MAPA.filmes.map((name, film) => [MAPA.x[film], MAPA.y[film], MAPA.notas[film]])")
    np.testing.assert_allclose(drawn, scores.to_numpy(), atol=6e-3)
    look = (
        "[...document.querySelectorAll('circle')].map(c => [c.querySelector('title').textContent, c.cx.baseVal.value])"
    )
    where = dict(page.evaluate(look))
    assert len(where) == len(scores) == movie_map.N_MOVIES
    titles = {text.rsplit(", nota média", 1)[0]: x for text, x in where.items()}
    across = [titles[title] for title in scores.index.get_level_values("title")]
    assert np.corrcoef(across, scores[1])[0, 1] > 0.9999


@of_map
def test_map_is_searched_and_walked_with_the_keyboard(page):
    page.locator("#mapa-busca").focus()
    page.keyboard.type("star wars")
    assert page.locator("circle.achado").count() == 7
    page.keyboard.press("Enter")
    start = page.evaluate(FOCUSED)
    assert start.startswith("Star Wars: Episode IV") and page.locator(".mapa-nome").inner_text() == start
    across = "document.activeElement.cx.baseVal.value"
    before = page.evaluate(across)
    page.keyboard.press("ArrowRight")
    assert page.evaluate(across) > before and page.evaluate(FOCUSED) != start
    assert page.locator(".mapa-nome").inner_text() == page.evaluate(FOCUSED)
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.id") == "mapa-busca"
    page.keyboard.press("Tab")
    assert page.locator("circle[tabindex='0']").count() == 1 and page.evaluate(FOCUSED) != start


@of_map
def test_mouse_over_a_point_of_the_map_reads_its_title(page):
    leftmost = "points => points.reduce((a, b) => (a.cx.baseVal.value < b.cx.baseVal.value ? a : b)).id = 'leftmost'"
    page.locator("circle").evaluate_all(leftmost)
    point = page.locator("#leftmost")
    point.hover()
    title = point.locator("title").text_content()
    assert "nota média" in title and page.locator(".mapa-nome").inner_text() == title


@of_map
def test_touch_beside_a_point_chooses_it(page):
    page.set_viewport_size(PHONE)
    rightmost = page.evaluate("MAPA.x.indexOf(Math.max(...MAPA.x))")
    title = page.evaluate(f"MAPA.filmes[{rightmost}]")
    box = page.locator("circle", has_text=title).bounding_box()
    page.mouse.click(box["x"] + box["width"] + 2, box["y"] + box["height"] / 2)
    assert page.evaluate(FOCUSED).startswith(title)


@pytest.mark.parametrize("module", [live, movie_map])
def test_lesson_and_first_page_lead_to_the_page(site, module):
    address = module.PAGE.replace(".md", ".html")
    for name in (module.LESSON, "index"):
        article = bs4.BeautifulSoup((site / f"{name}.html").read_text(encoding="utf-8"), "html.parser").article
        assert article.find("a", href=lambda link: link.split("#")[0] == address).text.strip()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", [live.PAGE, movie_map.PAGE], indirect=True)
def test_page_in_use_fits_and_axe_finds_nothing_serious(page, size, scheme):
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme)
    search = page.locator("input[type=search][id]:not([name])")
    for words in ("lord of the rings", "star"):
        search.fill(words)
        search.press("Enter")
    search.fill("star")
    page.wait_for_timeout(400)  # the theme waits a little after the last change of size
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    violations = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    assert [found["id"] for found in violations if found["impact"] in ("serious", "critical")] == []


@pytest.mark.parametrize(
    ("names", "most"), [((live.DATA, "_static/vitrine.js"), 2_000_000), ((movie_map.DATA, "_static/mapa.js"), 400_000)]
)
def test_page_is_light(site, names, most):
    assert sum((site / name).stat().st_size for name in names) < most
