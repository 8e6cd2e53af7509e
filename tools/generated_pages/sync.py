"""Copy the code cells of the Spanish edition to the English one where their code differs; write the pages made by code.

A cell whose code is equal but for comments and strings is left as it is: its words are translated. The prose, captions
and alternative texts of the English edition are never touched. A page whose cells no longer pair up is reported.

The pages made by code are committed, so that a plain `jupyter-book build .` has them.

Usage: python -m tools.generated_pages.sync
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tools.course import EDITIONS, ROOT
from tools.generated_pages import exercise_index, verification
from tools.generated_pages.parity import code

PAGES = {"verification": verification.page, "exercises": exercise_index.page}
CELL = re.compile(
    r"^```\{code-cell\}[^\n]*\n(?:---\n.*?\n---\n|(?::[\w-]+:[^\n]*\n)*)(?P<code>.*?)^```$",
    re.M | re.S,
)


def synchronise(spanish: Path, english: Path) -> list[int]:
    """Rewrite the English page; return the numbers of the code cells that changed. ValueError: they do not pair up."""
    target = english.read_text("utf8")
    left, right = (list(CELL.finditer(page.read_text("utf8"))) for page in (spanish, english))
    if len(left) != len(right):
        raise ValueError(
            f"{english.name}: {len(left)} code cells in es, {len(right)} in en; add or remove cells by hand"
        )
    changed = []
    for number in range(len(left), 0, -1):  # from the end, so that positions stay true
        es, en = left[number - 1], right[number - 1]
        if code(es["code"]) != code(en["code"]):
            target = target[: en.start("code")] + es["code"] + target[en.end("code") :]
            changed.insert(0, number)
    english.write_text(target, "utf8")
    return changed


def write_pages() -> None:
    """Write the pages that are made by code where they changed."""
    for name, page in PAGES.items():
        for lang in EDITIONS:
            file, text = ROOT / "book" / lang / f"{name}.md", page(lang)
            if not file.exists() or file.read_text("utf8") != text:
                file.write_text(text, "utf8")
                print(f"{file.relative_to(ROOT)}: written")


def main() -> int:
    """Synchronise every page that both editions have; return the exit status."""
    status = 0
    for spanish in sorted((ROOT / "book/es").glob("*.md")):
        english = ROOT / "book/en" / spanish.name
        try:
            if not english.exists():
                raise ValueError(f"{spanish.name}: not in book/en yet")
            if numbers := ", ".join(map(str, synchronise(spanish, english))):
                print(
                    f"{spanish.name}: code cells {numbers} copied to en; translate their comments and strings"
                )
        except ValueError as error:
            print(error)
            status = 1
    write_pages()
    return status


if __name__ == "__main__":
    sys.exit(main())
