"""Checks of chapter 4: the change of variables in d dimensions.

What is right is computed in another way than the answers: the laws of PyTorch, the automatic
Jacobian, sums over grids, cdfs of boxes, samples counted apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Distribution, Laplace, LogNormal, MultivariateNormal, Normal
from torch.func import jacrev, vmap
from torch.special import ndtr

from nflib.course.check.engine import Question
from nflib.course.check.measure import gaussian_points, plane

NEAR = {"tolerance": 1e-6, "alike": 1e-4}  # float32 answers err by 1e-7


def tensor(*rows: object) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def product(law: Distribution) -> Callable:
    """The log-density of independent coordinates, points (..., d) to values (...)."""
    return lambda x: law.log_prob(x).sum(-1)


log_normal = product(Normal(0.0, 1.0))
normal = lambda z, *_: log_normal(z).exp()


def rectangle(low: Tensor, high: Tensor, *n: int) -> tuple[Tensor, Tensor]:
    """Centres of n1·n2 equal cells of a rectangle, and the area of one."""
    steps = torch.cartesian_prod(*((torch.arange(m).double() + 0.5) / m for m in n))
    return low + (high - low) * steps, (high - low).prod() / math.prod(n)


def total(values: Tensor, *case: Any) -> Tensor:
    """The mass; the area of a cell is the last of the case."""
    return values.sum() * case[-1]


def show(point: Tensor) -> str:
    return "(" + ", ".join(f"{number:.3g}" for number in point.tolist()) + ")"


def at(name: str, argument: int = 0) -> Callable:
    """A function that names the worst of the points in ``argument``, for the message."""
    return lambda worst, found, right, *case: {"at": f"{name} = {show(case[argument][worst])}"}


# --- 1. A log-density for any map --------------------------------------------------------------

q1 = Question("e04.q1", "logpdf(x, f_inv, base_logpdf)", float64=True)


def compares(step: str, case: Callable, mistakes: dict[str, Callable] | None = None) -> None:
    right = lambda x, f_inv, base, law: law(x)
    options = {"hidden": 1, "finite": False, "alike": 1e-4, "tell": at("x")}
    q1.compares(step, "logpdf", lambda: [case()], right, mistakes, **options)


def linear(seed: int, m: Tensor, A: Tensor) -> tuple:
    """Points x, the inverse of z ↦ Az + m, and the log-densities of Z and of AZ + m."""
    W, law = A.inverse(), MultivariateNormal(m, A @ A.T)
    x = gaussian_points(6, len(m), seed=seed)
    return x, lambda x: (x - m) @ W.T, log_normal, law.log_prob


def formula(values: Callable) -> Callable:
    """An answer from log p_Z(z) and J, the Jacobian of the inverse, at each point."""
    return lambda x, f_inv, base: values(base(f_inv(x)), vmap(jacrev(f_inv))(x))


log_det = lambda J: torch.linalg.slogdet(J).logabsdet
cos, sin = math.sqrt(2) * math.cos(0.7), math.sqrt(2) * math.sin(0.7)
rotation = lambda: linear(1, tensor(0.5, -1.0), tensor((cos, -sin), (sin, cos)))
ROTATION = {
    "density": formula(lambda log_p, J: log_p.exp() * J.det().abs()),
    "no_term": formula(lambda log_p, J: log_p),
    "opposite_sign": formula(lambda log_p, J: log_p - log_det(J)),
    "diagonal": formula(lambda log_p, J: log_p + J.diagonal(dim1=1, dim2=2).abs().log().sum(1)),
    "no_log": formula(lambda log_p, J: log_p + J.det().abs()),
    "base_at_x": lambda x, f_inv, base: base(x) + log_det(vmap(jacrev(f_inv))(x)),
}
compares("rotation", rotation, ROTATION)
compares("orientation", lambda: linear(2, tensor(0.0, 1.0), tensor((0.5, 1.0), (2.0, 0.25))))
log_laws = [log_normal, product(LogNormal(0.0, 1.0))]
one_jacobian = formula(lambda log_p, J: log_p + log_det(J[0]))
exponential = lambda: (gaussian_points(6, 2, seed=3).exp(), torch.log, *log_laws)
compares("pointwise", exponential, {"one_jacobian": one_jacobian})
volume = tensor((1.0, 0.5, -0.3), (0.2, -1.5, 0.4), (0.7, 0.1, 0.8))
compares("dimension", lambda: linear(4, tensor(0.0, 1.0, -1.0), volume))
laplaces = [product(Laplace(0.0, scale)) for scale in (1.0, 2.0)]
compares("base", lambda: (gaussian_points(6, 2, seed=5), lambda x: x / 2, *laplaces))

# --- 2. Box-Muller -----------------------------------------------------------------------------

q2 = Question("e04.q2", "box_muller(u)", "box_muller_det(u)", "box_muller_density(x)")


def square() -> list[tuple[Tensor]]:
    """Points of (0, 1)², among them the book's (0.3, 0.7)."""
    cells = rectangle(torch.zeros(2), torch.ones(2), 7, 8)[0]
    return [(torch.cat([tensor((0.3, 0.7)), cells]),)]


def polar(u: Tensor, power: float = 0.5, turn: float = 2 * math.pi) -> Tensor:
    """The transform by complex numbers, points (..., 2)."""
    radius = (-2 * u[..., 0].log()) ** power
    return torch.view_as_real(torch.polar(radius, turn * u[..., 1]))


def arrival(worst: int, found: Tensor, right: Tensor, u: Tensor) -> dict[str, str]:
    n = worst // 2
    return {"at": f"u = {show(u[n])}", "value": show(found[n]), "right": show(right[n])}


norm = lambda x, u: x.norm(dim=-1)
jacobian = lambda u: vmap(jacrev(polar))(u)
det = lambda u: jacobian(u).det()
RADIUS = {"no_root": lambda u: polar(u, power=1), "exchanged": lambda u: polar(u.flip(-1))}
AT_U = {"tell": at("u"), **NEAR}
q2.compares("radius", "box_muller", square, polar, RADIUS, name="‖x‖", through=norm, **AT_U)
ANGLE = {"radians": lambda u: polar(u, turn=1)}
q2.compares("angle", "box_muller", square, polar, ANGLE, tell=arrival, **NEAR)
DETERMINANT = {
    "no_sign": lambda u: -det(u),
    "of_inverse": lambda u: 1 / det(u),
    "diagonal": lambda u: jacobian(u).diagonal(dim1=1, dim2=2).prod(1),
}
q2.compares("determinant", "box_muller_det", square, det, DETERMINANT, name="det J", **AT_U)


@q2.step("sign")
def _(require: Callable, box_muller: Callable, box_muller_det: Callable, density: Callable) -> None:
    x = plane(3, 12)[0]
    values = density(x, shape=(len(x),))
    worst = values.argmin()
    require(values[worst] >= 0, at=f"x = {show(x[worst])}", value=values[worst].item())


MASS = {
    "reciprocal": lambda x: 1 / normal(x),
    "constant": lambda x: torch.ones(len(x)),
    "no_turn": lambda x: 2 * math.pi * normal(x),
}
# wide grids, of a density that is wrong in another way than by its mass; the values are tested after
masses = {"hidden": 1, "through": total, "tolerance": 1e-3, "alike": 1e-4}
q2.compares("mass", "box_muller_density", lambda: [plane(24, 240)], normal, MASS, **masses)
carried = lambda: [(polar(u), u) for (u,) in square()]
pieces = lambda values, x, u: values * det(u).abs()
regions = {"hidden": 1, "through": pieces, "tolerance": 1e-5, "tell": at("u", 1)}
q2.compares("regions", "box_muller_density", carried, normal, **regions)

# --- 3. The density of the banana --------------------------------------------------------------

q3 = Question("e04.q3", "banana_density(x, b)")
BENDS = (1.0, -0.5)


def banana(x: Tensor, b: float, *_: Any) -> Tensor:
    """p(x₁) p(x₂ | x₁)."""
    first, law = x[:, 0], Normal(b * x[:, 0].square(), 1.0)
    return (Normal(0.0, 1.0).log_prob(first) + law.log_prob(x[:, 1])).exp()


z = gaussian_points(20, 2, seed=6)
images = lambda: [(z + tensor(0, b) * z[:, :1].square(), b) for b in BENDS]
grids = lambda: [(x, b, area) for x, area in [plane(64, 256)] for b in BENDS]
HEIGHT = {"no_constant": lambda x, b: 2 * math.pi * banana(x, b)}
tell = lambda worst, found, right, x, b, area: {"b": b}
q3.compares("mass", "banana_density", grids, banana, HEIGHT, tell=tell, **masses)


@q3.step("mean")
def _(require: Callable, density: Callable) -> None:
    for x, b, area in grids():
        first, second = (density(x, b, shape=(len(x),)) @ x * area).tolist()
        gaps = {"upside_down": second + b, "exchanged": first - b, "unmoved": second}
        hints = {name: b == BENDS[0] and abs(gap) < 1e-4 for name, gap in gaps.items()}
        require(abs(second - b) < 1e-4, hints, b=b, value=second)


q3.compares("points", "banana_density", images, banana, name="p(x)", tell=at("x"), **NEAR)

# --- 4. The mass of a box ----------------------------------------------------------------------

q4 = Question("e04.q4", "by_samples(z, low, high)", "by_integral(low, high)")
CORNERS = (((1, 0), (2, 2)), ((0.25, -1), (1, 4)), ((0.5, 1.5), (3, 2.5)))
BOXES = [(tensor(*low), tensor(*high)) for low, high in CORNERS]
pushed = lambda z: torch.stack([z[:, 0].exp(), 1 + z[:, 1] + z[:, 1]], -1)
pulled = lambda x: torch.stack([x[..., 0].log(), (x[..., 1] - 1) / 2], -1)


def counted(count: Callable, f: Callable = pushed) -> Callable:
    """An answer from the comparisons of the coordinates with the box, shape (n, 2)."""
    return lambda z, low, high: count((f(z) >= low) & (f(z) <= high))


def summed(term: Callable, back: Callable = pulled) -> Callable:
    """An answer that adds terms of p_Z(z), the determinant and the area of a cell."""

    def by_integral(low: Tensor, high: Tensor) -> Tensor:
        x, area = rectangle(low, high, 200, 200)
        return term(normal(back(x)), 2 * x[:, 0], area).sum()

    return by_integral


def referee(worst: int, found: Tensor, p: Tensor, low: Tensor, high: Tensor) -> dict[str, Any]:
    """The fraction of samples in the box, with its standard error, for the message."""
    share = fraction(gaussian_points(40_000, 2, seed=8), low, high).item()
    return box(low, high) | {"fraction": share, "error": math.sqrt(p * (1 - p) / 40_000)}


box = lambda *corners: {"box": "–".join(map(show, corners[-2:]))}
mass = lambda low, high: (ndtr(pulled(high)) - ndtr(pulled(low))).prod()  # by independence
drawn = lambda: [(gaussian_points(4000, 2, seed=7), *corners) for corners in BOXES]
fraction = counted(lambda inside: inside.all(-1).double().mean())
SAMPLES = {
    "count": counted(lambda inside: inside.all(-1).double().sum()),
    "box_of_z": counted(lambda inside: inside.all(-1).double().mean(), f=lambda z: z),
    "any_coordinate": counted(lambda inside: inside.any(-1).double().mean()),
    "averaged": counted(lambda inside: inside.double().mean()),
}
q4.compares("samples", "by_samples", drawn, fraction, SAMPLES, tell=box, **NEAR)
INTEGRAL = {
    "twice": summed(lambda p, det, area: p / det**2 * area),
    "no_factor": summed(lambda p, det, area: p * area),
    "multiplied": summed(lambda p, det, area: p * det * area),
    "heights": summed(lambda p, det, area: p / det),
    "base_at_x": summed(lambda p, det, area: p / det * area, back=lambda x: x),
}
coarse = {"tolerance": 1e-4, "alike": 1e-4, "tell": referee}
q4.compares("integral", "by_integral", lambda: BOXES, mass, INTEGRAL, **coarse)

# --- 5. The counter of pre-images --------------------------------------------------------------

q5 = Question("e04.q5", "preimage_counter(z, c)", float64=True)


def averaged(weight: Callable, mean: Callable = torch.mean) -> Callable:
    """An answer that averages a weight of f(z), f'(z) and r(f(z)) / p_Z(z)."""

    def preimage_counter(z: Tensor, c: float) -> Tensor:
        t, law = z.tanh(), Normal(0.0, 1.0)
        x = z + c * t
        return mean(weight(x, 1 + c * (1 - t.square()), (law.log_prob(x) - law.log_prob(z)).exp()))

    return preimage_counter


def counts(step: str, cases: Callable, right: Callable, error: float, mistakes: dict) -> None:
    """Compare up to ``error``."""
    limit = lambda z, c: error / max(1, right(z, c))
    tell = lambda worst, found, right, z, c: {"c": c, "tolerance": error}
    options = {"tolerance": limit, "alike": 1e-4, "tell": tell}
    q5.compares(step, "preimage_counter", cases, right, mistakes, **options)


weight = lambda x, slope, ratio: slope.abs() * ratio
INJECTIVE = {
    "sum": averaged(weight, torch.sum),
    "no_slope": averaged(lambda x, slope, ratio: ratio),
    "r_at_z": averaged(lambda x, slope, ratio: slope.abs()),
    "undivided": averaged(lambda x, slope, ratio: slope.abs() * normal(x[:, None])),
    "inverted": averaged(lambda x, slope, ratio: slope.abs() / ratio),
}
cases = lambda: [(gaussian_points(400_000, seed=9), c) for c in (-0.5, 3.0)]
counts("injective", cases, lambda z, c: 1, 0.02, INJECTIVE)
FOLDED = {
    "self_normalised": averaged(lambda *parts: weight(*parts) / weight(*parts).sum(), torch.sum),
    "signed": averaged(lambda x, slope, ratio: slope * ratio),
}
many = lambda: [(gaussian_points(400_000, seed=10), -2.0)]
counts("folded", many, lambda z, c: 1.81, 0.08, FOLDED)
few = lambda: [(gaussian_points(50, seed=11 + n), c) for n, c in enumerate((-2.0, -0.5, 3.0))]
counts("average", few, averaged(weight), 1e-6, {})

# --- 6. A proof with a mistake -----------------------------------------------------------------

q6 = Question("e04.q6", "line", "mode", "statement")
q6.chooses("line", "line", right=4, options=range(1, 7))
MODE = {"image": lambda *_: 1.0, "mean": lambda *_: math.e**0.5, "logarithm": lambda *_: -1.0}
q6.computes("mode", "mode", lambda *_: 1 / math.e, MODE)
q6.chooses("statement", "statement", right="B", options="ABCD")

# --- 7. Squared: predict, then measure ---------------------------------------------------------

q7 = Question("e04.q7", "predicted", "explanation")
near = lambda mass: lambda guess: abs(guess - mass) <= 0.05
q7.predicts("predicted", "predicted", close=near(0.5), one=near(1))
q7.chooses("explanation", "explanation", right="D", options="ABCD")
