"""Checks of chapter 9: images.

What is right is computed in another way than the answers: the automatic derivative, counts in
loops, laws of PyTorch, sums over pairs, an entropy that no model can beat, images drawn afresh.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, lru_cache, partial
from typing import Any

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from nflib.course.check.compare import Sign
from nflib.course.check.engine import Question
from nflib.course.check.measure import (
    allclose,
    codes_agree,
    gaussian_points,
    volumes_agree,
    with_volumes,
)
from nflib.course.targets import load_digits

LN2 = math.log(2)
HALF = math.log(2 * math.pi) / 2
not_finite = Sign(lambda found, *_: not found.isfinite().all())
seeded = lambda seed: torch.Generator().manual_seed(seed)
integers = lambda levels, *shape, seed: torch.randint(levels, shape, generator=seeded(seed))
uniform = lambda *shape, seed: torch.rand(shape, generator=seeded(seed), dtype=torch.float64)
noise = lambda *shape, seed: 0.001 + 0.998 * uniform(*shape, seed=seed)

# --- 1. From grey levels to bits ---------------------------------------------------------------

q1 = Question(
    "e09.q1",
    "to_logit(v, u, levels, alpha)",
    "to_levels(ell, levels, alpha)",
    "bits_per_dim(log_q, ell, levels, alpha)",
    float64=True,
    tolerance=1e-6,
)
log_odds = lambda v, u, levels, alpha: torch.logit(alpha + (1 - 2 * alpha) * ((v + u) / levels))
fractions = lambda w, levels, alpha: levels * (w.sigmoid() - alpha) / (1 - 2 * alpha)


def images(levels: int, alpha: float, d: int) -> tuple[Tensor, Tensor, int, float]:
    """Levels, the lowest and the highest among them, and noise."""
    v = torch.cat([integers(levels, 9, d, seed=d), torch.tensor([[0] * d, [levels - 1] * d])])
    return v.double(), noise(*v.shape, seed=d + 1), levels, alpha


def log_slope(w: Tensor, levels: int, alpha: float) -> Tensor:
    """log|det dy/dℓ| of the values y of the cube."""
    w = w.clone().requires_grad_()
    return torch.autograd.grad(fractions(w, 1, alpha).sum(), w)[0].log().sum(1)


def bits(log_q: Tensor, w: Tensor, levels: int, alpha: float, sign: int = 1) -> Tensor:
    log_p = log_q - sign * log_slope(w, levels, alpha)
    return math.log2(levels) - log_p / (w.shape[1] * LN2)


IMAGES = [images(17, 0.05, 6), images(256, 0.01, 3)]


def back():
    """The images, and after each two points outside the cube."""
    for v, u, *of in IMAGES:
        yield log_odds(v, u, *of), *of, v
        yield 60 * v[-2:] / v.max() - 30, *of, v[-2:]


def measured():
    for v, u, *of in IMAGES:
        w = log_odds(v, u, *of)
        yield log_slope(w, *of), w, *of, "U(0, 1)"
        yield Normal(0.3, 1.5).log_prob(w).sum(1), w, *of, "N"


wrong: dict[str, Any] = {
    "no_alpha": lambda v, u, levels, alpha: log_odds(v, u, levels, 0.0),
    "no_noise": lambda v, u, levels, alpha: log_odds(v, 0 * u, levels, alpha),
    "no_logit": lambda v, u, levels, alpha: log_odds(v, u, levels, alpha).sigmoid(),
}
q1.compares("logit", "to_logit", IMAGES, log_odds, wrong, name="ℓ", finite=False)
wrong = {
    "outside": Sign(lambda found, v, w, *_: w.abs().min() > 20),
    "rounded": lambda w, levels, alpha: fractions(w, levels, alpha).round().clamp(max=levels - 1),
    "alpha_kept": lambda w, levels, alpha: (levels * w.sigmoid()).floor(),
    "not_whole": fractions,
}
ends = lambda _, v, right, w, Q, *rest: {"low": v.min(), "high": v.max(), "levels": Q}
known = lambda *case: case[-1]
q1.compares("levels", "to_levels", back, known, wrong, name="v", hidden=1, tell=ends)
wrong = {
    "nats": lambda *case: bits(*case) * LN2,
    "no_cell": lambda log_q, w, levels, alpha: bits(log_q, w, levels, alpha) - math.log2(levels),
    "no_det": partial(bits, sign=0),
    "opposite_sign": partial(bits, sign=-1),
    "no_alpha": lambda *case: bits(*case) + math.log2(1 - 2 * case[-1]),
    "total": lambda log_q, w, *of: bits(log_q, w, *of) * w.shape[1],
}
options: dict[str, Any] = {"hidden": 1, "tolerance": 1e-9}
options["name"] = lambda log_q, w, levels, alpha, law: f"Q = {levels}, {law}:"
q1.compares("bits", "bits_per_dim", measured, lambda *case: bits(*case[:-1]), wrong, **options)

# --- 2. A baseline -----------------------------------------------------------------------------

SIGNATURES = "histogram_bits(train, test, levels)", "unseen_bits(n, levels)"
q2 = Question("e09.q2", *SIGNATURES, tolerance=1e-6, finite=False)
split = cache(lambda: load_digits().split(1257, 180, 360))
digits = lambda: [(split()[0].images, split()[2].images, 17)]


def histogram(train: Tensor, test: Tensor, levels: int, add: float = 0.5) -> Tensor:
    """Bits of every pixel of every image, one count after the other."""
    bits = torch.empty(test.shape, dtype=torch.float64)
    for i in range(test.shape[1]):
        count = torch.bincount(train[:, i], minlength=levels).double() + add
        bits[:, i] = -(count[test[:, i]] / (len(train) + add * levels)).log2()
    return bits


average = lambda *case: histogram(*case).mean()
wrong = {
    "unseen": not_finite,
    "nats": lambda *case: average(*case) * LN2,
    "pooled": lambda train, test, Q: average(train.reshape(-1, 1), test.reshape(-1, 1), Q),
    "on_train": lambda train, test, levels: average(train, train, levels),
    "total": lambda *case: histogram(*case).sum(1).mean(),
    "added_one": lambda *case: average(*case, 1.0),
}
q2.compares("digits", "histogram_bits", digits, average, wrong, name="bits(train, test)")
drawn = lambda Q, d: (integers(Q - 1, 50, d, seed=d), integers(Q, 20, d, seed=9), Q)
title = lambda train, test, Q: f"bits(train, test), Q = {Q}, d = {test.shape[1]},"
q2.compares("others", "histogram_bits", [drawn(5, 3), drawn(256, 4)], average, name=title)
cost = lambda n, levels: -math.log2(0.5 / (n + levels / 2))
wrong = {
    "by_n": lambda n, levels: math.log2(2 * n),
    "no_data": lambda n, levels: math.log2(levels),
    "nats": lambda n, levels: cost(n, levels) * LN2,
    "negative": lambda n, levels: -cost(n, levels),
}
cell = lambda n, levels: f"bits(n = {n}, Q = {levels})"
q2.compares("unseen", "unseen_bits", [(1257, 17), (10, 256)], cost, wrong, name=cell)

# --- 3. A flow that does not lie ---------------------------------------------------------------

q3 = Question("e09.q3", "learn(v, y)", float64=True)
BAR = 3.45  # independent pixels, each with its true law, cost 3.469 bits
side = (torch.arange(170).double() + 0.5) / 170


@lru_cache(maxsize=1)  # one training for all steps
def learned(learn: Callable) -> tuple[Tensor, ...]:
    """Codes, log q, log|det| of the code by differences, and the log of the probability of each datum."""
    v = load_digits().images[:, [28, 36]]
    _, place, counts = v.unique(dim=0, return_inverse=True, return_counts=True)
    fresh, centres = (v + noise(len(v), 2, seed=70)) / 17, (v.double() + 0.5) / 17
    table = lambda y: learn(v, y, shape=(len(y), 3), finite=False)
    found = with_volumes(table, torch.cat([fresh, centres, torch.cartesian_prod(side, side)]))
    return *found, (counts[place] / len(v)).double().log()


@q3.step("volume")
def _(require, learn):
    codes, log_q, volume, _ = learned(learn)
    volumes_agree(require, log_q, (-codes.square() / 2 - HALF).sum(1), volume)


@q3.step("learned")
def _(require, learn):
    _, log_q, _, log_p = learned(learn)
    entropy = -log_p.mean().item() / (2 * LN2)
    fresh, centres, grid = log_q.nan_to_num(math.inf).split([len(log_p), len(log_p), 170**2])
    mass = grid.clamp(max=300).exp().mean()
    score, middle = (math.log2(17) - part.mean().item() / (2 * LN2) for part in (fresh, centres))
    needles = middle < entropy - 0.15
    require(0.85 < mass < 1.05 or (needles and mass < 2), "mass", "message_mass", mass=mass)
    require(not needles, "needles", middle=middle, entropy=entropy)
    signs = {"untrained": score > 4, "gaussian": score > 3.6}
    require(score < BAR, signs, score=score, bar=BAR, entropy=entropy)


@q3.step("codes")
def _(require, learn):
    codes, log_q, _, log_p = learned(learn)
    n = len(log_p)
    codes_agree(require, codes[:n], log_p + 2 * math.log(17) - log_q[:n])


# --- 4. A Bayes classifier ---------------------------------------------------------------------

q4 = Question(
    "e09.q4",
    "class_log_probs(x, means, factors)",
    "log_mixture(log_p, priors)",
    "posterior(log_p, priors)",
    float64=True,
    tolerance=1e-6,
)
PRIORS = torch.tensor([0.5, 0.2, 0.3], dtype=torch.float64)
FEW = gaussian_points(6, 3, seed=80)
TABLES = [(FEW, PRIORS), (4 * FEW - 2000, PRIORS), (4 * FEW + 2000, PRIORS)]  # few and many pixels
TABLES += [
    (FEW + torch.linspace(-2000, 2000, 6).double()[:, None], PRIORS)
]  # and both in one batch


def classes(K: int, d: int) -> tuple[Tensor, Tensor, Tensor]:
    """Points, and the means and Cholesky factors of K classes."""
    factors = (0.4 * gaussian_points(K, d, d, seed=K + 1)).tril(-1)
    factors = factors + torch.diag_embed(0.3 + noise(K, d, seed=K + 2))
    return gaussian_points(8, d, seed=K + 3), gaussian_points(K, d, seed=K), factors


volume = lambda factors: factors.diagonal(dim1=1, dim2=2).log().sum(1)
densities = lambda w, m, L: MultivariateNormal(m, scale_tril=L).log_prob(w[:, None])
wrong = {
    "no_det": lambda w, m, L: densities(w, m, L) + volume(L),
    "opposite_sign": lambda w, m, L: densities(w, m, L) + 2 * volume(L),
    "no_constant": lambda w, m, L: densities(w, m, L) + w.shape[1] * HALF,
    "transposed": lambda w, m, L: MultivariateNormal(m, L.mT @ L).log_prob(w[:, None]),
    "one_det": lambda w, m, L: densities(w, m, L) + volume(L) - volume(L).mean(),
}
given = [classes(3, 2), classes(10, 5)]
q4.compares("classes", "class_log_probs", given, densities, wrong, name="log p(x | k)")
mixture = lambda log_p, priors: torch.logsumexp(log_p + priors.log(), 1)
wrong = {
    "averaged": lambda log_p, priors: log_p @ priors,
    "no_priors": lambda log_p, priors: mixture(log_p, torch.ones_like(priors)),
    "largest": lambda log_p, priors: (log_p + priors.log()).max(1).values,
    "overflow": not_finite,
}
q4.compares("mixture", "log_mixture", TABLES, mixture, wrong, name="log p(x)", finite=False)
posterior = lambda log_p, priors: (log_p + priors.log() - mixture(log_p, priors)[:, None]).exp()
wrong = {
    "even": lambda log_p, priors: posterior(log_p, torch.ones_like(priors)),
    "not_divided": lambda log_p, priors: log_p.exp() * priors,
    "log": lambda log_p, priors: posterior(log_p, priors).log(),
    "over_images": lambda log_p, priors: torch.softmax(log_p + priors.log(), 0),
    "overflow": not_finite,
}
q4.compares("posterior", "posterior", TABLES, posterior, wrong, name="P(k | x)", finite=False)

# --- 5. Likelihood is not typicality -----------------------------------------------------------

ASKED = "auroc(normal, odd)", "toy_bits(s)", "score(seen, x)"
q5 = Question("e09.q5", *ASKED, float64=True, tolerance=1e-6)
ENOUGH = 0.9


def pairs(normal: Tensor, odd: Tensor, tie: float = 0.5) -> float:
    """The fraction of pairs in which the odd one is higher, ties as half of one."""
    won = [(o > n) + tie * (o == n) for o in odd.tolist() for n in normal.tolist()]
    return sum(won) / len(won)


groups = [(integers(9, 40, seed=k).double(), integers(12, 30, seed=k + 5).double()) for k in (1, 2)]
wrong = {
    "exchanged": lambda normal, odd: pairs(odd, normal),
    "ties_zero": partial(pairs, tie=0.0),
    "ties_one": partial(pairs, tie=1.0),
    "count": lambda normal, odd: pairs(normal, odd) * len(normal) * len(odd),
}
q5.compares("auroc", "auroc", groups, pairs, wrong, name="AUROC")
law = lambda s: Normal(torch.zeros(()).double(), s)
toy = lambda s: (law(s).entropy() + kl_divergence(law(s), law(1.0))) / LN2
wrong = {
    "nats": lambda s: toy(s) * LN2,
    "entropy": lambda s: law(s).entropy() / LN2,
    "no_constant": lambda s: toy(s) - HALF / LN2,
    "no_square": lambda s: (HALF + s / 2) / LN2,
}
sizes, name = [(1.0,), (0.5,), (0.1,), (2.0,)], lambda s: f"bits(s = {s:g})"
q5.compares("toy", "toy_bits", sizes, toy, wrong, name=name)


def texture(n: int, seed: int, share: float, size: float) -> Tensor:
    """Images of 8×8 as points of R⁶⁴: white noise and its local means, in the given share."""
    white = gaussian_points(n, 1, 10, 10, seed=seed)
    soft = 3 * torch.nn.functional.avg_pool2d(white, 3, 1)
    mixed = share * white[..., 1:-1, 1:-1] + math.sqrt(1 - share**2) * soft
    return 2 + size * mixed.flatten(1)


@q5.step("detector")
def _(require, auroc, toy_bits, score):
    seen, fresh = texture(2000, 90, 0.7, 1.0), texture(400, 91, 0.7, 1.0)
    smooth, rough = texture(400, 92, 0.0, 0.5), texture(400, 93, 1.0, 1.3)
    x = torch.cat([fresh, smooth, rough])
    normal, calm, wild = score(seen, x, shape=(len(x),)).split(400)
    likely = MultivariateNormal(seen.mean(0), seen.T.cov()).log_prob
    a, b = pairs(normal, calm), pairs(normal, wild)
    told = {"a": a, "b": b, "enough": ENOUGH, "paradox": pairs(-likely(fresh), -likely(smooth))}
    require(b > ENOUGH, "inverted" if b < 1 - ENOUGH else "rough", **told)
    require(a > ENOUGH, "one_side" if a < 0.25 else "uneven", **told)
    alone = score(seen, x[380:420], shape=(40,))
    same = allclose(alone, torch.cat([normal[380:], calm[:20]]), 1e-6)
    require(same, "own_mean", some=len(alone), all=len(x))


# --- 6. Which spends less ----------------------------------------------------------------------

q6 = Question("e09.q6", "option", "reason")
q6.chooses("option", "option", right="B", options="ABCD")
q6.chooses("reason", "reason", right="A", options="ABCD")

# --- 7. Bits that depend on d ------------------------------------------------------------------

q7 = Question("e09.q7", "line", "image_bits(log_q, v, u, levels)", tolerance=1e-6)
q7.chooses("line", "line", right=4, options=range(1, 7))


def of_images(log_q: Callable, v: Tensor, u: Tensor, levels: int, sign: float = 1) -> Tensor:
    ell = log_odds(v, u, levels, 0.05)
    return bits(log_q(ell), ell, levels, 0.05, sign).mean()


wrong = {
    "as_before": lambda log_q, v, u, Q: of_images(log_q, v, u, Q, 1 / v.shape[1]),
    "no_det": partial(of_images, sign=0),
    "opposite_sign": partial(of_images, sign=-1),
    "nats": lambda *case: of_images(*case) * LN2,
    "no_cell": lambda *case: of_images(*case) - math.log2(case[-1]),
}
models = (lambda ell: log_slope(ell, 1, 0.05), lambda ell: Normal(0.3, 1.5).log_prob(ell).sum(1))
scored = [(model, *images(Q, 0.05, d)[:3]) for model in models for Q, d in ((17, 6), (256, 3))]
q7.compares("mended", "image_bits", scored, of_images, wrong, name="bits")
