"""Answers that students give to the exercises of chapter 2, wrong and right.

EQUIVALENT lists the mutants of the solutions that are right answers, with the reason.
"""

import math

import numpy as np
import torch
from scipy import optimize, stats

from tests.exercises.answers import Right, Wrong

ndtr, ndtri, where = torch.special.ndtr, torch.special.ndtri, torch.where


def uniform(z, low, high):
    return ((low <= z) & (z <= high)).to(z.dtype) / (high - low)


def normal(z):
    return torch.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


def mixture(x):
    return (ndtr((x + 2.5) / 0.5) + ndtr((x - 2.5) / 0.5)) / 2


def bisection(u, low=-10.0, high=10.0, steps=60, keep_right=lambda middle, u: mixture(middle) < u):
    low, high = torch.full_like(u, low), torch.full_like(u, high)
    for _ in range(steps):
        middle = (low + high) / 2
        right = keep_right(middle, u)
        low, high = where(right, middle, low), where(right, high, middle)
    return (low + high) / 2


# --- e02.q1 ------------------------------------------------------------------------------------


def h(x):
    return (x - 1) / 2


def h_prime(x):
    return 0.5 + 0 * x


def p(x):
    return uniform(x, 1, 3)


Q1 = [
    ("the lecture's inverse", "inverse", "the shift is not", (lambda x: x / 2 - 1, h_prime, p)),
    ("f instead of its inverse", "inverse", "solve for z", (lambda x: 2 * x + 1, h_prime, p)),
    (
        "the derivative of f",
        "derivative",
        "That is the derivative of f",
        (h, lambda x: torch.full_like(x, 2.0), p),
    ),
    ("h not differentiated", "derivative", "how much h changes", (h, lambda x: x / 2, p)),
    (
        "no indicator",
        "support",
        "does not vanish outside",
        (h, h_prime, lambda x: torch.full_like(x, 0.5)),
    ),
    (
        "the base evaluated at x",
        "support",
        "Which z corresponds to x",
        (h, h_prime, lambda x: uniform(x, 0, 1) / 2),
    ),
    (
        "the lecture's inverse in the density",
        "support",
        "the same h",
        (h, h_prime, lambda x: uniform(x / 2 - 1, 0, 1) / 2),
    ),
    (
        "no derivative",
        "mass",
        "what happens to the area",
        (h, h_prime, lambda x: uniform(h(x), 0, 1)),
    ),
    (
        "the derivative twice",
        "mass",
        "stretched only once",
        (h, h_prime, lambda x: uniform(h(x), 0, 1) / 4),
    ),
    (
        "the ends exchanged",
        "mass",
        "is 0 on the whole support",
        (h, h_prime, lambda x: uniform(x, 3, 1) / 2),
    ),
    (
        "h instead of its density",
        "intervals",
        "equal length in z",
        (h, h_prime, lambda x: h(x) * uniform(x, 1, 3) * 2),
    ),
]


def density_in_a_loop(x):
    return torch.tensor([0.5 if 1 <= value <= 3 else 0.0 for value in x.tolist()])  # float32


# --- e02.q2 ------------------------------------------------------------------------------------

Q2 = [
    ("no indicator", "support", "how far it reaches", (lambda x: 1 / (2 * x),)),
    ("the indicator asked of x", "support", "Ask whether the z", (lambda x: uniform(x, 0, 2) / x,)),
    (
        "no derivative",
        "mass",
        "Which factor corrects the height",
        (lambda x: uniform(x.log(), 0, 2),),
    ),
    (
        "the derivative at x",
        "mass",
        "evaluated at z, not at x",
        (lambda x: uniform(x.log(), 0, 2) * torch.exp(-x),),
    ),
    (
        "the derivative twice",
        "mass",
        "counted too often",
        (lambda x: uniform(x.log(), 0, 2) / x**2,),
    ),
    (
        "a uniform on the image",
        "intervals",
        "its distribution is not",
        (lambda x: uniform(x, 1, math.exp(2)),),
    ),
    (
        "NaN on the negative side",
        "finite",
        "division by zero",
        (lambda x: torch.exp(-x.log()) * uniform(x.log(), 0, 2),),
    ),
]

# --- e02.q3 ------------------------------------------------------------------------------------


def positive(x):
    return (x > 0).to(x.dtype)


Q3 = [
    (
        "no absolute value",
        "sign",
        "what sign does its derivative",
        (lambda x, rate: -rate * torch.exp(-rate * x) * positive(x),),
    ),
    ("no indicator", "support", "fixed sign", (lambda x, rate: rate * torch.exp(-rate * x),)),
    (
        "no rate in the derivative",
        "mass",
        "missing from the derivative",
        (lambda x, rate: torch.exp(-rate * x) * positive(x),),
    ),
    (
        "divided by the rate",
        "mass",
        "wrong side",
        (lambda x, rate: torch.exp(-rate * x) / rate * positive(x),),
    ),
    (
        "f instead of h",
        "mass",
        "Write u as a function of x",
        (lambda x, rate: rate * torch.exp(-2 * rate * x) * positive(x),),
    ),
    (
        "the rate is not used",
        "intervals",
        "the same for every",
        (lambda x, rate: torch.exp(-x) * positive(x),),
    ),
    (
        "the rate taken for the mean",
        "intervals",
        "not where it belongs",
        (lambda x, rate: torch.exp(-x / rate) / rate * positive(x),),
    ),
    (
        "a uniform of the right scale",
        "intervals",
        "to which values of U",
        (lambda x, rate: rate * uniform(x * rate, 0, 1.25),),
    ),
]


def exponential_in_a_loop(x, rate):
    values = []
    for value in x.tolist():
        u = math.exp(-rate * value)
        values.append(rate * u if u < 1 else 0.0)
    return torch.tensor(values, dtype=torch.float64)


# --- e02.q4 ------------------------------------------------------------------------------------


def on_positives(formula):
    return lambda x: where(x > 0, formula(x.clamp_min(1e-300).sqrt()), 0.0)


Q4 = [
    (
        "NaN on the negative side",
        "finite",
        "division by zero",
        (lambda x: normal(x.sqrt()) / x.sqrt(),),
    ),
    (
        "the root of |x|",
        "support",
        "what is Pr(X < 0)",
        (lambda x: normal(x.abs().sqrt()) / x.abs().sqrt() / 2,),
    ),
    ("one branch", "mass", "How many z", (on_positives(lambda s: normal(s) / (2 * s)),)),
    (
        "branches with their signs",
        "mass",
        "cancel",
        (on_positives(lambda s: normal(s) / (2 * s) + normal(-s) / (-2 * s)),),
    ),
    (
        "no derivative",
        "mass",
        "divided on each branch",
        (on_positives(lambda s: normal(s) + normal(-s)),),
    ),
    (
        "the density of |Z|",
        "intervals",
        "from which values of Z",
        (lambda x: where(x > 0, 2 * normal(x), 0.0),),
    ),
]

# --- e02.q5 ------------------------------------------------------------------------------------


def one_interval_for_all(u):
    low, high = -10.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        if mixture(torch.tensor(middle, dtype=torch.float64)) < u.mean():
            low = middle
        else:
            high = middle
    return torch.full_like(u, middle)


Q5 = [
    ("one interval for all points", "law", "its own interval", (one_interval_for_all,)),
    ("F instead of its inverse", "law", "are probabilities", (mixture,)),
    (
        "the wrong half",
        "law",
        "which half you keep",
        (lambda u: bisection(u, keep_right=lambda middle, u: mixture(middle) > u),),
    ),
    (
        "the mean of the two inverses",
        "law",
        "mixture of the inverses",
        (lambda u: 0.5 * (-2.5 + 0.5 * ndtri(u)) + 0.5 * (2.5 + 0.5 * ndtri(u)),),
    ),
    ("the inverse of 1 - F", "round_trip", "decreases", (lambda u: bisection(1 - u),)),
    ("eleven steps", "round_trip", "too coarse", (lambda u: bisection(u, steps=11),)),
    ("too short an interval", "tails", "in which it starts", (lambda u: bisection(u, -4.0, 4.0),)),
    ("twenty steps", "flow_slope", "is a staircase", (lambda u: bisection(u, steps=20),)),
    ("float32", "dtype", "choose their own", (lambda u: bisection(u.float()),)),
]


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


def in_place(u):
    u.sub_(mixture(torch.zeros_like(u)))  # spoils its argument
    step, x = 8.0, torch.zeros_like(u)
    while step > 1e-11:
        x.add_(step * torch.sign(u - (mixture(x) - 0.5)))
        step /= 2
    return x


WRONG = [
    Wrong(f"e02.q{number}", *answer)
    for number, answers in enumerate((Q1, Q2, Q3, Q4, Q5), start=1)
    for answer in answers
]

RIGHT = [
    Right(
        "e02.q1",
        "numbers, NumPy",
        (
            lambda x: 0.5 * x - 0.5,
            lambda x: 0.5,
            lambda x: np.where((x.numpy() > 1) & (x.numpy() < 3), 0.5, 0.0),
        ),
    ),
    Right("e02.q1", "a loop, float32", (h, h_prime, density_in_a_loop)),
    Right(
        "e02.q1",
        "with autograd",
        (h, torch.func.vmap(torch.func.grad(h)), lambda x: uniform(x - 1, 0, 2)),
    ),
    Right(
        "e02.q2",
        "a closed form with where",
        (lambda x: where((x > 1) & (x < math.exp(2)), 0.5 / x, 0.0),),
    ),
    Right(
        "e02.q2",
        "NumPy",
        (
            lambda x: np.array(
                [0.5 / v if 1 <= v <= math.e**2 else 0 for v in x.numpy()], dtype=np.float64
            ),
        ),
    ),
    Right("e02.q3", "a loop with math", (exponential_in_a_loop,)),
    Right(
        "e02.q3",
        "torch.distributions",
        (
            lambda x, rate: where(
                x > 0,
                torch.distributions.Exponential(torch.tensor(rate, dtype=x.dtype))
                .log_prob(x.clamp_min(0))
                .exp(),
                0.0,
            ),
        ),
    ),
    Right(
        "e02.q3",
        "an arithmetic of logarithms",
        (lambda x, rate: where(x >= 0, torch.exp(math.log(rate) - rate * x), 0.0),),
    ),
    Right("e02.q4", "scipy", (lambda x: stats.chi2(1).pdf(x.numpy()),)),
    Right(
        "e02.q4",
        "one formula",
        (on_positives(lambda s: torch.exp(-(s**2) / 2) / (s * math.sqrt(2 * math.pi))),),
    ),
    Right(
        "e02.q4",
        "as the derivative of the cdf",
        (
            on_positives(
                lambda s: torch.func.vmap(torch.func.grad(lambda x: torch.erf(torch.sqrt(x / 2))))(
                    s**2
                )
            ),
        ),
    ),
    Right("e02.q5", "scipy, NumPy", (with_scipy,)),
    Right("e02.q5", "a loop with math", (with_math_in_a_loop,)),
    Right("e02.q5", "steps that halve, in place", (in_place,)),
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
