"""``:::{interactive} NAME``: a figure that answers to mouse and keyboard, without a kernel.

The figure is ``book/_static/interactive/NAME.js``. The same code draws the first state here, while the book is built,
so the page shows a picture before (and without) JavaScript, and on paper.

Options: ``:name:`` the label, ``:alt:`` what a person who does not see it must know. Content: the caption.
With ``:play:`` instead of a label it is the picture that opens a page: it has no number, and moves by itself, once, for
readers who have not asked for less motion.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from py_mini_racer import MiniRacer
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective, SphinxRole

SOURCE = Path(__file__).resolve().parents[2] / "_static/interactive"


def prerender(name: str, language: str) -> str:
    """Return the SVG of the figure's first state."""
    context = MiniRacer()
    for script in scripts(name):
        context.eval((SOURCE / script).read_text("utf8"))
    return context.eval(f"NFInteractive.prerender({name!r}, {language!r})")


def scripts(name: str) -> list[str]:
    """Return the scripts that a figure needs, in the order in which they must run."""
    return ["common.js", f"{name}.js"]


class body(nodes.General, nodes.Element):
    """The drawing; everything else of the figure is docutils' own."""


class Interactive(SphinxDirective):
    """The directive."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {
        "name": directives.unchanged_required,
        "alt": directives.unchanged_required,
        "play": directives.flag,
    }

    def run(self):
        """Build a figure node with a drawing and a caption."""
        name = self.arguments[0]
        if not (SOURCE / f"{name}.js").exists():
            raise self.error(f"interactive: no {name}.js in {SOURCE}")
        opens = "play" in self.options
        if "alt" not in self.options or not self.content or ("name" in self.options) == opens:
            raise self.error(f"interactive {name}: needs :name: (or :play:), :alt: and a caption")
        drawing = body(figure=name, alt=self.options["alt"], play=opens)
        caption = nodes.paragraph()
        self.state.nested_parse(self.content, self.content_offset, caption)
        if opens:
            figure = nodes.container("", drawing, *caption.children, classes=["nf-opening"])
        else:
            caption = nodes.caption("", "", *caption[0].children)
            figure = nodes.figure("", drawing, caption, classes=["interactive"])
            self.add_name(figure)
        self.set_source_info(figure)
        self.env.metadata[self.env.docname].setdefault("interactive", "")
        used = self.env.metadata[self.env.docname]["interactive"].split()
        self.env.metadata[self.env.docname]["interactive"] = " ".join({*used, name})
        return [figure]


class Set(SphinxRole):
    """``{set}`take c to −1 <fig-planar-live:bend=-1>` ``: a link that sets a figure of the same page."""

    def run(self):
        """Build a link, which is only text where no script answers."""
        text, _, state = self.text.removesuffix(">").rpartition(" <")
        if not re.fullmatch(r"[\w-]+:\w+=[\w.-]+(,\w+=[\w.-]+)*", state):
            raise ExtensionError(f"set: expected «text <figure:key=value>», got {self.text}")
        return [
            nodes.reference("", text, refuri=f"#{state}", internal=True, classes=["nf-set"])
        ], []


def visit_body(self, node):
    """Write the drawing; the script finds it by its data attribute."""
    language, play = self.config.language, " data-play" if node["play"] else ""
    self.body.append(
        f'<div class="interactive-body" data-interactive="{node["figure"]}"{play} '
        f'data-lang="{language}" role="group" aria-label="{escape(node["alt"])}">'
        f"{prerender(node['figure'], language)}</div>"
    )
    raise nodes.SkipNode


def add_scripts(app, pagename, templatename, context, doctree):
    """Load a figure's scripts on the pages that show it, and nowhere else."""
    used = app.env.metadata.get(pagename, {}).get("interactive", "").split()
    if used:
        app.add_css_file("interactive/interactive.css")
    for script in dict.fromkeys(s for name in sorted(used) for s in scripts(name)):
        app.add_js_file(f"interactive/{script}", loading_method="defer")


def setup(app):
    """Register the directive."""
    app.add_node(body, html=(visit_body, None))
    app.add_directive("interactive", Interactive)
    app.add_role("set", Set())
    app.connect("html-page-context", add_scripts)
