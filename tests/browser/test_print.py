"""Any page on paper: a handout without what belongs to the screen, unfolded, light, with nothing cut off."""

import io

import pytest
from pypdf import PdfReader

from tools.course import EDITIONS

PAGES = ["es/02-densities.html", "en/exercises/02-densities.html", "es/index.html"]
PAGES += ["es/lecture.html", "es/sheet.html"]
CHROME = ".bd-header-article, .bd-sidebar-primary, .bd-sidebar-secondary, .prev-next-footer"
CHROME += ", .headerlink, .copybtn, footer"
WIDTH = 658  # pixels of an A4 sheet between the margins of print.css

pytestmark = pytest.mark.browser
FOLDED = (
    "[...document.querySelectorAll('article details:not(.verify)')].filter((e) => !e.open).length"
)

CUT_OFF = """() => [...document.querySelectorAll("article :is(pre, table, img, .math-body)")]
  .filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1
    || e.matches("pre") && e.scrollWidth > e.clientWidth + 1)
  .map((e) => e.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("path", PAGES)
def test_on_paper(page, host, path):
    page.set_viewport_size({"width": WIDTH, "height": 940})
    page.goto(f"{host}/{path}")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    for element in page.locator(CHROME).all():
        assert not element.is_visible(), element.evaluate("e => e.outerHTML.slice(0, 100)")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(FOLDED) == 0
    assert page.evaluate(CUT_OFF) == []
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_folded_part_is_open_on_paper_and_folded_afterwards(page, host):
    page.goto(f"{host}/es/02-densities.html")
    before = page.evaluate(FOLDED)
    assert before > 5
    page.pdf()
    assert page.evaluate(FOLDED) == before


@pytest.mark.parametrize("lang", EDITIONS)
def test_the_formula_sheet_takes_one_side_of_a4(page, host, lang):
    page.goto(f"{host}/{lang}/sheet.html")
    (side,) = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
    assert [round(float(length)) for length in side.mediabox.upper_right] == [595, 842]
    words = side.extract_text()
    assert all(str(box) in words for box in range(1, 7)) and "ESS" in words, "something is missing"
