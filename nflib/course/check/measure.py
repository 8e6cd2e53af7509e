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


def plane(half_width: float, n: int) -> tuple[torch.Tensor, float]:
    """n² points of the square of that half-width, shape (n², 2), and the area that each stands for.

    Sums over them err by less than any power of the step for a smooth density that vanishes there.
    """
    step = 2 * half_width / n
    side = (torch.arange(n, dtype=torch.float64) + 0.5) * step - half_width
    return torch.cartesian_prod(side, side), step**2


def gaussian_points(*shape: int, seed: int) -> torch.Tensor:
    """Standard normal numbers in float64 from a generator of their own."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def relative_error(found: torch.Tensor, expected: torch.Tensor) -> torch.Tensor:
    """Errors relative to max(1, |expected|); a value that is not finite is infinitely off."""
    error = (found - expected).abs() / expected.abs().clamp_min(1)
    return torch.where(found.isfinite(), error, torch.inf)


def allclose(found: torch.Tensor, expected: torch.Tensor, tolerance: float = 1e-4) -> bool:
    """Whether two tensors agree everywhere up to ``tolerance``, in the sense of `relative_error`."""
    return bool((relative_error(found, expected) < tolerance).all())
