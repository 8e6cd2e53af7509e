"""The figure layers carries points and densities as the same flow of nflib does."""

import math
import re

import pytest
import torch
from scipy.stats import norm
from torch import nn

from nflib import AdditiveCoupling, Affine, AffineCoupling, Flow, Linear, StandardNormal
from nflib.course.numerics import log_abs_det_jacobian
from tests.book.figures import SVG, double

FIRST, SECOND = torch.tensor([True, False]), torch.tensor([False, True])
pytestmark = pytest.mark.usefixtures("float64")


class Formula(nn.Module):
    """A conditioner that is a formula."""

    def __init__(self, formula):
        super().__init__()
        self.forward = formula


def log_scale(seen):
    """(shift, a) of AffineCoupling with s = 4 sigmoid(a) - 2 = 0.6 tanh(seen)."""
    a = torch.logit((0.6 * torch.tanh(seen) + 2) / 4)
    return torch.cat([torch.zeros_like(a), a], -1)


def make_flow(layers: int) -> Flow:
    """The figure's first layers, with the bijections of nflib."""
    all_layers = [
        Affine(torch.zeros(2), torch.tensor([0.3, -0.5]).exp()),
        AdditiveCoupling(FIRST, Formula(lambda z: 1.2 * torch.cos(1.1 * z) + 0.2)),
        Linear(torch.tensor([[0.0, -1.0], [1.0, 0.0]])),  # a quarter turn
        AffineCoupling(SECOND, Formula(log_scale)),
        AdditiveCoupling(SECOND, Formula(lambda z: 0.6 * torch.sin(1.4 * z))),
    ]
    return Flow(StandardNormal(2), *all_layers[:layers]).requires_grad_(False)


def carried(engine, z: torch.Tensor, t: float) -> tuple[torch.Tensor, torch.Tensor]:
    """The figure's images of points, and their densities."""
    rows = engine.each(f"figure.model.carry(p, {t})", z)
    return double([r["x"] for r in rows]), double([r["density"] for r in rows])


@pytest.fixture
def points(generator) -> torch.Tensor:
    return torch.randn(200, 2, generator=generator)


@pytest.mark.parametrize("layers", [1, 2, 3, 4, 5])
def test_points_and_densities_are_those_of_the_flow(engine, points, layers):
    flow = make_flow(layers)
    x, density = carried(engine, points, layers)
    assert (flow.from_latent(points) - x).abs().max() < 1e-12
    assert (flow.log_prob(x).exp() - density).abs().max() < 1e-12
    log_det = log_abs_det_jacobian(flow.bijection.forward, points)
    by_autograd = (flow.base.log_prob(points) - log_det).exp()
    assert (by_autograd - density).abs().max() < 1e-12


@pytest.mark.parametrize("t", [0.35, 1.5, 2.25, 3.4, 4.75])
def test_between_two_layers_the_area_factor_is_right(engine, points, t):
    z, columns = points[:40], []
    for step in 1e-5 * torch.eye(2):
        ahead, behind = (carried(engine, z + sign * step, t)[0] for sign in (1, -1))
        columns.append((ahead - behind) / 2e-5)
    log_det = torch.linalg.slogdet(torch.stack(columns, -1)).logabsdet
    expected = (StandardNormal(2).log_prob(z) - log_det).exp()
    assert (carried(engine, z, t)[1] - expected).abs().max() < 1e-6


@pytest.mark.parametrize("t", [0, 1, 3.5, 5])
def test_mass_over_area_is_near_the_density(engine, t):
    for column, row in ((1, 1), (7, 5), (4, 8)):
        shown = engine.numbers(t=t, column=column, row=row)
        a, b = engine.call("model.corner", column, row)
        sides = [norm.cdf(v + 0.5) - norm.cdf(v) for v in (a, b)]
        assert shown["mass"] == pytest.approx(sides[0] * sides[1], abs=1e-14)
        assert shown["mean"] == pytest.approx(shown["density"], rel=0.12)
        if t == 0:
            assert shown["area"] == pytest.approx(0.25, abs=1e-12)


def test_the_table_after_one_layer_is_that_of_the_flow(engine):
    flow, stretch = make_flow(1), math.exp(0.3 - 0.5)
    image = flow.from_latent(torch.tensor([[-1.75, 0.25]]))  # the centre of column 1, row 5
    density = flow.log_prob(image).exp().item()
    expected = {"density": density, "density1": density, "density0": density * stretch}
    expected |= {"stretch1": stretch, "area": 0.25 * stretch}
    shown = engine.numbers(t=1, column=1)
    assert {key: shown[key] for key in expected} == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("t", [0, 1, 2, 3, 4, 5])
def test_all_squares_lie_in_the_drawing_and_the_dense_ones_have_more_ink(engine, t):
    root = engine.svg(t=t)
    _, _, width, height = map(float, root.get("viewBox").split())
    cells = [p for p in root.iter(f"{SVG}path") if "nf-cell" in p.get("class")]
    assert len(cells) == 64
    for cell in cells:
        numbers = [float(v) for v in re.findall(r"-?[\d.]+", cell.get("d"))]
        assert min(numbers) >= 0
        assert max(numbers[::2]) <= width
        assert max(numbers[1::2]) <= height
    ink = [float(cell.get("opacity")) for cell in cells[:-1]]
    assert max(ink) > 2 * min(ink)
