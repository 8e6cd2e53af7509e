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
    MADE,
    MLP,
    ActNorm,
    AdditiveCoupling,
    Affine,
    AffineCoupling,
    Bijection,
    Box,
    ByCoordinate,
    CausalTransformer,
    Composition,
    Conditional,
    Convolution1x1,
    Exp,
    Flow,
    Inverse,
    Linear,
    Log,
    Logit,
    LogitPreprocessing,
    LULinear,
    MaskedAffineAutoregressive,
    MaskedHistogramAutoregressive,
    MaskedSplineAutoregressive,
    Orthogonal,
    Patches,
    Permutation,
    PerPixel,
    Planar,
    PlanarStack,
    Radial,
    Sigmoid,
    Softplus,
    SplineCoupling,
    Split,
    Squeeze,
    StandardNormal,
    StandardUniform,
    Sylvester,
    Tanh,
    guided,
)
from nflib.densities import BaseDensity
from nflib.ready_made import StandardisedContext


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


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(1)


def moved(f: Bijection) -> Bijection:
    """Away from its start, where it may be the identity: each parameter by at most a half."""
    with torch.no_grad():
        for k, p in enumerate(f.parameters(), start=1):
            p.add_(0.5 * torch.sin(torch.arange(1.0, p.numel() + 1) * 2 * k).reshape(p.shape))
    return f


def mask(bits: str) -> torch.Tensor:
    return torch.tensor([bit == "1" for bit in bits])


def smooth(inputs: int, outputs: int) -> MLP:
    """A conditioner without corners, so that quadrature converges."""
    return MLP(inputs, outputs, (8,), generator=seeded(), activation=torch.tanh)


def network(*sizes: int, context: int = 0) -> MLP:
    return MLP(*sizes, (8, 8), context, seeded())


class Given(Bijection):
    """A conditional bijection at one value of its context."""

    def __init__(self, bijection: Bijection, context: torch.Tensor) -> None:
        super().__init__()
        self.bijection, self.d = bijection, bijection.d
        self.register_buffer("context", context)

    def _forward(self, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.bijection.forward(z, self.context)

    def _inverse(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.bijection.inverse(x, self.context)


class EachGiven(Given):
    """The same, with a copy of the context for each point: with parameters of its own, if Conditional."""

    def _forward(self, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.bijection.forward(z, self.context.repeat(*z.shape[:-1], 1))

    def _inverse(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.bijection.inverse(x, self.context.repeat(*x.shape[:-1], 1))


def conditional(f: Bijection) -> Bijection:
    """With parameters N(c) of its own at each point."""
    f = Conditional(f, 2, hidden=(2,), activation=torch.tanh, generator=seeded())
    return EachGiven(moved(f), POSITIVE[0])


def maf(d: int, hidden: tuple[int, ...], context: int = 0) -> Bijection:
    return MaskedAffineAutoregressive(d, hidden, context, seeded())


def maf_spline(d: int, hidden: tuple[int, ...]) -> Bijection:
    return MaskedSplineAutoregressive(d, hidden, bins=4, bound=3.0, generator=seeded())


def angles(circular: str, hidden: tuple[int, ...] = (4,)) -> Bijection:
    """A smooth spline flow where the digits 1 are angles."""
    f = MaskedSplineAutoregressive(
        len(circular), hidden, 4, 3.0, 0, seeded(), torch.tanh, [c == "1" for c in circular]
    )
    return moved(f)


def transformer(n_params: int, levels: int | None = None, context: int = 0) -> CausalTransformer:
    """Of two tokens of two coordinates."""
    return CausalTransformer(4, n_params, 2, 4, 1, 2, (2,), context, levels, seeded())


def histogram(conditioner: MADE | CausalTransformer) -> Bijection:
    """With pieces of three widths."""
    return moved(MaskedHistogramAutoregressive(conditioner, torch.tensor([0.0, 0.25, 0.375, 1.0])))


def cylinder() -> Composition:
    """From the unit square onto a circle times the line."""
    return Composition(ByCoordinate(Affine(-math.pi, 2 * math.pi), Logit()), angles("10"))


def multi_scale() -> Bijection:
    """An image of shape (1, 2, 4) through two scales."""
    small = Split(planar(2, 1.0), 4)
    f = Composition(
        Split(Composition(small, Convolution1x1((2, 1, 2), seeded())), 8),
        Convolution1x1((4, 1, 2)),
        PerPixel(ActNorm(4), (4, 1, 2)),
        Squeeze((1, 2, 4)),
    )
    return moved(f)


PI, E2 = math.pi, math.exp(2.0)
SOFTPLUS2 = math.log1p(E2)
POSITIVE = torch.tensor([[1.0, 0.5], [0.25, 1.0]])
NORMAL1, NORMAL2, NORMAL3, NORMAL4, NORMAL5 = (StandardNormal(d) for d in (1, 2, 3, 4, 5))
CUBE2, CUBE4 = StandardUniform(2), StandardUniform(4)

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
    Case("log", Log, 1, box(1, 0.25, 4.0), (math.log(0.25), math.log(4.0))),
    Case("sigmoid", Sigmoid, 2, NORMAL2, (0, 1), (0.0, 1.0, -0.5, 2.0)),
    Case("logit", Logit, 2, box(2, 0.0625, 0.9375), (-math.log(15.0), math.log(15.0))),
    Case("softplus", Softplus, 1, box(1), (SOFTPLUS2 - 2, SOFTPLUS2), (0.0, -1.0)),
    Case("tanh", Tanh, 1, NORMAL1, (-1, 1), (-1.0, 1.0, -2.0, 3.0)),
    Case("tanh-2d", Tanh, 2, box(2), (-math.tanh(2.0), math.tanh(2.0)), (-1.0, 1.0)),
    Case("linear-1d", lambda: Linear(matrix(1), torch.tensor([0.5])), 1, NORMAL1, (-20, 20)),
    Case("linear", lambda: Linear(matrix(2), torch.tensor([0.5, -1.0])), 2, NORMAL2, (-20, 20)),
    Case("linear-5d", lambda: Linear(matrix(5)), 5, NORMAL5),
    Case("lu-1d", lambda: moved(LULinear(1)), 1, NORMAL1, (-20, 20)),
    Case("lu", lambda: moved(LULinear(2)), 2, NORMAL2, (-20, 20)),
    Case("lu-permuted-5d", lambda: moved(LULinear(5, seeded())), 5, NORMAL5),
    Case("lu-new", lambda: LULinear(3), 3, StandardNormal(3)),
    Case("permutation", lambda: Permutation([1, 0]), 2, NORMAL2, (-10, 10)),
    Case("permutation-5d", lambda: Permutation([3, 0, 4, 1, 2]), 5, NORMAL5),
    Case("orthogonal", lambda: moved(Orthogonal(2, 2, seeded())), 2, NORMAL2, (-10, 10)),
    Case("orthogonal-5d", lambda: moved(Orthogonal(5, generator=seeded())), 5, NORMAL5),
    Case("actnorm-1d", lambda: moved(ActNorm(1)), 1, NORMAL1, (-20, 20)),
    Case("actnorm-3d", lambda: moved(ActNorm(3)), 3, StandardNormal(3)),
    Case(
        "inverse-logit-preprocessing",
        lambda: Inverse(LogitPreprocessing(0.125)),
        2,
        box(2, 0.0, 1.0),
        (-math.log(7.0), math.log(7.0)),
    ),
    Case(
        "logit-preprocessing",
        lambda: LogitPreprocessing(0.125),
        2,
        NORMAL2,
        (-1 / 6, 7 / 6),
        (-0.25, 1.25, 3.0),
    ),
    Case("squeeze", lambda: Squeeze((1, 2, 4)), 8, StandardNormal(8)),
    Case("split", lambda: Split(planar(1, 3.0), 2), 2, NORMAL2, (-15, 15)),
    Case("split-5d", lambda: Split(moved(LULinear(2)), 5), 5, NORMAL5),
    Case("per-pixel", lambda: PerPixel(planar(2, -0.5), (2, 1, 2)), 4, StandardNormal(4)),
    Case("per-pixel-exp", lambda: PerPixel(Exp(), (1, 2, 1)), 2, box(2), (1 / E2, E2), (0.0, -1.0)),
    Case(
        "convolution-1x1",
        lambda: moved(Convolution1x1((3, 1, 2), seeded())),
        6,
        StandardNormal(6),
    ),
    Case("multi-scale", multi_scale, 8, StandardNormal(8)),
    Case("planar-1d", lambda: planar(1, 3.0), 1, NORMAL1, (-15, 15)),
    Case("planar", lambda: planar(2, 2.0), 2, NORMAL2, (-12, 12)),
    Case("planar-contracting", lambda: planar(2, -0.75), 2, NORMAL2, (-12, 12)),
    Case("planar-5d", lambda: planar(5, -0.9), 5, NORMAL5),
    Case("planar-new", lambda: Planar(3, torch.Generator().manual_seed(1)), 3, StandardNormal(3)),
    Case("planar-stack", lambda: moved(PlanarStack(2, 11, seeded())), 2, NORMAL2, (-20, 20)),
    Case("planar-stack-5d", lambda: moved(PlanarStack(5, 11, seeded())), 5, NORMAL5),
    Case("planar-stack-new", lambda: PlanarStack(2, 3, seeded()), 2, NORMAL2, (-10, 10)),
    Case("radial-1d", lambda: moved(Radial(1, seeded())), 1, NORMAL1),
    Case("radial", lambda: moved(Radial(2, seeded())), 2, NORMAL2),
    Case("radial-5d", lambda: moved(Radial(5, seeded())), 5, NORMAL5),
    Case("sylvester", lambda: moved(Sylvester(2, 2, seeded())), 2, NORMAL2, (-12, 12)),
    Case("sylvester-5d", lambda: moved(Sylvester(5, 3, seeded())), 5, NORMAL5),
    Case(
        "additive", lambda: moved(AdditiveCoupling(mask("01"), smooth(1, 1))), 2, NORMAL2, (-12, 12)
    ),
    Case(
        "affine-coupling",
        lambda: moved(AffineCoupling(mask("10"), smooth(1, 2))),
        2,
        NORMAL2,
        (-20, 20),
    ),
    Case(
        "affine-coupling-5d",
        lambda: moved(AffineCoupling(mask("01101"), network(3, 4))),
        5,
        NORMAL5,
    ),
    Case(
        "affine-coupling-blocks",
        lambda: moved(AffineCoupling(mask("00111"), network(3, 4))),
        5,
        NORMAL5,
    ),
    Case(
        "affine-coupling-new",
        lambda: AffineCoupling(mask("101"), network(2, 2)),
        3,
        StandardNormal(3),
    ),
    Case(
        "affine-coupling-given-1d",
        lambda: Given(moved(AffineCoupling(mask("0"), network(0, 2, context=2))), POSITIVE[0]),
        1,
        NORMAL1,
        (-20, 20),
    ),
    Case(
        "spline-coupling",
        lambda: moved(SplineCoupling(mask("10"), smooth(1, 11), 4, 3.0)),
        2,
        NORMAL2,
    ),
    Case(
        "spline-coupling-5d",
        lambda: moved(SplineCoupling(mask("10011"), network(3, 46))),
        5,
        NORMAL5,
    ),
    Case(
        "spline-coupling-given",
        lambda: Given(moved(SplineCoupling(mask("110"), network(2, 8, context=2), 3)), POSITIVE[1]),
        3,
        StandardNormal(3),
    ),
    Case(
        "real-nvp",
        lambda: moved(
            Composition(*(AffineCoupling(mask(m), network(1, 2)) for m in ("10", "01", "10")))
        ),
        2,
        NORMAL2,
    ),
    *(
        Case(
            f"standardised-context-{given.__name__.lower()}",
            lambda given=given: given(moved(StandardisedContext(maf(2, (4,), 2), 2)), POSITIVE[0]),
            2,
            NORMAL2,
            (-30, 30),
        )
        for given in (Given, EachGiven)
    ),
    Case("maf-1d", lambda: moved(maf(1, (3,))), 1, NORMAL1, (-20, 20)),
    Case("maf", lambda: moved(maf(2, (4, 3))), 2, NORMAL2, (-30, 30)),
    Case("maf-5d", lambda: moved(maf(5, (8, 3))), 5, NORMAL5),
    Case(
        "maf-silu",
        lambda: moved(MaskedAffineAutoregressive(3, (4, 4), 0, seeded(), torch.nn.SiLU)),
        3,
        StandardNormal(3),
    ),
    Case("maf-linear", lambda: moved(maf(3, ())), 3, StandardNormal(3)),
    Case("maf-given", lambda: Given(moved(maf(2, (4,), 2)), POSITIVE[0]), 2, NORMAL2, (-30, 30)),
    Case("iaf", lambda: Inverse(moved(maf(2, (4,)))), 2, NORMAL2, (-40, 40)),
    Case("maf-spline", lambda: moved(maf_spline(2, (4,))), 2, NORMAL2),
    Case("maf-spline-5d", lambda: moved(maf_spline(5, (8, 6))), 5, NORMAL5),
    Case(
        "maf-transformer",
        lambda: moved(MaskedAffineAutoregressive(4, conditioner=transformer(2))),
        4,
        NORMAL4,
    ),
    Case(
        "histogram",
        lambda: histogram(MADE(2, 3, (4,), generator=seeded(), activation=torch.tanh)),
        2,
        CUBE2,
        None,
        (-0.25, 1.5),
    ),
    Case(
        "histogram-of-levels",
        lambda: histogram(MADE(5, 3, (8, 8), generator=seeded(), levels=8, residual=True)),
        5,
        StandardUniform(5),
    ),
    Case("histogram-transformer", lambda: histogram(transformer(3)), 4, CUBE4),
    Case(
        "histogram-guided",
        lambda: Given(
            guided(Flow(CUBE4, histogram(transformer(3, 8, 2))), 0.5).bijection, POSITIVE[0]
        ),
        4,
        CUBE4,
    ),
    Case("patches", lambda: Patches((2, 2, 4), 2), 16, StandardNormal(16)),
    Case("conditional-planar", lambda: conditional(Planar(2, seeded())), 2, NORMAL2, (-12, 12)),
    Case("conditional-stack", lambda: conditional(PlanarStack(2, 2, seeded())), 2, NORMAL2),
    Case("conditional-radial", lambda: conditional(Radial(2, seeded())), 2, NORMAL2),
    Case("conditional-sylvester", lambda: conditional(Sylvester(3, 2, seeded())), 3, NORMAL3),
    Case("conditional-lu", lambda: conditional(LULinear(3, seeded())), 3, NORMAL3),
    Case("conditional-actnorm", lambda: conditional(ActNorm(1)), 1, NORMAL1, (-20, 20)),
    Case(
        "conditional-given",
        lambda: Given(
            moved(Conditional(Composition(ActNorm(2), Exp()), 2, hidden=(), generator=seeded())),
            POSITIVE[1],
        ),
        2,
        box(2),
        None,
        (0.0, -1.0),
    ),
    Case("circle", lambda: angles("1"), 1, box(1, -PI, PI), None, (-4.0, 3.2, 1e6)),
    Case("torus", lambda: angles("11"), 2, box(2, -PI, PI), None, (-4.0, 3.2)),
    Case("torus-4d", lambda: angles("1011", (8, 6)), 4, box(4, -3.0, 3.0)),
    Case("cylinder", cylinder, 2, StandardUniform(2)),
    Case(
        "by-coordinate",
        lambda: ByCoordinate(Exp(), Composition(Sigmoid(), Affine(1.0, -2.0))),
        2,
        box(2),
        None,
        (-1.5, -7.0),
    ),
    Case("by-coordinate-1d", lambda: ByCoordinate(Tanh()), 1, NORMAL1, (-1, 1), (-1.0, 1.0)),
    Case(
        "by-coordinate-5d",
        lambda: ByCoordinate(Log(), Softplus(), Inverse(Logit()), Composition(), planar(1, 3.0)),
        5,
        box(5, 0.25, 2.0),
    ),
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
    Case("log-linear", lambda: Composition(Exp(), Linear(POSITIVE), Log()), 2, box(2), None),
]


def points(case: Case, *batch: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """Points of the base, the same at every call."""
    generator = torch.Generator().manual_seed(len(case.name))
    drawn = case.base.sample(batch, generator)
    return drawn.to(dtype)
