"""Answers that students give to the exercises of chapter 4, wrong and right.

EQUIVALENT lists the mutants of the solutions that are right answers, with the reason.
"""

import math

import numpy as np
import torch
from scipy import stats
from torch.func import jacfwd, jacrev, vmap

from tests.exercises.answers import Right, Wrong

exp, log, stack = torch.exp, torch.log, torch.stack


def normal(z):
    return exp(-(z**2).sum(-1) / 2) / (2 * math.pi) ** (z.shape[-1] / 2)


def jacobians(x, g):
    return vmap(jacrev(g))(x)


def log_det(matrices):
    return torch.linalg.slogdet(matrices).logabsdet


# --- e04.q1 ------------------------------------------------------------------------------------


def diagonal(x, f_inv, base):
    J = jacobians(x, f_inv)
    return base(f_inv(x)) + J.diagonal(dim1=-2, dim2=-1).abs().log().sum(-1)


def two_by_two(x, f_inv, base):
    J = jacobians(x, f_inv)
    return base(f_inv(x)) + (J[:, 0, 0] * J[:, 1, 1] - J[:, 0, 1] * J[:, 1, 0]).abs().log()


def hard_coded_base(x, f_inv, base):
    return normal(f_inv(x)).log() + log_det(jacobians(x, f_inv))


Q1 = [
    (
        "the density itself",
        "rotation",
        "logarithm is asked for",
        (lambda x, g, base: exp(base(g(x))) * torch.linalg.det(jacobians(x, g)).abs(),),
    ),
    ("no determinant", "rotation", "A term is missing", (lambda x, g, base: base(g(x)),)),
    (
        "the sign of the term",
        "rotation",
        "opposite sign",
        (lambda x, g, base: base(g(x)) - log_det(jacobians(x, g)),),
    ),
    ("the product of the diagonal", "rotation", "not triangular", (diagonal,)),
    (
        "the determinant without its logarithm",
        "rotation",
        "without a logarithm",
        (lambda x, g, base: base(g(x)) + torch.linalg.det(jacobians(x, g)).abs(),),
    ),
    (
        "the base evaluated at x",
        "rotation",
        "which z belongs to x",
        (lambda x, g, base: base(x) + log_det(jacobians(x, g)),),
    ),
    (
        "the terms multiplied",
        "rotation",
        "two terms",
        (lambda x, g, base: base(g(x)) * log_det(jacobians(x, g)),),
    ),
    (
        "no absolute value",
        "orientation",
        "Has an area",
        (lambda x, g, base: base(g(x)) + torch.linalg.det(jacobians(x, g)).log(),),
    ),
    (
        "the Jacobian at z",
        "pointwise",
        "at which point",
        (lambda x, g, base: base(g(x)) + log_det(jacobians(g(x), g)),),
    ),
    (
        "one Jacobian for all points",
        "pointwise",
        "its own Jacobian",
        (lambda x, g, base: base(g(x)) + log_det(jacrev(g)(x[0])),),
    ),
    ("the determinant of 2 by 2 matrices", "dimension", "any size", (two_by_two,)),
    ("a Gaussian base, whatever is given", "base", "not always Gaussian", (hard_coded_base,)),
]


def in_a_loop(x, f_inv, base):
    found = []
    for point in x:
        J = torch.autograd.functional.jacobian(f_inv, point)
        found.append(base(f_inv(point[None]))[0] + math.log(abs(np.linalg.det(J.numpy()))))
    return torch.tensor(found, dtype=torch.float64)


def from_singular_values(x, f_inv, base):
    return base(f_inv(x)) + torch.linalg.svdvals(vmap(jacfwd(f_inv))(x)).log().sum(-1)


def by_rows(x, f_inv, base):
    x = x.requires_grad_()
    z = f_inv(x)
    rows = [torch.autograd.grad(part.sum(), x, retain_graph=True)[0] for part in z.unbind(-1)]
    return base(z) + torch.linalg.det(stack(rows, -2)).abs().log()


# --- e04.q2 ------------------------------------------------------------------------------------


def turned(radius, angle):
    return stack([radius * torch.cos(angle), radius * torch.sin(angle)], -1)


def radius_of(u1):
    return torch.sqrt(-2 * log(u1))


def bm(u):
    return turned(radius_of(u[:, 0]), 2 * math.pi * u[:, 1])


def bm_det(u):
    return -2 * math.pi / u[:, 0]


def only_two_derivatives(u):
    J = jacobians(u, lambda v: bm(v[None])[0])
    return J[:, 0, 0] * J[:, 1, 1]


Q2 = [
    (
        "no root",
        "radius",
        "lacks its root",
        (lambda u: turned(-2 * log(u[:, 0]), 2 * math.pi * u[:, 1]), bm_det, normal),
    ),
    ("the uniforms exchanged", "radius", "exchanged", (lambda u: bm(u.flip(-1)), bm_det, normal)),
    (
        "a decimal logarithm",
        "radius",
        "What is left",
        (
            lambda u: turned(torch.sqrt(-2 * torch.log10(u[:, 0])), 2 * math.pi * u[:, 1]),
            bm_det,
            normal,
        ),
    ),
    (
        "an angle of one radian",
        "angle",
        "a whole turn",
        (lambda u: turned(radius_of(u[:, 0]), u[:, 1]), bm_det, normal),
    ),
    (
        "sine and cosine exchanged",
        "angle",
        "direction is not",
        (lambda u: bm(u).flip(-1), bm_det, normal),
    ),
    ("no sign", "determinant", "with its sign", (bm, lambda u: -bm_det(u), normal)),
    (
        "the determinant of the inverse",
        "determinant",
        "of the inverse",
        (bm, lambda u: 1 / bm_det(u), normal),
    ),
    ("two derivatives", "determinant", "four derivatives", (bm, only_two_derivatives, normal)),
    (
        "the angle not differentiated",
        "determinant",
        "radius and angle first",
        (bm, lambda u: -1 / u[:, 0], normal),
    ),
    ("a negative density", "sign", "a probability is not", (bm, bm_det, lambda x: -normal(x))),
    ("not the reciprocal", "mass", "Yours is high", (bm, bm_det, lambda x: 1 / normal(x))),
    (
        "the density of the square",
        "mass",
        "stretch factor is missing",
        (bm, bm_det, lambda x: torch.ones(len(x))),
    ),
    (
        "no 2π",
        "mass",
        "the whole determinant",
        (bm, bm_det, lambda x: exp(-(x**2).sum(-1) / 2)),
    ),
    (
        "no half in the exponent",
        "mass",
        "without haste",
        (bm, bm_det, lambda x: exp(-(x**2).sum(-1)) / (2 * math.pi)),
    ),
    (
        "a normalised density of another law",
        "regions",
        "at the u that belongs to x",
        (bm, bm_det, lambda x: normal(x / 1.1) / 1.21),
    ),
]


def by_complex_numbers(u):
    u = u.numpy()
    x = np.sqrt(-2 * np.log(u[:, 0])) * np.exp(2j * np.pi * u[:, 1])
    return np.stack([x.real, x.imag], axis=1)


# --- e04.q3 ------------------------------------------------------------------------------------


def bend(x, b):
    return stack([x[:, 0], x[:, 1] + b * x[:, 0] ** 2], -1)


def swapped(x, b):
    return normal(stack([x[:, 1], x[:, 0] - b * x[:, 1] ** 2], -1))


def with_a_length(x, b):
    return normal(bend(x, -b)) / torch.sqrt(1 + (2 * b * x[:, 0]) ** 2)


Q3 = [
    (
        "no constant",
        "mass",
        "constant that normalises",
        (lambda x, b: exp(-(bend(x, -b) ** 2).sum(-1) / 2),),
    ),
    ("a length for a determinant", "mass", "which factor is needed", (with_a_length,)),
    ("f instead of its inverse", "mean", "upside down", (lambda x, b: normal(bend(x, b)),)),
    ("the coordinates exchanged", "mean", "which of the two", (swapped,)),
    ("the base at x", "mean", "not shifted at all", (lambda x, b: normal(x),)),
    ("b left out", "mean", "another value of b", (lambda x, b: normal(bend(x, -1)),)),
    (
        "a shift without a bend",
        "points",
        "according to where it is",
        (lambda x, b: normal(x - torch.tensor([0, b], dtype=x.dtype)),),
    ),
]


def banana_of_two_factors(x, b):
    first, second = x[:, 0].numpy(), x[:, 1].numpy()
    return stats.norm.pdf(first) * stats.norm.pdf(second, loc=b * first**2)


def banana_in_a_loop(x, b):
    return torch.tensor(
        [math.exp(-(p * p + (q - b * p * p) ** 2) / 2) / math.tau for p, q in x.tolist()],
        dtype=torch.float64,
    )


# --- e04.q4 ------------------------------------------------------------------------------------


def f(z):
    return stack([exp(z[:, 0]), 2 * z[:, 1] + 1], -1)


def samples(z, low, high):
    x = f(z)
    return ((low <= x) & (x <= high)).all(-1).double().mean()


def grid(low, high, n=200):
    steps = (torch.arange(n, dtype=low.dtype) + 0.5) / n
    return low + (high - low) * torch.cartesian_prod(steps, steps), (high - low).prod() / n**2


def back(x):
    return stack([log(x[:, 0]), (x[:, 1] - 1) / 2], -1)


def sums(values):
    """An answer that adds ``values(x)`` times the area of a cell."""

    def by_integral(low, high):
        x, area = grid(low, high)
        return values(x).sum() * area

    return by_integral


integral = sums(lambda x: normal(back(x)) / (2 * x[:, 0]))


def heights(low, high):
    x, _ = grid(low, high)
    return (normal(back(x)) / (2 * x[:, 0])).sum()


Q4 = [
    (
        "a count",
        "samples",
        "the fraction is asked for",
        (lambda z, low, high: samples(z, low, high) * len(z), integral),
    ),
    (
        "the box among the z",
        "samples",
        "the samples are of Z",
        (lambda z, low, high: ((low <= z) & (z <= high)).all(-1).double().mean(), integral),
    ),
    (
        "any coordinate",
        "samples",
        "one coordinate is in its interval",
        (lambda z, low, high: ((low <= f(z)) & (f(z) <= high)).any(-1).double().mean(), integral),
    ),
    (
        "the mean over coordinates",
        "samples",
        "averaged over coordinates",
        (lambda z, low, high: ((low <= f(z)) & (f(z) <= high)).double().mean(), integral),
    ),
    (
        "two sides of four",
        "samples",
        "all four sides",
        (lambda z, low, high: (low <= f(z)).all(-1).double().mean(), integral),
    ),
    (
        "the lecture's equality of masses",
        "integral",
        "counts it twice",
        (samples, sums(lambda x: normal(back(x)) / (2 * x[:, 0]) ** 2)),
    ),
    (
        "no determinant",
        "integral",
        "without correcting its height",
        (samples, sums(lambda x: normal(back(x)))),
    ),
    (
        "the determinant of f",
        "integral",
        "multiplied where one divides",
        (samples, sums(lambda x: normal(back(x)) * 2 * x[:, 0])),
    ),
    ("no area", "integral", "heights times areas", (samples, heights)),
    (
        "the base at x",
        "integral",
        "centre of the cell",
        (samples, sums(lambda x: normal(x) / (2 * x[:, 0]))),
    ),
    (
        "one coordinate's stretch",
        "integral",
        "a factor for each coordinate",
        (samples, sums(lambda x: normal(back(x)) / x[:, 0])),
    ),
]


def counted_in_a_loop(z, low, high):
    count = 0
    for first, second in z.tolist():
        x = (math.exp(first), 2 * second + 1)
        count += all(a < v < b for a, v, b in zip(low.tolist(), x, high.tolist(), strict=True))
    return count / len(z)


def with_cdfs(low, high):
    ends = np.array([[math.log(x[0]), (x[1] - 1) / 2] for x in (low.tolist(), high.tolist())])
    return np.prod(np.diff(stats.norm.cdf(ends), axis=0))


def carried_back(low, high):
    """The same mass among the z, where the density is the base's."""
    corners = back(stack([low, high]))
    z, area = grid(*corners)
    return (normal(z).sum() * area).float()


# --- e04.q5 ------------------------------------------------------------------------------------


def parts(z, c):
    x = z + c * torch.tanh(z)
    return x, 1 + c / torch.cosh(z) ** 2, exp((z**2 - x**2) / 2)


def weights(z, c):
    _, slope, ratio = parts(z, c)
    return slope.abs() * ratio


def halves(z, c):
    """The terms of the first half of the samples only."""
    return weights(z[::2], c).mean()


Q5 = [
    ("a sum", "injective", "not a sum", (lambda z, c: weights(z, c).sum(),)),
    (
        "no derivative",
        "injective",
        "how much the map stretches",
        (lambda z, c: parts(z, c)[2].mean(),),
    ),
    ("r at z", "injective", "always cancel", (lambda z, c: parts(z, c)[1].abs().mean(),)),
    (
        "not divided by the density of Z",
        "injective",
        "one divides",
        (lambda z, c: (parts(z, c)[1].abs() * normal(parts(z, c)[0][:, None])).mean(),),
    ),
    (
        "the ratio inverted",
        "injective",
        "is inverted",
        (lambda z, c: (parts(z, c)[1].abs() / parts(z, c)[2]).mean(),),
    ),
    (
        "a square left out of the derivative",
        "injective",
        "Check the derivative",
        (lambda z, c: ((1 + c / torch.cosh(z)).abs() * parts(z, c)[2]).mean(),),
    ),
    (
        "self-normalised weights",
        "folded",
        "gives 1 with any map",
        (lambda z, c: (weights(z, c) / weights(z, c).sum()).sum(),),
    ),
    (
        "no absolute value",
        "folded",
        "subtract instead of adding",
        (lambda z, c: (parts(z, c)[1] * parts(z, c)[2]).mean(),),
    ),
    (
        "only the branches that rise",
        "folded",
        "not being counted",
        (lambda z, c: (parts(z, c)[1].clamp_min(0) * parts(z, c)[2]).mean(),),
    ),
    ("half of the samples", "average", "all of them and no others", (halves,)),
]


def counter_with_scipy(z, c):
    z = z.numpy()
    x = z + c * np.tanh(z)
    return np.mean(stats.norm.pdf(x) / stats.norm.pdf(z) * abs(1 + c - c * np.tanh(z) ** 2))


def counter_with_autograd(z, c):
    slope = vmap(torch.func.grad(lambda v: v + c * torch.tanh(v)))(z)
    x, law = z + c * torch.tanh(z), torch.distributions.Normal(0.0, 1.0)
    return (law.log_prob(x) - law.log_prob(z) + slope.abs().log()).exp().mean()


WRONG = [
    Wrong(f"e04.q{number}", *answer)
    for number, answers in enumerate((Q1, Q2, Q3, Q4, Q5), start=1)
    for answer in answers
]

RIGHT = [
    Right("e04.q1", "a loop, NumPy", (in_a_loop,)),
    Right("e04.q1", "singular values, forward mode", (from_singular_values,)),
    Right("e04.q1", "the rows by autograd", (by_rows,)),
    Right(
        "e04.q2",
        "complex numbers, NumPy",
        (by_complex_numbers, lambda u: -math.tau / u[:, 0].numpy(), lambda x: normal(x).numpy()),
    ),
    Right(
        "e04.q2",
        "the automatic Jacobian, scipy",
        (
            bm,
            lambda u: torch.linalg.det(jacobians(u, lambda v: bm(v[None])[0])),
            lambda x: stats.multivariate_normal(np.zeros(2)).pdf(x.numpy()),
        ),
    ),
    Right("e04.q3", "two factors, scipy", (banana_of_two_factors,)),
    Right("e04.q3", "a loop with math", (banana_in_a_loop,)),
    Right("e04.q4", "a loop, and cdfs", (counted_in_a_loop, with_cdfs)),
    Right("e04.q4", "carried back to z, float32", (samples, carried_back)),
    Right("e04.q5", "scipy, NumPy", (counter_with_scipy,)),
    Right("e04.q5", "autograd, logarithms", (counter_with_autograd,)),
]

EQUIVALENT = {
    "x, area = cells(low, high) -> x, area = cells(high, low)": "the same cells, counted backwards",
}
