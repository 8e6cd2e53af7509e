"""What the tools know of a MyST page: its blocks, its labels and the numbers readers see.

Labels are numbered as Sphinx numbers them (by chapter, in order of appearance); tests/book/test_site.py compares.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import jupytext

from tools.course import ROOT

KINDS = {"prf:theorem": "thm", "prf:definition": "def", "prf:proposition": "prop"}
OPENING = re.compile(r"^\s*(?P<fence>:{3,}|`{3,})\{(?P<name>[\w:-]+)\}\s*(?P<title>.*)$")
OPTION = re.compile(r"^:([\w-]+):\s*(.*)$")
TARGET = re.compile(r"^\(([\w:-]+)\)=$")
HEADING = re.compile(r"^(#+)\s+(.*)$")
ROLE = re.compile(r"\{([\w:-]+)\}`([^`]+)`")
EQUATION_END = re.compile(r"^\$\$\s*\(([\w:-]+)\)\s*$")


class MarkupError(ValueError):
    """Something in a page that this module does not know how to write in a notebook."""


@dataclass
class Label:
    """What a label names: its kind, its number as readers see it, its title; and the page that has it."""

    kind: str
    number: str
    title: str = ""
    page: str = ""


def front_matter(description: str) -> str:
    """Return the front matter of a page without code: what it says of itself to whoever has not opened it."""
    return f'---\nmyst: {{html_meta: {{description: "{description}"}}}}\n---\n'


def blocks(lines: list[str]):
    """Split lines into ("line", text) and ("directive", name, title, options, body)."""
    i = 0
    while i < len(lines):
        opening = OPENING.match(lines[i])
        if not opening:
            yield ("line", lines[i])
            i += 1
            continue
        fence, body, i = opening["fence"], [], i + 1
        while i < len(lines) and lines[i].strip() != fence:
            body.append(lines[i])
            i += 1
        if i == len(lines):
            raise MarkupError(f"{fence}{{{opening['name']}}} is never closed")
        i += 1
        options = {}
        while body and (option := OPTION.match(body[0])):
            options[option[1]] = option[2]
            body.pop(0)
        yield ("directive", opening["name"], opening["title"].strip(), options, body)


def chapter_number(page: str) -> str:
    """Return the number of a chapter, which is that of its file name ("" for other pages)."""
    match = re.match(r"0?(\d+)-", page)
    return match[1] if match else ""


class Index:
    """All labels of an edition, numbered as Sphinx numbers them: by chapter, in order of appearance."""

    def __init__(self, lang: str):
        self.labels: dict[str, Label] = {}
        self.titles: dict[str, str] = {}
        self.pages = sorted((ROOT / "book" / lang).glob("*.md"))
        for page in self.pages:
            self._read(page)

    def _read(self, page: Path):
        self.page, self.chapter = page.stem, chapter_number(page.stem)
        self.counts = {"eq": 0, "fig": 0, "thm": 0, "sec": 0}
        self.pending: list[str] = []
        notebook = jupytext.read(page, fmt="md:myst")
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                self._lines(cell.source.split("\n"))
            elif figure := cell.metadata.get("mystnb", {}).get("figure"):
                self._add(figure["name"], "fig", self._next("fig"))

    def _next(self, kind: str) -> str:
        self.counts[kind] += 1
        return f"{self.chapter}.{self.counts[kind]}" if self.chapter else str(self.counts[kind])

    def _add(self, name: str, kind: str, number: str, title: str = ""):
        if name in self.labels:
            raise MarkupError(f"label {name} is used twice")
        self.labels[name] = Label(kind, number, title, self.page)

    def _lines(self, lines: list[str]):
        for block in blocks(lines):
            if block[0] == "line":
                self._line(block[1])
                continue
            _, name, title, options, body = block
            if name in KINDS:
                self._add(options["label"], KINDS[name], self._next("thm"), title)
            elif name == "interactive" and "name" in options:
                self._add(options["name"], "fig", self._next("fig"))
            self._lines(body)

    def _line(self, line: str):
        if target := TARGET.match(line):
            self.pending.append(target[1])
        elif heading := HEADING.match(line):
            level, title = len(heading[1]), heading[2]
            if level == 1:
                number, kind = self.chapter, "chap"
                self.titles[self.page] = title
            else:
                number, kind = (self._next("sec") if level == 2 else ""), "sec"
            for name in self.pending:
                self._add(name, kind, number, title)
            self.pending = []
        elif equation := EQUATION_END.match(line):
            self._add(equation[1], "eq", self._next("eq"))
