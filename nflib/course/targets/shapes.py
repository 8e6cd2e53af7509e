"""Rings, grids of bumps, a checkerboard, a pinwheel: densities in closed form."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from nflib.course.targets.target import Generator, Shape, Target, check_positive, log_gaussian
from nflib.validation import check_dimension


class Gaussians(Target):
    """Round bumps N(c_k, s² I), equally likely: p(x) = (1/K) Σ_k N(x; c_k, s² I).

    For weights, other scales and other dimensions there is ``nflib.GaussianMixture``.

    Args:
        centres: c_1, …, c_K, pairs of numbers.
        scale: s > 0.

    Raises:
        ValueError: if there is no centre or the scale is not a positive number.
    """

    def __init__(self, centres: list[tuple[float, float]], scale: float) -> None:
        super().__init__()
        check_positive(f"{type(self).__name__}: scale", scale)
        if not centres:
            raise ValueError(f"{type(self).__name__}: centres: expected at least one, got none")
        self.centres, self.scale = centres, scale
        xs, ys = zip(*centres, strict=True)
        low, high = (min(xs), min(ys)), (max(xs), max(ys))
        self.window = tuple(a - 7 * scale for a in low), tuple(b + 7 * scale for b in high)
        width = max(b - a for a, b in zip(*self.window, strict=True))
        self.panels = math.ceil(width / (2 * scale))

    def _log_prob(self, x: Tensor) -> Tensor:
        x1, x2 = x.unbind(-1)
        each = [
            log_gaussian((x1 - c1) ** 2 + (x2 - c2) ** 2, self.scale) for c1, c2 in self.centres
        ]
        return torch.stack(each).logsumexp(0) - math.log(len(each))

    def _sample(self, shape: Shape, generator: Generator) -> Tensor:
        k = self._index(len(self.centres), shape, generator)
        centres = torch.tensor(self.centres, dtype=k.dtype, device=k.device)
        return centres[k.long()] + self.scale * self._normal((*shape, 2), generator)


class GaussianRing(Gaussians):
    """K bumps on a circle of a given radius.

    Raises:
        TypeError, ValueError: if k is not an int of at least 1, or a size is not positive.
    """

    def __init__(self, k: int = 8, radius: float = 2.0, scale: float = 0.2) -> None:
        check_dimension("GaussianRing: k", k)
        check_positive("GaussianRing: radius", radius)
        angles = [2 * math.pi * i / k for i in range(k)]
        super().__init__([(radius * math.cos(a), radius * math.sin(a)) for a in angles], scale)


class GaussianGrid(Gaussians):
    """side × side bumps, ``spacing`` apart, around the origin.

    Raises:
        TypeError, ValueError: if side is not an int of at least 1, or a size is not positive.
    """

    def __init__(self, side: int = 5, spacing: float = 1.0, scale: float = 0.1) -> None:
        check_dimension("GaussianGrid: side", side)
        check_positive("GaussianGrid: spacing", spacing)
        ticks = [spacing * (i - (side - 1) / 2) for i in range(side)]
        super().__init__([(a, b) for a in ticks for b in ticks], scale)


class Rings(Target):
    """Noisy circles of radii r_k around the origin, equally likely: x = r_k (cos θ, sin θ) + sε.

    Formula: averaging N(x; r(cos θ, sin θ), s² I) over θ gives the Bessel function I₀,
        p(x) = (1/K) Σ_k exp(−(‖x‖ − r_k)²/2s²)/(2πs²) · e^{−a}I₀(a),  a = ‖x‖ r_k/s².

    Raises:
        ValueError: if there is no radius, or one of the numbers is not positive.

    Source: Rice, Mathematical Analysis of Random Noise, 1945, section 3.10.
    """

    def __init__(self, radii: tuple[float, ...] = (1.0, 2.0, 3.0), noise: float = 0.1) -> None:
        super().__init__()
        for value in (*radii, noise):
            check_positive("Rings: radii, noise", value)
        if not radii:
            raise ValueError("Rings: radii: expected at least one, got none")
        self.radii, self.noise = tuple(radii), noise
        far = max(radii) + 7 * noise
        self.window = (-far, -far), (far, far)
        self.panels = math.ceil(far / noise)

    def _log_prob(self, x: Tensor) -> Tensor:
        rho, s = torch.linalg.vector_norm(x, dim=-1), self.noise
        each = [
            log_gaussian((rho - r) ** 2, s) + torch.special.i0e(rho * (r / s**2)).log()
            for r in self.radii
        ]
        return torch.stack(each).logsumexp(0) - math.log(len(each))

    def _sample(self, shape: Shape, generator: Generator) -> Tensor:
        k = self._index(len(self.radii), shape, generator)
        r = torch.tensor(self.radii, dtype=k.dtype, device=k.device)[k.long()]
        angle = 2 * math.pi * self._uniform(shape, generator)
        circle = r[..., None] * torch.stack([angle.cos(), angle.sin()], dim=-1)
        return circle + self.noise * self._normal((*shape, 2), generator)

    def extra_repr(self) -> str:
        return f"radii={self.radii}, noise={self.noise}"


class Checkerboard(Target):
    """Uniform on the eight dark squares of a 4×4 board on [−4, 4]²: p = 1/32 there, 0 elsewhere."""

    support = None
    window = ((-4.0, -4.0), (4.0, 4.0))

    def _log_prob(self, x: Tensor) -> Tensor:
        column, row = ((x + 4) / 2).floor().unbind(-1)
        on = (x.abs() < 4).all(-1) & ((column + row) % 2 == 0)
        log_prob = torch.zeros_like(x[..., 0]).masked_fill(~on, -math.inf) - math.log(32.0)
        return torch.where(x.isnan().any(-1), math.nan, log_prob)

    def _sample(self, shape: Shape, generator: Generator) -> Tensor:
        column, upper = self._index(4, shape, generator), self._index(2, shape, generator)
        corner = torch.stack([column, 2 * upper + column % 2], dim=-1)
        eps = torch.finfo(self.like.dtype).eps
        within = self._uniform((*shape, 2), generator).clamp(4 * eps, 1 - 4 * eps)
        return 2 * (corner + within) - 4

    def entropy(self) -> float:
        """The entropy H(p) = log 32, the log of the area."""
        return math.log(32.0)


class Pinwheel(Target):
    """K blades, each a narrow bump twisted around the origin by a map that keeps areas.

    Formula: v ~ N((1, 0), diag(s_r², s_t²)) and x = R(2πk/K + τ‖v‖) v, R a rotation, k uniform.
    As ‖x‖ = ‖v‖, the twist is undone by R(−2πk/K − τ‖x‖), and as it turns whole circles its
    determinant is 1:  p(x) = (1/K) Σ_k N(R(−2πk/K − τ‖x‖) x; (1, 0), diag(s_r², s_t²)).

    Args:
        blades: K.
        twist: τ, radians per unit of length.
        radial, tangential: s_r and s_t, along and across a blade.

    Raises:
        TypeError, ValueError: if blades is not an int of at least 1, or a scale not positive.

    Source: after Johnson et al., Composing graphical models with neural networks, NeurIPS 2016,
        whose twist depends on v_1 and not on ‖v‖, and so leaves no closed form.
    """

    def __init__(
        self, blades: int = 5, twist: float = 1.0, radial: float = 0.3, tangential: float = 0.1
    ) -> None:
        super().__init__()
        check_dimension("Pinwheel: blades", blades)
        check_positive("Pinwheel: radial", radial)
        check_positive("Pinwheel: tangential", tangential)
        self.blades, self.twist, self.radial, self.tangential = blades, twist, radial, tangential
        far = math.hypot(1 + 7 * radial, 7 * tangential)
        self.window = (-far, -far), (far, far)
        self.panels = math.ceil((1 + abs(twist)) * far / min(radial, tangential))

    def _log_prob(self, x: Tensor) -> Tensor:
        turned = self.twist * torch.linalg.vector_norm(x, dim=-1)
        each = []
        for k in range(self.blades):
            v1, v2 = rotate(x, -(2 * math.pi * k / self.blades + turned)).unbind(-1)
            each.append(-0.5 * ((v1 - 1) / self.radial) ** 2 - 0.5 * (v2 / self.tangential) ** 2)
        area = 2 * math.pi * self.radial * self.tangential
        return torch.stack(each).logsumexp(0) - math.log(self.blades * area)

    def _sample(self, shape: Shape, generator: Generator) -> Tensor:
        e1, e2 = self._normal((*shape, 2), generator).unbind(-1)
        v = torch.stack([1 + self.radial * e1, self.tangential * e2], dim=-1)
        k = self._index(self.blades, shape, generator)
        turned = self.twist * torch.linalg.vector_norm(v, dim=-1)
        return rotate(v, 2 * math.pi * k / self.blades + turned)

    def extra_repr(self) -> str:
        return f"blades={self.blades}, twist={self.twist}"


def rotate(x: Tensor, angle: Tensor) -> Tensor:
    """The points x, shape (*batch, 2), turned counter-clockwise by angles of shape (*batch,)."""
    cos, sin = angle.cos(), angle.sin()
    x1, x2 = x.unbind(-1)
    return torch.stack([cos * x1 - sin * x2, sin * x1 + cos * x2], dim=-1)
