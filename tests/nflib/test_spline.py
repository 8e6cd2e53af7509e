"""The rational-quadratic spline against its knots, autograd and the forward map."""

import math

import pytest
import torch

from nflib.bijections.spline import (
    MIN_BIN,
    MIN_SLOPE,
    _bin,
    rational_quadratic,
    rational_quadratic_inverse,
)
from tests.nflib.helpers import F64, all_finite, seeded

BINS, B = 6, 3.0
DIRECTIONS = (rational_quadratic, rational_quadratic_inverse)


def parameters(n, scale, dtype=F64, bins=BINS):
    generator, sizes = seeded(), (bins, bins, bins - 1)
    return [scale * torch.randn(n, k, generator=generator, dtype=F64).to(dtype) for k in sizes]


def one_spline(scale=1.0):
    """One spline for any number of points, as a function of points (n,)."""
    free = [p[0] for p in parameters(1, scale)]

    def given(direction):
        return lambda x: direction(x, *(p.expand(*x.shape, -1) for p in free), B)

    return free, given(rational_quadratic), given(rational_quadratic_inverse)


def knots_by_hand(free):
    """(x_k), (y_k), (δ_k) as lists of floats, from their definition."""
    ends = []
    for parts in free[:2]:
        powers = [math.exp(p) for p in parts.tolist()]
        knots = [-B]
        for power in powers:
            share = MIN_BIN / len(powers) + (1 - MIN_BIN) * power / sum(powers)
            knots.append(knots[-1] + 2 * B * share)
        ends.append(knots)
    inner = [math.log1p((math.e - 1) * math.exp(s)) for s in free[2].tolist()]
    return *ends, [1.0, *(MIN_SLOPE + (1 - MIN_SLOPE) * s for s in inner), 1.0]


def test_it_passes_through_its_knots_with_their_slopes_from_both_sides():
    free, f, _ = one_spline()
    x, y, slopes = (torch.tensor(values, dtype=F64) for values in knots_by_hand(free))
    for side in (-1e-10, 0.0, 1e-10):
        found, log_slope = f(x + side)
        torch.testing.assert_close(found, y, rtol=0, atol=1e-8)
        torch.testing.assert_close(log_slope.exp(), slopes, rtol=1e-7, atol=1e-7)


def test_between_knots_it_is_the_quotient_of_quadratics_of_the_paper():
    free, f, _ = one_spline()
    x, y, d = knots_by_hand(free)
    for k in range(BINS):
        w, h, t = x[k + 1] - x[k], y[k + 1] - y[k], 0.3
        s = h / w
        up = h * (s * t**2 + d[k] * t * (1 - t))
        expected = y[k] + up / (s + (d[k + 1] + d[k] - 2 * s) * t * (1 - t))
        found, _ = f(torch.tensor([x[k] + t * w], dtype=F64))
        assert found.item() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("scale", [0.0, 1.0, 3.0])
def test_slopes_agree_with_autograd_and_are_opposite_in_the_inverse(scale):
    free = parameters(2000, scale)
    x = torch.linspace(-1.2 * B, 1.2 * B, 2000, dtype=F64).requires_grad_()
    y, log_slope = rational_quadratic(x, *free, B)
    (slope,) = torch.autograd.grad(y.sum(), x)
    torch.testing.assert_close(log_slope, slope.log(), rtol=1e-10, atol=1e-10)
    back, log_inverse_slope = rational_quadratic_inverse(y, *free, B)
    torch.testing.assert_close(back, x, rtol=1e-8, atol=1e-8)
    torch.testing.assert_close(log_inverse_slope, -log_slope, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("scale", [1.0, 3.0, 10.0])
@pytest.mark.parametrize("dtype", [torch.float32, F64])
def test_inverse_is_exact_to_the_rounding_of_its_result(scale, dtype):
    """|f(f⁻¹(y)) − y| ≤ 4εB(1 + m), with m the largest of s, δ_k and δ_{k+1} in the bin.

    x is stored to ½εB and the knots to εB: times the slope, that is what f can see of y.
    """
    free = parameters(20_000, scale, dtype)
    y = torch.linspace(-B, B, 20_000, dtype=dtype)
    x, _ = rational_quadratic_inverse(y, *free, B)
    error = (rational_quadratic(x, *free, B)[0] - y).abs()
    _, (h, w), ends = _bin(y, free[1], free[0], free[2], B)
    steepest = torch.stack([h / w, *ends]).amax(0)
    assert bool((error <= 4 * torch.finfo(dtype).eps * B * (1 + steepest)).all())


@pytest.mark.parametrize("scale, bound", [(1.0, 2e-5), (2.0, 1e-4), (3.0, 1e-3), (20.0, 0.02)])
def test_float32_comes_back_where_it_started_in_99_of_100_points(scale, bound):
    """Parameters N(0, s²), K = 8, x uniform on [−5, 5]; the slope nowhere falls below 1e-6."""
    n, far = 100_000, 5.0
    free = parameters(n, scale, torch.float32, 8)
    x = far * (2 * torch.rand(n, generator=seeded(1)) - 1)
    y, log_slope = rational_quadratic(x, *free, far)
    back, log_inverse_slope = rational_quadratic_inverse(y, *free, far)
    assert (back - x).abs().double().quantile(0.99) <= bound
    assert all_finite(y, back, log_slope, log_inverse_slope)
    assert (log_slope + log_inverse_slope).abs().double().quantile(0.99) <= bound
    assert log_slope.min() > math.log(1e-6)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("scale", [0.0, 1.0, 6.0, 30.0])
def test_gradients_are_finite_differences_in_bins_of_any_shape(direction, scale):
    """With scale 30 most bins are as narrow or as flat as they can be, next to others as steep."""
    free = [p.requires_grad_() for p in parameters(12, scale)]
    at = (1.1 * B * (2 * torch.rand(12, generator=seeded(2), dtype=F64) - 1)).requires_grad_()
    given = lambda *inputs: direction(*inputs, B)
    assert torch.autograd.gradcheck(given, (at, *free), eps=1e-7, atol=1e-5, rtol=1e-4)


def bin_by_softmax(at, own, other, slopes, bound):
    """``_bin`` by whole tables: softmax, all the knots, binary search."""
    shares = [MIN_BIN / p.shape[-1] + (1 - MIN_BIN) * p.softmax(-1) for p in (own, other)]
    knots = [bound * (2 * torch.nn.functional.pad(s.cumsum(-1), (1, 0)) - 1) for s in shares]
    inner = torch.log1p((math.e - 1) * slopes.exp())
    table = torch.nn.functional.pad(MIN_SLOPE + (1 - MIN_SLOPE) * inner, (1, 1), value=1.0)
    k = torch.searchsorted(knots[0][:, 1:-1].contiguous(), at[:, None], right=True)
    return (
        tuple(each.gather(-1, k)[:, 0] for each in knots),
        tuple(2 * bound * each.gather(-1, k)[:, 0] for each in shares),
        tuple(table.gather(-1, k + side)[:, 0] for side in (0, 1)),
    )


@pytest.mark.parametrize("bins", [1, 2, 8, 300])
@pytest.mark.parametrize("scale", [0.0, 1.0, 4.0])
@pytest.mark.parametrize("dtype", [torch.float32, F64])
def test_the_bin_has_the_values_and_gradients_of_a_plain_look_up(dtype, scale, bins):
    free = [p.requires_grad_() for p in parameters(500, scale, dtype, bins)]
    at = (B * (2 * torch.rand(500, generator=seeded(3), dtype=F64) - 1)).to(dtype)
    results = []
    for look_up in (_bin, bin_by_softmax):
        values = [value for pair in look_up(at, *free, B) for value in pair]
        loss = sum(value.sin().sum() for value in values)
        results.append((*values, *torch.autograd.grad(loss, free)))
    tolerance = (40 + 4 * bins) * torch.finfo(dtype).eps
    torch.testing.assert_close(*results, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(
    "scale, bins, x, atol",
    [
        (0.0, BINS, torch.linspace(-2 * B, 2 * B, 500), 1e-6),
        (1.0, 1, torch.linspace(-B, B, 7, dtype=F64), 1e-7),
        (3.0, BINS, torch.tensor([-1e6, -B - 1e-12, B + 1e-12, 1e6], dtype=F64), 0.0),
    ],
    ids=["zero parameters", "one bin", "outside"],
)
def test_it_is_the_identity(scale, bins, x, atol):
    free = parameters(len(x), scale, x.dtype, bins)
    for direction in DIRECTIONS:
        y, log_slope = direction(x, *free, B)
        torch.testing.assert_close(y, x, rtol=0, atol=atol)
        torch.testing.assert_close(log_slope, torch.zeros_like(x), rtol=0, atol=atol)


def test_it_maps_the_interval_onto_itself_increasing():
    _, f, _ = one_spline(3.0)
    x = torch.linspace(-B, B, 100_001, dtype=F64)
    y, _ = f(x)
    assert y[0] == -B and abs(y[-1] - B) < 1e-14
    assert bool((y.diff() > 0).all())


@pytest.mark.parametrize("dtype", [torch.float32, F64])
def test_extreme_parameters_have_finite_values_and_gradients(dtype):
    for scale in (30.0, 1e3, 1e6):
        free = [p.requires_grad_() for p in parameters(3000, scale, dtype)]
        at = torch.linspace(-1.1 * B, 1.1 * B, 3000, dtype=dtype).requires_grad_()
        for direction in DIRECTIONS:
            value, log_slope = direction(at, *free, B)
            gradients = torch.autograd.grad(value.sum() + log_slope.sum(), (at, *free))
            assert all_finite(value, log_slope, *gradients)


@pytest.mark.parametrize("dtype", [torch.float32, F64])
@pytest.mark.parametrize("ends", [(-30.0, -30.0), (30.0, -30.0), (1e4, -1e4), (1e4, 1e4)])
@pytest.mark.parametrize("steep", [30.0, 0.0, -30.0])
def test_the_quadratic_of_an_extreme_bin_has_its_root_and_gradients(dtype, ends, steep):
    """Bins as much higher than wide as can be, or wider than high."""
    n = 2000
    t = 1 - torch.logspace(-9, 0, n, dtype=F64)
    shares = [torch.tensor([[0.0, bend, 0.0]], dtype=dtype) for bend in (-steep, steep)]
    free = [p.repeat(n, 1).requires_grad_() for p in (*shares, torch.tensor([ends], dtype=dtype))]
    share = MIN_BIN / 3 + (1 - MIN_BIN) * shares[1][0].double().softmax(-1)
    low, high = B * (2 * share.cumsum(-1)[:2] - 1)
    y = (low + (high - low) * t).to(dtype).requires_grad_()
    x, log_slope = rational_quadratic_inverse(y, *free, B)
    gradients = torch.autograd.grad(x.sum() + log_slope.sum(), (y, *free))
    assert all_finite(x, log_slope, *gradients)


def test_a_nan_stays_with_its_own_point():
    free = [p.requires_grad_() for p in parameters(3, 1.0)]
    x = torch.tensor([0.5, math.nan, -0.5], dtype=F64)
    for direction in DIRECTIONS:
        y, log_slope = direction(x, *free, B)
        assert y.isnan().tolist() == [False, True, False]
        assert all_finite(*torch.autograd.grad(y[::2].sum() + log_slope[::2].sum(), free))
