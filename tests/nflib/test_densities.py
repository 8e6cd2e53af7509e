"""Bases and targets that can be sampled; base densities against SciPy and torch.distributions."""

import copy
import math

import numpy as np
import pytest
import scipy.stats
import torch

from nflib import Box, Flow, GaussianMixture, StandardNormal, StandardUniform
from nflib.course.numerics import integrate
from nflib.course.targets import TwoMoons
from tests.nflib.helpers import (
    BASES,
    F64,
    HIGH,
    LOC,
    LOW,
    SCALE,
    TARGETS,
    WEIGHTS,
    follows,
    minimise,
    of_torch,
    seeded,
)

every_law = pytest.mark.parametrize(
    "law", BASES + TARGETS, ids=lambda law: f"{law}-{getattr(law, 'panels', '')}"
)


@pytest.mark.parametrize("law", BASES, ids=str)
def test_agrees_with_the_same_law_of_torch(law, generator):
    law = copy.deepcopy(law).double()
    distribution = of_torch(law)
    assert distribution.event_shape == (law.d,) and distribution.batch_shape == ()
    z = law.sample((4, 5), generator)
    torch.testing.assert_close(law.log_prob(z), distribution.log_prob(z))


INTEGERS = {
    "numpy-int": (np.int64(3), (3,)),
    "size": (torch.Size([2, 3]), (2, 3)),
    "list": ([2, 3], (2, 3)),
    "array": (np.array([2, 3]), (2, 3)),
    "tensor": (torch.tensor([2, 3]), (2, 3)),
    "mixed": ((np.int32(2), 0), (2, 0)),
}


@pytest.mark.parametrize("shape, expected", INTEGERS.values(), ids=INTEGERS)
def test_sizes_of_samples_may_be_integers_of_any_type(shape, expected):
    for law in (StandardUniform(2), Flow(GaussianMixture(LOC, SCALE)), TwoMoons()):
        assert law.sample(shape, seeded()).shape == (*expected, 2)


@every_law
@pytest.mark.parametrize("shape", [(), (1,), (3, 4), (0,)], ids=str)
def test_samples_have_the_shape_asked_for(law, shape, generator):
    z = law.sample(shape, generator)
    assert z.shape == (*shape, law.d) and law.log_prob(z).shape == shape
    assert law.sample(7, generator).shape == (7, law.d)


@every_law
def test_the_generator_decides_and_the_global_state_does_not(law):
    state = torch.get_rng_state()
    first, second = (law.sample((5,), seeded(3)) for _ in range(2))
    assert torch.equal(first, second) and torch.equal(torch.get_rng_state(), state)


@every_law
def test_dtype_follows_the_module_and_float32_agrees_with_float64(law, generator):
    x, wide = law.sample(500, generator), copy.deepcopy(law).double()
    assert x.dtype == law.log_prob(x).dtype == law.sample().dtype == torch.float32
    assert wide.sample((2,)).dtype == wide.log_prob(x.double()).dtype == F64
    got, expected = law.log_prob(x).double(), wide.log_prob(x.double())
    torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-3)


@every_law
def test_meta_device(law):
    moved = copy.deepcopy(law).to("meta")
    # the rejected samples of U1 have no shape without values
    z = moved.sample((3,)) if law in BASES else torch.zeros(3, law.d, device="meta")
    assert z.device.type == moved.log_prob(z).device.type == "meta"


def test_normal_log_prob_is_scipys(generator):
    z = 3 * torch.randn(20, 4, generator=generator, dtype=F64)
    expected = scipy.stats.multivariate_normal(np.zeros(4)).logpdf(z.numpy())
    torch.testing.assert_close(StandardNormal(4).double().log_prob(z), torch.from_numpy(expected))


def test_the_log_prob_of_a_mixture_of_one_is_scipys(generator):
    base = GaussianMixture(LOC[1:2].double(), SCALE[1:2].double())
    z = 3 * torch.randn(20, 2, generator=generator, dtype=F64)
    expected = scipy.stats.norm(LOC[1], SCALE[1]).logpdf(z.numpy()).sum(-1)
    torch.testing.assert_close(base.log_prob(z), torch.from_numpy(expected))


def test_mixture_log_prob_is_the_log_of_the_weighted_sum(generator):
    base = GaussianMixture(LOC.double(), SCALE.double(), WEIGHTS.double())
    z = 3 * torch.randn(20, 2, generator=generator, dtype=F64)
    laws = scipy.stats.norm(LOC, SCALE).pdf(z[:, None].numpy()).prod(-1)
    p = laws @ np.array([1 / 8, 2 / 8, 5 / 8])
    torch.testing.assert_close(base.log_prob(z), torch.from_numpy(np.log(p)))
    assert abs(integrate(lambda z: base.log_prob(z).exp(), (-10, -16), (14, 16), 128) - 1) < 1e-9


def test_far_from_its_bumps_a_mixture_has_a_finite_density():
    assert GaussianMixture(LOC, SCALE).log_prob(torch.tensor([1e4, -1e4])).item() < -1e6


def test_mixture_samples_come_from_each_law_with_its_weight_and_scale(generator):
    loc, scale = torch.tensor([[-10.0], [0.0], [10.0]]), torch.tensor([[0.5], [1.0], [2.0]])
    z = GaussianMixture(loc, scale, WEIGHTS).sample(20_000, generator)
    cdf = scipy.stats.norm.cdf
    F = lambda x: (cdf(x + 10, scale=0.5) + 2 * cdf(x) + 5 * cdf(x - 10, scale=2)) / 8
    assert follows(z, F)


def test_a_mixture_of_one_learns_from_data_what_the_moments_say(generator):
    x = torch.randn(500, 2, generator=generator) * torch.tensor([0.5, 2.0])
    x += torch.tensor([3.0, -1.0])
    base = GaussianMixture(torch.zeros(1, 2), torch.ones(1, 2))
    minimise(base, lambda: -base.log_prob(x).mean(), lr=0.1, steps=300)
    torch.testing.assert_close(base.loc.detach()[0], x.mean(0), atol=1e-3, rtol=0)
    scale = base.log_scale.detach().exp()[0]
    torch.testing.assert_close(scale, x.std(0, correction=0), atol=1e-3, rtol=0)


def test_samples_of_a_normal_are_differentiable_in_its_mean_and_scale(generator):
    """∂/∂log σ E z² = 2σ² and ∂/∂μ E z² = 2μ, by the derivatives of the samples."""
    base = GaussianMixture(torch.ones(1, 1), 2 * torch.ones(1, 1)).double()
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
    assert follows(base.sample((20_000,), generator), cdf)


def test_state_dict_holds_the_box_and_nothing_of_the_normal():
    assert set(Box(LOW, HIGH).state_dict()) == {"low", "high"}
    assert not StandardNormal(2).state_dict()
