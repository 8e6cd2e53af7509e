"""The built site, read as files: complete, in one language a page, self-contained, numbered as the notebooks are."""

import json
import re
from urllib.parse import unquote, urlsplit

import pytest

import nflib
from tests.book.built_site import (
    MOVED,
    PAGES,
    SITE,
    address,
    identifiers,
    language,
    soup,
    source,
    strings,
)
from tools.course import EDITIONS
from tools.notebooks.myst import Index

# The branch of notebooks that the site was published with, and where its pages say that they open; None elsewhere.
PUBLISHED = next(
    (f for f in [SITE.parent / "notebooks"] if SITE.name == "pages" and f.exists()), None
)
OPENS = {
    "colab": re.compile(
        r"https://colab\.research\.google\.com/github/[\w.-]+/[\w.-]+/blob/notebooks/(?P<file>.+)"
    ),
    "binder": re.compile(
        r"https://mybinder\.org/v2/gh/[\w.-]+/[\w.-]+/notebooks\?urlpath=lab/tree/(?P<file>.+)"
    ),
}
CONTENT = [p for p in PAGES if p.name != "search.html"]
RAW = re.compile(
    r"\{(?:eq|ref|numref|cite:[pt]|term|doc|prf:ref)\}|\{[\w:-]+\}`|```|:::|\$\$|\\\(|\\begin\{"
    r"|Traceback|undefined label|\bNaN\b.*✓"
)

pytestmark = pytest.mark.site


def test_both_editions_have_the_same_pages():
    es, en = (
        sorted(str(p.relative_to(SITE / lang)) for p in (SITE / lang).rglob("*.html"))
        for lang in EDITIONS
    )
    assert es == en
    assert {"index.html", "02-densities.html", "exercises/02-densities.html", "errata.html"} <= set(
        es
    )


def test_landing_page_links_to_both_editions():
    links = {a["href"] for a in soup(SITE / "index.html").select("a")}
    assert {"es/index.html", "en/index.html"} <= links


@pytest.mark.parametrize("page", PAGES, ids=address)
def test_language_and_edition_links(page):
    html = soup(page)
    assert html.html["lang"] == language(page)
    switcher = {a["hreflang"]: a["href"] for a in html.select(".nf-editions a")}
    (other,) = set(EDITIONS) - {language(page)}
    assert set(switcher) == {other}
    target = (page.parent / switcher[other]).resolve()
    assert target == SITE / other / page.relative_to(SITE / language(page)), "not the same page"
    alternates = {link["hreflang"] for link in html.select('link[rel="alternate"][hreflang]')}
    assert {*EDITIONS, "x-default"} <= alternates


@pytest.mark.parametrize("page", CONTENT, ids=address)
def test_nothing_raw_or_broken_on_the_page(page):
    body = soup(page).body
    words = " ".join(strings(body, without="pre, code, svg"))
    assert (left := RAW.search(words)) is None, left
    assert not soup(page).select(".problematic, .system-message")
    assert "katex-error" not in source(page)


@pytest.mark.parametrize("page", PAGES, ids=address)
def test_every_image_says_what_it_shows(page):
    for image in soup(page).select("article img"):
        alt = image.get("alt", "")
        assert len(alt) >= 20 and not re.search(r"\.(svg|png)$", alt), (
            f"{image.get('src')}: alt={alt!r}"
        )


@pytest.mark.parametrize("page", PAGES, ids=address)
def test_pages_need_no_other_host(page):
    html = soup(page)
    loaded = [e.get("src") for e in html.select("script, img, iframe")]
    loaded += [
        e["href"]
        for e in html.select("link")
        if e.get("rel") != ["canonical"] and "alternate" not in e["rel"]
    ]
    assert [url for url in loaded if url and urlsplit(url).netloc] == []
    inline = " ".join(script.get_text() for script in html.select("script"))
    assert "http" not in inline.replace("http://www.w3.org", ""), "an address in a script"


def test_style_sheets_need_no_other_host():
    for sheet in SITE.rglob("*.css"):
        found = re.findall(
            r"url\(\s*[\"']?(https?:)?//[^)]*\)|@import[^;]*http[^;]*", sheet.read_text("utf8")
        )
        assert not found, sheet


@pytest.mark.parametrize("page", PAGES, ids=address)
def test_links_lead_somewhere(page):
    for element in soup(page).select("a[href], link[href], script[src], img[src]"):
        url = urlsplit(element.get("href") or element.get("src"))
        if url.scheme or url.netloc or "alternate" in element.get("rel", []):
            continue
        target = (page.parent / unquote(url.path)).resolve() if url.path else page
        assert target.exists(), f"{element.name} to {url.path}"
        if url.fragment and target.suffix == ".html":
            place = unquote(url.fragment).partition(":")[0]  # of a figure, and how it is set
            assert place in identifiers(target), f"no #{url.fragment} in {address(target)}"


@pytest.mark.parametrize("lang", EDITIONS)
@pytest.mark.parametrize("old", MOVED)
def test_an_old_address_leads_to_the_page_that_took_its_place(lang, old):
    html = soup(SITE / lang / old)
    assert html.select_one("meta[http-equiv=refresh]")["content"] == f"0; url={MOVED[old]}"
    assert html.select_one("link[rel=canonical]")["href"] == MOVED[old]
    assert html.select_one("body a")["href"] == MOVED[old] and (SITE / lang / MOVED[old]).exists()


def heading_of(page, anchor):
    """Return the heading of the section in which a place of a page is."""
    place = soup(page).find(id=anchor)
    sections = (part for part in (place, *place.parents) if part.name == "section")
    return next(filter(None, (s.find(re.compile("h[1-4]"), recursive=False) for s in sections)))


@pytest.mark.parametrize("lang", EDITIONS)
def test_each_slide_leads_to_its_sections_and_they_lead_back(lang):
    lecture = SITE / lang / "lecture.html"
    slides = [i for i in identifiers(lecture) if re.fullmatch(r"slide-s\d\d", i)]
    assert len(slides) == 20
    for slide in slides:
        places = set()
        for link in heading_of(lecture, slide).parent.select("a[href*='.html#']:not(.nf-set)"):
            url = urlsplit(link["href"])
            heading = heading_of(lecture.parent / url.path, url.fragment)
            places.add(heading.get_text())
            back = [a["href"] for a in heading.select(".nf-slides a")]
            assert f"lecture.html#{slide}" in back, f"{slide}: {link['href']} does not lead back"
        assert len(places) >= 2, slide


ENGLISH = re.compile(
    r"\b(?:Proof|Theorem|Show|Hide|Click|Previous|Next|Contents|Search|Figure|Table|Chapter|Solution|Answer|"
    r"Link to|Toggle|Copy|and|the|of|with)\b"
)
CHROME = ("title", "aria-label", "placeholder", "alt", "data-tooltip")


@pytest.mark.parametrize("page", [p for p in PAGES if language(p) == "es"], ids=address)
def test_no_english_is_left_in_the_spanish_edition(page):
    left_out = "pre, code, [lang=en], em, .citation, .bibtex-citation"
    if page.name in ("glossary.html", "references.html"):  # both name English terms and titles
        left_out += ", article"
    html = soup(page)
    texts = list(strings(html, without=left_out))
    named = html.select(", ".join(f"[{a}]" for a in CHROME))
    foreign = {id(e) for e in html.select(f":is({left_out}), :is({left_out}) *")}
    texts += [e[a] for e in named for a in CHROME if e.get(a) and id(e) not in foreign]
    assert [text for text in texts if ENGLISH.search(text)] == []


@pytest.mark.parametrize("lang", EDITIONS)
def test_numbers_on_pages_are_those_in_notebooks(lang):
    index = Index(lang)
    shown: dict[str, list[str]] = {}
    for page in CONTENT:
        if language(page) == lang:
            for link in soup(page).select(".math-display .eqno[href]"):
                shown.setdefault(link.get("href", ""), []).append(link.get_text())
    for label, entry in index.labels.items():
        if entry.kind == "eq" and "." in entry.number:
            assert shown[f"#equation-{label}"] == [f"({entry.number})"], label
    figures = {k: v.number for k, v in index.labels.items() if v.kind == "fig"}
    for page in CONTENT:
        for figure in soup(page).select("article figure[id]"):
            if language(page) == lang and figure["id"] in figures:
                number = figure.select_one(".caption-number").get_text()
                assert number.split()[-1] == figures[figure["id"]], figure["id"]


@pytest.mark.parametrize("page", PAGES, ids=address)
def test_the_notebook_of_a_page_is_where_its_buttons_say(page):
    edition = SITE / language(page)
    name = page.relative_to(edition).with_suffix(".ipynb").as_posix()
    buttons = {
        kind: soup(page).select_one(f".nf-{kind}") for kind in ("download", "colab", "binder")
    }
    assert bool(buttons["download"]) == (edition / "notebooks" / name).exists()
    for kind, opens in OPENS.items():
        assert bool(buttons[kind]) == bool(buttons["download"] and PUBLISHED), kind
        if buttons[kind]:
            assert (found := opens.fullmatch(buttons[kind]["href"])), buttons[kind]["href"]
            assert found["file"] == f"{language(page)}/{name}"
            assert (PUBLISHED / found["file"]).exists()
    if buttons["download"]:
        notebook = (page.parent / buttons["download"]["href"]).resolve()
        assert notebook == edition / "notebooks" / name
        assert json.loads(notebook.read_text("utf8"))["nbformat"] == 4


@pytest.mark.parametrize("page", PAGES, ids=address)
def test_nothing_is_left_to_be_filled_in(page):
    assert not re.search(r"@@\w+@@|site\.invalid|<!--(?:if|end if)", source(page))


@pytest.mark.parametrize("lang", EDITIONS)
def test_the_gallery_shows_every_figure_once_with_its_number(lang):
    shown = {}
    for card in soup(SITE / lang / "gallery.html").select("article ul.nf-gallery > li"):
        link = card.select_one(".nf-gallery-link a")
        picture = link.select_one("img[loading=lazy], .nf-gallery-drawing svg")
        assert picture, link["href"]
        assert link["href"] not in shown
        shown[link["href"]] = link.select_one(".nf-gallery-number").get_text()
        assert ("interactiv" in link.get_text()) == (picture.name == "svg")
        assert len(card.select_one("p:not(.nf-gallery-link)").get_text()) > 15, "no caption"
    expected = {}
    for page in CONTENT:
        if language(page) == lang:
            for figure in soup(page).select("article figure[id]:has(.caption-number)"):
                address = f"{page.relative_to(SITE / lang)}#{figure['id']}"
                expected[address] = figure.select_one(".caption-number").get_text().strip()
    assert {a: n.split(" · ")[0].strip() for a, n in shown.items()} == expected


@pytest.mark.parametrize("lang", EDITIONS)
def test_the_reference_has_every_name_and_chapters_lead_to_it_and_back(lang):
    reference = [page for page in CONTENT if page.match(f"{lang}/api-*.html")]
    places = set().union(*map(identifiers, reference))
    assert sorted({f"nflib.{name}" for name in nflib.__all__} - places) == []
    chapter, entry = "06-planar-flows.html", "api-planar.html#nflib.PlanarStack"
    links = lambda page: {a["href"] for a in soup(SITE / lang / page).select("article a[href]")}
    assert entry in links(chapter)
    back = soup(SITE / lang / "api-planar.html").find(id="nflib.PlanarStack").parent
    assert any(a["href"].startswith(f"{chapter}#") for a in back.select("a[href]"))
