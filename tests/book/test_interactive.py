"""Every interactive figure draws clean SVG and speaks, in both languages.

What a figure computes is tested in test_interactive_NAME.
"""

import math
import re
from xml.etree import ElementTree

import pytest

from tests.book.figures import FOLDER, NAMES, SVG, Engine
from tests.book.pictures import contrast
from tools.course import EDITIONS

BROKEN = re.compile("NaN|undefined|Infinity|null")


@pytest.fixture(scope="module", params=NAMES)
def engine(request) -> Engine:
    return Engine(request.param)


# ------------------------------------------------------------------------ mathematics and state


@pytest.mark.parametrize("engine", ["squeeze"], indirect=True)
def test_error_function(engine):
    grid = [k / 16 for k in range(-112, 113)]
    measured = engine.evaluate(f"{grid}.map(NF.erf)")
    assert max(abs(m - math.erf(x)) for m, x in zip(measured, grid, strict=True)) < 4e-15


@pytest.mark.parametrize("engine", ["squeeze"], indirect=True)
def test_solver_survives_a_flat_start(engine):
    """Newton alone would leave the bracket: the slope of z⁹ at the middle, 0, is 0."""
    for y in (-0.9, 1e-6, 0.5, 1.0):
        root = engine.evaluate(f"NF.solveIncreasing((z) => z**9, (z) => 9 * z**8, {y}, -1, 1)")
        assert root**9 == pytest.approx(y, abs=1e-14)


@pytest.mark.parametrize(
    ("engine", "asked", "given"),
    [
        ("arithmetic", {"s": 9, "u": [2, 0.5]}, {"s": 2, "u": [0.999, 0.5]}),
        ("columns", {"a11": 99, "a22": 0.512}, {"a11": 1.5, "a22": 0.5}),
        ("dequantize", {"power": 3}, {"power": 1}),
        ("dequantize", {"power": -9, "pixel": "none"}, {"power": -2, "pixel": "centre"}),
        ("jacobi", {"k": 999}, {"k": 11}),
        ("jacobi", {"draw": 5}, {"k": 0}),
        ("layers", {"t": 99, "column": 0, "row": 40}, {"t": 5, "column": 1, "row": 8}),
        ("layers", {"t": 1.23}, {"t": 1.25}),
        ("planar", {"bend": 9, "norm": 0, "angle": -5}, {"bend": 4, "norm": 0.5, "angle": 0}),
        ("spline", {"z": 9}, {"z": 3}),
        ("spline", {"slope": -1}, {"slope": 0.05}),
        ("squeeze", {"bins": 4}, {"bin": 3}),  # the sixth of eight is in the third of four
        ("squeeze", {"bins": 16}, {"bin": 12}),
        ("squeeze", {"bin": 99}, {"bin": 8}),
        ("tear", {"K": 40, "c": -1}, {"K": 12, "c": 0}),
        ("tear", {"K": 2.6}, {"K": 3}),
        ("triangular", {"t": 9, "z1": -9}, {"t": 2, "z1": -2}),
        ("zoom", {"zoom": 9, "point": 7}, {"zoom": 6, "point": 3}),
        *((name, {"width": 10}, {"width": 280}) for name in NAMES),
    ],
    indirect=["engine"],
    ids=str,
)
def test_state_stays_possible(engine, asked, given):
    assert engine.state(**asked).items() >= given.items()


# ------------------------------------------------------------------------ the drawing


@pytest.mark.slow
@pytest.mark.parametrize("language", EDITIONS)
def test_drawing_is_clean_svg(engine, language):
    for state in engine.states():
        svg = engine.draw(language, state)
        assert not BROKEN.search(svg), state
        assert not re.search(r'style=|#[0-9a-f]{3}|fill="(?!none)|stroke="', svg), "colours: CSS"
        root = ElementTree.fromstring(svg)
        assert root.tag == f"{SVG}svg"
        assert root.get("role") == "img"
        assert len(root.get("aria-label")) > 40
        _, _, width, height = map(float, root.get("viewBox").split())
        assert width == state["width"]
        for text in root.iter(f"{SVG}text"):
            assert 0 <= float(text.get("x")) <= width
            assert 10 <= float(text.get("y")) <= height
        assert len(svg) < 24_000


@pytest.mark.parametrize("language", EDITIONS)
def test_build_gets_the_first_state(engine, language):
    svg = engine.context.eval(f"NFInteractive.prerender({engine.name!r}, {language!r})")
    assert svg == engine.draw(language, engine.state())


@pytest.mark.slow
@pytest.mark.parametrize("language", EDITIONS)
def test_readout_and_summary_are_clean(engine, language):
    for state in engine.states():
        readout = engine.draw(language, state, "readout")
        summary = engine.draw(language, state, "summary")
        assert not BROKEN.search(readout + summary), state
        for data in ElementTree.fromstring(f"<div>{readout}</div>").iter("data"):
            shown, value = data.text.replace("−", "-"), float(data.get("value"))
            digits = len(shown.partition(".")[2])
            assert abs(float(shown) - value) <= 0.500001 * 10**-digits


# ------------------------------------------------------------------------ words, sizes, colours


def test_words_exist_in_both_languages(engine):
    keys = """(function keys(words) {
        return typeof words === "object"
          ? Object.entries(words).sort().map(([key, value]) => [key, keys(value)])
          : typeof words === "function" ? words.length : (words.length > 0);
    })"""
    spanish, english = (engine.evaluate(f"{keys}(figure.strings.{lang})") for lang in EDITIONS)
    assert spanish == english
    named = engine.evaluate("Object.keys(figure.strings.es.controls)")
    assert named == [control["key"] for control in engine.evaluate("figure.controls")]
    state = engine.state()
    for part in ("readout", "summary"):
        assert engine.draw("es", state, part) != engine.draw("en", state, part)


@pytest.mark.parametrize("name", NAMES)
def test_files_are_small_and_self_contained(name):
    files = [FOLDER / "common.js", FOLDER / "interactive.css", FOLDER / f"{name}.js"]
    assert sum(path.stat().st_size for path in files) <= 40_000
    for path in files:
        source = path.read_text("utf8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|@import|url\(|fetch\(|^\s*(import|export) ", source, re.M)


DARK = 'html[data-theme="dark"]'


@pytest.mark.parametrize(
    ("selector", "paper"), [(":root", "#ffffff"), (DARK, "#121212"), (DARK, "#222832")]
)
def test_inks_stand_out_from_the_page(selector, paper):
    css = (FOLDER / "interactive.css").read_text("utf8")
    block = css.split(f"{selector} {{")[1].split("}")[0]
    inks = dict(re.findall(r"(--nf-(?:base|model|data|axis)): (#[0-9a-f]{6})", block))
    assert set(inks) == {"--nf-base", "--nf-model", "--nf-data", "--nf-axis"}
    for name, ink in inks.items():
        assert contrast(ink, paper) >= 4.5, name
