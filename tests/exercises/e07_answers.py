"""Answers that students give to the exercises of chapter 7, wrong and right.

EQUIVALENT lists the mutants of the solutions that are right answers, with the reason.
"""

import math

import numpy as np
import torch
from scipy import optimize, stats
from torch.func import jacrev, vmap
from torch.special import log_ndtr, ndtr, ndtri

from tests.exercises.answers import Right, Wrong

cholesky = torch.linalg.cholesky

# --- e07.q1 ------------------------------------------------------------------------------------


def diagonal(J):
    return J.diagonal(dim1=1, dim2=2)


Q1 = [
    (
        "no absolute value",
        "small",
        "of what is the logarithm taken",
        (lambda J: diagonal(J).log().sum(1),),
    ),
    ("no logarithm", "small", "logarithm is missing", (lambda J: diagonal(J).prod(1),)),
    (
        "one sum for all",
        "small",
        "each has its own",
        (lambda J: diagonal(J).abs().log().sum(),),
    ),
    (
        "an average",
        "small",
        "with weight 1",
        (lambda J: diagonal(J).abs().log().mean(1),),
    ),
    (
        "the logarithm of the product",
        "large",
        "rounded to 0",
        (lambda J: diagonal(J).prod(1).abs().log(),),
    ),
    ("elimination", "cost", "not in O(d)", (lambda J: torch.linalg.slogdet(J).logabsdet,)),
]


def entry_by_entry(J):
    return torch.stack([sum(A[i, i].abs().log() for i in range(len(A))) for A in J])


# --- e07.q2 ------------------------------------------------------------------------------------


def flow(z, m, Sigma):
    return m + z @ cholesky(Sigma).T


def log_det(Sigma):
    return cholesky(Sigma).diagonal().log().sum()


def symmetric(Sigma):
    values, vectors = torch.linalg.eigh(Sigma)
    return vectors * values.sqrt() @ vectors.T


def from_the_last(Sigma):
    """The upper triangular U with U Uᵀ = Sigma."""
    return cholesky(Sigma.flip(0, 1)).flip(0, 1)


def spectral(Sigma):
    values, vectors = torch.linalg.eigh(Sigma)
    return vectors * values.sqrt()


def with_root(root):
    return lambda z, m, Sigma: m + z @ root(Sigma).T


Q2 = [
    (
        "no mean",
        "mean",
        "centred at m",
        (lambda z, m, Sigma: z @ cholesky(Sigma).T, log_det),
    ),
    (
        "the mean before the matrix",
        "mean",
        "at z = 0",
        (lambda z, m, Sigma: (z + m) @ cholesky(Sigma).T, log_det),
    ),
    (
        "transposed",
        "covariance",
        "points are rows",
        (lambda z, m, Sigma: m + z @ cholesky(Sigma), log_det),
    ),
    (
        "the covariance as the matrix",
        "covariance",
        "by σ or by σ²",
        (lambda z, m, Sigma: m + z @ Sigma, log_det),
    ),
    (
        "whitening",
        "covariance",
        "and not the reverse",
        (with_root(lambda Sigma: torch.linalg.inv(cholesky(Sigma))), log_det),
    ),
    (
        "the deviations alone",
        "covariance",
        "are the correlations there",
        (lambda z, m, Sigma: m + z * Sigma.diagonal().sqrt(), log_det),
    ),
    (
        "the symmetric root",
        "triangular",
        "symmetric root",
        (with_root(symmetric), log_det),
    ),
    (
        "upper triangular",
        "triangular",
        "on the other side",
        (with_root(from_the_last), log_det),
    ),
    (
        "eigenvectors",
        "triangular",
        "find the triangular",
        (with_root(spectral), log_det),
    ),
    (
        "the other sign",
        "increasing",
        "decreases with its z_i",
        (lambda z, m, Sigma: m - z @ cholesky(Sigma).T, log_det),
    ),
    (
        "of the covariance",
        "log_det",
        "product of two factors",
        (flow, lambda Sigma: torch.linalg.slogdet(Sigma).logabsdet),
    ),
    (
        "of the deviations",
        "log_det",
        "what is its determinant",
        (flow, lambda Sigma: Sigma.diagonal().log().sum() / 2),
    ),
]


def flow_from_qr(z, m, Sigma):
    """L from the QR factorisation of the symmetric root, with its signs put right."""
    R = torch.linalg.qr(symmetric(Sigma)).R
    return m + z @ (R * R.diagonal().sign()[:, None])


def flow_by_conditionals(z, m, Sigma):
    """One coordinate after another, each with its mean and deviation given those before."""
    x = torch.zeros_like(z)
    for i in range(z.shape[1]):
        gain = torch.linalg.solve(Sigma[:i, :i], Sigma[:i, i])
        mean = m[i] + (x[:, :i] - m[:i]) @ gain
        x[:, i] = mean + (Sigma[i, i] - Sigma[:i, i] @ gain).sqrt() * z[:, i]
    return x


# --- e07.q3 ------------------------------------------------------------------------------------


def bisected(target, i, f, x, low=-50.0, high=50.0, steps=60):
    """Coordinate i of z, with the others of z taken from ``target``, which it fills in."""
    low, high = torch.full_like(x[:, i], low), torch.full_like(x[:, i], high)
    for _ in range(steps):
        target[:, i] = (low + high) / 2
        short = f(target)[:, i] < x[:, i]
        low = torch.where(short, target[:, i], low)
        high = torch.where(short, high, target[:, i])
    return target[:, i].clone()


def invert(f, x, order, **limits):
    z = torch.zeros_like(x)
    for i in order:
        bisected(z, i, f, x, **limits)
    return z


def backwards(f, x, order):
    """Moves the wrong way when f falls short."""
    return invert(lambda z: 2 * x - f(z), x, order)


def given_x(f, x, order):
    return torch.stack([bisected(x.clone(), i, f, x) for i in range(x.shape[1])], 1)


def given_zeros(f, x, order):
    return torch.stack([bisected(torch.zeros_like(x), i, f, x) for i in range(x.shape[1])], 1)


def all_at_once(f, x, order):
    low, high = torch.full_like(x, -50.0), torch.full_like(x, 50.0)
    for _ in range(60):
        z = (low + high) / 2
        short = f(z) < x
        low, high = torch.where(short, z, low), torch.where(short, high, z)
    return z


def one_newton_step(f, x, order):
    """Exact for one coordinate only, where it asks for the whole of `invert`."""
    if x.shape[1] == 1:
        return invert(f, x, order)
    zero = torch.zeros_like(x[:1])
    J = jacrev(lambda z: f(z[None])[0])(zero[0])
    return torch.linalg.solve(J, (x - f(zero)).T).T


def in_order_of_computation(f, x, order):
    return invert(f, x, order)[:, order]


def by_place(f, x, order):
    return invert(f, x, [order.index(i) for i in range(len(order))])


def first_to_last(f, x, order):
    return invert(f, x, sorted(order))


def newton(f, x, order):
    z = torch.zeros_like(x)
    for i in order:
        for _ in range(100):
            slope = vmap(jacrev(lambda point: f(point[None])[0]))(z)[:, i, i]
            z[:, i] = z[:, i] + (x - f(z))[:, i] / slope
    return z


Q3 = [
    (
        "a search that is too short",
        "line",
        "does not reach",
        (lambda f, x, order: invert(f, x, order, low=-20.0, high=20.0),),
    ),
    (
        "few steps",
        "line",
        "the last interval",
        (lambda f, x, order: invert(f, x, order, steps=12),),
    ),
    ("the wrong way", "line", "which way must z move", (backwards,)),
    ("x for z", "sequence", "first coordinate of x", (given_x,)),
    ("the others at 0", "sequence", "as if those before", (given_zeros,)),
    ("all at once", "sequence", "half found", (all_at_once,)),
    ("linearised at 0", "sequence", "solve it and go on", (one_newton_step,)),
    ("by order of computation", "order", "their places are not", (in_order_of_computation,)),
    ("the inverse permutation", "order", "whose place is 0", (by_place,)),
    ("the order ignored", "order", "not always the first", (first_to_last,)),
    ("Newton's method", "steep", "leap very far", (newton,)),
]


def with_scipy(f, x, order):
    z = torch.zeros_like(x)
    for row in range(len(x)):
        for i in order:

            def gap(value, row=row, i=i):
                z[row, i] = value
                return (f(z[row : row + 1])[0, i] - x[row, i]).item()

            z[row, i] = optimize.brentq(gap, -51, 51, xtol=1e-13, rtol=1e-14)
    return z.numpy()


def halving_the_step(f, x, order):
    z = x * 0
    for i in order:
        step = 64.0
        while step > 1e-15:
            step /= 2
            z[:, i] += step * (x - f(z))[:, i].sign()
    return z


# --- e07.q4 ------------------------------------------------------------------------------------


def w(x1):
    return (1 + x1**2).sqrt()


def quantile(z):
    return log_ndtr(z) - log_ndtr(-z)


def pair(first, second):
    return torch.stack([first, second], 1)


def second(x1, y):
    return pair(x1, x1**2 + w(x1) * y)


def T(z):
    return second(*quantile(z).unbind(1))


def slopes(z):
    """Logarithms of the slopes of both quantiles."""
    return -(z**2) / 2 - math.log(2 * math.pi) / 2 - log_ndtr(z) - log_ndtr(-z)


def kr_log_det(z):
    return slopes(z).sum(1) + w(quantile(z[:, 0])).log()


def R(x):
    return ndtri(torch.sigmoid(pair(x[:, 0], (x[:, 1] - x[:, 0] ** 2) / w(x[:, 0]))))


Q4 = [
    (
        "uniform",
        "first",
        "to quantile is missing",
        (lambda z: second(ndtr(z[:, 0]), quantile(z[:, 1])), kr_log_det, R),
    ),
    (
        "the other way",
        "first",
        "With which probability",
        (lambda z: second(ndtri(z[:, 0].sigmoid()), quantile(z[:, 1])), kr_log_det, R),
    ),
    (
        "z1 for x1",
        "second",
        "not at z₁",
        (
            lambda z: pair(quantile(z[:, 0]), second(z[:, 0], quantile(z[:, 1]))[:, 1]),
            kr_log_det,
            R,
        ),
    ),
    (
        "a Gaussian conditional",
        "second",
        "the shape is Gaussian",
        (lambda z: second(quantile(z[:, 0]), z[:, 1]), kr_log_det, R),
    ),
    (
        "no width",
        "second",
        "solve for x₂",
        (
            lambda z: pair(quantile(z)[:, 0], quantile(z)[:, 0] ** 2 + quantile(z)[:, 1]),
            kr_log_det,
            R,
        ),
    ),
    (
        "the logit of Φ",
        "tails",
        "By symmetry",
        (lambda z: second(*ndtr(z).logit().unbind(1)), kr_log_det, R),
    ),
    ("of the inverse", "log_det", "upside down", (T, lambda z: -kr_log_det(z), R)),
    ("the width left out", "log_det", "another width", (T, lambda z: slopes(z).sum(1), R)),
    ("one slope", "log_det", "add the two", (T, lambda z: slopes(z)[:, 0], R)),
    (
        "probabilities",
        "inverse",
        "uniform",
        (T, kr_log_det, lambda x: ndtr(R(x))),
    ),
    (
        "divided before subtracting",
        "inverse",
        "in the opposite order",
        (
            T,
            kr_log_det,
            lambda x: ndtri(torch.sigmoid(pair(x[:, 0], x[:, 1] / w(x[:, 0]) - x[:, 0] ** 2))),
        ),
    ),
]


def knothe_with_scipy(z):
    z = z.numpy()
    y = np.where(z > 0, stats.logistic.isf(stats.norm.sf(z)), stats.logistic.ppf(stats.norm.cdf(z)))
    return np.stack([y[:, 0], y[:, 0] ** 2 + np.sqrt(1 + y[:, 0] ** 2) * y[:, 1]], 1)


def log_det_of_two_laws(z):
    """log p_Z(z) − log p_X(x)."""
    x1, x2 = knothe_with_scipy(z).T
    law = stats.logistic(x1**2, np.sqrt(1 + x1**2))
    return stats.norm.logpdf(z.numpy()).sum(1) - stats.logistic.logpdf(x1) - law.logpdf(x2)


def rosenblatt_with_scipy(x):
    x1, x2 = x.numpy().T
    law = stats.logistic(x1**2, np.sqrt(1 + x1**2))
    return stats.norm.ppf(np.stack([stats.logistic.cdf(x1), law.cdf(x2)], 1))


def log_det_by_autograd(z):
    """From the diagonal of the automatic Jacobian."""
    J = vmap(jacrev(lambda point: T(point[None])[0]))(z)
    return J.diagonal(dim1=1, dim2=2).log().sum(1)


def inverse_by_bisection(x):
    return invert(T, x, [0, 1], low=-9.0, high=9.0)


# --- e07.q5 ------------------------------------------------------------------------------------


def loss(a):
    return a**2


def square(x1):
    return x1**2


def narrow(x1):
    return 0.05


Q5 = [
    ("the mean width", "constant", "average of the widths", (lambda a: a**2 / 2, square, narrow)),
    ("nothing", "constant", "Write the cross entropy", (lambda a: 0.0, square, narrow)),
    ("too narrow", "limits", "between which values", (loss, square, lambda x1: 0.01)),
    ("a line", "order", "both orders are exact", (loss, lambda x1: 3 * x1, narrow)),
    (
        "only the width",
        "order",
        "Move the centre",
        (loss, lambda x1: 0.0, lambda x1: (x1 / 2.5).exp()),
    ),
    ("a monotone centre", "order", "is monotone", (loss, lambda x1: 10 * torch.tanh(x1), narrow)),
    ("a wide banana", "order", "narrow and distant", (loss, square, lambda x1: 0.5)),
]


def loss_by_samples_of_the_formula(a):
    """Half the logarithm of the mean square, minus the mean logarithm, by Gauss–Hermite."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    return 0.5 * math.log(weights @ np.exp(2 * a * nodes)) - weights @ (a * nodes)


WRONG = [
    Wrong(f"e07.q{number}", *answer)
    for number, answers in enumerate((Q1, Q2, Q3, Q4, Q5), start=1)
    for answer in answers
]

RIGHT = [
    Right("e07.q1", "entry by entry", (entry_by_entry,)),
    Right("e07.q1", "einsum", (lambda J: torch.einsum("nii->ni", J).square().log().sum(1) / 2,)),
    Right(
        "e07.q1",
        "NumPy",
        (lambda J: np.log(np.abs(np.diagonal(J.numpy(), axis1=1, axis2=2))).sum(1),),
    ),
    Right(
        "e07.q2",
        "by conditionals, half that of the covariance",
        (flow_by_conditionals, lambda Sigma: torch.linalg.slogdet(Sigma).logabsdet / 2),
    ),
    Right(
        "e07.q2",
        "QR of the symmetric root, eigenvalues",
        (flow_from_qr, lambda Sigma: torch.linalg.eigvalsh(Sigma).log().sum() / 2),
    ),
    Right("e07.q3", "scipy, point by point", (with_scipy,)),
    Right("e07.q3", "steps that halve", (halving_the_step,)),
    Right("e07.q4", "scipy", (knothe_with_scipy, log_det_of_two_laws, rosenblatt_with_scipy)),
    Right("e07.q4", "autograd and bisection", (T, log_det_by_autograd, inverse_by_bisection)),
    Right(
        "e07.q5",
        "quadrature, a sine",
        (loss_by_samples_of_the_formula, lambda x1: torch.sin(3 * x1), lambda x1: 0.06),
    ),
    Right(
        "e07.q5",
        "NumPy, a parabola with a wider end",
        (
            lambda a: a * a,
            lambda x1: 4 * np.abs(x1.numpy()),
            lambda x1: 0.05 + x1.numpy() ** 2 / 250,
        ),
    ),
]

MARGIN = "z stays below 50: a longer interval, or one step more, is as good"
EQUIVALENT = {
    "low, high = (-50.0, 50.0) -> low, high = (-51.0, 50.0)": MARGIN,
    "low, high = (-50.0, 50.0) -> low, high = (-50.0, 51.0)": MARGIN,
    "for _ in range(60): -> for _ in range(61):": MARGIN,
    "return torch.full_like(x1, 0.05) -> return 0.05": "a number stands for itself at every point",
}
