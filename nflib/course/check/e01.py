"""Checks of chapter 1: autoregressive models, kernel density estimates, thresholds for anomalies.

The law of an autoregression is compared with its joint Gaussian law, whose covariance is known;
samples are judged by their moments, densities by quadrature, thresholds by counting alarms.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal

from nflib.course.check.engine import Question
from nflib.course.check.measure import gaussian_points, ks_distance, plane


def covariance(d: int, rho: float) -> Tensor:
    """Σ with Σ_ij = ρ^|i−j|, shape (d, d)."""
    index = torch.arange(d, dtype=torch.float64)
    return rho ** (index[:, None] - index).abs()


# --- 1. The log-density of an autoregression ---------------------------------------------------

q1 = Question("e01.q1", "ar_log_prob(x, rho)", tolerance=1e-5, alike=1e-4)
LAWS = ((2, 0.8), (5, 0.8), (5, -0.5), (5, 0.0))


def joint(x: Tensor, rho: float) -> Tensor:
    return MultivariateNormal(0 * x[0], covariance(x.shape[1], rho)).log_prob(x)


def chain(x: Tensor, rho: float, std: float) -> Tensor:
    return joint(x[:, :1], rho) + Normal(rho * x[:, :-1], std).log_prob(x[:, 1:]).sum(1)


q1.compares(
    "first",
    "ar_log_prob",
    lambda: [(gaussian_points(40, 1, seed=1), 0.8)],
    joint,
    tell=lambda _, found, right, x, rho: {"x": x[0, 0], "value": found[0], "right": right[0]},
    mistakes={
        "no_log": lambda x, rho: joint(x, rho).exp(),
        "no_first": lambda x, rho: joint(x, rho) - joint(x[:, :1], rho),
    },
)
q1.compares(
    "joint",
    "ar_log_prob",
    lambda: [(gaussian_points(40, d, seed=d), rho) for d, rho in LAWS],
    joint,
    tell=lambda _, found, p, x, rho: {"d": x.shape[1], "rho": rho, "gap": (found - p).mean()},
    mistakes={
        "marginals": lambda x, rho: joint(x, 0),
        "variance_as_std": lambda x, rho: chain(x, rho, 1 - rho**2),
        "std_as_variance": lambda x, rho: chain(x, rho, (1 - rho**2) ** 0.25),
        "unit_variance": lambda x, rho: chain(x, rho, 1),
    },
)

# --- 2. Sampling from an autoregression --------------------------------------------------------

q2 = Question("e01.q2", "ar_sample(n, d, rho, generator)")


def samples(ar_sample: Callable, rho: float, seed: int, n: int = 50_000, d: int = 5) -> Tensor:
    return ar_sample(n, d, rho, torch.Generator().manual_seed(seed), shape=(n, d))


@q2.step("generator")
def _(require, ar_sample):
    seeds = (7, 7, 8)
    first, again, other = (samples(ar_sample, 0.8, seed, 20, 3) for seed in seeds)
    require((first == again).all(), "global_generator", "message_unlike", seeds=seeds)
    require((first != other).any(), "own_seed", "message_alike", seeds=seeds)


@q2.step("variance")
def _(require, ar_sample):
    for rho in (0.8, -0.5):
        variances = samples(ar_sample, rho, seed=2).var(0)
        i = (variances - 1).abs().argmax()
        hint = "grows" if variances[1:].min() > 1 else "falls"
        require(abs(variances[i] - 1) < 0.04, hint, rho=rho, i=i + 1, value=variances[i])


@q2.step("correlation")
def _(require, ar_sample):
    for rho in (0.8, -0.5):
        found, right = torch.corrcoef(samples(ar_sample, rho, seed=3).T), covariance(5, rho)
        worst = divmod(int((found - right).abs().argmax()), 5)
        told = {"i": worst[0] + 1, "j": worst[1] + 1, "value": found[worst], "right": right[worst]}
        others = found.triu(1).abs()
        hints = {"independent": others.max() < 0.03, "one_back": others[0, 2] < 0.03}
        require(abs(found - right)[worst] < 0.03, hints, rho=rho, **told)


@q2.step("law")
def _(require, ar_sample):
    x = samples(ar_sample, 0.8, seed=4)
    for i in (0, 4):
        distance = ks_distance(x[:, i], torch.special.ndtr)
        require(distance < 0.015, i=i + 1, distance=distance)  # by chance, once in 10^9 times


@q2.step("rows")
def _(require, ar_sample):
    x = samples(ar_sample, 0.8, seed=5)
    value = torch.corrcoef(torch.stack([x[:-1, -1], x[1:, 0]]))[0, 1]
    require(abs(value) < 0.03, value=value)


# --- 3. A kernel density estimate --------------------------------------------------------------

q3 = Question("e01.q3", "kde(x, data, h)")


@q3.step("mass")
def _(require, kde):
    h, data, (x, cell) = 0.3, gaussian_points(40, 2, seed=5).clamp(-2, 2), plane(5, 100)
    total = kde(x, data, h, shape=(len(x),)).sum() * cell
    masses = {"summed": 40, "one_side": h, "no_factor": h**2, "of_line": math.sqrt(2 * math.pi)}
    hints = {name: abs(total / mass - 1) < 1e-3 for name, mass in masses.items()}
    require(abs(total - 1) < 1e-3, hints, h=h, n=len(data), total=total)


@q3.step("bump")
def _(require, kde):
    datum, (x, cell) = torch.tensor([[1.5, -0.5]], dtype=torch.float64), plane(6, 100)
    for h in (0.3, 0.6):
        weights = kde(x, datum, h, shape=(len(x),)) * cell
        centre = weights @ x
        spread = (weights @ (x - centre).square()).mean().clamp_min(0).sqrt()
        require((centre - datum).abs().max() < 1e-3, "off_datum", "message_centre", centre=centre)
        require(abs(spread / h - 1) < 1e-3, "power_of_h", "message_spread", h=h, spread=spread)
        height, right = kde(datum, datum, h, shape=(1,))[0], 1 / (2 * math.pi * h**2)
        told = {"h": h, "height": height, "right": right}
        require(abs(height / right - 1) < 1e-3, "not_gaussian", "message_height", **told)


@q3.step("data")
def _(require, kde):
    data, x = gaussian_points(7, 2, seed=6), gaussian_points(40, 2, seed=7)
    alone = torch.stack([kde(x, datum[None], 0.4, shape=(40,)) for datum in data])
    require((kde(x, data, 0.4, shape=(40,)) - alone.mean(0)).abs().max() < 1e-5, n=len(data))


# --- 4. A threshold for anomalies --------------------------------------------------------------

q4 = Question("e01.q4", "alarm_threshold(log_density, training, validation, rate)")


def ring(n: int, seed: int) -> Tensor:
    """n points around a circle of radius 2, shape (n, 2)."""
    angle, noise = gaussian_points(n, 1, seed=seed) * 10, gaussian_points(n, 2, seed=seed + 100)
    return 2 * torch.cat([angle.cos(), angle.sin()], dim=1) + 0.2 * noise


def alarms(threshold: Callable, rate: float, h: float = 0.08) -> tuple[Tensor, list[float]]:
    """Threshold found for an overfitted law, alarms on training, exp(validation), fresh points."""
    training, validation, fresh = ring(300, 8), ring(2000, 9), ring(10_000, 10)
    kernels = lambda x: -torch.cdist(x, training).square() / (2 * h**2)
    log_density = lambda x: kernels(x).logsumexp(1) - math.log(2 * math.pi * h**2 * 300)
    found = threshold(log_density, training, validation, rate, shape=())
    scores = log_density(training), log_density(validation).exp(), log_density(fresh)
    return found, [(values < found).double().mean().item() for values in scores]


@q4.step("rate")
def _(require, alarm_threshold):
    _, (*others, rate) = alarms(alarm_threshold, 0.05)
    near = [abs(other - 0.05) < 0.01 for other in others]
    hints = {"on_training": near[0], "no_log": near[1], "tail": rate > 0.9, "too_low": rate < 0.03}
    require(0.03 <= rate <= 0.08, hints, asked=0.05, rate=rate)


@q4.step("other_rate")
def _(require, alarm_threshold):
    found, (*_, rate) = alarms(alarm_threshold, 0.3)
    hints = {"fixed_rate": found == alarms(alarm_threshold, 0.05)[0]}
    require(0.26 <= rate <= 0.34, hints, asked=0.3, rate=rate)


# --- 5. Predict, then measure: the likelihood of a narrow kernel estimate ----------------------

q5 = Question("e01.q5", "predicted", "explanation")
q5.predicts(
    "predicted",
    "predicted",
    close=lambda value: -10 < value < -6,
    up=lambda value: value > -2.4,
    far=lambda value: value <= -10,
)
q5.chooses("explanation", "explanation", right="C", options="ABCD")

# --- 6. Choose and say why: one Gaussian for two peaks -----------------------------------------

q6 = Question("e01.q6", "option", "spread", "reason")
q6.chooses("choice", "option", right="B", options="ABCD")
q6.computes(
    "spread",
    "spread",
    lambda *_: math.sqrt(9.25),
    mistakes={
        "variance": lambda *_: 9.25,
        "of_centres": lambda *_: 3,
        "of_peak": lambda *_: 0.5,
        "added": lambda *_: 3.5,
    },
)
q6.chooses("reason", "reason", right="D", options="ABCD")
