"""Measurements for the checks, independent of the library that the book builds."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch

_NODES, _WEIGHTS = (torch.from_numpy(part) for part in np.polynomial.legendre.leggauss(12))


def masses(density: Callable, edges: torch.Tensor) -> torch.Tensor:
    """The integral of ``density`` between each pair of neighbouring edges, by Gauss's rule.

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


def slope(
    function: Callable, points: torch.Tensor, step: float | torch.Tensor = 1e-3
) -> torch.Tensor:
    """The derivative of ``function`` by central differences of width ``2 * step``."""
    return (function(points + step) - function(points - step)) / (2 * step)


def ks_distance(samples: torch.Tensor, cdf: Callable) -> float:
    """The largest distance between the empirical cdf of ``samples``, shape (n,), and ``cdf``."""
    levels = torch.arange(len(samples) + 1, dtype=samples.dtype) / len(samples)
    expected = cdf(samples.sort().values)
    return max((expected - levels[:-1]).max().item(), (levels[1:] - expected).max().item())


def constant(values: torch.Tensor, tolerance: float = 1e-5) -> bool:
    """True if all values are equal up to a relative tolerance."""
    return bool(values.max() - values.min() <= tolerance * values.abs().max())


def plane(half_width: float, n: int) -> tuple[torch.Tensor, float]:
    """A grid of n² points on a square, shape (n², 2), and the area of each point's cell.

    Sums over it err by less than any power of the step if a smooth density vanishes at the border.
    """
    step = 2 * half_width / n
    side = (torch.arange(n, dtype=torch.float64) + 0.5) * step - half_width
    return torch.cartesian_prod(side, side), step**2


def gaussian_points(*shape: int, seed: int) -> torch.Tensor:
    """Standard normal numbers in float64, the same at every call with the same seed."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def relative_error(found: torch.Tensor, expected: torch.Tensor) -> torch.Tensor:
    """Errors relative to max(1, |expected|); infinite for a value that is not finite."""
    error = (found - expected).abs() / expected.abs().clamp_min(1)
    return torch.where(found.isfinite(), error, torch.inf)


def allclose(found: torch.Tensor, expected: torch.Tensor, tolerance: float = 1e-4) -> bool:
    """True if the `relative_error` is below ``tolerance`` everywhere."""
    return bool((relative_error(found, expected) < tolerance).all())


def log_volume(function: Callable, points: torch.Tensor) -> torch.Tensor:
    """The log|det J| of a map of points (n, d) by automatic differentiation, shape (n,)."""
    J = torch.func.vmap(torch.func.jacrev(lambda point: function(point[None])[0]))(points)
    return torch.linalg.slogdet(J).logabsdet


def with_volumes(
    table: Callable, points: torch.Tensor, n: int = 100, step: float = 1e-5
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The images and log-densities of a map of the plane, and its log-volumes by differences.

    Args:
        table: takes points (m, 2) and gives (m, 3): the images, and a log-density.
        points: shape (m, 2).
        n: the log-volume log|det J| is measured at the first n points.
    """
    steps = step * torch.eye(2, dtype=points.dtype)
    sides = [points[:n] + sign * along for along in steps for sign in (1, -1)]
    found = table(torch.cat([points, *sides]))
    near = found[len(points) :, :2].unflatten(0, (4, n))
    J = torch.stack([near[0] - near[1], near[2] - near[3]], -1) / (2 * step)
    return found[: len(points), :2], found[: len(points), 2], torch.linalg.slogdet(J).logabsdet


def volumes_agree(
    require: Callable, found: torch.Tensor, base: torch.Tensor, volume: torch.Tensor
) -> None:
    """Require the log-density ``base + volume`` at nine points in ten: networks have kinks."""
    n = len(volume)
    near = lambda value: (relative_error(found[:n], value) < 1e-3).double().mean() > 0.9
    right = base[:n] + volume
    wrong = {"of_base": base[:n], "opposite_sign": base[:n] - volume}
    hint = next((name for name in wrong if near(wrong[name])), "otherwise")
    worst = relative_error(found[:n], right).argmax()
    require(near(right), hint, value=found[worst].item(), right=right[worst].item())


def codes_agree(
    require: Callable, codes: torch.Tensor, ratio: torch.Tensor, alarm: float = 1e-6
) -> None:
    """Require codes of new data that are as normal as those of a flow, whichever it is.

    A flow takes the law p of the data, at KL(p ‖ q) from its own, to one at the same divergence
    from its base; so by Pinsker's inequality no cdf differs by more than √(KL/2) from that of the
    base. To this the bound of Dvoretzky, Kiefer, Wolfowitz and Massart for n points is added.

    Args:
        codes: shape (n, d), for the base N(0, I).
        ratio: log p − log q at the n points, shape (n,); four standard errors are added to its mean.
        alarm: the probability at which each coordinate, and the norm, may refuse a flow.
    """
    n, d = codes.shape
    kl = (ratio.mean() + 4 * ratio.std() / math.sqrt(n)).clamp_min(0)
    limit = (kl / 2).sqrt().item() + math.sqrt(math.log(2 / alarm) / (2 * n))
    half = torch.tensor(d / 2, dtype=codes.dtype)
    parts = [(f"z_{i + 1}", codes[:, i], torch.special.ndtr) for i in range(d)]
    parts.append(("‖z‖²", codes.square().sum(1), lambda r: torch.special.gammainc(half, r / 2)))
    for name, part, cdf in parts:
        distance = ks_distance(part, cdf)
        require(distance < limit, name=name, distance=distance, limit=limit)
