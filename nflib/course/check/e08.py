"""Checks of chapter 8: coupling and autoregressive flows.

What is right is computed in another way than the answers: indexing instead of masks, the
automatic Jacobian, paths counted through the masks, laws of PyTorch, bisection, a known density.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from nflib.course.check.call import Watch
from nflib.course.check.compare import Sign
from nflib.course.check.engine import Question
from nflib.course.check.measure import (
    allclose,
    codes_agree,
    gaussian_points,
    plane,
    relative_error,
    volumes_agree,
    with_volumes,
)
from nflib.course.targets import TwoMoons

# --- 1. An affine coupling ---------------------------------------------------------------------

q1 = Question(
    "e08.q1",
    "forward(z, mask, net)",
    "inverse(x, mask, net)",
    "log_det(z, mask, net)",
    float64=True,
)


class Network:
    """(s, t) of all coordinates from those that the mask lets through. Counts its calls."""

    def __init__(self, d: int) -> None:
        self.weights, self.calls = gaussian_points(3, d, d, seed=d) / math.sqrt(d), 0

    def __call__(self, seen: Tensor) -> tuple[Tensor, Tensor]:
        self.calls += 1
        hidden = torch.tanh(seen @ self.weights[0] + 0.3)
        return hidden @ self.weights[1], torch.sin(hidden @ self.weights[2]) + 0.5


class Calls(Watch):
    """Counts the calls of a network, which the answer is given too."""

    def __init__(self, net: Any) -> None:
        self.net = net

    def __exit__(self, *raised: object) -> None:
        self.seen = self.net.calls


def layers() -> list[tuple[Tensor, Tensor, Network]]:
    masks = ([1, 0], [0, 1, 1, 0, 1], [1, 0, 1])
    return [
        (gaussian_points(7, len(mask), seed=k), torch.tensor(mask).double(), Network(len(mask)))
        for k, mask in enumerate(masks)
    ]


def images() -> list[tuple[Tensor, Tensor, Network, Tensor]]:
    """Points that come from known z, hidden from the answer."""
    return [(coupled(z, mask, net), mask, net, z) for z, mask, net in layers()]


def coupled(z: Tensor, mask: Tensor, net: Network) -> Tensor:
    """x by indexing, without assignments, for automatic differentiation."""
    s, t = net(torch.where(mask.bool(), z, 0.0))
    return torch.where(mask.bool(), z, z * s.exp() + t)


def log_volume(z: Tensor, mask: Tensor, net: Network) -> Tensor:
    J = torch.func.vmap(torch.func.jacrev(lambda point: coupled(point, mask, net)))(z)
    return torch.linalg.slogdet(J).logabsdet


def layer(formula: Callable, sees_all: bool = False) -> Callable:
    """A coupling, there or back, that changes the coordinates of mask 0 by another formula."""

    def move(points: Tensor, mask: Tensor, net: Network) -> Tensor:
        s, t = net(points if sees_all else mask * points)
        return mask * points + (1 - mask) * formula(points, s, t)

    return move


def every_coordinate(z: Tensor, mask: Tensor, net: Network) -> Tensor:
    s, t = net(mask * z)
    return z * s.exp() + t


kept = lambda values, z, mask, net: values[:, mask.bool()]
wrong: dict[str, Any] = {"moves_all": every_coordinate}
q1.compares("unchanged", "forward", layers, coupled, wrong, name="x_A", through=kept)
wrong = {
    "sees_all": layer(lambda z, s, t: z * s.exp() + t, sees_all=True),
    "no_exp": layer(lambda z, s, t: z * s + t),
    "shift_first": layer(lambda z, s, t: (z + t) * s.exp()),
}
q1.compares("values", "forward", layers, coupled, wrong, name="x_B")
wrong = {
    "sees_all": layer(lambda x, s, t: (x - t) * (-s).exp(), sees_all=True),
    "same_order": layer(lambda x, s, t: x * (-s).exp() - t),
    "forward_again": coupled,
}
known = lambda *case: case[-1]
q1.compares("inverse", "inverse", images, known, wrong, name="f⁻¹(f(z))", hidden=1)


@q1.step("calls")
def _(require, forward, inverse, log_det):
    x, mask, *_ = images()[1]
    calls = Calls(Network(len(mask)))
    inverse(x, mask, calls.net, watch=calls)
    require(calls.seen == 1, calls=calls.seen)


wrong = {
    "one_sum": lambda z, mask, net: log_volume(z, mask, net).sum(),
    "all_scales": lambda z, mask, net: net(mask * z)[0].sum(1),
    "of_inverse": lambda z, mask, net: -log_volume(z, mask, net),
    "no_log": lambda z, mask, net: log_volume(z, mask, net).exp(),
    "mean": lambda z, mask, net: log_volume(z, mask, net) / (1 - mask).sum(),
}
q1.compares("log_det", "log_det", layers, log_volume, wrong, name="log|det J_f|")

# --- 2. The masks of MADE ----------------------------------------------------------------------

q2 = Question(
    "e08.q2", "degrees(h, d)", "first_mask(order, m)", "last_mask(order, m)", float64=True
)
SIZES = ((3, 7), (5, 12), (6, 5), (2, 1))
units = lambda h, d: torch.tensor([float(k % (d - 1) + 1) for k in range(h)]).double()
drawn = lambda d: torch.randperm(d, generator=torch.Generator().manual_seed(d))
MASKS = [(order(d).double() + 1, units(h, d)) for d, h in SIZES for order in (torch.arange, drawn)]


@q2.step("degrees")
def _(require, degrees, first_mask, last_mask):
    for d, h in SIZES:
        m = degrees(h, d, shape=(h,))
        low, high, count = m.min(), m.max(), len(m.unique())
        met = allclose(m, m.round()) and low >= 1 and high <= d - 1 and count == d - 1
        signs = {"sees_all": high > d - 1, "sees_none": low < 1}
        require(met, signs, d=d, h=h, low=low, high=high, count=count)


def seen_by_units(order: Tensor, m: Tensor) -> Tensor:
    return torch.tensor([[a <= k for a in order.tolist()] for k in m.tolist()]).double()


wrong = {
    "strict": lambda order, m: (order < m[:, None]).double(),
    "negated": lambda order, m: (order > m[:, None]).double(),
    "natural": lambda order, m: seen_by_units(torch.arange(1, len(order) + 1), m),
}
q2.compares("first", "first_mask", MASKS, seen_by_units, wrong, name="M¹")


@q2.step("leak")
def _(require, degrees, first_mask, last_mask):
    for order, m in MASKS:
        last = last_mask(order, m, shape=(len(order), len(m)))
        bad = (last @ seen_by_units(order, m) != 0) & (order >= order[:, None])
        signs = {"own": not (bad & (order != order[:, None])).any()}
        require(not bad.any(), signs, d=len(order), count=bad.sum())


@q2.step("complete")
def _(require, degrees, first_mask, last_mask):
    for order, m in MASKS:
        last = last_mask(order, m, shape=(len(order), len(m)))
        lost = (last @ seen_by_units(order, m) == 0) & (order < order[:, None])
        hint = "strict" if last.any() else "empty"
        require(not lost.any(), hint, d=len(order), count=lost.sum())
        require((last == (m < order[:, None])).all(), "weighs", d=len(order))


# --- 3. Density and samples of a MAF -----------------------------------------------------------

q3 = Question("e08.q3", "log_prob(x, net)", "sample(z, net)", float64=True)


class Conditionals:
    """(m, s): row i depends only on the coordinates before i. Counts its calls."""

    def __init__(self, d: int) -> None:
        below = torch.ones(d, d, dtype=torch.float64).tril(-1)
        self.weights, self.calls = gaussian_points(2, d, d, seed=20 + d) * below, 0

    def __call__(self, x: Tensor) -> tuple[Tensor, Tensor]:
        self.calls += 1
        m = torch.sin(x @ self.weights[0].T + 0.4)
        return m, 0.6 * torch.tanh(x @ self.weights[1].T - 0.5)


def in_sequence(z: Tensor, net: Conditionals) -> Tensor:
    x = torch.zeros_like(z)
    for i in range(z.shape[1]):
        m, s = net(x)
        x[:, i] = (m + s.exp() * z)[:, i]
    return x


given = [(1.5 * gaussian_points(8, d, seed=d), Conditionals(d)) for d in (1, 3, 6)]
base = Normal(0.0, 1.0, validate_args=False).log_prob
summed = lambda terms: lambda x, net: terms(x, *net(x)).sum(1)
right = summed(lambda x, m, s: Normal(m, s.exp()).log_prob(x))
wrong = {
    "opposite_sign": summed(lambda x, m, s: base((x - m) / s.exp()) + s),
    "no_det": summed(lambda x, m, s: base((x - m) / s.exp())),
    "no_constant": summed(lambda x, m, s: -((x - m) / s.exp()).square() / 2 - s),
    "other_way": summed(lambda x, m, s: base(m + s.exp() * x) - s),
}
q3.compares("density", "log_prob", given, right, wrong, name="log p(x)")
given = [(gaussian_points(8, d, seed=30 + d), Conditionals(d)) for d in (1, 3, 6)]
one_pass = lambda fed, formula: lambda z, net: formula(z, *net(fed(z)))
wrong = {
    "iaf": one_pass(torch.clone, lambda z, m, s: m + s.exp() * z),
    "single_pass": one_pass(torch.zeros_like, lambda z, m, s: m + s.exp() * z),
    "to_latent": one_pass(torch.clone, lambda z, m, s: (z - m) / s.exp()),
    "order": Sign(lambda found, x, *_: allclose(found[:, 0], x[:, 0])),
}
q3.compares("sample", "sample", given, in_sequence, wrong, name="x")


@q3.step("calls")
def _(require, log_prob, sample):
    d, one, other = 6, Conditionals(6), Conditionals(6)
    evaluating, sampling = Calls(one), Calls(other)
    log_prob(gaussian_points(8, d, seed=40), one, shape=(8,), watch=evaluating)
    sample(gaussian_points(8, d, seed=41), other, watch=sampling)
    told = {"d": d, "evaluating": evaluating.seen, "sampling": sampling.seen}
    require(evaluating.seen == 1, "one_by_one", **told)
    require(sampling.seen <= d, "many", **told)


# --- 4. One bin of a spline --------------------------------------------------------------------

BIN = "(x, w, h, d0, d1)"
q4 = Question("e08.q4", f"spline{BIN}", f"slope{BIN}", "inverse(y, w, h, d0, d1)", float64=True)
BINS = ((1.0, 1.0, 0.5, 2.0), (2.0, 0.7, 1.5, 0.2), (0.5, 3.0, 4.0, 9.0), (2.0, 1.0, 0.1, 0.3))
LINES = ((2.0, 3.0, 1.5, 1.5), (1.0, 2.0, 1.0, 3.0))  # d0 + d1 = 2s; in the first, a straight line
inside = lambda w: torch.linspace(0, w, 41, dtype=torch.float64)
CASES = [(inside(size[0]), *size) for size in (*BINS, *LINES)]


def quotient(x: Tensor, w: float, h: float, d0: float, d1: float) -> Tensor:
    """The spline through its Bernstein form: weights 1, (d0 + d1)/(2s), 1 of the parabolas."""
    p, q = x / w, 1 - x / w
    top = h * (p * p + d0 * w / h * p * q)
    return top / (p * p + q * q + (d0 + d1) * w / h * p * q)


def derivative(x: Tensor, *size: float) -> Tensor:
    x = x.clone().requires_grad_()
    return torch.autograd.grad(quotient(x, *size).sum(), x)[0]


wrong = {"no_height": lambda x, w, h, *d: quotient(x, w, h, *d) / h}
options: dict[str, Any] = {"through": lambda y, *_: y[[0, -1]], "tolerance": 1e-12}
options["tell"] = lambda _, y, right, x, w, h, *d: {"first": y[0], "last": y[1], "w": w, "h": h}
q4.compares("ends", "spline", CASES[:4], quotient, wrong, **options)
wrong = {
    "exchanged": lambda x, w, h, d0, d1: quotient(x, w, h, d1, d0),
    "line": lambda x, w, h, *d: h * x / w,
}
q4.compares("values", "spline", CASES, quotient, wrong, name="g(x)")
wrong = {
    "by_position": lambda x, w, *rest: w * derivative(x, w, *rest),
    "log": lambda *case: derivative(*case).log(),
    "of_inverse": lambda *case: 1 / derivative(*case),
    "mean": lambda x, w, h, *d: torch.full_like(x, h / w),
}
q4.compares("slope", "slope", CASES, derivative, wrong, name="g′(x)")
wrong = {
    "position": Sign(lambda found, x, y, w, *_: allclose(found, x / w, 1e-7)),
    "line": lambda y, w, h, *d: y * w / h,
    "other_quotient": lambda y, w, h, d0, d1: quotient(y, h, w, 1 / d0, 1 / d1),
    "other_root": Sign(lambda x, _, y, w, *d: not ((x >= -1e-9) & (x <= w + 1e-9)).all()),
}
options = {"name": "g⁻¹(g(x))", "hidden": 1, "finite": False}
back = [(quotient(*case), *case[1:], case[0]) for case in CASES[:4]]
q4.compares("inverse", "inverse", back, known, wrong, **options)


@q4.step("stable")
def _(require, spline, slope, inverse):
    near = [(w, h, d0 * (1 + shift), d1) for w, h, d0, d1 in LINES for shift in (0.0, 1e-13, 1e-11)]
    for w, h, d0, d1 in near:
        found = inverse(quotient(inside(w), w, h, d0, d1), w, h, d0, d1, finite=False)
        error = relative_error(found, inside(w)).max()
        require(error < 1e-10, w=w, h=h, d0=d0, d1=d1, error=error)


# --- 5. What a volume-preserving flow cannot do, and what a coupling flow can ------------------

q5 = Question("e08.q5", "best_kl(covariance)", "learn(x, points)", float64=True)
BAR = 0.14  # a coordinate that never changes stays Gaussian, which alone costs 0.142 or 0.147
AFFINE = torch.tensor([[0.0, 1.3], [0.8, 0.0]]).double(), torch.tensor([0.3, -0.2]).double()
ROOTS = [gaussian_points(d, d, seed=50 + d) for d in (1, 2, 5)]
COVARIANCES = [(0.3 * A @ A.T + 0.2 * torch.eye(len(A)).double(),) for A in ROOTS]
law = lambda S: MultivariateNormal(torch.zeros(len(S)).double(), S)
unit = lambda S: S / torch.linalg.det(S) ** (1 / len(S))
least = lambda S: kl_divergence(law(S), law(unit(S)))
wrong = {
    "unmoved": lambda S: kl_divergence(law(S), law(torch.eye(len(S)).double())),
    "other_way": lambda S: kl_divergence(law(unit(S)), law(S)),
    "averaged": lambda S: least(S) / len(S),
    "bits": lambda S: least(S) / math.log(2),
    "zero": lambda S: torch.zeros(()),
}
name = lambda S: f"KL, d = {len(S)},"
q5.compares("limit", "best_kl", COVARIANCES, least, wrong, name=name)


@functools.lru_cache(maxsize=1)  # one training for all steps
def learned(learn: Callable) -> tuple[Tensor, ...]:
    """Codes of new points, log q, log|det| of the code by differences, log p, and that of a Gaussian."""
    generator = torch.Generator().manual_seed(60)
    moons, (A, b) = TwoMoons(0.1).double(), AFFINE
    data, fresh = moons.sample(8000, generator).split(4000)
    x, new = (points @ A.T + b for points in (data, fresh))
    table = lambda points: learn(x, points, shape=(len(points), 3), finite=False)
    found = with_volumes(table, torch.cat([new, plane(6, 200)[0]]))
    gaussian = MultivariateNormal(x.mean(0), x.T.cov()).log_prob(new)
    return *found, moons.log_prob(fresh) - torch.linalg.det(A).abs().log(), gaussian


@q5.step("volume")
def _(require, best_kl, learn):
    codes, log_q, volume, *_ = learned(learn)
    volumes_agree(require, log_q, base(codes).sum(1), volume)


@q5.step("mass")
def _(require, best_kl, learn):
    log_q = learned(learn)[1][4000:]
    mass = log_q.nan_to_num(math.inf).clamp(max=300).exp().sum() * plane(6, 200)[1]
    require(0.97 < mass < 1.02, mass=mass)


@q5.step("fit")
def _(require, best_kl, learn):
    _, log_q, _, log_p, gaussian = learned(learn)
    kl, gauss = (log_p - log_q[:4000]).mean(), (log_p - gaussian).mean()
    signs = {"worse_than_gaussian": kl > gauss + 0.05, "gaussian": kl > gauss - 0.05}
    require(kl < BAR, signs, kl=kl, bar=BAR, gauss=gauss)


@q5.step("codes")
def _(require, best_kl, learn):
    codes, log_q, _, log_p, _ = learned(learn)
    codes_agree(require, codes[:4000], log_p - log_q[:4000])


# --- 6. The mass that is too much --------------------------------------------------------------

q6 = Question("e08.q6", "line", "log_q(x, layers)")
q6.chooses("line", "line", right=3, options=range(1, 8))


def stacks():
    """The points to which known z go, the layers, and log q, hidden from the answer."""
    for masks in ([[1, 0]], [[1, 0], [0, 1]], [[1, 0, 1], [0, 1, 0], [0, 1, 1]]):
        stack = [(torch.tensor(mask).double(), Network(len(mask))) for mask in masks]
        z = gaussian_points(6, len(masks[0]), seed=70 + len(masks))
        log_q = base(z).sum(1)
        for layer in stack:
            log_q, z = log_q - log_volume(z, *layer), coupled(z, *layer)
        yield z, stack, log_q


def listing(x, stack, shown=torch.clone, turns=reversed, sign=1):
    """The program of the question, with another change."""
    log_det = torch.zeros(len(x)).double()
    for mask, net in turns(stack):
        s, t = net(shown(mask) * x)
        x = torch.where(mask.bool(), x, (x - t) * (-s).exp())
        log_det = log_det - sign * ((1 - mask) * s).sum(1)
    return base(x).sum(1) + log_det


wrong = {
    "as_before": functools.partial(listing, shown=lambda mask: 1 - mask),
    "sees_all": functools.partial(listing, shown=torch.ones_like),
    "opposite_sign": functools.partial(listing, sign=-1),
    "in_order": functools.partial(listing, turns=list),
}
q6.compares("mended", "log_q", stacks, known, wrong, name="log q(x)", hidden=1)

# --- 7. The coordinate that never moves --------------------------------------------------------

q7 = Question("e08.q7", "proof")
q7.reads("proof", "proof", criteria=3)
