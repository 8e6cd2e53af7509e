"""``:::{api} planar``: the reference of nflib from ``book/_api/planar.rst``, and links between it and the chapters.

Those files name what Sphinx's autodoc documents, each with an example that pytest runs; both editions share them.
Without a name the directive lists all that the pages below have. A chapter leads to the reference where it first names
an object, and at its end; an entry leads to the first section of each chapter that names it or imports it.
"""

from __future__ import annotations

import inspect
import re
from functools import cache
from importlib import import_module
from operator import attrgetter
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from .copies import tree
from .element import element, make
from .gallery import reading_order
from .placeholders import REPOSITORY
from .quiz import section_name

CODE = f"https://github.com/{REPOSITORY}/blob/HEAD"
FOLDER = Path(__file__).resolve().parents[2] / "_api"
WORDS = {
    "es": {"book": "En el libro: ", "page": "En la referencia de nflib: "},
    "en": {"book": "In the book: ", "page": "In the reference of nflib: "},
}
CHAPTER = re.compile(r"\d\d-|closing$|nflib$")
NAME = re.compile(r"(?:nflib\.(?:course\.targets\.)?)?([A-Za-z][\w.]*)(?:\(.*\))?", re.S)
IMPORT = re.compile(r"^from nflib(?:\.course\.targets)? import (\([^)]*\)|.*)", re.M)


class Api(SphinxDirective):
    """The directive."""

    optional_arguments = 1

    def run(self):
        """Read the file as reStructuredText, in English whatever the edition; or leave the place of the list."""
        self.env.metadata[self.env.docname]["api"] = "yes"
        if not self.arguments:
            return [make("div", classes="nf-api-names")]
        path = FOLDER / f"{self.arguments[0]}.rst"
        self.env.note_dependency(str(path))
        lines = ["````{eval-rst}", *path.read_text("utf8").split("\n"), "````"]
        body = make("div", lang="en", classes="nf-api")
        self.state.nested_parse(StringList(lines, source=str(path)), 0, body)
        return [body]


@cache
def entries(env) -> dict[str, tuple[str, str]]:
    """Return name -> (page, anchor) of all that is documented: ``Flow``, ``Flow.sample``, ``TwoMoons``."""
    objects = env.domains["py"].objects.items()
    objects = sorted(objects, key=lambda pair: not pair[0].startswith("nflib.course.targets."))
    short = lambda name: name.removeprefix("nflib.").removeprefix("course.targets.")
    return {short(name): (entry.docname, entry.node_id) for name, entry in objects}


@cache
def mentions(env, docname: str) -> dict[str, str]:
    """Return name -> id of the first section that imports it, or names it in its text, in a page."""
    found: dict[str, str] = {}
    for node in tree(env, docname).findall(nodes.literal_block):
        for names in IMPORT.findall(node.astext()):
            found |= dict.fromkeys(re.findall(r"\w+", names), section(node)) | found
    for node, name in literals(tree(env, docname)):
        found.setdefault(name, section(node))
    return {name: found[name] for name in entries(env) if name in found}


def section(node) -> str:
    """Return the id of the section that a node is in."""
    while not isinstance(node, nodes.section):
        node = node.parent
    return node["ids"][0]


def literals(document):
    """Return (node, name) of the inline code that may name an object, outside of headings and links."""
    found = [(node, NAME.fullmatch(node.astext())) for node in document.findall(nodes.literal)]
    outside = lambda node: not isinstance(node.parent, nodes.title | nodes.reference)
    return [(node, name[1]) for node, name in found if name and outside(node)]


class Link(SphinxPostTransform):
    """Link chapters and entries, both ways; not exercises, where names are the student's."""

    default_priority = 6

    def run(self, **options):
        """Work on one page."""
        docname, seen = self.env.docname, set()
        if "/" in docname:
            return
        for node, name in literals(self.document):
            if name in entries(self.env) and name not in seen:
                seen.add(name)
                node.replace_self(self.link(name, node.deepcopy()))
        if CHAPTER.match(docname) and (names := sorted(mentions(self.env, docname))):
            words = nodes.Text(WORDS[self.config.language]["page"])
            line = nodes.paragraph("", "", words, *self.linked(names), classes=["nf-noprint"])
            next(self.document.findall(nodes.section)).append(line)
        for place in self.document.findall(element):
            if place["classes"] == ["nf-api-names"]:
                place += [self.names(page) for page in self.env.toctree_includes[docname]]
            elif place["classes"] == ["nf-api"]:
                for entry in filter(lambda node: isinstance(node, addnodes.desc), place.children):
                    self.lead_back(entry)

    def address(self, docname: str, anchor: str) -> str:
        """Return the address of a place as seen from this page."""
        return f"{self.app.builder.get_relative_uri(self.env.docname, docname)}#{anchor}"

    def link(self, name: str, node: nodes.Node) -> nodes.reference:
        """Return a node as a link to the entry of a name."""
        uri = self.address(*entries(self.env)[name])
        return nodes.reference("", "", node, internal=True, refuri=uri)

    def linked(self, names) -> list[nodes.Node]:
        """Return names with their links, a point between each two."""
        pairs = ([nodes.Text(" · "), self.link(name, nodes.literal("", name))] for name in names)
        return [node for pair in pairs for node in pair][1:]

    def names(self, page: str) -> nodes.paragraph:
        """Return the title of a page of the reference and the names that it has."""
        title, uri = self.env.titles[page].astext(), self.address(page, "").rstrip("#")
        link = nodes.reference("", title, internal=True, refuri=uri)
        own = [name for name, place in entries(self.env).items() if place[0] == page]
        listed = self.linked(name for name in own if name.count(".") == 0)
        return nodes.paragraph("", "", link, nodes.Text(": "), *listed)

    def lead_back(self, entry: addnodes.desc):
        """Say in an entry where its source is and which chapters use it."""
        signature, content = entry.children
        name = signature["fullname"]
        if self.config.nfbook_editions:
            obj = inspect.unwrap(attrgetter(name)(import_module(signature["module"])))
            file = f"{obj.__module__.replace('.', '/')}.py#L{inspect.getsourcelines(obj)[1]}"
            link = f'<a class="nf-source" href="{CODE}/{file}">[source]</a>'
            signature += nodes.raw("", f"<!--if repository-->{link}<!--end if-->", format="html")
        line = make("p", nodes.Text(WORDS[self.config.language]["book"]), lang=self.config.language)
        chapters: dict[str, nodes.reference] = {}
        for docname in filter(CHAPTER.match, reading_order(self.env)):
            if (anchor := mentions(self.env, docname).get(name)) is not None:
                numbers = self.env.toc_secnumbers.get(docname, {})
                title = section_name(tree(self.env, docname), anchor, numbers) if numbers else None
                title = title or [nodes.Text(self.env.titles[docname].astext())]
                link = nodes.reference("", "", *title, refuri=self.address(docname, anchor))
                chapters.setdefault(docname.removesuffix("_further"), link)
        for link in chapters.values():
            line += [nodes.Text(" · " * (len(line) > 1)), link]
        if chapters:
            members = [i for i, node in enumerate(content) if isinstance(node, addnodes.desc)]
            content.insert((members or [len(content)])[0], line)


def update(app, env):
    """Write the reference anew whatever has changed: any page may name its objects."""
    return [docname for docname, known in env.metadata.items() if "api" in known]


def setup(app):
    """Register the directive and the links."""
    app.add_directive("api", Api)
    app.add_post_transform(Link)
    app.connect("env-get-updated", update)
