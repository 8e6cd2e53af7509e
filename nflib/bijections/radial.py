"""The radial bijection x = z + β(z − z₀)/(α + r): space is pushed from a centre, or pulled to it.

Every point moves on its ray from z₀. With r = ‖z − z₀‖, h = r/(α + r) and κ = 1 + β/α,

    1 + β/(α + r) = h + κ(1 − h),

so the ray is stretched by κ at the centre and by 1 far away. The Jacobian has this eigenvalue
d − 1 times, across the ray, and along it the slope of r ↦ r(h + κ(1 − h)),

    1 + αβ/(α + r)² = h(2 − h) + κ(1 − h)².

Both are sums of positive terms when κ > 0, that is β > −α: then f is a bijection.
"""

import math

import torch
from torch import Tensor, nn

from nflib.bijections.bijection import Bijection
from nflib.bijections.tanh_map import constrain
from nflib.validation import check_dimension


class Radial(Bijection):
    """The bijection x = f(z) = z + β(z − z₀)/(α + ‖z − z₀‖), α > 0, β > −α.

    Parametrisation by free numbers: α = exp(log α) and κ = 1 + β/α = softplus(p + log(e − 1)), so
    that p = 0 is the identity. With the paper's β = −α + softplus(p) it is so at one α only.

    Formula:
        log|det J_f(z)| = (d − 1) log(h + κ(1 − h)) + log(h(2 − h) + κ(1 − h)²),  h = r/(α + r);
        inverse: with R = ‖x − z₀‖, r is the root r ≥ 0 of r² + (ακ − R)r − αR = 0, and
        z = z₀ + (x − z₀)/(h + κ(1 − h)).

    Args:
        d: the dimension.
        generator: the source of randomness for z₀ ~ N(0, I); α = √d, the size of such a point,
            and p = 0: a new layer is the identity.

    Attributes:
        center: z₀, shape (d,).  log_alpha, p: shape ().  alpha, beta: α and β, shape ().

    Source: Rezende and Mohamed, Variational Inference with Normalizing Flows, ICML 2015,
        equation 14 and appendix A.2; the inverse in closed form is ours.
    """

    d: int

    def __init__(self, d: int, generator: torch.Generator | None = None) -> None:
        super().__init__()
        check_dimension("Radial: d", d)
        self.d = d
        self.center = nn.Parameter(torch.randn(d, generator=generator))
        self.log_alpha = nn.Parameter(torch.tensor(0.5 * math.log(d)))
        self.p = nn.Parameter(torch.zeros(()))

    @property
    def alpha(self) -> Tensor:
        """The radius α > 0, shape ()."""
        return self.log_alpha.exp()

    @property
    def beta(self) -> Tensor:
        """The strength β > −α, shape ()."""
        return self.alpha * (self._kappa() - 1)

    def _kappa(self) -> Tensor:
        """The stretch κ = 1 + β/α at the centre, kept large enough that κ² does not underflow."""
        return constrain(self.p)[0].clamp(min=math.sqrt(torch.finfo(self.p.dtype).tiny))

    def _stretch(self, r: Tensor) -> tuple[Tensor, Tensor]:
        """The stretch across the ray and log|det| at r, in units of α."""
        r = r.clamp(max=math.sqrt(torch.finfo(r.dtype).max) / 4)  # beyond, the stretch is 1
        kappa, h, rest = self._kappa(), r / (1 + r), 1 / (1 + r)  # rest = 1 − h
        across, along = h + kappa * rest, h * (1 + rest) + kappa * rest**2
        return across, (self.d - 1) * across.log() + along.log()

    def _forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        ray = z - self.center
        stretch, log_abs_det = self._stretch(torch.linalg.vector_norm(ray, dim=-1) / self.alpha)
        return self.center + stretch[..., None] * ray, log_abs_det

    def _inverse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        ray = x - self.center
        R = torch.linalg.vector_norm(ray, dim=-1) / self.alpha
        R = R.clamp(max=math.sqrt(torch.finfo(R.dtype).max) / 4)  # its square is finite
        q = self._kappa() - R  # in units of α, r² + qr − R = 0
        root = q.abs() + (q * q + 4 * R).sqrt()
        r = torch.where(q > 0, 2 * R / root, root / 2)  # neither form subtracts
        stretch, log_abs_det = self._stretch(r)
        return self.center + ray / stretch[..., None], -log_abs_det
