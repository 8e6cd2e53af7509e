"""The monotone rational-quadratic spline: an increasing map of the line in K pieces.

Between the knots (x_k, y_k) and (x_{k+1}, y_{k+1}), with the slopes δ_k and δ_{k+1} there, let
w and h be the width and height of the bin, s = h/w and θ = (x − x_k)/w. Then

    y = y_k + h (sθ² + δ_k θ(1−θ)) / D,            D = s + (δ_k + δ_{k+1} − 2s) θ(1−θ),
    dy/dx = s² (δ_{k+1} θ² + 2sθ(1−θ) + δ_k (1−θ)²) / D².

It is increasing for any positive w, h, δ, its slope is continuous, and its inverse is the root
of a quadratic equation. Outside of [−B, B] it is the identity, with slope 1 at ±B.

**The bins' shares of 2B** are ρ/K + (1 − ρ) softmax, ρ = 0.16: none is below 0.16 of an even one.
It is for the digits: in the middle of a bin the slope falls to about 2s²/δ, and the rounding of y
comes back divided by it. As s is at least 1/43 for K = 8, a float32 round trip on [−5, 5] with
parameters N(0, s²) errs by at most 1e-5, 1e-4 and 5e-4 for s = 1, 2, 3 in 99 of 100 points, where
ρ = 0.008 gives 3e-5, 8e-3 and 8e-2. The price is that a bin can be no narrower.

Source: Durkan et al., Neural Spline Flows, NeurIPS 2019, equations 4 to 8 and section 3.1.
"""

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad, softplus

MIN_BIN = 0.16  # ρ, of an even share 2B/K
MIN_SLOPE = 1e-3
Ends = Tensor | None


def rational_quadratic(
    x: Tensor, widths: Tensor, heights: Tensor, slopes: Tensor, bound: float, ends: Ends = None
) -> tuple[Tensor, Tensor]:
    """Map x, shape (*shape), to y and log dy/dx; with all free parameters zero, it is the identity.

    Args:
        widths, heights: any real numbers, shape (*shape, K); softmax makes them sum to 2B.
        slopes: those at the K − 1 inner knots, any real numbers, shape (*shape, K − 1); a
            softplus that is 1 at 0 makes them positive.
        bound: B.
        ends: the slope at −B and at B, shape (*shape); ``None``: 1.
    """
    inside = x.abs() <= bound
    at = torch.where(inside, x, 0.0)
    (x0, y0), (w, h), slopes_at_ends = _bin(at, widths, heights, slopes, bound, ends)
    y, log_slope = _piece(within((at - x0) / w, 0.0, 1.0), h / w, *slopes_at_ends)
    return torch.where(inside, torch.addcmul(y0, h, y), x), torch.where(inside, log_slope, 0.0)


def rational_quadratic_inverse(
    y: Tensor, widths: Tensor, heights: Tensor, slopes: Tensor, bound: float, ends: Ends = None
) -> tuple[Tensor, Tensor]:
    """Map y back to x, with log dx/dy; arguments as in ``rational_quadratic``.

    With η = (y − y_k)/h, θ is the root in [0, 1] of (s − b)θ² + bθ − sη = 0, where
        b = δ_k − η(δ_k + δ_{k+1} − 2s);   its discriminant is (b − 2sη)² + 4s²η(1 − η) > 0.
    In the form that adds terms of one sign, with q = |b| + √discriminant, it is 2sη/q for b ≥ 0
    and q/2(s − b) for b < 0.
    """
    inside = y.abs() <= bound
    at = torch.where(inside, y, 0.0)
    (y0, x0), (h, w), (d0, d1) = _bin(at, heights, widths, slopes, bound, ends)
    s, eta = h / w, (at - y0) / h
    eta = eta.clamp(0.0, 1.0) if ends is None else within(eta, 0.0, 1.0)
    s2 = 2 * s
    b, c = torch.addcmul(d0, eta, s2 - d0 - d1), s2 * eta
    q = b.abs() + torch.addcmul((b - c).square(), s2 * c, 1 - eta).sqrt()
    theta = torch.where(b < 0, q, c) / torch.where(b < 0, s2 - 2 * b, q)
    _, log_slope = _piece(theta, s, d0, d1)
    return torch.where(inside, torch.addcmul(x0, w, theta), y), torch.where(inside, -log_slope, 0.0)


def _piece(theta: Tensor, s: Tensor, d0: Tensor, d1: Tensor) -> tuple[Tensor, Tensor]:
    """The pair (y − y_k)/h, log dy/dx at θ; every sum is of positive terms."""
    rest = 1 - theta
    both, square = theta * rest, theta * theta
    D = s * (1 - 2 * both) + (d0 + d1) * both
    slope = d1 * square + 2 * s * both + d0 * rest * rest
    of_D = s / D
    return of_D * square + d0 * both / D, (slope * of_D * of_D).log()


def _bin(
    at: Tensor, own: Tensor, other: Tensor, slopes: Tensor, bound: float, ends: Ends = None
) -> tuple[tuple[Tensor, ...], ...]:
    """The bin of the points on their own axis: its left ends, its sizes, and (δ_k, δ_{k+1}).

    The pairs of ends and of sizes are (own axis, other axis); own and other are their parameters.
    Only two tensors are as large as the parameters, the powers of e and their cumulative sums:
    what else there is to compute, is computed for bin k alone. (softmax is slower for rows of K.)
    """
    power = torch.stack([own, other], -2)
    power = power.sub_(power.amax(-1, keepdim=True).detach()).exp_()
    right = power.cumsum(-1)
    scale, even = (1 - MIN_BIN) / right[..., -1], MIN_BIN / own.shape[-1]
    inner = torch.arange(1, own.shape[-1], dtype=at.dtype, device=at.device)
    unit = (at.detach() / (2 * bound) + 0.5)[..., None]  # from 0 to 1, as the ends of shares
    k = (right[..., 0, :-1] * scale[..., :1] <= unit - even * inner).sum(-1, keepdim=True)
    here = k[..., None].expand(*k.shape[:-1], 2, 1)
    size = power.gather(-1, here)[..., 0] * scale
    left = right.gather(-1, here)[..., 0] * scale - size + even * k.to(size.dtype)
    knots = torch.cat([k, k + 1], -1)
    slope = positive_slope(pad(slopes, (1, 1)).gather(-1, knots))  # 1 at ±B
    if ends is not None:
        slope = torch.where(knots % own.shape[-1] == 0, ends[..., None], slope)
    pairs = (bound * (2 * left - 1), 2 * bound * (size + even), slope)
    return tuple(pair.unbind(-1) for pair in pairs)


def positive_slope(free: Tensor) -> Tensor:
    """The slope at a knot, from any real number; 1 for 0."""
    return MIN_SLOPE + (1 - MIN_SLOPE) * softplus(free + math.log(math.e - 1))


def within(t: Tensor, low: Any, high: Any) -> Tensor:
    """The t in [low, high], out of which rounding may have carried it; its derivative is 1 there too."""
    return t + (t.clamp(low, high) - t).detach()
