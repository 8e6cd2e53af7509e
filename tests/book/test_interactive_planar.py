"""The interactive figure planar computes what nflib computes: layer, determinant, inverse, density."""

from __future__ import annotations

import math

import pytest
import torch

from nflib import Flow, Planar, StandardNormal
from nflib.numerics import jacobian
from tests.book.figures import Engine

STATES = [
    {},
    {"bend": -0.95, "shift": 0.7},
    {"angle": 120, "norm": 0.5, "bend": 4, "shear": -2, "shift": -2},
    {"angle": 90, "norm": 3, "bend": -0.5, "shear": 1.3, "shift": 2},
    {"bend": 0, "shear": 0},
]
POINTS = [[0.0, 0.0], [1.0, -0.5], [-2.3, 3.1], [0.2, -3.9]]


@pytest.fixture(scope="module")
def planar() -> Engine:
    return Engine("planar")


def both(planar: Engine, change: dict) -> tuple[dict, Planar]:
    """Return the layer of the figure and nflib's with its numbers."""
    f = planar.call("model.layer", planar.state(**change))
    w, u = (torch.tensor(f[name], dtype=torch.float64) for name in "wu")
    return f, Planar.from_parameters(w, u, f["b"])


@pytest.mark.parametrize("change", STATES)
def test_parameters_are_those_of_the_controls(planar, change):
    state = planar.state(**change)
    f = planar.call("model.layer", state)
    w, u = (torch.tensor(f[name], dtype=torch.float64) for name in "wu")
    across = torch.stack([-w[1], w[0]]) / w.norm()
    assert float(w.norm()) == pytest.approx(state["norm"], abs=1e-12)
    assert float(w @ u) == pytest.approx(state["bend"], abs=1e-12)
    assert float(across @ u) == pytest.approx(state["shear"], abs=1e-12)
    assert math.degrees(math.atan2(w[1], w[0])) == pytest.approx(state["angle"], abs=1e-9)


@pytest.mark.parametrize("change", STATES)
def test_map_determinant_and_inverse_agree_with_nflib(planar, change):
    f, layer = both(planar, change)
    for point in POINTS:
        z = torch.tensor(point, dtype=torch.float64)
        x, log_det = layer.forward(z)
        shown = torch.tensor(planar.call("model.forward", f, point), dtype=torch.float64)
        assert (shown - x).abs().max() < 1e-9
        assert planar.call("model.det", f, point) == pytest.approx(log_det.exp().item(), rel=1e-9)
        det = jacobian(lambda z: layer.forward(z)[0], z).det().item()
        assert planar.call("model.det", f, point) == pytest.approx(det, rel=1e-8)
        back = torch.tensor(planar.call("model.inverse", f, x.tolist()), dtype=torch.float64)
        assert (back - z).abs().max() < 1e-6


@pytest.mark.parametrize("change", STATES)
def test_density_agrees_with_the_flow(planar, change):
    f, layer = both(planar, change)
    flow = Flow(StandardNormal(2), layer).double()
    for point in POINTS:
        expected = flow.log_prob(torch.tensor(point, dtype=torch.float64)).exp().item()
        assert planar.call("model.density", f, point) == pytest.approx(
            expected, rel=1e-6, abs=1e-12
        )


def test_what_is_shown_on_the_line(planar):
    shown = planar.call("model.measure", planar.state(bend=-0.95, shift=0.7))
    assert shown["still"] == pytest.approx(0.05, abs=1e-12)
    assert shown["injective"] and shown["folded"] == 1
    folded = planar.call("model.measure", planar.state(bend=-2, shift=0.333))
    assert not folded["injective"] and folded["folded"] == 3 and folded["density"] is None
    assert folded["still"] == pytest.approx(-1, abs=1e-12)


def test_state_stays_possible(planar):
    assert planar.state(bend=9)["bend"] == 4
    assert planar.state(norm=0)["norm"] == 0.5
    assert planar.state(angle=-5)["angle"] == 0
    assert planar.state(width=10)["width"] == 280


@pytest.mark.parametrize("bend", [-2, -1, -0.95, 0, 4])
@pytest.mark.parametrize("width", [280, 560, 720])
def test_it_draws_and_speaks_everywhere(planar, bend, width):
    state = planar.state(bend=bend, width=width, shift=2, norm=0.5)
    for language in ("es", "en"):
        for part in ("render", "readout", "summary"):
            drawn = planar.draw(language, state, part)
            assert drawn and "NaN" not in drawn.replace('value="NaN"', "")
