"""The figure squeeze: f_t = (1 − t)·id + t·exp carries bins with their mass, as nflib says."""

import json
import math

import pytest
import torch
from scipy.stats import truncnorm

from nflib import Box, Exp, Flow
from nflib.course.numerics import integrate, jacobian
from tests.book.figures import SVG, double

pytestmark = pytest.mark.usefixtures("float64")
BELL = truncnorm(-2, 2, loc=1, scale=0.5)  # the base "normal" of the figure
BASES = ["uniform", "normal"]


def f(t: float):
    """Return f_t as a function of points (n, 1)."""
    return lambda z: (1 - t) * z + t * torch.exp(z)


def density_of(engine, t: float, base: str):
    """Return the figure's p_X as a function of points (n, 1)."""
    expression = f"figure.model.density({t}, p, {json.dumps(base)})"
    return lambda x: double(engine.each(expression, x.flatten()))


def base_pdf(base: str, z: torch.Tensor) -> torch.Tensor:
    """Return p_Z, not computed by the figure."""
    if base == "uniform":
        return Box(0.0, 2.0).log_prob(z).exp()
    return torch.from_numpy(BELL.pdf(z.flatten().numpy()))


@pytest.mark.parametrize(("t", "layers"), [(0, []), (1, [Exp()])])
def test_density_agrees_with_the_flow(engine, t, layers):
    flow = Flow(Box(0.0, 2.0), *layers)
    x = torch.linspace(-0.5, 8.0, 401)[:, None] + 1e-3
    measured = density_of(engine, t, "uniform")(x)
    assert (measured - flow.log_prob(x).exp()).abs().max() < 1e-13


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("t", [0, 0.01, 0.35, 0.5, 0.77, 1])
def test_density_is_the_base_density_over_the_derivative(engine, t, base):
    z = torch.linspace(0.001, 1.999, 200)[:, None]
    slope = jacobian(f(t), z).abs().flatten()
    measured = density_of(engine, t, base)(f(t)(z))
    assert (measured - base_pdf(base, z) / slope).abs().max() < 1e-12


@pytest.mark.parametrize("t", [0, 1e-3, 0.5, 0.99, 1])
def test_inverse_undoes_forward(engine, t):
    z = torch.arange(101) / 50
    back = engine.each(f"figure.model.inverse({t}, figure.model.forward({t}, p))", z)
    assert (double(back) - z).abs().max() < 1e-14


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize(("t", "n"), [(0, 4), (0.3, 8), (0.65, 16), (1, 8)])
def test_bins_keep_their_mass(engine, t, n, base):
    cdf = BELL.cdf if base == "normal" else lambda z: z / 2
    bins = engine.call("model.bins", t, n, base)
    assert len(bins) == n
    assert sum(b["mass"] for b in bins) == pytest.approx(1, abs=1e-14)
    for b in bins:
        in_z = cdf(b["z1"]) - cdf(b["z0"])
        in_x = float(integrate(density_of(engine, t, base), b["x0"], b["x1"], n=40))
        assert b["mass"] == pytest.approx(in_z, abs=1e-13)
        assert in_x == pytest.approx(in_z, abs=1e-10)
        assert b["meanPx"] * b["dx"] == pytest.approx(in_x, abs=1e-10)
        assert b["meanPz"] * b["dz"] == pytest.approx(in_z, abs=1e-13)


def test_outside_the_support_the_density_is_zero(engine):
    for t in (0, 0.5, 1):
        low, high = t, 2 * (1 - t) + t * math.e**2
        for x in (-5.0, low - 1e-6, high + 1e-6, 1e9):
            assert engine.call("model.density", t, x) == 0
            assert engine.call("model.inverse", t, x) is None


@pytest.mark.parametrize("t", [0, 0.37, 1])
def test_the_table_is_that_of_the_bin(engine, t):
    edges = torch.tensor([[1.5], [1.625], [1.5625]])  # the thirteenth of sixteen, and its middle
    z0, z1, z = edges.flatten().tolist()
    x0, x1, _ = f(t)(edges).flatten().tolist()
    mass, slope = BELL.cdf(z1) - BELL.cdf(z0), float(jacobian(f(t), edges[2:]))
    expected = {
        "t": t, "dz": z1 - z0, "dx": x1 - x0, "massZ": mass, "massX": mass, "z": z,
        "meanPz": mass / (z1 - z0), "meanPx": mass / (x1 - x0), "stretch": (x1 - x0) / (z1 - z0),
        "fprime": slope, "px": BELL.pdf(z) / slope,
    }  # fmt: skip
    assert engine.numbers(t=t, bins=16, bin=13, base="normal") == pytest.approx(expected, abs=1e-13)


def test_same_mass_is_same_area_on_the_screen(engine):
    for state in engine.states():
        areas: dict[str, list[float]] = {}
        for rect in engine.svg(**state).iter(f"{SVG}rect"):
            size = float(rect.get("width")) * float(rect.get("height"))
            areas.setdefault(rect.get("data-pick"), []).append(size)
        assert len(areas) == state["bins"]
        for below, beside in areas.values():
            assert below == pytest.approx(beside, rel=0.01, abs=1.5)  # hundredths of a pixel
