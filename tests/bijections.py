"""The one list over which every bijection is tested. A new bijection joins by one line.

A case says how to make it (in float32, with numbers that float32 holds exactly), its d, a base
density that lives where it is defined, the interval or square [low, high]^d that holds the
image of that base (None where ∫p = 1 is not computed), and coordinates outside of its image.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from nflib import (
    Affine,
    Bijection,
    Box,
    Composition,
    Exp,
    Inverse,
    Linear,
    Log,
    Logit,
    Planar,
    Sigmoid,
    Softplus,
    StandardNormal,
    Tanh,
)
from nflib.base import BaseDensity


@dataclass(frozen=True)
class Case:
    name: str
    make: Callable[[], Bijection]
    d: int
    base: BaseDensity
    image: tuple[float, float] | None = None
    outside: tuple[float, ...] = ()


def box(d: int, low: float = -2.0, high: float = 2.0) -> Box:
    return Box(torch.full((d,), low), torch.full((d,), high))


def matrix(d: int) -> torch.Tensor:
    """Well conditioned, not symmetric, determinant neither 1 nor positive for every d."""
    i = torch.arange(d, dtype=torch.float32)
    return torch.eye(d) * (1.5 - (i == 0) * 3.0) + 0.25 * torch.sin(3 * i[:, None] + i)


def planar(d: int, c: float, b: float = 0.25) -> Planar:
    """With wᵀu = c."""
    w = torch.linspace(0.5, 1.5, d)
    across = torch.linspace(-1.0, 1.0, d)
    across = across - (across @ w) / (w @ w) * w
    return Planar.from_parameters(w, c / (w @ w) * w + across, b)


E2 = math.exp(2.0)
SOFTPLUS2 = math.log1p(E2)
POSITIVE = torch.tensor([[1.0, 0.5], [0.25, 1.0]])
NORMAL1, NORMAL2, NORMAL5 = StandardNormal(1), StandardNormal(2), StandardNormal(5)

CASES = [
    Case("affine", lambda: Affine(1.0, 2.0), 1, NORMAL1, (-19, 21)),
    Case("affine-decreasing", lambda: Affine(0.5, -0.25), 2, NORMAL2, (-2, 3)),
    Case(
        "affine-vector",
        lambda: Affine(torch.tensor([1.0, -1.0]), torch.tensor([2.0, -0.5])),
        2,
        NORMAL2,
        (-18, 20),
    ),
    Case("exp", Exp, 1, box(1), (1 / E2, E2), (0.0, -1.0)),
    Case("exp-3d", Exp, 3, StandardNormal(3), None, (0.0, -1.0, -math.inf)),
    Case("log", Log, 1, box(1, 0.25, 4.0), (math.log(0.25), math.log(4.0)), (1e4,)),
    Case("sigmoid", Sigmoid, 2, NORMAL2, (0, 1), (0.0, 1.0, -0.5, 2.0)),
    Case("logit", Logit, 2, box(2, 0.0625, 0.9375), (-math.log(15.0), math.log(15.0))),
    Case("softplus", Softplus, 1, box(1), (SOFTPLUS2 - 2, SOFTPLUS2), (0.0, -1.0)),
    Case("tanh", Tanh, 1, NORMAL1, (-1, 1), (-1.0, 1.0, -2.0, 3.0)),
    Case("tanh-2d", Tanh, 2, box(2), (-math.tanh(2.0), math.tanh(2.0)), (-1.0, 1.0)),
    Case("linear-1d", lambda: Linear(matrix(1), torch.tensor([0.5])), 1, NORMAL1, (-20, 20)),
    Case("linear", lambda: Linear(matrix(2), torch.tensor([0.5, -1.0])), 2, NORMAL2, (-20, 20)),
    Case("linear-5d", lambda: Linear(matrix(5)), 5, NORMAL5),
    Case("planar-1d", lambda: planar(1, 3.0), 1, NORMAL1, (-15, 15)),
    Case("planar", lambda: planar(2, 2.0), 2, NORMAL2, (-12, 12)),
    Case("planar-contracting", lambda: planar(2, -0.75), 2, NORMAL2, (-12, 12)),
    Case("planar-5d", lambda: planar(5, -0.9), 5, NORMAL5),
    Case("planar-new", lambda: Planar(3, torch.Generator().manual_seed(1)), 3, StandardNormal(3)),
    Case("inverse-planar", lambda: Inverse(planar(2, 1.0)), 2, NORMAL2, (-12, 12)),
    Case("inverse-linear", lambda: Inverse(Linear(matrix(5))), 5, NORMAL5),
    Case("composition-empty", Composition, 2, NORMAL2, (-10, 10)),
    Case(
        "composition",
        lambda: Composition(planar(2, 1.0), Linear(matrix(2)), planar(2, -0.5)),
        2,
        NORMAL2,
        (-20, 20),
    ),
    Case(
        "exp-affine",
        lambda: Composition(Exp(), Affine(1.0, 2.0)),
        1,
        box(1),
        (1 + 2 / E2, 1 + 2 * E2),
        (1.0, 0.0, -5.0),
    ),
    Case(
        "tanh-logit",
        lambda: Composition(Tanh(), Affine(0.5, 0.25), Logit()),
        2,
        box(2),
        None,
        (-30.0, 30.0),
    ),
    Case(
        "log-linear", lambda: Composition(Exp(), Linear(POSITIVE), Log()), 2, box(2), None, (1e4,)
    ),
]


def points(case: Case, *batch: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """Points of the base, the same at every call."""
    generator = torch.Generator().manual_seed(len(case.name))
    drawn = case.base.sample(batch, generator)
    return drawn.to(dtype)
