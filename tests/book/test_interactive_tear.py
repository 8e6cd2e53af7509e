"""The interactive figure tear computes what a chain of nflib's planar layers computes."""

import math

import pytest
import torch

from nflib import Flow, Planar, StandardNormal
from nflib.course.numerics import integrate
from tests.book.figures import double

pytestmark = pytest.mark.usefixtures("float64")
CASES = pytest.mark.parametrize(("c", "count"), [(0.0, 1), (0.5, 4), (0.3, 7), (1.0, 12)])


def chain(c: float, count: int) -> Flow:
    """Return the flow of ``count`` layers z + c tanh z with a normal base."""
    layer = Planar.from_parameters(torch.ones(1), torch.tensor([c]), 0.0)
    return Flow(StandardNormal(1), *[layer] * count).requires_grad_(False)


@CASES
def test_points_and_densities_agree_with_nflib(engine, c, count):
    flow = chain(c, count)
    for z in (-2.5, -0.3, 0.0, 0.01, 1.7):
        x, log_abs_det = flow.bijection.forward(torch.tensor([[z]]))
        assert engine.call("model.forward", c, count, z) == pytest.approx(float(x), abs=1e-10)
        measured = math.log(engine.call("model.slope", c, count, z))
        assert measured == pytest.approx(float(log_abs_det), abs=1e-9)
        assert engine.call("model.inverse", c, count, float(x)) == pytest.approx(z, abs=1e-9)
        expected = float(flow(x).exp())
        assert engine.call("model.density", c, count, float(x)) == pytest.approx(expected, abs=1e-9)


@CASES
def test_slope_density_and_bridge_at_zero(engine, c, count):
    slope, flow = (1 + c) ** count, chain(c, count)
    bridge = integrate(lambda x: flow(x).exp(), -1.0, 1.0)
    expected = {"c": c, "slope": slope, "p0": 1 / math.sqrt(2 * math.pi) / slope}
    shown = engine.numbers(c=c, K=count)
    assert shown.pop("bridge") == pytest.approx(bridge, abs=1e-8)
    assert shown == pytest.approx(expected, rel=1e-12)


def test_trajectories_keep_their_order_and_the_middle_stays(engine):
    z = engine.tensor("model.quantiles", 25)
    assert z[12] == 0 and engine.call("model.forward", 1, 12, 0) == 0
    assert torch.allclose(z, torch.special.ndtri((torch.arange(25) + 0.5) / 25), rtol=1e-6)
    ends = double(engine.each("figure.model.forward(1, 12, p)", z))
    assert (ends.diff() > 0).all()
