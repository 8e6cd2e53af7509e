"""Checks of chapter 2: densities and the change of variables on the line.

They test what every right answer must satisfy: f(h(x)) = x, total mass 1, and the mass of an
interval of z carried to its image. In questions 1 to 5 no density has a closed form except the bases.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from nflib.course.check.compare import Sign
from nflib.course.check.engine import Question
from nflib.course.check.measure import constant, ks_distance, masses, slope
from nflib.course.check.variants import variant

TOLERANCE = 1e-6  # quadrature is exact to 1e-12 here; float32 answers err by 1e-7
gaussian_density = lambda z: torch.exp(-z.square() / 2) / math.sqrt(2 * math.pi)
gaussian_cdf = torch.special.ndtr


def grid(low: float, high: float, n: int) -> Tensor:
    """n float64 points of the open interval (low, high), equally spaced."""
    return low + (high - low) * (torch.arange(n, dtype=torch.float64) + 0.5) / n


def edges(low: float, high: float, n: int) -> Tensor:
    """The n + 1 ends of n equal intervals of [low, high]."""
    return torch.linspace(low, high, n + 1, dtype=torch.float64)


# The steps that questions 1 to 4 share; the density is the last answer, and its arguments after x
# run over the tuples ``laws``.


def support(question, outside, hints=lambda seen: "hint", laws=((),)):
    """Register the step: a density of 0 at points that X never reaches."""

    @question.step("support")
    def _(require, *answers):
        x = torch.tensor(outside, dtype=torch.float64)
        for law in laws:
            values = answers[-1](x, *law)
            seen = values != 0
            k = seen.int().argmax()
            require(~seen.any(), hints(seen), "message_support", x=x[k], value=values[k])


def mass(question, ends, hints, laws=((),), integrand=lambda density: density):
    """Register the step: a total mass of 1; ``hints`` takes the mass, the density and a law."""

    @question.step("mass")
    def _(require, *answers):
        for law in laws:
            density = lambda x, law=law: answers[-1](x, *law)
            total = masses(integrand(density), ends).sum()
            signs = {"zero": abs(total) < TOLERANCE} | hints(total, density, *law)
            require(abs(total - 1) < TOLERANCE, signs, "message_mass", total=total, law=law)


def intervals(question, f, z, cdf, hints=lambda *_: "hint", laws=((),)):
    """Register the step: images of intervals have the probability of the intervals.

    Args:
        f, z: the map, called as ``f(z, *law)``, and the ends of intervals of z.
        cdf: the distribution function of z.
        hints: takes the density and a law.
    """

    @question.step("intervals")
    def _(require, *answers):
        for law in laws:
            x, right = f(z, *law), cdf(z).diff()
            found = masses(lambda x, law=law: answers[-1](x, *law), x)
            k = (found - right).abs().argmax()
            low, high = x[k : k + 2].sort().values
            told = {"low": low, "high": high, "value": found[k], "right": right[k], "law": law}
            fits = abs(found[k] - right[k]) < TOLERANCE
            require(fits, hints(answers[-1], *law), "message_intervals", **told)


# --- 1. X = 2Z + 1, Z ~ U[0, 1] ----------------------------------------------------------------

q1 = Question("e02.q1", "h(x)", "h_prime(x)", "density_affine(x)", tolerance=TOLERANCE)
f = lambda z: 2 * z + 1
inverse = lambda x: (x - 1) / 2
SHIFTED = Sign(lambda found, right, x: constant(found - x))

q1.compares(
    "inverse",
    "h",
    lambda: [(edges(1, 3, 20),)],
    inverse,
    through=lambda z, x: f(z),
    tell=lambda _, found, right, x: {"x": x[k := (found - x).abs().argmax()], "value": found[k]},
    mistakes={"shift_first": (lambda x: x / 2 - 1, SHIFTED)},
)
q1.compares(
    "derivative",
    "h_prime",
    lambda: [(edges(1, 3, 20),)],
    lambda x: slope(inverse, x),
    tell=lambda worst, found, right, x: {"x": x[worst]},
    mistakes={"of_f": lambda x: torch.full_like(x, 2)},
)
support(
    q1,
    [-1, 0.25, 0.75, 0.999, 3.001, 3.25, 3.75, 6],
    lambda seen: {"everywhere": seen.all(), "base_at_x": seen[1:3].all()},
)
is_one = lambda mass: abs(mass - 1) < TOLERANCE
mass(
    q1,
    edges(1, 3, 20),
    lambda total, density: {"no_derivative": is_one(total / 2), "twice": is_one(total * 2)},
)
intervals(q1, f, edges(0, 1, 20), lambda z: z)

# --- 2. X = exp(Z), Z ~ U[0, 2] ----------------------------------------------------------------

q2 = Question("e02.q2", "density_exp(x)")
INSIDE = grid(0, 2, 40).exp()

support(
    q2,
    [0.25, 0.75, 0.999, -3, -1, 7.3891, 7.5, 9],
    lambda seen: {"everywhere": seen[3:].any() or not seen[0]},
)
mass(
    q2,
    edges(0, 2, 40).exp(),
    lambda total, density: {
        "no_derivative": total > 2,
        "derivative_at_x": constant(density(INSIDE) * INSIDE.exp()),
        "twice": total < 0.5,
    },
)
TO_THE_END = torch.cat([edges(0, 2, 40)[:-1], torch.tensor([1.9999, 2.0], dtype=torch.float64)])
intervals(q2, torch.exp, TO_THE_END, lambda z: z / 2)

# --- 3. X = -ln(U) / rate, U ~ U[0, 1] ---------------------------------------------------------

q3 = Question("e02.q3", "density_minus_log(x, rate)")
LAWS = ((1.0,), (2.0,), (0.4,))


@q3.step("sign")
def _(require, density):
    x = grid(0, 4, 40)
    values = density(x, 1.0)
    require(values.min() >= 0, x=x[values.argmin()], value=values.min())


def of_rates(density, rate):
    two, one = (density(grid(0, 3, 20), of) for of in (2.0, 1.0))
    return {"fixed_rate": (two - one).abs().max() < TOLERANCE, "other_law": rate == 1}


support(q3, [-5, -1, -0.25, -1e-3, -300], laws=LAWS)
mass(
    q3,
    edges(0, 100, 160),
    lambda total, density, rate: {
        "no_rate": is_one(total * rate),
        "divided": is_one(total * rate**2),
    },
    LAWS,
)
intervals(q3, lambda u, rate: -u.log() / rate, edges(0.01, 1, 30), lambda u: u, of_rates, LAWS)

# --- 4. X = Z², Z ~ N(0, 1) --------------------------------------------------------------------

q4 = Question("e02.q4", "density_square(x)")

support(q4, [-4, -1, -0.1, -1e-3])
mass(
    q4,
    edges(0, 9, 60),
    lambda total, density: {"one_branch": abs(total - 0.5) < TOLERANCE},
    # x = s² takes away the infinite value at 0: the integral of p(s²)·2s over s > 0
    integrand=lambda density: lambda s: density(s.square()) * 2 * s,
)
intervals(q4, torch.square, edges(0.05, 4, 40), lambda z: 2 * gaussian_cdf(z))
q4.compares(
    "limit",
    "density_square",
    [(torch.tensor([1e-6, 1e-12, 1e-18], dtype=torch.float64),)],
    lambda x: slope(lambda x: torch.erf((x / 2).sqrt()), x, 1e-4 * x),
    tolerance=TOLERANCE,
    tell=lambda worst, found, right, x: {"x": x[worst]},
)

# --- 5. Inverse cdf of a mixture, by bisection -------------------------------------------------

q5 = Question("e02.q5", "inverse_cdf(u)", float64=True)
halves = lambda x, of: of((x + 2.5) / 0.5) + of((x - 2.5) / 0.5)
mixture_cdf = lambda x: halves(x, gaussian_cdf) / 2  # of ½N(−2.5, 0.5²) + ½N(2.5, 0.5²)
mixture_density = lambda x: halves(x, gaussian_density)


def close(require, error, tolerance, hints="hint", **values):
    """Require errors below the tolerance; of the values, tell those where they are largest."""
    k = error.argmax()
    require(error[k] < tolerance, hints, **{name: value[k] for name, value in values.items()})


@q5.step("law")
def _(require, inverse_cdf):
    n = 500
    x = inverse_cdf(grid(0, 1, n)[torch.arange(n) * 173 % n])  # their order does not matter
    distance = ks_distance(x, mixture_cdf)
    hints = {
        "one_for_all": constant(x),
        "probabilities": x.min() >= 0 and x.max() <= 1,
        "wrong_half": (x.abs() > 6).all(),
    }
    require(distance < 0.01, hints, n=n, distance=distance)


@q5.step("round_trip")
def _(require, inverse_cdf):
    u = grid(0, 1, 500)
    x = inverse_cdf(u)
    back = mixture_cdf(x)
    close(require, (back - u).abs(), 1e-4, {"decreases": x[0] > x[-1]}, u=u, back=back)


@q5.step("tails")
def _(require, inverse_cdf):
    tiny = torch.tensor([1e-7, 1e-5, 1e-4], dtype=torch.float64)
    u = torch.cat([tiny, 1 - tiny])
    back = mixture_cdf(inverse_cdf(u))
    close(require, (back - u).abs() / tiny.repeat(2), 1e-2, u=u, back=back)


@q5.step("flow_slope")
def _(require, inverse_cdf):
    z = torch.tensor([-2.5, -1.5, -0.7, -0.2, 0, 0.2, 0.7, 1.5, 2.5], dtype=torch.float64)
    flow = lambda z: inverse_cdf(gaussian_cdf(z))
    step = torch.where(z == 0, 1e-8, 1e-3)  # at 0 the slope is 134 169, and changes soon
    found, right = slope(flow, z, step), gaussian_density(z) / mixture_density(flow(z))
    close(require, (found / right - 1).abs(), 1e-4, z=z, value=found, right=right)


# --- 6. Find the bug: X = exp(2Z + 1), Z ~ N(0, 1) ---------------------------------------------

q6 = Question("e02.q6", "line", "mended(x)", tolerance=TOLERANCE)
q6.chooses("line", "line", right=5, options=range(1, 7))
base = lambda x: (x.log() - 1) / 2
divided_by = lambda stretch: lambda x: gaussian_density(base(x)) / stretch(x)
q6.compares(
    "mended",
    "mended",
    lambda: [(grid(-4, 6, 60).exp(),)],
    lambda x: slope(lambda x: gaussian_cdf(base(x)), x, 1e-4 * x),
    tell=lambda worst, found, right, x: {"x": x[worst]},
    mistakes={
        "as_before": divided_by(lambda x: 2 * base(x).exp()),
        "at_x": divided_by(lambda x: 2 * x.exp()),
        "only_second": divided_by(lambda x: x),
        "only_first": divided_by(lambda x: torch.full_like(x, 2)),
        "upside_down": divided_by(lambda x: 1 / (2 * x)),
    },
)

# --- 7. Two unequal branches, with data of one's own: X = Z², Z = E − a, E ~ Exp(1) ------------

q7 = Question("e02.q7", "student", "near", "far")


def of_branches(place: int, *weights: float, stretched: bool = True):
    """p_X at x₁ or x₂ if the branches √x and −√x count with these weights."""

    def density(student, *_):
        a, root = (data := variant("e02.q7", student))[0], math.sqrt(data[place])
        masses = (w * math.exp(-a - z) for w, z in zip(weights, (root, -root), strict=True))
        return sum(masses) / (2 * root if stretched else 1)

    return density


for place, name, right, mistakes in (
    (1, "near", (1, 1), {"one_branch": (1, 0), "doubled": (2, 0), "cancelled": (1, -1)}),
    (2, "far", (1, 0), {"both": (1, 1), "doubled": (2, 0)}),
):
    wrong = {hint: of_branches(place, *weights) for hint, weights in mistakes.items()}
    wrong["no_slope"] = of_branches(place, *right, stretched=False)
    q7.computes(name, name, of_branches(place, *right), mistakes=wrong)
