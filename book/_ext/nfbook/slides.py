"""From a slide of the lecture to the places of the book, and back.

``:::{slide-items} S10`` is a fold with every item of a slide and its places, as tests/slides.yml has them;
``:::{in-the-book} LABEL …`` a line of links to sections, with their numbers; ``:::{on-slides} S10`` links to slides.
Wherever the part ``slide-s10`` of the lecture's page leads, the heading of that section leads back, by a link «S10».
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from .copies import copy, tree

SLIDES = Path(__file__).resolve().parents[3] / "tests" / "slides.yml"
LECTURE, ANCHOR = "lecture", re.compile(r"slide-(s\d\d)")
MOVED = {"coverage": LECTURE}  # pages of earlier editions, and where they are now
ROLES = {"eq": "eq", "fig": "numref", "thm": "prf:ref", "def": "prf:ref", "prop": "prf:ref"}
ROLES |= {"sec": "ref"}
WORDS = {
    "es": {
        "fold": "Todo lo que dice la lámina, y dónde está",
        "folds": "Todo lo que dicen estas láminas, y dónde está",
        "columns": "| n.º | qué dice la lámina | dónde está |",
        "nowhere": "no se reproduce",
        "place": "En el libro",
        "slide": "Lámina {} de la clase",
    },
    "en": {
        "fold": "Everything the slide says, and where it is",
        "folds": "Everything these slides say, and where it is",
        "columns": "| no. | what the slide says | where it is |",
        "nowhere": "not reproduced",
        "place": "In the book",
        "slide": "Slide {} of the lecture",
    },
}


def frames() -> dict[str, dict]:
    """Return the slides of the lecture, in order."""
    return yaml.safe_load(SLIDES.read_text("utf8"))


def link(place: str) -> str:
    """Return a reference to a label, or to a page."""
    return f"{{{ROLES.get(place.partition('-')[0], 'doc')}}}`{place}`"


class SlideItems(SphinxDirective):
    """The fold, of one slide or of several."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        """Write the rows as a page would, and have them read."""
        self.env.note_dependency(str(SLIDES))
        language = self.config.language
        words, slides = WORDS.get(language, WORDS["en"]), frames()
        names = self.arguments[0].split()
        title = words["folds" if len(names) > 1 else "fold"]
        lines = [f":::{{dropdown}} {title}", words["columns"], "| --- | --- | --- |"]
        for name in names:
            for number, item in slides[name]["items"].items():
                says = [item.get(language, item["en"])]
                says += [
                    f"{{ref}}`{fix} <sec-errata-{fix.lower()}>`" for fix in item.get("fix", [])
                ]
                where = ", ".join(map(link, item["where"])) or words["nowhere"]
                lines.append(f"| {name}.{number} | {', '.join(says)} | {where} |")
        fold = nodes.container(classes=["nf-numbered", "nf-noprint"])
        self.state.nested_parse(StringList([*lines, ":::"]), 0, fold)
        return [fold]


class InTheBook(SphinxDirective):
    """The line of links."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        """Write the links as a page would, and have them read."""
        words = WORDS.get(self.config.language, WORDS["en"])
        links = " · ".join(map(link, self.arguments[0].split()))
        line = nodes.container(classes=["nf-numbered"])
        self.state.nested_parse(StringList([f"**{words['place']}:** {links}"]), 0, line)
        return [line]


class OnSlides(SphinxDirective):
    """``:::{on-slides} S10 S11``: links to slides, as they stand beside headings."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        """Write the links as a page would, and have them read."""
        names = self.arguments[0].split()
        text = " ".join(f"{{ref}}`{name} <slide-{name.lower()}>`" for name in names)
        line = nodes.container(classes=["nf-slides"])
        self.state.nested_parse(StringList([text]), 0, line)
        return [line]


class NumberSections(SphinxPostTransform):
    """Put its number before the title of a section; before references are resolved."""

    default_priority = 5

    def run(self, **options):
        """Number the references within what the directives wrote."""
        for part in self.document.findall(nodes.container):
            if "nf-numbered" in part["classes"]:
                for reference in list(part.findall(addnodes.pending_xref)):
                    if number := self.number(reference):
                        index = reference.parent.index(reference)
                        reference.parent.insert(index, nodes.Text(f"{number} "))

    def number(self, reference):
        """Return the number of the section that a reference names by its title, or nothing."""
        if reference["reftype"] != "ref" or reference["refexplicit"]:
            return ""
        labels = self.env.get_domain("std").labels
        docname, anchor, _ = labels.get(reference["reftarget"], ("", "", ""))
        for section in tree(self.env, docname).findall(nodes.section) if docname else ():
            if anchor in section["ids"]:
                numbers = self.env.toc_secnumbers.get(docname, {})
                return ".".join(map(str, numbers.get(f"#{section['ids'][0]}") or ()))
        return ""


# ------------------------------------------------------------------------ from the book to the slides


@cache
def places(env) -> dict[str, list[str]]:
    """Return the slides whose part of the lecture's page leads to each label or page."""
    found: dict[str, list[str]] = {}
    for section in tree(env, LECTURE).findall(nodes.section) if LECTURE in env.all_docs else ():
        for slide in filter(None, map(ANCHOR.fullmatch, section["ids"])):
            for node in section.findall(nodes.Element):
                if isinstance(node, (addnodes.pending_xref, copy)):
                    slides = found.setdefault(node.get("reftarget", node.get("label")), [])
                    slides.append(slide[1].upper())
    return found


def section_of(node):
    """Return the section in which a node is, or None: one with a heading of its own."""
    while node is not None and not (
        isinstance(node, nodes.section) and node and isinstance(node[0], nodes.title)
    ):
        node = node.parent
    return node


def mark_headings(app, doctree, docname):
    """Tell each heading the slides that lead to its section."""
    wanted = places(app.env) if docname != LECTURE else {}
    for node in doctree.findall(nodes.Element):
        names = [*node.get("ids", ()), node.get("label")]
        if isinstance(node.parent, nodes.document):  # the section of the whole page
            names.append(docname)
        slides = [slide for name in names for slide in wanted.get(name, ())]
        if slides and (section := section_of(node)):
            title = section[0]
            title["nf-slides"] = sorted({*title.get("nf-slides", ()), *slides})
            title["nf-lecture"] = app.builder.get_relative_uri(docname, LECTURE)


def visit_title(self, node):
    """Begin a heading as ever."""
    type(self).visit_title(self, node)


def depart_title(self, node):
    """End a heading as ever, after its slides."""
    if "nf-slides" in node:
        words = WORDS.get(self.config.language, WORDS["en"])["slide"]
        chips = (
            f'<a href="{node["nf-lecture"]}#slide-{slide.lower()}" title="{words.format(slide)}">{slide}</a>'
            for slide in node["nf-slides"]
        )
        self.body.append(f' <span class="nf-slides">{"".join(chips)}</span>')
    type(self).depart_title(self, node)


def moved_pages(app):
    """Yield a page that leads on for each address that an earlier edition had."""
    for old, new in MOVED.items():
        if new in app.env.all_docs:
            yield old, {"moved_to": new, "title": app.env.titles[new].astext()}, "moved.html"


def setup(app):
    """Register the directives, what marks the headings, and the pages that moved."""
    app.add_directive("slide-items", SlideItems)
    app.add_directive("in-the-book", InTheBook)
    app.add_directive("on-slides", OnSlides)
    app.add_post_transform(NumberSections)
    app.add_node(nodes.title, override=True, html=(visit_title, depart_title))
    app.connect("doctree-resolved", mark_headings)
    app.connect("html-collect-pages", moved_pages)
