"""Print each edition of the built site as one book: _build/downloads/normalizing-flows-{es,en}.pdf.

Chromium prints the pages that `make book` left in _build/site, joined in the order of the table of contents
(pdf_document.py). It prints more than once: the first time shows on which page each heading falls, which the contents
need. The book has bookmarks, and tags for screen readers. The same site gives the same pages, dated as the release is.

Usage: python -m tools.site.pdf [--site _build/site] [--out _build/downloads] [es en]
"""

from __future__ import annotations

import argparse
import io
import logging
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from pypdf import PdfReader, PdfWriter
from pypdf.generic import BooleanObject, DictionaryObject, NameObject, TextStringObject

from tools.course import BUILD, EDITIONS
from tools.site.chromium import FLAGS, find_chromium
from tools.site.pdf_document import Edition, document, read_edition

NAME = "normalizing-flows-{lang}.pdf"
MOST = 3  # times that a book is printed until its contents name the right pages
OPTIONS = {"prefer_css_page_size": True, "print_background": True, "tagged": True, "outline": True}

# Formulas and tables that are wider than the sheet become smaller; returns those that are too wide even so
FIT = """() => {
  const excess = (element) => element.matches("table")
    ? element.offsetWidth / element.parentElement.clientWidth : element.scrollWidth / element.clientWidth;
  const wide = [...document.querySelectorAll(".math-body, article table, article pre")]
    .filter((element) => excess(element) > 1.002);
  for (const element of wide) {
    const scale = Math.max(0.6, Math.floor(100 / excess(element)) / 100);
    element.style.fontSize = `calc(${scale} * ${getComputedStyle(element).fontSize})`;
  }
  return wide.filter((element) => excess(element) > 1.01).map((element) => element.textContent.slice(0, 60));
}"""

FILL = """(pages) => {
  for (const place of document.querySelectorAll("[data-page-of]"))
    place.textContent = pages[place.dataset.pageOf] ?? "000";
}"""

READY = """async () => {
  await Promise.all([...document.images].map((image) => image.decode().catch(() => null)));
  await document.fonts.ready;
  return [...document.images].filter((image) => !image.naturalWidth).map((image) => image.src);
}"""


HEADINGS = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
  .map((heading) => heading.innerText.replace(/\\s+/g, " ").trim())"""


class CannotPrint(Exception):
    """Something that the book needs is missing."""


def numbers(pdf: bytes) -> dict[str, int]:
    """Return the page, counted from 1, of each place to which something links."""
    reader = PdfReader(io.BytesIO(pdf))
    pages = {page.indirect_reference.idnum: n for n, page in enumerate(reader.pages, 1)}
    return {
        name.removeprefix("/"): pages[place.page.idnum]
        for name, place in reader.named_destinations.items()
    }


def open_document(browser, html: Path):
    """Open a document in a new page of the browser, ready to be printed.

    A page that is printed twice is not broken into sheets at the same places.

    Raises:
        CannotPrint: if a picture is missing, or something would be cut off.
    """
    page = browser.new_page(viewport={"width": 635, "height": 960})  # the width of the text
    page.set_default_timeout(300_000)
    page.emulate_media(media="print", color_scheme="light")
    page.goto(html.as_uri())
    if missing := page.evaluate(READY):
        raise CannotPrint(f"pictures are missing: {', '.join(missing)}")
    if cut_off := page.evaluate(FIT):
        raise CannotPrint(f"too wide for the sheet: {cut_off}")
    return page


def print_book(html: Path) -> tuple[bytes, list[str]]:
    """Print a document until its contents name the right pages; return it and its headings.

    Raises:
        CannotPrint: if there is no Chromium, or the book would lack something.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            raise CannotPrint("no Chromium or Chrome on the PATH, nor in the variable CHROMIUM")
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        places: dict[str, int] = {}
        for _ in range(MOST):  # twice, or more if the numbers themselves move a line
            page = open_document(browser, html)
            page.evaluate(FILL, places)
            pdf = page.pdf(**OPTIONS)
            before, places = places, numbers(pdf)
            if places == before:
                break
        else:
            raise CannotPrint(f"after {MOST} times, pages still move")
        headings = page.evaluate(HEADINGS)
        browser.close()
    return pdf, headings


def name_bookmarks(writer: PdfWriter, headings: list[str]) -> None:
    """Give each bookmark the words of its heading: Chromium writes those that begin a page twice.

    Raises:
        CannotPrint: if there are not as many bookmarks as headings.
    """
    bookmarks = list(in_order(writer.root_object["/Outlines"]))
    if len(bookmarks) != len(headings):
        raise CannotPrint(f"{len(headings)} headings, and {len(bookmarks)} bookmarks")
    for bookmark, heading in zip(bookmarks, headings, strict=True):
        bookmark[NameObject("/Title")] = TextStringObject(heading)


def in_order(parent: DictionaryObject) -> Iterator[DictionaryObject]:
    """Yield the bookmarks below one, as they are read."""
    child = parent.get("/First")
    while child is not None:
        bookmark = child.get_object()
        yield bookmark
        yield from in_order(bookmark)
        child = bookmark.get("/Next")


def finish(pdf: bytes, headings: list[str], edition: Edition, file: Path) -> int:
    """Write the bookmarks' words, the metadata and the file; return the number of pages."""
    logging.getLogger("pypdf").setLevel(logging.ERROR)  # Chromium's trailer counts wrongly
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf)))
    name_bookmarks(writer, headings)
    date = f"D:{edition.released:%Y%m%d}000000Z"
    writer.metadata = {
        "/Title": edition.title,
        "/Author": edition.author,
        "/CreationDate": date,
        "/ModDate": date,
    }
    root = writer.root_object
    root[NameObject("/Lang")] = TextStringObject(edition.lang)
    writer.create_viewer_preferences()
    writer.viewer_preferences[NameObject("/DisplayDocTitle")] = BooleanObject(True)
    writer.page_mode = "/UseOutlines"
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    with new.open("wb") as stream:
        writer.write(stream)
    new.replace(file)
    return len(writer.pages)


def make(lang: str, site: Path, out: Path) -> str:
    """Make one edition's book; return a line that says what it is."""
    start = time.monotonic()
    edition = read_edition(site, lang)
    work = BUILD / "pdf"
    work.mkdir(parents=True, exist_ok=True)
    html = work / f"{lang}.html"
    html.write_text(document(edition, site / lang, work), "utf8")
    print(f"  {lang}  {len(edition.pages)} pages of the site joined", flush=True)
    file = out / NAME.format(lang=lang)
    pages = finish(*print_book(html), edition, file)
    size = file.stat().st_size / 1e6
    return f"  {lang}  {pages} pages, {size:.1f} MB in {time.monotonic() - start:.0f} s: {file}"


def main() -> int:
    """Make the books that are asked for, at the same time; return the exit status."""
    parser = argparse.ArgumentParser(description="Print each edition as a PDF.")
    parser.add_argument("editions", nargs="*", default=list(EDITIONS), metavar="LANG")
    parser.add_argument("--site", type=Path, default=BUILD / "site", help="the built site")
    parser.add_argument("--out", type=Path, default=BUILD / "downloads", help="where to write")
    options = parser.parse_args()
    for lang in options.editions:
        if not (options.site / lang / "index.html").exists():
            print(f"error: no edition {lang!r} in {options.site}: run `make book` first")
            return 1
    site, out = options.site.resolve(), options.out.resolve()
    print("Books (Chromium prints the built pages until the contents are right)", flush=True)
    # One process an edition: parsing is Python's work, and playwright's loop belongs to one thread
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(make, lang, site, out) for lang in options.editions]
        try:
            for job in as_completed(jobs):
                print(job.result(), flush=True)
        except CannotPrint as error:
            print(f"error: {error}")
            return 1
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted; the books that were there are as they were")
