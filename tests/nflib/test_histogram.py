"""Histogram splines against numpy.interp, cross-entropy and counts."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from nflib import (
    MADE,
    Flow,
    MaskedHistogramAutoregressive,
    StandardUniform,
    bits_per_dim,
    dequantise,
    histogram_knots,
    quantise,
)
from nflib.bijections.histogram import piecewise_linear, piecewise_linear_inverse
from tests.nflib.helpers import F64, seeded

KNOTS = torch.tensor([0, 1, 2, 9, 40, 41, 255, 256]) / 256
K = len(KNOTS) - 1


def drawn(n, scale, dtype=F64):
    """Heights and points u for them."""
    theta = scale * torch.randn(n, K, generator=seeded(1), dtype=F64)
    return theta.to(dtype), torch.rand(n, generator=seeded(2), dtype=F64).to(dtype)


@pytest.mark.parametrize("scale", [0.0, 1.0, 5.0])
def test_it_is_the_linear_interpolation_of_the_distribution_function(scale):
    theta, u = drawn(300, scale)
    share = (theta.exp() * KNOTS.double().diff()).numpy()
    c = np.pad(share.cumsum(1) / share.sum(1, keepdims=True), ((0, 0), (1, 0)))
    x, log_slope = piecewise_linear(u, theta, KNOTS.double())
    expected = [np.interp(u[i], c[i], KNOTS) for i in range(300)]
    np.testing.assert_allclose(x, expected, rtol=0, atol=1e-12)
    step = 1e-7  # within the piece, where the slope is constant
    ahead = [np.interp(u[i] + step, c[i], KNOTS) for i in range(300)]
    same = np.searchsorted(KNOTS.numpy(), expected) == np.searchsorted(KNOTS.numpy(), ahead)
    slope = (np.array(ahead) - expected) / step
    np.testing.assert_allclose(log_slope.exp()[same], slope[same], rtol=1e-5)
    back = [np.interp(x[i], KNOTS, c[i]) for i in range(300)]
    u2, minus = piecewise_linear_inverse(x, theta, KNOTS.double())
    np.testing.assert_allclose(u2, back, rtol=0, atol=1e-12)
    assert torch.equal(minus, -log_slope)


def test_with_heights_of_one_it_is_the_identity():
    _, u = drawn(100, 0.0)
    for f in (piecewise_linear, piecewise_linear_inverse):
        x, log_slope = f(u, torch.zeros(100, K, dtype=F64), KNOTS.double())
        torch.testing.assert_close(x, u, rtol=0, atol=1e-15)
        torch.testing.assert_close(log_slope, torch.zeros_like(u), rtol=0, atol=1e-15)


@pytest.mark.parametrize("scale", [1.0, 10.0, 100.0])
def test_round_trip_in_float64(scale):
    theta, u = drawn(10_000, scale)
    x, log_slope = piecewise_linear(u, theta, KNOTS.double())
    u2, minus = piecewise_linear_inverse(x, theta, KNOTS.double())
    assert bool((x >= 0).all()) and bool((x <= 1).all()) and torch.equal(minus, -log_slope)
    steep = (-log_slope).exp().clamp(min=1)  # du/dx, which the rounding of x comes back times
    assert bool(((u2 - u).abs() <= 1e-15 * steep + 1e-13).all())
    assert scale > 1 or (u2 - u).abs().max() < 1e-10


@pytest.mark.parametrize("dtype", [torch.float32, F64], ids=str)
def test_rounding_carries_no_point_to_the_next_level(dtype):
    """Levels and slopes stay with their piece, for u at the ends of pieces and a rounding away."""
    theta, _ = drawn(5_000, 3.0, dtype)
    knots = KNOTS.to(dtype)
    right = (theta + knots.diff().log()).softmax(-1).cumsum(-1)
    for k in range(K):
        for direction in (-1.0, 2.0):
            u = right[:, k].clamp(0, 1).nextafter(torch.tensor(direction, dtype=dtype)).clamp(0, 1)
            x, log_slope = piecewise_linear(u, theta, knots)
            assert torch.equal(piecewise_linear_inverse(x, theta, knots)[1], -log_slope)
            assert x.dtype == dtype and bool((x < 1).all())


def test_on_the_cell_of_a_level_the_density_is_its_probability(generator):
    """P10.2: log p(x) − d log Q is log P(v) for any noise, so Jensen's bound is an equality."""
    Q, d = 16, 3
    network = MADE(d, Q, (32,), generator=generator, levels=Q, residual=True)
    flow = Flow(
        StandardUniform(d), MaskedHistogramAutoregressive(network, torch.linspace(0, 1, Q + 1))
    )
    with torch.no_grad():
        for p in flow.parameters():
            p.add_(torch.randn(p.shape, generator=generator))
    flow = flow.double()
    v = torch.randint(Q, (50, d), generator=generator)
    costs = [flow.log_prob(dequantise(v.double(), Q, generator)) for _ in range(5)]
    for cost in costs[1:]:
        torch.testing.assert_close(cost, costs[0], rtol=1e-13, atol=1e-13)
    logits = network((v.double() + 0.5) / Q)
    entropy = torch.nn.functional.cross_entropy(logits.mT, v, reduction="none").sum(-1)
    torch.testing.assert_close(costs[0] - d * math.log(Q), -entropy, rtol=1e-12, atol=1e-12)


def test_a_new_layer_has_the_histogram_of_the_counts(generator):
    Q, d = 32, 5
    counts = torch.tensor([800.0, 0.0, *range(1, 31)])
    layer = MaskedHistogramAutoregressive(MADE(d, Q, levels=Q), histogram_knots(counts, Q), counts)
    v = torch.multinomial(counts, 400 * d, True, generator=generator).reshape(400, d)
    log_prob = Flow(StandardUniform(d), layer).log_prob(dequantise(v.float(), Q, generator))
    bits = bits_per_dim(log_prob, d, Q).mean()
    expected = -(counts / counts.sum()).log2()[v].mean()
    torch.testing.assert_close(bits, expected, rtol=2e-3, atol=0)  # a level unseen has half a count


# Knots.


def test_knots_part_the_mass_and_frequent_levels_stand_alone():
    counts = torch.ones(256)
    counts[0], counts[253] = 5000, 400
    for bins in (1, 2, 7, 32, 256):
        knots = histogram_knots(counts, bins)
        edges = (256 * knots).long().tolist()
        assert len(set(edges)) == bins + 1 and edges == sorted(edges)
        assert (
            edges[0] == 0
            and edges[-1] == 256
            and torch.equal(quantise(knots[:-1], 256), torch.tensor(edges[:-1]))
        )
    edges = (256 * histogram_knots(counts, 32)).long().tolist()
    assert {0, 1, 253, 254} <= set(edges)
    wide = [b - a for a, b in pairwise(edges) if b - a > 1]
    assert max(wide) <= 2 * 254 / 30  # twice an even share of what the two others leave


@pytest.mark.parametrize("counts, bins", [([1.0, 1.0], 3), ([1.0, -1.0], 1), ([[1.0]], 1)])
def test_counts_of_another_kind_are_refused(counts, bins):
    with pytest.raises(
        ValueError, match="histogram_knots: expected a count ≥ 0 of Q ≥ bins levels"
    ):
        histogram_knots(torch.tensor(counts), bins)
    with pytest.raises(ValueError, match="bins: expected at least 1"):
        histogram_knots(torch.ones(2), 0)


@pytest.mark.parametrize(
    "knots", [[0.0, 0.5, 0.5, 1.0], [0.0, 0.5, 0.9], [0.0, 0.5, 1.0], [0.1, 0.3, 0.5, 1.0]]
)
def test_knots_that_do_not_increase_from_0_to_1_are_refused(knots):
    with pytest.raises(
        ValueError, match=r"knots: expected n_params \+ 1 = 4 numbers that increase"
    ):
        MaskedHistogramAutoregressive(MADE(2, 3), torch.tensor(knots))
