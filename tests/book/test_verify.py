"""The table that a reader sees: its verdict, its languages, its three forms."""

import math
from xml.etree import ElementTree

import pytest
import torch

from nflib.course.language import language
from nflib.course.verify import verify

ROWS = (
    ("∫ p(x) dx", 1.0, 1.0 + 1.2e-7, 1e-6),
    ("log|det| < 0 & more", -2.5, torch.tensor([-2.5]), 0.5),
)


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setattr("nflib.course.language._current", "en")


def test_text_has_one_line_a_row():
    lines = repr(verify(*ROWS)).splitlines()
    assert lines[0].split() == ["quantity", "predicted", "measured", "|error|", "tolerance"]
    assert lines[1].split()[-4:] == ["1", "1.2e-07", "1.0e-06", "✓"]
    assert lines[2].split()[-5:] == ["-2.5", "-2.5", "0", "5.0e-01", "✓"]


def test_spanish_headers():
    language("es")
    header = repr(verify(*ROWS)).splitlines()[0].split()
    assert header == ["cantidad", "previsto", "medido", "|error|", "tolerancia"]
    assert 'aria-label="cumple"' in verify(*ROWS)._repr_html_()


def test_html_is_well_formed_semantic_and_without_colours():
    html = verify(*ROWS)._repr_html_()
    table = ElementTree.fromstring(html)
    assert table.get("class") == "verify"
    assert len(table.findall("./thead/tr/th[@scope='col']")) == 5
    assert len(table.findall("./tbody/tr/th[@scope='row']")) == 2
    assert table.findall("./tbody/tr/th")[1].text == "log|det| < 0 & more"
    assert "style" not in html and "color" not in html


def test_markdown_has_one_row_a_quantity_and_no_stray_bars():
    lines = verify(*ROWS)._repr_markdown_().splitlines()
    assert len(lines) == 4
    assert {line.replace("\\|", "").count("|") for line in lines} == {6}


@pytest.mark.parametrize(
    "row",
    [
        ("off", 1.0, 1.1, 0.05),
        ("nan", 1.0, math.nan, 0.05),
        ("nan both", math.nan, math.nan, 0.05),
        ("infinite", 1.0, math.inf, 0.05),
        ("signs", -math.inf, math.inf, 0.05),
    ],
)
def test_a_row_that_misses_raises_with_the_table(row):
    with pytest.raises(AssertionError) as error:
        verify(("fine", 0.0, 0.0, 0.0), row)
    assert f"{row[0]} " in str(error.value) and "✗" in str(error.value) and "✓" in str(error.value)


def test_equal_infinities_agree():
    assert "✓" in repr(verify(("log p outside", -math.inf, -math.inf, 0.0)))


def test_tensors_that_carry_a_gradient_are_numbers():
    verify(("w", 2.0, torch.tensor(2.0, requires_grad=True), 1e-9))
