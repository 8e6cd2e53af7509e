"""The histogram spline: an increasing map of [0, 1] onto itself, linear between given knots of x.

The knots 0 = e_0 < e_1 < … < e_K = 1 are fixed, only the heights of the pieces are learned: with the
widths w_k = e_k − e_{k−1} and real numbers θ_k, piece k has the share and, summed, the right end

    p_k = w_k exp(θ_k) / Σ_j w_j exp(θ_j),      c_k = p_1 + … + p_k,
    x = e_{k−1} + (u − c_{k−1}) w_k/p_k,    dx/du = w_k/p_k      for u from c_{k−1} to c_k.

If u is uniform, x has the density p_k/w_k on piece k. With θ = 0 it is the identity.

**Grey levels.** With knots at multiples of 1/Q the density is constant on the cell of each level v, the x
with ⌊Qx⌋ = v. If θ, too, depends on levels only, then log P(v) = log p(x) − d log Q for every x in the
cell: Jensen's bound of ``dequantise`` is an equality. In exchange f is not continuous in what θ depends
on, and the density has no gradient in x: there is nothing to interpolate, and no score.

Source: Müller et al., Neural Importance Sampling, ACM TOG 38(5), 2019, section 4.2, where the knots are
    on the axis of u.
"""

import math
from itertools import pairwise

import torch
from torch import Tensor

from nflib.bijections.spline import within
from nflib.validation import check_dimension


def piecewise_linear(u: Tensor, log_heights: Tensor, knots: Tensor) -> tuple[Tensor, Tensor]:
    """Map u, shape (*shape), to x and log dx/du; −∞ outside of [0, 1].

    Shares are summed in float64, and x stays below the knot on its right: rounding takes it neither out
    of the piece whose slope is returned nor to the next level.

    Args:
        log_heights: θ, any real numbers, shape (*shape, K).
        knots: e_0, …, e_K, shape (K + 1,), increasing from 0 to 1.
    """
    inside = ~((u < 0) | (u > 1))
    log_share = (log_heights + knots.diff().log()).log_softmax(-1)
    right = log_share.double().exp().cumsum(-1)
    at = torch.where(inside, u, 0.5) * right[..., -1]  # the sum, 1 up to rounding
    k = (right[..., :-1] <= at[..., None]).sum(-1, keepdim=True)
    here, end = (t.gather(-1, k)[..., 0] for t in (log_share, right))
    part = within((at - end) / here.exp() + 1, 0.0, 1.0).to(u.dtype)
    low, width = knots[k[..., 0]], knots.diff()[k[..., 0]]
    below = torch.nextafter(knots, knots[:1])[k[..., 0] + 1]
    x = within(torch.addcmul(low, part, width), low, below)
    return x, torch.where(inside, width.log() - here, -math.inf)


def piecewise_linear_inverse(
    x: Tensor, log_heights: Tensor, knots: Tensor
) -> tuple[Tensor, Tensor]:
    """Map x back to u and log du/dx = log p_k/w_k; arguments as in ``piecewise_linear``."""
    inside = ~((x < 0) | (x > 1))
    at = torch.where(inside, x, 0.5)
    k = torch.bucketize(at.detach().contiguous(), knots[1:-1], right=True)
    low, width = knots[k], knots.diff()[k]
    part = within((at - low) / width, 0.0, 1.0)
    log_share = (log_heights + knots.diff().log()).log_softmax(-1)
    right = log_share.exp().cumsum(-1)  # in float64 it would take thrice the time of the rest
    here, end = (t.gather(-1, k[..., None])[..., 0] for t in (log_share, right))
    u = within((end - (1 - part) * here.exp()) / right[..., -1], 0.0, 1.0)
    return u, torch.where(inside, here - width.log(), -math.inf)


def histogram_knots(counts: Tensor, bins: int) -> Tensor:
    """Knots e_0 = 0, …, e_K = 1 at multiples of 1/Q for Q grey levels, closest where the data are.

    From one piece, the one of largest mass is halved again and again, as evenly as whole levels
    permit: frequent levels end with a piece of their own.

    Args:
        counts: how often each level 0, …, Q − 1 occurs, numbers ≥ 0, shape (Q,).
        bins: K, from 1 to Q.
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
