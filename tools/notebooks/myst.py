"""A MyST page as the tools read it: its blocks, its labels and the numbers that readers see."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import jupytext

from tools.course import ROOT

KINDS = {"prf:theorem": "thm", "prf:definition": "def", "prf:proposition": "prop"}
OPENING = re.compile(r"^\s*(:{3,}|`{3,})\{([\w:-]+)\}\s*(.*)$")
OPTION = re.compile(r"^:([\w-]+):\s*(.*)$")
TARGET = re.compile(r"^\(([\w:-]+)\)=$")
HEADING = re.compile(r"^(#+)\s+(.*)$")
ROLE = re.compile(r"\{([\w:-]+)\}`([^`]+)`")
EQUATION_END = re.compile(r"^\$\$\s*\(([\w:-]+)\)\s*$")


class MarkupError(ValueError):
    """Something in a page that cannot be written in a notebook."""


class Label(NamedTuple):
    """A label's kind, its number as readers see it, the title below it, and the page that has it."""

    kind: str
    number: str
    title: str
    page: str


class Directive(NamedTuple):
    """A directive of MyST, such as ``:::{admonition} title``."""

    name: str
    title: str
    options: dict[str, str]
    body: list[str]


def blocks(lines: list[str]) -> Iterator[str | Directive]:
    """Yield the lines of a text, and in place of those of a directive the directive."""
    lines = iter(lines)
    for line in lines:
        if not (opening := OPENING.match(line)):
            yield line
            continue
        fence, name, title = opening.groups()
        body = []
        for inner in lines:
            if inner.strip() == fence:
                break
            body.append(inner)
        else:
            raise MarkupError(f"{fence}{{{name}}} is never closed")
        options = [option.groups() for option in takewhile(bool, map(OPTION.match, body))]
        yield Directive(name, title.strip(), dict(options), body[len(options) :])


def question_and_options(body: list[str]) -> tuple[list[str], list[str]]:
    """Split the text of a ``predict`` into the question and the list that ends it, [] if none does."""
    starts = [n for n, line in enumerate(body) if line.startswith("- ")]
    first = next((n for n in starts if all(_in_list(line) for line in body[n:])), len(body))
    options: list[str] = []
    for line in body[first:]:
        if line.startswith("- "):
            options.append(line[2:].strip())
        elif line.strip():
            options[-1] += f" {line.strip()}"
    return body[:first], options


def _in_list(line: str) -> bool:
    return not line.strip() or line.startswith(("- ", "  "))


def chapter_number(page: str) -> str:
    """Return the number of a chapter, which is that of its file name ("" for other pages)."""
    match = re.match(r"0?(\d+)-", page)
    return match[1] if match else ""


def is_further(page: str) -> bool:
    """Say whether a page is the second one of a chapter, «Going further»."""
    return page.endswith("_further")


class Index:
    """All labels of an edition, numbered as Sphinx numbers them: by chapter, in order of appearance.

    tests/book/test_site.py compares the numbers with those of the built site.
    """

    def __init__(self, lang: str):
        self.labels: dict[str, Label] = {}
        self.titles: dict[str, str] = {}
        self.numbers: dict[str, str] = {}  # of the titles
        self.outside: Counter[str] = Counter()  # figures of pages that are no chapter's count on
        self.pages = sorted((ROOT / "book" / lang).glob("*.md"))
        for page in self.pages:
            self._read(page)

    def _read(self, page: Path):
        self.page, self.chapter, self.pending = page.stem, chapter_number(page.stem), []
        if not is_further(page.stem):  # the second page of a chapter counts on
            self.counts = Counter()
        for cell in jupytext.read(page, fmt="md:myst").cells:
            if cell.cell_type == "markdown":
                self._blocks(cell.source.split("\n"))
            elif figure := cell.metadata.get("mystnb", {}).get("figure"):
                self._add(figure["name"], "fig", self._next("fig"))

    def _next(self, counter: str) -> str:
        counts = self.outside if counter == "fig" and not self.chapter else self.counts
        counts[counter] += 1
        return f"{self.chapter}.{counts[counter]}".lstrip(".")

    def _add(self, name: str, kind: str, number: str, title: str = ""):
        if name in self.labels:
            raise MarkupError(f"label {name} is used twice")
        self.labels[name] = Label(kind, number, title, self.page)

    def _blocks(self, lines: list[str]):
        for block in blocks(lines):
            if isinstance(block, str):
                self._line(block)
                continue
            if block.name in KINDS:
                kind = KINDS[block.name]
                self._add(block.options["label"], kind, self._next("thm"), block.title)
            elif block.name == "interactive" and "name" in block.options:
                self._add(block.options["name"], "fig", self._next("fig"))
            self._blocks(block.body)

    def _line(self, line: str):
        if target := TARGET.match(line):
            self.pending.append(target[1])
        elif heading := HEADING.match(line):
            level, title, further = len(heading[1]), heading[2], is_further(self.page)
            kind, number = "sec", self._next("sec") if level == 2 - further else ""
            if level == 1:
                kind, number = ("sec", number) if further else ("chap", self.chapter)
                self.titles[self.page], self.numbers[self.page] = title, number
            for name in self.pending:
                self._add(name, kind, number, title)
            self.pending = []
        elif equation := EQUATION_END.match(line):
            self._add(equation[1], "eq", self._next("eq"))
