"""The file for search engines, sitemap.xml, with each page's other edition."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Template

from tools.course import EDITIONS

LEFT_OUT = {"search.html", "coverage.html"}  # the second only leads on


def sitemap(site: Path, url: str) -> str:
    """Return the sitemap of the pages below ``site``, which will be at ``url``."""
    pages: dict[str, list[str]] = {}
    for lang in EDITIONS:
        for file in sorted((site / lang).rglob("*.html")):
            if file.name not in LEFT_OUT:
                pages.setdefault(file.relative_to(site / lang).as_posix(), []).append(lang)
    template = Path(__file__).with_suffix(".xml").read_text("utf8")
    return Template(template, autoescape=True).render(url=url, pages=pages) + "\n"
