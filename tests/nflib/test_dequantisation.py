"""Dequantisation and its accounts, against exact probabilities."""

import math

import pytest
import torch

from nflib import (
    Affine,
    Composition,
    Flow,
    LogitPreprocessing,
    Sigmoid,
    StandardNormal,
    StandardUniform,
    bits_per_dim,
    dequantise,
    quantise,
)
from nflib.course.numerics import integrate, ks_critical, ks_distance
from tests.nflib.helpers import F64, seeded

# Dequantisation.


@pytest.mark.parametrize("dtype", [torch.float32, F64], ids=str)
@pytest.mark.parametrize("levels", [1, 2, 3, 17, 255, 256, 65_536])
@pytest.mark.parametrize("u", [None, 0.0, 1.0])
def test_the_way_back_gives_every_level(levels, dtype, u, generator, monkeypatch):
    """Also for extreme draws: v + u may round to v + 1, once in 10⁷ pixels, which is every epoch."""
    if u is not None:
        u -= u * torch.finfo(dtype).eps / 2
        monkeypatch.setattr(torch, "rand", lambda shape, **_: torch.full(shape, u, dtype=dtype))
    v = torch.arange(levels).repeat(max(1, 200_000 // levels))
    y = dequantise(v.to(dtype), levels, generator)
    assert y.dtype == dtype and bool((y > 0).all()) and bool((y < 1).all())
    assert torch.equal(quantise(y, levels), v)


def test_the_noise_is_uniform_on_the_cell(generator):
    n = 200_000
    u = 16 * dequantise(torch.full((n,), 5), 16, generator).double() - 5
    assert ks_distance(u, lambda u: u.clamp(0, 1)) < ks_critical(n, 0.001)
    # Up to the border: that no draw is so near has probability e^{−20}.
    assert float(u.min()) < 1e-4 and float(u.max()) > 1 - 1e-4


def test_the_generator_is_the_only_source():
    state = torch.get_rng_state()
    v = torch.randint(0, 16, (3, 8), generator=seeded(1))
    first, second = (dequantise(v, 16, seeded()) for _ in range(2))
    assert torch.equal(first, second) and first.shape == (3, 8)
    assert torch.equal(torch.get_rng_state(), state)


def test_integers_of_every_kind_are_levels():
    for dtype in (torch.uint8, torch.int16, torch.int64):
        v = torch.tensor([0, 100, 255]).to(dtype)
        y = dequantise(v, 256)
        assert y.dtype == torch.float32 and quantise(y, 256).tolist() == [0, 100, 255]


def test_samples_beyond_the_cube_fall_in_the_first_or_last_level():
    y = torch.tensor([-0.5, -1e-9, 0.0, 0.999, 1.0, 3.0])
    assert quantise(y, 4).tolist() == [0, 0, 0, 3, 3, 3]


# Bits per dimension.


@pytest.mark.parametrize("levels", [2, 17, 256])
@pytest.mark.parametrize("d", [1, 64, 784])
def test_the_uniform_law_costs_log2_of_the_levels_exactly(levels, d, generator):
    v = torch.randint(0, levels, (5, d), generator=generator)
    log_prob = StandardUniform(d).log_prob(dequantise(v, levels, generator))
    bits = bits_per_dim(log_prob, d, levels)
    assert bits.shape == (5,) and bits.tolist() == [torch.tensor(math.log2(levels)).item()] * 5


def test_bits_are_those_of_the_cells_where_the_density_is_flat_on_them(generator):
    """p_Y = Q·P(v) on cell v: then the bound is the entropy itself, Jensen's gap being zero."""
    P = torch.tensor([0.5, 0.25, 0.125, 0.125], dtype=F64)
    v = torch.multinomial(P, 3 * 1000, replacement=True, generator=generator).reshape(1000, 3)
    y = dequantise(v.double(), 4, generator)
    log_prob = (4 * P[quantise(y, 4)]).log().sum(-1)
    expected = -P[v].log2().sum(-1) / 3
    torch.testing.assert_close(bits_per_dim(log_prob, 3, 4), expected)


# A logit-normal law, not flat on any cell of the eight.
FLOW, Q = Flow(StandardNormal(1), Affine(0.4, 0.8), LogitPreprocessing(0.05)).double(), 8


def mean_bits(v: int) -> float:
    """E_u of the bits of level v, by quadrature."""
    return Q * integrate(lambda y: bits_per_dim(FLOW.log_prob(y), 1, Q), v / Q, (v + 1) / Q)


def test_it_is_an_upper_bound_of_the_bits_of_the_discrete_law():
    """E_u and P(v) = ∫_cell p_Y by quadrature: bits(v) ≥ −log₂ P(v), and on average not by much."""
    total, excess = 0.0, 0.0
    for v in range(Q):
        P, bound = integrate(lambda y: FLOW.log_prob(y).exp(), v / Q, (v + 1) / Q), mean_bits(v)
        assert bound > -math.log2(P)
        total, excess = total + P, excess + P * (bound + math.log2(P))
    assert excess < 0.05
    assert total < 1  # what α > 0 lets out of [0, 1]


def test_dequantised_data_estimate_the_bound(generator):
    """The mean over draws of u is the integral over the cell, to five standard errors."""
    v, n = 5, 20_000
    y = dequantise(torch.full((n, 1), float(v), dtype=F64), Q, generator)
    bits = bits_per_dim(FLOW.log_prob(y), 1, Q)
    assert abs(float(bits.mean()) - mean_bits(v)) < 5 * float(bits.std()) / math.sqrt(n)


def test_without_noise_the_bits_are_less_than_any_code_can_have():
    """A pixel that is always 5 of 8, and a narrow density at the centre: −1.3 bits, and falling."""
    centre = torch.tensor([5.5 / 8], dtype=F64)
    narrow, narrower = (
        Flow(StandardNormal(1), Affine(5.5 / 8, sigma)).double() for sigma in (0.02, 0.01)
    )
    first, second = (bits_per_dim(f.log_prob(centre), 1, 8).item() for f in (narrow, narrower))
    assert first < 0 and second == pytest.approx(first - 1)


# The logit.


@pytest.mark.parametrize("alpha", [0.0, 1e-6, 0.01, 0.25])
def test_preprocessing_is_the_formula(alpha):
    x = torch.tensor([[0.001, 0.3], [0.5, 0.999]], dtype=F64)
    s = alpha + (1 - 2 * alpha) * x
    z, log_abs_det = LogitPreprocessing(alpha).inverse(x)
    torch.testing.assert_close(z, torch.logit(s), rtol=1e-10, atol=1e-12)
    slope = (1 - 2 * alpha) / (s * (1 - s))
    torch.testing.assert_close(log_abs_det, slope.log().sum(-1), rtol=1e-10, atol=1e-12)


def test_it_composes_what_exists_and_keeps_black_and_white_bounded():
    f = LogitPreprocessing(0.05)
    z = f.inverse(torch.tensor([0.0, 1.0], dtype=F64))[0]
    torch.testing.assert_close(z, torch.tensor([-math.log(19), math.log(19)], dtype=F64))
    assert isinstance(f, Composition) and [type(g) for g in f.bijections] == [Sigmoid, Affine]
