"""Circular splines: what is special of a circle. The contract of a bijection is tested with all others."""

import math

import pytest
import torch
import torch.distributions as td

from nflib import (
    Affine,
    Box,
    ByCoordinate,
    Flow,
    Logit,
    MaskedSplineAutoregressive,
    Permutation,
    StandardUniform,
    fit,
)
from nflib.bijections.circular import slope_at_seam, wrap
from nflib.bijections.spline import rational_quadratic
from nflib.course.numerics import integrate
from tests.nflib.helpers import F64, seeded

PI = math.pi
MIXES = {"circle": "1", "torus": "11", "torus-3d": "111", "cylinder": "10", "line-first": "011"}


def layer(circular: str, spread: float, shifted: bool = True, seed: int = 0, hidden=(8,)):
    """A layer with parameters N(0, spread²) where the digits 1 are angles; smooth in what it sees."""
    generator = seeded(seed)
    f = MaskedSplineAutoregressive(
        len(circular), hidden, 5, 3.0, 0, generator, torch.tanh, [c == "1" for c in circular]
    ).double()
    for parameter in f.parameters():
        torch.nn.init.normal_(parameter, std=spread, generator=generator)
    if not shifted:  # the seam of the spline is at the seam of x: φ is the last number of θ_i
        f.conditioner.weights[-1].data[-f.d :] = 0.0
        f.conditioner.biases[-1].data[-f.d :] = 0.0
    return f


def flow_of(*layers: MaskedSplineAutoregressive, circular: str) -> Flow:
    starts = [Affine(-PI, 2 * PI) if c == "1" else Logit() for c in circular]
    return Flow(StandardUniform(len(circular)), ByCoordinate(*starts), *layers).double()


@pytest.mark.parametrize("shifted", [False, True])
@pytest.mark.parametrize("spread", [0.3, 1.0])
@pytest.mark.parametrize("circular", MIXES.values(), ids=MIXES)
def test_density_and_its_derivatives_have_no_seam(circular, spread, shifted):
    flow = flow_of(layer(circular, spread, shifted), circular=circular)
    x = flow.sample(50, seeded(1))
    for i in (i for i, c in enumerate(circular) if c == "1"):
        sides = []
        for end in (-PI, PI, PI - 1e-8):
            at = x.clone()
            at[:, i] = end
            at.requires_grad_()
            log_prob = flow.log_prob(at)
            (slope,) = torch.autograd.grad(log_prob.sum(), at)
            sides.append((log_prob.exp().detach(), (log_prob.exp()[:, None] * slope).detach()))
        for one, other, near in zip(*sides, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-10)
            torch.testing.assert_close(one, near, rtol=1e-4, atol=1e-4)


def test_the_seam_is_nothing_special_through_layers_and_permutations():
    layers = [layer("11", 0.5, seed=k) for k in range(3)]
    flow = flow_of(layers[0], Permutation([1, 0]), layers[1], layers[2], circular="11")
    step = torch.linspace(-1e-6, 1e-6, 5, dtype=F64)
    near = torch.stack([wrap(PI + step), torch.full_like(step, 0.7)], -1)
    p = flow.log_prob(near).exp()
    assert (p[1:] - p[:-1]).abs().max() < 1e-4 * p.mean()
    differences = (p[1:] - p[:-1]) / p.mean() / 5e-7
    torch.testing.assert_close(differences, differences[:1].expand(4), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("bins", [1, 2, 8])
@pytest.mark.parametrize("spread", [0.0, 1.0, 4.0])
def test_slope_at_the_seam_makes_the_second_derivatives_equal(bins, spread):
    generator = seeded(bins)
    sizes = (bins, bins, bins - 1)
    free = [spread * torch.randn(30, k, dtype=F64, generator=generator) for k in sizes]
    ends = slope_at_seam(*free)
    assert bool((ends > 0).all())
    if spread == 0.0 or bins == 1:
        torch.testing.assert_close(ends, torch.ones_like(ends))
    second = []
    for end in (-2.0, 2.0):
        x = torch.full((30,), end, dtype=F64, requires_grad=True)
        log_slope = rational_quadratic(x, *free, 2.0, ends)[1]
        torch.testing.assert_close(log_slope.exp(), ends)
        second.append(torch.autograd.grad(log_slope.exp().sum(), x)[0])
    torch.testing.assert_close(*second, rtol=1e-9, atol=1e-9)


def test_slope_at_the_seam_has_the_right_gradient_at_the_identity():
    free = [torch.zeros(k, dtype=F64, requires_grad=True) for k in (4, 4, 3)]
    assert torch.autograd.gradcheck(slope_at_seam, free)


@pytest.mark.parametrize("circular", MIXES.values(), ids=MIXES)
@pytest.mark.parametrize("hidden", [(), (2,), (16, 8)], ids=str)
def test_both_directions_agree_for_any_network(circular, hidden):
    f = layer(circular, 0.7, hidden=hidden)
    z = PI * (2 * torch.rand(40, f.d, dtype=F64, generator=seeded()) - 1)
    x, log_abs_det = f(z)
    assert bool((x.abs() <= PI)[:, [c == "1" for c in circular]].all())
    back, minus = f.inverse(x)
    torch.testing.assert_close(back, z, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(minus, -log_abs_det, rtol=1e-9, atol=1e-9)


def test_a_new_layer_is_the_identity():
    f = MaskedSplineAutoregressive(3, circular=torch.tensor([True, False, True])).double()
    z = PI * (2 * torch.rand(40, 3, dtype=F64, generator=seeded()) - 1)
    x, log_abs_det = f(z)
    torch.testing.assert_close(x, z)
    torch.testing.assert_close(log_abs_det, torch.zeros(40, dtype=F64), atol=1e-12, rtol=0)


def test_densities_on_circle_torus_and_cylinder_integrate_to_one():
    circle, torus, cylinder = (flow_of(layer(c, 0.5), circular=c) for c in ("1", "11", "10"))
    assert abs(integrate(lambda x: circle.log_prob(x).exp(), -PI, PI, 1000) - 1) < 1e-6
    assert abs(integrate(lambda x: torus.log_prob(x).exp(), (-PI, -PI), (PI, PI), 40) - 1) < 1e-4
    low, high = (-PI, -15.0), (PI, 15.0)
    assert abs(integrate(lambda x: cylinder.log_prob(x).exp(), low, high, 70) - 1) < 1e-4


def test_no_angle_has_density_zero_and_the_pi_of_float32_is_one():
    flow = flow_of(layer("10", 0.5), circular="10")
    x = torch.tensor([[3.15, 0.0], [-4.0, 0.0], [PI, 99.0]], dtype=F64)
    assert flow.log_prob(x).isfinite().tolist() == [False, False, True]
    box = Box(torch.full((1,), -PI), torch.full((1,), PI))
    wide = Flow(box, MaskedSplineAutoregressive(1, circular=[True])).double()
    assert wide.base.high.item() > PI
    assert bool(wide.bijection(wide.base.high[None])[1].isfinite())


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16], ids=str)
def test_own_samples_have_a_density(dtype):
    flow = flow_of(*(layer("110", 1.0, seed=k) for k in range(2)), circular="110").to(dtype)
    x, log_prob = flow.requires_grad_(False).sample_with_log_prob(5000, seeded())
    assert bool(x.isfinite().all()) and bool(log_prob.isfinite().all())
    assert bool(flow.log_prob(x).isfinite().all())


def test_a_context_moves_the_density(generator):
    f = MaskedSplineAutoregressive(2, (8,), 4, 3.0, 3, generator, circular=[True, False]).double()
    for parameter in f.parameters():
        torch.nn.init.normal_(parameter, generator=generator)
    z, c = torch.rand(7, 2, dtype=F64), torch.randn(7, 3, dtype=F64, generator=generator)
    x, log_abs_det = f(z, c)
    back, minus = f.inverse(x, c)
    torch.testing.assert_close(back, z)
    torch.testing.assert_close(minus, -log_abs_det)
    assert not torch.allclose(f(z, -c)[0], x)


def test_another_number_of_bools_is_refused():
    for wrong in ([], [True], torch.ones(3, dtype=torch.bool)):
        with pytest.raises(ValueError, match=r"circular: expected 2 bools, got"):
            MaskedSplineAutoregressive(2, circular=wrong)


@pytest.mark.parametrize("mean, concentration", [(0.5, 2.0), (PI, 2.0)], ids=["inside", "at-seam"])
def test_a_von_mises_law_is_learned_from_samples(mean, concentration):
    law = td.VonMises(torch.tensor(mean, dtype=F64), torch.tensor(concentration, dtype=F64))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        x = law.sample((5000, 1)).float()
    spline = MaskedSplineAutoregressive(1, (), circular=[True], generator=seeded())
    flow = Flow(StandardUniform(1), Affine(-PI, 2 * PI), spline)
    fit(flow, x, steps=200, batch=1000, lr=0.03, generator=seeded())
    flow.double()

    def divergence(x):
        log_p = law.log_prob(x)[:, 0]
        return log_p.exp() * (log_p - flow.log_prob(x))

    assert integrate(divergence, -PI, PI) < 0.01


def test_a_seam_in_the_conditioner_would_show():
    """x_2 given x_1 on the torus: its law goes on where x_1 passes the seam."""
    f = layer("11", 1.0)
    x = torch.tensor([[-PI, 0.3], [PI, 0.3]], dtype=F64)
    z = f.inverse(x)[0]
    torch.testing.assert_close(z[0, 1], z[1, 1], rtol=1e-12, atol=1e-12)
