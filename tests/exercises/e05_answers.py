"""Answers that students give to the exercises of chapter 5, wrong and right.

EQUIVALENT lists the mutants of the solutions that are right answers, with the reason.
"""

import functools
import math
from functools import partial

import numpy as np
import torch
from scipy import stats

from nflib import MLP, Affine, AffineCoupling, Flow, SplineCoupling, StandardNormal, fit
from nflib.course.check.variants import variant
from tests.exercises.answers import right, wrong

log, sqrt, stack = math.log, math.sqrt, torch.stack
inv, det = torch.linalg.inv, torch.linalg.det

WRONG, RIGHT = [], []


def normal(z):
    return torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(-1)


# --- e05.q1 ------------------------------------------------------------------------------------


def forward(z, layers):
    return functools.reduce(lambda z, layer: layer.forward(z)[0], layers, z)


def backward(x, layers):
    return functools.reduce(lambda x, layer: layer.inverse(x)[0], reversed(layers), x)


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


last_layer_only = lambda x, layers, base: base(backward(x, layers)) + layers[-1].inverse(x)[1]
q1 = partial(wrong, "e05.q1")
WRONG += [
    q1(
        "each layer on z itself",
        "forward",
        "otherwise",
        to_data=lambda z, layers: layers[-1].forward(z)[0],
    ),
    q1(
        "one layer undone",
        "inverse",
        "otherwise",
        to_latent=lambda x, layers: layers[-1].inverse(x)[0],
    ),
    q1("the last layer only", "density", "otherwise", log_prob=last_layer_only),
    q1(
        "always a Gaussian",
        "base",
        "otherwise",
        log_prob=lambda x, layers, base: recursive(x, layers, normal),
    ),
]
r1 = partial(right, "e05.q1")
RIGHT += [
    r1(
        "a list that is used up; forwards from the base",
        to_data=forward,
        to_latent=popped,
        log_prob=from_the_base,
    ),
    r1("functools; recursion", to_data=forward, to_latent=backward, log_prob=recursive),
]

# --- e05.q2 ------------------------------------------------------------------------------------


def likelihood(x, A, b):
    return (normal((x - b) @ inv(A).mT) - det(A).abs().log()).sum()


def one_by_one(x, A, b):
    total = 0.0
    for point in x:
        z = torch.linalg.solve(A, point - b)
        total += float(-(z @ z) / 2) - len(b) * log(math.tau) / 2 - log(abs(float(det(A))))
    return total


def with_scipy(x, A, b):
    A = A.numpy()
    return stats.multivariate_normal(b.numpy(), A @ A.T).logpdf(x.numpy()).sum()


of_f = lambda x, A, b: (normal(x @ A.mT + b) - det(A).abs().log()).sum()
no_absolute_value = lambda x, A, b: (normal((x - b) @ inv(A).mT) - det(A).log()).sum()
one_constant = lambda x, A, b: likelihood(x, A, b) + len(x) * (len(b) - 1) * log(math.tau) / 2
q2 = partial(wrong, "e05.q2")
WRONG += [
    q2("f instead of its inverse", "thousand", "otherwise", log_likelihood=of_f),
    q2("no absolute value", "matrix", "no_absolute_value", log_likelihood=no_absolute_value),
    q2("one coordinate's constant", "matrix", "otherwise", log_likelihood=one_constant),
]
r2 = partial(right, "e05.q2")
RIGHT += [
    r2("a loop that solves systems", log_likelihood=one_by_one),
    r2("scipy's Gaussian", log_likelihood=with_scipy),
]

# --- e05.q3 ------------------------------------------------------------------------------------


def mean(x):
    return x.mean(0)


def cov(x):
    return x.mT.cov(correction=0)


def best(x):
    return torch.linalg.cholesky(cov(x))


def symmetric_root(x):
    values, vectors = torch.linalg.eigh(cov(x))
    return vectors @ values.sqrt().diag() @ vectors.mT


def from_singular_values(x):
    _, s, V = torch.linalg.svd(x - x.mean(0), full_matrices=False)
    return V.mT * s / len(x) ** 0.5


def measured(x):
    return -likelihood(x, best(x), mean(x)) / len(x)


about_zero = lambda x: torch.linalg.cholesky(x.mT @ x / len(x))
constant_of_one = lambda x: log(math.tau * math.e) / 2 + cov(x).logdet() / 2
q3 = partial(wrong, "e05.q3")
WRONG += [
    q3("the median", "shift", "otherwise", best_b=lambda x: x.median(0).values),
    q3("moments about 0", "matrix", "otherwise", best_A=about_zero),
    q3("one coordinate's constant", "loss", "otherwise", least_loss=constant_of_one),
]
r3 = partial(right, "e05.q3")
RIGHT += [
    r3(
        "the symmetric root; the loss measured",
        best_b=lambda x: x.sum(0) / len(x),
        best_A=symmetric_root,
        least_loss=measured,
    ),
    r3(
        "singular values, NumPy",
        best_b=lambda x: x.numpy().mean(0),
        best_A=from_singular_values,
    ),
    r3("a root that reflects", best_b=mean, best_A=lambda x: -best(x)),
]

# --- e05.q4 ------------------------------------------------------------------------------------


def law(m, s):
    return torch.distributions.Normal(m, s)


def cover(mu, sigma, weight):
    return np.array([mu * (2 * weight - 1), sqrt(sigma**2 + 4 * weight * (1 - weight) * mu**2)])


def by_the_law(x, m, s):
    return -law(m, s).log_prob(x).mean()


def reverse(z, m, s, log_p):
    x = m + s * z
    return (law(m, s).log_prob(x) - log_p(x)).mean()


def loss_by_scipy(x, m, s):
    return -stats.norm(m, s).logpdf(x.numpy()).mean()


def loss_of_a_flow(z, m, s, log_p):
    flow = Flow(StandardNormal(1), Affine(torch.tensor([m]), torch.tensor([s]))).double()
    x, log_det = flow.bijection.forward(z[:, None])
    return torch.mean(normal(z[:, None]) - log_det - log_p(x[:, 0]))


def moments_of_samples(mu, sigma, weight):
    means, weights = np.array([mu, -mu]), np.array([weight, 1 - weight])
    m = weights @ means
    return np.array([m, np.sqrt(weights @ (means - m) ** 2 + sigma**2)])


with_the_variance = lambda x, m, s: -law(0.0, 1.0).log_prob((x - m) / s**2).mean() + log(s)
q_at_z = lambda z, m, s, log_p: (law(m, s).log_prob(z) - log_p(m + s * z)).mean()
q4 = partial(wrong, "e05.q4")
WRONG += [
    q4("divided by the variance", "forward", "otherwise", forward_loss=with_the_variance),
    q4("q at z", "reverse", "otherwise", reverse_loss=q_at_z),
    q4("equal weights", "cover", "weights", cover=lambda mu, sigma, w: cover(mu, sigma, 0.5)),
    q4("the widths added", "cover", "otherwise", cover=lambda m, s, w: np.array([0, s + m])),
    q4("no logarithm", "seek", "otherwise", seek=lambda weight: weight),
]
r4 = partial(right, "e05.q4")
RIGHT += [
    r4(
        "scipy; a flow",
        forward_loss=loss_by_scipy,
        reverse_loss=loss_of_a_flow,
        cover=moments_of_samples,
    ),
    r4(
        "torch.distributions",
        forward_loss=by_the_law,
        reverse_loss=reverse,
        cover=cover,
        seek=lambda weight: torch.tensor(1 / weight).log(),
    ),
]

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


def table(codes, log_density):
    return torch.cat([codes, log_density[:, None]], 1)


def answer(change):
    """An answer that returns ``change(flow, points)`` of a good flow."""

    def latent(data, points):
        couplings_of.data = data
        return change(couplings_of(len(data)), points)

    return latent


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


@answer
def noise(flow, x):
    z = torch.randn(x.shape, generator=torch.Generator().manual_seed(0), dtype=x.dtype)
    return table(z, flow(x))


def splines(data, points):
    flow = trained(couplings(4, SplineCoupling, 23), data, 500, 0.005)
    return table(flow.to_latent(points), flow(points))


@answer
def turned(flow, x):
    """A rotation of the base gives other codes and the same density."""
    Q = torch.tensor([[0.6, -0.8], [0.8, 0.6]], dtype=torch.float64)
    return table(flow.to_latent(x) @ Q, flow(x)).numpy()


of_base = answer(lambda flow, x: table(flow.to_latent(x), normal(flow.to_latent(x))))
opposite_sign = answer(lambda f, x: table(f.to_latent(x), 2 * normal(f.to_latent(x)) - f(x)))
with_f = answer(lambda flow, x: table(flow.from_latent(x), flow(x)))
q5 = partial(wrong, "e05.q5")
WRONG += [
    q5("the points for codes", "norm", "hint", latent=answer(lambda f, x: table(x, f(x)))),
    q5("encoded with f", "normal", "direction", latent=with_f),
    q5("no layers", "normal", "otherwise", latent=scale_only),
    q5("the density of the base", "density", "of_base", latent=of_base),
    q5("the opposite sign of the volumes", "density", "opposite_sign", latent=opposite_sign),
    q5("codes from nowhere", "density", "otherwise", latent=noise),
    q5("coordinate by coordinate", "likelihood", "hint", latent=each_coordinate),
]
r5 = partial(right, "e05.q5")
RIGHT += [r5("splines", latent=splines), r5("the base rotated, NumPy", latent=turned)]

# --- e05.q6, e05.q7 ----------------------------------------------------------------------------


def by_autograd(student):
    """The code by Newton's method, and the log-density by the derivative of the chain."""
    a, b, c, e, x = variant("e05.q7", student)
    z = torch.zeros((), dtype=torch.float64, requires_grad=True)
    for _ in range(60):
        y = c * torch.sinh(a * z + b) + e
        (slope,) = torch.autograd.grad(y, z)
        z = (z - (y - x) / slope).detach().requires_grad_()
    return {"code": z, "log_density": normal(z[None]) - slope.log()}


r6, r7 = partial(right, "e05.q6"), partial(right, "e05.q7")
WRONG += [
    wrong("e05.q7", "forwards", "code", "otherwise", code=3.0),
    wrong("e05.q7", "the density", "density", "otherwise", log_density=0.05),
]
RIGHT += [
    r6("small letters", option="c", reason="b"),
    r6("with signs", option="C.", reason="(B)"),
    r7("Newton, autograd", **by_autograd("1234567")),
    r7("another student", student="4.321.765-0", **by_autograd("43217650")),
]

EQUIVALENT = {
    "layers = [coupling(k % 2, k) for k in range(6)] -> "
    "layers = [coupling(k % 2, k) for k in range(7)]": "one layer more",
}
