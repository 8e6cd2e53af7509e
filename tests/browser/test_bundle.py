"""The zip file for a classroom without a network: unpacked anywhere, it works from the disk."""

import re
import zipfile

import pytest

from tests.book.built_site import SITE
from tools.course import EDITIONS, ROOT
from tools.site.bundle import FOLDER, NAME, bundle

BUILT = ROOT / "_build/site"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not BUILT.exists(), reason="no site in _build/site: run `make book`"),
]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """Return the folder of the unpacked course."""
    made = ROOT / "_build/downloads" / NAME
    folder = tmp_path_factory.mktemp("offline")
    if not made.exists():
        made = folder / NAME
        bundle(made)
    with zipfile.ZipFile(made) as zipped:
        zipped.extractall(folder)
    return folder / FOLDER


def test_it_has_everything_and_says_how_to_begin(unpacked):
    assert {"LEEME.txt", "README.txt", "index.html"} <= {p.name for p in unpacked.iterdir()}
    (wheel,) = unpacked.glob("nflib-*.whl")
    for name in ("LEEME.txt", "README.txt"):
        assert wheel.name in (unpacked / name).read_text("utf8")
    for lang in EDITIONS:
        pages = {p.relative_to(BUILT / lang) for p in (BUILT / lang).rglob("*.html")}
        assert pages == {p.relative_to(unpacked / lang) for p in (unpacked / lang).rglob("*.html")}
        assert len(list((unpacked / lang / "notebooks").rglob("*.ipynb"))) == 43
    assert not list(unpacked.rglob("*.pdf"))


def test_no_page_offers_what_is_not_in_it(unpacked):
    for page in ("es/index.html", "en/index.html"):
        text = (unpacked / page).read_text("utf8")
        assert "downloads/" not in text and "colab.research" not in text


def test_the_same_site_gives_the_same_file(tmp_path):
    first, second = (tmp_path / name for name in ("a.zip", "b.zip"))
    bundle(first)
    bundle(second)
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_size < 40e6


@pytest.mark.parametrize("lang", EDITIONS)
def test_formulas_and_figures_work_from_the_disk(page, unpacked, lang):
    page.goto((unpacked / lang / "04-change-of-variables.html").as_uri())
    page.wait_for_function("document.fonts.check('16px KaTeX_Main')")
    page.wait_for_function("document.fonts.check('italic 16px KaTeX_Math')")
    figure = page.locator("[data-interactive]").first
    before = figure.locator("svg").first.inner_html()
    figure.locator("input[type=range]").first.press("End")
    assert figure.locator("svg").first.inner_html() != before
    other = {"es": "en", "en": "es"}[lang]
    page.locator(f"a[hreflang={other}]:visible").first.click()
    page.wait_for_url(
        re.compile(f"^file:.*/{other}/04-change-of-variables.html#fig-")
    )  # same place


@pytest.mark.parametrize(("lang", "word"), [("es", "jacobiano"), ("en", "Jacobian")])
def test_search_works_from_the_disk(page, unpacked, lang, word):
    page.goto((unpacked / lang / "search.html").as_uri() + f"?q={word}")
    result = page.locator("#search-results li a").first
    result.wait_for()
    result.click()
    page.wait_for_load_state()
    assert page.url.startswith("file://") and "search.html" not in page.url
    assert word.lower() in page.locator("article").inner_text().lower()


def test_it_is_the_site_that_was_published():
    if SITE == BUILT:
        pytest.skip("nothing was published")
    assert (SITE / "downloads" / NAME).exists()
