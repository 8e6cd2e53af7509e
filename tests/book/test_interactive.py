"""Interactive figures compute what nflib computes, and draw clean SVG in both languages.

The scripts run in V8 (mini-racer), the engine of Chromium and of the book's build.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from xml.etree import ElementTree

import pytest
import torch
from scipy.stats import truncnorm

from nflib import Box, Exp, Flow
from nflib.numerics import integrate, jacobian
from tests.book.figures import FOLDER, LANGUAGES, NAMES, SVG, Engine

BELL = truncnorm(-2, 2, loc=1, scale=0.5)  # the base "normal" of the figure squeeze


@pytest.fixture(scope="module", params=NAMES)
def figure(request) -> Engine:
    return Engine(request.param)


@pytest.fixture(scope="module")
def squeeze() -> Engine:
    return Engine("squeeze")


# ------------------------------------------------------------------------ the mathematics


def f(t: float):
    """Return f_t as a function of points (n, 1)."""
    return lambda z: (1 - t) * z + t * torch.exp(z)


def density_of(squeeze: Engine, t: float, base: str):
    """Return the figure's p_X as a function of points (n, 1)."""

    def density(x: torch.Tensor) -> torch.Tensor:
        values = squeeze.evaluate(
            f"{json.dumps(x.flatten().tolist())}.map((x) => figure.model.density({t}, x, '{base}'))"
        )
        return torch.tensor(values, dtype=torch.float64)

    return density


def base_pdf(base: str, z: torch.Tensor) -> torch.Tensor:
    """Return p_Z, not computed by the figure."""
    if base == "uniform":
        return Box(0.0, 2.0).double().log_prob(z).exp()
    return torch.from_numpy(BELL.pdf(z.flatten().numpy()))


@pytest.mark.parametrize(("t", "flow"), [(0, Flow(Box(0.0, 2.0))), (1, Flow(Box(0.0, 2.0), Exp()))])
def test_density_agrees_with_the_flow(squeeze, t, flow):
    x = torch.linspace(-0.5, 8.0, 401, dtype=torch.float64)[:, None] + 1e-3
    measured = density_of(squeeze, t, "uniform")(x)
    assert (measured - flow.double().log_prob(x).exp()).abs().max() < 1e-13


@pytest.mark.parametrize("base", ["uniform", "normal"])
@pytest.mark.parametrize("t", [0, 0.01, 0.35, 0.5, 0.77, 1])
def test_density_is_the_base_density_over_the_derivative(squeeze, t, base):
    z = torch.linspace(0.001, 1.999, 200, dtype=torch.float64)[:, None]
    slope = jacobian(f(t), z).abs().flatten()
    measured = density_of(squeeze, t, base)(f(t)(z))
    assert (measured - base_pdf(base, z) / slope).abs().max() < 1e-12


@pytest.mark.parametrize("t", [0, 1e-3, 0.5, 0.99, 1])
def test_inverse_undoes_forward(squeeze, t):
    z = [k / 50 for k in range(101)]
    back = squeeze.evaluate(
        f"{z}.map((z) => figure.model.inverse({t}, figure.model.forward({t}, z)))"
    )
    assert max(abs(a - b) for a, b in zip(z, back, strict=True)) < 1e-14


@pytest.mark.parametrize("base", ["uniform", "normal"])
@pytest.mark.parametrize(("t", "n"), [(0, 4), (0.3, 8), (0.65, 16), (1, 8)])
def test_bins_keep_their_mass(squeeze, t, n, base):
    bins = squeeze.call("model.bins", t, n, base)
    assert len(bins) == n
    assert sum(b["mass"] for b in bins) == pytest.approx(1, abs=1e-14)
    for b in bins:
        cdf = BELL.cdf if base == "normal" else lambda z: z / 2
        in_z = cdf(b["z1"]) - cdf(b["z0"])
        in_x = float(integrate(density_of(squeeze, t, base), b["x0"], b["x1"], n=40))
        assert b["mass"] == pytest.approx(in_z, abs=1e-13)
        assert in_x == pytest.approx(in_z, abs=1e-10)
        assert b["meanPx"] * b["dx"] == pytest.approx(in_x, abs=1e-10)
        assert b["meanPz"] * b["dz"] == pytest.approx(in_z, abs=1e-13)


def test_outside_the_support_the_density_is_zero(squeeze):
    for t in (0, 0.5, 1):
        low, high = t, 2 * (1 - t) + t * math.e**2
        for x in (-5.0, low - 1e-6, high + 1e-6, 1e9):
            assert squeeze.call("model.density", t, x) == 0
            assert squeeze.call("model.inverse", t, x) is None


def test_highlighted_bin_agrees_with_the_formula_at_its_middle(squeeze):
    state = squeeze.state(t=0.37, bins=16, bin=13, base="normal")
    numbers = squeeze.call("model.highlighted", state)
    z = torch.tensor([[numbers["z"]]], dtype=torch.float64)
    assert numbers["fprime"] == pytest.approx(float(jacobian(f(0.37), z)), abs=1e-13)
    assert numbers["px"] == pytest.approx(BELL.pdf(float(z)) / numbers["fprime"], abs=1e-13)


def test_error_function(squeeze):
    grid = [k / 16 for k in range(-112, 113)]
    measured = squeeze.evaluate(f"{grid}.map(NF.erf)")
    assert max(abs(m - math.erf(x)) for m, x in zip(measured, grid, strict=True)) < 4e-15


def test_solver_survives_a_flat_start(squeeze):
    """Newton alone would leave the bracket: the slope of z⁹ at the middle, 0, is 0."""
    for y in (-0.9, 1e-6, 0.5, 1.0):
        root = squeeze.evaluate(f"NF.solveIncreasing((z) => z**9, (z) => 9 * z**8, {y}, -1, 1)")
        assert root**9 == pytest.approx(y, abs=1e-14)


# ------------------------------------------------------------------------ state


def states(figure: Engine) -> list[dict]:
    """Return the corners of a figure's state space, and some states inside it."""
    choices = {}
    for control in figure.evaluate("figure.controls"):
        if control["kind"] == "select":
            choices[control["key"]] = control["options"]
        else:
            low, high = control.get("min", 0), control.get("max", 1000)
            choices[control["key"]] = [low, (low + high) / 2, high] if high < 1000 else [low, high]
    widths = {"width": [300, 358, 720]}
    grid = itertools.product(*[*choices.values(), *widths.values()])
    return [figure.state(**dict(zip([*choices, *widths], values, strict=True))) for values in grid]


def test_state_stays_possible(squeeze):
    assert squeeze.state(bins=4)["bin"] == 3  # the sixth of eight is in the third of four
    assert squeeze.state(bins=16)["bin"] == 12
    assert squeeze.state(bin=99)["bin"] == 8
    assert squeeze.state(width=10)["width"] == 280


# ------------------------------------------------------------------------ the drawing


@pytest.mark.parametrize("language", LANGUAGES)
def test_drawing_is_clean_svg(figure, language):
    for state in states(figure):
        svg = figure.draw(language, state)
        assert not re.search(r"NaN|undefined|Infinity|null", svg), state
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


def test_same_mass_is_same_area_on_the_screen(squeeze):
    for state in states(squeeze):
        root = ElementTree.fromstring(squeeze.draw("en", state))
        areas: dict[str, list[float]] = {}
        for rect in root.iter(f"{SVG}rect"):
            size = float(rect.get("width")) * float(rect.get("height"))
            areas.setdefault(rect.get("data-pick"), []).append(size)
        assert len(areas) == state["bins"]
        for below, beside in areas.values():
            assert below == pytest.approx(beside, rel=0.01, abs=1.5)  # hundredths of a pixel


@pytest.mark.parametrize("language", LANGUAGES)
def test_build_gets_the_first_state(figure, language):
    svg = figure.context.eval(f"NFInteractive.prerender({figure.name!r}, {language!r})")
    assert svg == figure.draw(language, figure.state())


@pytest.mark.parametrize("language", LANGUAGES)
def test_readout_and_summary_are_clean(figure, language):
    for state in states(figure):
        readout = figure.draw(language, state, "readout")
        summary = figure.draw(language, state, "summary")
        root = ElementTree.fromstring(f"<div>{readout}</div>")
        assert not re.search(r"NaN|undefined|Infinity|null", readout + summary), state
        for data in root.iter("data"):
            shown, value = data.text.replace("−", "-"), float(data.get("value"))
            digits = len(shown.partition(".")[2])
            assert abs(float(shown) - value) <= 0.500001 * 10**-digits


# ------------------------------------------------------------------------ words, sizes, colours


def test_words_exist_in_both_languages(figure):
    keys = """(function keys(words) {
        return typeof words === "object"
          ? Object.entries(words).sort().map(([key, value]) => [key, keys(value)])
          : typeof words === "function" ? words.length : (words.length > 0);
    })"""
    spanish, english = (figure.evaluate(f"{keys}(figure.strings.{lang})") for lang in LANGUAGES)
    assert spanish == english
    named = figure.evaluate("Object.keys(figure.strings.es.controls)")
    assert named == [control["key"] for control in figure.evaluate("figure.controls")]
    state = figure.state()
    for part in ("readout", "summary"):
        assert figure.draw("es", state, part) != figure.draw("en", state, part)


@pytest.mark.parametrize("name", NAMES)
def test_files_are_small_and_self_contained(name):
    files = [FOLDER / "common.js", FOLDER / "interactive.css", FOLDER / f"{name}.js"]
    assert sum(path.stat().st_size for path in files) <= 40_000
    for path in files:
        source = path.read_text("utf8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|@import|url\(|fetch\(|^\s*(import|export) ", source, re.M)


def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb" (WCAG 2)."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


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
        low, high = sorted([luminance(ink), luminance(paper)])
        assert (high + 0.05) / (low + 0.05) >= 4.5, name
