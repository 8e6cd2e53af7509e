"""Docstrings of nflib as Sphinx's autodoc is to have them: plain text becomes reStructuredText, its formulas TeX."""

from __future__ import annotations

import re
from itertools import groupby
from textwrap import dedent, indent

from .formula import parts

HEADS = "(?:Formula|Args|Attributes|Returns|Raises|Source):"
CHUNK = re.compile(
    rf"(?P<name>{HEADS})(?: (?P<line>.+(?:\n(?!{HEADS}).+)*)|\n(?P<block>(?:    .*\n?)+))"
    rf"|(?P<prose>.+(?:\n(?!{HEADS}).+)*)"
)
TITLES = {"Args:": "Arguments:", "Raises:": "Errors:"}


def escape(text: str) -> str:
    """Return plain text as reStructuredText; what is between double backquotes stays."""
    pieces = re.split(r"(``.+?``)", text)
    plain = lambda piece: re.sub(r"([\\*|_`]|(?<=^[A-Z])\.)", r"\\\1", piece).replace("'", "’")
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
    """Write classes that are defaults by their name; leave out the arguments of every Module."""
    mends = (
        (r"functools\.partial\((<class [^>]*>)[^)]*\)", r"\1"),
        (r"<class '[\w.]*?(\w+)'>", r"\1"),
        (r"\*args: \S*Any, \*\*kwargs: \S*Any", ""),
    )
    for pattern, mended in mends if signature else ():
        signature = re.sub(pattern, mended, signature)
    return signature, returned


def setup(app):
    """Read what autodoc has found before it is shown."""
    app.connect("autodoc-process-docstring", read_docstring)
    app.connect("autodoc-process-signature", read_signature)
