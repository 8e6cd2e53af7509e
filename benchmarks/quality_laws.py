"""Laws of the quality table that nflib.course.targets has not: on the line, and in five dimensions.

Their log-density is written here, in float64, without the flows that are fitted to them.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

F64 = torch.float64


class Beta25:
    """The law Beta(2, 5), that of the second smallest of six uniform numbers: p(x) = 30 x (1 − x)⁴."""

    d = 1

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        uniform = torch.rand(n, 6, dtype=F64, generator=generator)
        return uniform.kthvalue(2, keepdim=True).values

    def log_prob(self, x: Tensor) -> Tensor:
        return (math.log(30) + x.log() + 4 * (1 - x).log())[..., 0]


class Bent:
    """A normal law bent by its first coordinate, then turned: x = Q w, z ~ N(0, I),

        w_1 = z_1,  w_i = ½ z_i + a (z_1² − 1),   log p(x) = log N(z; 0, I) + (d − 1) log 2,

    with Q the orthogonal factor of a matrix drawn from seed 0, or I in the plane: the banana.
    Its entropy is (d/2) log 2πe − (d − 1) log 2.
    """

    def __init__(self, d: int, a: float) -> None:
        self.d, self.a = d, a
        drawn = torch.randn(d, d, dtype=F64, generator=torch.Generator().manual_seed(0))
        self.Q = torch.linalg.qr(drawn)[0] if d > 2 else torch.eye(d, dtype=F64)

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        first, others = torch.randn(n, self.d, dtype=F64, generator=generator).tensor_split([1], 1)
        return torch.cat([first, others / 2 + self.a * (first**2 - 1)], 1) @ self.Q.T

    def log_prob(self, x: Tensor) -> Tensor:
        first, others = (x @ self.Q).tensor_split([1], 1)
        z = torch.cat([first, 2 * (others - self.a * (first**2 - 1))], 1)
        normal = -0.5 * (z * z).sum(1) - 0.5 * self.d * math.log(2 * math.pi)
        return normal + (self.d - 1) * math.log(2)
