"""Base class of targets: densities on the plane with samples, log-density and entropy."""

from __future__ import annotations

import copy
import math
from abc import abstractmethod

import torch
from torch import Tensor

from nflib.course.numerics import integrate
from nflib.densities import BaseDensity
from nflib.validation import as_shape

Shape = tuple[int, ...]
Generator = torch.Generator | None
Rectangle = tuple[tuple[float, float], tuple[float, float]]


class Target(BaseDensity):
    """A density p on the plane, whose constants are Python numbers, exact in every dtype.

    A subclass writes ``_log_prob`` and ``_sample``, and sets the attributes below. Like all
    densities of nflib it follows ``.double()`` and ``.to(device)``, and may be the base of a Flow.

    Attributes:
        window: the corners (low, high) of a rectangle with all the mass but about 1e-9.
        panels: how many parts of each side resolve the density for quadrature.
    """

    d = 2
    has_rsample = False
    window: Rectangle
    panels: int = 64
    like: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("like", torch.zeros(2), persistent=False)  # dtype and device

    def entropy(self) -> float:
        """The entropy H(p) = −∫ p log p in nats, by quadrature over the window in float64."""
        return entropy(self, *self.window, self.panels)

    @abstractmethod
    def _sample(self, shape: Shape, generator: Generator) -> Tensor: ...

    def sample(self, shape: int | Shape = (), generator: Generator = None) -> Tensor:
        return self._sample(as_shape(shape, generator), generator)

    def _uniform(self, shape: Shape, generator: Generator) -> Tensor:
        return self.like.new_empty(shape).uniform_(generator=generator)

    def _normal(self, shape: Shape, generator: Generator) -> Tensor:
        return self.like.new_empty(shape).normal_(generator=generator)

    def _index(self, k: int, shape: Shape, generator: Generator) -> Tensor:
        """Draw from 0, …, k − 1, all equally likely, in the floating dtype."""
        return (k * self._uniform(shape, generator)).floor().clamp(max=k - 1)


def entropy(
    density: BaseDensity, low: float | tuple, high: float | tuple, panels: int = 64
) -> float:
    """The entropy H(p) = −∫ p log p in nats over a box that holds the mass, d = 1 or 2, in float64.

    Args:
        density: p; a copy in float64 on the CPU is integrated.
        low, high, panels: as in ``nflib.course.numerics.integrate``.
    """
    exact = copy.deepcopy(density).to("cpu", torch.float64)

    def minus_p_log_p(x: Tensor) -> Tensor:
        parts = [exact.log_prob(part) for part in x.split(512)]  # small enough for the cache
        return torch.special.entr(torch.cat(parts).exp())  # 0 where p = 0

    return integrate(minus_p_log_p, low, high, panels)


def log_gaussian(squared_distance: Tensor, scale: float) -> Tensor:
    """The log of the density N(0, scale² I) of the plane at a squared distance from its centre."""
    return -squared_distance / (2 * scale**2) - math.log(2 * math.pi * scale**2)


def check_positive(name: str, value: float) -> None:
    """Refuse a number that is not positive and finite."""
    if not 0 < value < math.inf:
        raise ValueError(f"{name}: expected a positive number, got {value}")
