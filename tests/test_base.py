"""Base densities against SciPy and torch.distributions."""

import copy
import math

import numpy as np
import pytest
import scipy.stats
import torch

from nflib import Box, StandardNormal, StandardUniform
from nflib.numerics import ks_critical, ks_distance

LOW, HIGH = torch.tensor([-1.0, 2.0]), torch.tensor([1.0, 6.0])
BASES = [StandardNormal(1), StandardNormal(3), StandardUniform(2), Box(-0.5, 1.5), Box(LOW, HIGH)]
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
