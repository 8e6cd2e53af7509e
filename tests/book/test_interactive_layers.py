"""The figure layers carries points and densities as the same flow of nflib does."""

from __future__ import annotations

import json
import math
import re
from xml.etree import ElementTree

import pytest
import torch
from scipy.stats import norm
from torch import nn

from nflib import AdditiveCoupling, Affine, AffineCoupling, Flow, Linear, StandardNormal
from nflib.numerics import log_abs_det_jacobian
from tests.book.figures import SVG, Engine

FIRST, SECOND = torch.tensor([True, False]), torch.tensor([False, True])


class Tells(nn.Module):
    """A conditioner that is a formula."""

    def __init__(self, formula):
        super().__init__()
        self.formula = formula

    def forward(self, seen):
        return self.formula(seen)


def log_scale(seen):
    """(shift, a) of AffineCoupling with s = 4 sigmoid(a) - 2 = 0.6 tanh(seen)."""
    s = 0.6 * torch.tanh(seen)
    a = torch.logit((s + 2) / 4)
    return torch.cat([torch.zeros_like(a), a], -1)


def rotation(angle: float) -> torch.Tensor:
    c, s = math.cos(angle), math.sin(angle)
    return torch.tensor([[c, -s], [s, c]], dtype=torch.float64)


def make_flow(layers: int) -> Flow:
    """The figure's first layers, with the bijections of nflib."""
    scale = torch.tensor([0.3, -0.5], dtype=torch.float64).exp()
    all_layers = [
        Affine(torch.zeros(2, dtype=torch.float64), scale),
        AdditiveCoupling(FIRST, Tells(lambda z: 1.2 * torch.cos(1.1 * z) + 0.2)),
        Linear(rotation(math.pi / 2)),
        AffineCoupling(SECOND, Tells(log_scale)),
        AdditiveCoupling(SECOND, Tells(lambda z: 0.6 * torch.sin(1.4 * z))),
    ]
    return Flow(StandardNormal(2), *all_layers[:layers]).double()


@pytest.fixture(scope="module")
def figure() -> Engine:
    return Engine("layers")


def carried(figure: Engine, z: torch.Tensor, t: float) -> tuple[torch.Tensor, torch.Tensor]:
    rows = figure.evaluate(f"{json.dumps(z.tolist())}.map((z) => figure.model.carry(z, {t}))")
    columns = ([row["x"] for row in rows], [row["density"] for row in rows])
    return tuple(torch.tensor(column, dtype=torch.float64) for column in columns)


@pytest.fixture(scope="module")
def points() -> torch.Tensor:
    return torch.randn(200, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize("layers", [1, 2, 3, 4, 5])
def test_points_and_densities_are_those_of_the_flow(figure, points, layers):
    flow = make_flow(layers)
    x, density = carried(figure, points, layers)
    with torch.no_grad():
        assert (flow.from_latent(points) - x).abs().max() < 1e-12
        assert (flow.log_prob(x).exp() - density).abs().max() < 1e-12


@pytest.mark.parametrize("t", [0.35, 1.5, 2.25, 3.4, 4.75])
def test_between_two_layers_the_area_factor_is_right(figure, points, t):
    steps = 1e-5
    z = points[:40]
    columns = []
    for shift in torch.eye(2, dtype=torch.float64) * steps:
        ahead, behind = (carried(figure, z + sign * shift, t)[0] for sign in (1, -1))
        columns.append((ahead - behind) / (2 * steps))
    log_det = torch.linalg.slogdet(torch.stack(columns, -1)).logabsdet
    expected = (StandardNormal(2).double().log_prob(z) - log_det).exp()
    assert (carried(figure, z, t)[1] - expected).abs().max() < 1e-6


def test_whole_layers_agree_with_autograd(figure, points):
    flow = make_flow(5)
    log_det = log_abs_det_jacobian(flow.bijection.forward, points)
    expected = (flow.base.log_prob(points) - log_det).exp()
    assert (carried(figure, points, 5)[1] - expected).abs().max() < 1e-12


@pytest.mark.parametrize("t", [0, 1, 3.5, 5])
def test_mass_over_area_is_near_the_density(figure, t):
    for column, row in ((1, 1), (7, 5), (4, 8)):
        numbers = figure.call("model.chosen", figure.state(t=t, column=column, row=row))
        a, b = figure.call("model.corner", column, row)
        sides = [norm.cdf(v + 0.5) - norm.cdf(v) for v in (a, b)]
        assert numbers["mass"] == pytest.approx(sides[0] * sides[1], abs=1e-14)
        assert numbers["mean"] == pytest.approx(numbers["density"], rel=0.12)
    if t == 0:
        assert numbers["area"] == pytest.approx(0.25, abs=1e-12)


def test_state_stays_possible(figure):
    assert figure.state(t=99)["t"] == 5
    assert figure.state(t=1.23)["t"] == 1.25
    assert figure.state(column=0)["column"] == 1
    assert figure.state(row=40)["row"] == 8
    assert figure.state(width=10)["width"] == 280


def test_all_squares_lie_in_the_drawing_and_the_dense_ones_have_more_ink(figure):
    for t in (0, 1, 2, 3, 4, 5):
        root = ElementTree.fromstring(figure.draw("en", figure.state(t=t)))
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
