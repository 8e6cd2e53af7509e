"""Laws and steps that several files of tests share."""

from collections.abc import Callable

import torch
import torch.distributions as td
from torch import nn

from nflib import (
    BaseDensity,
    Box,
    Flow,
    GaussianMixture,
    Linear,
    StandardNormal,
    StandardUniform,
)
from nflib.course import targets
from nflib.course.numerics import ks_critical, ks_distance
from nflib.torch_base import TorchBase
from tests.nflib.bijection_cases import planar

F64 = torch.float64
LOW, HIGH = torch.tensor([-1.0, 2.0]), torch.tensor([1.0, 6.0])
LOC = torch.tensor([[0.0, 1.0], [-2.0, 0.5], [3.0, -1.0]])
SCALE = torch.tensor([[0.5, 1.0], [0.25, 2.0], [1.5, 0.125]])
WEIGHTS = torch.tensor([1.0, 2.0, 5.0])
LAWS_OF_TORCH = [
    td.Independent(td.Gamma(torch.tensor([1.0, 2.5]), torch.tensor([0.5, 2.0])), 1),
    td.MultivariateNormal(LOC[1], torch.tensor([[2.0, 0.5], [0.5, 1.0]])),
    td.MixtureSameFamily(td.Categorical(WEIGHTS), td.Independent(td.Normal(LOC, SCALE), 1)),
]
BASES = [
    StandardNormal(1),
    StandardNormal(3),
    StandardUniform(2),
    Box(-0.5, 1.5),
    Box(LOW, HIGH),
    GaussianMixture(LOC[1:2], SCALE[1:2]),
    GaussianMixture(LOC, SCALE, WEIGHTS),
    *(TorchBase(law) for law in LAWS_OF_TORCH),
]
PLAIN = "U1 U2 U3 U4 GaussianRing GaussianGrid Rings Checkerboard Pinwheel TwoMoons"
TARGETS = [getattr(targets, name)() for name in PLAIN.split()] + [
    targets.GaussianRing(1, 1.0, 0.5),
    targets.Rings((1.5,), 0.3),
    targets.Pinwheel(3, -2.0, 0.2, 0.3),
    targets.TwoMoons(0.3),
    targets.Spirals(0.3),
]


def planar_flow() -> Flow:
    """Two planar maps and a linear one, in the plane and in float64."""
    linear = Linear(torch.tensor([[1.0, 0.5], [0.0, -2.0]]))
    return Flow(StandardNormal(2), planar(2, 2.0), linear, planar(2, -0.75)).double()


def of_torch(base: BaseDensity) -> td.Distribution:
    """The law of a base as ``torch.distributions`` has it."""
    if isinstance(base, TorchBase):
        return base.distribution()
    if isinstance(base, Box):
        return td.Independent(td.Uniform(base.low, base.high), 1)
    if isinstance(base, GaussianMixture):
        each = td.Independent(td.Normal(base.loc, base.log_scale.exp()), 1)
        return td.MixtureSameFamily(td.Categorical(logits=base.log_weights), each)
    zero = torch.zeros_like(base.like)
    return td.Independent(td.Normal(zero, zero + 1), 1)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def parameters(module: nn.Module) -> torch.Tensor:
    """All parameters of a module in one vector."""
    return nn.utils.parameters_to_vector(module.parameters()).detach()


def minimise(module: nn.Module, loss: Callable[[], torch.Tensor], lr: float, steps: int) -> float:
    """The loss before the last of so many steps of Adam."""
    optimiser = torch.optim.Adam(module.parameters(), lr=lr)
    for _ in range(steps):
        optimiser.zero_grad()
        value = loss()
        value.backward()
        optimiser.step()
    return value.item()


def follows(samples: torch.Tensor, cdf: Callable) -> bool:
    """Tell whether samples are of a law with this cdf of arrays, by Kolmogorov's and Smirnov's test."""
    distance = ks_distance(samples, lambda x: torch.from_numpy(cdf(x.numpy())))
    return distance < ks_critical(len(samples))


def all_finite(*tensors: torch.Tensor) -> bool:
    return all(bool(tensor.isfinite().all()) for tensor in tensors)
