"""Base densities of flows: easy to sample and to evaluate.

Each is an ``nn.Module``, so that dtype and device follow ``.to()``. As a law of
``torch.distributions`` it is ``as_distribution(Flow(base))``.
"""

import math
from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import constraints

from nflib.validation import as_shape, check_dimension, check_finite, check_points, first_tensor

Generator = torch.Generator | None
Shape = int | tuple[int, ...]  # n stands for (n,)


class BaseDensity(nn.Module, ABC):
    """A density p_Z on R^d.

    A subclass keeps a buffer, for dtype and device, and writes ``_log_prob`` and ``_sample``.

    Attributes:
        d: the dimension of the points.
        support: the set p_Z > 0 as a constraint; ``None`` if torch has none for it.
        has_rsample: whether samples carry the whole gradient of the parameters.
    """

    d: int
    support: constraints.Constraint | None = constraints.real_vector
    has_rsample: bool = True

    def log_prob(self, z: Tensor) -> Tensor:
        """The log-density at points (*batch, d), shape (*batch,); −∞ outside the support."""
        check_points(f"{type(self).__name__}.log_prob: z", z, self.d, first_tensor(self))
        return self._log_prob(z)

    @abstractmethod
    def _log_prob(self, z: Tensor) -> Tensor: ...

    def sample(self, shape: Shape = (), generator: Generator = None) -> Tensor:
        """Sample independent points, shape (*shape, d), in this density's dtype and device.

        ``shape`` may be an int n, for (n,); ``generator`` is the source of randomness.
        """
        return self._sample(as_shape(shape, generator), generator)

    @abstractmethod
    def _sample(self, shape: tuple[int, ...], generator: Generator) -> Tensor: ...

    def _noise(self, law: Any, shape: tuple[int, ...], generator: Generator) -> Tensor:
        """Numbers of shape (*shape, d), drawn by ``torch.rand`` or ``torch.randn``."""
        like: Any = first_tensor(self)
        return law((*shape, self.d), generator=generator, dtype=like.dtype, device=like.device)

    def extra_repr(self) -> str:
        return f"d={self.d}"


class StandardNormal(BaseDensity):
    """The normal law N(0, I) on R^d.

    Formula: log p_Z(z) = −½‖z‖² − (d/2) log 2π.
    """

    def __init__(self, d: int) -> None:
        super().__init__()
        check_dimension("StandardNormal: d", d)
        self.d = d
        self.register_buffer("like", torch.zeros(d), persistent=False)

    def _log_prob(self, z: Tensor) -> Tensor:
        return -0.5 * (z * z).sum(-1) - 0.5 * self.d * math.log(2 * math.pi)

    def _sample(self, shape: tuple[int, ...], generator: Generator) -> Tensor:
        return self._noise(torch.randn, shape, generator)


class Box(BaseDensity):
    """The uniform law on the box [low_1, high_1] × … × [low_d, high_d].

    Formula: log p_Z(z) = −Σ_i log(high_i − low_i) in the box, border included, −∞ outside.

    Args:
        low, high: two numbers (then d = 1), or two tensors of shape (d,) and of one dtype, finite
            and low_i < high_i.
    """

    low: Tensor
    high: Tensor

    def __init__(self, low: float | Tensor, high: float | Tensor) -> None:
        super().__init__()
        low = low if isinstance(low, Tensor) else torch.tensor([float(low)])
        high = high if isinstance(high, Tensor) else torch.tensor([float(high)])
        check_finite("Box: low", low)
        if low.ndim != 1 or len(low) == 0:
            raise ValueError(f"Box: low: expected shape (d,), got {tuple(low.shape)}")
        check_finite("Box: high", high, low)
        if not bool((low < high).all()):
            got = f"{low.tolist()} and {high.tolist()}"
            raise ValueError(f"Box: low, high: expected low < high, got {got}")
        self.d = len(low)
        self.register_buffer("low", low.detach().clone())
        self.register_buffer("high", high.detach().clone())

    def _log_prob(self, z: Tensor) -> Tensor:
        log_density = -torch.log(self.high - self.low)
        log_prob = torch.where((z < self.low) | (z > self.high), -math.inf, log_density)
        log_prob = torch.where(z.isnan(), math.nan, log_prob)  # NaN stays, so that errors show
        return log_prob.sum(-1)

    def _sample(self, shape: tuple[int, ...], generator: Generator) -> Tensor:
        u = self._noise(torch.rand, shape, generator)
        u = u.clamp(min=torch.finfo(u.dtype).tiny)  # rand gives 0 too, whose logit is infinite
        return self.low + (self.high - self.low) * u

    @property
    def support(self) -> constraints.Constraint:
        return constraints.independent(constraints.interval(self.low, self.high), 1)

    def extra_repr(self) -> str:
        return f"low={self.low.tolist()}, high={self.high.tolist()}"


class StandardUniform(Box):
    """The uniform law on the unit cube [0, 1]^d."""

    def __init__(self, d: int) -> None:
        check_dimension("StandardUniform: d", d)
        super().__init__(torch.zeros(d), torch.ones(d))

    def extra_repr(self) -> str:
        return f"d={self.d}"
