"""The sources of the pages keep the rules of the house."""

import jupytext
import pytest

from tools.course import ROOT

PAGES = sorted((ROOT / "book").glob("e[sn]/*.md"))
LONGEST_CELL = 25  # lines that a reader takes in at once


@pytest.fixture(params=PAGES, ids=lambda page: f"{page.parent.name}/{page.name}")
def code_cells(request):
    """Return the code cells of a page."""
    cells = jupytext.read(request.param, fmt="md:myst").cells
    return [cell for cell in cells if cell.cell_type == "code"]


def test_cells_are_short(code_cells):
    long = [c.source.split("\n")[0] for c in code_cells if c.source.count("\n") >= LONGEST_CELL]
    assert not long, f"over {LONGEST_CELL} lines: the cells that begin with {long}"


def test_every_figure_has_a_name_a_caption_and_an_alternative_text(code_cells):
    for cell in code_cells:
        metadata = cell.metadata.get("mystnb", {})
        if "plotting." not in cell.source or "house_style" in cell.source:
            continue
        figure, alt = metadata.get("figure", {}), metadata.get("image", {}).get("alt", "")
        where = figure.get("name", cell.source.split("\n")[0])
        assert figure.get("name", "").startswith("fig-"), f"{where}: no name fig-…"
        assert len(figure.get("caption", "")) > 40, (
            f"{where}: no caption that says what to conclude"
        )
        assert len(alt) > 40, f"{where}: no alternative text that says what is seen"
