"""Answers that students give to the exercises of chapter 9, wrong and right.

EQUIVALENT lists the mutants of the solutions that are right answers, with the reason.
"""

import math

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
    StandardUniform,
    dequantise,
    fit,
)
from tests.exercises.answers import Right, Wrong

log, stack = torch.log, torch.stack
LN2 = math.log(2)

# --- e09.q1 ------------------------------------------------------------------------------------


def to_logit(v, u, Q, alpha):
    return torch.logit(alpha + (1 - 2 * alpha) * (v + u) / Q)


def to_levels(w, Q, alpha):
    y = (torch.sigmoid(w) - alpha) / (1 - 2 * alpha)
    return (Q * y).floor().clamp(0, Q - 1)


def bits(log_q, w, Q, alpha):
    return math.log2(Q) - (log_q + determinant(w, alpha)) / (w.shape[1] * LN2)


def determinant(w, alpha):
    s = torch.sigmoid(w)
    return (math.log(1 - 2 * alpha) - log(s) - log(1 - s)).sum(1)


def raw_levels(w, Q, alpha):
    return Q * (torch.sigmoid(w) - alpha) / (1 - 2 * alpha)


def no_alpha_in_the_determinant(log_q, w, Q, alpha):
    s = torch.sigmoid(w)
    log_p = log_q - (log(s) + log(1 - s)).sum(1)
    return math.log2(Q) - log_p / (w.shape[1] * LN2)


def one_factor_for_all_pixels(log_q, w, Q, alpha):
    s = torch.sigmoid(w)
    log_p = log_q + math.log(1 - 2 * alpha) - (log(s) + log(1 - s)).sum(1)
    return math.log2(Q) - log_p / (w.shape[1] * LN2)


Q1 = [
    (
        "no alpha",
        "logit",
        "keeps the values away",
        (lambda v, u, Q, alpha: torch.logit((v + u) / Q), to_levels, bits),
    ),
    (
        "no noise",
        "logit",
        "only a few",
        (lambda v, u, Q, alpha: to_logit(v, 0 * u, Q, alpha), to_levels, bits),
    ),
    (
        "no logit",
        "logit",
        "last step, the logit",
        (lambda v, u, Q, alpha: alpha + (1 - 2 * alpha) * (v + u) / Q, to_levels, bits),
    ),
    (
        "divided by Q - 1",
        "logit",
        "near 1, not beyond",
        (lambda v, u, Q, alpha: to_logit(v, u, Q - 1, alpha), to_levels, bits),
    ),
    (
        "rounded",
        "levels",
        "interval above a level",
        (to_logit, lambda w, Q, alpha: raw_levels(w, Q, alpha).round().clamp(0, Q - 1), bits),
    ),
    (
        "alpha not undone",
        "levels",
        "alpha has to be undone",
        (to_logit, lambda w, Q, alpha: (Q * torch.sigmoid(w)).floor(), bits),
    ),
    ("not whole numbers", "levels", "they are integers", (to_logit, raw_levels, bits)),
    (
        "the logit not undone",
        "levels",
        "the last was the logit",
        (to_logit, lambda w, Q, alpha: (Q * w).floor().clamp(0, Q - 1), bits),
    ),
    (
        "not cut",
        "levels",
        "which level does it get",
        (to_logit, lambda w, Q, alpha: raw_levels(w, Q, alpha).floor(), bits),
    ),
    (
        "nats",
        "bits",
        "change the base",
        (to_logit, to_levels, lambda log_q, w, Q, alpha: bits(log_q, w, Q, alpha) * LN2),
    ),
    (
        "no log Q",
        "bits",
        "which side has a cell",
        (to_logit, to_levels, lambda log_q, w, Q, alpha: bits(log_q, w, Q, alpha) - math.log2(Q)),
    ),
    (
        "no determinant",
        "bits",
        "the bits are of y",
        (
            to_logit,
            to_levels,
            lambda log_q, w, Q, alpha: math.log2(Q) - log_q / (w.shape[1] * LN2),
        ),
    ),
    (
        "the determinant's sign",
        "bits",
        "with the opposite sign",
        (
            to_logit,
            to_levels,
            lambda log_q, w, Q, alpha: bits(log_q - 2 * determinant(w, alpha), w, Q, alpha),
        ),
    ),
    (
        "no alpha in the determinant",
        "bits",
        "squeeze by alpha",
        (to_logit, to_levels, no_alpha_in_the_determinant),
    ),
    (
        "a whole image",
        "bits",
        "total of the image",
        (to_logit, to_levels, lambda log_q, w, Q, alpha: bits(log_q, w, Q, alpha) * w.shape[1]),
    ),
    (
        "one factor for all pixels",
        "bits",
        "whatever alpha is",
        (to_logit, to_levels, one_factor_for_all_pixels),
    ),
]


def bits_by_logsigmoid(log_q, w, Q, alpha):
    w = w.numpy()
    s = special.expit(w)
    log_cube = np.log1p(-2 * alpha) - special.log_expit(w) - np.log1p(-s)
    return np.log2(Q) - (log_q.numpy() + log_cube.sum(1)) / (w.shape[1] * np.log(2))


def levels_by_search(w, Q, alpha):
    """The level whose interval holds w, by its ends."""
    ends = alpha + (1 - 2 * alpha) * torch.arange(1, Q, dtype=w.dtype) / Q
    return torch.searchsorted(torch.logit(ends), w.contiguous(), right=True).double()


# --- e09.q2 ------------------------------------------------------------------------------------


def histogram(train, test, Q, add=0.5):
    counts = stack([(train == k).sum(0) for k in range(Q)]).double() + add
    return -torch.log2(counts / counts.sum(0)).gather(0, test)


def histogram_bits(train, test, Q):
    return histogram(train, test, Q).mean()


def unseen(n, Q):
    return math.log2((n + Q / 2) / 0.5)


def pooled(train, test, Q):
    return histogram(train.reshape(-1, 1), test.reshape(-1, 1), Q).mean()


def not_normalised(train, test, Q):
    counts = stack([(train == k).sum(0) for k in range(Q)]).double() + 0.5
    return -torch.log2(counts / len(train)).gather(0, test).mean()


def seventeen_levels(train, test, Q):
    """The number of levels of the digits, whatever is given."""
    return histogram(train, test, max(17, int(test.max()) + 1)).mean()


Q2 = [
    (
        "no smoothing",
        "digits",
        "never seen in training",
        (lambda train, test, Q: histogram(train, test, Q, 0.0).mean(), unseen),
    ),
    (
        "nats",
        "digits",
        "natural one",
        (lambda train, test, Q: histogram_bits(train, test, Q) * LN2, unseen),
    ),
    ("one histogram for all pixels", "digits", "each pixel has its own", (pooled, unseen)),
    (
        "measured on the training set",
        "digits",
        "data that you counted",
        (lambda train, test, Q: histogram_bits(train, train, Q), unseen),
    ),
    (
        "a whole image",
        "digits",
        "of a whole image",
        (lambda train, test, Q: histogram(train, test, Q).sum(1).mean(), unseen),
    ),
    (
        "one in place of a half",
        "digits",
        "added 1",
        (lambda train, test, Q: histogram(train, test, Q, 1.0).mean(), unseen),
    ),
    ("divided by n", "digits", "must add to 1", (not_normalised, unseen)),
    ("17 levels", "others", "where does the number", (seventeen_levels, unseen)),
    ("divided by n", "unseen", "once corrected", (histogram_bits, lambda n, Q: math.log2(2 * n))),
    ("no data", "unseen", "cost without data", (histogram_bits, lambda n, Q: math.log2(Q))),
    (
        "nats for the new level",
        "unseen",
        "from nats to bits",
        (histogram_bits, lambda n, Q: math.log(2 * n + Q)),
    ),
    (
        "a negative cost",
        "unseen",
        "cost is positive",
        (histogram_bits, lambda n, Q: -math.log2(2 * n + Q)),
    ),
    (
        "one in place of a half, for the new level",
        "unseen",
        "by what is it divided",
        (histogram_bits, lambda n, Q: math.log2(n + Q)),
    ),
]


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


# --- e09.q3 ------------------------------------------------------------------------------------


def noisy(v, generator):
    return dequantise(v, 17, generator)


def splines(prepare, masks=((True, False), (False, True)), steps=400):
    def learn(v, y):
        generator = torch.Generator().manual_seed(1)
        parts = [
            SplineCoupling(torch.tensor(m), MLP(1, 47, (64, 64), generator=generator), bins=16)
            for m in masks
        ]
        flow = Flow(StandardNormal(2), *parts, ActNorm(2), LogitPreprocessing())
        train(flow, v, prepare, steps, generator)
        return flow.log_prob(y)

    return learn


def train(flow, v, prepare, steps, generator):
    fit(
        flow,
        v,
        prepare=prepare,
        steps=steps,
        scheduler=lambda o: OneCycleLR(o, 0.01, total_steps=steps),
        generator=generator,
        progress=False,
    )


def gaussian(v, y):
    logit = LogitPreprocessing()
    w, _ = logit.inverse(noisy(v, torch.Generator().manual_seed(1)))
    factor = torch.linalg.cholesky(w.T.cov())
    return Flow(StandardNormal(2), Linear(factor), Affine(w.mean(0), 1.0), logit).log_prob(y)


def no_determinant(v, y):
    logit = LogitPreprocessing()
    w, _ = logit.inverse(noisy(v, torch.Generator().manual_seed(1)))
    return MultivariateNormal(w.mean(0), w.T.cov()).log_prob(logit.inverse(y)[0])


def joint_histogram(v, y, add=1e-3):
    """A density that is constant on each cell."""
    counts = torch.zeros(17, 17)
    counts.index_put_((v[:, 0], v[:, 1]), torch.ones(len(v)), accumulate=True)
    p = (counts + add) / (counts + add).sum()
    cell = (17 * y).long().clamp(0, 16)
    return log(p[cell[:, 0], cell[:, 1]] * 17**2)


def independent(v, y):
    cell = (17 * y).long().clamp(0, 16)
    p = [torch.bincount(v[:, i], minlength=17).double() / len(v) for i in (0, 1)]
    return log(17 * p[0][cell[:, 0]]) + log(17 * p[1][cell[:, 1]])


def autoregressive(v, y):
    generator = torch.Generator().manual_seed(3)
    layer = MaskedSplineAutoregressive(2, (64, 64), bins=16, generator=generator)
    flow = Flow(StandardNormal(2), layer, ActNorm(2), LogitPreprocessing())
    train(flow, v, noisy, 500, generator)
    return flow.log_prob(y).detach().numpy()


Q3 = [
    (
        "the centres of the cells",
        "learned",
        "needles on the integers",
        (splines(lambda v, g: (v + 0.5) / 17),),
    ),
    (
        "the density of levels",
        "learned",
        "side 1 and not Q",
        (lambda v, y: joint_histogram(v, y) - 2 * math.log(17),),
    ),
    ("no determinant of the logit", "learned", "all their determinants", (no_determinant,)),
    ("a uniform law", "learned", "was it trained", (lambda v, y: StandardUniform(2).log_prob(y),)),
    ("a Gaussian", "learned", "make the map more flexible", (gaussian,)),
    ("independent pixels", "learned", "what one tells of the other", (independent,)),
]

# --- e09.q4 ------------------------------------------------------------------------------------


def classes(w, means, factors):
    return MultivariateNormal(means, scale_tril=factors).log_prob(w[:, None])


def volumes(factors):
    return factors.diagonal(dim1=1, dim2=2).log().sum(1)


def transposed(w, means, factors):
    z = torch.linalg.solve(factors.mT, (w - means[:, None]).mT)
    return (-(z**2) / 2 - math.log(2 * math.pi) / 2).sum(1).T - volumes(factors)


def half_forgotten(w, means, factors):
    z = torch.linalg.solve(factors, (w - means[:, None]).mT)
    return (-(z**2) - math.log(2 * math.pi) / 2).sum(1).T - volumes(factors)


def mixture(log_p, priors):
    return torch.logsumexp(log_p + log(priors), 1)


def bayes(log_p, priors):
    return torch.softmax(log_p + log(priors), 1)


def shifted_exponentials(log_p, priors):
    top = log_p.max(1, keepdim=True).values
    return (log_p - top).exp() * priors


def naive(log_p, priors):
    p = log_p.exp() * priors
    return p / p.sum(1, keepdim=True)


Q4 = [
    (
        "no determinant",
        "classes",
        "another one in each class",
        (lambda w, m, L: classes(w, m, L) + volumes(L), mixture, bayes),
    ),
    (
        "the determinant's sign",
        "classes",
        "must subtract",
        (lambda w, m, L: classes(w, m, L) + 2 * volumes(L), mixture, bayes),
    ),
    (
        "no constant",
        "classes",
        "constant is missing",
        (
            lambda w, m, L: classes(w, m, L) + w.shape[1] * math.log(2 * math.pi) / 2,
            mixture,
            bayes,
        ),
    ),
    ("the matrix transposed", "classes", "transposed matrix", (transposed, mixture, bayes)),
    (
        "one determinant for all",
        "classes",
        "same determinant",
        (lambda w, m, L: classes(w, m, L) + volumes(L) - volumes(L).mean(), mixture, bayes),
    ),
    ("no half", "classes", "take the point to the base", (half_forgotten, mixture, bayes)),
    (
        "the logarithms averaged",
        "mixture",
        "densities are averaged",
        (classes, lambda log_p, priors: log_p @ priors, bayes),
    ),
    (
        "no priors",
        "mixture",
        "probabilities of the classes are missing",
        (classes, lambda log_p, priors: torch.logsumexp(log_p, 1), bayes),
    ),
    (
        "the largest term",
        "mixture",
        "the others add too",
        (classes, lambda log_p, priors: (log_p + log(priors)).max(1).values, bayes),
    ),
    (
        "out of the logarithm",
        "mixture",
        "do not leave the logarithm",
        (classes, lambda log_p, priors: log(log_p.exp() @ priors), bayes),
    ),
    (
        "priors added without logarithm",
        "mixture",
        "and then its logarithm",
        (classes, lambda log_p, priors: torch.logsumexp(log_p + priors, 1), bayes),
    ),
    (
        "even classes",
        "posterior",
        "equally frequent",
        (classes, mixture, lambda log_p, priors: torch.softmax(log_p, 1)),
    ),
    (
        "not divided",
        "posterior",
        "do not add to 1",
        (classes, mixture, lambda log_p, priors: log_p.exp() * priors),
    ),
    (
        "the logarithm",
        "posterior",
        "The probabilities are asked for",
        (classes, mixture, lambda log_p, priors: torch.log_softmax(log_p + log(priors), 1)),
    ),
    (
        "normalised over images",
        "posterior",
        "over images",
        (classes, mixture, lambda log_p, priors: torch.softmax(log_p + log(priors), 0)),
    ),
    ("exponentials that do not fit", "posterior", "the quotient exists", (classes, mixture, naive)),
    (
        "priors added to the logarithm",
        "posterior",
        "divide by the total",
        (classes, mixture, lambda log_p, priors: torch.softmax(log_p + priors, 1)),
    ),
]


def classes_by_scipy(w, means, factors):
    laws = [stats.multivariate_normal(m, L @ L.T) for m, L in zip(means, factors, strict=True)]
    return np.stack([law.logpdf(w) for law in laws], axis=1)


def bayes_by_quotient(log_p, priors):
    p = shifted_exponentials(log_p, priors)
    return p / p.sum(1, keepdim=True)


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


Q5 = [
    ("groups exchanged", "auroc", "It is exchanged", (lambda n, o: auroc(o, n), toy, typical)),
    (
        "ties lost",
        "auroc",
        "counted zero",
        (lambda n, o: (o[:, None] > n).double().mean(), toy, typical),
    ),
    (
        "ties won",
        "auroc",
        "a whole one",
        (lambda n, o: (o[:, None] >= n).double().mean(), toy, typical),
    ),
    (
        "a count",
        "auroc",
        "number of pairs",
        (lambda n, o: auroc(n, o) * len(n) * len(o), toy, typical),
    ),
    (
        "against the mean",
        "auroc",
        "All pairs are compared",
        (lambda n, o: (o > n.mean()).double().mean(), toy, typical),
    ),
    ("nats", "toy", "Those are nats", (auroc, lambda s: toy(s) * LN2, typical)),
    (
        "the entropy of the points",
        "toy",
        "entropy of the points",
        (auroc, lambda s: math.log2(s) + math.log2(2 * math.pi * math.e) / 2, typical),
    ),
    (
        "no constant",
        "toy",
        "constant of the normal",
        (auroc, lambda s: s**2 / (2 * LN2), typical),
    ),
    (
        "s for its square",
        "toy",
        "mean of the square",
        (auroc, lambda s: (math.log(2 * math.pi) + s) / (2 * LN2), typical),
    ),
    (
        "the exponent inverted",
        "toy",
        "more concentrated",
        (auroc, lambda s: (math.log(2 * math.pi) + 1 / s**2) / (2 * LN2), typical),
    ),
    (
        "the sign of the score",
        "detector",
        "not the lowest",
        (auroc, toy, lambda seen, x: -typical(seen, x)),
    ),
    ("minus the log-density", "detector", "on either side", (auroc, toy, minus_log_p)),
    (
        "no covariance",
        "detector",
        "if it uses the covariance",
        (auroc, toy, without_covariance),
    ),
    (
        "one side weighs more",
        "detector",
        "weigh the same",
        (auroc, toy, mostly_above),
    ),
    (
        "about its own mean",
        "detector",
        "not on those to be judged",
        (auroc, toy, about_their_own_mean),
    ),
]


def auroc_by_ranks(normal, odd):
    ranks = stats.rankdata(torch.cat([normal, odd]).numpy())[len(normal) :]
    return (ranks.sum() - len(odd) * (len(odd) + 1) / 2) / (len(normal) * len(odd))


def toy_by_quadrature(s):
    x = np.linspace(-12 * s, 12 * s, 200_001)
    density = np.exp(-((x / s) ** 2) / 2) / (s * math.sqrt(2 * math.pi))
    cost = x**2 / 2 + math.log(2 * math.pi) / 2
    return float((density * cost).sum() * (x[1] - x[0]) / LN2)


def energy_of_the_differences(seen, x):
    """How far the squared second differences are from the usual, in logarithms."""

    def energy(points):
        image = points.reshape(-1, 8, 8)
        return (
            image.diff(dim=1).square().mean((1, 2)) + image.diff(dim=2).square().mean((1, 2))
        ).log()

    usual = energy(seen)
    return ((energy(x) - usual.mean()) / usual.std()).abs().numpy()


WRONG = [
    Wrong(f"e09.q{number}", *answer)
    for number, answers in enumerate((Q1, Q2, Q3, Q4, Q5), start=1)
    for answer in answers
]

RIGHT = [
    Right("e09.q1", "torch.logit, floors", (to_logit, to_levels, bits)),
    Right(
        "e09.q1",
        "NumPy, intervals",
        (
            lambda v, u, Q, alpha: special.logit(alpha + (1 - 2 * alpha) * ((v + u) / Q).numpy()),
            levels_by_search,
            bits_by_logsigmoid,
        ),
    ),
    Right("e09.q2", "counts in loops", (counted_in_loops, unseen)),
    Right("e09.q2", "one-hot", (one_hot, lambda n, Q: -math.log2(0.5 / (n + 0.5 * Q)))),
    Right("e09.q3", "autoregressive splines", (autoregressive,)),
    Right("e09.q3", "no network: cells counted", (joint_histogram,)),
    Right("e09.q4", "torch.distributions, softmax", (classes, mixture, bayes)),
    Right(
        "e09.q4",
        "scipy, shifted exponentials",
        (
            classes_by_scipy,
            lambda log_p, priors: special.logsumexp(log_p.numpy(), axis=1, b=priors.numpy()),
            bayes_by_quotient,
        ),
    ),
    Right("e09.q5", "pairs, typicality", (auroc, toy, typical)),
    Right(
        "e09.q5",
        "ranks, quadrature, differences of neighbours",
        (auroc_by_ranks, toy_by_quadrature, energy_of_the_differences),
    ),
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
