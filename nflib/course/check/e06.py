"""Checks of chapter 6: planar layers, their constraint, inverse and gradient, the reverse divergence.

Determinants come from automatic Jacobians, roots from bisection, gradients from differences; the
density of a trained flow, from differences of its own samples.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from itertools import accumulate

import torch
from torch import Tensor
from torch.func import jacrev
from torch.nn.functional import softplus

from nflib.course.check import measure
from nflib.course.check.compare import Sign
from nflib.course.check.engine import Question
from nflib.course.check.measure import allclose, gaussian_points

tensor = lambda *numbers: torch.tensor(numbers, dtype=torch.float64)

# --- 1. One layer ------------------------------------------------------------------------------

layer_signature = "planar(z, w, u, b)", "log_abs_det(z, w, u, b)", "volume_range(w, u)"
q1 = Question("e06.q1", *layer_signature, float64=True)


def layer(n: int, d: int, c: float, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """n points z, and w and u of product c."""
    z, w, u = (gaussian_points(*shape, seed=seed) for shape in ((n, d), (d,), (2, d)))
    return z, w, u[1] + (c - w @ u[1]) * w / (w @ w)


moved = lambda z, w, u, b: z + torch.outer(torch.tanh((z * w).sum(-1) + b), u)
volume = lambda z, *layer: measure.log_volume(lambda points: moved(points, *layer), z)
by_slope = lambda det: lambda z, w, u, b: det(torch.tanh(z @ w + b), w, u).abs().log()
SIZES = ((1, 0.8), (2, -0.6), (5, 3.0), (50, 1.0), (2, -2.5))  # d and c; the last layer folds
layers = lambda: [(*layer(20, d, c, seed=d), 0.4) for d, c in SIZES]
LAYER = {
    "no_b": lambda z, w, u, b: moved(z, w, u, 0),
    "exchanged": lambda z, w, u, b: moved(z, u, w, b),
}
q1.compares("layer", "planar", layers, moved, LAYER)
DETERMINANT = {
    "no_absolute_value": Sign(lambda found, *_: found.isnan().any()),
    "no_square": by_slope(lambda t, w, u: 1 + (1 - t) * (w @ u)),
    "no_log": lambda z, w, u, b: volume(z, w, u, b).exp(),
    "added": lambda *case: volume(*case).sum(),
    "norm_of_u": by_slope(lambda t, w, u: 1 + (1 - t.square()) * (u @ u)),
}
q1.compares("determinant", "log_abs_det", layers, volume, DETERMINANT, finite=False)
ends = lambda w, u: 1 + (w @ u) * tensor(0, 1)
RANGE = {
    "both_sides": lambda w, u: 1 + (w @ u).abs() * tensor(-1, 1),
    "unsorted": (ends, lambda w, u: ends(w, u).flip(0)),
}
vectors = lambda: [(w, u) for _, w, u, _ in layers()[:4]]
of_c = lambda worst, found, right, w, u: {"c": (w @ u).item()}
right_range = lambda w, u: ends(w, u).sort().values
q1.compares("range", "volume_range", vectors, right_range, RANGE, tell=of_c)

# --- 2. The constraint -------------------------------------------------------------------------

q2 = Question("e06.q2", "m(p)", "u_hat(w, v)", float64=True)


def pairs() -> Iterator[tuple[Tensor, Tensor]]:
    """w of many lengths, and v."""
    for d in (2, 5):
        w, v = gaussian_points(2, 5000, d, seed=20 + d)
        w, v = w / length(w) * torch.logspace(-1, 1, 5000).double()[:, None], 3 * v
        w[0, :2], v[0, :2] = tensor(0.3, 0.4), tensor(-12, 4)
        w[0, 2:] = v[0, 2:] = 0
        yield w, v


m = lambda p: softplus(p + math.log(math.e - 1)) - 1
dot = lambda w, v: (w * v).sum(1, keepdim=True)
length = lambda w: w.norm(dim=1, keepdim=True)
# û; another power, or to leave out the part of v along w, is a mistake
hat = lambda w, v, power=2, part=1: v + (m(dot(w, v)) - part * dot(w, v)) * w / length(w) ** power
M = {"of_paper": lambda p: softplus(p) - 1, "folds": Sign(lambda found, *_: (found <= -1).any())}
q2.compares("m", "m", lambda: [(torch.linspace(-8, 8, 33).double().reshape(3, 11),)], m, M)
q2.compares("extreme", "m", lambda: [(tensor(-2000, -800, 800, 2000),)], m, finite=False)
HAT = {
    "length": partial(hat, power=1),
    "all_of_m": partial(hat, part=0),
    "complies": Sign(lambda found, right, w, v: allclose(dot(w, found), m(dot(w, v)), 1e-6)),
}
least = lambda worst, found, right, w, v: {"least": dot(w, found).min().item()}
q2.compares("hat", "u_hat", pairs, hat, HAT, tell=least)

# --- 3. The inverse ----------------------------------------------------------------------------

q3 = Question("e06.q3", "root(y, c, b)", "inverse(x, w, u, b)", float64=True)
SHIFT = 0.7


def solved(y: Tensor, c: Tensor | float, b: Tensor | float) -> Tensor:
    """The root by bisection, in α + b; 80 halvings reach rounding."""
    reach = torch.as_tensor(c).abs()
    low, high = y + b - reach, y + b + reach
    for _ in range(80):
        middle = (low + high) / 2
        above = middle + c * middle.tanh() > y + b
        low, high = torch.where(above, low, middle), torch.where(above, middle, high)
    return (low + high) / 2 - b


def repeated(steps: int, newton: bool = False) -> Callable:
    """An answer by the fixed point α = y − c tanh(α + b), or by Newton's method, from y."""

    def root(y: Tensor, c: float, b: float) -> Tensor:
        a = y
        for _ in range(steps):
            t = torch.tanh(a + b)
            a = a - (a + c * t - y) / (1 + c * (1 - t.square()) if newton else 1)
        return a

    return root


def either_end(newton: bool) -> tuple[Callable, Sign]:
    """An answer that jumps between two points, and the sign of one that ends at either."""
    ends = [repeated(steps, newton) for steps in (400, 401)]
    near = lambda found, *case: sum((found - end(*case)).abs() < 1e-3 for end in ends) > 0
    ended = lambda found, right, *case: near(found, *case)[wrong(found, right)].double().mean()
    return ends[0], Sign(lambda *found_and_case: ended(*found_and_case) > 0.8)


def residual(_: int, found: Tensor, right: Tensor, y: Tensor, c: float, b: float) -> dict:
    failed, worst = wrong(found, right), (found - right).abs().argmax()
    left = found[worst] + c * torch.tanh(found[worst] + b) - y[worst]
    return {"c": c, "failed": int(failed.sum()), "count": len(y), "left": left.item()}


wrong = lambda found, right: ~((found - right).abs() < 1e-8)
equations = lambda reach, *cs: [(torch.linspace(-reach, reach, 301).double(), c, SHIFT) for c in cs]
GENTLE = {
    "no_b": lambda y, c, b: solved(y, c, 0.0),
    "plus_b": lambda y, c, b: solved(y, c, b) + b,
    "one_step": repeated(1),
}
STEEP = {"fixed_point": either_end(newton=False), "newton": either_end(newton=True)}
loose = {"finite": False, "tell": residual}
q3.compares("gentle", "root", lambda: equations(12, -0.5, 0.5), solved, GENTLE, tell=residual)
q3.compares("steep", "root", lambda: equations(12, 6.655, 20.0), solved, STEEP, **loose)
q3.compares("flat", "root", lambda: equations(3, -0.99), solved, **loose)


def images() -> Iterator[tuple]:
    """The images x of a layer, and what they are the images of."""
    for d, c in ((1, 0.5), (2, -0.99), (2, 6.655), (5, 20.0), (50, -0.5)):
        z, w, u = layer(40, d, c, seed=50 + d)
        yield moved(z, w, u, SHIFT), w, u, SHIFT, z


pulled = lambda at: lambda x, w, u, b: x - torch.outer(torch.tanh(at(x @ w, w @ u, b)), u)
INVERSE = {"push_at_x": pulled(lambda y, c, b: y + b), "no_b": pulled(solved)}
sizes = lambda worst, found, right, x, w, u, b, z: {"d": len(w), "c": (w @ u).item()}
loose = {"finite": False, "tolerance": 1e-6, "hidden": 1, "tell": sizes}
q3.compares("inverse", "inverse", images, lambda *case: case[-1], INVERSE, **loose)

# --- 4. The gradient through the inverse -------------------------------------------------------

q4 = Question("e06.q4", "mean_log_prob(x, theta)", "gradient(x, theta)", float64=True)
THETAS = tensor((1.2, -0.7, 0.8, 0.5, 0.3), (0.5, 1.0, -0.9, 0.2, -0.4), (-1.5, 1.0, 0.3, 2.5, 0.0))


def likelihood(x: Tensor, theta: Tensor, root: Tensor | None = None, sign: int = 1) -> Tensor:
    """The mean of log p_X, of the sign with which the determinant comes in."""
    w, u, b = theta[:2], theta[2:4], theta[4]
    t = torch.tanh((root_of(x, theta) if root is None else root) + b)
    volume = torch.log(1 + (1 - t.square()) * (w @ u))
    return (log_normal(x - torch.outer(t, u)) - sign * volume).mean()


sides = lambda x, p, s: likelihood(x, p + s) - likelihood(x, p - s)
slopes = lambda x, p: torch.stack([sides(x, p, s) for s in torch.eye(5).double() * 1e-5]) / 2e-5
log_normal = lambda z: -z.square().sum(1) / 2 - math.log(2 * math.pi)
root_of = lambda x, theta: solved(x @ theta[:2], theta[:2] @ theta[2:4], theta[4])
cases = lambda seed: [(2 * gaussian_points(60, 2, seed=seed + n), p) for n, p in enumerate(THETAS)]
VALUE = {"no_determinant": partial(likelihood, sign=0), "of_f": partial(likelihood, sign=-1)}
q4.compares("value", "mean_log_prob", lambda: cases(70), likelihood, VALUE)
GRADIENT = {
    "root_held": lambda x, p: jacrev(lambda free: likelihood(x, free, root_of(x, p)))(p),
    "of_loss": lambda x, p: -slopes(x, p),
    "b_held": lambda x, p: slopes(x, p) * tensor(1, 1, 1, 1, 0),
}
q4.compares("gradient", "gradient", lambda: cases(80), slopes, GRADIENT, tolerance=1e-5)

# --- 5. The reverse divergence -----------------------------------------------------------------

q5 = Question("e06.q5", "learned(energy, z)", float64=True)
Z, LOG_Z, LARGEST_KL, LEAST = gaussian_points(10_000, 2, seed=90), 1.8775, 0.1, 0.35


def energy(x: Tensor) -> Tensor:
    """U1 of Rezende and Mohamed (2015), table 1: two lumps on a ring."""
    ring = ((x.norm(dim=-1) - 2) / 0.4).square() / 2
    lumps = torch.stack([((x[..., 0] + side) / 0.6).square() / -2 for side in (-2, 2)])
    return ring - lumps.logsumexp(0)


@lru_cache(maxsize=1)  # one training for all steps
def outcome(learned: Callable) -> tuple[Tensor, Tensor, Tensor]:
    """Samples, their log q, and log|det| by differences of the samples."""
    return measure.with_volumes(lambda z: learned(energy, z, shape=(len(z), 3)), Z)


@q5.step("density")
def _(require: Callable, learned: Callable) -> None:
    _, log_q, volume = outcome(learned)
    measure.volumes_agree(require, log_q, log_normal(Z), -volume)


@q5.step("modes")
def _(require: Callable, learned: Callable) -> None:
    x = outcome(learned)[0]
    share, spread = (x[:, 0] > 0).double().mean().item(), x[:, 1].std().item()
    kept = min(share, 1 - share) > LEAST and spread > 0.6
    hint = "gathered" if spread <= 0.6 else "lump_lost"
    require(kept, hint, share=100 * share, spread=spread)


@q5.step("divergence")
def _(require: Callable, learned: Callable) -> None:
    x, log_q, _ = outcome(learned)
    kl = (log_q + energy(x)).mean().item() + LOG_Z
    require(kl <= LARGEST_KL, kl=kl, limit=LARGEST_KL)


# --- 6. A wrong line ---------------------------------------------------------------------------

q6 = Question("e06.q6", "line", "mended(z, layers)", float64=True)
q6.chooses("line", "line", right=5, options=range(1, 8))
Layers = list[tuple[Tensor, Tensor, float]]


def stacks() -> Iterator[tuple[Tensor, Layers]]:
    """Points of the plane, and one layer and three."""
    for n, cs in enumerate(((1.5,), (0.8, -0.6, 2.0))):
        z = gaussian_points(20, 2, seed=60 + n)
        yield z, [(*layer(1, 2, c, seed=63 + k)[1:], 0.4 - k / 2) for k, c in enumerate(cs)]


def way(z: Tensor, layers: Layers) -> list[Tensor]:
    """z, and the point to which each layer takes it."""
    return list(accumulate(layers, lambda x, each: moved(x, *each), initial=z))


log_det = by_slope(lambda t, w, u: 1 + (1 - t.square()) * (w @ u))
log_dets = lambda points, layers: sum(map(lambda x, each: log_det(x, *each), points, layers))
MENDED = {
    "at_image": lambda z, layers: log_normal(z) - log_dets(way(z, layers)[1:], layers),
    "at_base": lambda z, layers: log_normal(z) - log_dets([z] * 3, layers),
    "opposite_sign": lambda z, layers: log_normal(z) + log_dets(way(z, layers), layers),
}
whole = lambda z, layers: measure.log_volume(lambda z: way(z, layers)[-1], z)
q6.compares("mended", "mended", stacks, lambda z, each: log_normal(z) - whole(z, each), MENDED)

# --- 7. On paper -------------------------------------------------------------------------------

q7 = Question("e06.q7", "proof")
q7.reads("proof", "proof", criteria=3)
