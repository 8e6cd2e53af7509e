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

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import pad, softplus

from nflib.bijections.in_place import in_place

MIN_BIN = 0.16  # ρ, of an even share 2B/K
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
    inside = x.abs() <= bound
    at = torch.where(inside, x, 0.0)
    (x0, y0), (w, h), slopes_at_ends = _bin(at, widths, heights, slopes, bound)
    y, log_slope = _piece((at - x0) / w, h / w, *slopes_at_ends)
    return torch.where(inside, torch.addcmul(y0, h, y), x), torch.where(inside, log_slope, 0.0)


def rational_quadratic_inverse(
    y: Tensor, widths: Tensor, heights: Tensor, slopes: Tensor, bound: float
) -> tuple[Tensor, Tensor]:
    """Map y back to x, with log dx/dy; arguments as in ``rational_quadratic``.

    With η = (y − y_k)/h, θ is the root in [0, 1] of (s − b)θ² + bθ − sη = 0, where
        b = δ_k − η(δ_k + δ_{k+1} − 2s);   its discriminant is (b − 2sη)² + 4s²η(1 − η) > 0.
    In the form that adds terms of one sign, with q = |b| + √discriminant, it is 2sη/q for b ≥ 0
    and q/2(s − b) for b < 0.
    """
    inside = y.abs() <= bound
    at = torch.where(inside, y, 0.0)
    (y0, x0), (h, w), (d0, d1) = _bin(at, heights, widths, slopes, bound)
    s, eta = h / w, ((at - y0) / h).clamp(0.0, 1.0)
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
    at: Tensor, own: Tensor, other: Tensor, slopes: Tensor, bound: float
) -> tuple[tuple[Tensor, ...], ...]:
    """The bin of the points on their own axis: its left ends, its sizes, and (δ_k, δ_{k+1}).

    The pairs of ends and of sizes are (own axis, other axis); own and other are their parameters.
    """
    left, size, ends = _look_up(at.detach() / (2 * bound) + 0.5, own, other, slopes)
    inner = MIN_SLOPE + (1 - MIN_SLOPE) * softplus(ends + math.log(math.e - 1))  # 1 at 0
    return tuple(pair.unbind(-1) for pair in (bound * (2 * left - 1), 2 * bound * size, inner))


def _search(at: Tensor, own: Tensor, other: Tensor, slopes: Tensor) -> tuple[Tensor, ...]:
    """The bin that holds each point of [0, 1] on the first of two axes cut into K bins.

    Args:
        at: the points, shape (*shape).
        own, other: the parameters of the first and of the second axis, shape (*shape, K).
        slopes: shape (*shape, K − 1).

    Returns:
        the bin's left ends and sizes on the two axes, and the parameters of the slopes at its
        ends, 0 at 0 and 1, each of shape (*shape, 2); for the gradient, the bin's number k, the
        powers p of e, and (1 − ρ)/Σp. Only two tensors are of the size of the parameters.
    """
    power = torch.stack([own, other], -2)
    power = power.sub_(power.amax(-1, keepdim=True).detach()).exp_()
    right = power.cumsum(-1)
    scale, even = (1 - MIN_BIN) / right[..., -1], MIN_BIN / own.shape[-1]
    inner = at[..., None] - even * _numbers(own)[1:]
    k = (right[..., 0, :-1] * scale[..., :1] <= inner).sum(-1, keepdim=True)
    here = k[..., None].expand(*k.shape[:-1], 2, 1)
    size = power.gather(-1, here)[..., 0] * scale
    left = right.gather(-1, here)[..., 0] * scale - size + even * k.to(size.dtype)
    ends = pad(slopes, (1, 1)).gather(-1, torch.cat([k, k + 1], -1))
    return left, size + even, ends, k.float(), power, scale


def _numbers(parts: Tensor) -> Tensor:
    """The numbers of the bins, from 0 to K − 1."""
    return torch.arange(parts.shape[-1], dtype=parts.dtype, device=parts.device)


def _plain(*inputs: Tensor) -> tuple[Tensor, ...]:
    return _search(*inputs)[:3]


def _gradient(*tensors: Tensor) -> tuple[Tensor, ...]:
    return torch.func.vjp(_plain, *tensors[:4])[1](tensors[-3:])


def _gradient_in_place(*tensors: Tensor) -> tuple[Tensor, ...]:
    """The cotangents of the parameters from those of the left end, λ, and of the size, σ.

    The share ρ/K + A_j gets G_j = λ for j < k and σ for j = k, and so its parameter gets
        A_j (G_j − m),   m = Σ_i A_i G_i / (1 − ρ) = (λ Σ_{i<k} A_i + σ A_k) / (1 − ρ).
    """
    at, own, _, slopes, left, size, _, k, power, scale, by_left, by_size, by_ends = tensors
    bins, even = own.shape[-1], MIN_BIN / own.shape[-1]
    mean = (by_left * (left - even * k.to(left.dtype)) + by_size * (size - even)) / (1 - MIN_BIN)
    low, here, high = (
        (each * scale)[..., None] for each in (by_left - mean, by_size - mean, -mean)
    )
    by_part = torch.where(_numbers(own) < k[..., None], low, high)
    k = k.long()
    by_part.scatter_(-1, k[..., None].expand_as(here), here).mul_(power)
    by_slopes = slopes.new_zeros(*slopes.shape[:-1], bins + 1)
    by_slopes.scatter_(-1, torch.cat([k, k + 1], -1), by_ends)
    return torch.zeros_like(at), *by_part.unbind(-2), by_slopes[..., 1:-1]


_look_up = in_place(_plain, _search, gradient=in_place(_gradient, _gradient_in_place), kept=3)
