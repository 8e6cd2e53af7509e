"""The built site, in the folder that the variable NFBOOK_SITE names or in _build/site: its pages, read and parsed."""

import os
import re
from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup, NavigableString

from tools.course import EDITIONS, ROOT

SITE = Path(os.environ.get("NFBOOK_SITE") or ROOT / "_build/site").resolve()

MOVED = {"coverage.html": "lecture.html"}  # pages that only lead on
PAGES = [
    path
    for lang in EDITIONS
    for path in sorted((SITE / lang).rglob("*.html"))
    if "_static" not in path.parts and path.name not in MOVED
]
FORMULA = '<span class="katex">'
_SPAN = re.compile(r"<span\b|</span>")
_ID = re.compile(r'<[a-z][^<>]*?\sid="([^"]+)"')


def address(page) -> str:
    """Return a page's address in the site: the id of its tests."""
    return page.relative_to(SITE).as_posix()


def language(page) -> str:
    """Return the edition that a page belongs to."""
    return page.relative_to(SITE).parts[0]


@cache
def source(page) -> str:
    """Return the HTML of a page."""
    return page.read_text("utf8")


@cache
def soup(page) -> BeautifulSoup:
    """Return a page, parsed; formulas are empty ``.katex``: three of four elements are theirs."""
    return BeautifulSoup(without_formulas(source(page)), "html.parser")


@cache
def identifiers(page) -> frozenset[str]:
    """Return the ids of a page: where its links may lead."""
    return frozenset(_ID.findall(source(page)))


def without_formulas(html: str) -> str:
    """Empty the elements in which KaTeX writes formulas."""
    kept, end = [], 0
    while (start := html.find(FORMULA, end)) >= 0:
        kept.append(html[end : start + len(FORMULA)])
        depth = 0
        for tag in _SPAN.finditer(html, start):
            depth += -1 if tag[0] == "</span>" else 1
            if depth == 0:
                end = tag.start()
                break
        else:
            raise ValueError("a formula that does not end")
    return "".join([*kept, html[end:]])


def strings(element, without: str):
    """Yield the strings of an element, but for those inside what a selector ``without`` finds."""
    left_out = {id(part) for part in element.select(without)}
    parts = [element]
    while parts:
        part = parts.pop()
        if type(part) is NavigableString:  # and no comment, script or style sheet
            yield part
        elif not isinstance(part, str) and id(part) not in left_out:
            parts.extend(reversed(part.contents))


def pages_with(figure: str) -> list[str]:
    """Return the addresses of the pages that show an interactive figure."""
    return [address(page) for page in PAGES if f'data-interactive="{figure}"' in source(page)]
