"""The interactive figure tear computes what a chain of nflib's planar layers computes."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch

from nflib import Flow, Planar, StandardNormal
from nflib.numerics import integrate
from tests.book.figures import Engine

CASES = [(0.0, 1), (0.5, 4), (0.3, 7), (1.0, 12)]


@pytest.fixture(scope="module")
def tear() -> Engine:
    return Engine("tear")


def chain(c: float, count: int) -> Flow:
    """Return the flow of ``count`` layers z + c tanh z with a normal base."""
    layer = Planar(1).double()
    with torch.no_grad():
        layer.w.fill_(1.0)
        layer.b.zero_()
        layer.v.fill_(math.log(math.expm1(1 + c)) - math.log(math.e - 1))
    return Flow(StandardNormal(1), *[layer] * count).double().requires_grad_(False)


@pytest.mark.parametrize(("c", "count"), CASES)
def test_points_and_densities_agree_with_nflib(tear, c, count):
    flow = chain(c, count)
    for z in (-2.5, -0.3, 0.0, 0.01, 1.7):
        point = torch.tensor([[z]], dtype=torch.float64)
        x, log_abs_det = flow.bijection.forward(point)
        assert tear.call("model.forward", c, count, z) == pytest.approx(float(x), abs=1e-10)
        measured = math.log(tear.call("model.slope", c, count, z))
        assert measured == pytest.approx(float(log_abs_det), abs=1e-9)
        assert tear.call("model.inverse", c, count, float(x)) == pytest.approx(z, abs=1e-9)
        expected = float(flow(x).exp())
        assert tear.call("model.density", c, count, float(x)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("c", "count"), CASES)
def test_slope_density_and_bridge_at_zero(tear, c, count):
    flow, shown = chain(c, count), tear.call("model.measure", c, count)
    assert shown["slope"] == pytest.approx((1 + c) ** count, rel=1e-12)
    p0 = 1 / math.sqrt(2 * math.pi) / (1 + c) ** count
    assert shown["p0"] == pytest.approx(p0, rel=1e-12)
    mass = integrate(lambda x: flow(x).exp(), -1.0, 1.0)
    assert shown["bridge"] == pytest.approx(mass, abs=1e-8)


def test_trajectories_keep_their_order_and_the_middle_stays(tear):
    z = tear.call("model.quantiles", 25)
    assert z[12] == 0 and tear.call("model.forward", 1, 12, 0) == 0
    assert all(
        z[i] == pytest.approx(float(torch.special.ndtri(torch.tensor((i + 0.5) / 25).double())))
        for i in range(25)
    )
    ends = [tear.call("model.forward", 1, 12, value) for value in z]
    assert all(a < b for a, b in pairwise(ends))


def test_state_stays_possible(tear):
    assert tear.state(K=40)["K"] == 12
    assert tear.state(K=2.6)["K"] == 3
    assert tear.state(c=-1)["c"] == 0
    assert tear.state(width=10)["width"] == 280
