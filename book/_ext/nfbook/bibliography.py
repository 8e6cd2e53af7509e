"""References and citations in Spanish: «y», «En», «2.ª edición» where pybtex knows only English words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import sphinxcontrib.bibtex.plugin
from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style
from pybtex.style.template import Node, join, optional
from pybtex.style.template import field as bibtex_field
from sphinxcontrib.bibtex.style.referencing import PersonStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

_WORDS = {
    "In": "En",
    " and ": " y ",
    ", and ": " y ",
    "pages": "págs.",
    "volume": "volumen",
    "Volume": "Volumen",
    "number": "número",
    "Number": "Número",
    "of": "de",
    "in": "en",
    "chapter": "capítulo",
    "editor": "ed.",
    "editors": "eds.",
}
_ORDINALS = {"first": "1.ª", "second": "2.ª", "third": "3.ª", "fourth": "4.ª"}


def translate(node):
    """Return a pybtex template with its fixed words in Spanish."""
    if isinstance(node, str):
        return _WORDS.get(node, node)
    if isinstance(node, Node):
        node.children = [translate(child) for child in node.children]
        node.kwargs = {key: translate(value) for key, value in node.kwargs.items()}
    return node


class SpanishStyle(Style):
    """pybtex's "plain" style with Spanish words."""

    def format_edition(self, e):
        """Return «2.ª edición»."""
        ordinal = bibtex_field("edition", apply_func=lambda x: _ORDINALS[str(x).lower()])
        return optional[join(sep=" ")[ordinal, "edición"]]


def _translated(name):
    return lambda self, entry: translate(getattr(Style, name)(self, entry))


for _name in filter(re.compile(r"get_\w+_template").fullmatch, dir(Style)):
    setattr(SpanishStyle, _name, _translated(_name))


@dataclass
class SpanishReferenceStyle(AuthorYearReferenceStyle):
    """Author and year, two authors joined by «y»."""

    person: PersonStyle = field(default_factory=lambda: PersonStyle(sep2=" y ", last_sep=" y "))


def setup(app):
    """Register both styles as ``spanish``; `_config.yml` selects them."""
    register_plugin("pybtex.style.formatting", "spanish", SpanishStyle)
    sphinxcontrib.bibtex.plugin.register_plugin(
        "sphinxcontrib.bibtex.style.referencing", "spanish", SpanishReferenceStyle
    )
