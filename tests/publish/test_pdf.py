"""The printed books: whole, numbered as the pages are, with nothing cut off."""

import io
import re
from functools import cache
from pathlib import Path
from unicodedata import normalize

import pytest
from pypdf import PdfReader

from tests.book.built_site import SITE, soup
from tools.course import EDITIONS, ROOT

DOWNLOADS = ROOT / "_build/downloads"
BOOKS = {lang: DOWNLOADS / f"normalizing-flows-{lang}.pdf" for lang in EDITIONS}
A4 = (595, 842)  # points

pytestmark = [
    pytest.mark.site,
    pytest.mark.parametrize("lang", EDITIONS),
    pytest.mark.skipif(
        not all(book.exists() for book in BOOKS.values()), reason="no PDF; run: make pdf"
    ),
]


@cache
def book(lang):
    """Return a book, read."""
    return PdfReader(io.BytesIO(BOOKS[lang].read_bytes()))


@cache
def text(lang, number):
    """Return the text of a page, with equal spaces."""
    return " ".join(normalize("NFKC", book(lang).pages[number].extract_text()).split())


def bookmarks(lang):
    """Return the titles of the bookmarks of the first two levels, each with its page."""
    found = []

    def walk(entries, level):
        for entry in entries:
            if isinstance(entry, list):
                walk(entry, level + 1)
            elif level <= 2:
                found.append(
                    (" ".join(entry.title.split()), book(lang).get_destination_page_number(entry))
                )

    walk(book(lang).outline, 1)
    return found


def chapters(lang):
    """Return the titles of chapters, not of what goes further, as the site shows them."""
    pages = sorted(p for p in (SITE / lang).glob("[01]*.html") if "_further" not in p.name)
    return [soup(page).select_one("article h1").get_text().removesuffix("#") for page in pages]


def test_every_chapter_has_a_bookmark_that_leads_to_it(lang):
    marks = dict(reversed(bookmarks(lang)))  # the first of equal titles
    places = []
    for title in chapters(lang):
        assert " ".join(title.split()) in marks
        places.append(marks[" ".join(title.split())])
        assert re.sub(r"\W", "", title)[:20] in re.sub(r"\W", "", text(lang, places[-1]))
    assert places == sorted(places)


def test_contents_name_the_pages(lang):
    first = next(
        page for title, page in bookmarks(lang) if title == " ".join(chapters(lang)[3].split())
    )
    assert re.search(rf"4\. .{{5,60}}?{first + 1}\b", text(lang, 1) + text(lang, 2) + text(lang, 3))


def test_equations_and_figures_are_numbered(lang):
    marks = dict(reversed(bookmarks(lang)))
    starts = [marks[" ".join(title.split())] for title in chapters(lang)]
    figure = {"es": "Figura", "en": "Figure"}[lang]
    for chapter in (2, 4, 9):
        for words in (f"({chapter}.1)", f"{figure} {chapter}.2"):
            pages = range(starts[chapter - 1], starts[chapter - 1] + 25)
            assert any(words in text(lang, number) for number in pages), words
    assert 200 < len(book(lang).pages) < 600


def test_metadata_and_size(lang):
    reader = book(lang)
    assert reader.metadata.title == {"es": "Flujos normalizadores", "en": "Normalizing flows"}[lang]
    assert reader.trailer["/Root"]["/Lang"] == lang
    # ten chapters, and the lecture shows their figures once more
    assert BOOKS[lang].stat().st_size < 36e6
    sizes = {
        tuple(round(float(side)) for side in page.mediabox.upper_right) for page in reader.pages
    }
    assert all(abs(w - A4[0]) <= 1 and abs(h - A4[1]) <= 1 for w, h in sizes)


def test_nothing_is_cut_off_at_the_margins(lang):
    """Every glyph's origin is between the margins: on a page that is too wide, lines end beyond the right one."""
    outside = []
    for number in range(1, len(book(lang).pages), 11):

        def visit(piece, frame, matrix, font, size, number=number):
            x = matrix[4] * frame[0] + matrix[5] * frame[2] + frame[4]
            if piece.strip() and not 40 < x < A4[0] - 40:
                outside.append((number + 1, round(x), piece[:40]))

        book(lang).pages[number].extract_text(visitor_text=visit)
    assert not outside


def test_links_stay_in_the_book_or_lead_to_other_sites(lang):
    named, inside = set(book(lang).named_destinations), 0
    for page in book(lang).pages:
        for link in page.get("/Annots", []):
            action = link.get_object()
            target = action.get("/A", {}).get("/URI")
            if target is None:
                inside += 1
                if isinstance(place := action.get("/Dest"), str):
                    assert place in named
            else:
                assert not re.search(r"site\.invalid|127\.0\.0\.1|localhost|^file:", target)
    assert inside > 500


def test_the_formula_sheet_is_one_side_and_its_page_links_to_it(lang):
    sheet = PdfReader(DOWNLOADS / f"formula-sheet-{lang}.pdf")
    assert len(sheet.pages) == 1
    assert sheet.metadata.title.startswith({"es": "Hoja de fórmulas", "en": "Formula sheet"}[lang])
    if (SITE / "downloads").exists():
        links = [a["href"] for a in soup(SITE / lang / "sheet.html").select("article a[href]")]
        assert f"../downloads/formula-sheet-{lang}.pdf" in links


def test_the_start_page_links_to_the_book(lang):
    links = [a["href"] for a in soup(SITE / lang / "index.html").select("a[href*='downloads/']")]
    if not (SITE / "downloads").exists():
        pytest.skip("the site was put together before the books were printed")
    assert f"../downloads/normalizing-flows-{lang}.pdf" in links
    assert Path(SITE / "downloads" / BOOKS[lang].name).exists()
