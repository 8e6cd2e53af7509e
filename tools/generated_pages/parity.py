"""Comparison of the two editions of a page, which names the first place where they must not differ but do.

Equal: the code of every cell (as syntax trees, comments and strings apart), the metadata of cells (captions and
alternative texts apart), display equations with their labels, headings' levels and labels, theorems, boxes, figures,
self-tests, the options of a ``predict`` and citations. Used by tests/book/test_parity.py and
tools/generated_pages/sync.py.
"""

from __future__ import annotations

import ast
import re
from itertools import zip_longest
from pathlib import Path

import jupytext

from tools.notebooks.myst import HEADING, ROLE, TARGET, Directive, blocks, question_and_options

WORDS_OR_SPACE = re.compile(r"\\(?:text|mathrm|operatorname)\{[^}]*\}|\s+")


def code(source: str) -> str:
    """Return the syntax tree of a cell as text, every string replaced by a blank one."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
        if isinstance(node, ast.JoinedStr):  # an f-string: its expressions count, its words do not
            node.values = [v for v in node.values if isinstance(v, ast.FormattedValue)]
    return ast.dump(tree)


def metadata(cell) -> str:
    """Return what of a cell's metadata must be equal: tags, its name and the figure's."""
    page = cell.metadata.get("mystnb", {})
    named = f"{cell.metadata.get('name', '')} {page.get('figure', {}).get('name', '')}"
    return f"{sorted(cell.metadata.get('tags', []))} {named} alt={'image' in page}"


def skeleton(lines: list[str]):
    """Yield what of some Markdown must be equal, as (kind, value)."""
    equation: list[str] = []
    for block in blocks(lines):
        if isinstance(block, Directive):
            name, title, options, body = block
            kind = title if name in ("interactive", "quiz") else options.get("class", "")
            yield name, f"{kind} {options.get('label', '')}{options.get('name', '')}".strip()
            if name == "predict":
                numbers = [options.get(part, "") for part in ("number", "tolerance")]
                yield "options of predict", (len(question_and_options(body)[1]), *numbers)
            if name != "glossary":
                yield from skeleton(body)
        elif equation or block.startswith("$$"):
            opens = not equation and block.count("$$") == 1
            equation.append(block)
            if block.startswith("$$") and not opens:
                yield "equation", WORDS_OR_SPACE.sub("", "".join(equation))
                equation = []
        elif target := TARGET.match(block):
            yield "label", target[1]
        elif heading := HEADING.match(block):
            yield "heading", len(heading[1])
        else:
            for role, content in ROLE.findall(block):
                if role.startswith("cite") or role == "eq":
                    yield role, content
                elif role == "set":
                    yield role, content.rpartition(" <")[2]


def parts(page: Path):
    """Yield (number of the cell, kind, value) of all that must be equal in a page."""
    for number, cell in enumerate(jupytext.read(page, fmt="md:myst").cells, start=1):
        if cell.cell_type == "code":
            yield number, "cell metadata", metadata(cell)
            yield number, "code", code(cell.source)
        else:
            for kind, value in skeleton(cell.source.split("\n")):
                yield number, kind, value


def first_difference(spanish: Path, english: Path) -> str | None:
    """Return where the two editions of a page first differ, or None."""
    for es, en in zip_longest(parts(spanish), parts(english)):
        if es is None or en is None:
            (cell, kind, value), lang = (es, "es") if es else (en, "en")
            return f"{spanish.name}: only {lang} has, in cell {cell}, {kind}: {value}"
        if es[1:] != en[1:]:
            return (
                f"{spanish.name}: cell {es[0]} of es, cell {en[0]} of en:\n"
                f"  es {es[1]}: {es[2]}\n  en {en[1]}: {en[2]}"
            )
    return None
