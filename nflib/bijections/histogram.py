"""The histogram spline: an increasing map of [0, 1] onto itself, linear between given knots of x.

The knots 0 = e_0 < e_1 < … < e_K = 1 are fixed. Only the shares of the K pieces are learned,
p = softmax(θ), with c_k = p_1 + … + p_k. From u in [c_{k−1}, c_k],

    x = e_{k−1} + (u − c_{k−1}) w_k/p_k,      dx/du = w_k/p_k,      w_k = e_k − e_{k−1},

so that x has the density p_k/w_k on piece k if u is uniform: a histogram. Its −log-likelihood is
the cross-entropy of the pieces and the log widths.

**Grey levels.** For x = (v + noise)/Q with knots at multiples of 1/Q the density is constant on the
cell of each v. It then costs a level exactly log p(v), whatever the noise: Jensen's bound of
``dequantise`` is an equality, if θ too depends on levels only. f is not continuous in what θ
depends on, though, and the density has no gradient in x: no interpolation, and no score.

Source: Müller et al., Neural Importance Sampling, ACM TOG 38(5), 2019, section 4.1, with the knots
    on the axis of x, and not on that of u.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor

from nflib.bijections.spline import within
from nflib.validation import check_dimension


def piecewise_linear(u: Tensor, theta: Tensor, knots: Tensor) -> tuple[Tensor, Tensor]:
    """Map u to x and log dx/du by the histogram spline.

    The shares are summed in float64. x is kept below the knot on its right, so that rounding never
    takes it out of the piece whose slope is returned, or to the next grey level.

    Args:
        u: points of [0, 1], shape (*shape); another has log dx/du = −∞.
        theta: any real numbers, shape (*shape, K).
        knots: e_0, …, e_K, shape (K + 1,), increasing from 0 to 1.

    Returns:
        x and log dx/du, each of shape (*shape).
    """
    inside = ~((u < 0) | (u > 1))
    log_share = theta.log_softmax(-1)
    right = log_share.double().exp().cumsum(-1)
    at = torch.where(inside, u, 0.5) * right[..., -1]  # the sum, 1 up to rounding
    k = (right[..., :-1] <= at[..., None]).sum(-1, keepdim=True)
    here, end = log_share.gather(-1, k)[..., 0], right.gather(-1, k)[..., 0]
    part = within((at - end) / here.exp() + 1, 0.0, 1.0).to(u.dtype)
    low, width = knots[k[..., 0]], knots.diff()[k[..., 0]]
    below = torch.nextafter(knots, knots[:1])[k[..., 0] + 1]
    x = within(torch.addcmul(low, part, width), low, below)
    return x, torch.where(inside, width.log() - here, -math.inf)


def piecewise_linear_inverse(x: Tensor, theta: Tensor, knots: Tensor) -> tuple[Tensor, Tensor]:
    """Map x back to u, with log du/dx = log p_k − log w_k; arguments as in ``piecewise_linear``."""
    inside = ~((x < 0) | (x > 1))
    at = torch.where(inside, x, 0.5)
    k = torch.bucketize(at.detach(), knots[1:-1], right=True)
    low, width = knots[k], knots.diff()[k]
    part = within((at - low) / width, 0.0, 1.0)
    log_share = theta.log_softmax(-1)
    right = log_share.exp().cumsum(-1)  # in float64 it would take thrice the time of the rest
    here, end = (t.gather(-1, k[..., None])[..., 0] for t in (log_share, right))
    u = (end - (1 - part) * here.exp()) / right[..., -1]
    return within(u, 0.0, 1.0), torch.where(inside, here - width.log(), -math.inf)


def histogram_knots(counts: Tensor, bins: int) -> Tensor:
    """Knots at multiples of 1/Q for Q grey levels, closest where most of the data are.

    From one piece, the one of largest mass is halved again and again, as evenly as whole levels
    permit: so frequent levels end with a piece of their own.

    Args:
        counts: how often each level 0, …, Q − 1 occurs, shape (Q,).
        bins: K, from 1 to Q.

    Returns:
        the knots e_0 = 0, …, e_K = 1, shape (K + 1,), in torch's default dtype.

    Raises:
        TypeError: if bins is not an int.
        ValueError: if it is not from 1 to Q, or counts are not a vector of numbers ≥ 0.
    """
    check_dimension("histogram_knots: bins", bins)
    if counts.ndim != 1 or bins > len(counts) or bool((counts < 0).any()):
        got = f"counts of shape {tuple(counts.shape)} and {bins} bins"
        raise ValueError(f"histogram_knots: expected a count ≥ 0 of Q ≥ bins levels, got {got}")
    below = [0.0, *counts.double().cumsum(0).tolist()]
    edges = [0, len(counts)]
    while len(edges) <= bins:
        wide = [(a, b) for a, b in pairwise(edges) if b - a > 1]
        a, b = max(wide, key=lambda piece: below[piece[1]] - below[piece[0]])
        middle = (below[a] + below[b]) / 2
        edges.append(min(range(a + 1, b), key=lambda m: abs(below[m] - middle)))
        edges.sort()
    return torch.tensor(edges) / len(counts)
