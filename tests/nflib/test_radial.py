"""The radial bijection against its definition, 40-digit arithmetic and quadrature."""

import math

import mpmath
import pytest
import torch

from nflib import Flow, Radial, StandardNormal
from nflib.course.numerics import backward_error, integrate
from tests.nflib.helpers import F64, all_finite, seeded

DTYPES = pytest.mark.parametrize("dtype", [torch.float32, F64], ids=str)


def radial(center, p: float, alpha: float = 1.0, dtype=F64) -> Radial:
    f = Radial(len(center), torch.Generator()).to(dtype)
    with torch.no_grad():
        f.center.copy_(torch.tensor(center))
        f.log_alpha.fill_(math.log(alpha))
        f.p.fill_(p)
    return f


@DTYPES
def test_a_new_layer_is_the_identity_and_learns(dtype):
    f = Radial(3, seeded()).to(dtype)
    z = torch.randn(10, 3, generator=seeded(1)).to(dtype)
    for direction in (f.forward, f.inverse):
        x, log_abs_det = direction(z)
        torch.testing.assert_close(x, z)
        assert bool((log_abs_det.abs() < 16 * torch.finfo(dtype).eps).all())
    f(z)[0].square().sum().backward()
    assert f.p.grad != 0


def test_forward_is_the_formula_of_the_paper():
    """Equation 14 with α and β, and the determinant (1 + βh)^{d−1} (1 + βh + βh'r) of its text."""
    f = radial([0.5, -1.0, 2.0], -1.5, alpha=0.75)
    z = torch.tensor([[0.7, -0.1, 0.3], [4.0, 0.0, -2.0]], dtype=F64)
    alpha, beta, r = f.alpha.item(), f.beta.item(), (z - f.center).norm(dim=-1)
    assert -alpha < beta < 0
    h = 1 / (alpha + r)
    x, log_abs_det = f(z)
    torch.testing.assert_close(x, z + beta * h[:, None] * (z - f.center))
    det = (1 + beta * h) ** 2 * (1 + beta * h - beta * h**2 * r)
    torch.testing.assert_close(log_abs_det, det.log())


@pytest.mark.parametrize("p", [-3.0, 0.5, 20.0])
def test_a_sphere_about_the_center_goes_to_a_sphere(p, generator):
    f = radial([1.0, -2.0], p, alpha=0.5)
    angle = 6 * torch.rand(50, generator=generator, dtype=F64)
    ray = torch.stack([angle.cos(), angle.sin()], dim=-1)
    image = f(f.center + 1.7 * ray)[0] - f.center
    torch.testing.assert_close(image, image.norm(dim=-1, keepdim=True)[:1] * ray)


@DTYPES
@pytest.mark.parametrize("p", [-40.0, -10.0, -1.0, 0.0, 1.0, 90.0])
def test_inverse_and_log_det_agree_with_40_digits(p, dtype):
    """On the line x > z₀, where x = r(r + ακ)/(α + r); the quadratic as in school loses half of them."""
    f = radial([0.0], p, alpha=0.75, dtype=dtype)
    x = torch.logspace(-12, 8, 41, dtype=dtype)[:, None]
    z, log_abs_det = (result.detach().flatten().tolist() for result in f.inverse(x))
    bound = 16 * torch.finfo(dtype).eps
    with mpmath.workdps(60):
        alpha = mpmath.exp(mpmath.mpf(f.log_alpha.item()))
        kappa = mpmath.log1p(mpmath.exp(mpmath.mpf(p)) * (mpmath.e - 1))
        for X, got, got_log in zip(x.flatten().tolist(), z, log_abs_det, strict=True):
            q = alpha * kappa - X
            r = (-q + mpmath.sqrt(q * q + 4 * alpha * X)) / 2
            exact_log = -mpmath.log((r * r + 2 * alpha * r + alpha**2 * kappa) / (alpha + r) ** 2)
            assert abs(got - r) <= bound * r
            assert abs(got_log - exact_log) <= bound * max(1, abs(exact_log))


def test_backward_error_is_at_rounding():
    for p in (-30.0, -5.0, 0.0, 50.0):
        f = radial([0.5, -1.0], p)
        for scale in (1e-6, 1.0, 1e6):
            x = scale * torch.randn(100, 2, dtype=F64, generator=seeded(1))
            assert backward_error(f, x) <= 1e-14 * (1 + scale)


@DTYPES
@pytest.mark.parametrize("p", [-1000.0, -90.0, 0.0, 90.0])
def test_values_and_gradients_are_finite_at_the_center_and_far_out(p, dtype):
    f = radial([1.0, 2.0], p, dtype=dtype)
    z = torch.tensor([[1.0, 2.0], [1.0, 1e4], [-1e18, 1e18]], dtype=dtype, requires_grad=True)
    for direction in (f.forward, f.inverse):
        x, log_abs_det = direction(z)
        gradients = torch.autograd.grad(x.sum() + log_abs_det.sum(), (z, *f.parameters()))
        assert all_finite(x, log_abs_det, *gradients)


@pytest.mark.parametrize("center", [[0.25], [0.25, -0.5]])
@pytest.mark.parametrize("p", [-0.5, 3.0])
def test_density_integrates_to_one(center, p):
    """Cut at z₀, where log|det| has the tip of a cone."""
    flow = Flow(StandardNormal(len(center)), radial(center, p)).double()
    cuts, total = [(-9.0, c, 9.0) for c in center], 0.0
    for k in range(2 ** len(center)):
        ends = [(cut[k >> i & 1], cut[(k >> i & 1) + 1]) for i, cut in enumerate(cuts)]
        low, high = zip(*ends, strict=True)
        total += integrate(lambda x: flow.log_prob(x).exp(), low, high, n=60)
    assert total == pytest.approx(1, abs=1e-6)
