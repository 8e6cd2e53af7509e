"""Answers that students give to the exercises of chapter 7, wrong and right.

EQUIVALENT lists the mutants of the solutions that are right answers, with the reason.
"""

import math
from functools import partial

import numpy as np
import torch
from scipy import optimize, stats
from torch.func import jacrev, vmap
from torch.special import log_ndtr, ndtr, ndtri

from tests.exercises.answers import right, solution, wrong

cholesky = torch.linalg.cholesky
G = solution("e07.q4")["knothe"]

# --- e07.q1 ------------------------------------------------------------------------------------


def diagonal(J):
    return J.diagonal(dim1=1, dim2=2)


def entry_by_entry(J):
    return torch.stack([sum(A[i, i].abs().log() for i in range(len(A))) for A in J])


def with_numpy(J):
    return np.log(np.abs(np.diagonal(J.numpy(), axis1=1, axis2=2))).sum(1)


def q1(what, step, hint, log_abs_det):
    return wrong("e07.q1", what, step, hint, log_abs_det=log_abs_det)


WRONG = [
    q1("no absolute value", "small", "no_abs", lambda J: diagonal(J).log().sum(1)),
    q1("an average", "small", "otherwise", lambda J: diagonal(J).abs().log().mean(1)),
    q1("log of the product", "large", "otherwise", lambda J: diagonal(J).prod(1).abs().log()),
    q1("elimination", "cost", "hint", lambda J: torch.linalg.slogdet(J).logabsdet),
]
r1 = partial(right, "e07.q1")
RIGHT = [
    r1("entry by entry", log_abs_det=entry_by_entry),
    r1("einsum", log_abs_det=lambda J: torch.einsum("nii->ni", J).square().log().sum(1) / 2),
    r1("NumPy", log_abs_det=with_numpy),
]

# --- e07.q2 ------------------------------------------------------------------------------------


def spectral(z, m, Sigma):
    values, vectors = torch.linalg.eigh(Sigma)
    return m + z @ (vectors * values.sqrt()).T


def flow_from_qr(z, m, Sigma):
    """L from the QR factorisation of the symmetric root, with its signs put right."""
    values, vectors = torch.linalg.eigh(Sigma)
    R = torch.linalg.qr(vectors * values.sqrt() @ vectors.T).R
    return m + z @ (R * R.diagonal().sign()[:, None])


def flow_by_conditionals(z, m, Sigma):
    """One coordinate after another, each with its mean and deviation given those before."""
    x = torch.zeros_like(z)
    for i in range(z.shape[1]):
        gain = torch.linalg.solve(Sigma[:i, :i], Sigma[:i, i])
        mean = m[i] + (x[:, :i] - m[:i]) @ gain
        x[:, i] = mean + (Sigma[i, i] - Sigma[:i, i] @ gain).sqrt() * z[:, i]
    return x


def q2(what, step, flow):
    return wrong("e07.q2", what, step, "otherwise", gaussian_flow=flow)


def of_the_deviations(Sigma):
    return Sigma.diagonal().log().sum() / 2


WRONG += [
    q2("the mean first", "mean", lambda z, m, Sigma: (z + m) @ cholesky(Sigma).T),
    q2("the deviations alone", "covariance", lambda z, m, S: m + z * S.diagonal().sqrt()),
    q2("eigenvectors", "triangular", spectral),
    q2("the other sign", "increasing", lambda z, m, Sigma: m - z @ cholesky(Sigma).T),
    wrong(
        "e07.q2", "of the deviations", "log_det", "otherwise", gaussian_log_det=of_the_deviations
    ),
]
r2 = partial(right, "e07.q2")
RIGHT += [
    r2(
        "by conditionals, half that of the covariance",
        gaussian_flow=flow_by_conditionals,
        gaussian_log_det=lambda Sigma: torch.linalg.slogdet(Sigma).logabsdet / 2,
    ),
    r2(
        "QR of the symmetric root, eigenvalues",
        gaussian_flow=flow_from_qr,
        gaussian_log_det=lambda Sigma: torch.linalg.eigvalsh(Sigma).log().sum() / 2,
    ),
]

# --- e07.q3 ------------------------------------------------------------------------------------


def searched(f, x, order, others=None, reach=50.0, steps=60):
    """z by bisection, the other coordinates being those found so far unless given."""
    z = torch.zeros_like(x)
    for i in order:
        trial = (z if others is None else others).clone()
        low, high = torch.full_like(x[:, i], -reach), torch.full_like(x[:, i], reach)
        for _ in range(steps):
            trial[:, i] = (low + high) / 2
            short = f(trial)[:, i] < x[:, i]
            low, high = trial[:, i].where(short, low), high.where(short, trial[:, i])
        z[:, i] = trial[:, i]
    return z


def all_at_once(f, x, order):
    low, high = torch.full_like(x, -50.0), torch.full_like(x, 50.0)
    for _ in range(60):
        z = (low + high) / 2
        short = f(z) < x
        low, high = torch.where(short, z, low), torch.where(short, high, z)
    return z


def one_newton_step(f, x, order):
    """Exact for one coordinate only, where it asks for the whole of `searched`."""
    if x.shape[1] == 1:
        return searched(f, x, order)
    zero = torch.zeros_like(x[:1])
    J = jacrev(lambda z: f(z[None])[0])(zero[0])
    return torch.linalg.solve(J, (x - f(zero)).T).T


def newton(f, x, order):
    z = torch.zeros_like(x)
    for i in order:
        for _ in range(100):
            slope = vmap(jacrev(lambda point: f(point[None])[0]))(z)[:, i, i]
            z[:, i] = z[:, i] + (x - f(z))[:, i] / slope
    return z


def backwards(f, x, order):
    """Moves the wrong way when f falls short."""
    return searched(lambda z: 2 * x - f(z), x, order)


def by_place(f, x, order):
    return searched(f, x, [order.index(i) for i in range(len(order))])


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


def q3(what, step, hint, invert):
    return wrong("e07.q3", what, step, hint, invert=invert)


WRONG += [
    q3("a search that is too short", "line", "too_short", partial(searched, reach=20.0)),
    q3("few steps", "line", "near", partial(searched, steps=12)),
    q3("the wrong way", "line", "otherwise", backwards),
    q3("x for z", "sequence", "given_x", lambda f, x, order: searched(f, x, order, x)),
    q3("others at 0", "sequence", "given_zeros", lambda f, x, order: searched(f, x, order, 0 * x)),
    q3("all at once", "sequence", "half_found", all_at_once),
    q3("linearised at 0", "sequence", "otherwise", one_newton_step),
    q3("as computed", "order", "misplaced", lambda f, x, order: searched(f, x, order)[:, order]),
    q3("the inverse permutation", "order", "by_place", by_place),
    q3("no order", "order", "otherwise", lambda f, x, order: searched(f, x, sorted(order))),
    q3("Newton's method", "steep", "otherwise", newton),
]
r3 = partial(right, "e07.q3")
RIGHT += [
    r3("scipy, point by point", invert=with_scipy),
    r3("steps that halve", invert=halving_the_step),
]

# --- e07.q4 ------------------------------------------------------------------------------------


def w(x1):
    return (1 + x1**2).sqrt()


def with_quantiles(y):
    return torch.stack([y[:, 0], y[:, 0] ** 2 + w(y[:, 0]) * y[:, 1]], 1)


def logit_of_cdf(z):
    return with_quantiles(ndtr(z).logit())


def no_width(z):
    y1, y2 = (log_ndtr(z) - log_ndtr(-z)).unbind(1)
    return torch.stack([y1, y1**2 + y2], 1)


def one_slope(z):
    return stats.norm.logpdf(z[:, 0]) - (log_ndtr(z) + log_ndtr(-z))[:, 0].numpy()


def divided_first(x):
    return ndtri(torch.stack([x[:, 0], x[:, 1] / w(x[:, 0]) - x[:, 0] ** 2], 1).sigmoid())


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
    J = vmap(jacrev(lambda point: G(point[None])[0]))(z)
    return J.diagonal(dim1=1, dim2=2).log().sum(1)


q4, r4 = partial(wrong, "e07.q4"), partial(right, "e07.q4")
WRONG += [
    q4("backwards", "first", "otherwise", knothe=lambda z: with_quantiles(ndtri(z.sigmoid()))),
    q4("no width", "second", "otherwise", knothe=no_width),
    q4("the logit of Φ", "tails", "otherwise", knothe=logit_of_cdf),
    q4("one slope", "log_det", "otherwise", knothe_log_det=one_slope),
    q4("divided before subtracting", "inverse", "otherwise", rosenblatt=divided_first),
]
RIGHT += [
    r4(
        "scipy",
        knothe=knothe_with_scipy,
        knothe_log_det=log_det_of_two_laws,
        rosenblatt=rosenblatt_with_scipy,
    ),
    r4(
        "autograd and bisection",
        knothe_log_det=log_det_by_autograd,
        rosenblatt=lambda x: searched(G, x, [0, 1], reach=9.0),
    ),
]

# --- e07.q5 ------------------------------------------------------------------------------------


def loss_by_quadrature(a):
    """Half the logarithm of the mean square, minus the mean logarithm, by Gauss–Hermite."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    return 0.5 * math.log(weights @ np.exp(2 * a * nodes)) - weights @ (a * nodes)


q5, r5 = partial(wrong, "e07.q5"), partial(right, "e07.q5")
WRONG += [
    q5("nothing", "constant", "otherwise", constant_width_loss=lambda a: 0.0),
    q5("too narrow", "limits", "hint", width=lambda x1: 0.01),
    q5("a line", "order", "gaussian", centre=lambda x1: 3 * x1),
    q5("a width", "order", "only_width", centre=lambda x1: 0.0, width=lambda x1: (x1 / 2.5).exp()),
    q5("a monotone centre", "order", "monotone", centre=lambda x1: 10 * torch.tanh(x1)),
    q5("a wide banana", "order", "otherwise", width=lambda x1: 0.5),
]
RIGHT += [
    r5(
        "quadrature, a sine",
        constant_width_loss=loss_by_quadrature,
        centre=lambda x1: torch.sin(3 * x1),
        width=lambda x1: 0.06,
    ),
    r5(
        "NumPy, a parabola with a wider end",
        constant_width_loss=lambda a: a * a,
        centre=lambda x1: 4 * np.abs(x1.numpy()),
        width=lambda x1: 0.05 + x1.numpy() ** 2 / 250,
    ),
]

# --- e07.q6 and q7 ------------------------------------------------------------------------------

q6, r6 = partial(wrong, "e07.q6"), partial(right, "e07.q6")
WRONG += [
    q6("a word", "predicted", "numbers", predicted="many"),
    q6("no option", "explanation", "options", explanation="E"),
]
RIGHT += [
    r6("near", predicted=14, explanation="b"),
    r6("few", predicted=7.0),
    r6("between", predicted=32),
]
q7, r7 = partial(wrong, "e07.q7"), partial(right, "e07.q7")
WRONG += [q7("a number", "option", "options", option=4)]
RIGHT += [r7("lower case", option="d"), r7("with its bracket", reason="(c)")]

MARGIN = "z stays below 50: a longer interval, or one step more, is as good"
EQUIVALENT = {
    "guess = 64 -> guess = 65": "no prediction is a mistake",
    "guess = 64 -> guess = 0": "no prediction is a mistake",
    "low, high = (-50.0, 50.0) -> low, high = (-51.0, 50.0)": MARGIN,
    "low, high = (-50.0, 50.0) -> low, high = (-50.0, 51.0)": MARGIN,
    "for _ in range(60): -> for _ in range(61):": MARGIN,
    "return torch.full_like(x1, 0.05) -> return 0.05": "a number stands for itself at every point",
}
