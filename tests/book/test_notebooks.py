"""The converter from pages to plain notebooks: nothing raw is left, and what it cannot write it refuses."""

from pathlib import Path

import nbformat
import pytest

from tools.course import EDITIONS
from tools.notebooks.convert import WORDS, Addresses, Page, relink, without_pipes, write_notebooks
from tools.notebooks.myst import Index, MarkupError

FRONT = """---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {display_name: Python 3, language: python, name: python3}
---
"""
PAGE = r"""(ch-one)=
# Uno

(sec-two)=
## Dos

Por {eq}`eq-a`, {numref}`fig-a`, {prf:ref}`thm-a`, {ref}`sec-two` y {ref}`esto <sec-two>`; {cite:t}`bishop2006prml`.
Véase [el ejercicio](../../exercises/es/02-densities.ipynb).

$$
p_X(x) = p_Z(h(x))\,|h'(x)|
$$ (eq-a)

:::{prf:theorem} Cambio
:label: thm-a
Vale {eq}`eq-a`.
:::

::::{admonition} ¡Piense!
:class: think
¿Por qué?

:::{dropdown} Respuesta
Porque $1 < 2$.
:::
::::

```{code-cell} ipython3
---
mystnb:
  figure:
    name: fig-a
    caption: |
      Una recta, por {eq}`eq-a`.
  image:
    alt: Una recta que crece.
---
x = "{eq}`not-a-role`"
```
"""


class OnePage(Index):
    """The index of a single page."""

    def __init__(self, page):
        self.labels, self.titles, self.numbers = {}, {}, {}
        self.pages = [page]
        self._read(page)


@pytest.fixture
def convert(tmp_path):
    """Return a function that converts a page of a given text."""

    def convert(text):
        path = tmp_path / "02-one.md"
        path.write_text(FRONT + text, "utf8")
        return Page(path, "es", OnePage(path), {"02-one"}).notebook()

    return convert


def test_references_are_resolved(convert):
    text = "\n".join(cell.source for cell in convert(PAGE).cells)
    assert "Por (2.1), Figura 2.1, Teorema 2.1, Dos y esto; Bishop [2006]." in text
    assert r"\tag{2.1}" in text
    assert text.startswith("# 2. Uno")
    assert "](exercises/02-densities.ipynb)" in text
    assert "> **Teorema 2.1 (Cambio).**" in text
    assert "**Figura 2.1.** Una recta, por (2.1)." in text
    assert "<summary>Respuesta</summary>" in text
    assert "Pattern Recognition and Machine Learning" in text


def test_a_formula_in_a_box_takes_one_line(convert):
    """In several, JupyterLab shows the quotation's own > as part of the formula."""
    text = (
        ":::{prf:theorem}\n:label: thm-a\nVale\n\n$$\na &= b \\\\\n&= c\n$$ (eq-a)\n\nsiempre.\n:::"
    )
    (cell,) = convert(text).cells
    assert "> Vale\n>\n> $$ a &= b \\\\ &= c \\tag{2.1} $$\n>\n> siempre." in cell.source


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("a | b", r"a \| b"),
        ("$|x|$ o $\\|x\\|$", r"$\vert x\vert$ o $\Vert x\Vert$"),
        (r"$\big|\det J\big|$", r"$\big\vert\det J\big\vert$"),
    ],
)
def test_no_bar_of_a_formula_ends_the_cell_of_a_table(cell, written):
    """An escaped bar would do so for Markdown, but in a formula it is read as a norm."""
    assert without_pipes(cell) == written


def test_a_page_that_is_named_by_its_file_gets_its_title(convert):
    assert "véase Uno." in convert("# Uno\n\nvéase {doc}`02-one`.").cells[0].source


@pytest.mark.parametrize(
    ("folder", "link", "address"),
    [
        ("book/es", "../../exercises/es/02-one.ipynb", "exercises/02-one.ipynb"),
        ("book/es", "02-one.md", "02-one.ipynb"),
        ("book/es", "02-one.md#a", "../02-one.html#a"),
        ("book/es", "glossary.md", "../glossary.html"),
        ("exercises/es", "../../book/es/02-one.md", "02-one.ipynb"),
        ("exercises/es", "../../solutions/es/02-one.ipynb", "solutions/02-one.ipynb"),
        ("exercises/es", "03-two.ipynb", "exercises/03-two.ipynb"),
        ("book/es", "https://a.org/b.md", "https://a.org/b.md"),
    ],
)
def test_links_between_sources_lead_to_notebooks_or_pages(folder, link, address):
    assert relink(f"[x]({link})", folder, {"02-one"}, Addresses()) == f"[x]({address})"


def test_code_is_left_as_it_is(convert):
    (cell,) = [cell for cell in convert(PAGE).cells if cell.cell_type == "code"]
    assert cell.source == 'x = "{eq}`not-a-role`"'
    assert cell.metadata["alt"] == "Una recta que crece."


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("# Uno\n\n:::{video} x\n:::", "video"),
        ("# Uno\n\n:::{gallery}\n:::", "gallery"),
        ("# Uno\n\n{kbd}`x`", "kbd"),
        ("# Uno\n\n{eq}`eq-none`", "eq-none"),
        ("# Uno\n\n:::{dropdown} x\nsin cierre", "never closed"),
        ("(a)=\n# Uno\n\n(a)=\n## Dos", "twice"),
        (":::{list-table}\n* - a\n  - ```\n    b\n    ```\n:::", "list-table"),
        (":::{list-table}\n* - a\n  - - b\n:::", "list-table"),
    ],
)
def test_what_cannot_be_written_is_refused(convert, text, names):
    with pytest.raises((MarkupError, KeyError), match=names):
        convert(text)


def test_both_languages_have_the_same_words():
    assert WORDS["es"].keys() == WORDS["en"].keys()


def test_the_book_converts_and_is_the_same_each_time(tmp_path):
    first, second = tmp_path / "1", tmp_path / "2"
    names = write_notebooks(first)
    write_notebooks(second)
    for lang in EDITIONS:
        assert "02-densities" in names[lang]
        for name in names[lang]:
            path = Path(lang, f"{name}.ipynb")
            assert (first / path).read_bytes() == (second / path).read_bytes()
            nbformat.validate(nbformat.read(first / path, 4))


@pytest.mark.slow
def test_keep_leaves_somebodys_work_alone(tmp_path):
    write_notebooks(tmp_path)
    mine = tmp_path / "es/02-densities.ipynb"
    mine.write_text("mine", "utf8")
    write_notebooks(tmp_path, keep=True)
    assert mine.read_text("utf8") == "mine"
