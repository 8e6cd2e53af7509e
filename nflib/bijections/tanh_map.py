"""The map a ↦ g(a) = a + c·tanh a of the line: its slope, its inverse, and the constraint c > −1.

Planar and Sylvester layers apply it along each of their directions. The slope

    g'(a) = 1 + c·sech²a = t² + (1 + c)·sech²a,    t = tanh a,

is positive everywhere, and g is onto, exactly when c > −1. The second form is a sum of positive
terms: no digit is lost near c = −1, where the first one subtracts numbers that are almost
equal. It needs 1 + c as such, not c, and so do all functions here.
"""

import math

import torch
from torch import Tensor

from nflib.bijections.bijection import full_precision
from nflib.bijections.in_place import in_place


def constrain(p: Tensor) -> tuple[Tensor, Tensor]:
    """The numbers 1 + m(p) = softplus(p + log(e − 1)) and m(p) − p, to full relative precision.

    With softplus(p + log(e − 1)) = log(1 + (e − 1)eᵖ) = 1 + log(1 + (1 − 1/e)(eᵖ − 1)), small
    results come from log1p and expm1, and no exponential overflows.
    """
    negative, e = p < 0, math.e
    below, above = p.clamp(max=0.0), p.clamp(min=0.0)
    minus_p = torch.where(
        negative,
        torch.log1p((1 - 1 / e) * torch.expm1(below)) - below,
        torch.log1p(torch.expm1(-above) / e),
    )
    one_plus = torch.where(negative, torch.log1p((e - 1) * below.exp()), 1 + above + minus_p)
    least = torch.finfo(p.dtype).tiny * torch.finfo(p.dtype).eps  # where eᵖ underflows: not zero
    return one_plus.clamp(min=least), minus_p


def tanh_and_slope(a: Tensor, one_plus_c: Tensor) -> tuple[Tensor, Tensor]:
    """The pair t = tanh a and the slope t² + (1 + c) sech²a, with sech²a = 4σ(2a)σ(−2a)."""
    t = a.tanh()
    sech2 = 4 * torch.sigmoid(2 * a) * torch.sigmoid(-2 * a)
    return t, t * t + one_plus_c * sech2


def solve(s: Tensor, one_plus_c: Tensor) -> Tensor:
    """The a that solves g(a) = a + c·tanh a = s, to rounding, with its derivatives.

    g is odd, so let s ≥ 0. The start is on a known side of the root. A step of Householder's
    method raises the error to its fourth power: 2 steps in float32 and 3 in float64 reach
    rounding for 1 + c from 1e-30 to 1e5, so their number is fixed and convergence is not tested.

    Derivatives: one more step, from the root with its residual F = g(a) − s made exactly zero
    but still a function of (s, c). Its value is the root; and as its error is O(F⁴), its first
    and second derivatives are those of the implicit function theorem, as ∂a/∂s = 1/g'(a).
    """
    a = _root(s.detach(), one_plus_c.detach())
    t, slope = tanh_and_slope(a, one_plus_c)
    residual = a + (one_plus_c - 1) * t - s
    return _householder(a, residual - residual.detach(), t, slope)


def _root(s: Tensor, slope_at_0: Tensor) -> Tensor:
    """The value of ``solve``, without derivatives."""
    y = s.abs()
    a = _start(y, slope_at_0)
    for _ in range(2 if y.dtype == torch.float32 else 3):
        exponent = -2 * a
        q = torch.sigmoid(exponent)
        t = torch.expm1(exponent) * (q - 1)
        slope = torch.addcmul(t * t, 4 * slope_at_0, torch.addcmul(q, q, q, value=-1))
        a = _householder(a, torch.addcmul(_minus_tanh(a, t), slope_at_0, t) - y, t, slope)
    return torch.copysign(a, s)


def _start(y: Tensor, slope_at_0: Tensor) -> Tensor:
    """A number above the root for −1 < c < 0, and below it for c ≥ 0.

    As |tanh a| ≤ min(a, 1), both y − c and y/(1 + c) are on that side. Two cases need more:
    for c near −1, g(a) ≥ |c|a³/5 for a ≤ 1 (tanh a ≤ a − a³/5); for y near a large c, the root
    for y = c is at most A = max(1, ½log 2c), the one for y at most A + (y − c)₊, and so its
    tanh, (y − a)/c, at least (min(y, c) − A)/c.
    """
    c = slope_at_0 - 1
    by_bound, by_slope = y - c, y / slope_at_0
    cubic = (y * (5 / c.abs())) ** (1 / 3)
    above = torch.minimum(torch.minimum(by_bound, by_slope), cubic / (cubic <= 1))  # ∞ beyond 1
    A = (0.5 * torch.log(2 * c.clamp(min=0.0))).clamp(min=1.0)
    t = (torch.minimum(y, c) - A) / c
    knee = t.clamp(0.0, 1 - torch.finfo(y.dtype).eps).atanh()
    below = torch.maximum(torch.maximum(by_bound, by_slope), knee)
    return torch.where(c < 0, above, below)


def _minus_tanh(a: Tensor, t: Tensor) -> Tensor:
    """The difference a − tanh a, a ≥ 0, without cancellation, for g(a) = (a − t) + (1 + c)t.

    For a ≤ 1 from Lambert's continued fraction tanh a = a/(1 + k), k = a²/(3 + a²/(5 + …)), with
    the terms that the dtype needs; for a > 1 its value at 1 plus the increase of a − t since 1.
    """
    terms = 4 if a.dtype == torch.float32 else 9
    small = a.clamp(max=1.0)
    a2 = small.square()
    k = a2 / (2 * terms + 1)
    for odd in range(2 * terms - 1, 1, -2):
        k = a2 / (odd + k)
    beyond = (a - t - (1 - math.tanh(1.0))).clamp(min=0.0)
    return beyond + small * k / (1 + k)


def _householder(a: Tensor, F: Tensor, t: Tensor, slope: Tensor) -> Tensor:
    """A step of third order: a − n(1 − nα)/(1 − 2nα + n²β), with Newton's step n = F/g'.

    As c·sech²a = g' − 1, α = g''/2g' = −t(g' − 1)/g' and β = g⁽³⁾/6g' = (t² − ⅓)(g' − 1)/g'.

    Source: Householder, The Numerical Treatment of a Single Nonlinear Equation, 1970.
    """
    n = F / slope
    p = n * (slope - 1) / slope
    return a - n * (1 + t * p) / (1 + 2 * t * p + n * p * (t * t - 1 / 3))


def back_substitution(s: Tensor, T: Tensor, one_plus_c: Tensor) -> Tensor:
    """The a_1, …, a_K that solve a_k + c_k tanh a_k + Σ_{j>k} T_kj tanh a_j = s_k, shape (K, B).

    The system is upper triangular: from k = K to 1, each equation has one unknown left.

    Args:
        s: right-hand sides, shape (K, B), a column for each point.
        T: shape (K, K); only what is above the diagonal is read.
        one_plus_c: 1 + c_k > 0, shape (K,).
    """
    return _substitute(s, T, one_plus_c)[0]


def _back_substitution(s: Tensor, T: Tensor, one_plus_c: Tensor) -> tuple[Tensor, ...]:
    solved = []
    for k in reversed(range(len(T))):
        solved.append(solve(s[k], one_plus_c[k]))
        s = torch.addcmul(s[:k], T[:k, k, None], solved[-1].tanh(), value=-1)
    return (torch.stack(solved[::-1]),)


def _back_substitution_in_place(s: Tensor, T: Tensor, one_plus_c: Tensor) -> tuple[Tensor, ...]:
    left, a = s.clone(), torch.empty_like(s)
    rows = [*zip(left.unbind(), one_plus_c.unbind(), T.T[..., None].unbind(), strict=True)]
    for k in reversed(range(len(T))):
        left_k, one_plus_c_k, to_others = rows[k]
        a[k] = _root(left_k, one_plus_c_k)
        left[:k].addcmul_(to_others[:k], a[k].tanh(), value=-1)
    return (a,)


def _gradient_in_place(*tensors: Tensor) -> tuple[Tensor, ...]:
    """The cotangents s̄, T̄ and c̄, from ā, by the implicit function theorem.

    With h = tanh a and g_k the slope at a_k, the transposed system is, from k = 1 to K,
        s̄_k = (ā_k − sech²a_k Σ_{j<k} T_jk s̄_j)/g_k;
    then T̄_kj = −s̄_kᵀh_j for j > k, and c̄_k = −s̄_kᵀh_k.
    """
    s, T, one_plus_c, a, grad_a = tensors
    h, slope = tanh_and_slope(a, one_plus_c[:, None])
    ratio = (1 - h.square()) / slope
    grad_s, carried = grad_a / slope, torch.zeros_like(a)
    for k in range(len(T)):
        grad_s[k].addcmul_(ratio[k], carried[k], value=-1)
        carried[k + 1 :].addcmul_(T[k, k + 1 :, None], grad_s[k])
    with full_precision(s):
        return grad_s, -(grad_s @ h.T).triu(1), -(grad_s * h).sum(1)


_substitute = in_place(_back_substitution, _back_substitution_in_place, _gradient_in_place)
