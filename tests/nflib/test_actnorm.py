"""ActNorm against means and deviations taken with NumPy."""

import copy

import numpy as np
import pytest
import torch

from nflib import (
    ActNorm,
    Bijection,
    Composition,
    Flow,
    Inverse,
    LULinear,
    PerPixel,
    Planar,
    Split,
    StandardNormal,
    initialise_actnorm,
)
from tests.nflib.bijection_cases import moved, planar
from tests.nflib.helpers import F64


def data(n: int, d: int, generator: torch.Generator) -> torch.Tensor:
    units = 10.0 ** torch.arange(-2, d - 2, dtype=F64)
    return 5 * units + units * torch.randn(n, d, generator=generator, dtype=F64).exp()


def assert_standard(z: torch.Tensor) -> None:
    z = z.detach().numpy().reshape(-1, z.shape[-1])
    np.testing.assert_allclose(z.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(z.std(0), 1, rtol=1e-12)


def test_a_new_layer_is_the_identity():
    z = torch.tensor([1.0, -2.0])
    x, log_abs_det = ActNorm(2)(z)
    assert torch.equal(x, z) and log_abs_det.item() == 0


@pytest.mark.parametrize("batch", [(50,), (5, 10)], ids=str)
def test_it_standardises_the_points_it_started_from(batch, generator):
    f, x = ActNorm(4).double(), data(50, 4, generator)
    f.initialise(x.reshape(*batch, 4))
    np.testing.assert_allclose(f.m.detach(), x.numpy().mean(0))
    np.testing.assert_allclose(f.s.detach().exp(), x.numpy().std(0))
    z, log_abs_det = f.inverse(x)
    assert_standard(z)
    np.testing.assert_allclose(log_abs_det.detach(), -np.log(x.numpy().std(0)).sum())


def test_a_start_replaces_the_one_before_and_is_not_part_of_the_graph(generator):
    f = moved(ActNorm(2).double())
    x = data(20, 2, generator).requires_grad_()
    f.initialise(x)
    once = copy.deepcopy(f.state_dict())
    f.initialise(x)
    assert all(torch.equal(once[name], value) for name, value in f.state_dict().items())
    assert f.m.requires_grad and f.m.is_leaf and f.m.grad_fn is None


@pytest.mark.parametrize("dtype", [torch.float32, F64], ids=str)
@pytest.mark.parametrize("n", [1, 2, 1000, 100_000])
@pytest.mark.parametrize("constant", [0.0, 0.1, -1e4, 1e-20])
def test_a_constant_coordinate_keeps_its_unit(constant, n, dtype, generator):
    """Corner pixels of digits are always blank: their deviation is 0, or rounding."""
    x = torch.randn(n, 2, generator=generator).to(dtype)
    x[:, 1] = constant
    f = ActNorm(2).to(dtype)
    f.initialise(x)
    assert f.s[1].item() == 0
    z = f.inverse(x)[0].detach()
    assert bool(z.isfinite().all()) and float(z[:, 1].abs().max()) < 1e-6 * max(1, abs(constant))


def test_a_coordinate_that_differs_by_rounding_only_is_constant():
    x = torch.full((100, 1), 0.1)
    x[::2] = torch.nextafter(x[::2], torch.ones(1))
    f = ActNorm(1)
    f.initialise(x)
    assert x.std() > 0 and f.s.item() == 0


def test_directions_change_nothing(generator):
    """In training mode too: the first batch is a batch as any other."""
    f = ActNorm(2).double().train()
    before = copy.deepcopy(f.state_dict())
    x = data(20, 2, generator)
    f.inverse(x)
    f.forward(x)
    assert all(torch.equal(before[name], value) for name, value in f.state_dict().items())


class Seen(Bijection):
    """The identity, which keeps what passes towards the base."""

    def _forward(self, z):
        return z, z.new_zeros(z.shape[:-1])

    def _inverse(self, x):
        self.z = x
        return x, x.new_zeros(x.shape[:-1])


def test_every_layer_of_a_flow_starts_from_what_reaches_it(generator):
    early, late = Seen(), Seen()
    first = Composition(ActNorm(2), planar(2, 1.0))
    flow = Flow(StandardNormal(2), early, first, late, ActNorm(2), moved(LULinear(2))).double()
    x = data(100, 2, generator)
    initialise_actnorm(flow.bijection, x)
    flow.log_prob(x)
    assert_standard(late.z)
    assert_standard(early.z)


def test_layers_inside_of_image_layers_start_too(generator):
    """PerPixel: one unit a channel, over all pixels; Split: what is left at the smaller scale."""
    x = data(30, 8, generator)
    channels, few = ActNorm(2).double(), ActNorm(4).double()
    initialise_actnorm(Composition(Split(few, 8), PerPixel(channels, (2, 2, 2))), x)
    of_channel = x.numpy().reshape(30, 2, 4).transpose(1, 0, 2).reshape(2, -1)
    np.testing.assert_allclose(channels.m.detach(), of_channel.mean(1))
    np.testing.assert_allclose(channels.s.detach().exp(), of_channel.std(1))
    z = PerPixel(channels, (2, 2, 2)).inverse(x)[0]
    np.testing.assert_allclose(few.m.detach(), z[:, :4].detach().mean(0))


def test_a_layer_that_the_pass_does_not_reach_is_told(generator):
    f = Composition(Inverse(ActNorm(2)), ActNorm(2)).double()
    with pytest.raises(ValueError, match="used by inverse, got 1 of 2 that are not"):
        initialise_actnorm(f, data(10, 2, generator))
    before = copy.deepcopy(f.state_dict())
    f.inverse(data(10, 2, generator))
    assert all(torch.equal(before[name], value) for name, value in f.state_dict().items())


def test_a_failed_start_does_not_happen_later():
    f = Composition(ActNorm(2), Planar(2))
    with pytest.raises(ValueError, match="expected shape"):
        initialise_actnorm(f, torch.ones(5, 3))
    f.inverse(torch.ones(5, 2) + torch.arange(2.0))
    assert bool((f.bijections[0].m == 0).all())
