"""The energies U1 to U4 of Rezende and Mohamed, with normalisers: p(z) = exp(−U(z))/Z.

With w₁ = sin(2πz₁/4), w₂ = 3 exp(−½((z₁ − 1)/0.6)²), w₃ = 3σ((z₁ − 1)/0.3):

    U1 = ½((‖z‖ − 2)/0.4)² − log(e^{−½((z₁−2)/0.6)²} + e^{−½((z₁+2)/0.6)²})
    U2 = ½((z₂ − w₁)/0.4)²                                                      + wall
    U3 = −log(e^{−½((z₂−w₁)/0.35)²} + e^{−½((z₂−w₁+w₂)/0.35)²})                 + wall
    U4 = −log(e^{−½((z₂−w₁)/0.4)²} + e^{−½((z₂−w₁+w₃)/0.35)²})                  + wall

**The wall** is ours. As printed, U2 to U4 do not confine z₁, so exp(−U) has infinite mass;
with ½((|z₁| − 4)₊/0.2)² they are densities, and then, given z₁, z₂ is a mixture of normal laws
with the same mass at every z₁: Z is known and sampling is exact.

Source: Rezende and Mohamed, Variational Inference with Normalizing Flows, ICML 2015, table 1.
"""

from __future__ import annotations

import math
from abc import abstractmethod

import torch
from torch import Tensor

from nflib.course.targets.target import Generator, Shape, Target

EDGE, SOFTNESS = 4.0, 0.2
WALLED_LENGTH = 2 * EDGE + SOFTNESS * math.sqrt(2 * math.pi)  # ∫ exp(−wall) dz₁


class Energy(Target):
    """Base class of densities p(z) = exp(−U(z))/Z on the plane.

    Attributes:
        log_normaliser: log Z in nats.
    """

    log_normaliser: float
    window = ((-7.0, -7.0), (7.0, 7.0))
    panels = 70  # of side 0.2, so that the wall begins where a panel ends

    @abstractmethod
    def energy(self, z: Tensor) -> Tensor:
        """The energy U(z), points (*batch, 2) to values (*batch,), any dtype and device."""

    def _log_prob(self, z: Tensor) -> Tensor:
        return -self.energy(z) - self.log_normaliser


class U1(Energy):
    """Two bumps on a ring. Z has no closed form: quadrature on [−7, 7]² gave its digits."""

    log_normaliser = 1.8775016261097

    def energy(self, z: Tensor) -> Tensor:
        r, z1 = torch.linalg.vector_norm(z, dim=-1), z[..., 0]
        bumps = torch.logaddexp(-0.5 * ((z1 - 2) / 0.6) ** 2, -0.5 * ((z1 + 2) / 0.6) ** 2)
        return 0.5 * ((r - 2) / 0.4) ** 2 - bumps

    def _sample(self, shape: Shape, generator: Generator) -> Tensor:
        """Sample by rejection: uniform on [−5, 5]², kept with probability exp(−U) ≤ 1 + 3e-10."""
        n = math.prod(shape)
        kept = self.like.new_empty(0, 2)
        while len(kept) < n:
            z = 10 * self._uniform((16 * (n - len(kept)) + 64, 2), generator) - 5
            accept = self._uniform((len(z),), generator) < torch.exp(-self.energy(z))
            kept = torch.cat([kept, z[accept]])
        return kept[:n].reshape(*shape, 2)


class Valleys(Energy):
    """Energies where z₂ given z₁ is a mixture of N(w₁ − w, s²), each w with mass ∝ its s.

    Formula: Z = Σ s √(2π) · ∫ exp(−wall) dz₁.
    """

    scales: tuple[float, ...]

    def __init__(self) -> None:
        super().__init__()
        self.log_normaliser = math.log(sum(self.scales) * math.sqrt(2 * math.pi) * WALLED_LENGTH)

    @abstractmethod
    def below(self, z1: Tensor) -> tuple[Tensor | float, ...]:
        """The distance w of each valley below w₁, at z₁."""

    def energy(self, z: Tensor) -> Tensor:
        z1, z2 = z.unbind(-1)
        w1 = torch.sin(2 * math.pi * z1 / 4)
        each = [
            -0.5 * ((z2 - w1 + w) / s) ** 2
            for w, s in zip(self.below(z1), self.scales, strict=True)
        ]
        wall = 0.5 * ((z1.abs() - EDGE).clamp(min=0.0) / SOFTNESS) ** 2
        return wall - torch.stack(each).logsumexp(0)

    def _sample(self, shape: Shape, generator: Generator) -> Tensor:
        # z₁: uniform on [−4, 4] or, with the wall's part of the length, a half normal beyond.
        along = WALLED_LENGTH * (self._uniform(shape, generator) - 0.5)
        beyond = torch.copysign(EDGE + SOFTNESS * self._normal(shape, generator).abs(), along)
        z1 = torch.where(along.abs() <= EDGE, along, beyond)
        which = sum(self.scales) * self._uniform(shape, generator)
        z2 = torch.sin(2 * math.pi * z1 / 4)
        noise, first = self._normal(shape, generator), which < self.scales[0]
        w, s = self.below(z1), self.scales
        z2 = z2 + torch.where(first, s[0] * noise - w[0], s[-1] * noise - w[-1])
        return torch.stack([z1, z2], dim=-1)


class U2(Valleys):
    """A sine wave: log Z = log(0.4 √(2π) (8 + 0.2 √(2π)))."""

    scales = (0.4,)

    def below(self, z1: Tensor) -> tuple[Tensor | float, ...]:
        return (0.0,)

    def entropy(self) -> float:
        """The entropy of z₂ given z₁, log 0.4√(2πe), plus that of z₁: log of its length, and the wall."""
        wall = 0.5 * SOFTNESS * math.sqrt(2 * math.pi) / WALLED_LENGTH
        return 0.5 * math.log(2 * math.pi * math.e * 0.16) + math.log(WALLED_LENGTH) + wall


class U3(Valleys):
    """A sine wave with a bump beside it, split from it around z₁ = 1."""

    scales = (0.35, 0.35)

    def below(self, z1: Tensor) -> tuple[Tensor | float, ...]:
        return 0.0, 3 * torch.exp(-0.5 * ((z1 - 1) / 0.6) ** 2)


class U4(Valleys):
    """A sine wave that forks at z₁ = 1 and stays in two."""

    scales = (0.4, 0.35)

    def below(self, z1: Tensor) -> tuple[Tensor | float, ...]:
        return 0.0, 3 * torch.sigmoid((z1 - 1) / 0.3)
