"""Answers that students give to the exercises of chapter 9, wrong and right.

EQUIVALENT lists the mutants of the solutions that are right answers, with the reason.
"""

import math
from functools import partial

import numpy as np
import torch
from scipy import special, stats
from torch.distributions import MultivariateNormal
from torch.optim.lr_scheduler import OneCycleLR

from nflib import (
    MLP,
    ActNorm,
    Affine,
    Flow,
    Linear,
    LogitPreprocessing,
    MaskedSplineAutoregressive,
    SplineCoupling,
    StandardNormal,
    dequantise,
    fit,
)
from tests.exercises.answers import right, wrong

log = torch.log
LN2 = math.log(2)

WRONG, RIGHT = [], []

# --- e09.q1 ------------------------------------------------------------------------------------


def to_logit(v, u, Q, alpha):
    return torch.logit(alpha + (1 - 2 * alpha) * (v + u) / Q)


def raw_levels(w, Q, alpha):
    return Q * (torch.sigmoid(w) - alpha) / (1 - 2 * alpha)


def bits(log_q, w, Q, alpha):
    return math.log2(Q) - (log_q + determinant(w, alpha)) / (w.shape[1] * LN2)


def determinant(w, alpha):
    s = torch.sigmoid(w)
    return (math.log(1 - 2 * alpha) - log(s) - log(1 - s)).sum(1)


def one_factor_for_all_pixels(log_q, w, Q, alpha):
    s = torch.sigmoid(w)
    log_p = log_q + math.log(1 - 2 * alpha) - (log(s) + log(1 - s)).sum(1)
    return math.log2(Q) - log_p / (w.shape[1] * LN2)


def by_numpy(v, u, Q, alpha):
    return special.logit(alpha + (1 - 2 * alpha) * ((v + u) / Q).numpy())


def bits_by_logsigmoid(log_q, w, Q, alpha):
    w = w.numpy()
    s = special.expit(w)
    log_cube = np.log1p(-2 * alpha) - special.log_expit(w) - np.log1p(-s)
    return np.log2(Q) - (log_q.numpy() + log_cube.sum(1)) / (w.shape[1] * np.log(2))


def levels_by_search(w, Q, alpha):
    """The level whose interval holds w, by its ends."""
    ends = alpha + (1 - 2 * alpha) * torch.arange(1, Q, dtype=w.dtype) / Q
    return torch.searchsorted(torch.logit(ends), w.contiguous(), right=True).double()


def to_levels(what, hint, function):
    return wrong("e09.q1", what, "levels", hint, to_levels=function)


q1, r1 = partial(wrong, "e09.q1"), partial(right, "e09.q1")
WRONG += [
    q1(
        "divided by Q - 1",
        "logit",
        "otherwise",
        to_logit=lambda v, u, Q, alpha: to_logit(v, u, Q - 1, alpha),
    ),
    to_levels("not cut", "outside", lambda *case: raw_levels(*case).floor()),
    to_levels("no logit", "otherwise", lambda w, Q, alpha: (Q * w).floor().clamp(0, Q - 1)),
    q1("one factor", "bits", "otherwise", bits_per_dim=one_factor_for_all_pixels),
]
RIGHT += [
    r1(
        "torch.logit, floors",
        to_logit=to_logit,
        to_levels=lambda w, Q, alpha: raw_levels(w, Q, alpha).floor().clamp(0, Q - 1),
        bits_per_dim=bits,
    ),
    r1(
        "NumPy, intervals",
        to_logit=by_numpy,
        to_levels=levels_by_search,
        bits_per_dim=bits_by_logsigmoid,
    ),
]

# --- e09.q2 ------------------------------------------------------------------------------------


def histogram(train, test, Q, add=0.5):
    counts = torch.stack([(train == k).sum(0) for k in range(Q)]).double() + add
    return -torch.log2(counts / counts.sum(0)).gather(0, test).mean()


def not_normalised(train, test, Q):
    counts = torch.stack([(train == k).sum(0) for k in range(Q)]).double() + 0.5
    return -torch.log2(counts / len(train)).gather(0, test).mean()


def seventeen_levels(train, test, Q):
    """The number of levels of the digits, whatever is given."""
    return histogram(train, test, max(17, int(test.max()) + 1))


def counted_in_loops(train, test, Q):
    total, (m, d) = 0.0, test.shape
    for i in range(d):
        counts = np.bincount(train[:, i].numpy(), minlength=Q) + 0.5
        total -= np.log2(counts[test[:, i].numpy()] / counts.sum()).sum()
    return total / (m * d)


def one_hot(train, test, Q):
    counts = torch.nn.functional.one_hot(train, Q).sum(0) + 0.5  # (d, Q)
    table = log(counts) - log(counts.sum(1, keepdim=True))
    return -(torch.nn.functional.one_hot(test, Q) * table).sum() / (test.numel() * LN2)


q2, r2 = partial(wrong, "e09.q2"), partial(right, "e09.q2")
WRONG += [
    q2("no smoothing", "digits", "unseen", histogram_bits=partial(histogram, add=0.0)),
    q2("divided by n", "digits", "otherwise", histogram_bits=not_normalised),
    q2("17 levels", "others", "otherwise", histogram_bits=seventeen_levels),
    q2("1 for a half", "unseen", "otherwise", unseen_bits=lambda n, Q: math.log2(n + Q)),
]
RIGHT += [
    r2(
        "counts in loops",
        histogram_bits=counted_in_loops,
        unseen_bits=lambda n, Q: math.log2((n + Q / 2) / 0.5),
    ),
    r2(
        "one-hot",
        histogram_bits=one_hot,
        unseen_bits=lambda n, Q: -math.log2(0.5 / (n + 0.5 * Q)),
    ),
]

# --- e09.q3 ------------------------------------------------------------------------------------


def noisy(v, generator):
    return dequantise(v.double(), 17, generator)


def table(codes, log_q):
    return torch.cat([codes, log_q[:, None]], 1)


def normal(codes):
    return torch.distributions.Normal(0.0, 1.0, validate_args=False).log_prob(codes).sum(1)


def train(flow, v, prepare, steps, generator):
    cycle = partial(OneCycleLR, max_lr=0.01, total_steps=steps)
    options = {"scheduler": cycle, "generator": generator, "progress": False}
    fit(flow, v, prepare=prepare, steps=steps, **options)
    return flow.requires_grad_(False)


def splines(prepare):
    """Two couplings, trained once on what ``prepare`` makes of the levels."""
    flows = {}

    def learn(v, y):
        generator = torch.Generator().manual_seed(1)
        parts = [
            SplineCoupling(torch.tensor(m), MLP(1, 47, (64, 64), generator=generator), bins=16)
            for m in ((True, False), (False, True))
        ]
        if not flows:
            flow = Flow(StandardNormal(2), *parts, ActNorm(2), LogitPreprocessing()).double()
            flows[0] = train(flow, v, prepare, 400, generator)
        return table(flows[0].to_latent(y), flows[0].log_prob(y))

    return learn


good = splines(noisy)


def changed(learn, change):
    """An answer that returns ``change(codes, log_q)`` of another."""
    return lambda v, y: table(*change(*learn(v, y).tensor_split([2], 1)))


def gaussian(v, y):
    logit = LogitPreprocessing()
    ell, _ = logit.inverse(noisy(v, torch.Generator().manual_seed(1)))
    factor = torch.linalg.cholesky(ell.T.cov())
    flow = Flow(StandardNormal(2), Linear(factor), Affine(ell.mean(0), 1.0), logit).double()
    return table(flow.to_latent(y), flow.log_prob(y)).detach()


def no_determinant(v, y):
    """That of the logit is missing."""
    return gaussian(v, y) - torch.nn.functional.pad(
        LogitPreprocessing().inverse(y)[1][:, None], (2, 0)
    )


def uniform(v, y):
    """The cube to the space by the quantile of the base, and nothing learned."""
    codes = torch.special.ndtri(y)
    return table(codes, 0 * y[:, 0])


def frequencies(v, add):
    counts = torch.zeros(17, 17).double()
    counts.index_put_((v[:, 0], v[:, 1]), torch.ones(len(v)).double(), accumulate=True)
    return (counts + add) / (counts + add).sum()


def joint_histogram(v, y, add=1e-3):
    """The log of a density that is constant on each cell."""
    cell = (17 * y).long().clamp(0, 16)
    return log(frequencies(v, add)[cell[:, 0], cell[:, 1]] * 17**2)


def knothe_of_cells(v, y, add=1e-3, independent=False):
    """Chapter 7 makes a flow of a histogram: its Knothe–Rosenblatt function."""
    p = frequencies(v, add)
    p = p.sum(1, keepdim=True) * p.sum(0) if independent else p
    cell = (17 * y).long().clamp(0, 16)
    within = 17 * y - cell
    rows = p.sum(1), (p / p.sum(1, keepdim=True))[cell[:, 0]]
    at = cell[:, 0], (torch.arange(len(y)), cell[:, 1])
    mass = [row[i] for row, i in zip(rows, at, strict=True)]
    below = [row.cumsum(-1)[i] - m for row, i, m in zip(rows, at, mass, strict=True)]
    u = torch.stack(below, 1) + torch.stack(mass, 1) * within
    return table(torch.special.ndtri(u.clamp(1e-12, 1 - 1e-12)), log(mass[0] * mass[1] * 17**2))


def autoregressive(v, y):
    generator = torch.Generator().manual_seed(3)
    layer = MaskedSplineAutoregressive(2, (64, 64), bins=16, generator=generator)
    flow = Flow(StandardNormal(2), layer, ActNorm(2), LogitPreprocessing()).double()
    train(flow, v, noisy, 500, generator)
    return table(flow.to_latent(y), flow.log_prob(y)).numpy()


def twice_round(v, y):
    """The angle of the codes doubled: two points a code, and twice the volume."""
    codes, log_q = gaussian(v, y).split([2, 1], 1)
    r, angle = codes.norm(dim=1), 2 * torch.atan2(codes[:, 1], codes[:, 0])
    return table(torch.stack([r * angle.cos(), r * angle.sin()], 1), log_q[:, 0] + LN2)


def random_codes(v, y):
    codes = torch.randn(y.shape, generator=torch.Generator().manual_seed(0)).double()
    return table(codes, joint_histogram(v, y))


def asked(what, step, hint, learn):
    return wrong("e09.q3", what, step, hint, learn=learn)


histogram_of = lambda learn: lambda v, y: table(learn(v, y)[:, :2], joint_histogram(v, y))
in_levels = changed(good, lambda codes, log_q: (codes, log_q[:, 0] - 2 * math.log(17)))
of_base = changed(good, lambda codes, log_q: (codes, normal(codes)))
opposite_sign = changed(good, lambda codes, log_q: (codes, 2 * normal(codes) - log_q[:, 0]))
folded = changed(good, lambda codes, log_q: (codes.abs(), log_q[:, 0]))
WRONG += [
    asked("no codes", "shape", "", joint_histogram),
    asked("of levels", "volume", "otherwise", in_levels),
    asked("no determinant of the logit", "volume", "otherwise", no_determinant),
    asked("the density of the base", "volume", "of_base", of_base),
    asked("the opposite sign", "volume", "opposite_sign", opposite_sign),
    asked("a histogram, numbers for codes", "volume", "otherwise", random_codes),
    asked("a histogram, codes of a Gaussian", "volume", "otherwise", histogram_of(gaussian)),
    asked("a histogram, codes of a good flow", "volume", "otherwise", histogram_of(good)),
    asked("two points a code", "learned", "mass", twice_round),
    asked(
        "the centres of the cells",
        "learned",
        "needles",
        splines(lambda v, g: (v.double() + 0.5) / 17),
    ),
    asked("a uniform law", "learned", "untrained", uniform),
    asked("a Gaussian", "learned", "gaussian", gaussian),
    asked("independent pixels", "learned", "otherwise", partial(knothe_of_cells, independent=True)),
    asked("a good flow, folded", "codes", "hint", folded),
]
RIGHT += [
    right("e09.q3", "couplings and ActNorm", learn=good),
    right("e09.q3", "autoregressive splines", learn=autoregressive),
    right("e09.q3", "no network: Knothe–Rosenblatt of the cells", learn=knothe_of_cells),
]

# --- e09.q4 ------------------------------------------------------------------------------------


def classes(w, means, factors):
    return MultivariateNormal(means, scale_tril=factors).log_prob(w[:, None])


def half_forgotten(w, means, factors):
    z = torch.linalg.solve(factors, (w - means[:, None]).mT)
    volumes = factors.diagonal(dim1=1, dim2=2).log().sum(1)
    return (-(z**2) - math.log(2 * math.pi) / 2).sum(1).T - volumes


def classes_by_scipy(w, means, factors):
    laws = [stats.multivariate_normal(m, L @ L.T) for m, L in zip(means, factors, strict=True)]
    return np.stack([law.logpdf(w) for law in laws], axis=1)


def mixture(log_p, priors):
    return torch.logsumexp(log_p + log(priors), 1)


def mixture_by_scipy(log_p, priors):
    return special.logsumexp(log_p.numpy(), axis=1, b=priors.numpy())


def bayes(log_p, priors):
    return torch.softmax(log_p + log(priors), 1)


def naive(log_p, priors):
    p = log_p.exp() * priors
    return p / p.sum(1, keepdim=True)


def one_shift(log_p, priors):
    top = log_p.max()
    return top + log((log_p - top).exp() @ priors)


def bayes_by_quotient(log_p, priors):
    return naive(log_p - log_p.max(1, keepdim=True).values, priors)


def log_mixture(what, hint, function):
    return wrong("e09.q4", what, "mixture", hint, log_mixture=function)


def posterior(what, hint, function):
    return wrong("e09.q4", what, "posterior", hint, posterior=function)


WRONG += [
    wrong("e09.q4", "no half", "classes", "otherwise", class_log_probs=half_forgotten),
    log_mixture("one shift for all rows", "overflow", one_shift),
    posterior("one shift for all rows", "overflow", lambda log_p, p: naive(log_p - log_p.max(), p)),
    log_mixture("out of the logarithm", "overflow", lambda log_p, p: log(log_p.exp() @ p)),
    log_mixture("priors added", "otherwise", lambda log_p, p: torch.logsumexp(log_p + p, 1)),
    posterior("exponentials that do not fit", "overflow", naive),
    posterior("priors added", "otherwise", lambda log_p, p: torch.softmax(log_p + p, 1)),
]
r4 = partial(right, "e09.q4")
RIGHT += [
    r4(
        "torch.distributions, softmax",
        class_log_probs=classes,
        log_mixture=mixture,
        posterior=bayes,
    ),
    r4(
        "scipy, shifted exponentials",
        class_log_probs=classes_by_scipy,
        log_mixture=mixture_by_scipy,
        posterior=bayes_by_quotient,
    ),
]

# --- e09.q5 ------------------------------------------------------------------------------------


def auroc(normal, odd):
    return ((odd[:, None] > normal).double() + (odd[:, None] == normal).double() / 2).mean()


def toy(s):
    return (math.log(2 * math.pi) + s * s) / (2 * LN2)


def minus_log_p(seen, x):
    return -MultivariateNormal(seen.mean(0), seen.T.cov()).log_prob(x)


def typical(seen, x):
    return (minus_log_p(seen, x) - minus_log_p(seen, seen).mean()).abs()


def about_their_own_mean(seen, x):
    scores = minus_log_p(seen, x)
    return (scores - minus_log_p(seen, seen).mean() + 1e-3 * scores.mean()).abs()


def mostly_above(seen, x):
    above = minus_log_p(seen, x) - minus_log_p(seen, seen).mean()
    return torch.where(above > 0, above, -0.15 * above)


def without_covariance(seen, x):
    away = (x - seen.mean(0)).square().sum(1)
    return (away - (seen - seen.mean(0)).square().sum(1).mean()).abs()


def auroc_by_ranks(normal, odd):
    ranks = stats.rankdata(torch.cat([normal, odd]).numpy())[len(normal) :]
    return (ranks.sum() - len(odd) * (len(odd) + 1) / 2) / (len(normal) * len(odd))


def toy_by_quadrature(s):
    x = np.linspace(-12 * s, 12 * s, 200_001)
    density = np.exp(-((x / s) ** 2) / 2) / (s * math.sqrt(2 * math.pi))
    cost = x**2 / 2 + math.log(2 * math.pi) / 2
    return float((density * cost).sum() * (x[1] - x[0]) / LN2)


def energy_of_the_differences(seen, x):
    """Distance of the log of the squared differences of pixels from that of images seen."""

    def energy(points):
        image = points.reshape(-1, 8, 8)
        return (
            image.diff(dim=1).square().mean((1, 2)) + image.diff(dim=2).square().mean((1, 2))
        ).log()

    usual = energy(seen)
    return ((energy(x) - usual.mean()) / usual.std()).abs().numpy()


def against_the_mean(normal, odd):
    return (odd > normal.mean()).double().mean()


def detector(what, hint, score):
    return wrong("e09.q5", what, "detector", hint, score=score)


q5, r5 = partial(wrong, "e09.q5"), partial(right, "e09.q5")
WRONG += [
    q5("against the mean", "auroc", "otherwise", auroc=against_the_mean),
    q5("the exponent inverted", "toy", "otherwise", toy_bits=lambda s: toy(1 / s)),
    detector("the sign of the score", "inverted", lambda seen, x: -typical(seen, x)),
    detector("minus the log-density", "one_side", minus_log_p),
    detector("no covariance", "rough", without_covariance),
    detector("one side weighs more", "uneven", mostly_above),
    detector("about its own mean", "own_mean", about_their_own_mean),
]
RIGHT += [
    r5("pairs, typicality", auroc=auroc, toy_bits=toy, score=typical),
    r5(
        "ranks, quadrature, differences of neighbours",
        auroc=auroc_by_ranks,
        toy_bits=toy_by_quadrature,
        score=energy_of_the_differences,
    ),
]

# --- e09.q6 and q7 ------------------------------------------------------------------------------


def bits_by_autograd(log_q, v, u, levels):
    """The logarithm of dy/dℓ by automatic differentiation."""
    ell = to_logit(v, u, levels, 0.05).requires_grad_()
    y = (torch.sigmoid(ell) - 0.05) / 0.9
    slope = torch.autograd.grad(y.sum(), ell)[0]
    ell = ell.detach()
    return math.log2(levels) - (log_q(ell) - log(slope).sum(1)).mean() / (v.shape[1] * LN2)


def bits_by_pixels(log_q, v, u, levels):
    ell = to_logit(v, u, levels, 0.05)
    per_pixel = (log_q(ell) + determinant(ell, 0.05)).numpy() / v.shape[1]
    return float(np.mean(np.log2(levels) - per_pixel / np.log(2)))


q6, r6 = partial(wrong, "e09.q6"), partial(right, "e09.q6")
WRONG += [q6("two letters", "option", "options", option="A, B")]
RIGHT += [r6("lower case", option="b", reason="a"), r6("with its point", reason="A.")]
q7, r7 = partial(wrong, "e09.q7"), partial(right, "e09.q7")
of_all = lambda log_q, v, u, levels: bits_by_pixels(log_q, v, u, levels) * len(v)
WRONG += [
    q7("a line that is not there", "line", "options", line=7),
    q7("added over the images", "mended", "otherwise", image_bits=of_all),
]
RIGHT += [
    r7("autograd", image_bits=bits_by_autograd),
    r7("NumPy, pixel by pixel", image_bits=bits_by_pixels),
]

EQUIVALENT = {
    "g = torch.Generator().manual_seed(0) -> g = torch.Generator().manual_seed(1)": "another seed",
    "cycle = partial(OneCycleLR, max_lr=0.01, total_steps=400)"
    " -> cycle = partial(OneCycleLR, max_lr=0.01, total_steps=401)": "the cycle, one step longer",
    "fit(flow, v, prepare=noise, steps=400, scheduler=cycle, generator=g, progress=False)"
    " -> fit(flow, v, prepare=noise, steps=400, scheduler=cycle, generator=g, progress=True)": (
        "the same, shown"
    ),
}
