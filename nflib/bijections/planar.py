"""The planar bijection x = z + û tanh(wᵀz + b), constrained, with its exact inverse.

Only the component of z along w is bent; every hyperplane wᵀz = const is translated along û.
With a = wᵀz + b, t = tanh a and c = wᵀû, the matrix determinant lemma gives

    det J_f(z) = 1 + c·sech²a = t² + (1 + c)·sech²a,

which is also the slope of the map of the line a ↦ a + c·tanh a. That map is onto and has a
positive slope exactly when c > −1: then f is a bijection, and inverting it is solving
a + c·tanh a = wᵀx + b for one number a.

The second form of the determinant is a sum of positive terms: no digit is lost near c = −1,
where the first one subtracts numbers that are almost equal. It needs 1 + c as such, not c.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from nflib.bijections.core import Bijection, full_precision
from nflib.points import check_dimension, check_finite

HALLEY_STEPS = 3  # reaches rounding, float64 included, for 1 + c from 1e-30 to 1e5


class Planar(Bijection):
    """x = f(z) = z + û tanh(wᵀz + b), with û such that c = wᵀû > −1.

    Parametrisation by a free vector v, which training may move anywhere:
        û = v + (m(wᵀv) − wᵀv) w/‖w‖²,  m(p) = −1 + softplus(p + log(e − 1)),
    so that wᵀû = m(wᵀv) > −1, and û is the nearest such point to v. The paper's m has no shift
    and m(0) = log 2 − 1; here m(0) = 0, so v = 0 is the identity. As w → 0, û has
    no limit; at w = 0 it is v, by convention, and the layer translates by v·tanh b.

    Formula:
        log|det J_f(z)| = log(t² + (1 + c) sech²a),  a = wᵀz + b,  t = tanh a;
        inverse: a solves a + c tanh a = wᵀx + b, then z = x − û tanh a.

    Args:
        d: the dimension.
        generator: the source of randomness for w ~ N(0, I/d), so that wᵀz has the spread of one
            coordinate of z; v = 0 and b = 0: a new layer is the identity, and moves first in v.

    Attributes:
        w, b: shapes (d,) and ().  u: û, shape (d,), the constrained one.  v: its free parameter.

    Source: Rezende and Mohamed, Variational Inference with Normalizing Flows, ICML 2015,
        equations 10 to 12 and appendix A.1.
    """

    def __init__(self, d: int, generator: torch.Generator | None = None) -> None:
        super().__init__()
        check_dimension("Planar: d", d)
        self.d = d
        self.w = nn.Parameter(torch.randn(d, generator=generator) / math.sqrt(d))
        self.v = nn.Parameter(torch.zeros(d))
        self.b = nn.Parameter(torch.zeros(()))

    @classmethod
    def from_parameters(cls, w: Tensor, u: Tensor, b: float | Tensor) -> Planar:
        """The layer x = z + u tanh(wᵀz + b) with these very numbers.

        Args:
            w, u: shape (d,), one dtype.
            b: a number, or a tensor of shape ().

        Raises:
            TypeError: if w or u is not a floating tensor.
            ValueError: if shapes or dtypes differ, a value is not finite, or wᵀu ≤ −1.
        """
        check_finite("Planar.from_parameters: w", w)
        b = torch.as_tensor(b, dtype=w.dtype, device=w.device)
        for name, value, shape in (("w", w, (w.numel(),)), ("u", u, (w.numel(),)), ("b", b, ())):
            check_finite(f"Planar.from_parameters: {name}", value)
            if value.shape != shape or value.dtype != w.dtype:
                expected = f"shape {shape} and dtype {w.dtype}"
                got = f"{tuple(value.shape)} and {value.dtype}"
                raise ValueError(f"Planar.from_parameters: {name}: expected {expected}, got {got}")
        w_, u_ = w.detach().cpu().double(), u.detach().cpu().double()
        scale, over_norm2 = _over_norm2(w_)
        c = w_ @ u_
        if not bool(c > -1):
            raise ValueError(f"Planar.from_parameters: u: expected wᵀu > −1, got {float(c):.6g}")
        p_minus_c = torch.log1p(-torch.expm1(-c) / (math.e - 1))  # m(p) = c solved for p
        v_ = u_ + p_minus_c / scale * over_norm2
        layer = cls(len(w), generator=torch.Generator()).to(device=w.device, dtype=w.dtype)
        for parameter, value in ((layer.w, w_), (layer.v, v_), (layer.b, b)):
            parameter.data.copy_(value)
        return layer

    @property
    def u(self) -> Tensor:
        """û, shape (d,)."""
        return self._constrained()[0]

    def _constrained(self) -> tuple[Tensor, Tensor]:
        """û and 1 + c."""
        scale, over_norm2 = _over_norm2(self.w)
        one_plus_c, correction = _constrain((self.w * self.v).sum())  # at p = wᵀv
        return self.v + correction / scale * over_norm2, one_plus_c

    def _forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        u, one_plus_c = self._constrained()
        with full_precision(z):
            a = z @ self.w + self.b
        t, slope = _tanh_and_slope(a, one_plus_c)
        return z + t[..., None] * u, slope.log()

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        u, one_plus_c = self._constrained()
        with full_precision(x):
            s = x @ self.w + self.b
        a = _solve(s, one_plus_c)
        t, slope = _tanh_and_slope(a, one_plus_c)
        return x - t[..., None] * u, -slope.log()

    def extra_repr(self) -> str:
        return f"d={self.d}"


def _over_norm2(w: Tensor) -> tuple[Tensor, Tensor]:
    """σ = max|w_i| and ŵ with w/‖w‖² = ŵ/σ, neither of which under- or overflows; 1 and 0 at w = 0.

    σ cancels in ŵ/σ, so it is a constant for the gradient.
    """
    scale = w.detach().abs().amax()
    scale = torch.where(scale == 0, 1.0, scale)
    w = w / scale
    norm2 = w.square().sum()
    return scale, w / torch.where(norm2 == 0, 1.0, norm2)


def _constrain(p: Tensor) -> tuple[Tensor, Tensor]:
    """1 + m(p) = softplus(p + log(e − 1)) and m(p) − p, each to full relative precision.

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


def _tanh_and_slope(a: Tensor, one_plus_c: Tensor) -> tuple[Tensor, Tensor]:
    """t = tanh a and the slope t² + (1 + c) sech²a, with sech²a = 4σ(2a)σ(−2a)."""
    t = a.tanh()
    sech2 = 4 * torch.sigmoid(2 * a) * torch.sigmoid(-2 * a)
    return t, t * t + one_plus_c * sech2


def _solve(s: Tensor, one_plus_c: Tensor) -> Tensor:
    """The a that solves g(a) = a + c·tanh a = s, to rounding, with its derivatives.

    g is odd, so let s ≥ 0. From a start where g is on one side of s, Halley's steps, each of
    which cubes the error, reach rounding in HALLEY_STEPS; nothing asks how far they are.

    Derivatives: one more step, from the root with its residual F = g(a) − s made exactly zero
    but still a function of (s, c). Its value is the root; and as its error is O(F³), its first
    and second derivatives are those of the implicit function theorem, as ∂a/∂s = 1/g'(a).
    """
    y, slope_at_0 = s.detach().abs(), one_plus_c.detach()
    c = slope_at_0 - 1
    a = torch.where(c < 0, _start_above(y, c, slope_at_0), _start_below(y, c, slope_at_0))
    for _ in range(HALLEY_STEPS):
        t, slope = _tanh_and_slope(a, slope_at_0)
        a = _halley(a, _minus_tanh(a, t) + slope_at_0 * t - y, t, slope)
    a = torch.copysign(a, s.detach()).detach()
    t, slope = _tanh_and_slope(a, one_plus_c)
    residual = a + (one_plus_c - 1) * t - s
    return _halley(a, residual - residual.detach(), t, slope)


def _minus_tanh(a: Tensor, t: Tensor) -> Tensor:
    """a − tanh a for a ≥ 0 without cancellation, so that g(a) = (a − t) + (1 + c)t has none.

    By Lambert's continued fraction tanh a = a/(1 + k), k = a²/(3 + a²/(5 + …)); nine terms
    reach the rounding of float64 for a ≤ 1.
    """
    a2, k = a.clamp(max=1.0).square(), torch.zeros_like(a)
    for odd in range(19, 1, -2):
        k = a2 / (odd + k)
    return torch.where(a < 1, a * k / (1 + k), a - t)


def _start_above(y: Tensor, c: Tensor, slope_at_0: Tensor) -> Tensor:
    """For −1 < c < 0, a number above the root: g(a) ≥ a + c and g(a) ≥ (1 + c)a.

    Where both are far off, as c nears −1, g(a) ≥ |c|a³/5 for a ≤ 1 (tanh a ≤ a − a³/5).
    """
    start = torch.minimum(y - c, y / slope_at_0)
    cubic = (5 * y / c.abs()) ** (1 / 3)
    return torch.where(cubic <= 1, torch.minimum(start, cubic), start)


def _start_below(y: Tensor, c: Tensor, slope_at_0: Tensor) -> Tensor:
    """For c ≥ 0, a number below the root: g(a) ≤ a + c and g(a) ≤ (1 + c)a.

    Where both are far off, y near a large c: the root for y = c is at most A = max(1, ½log 2c),
    the one for y at most A + (y − c)₊, and so its tanh, (y − a)/c, at least (min(y, c) − A)/c.
    """
    A = (0.5 * torch.log(2 * c.clamp(min=0.0))).clamp(min=1.0)
    t = (torch.minimum(y, c) - A) / c
    knee = t.clamp(0.0, 1 - torch.finfo(y.dtype).eps).atanh()
    return torch.maximum(torch.maximum(y - c, y / slope_at_0), knee)


def _halley(a: Tensor, F: Tensor, t: Tensor, slope: Tensor) -> Tensor:
    """a − N/(1 − N F''/2F') with Newton's step N = F/F' and F'' = −2c·tanh a·sech²a."""
    newton = F / slope
    curvature = -2 * t * (slope - 1)
    return a - newton / (1 - newton * curvature / (2 * slope))
