"""The figure of the start page is the flow that nflib makes of its numbers, at every moment of its journey."""

import itertools
import math

import pytest
import torch
from torch import nn

from nflib import AffineCoupling, Flow, StandardNormal
from nflib.course.numerics import integrate, jacobian
from tests.book.figures import SVG, double

END = 12
pytestmark = pytest.mark.usefixtures("float64")


class Partly(nn.Module):
    """The conditioner of a coupling that is applied in part: (τ t, a') with 2 tanh(a'/2) = τ s."""

    def __init__(self, numbers, tau: float):
        super().__init__()
        weights, biases, to_shift, to_scale, out = map(double, numbers)
        first, last = nn.Linear(1, len(weights)), nn.Linear(len(weights), 2)
        first.weight.data, first.bias.data = weights[:, None], biases
        last.weight.data, last.bias.data = torch.stack([to_shift, to_scale]), out
        self.network, self.tau = nn.Sequential(first, nn.Tanh(), last), tau

    def forward(self, kept):
        shift, a = self.network(kept).chunk(2, -1)
        return torch.cat([self.tau * shift, 2 * torch.atanh(self.tau * torch.tanh(a / 2))], -1)


def flow(engine, time: float) -> Flow:
    """Return what nflib makes of the figure's numbers at a time."""
    couplings = [
        AffineCoupling(torch.tensor([k % 2 == 0, k % 2 == 1]), Partly(numbers, min(time - k, 1.0)))
        for k, numbers in enumerate(engine.evaluate("figure.model.layers"))
        if time > k
    ]
    return Flow(StandardNormal(2), *couplings).requires_grad_(False)


@pytest.mark.parametrize("time", [0.3, 1, 4.5, 7.4, 11.95, 12])
def test_map_density_and_log_abs_det_are_those_of_nflib(engine, generator, time):
    z, model = torch.randn(50, 2, generator=generator), flow(engine, time)
    found = engine.each(f"figure.model.forward({time}, p)", z)
    x = double([entry["x"] for entry in found])
    log_abs_det = double([entry["logAbsDet"] for entry in found])
    expected, _ = model.bijection.forward(z)
    assert (x - expected).abs().max() < 1e-10
    log_p = StandardNormal(2).log_prob(z) - log_abs_det
    assert (model.log_prob(x) - log_p).abs().max() < 1e-8
    J = jacobian(lambda z: model.bijection.forward(z)[0], z[:5])
    assert (log_abs_det[:5] - torch.linalg.slogdet(J).logabsdet).abs().max() < 1e-8


@pytest.mark.parametrize("time", [0, 0.5, 6.25, 12])
def test_a_dragged_point_is_where_the_pointer_is(engine, time):
    state = engine.state(time=time)
    for px, py in itertools.product((100, 360, 650), (40, 200, 380)):
        dragged = engine.call("reduce", state, engine.call("drag", state, "point", px, py))
        assert dragged["point"] == "free"
        (marked,) = engine.svg(**dragged).iterfind(f".//{SVG}circle[@class='nf-marked']")
        shown = [float(marked.get(key)) for key in ("cx", "cy")]
        assert shown == pytest.approx([px, py], abs=0.02)


@pytest.mark.parametrize("time", [0, 3.4, 12])
def test_the_account_adds_up_and_is_the_density(engine, time):
    shown = engine.numbers(time=time)
    assert shown["sum"] == pytest.approx(shown["noise"] + shown["stretch"], abs=1e-12)
    z = double([engine.state(time=time)["z"]])
    assert shown["noise"] == pytest.approx(StandardNormal(2).log_prob(z).item())


def test_what_arrives_has_mass_one_and_is_the_spiral(engine):
    model = flow(engine, END)
    mass = integrate(lambda x: model(x).exp(), (-4.0, -4.0), (4.0, 4.0), n=40)
    assert mass == pytest.approx(1, abs=1e-4)
    u = torch.linspace(0.1, 0.95, 40)
    angle = 0.9 + 2.6 * math.pi * u
    arm = (6 / 7 / math.pi) * angle[:, None] * torch.stack([angle.cos(), angle.sin()], -1)
    beside = arm * (1 + 0.55 / arm.norm(dim=-1, keepdim=True))
    assert (model.log_prob(arm) - model.log_prob(beside)).min() > 1.5
