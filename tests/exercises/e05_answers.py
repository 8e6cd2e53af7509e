"""Answers that students give to the exercises of chapter 5, wrong and right.

EQUIVALENT lists the mutants of the solutions that are right answers, with the reason.
"""

import functools
import math

import numpy as np
import torch
from scipy import stats

from nflib import MLP, Affine, AffineCoupling, Flow, SplineCoupling, StandardNormal, fit
from tests.exercises.answers import Right, Wrong

log, sqrt, stack = math.log, math.sqrt, torch.stack
inv, det = torch.linalg.inv, torch.linalg.det


def normal(z):
    return torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(-1)


# --- e05.q1 ------------------------------------------------------------------------------------


def forward(z, layers):
    return functools.reduce(lambda z, layer: layer.forward(z)[0], layers, z)


def backward(x, layers):
    return functools.reduce(lambda x, layer: layer.inverse(x)[0], reversed(layers), x)


def volumes(x, layers):
    """The terms of the layers, of the last one first."""
    found = []
    for layer in reversed(layers):
        x, log_abs_det = layer.inverse(x)
        found.append(log_abs_det)
    return stack(found)


def density(x, layers, base):
    return base(backward(x, layers)) + volumes(x, layers).sum(0)


def of(log_prob):
    return forward, backward, log_prob


Q1 = [
    (
        "the last layer first",
        "forward",
        "which one acts on z first",
        (lambda z, layers: forward(z, layers[::-1]), backward, density),
    ),
    ("inverses to sample", "forward", "You used the inverses", (backward, backward, density)),
    (
        "each layer on z itself",
        "forward",
        "is what leaves the first",
        (lambda z, layers: layers[-1].forward(z)[0], backward, density),
    ),
    (
        "undone in the same order",
        "inverse",
        "Which was the last",
        (forward, lambda x, layers: backward(x, layers[::-1]), density),
    ),
    (
        "forward again",
        "inverse",
        "applied the layers again",
        (forward, lambda x, layers: forward(x, layers[::-1]), density),
    ),
    (
        "one layer undone",
        "inverse",
        "There and back",
        (forward, lambda x, layers: layers[-1].inverse(x)[0], density),
    ),
    (
        "no determinants",
        "density",
        "what happens to volumes",
        of(lambda x, layers, base: base(backward(x, layers))),
    ),
    (
        "the opposite sign",
        "density",
        "where the chain stretches",
        of(lambda x, layers, base: base(backward(x, layers)) - volumes(x, layers).sum(0)),
    ),
    (
        "the base at x",
        "density",
        "where it starts",
        of(lambda x, layers, base: base(x) + volumes(x, layers).sum(0)),
    ),
    (
        "the last layer only",
        "density",
        "reached by those before",
        of(lambda x, layers, base: base(backward(x, layers)) + volumes(x, layers)[0]),
    ),
    (
        "always a Gaussian",
        "base",
        "use the one you are given",
        of(lambda x, layers, base: density(x, layers, normal)),
    ),
]


def popped(x, layers):
    while layers:
        x = layers.pop().inverse(x)[0]
    return x


def from_the_base(x, layers, base):
    z = backward(x, layers)
    total = base(z)
    for layer in layers:
        z, log_abs_det = layer.forward(z)
        total -= log_abs_det
    return total


def recursive(x, layers, base):
    if not layers:
        return base(x)
    z, log_abs_det = layers[-1].inverse(x)
    return recursive(z, layers[:-1], base) + log_abs_det


# --- e05.q2 ------------------------------------------------------------------------------------


def codes(x, A, b):
    return (x - b) @ inv(A).mT


def likelihood(x, A, b):
    return (normal(codes(x, A, b)) - det(A).abs().log()).sum()


Q2 = [
    (
        "the determinant once",
        "thousand",
        "came in only once",
        (lambda x, A, b: normal(codes(x, A, b)).sum() - det(A).abs().log(),),
    ),
    ("the mean", "thousand", "average", (lambda x, A, b: likelihood(x, A, b) / len(x),)),
    (
        "no determinant",
        "thousand",
        "do not integrate",
        (lambda x, A, b: normal(codes(x, A, b)).sum(),),
    ),
    (
        "the determinant of f",
        "thousand",
        "rise or fall",
        (lambda x, A, b: (normal(codes(x, A, b)) + det(A).abs().log()).sum(),),
    ),
    (
        "f instead of its inverse",
        "thousand",
        "single datum by hand",
        (lambda x, A, b: (normal(x @ A.mT + b) - det(A).abs().log()).sum(),),
    ),
    (
        "no absolute value",
        "matrix",
        "factor of the volumes",
        (lambda x, A, b: (normal(codes(x, A, b)) - det(A).log()).sum(),),
    ),
    (
        "not transposed",
        "matrix",
        "on which side",
        (lambda x, A, b: (normal((x - b) @ inv(A)) - det(A).abs().log()).sum(),),
    ),
    (
        "b after the inverse",
        "matrix",
        "What did f do last",
        (lambda x, A, b: (normal(x @ inv(A).mT - b) - det(A).abs().log()).sum(),),
    ),
    (
        "the constant of one coordinate",
        "matrix",
        "depends on d",
        (lambda x, A, b: likelihood(x, A, b) + len(x) * (len(b) - 1) * log(math.tau) / 2,),
    ),
]


def one_by_one(x, A, b):
    total = 0.0
    for point in x:
        z = torch.linalg.solve(A, point - b)
        total += float(-(z @ z) / 2) - len(b) * log(math.tau) / 2 - log(abs(float(det(A))))
    return total


def with_scipy(x, A, b):
    A = A.numpy()
    return stats.multivariate_normal(b.numpy(), A @ A.T).logpdf(x.numpy()).sum()


# --- e05.q3 ------------------------------------------------------------------------------------


def mean(x):
    return x.mean(0)


def cov(x, correction=0):
    return x.mT.cov(correction=correction)


def root(S):
    return torch.linalg.cholesky(S)


def best(x):
    return root(cov(x))


def least(x):
    return x.shape[1] * log(math.tau * math.e) / 2 + cov(x).logdet() / 2


Q3 = [
    ("the mean of everything", "shift", "over the coordinates", (lambda x: x.mean(), best, least)),
    ("the median", "shift", "most likely", (lambda x: x.median(0).values, best, least)),
    ("divided by N − 1", "matrix", "unbiased", (mean, lambda x: root(cov(x, 1)), least)),
    ("the covariance", "matrix", "a root of it", (mean, cov, least)),
    ("the upper factor", "matrix", "transposed", (mean, lambda x: best(x).mT, least)),
    (
        "the way to the base",
        "matrix",
        "leads the base to the data",
        (mean, lambda x: inv(best(x)).mT, least),
    ),
    (
        "moments about 0",
        "matrix",
        "measured from their mean",
        (mean, lambda x: root(x.mT @ x / len(x)), least),
    ),
    (
        "the loss of all",
        "loss",
        "for each datum",
        (mean, best, lambda x: least(x) * len(x)),
    ),
    (
        "no quadratic part",
        "loss",
        "squared norm",
        (mean, best, lambda x: least(x) - x.shape[1] / 2),
    ),
    (
        "the whole determinant",
        "loss",
        "how are they related",
        (mean, best, lambda x: least(x) + cov(x).logdet() / 2),
    ),
    (
        "one coordinate's constant",
        "loss",
        "divided by N.",
        (mean, best, lambda x: log(math.tau * math.e) / 2 + cov(x).logdet() / 2),
    ),
]


def symmetric_root(x):
    values, vectors = torch.linalg.eigh(cov(x))
    return vectors @ values.sqrt().diag() @ vectors.mT


def from_singular_values(x):
    _, s, V = torch.linalg.svd(x - x.mean(0), full_matrices=False)
    return V.mT * s / len(x) ** 0.5


def measured(x):
    return -likelihood(x, best(x), x.mean(0)) / len(x)


# --- e05.q4 ------------------------------------------------------------------------------------


def law(m, s):
    return torch.distributions.Normal(m, s)


def forwards(x, m, s):
    return -law(m, s).log_prob(x).mean()


def reverse(z, m, s, log_p):
    x = m + s * z
    return (law(m, s).log_prob(x) - log_p(x)).mean()


def cover(mu, sigma, weight):
    return np.array([mu * (2 * weight - 1), sqrt(sigma**2 + 4 * weight * (1 - weight) * mu**2)])


def seek(weight):
    return -log(weight)


def unit(z):
    return law(0.0, 1.0).log_prob(z)


Q4 = [
    (
        "the likelihood",
        "forward",
        "would lower",
        (lambda x, m, s: -forwards(x, m, s), reverse, cover, seek),
    ),
    (
        "no log s",
        "forward",
        "cost nothing",
        (lambda x, m, s: -unit((x - m) / s).mean(), reverse, cover, seek),
    ),
    (
        "divided by the variance",
        "forward",
        "not by the variance",
        (lambda x, m, s: -unit((x - m) / s**2).mean() + log(s), reverse, cover, seek),
    ),
    (
        "the ratio inverted",
        "reverse",
        "upside down",
        (forwards, lambda *a: -reverse(*a), cover, seek),
    ),
    (
        "no determinant",
        "reverse",
        "stretched by s",
        (forwards, lambda z, m, s, p: (unit(z) - p(m + s * z)).mean(), cover, seek),
    ),
    (
        "log p alone",
        "reverse",
        "narrowest q wins",
        (forwards, lambda z, m, s, p: -p(m + s * z).mean(), cover, seek),
    ),
    (
        "q at z",
        "reverse",
        "Which law has",
        (forwards, lambda z, m, s, p: (law(m, s).log_prob(z) - p(m + s * z)).mean(), cover, seek),
    ),
    (
        "one peak",
        "cover",
        "That one copies a peak",
        (forwards, reverse, lambda mu, sigma, weight: np.array([mu, sigma]), seek),
    ),
    (
        "the width of a peak",
        "cover",
        "the centres are scattered",
        (forwards, reverse, lambda m, s, w: np.array([cover(m, s, w)[0], s]), seek),
    ),
    (
        "equal weights",
        "cover",
        "both peaks have the same",
        (forwards, reverse, lambda m, s, w: np.array([0, sqrt(m**2 + s**2)]), seek),
    ),
    (
        "the widths added",
        "cover",
        "two moments",
        (forwards, reverse, lambda m, s, w: np.array([cover(m, s, w)[0], s + m]), seek),
    ),
    (
        "always log 2",
        "seek",
        "half of the weight",
        (forwards, reverse, cover, lambda weight: log(2)),
    ),
    (
        "the other peak",
        "seek",
        "Which of the two weights",
        (forwards, reverse, cover, lambda weight: -log(1 - weight)),
    ),
    ("no logarithm", "seek", "which constant", (forwards, reverse, cover, lambda weight: weight)),
]


def loss_by_scipy(x, m, s):
    return -stats.norm(m, s).logpdf(x.numpy()).mean()


def loss_of_a_flow(z, m, s, log_p):
    flow = Flow(StandardNormal(1), Affine(torch.tensor([m]), torch.tensor([s]))).double()
    x, log_det = flow.bijection.forward(z[:, None])
    return torch.mean(unit(z) - log_det - log_p(x[:, 0]))


def moments_of_samples(mu, sigma, weight):
    means = np.array([mu, -mu])
    weights = np.array([weight, 1 - weight])
    m = weights @ means
    return np.array([m, np.sqrt(weights @ (means - m) ** 2 + sigma**2)])


# --- e05.q5 ------------------------------------------------------------------------------------


def couplings(count, layer=AffineCoupling, numbers=2):
    return [
        layer(
            torch.arange(2) == k % 2,
            MLP(1, numbers, (32, 32), generator=torch.Generator().manual_seed(k)),
        )
        for k in range(count)
    ]


def trained(layers, data, steps, lr):
    flow = Flow(StandardNormal(2), *layers, Affine(data.mean(0), data.std(0))).double()
    fit(
        flow,
        data,
        steps=steps,
        lr=lr,
        clip=5.0,
        generator=torch.Generator().manual_seed(1),
        scheduler=lambda o: torch.optim.lr_scheduler.OneCycleLR(o, lr, total_steps=steps),
        progress=False,
    )
    return flow.requires_grad_(False)


@functools.cache  # the check gives the same data every time
def couplings_of(size):
    return trained(couplings(6), couplings_of.data, 1000, 0.01)


def good(data):
    couplings_of.data = data
    return couplings_of(len(data))


def table(codes, log_density):
    return torch.cat([codes, log_density[:, None]], 1)


def answer(change):
    """An answer that returns ``change(flow, points)`` of a good flow."""
    return (lambda data, points: change(good(data), points),)


def each_coordinate(data, points):
    """The coordinates made normal one by one, by smoothed distribution functions."""
    steps = (points[:, None] - data[:2000]) / 0.05
    u = torch.special.ndtr(steps).mean(1)
    z = torch.special.ndtri(u.clamp(1e-9, 1 - 1e-9))
    slopes = torch.exp(-(steps**2) / 2).mean(1) / (0.05 * sqrt(math.tau))
    return table(z, slopes.log().sum(1))


def scale_only(data, points):
    flow = Flow(StandardNormal(2), Affine(data.mean(0), data.std(0))).double()
    return table(flow.to_latent(points), flow(points))


def noise(flow, points):
    z = torch.randn(points.shape, generator=torch.Generator().manual_seed(0), dtype=points.dtype)
    return table(z, flow(points))


Q5 = [
    ("the points for codes", "norm", "still the data", answer(lambda f, x: table(x, f(x)))),
    (
        "encoded with f",
        "normal",
        "In which direction",
        answer(lambda flow, x: table(flow.from_latent(x), flow(x))),
    ),
    ("no layers", "normal", "enough layers", (scale_only,)),
    (
        "the density of the base",
        "density",
        "log-density of the base",
        answer(lambda flow, x: table(flow.to_latent(x), normal(flow.to_latent(x)))),
    ),
    (
        "the opposite sign of the volumes",
        "density",
        "not that of this direction",
        answer(lambda flow, x: table(flow.to_latent(x), 2 * normal(flow.to_latent(x)) - flow(x))),
    ),
    ("codes from nowhere", "density", "not of the same flow", answer(noise)),
    ("coordinate by coordinate", "likelihood", "draw the two together", (each_coordinate,)),
]


def splines(data, points):
    flow = trained(couplings(4, SplineCoupling, 23), data, 500, 0.005)
    return table(flow.to_latent(points), flow(points))


def turned(flow, x):
    """A rotation of the base gives other codes and the same density."""
    Q = torch.tensor([[0.6, -0.8], [0.8, 0.6]], dtype=torch.float64)
    return table(flow.to_latent(x) @ Q, flow(x)).numpy()


WRONG = [
    Wrong(f"e05.q{number}", *wrong)
    for number, answers in enumerate((Q1, Q2, Q3, Q4, Q5), start=1)
    for wrong in answers
]

RIGHT = [
    Right(
        "e05.q1", "a list that is used up; forwards from the base", (forward, popped, from_the_base)
    ),
    Right("e05.q1", "functools; recursion", (forward, backward, recursive)),
    Right("e05.q2", "a loop that solves systems", (one_by_one,)),
    Right("e05.q2", "scipy's Gaussian", (with_scipy,)),
    Right(
        "e05.q3",
        "the symmetric root; the loss measured",
        (lambda x: x.sum(0) / len(x), symmetric_root, measured),
    ),
    Right(
        "e05.q3",
        "singular values, NumPy",
        (lambda x: x.numpy().mean(0), from_singular_values, least),
    ),
    Right("e05.q3", "a root that reflects", (mean, lambda x: -best(x), least)),
    Right("e05.q4", "scipy; a flow", (loss_by_scipy, loss_of_a_flow, moments_of_samples, seek)),
    Right(
        "e05.q4",
        "torch.distributions",
        (forwards, reverse, cover, lambda weight: torch.tensor(1 / weight).log()),
    ),
    Right("e05.q5", "splines", (splines,)),
    Right("e05.q5", "the base rotated, NumPy", answer(turned)),
]

EQUIVALENT = {
    "layers = [coupling(k % 2, k) for k in range(6)] -> "
    "layers = [coupling(k % 2, k) for k in range(7)]": "one layer more",
}
