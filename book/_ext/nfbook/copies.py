"""``:::{figure-of} LABEL`` and ``:::{formula-of} LABEL``: a figure or a formula of another page, linked to its place.

Nothing is run or typed again: the picture, the words and the TeX are those of that page, read when the book is built.
"""

from __future__ import annotations

import re
from functools import cache

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from . import gallery

WORDS = {"es": "interactiva: se abre al tocarla", "en": "interactive: touch it to open it"}
END = re.compile(
    r"(?:\s|(?<!\\)[.,;:])+$"
)  # the punctuation of the sentence that a formula ended there
logger = logging.getLogger(__name__)


@cache
def tree(env, docname):
    """Return a page as it was read, not to be changed; reading it from the disk takes a while."""
    return env.get_doctree(docname)


class copy(nodes.General, nodes.Element):
    """Placeholder of the copy, which replaces it once all pages have been read."""


class Copy(SphinxDirective):
    """Both directives: the name says which."""

    required_arguments = 1

    def run(self):
        """Leave the place of the copy, and note that this page shows what others have."""
        self.env.metadata[self.env.docname]["copies"] = "yes"
        mark = copy(kind=self.name, label=self.arguments[0])
        self.set_source_info(mark)
        return [mark]


class Fill(gallery.Hang):
    """Put the copies in their place; before references are resolved, because captions have some."""

    words = WORDS

    def run(self, **options):
        """Replace every mark of the directives."""
        for mark in list(self.document.findall(copy)):
            find = self.formula if mark["kind"] == "formula-of" else self.figure
            if (found := find(mark["label"])) is None:
                logger.warning("%s: there is no %s", mark["kind"], mark["label"], location=mark)
            mark.replace_self(found or [])

    def figure(self, label):
        """Return the figure of a label as a card of the gallery."""
        docname, anchor = self.env.get_domain("std").anonlabels.get(label, (None, None))
        for figure, picture in gallery.figures(tree(self.env, docname)) if docname else ():
            if anchor in figure["ids"]:
                card = self.card(docname, figure, picture)
                return nodes.container("", *card.children, classes=["nf-figure-of"])
        return None

    def formula(self, label):
        """Return the formula of a label, with its number, which leads to it."""
        docname, _ = self.env.get_domain("math").equations.get(label, (None, None))
        for formula in tree(self.env, docname).findall(nodes.math_block) if docname else ():
            if formula.get("label") == label:
                place = f"equation-{label}"
                numbers = self.env.toc_fignumbers.get(docname, {}).get("displaymath", {})
                tex = END.sub("", formula.astext())
                found = nodes.math_block(tex, tex, number=None, nowrap=False)
                found["nf-place"] = f"{self.address(docname)}#{place}"
                found["nf-number"] = ".".join(map(str, numbers.get(place, ())))
                return found
        return None


def update(app, env):
    """Write the pages that have copies anew whatever has changed."""
    return [docname for docname, known in env.metadata.items() if "copies" in known]


def add_style(app, pagename, templatename, context, doctree):
    """Load the colours of interactive figures where one may be shown."""
    if "copies" in app.env.metadata.get(pagename, {}):
        app.add_css_file("interactive/interactive.css")


def setup(app):
    """Register the directives and what fills them."""
    app.add_node(copy)
    app.add_directive("figure-of", Copy)
    app.add_directive("formula-of", Copy)
    app.add_post_transform(Fill)
    app.connect("env-get-updated", update)
    app.connect("html-page-context", add_style)
