"""Answers that students give to the exercises of chapter 2, wrong and right.

EQUIVALENT lists the mutants of the solutions that are right answers, with the reason.
"""

import math
from functools import partial

import numpy as np
import torch
from scipy import optimize, stats
from torch.func import grad, vmap

from nflib.course.check.variants import variant
from tests.exercises.answers import right, wrong

exp, ndtr, ndtri, where = torch.exp, torch.special.ndtr, torch.special.ndtri, torch.where
WRONG, RIGHT = [], []


def uniform(z, low, high):
    return ((low <= z) & (z <= high)).to(z.dtype) / (high - low)


def normal(z):
    return exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


# --- e02.q1 ------------------------------------------------------------------------------------


def h(x):
    return (x - 1) / 2


def in_a_loop(x):
    return torch.tensor([0.5 if 1 <= value <= 3 else 0.0 for value in x.tolist()])  # float32


def with_numpy(x):
    return np.where((x.numpy() > 1) & (x.numpy() < 3), 0.5, 0.0)


q1 = partial(wrong, "e02.q1")
d1 = lambda what, step, hint, f: q1(what, step, hint, density_affine=f)
WRONG += [
    q1("f instead of its inverse", "inverse", "otherwise", h=lambda x: 2 * x + 1),
    q1("h not differentiated", "derivative", "otherwise", h_prime=lambda x: x / 2),
    d1("no indicator", "support", "everywhere", lambda x: torch.full_like(x, 0.5)),
    d1("the base evaluated at x", "support", "base_at_x", lambda x: uniform(x, 0, 1) / 2),
    d1("the lecture's inverse", "support", "otherwise", lambda x: uniform(x / 2 - 1, 0, 1) / 2),
    d1("no derivative", "mass", "no_derivative", lambda x: uniform(h(x), 0, 1)),
    d1("the derivative twice", "mass", "twice", lambda x: uniform(h(x), 0, 1) / 4),
    d1("the ends exchanged", "mass", "zero", lambda x: uniform(x, 3, 1) / 2),
    d1("too long", "support", "otherwise", lambda x: uniform(x, 1, 3.02) * 1.01),
    d1("too short", "mass", "otherwise", lambda x: uniform(x, 1.02, 3)),
    d1("h, not its density", "intervals", "hint", lambda x: h(x) * uniform(x, 1, 3) * 2),
]
r1 = partial(right, "e02.q1")
RIGHT += [
    r1("NumPy", h=lambda x: 0.5 * x - 0.5, h_prime=lambda x: 0.5, density_affine=with_numpy),
    r1("a loop, float32", h=h, h_prime=lambda x: 0.5 + 0 * x, density_affine=in_a_loop),
    r1("autograd", h=h, h_prime=vmap(grad(h)), density_affine=lambda x: uniform(x - 1, 0, 2)),
]

# --- e02.q2 ------------------------------------------------------------------------------------


def list_of_numbers(x):
    return np.array([0.5 / v if 1 <= v <= math.e**2 else 0 for v in x.numpy()], dtype=np.float64)


q2 = lambda what, step, hint, f: wrong("e02.q2", what, step, hint, density_exp=f)
WRONG += [
    q2("no indicator", "support", "everywhere", lambda x: 1 / (2 * x)),
    q2("the indicator asked of x", "support", "otherwise", lambda x: uniform(x, 0, 2) / x),
    q2("no derivative", "mass", "no_derivative", lambda x: uniform(x.log(), 0, 2)),
    q2("at x", "mass", "derivative_at_x", lambda x: uniform(x.log(), 0, 2) * exp(-x)),
    q2("the derivative twice", "mass", "twice", lambda x: uniform(x.log(), 0, 2) / x**2),
    q2("it ends at 7.4", "support", "everywhere", lambda x: 3.2 * uniform(x, 1, 7.4) / x),
    q2("it begins at 0.9", "support", "everywhere", lambda x: uniform(x.log(), -0.1, 2) / x),
    q2("it begins at 1.1", "mass", "otherwise", lambda x: 2 * uniform(x, 1.1, 7) / x),
    q2("a uniform on the image", "intervals", "hint", lambda x: uniform(x, 1, math.exp(2))),
    q2("NaN below 0", "finite", "", lambda x: exp(-x.log()) * uniform(x.log(), 0, 2)),
]
r2 = lambda what, f: right("e02.q2", what, density_exp=f)
RIGHT += [
    r2("a closed form", lambda x: where((x > 1) & (x < math.exp(2)), 0.5 / x, 0.0)),
    r2("NumPy", list_of_numbers),
]

# --- e02.q3 ------------------------------------------------------------------------------------


def exponential_in_a_loop(x, rate):
    values = []
    for value in x.tolist():
        u = math.exp(-rate * value)
        values.append(rate * u if u < 1 else 0.0)
    return torch.tensor(values, dtype=torch.float64)


def with_distributions(x, rate):
    law = torch.distributions.Exponential(torch.tensor(rate, dtype=x.dtype))
    return where(x > 0, law.log_prob(x.clamp_min(0)).exp(), 0.0)


def with_logarithms(x, rate):
    return where(x >= 0, exp(math.log(rate) - rate * x), 0.0)


def q3(what, step, hint, formula):
    density = lambda x, rate: where(x > 0, formula(x, rate), 0.0)
    return wrong("e02.q3", what, step, hint, density_minus_log=density)


def in_single(x, rate):
    u = exp(-rate * x.float())
    return uniform(u, 0, 1) * rate * u


no_indicator = lambda x, rate: rate * exp(-rate * x)
WRONG += [
    q3("no absolute value", "sign", "hint", lambda x, rate: -rate * exp(-rate * x)),
    wrong("e02.q3", "no indicator", "support", "hint", density_minus_log=no_indicator),
    q3("no rate in the derivative", "mass", "no_rate", lambda x, rate: exp(-rate * x)),
    q3("divided by the rate", "mass", "divided", lambda x, rate: exp(-rate * x) / rate),
    q3("f instead of h", "mass", "otherwise", lambda x, rate: rate * exp(-2 * rate * x)),
    q3("the rate is not used", "intervals", "fixed_rate", lambda x, rate: exp(-x)),
    q3("the rate as mean", "intervals", "otherwise", lambda x, rate: exp(-x / rate) / rate),
    wrong("e02.q3", "float32", "finite", "", density_minus_log=in_single),
    q3("uniform", "intervals", "other_law", lambda x, rate: rate * uniform(x * rate, 0, 1.25)),
]
r3 = lambda what, f: right("e02.q3", what, density_minus_log=f)
RIGHT += [
    r3("a loop with math", exponential_in_a_loop),
    r3("torch.distributions", with_distributions),
    r3("an arithmetic of logarithms", with_logarithms),
]

# --- e02.q4 ------------------------------------------------------------------------------------


def of_root(formula):
    """The density that is ``formula`` of the root of x where x > 0."""
    return lambda x: where(x > 0, formula(x.clamp_min(1e-300).sqrt()), 0.0)


def two_signs(s):
    return normal(s) / (2 * s) + normal(-s) / (-2 * s)


def clipped(x):
    return where(x > 0, exp(-x / 2) / (2 * math.pi * x.clamp_min(1e-8)).sqrt(), 0.0)


def at_absolute_value(x):
    return normal(x.abs().sqrt()) / x.abs().sqrt() / 2


q4 = lambda what, step, hint, f: wrong("e02.q4", what, step, hint, density_square=f)
WRONG += [
    q4("NaN on the negative side", "finite", "", lambda x: normal(x.sqrt()) / x.sqrt()),
    q4("the root of |x|", "support", "hint", at_absolute_value),
    q4("one branch", "mass", "one_branch", of_root(lambda s: normal(s) / (2 * s))),
    q4("branches with their signs", "mass", "zero", of_root(two_signs)),
    q4("no derivative", "mass", "otherwise", of_root(lambda s: normal(s) + normal(-s))),
    q4("clipped at 1e-8", "limit", "otherwise", clipped),
    q4("the density of |Z|", "intervals", "hint", lambda x: where(x > 0, 2 * normal(x), 0.0)),
]
r4 = lambda what, f: right("e02.q4", what, density_square=f)
cdf_of_square = lambda x: torch.erf(torch.sqrt(x / 2))
RIGHT += [
    r4("scipy", lambda x: stats.chi2(1).pdf(x.numpy())),
    r4("one formula", of_root(lambda s: exp(-(s**2) / 2) / (s * math.sqrt(2 * math.pi)))),
    r4("as the derivative of the cdf", of_root(lambda s: vmap(grad(cdf_of_square))(s**2))),
]

# --- e02.q5 ------------------------------------------------------------------------------------


def mixture(x):
    return (ndtr((x + 2.5) / 0.5) + ndtr((x - 2.5) / 0.5)) / 2


def bisection(u, low=-10.0, high=10.0, steps=60, wrong_half=False):
    low, high = torch.full_like(u, low), torch.full_like(u, high)
    for _ in range(steps):
        middle = (low + high) / 2
        keep = (mixture(middle) < u) ^ wrong_half
        low, high = where(keep, middle, low), where(keep, high, middle)
    return (low + high) / 2


def mean_of_the_inverses(u):
    return 0.5 * (-2.5 + 0.5 * ndtri(u)) + 0.5 * (2.5 + 0.5 * ndtri(u))


def with_scipy(u):
    def cdf(x):
        return (stats.norm.cdf(x, -2.5, 0.5) + stats.norm.cdf(x, 2.5, 0.5)) / 2

    return np.array([optimize.brentq(lambda x, v=v: cdf(x) - v, -12, 12) for v in u.numpy()])


def with_math_in_a_loop(u):
    def cdf(x):
        return (2 + math.erf((x + 2.5) / math.sqrt(0.5)) + math.erf((x - 2.5) / math.sqrt(0.5))) / 4

    found = []
    for value in u.tolist():
        low, high = -8.0, 8.0
        while high - low > 1e-10:
            middle = low + (high - low) / 2
            low, high = (middle, high) if cdf(middle) < value else (low, middle)
        found.append(low)
    return torch.tensor(found, dtype=u.dtype)


def until_close(u, enough=1e-10):
    low, high = torch.full_like(u, -10), torch.full_like(u, 10)
    for _ in range(60):
        middle = (low + high) / 2
        gap = mixture(middle) - u
        low = where(gap < enough, middle, low)  # both ends where it is close
        high = where(gap > -enough, middle, high)
    return (low + high) / 2


def in_place(u):
    u.sub_(mixture(torch.zeros_like(u)))  # spoils its argument
    step, x = 8.0, torch.zeros_like(u)
    while step > 1e-11:
        x.add_(step * torch.sign(u - (mixture(x) - 0.5)))
        step /= 2
    return x


q5 = lambda what, step, hint, f: wrong("e02.q5", what, step, hint, inverse_cdf=f)
one_for_all = lambda u: bisection(u.mean()).expand_as(u)
WRONG += [
    q5("one interval for all points", "law", "one_for_all", one_for_all),
    q5("F instead of its inverse", "law", "probabilities", mixture),
    q5("the wrong half", "law", "wrong_half", lambda u: bisection(u, wrong_half=True)),
    q5("the mean of the two inverses", "law", "otherwise", mean_of_the_inverses),
    q5("the inverse of 1 - F", "round_trip", "decreases", lambda u: bisection(1 - u)),
    q5("eleven steps", "round_trip", "otherwise", lambda u: bisection(u, steps=11)),
    q5("too short an interval", "tails", "hint", lambda u: bisection(u, -4.0, 4.0)),
    q5("until F is close to u", "flow_slope", "hint", until_close),
    q5("twenty steps", "flow_slope", "hint", lambda u: bisection(u, steps=20)),
    q5("float32", "dtype", "", lambda u: bisection(u.float())),
]
r5 = lambda what, f: right("e02.q5", what, inverse_cdf=f)
RIGHT += [
    r5("scipy, NumPy", with_scipy),
    r5("a loop with math", with_math_in_a_loop),
    r5("steps that halve, in place", in_place),
]

# --- 6. Find the bug ----------------------------------------------------------------------------


def two_layers(x, first=2.0, point=lambda x, y, z: y):
    y = x.log()
    z = (y - 1) / 2
    return normal(z) / (first * exp(point(x, y, z)))


q6 = lambda what, step, hint, **given: wrong("e02.q6", what, step, hint, **given)
WRONG += [
    q6("the text of the line", "line", "options", line="second = torch.exp(z)"),
    q6("the base at y", "mended", "otherwise", mended=lambda x: normal(x.log()) / (2 * x)),
    q6("the bug again", "mended", "as_before", mended=partial(two_layers, point=lambda x, y, z: z)),
]
r6 = lambda what, **given: right("e02.q6", what, **given)
log_normal = torch.distributions.LogNormal(torch.tensor(1.0, dtype=torch.float64), 2.0)
RIGHT += [
    r6("a float", line=5.0, mended=two_layers),
    r6("torch.distributions", mended=lambda x: log_normal.log_prob(x).exp()),
    r6("scipy", mended=lambda x: stats.lognorm(2, scale=math.e).pdf(x.numpy())),
]

# --- 7. With data of one's own ------------------------------------------------------------------

q7 = lambda what, step, hint, **given: wrong("e02.q7", what, step, hint, **given)
a, x1, x2 = variant("e02.q7", "1234567")
shifted = stats.expon(loc=-a).pdf
near, far = ((shifted(x**0.5) + shifted(-(x**0.5))) / 2 / x**0.5 for x in (x1, x2))
WRONG += [
    q7("any number", "near", "otherwise", near=1.0),
    q7("the base at x", "far", "otherwise", far=math.exp(-x2 - a)),
    q7("a text", "near", "value", near="e^-2"),
    q7("the data of somebody else", "near", "otherwise", student="7654321"),
]
RIGHT += [
    right("e02.q7", "scipy, rounded", near=round(near, 4), far=float(f"{far:.4g}")),
    right("e02.q7", "its number with dots", student="1.234.567"),
]

EQUIVALENT = {
    "return uniform_density(h(x), 0, 1) * torch.abs(h_prime(x)) -> "
    "return uniform_density(h(x), 0, 1) * h_prime(x)": "h' is positive in this question",
    "derivative = -rate * u -> derivative = rate * u": "its absolute value is taken",
    "for z in (root, -root): -> for z in (root, root):": "N(0, 1) is symmetric",
    "low = torch.full_like(u, -10) -> low = -10": "torch.where broadcasts a number",
    "high = torch.full_like(u, 10) -> high = 10": "torch.where broadcasts a number",
    "low = torch.full_like(u, -10) -> low = torch.full_like(u, -11)": "still contains x",
    "high = torch.full_like(u, 10) -> high = torch.full_like(u, 11)": "still contains x",
    "for _ in range(40): -> for _ in range(41):": "one halving more",
}
