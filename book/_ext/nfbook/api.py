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
SECTION = re.compile(r"(Formula|Args|Attributes|Returns|Raises|Source):(?: (.*))?")
TITLES = {"Args": "Arguments", "Raises": "Errors"}
CHAPTER = re.compile(r"\d\d-|closing$|nflib$")
NAME = re.compile(r"(?:nflib\.(?:targets\.)?)?([A-Za-z][\w.]*)(?:\(.*\))?", re.S)
IMPORT = re.compile(r"^from nflib(?:\.targets)? import (\([^)]*\)|.*)", re.M)


# ------------------------------------------------------------------------ docstrings


def escape(text: str) -> str:
    """Return plain text as reStructuredText; what is between double backquotes stays."""
    plain = re.split(r"(``.+?``)", text)
    return "".join(p if p[:2] == "``" else re.sub(r"([\\*|_`])", r"\\\1", p) for p in plain)


def typeset(lines: list[str]) -> str:
    """Return lines with formulas; one that is nothing else is displayed."""
    paragraphs: list[str] = [""]
    for line in lines:
        (formula, tex), *others = pieces = parts(line)
        if formula and not "".join(words for _, words in others).strip(" .,;"):
            paragraphs += [f".. math:: {tex}", ""]
        else:
            paragraphs[-1] += "".join(f":math:`{t}`" if f else escape(t) for f, t in pieces)
    return "\n\n".join(filter(None, paragraphs))


def items(text: str) -> str:
    """Return ``name: what it is`` of each argument, attribute or error as a list."""
    text = re.sub(r"\.  (?=[\w, ]+: )", ".\n", dedent(text))
    found = []
    for item in re.split(r"\n(?=\S)", text):
        names, colon, words = " ".join(item.split()).partition(": ")
        found.append(f"- ``{names}``: {escape(words)}" if colon else escape(names))
    return "\n".join(found)


def restructured(docstring: str) -> str:
    """Return a docstring of nflib as reStructuredText."""
    found = []
    for paragraph in docstring.split("\n\n"):
        name, lines = "", paragraph.strip("\n").split("\n")
        while lines:
            head = SECTION.fullmatch(lines[0])
            name, first = head.groups() if head else ("", None)
            rest = lines[1:] if head else lines
            ends = lambda line: SECTION.fullmatch(line) or (head and not first and line[:1] != " ")
            n = next((i for i, line in enumerate(rest) if i >= (not head) and ends(line)), len(rest))
            body, lines = [first] * bool(first) + rest[:n], rest[n:]
            if name in ("Args", "Attributes", "Raises"):
                text = items("\n".join(body))
            elif name == "Formula":
                text = typeset([" ".join(map(str.strip, body))] if first else body)
            elif name:
                text = escape(" ".join(map(str.strip, body)))
            else:
                text = prose(body)
            found.append(f":{TITLES.get(name, name)}:\n{indent(text, '   ')}" if name else text)
    return "\n\n".join(found)


def prose(lines: list[str]) -> str:
    """Return a paragraph of a docstring, its indented lines being formulas."""
    runs: list[str] = []
    for line in lines:
        if line.startswith("    "):
            runs.append(typeset([line]))
        elif runs and not runs[-1].startswith(".. math::"):
            runs[-1] += f"\n{escape(line)}"
        else:
            runs.append(escape(line))
    return "\n\n".join(runs)


def read_docstring(app, what, name, obj, options, lines):
    """Hand autodoc a docstring as it can be read."""
    lines[:] = restructured("\n".join(lines).rstrip()).split("\n") + [""]


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
    objects = sorted(env.domains["py"].objects.items(), reverse=True)  # nflib.x after nflib.targets.x
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
        elif "api" in self.env.metadata[self.env.docname]:
            for place in self.document.findall(element):
                if place["classes"] == ["nf-api-names"]:
                    self.list_names(place)
            for entry in self.document.findall(addnodes.desc):
                if entry.parent["classes"] == ["nf-api"]:
                    self.lead_back(entry)

    def address(self, docname: str, anchor: str) -> str:
        """Return the address of a place as seen from this page."""
        return f"{self.app.builder.get_relative_uri(self.env.docname, docname)}#{anchor}"

    def link_names(self):
        """Link the first place that names each object, and all of them at the end."""
        known, seen = entries(self.env), set()
        for node, name in list(literals(self.document)):
            if name in known and name not in seen:
                seen.add(name)
                node.replace_self(self.link(name, node.deepcopy()))
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
            names = [name for name, (docname, _) in entries(self.env).items() if docname == page and "." not in name]
            line += self.linked(names)
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
                line += [nodes.reference("", "", *title, internal=True, refuri=uri), nodes.Text(" · ")]
        if chapters:
            line.pop()
            entry[-1].append(line)


def update(app, env):
    """Write the reference anew whatever has changed: any page may name its objects."""
    return [docname for docname, known in env.metadata.items() if "api" in known]


def setup(app):
    """Register the directive and the links; the reference is made by autodoc."""
    app.setup_extension("sphinx.ext.autodoc")
    app.config.autodoc_default_options = {"members": True, "member-order": "bysource"}
    app.config.autodoc_inherit_docstrings = False
    app.connect("autodoc-process-docstring", read_docstring)
    app.add_directive("api", Api)
    app.add_post_transform(Link)
    app.connect("env-get-updated", update)
