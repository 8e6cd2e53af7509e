"""Search, as a reader uses it: the page, the dialog, and what a result shows and leads to."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import violations

pytestmark = pytest.mark.browser
WORDS = pytest.mark.parametrize(("language", "word"), [("es", "jacobiano"), ("en", "Jacobian")])

RAW = re.compile(r"\\[a-zA-Z]+|\$|\{(?:eq|ref|numref|cite|term|doc)|[_^]\{")
# The line above the results says how many there are
FINISHED = """() => {
  const said = document.querySelector("#search-results .search-summary")?.innerText.match(/[0-9]+/);
  return said && document.querySelectorAll("#search-results ul.search > li").length === Number(said[0]);
}"""


def results(page):
    """Return what a search finds, once all of it is there."""
    found = page.locator("#search-results ul.search > li")
    page.wait_for_function(FINISHED, timeout=15_000)
    assert found.count() > 2
    return found


@pytest.mark.parametrize(
    ("language", "word", "stem"),
    [
        ("es", "densidad", "densid"),
        ("en", "density", "densit"),
        ("es", "jacobiano", "jacobian"),
        ("en", "Jacobian", "jacobian"),
    ],
)
def test_search_finds_pages_that_contain_the_word(page, host, language, word, stem):
    page.goto(f"{host}/{language}/search.html?q={word}")
    found = results(page)
    links = found.locator("> a").evaluate_all("links => links.map((link) => link.href)")
    for link in dict.fromkeys(link.partition("#")[0] for link in links):
        assert link.startswith(f"{host}/{language}/")
        assert re.search(stem, page.request.get(link).text(), re.I), f"{link} says nothing of it"
    found.first.locator("> a").click()
    page.wait_for_url(f"{host}/{language}/**")
    assert "search.html" not in page.url


def addresses(page, host, language, asked):
    """Return where the results for some words lead, in their order."""
    page.goto(f"{host}/{language}/search.html?q={asked}")
    links = results(page).locator("> a")
    return links.evaluate_all("links => links.map((link) => link.getAttribute('href'))")


@pytest.mark.parametrize(
    ("plain", "accented"),
    [("funcion", "función"), ("MOTIVACION", "motivación"), ("transformacion", "transformaciones")],
)
def test_accents_case_and_number_do_not_matter(page, host, plain, accented):
    assert addresses(page, host, "es", plain) == addresses(page, host, "es", accented)


@pytest.mark.parametrize(("language", "word"), [("es", "determinante"), ("en", "determinant")])
def test_results_are_sections_chapters_before_further_pages_before_solutions(
    page, host, language, word
):
    found = addresses(page, host, language, word)
    first = lambda form: next(n for n, address in enumerate(found) if re.match(form, address))
    assert first(r"\d\d-[a-z-]+\.html") < first(r"\d\d-[a-z-]+_further")
    assert not any(address.startswith("solutions/") for address in found[:5])
    section = next(address for address in found if "#" in address)
    page.goto(f"{host}/{language}/{section}")
    heading = page.locator(f"[id='{section.partition('#')[2]}'] :is(h1, h2, h3, h4)").first
    expect(heading).to_contain_text(re.compile(word, re.I))
    expect(heading).to_be_in_viewport()


@pytest.mark.parametrize(
    ("language", "said"), [("es", "No hay nada sobre «zxqv»"), ("en", "Nothing about “zxqv”")]
)
def test_that_nothing_was_found_is_said(page, host, language, said):
    page.goto(f"{host}/{language}/search.html?q=zxqv")
    expect(page.locator("#search-results")).to_contain_text(said)


@WORDS
def test_results_show_words_and_no_markup(page, host, language, word):
    page.goto(f"{host}/{language}/search.html?q={word}")
    found = results(page)
    expect(found.locator("p.context").first).to_contain_text(re.compile(word, re.I))
    assert not (raw := RAW.search("\n".join(found.all_inner_texts()))), raw


@WORDS
def test_search_dialog_by_keyboard(page, host, language, word):
    page.goto(f"{host}/{language}/02-densities.html")
    dialog = page.locator("#pst-search-dialog")
    assert not dialog.is_visible()
    page.keyboard.press("Control+k")
    expect(dialog.locator("input[type=search]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type(word)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{host}/{language}/search.html?q={word}*")
    results(page)


def test_results_are_accessible(visit):
    page = visit("es/search.html?q=jacobiano")
    expect(results(page).locator("span.highlighted").first).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("language", ["es", "en"])
def test_search_finds_the_entry_of_a_name(page, host, language):
    page.goto(f"{host}/{language}/search.html?q=PlanarStack")
    found = results(page).locator("> a").evaluate_all("links => links.map((link) => link.href)")
    assert f"{host}/{language}/api-planar.html#nflib.PlanarStack" in found
