"""What the checks measure with, kept apart from the library that the book builds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

_NODES, _WEIGHTS = (torch.from_numpy(part) for part in np.polynomial.legendre.leggauss(12))


def masses(density: Callable, edges: torch.Tensor) -> torch.Tensor:
    """Integral of ``density`` between each pair of neighbouring edges, by Gauss's rule.

    Args:
        density: takes points of shape (n,) and gives values of shape (n,).
        edges: the ends of the intervals, shape (m + 1,), in either order.

    Returns:
        The integrals without orientation, shape (m,).
    """
    middle, half = (edges[1:] + edges[:-1]) / 2, (edges[1:] - edges[:-1]).abs() / 2
    points = middle[:, None] + half[:, None] * _NODES
    values = density(points.reshape(-1)).reshape(points.shape)
    return half * (values @ _WEIGHTS)


def slope(function: Callable, points: torch.Tensor, step: float = 1e-3) -> torch.Tensor:
    """Derivative of ``function`` by central differences of width ``2 * step``."""
    return (function(points + step) - function(points - step)) / (2 * step)


def ks_distance(samples: torch.Tensor, cdf: Callable) -> float:
    """Largest distance between the empirical cdf of ``samples``, shape (n,), and ``cdf``."""
    levels = torch.arange(len(samples) + 1, dtype=samples.dtype) / len(samples)
    expected = cdf(samples.sort().values)
    return max((expected - levels[:-1]).max().item(), (levels[1:] - expected).max().item())


def constant(values: torch.Tensor, tolerance: float = 1e-5) -> bool:
    """Whether all values are equal up to a relative tolerance."""
    return bool(values.max() - values.min() <= tolerance * values.abs().max())
