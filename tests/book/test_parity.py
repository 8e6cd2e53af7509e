"""The two editions say the same thing: same code, equations, labels, headings, figures, citations."""

import pytest

from tools.course import EDITIONS, ROOT
from tools.generated_pages import sync
from tools.generated_pages.parity import first_difference

BOOK = ROOT / "book"
PAGES = sorted(p.name for p in (BOOK / "es").glob("*.md"))


def test_both_editions_have_the_same_pages():
    assert PAGES == sorted(p.name for p in (BOOK / "en").glob("*.md"))


@pytest.mark.parametrize("name", PAGES)
def test_editions_of_a_page_agree(name):
    difference = first_difference(BOOK / "es" / name, BOOK / "en" / name)
    assert difference is None, difference


@pytest.mark.parametrize("lang", EDITIONS)
@pytest.mark.parametrize("name", sync.PAGES)
def test_a_page_made_by_code_is_up_to_date(name, lang):
    written = (BOOK / lang / f"{name}.md").read_text("utf8")
    assert written == sync.PAGES[name](lang), "run `make sync`"


PAGE = """---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {display_name: Python 3, language: python, name: python3}
---
# Uno

$$
x = 2 \\text{si } z > 0
$$ (eq-x)

```{code-cell} ipython3
:tags: [hide-input]
x = 2  # dos
print("dos", x)
```
"""


@pytest.fixture
def pair(tmp_path):
    """Write a page twice and hand out a function that changes the English one."""
    spanish, english = tmp_path / "es.md", tmp_path / "en.md"
    spanish.write_text(PAGE, "utf8")

    def change(old, new):
        assert old in PAGE
        english.write_text(PAGE.replace(old, new), "utf8")
        return spanish, english

    return change


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("# dos", "# two", None),
        ('"dos"', '"two"', None),
        ("si }", "if }", None),
        ("# Uno", "# One", None),
        ("x = 2  #", "x = 3  #", "code"),
        ("x = 2 \\text", "x = 3 \\text", "equation"),
        ("(eq-x)", "(eq-y)", "equation"),
        ("# Uno", "## Uno", "heading"),
        ("[hide-input]", "[]", "cell metadata"),
        ('print("dos", x)', "", "code"),
    ],
)
def test_words_may_differ_and_anything_else_is_named(pair, old, new, names):
    difference = first_difference(*pair(old, new))
    assert difference is None if names is None else names in difference


def test_sync_copies_code_and_keeps_translated_words(pair):
    spanish, english = pair("x = 2  #", "x = 3  #")
    assert sync.synchronise(spanish, english) == [1]
    assert first_difference(spanish, english) is None
    translated = english.read_text("utf8").replace('"dos"', '"two"')
    english.write_text(translated, "utf8")
    assert sync.synchronise(spanish, english) == []
    assert english.read_text("utf8") == translated
