"""Tags for search engines and shared links: description, picture; and the page for a wrong address."""

import re
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup
from PIL import Image

from tests.book.built_site import PAGES, SITE, address, language
from tools.course import EDITIONS, ROOT

SOURCES = sorted(page.name for page in (ROOT / "book/es").glob("*.md"))
CONTENT = [page for page in PAGES if page.name != "search.html"]
WORDS = {  # a description in a language has two of its words, and none of the other's
    "es": {"cada", "con", "cuando", "cómo", "de", "del", "dice", "el", "la", "los", "para", "por", "que", "qué", "se"},
    "en": {"and", "are", "each", "for", "from", "how", "in", "is", "of", "the", "them", "this", "what", "with"},
}  # fmt: skip


def fault(description: str, lang: str) -> str:
    """Say what is wrong with a description; nothing, if all is well."""
    if not 50 <= len(description) <= 160:
        return f"{len(description)} characters: {description!r}"
    words = set(re.findall(r"\w+", description.lower()))
    other = next(edition for edition in EDITIONS if edition != lang)
    if len(words & WORDS[lang]) < 2 or words & WORDS[other]:
        return f"not in {lang}: {description!r}"
    return "" if description.endswith(".") else f"no sentence: {description!r}"


def tags(page: Path) -> dict[str, str]:
    """Return the content of a page's meta tags by name or property."""
    head = page.read_text("utf8").partition("</head>")[0]
    found = BeautifulSoup(head, "html.parser").select("meta[content]")
    return {tag.get("name") or tag.get("property"): tag["content"] for tag in found}


@pytest.mark.parametrize("lang", EDITIONS)
def test_every_source_describes_itself(lang):
    descriptions = {}
    for name in SOURCES:
        head = (ROOT / "book" / lang / name).read_text("utf8").split("---\n")[1]
        text = yaml.safe_load(head).get("myst", {}).get("html_meta", {}).get("description", "")
        assert not (wrong := fault(text, lang)), f"{lang}/{name}: {wrong}"
        assert text not in descriptions, f"{lang}/{name} says what {descriptions[text]} says"
        descriptions[text] = name


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Cómo se lee un capítulo del libro.", "es"),
        ("How a chapter is read, and what each of the boxes in it asks for.", "es"),
        ("Cómo se lee un capítulo, y qué pide cada uno de los recuadros que tiene.", "en"),
        ("How a chapter is read, and what each of the boxes in it asks for", "en"),
        ("How a chapter is read, " * 8, "en"),
    ],
)
def test_a_bad_description_is_found(text, lang):
    assert fault(text, lang)


class TestBuilt:
    """The same, in the pages that readers get."""

    pytestmark = pytest.mark.site

    @pytest.mark.parametrize("lang", EDITIONS)
    def test_every_page_has_a_description_of_its_own(self, lang):
        seen = {}
        for page in [each for each in CONTENT if language(each) == lang]:
            name, found = address(page), tags(page)
            text = found.get("description", "")
            assert not (wrong := fault(text, lang)), f"{name}: {wrong}"
            assert found["og:description"] == text, name
            assert found["og:title"], name
            assert found["og:locale"].startswith(lang), name
            assert text not in seen, f"{name} says what {seen[text]} says"
            seen[text] = name

    @pytest.mark.parametrize("lang", EDITIONS)
    def test_the_picture_is_whole_and_light(self, lang):
        file = SITE / lang / "_static/preview.png"
        with Image.open(file) as picture:
            assert picture.size == (1200, 630)
            assert len(picture.convert("RGB").getcolors(1 << 16)) > 20, "an empty picture"
        assert file.stat().st_size < 100_000

    def test_a_published_page_names_its_picture_and_its_address(self):
        if not (SITE / "sitemap.xml").exists():
            pytest.skip("this site was put together without an address")
        for page in CONTENT:
            name, found = address(page), tags(page)
            root = found["og:url"].removesuffix(name)
            assert root.startswith("http"), name
            assert (SITE / found["og:image"].removeprefix(root)).is_file(), name


def test_the_page_for_no_page_has_no_relative_address():
    """GitHub shows it for any address below the site, however deep."""
    page = BeautifulSoup((ROOT / "book/_templates/404.html").read_text("utf8"), "html.parser")
    named = [tag.get("href") or tag.get("src") for tag in page.select("[href], [src]")]
    assert {f"https://site.invalid/{lang}/index.html" for lang in EDITIONS} < set(named)
    assert not [address for address in named if not address.startswith("https://site.invalid/")]
    assert not re.search(r"url\(|@import", page.style.string)
    assert page.html["lang"] == "es"
    assert page.select("[lang=en] h2")
