"""The news of the course as an Atom feed an edition, made from the built page of changes."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urljoin
from xml.etree import ElementTree

from bs4 import BeautifulSoup

ATOM = "http://www.w3.org/2005/Atom"
VERSION = re.compile(r"(?P<version>\d+\.\d+\.\d+) \((?P<date>\d{4}-\d\d-\d\d)\)")


def feed(site: Path, lang: str, url: str) -> str:
    """Return the feed of the page ``LANG/changes.html`` below ``site``, which will be at ``url``.

    An entry is a section whose title is ``1.2.3 (2027-03-01)``; its address, which never changes, is its id.
    """
    page = BeautifulSoup((site / lang / "changes.html").read_text("utf8"), "html.parser")
    here, title = f"{url}/{lang}/changes.html", page.title.get_text().strip()
    sections = [(s, VERSION.match(s.h2.get_text())) for s in page.select("section section")]
    sections = [(section, found) for section, found in sections if found]
    root = ElementTree.Element("feed", {"xmlns": ATOM, "xml:lang": lang})
    address = {"rel": "self", "href": f"{url}/{lang}/feed.xml"}
    ElementTree.SubElement(root, "link", address)
    describe(root, here, title, max(found["date"] for _, found in sections))
    author = ElementTree.SubElement(root, "author")
    by = page.select_one(".component-author").get_text().strip()  # "By the authors"
    ElementTree.SubElement(author, "name").text = by.partition(" ")[2]
    for section, found in sections:
        section.h2.decompose()
        for link in section.select("a[href]"):
            link["href"] = urljoin(here, link["href"])
        entry = ElementTree.SubElement(root, "entry")
        describe(entry, f"{here}#{section['id']}", found["version"], found["date"])
        content = ElementTree.SubElement(entry, "content", {"type": "html"})
        content.text = section.decode_contents().strip()
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def describe(parent: ElementTree.Element, link: str, title: str, date: str) -> None:
    """Add what Atom asks of a feed and of an entry alike."""
    ElementTree.SubElement(parent, "id").text = link
    ElementTree.SubElement(parent, "title").text = title
    ElementTree.SubElement(parent, "updated").text = f"{date}T00:00:00Z"
    ElementTree.SubElement(parent, "link", {"rel": "alternate", "href": link})
