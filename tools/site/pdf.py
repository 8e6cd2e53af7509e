"""Print each edition of the built site as one book: _build/downloads/normalizing-flows-{es,en}.pdf.

And its formula sheet alone, on one side: formula-sheet-{es,en}.pdf.

Chromium prints the pages that `make book` left in _build/site, joined in the order of the table of contents
(pdf_document.py). It prints more than once: the first time shows on which page each heading falls, which the contents
need. The book has bookmarks, and tags for screen readers. The same site gives the same pages, dated as the release is.

Usage: python -m tools.site.pdf
"""

from __future__ import annotations

import io
import logging
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from pypdf import PdfReader, PdfWriter
from pypdf.generic import BooleanObject, DictionaryObject, NameObject, TextStringObject

from tools.course import BUILD, EDITIONS
from tools.site.chromium import FLAGS, find_chromium
from tools.site.pdf_document import Edition, document, read_edition

SITE, NAME, SHEET = BUILD / "site", "normalizing-flows", "formula-sheet"
MOST = 3  # times that a book is printed until its contents name the right pages
OPTIONS = {"prefer_css_page_size": True, "print_background": True, "tagged": True, "outline": True}

SCRIPT = Path(__file__).with_name("pdf.js")


class CannotPrint(Exception):
    """Something that the book needs is missing."""


def numbers(pdf: bytes) -> dict[str, int]:
    """Return the page, counted from 1, of each place to which something links."""
    reader = PdfReader(io.BytesIO(pdf))
    return {
        name.removeprefix("/"): reader.get_destination_page_number(place) + 1
        for name, place in reader.named_destinations.items()
    }


@contextmanager
def browser() -> Iterator:
    """Start Chromium.

    Raises:
        CannotPrint: if there is none.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            raise CannotPrint("no Chromium or Chrome on the PATH, nor in the variable CHROMIUM")
        yield playwright.chromium.launch(executable_path=path, args=list(FLAGS))


def print_book(html: Path) -> tuple[bytes, list[str]]:
    """Print a document until its contents name the right pages; return it and its headings.

    Each time in a new page of the browser: one that is printed again breaks at other places.

    Raises:
        CannotPrint: if there is no Chromium, a picture is missing, or something would be cut off.
    """
    with browser() as chromium:
        places: dict[str, int] = {}
        text = {"width": 635, "height": 960}  # as wide as that of the book
        for _ in range(MOST):  # twice, or more if the numbers themselves move a line
            page = chromium.new_page(viewport=text)
            page.set_default_timeout(300_000)
            page.emulate_media(media="print", color_scheme="light")
            page.goto(html.as_uri())
            page.add_script_tag(path=SCRIPT)
            if missing := page.evaluate("missingPictures()"):
                raise CannotPrint(f"pictures are missing: {', '.join(missing)}")
            if cut_off := page.evaluate("cutOff()"):
                raise CannotPrint(f"too wide for the sheet: {cut_off}")
            page.evaluate("pages => fillContents(pages)", places)
            pdf = page.pdf(**OPTIONS)
            before, places = places, numbers(pdf)
            if places == before:
                return pdf, page.evaluate("headings()")
        raise CannotPrint(f"after {MOST} times, pages still move")


def print_sheet(page: Path) -> bytes:
    """Print the page of the formula sheet as any reader would.

    Raises:
        CannotPrint: if there is no Chromium, something would be cut off, or one side is not enough.
    """
    with browser() as chromium:
        sheet = chromium.new_page()
        sheet.goto(page.as_uri())
        sheet.emulate_media(media="print", color_scheme="light")
        sheet.add_script_tag(path=SCRIPT)
        if cut_off := sheet.evaluate("cutOff()"):
            raise CannotPrint(f"too wide for the sheet: {cut_off}")
        pdf = sheet.pdf(prefer_css_page_size=True, print_background=True, tagged=True)
    if (sides := len(PdfReader(io.BytesIO(pdf)).pages)) != 1:
        raise CannotPrint(f"the formula sheet needs {sides} sides")
    return pdf


def bookmarks(parent: DictionaryObject) -> Iterator[DictionaryObject]:
    """Yield the bookmarks below one, as they are read."""
    child = parent.get("/First")
    while child is not None:
        bookmark = child.get_object()
        yield bookmark
        yield from bookmarks(bookmark)
        child = bookmark.get("/Next")


def finish(pdf: bytes, headings: list[str], edition: Edition, file: Path) -> int:
    """Write the bookmarks' words, the metadata and the file; return the number of pages."""
    logging.getLogger("pypdf").setLevel(logging.ERROR)  # Chromium's trailer counts wrongly
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf)))
    marks = list(bookmarks(writer.root_object.get("/Outlines", DictionaryObject())))
    if len(marks) != len(headings):
        raise CannotPrint(f"{len(headings)} headings, and {len(marks)} bookmarks")
    for mark, heading in zip(marks, headings, strict=True):  # Chromium writes some words twice
        mark[NameObject("/Title")] = TextStringObject(heading)
    date = f"D:{edition.released:%Y%m%d}000000Z"
    about = {"/Title": edition.title, "/Author": edition.author}
    writer.metadata = about | {"/CreationDate": date, "/ModDate": date}
    writer.root_object[NameObject("/Lang")] = TextStringObject(edition.lang)
    writer.create_viewer_preferences()[NameObject("/DisplayDocTitle")] = BooleanObject(True)
    writer.page_mode = "/UseOutlines" if marks else "/UseNone"
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    writer.write(new)
    new.replace(file)
    return len(writer.pages)


def make(lang: str) -> str:
    """Make one edition's book and its formula sheet; return a line that says what they are."""
    start, edition = time.monotonic(), read_edition(SITE, lang)
    html, file = BUILD / "pdf" / f"{lang}.html", BUILD / "downloads" / f"{NAME}-{lang}.pdf"
    sheet = next(page for page in edition.pages if page.name == "sheet")
    title = f"{sheet.title.get_text().removesuffix('#')} · {edition.title}"
    alone = BUILD / "downloads" / f"{SHEET}-{lang}.pdf"
    finish(print_sheet(SITE / lang / "sheet.html"), [], replace(edition, title=title), alone)
    html.parent.mkdir(parents=True, exist_ok=True)
    html.write_text(document(edition, f"../site/{lang}"), "utf8")
    print(f"  {lang}  {len(edition.pages)} pages of the site joined", flush=True)
    pages, size = finish(*print_book(html), edition, file), file.stat().st_size / 1e6
    return f"  {lang}  {pages} pages, {size:.1f} MB in {time.monotonic() - start:.0f} s: {file}"


def main() -> int:
    """Make both books, at the same time; return the exit status."""
    if not all((SITE / lang / "index.html").exists() for lang in EDITIONS):
        print(f"error: no site in {SITE}: run `make book` first")
        return 1
    print("Books (Chromium prints the built pages until the contents are right)", flush=True)
    # One process an edition: parsing is Python's work, and playwright's loop belongs to one thread
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(make, lang) for lang in EDITIONS]
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
