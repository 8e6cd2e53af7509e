"""How long each page takes to read, and how much a chapter may ask: words, visible code, minutes.

Words are those of running text, boxes and captions; formulas, code, outputs and what is folded do not count. The
minutes on the pages come from here. The build fails where a chapter is over its budget.

Usage: python -m tools.site.length        prints the table, and fails as the build does
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, fields
from functools import cache
from itertools import product
from pathlib import Path

import jupytext

from tools.course import EDITIONS, ROOT
from tools.generated_pages.exercise_index import topics
from tools.notebooks.myst import ROLE, Directive, blocks, is_further

FOLDED = {"dropdown", "reveal", "quiz", "toctree", "bibliography"}
HIDDEN = {"hide-input", "hide-cell", "remove-cell", "remove-input"}
WORDS = {range(1, 9): 1800, range(9, 100): 2200}  # at most, by chapter
CODE = 120  # visible lines, at most
MINUTES = 25  # of each of the first eight
TOGETHER = 11_000  # words of chapters 1 to 7, the lecture's


@dataclass
class Length:
    """What a page asks of its reader."""

    words: int = 0
    formulas: int = 0  # displayed
    symbols: int = 0  # formulas in the text
    code: int = 0  # visible lines
    tables: int = 0  # checks that are open
    figures: int = 0

    @property
    def minutes(self) -> int:
        """Reading time: 180 words a minute, and so many seconds for each of the rest."""
        seconds = 30 * self.formulas + 1.5 * self.symbols + 4 * self.code
        seconds += 20 * self.tables + 36 * self.figures
        return max(1, round(self.words / 180 + seconds / 60))

    def text(self, text: str) -> None:
        """Count the words of a text, and its formulas."""
        text = re.sub(r"^\([\w:-]+\)=$|^#+ ", "", text, flags=re.M)
        self.formulas += text.count("$$") // 2
        text = re.sub(r"\$\$.*?\$\$(?: *\([\w:-]+\))?", " ", text, flags=re.S)
        self.symbols += len(re.findall(r"\$[^$]+\$", text))
        text = re.sub(r"\$[^$]+\$", " ", text)
        text = ROLE.sub(lambda role: role[2] if role[1] in ("term", "set") else "x", text)
        text = re.sub(r"\]\([^)]*\)|<[^>]*>", " ", text)
        self.words += len(re.findall(r"[^\W_][\w’'-]*", text))

    def lines(self, lines: list[str]) -> None:
        """Count what some Markdown shows."""
        plain = []
        for block in blocks(lines):
            if not isinstance(block, Directive):
                plain.append(block)
            elif block.name not in FOLDED:
                self.text(block.title)
                self.figures += block.name == "interactive"
                self.lines(block.body)
        self.text("\n".join(plain))

    def cell(self, cell) -> None:
        """Count what a code cell shows."""
        if not HIDDEN & set(cell.metadata.get("tags", [])):
            self.code += sum(bool(line.strip()) for line in cell.source.split("\n"))
        self.tables += "folded=False" in cell.source
        if figure := cell.metadata.get("mystnb", {}).get("figure"):
            self.figures += 1
            self.text(figure["caption"])


def length(page: Path) -> Length:
    """Return the length of a page."""
    total = Length()
    for cell in jupytext.read(page, fmt="md:myst").cells:
        total.lines(cell.source.split("\n")) if cell.cell_type == "markdown" else total.cell(cell)
    return total


def chapters(lang: str) -> dict[str, Length]:
    """Return the lengths of the chapters of an edition, without their second pages."""
    pages = sorted((ROOT / "book" / lang).glob("[0-9][0-9]-*.md"))
    return {page.stem: length(page) for page in pages if not is_further(page.stem)}


@cache
def minutes(lang: str) -> dict[str, int]:
    """Return the minutes of chapters: ``2``, ``1-7``, ``further 2``, ``exercises 1-7``, in every range."""
    each = {f"exercises {topic.title.partition('.')[0]}": topic.minutes for topic in topics(lang)}
    for page in (ROOT / "book" / lang).glob("[0-9][0-9]-*.md"):
        each["further " * is_further(page.stem) + str(int(page.stem[:2]))] = length(page).minutes
    last, found = len(topics(lang)), dict(each)
    for kind, first in product(("", "further ", "exercises "), range(1, last)):
        for end in range(first + 1, last + 1):
            members = (each.get(f"{kind}{k}", 0) for k in range(first, end + 1))
            found[f"{kind}{first}-{end}"] = sum(members)
    return found


def faults(lengths: dict[str, Length]) -> list[str]:
    """Say which chapters ask for more than they may."""
    found, together = [], 0
    for name, asked in lengths.items():
        number = int(name[:2])
        words = next(limit for numbers, limit in WORDS.items() if number in numbers)
        together += asked.words * (number <= 7)
        if asked.words > words:
            found.append(f"{name}: {asked.words} words, at most {words}")
        if asked.code > CODE:
            found.append(f"{name}: {asked.code} lines of code, at most {CODE}")
    if together > TOGETHER:
        found.append(f"chapters 1 to 7: {together} words, at most {TOGETHER}")
    return found


def main() -> int:
    """Print the table of both editions; return the exit status."""
    wrong = []
    for lang in EDITIONS:
        names = "  ".join(field.name for field in fields(Length))
        print(f"{lang}  {'page':<34} {names}  minutes")
        for page in sorted((ROOT / "book" / lang).glob("[0-9][0-9]-*.md")):
            asked = length(page)
            cells = [f"{n:>{len(name)}}" for name, n in vars(asked).items()]
            print(f"    {page.stem:<34} {'  '.join(cells)}  {asked.minutes:>7}")
        wrong += [f"{lang}: {fault}" for fault in faults(chapters(lang))]
    print("\n".join(wrong))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
