"""Formulas as HTML, rendered by KaTeX while the book is built.

A reader's browser runs no formula engine and asks no other host; a formula that KaTeX cannot parse is a warning
that names its page, so that a build with ``-W`` fails. KaTeX runs inside this process (mini-racer, the V8 engine)
instead of in node, as sphinxcontrib-katex has it: no second process, no race at its start, 80 MB instead of 200, and
the same engine draws the first state of interactive figures.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from docutils import nodes
from py_mini_racer import JSEvalException, MiniRacer
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from . import ledger

ASSETS = Path(__file__).resolve().parents[2] / "_static/katex"
logger = logging.getLogger(__name__)


@cache
def engine() -> MiniRacer:
    """Start KaTeX once a build."""
    context = MiniRacer()
    context.eval((ASSETS / "katex.min.js").read_text("utf8"))
    return context


@cache
def render(tex: str, display: bool) -> str:
    """Turn TeX into HTML with MathML inside for screen readers.

    Raises:
        JSEvalException: if KaTeX cannot parse ``tex``.
    """
    options = {"displayMode": display, "throwOnError": True, "strict": "error"}
    html = engine().call("katex.renderToString", tex, options)
    return re.sub(r"(?<![\w-])height:-[\d.]+em;", "", html)  # is not CSS, and so ignored


def _html(node: nodes.Element, display: bool) -> str:
    try:
        return render(node.astext(), display)
    except JSEvalException as error:
        reason = str(error).split("\n")[0]
        logger.warning("KaTeX: %s in %r", reason, node.astext(), location=node, type="katex")
        return f"<code>{nodes.unescape(node.astext())}</code>"


BASE, CLOSE = '<span class="base">', "</span></span>"  # KaTeX breaks lines between bases only
OPENING, CLOSING = re.compile(r"[«(\[¿¡]+$"), re.compile(r"^[,.;:!?)\]»]+")


def visit_inline(self, node):
    """Write an inline formula, with the punctuation that touches it."""
    start, *bases = _html(node, False).removesuffix(CLOSE).split(BASE)
    bases = [BASE + base for base in bases]
    if bases and "nf-opening" in node:
        bases[0] = f'<span class="nf-tied">{_mark(node["nf-opening"])}{bases[0]}</span>'
    if bases and "nf-closing" in node:
        bases[-1] = f'<span class="nf-tied">{bases[-1]}{_mark(node["nf-closing"])}</span>'
    self.body.append(f'<span class="math">{start}{"".join(bases)}{CLOSE if bases else ""}</span>')
    raise nodes.SkipNode


def _mark(text: str) -> str:
    return f'<span class="nf-mark">{text}</span>'


def tie_punctuation(app, doctree, docname):
    """Hand the punctuation on either side of an inline formula over to it.

    A browser may otherwise break the line between the two.
    """
    for node in list(doctree.findall(nodes.math)):
        for step, pattern, key in ((1, CLOSING, "nf-closing"), (-1, OPENING, "nf-opening")):
            beside = node.parent.index(node) + step
            text = node.parent[beside] if 0 <= beside < len(node.parent) else None
            if isinstance(text, nodes.Text) and (mark := pattern.search(text)):
                node[key] = mark[0]
                node.parent[beside] = nodes.Text(pattern.sub("", text))


def visit_display(self, node):
    """Write a displayed formula, its number and a link to it; it scrolls where the screen is narrow."""
    self.body.append(self.starttag(node, "div", CLASS="math math-display"))
    self.body.append(
        f'<div class="math-body pst-scrollable-table-container">{_html(node, True)}</div>'
    )
    if node["number"]:
        number = get_node_equation_number(self, node)
        self.body.append(f'<a class="eqno" href="#{node["ids"][0]}">({number})</a>')
    elif "nf-place" in node:  # the copy of another page's
        self.body.append(f'<a class="eqno" href="{node["nf-place"]}">({node["nf-number"]})</a>')
    if target := node.get("nf-verified"):
        self.body.append(ledger.mark(target, self.config.language))
    self.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app):
    """Register the renderer; ``html_math_renderer: katex`` selects it."""
    app.add_js_file("katex/copy-tex.min.js")
    app.add_html_math_renderer("katex", (visit_inline, None), (visit_display, None))
    app.add_css_file("katex/katex.min.css")
    app.connect("doctree-resolved", tie_punctuation)
