"""One HTML document of all the pages of an edition, in the order of its table of contents, made for paper.

The pages are those of the built site. Every id takes the name of its page in front, so that links between pages become
links within the document; a link to a page or file that is not in the book leaves its words behind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
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
FONTS = Path(matplotlib.get_data_path()) / "fonts/ttf"  # the same letters on every machine
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
# What means something on a screen only
ON_SCREEN = (
    ".headerlink, script, noscript, button, link, .katex-mathml, .nf-noprint, .toctree-wrapper, "
    "div.cell details.hide > summary, .sd-summary-state-marker"
)


class Page:
    """A page of the site: its name (``exercises/02-densities``), its part of the book, head and article."""

    def __init__(self, name: str, part: str, tree: BeautifulSoup):
        self.name, self.part, self.head = name, part, tree.head
        self.key = "p-" + name.replace("/", "-")  # as an id, and as a name in CSS
        self.article = tree.select_one("article.bd-article")
        for element in self.article.select(ON_SCREEN):
            element.decompose()

    def path(self, address: str) -> str:
        """Return the path, from the folder of the edition, of what has an address on this page."""
        return normpath(join(dirname(self.name), unquote(urlsplit(address).path)))


@dataclass
class Edition:
    """What one edition's book is made of; ``citation`` is CITATION.cff."""

    lang: str
    title: str
    author: str
    citation: dict
    pages: list[Page]


def text_of(element: Tag) -> str:
    """Return an element's words in one line."""
    return " ".join(element.get_text().split())


def read_edition(site: Path, lang: str) -> Edition:
    """Read the pages of the built site that the book has, in order, and what its title page says.

    Raises:
        FileNotFoundError: if the site was not built.
    """
    read = lambda name: BeautifulSoup((site / lang / name).read_text("utf8"), "html.parser")
    settings, own = ROOT / "_config.yml", ROOT / "book" / lang / "_config.yml"
    settings = yaml.safe_load(settings.read_text("utf8"))
    settings |= yaml.safe_load(own.read_text("utf8")) if own.exists() else {}
    pages, solutions = [], []
    for caption in read("index.html").select("nav.bd-docs-nav p.caption"):
        for link in caption.find_next_sibling("ul").select("a.reference.internal"):
            name = link["href"].partition("#")[0].removesuffix(".html")
            if name.startswith("solutions/"):
                solutions.append(Page(name, WORDS[lang]["solutions"], read(f"{name}.html")))
            elif name not in LEFT_OUT:
                pages.append(Page(name, text_of(caption), read(f"{name}.html")))
    return Edition(
        lang,
        settings["title"],
        settings["author"][0].upper() + settings["author"][1:],
        yaml.safe_load((ROOT / "CITATION.cff").read_text("utf8")),
        pages + solutions,
    )


def for_paper(page: Page, keys: dict[str, str], folder: Path, base: Path) -> str:
    """Return a page's article with ids, links and pictures that hold in the document.

    Args:
        page: the page; its tree is changed.
        keys: the id in the document of each page that is in it.
        folder: the edition's folder in the site.
        base: the folder of the document.
    """
    article = page.article
    for folded in article.select("div.cell details.hide"):
        folded.name = "div"  # its summary is gone, and a browser would write one of its own
    for element in article.find_all(True):
        for name, value in element.attrs.items():
            if name in ("id", "for"):
                element[name] = f"{page.key}--{value}"
            elif isinstance(value, str):
                element[name] = value.replace("url(#", f"url(#{page.key}--")
        for name in ("tabindex", "title"):
            element.attrs.pop(name, None)
        if element.name == "details":
            element["open"] = ""
    for image in article.find_all("img", src=True):
        if not urlsplit(image["src"]).scheme:
            image["src"] = relpath(folder / page.path(image["src"]), base)
        image.attrs.pop("loading", None)
    for link in article.find_all(["a", "use"], href=True):
        relink(link, page, keys)
    if page.name.startswith(("exercises/", "solutions/")):  # below the heading of their part
        for heading in article.find_all(["h1", "h2", "h3"]):
            heading.name = f"h{int(heading.name[1]) + 1}"
    section = article.find(["section", "div"], recursive=False) or article
    section.name = "section"
    return str(section)


def relink(link: Tag, page: Page, keys: dict[str, str]) -> None:
    """Turn a link of the site into one of the document, or into its words."""
    parts = urlsplit(link["href"])
    if parts.scheme in ("http", "https", "mailto") and not link["href"].startswith(SITE):
        return
    target = page.path(parts.path).removesuffix(".html") if parts.path else page.name
    before = link.previous_sibling
    if not parts.scheme and target in keys:
        link["href"] = f"#{keys[target]}" + (f"--{parts.fragment}" if parts.fragment else "")
    elif "download" in link.get("class", []) and isinstance(before, str):
        before.replace_with(re.sub(r"\s*·\s*$", " ", before))  # «chapter · download · solutions»
        link.decompose()
    else:
        link.unwrap()


def styles(edition: Edition, folder: Path, base: Path) -> str:
    """Return the style sheets of the pages, in the order in which they come first, and the book's own.

    At the foot of a chapter's pages is its title.
    """
    sheets, own = {}, [Path(__file__).with_name("pdf.css").read_text("utf8")]
    for page in edition.pages:
        for link in page.head.select("link[rel~=stylesheet][href]"):
            file = relpath(folder / page.path(link["href"]), base)
            sheets[f'<link rel="stylesheet" href="{escape(file)}">'] = None
        sheets |= dict.fromkeys(map(str, page.head.find_all("style", recursive=False)))
        title = text_of(page.article.h1).replace("\\", "").replace('"', "”")
        foot = f'@page {page.key} {{ @bottom-left {{ content: "{title}"; }} }}'
        own.append(f"{foot}\n#{page.key} {{ page: {page.key}; }}\n")
    own = "".join(own).replace("FONTS/", f"{FONTS.as_uri()}/").rstrip("\n")
    return "\n".join(sheets) + f"\n<style>\n{own}</style>"


def title_page(edition: Edition) -> str:
    """Return the first page: title, lecture, authors, version, date."""
    words, citation = WORDS[edition.lang], edition.citation
    lecture = citation["references"][0]
    author = lecture["authors"][0]
    course = lecture["notes"].strip().removeprefix("Lecture of the course ")
    if edition.lang == "es":
        course = re.sub(r'"([^"]*)"', r"«\1»", course)
    follows = words["follows"].format(
        title=lecture["title"],
        author=f"{author['given-names']} {author['family-names']}",
        course=escape(course, quote=False),
    )
    locale = {"es": "es", "en": "en_GB"}[edition.lang]
    date = format_date(citation["date-released"], "long", locale=locale)
    version = words["version"].format(version=citation["version"], date=date)
    return (
        f'<section class="title-page"><p class="title">{escape(edition.title)}</p>'
        f'<p class="subtitle">{words["subtitle"]}</p>'
        f'<p class="author">{escape(edition.author)}</p>'
        f'<p class="follows">{follows}</p><p class="version">{version}</p></section>'
    )


def contents(edition: Edition) -> str:
    """Return the table of contents: parts, pages, sections of chapters; a place for each page number."""
    heading = WORDS[edition.lang]["contents"]
    rows, last = [f'<section class="contents"><h1 id="contents">{heading}</h1>'], None
    for page in edition.pages:
        if page.part != last:
            last = page.part
            rows.append(f'<p class="part">{escape(last)}</p>')
        rows.append(row("page-row", page.key, page.article.h1))
        if re.match(r"\d\d-", page.name):
            for heading in page.article.find_all("h2"):
                target = f"{page.key}--{heading.find_parent('section')['id']}"
                rows.append(row("section-row", target, heading))
    return "\n".join([*rows, "</section>"])


def row(kind: str, target: str, heading: Tag) -> str:
    """Return a line of the contents; its number is filled in once the pages are known."""
    return (
        f'<p class="{kind}"><a href="#{target}"><span class="label">{heading.decode_contents()}</span>'
        f'<span class="leader"></span><span class="number" data-page-of="{target}">000</span></a></p>'
    )


def document(edition: Edition, folder: Path, base: Path) -> str:
    """Return the whole book as HTML.

    Args:
        edition: as read; its trees are changed.
        folder: the edition's folder in the site.
        base: the folder in which the document will lie.
    """
    words = WORDS[edition.lang]
    keys = {page.name: page.key for page in edition.pages}
    head, table = styles(edition, folder, base), contents(edition)
    solutions = (
        f'<div class="appendix"><h1>{words["solutions"]}</h1><p>{words["solutions_note"]}</p></div>'
    )
    body, last = [], None
    for page in edition.pages:
        appendix = solutions if page.part == words["solutions"] != last else ""
        text = for_paper(page, keys, folder, base)
        body.append(f'<section class="page" id="{page.key}">{appendix}{text}</section>')
        last = page.part
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="{edition.lang}" data-theme="light" data-mode="light">',
            f'<head>\n<meta charset="utf-8">\n<title>{escape(edition.title)}</title>\n{head}\n</head>',
            f"<body>\n{title_page(edition)}",
            f'<main class="bd-content"><article class="bd-article">\n{table}',
            *body,
            "</article></main>\n</body>\n</html>\n",
        ]
    )
