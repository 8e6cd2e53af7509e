"""The monotone rational-quadratic spline: an increasing map of the line in K pieces.

Between the knots (x_k, y_k) and (x_{k+1}, y_{k+1}), with the slopes δ_k and δ_{k+1} there, let
w and h be the width and height of the bin, s = h/w and θ = (x − x_k)/w. Then

    y = y_k + h (sθ² + δ_k θ(1−θ)) / D,            D = s + (δ_k + δ_{k+1} − 2s) θ(1−θ),
    dy/dx = s² (δ_{k+1} θ² + 2sθ(1−θ) + δ_k (1−θ)²) / D².

It is increasing for any positive w, h, δ, its slope is continuous, and its inverse is the root
of a quadratic equation. Outside of [−B, B] it is the identity, with slope 1 at ±B.

Source: Durkan et al., Neural Spline Flows, NeurIPS 2019, equations 4 to 8 and section 3.1.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import pad, softplus

MIN_BIN = 1e-3  # of the width 2B
MIN_SLOPE = 1e-3


def rational_quadratic(
    x: Tensor, widths: Tensor, heights: Tensor, slopes: Tensor, bound: float
) -> tuple[Tensor, Tensor]:
    """Map x to y and log dy/dx by the spline; with all free parameters zero, it is the identity.

    Args:
        x: points of the line, shape (*shape).
        widths, heights: any real numbers, shape (*shape, K); softmax makes them sum to 2B.
        slopes: those at the K − 1 inner knots, any real numbers, shape (*shape, K − 1); a
            softplus that is 1 at 0 makes them positive.
        bound: B.

    Returns:
        y and log dy/dx, each of shape (*shape).
    """
    inside = (x >= -bound) & (x <= bound)
    at = torch.where(inside, x, 0.0)
    (x0, x1), (y0, y1), (d0, d1) = _bin(at, 0, widths, heights, slopes, bound)
    theta = (at - x0) / (x1 - x0)
    y, log_slope = _piece(theta, x1 - x0, y1 - y0, d0, d1)
    return torch.where(inside, y0 + y, x), torch.where(inside, log_slope, 0.0)


def rational_quadratic_inverse(
    y: Tensor, widths: Tensor, heights: Tensor, slopes: Tensor, bound: float
) -> tuple[Tensor, Tensor]:
    """Map y back to x, with log dx/dy; arguments as in ``rational_quadratic``.

    With ξ = y − y_k, θ is the root in [0, 1] of aθ² + bθ − sξ = 0, where
        a = h(s − δ_k) + ξ(δ_k + δ_{k+1} − 2s),   b = hδ_k − ξ(δ_k + δ_{k+1} − 2s),
    in the form of the root that adds terms of one sign. (If b < 0, then a > hs.)
    """
    inside = (y >= -bound) & (y <= bound)
    at = torch.where(inside, y, 0.0)
    (x0, x1), (y0, y1), (d0, d1) = _bin(at, 1, widths, heights, slopes, bound)
    w, h, xi = x1 - x0, y1 - y0, at - y0
    s = h / w
    bend = xi * (d0 + d1 - 2 * s)
    a, b, c = h * (s - d0) + bend, h * d0 - bend, s * xi
    discriminant = (b * b + 4 * a * c).clamp(min=torch.finfo(y.dtype).tiny)
    q = b.abs() + discriminant.sqrt()
    theta = torch.where(b < 0, q / (2 * torch.where(b < 0, a, 1.0)), 2 * c / q).clamp(0.0, 1.0)
    _, log_slope = _piece(theta, w, h, d0, d1)
    return torch.where(inside, x0 + theta * w, y), torch.where(inside, -log_slope, 0.0)


def _bin(
    at: Tensor, axis: int, widths: Tensor, heights: Tensor, slopes: Tensor, bound: float
) -> tuple[tuple[Tensor, ...], ...]:
    """The bin with ``at`` in x (axis 0) or y: (x_k, x_{k+1}), (y_k, y_{k+1}), (δ_k, δ_{k+1})."""
    shift = math.log(math.e - 1)  # softplus(shift) = 1
    inner = MIN_SLOPE + (1 - MIN_SLOPE) * softplus(slopes + shift)
    table = torch.stack(
        [_knots(widths, bound), _knots(heights, bound), pad(inner, (1, 1), value=1.0)], -2
    )
    k = (at[..., None] >= table[..., axis, 1:-1]).sum(-1)
    k = k[..., None, None].expand(*at.shape, 3, 1)
    left, right = table.gather(-1, k)[..., 0], table.gather(-1, k + 1)[..., 0]
    return tuple(zip(left.unbind(-1), right.unbind(-1), strict=True))


def _knots(parts: Tensor, bound: float) -> Tensor:
    """The knots −B = x_0 < … < x_K = B, ends exact; no bin is narrower than 2B·MIN_BIN."""
    bins = parts.shape[-1]
    share = MIN_BIN + (1 - MIN_BIN * bins) * parts.softmax(-1)
    inner = bound * (2 * share[..., :-1].cumsum(-1) - 1)
    return pad(pad(inner, (1, 0), value=-bound), (0, 1), value=bound)


def _piece(theta: Tensor, w: Tensor, h: Tensor, d0: Tensor, d1: Tensor) -> tuple[Tensor, Tensor]:
    """The pair y − y_k, log dy/dx at θ; every sum is of positive terms."""
    s, rest = h / w, 1 - theta
    both = theta * rest
    D = s * (1 - 2 * both) + (d0 + d1) * both
    slope = d1 * theta * theta + 2 * s * both + d0 * rest * rest
    return h * (s * theta * theta + d0 * both) / D, 2 * (s.log() - D.log()) + slope.log()
