"""The planar bijection against 60-digit arithmetic, bisection and closed forms."""

import math

import mpmath
import pytest
import torch

from nflib import Flow, Planar, StandardNormal
from nflib.bijections.tanh_map import solve
from nflib.course.numerics import backward_error, jacobian

F64, F32 = torch.float64, torch.float32
DTYPES = pytest.mark.parametrize("dtype", [F32, F64], ids=["float32", "float64"])


def with_free_parameters(w, v, b=0.0, dtype=F64) -> Planar:
    """The layer whose w, v, b (v before the constraint) are these."""
    f = Planar(len(w)).to(dtype)
    with torch.no_grad():
        f.w.copy_(torch.as_tensor(w, dtype=dtype))
        f.v.copy_(torch.as_tensor(v, dtype=dtype))
        f.b.fill_(b)
    return f


def with_one_plus_c(one_plus_c: float, dtype=F64) -> Planar:
    """On the line, w = 1: 1 + c = softplus(v + log(e − 1)) inverted for v."""
    with mpmath.workdps(60):
        v = mpmath.log(mpmath.expm1(mpmath.mpf(one_plus_c)) / (mpmath.e - 1))
    return with_free_parameters([1.0], [float(v)], dtype=dtype)


# The constraint.


def test_constrained_u_has_the_required_product_with_w(generator):
    """wᵀû = m(wᵀv), for ‖w‖ from 0.1 to 10: w/‖w‖ for w/‖w‖² breaks it."""
    for _ in range(200):
        w = torch.randn(3, generator=generator, dtype=F64)
        w = w / w.norm() * 10 ** (2 * torch.rand((), generator=generator, dtype=F64) - 1)
        v = 3 * torch.randn(3, generator=generator, dtype=F64)
        u = with_free_parameters(w, v).u.detach()
        p = float(w @ v)
        m = -1 + math.log1p(math.exp(p + math.log(math.e - 1)))
        assert float(w @ u) == pytest.approx(m, abs=1e-12)
        across = (u - v) - ((u - v) @ w) / (w @ w) * w
        assert float(across.abs().max()) < 1e-12


def test_the_case_that_public_implementations_get_wrong():
    """w/‖w‖ gives wᵀû = −1.4365 here with the paper's m; this m differs, the bound does not."""
    f = with_free_parameters([0.3, 0.4], [-12.0, 4.0])
    c = (f.w @ f.u).item()
    assert c == pytest.approx(math.log1p((math.e - 1) * math.exp(-2.0)) - 1) and c > -1


@DTYPES
def test_a_new_layer_is_the_identity(dtype, generator):
    f = Planar(4, generator).to(dtype)
    z = torch.randn(10, 4, generator=generator).to(dtype)
    x, log_abs_det = f(z)
    assert torch.equal(x, z)
    assert bool((log_abs_det.abs() < 8 * torch.finfo(dtype).eps).all())
    assert bool((f.u == 0).all())


def test_a_new_layer_learns():
    f = Planar(2, torch.Generator().manual_seed(0))
    z = torch.tensor([[0.5, 1.0], [-1.0, 2.0]])
    f(z)[0].square().sum().backward()
    assert bool((f.v.grad != 0).any())


def test_initialisation_takes_a_generator_and_leaves_the_global_one():
    state = torch.get_rng_state()
    first, second = (Planar(3, torch.Generator().manual_seed(7)) for _ in range(2))
    Planar.from_parameters(torch.ones(2), torch.ones(2), 0.0)
    assert torch.equal(first.w, second.w)
    assert torch.equal(torch.get_rng_state(), state)


@DTYPES
@pytest.mark.parametrize("c", [-0.999, -0.5, 0.0, 1e-6, 2.0, 90.0])
def test_from_parameters_gives_back_its_parameters(c, dtype):
    w = torch.tensor([0.5, -1.0, 2.0], dtype=dtype)
    u = torch.tensor([2.0, 1.0, 0.0], dtype=dtype) + c * w / (w @ w)
    f = Planar.from_parameters(w, u, 0.5)
    rtol = 8 * torch.finfo(dtype).eps
    torch.testing.assert_close(f.u, u, rtol=rtol, atol=rtol * 20)
    assert torch.equal(f.w, w) and f.b.item() == 0.5 and f.u.dtype == dtype


def test_forward_is_the_formula():
    w, u, b = (torch.tensor(v, dtype=F64) for v in ([1.0, 2.0], [0.5, -0.25], 0.3))
    z = torch.tensor([0.7, -0.1], dtype=F64)
    x, log_abs_det = Planar.from_parameters(w, u, b)(z)
    a = w @ z + b
    torch.testing.assert_close(x, z + u * a.tanh())
    torch.testing.assert_close(log_abs_det, torch.log(1 + (w @ u) * (1 - a.tanh() ** 2)))


def test_every_hyperplane_is_translated_rigidly(generator):
    f = with_free_parameters([1.0, -2.0, 0.5], [1.0, 1.0, 0.0], 0.2)
    z = torch.randn(1, 3, generator=generator, dtype=F64)
    along = torch.randn(5, 3, generator=generator, dtype=F64)
    along = along - (along @ f.w)[:, None] / (f.w @ f.w) * f.w
    shifts = f(z + along)[0] - (z + along)
    torch.testing.assert_close(shifts, shifts[:1].expand(5, 3))


# The determinant, to all digits.


@DTYPES
def test_log_det_agrees_with_60_digits_for_every_product_before_the_constraint(dtype):
    bound = {F32: 1e-6, F64: 1e-13}[dtype]
    worst = 0.0
    for p in [
        -90.0,
        -60.0,
        -30.0,
        -15.0,
        -10.0,
        -5.0,
        -1.0,
        -0.25,
        0.0,
        0.25,
        1.0,
        5.0,
        30.0,
        90.0,
    ]:
        f = with_free_parameters([1.0], [p], dtype=dtype)
        a = torch.tensor([0.0, 1e-9, 1e-4, 0.01, 0.3, 1.0, 3.0, 8.0, 20.0, 50.0], dtype=dtype)
        a = torch.cat([a, -a])
        got = f(a[:, None])[1]
        with mpmath.workdps(60):
            one_plus_c = mpmath.log1p(mpmath.exp(mpmath.mpf(p)) * (mpmath.e - 1))
            for at, value in zip(a.tolist(), got.tolist(), strict=True):
                exact = mpmath.log(1 + (one_plus_c - 1) * mpmath.sech(mpmath.mpf(at)) ** 2)
                worst = max(worst, float(abs(value - exact) / max(1, abs(exact))))
    assert worst < bound


# The inverse.


ONE_PLUS_C = [1e-9, 1e-7, 1e-5, 1e-3, 0.1, 0.5, 0.9, 1.0, 1.1, 2.0, 7.655, 21.0, 100.0, 1e3, 1e5]


@DTYPES
def test_solver_reaches_rounding_in_its_fixed_number_of_steps(dtype):
    """|a + c tanh a − s| ≤ 4 ε max(|a|, |s|), for s from 1e-8 to 1e6 and near the knee s = c."""
    s = torch.cat([torch.logspace(-8, 6, 1500, dtype=F64), torch.linspace(0, 3, 1500, dtype=F64)])
    for one_plus_c in ONE_PLUS_C:
        near_c = one_plus_c * torch.linspace(0.5, 1.5, 500, dtype=F64)
        y = torch.cat([s, -s, near_c]).to(dtype)
        slope_at_0 = torch.tensor(one_plus_c, dtype=dtype)
        a, S = solve(y, slope_at_0).double(), y.double()
        residual = (a - a.tanh()) + slope_at_0.double() * a.tanh() - S
        scale = torch.maximum(a.abs(), S.abs()).clamp(min=1e-300)
        assert float((residual.abs() / scale).max()) < 4 * torch.finfo(dtype).eps


@pytest.mark.parametrize("one_plus_c", [1e-30, 1e-9, 1e-4, 0.5, 1.5, 100.0])
def test_solver_agrees_with_bisection_in_40_digits(one_plus_c):
    """To rounding relative to a itself, however small: near c = −1 its slope, and so log|det|, is."""
    for s in (1e-13, 1e-6, 0.01, 0.7, 5.0, 90.0):
        a = float(solve(torch.tensor(s, dtype=F64), torch.tensor(one_plus_c, dtype=F64)))
        with mpmath.workdps(40):
            c1 = mpmath.mpf(one_plus_c)
            g = lambda a, c1=c1: a - mpmath.tanh(a) + c1 * mpmath.tanh(a)
            low, high = mpmath.mpf(0), mpmath.mpf(s) + 101
            for _ in range(140):
                middle = (low + high) / 2
                low, high = (middle, high) if g(middle) < s else (low, middle)
            assert abs(a - low) < 4 * 2.2e-16 * low


@pytest.mark.parametrize("one_plus_c", [1e-9, 1e-6, 0.1, 1.0, 7.655, 100.0])
def test_backward_error_is_at_rounding(one_plus_c):
    f = with_one_plus_c(one_plus_c)
    for scale in (1e-6, 1.0, 1e3, 1e6):
        x = scale * torch.linspace(-1, 1, 1001, dtype=F64)[:, None]
        assert backward_error(f, x) <= 1e-12 * (1 + scale)


def test_backward_error_of_a_deep_flow_in_float32(generator):
    layers = [
        with_free_parameters(0.7 * w, 0.5 * v, dtype=F32)
        for w, v in torch.randn(32, 2, 2, generator=generator)
    ]
    flow = Flow(StandardNormal(2), *layers)
    x = 2 * torch.randn(1000, 2, generator=generator)
    # Each of 32 layers adds about 1 ε = 1.2e-7 of |x| ≤ 8, and the later ones stretch it.
    assert backward_error(flow.bijection, x) < 32 * 8 * 1.2e-7
    assert max(backward_error(f, x) for f in layers) < 8 * 1.2e-7


def test_inverse_log_det_is_taken_at_the_solution():
    f = with_one_plus_c(1e-3)
    x = torch.linspace(-3, 3, 50, dtype=F64)[:, None]
    z, log_abs_det = f.inverse(x)
    torch.testing.assert_close(log_abs_det, -torch.log(jacobian(f, z)[:, 0, 0]), rtol=1e-9, atol=0)


# Derivatives of the inverse: the implicit function theorem.


@pytest.mark.parametrize("one_plus_c", [1e-3, 0.2, 1.0, 3.0, 50.0])
def test_derivatives_through_the_solver(one_plus_c):
    s = torch.tensor([-3.0, -0.4, 0.0, 0.1, 2.0, 20.0], dtype=F64, requires_grad=True)
    slope_at_0 = torch.tensor(one_plus_c, dtype=F64, requires_grad=True)
    a = solve(s, slope_at_0)
    by_s, by_c = torch.autograd.grad(a.sum(), (s, slope_at_0), create_graph=True)
    slope = a.tanh() ** 2 + slope_at_0 * (1 - a.tanh() ** 2)
    torch.testing.assert_close(by_s, 1 / slope, rtol=1e-12, atol=0)
    torch.testing.assert_close(by_c, -(a.tanh() / slope).sum(), rtol=1e-12, atol=1e-14)
    second = torch.autograd.grad(by_s.sum(), s)[0]
    curvature = -2 * (slope_at_0 - 1) * a.tanh() * (1 - a.tanh() ** 2)
    torch.testing.assert_close(second, -curvature / slope**3, rtol=1e-9, atol=1e-12)


def test_gradients_near_the_boundary_keep_their_digits():
    """At 1 + c = 1e-9 a residual of rounding, left in the last step, would cost seven digits."""
    s = torch.tensor(1e-3, dtype=F64)
    slope_at_0 = torch.tensor(1e-9, dtype=F64, requires_grad=True)
    a = solve(s, slope_at_0)
    (by_c,) = torch.autograd.grad(a, slope_at_0)
    with mpmath.workdps(50):
        at = mpmath.findroot(
            lambda a: a - mpmath.tanh(a) + mpmath.mpf(1e-9) * mpmath.tanh(a) - mpmath.mpf(1e-3),
            0.14,
        )
        slope = mpmath.tanh(at) ** 2 + mpmath.mpf(1e-9) * mpmath.sech(at) ** 2
        exact = -mpmath.tanh(at) / slope
    assert by_c.item() == pytest.approx(float(exact), rel=1e-12)


# The corners.


@DTYPES
@pytest.mark.parametrize("size", [0.0, 1e-160, 1e-30, 1e-21, 1e-15, 1e-8, 1e-3])
def test_values_and_gradients_are_finite_at_and_near_w_equal_zero(size, dtype):
    f = with_free_parameters([size, -size], [3.0, 1.0], 0.5, dtype)
    z = torch.tensor([[1.0, 2.0], [-3.0, 0.5]], dtype=dtype, requires_grad=True)
    for direction in (f.forward, f.inverse):
        x, log_abs_det = direction(z)
        gradients = torch.autograd.grad(x.sum() + log_abs_det.sum(), (z, *f.parameters()))
        for result in (x, log_abs_det, *gradients):
            assert bool(result.isfinite().all())


@pytest.mark.parametrize("size", [1e-10, 1e-160, 1e-300])
def test_parameters_are_these_very_numbers_however_small_w_is(size):
    w, u = torch.tensor([size, 0.0], dtype=F64), torch.tensor([1.0, 2.0], dtype=F64)
    torch.testing.assert_close(Planar.from_parameters(w, u, 0.5).u, u)


def test_the_constraint_holds_however_small_w_is():
    f = Planar(1)
    f.w.data.fill_(1e-10)
    f.v.data.fill_(-1e12)
    assert float((f.w @ f.u).detach()) >= -1 - 1e-6  # −1 in float32; without scaling it was −100


def test_at_w_equal_zero_it_is_a_translation():
    f = with_free_parameters([0.0, 0.0], [3.0, 1.0], 0.5)
    x, log_abs_det = f(torch.zeros(2, dtype=F64))
    torch.testing.assert_close(x, f.v.detach() * math.tanh(0.5))
    assert abs(log_abs_det.item()) < 1e-15


@DTYPES
@pytest.mark.parametrize("v", [-90.0, -3.0, 0.0, 3.0, 100.0, 1000.0])
@pytest.mark.parametrize("z", [-1e4, -89.0, 89.0, 1e4])
def test_values_and_gradients_are_finite_far_out(v, z, dtype):
    f = with_free_parameters([1.0], [v], dtype=dtype)
    z = torch.tensor([z], dtype=dtype, requires_grad=True)
    for direction in (f.forward, f.inverse):
        x, log_abs_det = direction(z)
        gradients = torch.autograd.grad(x.sum() + log_abs_det, (z, *f.parameters()))
        for result in (x, log_abs_det, *gradients):
            assert bool(result.isfinite().all())


def test_beyond_underflow_it_is_still_a_bijection():
    """e^{−1000} is zero in float32; 1 + c is not."""
    f = with_free_parameters([1.0], [-1000.0], dtype=F32)
    x = torch.tensor([[0.0], [1e-3], [2.0]])
    z, log_abs_det = f.inverse(x)
    assert bool(z.isfinite().all()) and bool(log_abs_det.isfinite().all())


def test_minus_one_itself_is_refused():
    """At c = −1 the slope of a + c tanh a vanishes at 0: a bijection, but no diffeomorphism."""
    with pytest.raises(ValueError, match="expected wᵀu > −1, got -1"):
        Planar.from_parameters(torch.tensor([1.0, 0.0]), torch.tensor([-1.0, 0.0]), 0.0)
