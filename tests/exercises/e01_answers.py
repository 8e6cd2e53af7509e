"""Answers that students give to the exercises of chapter 1, wrong and right.

EQUIVALENT lists the mutants of the solutions that are right answers, with the reason.
"""

import math
from itertools import pairwise

import numpy as np
import torch
from scipy import signal, stats

from tests.exercises.answers import right, wrong

Normal = torch.distributions.Normal
WRONG, RIGHT = [], []


def covariance(d, rho):
    return rho ** np.abs(np.subtract.outer(np.arange(d), np.arange(d)))


# --- e01.q1 ------------------------------------------------------------------------------------


def chain(x, rho, before=slice(None, -1)):
    rest = Normal(rho * x[:, before], math.sqrt(1 - rho**2)).log_prob(x[:, 1:]).sum(1)
    return Normal(0, 1).log_prob(x[:, 0]) + rest


def loop(x, rho):
    found = []
    for row in x.tolist():
        total = -(row[0] ** 2) / 2 - math.log(2 * math.pi) / 2
        for before, value in pairwise(row):
            variance = 1 - rho**2
            total -= (value - rho * before) ** 2 / (2 * variance)
            total -= math.log(2 * math.pi * variance) / 2
        found.append(total)
    return torch.tensor(found)  # float32


def joint(x, rho):
    law = stats.multivariate_normal(cov=covariance(x.shape[1], rho))
    return np.atleast_1d(law.logpdf(x.numpy()))


q1 = lambda what, step, hint, f: wrong("e01.q1", what, step, hint, ar_log_prob=f)
no_constant = lambda x, rho: chain(x, rho) + x.shape[1] * math.log(2 * math.pi) / 2
WRONG += [
    q1("no constant", "first", "otherwise", no_constant),
    q1("the mean of itself", "joint", "otherwise", lambda x, rho: chain(x, rho, slice(1, None))),
    q1("not added up", "shape", "", lambda x, rho: Normal(0, 1).log_prob(x)),
]
r1 = lambda what, f: right("e01.q1", what, ar_log_prob=f)
RIGHT += [
    r1("from the last to the first", lambda x, rho: chain(x.flip(1), rho)),
    r1("a loop with math, float32", loop),
    r1("the joint law, scipy", joint),
]

# --- e01.q2 ------------------------------------------------------------------------------------


def gaussian(n, d, generator):
    return torch.randn(n, d, generator=generator, dtype=torch.float64)


def uniform(n, d, generator):
    z = torch.rand(n, d, generator=generator, dtype=torch.float64)
    return (z - 0.5) * math.sqrt(12)


def walk(noise=gaussian, scale=lambda rho: math.sqrt(1 - rho**2)):
    def ar_sample(n, d, rho, generator):
        z = noise(n, d, generator)
        x = [z[:, 0]]
        for i in range(1, d):
            x.append(rho * x[-1] + scale(rho) * z[:, i])
        return torch.stack(x, dim=1)

    return ar_sample


def on_the_noise(n, d, rho, generator):
    z = gaussian(n, d, generator)
    z[:, 1:] = rho * z[:, :-1] + math.sqrt(1 - rho**2) * z[:, 1:].clone()
    return z


def the_same_noise(n, d, rho, generator):
    z = gaussian(n, 2, generator)
    x = [z[:, 0]] + [rho * z[:, 0] + math.sqrt(1 - rho**2) * z[:, 1] for _ in range(d - 1)]
    return torch.stack(x, dim=1)


def with_cholesky(n, d, rho, generator):
    return gaussian(n, d, generator) @ torch.linalg.cholesky(torch.tensor(covariance(d, rho))).T


def in_a_loop_float32(n, d, rho, generator):
    x = torch.zeros(n, d)
    x[:, 0] = torch.randn(n, generator=generator)
    for i in range(1, d):
        x[:, i] = torch.normal(rho * x[:, i - 1], (1 - rho**2) ** 0.5, generator=generator)
    return x


def numpy_with_a_seed_from_the_generator(n, d, rho, generator):
    seed = int(torch.randint(2**31, (1,), generator=generator))
    return np.random.default_rng(seed).multivariate_normal(np.zeros(d), covariance(d, rho), n)


def one_long_chain(n, d, rho, generator):
    noise = gaussian(n * d, 1, generator)[:, 0]
    return signal.lfilter([math.sqrt(1 - rho**2)], [1, -rho], noise).reshape(n, d)


q2 = lambda what, step, hint, f: wrong("e01.q2", what, step, hint, ar_sample=f)
no_generator = walk(lambda n, d, generator: torch.randn(n, d))
own_seed = walk(lambda n, d, generator: gaussian(n, d, torch.Generator().manual_seed(0)))
independent = lambda n, d, rho, generator: gaussian(n, d, generator)
WRONG += [
    q2("torch's generator", "generator", "global_generator", no_generator),
    q2("a seed of its own", "generator", "own_seed", own_seed),
    q2("unit noise", "variance", "grows", walk(scale=lambda rho: 1)),
    q2("the variance as std", "variance", "falls", walk(scale=lambda rho: 1 - rho**2)),
    q2("independent", "correlation", "independent", independent),
    q2("conditioned on the noise", "correlation", "one_back", on_the_noise),
    q2("the same noise twice", "correlation", "otherwise", the_same_noise),
    q2("uniform noise", "law", "hint", walk(uniform)),
    q2("pieces of one chain", "rows", "hint", one_long_chain),
    q2("transposed", "shape", "", lambda *arguments: walk()(*arguments).T),
]
r2 = lambda what, f: right("e01.q2", what, ar_sample=f)
RIGHT += [
    r2("Cholesky", with_cholesky),
    r2("a loop, float32", in_a_loop_float32),
    r2("NumPy", numpy_with_a_seed_from_the_generator),
]

# --- e01.q3 ------------------------------------------------------------------------------------


def bumps(x, data, h):
    return torch.exp(-((x[:, None] - data) ** 2).sum(2) / (2 * h**2))


def average(height, width=lambda h: h):
    """Kernels of another height, as a function of h, and of another width."""
    return lambda x, data, h: bumps(x, data, width(h)).mean(1) * height(h)


def kde_in_a_loop(x, data, h):
    total = torch.zeros(len(x), dtype=x.dtype)
    for datum in data:
        total += torch.exp(-((x - datum) ** 2).sum(1) / 2 / h / h) / (2 * math.pi * h * h)
    return total / len(data)


def kde_with_scipy(x, data, h):
    laws = [stats.multivariate_normal(datum, h**2 * np.eye(2)) for datum in data.numpy()]
    return np.mean([law.pdf(x.numpy()) for law in laws], axis=0)


def kde_with_distributions(x, data, h):
    return Normal(data, h).log_prob(x[:, None]).sum(2).exp().sum(1) / data.shape[0]


def logistic_bumps(x, data, h):
    scale = h * math.sqrt(3) / math.pi  # of standard deviation h
    u = (x[:, None] - data) / scale
    return (torch.sigmoid(u) * torch.sigmoid(-u) / scale).prod(2).mean(1)


q3 = lambda what, step, hint, f: wrong("e01.q3", what, step, hint, kde=f)
area = lambda h: 2 * math.pi * h**2
WRONG += [
    q3("summed", "mass", "summed", lambda x, data, h: bumps(x, data, h).sum(1) / area(h)),
    q3("1/h", "mass", "one_side", average(lambda h: h / area(h))),
    q3("no factor", "mass", "no_factor", average(lambda h: 1 / area(1))),
    q3("of the line", "mass", "of_line", average(lambda h: math.sqrt(2 * math.pi) / area(h))),
    q3("no h within", "mass", "otherwise", average(lambda h: 1 / area(h), lambda h: 1.0)),
    q3("h for h²", "bump", "power_of_h", average(lambda h: h / area(h), math.sqrt)),
    q3("a plus", "bump", "off_datum", lambda x, data, h: bumps(x, -data, h).mean(1) / area(h)),
    q3("not Gaussian", "bump", "not_gaussian", logistic_bumps),
    q3("of the mean", "data", "hint", lambda x, d, h: bumps(x, d.mean(0), h)[:, 0] / area(h)),
    q3("one for each datum", "shape", "", lambda x, data, h: bumps(x, data, h).mean(0)),
]
r3 = lambda what, f: right("e01.q3", what, kde=f)
RIGHT += [
    r3("a loop over the data", kde_in_a_loop),
    r3("scipy", kde_with_scipy),
    r3("torch.distributions", kde_with_distributions),
]

# --- e01.q4 ------------------------------------------------------------------------------------


def of_scores(formula):
    """A threshold from the log-densities of the validation points and the rate."""
    return lambda log_p, training, validation, rate: formula(log_p(validation), rate)


def gaussian_quantile(scores, rate):
    return stats.norm(scores.mean(), scores.std()).ppf(rate)


q4 = lambda what, step, hint, f: wrong("e01.q4", what, step, hint, alarm_threshold=f)
WRONG += [
    q4("on training", "rate", "on_training", lambda p, seen, new, rate: p(seen).quantile(rate)),
    q4("the density", "rate", "no_log", of_scores(lambda s, rate: s.exp().quantile(rate))),
    q4("the upper tail", "rate", "tail", of_scores(lambda s, rate: s.quantile(1 - rate))),
    q4("the least likely point", "rate", "too_low", of_scores(lambda s, rate: s.min())),
    q4("as if they were Gaussian", "other_rate", "otherwise", of_scores(gaussian_quantile)),
    q4("always 5 %", "other_rate", "fixed_rate", of_scores(lambda s, rate: s.quantile(0.05))),
    q4("a threshold for each point", "shape", "", of_scores(lambda s, rate: s)),
]
r4 = lambda what, f: right("e01.q4", what, alarm_threshold=f)
RIGHT += [
    r4("torch.quantile", of_scores(torch.quantile)),
    r4("a number", of_scores(lambda s, rate: float(np.percentile(s.numpy(), 100 * rate)))),
]

# --- 5. Predict, then measure -------------------------------------------------------------------

q5 = lambda what, step, hint, **given: wrong("e01.q5", what, step, hint, **given)
WRONG += [
    q5("a word for a number", "predicted", "numbers", predicted="low"),
    q5("the text in place of the letter", "explanation", "options", explanation="chance"),
]
RIGHT += [
    right("e01.q5", "close", predicted=-7.5),
    right("e01.q5", "it rises", predicted=-0.4),
    right("e01.q5", "too far", predicted=-40),
    right("e01.q5", "not far enough", predicted=-4.0, explanation="c"),
]

# --- 6. Choose and say why ----------------------------------------------------------------------

q6 = lambda what, step, hint, **given: wrong("e01.q6", what, step, hint, **given)
WRONG += [
    q6("two letters", "choice", "options", option="A, C"),
    q6("any width", "spread", "otherwise", spread=1.0),
    q6("a text for a number", "spread", "value", spread="sqrt(9.25)"),
]
RIGHT += [
    right("e01.q6", "rounded", spread=3.041),
    right("e01.q6", "with a point", option="b.", reason=" d) "),
]

EQUIVALENT = {
    **dict.fromkeys(
        [f"guess = -8 -> guess = {other}" for other in ("8", "-9", "-0")], "no prediction is wrong"
    ),
    "x[:, i] = rho * x[:, i - 1] + math.sqrt(1 - rho ** 2) * noise[:, i] -> "
    "x[:, i] = rho * x[:, i - 1] - math.sqrt(1 - rho ** 2) * noise[:, i]": "noise is symmetric",
}
