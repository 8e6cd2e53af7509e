"""The news of the course as an Atom feed an edition, made from the built page of changes; feed.xml shows them."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urljoin

from bs4 import BeautifulSoup
from jinja2 import StrictUndefined, Template

VERSION = re.compile(r"(?P<version>\d+\.\d+\.\d+) \((?P<date>\d{4}-\d\d-\d\d)\)")


def feed(site: Path, lang: str, url: str) -> str:
    """Return the feed of the page ``LANG/changes.html`` below ``site``, which will be at ``url``.

    An entry is a section whose title is ``1.2.3 (2027-03-01)``; its address, which never changes, is its id.
    """
    page = BeautifulSoup((site / lang / "changes.html").read_text("utf8"), "html.parser")
    here, entries = f"{url}/{lang}/changes.html", []
    for section in page.select("section section"):
        if found := VERSION.match(section.h2.get_text()):
            section.h2.decompose()
            for link in section.select("a[href]"):
                link["href"] = urljoin(here, link["href"])
            content = section.decode_contents().strip()
            entries.append(found.groupdict() | {"id": section["id"], "content": content})
    by = page.select_one(".component-author").get_text().strip()  # "By the authors"
    about = {"title": page.title.get_text().strip(), "author": by.partition(" ")[2]}
    text = Path(__file__).with_suffix(".xml").read_text("utf8")
    template = Template(text, autoescape=True, undefined=StrictUndefined)
    parts = {"lang": lang, "url": url, "here": here, "entries": entries}
    return template.render(**about, **parts) + "\n"
