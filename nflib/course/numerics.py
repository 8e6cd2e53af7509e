"""Numerical checks of formulas: derivatives, integrals, round trips, distances of samples.

Each function computes its result by another way than the formula that it is meant to check.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from nflib.bijections.bijection import Bijection


def jacobian(f: Callable, z: Tensor) -> Tensor:
    """The Jacobian matrix of f at each point, by automatic differentiation.

    Formula: J_ij = ∂f_i/∂z_j, one row i at a time.

    Args:
        f: maps points (*batch, d) to points (*batch, m), each by itself. A function that
            returns a pair, as ``bijection.forward``, is read by its first element.
        z: points, shape (*batch, d), floating.

    Returns:
        matrices, shape (*batch, m, d), without gradient.

    Raises:
        ValueError: if f does not return one point for each point.
    """
    with torch.enable_grad():
        z = z.detach().requires_grad_()
        x = f(z)
        x = x[0] if isinstance(x, tuple) else x
        if x.shape[:-1] != z.shape[:-1]:
            expected = (*z.shape[:-1], "m")
            raise ValueError(f"jacobian: f(z): expected shape {expected}, got {tuple(x.shape)}")
        if not x.requires_grad:
            return z.new_zeros(*x.shape, z.shape[-1])
        rows = [
            torch.autograd.grad(x_i.sum(), z, retain_graph=True, materialize_grads=True)[0]
            for x_i in x.unbind(-1)
        ]
    return torch.stack(rows, dim=-2)


def log_abs_det_jacobian(f: Callable, z: Tensor) -> Tensor:
    """The log|det J_f(z)| from the autograd Jacobian, shape (*batch,); see ``jacobian``."""
    return torch.linalg.slogdet(jacobian(f, z)).logabsdet


def integrate(
    density: Callable[[Tensor], Tensor],
    low: float | tuple[float, float],
    high: float | tuple[float, float],
    n: int = 64,
) -> float:
    """The integral ∫ density over an interval or a rectangle, in float64.

    Each axis is cut into n panels with 8 Gauss-Legendre nodes each: exact for polynomials of
    degree 15 in a panel. A jump inside a panel costs about its height times the panel's size.

    Args:
        density: maps points (k, d), d = 1 or 2, to values (k,).
        low, high: two numbers (the line), or two pairs (the plane); finite.
        n: panels along each axis.

    Raises:
        ValueError: if the bounds are not finite numbers or pairs with low < high, or density
            returns another shape.
    """
    a, b = np.atleast_1d(np.asarray(low, float)), np.atleast_1d(np.asarray(high, float))
    if a.shape != b.shape or a.shape not in ((1,), (2,)):
        raise ValueError(f"integrate: low, high: expected numbers or pairs, got {low} and {high}")
    if not (np.isfinite(a).all() and np.isfinite(b).all() and (a < b).all()):
        raise ValueError(f"integrate: low, high: expected finite low < high, got {low}, {high}")
    axes = [_gauss_legendre_panels(*ab, n) for ab in zip(a, b, strict=True)]
    points = torch.cartesian_prod(*(nodes for nodes, _ in axes)).reshape(-1, len(axes))
    weights = torch.cartesian_prod(*(w for _, w in axes)).reshape(-1, len(axes)).prod(-1)
    with torch.no_grad():
        values = density(points)
    if values.shape != weights.shape:
        expected, got = tuple(weights.shape), tuple(values.shape)
        raise ValueError(f"integrate: density: expected values of shape {expected}, got {got}")
    return float(values.to(torch.float64) @ weights)


def _gauss_legendre_panels(low: float, high: float, n: int) -> tuple[Tensor, Tensor]:
    nodes, weights = (torch.from_numpy(r) for r in np.polynomial.legendre.leggauss(8))
    half = (high - low) / (2 * n)
    centres = low + half * (2 * torch.arange(n, dtype=torch.float64) + 1)
    return (centres[:, None] + half * nodes).flatten(), (half * weights).repeat(n)


def round_trip_error(bijection: Bijection, z: Tensor) -> float:
    """The error max |f⁻¹(f(z)) − z| of the way from the base to the data and back.

    Where f is almost flat it is large for any inverse: it measures f as well.
    """
    with torch.no_grad():
        return _max_abs(bijection.inverse(bijection.forward(z)[0])[0] - z)


def backward_error(bijection: Bijection, x: Tensor) -> float:
    """The residual max |f(f⁻¹(x)) − x| of the solution of f(z) = x, whatever the slope of f."""
    with torch.no_grad():
        return _max_abs(bijection.forward(bijection.inverse(x)[0])[0] - x)


def _max_abs(difference: Tensor) -> float:
    return float(difference.abs().max()) if difference.numel() else 0.0


def ks_distance(samples: Tensor, cdf: Callable[[Tensor], Tensor]) -> float:
    """The Kolmogorov-Smirnov distance sup_x |F_n(x) − F(x)|, F_n the empirical cdf.

    Args:
        samples: n real numbers, shape (n,) or (n, 1).
        cdf: F, continuous, from values (n,) to values (n,) in [0, 1].
    """
    x = _flatten(samples, "ks_distance").sort().values
    F = torch.as_tensor(cdf(x), dtype=torch.float64)
    n = len(x)
    steps = torch.arange(n + 1, dtype=torch.float64, device=F.device) / n
    return float(torch.maximum(steps[1:] - F, F - steps[:-1]).max())


def ks_critical(n: int, level: float = 0.01) -> float:
    """The distance that n samples of F itself exceed with probability at most ``level``.

    Formula: √(−½ log(level/2)) / √n, the tail of Kolmogorov's law: 1.628/√n at level 0.01. It is
    a bound for every n; the exact quantile is at most 1 % smaller from n = 200.

    Source: Massart, The Tight Constant in the Dvoretzky-Kiefer-Wolfowitz Inequality, 1990.
    """
    return math.sqrt(-0.5 * math.log(level / 2) / n)


def histogram_distance(
    samples: Tensor, cdf_or_masses: Callable[[Tensor], Tensor] | Tensor, edges: Tensor
) -> float:
    """The L1 distance Σ_bins |fraction of the samples − probability of the bin|.

    It is ∫|histogram − p| with p averaged over each bin. Comparing with p at the centres of
    the bins would measure the width of the bins too.

    Args:
        samples: n real numbers, shape (n,) or (n, 1); those outside the edges count in n only.
        cdf_or_masses: the cdf F, or the probabilities of the bins, shape (k,).
        edges: increasing, shape (k + 1,).
    """
    x, edges = _flatten(samples, "histogram_distance"), torch.as_tensor(edges, dtype=torch.float64)
    masses = cdf_or_masses(edges).diff() if callable(cdf_or_masses) else cdf_or_masses
    counts = torch.from_numpy(np.histogram(x.cpu().numpy(), edges.cpu().numpy())[0])
    return float((counts / len(x) - masses.cpu()).abs().sum())


def _flatten(samples: Tensor, name: str) -> Tensor:
    if samples.ndim not in (1, 2) or samples.shape[1:] not in ((), (1,)) or len(samples) == 0:
        got = tuple(samples.shape)
        raise ValueError(f"{name}: samples: expected shape (n,) or (n, 1), n ≥ 1, got {got}")
    return samples.detach().to(torch.float64).flatten()


def monte_carlo(values: Tensor) -> tuple[float, float]:
    """The mean of independent values and its standard error s/√n.

    Args:
        values: shape (n,), n ≥ 2.
    """
    x = torch.as_tensor(values).detach().to(torch.float64).flatten()
    return float(x.mean()), float(x.std() / math.sqrt(len(x)))
