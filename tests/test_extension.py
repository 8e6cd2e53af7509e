"""The book's own extension, piece by piece; the pages it makes are tested in test_site.py."""

import pytest
from docutils import nodes
from docutils.utils import new_document
from nfbook import bibliography, katex, numbering
from py_mini_racer import JSEvalException
from pybtex.database import parse_string


def paragraph(*parts):
    """Return a document with one paragraph; strings between dollars are formulas."""
    document = new_document("page")
    document += nodes.paragraph()
    for part in parts:
        formula = part.startswith("$")
        document[0] += nodes.math("", part.strip("$")) if formula else nodes.Text(part)
    return document


def test_punctuation_moves_to_the_formula_it_touches():
    document = paragraph("Sea «", "$a$", "», o")
    document[0] += nodes.emphasis("", "fin")
    document[0] += nodes.Text(".")  # equal to the text after $b$, and not to be touched
    document[0] += [nodes.math("", "b"), nodes.Text(".")]
    katex.tie_punctuation(None, document, "page")
    a, b = document.findall(nodes.math)
    assert (a["nf-opening"], a["nf-closing"], b["nf-closing"]) == ("«", "»,", ".")
    assert [str(t) for t in document[0] if isinstance(t, nodes.Text)] == ["Sea ", " o", ".", ""]


def test_katex_renders_and_refuses():
    html = katex.render(r"p_X(x) = \tfrac12", display=True)
    assert "<math" in html and "katex-display" in html
    with pytest.raises(JSEvalException, match="ParseError"):
        katex.render(r"\frac{1", display=False)


@pytest.mark.parametrize(
    ("docname", "number"),
    [("02-densities", 2), ("book/es/10-more", 10), ("index", None), ("errata-02", None)],
)
def test_a_chapter_is_numbered_by_its_file_name(docname, number):
    assert numbering.chapter_number(docname) == number


def test_references_speak_spanish():
    bib = parse_string(
        "@book{a, author={Ana A and Bea B}, title={T}, publisher={P}, year={2024}, edition={Second}}"
        "@inproceedings{b, author={C C}, title={T}, booktitle={K}, volume={3}, series={S}, pages={1--2}, year={2020}}",
        "bibtex",
    )
    lines = [
        entry.text.render_as("text")
        for entry in bibliography.SpanishStyle().format_entries(bib.entries.values())
    ]
    assert lines[0] == "Ana A y Bea B. T. P, 2.ª edición, 2024."
    assert lines[1].startswith("C C. T. En K, volumen 3 de S, 1–2.")
