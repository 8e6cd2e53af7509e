"""Search by section: the index that ``search.js`` reads, in place of Sphinx's own, which knows pages only.

A result is a section, named with its page. Words are compared without accents and without endings, by MiniSearch
(``_static/minisearch.min.js``, MIT). The index is a script, so that search works from ``file://`` too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx import addnodes

from . import katex

# what a result of a page is worth, beside one of a chapter
WORTH = {r"\d\d-.*_further": 0.5, r"\d\d-": 1.0, "solutions/": 0.2, "exercises/": 0.35}
OTHERS = 0.5
CODE = (nodes.literal_block, nodes.doctest_block)
LEFT_OUT = (*CODE, addnodes.desc, nodes.raw, nodes.image, nodes.comment, nodes.math_block)


def words(node: nodes.Node) -> str:
    """The text of a section as a reader sees it, without inner sections and entries, code and displayed formulas."""
    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, nodes.math):
        visible = katex.render(node.astext(), False).partition('class="katex-html"')[2]
        return re.sub("<[^>]*>|^[^>]*>", "", visible).replace("\u200b", "")
    if (
        isinstance(node, LEFT_OUT)
        or is_section(node)
        or "output" in str(node.attributes.get("nb_element", ""))
    ):
        return " "
    inside = "".join(words(child) for child in node.children)
    return inside if isinstance(node, nodes.Inline) else f" {inside} "


def is_section(node: nodes.Node) -> bool:
    """Whether a node is a section of a page; a theorem's content is one without a title."""
    return isinstance(node, nodes.section) and isinstance(node.children[0], nodes.title)


def sections(docname: str, doctree: nodes.document) -> list[dict]:
    """The entries of a page, one for each of its sections."""
    worth = next((w for form, w in WORTH.items() if re.match(form, docname)), OTHERS)
    found: list[dict] = []
    for section in filter(is_section, doctree.findall(nodes.section)):
        title, *content = section.children
        text = " ".join("".join(map(words, content)).split())
        anchor = f"#{section['ids'][0]}" if found else ""
        entry = {"id": f"{docname}.html{anchor}", "title": words(title).strip()}
        found.append(entry | {"page": titles(section.parent), "text": text, "worth": worth})
    for name in doctree.findall(addnodes.desc_signature):  # of the reference of nflib
        around = next(each for each in parents(name) if is_section(each))
        text = " ".join("".join(map(words, name.parent.children)).split())
        entry = {"id": f"{docname}.html#{name['ids'][0]}", "title": name["fullname"], "text": text}
        found.append(entry | {"page": titles(around), "worth": 1.0})
    return found


def parents(node: nodes.Node) -> Iterator[nodes.Node]:
    """What a node stands in, from the inside out."""
    while node := node.parent:
        yield node


def titles(node: nodes.Node) -> list[str]:
    """The titles of the sections around what stands in ``node``, the page's first."""
    if not is_section(node):
        return []
    return [*titles(node.parent), words(node.children[0]).strip()]


def write(app, exception):
    """Write ``searchindex.js``."""
    if exception or app.builder.format != "html":
        return
    pages = sorted(app.env.found_docs)
    entries = []
    for name in pages:
        entries += sections(name, app.env.get_and_resolve_doctree(name, app.builder))
    for number, entry in enumerate(entries):
        entry["order"] = number
    text = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
    Path(app.outdir, "searchindex.js").write_text(f"var SECTIONS = {text};\n", "utf8")


def setup(app):
    """Put our index and our page in place of Sphinx's."""

    def without_sphinxs(app):
        app.builder.search = False

    app.connect("builder-inited", without_sphinxs)
    app.connect("html-collect-pages", lambda app: [("search", {}, "search.html")])
    app.connect("build-finished", write)
