"""The figure of the start page is the flow that nflib makes of its numbers, at every moment of its journey."""

from __future__ import annotations

import itertools
import json
import math

import pytest
import torch
from torch import nn

from nflib import AffineCoupling, Flow, StandardNormal
from nflib.numerics import integrate, jacobian
from tests.book.figures import Engine

END = 12


@pytest.fixture(scope="module")
def spiral() -> Engine:
    return Engine("spiral")


class Partly(nn.Module):
    """The conditioner of a coupling that is applied in part: (τ t, a') with 2 tanh(a'/2) = τ s."""

    def __init__(self, numbers, tau: float):
        super().__init__()
        weights, biases, to_shift, to_scale, out = map(
            lambda part: torch.tensor(part, dtype=torch.float64), numbers
        )
        self.network = nn.Sequential(
            nn.Linear(1, len(weights)), nn.Tanh(), nn.Linear(len(weights), 2)
        )
        first, _, last = self.network
        values = (weights[:, None], biases, torch.stack([to_shift, to_scale]), out)
        places = (first.weight, first.bias, last.weight, last.bias)
        for place, value in zip(places, values, strict=True):
            place.data = value
        self.tau = tau

    def forward(self, kept):
        shift, a = self.network(kept).chunk(2, -1)
        return torch.cat([self.tau * shift, 2 * torch.atanh(self.tau * torch.tanh(a / 2))], -1)


def flow(spiral: Engine, time: float) -> Flow:
    """Return what nflib makes of the figure's numbers at a time."""
    layers = spiral.evaluate("figure.model.layers")
    parts = [min(max(time - k, 0.0), 1.0) for k in range(END)]
    masks = [torch.tensor([k % 2 == 0, k % 2 == 1]) for k in range(END)]
    couplings = [
        AffineCoupling(mask, Partly(numbers, tau))
        for mask, numbers, tau in zip(masks, layers, parts, strict=True)
        if tau > 0
    ]
    return Flow(StandardNormal(2), *couplings).double().requires_grad_(False)


def points(generator, n: int = 50) -> torch.Tensor:
    return torch.randn(n, 2, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("time", [0.3, 1, 4.5, 11.95, 12])
def test_map_and_density_are_those_of_nflib(spiral, generator, time):
    z, model = points(generator), flow(spiral, time)
    found = spiral.evaluate(f"{json.dumps(z.tolist())}.map((z) => figure.model.forward({time}, z))")
    x = torch.tensor([entry["x"] for entry in found], dtype=torch.float64)
    log_abs_det = torch.tensor([entry["logAbsDet"] for entry in found], dtype=torch.float64)
    expected, _ = model.bijection.forward(z)
    log_p = StandardNormal(2).double().log_prob(z) - log_abs_det
    assert (x - expected).abs().max() < 1e-10
    assert (model.log_prob(x) - log_p).abs().max() < 1e-8


@pytest.mark.parametrize("time", [0, 0.5, 6.25, 12])
def test_a_dragged_point_is_where_the_pointer_is(spiral, time):
    for px, py in itertools.product((100, 360, 650), (40, 200, 380)):
        state = spiral.state(time=time)
        dragged = spiral.evaluate(
            f"figure.reduce({json.dumps(state)}, figure.drag({json.dumps(state)}, 'point', {px}, {py}))"
        )
        assert dragged["point"] == "free"
        svg = spiral.draw("en", dragged)
        marked = svg.partition('class="nf-marked"')[2]
        shown = [float(marked.partition(f'{key}="')[2].partition('"')[0]) for key in ("cx", "cy")]
        assert shown == pytest.approx([px, py], abs=0.02)


def test_the_account_adds_up_and_is_the_density(spiral):
    for time in (0, 3.4, 12):
        state = spiral.state(time=time)
        readout = spiral.draw("es", state, "readout")
        shown = {
            key: float(readout.partition(f'data-key="{key}" value="')[2].partition('"')[0])
            for key in ("sum", "noise", "stretch")
        }
        assert shown["sum"] == pytest.approx(shown["noise"] + shown["stretch"], abs=1e-12)
        z = torch.tensor([state["z"]], dtype=torch.float64)
        assert shown["noise"] == pytest.approx(StandardNormal(2).double().log_prob(z).item())


def test_what_arrives_has_mass_one_and_is_the_spiral(spiral):
    model = flow(spiral, END)
    mass = integrate(lambda x: model(x).exp(), (-4.0, -4.0), (4.0, 4.0), n=40)
    assert mass == pytest.approx(1, abs=1e-4)
    u = torch.linspace(0.1, 0.95, 40, dtype=torch.float64)
    angle = 0.9 + 2.6 * math.pi * u
    arm = (6 / 7 / math.pi) * angle[:, None] * torch.stack([angle.cos(), angle.sin()], -1)
    beside = arm * (1 + 0.55 / arm.norm(dim=-1, keepdim=True))
    assert (model.log_prob(arm) - model.log_prob(beside)).min() > 1.5


def test_log_abs_det_is_that_of_the_jacobian(spiral, generator):
    z, model = points(generator, 5), flow(spiral, 7.4)
    found = spiral.evaluate(
        f"{json.dumps(z.tolist())}.map((z) => figure.model.forward(7.4, z).logAbsDet)"
    )
    expected = torch.linalg.slogdet(jacobian(lambda z: model.bijection.forward(z)[0], z)).logabsdet
    assert (torch.tensor(found, dtype=torch.float64) - expected).abs().max() < 1e-8
