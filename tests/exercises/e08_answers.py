"""Answers that students give to the exercises of chapter 8, wrong and right.

EQUIVALENT lists the mutants of the solutions that are right answers, with the reason.
"""

import math
from functools import partial

import numpy as np
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence
from torch.func import jacrev, vmap
from torch.optim.lr_scheduler import OneCycleLR

from nflib import (
    MLP,
    Flow,
    MaskedSplineAutoregressive,
    Permutation,
    SplineCoupling,
    StandardNormal,
    fit,
)
from tests.exercises.answers import Right, Wrong

exp, stack, where = torch.exp, torch.stack, torch.where

# --- e08.q1 ------------------------------------------------------------------------------------


def to_x(z, mask, net):
    s, t = net(z * mask)
    return mask * z + (1 - mask) * (z * exp(s) + t)


def to_z(x, mask, net):
    s, t = net(x * mask)
    return mask * x + (1 - mask) * (x - t) / exp(s)


def log_scales(z, mask, net):
    return (net(z * mask)[0] * (1 - mask)).sum(1)


def no_mask_outside(z, mask, net):
    s, t = net(z * mask)
    return z * exp(s) + t


def mask_negated(z, mask, net):
    return to_x(z, 1 - mask, net)


def unmasked(z, mask, net):
    s, t = net(z)
    return mask * z + (1 - mask) * (z * exp(s) + t)


def unmasked_back(x, mask, net):
    s, t = net(x)
    return mask * x + (1 - mask) * (x - t) / exp(s)


def no_exponential(z, mask, net):
    s, t = net(z * mask)
    return mask * z + (1 - mask) * (z * s + t)


def shift_first(z, mask, net):
    s, t = net(z * mask)
    return mask * z + (1 - mask) * (z + t) * exp(s)


def no_shift(z, mask, net):
    return mask * z + (1 - mask) * z * exp(net(z * mask)[0])


def undone_in_the_same_order(x, mask, net):
    s, t = net(x * mask)
    return mask * x + (1 - mask) * (x / exp(s) - t)


def network_fed_with_the_rest(x, mask, net):
    s, t = net(x * (1 - mask))
    return mask * x + (1 - mask) * (x - t) / exp(s)


Q1 = [
    ("every coordinate moves", "unchanged", "do not move", (no_mask_outside, to_z, log_scales)),
    ("the mask negated", "unchanged", "just as they came", (mask_negated, to_z, log_scales)),
    ("the network sees all", "values", "not be known when", (unmasked, unmasked_back, log_scales)),
    ("no exponential", "values", "may be negative", (no_exponential, to_z, log_scales)),
    ("the shift before the scale", "values", "comes first", (shift_first, to_z, log_scales)),
    ("no shift", "values", "and nothing else", (no_shift, to_z, log_scales)),
    (
        "the network sees all on the way back",
        "inverse",
        "the two must be equal",
        (to_x, unmasked_back, log_scales),
    ),
    (
        "undone in the same order",
        "inverse",
        "order opposite",
        (to_x, undone_in_the_same_order, log_scales),
    ),
    ("forward again", "inverse", "way there again", (to_x, to_x, log_scales)),
    (
        "the network fed with the rest",
        "inverse",
        "still in sight",
        (to_x, network_fed_with_the_rest, log_scales),
    ),
    (
        "the scales of all coordinates",
        "log_det",
        "their derivative is 1",
        (to_x, to_z, lambda z, mask, net: net(z * mask)[0].sum(1)),
    ),
    (
        "the determinant of the inverse",
        "log_det",
        "one of the inverse",
        (to_x, to_z, lambda z, mask, net: -log_scales(z, mask, net)),
    ),
    (
        "the determinant",
        "log_det",
        "logarithm is asked for",
        (to_x, to_z, lambda z, mask, net: exp(log_scales(z, mask, net))),
    ),
    (
        "a mean",
        "log_det",
        "where one adds",
        (to_x, to_z, lambda z, mask, net: log_scales(z, mask, net) / (1 - mask).sum()),
    ),
    (
        "the scale of the coordinates that pass",
        "log_det",
        "on its diagonal",
        (to_x, to_z, lambda z, mask, net: log_scales(z, 1 - mask, net)),
    ),
]


def point_by_point(z, mask, net):
    s, t = net(mask * z)
    x = z.numpy().copy()
    for row in range(len(z)):
        for i in range(z.shape[1]):
            if mask[i] == 0:
                x[row, i] = x[row, i] * math.exp(s[row, i]) + t[row, i]
    return x


def by_slices(x, mask, net):
    s, t = net(where(mask > 0, x, torch.zeros_like(x)))
    z, changed = x.clone(), mask < 1
    z[:, changed] = (x[:, changed] - t[:, changed]) / s[:, changed].exp()
    return z


def by_the_jacobian(z, mask, net):
    J = vmap(jacrev(lambda p: to_x(p, mask, net)))(z)
    return torch.linalg.slogdet(J).logabsdet


# --- e08.q2 ------------------------------------------------------------------------------------


def spread(h, d):
    return 1 + torch.remainder(torch.arange(h, dtype=torch.float64), d - 1)


def first(order, m):
    return (order <= m[:, None]).double()


def last(order, m):
    return (m < order[:, None]).double()


def thinned(order, m):
    """Only one unit of each degree."""
    keep = torch.tensor([k not in m[:place] for place, k in enumerate(m)])
    return last(order, m) * keep


def earlier_mistaken(order, m):
    return 1 - last(order, m)


Q2 = [
    (
        "degrees up to d",
        "degrees",
        "cannot serve any output",
        (lambda h, d: 1.0 + torch.arange(h).double() % d, first, last),
    ),
    (
        "degrees from 0",
        "degrees",
        "sees no coordinate",
        (lambda h, d: torch.arange(h).double() % (d - 1), first, last),
    ),
    (
        "one degree for all",
        "degrees",
        "information is lost",
        (lambda h, d: torch.ones(h).double(), first, last),
    ),
    (
        "strict in the first mask",
        "first",
        "not the strict one",
        (spread, lambda order, m: (order < m[:, None]).double(), last),
    ),
    (
        "the inequality turned round",
        "first",
        "exactly what it should not",
        (spread, lambda order, m: (order > m[:, None]).double(), last),
    ),
    (
        "the natural order only",
        "first",
        "come in another one",
        (spread, lambda order, m: first(torch.arange(1, len(order) + 1), m), last),
    ),
    (
        "only the coordinate of that place",
        "first",
        "the places 1 to k",
        (spread, lambda order, m: (order == m[:, None]).double(), last),
    ),
    (
        "not strict in the last mask",
        "leak",
        "its own coordinate",
        (spread, first, lambda order, m: (m <= order[:, None]).double()),
    ),
    (
        "the last mask turned round",
        "leak",
        "which may it receive",
        (spread, first, earlier_mistaken),
    ),
    (
        "no connection",
        "complete",
        "do not depend on anything",
        (spread, first, lambda order, m: torch.zeros(len(order), len(m)).double()),
    ),
    (
        "one place too strict",
        "complete",
        "than it need be",
        (spread, first, lambda order, m: (m < order[:, None] - 1).double()),
    ),
    ("one unit of each degree", "complete", "neither weighs nor chooses", (spread, first, thinned)),
]


def drawn(h, d):
    """Every useful degree once, and the rest at random."""
    rest = torch.randint(1, d, (h - d + 1,), generator=torch.Generator().manual_seed(0))
    return torch.cat([torch.arange(1, d), rest]).double().numpy()


def first_in_a_loop(order, m):
    return np.array([[1.0 if place <= k else 0.0 for place in order.tolist()] for k in m.tolist()])


def last_in_a_loop(order, m):
    return torch.tensor([[float(k < place) for k in m] for place in order], dtype=torch.float64)


# --- e08.q3 ------------------------------------------------------------------------------------

HALF = math.log(2 * math.pi) / 2


def density(x, net):
    m, s = net(x)
    return Normal(m, exp(s)).log_prob(x).sum(-1)


def terms(sign, constant):
    """A density with another sign of s, or another constant."""

    def log_prob(x, net):
        m, s = net(x)
        return (-(((x - m) / exp(s)) ** 2) / 2 + sign * s - constant).sum(1)

    return log_prob


def other_way(x, net):
    m, s = net(x)
    return (-((m + exp(s) * x) ** 2) / 2 - s - HALF).sum(1)


def no_half(x, net):
    m, s = net(x)
    return (-(((x - m) / exp(s)) ** 2) - s - HALF).sum(1)


def in_order(z, net):
    x = z.clone()
    for i in range(z.shape[1]):
        m, s = net(x)
        x[:, i] = m[:, i] + exp(s[:, i]) * z[:, i]
    return x


def by_columns(columns):
    """Samples whose columns are filled in another order, or not all of them."""

    def sample(z, net):
        x = torch.zeros_like(z)
        for i in columns(z.shape[1]):
            m, s = net(x)
            x[:, i] = m[:, i] + exp(s[:, i]) * z[:, i]
        return x

    return sample


def iaf(z, net):
    m, s = net(z)
    return m + exp(s) * z


def single_pass(z, net):
    m, s = net(torch.zeros_like(z))
    return m + exp(s) * z


def to_latent(z, net):
    m, s = net(z)
    return (z - m) * exp(-s)


def precise(z, net):
    x = z
    for _ in range(50):
        m, s = net(x)
        x = m + exp(s) * z
    return x


def one_by_one(x, net):
    """One call for each coordinate."""
    return sum(
        Normal(m[:, i], exp(s[:, i])).log_prob(x[:, i])
        for i, (m, s) in enumerate(net(x) for _ in range(x.shape[1]))
    )


def no_exp_sample(z, net):
    x = torch.zeros_like(z)
    for _ in range(z.shape[1]):
        m, s = net(x)
        x = m + s * z
    return x


Q3 = [
    ("the sign of the scales", "density", "with the opposite sign", (terms(1, HALF), in_order)),
    ("no determinant", "density", "determinant is missing", (terms(0, HALF), in_order)),
    ("no constant", "density", "Gaussian's constant", (terms(-1, 0.0), in_order)),
    ("from z to x", "density", "went the other way", (other_way, in_order)),
    ("no half", "density", "write its logarithm", (no_half, in_order)),
    ("the network fed with z", "sample", "another model, IAF", (density, iaf)),
    ("a single pass", "sample", "already drawn", (density, single_pass)),
    ("from x to z", "sample", "takes x to z", (density, to_latent)),
    (
        "the even coordinates first",
        "sample",
        "in which order are they filled",
        (density, by_columns(lambda d: (*range(0, d, 2), *range(1, d, 2)))),
    ),
    ("no exponential", "sample", "check it by itself", (density, no_exp_sample)),
    ("d calls to evaluate", "calls", "answer everything at once", (one_by_one, in_order)),
    ("many turns", "calls", "one more coordinate", (density, precise)),
]


def in_numpy(x, net):
    m, s = net(x)
    z = ((x - m) / exp(s)).numpy()
    return (-(z**2).sum(1) - len(z[0]) * math.log(math.tau)) / 2 - s.numpy().sum(1)


def by_growing_rows(z, net):
    known = z[:, :0]
    for i in range(z.shape[1]):
        padded = torch.cat([known, z[:, i:]], 1)
        m, s = (part[:, i : i + 1] for part in net(padded))
        known = torch.cat([known, torch.addcmul(m, exp(s), z[:, i : i + 1])], 1)
    return known.numpy()


# --- e08.q4 ------------------------------------------------------------------------------------


def g(x, w, h, d0, d1):
    s, p = h / w, x / w
    return h * (s * p**2 + d0 * p * (1 - p)) / (s + (d0 + d1 - 2 * s) * p * (1 - p))


def dg(x, *bin):
    x = x.requires_grad_()
    return torch.autograd.grad(g(x, *bin).sum(), x)[0]


def coefficients(y, w, h, d0, d1):
    s = h / w
    bend = y * (d0 + d1 - 2 * s)
    return h * (s - d0) + bend, h * d0 - bend, -s * y


def back(y, w, h, d0, d1):
    a, b, c = coefficients(y, w, h, d0, d1)
    return -2 * c / (b + torch.sqrt(b * b - 4 * a * c)) * w


def plain_root(y, w, *rest):
    a, b, c = coefficients(y, w, *rest)
    return w * (-b + torch.sqrt(b**2 - 4 * a * c)) / (2 * a)


def other_root(y, w, *rest):
    a, b, c = coefficients(y, w, *rest)
    return w * (-b - torch.sqrt(b**2 - 4 * a * c)) / (2 * a)


def wrong_coefficient(y, w, h, d0, d1):
    s = h / w
    a, b, c = h * (s - d0) + y * (d0 + d1 - 2 * s), h * d0, -s * y
    return w * (-2 * c / (b + torch.sqrt(b * b - 4 * a * c)))


Q4 = [
    (
        "onto [0, 1]",
        "ends",
        "a factor is missing",
        (lambda x, w, h, *d: g(x, w, h, *d) / h, dg, back),
    ),
    (
        "x for its relative position",
        "ends",
        "goes from 0 to 1",
        (lambda x, w, h, *d: g(x * w, w, h, *d), dg, back),
    ),
    (
        "the slopes exchanged",
        "values",
        "are exchanged",
        (lambda x, w, h, d0, d1: g(x, w, h, d1, d0), dg, back),
    ),
    ("a straight line", "values", "play no part", (lambda x, w, h, d0, d1: h / w * x, dg, back)),
    (
        "only one slope in the denominator",
        "values",
        "by hand in the middle",
        (
            lambda x, w, h, d0, d1: (
                h
                * (h / w * (x / w) ** 2 + d0 * x / w * (1 - x / w))
                / (h / w + (d1 - h / w) * x / w * (1 - x / w))
            ),
            dg,
            back,
        ),
    ),
    (
        "with respect to the relative position",
        "slope",
        "chain rule",
        (g, lambda x, w, *rest: w * dg(x, w, *rest), back),
    ),
    (
        "the logarithm of the slope",
        "slope",
        "the slope itself",
        (g, lambda x, *bin: torch.log(dg(x, *bin)), back),
    ),
    (
        "the slope of the inverse",
        "slope",
        "slope of the inverse",
        (g, lambda x, *bin: 1 / dg(x, *bin), back),
    ),
    (
        "the mean slope",
        "slope",
        "mean slope of the bin",
        (g, lambda x, w, h, d0, d1: torch.full_like(x, h / w), back),
    ),
    (
        "a straight line between the slopes",
        "slope",
        "compare there first",
        (g, lambda x, w, h, d0, d1: d1 + (d0 - d1) * x / w, back),
    ),
    (
        "the relative position",
        "inverse",
        "That is the relative position",
        (g, dg, lambda y, w, *rest: back(y, w, *rest) / w),
    ),
    (
        "the line inverted",
        "inverse",
        "inverted the straight line",
        (g, dg, lambda y, w, h, d0, d1: y * w / h),
    ),
    (
        "another quotient",
        "inverse",
        "not another quotient",
        (g, dg, lambda y, w, h, d0, d1: g(y, h, w, 1 / d0, 1 / d1)),
    ),
    ("the other root", "inverse", "only one falls in the bin", (g, dg, other_root)),
    ("a wrong coefficient", "inverse", "collect the powers", (g, dg, wrong_coefficient)),
    ("division by a coefficient that vanishes", "stable", "does not divide", (g, dg, plain_root)),
]


def slope_by_hand(x, w, h, d0, d1):
    p, q, s = (x / w).numpy(), (1 - x / w).numpy(), h / w
    bottom = s * (p * p + q * q) + (d0 + d1) * p * q
    return s * s * (d1 * p * p + 2 * s * p * q + d0 * q * q) / bottom**2


def by_bisection(y, w, *rest):
    low, high = torch.zeros_like(y), torch.full_like(y, w)
    for _ in range(60):
        middle = (low + high) / 2
        above = g(middle, w, *rest) > y
        low, high = where(above, low, middle), where(above, middle, high)
    return high


# --- e08.q5 ------------------------------------------------------------------------------------


def limit(S):
    d, v = len(S), torch.linalg.det(S) ** (1 / len(S))
    return d * (v - 1 - torch.log(v)) / 2


def unmoved(S):
    return (torch.trace(S) - len(S) - torch.logdet(S)) / 2


def other_direction(S):
    v = torch.linalg.det(S) ** (1 / len(S))
    return len(S) * (1 / v - 1 + torch.log(v)) / 2


def no_root(S):
    v = torch.linalg.det(S)
    return (v - 1 - torch.log(v)) / 2


def gaussian(x, points):
    return MultivariateNormal(x.mean(0), torch.cov(x.T)).log_prob(points)


def trained(masks, steps):
    """log q of a flow of couplings, after standardising by hand."""

    def learn(x, points):
        generator = torch.Generator().manual_seed(1)
        parts = [
            SplineCoupling(torch.tensor(mask), MLP(1, 23, (64, 64), generator=generator))
            for mask in masks
        ]
        flow = Flow(StandardNormal(2), *parts)
        mean, std = x.mean(0), x.std(0)
        fit(
            flow,
            (x - mean) / std,
            steps=steps,
            scheduler=lambda o: OneCycleLR(o, 0.01, total_steps=steps),
            generator=generator,
            progress=False,
        )
        with torch.no_grad():
            return flow.log_prob((points - mean) / std) - std.log().sum()

    return learn


FIRST, SECOND = [True, False], [False, True]


def no_determinant(x, points):
    return trained([FIRST, SECOND], 200)(x, points) + x.std(0).log().sum()


def base_only(x, points):
    return StandardNormal(2).log_prob(points)


def far_away(x, points):
    """A Gaussian of a wrong size."""
    return MultivariateNormal(x.mean(0), 0.02 * torch.eye(2)).log_prob(points)


Q5 = [
    ("the base unmoved", "limit", "base unmoved", (unmoved, gaussian)),
    ("the other direction", "limit", "the other way", (other_direction, gaussian)),
    ("per coordinate", "limit", "per coordinate", (lambda S: limit(S) / len(S), gaussian)),
    ("bits", "limit", "nats are asked for", (lambda S: limit(S) / math.log(2), gaussian)),
    ("zero", "limit", "need an equal volume", (lambda S: 0.0, gaussian)),
    ("no root of the determinant", "limit", "arithmetic mean", (no_root, gaussian)),
    (
        "the density",
        "flow",
        "in place of its logarithm",
        (limit, lambda x, points: gaussian(x, points).exp()),
    ),
    ("the determinant of standardising", "flow", "standardised the data", (limit, no_determinant)),
    ("not trained", "flow", "on the data that come", (limit, far_away)),
    ("a Gaussian", "flow", "composition of affine maps", (limit, gaussian)),
    (
        "one coordinate changes",
        "flow",
        "Do both coordinates change",
        (limit, trained([FIRST], 150)),
    ),
]


def limit_by_eigenvalues(S):
    values = np.linalg.eigvalsh(S.numpy())
    v = np.exp(np.log(values).mean())
    return len(values) / 2 * (v - 1 - np.log(v))


def limit_by_kl(S):
    zero = torch.zeros(len(S), dtype=S.dtype)
    shape = S / torch.linalg.det(S) ** (1 / len(S))
    return kl_divergence(MultivariateNormal(zero, S), MultivariateNormal(zero, shape))


def autoregressive(x, points):
    generator = torch.Generator().manual_seed(2)
    first = MaskedSplineAutoregressive(2, (64, 64), generator=generator)
    second = MaskedSplineAutoregressive(2, (64, 64), generator=generator)
    flow = Flow(StandardNormal(2), first, Permutation.reverse(2), second).double()
    mean, std = x.mean(0), x.std(0)
    x, points = ((x - mean) / std).double(), ((points - mean) / std).double()
    cycle = partial(OneCycleLR, max_lr=0.01, total_steps=500)
    fit(flow, x, steps=500, scheduler=cycle, generator=generator, progress=False)
    return (flow.log_prob(points) - std.log().sum()).detach().numpy()


WRONG = [
    Wrong(f"e08.q{number}", *answer)
    for number, answers in enumerate((Q1, Q2, Q3, Q4, Q5), start=1)
    for answer in answers
]

RIGHT = [
    Right("e08.q1", "masks as factors", (to_x, to_z, log_scales)),
    Right("e08.q1", "a loop, indexing, the Jacobian", (point_by_point, by_slices, by_the_jacobian)),
    Right("e08.q2", "remainders of floats", (spread, first, last)),
    Right("e08.q2", "degrees at random, loops", (drawn, first_in_a_loop, last_in_a_loop)),
    Right("e08.q3", "torch.distributions, column by column", (density, in_order)),
    Right("e08.q3", "NumPy, rows that grow", (in_numpy, by_growing_rows)),
    Right("e08.q4", "autograd and the stable root", (g, dg, back)),
    Right(
        "e08.q4",
        "NumPy, bisection",
        (lambda x, *bin: g(x.numpy(), *bin), slope_by_hand, by_bisection),
    ),
    Right(
        "e08.q5",
        "eigenvalues; four couplings",
        (limit_by_eigenvalues, trained([FIRST, SECOND] * 2, 400)),
    ),
    Right(
        "e08.q5", "the law's divergence; an autoregressive spline", (limit_by_kl, autoregressive)
    ),
]

EQUIVALENT = {
    "x = torch.zeros_like(z) -> x = z": "what x starts from is overwritten before it is used",
    "g = torch.Generator().manual_seed(0) -> g = torch.Generator().manual_seed(1)": "another seed",
    "initialise_actnorm(flow.bijection, x) -> flow.bijection": "ActNorm learns the scale itself",
    "initialise_actnorm(flow.bijection, x) -> x": "ActNorm learns the scale itself",
    "cycle = partial(OneCycleLR, max_lr=0.01, total_steps=400)"
    " -> cycle = partial(OneCycleLR, max_lr=0.01, total_steps=401)": "the cycle, one step longer",
    "fit(flow, x, steps=400, scheduler=cycle, generator=g, progress=False)"
    " -> fit(flow, x, steps=400, scheduler=cycle, generator=g, progress=True)": "the same, shown",
}
