"""One HTML document of all the pages of an edition, in the order of its table of contents, made for paper.

The pages are those of the built site. Every id takes the name of its page in front, so that links between pages become
links within the document; a link to a page or file that is not in the book leaves its words behind.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from os.path import relpath
from pathlib import Path
from posixpath import dirname, join, normpath
from urllib.parse import unquote, urlsplit

import matplotlib
import yaml
from babel.dates import format_date
from bs4 import BeautifulSoup, Tag

from tools.course import ROOT
from tools.site.address import SITE

LEFT_OUT = {"index", "gallery", "coverage"}  # the title page replaces one; two are for a screen
FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"  # the same letters on every machine
FACES = (
    ("STIXGeneral.ttf", "Book Text", "normal", "normal"),
    ("STIXGeneralItalic.ttf", "Book Text", "normal", "italic"),
    ("STIXGeneralBol.ttf", "Book Text", "bold", "normal"),
    ("STIXGeneralBolIta.ttf", "Book Text", "bold", "italic"),
    ("DejaVuSansMono.ttf", "Book Code", "normal", "normal"),
    ("DejaVuSansMono-Oblique.ttf", "Book Code", "normal", "italic"),
    ("DejaVuSansMono-Bold.ttf", "Book Code", "bold", "normal"),
    ("DejaVuSans.ttf", "Book Sans", "normal", "normal"),
    ("DejaVuSans-Bold.ttf", "Book Sans", "bold", "normal"),
)
WORDS = {
    "es": {
        "contents": "Contenido",
        "solutions": "Soluciones",
        "solutions_note": "Las respuestas de los cuadernos de ejercicios, cada una con su porqué.",
        "subtitle": "Un libro con fórmulas que se comprueban",
        "follows": "Sigue la clase <em>{title}</em> de {author}, del curso {course}",
        "version": "Versión {version}, {date}",
    },
    "en": {
        "contents": "Contents",
        "solutions": "Solutions",
        "solutions_note": "The answers to the exercise notebooks, each with its reason.",
        "subtitle": "A book whose formulas are checked",
        "follows": "It follows the lecture <em>{title}</em> by {author}, from the course {course}",
        "version": "Version {version}, {date}",
    },
}


@dataclass
class Page:
    """A page of the site: its name (``exercises/02-densities``), its tree, and the part it belongs to."""

    name: str
    tree: BeautifulSoup
    part: str = ""

    @property
    def key(self) -> str:
        """The page's name as an id, and as a name in CSS, which begins with a letter."""
        return "p-" + self.name.replace("/", "-")

    @property
    def article(self) -> Tag:
        """The text of the page."""
        return self.tree.select_one("article.bd-article")

    @property
    def title(self) -> str:
        """The page's title, with its number."""
        return text_of(self.article.h1).removesuffix("#")


@dataclass
class Edition:
    """What one edition's book is made of."""

    lang: str
    title: str
    author: str
    version: str
    released: datetime.date
    pages: list[Page] = field(default_factory=list)


def text_of(element: Tag) -> str:
    """Return an element's words in one line."""
    return " ".join(element.get_text().split())


def read_edition(site: Path, lang: str) -> Edition:
    """Read the pages of the built site that the book has, in order, and what its title page says.

    Raises:
        FileNotFoundError: if the site was not built.
    """
    folder = site / lang
    index = parse(folder / "index.html")
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf8"))
    settings = yaml.safe_load((ROOT / "_config.yml").read_text("utf8"))
    own = ROOT / "book" / lang / "_config.yml"
    settings |= yaml.safe_load(own.read_text("utf8")) if own.exists() else {}
    edition = Edition(
        lang,
        settings["title"],
        settings["author"][0].upper() + settings["author"][1:],
        citation["version"],
        citation["date-released"],
    )
    solutions = []
    for part, name in in_order(index):
        if name in LEFT_OUT:
            continue
        page = Page(name, parse(folder / f"{name}.html"), part)
        (solutions if name.startswith("solutions/") else edition.pages).append(page)
    for page in solutions:
        page.part = WORDS[lang]["solutions"]
    edition.pages += solutions
    return edition


def parse(path: Path) -> BeautifulSoup:
    """Read a page."""
    return BeautifulSoup(path.read_text("utf8"), "html.parser")


def in_order(index: BeautifulSoup) -> Iterator[tuple[str, str]]:
    """Yield (caption of the part, page) from the sidebar, which is the table of contents."""
    for part in index.select("nav.bd-docs-nav p.caption"):
        for link in part.find_next_sibling("ul").select("a.reference.internal"):
            yield text_of(part), link["href"].partition("#")[0].removesuffix(".html")


# ------------------------------------------------------------------------ a page on paper

# What means something on a screen only
ON_SCREEN = (
    ".headerlink, script, noscript, button, link, .katex-mathml, .nf-noprint, .toctree-wrapper, "
    "div.cell details.hide > summary, .sd-summary-state-marker"
)


def prepare(page: Page, keys: dict[str, str], folder: Path, base: Path) -> Tag:
    """Return a page's article with ids, links and pictures that hold in the document.

    Args:
        page: the page; its tree is changed.
        keys: the id in the document of each page that is in it.
        folder: the edition's folder in the site.
        base: the folder of the document.
    """
    article = page.article
    for part in article.select(ON_SCREEN):
        part.decompose()
    for folded in article.select("div.cell details.hide"):
        folded.name = "div"  # its summary is gone, and a browser would write one of its own
    for element in article.find_all(True):
        for name in ("id", "for"):
            if element.has_attr(name):
                element[name] = f"{page.key}--{element[name]}"
        for name, value in element.attrs.items():
            if isinstance(value, str) and "url(#" in value:
                element[name] = value.replace("url(#", f"url(#{page.key}--")
        element.attrs.pop("tabindex", None)
        element.attrs.pop("title", None)
        if element.name == "details":
            element["open"] = ""
    here = dirname(page.name)
    for image in article.find_all("img", src=True):
        if not urlsplit(image["src"]).scheme:
            file = folder / normpath(join(here, unquote(urlsplit(image["src"]).path)))
            image["src"] = relpath(file, base)
        image.attrs.pop("loading", None)
    for link in article.find_all(["a", "use"], href=True):
        relink(link, page, keys, here)
    if page.name.startswith(("exercises/", "solutions/")):
        for level in (3, 2, 1):  # below the heading of their part
            for heading in article.find_all(f"h{level}"):
                heading.name = f"h{level + 1}"
    section = article.find(["section", "div"], recursive=False) or article
    section.name = "section"
    holder = page.tree.new_tag("section", id=page.key, attrs={"class": "page"})
    holder.append(section)
    return holder


def relink(link: Tag, page: Page, keys: dict[str, str], here: str) -> None:
    """Turn a link of the site into one of the document, or into its words."""
    parts = urlsplit(link["href"])
    if parts.scheme in ("http", "https", "mailto") and not link["href"].startswith(SITE):
        return
    if not (parts.scheme or parts.path):
        link["href"] = f"#{page.key}--{parts.fragment}" if parts.fragment else f"#{page.key}"
        return
    target = normpath(join(here, unquote(parts.path))).removesuffix(".html")
    if not parts.scheme and target in keys:
        link["href"] = (
            f"#{keys[target]}--{parts.fragment}" if parts.fragment else f"#{keys[target]}"
        )
        return
    before = link.previous_sibling
    if "download" in link.get("class", []) and isinstance(before, str):
        before.replace_with(re.sub(r"\s*·\s*$", " ", before))  # «chapter · download · solutions»
        link.decompose()
    else:
        link.unwrap()


# ------------------------------------------------------------------------ the document


def styles(edition: Edition, folder: Path, base: Path) -> str:
    """Return the style sheets of the pages, in the order in which they come first, and the book's own."""
    seen: dict[str, None] = {}
    for page in edition.pages:
        for link in page.tree.select("head link[rel~=stylesheet][href]"):
            path = urlsplit(link["href"]).path
            file = folder / normpath(join(dirname(page.name), path))
            seen[f'<link rel="stylesheet" href="{escape(relpath(file, base))}">'] = None
        for style in page.tree.select("head > style"):
            seen[str(style)] = None
    faces = "".join(
        f'@font-face {{ font-family: "{family}"; src: url("{(FONTS / file).as_uri()}");'
        f" font-weight: {weight}; font-style: {style}; }}\n"
        for file, family, weight, style in FACES
    )
    own = (Path(__file__).with_name("pdf.css")).read_text("utf8")
    return "\n".join(seen) + f"\n<style>\n{faces}{own}{footers(edition)}</style>"


def footers(edition: Edition) -> str:
    """Return the page rules that write the chapter's title at the foot of its pages."""
    rules = []
    for page in edition.pages:
        title = page.title.replace("\\", "").replace('"', "”")
        rules.append(
            f'@page {page.key} {{ @bottom-left {{ content: "{title}"; }} }}\n#{page.key} {{ page: {page.key}; }}'
        )
    return "\n".join(rules)


def title_page(edition: Edition) -> str:
    """Return the first page: title, lecture, authors, version, date."""
    words = WORDS[edition.lang]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf8"))
    lecture = citation["references"][0]
    course = lecture["notes"].strip().removeprefix("Lecture of the course ")
    if edition.lang == "es":
        course = re.sub(r'"([^"]*)"', r"«\1»", course)
    author = lecture["authors"][0]
    follows = words["follows"].format(
        title=lecture["title"],
        author=f"{author['given-names']} {author['family-names']}",
        course=escape(course, quote=False),
    )
    date = format_date(
        edition.released, "long", locale={"en": "en_GB"}.get(edition.lang, edition.lang)
    )
    version = words["version"].format(version=edition.version, date=date)
    return (
        f'<section class="title-page"><p class="title">{escape(edition.title)}</p>'
        f'<p class="subtitle">{words["subtitle"]}</p>'
        f'<p class="author">{escape(edition.author)}</p>'
        f'<p class="follows">{follows}</p><p class="version">{version}</p></section>'
    )


def contents(edition: Edition, parts: dict[str, str]) -> str:
    """Return the table of contents: parts, pages, sections of chapters; a place for each page number."""
    words = WORDS[edition.lang]
    rows = [f'<section class="contents"><h1 id="contents">{words["contents"]}</h1>']
    last = None
    for page in edition.pages:
        if page.part != last:
            last = page.part
            rows.append(f'<p class="part">{escape(last)}</p>')
        heading = page.article.select_one("h1")
        rows.append(row("page-row", page.key, inner(heading)))
        if re.match(r"\d\d-", page.name):
            for section in page.article.find_all("h2"):
                holder = section.find_parent("section")
                rows.append(row("section-row", f"{page.key}--{holder['id']}", inner(section)))
    return "\n".join([*rows, "</section>"])


def inner(heading: Tag) -> str:
    """Return what a heading holds, without its permalink."""
    return "".join(
        str(part)
        for part in heading.contents
        if not (isinstance(part, Tag) and "headerlink" in part.get("class", []))
    )


def row(kind: str, target: str, label: str) -> str:
    """Return a line of the contents; its number is filled in once the pages are known."""
    return (
        f'<p class="{kind}"><a href="#{target}"><span class="label">{label}</span>'
        f'<span class="leader"></span><span class="number" data-page-of="{target}">000</span></a></p>'
    )


def document(edition: Edition, folder: Path, base: Path) -> str:
    """Return the whole book as HTML.

    Args:
        edition: as read; its trees are changed.
        folder: the edition's folder in the site.
        base: the folder in which the document will lie.
    """
    keys = {page.name: page.key for page in edition.pages}
    head = styles(edition, folder, base)
    for page in edition.pages:
        for part in page.article.select(".katex-mathml"):
            part.decompose()
    table = contents(edition, keys)
    body, last = [], None
    for page in edition.pages:
        holder = prepare(page, keys, folder, base)
        solutions = WORDS[edition.lang]["solutions"]
        if page.part == solutions != last:
            note = WORDS[edition.lang]["solutions_note"]
            heading = page.tree.new_tag("div", attrs={"class": "appendix"})
            heading.append(BeautifulSoup(f"<h1>{solutions}</h1><p>{note}</p>", "html.parser"))
            holder.insert(0, heading)
        last = page.part
        body.append(str(holder))
    return (
        f'<!doctype html>\n<html lang="{edition.lang}" data-theme="light" data-mode="light">\n<head>\n'
        f'<meta charset="utf-8">\n<title>{escape(edition.title)}</title>\n{head}\n</head>\n<body>\n'
        f"{title_page(edition)}\n"
        f'<main class="bd-content"><article class="bd-article">\n{table}\n'
        + "\n".join(body)
        + "\n</article></main>\n</body>\n</html>\n"
    )
