"""The interactive figure planar computes what nflib computes: layer, determinant, inverse, density."""

import math

import pytest
import torch

from nflib import Flow, Planar, StandardNormal
from nflib.course.numerics import jacobian
from tests.book.figures import double
from tools.course import EDITIONS

POINTS = [[0.0, 0.0], [1.0, -0.5], [-2.3, 3.1], [0.2, -3.9]]
pytestmark = pytest.mark.usefixtures("float64")
each_state = pytest.mark.parametrize(
    "change",
    [
        {},
        {"bend": -0.95, "shift": 0.7},
        {"angle": 120, "norm": 0.5, "bend": 4, "shear": -2, "shift": -2},
        {"angle": 90, "norm": 3, "bend": -0.5, "shear": 1.3, "shift": 2},
        {"bend": 0, "shear": 0},
    ],
)


def both(engine, change: dict) -> tuple[dict, Planar]:
    """Return the layer of the figure and nflib's with its numbers."""
    f = engine.call("model.layer", engine.state(**change))
    w, u = double(f["w"]), double(f["u"])
    return f, Planar.from_parameters(w, u, f["b"]).requires_grad_(False)


@each_state
def test_parameters_are_those_of_the_controls(engine, change):
    state, (f, _) = engine.state(**change), both(engine, change)
    w, u = double(f["w"]), double(f["u"])
    across = torch.stack([-w[1], w[0]]) / w.norm()
    assert float(w.norm()) == pytest.approx(state["norm"], abs=1e-12)
    assert float(w @ u) == pytest.approx(state["bend"], abs=1e-12)
    assert float(across @ u) == pytest.approx(state["shear"], abs=1e-12)
    assert math.degrees(math.atan2(w[1], w[0])) == pytest.approx(state["angle"], abs=1e-9)


@each_state
def test_map_determinant_and_inverse_agree_with_nflib(engine, change):
    f, layer = both(engine, change)
    for point in POINTS:
        z = torch.tensor(point)
        x, log_det = layer.forward(z)
        det = engine.call("model.det", f, point)
        assert (engine.tensor("model.forward", f, point) - x).abs().max() < 1e-9
        assert det == pytest.approx(log_det.exp().item(), rel=1e-9)
        assert det == pytest.approx(
            jacobian(lambda z: layer.forward(z)[0], z).det().item(), rel=1e-8
        )
        assert (engine.tensor("model.inverse", f, x.tolist()) - z).abs().max() < 1e-6


@each_state
def test_density_agrees_with_the_flow(engine, change):
    f, layer = both(engine, change)
    expected = Flow(StandardNormal(2), layer).log_prob(torch.tensor(POINTS)).exp()
    shown = [engine.call("model.density", f, point) for point in POINTS]
    assert shown == pytest.approx(expected.tolist(), rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("bend", [-0.95, 0, 2.5, 4])
def test_the_table_has_determinants_on_the_line_at_the_origin_and_far_away(engine, bend):
    _, layer = both(engine, {"bend": bend})
    origin = torch.zeros(2)  # lies on the line, for the shift is 0
    det = layer.forward(origin)[1].exp().item()
    density = Flow(StandardNormal(2), layer).log_prob(origin).exp().item()
    expected = {"still": det, "origin": det, "far": 1.0, "density": density}
    assert engine.numbers(bend=bend) == pytest.approx(expected, abs=1e-6)


def test_the_numbers_of_a_fold(engine):
    shown = engine.call("model.measure", engine.state(bend=-0.95, shift=0.7))
    assert shown["still"] == pytest.approx(0.05, abs=1e-12)
    assert shown["injective"] and shown["folded"] == 1
    folded = engine.call("model.measure", engine.state(bend=-2, shift=0.333))
    assert not folded["injective"] and folded["folded"] == 3 and folded["density"] is None
    assert folded["still"] == pytest.approx(-1, abs=1e-12)
    assert engine.numbers(bend=-2)["folded"] == 3


@pytest.mark.parametrize("bend", [-2, -1, -0.95, 0, 4])
def test_it_draws_and_speaks_everywhere(engine, bend):
    for width in (280, 560, 720):
        state = engine.state(bend=bend, width=width, shift=2, norm=0.5)
        for language in EDITIONS:
            for part in ("render", "readout", "summary"):
                drawn = engine.draw(language, state, part)
                assert drawn and "NaN" not in drawn.replace('value="NaN"', "")
