"""The book's own extension, piece by piece; the pages it makes are tested in test_site.py."""

import pytest
from docutils import nodes
from docutils.utils import new_document
from nfbook import bibliography, gallery, interactive, katex
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


@pytest.mark.parametrize(
    ("parts", "kept"),
    [
        (("Una recta que crece siempre. Otra frase.",), "Una recta que crece siempre."),
        (("Ejemplo 1. Abajo, ", "$p_Z$", " entre 1.5 y 2. Arriba."), "Ejemplo 1. Abajo, p_Z entre 1.5 y 2."),
        (("Una sola frase, sin otra", "$x$"), "Una sola frase, sin otrax"),
    ],
)  # fmt: skip
def test_a_gallery_shows_the_first_sentence_of_a_caption(parts, kept):
    caption = paragraph(*parts)[0]
    before = caption.astext()
    assert "".join(node.astext() for node in gallery.first_sentence(caption)) == kept
    assert caption.astext() == before


def test_a_gallery_finds_labelled_figures_with_a_caption_and_prefers_svg():
    document = new_document("page")
    for label, caption in (("fig-a", "A"), ("", "B"), ("fig-c", "")):
        figure = nodes.figure("", nodes.image(uri="x.png"), nodes.image(uri="x.svg"))
        figure["ids"] = [label] if label else []
        figure += [nodes.caption("", caption)] if caption else []
        document += figure
    document += nodes.figure("", interactive.body(figure="zoom"), nodes.caption("", "D"), ids=["d"])
    found = list(gallery.figures(document))
    assert [figure["ids"] for figure, _ in found] == [["fig-a"], ["d"]]
    assert found[0][1]["uri"] == "x.svg" and found[1][1]["figure"] == "zoom"
