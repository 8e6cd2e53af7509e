"""Base densities against SciPy and torch.distributions."""

import copy
import math

import numpy as np
import pytest
import scipy.stats
import torch

from nflib import Box, DiagonalNormal, GaussianMixture, StandardNormal, StandardUniform
from nflib.numerics import integrate, ks_critical, ks_distance

LOW, HIGH = torch.tensor([-1.0, 2.0]), torch.tensor([1.0, 6.0])
LOC = torch.tensor([[0.0, 1.0], [-2.0, 0.5], [3.0, -1.0]])
SCALE = torch.tensor([[0.5, 1.0], [0.25, 2.0], [1.5, 0.125]])
WEIGHTS = torch.tensor([1.0, 2.0, 5.0])
BASES = [
    StandardNormal(1),
    StandardNormal(3),
    StandardUniform(2),
    Box(-0.5, 1.5),
    Box(LOW, HIGH),
    DiagonalNormal(LOC[1], SCALE[1]),
    GaussianMixture(LOC, SCALE, WEIGHTS),
]
every_base = pytest.mark.parametrize("base", BASES, ids=str)


@every_base
def test_agrees_with_its_distribution_of_torch(base, generator):
    z = base.sample((4, 5), generator)
    distribution = base.distribution()
    assert distribution.event_shape == (base.d,) and distribution.batch_shape == ()
    torch.testing.assert_close(base.log_prob(z), distribution.log_prob(z))


@every_base
@pytest.mark.parametrize("shape", [(), (1,), (3, 4), (0,)], ids=str)
def test_samples_have_the_shape_asked_for(base, shape, generator):
    z = base.sample(shape, generator)
    assert z.shape == (*shape, base.d) and base.log_prob(z).shape == shape
    assert base.sample(7, generator).shape == (7, base.d)


@every_base
def test_the_generator_decides_and_the_global_state_does_not(base):
    state = torch.get_rng_state()
    first, second = (base.sample((5,), torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, second) and torch.equal(torch.get_rng_state(), state)


@every_base
def test_dtype_follows_the_module(base):
    exact = copy.deepcopy(base).double()
    z = exact.sample((2,))
    assert z.dtype == exact.log_prob(z).dtype == torch.float64
    assert base.sample().dtype == base.log_prob(base.sample()).dtype == torch.float32


@every_base
def test_meta_device(base):
    moved = copy.deepcopy(base).to("meta")
    z = moved.sample((3,))
    assert z.device.type == moved.log_prob(z).device.type == "meta"


def test_normal_log_prob_is_scipys(generator):
    z = 3 * torch.randn(20, 4, generator=generator, dtype=torch.float64)
    expected = scipy.stats.multivariate_normal(np.zeros(4)).logpdf(z.numpy())
    torch.testing.assert_close(StandardNormal(4).double().log_prob(z), torch.from_numpy(expected))


def test_diagonal_normal_log_prob_is_scipys(generator):
    base = DiagonalNormal(LOC[1].double(), SCALE[1].double())
    z = 3 * torch.randn(20, 2, generator=generator, dtype=torch.float64)
    expected = scipy.stats.norm(LOC[1], SCALE[1]).logpdf(z.numpy()).sum(-1)
    torch.testing.assert_close(base.log_prob(z), torch.from_numpy(expected))


def test_mixture_log_prob_is_the_log_of_the_weighted_sum(generator):
    base = GaussianMixture(LOC.double(), SCALE.double(), WEIGHTS.double())
    z = 3 * torch.randn(20, 2, generator=generator, dtype=torch.float64)
    laws = (
        scipy.stats.norm(loc, scale).pdf(z.numpy()).prod(-1)
        for loc, scale in zip(LOC, SCALE, strict=True)
    )
    p = sum(weight * law for weight, law in zip((1 / 8, 2 / 8, 5 / 8), laws, strict=True))
    torch.testing.assert_close(base.log_prob(z), torch.from_numpy(np.log(p)))
    assert abs(integrate(lambda z: base.log_prob(z).exp(), (-10, -16), (14, 16), 128) - 1) < 1e-9


def test_far_from_its_bumps_a_mixture_has_a_finite_density():
    assert GaussianMixture(LOC, SCALE).log_prob(torch.tensor([1e4, -1e4])).item() < -1e6


def test_mixture_samples_come_from_each_law_with_its_weight_and_scale(generator):
    loc, scale = torch.tensor([[-10.0], [0.0], [10.0]]), torch.tensor([[0.5], [1.0], [2.0]])
    z = GaussianMixture(loc, scale, WEIGHTS).sample(20_000, generator)
    cdf = scipy.stats.norm.cdf
    F = lambda x: (cdf(x + 10, scale=0.5) + 2 * cdf(x) + 5 * cdf(x - 10, scale=2)) / 8
    assert ks_distance(z, lambda x: torch.from_numpy(F(x.numpy()))) < ks_critical(20_000)


def test_normal_and_mixture_learn_from_data_what_the_moments_say(generator):
    """One normal law reaches the mean and the standard deviation; a mixture of one does as well."""
    x = torch.tensor([3.0, -1.0]) + torch.tensor([0.5, 2.0]) * torch.randn(
        500, 2, generator=generator
    )
    one = DiagonalNormal(torch.zeros(2), torch.ones(2))
    mixture = GaussianMixture(torch.zeros(1, 2), torch.ones(1, 2))
    for base in (one, mixture):
        optimiser = torch.optim.Adam(base.parameters(), lr=0.1)
        for _ in range(300):
            optimiser.zero_grad()
            (-base.log_prob(x).mean()).backward()
            optimiser.step()
        torch.testing.assert_close(base.loc.detach().reshape(2), x.mean(0), atol=1e-3, rtol=0)
        scale = base.log_scale.detach().exp().reshape(2)
        torch.testing.assert_close(scale, x.std(0, correction=0), atol=1e-3, rtol=0)


def test_samples_of_a_normal_are_differentiable_in_its_mean_and_scale(generator):
    """∂/∂log σ E z² = 2σ² and ∂/∂μ E z² = 2μ, by the derivatives of the samples."""
    base = DiagonalNormal(torch.tensor([1.0]).double(), torch.tensor([2.0]).double())
    square = base.sample(100_000, generator).square().mean()
    by_loc, by_scale = torch.autograd.grad(square, (base.loc, base.log_scale))
    assert abs(by_loc.item() - 2) < 4 * 2 * 2 / math.sqrt(100_000)
    assert abs(by_scale.item() - 8) < 4 * math.sqrt(2 * 8**2 + (2 * 2) ** 2) / math.sqrt(100_000)


def test_box_log_prob_is_minus_the_log_volume_inside_and_minus_infinity_outside():
    box = Box(LOW, HIGH)
    z = torch.tensor([[0.0, 3.0], [-1.0, 2.0], [1.0, 6.0], [0.0, 6.1], [-1.1, 3.0]])
    expected = [-math.log(8.0)] * 3 + [-math.inf] * 2
    assert box.log_prob(z).tolist() == pytest.approx(expected)
    assert bool(box.log_prob(torch.tensor([math.nan, 3.0])).isnan())


@pytest.mark.parametrize(
    "base, cdf",
    [
        (StandardNormal(1), scipy.stats.norm.cdf),
        (StandardUniform(1), scipy.stats.uniform.cdf),
        (Box(-0.5, 1.5), scipy.stats.uniform(-0.5, 2.0).cdf),
    ],
    ids=["normal", "uniform", "box"],
)
def test_samples_follow_the_density(base, cdf, generator):
    z = base.sample((20_000,), generator)
    assert ks_distance(z, lambda x: torch.from_numpy(cdf(x.numpy()))) < ks_critical(20_000)


def test_state_dict_holds_the_box_and_nothing_of_the_normal():
    assert set(Box(LOW, HIGH).state_dict()) == {"low", "high"}
    assert not StandardNormal(2).state_dict()
