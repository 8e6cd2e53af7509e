"""The table that a reader sees: its verdict, its languages, its three forms."""

import math
from xml.etree import ElementTree

import pytest
import torch

from nflib.course import own_run
from nflib.course.language import language
from nflib.course.verify import reproduce, verify

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


def test_html_is_well_formed_folded_semantic_and_without_colours():
    html = verify(*ROWS)._repr_html_()
    fold = ElementTree.fromstring(html)
    assert fold.tag == "details" and "open" not in fold.attrib
    assert fold.findtext("summary").startswith("✓ 2 checks · tightest: error 1.2e-07 of 1e-06")
    table = fold.find("table")
    assert len(table.findall("./thead/tr/th[@scope='col']")) == 5
    assert len(table.findall("./tbody/tr/th[@scope='row']")) == 2
    assert table.findall("./tbody/tr/th")[1].text == "log|det| < 0 & more"
    assert "style" not in html and "color" not in html
    assert '<details class="verify" open>' in verify(*ROWS, folded=False)._repr_html_()


def test_the_line_names_the_row_that_uses_most_of_its_tolerance():
    table = verify(("loose", 0, 0.5, 1), ("tight", 0, 0.9, 1), ("exact", 2, 2, 0))
    assert "✓ 3 checks · tightest: error 0.9 of 1 allowed (tight)" in table._repr_html_()
    assert "✓ 1 check · exact" in verify(("exact", 2, 2, 0))._repr_html_()


def test_a_bound_reads_as_a_sentence_and_is_strict():
    table = verify(("below the entropy", 0.924, "<", 1.419))
    assert "✓ below the entropy (0.924 &lt; 1.419)" in table._repr_html_()
    for row in (("equal", 1.0, "<", 1.0), ("above", 1.0, ">", 2.0), ("nan", math.nan, "<", 1.0)):
        with pytest.raises(AssertionError, match=row[0]):
            verify(row)


@pytest.fixture
def recorded(monkeypatch):
    monkeypatch.setattr(own_run, "numbers", lambda: {"kl": 0.25, "odds": 1.3e-5, "gain": -0.125})


def test_a_number_of_our_own_run_has_another_mark_and_a_margin(recorded):
    html = verify(("theory", 1, 1, 0), run=[("KL", "kl", 0.26, 0.02)])._repr_html_()
    assert (
        "✓ 1 check" in html and "↻ 1 number of our run · largest difference, 0.01 of 0.02" in html
    )
    assert "verify-run" in html and html.count("✓") == 2 and html.count("↻") == 2
    with pytest.raises(AssertionError, match="KL"):
        reproduce(("KL", "kl", 0.28, 0.02))
    with pytest.raises(KeyError, match="'entropy'"):
        reproduce(("H", "entropy", 0.28, 0.02))


def test_a_page_quotes_a_number_by_its_name(recorded):
    assert own_run.quote("kl") == "0.25"
    assert own_run.quote("odds:.1e") == "1.3 · 10⁻⁵"
    assert own_run.quote("gain:.1%") == "−12.5\N{NO-BREAK SPACE}%"


def test_a_run_that_is_recorded_writes_what_it_saw(recorded, tmp_path, monkeypatch):
    monkeypatch.setenv(own_run.RECORDING, str(tmp_path / "seen"))
    reproduce(("new", "new", 2.0, 0.1))
    assert (tmp_path / "seen").read_text() == '["new", 2.0]\n'


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
