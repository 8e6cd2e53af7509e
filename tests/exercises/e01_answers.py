"""Answers that students give to the exercises of chapter 1, wrong and right.

EQUIVALENT lists the mutants of the solutions that are right answers, with the reason.
"""

import math
from itertools import pairwise

import numpy as np
import torch
from scipy import stats

from tests.exercises.answers import Right, Wrong

Normal = torch.distributions.Normal


def covariance(d, rho):
    return rho ** np.abs(np.subtract.outer(np.arange(d), np.arange(d)))


def logs(x, mean=0.0, std=1.0):
    return -(((x - mean) / std) ** 2) / 2 - math.log(std * math.sqrt(2 * math.pi))


def chain(x, rho, std=None, mean=lambda x, rho: rho * x[:, :-1], first=True):
    std = math.sqrt(1 - rho**2) if std is None else std
    rest = logs(x[:, 1:], mean(x, rho), std).sum(1)
    return rest + (logs(x[:, 0]) if first else 0)


Q1 = [
    ("the density", "first", "That is the density", (lambda x, rho: chain(x, rho).exp(),)),
    (
        "the first factor left out",
        "first",
        "has a factor of its own",
        (lambda x, rho: chain(x, rho, first=False),),
    ),
    (
        "no constant",
        "first",
        "Look at the constant",
        (lambda x, rho: chain(x, rho) + x.shape[1] * math.log(2 * math.pi) / 2,),
    ),
    ("the marginals", "joint", "multiplied the marginals", (lambda x, rho: logs(x).sum(1),)),
    (
        "the variance for the deviation",
        "joint",
        "as a standard deviation",
        (lambda x, rho: chain(x, rho, 1 - rho**2),),
    ),
    (
        "the deviation for the variance",
        "joint",
        "The root is not needed",
        (lambda x, rho: chain(x, rho, (1 - rho**2) ** 0.25),),
    ),
    ("unit noise", "joint", "reduces the uncertainty", (lambda x, rho: chain(x, rho, 1.0),)),
    (
        "the mean of the wrong value",
        "joint",
        "on which value",
        (lambda x, rho: chain(x, rho, mean=lambda x, rho: rho * x[:, 1:]),),
    ),
    ("not added up", "shape", "one value for each", (lambda x, rho: logs(x),)),
]


def backwards(x, rho):
    return chain(x.flip(1), rho)  # the law is the same in both directions of time


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


def noise(n, d, generator):
    return torch.randn(n, d, generator=generator, dtype=torch.float64)


def walk(z, rho, scale=None):
    scale = math.sqrt(1 - rho**2) if scale is None else scale
    x = [z[:, 0]]
    for i in range(1, z.shape[1]):
        x.append(rho * x[-1] + scale * z[:, i])
    return torch.stack(x, dim=1)


def on_the_noise(n, d, rho, generator):
    z = noise(n, d, generator)
    z[:, 1:] = rho * z[:, :-1] + math.sqrt(1 - rho**2) * z[:, 1:].clone()
    return z


def the_same_noise(n, d, rho, generator):
    z = noise(n, 2, generator)
    x = [z[:, 0]] + [rho * z[:, 0] + math.sqrt(1 - rho**2) * z[:, 1] for _ in range(d - 1)]
    return torch.stack(x, dim=1)


def uniform_noise(n, d, rho, generator):
    z = torch.rand(n, d, generator=generator, dtype=torch.float64)
    return walk((z - 0.5) * math.sqrt(12), rho)


Q2 = [
    (
        "the global generator",
        "generator",
        "uses the global generator",
        (lambda n, d, rho, generator: walk(torch.randn(n, d), rho),),
    ),
    (
        "a seed of its own",
        "generator",
        "do not set a seed",
        (lambda n, d, rho, generator: walk(noise(n, d, torch.Generator().manual_seed(0)), rho),),
    ),
    (
        "unit noise",
        "variance",
        "grows at every step",
        (lambda n, d, rho, generator: walk(noise(n, d, generator), rho, 1.0),),
    ),
    (
        "the variance for the deviation",
        "variance",
        "falls at the second step",
        (lambda n, d, rho, generator: walk(noise(n, d, generator), rho, 1 - rho**2),),
    ),
    (
        "independent",
        "correlation",
        "came out independent",
        (lambda n, d, rho, generator: noise(n, d, generator),),
    ),
    ("conditioned on the noise", "correlation", "only on its noise", (on_the_noise,)),
    ("the same noise twice", "correlation", "Which noise is new", (the_same_noise,)),
    ("uniform noise", "law", "is not Gaussian", (uniform_noise,)),
    (
        "transposed",
        "shape",
        "axis by axis",
        (lambda n, d, rho, generator: walk(noise(n, d, generator), rho).T,),
    ),
]


def with_cholesky(n, d, rho, generator):
    return noise(n, d, generator) @ torch.linalg.cholesky(torch.tensor(covariance(d, rho))).T


def in_a_loop_float32(n, d, rho, generator):
    x = torch.zeros(n, d)
    x[:, 0] = torch.randn(n, generator=generator)
    for i in range(1, d):
        x[:, i] = torch.normal(rho * x[:, i - 1], (1 - rho**2) ** 0.5, generator=generator)
    return x


def numpy_with_a_seed_from_the_generator(n, d, rho, generator):
    seed = int(torch.randint(2**31, (1,), generator=generator))
    return np.random.default_rng(seed).multivariate_normal(np.zeros(d), covariance(d, rho), n)


def squares(x, data):
    return ((x[:, None] - data) ** 2).sum(2)


def bumps(x, data, h):
    return torch.exp(-squares(x, data) / (2 * h**2))


Q3 = [
    (
        "added up, not averaged",
        "mass",
        "number of data",
        (lambda x, data, h: bumps(x, data, h).sum(1) / (2 * math.pi * h**2),),
    ),
    (
        "1/h",
        "mass",
        "comes out as h",
        (lambda x, data, h: bumps(x, data, h).mean(1) / (2 * math.pi * h),),
    ),
    (
        "no factor",
        "mass",
        "A narrower kernel",
        (lambda x, data, h: bumps(x, data, h).mean(1) / (2 * math.pi),),
    ),
    (
        "the constant of the line",
        "mass",
        "two such factors",
        (lambda x, data, h: bumps(x, data, h).mean(1) / (math.sqrt(2 * math.pi) * h**2),),
    ),
    (
        "no h in the exponential",
        "mass",
        "one kernel by hand",
        (lambda x, data, h: bumps(x, data, 1.0).mean(1) / (2 * math.pi * h**2),),
    ),
    (
        "h for its square",
        "bump",
        "which power of h",
        (lambda x, data, h: bumps(x, data, h**0.5).mean(1) / (2 * math.pi * h),),
    ),
    (
        "a plus for the minus",
        "bump",
        "for which x",
        (lambda x, data, h: bumps(x, -data, h).mean(1) / (2 * math.pi * h**2),),
    ),
    (
        "a bump at the mean",
        "data",
        "Average kernels",
        (lambda x, data, h: bumps(x, data.mean(0), h).mean(1) / (2 * math.pi * h**2),),
    ),
    (
        "a value for each datum",
        "shape",
        "one value for each point",
        (lambda x, data, h: bumps(x, data, h).mean(0) / (2 * math.pi * h**2),),
    ),
]


def kde_in_a_loop(x, data, h):
    total = torch.zeros(len(x), dtype=x.dtype)
    for datum in data:
        total += torch.exp(-((x - datum) ** 2).sum(1) / 2 / h / h) / (2 * math.pi * h * h)
    return total / len(data)


def kde_with_scipy(x, data, h):
    laws = [stats.multivariate_normal(datum, h**2 * np.eye(2)) for datum in data.numpy()]
    return np.mean([law.pdf(x.numpy()) for law in laws], axis=0)


def gaussian_quantile(log_p, train, valid, rate):
    return stats.norm(log_p(valid).mean(), log_p(valid).std()).ppf(rate)


Q4 = [
    (
        "on the training points",
        "rate",
        "has it not seen",
        (lambda log_p, train, valid, rate: log_p(train).quantile(rate),),
    ),
    (
        "the density",
        "rate",
        "on the scale of the density",
        (lambda log_p, train, valid, rate: log_p(valid).exp().quantile(rate),),
    ),
    (
        "the upper tail",
        "rate",
        "on which side",
        (lambda log_p, train, valid, rate: log_p(valid).quantile(1 - rate),),
    ),
    (
        "the least likely point",
        "rate",
        "hardly anything",
        (lambda log_p, train, valid, rate: log_p(valid).min(),),
    ),
    (
        "as if they were Gaussian",
        "other_rate",
        "Sort them and count",
        (gaussian_quantile,),
    ),
    (
        "always 5 %",
        "other_rate",
        "comes as an argument",
        (lambda log_p, train, valid, rate: log_p(valid).quantile(0.05),),
    ),
    (
        "a threshold for each point",
        "shape",
        "One number",
        (lambda log_p, train, valid, rate: log_p(valid),),
    ),
]


WRONG = [
    Wrong(f"e01.q{number}", *answer)
    for number, answers in enumerate((Q1, Q2, Q3, Q4), start=1)
    for answer in answers
]

RIGHT = [
    Right("e01.q1", "from the last to the first", (backwards,)),
    Right("e01.q1", "a loop with math, float32", (loop,)),
    Right(
        "e01.q1",
        "the joint law, scipy",
        (
            lambda x, rho: np.atleast_1d(
                stats.multivariate_normal(cov=covariance(x.shape[1], rho)).logpdf(x.numpy())
            ),
        ),
    ),
    Right("e01.q2", "Cholesky", (with_cholesky,)),
    Right("e01.q2", "a loop, float32", (in_a_loop_float32,)),
    Right("e01.q2", "NumPy", (numpy_with_a_seed_from_the_generator,)),
    Right("e01.q3", "a loop over the data", (kde_in_a_loop,)),
    Right("e01.q3", "scipy", (kde_with_scipy,)),
    Right(
        "e01.q3",
        "torch.distributions",
        (
            lambda x, data, h: (
                Normal(data, h).log_prob(x[:, None]).sum(2).exp().sum(1) / data.shape[0]
            ),
        ),
    ),
    Right(
        "e01.q4",
        "torch.quantile",
        (lambda log_p, train, valid, rate: torch.quantile(log_p(valid), rate),),
    ),
    Right(
        "e01.q4",
        "NumPy, a Python number",
        (lambda log_p, train, valid, rate: float(np.percentile(log_p(valid).numpy(), 100 * rate)),),
    ),
]

EQUIVALENT = {
    "x[:, i] = rho * x[:, i - 1] + math.sqrt(1 - rho ** 2) * noise[:, i] -> "
    "x[:, i] = rho * x[:, i - 1] - math.sqrt(1 - rho ** 2) * noise[:, i]": "noise is symmetric",
}
