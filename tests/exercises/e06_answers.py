"""Answers that students give to the exercises of chapter 6, wrong and right.

EQUIVALENT lists the mutants of the solutions that are right answers, with the reason.
"""

import functools
import math

import numpy as np
import torch
from scipy import optimize
from torch.func import jacrev, vmap
from torch.nn.functional import softplus

from nflib import Planar
from tests.exercises.answers import Right, Wrong

exp, log, tanh, stack = torch.exp, torch.log, torch.tanh, torch.stack

# --- e06.q1 ------------------------------------------------------------------------------------


def planar(z, w, u, b):
    return z + torch.outer(tanh(z @ w + b), u)


def slope(z, w, b):
    return 1 - tanh(z @ w + b) ** 2


def volume(z, w, u, b):
    return log(torch.abs(1 + slope(z, w, b) * (w @ u)))


def ends(w, u):
    c = float(w @ u)
    return np.sort([1.0, 1 + c])


def layer(f):
    return f, volume, ends


def determinant(f):
    return planar, f, ends


Q1 = [
    ("no b", "layer", "Where is b", layer(lambda z, w, u, b: planar(z, w, u, 0))),
    (
        "w and u exchanged",
        "layer",
        "w measures and u pushes",
        layer(lambda z, w, u, b: planar(z, u, w, b)),
    ),
    (
        "coordinate by coordinate",
        "layer",
        "a single number within",
        layer(lambda z, w, u, b: z + u * tanh(z * w + b)),
    ),
    (
        "no absolute value",
        "determinant",
        "negative at some points",
        determinant(lambda z, w, u, b: log(1 + slope(z, w, b) * (w @ u))),
    ),
    (
        "1 − tanh",
        "determinant",
        "not the derivative",
        determinant(lambda z, w, u, b: log(abs(1 + (1 - tanh(z @ w + b)) * (w @ u)))),
    ),
    (
        "no logarithm",
        "determinant",
        "logarithm is missing",
        determinant(lambda z, w, u, b: abs(1 + slope(z, w, b) * (w @ u))),
    ),
    (
        "the norm of u",
        "determinant",
        "does the lemma give",
        determinant(lambda z, w, u, b: log(1 + slope(z, w, b) * (u @ u))),
    ),
    (
        "no 1",
        "determinant",
        "can be measured",
        determinant(lambda z, w, u, b: log(abs(slope(z, w, b) * (w @ u)))),
    ),
    (
        "both sides of 1",
        "range",
        "never negative",
        (planar, volume, lambda w, u: 1 + (w @ u).abs() * torch.tensor([-1.0, 1]).double()),
    ),
    (
        "always 1 first",
        "range",
        "depend on a sign",
        (planar, volume, lambda w, u: stack([torch.ones_like(w[0]), 1 + w @ u])),
    ),
    (
        "from 0",
        "range",
        "far from the hyperplane",
        (planar, volume, lambda w, u: stack([torch.zeros_like(w[0]), 1 + w @ u])),
    ),
]


def point_by_point(z, w, u, b):
    z, w, u = z.numpy(), w.numpy(), u.numpy()
    return np.array([p + u * np.tanh(p @ w + b) for p in z])


def by_autograd(z, w, u, b):
    J = vmap(jacrev(lambda p: p + u * tanh(p @ w + b)))(z)
    return torch.linalg.slogdet(J).logabsdet


def with_cosh(z, w, u, b):
    return log(abs(1 + (w @ u) / torch.cosh(z @ w + b) ** 2))


# --- e06.q2 ------------------------------------------------------------------------------------


def m(p):
    return torch.logaddexp(torch.zeros_like(p), p + math.log(math.e - 1)) - 1


def hat(w, v, power=2, m=m):
    p = (w * v).sum(-1, keepdim=True)
    return v + (m(p) - p) * w / w.norm(dim=-1, keepdim=True) ** power


def parallel(w, v):
    """Scales v itself until it complies."""
    p = (w * v).sum(-1, keepdim=True)
    return v * m(p) / p


def all_of_m(w, v):
    p = (w * v).sum(-1, keepdim=True)
    return v + m(p) * w / (w * w).sum(-1, keepdim=True)


def one_sum(w, v):
    p = (w * v).sum()
    return v + (m(p) - p) * w / (w * w).sum()


Q2 = [
    ("the function of the paper", "m", "the one of the paper", (lambda p: softplus(p) - 1, hat)),
    (
        "shifted the other way",
        "m",
        "such a layer folds",
        (lambda p: softplus(p) - 2 + math.log(math.e - 1), hat),
    ),
    ("the exponential", "m", "on the left", (lambda p: exp(p) - 1, hat)),
    (
        "the formula as it is printed",
        "extreme",
        "does not fit",
        (lambda p: -1 + log(1 + (math.e - 1) * exp(p)), hat),
    ),
    ("the norm not squared", "hat", "with which power", (m, lambda w, v: hat(w, v, 1))),
    ("the whole of m", "hat", "already had a part", (m, all_of_m)),
    ("v scaled", "hat", "farther from v", (m, parallel)),
    ("one product for all", "hat", "with a single one", (m, one_sum)),
]


def m_in_pieces(p):
    a = p + math.log(math.e - 1)
    return a.clamp(min=0) + torch.log1p(exp(-a.abs())) - 1


def hat_in_a_loop(w, v):
    found = []
    for one, other in zip(w, v, strict=True):
        p = one @ other
        found.append(other + (m(p) - p) * one / (one @ one))
    return stack(found)


def hat_from_the_parts(w, v):
    """The part of v across w, and the part along it anew."""
    unit, size = w / w.norm(dim=1, keepdim=True), w.norm(dim=1, keepdim=True)
    along = (unit * v).sum(1, keepdim=True)
    return v - along * unit + m(along * size) / size * unit


# --- e06.q3 ------------------------------------------------------------------------------------


def halved(y, c, b, width=None, steps=70):
    width = abs(c) if width is None else width
    low, high = y - width, y + width
    for _ in range(steps):
        a = (low + high) / 2
        above = a + c * tanh(a + b) > y
        low, high = torch.where(above, low, a), torch.where(above, a, high)
    return (low + high) / 2


def repeated(y, c, b, steps=200):
    a = y
    for _ in range(steps):
        a = y - c * tanh(a + b)
    return a


def newton(y, c, b, start=None, steps=100):
    a = y if start is None else start
    for _ in range(steps):
        t = tanh(a + b)
        a = a - (a + c * t - y) / (1 + c * (1 - t**2))
        if start is not None:
            a = a.clamp(y - abs(c), y + abs(c))
    return a


def from_the_inflection(y, c, b):
    return newton(y, c, b, torch.full_like(y, -b))


def small_steps(y, c, b):
    a = y
    for _ in range(800):
        a = a - 0.05 * (a + c * tanh(a + b) - y)
    return a


def inverse(x, w, u, b):
    return x - torch.outer(tanh(halved(x @ w, w @ u, b) + b), u)


Q3 = [
    ("no b", "gentle", "Where is b", (lambda y, c, b: halved(y, c, 0), inverse)),
    (
        "the root plus b",
        "gentle",
        "sum of the unknown",
        (lambda y, c, b: halved(y, c, b) + b, inverse),
    ),
    ("one step", "gentle", "on both sides", (lambda y, c, b: repeated(y, c, b, 1), inverse)),
    (
        "ten halvings",
        "gentle",
        "with more iterations",
        (lambda y, c, b: halved(y, c, b, steps=10), inverse),
    ),
    ("the fixed point", "steep", "brings points closer", (repeated, inverse)),
    ("Newton from y", "steep", "goes round in circles", (newton, inverse)),
    (
        "too short an interval",
        "steep",
        "interval where you search",
        (lambda y, c, b: halved(y, c, b, 1), inverse),
    ),
    ("small steps of one length", "flat", "fixed steps", (small_steps, inverse)),
    (
        "the push at x",
        "inverse",
        "starting point",
        (halved, lambda x, w, u, b: x - torch.outer(tanh(x @ w + b), u)),
    ),
    (
        "no b in the push",
        "inverse",
        "a term is missing",
        (halved, lambda x, w, u, b: x - torch.outer(tanh(halved(x @ w, w @ u, b)), u)),
    ),
    (
        "another number on the right",
        "inverse",
        "the right: which one",
        (halved, lambda x, w, u, b: x - torch.outer(tanh(halved(x @ u, w @ u, b) + b), u)),
    ),
]


def with_brent(y, c, b):
    c = float(c)

    def solve(y):
        reach = abs(c) + 1e-9
        return optimize.brentq(
            lambda a: a + c * math.tanh(a + b) - y, y - reach, y + reach, xtol=1e-14
        )

    return np.array([solve(value) for value in y.tolist()])


def inverse_of_nflib(x, w, u, b):
    return Planar.from_parameters(w, u, b).inverse(x)[0]


# --- e06.q4 ------------------------------------------------------------------------------------


def root_of(y, c, b):
    with torch.no_grad():
        return halved(y, c, b)


def parts(x, theta, implicit=True):
    """log p_Z at the codes, and log|det|; the root a constant unless ``implicit``."""
    w, u, b = theta[:2], theta[2:4], theta[4]
    y, c = x @ w, w @ u
    a = root_of(y, c, b)
    if implicit:
        with torch.no_grad():
            steepness = 1 + c * (1 - tanh(a + b) ** 2)
        a = a - (a + c * tanh(a + b) - y) / steepness
    t = tanh(a + b)
    z = x - torch.outer(t, u)
    return -(z**2).sum(1) / 2 - math.log(math.tau), log(1 + c * (1 - t**2))


def value(x, theta, implicit=True):
    base, expansion = parts(x, theta, implicit)
    return (base - expansion).mean()


def gradient(x, theta, f=value):
    theta = theta.clone().requires_grad_()
    return torch.autograd.grad(f(x, theta), theta)[0]


def valued(f):
    return f, gradient


def graded(f):
    return value, f


Q4 = [
    (
        "no determinant",
        "value",
        "determinant is missing",
        valued(lambda x, p: parts(x, p)[0].mean()),
    ),
    (
        "the determinant of f",
        "value",
        "from the data to the base",
        valued(lambda x, p: sum(parts(x, p)).mean()),
    ),
    (
        "x taken for z",
        "value",
        "First the root",
        valued(lambda x, p: (-(x**2).sum(1) / 2 - math.log(math.tau) - parts(x, p)[1]).mean()),
    ),
    (
        "the root a constant",
        "gradient",
        "came in as a constant",
        graded(lambda x, p: gradient(x, p, lambda x, p: value(x, p, False))),
    ),
    ("of the loss", "gradient", "where the likelihood falls", graded(lambda x, p: -gradient(x, p))),
    (
        "b held",
        "gradient",
        "last parameter",
        graded(lambda x, p: gradient(x, p) * torch.tensor([1, 1, 1, 1, 0]).double()),
    ),
    (
        "coarse differences",
        "gradient",
        "central differences",
        graded(
            lambda x, p: stack([(value(x, p + s) - value(x, p)) * 10 for s in torch.eye(5) / 10])
        ),
    ),
]


def by_differences(x, theta):
    shifts = 1e-6 * np.eye(5)
    return np.array(
        [(value(x, theta + s) - value(x, theta - s)).item() / 2e-6 for s in torch.tensor(shifts)]
    )


def by_nflib(x, theta):
    layer = Planar.from_parameters(theta[:2], theta[2:4], float(theta[4]))
    z, log_det = layer.inverse(x)
    return (torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(1) + log_det).mean()


def through_the_iterations(x, theta):
    """The derivative of every step of Newton's method."""
    theta = theta.clone().requires_grad_()
    w, u, b = theta[:2], theta[2:4], theta[4]
    y, c = x @ w, w @ u
    a = 0 * y - b
    for _ in range(40):
        t = tanh(a + b)
        a = a - (a + c * t - y) / (1 + c * (1 - t**2))
    t = tanh(a + b)
    z = x - torch.outer(t, u)
    total = -(z**2).sum(1) / 2 - log(1 + c * (1 - t**2))
    return torch.autograd.grad(total.mean(), theta)[0]


# --- e06.q5 ------------------------------------------------------------------------------------


def normal(z):
    return -(z**2).sum(-1) / 2 - math.log(math.tau)


def table(x, log_q):
    return torch.cat([x, log_q[:, None]], 1).detach()


def start(layers, scale=2.0, at=(0.0, 0.0)):
    """The parameters of an affine layer and of planar ones, as one list of tensors."""
    generator = torch.Generator().manual_seed(0)
    found = [torch.full((2,), math.log(scale)), torch.tensor(at)]
    for _ in range(layers):
        found += [torch.randn(2, generator=generator), torch.zeros(2), torch.zeros(1)]
    return [part.double().requires_grad_() for part in found]


def run(parameters, z):
    """x and log|det|, with the layers of this file."""
    s, shift, *rest = parameters
    x, total = shift + z * exp(s), s.sum()
    for w, v, b in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        u = hat(w, v)
        total = total + log(1 + slope(x, w, b) * (w @ u))
        x = planar(x, w, u, b)
    return x, total.expand(len(z))


def trained(energy, loss, layers=10, steps=1000, scale=2.0, at=(0.0, 0.0)):
    parameters = start(layers, scale, at)
    optimiser = torch.optim.Adam(parameters, lr=0.01)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.01, total_steps=steps)
    generator = torch.Generator().manual_seed(0)
    for step in range(steps):
        z = torch.randn(256, 2, generator=generator, dtype=torch.float64)
        x, total = run(parameters, z)
        optimiser.zero_grad()
        loss(energy(x) * min(1.0, 0.01 + 2 * step / steps), total).mean().backward()
        torch.nn.utils.clip_grad_norm_(parameters, 5.0)
        optimiser.step()
        scheduler.step()
    return parameters


def right_loss(energy, total):
    return energy - total


@functools.cache  # the check gives the same energy every time
def fitted(energy):
    return trained(energy, right_loss)


@functools.cache
def collapsed(energy):
    return trained(energy, lambda energy, total: energy, steps=500)


@functools.cache
def one_lump(energy):
    """An affine flow that starts on one of the lumps, and stays."""
    return trained(energy, right_loss, layers=0, steps=400, scale=0.4, at=(2.0, 0.0))


def answer(change, fitted=fitted):
    """An answer that returns ``change(z, x, log_q)`` of a fitted flow."""

    def learned(energy, z):
        x, total = run(fitted(energy), z)
        return change(z, x, normal(z) - total)

    return (learned,)


def as_it_is(z, x, log_q):
    return table(x, log_q)


Q5 = [
    (
        "the density of the base",
        "density",
        "log-density of the base",
        answer(lambda z, x, log_q: table(x, normal(z))),
    ),
    (
        "the opposite sign",
        "density",
        "with the other sign",
        answer(lambda z, x, log_q: table(x, 2 * normal(z) - log_q)),
    ),
    (
        "rows in another order",
        "density",
        "image of point i",
        answer(lambda z, x, log_q: table(x.flip(0), log_q.flip(0))),
    ),
    (
        "trained without the determinant",
        "modes",
        "keeps them apart",
        answer(as_it_is, collapsed),
    ),
    ("one lump", "modes", "A lump was lost", answer(as_it_is, one_lump)),
    ("not trained", "divergence", "Still far", answer(as_it_is, lambda energy: start(10))),
]


def turned(z, x, log_q):
    """U1 does not change when both coordinates change sign."""
    return table(-x, log_q).numpy()


WRONG = [
    Wrong(f"e06.q{number}", *wrong)
    for number, answers in enumerate((Q1, Q2, Q3, Q4, Q5), start=1)
    for wrong in answers
]

RIGHT = [
    Right("e06.q1", "NumPy, autograd", (point_by_point, by_autograd, ends)),
    Right(
        "e06.q1",
        "nflib, hyperbolic cosine",
        (
            planar,
            with_cosh,
            lambda w, u: stack([1 + (w @ u).clamp(max=0), 1 + torch.relu(w @ u)]),
        ),
    ),
    Right("e06.q2", "logaddexp, a loop", (m, hat_in_a_loop)),
    Right("e06.q2", "log1p, parts along and across", (m_in_pieces, hat_from_the_parts)),
    Right("e06.q3", "Newton from the inflection", (from_the_inflection, inverse)),
    Right("e06.q3", "Brent's method, nflib", (with_brent, inverse_of_nflib)),
    Right("e06.q4", "nflib, central differences", (by_nflib, by_differences)),
    Right("e06.q4", "through Newton's iterations", (value, through_the_iterations)),
    Right("e06.q5", "layers written by hand", answer(as_it_is)),
    Right("e06.q5", "mirrored, NumPy", answer(turned)),
]

EQUIVALENT = {
    "for _ in range(60): -> for _ in range(61):": "one halving more",
    "flow = planar_flow(10) -> flow = planar_flow(11)": "one layer more",
}
