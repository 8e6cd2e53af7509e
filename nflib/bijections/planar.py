"""The planar bijection x = z + û tanh(wᵀz + b), constrained, with its exact inverse.

Only the component of z along w is bent; every hyperplane wᵀz = const is translated along û.
With a = wᵀz + b, t = tanh a and c = wᵀû, the matrix determinant lemma gives

    det J_f(z) = 1 + c·sech²a = t² + (1 + c)·sech²a,

which is also the slope of the map of the line a ↦ a + c·tanh a. That map is onto and has a
positive slope exactly when c > −1: then f is a bijection, and inverting it is solving
a + c·tanh a = wᵀx + b for one number a. See ``nflib.bijections.tanh_map`` for both.
"""

import math

import torch
from torch import Tensor, nn

from nflib.bijections.bijection import Bijection, full_precision
from nflib.bijections.tanh_map import constrain, solve, tanh_and_slope
from nflib.validation import check_dimension, check_finite


class Planar(Bijection):
    """The bijection x = f(z) = z + û tanh(wᵀz + b), with û such that c = wᵀû > −1.

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
            coordinate of z; v = 0 and b = 0: a new layer is the identity, whose gradient is zero
            in w and b.

    Attributes:
        w, b: shapes (d,) and ().  u: û, shape (d,), the constrained one.  v: its free parameter.

    Source: Rezende and Mohamed, Variational Inference with Normalizing Flows, ICML 2015,
        equations 10 to 12 and appendix A.1.
    """

    d: int

    def __init__(self, d: int, generator: torch.Generator | None = None) -> None:
        super().__init__()
        check_dimension("Planar: d", d)
        self.d = d
        self.w = nn.Parameter(torch.randn(d, generator=generator) / math.sqrt(d))
        self.v = nn.Parameter(torch.zeros(d))
        self.b = nn.Parameter(torch.zeros(()))

    @classmethod
    def from_parameters(cls, w: Tensor, u: Tensor, b: float | Tensor) -> "Planar":
        """The layer x = z + u tanh(wᵀz + b) with exactly these parameters.

        Args:
            w, u: shape (d,), one dtype, wᵀu > −1.
            b: a number, or a tensor of shape ().
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
        scale, w_over_norm2 = _w_over_norm2(w_)
        c = w_ @ u_
        if not bool(c > -1):
            raise ValueError(f"Planar.from_parameters: u: expected wᵀu > −1, got {float(c):.6g}")
        p_minus_c = torch.log1p(-torch.expm1(-c) / (math.e - 1))  # m(p) = c solved for p
        v_ = u_ + p_minus_c / scale * w_over_norm2
        layer = cls(len(w), generator=torch.Generator()).to(device=w.device, dtype=w.dtype)
        for parameter, value in ((layer.w, w_), (layer.v, v_), (layer.b, b)):
            parameter.data.copy_(value)
        return layer

    @property
    def u(self) -> Tensor:
        """The constrained û, shape (d,)."""
        return constrained_u(self.w, self.v)[0]

    def _forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        u, one_plus_c = constrained_u(self.w, self.v)
        with full_precision(z):
            a = z @ self.w + self.b
        t, slope = tanh_and_slope(a, one_plus_c)
        return z + t[..., None] * u, slope.log()

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        u, one_plus_c = constrained_u(self.w, self.v)
        with full_precision(x):
            s = x @ self.w + self.b
        a = solve(s, one_plus_c)
        t, slope = tanh_and_slope(a, one_plus_c)
        z = x - t[..., None] * u
        # For a large c the subtraction cancels along w; but there wᵀz + b is a, which is known
        scale, w_over_norm2 = _w_over_norm2(self.w)
        with full_precision(x):
            missing = torch.where(one_plus_c > 10, a - self.b - z @ self.w, 0.0)
        return z + missing[..., None] / scale * w_over_norm2, -slope.log()


def constrained_u(w: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """The constrained û = v + (m(wᵀv) − wᵀv) w/‖w‖², (*rows, d), and 1 + wᵀû, shape (*rows,)."""
    scale, w_over_norm2 = _w_over_norm2(w)
    one_plus_c, correction = constrain((w * v).sum(-1))  # at p = wᵀv
    return v + correction[..., None] / scale * w_over_norm2, one_plus_c


def _w_over_norm2(w: Tensor) -> tuple[Tensor, Tensor]:
    """The pair σ = max|w_i|, ŵ with w/‖w‖² = ŵ/σ, without under- or overflow; 1, 0 at w = 0.

    σ cancels in ŵ/σ, so it is a constant for the gradient.
    """
    scale = w.detach().abs().amax(-1, keepdim=True)
    scale = torch.where(scale == 0, 1.0, scale)
    w = w / scale
    norm2 = w.square().sum(-1, keepdim=True)
    return scale, w / torch.where(norm2 == 0, 1.0, norm2)
