"""``:::{gallery}``: every figure of the book, by page: its picture, number and first sentence, linked to its place.

Nothing is listed by hand: figures are found in the pages that Sphinx has read, in the order of the table of contents.
"""

from __future__ import annotations

import re
from html import escape

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from . import interactive

WORDS = {"es": "interactiva", "en": "interactive"}
SENTENCE = re.compile(r"[.!?…](?=\s+[A-ZÁÉÍÓÚÑ¿¡«]|\s*$)")
SHORTEST = 25  # letters of a sentence that says something: "Example 1." does not


class gallery(nodes.General, nodes.Element):
    """Placeholder of the figures, which replace it once all pages have been read."""


class drawing(nodes.Inline, nodes.Element):
    """The first state of an interactive figure, which does not answer."""


class Gallery(SphinxDirective):
    """The directive."""

    def run(self):
        """Leave the place of the figures, and note that this page has it."""
        self.env.metadata[self.env.docname]["gallery"] = "yes"
        return [gallery()]


def reading_order(env, docname=None):
    """Yield the pages of the table of contents, depth first."""
    docname = docname or env.config.root_doc
    yield docname
    for child in env.toctree_includes.get(docname, []):
        yield from reading_order(env, child)


def figures(doctree):
    """Yield (figure, its picture) for the figures of a page that have a caption and a label."""
    for figure in doctree.findall(nodes.figure):
        pictures = [*figure.findall(interactive.body), *figure.findall(nodes.image)]
        pictures.sort(key=lambda picture: not picture.get("uri", ".svg").endswith(".svg"))
        if figure["ids"] and pictures and any(figure.findall(nodes.caption)):
            yield figure, pictures[0]


def first_sentence(caption):
    """Return copies of the nodes of a caption up to the end of its first sentence."""
    kept, length = [], 0
    for node in caption.children:
        if isinstance(node, nodes.Text):
            for end in SENTENCE.finditer(node):
                if length + end.end() >= SHORTEST:
                    return [*kept, nodes.Text(node[: end.end()])]
        kept.append(node.deepcopy())
        length += len(node.astext())
    return kept


def pages(env):
    """Yield (docname, anchor of its group, its title with its number, its figures) for pages that have figures."""
    for docname in reading_order(env):
        if found := list(figures(env.get_doctree(docname))):
            number = env.toc_secnumbers.get(docname, {}).get("")
            title = env.titles[docname].astext()
            anchor = "gallery-" + docname.rsplit("/", 1)[-1]
            yield docname, anchor, f"{number[0]}. {title}" if number else title, found


class Hang(SphinxPostTransform):
    """Put the figures in their place; before references are resolved, because captions have some."""

    default_priority = 3
    words = WORDS

    def run(self, **options):
        """Replace every mark of the directive."""
        for mark in list(self.document.findall(gallery)):
            mark.replace_self([self.group(*page) for page in pages(self.env)])

    def group(self, docname, anchor, title, found):
        """Return the section of one page."""
        link = nodes.reference("", title, refuri=self.address(docname), internal=True)
        section = nodes.section("", nodes.title("", "", link), ids=[anchor])
        section += nodes.bullet_list(
            "", *(self.card(docname, *pair) for pair in found), classes=["nf-gallery"]
        )
        return section

    def card(self, docname, figure, picture):
        """Return one figure: picture and number in one link, then what its caption says first."""
        (anchor, *_), moves = figure["ids"], isinstance(picture, interactive.body)
        if moves:
            thumbnail = drawing(figure=picture["figure"], alt=picture["alt"])
        else:
            thumbnail = picture.deepcopy()
            thumbnail["loading"] = "lazy"
        number = self.env.toc_fignumbers.get(docname, {}).get("figure", {}).get(anchor, ())
        name = self.config.numfig_format["figure"] % ".".join(map(str, number))
        label = nodes.inline("", name, classes=["nf-gallery-number"])
        link = nodes.reference("", "", thumbnail, label, internal=True)
        link["refuri"] = f"{self.address(docname)}#{anchor}"
        head = nodes.paragraph("", "", link, classes=["nf-gallery-link"])
        if moves:
            language = self.words.get(self.config.language, self.words["en"])
            label += nodes.inline("", f" · {language}", classes=["nf-gallery-moves"])
        words = nodes.paragraph("", "", *first_sentence(next(figure.findall(nodes.caption))))
        for reference in words.findall(addnodes.pending_xref):
            if reference["refdomain"] != "cite":  # a citation is known by the page that cites
                reference["refdoc"] = self.env.docname
        for reference in words.findall(nodes.reference):
            if "nf-set" in reference["classes"]:  # it opens that page, with the figure set
                reference["refuri"] = self.address(docname) + reference["refuri"]
        return nodes.list_item("", head, words)

    def address(self, docname):
        """Return the address of a page as seen from this one."""
        return self.app.builder.get_relative_uri(self.env.docname, docname)


def visit_drawing(self, node):
    """Write the drawing without what makes a script take it for a figure that answers."""
    svg = interactive.prerender(node["figure"], self.config.language)
    self.body.append(
        f'<span class="nf-gallery-drawing" role="img" aria-label="{escape(node["alt"])}">{svg}</span>'
    )
    raise nodes.SkipNode


def galleries(env):
    """Return the pages that have a gallery."""
    return [docname for docname, known in env.metadata.items() if "gallery" in known]


def update(app, env):
    """Write galleries anew whatever has changed, and name their groups in the contents of their pages."""
    for docname in (found := galleries(env)):
        (entry, *_) = env.tocs[docname]
        for old in [child for child in entry if "nf-gallery-contents" in child.get("classes", [])]:
            entry.remove(old)
        groups = nodes.bullet_list(classes=["nf-gallery-contents"])
        for _, anchor, title, _ in pages(env):
            link = nodes.reference(
                "", title, internal=True, refuri=docname, anchorname=f"#{anchor}"
            )
            groups += nodes.list_item("", addnodes.compact_paragraph("", "", link))
        if len(groups):
            entry += groups
    return found


def add_style(app, pagename, templatename, context, doctree):
    """Load the colours of interactive figures where a gallery shows them."""
    if "gallery" in app.env.metadata.get(pagename, {}):
        app.add_css_file("interactive/interactive.css")


def setup(app):
    """Register the directive and what fills it."""
    app.add_node(gallery)
    app.add_node(drawing, html=(visit_drawing, None))
    app.add_directive("gallery", Gallery)
    app.add_post_transform(Hang)
    app.connect("env-get-updated", update, priority=950)  # after the numbering
    app.connect("html-page-context", add_style)
