"""One HTML document of all the pages of an edition, in the order of its table of contents, made for paper.

The pages are those of the built site. Every id takes the name of its page in front, so that links between pages become
links within the document; a link to a page or file that is not in the book leaves its words behind. The document
itself is pdf.html, with pdf.css.
"""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urlsplit

import matplotlib
import yaml
from babel.dates import format_date
from bs4 import BeautifulSoup, Tag
from jinja2 import StrictUndefined, Template

from tools.course import ROOT
from tools.site.address import SITE
from tools.site.build import configuration

HERE = Path(__file__)
LEFT_OUT = re.compile(
    "index|gallery|peers|api.*"
)  # the title page replaces one; others are for a screen
FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
WORDS = tomllib.loads(HERE.with_name("pdf.toml").read_text("utf8"))


@dataclass
class Page:
    """A page of the site: its name (``exercises/02-densities``), the part it belongs to, its tree."""

    name: str
    part: str
    tree: BeautifulSoup

    @property
    def key(self) -> str:
        """The page's name as an id, and as a name in CSS, which begins with a letter."""
        return "p-" + self.name.replace("/", "-")

    @property
    def article(self) -> Tag:
        """The text of the page."""
        return self.tree.select_one("article.bd-article")

    @property
    def title(self) -> Tag:
        """The heading of the page, with its number."""
        return self.article.find(["h1", "h2"])

    @property
    def footer(self) -> str:
        """The title as a string in CSS."""
        return text_of(self.title).replace("\\", "").replace('"', "”")

    @property
    def sections(self) -> list[tuple[str, str]]:
        """The id and the title of each section that the contents name: those of chapters."""
        headings = self.article.find_all("h2") if re.match(r"\d\d-", self.name) else []
        return [(h.find_parent("section")["id"], h.decode_contents()) for h in headings]


@dataclass
class Edition:
    """The parts of one edition's book."""

    lang: str
    title: str
    author: str
    follows: str
    version: str
    released: datetime.date
    pages: list[Page]


def text_of(element: Tag) -> str:
    """Return an element's words in one line."""
    return " ".join(element.get_text().split())


def parse(path: Path) -> BeautifulSoup:
    """Read a page."""
    return BeautifulSoup(path.read_text("utf8"), "html.parser")


def read_edition(site: Path, lang: str) -> Edition:
    """Read the pages of the built site that the book has, in order, and what its title page says."""
    words, settings = WORDS[lang], configuration(lang)
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf8"))
    version, released, (lecture, *_) = (
        citation[name] for name in ("version", "date-released", "references")
    )
    course = lecture["notes"].strip().removeprefix("Lecture of the course ")
    if lang == "es":
        course = re.sub(r'"([^"]*)"', r"«\1»", course)
    by = "{given-names} {family-names}".format(**lecture["authors"][0])
    follows = {"title": lecture["title"], "author": by, "course": escape(course, quote=False)}
    date = format_date(released, "long", locale={"en": "en_GB"}.get(lang, lang))
    pages = [
        Page(name, part, parse(site / lang / f"{name}.html"))
        for part, name in in_order(parse(site / lang / "index.html"))
        if not LEFT_OUT.fullmatch(name)
    ]
    for page in pages:
        if page.name.startswith("solutions/"):
            page.part = words["solutions"]
    return Edition(
        lang, settings["title"], settings["author"][0].upper() + settings["author"][1:],
        words["follows"].format(**follows), words["version"].format(version=version, date=date),
        released, sorted(pages, key=lambda page: page.part == words["solutions"]),
    )  # fmt: skip


def in_order(index: BeautifulSoup) -> Iterator[tuple[str, str]]:
    """Yield (caption of the part, page) from the sidebar, which is the table of contents."""
    for part in index.select("nav.bd-docs-nav p.caption"):
        for link in part.find_next_sibling("ul").select("a.reference.internal"):
            yield text_of(part), link["href"].partition("#")[0].removesuffix(".html")


# What means something on a screen only
ON_SCREEN = (
    ".headerlink, script, noscript, button, link, .katex-mathml, .nf-noprint, .nf-slides, .toctree-wrapper, "
    "div.cell details.hide > summary, .sd-summary-state-marker"
)


def prepare(page: Page, keys: dict[str, str], folder: str) -> None:
    """Give a page ids, links and pictures that hold in the document, and the look of paper.

    ``keys`` has the id in the document of each page that is in it; ``folder`` is as for ``document``.
    """
    article, here = page.article, dirname(page.name)
    for part in article.select(ON_SCREEN):
        part.decompose()
    for folded in article.select("div.cell details.hide"):
        folded.name = "div"  # its summary is gone, and a browser would write one of its own
    for element in article.find_all(True):
        for name, value in element.attrs.items():
            if name in ("id", "for"):
                element[name] = f"{page.key}--{value}"
            elif isinstance(value, str):
                element[name] = value.replace("url(#", f"url(#{page.key}--")
        for name in ("tabindex", "title", "loading"):
            element.attrs.pop(name, None)
        if element.name == "details" and "verify" not in element.get("class", []):
            element["open"] = ""
    for image in article.find_all("img", src=True):
        image["src"] = moved(image["src"], join(folder, here))
    for link in article.find_all(["a", "use"], href=True):
        relink(link, page, keys, here)
    if page.name.startswith(("exercises/", "solutions/")):  # below the heading of their part
        for heading in article.find_all(["h1", "h2", "h3"]):
            heading.name = f"h{int(heading.name[1]) + 1}"


def moved(address: str, folder: str) -> str:
    """Return the address in the document of what has an address on the pages in ``folder``."""
    if urlsplit(address).scheme:
        return address
    return normpath(join(folder, unquote(urlsplit(address).path)))


def relink(link: Tag, page: Page, keys: dict[str, str], here: str) -> None:
    """Turn a link of the site into one of the document, or into its words."""
    parts = urlsplit(link["href"])
    if parts.scheme in ("http", "https", "mailto") and not link["href"].startswith(SITE):
        return
    target, place = page.name, parts.fragment.partition(":")[0]
    if parts.scheme or parts.path:
        target = normpath(join(here, unquote(parts.path))).removesuffix(".html")
    if not parts.scheme and target in keys:
        link["href"] = f"#{keys[target]}" + (f"--{place}" if place else "")
        return
    before = link.previous_sibling
    if "download" in link.get("class", []) and isinstance(before, str):
        before.replace_with(re.sub(r"\s*·\s*$", " ", before))  # «chapter · download · solutions»
        link.decompose()
    else:
        link.unwrap()


def styles(edition: Edition, folder: str) -> list[str]:
    """Return the style sheets of the pages, in the order in which they come first."""
    seen: dict[str, None] = {}
    for page in edition.pages:
        for link in page.tree.select("head link[rel~=stylesheet][href]"):
            file = moved(link["href"], join(folder, dirname(page.name)))
            seen[f'<link rel="stylesheet" href="{escape(file)}">'] = None
        seen |= dict.fromkeys(map(str, page.tree.select("head > style")))
    return list(seen)


def document(edition: Edition, folder: str) -> str:
    """Return the whole book as HTML; changes the trees of its pages.

    ``folder`` is the edition's folder in the site, as the document is to name it: ``../site/es``.
    """
    keys = {page.name: page.key for page in edition.pages}
    for page in edition.pages:
        prepare(page, keys, folder)
    template = Template(HERE.with_name("pdf.html").read_text("utf8"), undefined=StrictUndefined)
    css = HERE.with_name("pdf.css").read_text("utf8").replace("FONTS", FONTS.as_uri())
    look = {"css": css, "styles": styles(edition, folder)}
    return template.render(edition=edition, words=WORDS[edition.lang], **look)
