"""Couplings: triangular Jacobians, closed forms, any mask and conditioner, errors."""

import math

import pytest
import torch

from nflib import (
    MLP,
    AdditiveCoupling,
    AffineCoupling,
    Flow,
    SplineCoupling,
    StandardNormal,
)
from nflib.course.numerics import jacobian
from tests.nflib.bijection_cases import mask, moved, network
from tests.nflib.helpers import F64, all_finite, minimise

KINDS = {AdditiveCoupling: 1, AffineCoupling: 2, SplineCoupling: 23}
every_kind = pytest.mark.parametrize("kind", KINDS)
MASKS = ["01101", "11100", "00111", "10101", "10000", "01111"]
every_mask = pytest.mark.parametrize("bits", MASKS)


def coupling(kind, bits):
    """With parameters as after training."""
    n = bits.count("1")
    return moved(kind(mask(bits), network(n, KINDS[kind] * (len(bits) - n)))).double()


class Fixed(torch.nn.Module):
    """A conditioner that says the same at every point, and remembers what it was shown."""

    def __init__(self, *theta: float) -> None:
        super().__init__()
        self.register_buffer("theta", torch.tensor(theta))
        self.seen = []

    def forward(self, inputs):
        self.seen.append(inputs)
        return self.theta.expand(*inputs.shape[:-1], -1)


@every_kind
@every_mask
def test_jacobian_is_triangular_with_the_unchanged_coordinates_first(kind, bits, generator):
    f, kept = coupling(kind, bits), mask(bits)
    z = torch.randn(50, 5, generator=generator, dtype=F64)
    for call in (f.forward, f.inverse):
        assert torch.equal(call(z)[0][:, kept], z[:, kept])
        J = jacobian(call, z)
        assert bool((J[:, kept][:, :, kept] == torch.eye(kept.sum(), dtype=F64)).all())
        assert not J[:, kept][:, :, ~kept].any()
        own = J[:, ~kept][:, :, ~kept]
        assert torch.equal(own, torch.diag_embed(own.diagonal(dim1=1, dim2=2)))
        assert J[:, ~kept][:, :, kept].any()
        torch.testing.assert_close(own.diagonal(dim1=1, dim2=2).log().sum(-1), call(z)[1])


@every_kind
def test_order_of_the_coordinates_is_a_matter_of_names(kind, generator):
    """A scattered mask, indexed, is the mask of two blocks, sliced, with coordinates renamed."""
    blocks, scattered = coupling(kind, "11100"), coupling(kind, "01101")
    rename = torch.tensor([1, 2, 4, 0, 3])
    z = torch.randn(7, 5, generator=generator, dtype=F64)
    for f, g in ((scattered.forward, blocks.forward), (scattered.inverse, blocks.inverse)):
        x, log_abs_det = f(z)
        torch.testing.assert_close(g(z[:, rename]), (x[:, rename], log_abs_det))


def test_additive_coupling_adds_and_preserves_volume():
    net = Fixed(10.0, -20.0)
    f = AdditiveCoupling(mask("101") ^ mask("001"), net)
    x, log_abs_det = f.forward(torch.tensor([[1.0, 2.0, 3.0]]))
    assert x.tolist() == [[1.0, 12.0, -17.0]] and log_abs_det.tolist() == [0.0]
    z, log_abs_det = f.inverse(x)
    assert z.tolist() == [[1.0, 2.0, 3.0]] and log_abs_det.tolist() == [0.0]
    assert [seen.tolist() for seen in net.seen] == [[[1.0]], [[1.0]]]


def test_affine_coupling_is_its_formula():
    """θ = (t₁, t₂, a₁, a₂) and s = 2 tanh(a/2)."""
    f = AffineCoupling(mask("010"), Fixed(10.0, -20.0, 1.0, -0.5))
    x, log_abs_det = f.forward(torch.tensor([[1.0, 2.0, 3.0]]))
    s = [2 * math.tanh(0.5), 2 * math.tanh(-0.25)]
    expected = [[10 + math.exp(s[0]), 2.0, -20 + 3 * math.exp(s[1])]]
    torch.testing.assert_close(x, torch.tensor(expected))
    assert log_abs_det.item() == pytest.approx(sum(s), rel=1e-6)


def test_spline_coupling_reads_its_parameters_coordinate_by_coordinate():
    """Two bins: widths, heights and the inner slope of the first coordinate, then the second."""
    theta = (0.0, 1.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0)
    f = SplineCoupling(mask("010"), Fixed(*theta), bins=2, bound=1.0)
    first = 2 * (0.08 + 0.84 / (1 + math.e)) - 1  # the knot of the first, where y = 0
    x, log_abs_det = f.forward(torch.tensor([[first + 1e-6, 2.0, 0.25]]))
    torch.testing.assert_close(x, torch.tensor([[0.0, 2.0, 0.25]]), rtol=0, atol=1e-5)
    slope = 1e-3 + 0.999 * math.log1p((math.e - 1) * math.exp(0.5))
    assert log_abs_det.item() == pytest.approx(math.log(slope), abs=1e-4)


def test_forty_layers_that_stretch_as_much_as_they_can_stay_finite():
    masks = [mask("1100") if k % 2 else mask("0011") for k in range(40)]
    for a in (1e6, -1e6):
        stretch = (AffineCoupling(m, Fixed(1.0, -1.0, a, a)) for m in masks)
        flow = Flow(StandardNormal(4), *stretch)
        at = torch.ones(1, 4).requires_grad_()
        x, log_abs_det = flow.bijection.forward(at)
        assert log_abs_det.abs().item() == pytest.approx(160.0)
        log_prob = flow.log_prob(at)
        (gradient,) = torch.autograd.grad(log_prob + x.sum(), at)
        assert all_finite(x, log_prob, gradient)


@every_kind
def test_a_new_coupling_is_the_identity_and_can_learn(kind, generator):
    f = kind(mask("0110"), MLP(2, 2 * KINDS[kind], (16,), generator=generator))
    z = torch.randn(20, 4, generator=generator)
    for call in (f.forward, f.inverse):
        image, log_abs_det = call(z)
        torch.testing.assert_close(image, z, rtol=0, atol=2e-6)
        torch.testing.assert_close(log_abs_det, torch.zeros(20), rtol=0, atol=2e-6)
    (f.forward(z)[0] * z).sum().backward()
    assert bool((f.conditioner.layers[-1].weight.grad != 0).any())


def test_each_direction_and_each_sample_with_log_prob_is_one_network_pass(generator):
    net = Fixed(1.0, 0.5)
    flow = Flow(StandardNormal(2), AffineCoupling(mask("10"), net))
    flow.sample_with_log_prob(5, generator)
    assert len(net.seen) == 1
    flow.log_prob(torch.zeros(5, 2))
    assert len(net.seen) == 2


@every_kind
def test_autocast_rounds_the_network_and_not_the_map(kind, generator):
    """Both directions see the same rounded θ, so the inverse is as exact as without autocast."""
    f = coupling(kind, "01101").float()
    z = torch.randn(200, 5, generator=generator)
    exact, _ = f.forward(z)
    with torch.autocast("cpu", torch.bfloat16):
        x, forward = f.forward(z)
        back, inverse = f.inverse(x)
    assert x.dtype == forward.dtype == torch.float32
    assert 1e-4 < (x - exact).abs().max() < 0.1
    torch.testing.assert_close(back, z, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(forward, -inverse, rtol=1e-5, atol=1e-5)


def test_real_nvp_learns_a_curved_density(generator):
    """x₂ | x₁ ~ N(x₁², ½²): the entropy is 1 + log 2π − log 2; a normal law needs 2.66 nats."""
    x = torch.randn(2000, 2, generator=generator)
    x[:, 1] = x[:, 0] ** 2 + 0.5 * x[:, 1]
    nets = [MLP(1, 2, (32,), generator=generator) for _ in range(4)]
    layers = (AffineCoupling(mask("01" if k % 2 else "10"), net) for k, net in enumerate(nets))
    flow = Flow(StandardNormal(2), *layers)
    loss = minimise(flow, lambda: -flow(x).mean(), lr=0.01, steps=300)
    assert abs(loss - (1 + math.log(math.pi))) < 0.08


class Wrapped(torch.nn.Module):
    def forward(self, inputs):
        return torch.cat([inputs, inputs.square()], -1)


def test_any_module_may_be_the_conditioner(generator):
    z = torch.randn(5, 2, generator=generator, dtype=F64)
    x, _ = AffineCoupling(mask("10"), Wrapped()).forward(z)
    s = 2 * torch.tanh(z[:, 0] ** 2 / 2)
    torch.testing.assert_close(x[:, 1], z[:, 0] + s.exp() * z[:, 1])


@every_kind
def test_a_conditioner_of_another_size_is_refused_in_each_direction(kind):
    name, numbers = kind.__name__, KINDS[kind]
    f = kind(mask("110"), torch.nn.Linear(2, numbers + 1))
    for call in (f.forward, f.inverse):
        message = rf"{name}: conditioner: expected shape \(5, {numbers}\), got \(5, {numbers + 1}\)"
        with pytest.raises(ValueError, match=message):
            call(torch.zeros(5, 3))
    with pytest.raises(ValueError, match=r"expected shape \(5, .*\), got \(1, "):
        kind(mask("110"), First(torch.nn.Linear(2, numbers))).forward(torch.zeros(5, 3))


class First(torch.nn.Sequential):
    """Forgets all points but the first."""

    def forward(self, inputs):
        return super().forward(inputs[:1])


def test_the_mask_is_copied_and_follows_the_device():
    original = mask("10")
    f = AffineCoupling(original, torch.nn.Linear(1, 2))
    original[:] = True
    assert f.mask.tolist() == [True, False]
    assert f.to("meta").mask.is_meta
    assert [*f.state_dict()] == ["conditioner.weight", "conditioner.bias"]
    assert "d=2, unchanged=1" in repr(f)
