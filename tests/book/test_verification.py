"""Every displayed formula of a chapter is verified somewhere, or has a reason why there is nothing to verify."""

import pytest

from tools.course import EDITIONS
from tools.generated_pages.verification import LEDGER, contents, faults, pages, read

PAGES = [page for lang in EDITIONS for page in pages(lang)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_the_ledger_and_the_page_agree(page):
    assert not (found := faults(page, read(page.stem))), "\n".join(found)


def test_no_ledger_is_without_its_chapter():
    chapters = {page.stem for page in PAGES}
    assert {file.stem for file in LEDGER.glob("*.yml")} == chapters


@pytest.fixture
def chapter():
    """Return a chapter and its ledger, to be spoilt."""
    page = PAGES[0]
    return page, read(page.stem)


def test_an_entry_that_is_missing_is_named(chapter):
    page, entries = chapter
    entries.pop("eq-cdf" if "eq-cdf" in entries else next(iter(entries)))
    assert any("no entry in the ledger" in fault for fault in faults(page, entries))


def test_an_entry_too_many_is_named(chapter):
    page, entries = chapter
    entries["eq-nowhere"] = {"definition": {"es": "…", "en": "…"}}
    assert faults(page, entries) == ["eq-nowhere: in the ledger, but not on the page"]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"cell": "chk-nothing"}, "no cell of the page has the name chk-nothing"),
        ({"test": "tests/book/test_verification.py::test_that_is_not"}, "there is no test"),
        ({"test": "tests/nowhere.py::test_that_is_not"}, "there is no test"),
        ({"definition": {"es": "…"}}, "expected a reason in each of es, en"),
        ({"guess": "it looks right"}, "expected one of cell, test, definition"),
        ({}, "expected one of cell, test, definition"),
    ],
    ids=str,
)
def test_an_entry_that_leads_nowhere_is_named(chapter, entry, message):
    page, entries = chapter
    label = next(iter(entries))
    found = faults(page, entries | {label: entry})
    assert len(found) == 1 and found[0].startswith(label) and message in found[0]


def test_a_formula_without_a_label_and_a_named_cell_that_checks_nothing_are_named(tmp_path):
    page = tmp_path / "02-x.md"
    page.write_text(
        "---\njupytext: {text_representation: {format_name: myst}}\n"
        "kernelspec: {display_name: Python 3, name: python3}\n---\n\n"
        "$$\nx = 1\n$$\n\n```{code-cell} ipython3\n:name: chk-idle\nprint(1)\n```\n",
        "utf8",
    )
    assert contents(page) == ([(None, "x = 1")], {"chk-idle": ("02-x", "print(1)")})
    first, second = faults(page, {})
    assert "without a label: x = 1" in first and "chk-idle" in second
