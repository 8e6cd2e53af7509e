"""A small ✓ beside a formula that was verified, linked to where: the cell of the page, or the page of all of them.

What verifies which formula is written in tests/ledger, which tools/generated_pages/verification.py compares with pages.
"""

from __future__ import annotations

from pathlib import Path

import yaml
from docutils import nodes
from sphinx.errors import ExtensionError

LEDGER = Path(__file__).resolve().parents[3] / "tests" / "ledger"
WORDS = {
    "es": "Fórmula verificada: ver cómo",
    "en": "Formula verified: see how",
}


def entries(docname: str) -> dict[str, dict]:
    """Return the ledger of a page, which is that of its chapter; {} if it has none."""
    file = LEDGER / f"{Path(docname).name.removesuffix('_further')}.yml"
    return (yaml.safe_load(file.read_text("utf8")) or {}) if file.exists() else {}


def name_cells(app, doctree):
    """Make the name of a cell an anchor of the page."""
    for cell in doctree.findall(nodes.container):
        if cell.get("nb_element") == "cell_code":
            name = cell.get("cell_metadata", {}).get("name")
            if name and name not in cell["ids"]:
                cell["ids"].append(name)


def mark_formulas(app, doctree, docname):
    """Tell each verified formula where its ✓ leads."""
    ledger = entries(docname)
    ids = {name for cell in doctree.findall(nodes.container) for name in cell["ids"]}
    for formula in doctree.findall(nodes.math_block):
        entry = ledger.get(formula.get("label"), {})
        names = entry.get("cell", [])
        names = [names] if isinstance(names, str) else names
        if names:
            formula["nf-verified"] = f"#{names[0]}"
            if names[0] not in ids:  # on the other page of the chapter
                first = docname.removesuffix("_further")
                other = first if first != docname else f"{docname}_further"
                if other not in app.env.all_docs:
                    raise ExtensionError(f"{docname}: no cell has the name {names[0]}")
                uri = app.builder.get_relative_uri(docname, other)
                formula["nf-verified"] = f"{uri}#{names[0]}"
        elif entry.get("test"):
            formula["nf-verified"] = app.builder.get_relative_uri(docname, "verification")


def mark(target: str, language: str) -> str:
    """Return the ✓ as HTML."""
    words = WORDS.get(language, WORDS["en"])
    return f'<a class="nf-verified" href="{target}" title="{words}" aria-label="{words}">✓</a>'


def setup(app):
    """Name the cells as pages are read, mark the formulas as they are written."""
    app.connect("doctree-read", name_cells)
    app.connect("doctree-resolved", mark_formulas)
