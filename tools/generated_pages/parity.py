"""What must be equal in the two editions of a page, and the first place where it is not.

Equal: the code of every cell (as syntax trees, comments and strings apart), the metadata of cells (captions and
alternative texts apart), display equations with their labels, headings' levels and labels, theorems, boxes, figures and
citations. Used by tests/book/test_parity.py and tools/generated_pages/sync.py.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import jupytext

from tools.notebooks.myst import HEADING, ROLE, TARGET, blocks

TEXT = re.compile(r"\\(?:text|mathrm|operatorname)\{[^}]*\}")


def code(source: str) -> str:
    """Return the syntax tree of a cell as text, every string replaced by a blank one."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
        if isinstance(node, ast.JoinedStr):  # an f-string: its expressions count, its words do not
            node.values = [v for v in node.values if isinstance(v, ast.FormattedValue)]
    return ast.dump(tree)


def tags(cell) -> str:
    """Return what of a cell's metadata must be equal: tags, its name and the figure's."""
    figure = cell.metadata.get("mystnb", {}).get("figure", {})
    alt = "image" in cell.metadata.get("mystnb", {})
    return f"{sorted(cell.metadata.get('tags', []))} {cell.metadata.get('name', '')} {figure.get('name', '')} alt={alt}"


def equation(lines: list[str]) -> str:
    """Return an equation without spaces and without the words in it."""
    return re.sub(r"\s+", "", TEXT.sub("", "".join(lines)))


def skeleton(lines: list[str]):
    """Yield what of some Markdown must be equal, as (kind, value)."""
    inside: list[str] | None = None
    for block in blocks(lines):
        if block[0] == "directive":
            _, name, title, options, body = block
            kind = title if name == "interactive" else options.get("class", "")
            yield name, f"{kind} {options.get('label', '')}{options.get('name', '')}".strip()
            if name != "glossary":
                yield from skeleton(body)
            continue
        line = block[1]
        if line.startswith("$$"):
            if inside is None and line.count("$$") == 1:
                inside = [line]
                continue
            yield "equation", equation([*(inside or []), line])
            inside = None
        elif inside is not None:
            inside.append(line)
        elif target := TARGET.match(line):
            yield "label", target[1]
        elif heading := HEADING.match(line):
            yield "heading", len(heading[1])
        else:
            for role, content in ROLE.findall(line):
                if role.startswith("cite") or role == "eq":
                    yield role, content


def parts(page: Path):
    """Yield (line-number-free place, kind, value) for a whole page."""
    for number, cell in enumerate(jupytext.read(page, fmt="md:myst").cells, start=1):
        if cell.cell_type == "code":
            yield number, "cell metadata", tags(cell)
            yield number, "code", code(cell.source)
        else:
            for kind, value in skeleton(cell.source.split("\n")):
                yield number, kind, value


def first_difference(spanish: Path, english: Path) -> str | None:
    """Return where the two editions of a page first differ, or None."""
    left, right = list(parts(spanish)), list(parts(english))
    for (cell, kind, value), (other, other_kind, other_value) in zip(left, right, strict=False):
        if (kind, value) != (other_kind, other_value):
            return (
                f"{spanish.name}: cell {cell} of es, cell {other} of en:\n"
                f"  es {kind}: {value}\n  en {other_kind}: {other_value}"
            )
    if len(left) != len(right):
        longer, lang = (left, "es") if len(left) > len(right) else (right, "en")
        cell, kind, value = longer[min(len(left), len(right))]
        return f"{spanish.name}: only {lang} has, in cell {cell}, {kind}: {value}"
    return None
