"""``:::{api} planar``: the reference of nflib from ``book/_api/planar.rst``, and links between it and the chapters.

Those files name what Sphinx's autodoc is to document, with an example each that pytest runs; both editions share
them. Docstrings of nflib are plain text with formulas in Unicode: here they become reStructuredText and TeX.
Chapters lead to the reference from the first place that names an object, and entries lead back to it.
"""

from __future__ import annotations

import inspect
import re
from functools import cache
from importlib import import_module
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from textwrap import dedent, indent

from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from . import copies, placeholders
from .element import element, make
from .formula import parts
from .gallery import reading_order
from .quiz import section_name

ROOT = Path(__file__).resolve().parents[3]
WORDS = {
    "es": {"book": "En el libro: ", "page": "En la referencia de nflib: ", "source": "[código]"},
    "en": {"book": "In the book: ", "page": "In the reference of nflib: ", "source": "[source]"},
}
HEADS = "(?:Formula|Args|Attributes|Returns|Raises|Source):"
CHUNK = re.compile(
    rf"(?P<name>{HEADS})(?: (?P<line>.+(?:\n(?!{HEADS}).+)*)|\n(?P<block>(?:    .*\n?)+))"
    rf"|(?P<prose>.+(?:\n(?!{HEADS}).+)*)"
)
TITLES = {"Args:": "Arguments:", "Raises:": "Errors:"}
CHAPTER = re.compile(r"\d\d-|closing$|nflib$")
NAME = re.compile(r"(?:nflib\.(?:targets\.)?)?([A-Za-z][\w.]*)(?:\(.*\))?", re.S)
IMPORT = re.compile(r"^from nflib(?:\.targets)? import (\([^)]*\)|.*)", re.M)


# ------------------------------------------------------------------------ docstrings


def escape(text: str) -> str:
    """Return plain text as reStructuredText; what is between double backquotes stays."""
    pieces = re.split(r"(``.+?``)", text)
    plain = lambda piece: re.sub(r"([\\*|_`]|(?<=^[A-Z])\.)", r"\\\1", piece)
    return "".join(p if p[:2] == "``" else plain(p) for p in pieces)


def typeset(lines: list[str]) -> str:
    """Return lines with their formulas; a line that is nothing else is displayed."""
    paragraphs = [""]
    for line in lines:
        pieces = parts(line)
        if pieces[0][0] and not "".join(text for _, text in pieces[1:]).strip(" .,;"):
            paragraphs += [f".. math:: {pieces[0][1]}", ""]
        else:
            paragraphs[-1] += "".join(f":math:`{t}`" if f else escape(t) for f, t in pieces)
    return "\n\n".join(filter(None, paragraphs))


def items(head: str, block: str) -> str:
    """Return ``name: what it is`` of each argument, attribute or error as a list."""
    found = []
    if head == "Returns:":
        return escape(" ".join(block.split()))
    for item in re.split(r"\n(?=\S)|(?<=\.)  (?=[\w, ]+: )", dedent(block)):
        names, colon, words = " ".join(item.split()).partition(": ")
        found.append(f"- ``{names}``: {escape(words)}" if colon else escape(names))
    return "\n".join(found)


def restructured(docstring: str) -> str:
    """Return a docstring of nflib as reStructuredText; in its first lines and where it is indented it has formulas."""
    found = []
    for chunk in CHUNK.finditer(docstring):
        name, line, block, prose = chunk.groups()
        if block:
            text = typeset(block.splitlines()) if name == "Formula:" else items(name, block)
        elif name == "Formula:" or not found:
            text = typeset([re.sub(r"\n\s*", " ", line or prose)])
        else:
            rows = [" ".join(line.split())] if line else prose.split("\n")
            runs = [(f, [*run]) for f, run in groupby(rows, lambda row: row[:4] == "    ")]
            text = "\n\n".join(typeset(run) if f else escape(" ".join(run)) for f, run in runs)
        found.append(f":{TITLES.get(name, name)}\n{indent(text, '   ')}" if name else text)
    return "\n\n".join(found)


def read_docstring(app, what, name, obj, options, lines):
    """Hand autodoc a docstring as it can be read."""
    lines[:] = restructured("\n".join(lines).rstrip()).split("\n") + [""]


def read_signature(app, what, name, obj, options, signature, returned):
    """Write the classes that are defaults of arguments by their name."""
    partial = r"functools\.partial\((<class [^>]*>)[^)]*\)"
    named = re.sub(r"<class '[\w.]*?(\w+)'>", r"\1", re.sub(partial, r"\1", signature or ""))
    return signature and named, returned


# ------------------------------------------------------------------------ pages


class Api(SphinxDirective):
    """The directive."""

    optional_arguments = 1

    def run(self):
        """Read the shared file as reStructuredText, which is English in both editions; without a file, list them."""
        self.env.metadata[self.env.docname]["api"] = "yes"
        if not self.arguments:
            return [make("div", classes="nf-api-names")]
        path = ROOT / "book/_api" / f"{self.arguments[0]}.rst"
        self.env.note_dependency(str(path))
        lines = ["````{eval-rst}", *path.read_text("utf8").split("\n"), "````"]
        body = make("div", lang="en", classes="nf-api")
        self.state.nested_parse(StringList(lines, source=str(path)), 0, body)
        return [body]


@cache
def entries(env) -> dict[str, tuple[str, str]]:
    """Return name -> (page, anchor) of all that the reference has: ``Flow``, ``Flow.sample``, ``TwoMoons``."""
    objects = env.domains["py"].objects.items()
    objects = sorted(objects, key=lambda pair: not pair[0].startswith("nflib.targets."))
    short = lambda name: name.removeprefix("nflib.").removeprefix("targets.")
    return {short(name): (entry.docname, entry.node_id) for name, entry in objects}


@cache
def mentions(env, docname: str) -> dict[str, str]:
    """Return name -> id of the first section that names it, in its text or in what its code imports."""
    found: dict[str, str] = {}
    for node in copies.tree(env, docname).findall(nodes.literal_block):
        for names in IMPORT.findall(node.astext()):
            found |= {name: section(node) for name in re.findall(r"\w+", names)} | found
    for node, name in literals(copies.tree(env, docname)):
        found.setdefault(name, section(node))
    return {name: found[name] for name in entries(env) if name in found}


def section(node) -> str:
    """Return the id of the section that a node is in."""
    while not isinstance(node, nodes.section):
        node = node.parent
    return node["ids"][0]


def literals(tree):
    """Yield (node, name) of inline code that may name an object: outside of headings and links."""
    for node in tree.findall(nodes.literal):
        name = NAME.fullmatch(node.astext())
        if name and not isinstance(node.parent, nodes.title | nodes.reference):
            yield node, name[1]


class Link(SphinxPostTransform):
    """Link chapters with the entries of what they name, both ways."""

    default_priority = 6

    def run(self, **options):
        """Work on one page."""
        self.words = WORDS[self.config.language]
        if CHAPTER.match(self.env.docname):
            self.link_names()
            self.name_all()
        elif "api" in self.env.metadata[self.env.docname]:
            for place in self.document.findall(element):
                if place["classes"] == ["nf-api-names"]:
                    self.list_names(place)
            for entry in self.document.findall(addnodes.desc):
                if entry.parent["classes"] == ["nf-api"]:
                    self.lead_back(entry)
            self.link_names()

    def address(self, docname: str, anchor: str) -> str:
        """Return the address of a place as seen from this page."""
        return f"{self.app.builder.get_relative_uri(self.env.docname, docname)}#{anchor}"

    def link_names(self):
        """Link the first place that names each object."""
        known, seen = entries(self.env), set()
        for node, name in list(literals(self.document)):
            if name in known and name not in seen:
                seen.add(name)
                node.replace_self(self.link(name, node.deepcopy()))

    def name_all(self):
        """Name all that the page uses, at its end."""
        if names := sorted(mentions(self.env, self.env.docname)):
            line = nodes.paragraph("", self.words["page"], classes=["nf-noprint", "nf-names"])
            line += self.linked(names)
            next(self.document.findall(nodes.section)).append(line)

    def link(self, name: str, node: nodes.Node) -> nodes.reference:
        """Return a node as a link to the entry of a name."""
        uri = self.address(*entries(self.env)[name])
        return nodes.reference("", "", node, internal=True, refuri=uri)

    def linked(self, names) -> list[nodes.Node]:
        """Return names with their links, a point between each two."""
        pairs = ([nodes.Text(" · "), self.link(name, nodes.literal("", name))] for name in names)
        return [node for pair in pairs for node in pair][1:]

    def list_names(self, place):
        """List the pages of the reference with the names that each one has."""
        for page in self.env.toctree_includes[self.env.docname]:
            title = nodes.reference(
                "", self.env.titles[page].astext(), internal=True, refuri=self.address(page, "")
            )
            line = nodes.paragraph("", "", title, nodes.Text(": "))
            here = [name for name, place in entries(self.env).items() if place[0] == page]
            line += self.linked(name for name in here if "." not in name)
            place += line

    def lead_back(self, entry):
        """Say in an entry where its source is and which chapters use it."""
        signature = next(entry.findall(addnodes.desc_signature))
        name = signature["fullname"]
        if self.config.nfbook_editions:
            obj = inspect.unwrap(attrgetter(name)(import_module(signature["module"])))
            file = Path(inspect.getsourcefile(obj)).relative_to(ROOT).as_posix()
            uri = f"https://github.com/{placeholders.REPOSITORY}/blob/HEAD/{file}"
            uri += f"#L{inspect.getsourcelines(obj)[1]}"
            link = nodes.reference("", self.words["source"], refuri=uri, classes=["nf-source"])
            signature += [placeholders.mark("if repository"), link, placeholders.mark("end if")]
        line = make("p", nodes.Text(self.words["book"]), lang=self.config.language)
        chapters = set()
        for docname in filter(CHAPTER.match, reading_order(self.env)):
            anchor = mentions(self.env, docname).get(name)
            if anchor and docname.removesuffix("_further") not in chapters:
                chapters.add(docname.removesuffix("_further"))
                title = section_name(
                    copies.tree(self.env, docname), anchor, self.env.toc_secnumbers.get(docname, {})
                )
                uri = self.address(docname, anchor)
                line += nodes.Text(" · " * (len(chapters) > 1))
                line += nodes.reference("", "", *title, internal=True, refuri=uri)
        if chapters:
            members = [i for i, node in enumerate(entry[-1]) if isinstance(node, addnodes.desc)]
            entry[-1].insert((members or [len(entry[-1])])[0], line)


def update(app, env):
    """Write the reference anew whatever has changed: any page may name its objects."""
    return [docname for docname, known in env.metadata.items() if "api" in known]


def setup(app):
    """Register the directive and the links."""
    app.connect("autodoc-process-docstring", read_docstring)
    app.connect("autodoc-process-signature", read_signature)
    app.add_directive("api", Api)
    app.add_post_transform(Link)
    app.connect("env-get-updated", update)
