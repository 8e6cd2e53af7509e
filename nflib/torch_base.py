"""A law of ``torch.distributions`` as the base of a flow."""

import copy
import math
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution, constraints

from nflib.densities import BaseDensity, Generator


class TorchBase(BaseDensity):
    """The law of a ``torch.distributions`` object on R^d; ``Flow(law, …)`` makes it.

    Its tensors are copied to buffers, so dtype, device and ``state_dict`` are as in any base. They
    do not learn: a base that does is a GaussianMixture, or ``Flow(StandardNormal(d), ActNorm(d))``.

    Args:
        law: of batch shape () and event shape (d,), with a density, and without gradients.
        name: opens the messages.
    """

    inside: Tensor

    def __init__(self, law: Any, name: str = "TorchBase: law") -> None:
        super().__init__()
        if law.batch_shape or len(law.event_shape) != 1:
            got = f"{tuple(law.batch_shape)} and {tuple(law.event_shape)}"
            expected = "batch shape () and event shape (d,), as of Independent(Normal(m, s), 1)"
            raise ValueError(f"{name}: expected {expected}, with m of shape (d,), got {got}")
        if law.support.is_discrete or law.support is constraints.simplex:
            raise ValueError(f"{name}: expected a law with a density on R^d, got {law}")
        self.d = law.event_shape[0]
        inside = _draw(law, torch.Size(), torch.Generator().manual_seed(0))
        if law.log_prob(inside).requires_grad:
            expected = "parameters that require no gradient, for they do not learn"
            raise ValueError(f"{name}: expected {expected}; detach them, or use an ActNorm")
        parts: dict[int, object] = {}  # where deepcopy lists all that it copies
        self._law = copy.deepcopy(law, parts)
        self._tensors = [part for part in parts.values() if isinstance(part, Tensor)]
        for part in parts.values():
            if isinstance(part, Distribution):
                part._validate_args = False  # outside, the log-density is −∞ and no error
        for k, tensor in enumerate(self._tensors):
            self.register_buffer(f"tensor_{k}", tensor.clone(memory_format=torch.contiguous_format))
        self.register_buffer("inside", inside)

    def distribution(self) -> Any:
        """The same law, with the buffers as they are now."""
        now = {id(old): getattr(self, f"tensor_{k}") for k, old in enumerate(self._tensors)}
        return copy.deepcopy(self._law, now)

    @property
    def support(self) -> constraints.Constraint | None:
        end = support = self.distribution().support
        while hasattr(end, "base_constraint"):
            end = end.base_constraint
        return constraints.real_vector if end is constraints.real else support

    def _log_prob(self, z: Tensor) -> Tensor:
        if 0 in z.shape:  # of no points torch knows neither log-densities nor samples
            return z.sum(-1)
        law = self.distribution()
        within = law.support.check(z)
        log_prob = law.log_prob(torch.where(within[..., None], z, self.inside))
        return torch.where(within, log_prob, torch.where(z.isnan().any(-1), math.nan, -math.inf))

    def _sample(self, shape: tuple[int, ...], generator: Generator) -> Tensor:
        """Sample points. torch draws them from its global generator, seeded here by ``generator``."""
        if 0 in shape:
            return self.inside.expand(*shape, self.d)
        return _draw(self.distribution(), torch.Size(shape), generator)


def _draw(law: Distribution, shape: torch.Size, generator: Generator) -> Tensor:
    if generator is None:
        return law.sample(shape)
    seed = torch.randint(2**62, (), generator=generator, device=generator.device)
    with torch.random.fork_rng(range(torch.cuda.device_count())):
        torch.manual_seed(int(seed))
        return law.sample(shape)
