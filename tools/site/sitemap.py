"""The files for search engines: sitemap.xml, with each page's other edition, and robots.txt."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from tools.course import EDITIONS

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    ' xmlns:xhtml="http://www.w3.org/1999/xhtml">\n'
)


def sitemap(site: Path, url: str) -> str:
    """Return the sitemap of the pages below ``site``, which will be at ``url``."""
    entries = []
    for lang in EDITIONS:
        for file in sorted((site / lang).rglob("*.html")):
            page = file.relative_to(site / lang).as_posix()
            there = [other for other in EDITIONS if (site / other / page).exists()]
            others = "".join(
                f'<xhtml:link rel="alternate" hreflang="{other}" href={quoteattr(f"{url}/{other}/{page}")}/>'
                for other in there
            )
            if page != "search.html":
                entries.append(f"<url><loc>{escape(f'{url}/{lang}/{page}')}</loc>{others}</url>\n")
    return HEAD + "".join(entries) + "</urlset>\n"


def robots(url: str) -> str:
    """Return robots.txt: everything may be read, and where the sitemap is."""
    return f"User-agent: *\nAllow: /\nSitemap: {url}/sitemap.xml\n"
