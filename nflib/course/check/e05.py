"""Checks of chapter 5: composition, likelihood, the two divergences, codes.

Densities are compared with automatic Jacobians and with torch.distributions; the density of a
trained flow, with differences of its own codes.
"""

from __future__ import annotations

import functools
import math
from collections import namedtuple
from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.distributions import Categorical, Laplace, MixtureSameFamily, MultivariateNormal, Normal
from torch.linalg import cholesky, eigvalsh

from nflib.course.check import measure
from nflib.course.check.compare import Sign
from nflib.course.check.engine import Question
from nflib.course.check.measure import gaussian_points
from nflib.course.check.variants import variant
from nflib.course.targets import TwoMoons

NEAR = {"tolerance": 1e-5, "alike": 1e-4}  # of answers in float32
standard = lambda z: Normal(0.0, 1.0).log_prob(z).sum(-1)
laplace = lambda z: Laplace(0.0, 1.0).log_prob(z).sum(-1)

# --- 1. Compose --------------------------------------------------------------------------------

density = "log_prob(x, layers, base_log_prob)"
q1 = Question("e05.q1", "to_data(z, layers)", "to_latent(x, layers)", density)
Layer = namedtuple("Layer", "forward inverse")  # what the statement promises of a layer


def affine(rows: list, shift: list) -> Layer:
    A, b = torch.tensor(rows).double(), torch.tensor(shift).double()
    W, volume = A.inverse(), A.det().abs().log()
    return Layer(
        lambda z: (z @ A.mT + b, volume.expand(len(z))),
        lambda x: ((x - b) @ W.mT, -volume.expand(len(x))),
    )


stretch = lambda z: z[:, 0].tanh() / 2
plane = lambda z, second: torch.stack([z[:, 0], second], 1)
BEND = Layer(  # the stretch and the bend of the chapter
    lambda z: (plane(z, z[:, 1] * stretch(z).exp() + z[:, 0].square() / 2), stretch(z)),
    lambda x: (plane(x, (x[:, 1] - x[:, 0].square() / 2) / stretch(x).exp()), -stretch(x)),
)
SINH = Layer(
    lambda z: (z.sinh(), z.cosh().log().sum(-1)),
    lambda x: (x.asinh(), -x.square().add(1).log().sum(-1) / 2),
)
MIX = affine([[0.5, 0.2, 0], [0, 0.5, 0.3], [0.4, 0, -0.7]], [0, 0.1, 0.2])
SHEAR, SWAP = affine([[1.2, 0.3], [0, 0.6]], [0.5, 0]), affine([[0, 1], [2, 1]], [0, -1])
CHAINS = {2: [SHEAR, BEND, SWAP], 3: [MIX, SINH]}
along = lambda z, layers: functools.reduce(lambda z, layer: layer.forward(z)[0], layers, z)
against = lambda x, layers: functools.reduce(lambda x, layer: layer.inverse(x)[0], layers, x)


def chains(seed: int) -> Iterator[tuple[Tensor, Tensor, list[Layer]]]:
    """z, x and the layers, in two and in three dimensions."""
    for d, layers in CHAINS.items():
        z = gaussian_points(30, d, seed=seed + d)
        yield z, along(z, layers), layers


def of_codes(formula: Callable) -> Callable:
    """An answer from the base's log-density, x, z and the log-volume at z."""
    found = lambda base, x, z, layers: formula(base, x, z, volume(z, layers))
    return lambda x, layers, base: found(base, x, against(x, layers[::-1]), layers)


volume = lambda z, layers: measure.log_volume(lambda z: along(z, layers), z)
backwards = lambda move: lambda z, layers: move(z, layers[::-1])
starts = lambda: [(z, layers) for z, _, layers in chains(0)]
FORWARD = {"last_first": backwards(along), "inverses": (against, backwards(against))}
q1.compares("forward", "to_data", starts, along, FORWARD, **NEAR)
ends = lambda: [(x, layers, z) for z, x, layers in chains(10)]
INVERSE = {"same_order": against, "applied_again": (along, backwards(along))}
q1.compares("inverse", "to_latent", ends, lambda x, layers, z: z, INVERSE, hidden=1, **NEAR)
known = lambda x, layers, base, z: base(z) - volume(z, layers)
DENSITY = {
    "no_volumes": of_codes(lambda base, x, z, volume: base(z)),
    "opposite_sign": of_codes(lambda base, x, z, volume: base(z) + volume),
    "base_at_x": of_codes(lambda base, x, z, volume: base(x) - volume),
    "added": of_codes(lambda base, x, z, volume: (base(z) - volume).sum()),
    "same_order": lambda x, layers, base: known(x, layers[::-1], base, against(x, layers)),
}
gaussian = lambda: [(x, layers, standard, z) for z, x, layers in chains(20)]
q1.compares("density", "log_prob", gaussian, known, DENSITY, hidden=1, **NEAR)
other = lambda: [(x, layers, laplace, z) for z, x, layers in chains(29)]
q1.compares("base", "log_prob", other, known, hidden=1, **NEAR)

# --- 2. The brackets ---------------------------------------------------------------------------

q2 = Question("e05.q2", "log_likelihood(x, A, b)")


def matrices() -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """x, A of negative determinant, and b."""
    for d in (2, 3):
        A = gaussian_points(d, d, seed=4 + d)
        A = A if A.det() < 0 else -A[:, [1, 0, *range(2, d)]] * (-1) ** d
        yield gaussian_points(200, d, seed=3), A, torch.arange(d).double() + 1


def summed(formula: Callable, codes: Callable = lambda x, W, b: (x - b) @ W.mT) -> Callable:
    """An answer from the base's log-density at each code and the log-volume."""
    return lambda x, A, b: formula(standard(codes(x, A.inverse(), b)), A.det().abs().log())


likelihood = lambda x, A, b: MultivariateNormal(b, A @ A.mT).log_prob(x).sum()
one = torch.ones(1, 1).double()
doubled = lambda: [(gaussian_points(1000, 1, seed=2), 2 * one, 0 * one[0])]
THOUSAND = {
    "once": summed(lambda base, volume: base.sum() - volume),
    "averaged": summed(lambda base, volume: (base - volume).mean()),
    "no_determinant": summed(lambda base, volume: base.sum()),
    "of_f": summed(lambda base, volume: (base + volume).sum()),
}
q2.compares("thousand", "log_likelihood", doubled, likelihood, THOUSAND, finite=False, **NEAR)
total = lambda base, volume: (base - volume).sum()
MATRIX = {
    "no_absolute_value": Sign(lambda found, *_: found.isnan()),
    "other_side": summed(total, codes=lambda x, W, b: (x - b) @ W),
    "late_shift": summed(total, codes=lambda x, W, b: x @ W.mT - b),
}
q2.compares("matrix", "log_likelihood", matrices, likelihood, MATRIX, finite=False, **NEAR)

# --- 3. The affine flow in closed form ---------------------------------------------------------

q3 = Question("e05.q3", "best_b(x)", "best_A(x)", "least_loss(x)")


def samples() -> Iterator[tuple[Tensor]]:
    """Few data, so that N and N − 1 differ."""
    for n, d in ((7, 2), (12, 3)):
        x = gaussian_points(n, d, seed=40 + d) @ gaussian_points(d, d, seed=50 + d)
        yield (x + torch.arange(d) + 1,)


cov = lambda x, correction=0: x.mT.cov(correction=correction)
root = lambda x: cholesky(cov(x))
least = lambda x: -MultivariateNormal(x.mean(0), cov(x)).log_prob(x).mean()
SHIFT = {"one_mean": lambda x: x.mean().expand(x.shape[1])}
q3.compares("shift", "best_b", samples, lambda x: x.mean(0), SHIFT, **NEAR)
ROOT = {
    "unbiased": lambda x: cholesky(cov(x, 1)),
    "covariance": cov,
    "transposed": (lambda x: root(x).mT, lambda x: eigvalsh(cov(x)).sqrt().diag()),
    "to_base": lambda x: cholesky(cov(x).inverse()),
}
squared = {"name": "best_A(x) @ best_A(x).T", "through": lambda A, x: A @ A.mT}
q3.compares("matrix", "best_A", samples, root, ROOT, **squared, **NEAR)
LOSS = {
    "of_all": lambda x: len(x) * least(x),
    "no_quadratic": lambda x: least(x) - x.shape[1] / 2,
    "whole_determinant": lambda x: least(x) + cov(x).logdet() / 2,
}
q3.compares("loss", "least_loss", samples, least, LOSS, **NEAR)

# --- 4. Two divergences ------------------------------------------------------------------------

losses = "forward_loss(x, m, s)", "reverse_loss(z, m, s, log_p)"
q4 = Question("e05.q4", *losses, "cover(mu, sigma, weight)", "seek(weight)")
FITS = ((2.5, 0.5), (-1.0, 3.0))


def moments(mu: float, sigma: float, weight: float) -> Tensor:
    means, weights = torch.tensor([[mu, -mu], [weight, 1 - weight]]).double()
    law = MixtureSameFamily(Categorical(weights), Normal(means, sigma))
    return torch.stack([law.mean, law.stddev])


two_peaks = lambda x: torch.logaddexp(Normal(2.5, 0.5).log_prob(x), Normal(-2.5, 0.5).log_prob(x))
reverse = lambda z, m, s, p: (Normal(m, s).log_prob(m + s * z) - p(m + s * z)).mean()
forward = lambda x, m, s: -Normal(m, s).log_prob(x).mean()
of_p = lambda: [(2 * gaussian_points(50, seed=60) + 1, m, s) for m, s in FITS]
LIKELIHOOD = {
    "likelihood": lambda x, m, s: -forward(x, m, s),
    "no_log": lambda x, m, s: forward(x, m, s) - math.log(s),
}
q4.compares("forward", "forward_loss", of_p, forward, LIKELIHOOD, **NEAR)
of_q = lambda: [(gaussian_points(50, seed=61), m, s, two_peaks) for m, s in FITS]
REVERSE = {
    "inverted": lambda z, m, s, log_p: -reverse(z, m, s, log_p),
    "no_determinant": lambda z, m, s, log_p: reverse(z, m, s, log_p) + math.log(s),
    "no_entropy": lambda z, m, s, log_p: -log_p(m + s * z).mean(),
}
q4.compares("reverse", "reverse_loss", of_q, reverse, REVERSE, **NEAR)
mixtures = lambda: [(2.5, 0.5, 0.5), (2.0, 0.7, 0.5), (1.5, 0.4, 0.9)]
COVER = {
    "one_peak": lambda mu, sigma, weight: torch.tensor([mu, sigma]).double(),
    "one_width": lambda mu, sigma, weight: torch.tensor([mu * (2 * weight - 1), sigma]).double(),
    "weights": Sign(lambda found, right, mu, sigma, weight: weight != 0.5),
}
q4.compares("cover", "cover", mixtures, moments, COVER, **NEAR)
SEEK = {"equal_weights": lambda w: math.log(2), "other_peak": lambda w: -math.log(1 - w)}
weights = lambda: [(0.5,), (0.9,), (0.01,)]
q4.compares("seek", "seek", weights, lambda weight: -math.log(weight), SEEK, **NEAR)

# --- 5. Is the code normal? --------------------------------------------------------------------

q5 = Question("e05.q5", "latent(data, points)", float64=True)
KL, KS = 0.1, 0.05  # the largest allowed


@functools.cache
def moons() -> tuple[Tensor, Tensor, Tensor]:
    """Data, new points, and log p of these."""
    law = TwoMoons(0.2).double()
    parts = law.sample(12_000, torch.Generator().manual_seed(70)).split([10_000, 2000])
    return *parts, law.log_prob(parts[1])


@functools.lru_cache(maxsize=1)  # one training for all steps
def learned(latent: Callable) -> tuple[Tensor, Tensor, Tensor]:
    """Codes and log-density of the new points, and log|det| of the code by differences."""
    data, new, _ = moons()
    return measure.with_volumes(lambda points: latent(data, points, shape=(len(points), 3)), new)


@q5.step("norm")
def _(require: Callable, latent: Callable) -> None:
    size = learned(latent)[0].square().mean().item()
    require(0.9 < size < 1.1, size=size)


@q5.step("normal")
def _(require: Callable, latent: Callable) -> None:
    for place, column in enumerate(learned(latent)[0].unbind(1), start=1):
        distance = measure.ks_distance(column, torch.special.ndtr)
        hint = "direction" if distance > 0.2 else "otherwise"
        require(distance < KS, hint, place=place, distance=distance, limit=KS)


@q5.step("density")
def _(require: Callable, latent: Callable) -> None:
    codes, log_density, volume = learned(latent)
    measure.volumes_agree(require, log_density, standard(codes), volume)


@q5.step("likelihood")
def _(require: Callable, latent: Callable) -> None:
    kl = (moons()[2] - learned(latent)[1]).mean().item()
    require(kl < KL, kl=kl, limit=KL)


# --- 6. Choose, and say why --------------------------------------------------------------------

q6 = Question("e05.q6", "option", "reason")
q6.chooses("option", "option", right="C", options="ABCD")
q6.chooses("reason", "reason", right="B", options="ABCD")

# --- 7. With numbers of one's own --------------------------------------------------------------

q7 = Question("e05.q7", "student", "code", "log_density")


def points(student: str, *_: float) -> tuple[float, ...]:
    """z₀, z₁, z₂, the slope a·c of the affine layers, and the code if the first layer is undone first."""
    a, b, c, e, x = variant("e05.q7", student).tolist()
    z = math.asinh((x - e) / c)
    return (z - b) / a, z, (x - e) / c, a * c, (math.asinh((x - b) / a) - e) / c


of = lambda formula: lambda *given: formula(*points(*given))
base = lambda z: -(z**2 + math.log(2 * math.pi)) / 2
volumes = lambda slope, at: math.log(slope * math.cosh(at))
q7.computes("code", "code", of(lambda *z: z[0]), {"same_order": of(lambda *z: z[4])})
VOLUMES = {
    "opposite_sign": of(lambda z, y, x, slope, _: base(z) + volumes(slope, y)),
    "no_volumes": of(lambda z, *_: base(z)),
    "elsewhere": of(lambda z, y, x, slope, _: base(z) - volumes(slope, z)),
    "at_image": of(lambda z, y, x, slope, _: base(z) - volumes(slope, x)),
    "no_constant": of(lambda z, y, x, slope, _: base(z) - base(0) - volumes(slope, y)),
}
right = of(lambda z, y, x, slope, _: base(z) - volumes(slope, y))
q7.computes("density", "log_density", right, VOLUMES)
