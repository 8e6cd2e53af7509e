"""Checks of chapter 7: triangular Jacobians.

What is right comes from elsewhere than the answers: elimination, the affine map that fits the
points, a z chosen beforehand, cdfs, the automatic Jacobian, sums over grids.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.func import jacrev, vmap
from torch.special import log_ndtr, ndtr
from torch.utils._python_dispatch import TorchDispatchMode

from nflib.course.check.compare import Sign
from nflib.course.check.engine import Question
from nflib.course.check.measure import allclose, gaussian_points, relative_error

# --- 1. The logarithm of the determinant -------------------------------------------------------

q1 = Question("e07.q1", "log_abs_det(J)", tolerance=1e-5, finite=False)
LOWER, UPPER = gaussian_points(20, 4, 4, seed=1).split(10)
g = torch.Generator().manual_seed(5)
ENTRIES = 0.2 + 0.5 * torch.rand(2000, generator=g, dtype=torch.float64)
small = [(torch.cat([LOWER.tril(), UPPER.triu()]),)]
large = lambda: [(torch.ones(1, 2000, 2000).double().tril(-1) + ENTRIES.diag(),)]
by_elimination = lambda J: torch.linalg.slogdet(J).logabsdet
wrong: dict[str, Any] = {
    "no_abs": Sign(lambda found, *_: found.isnan().any()),
    "no_log": (torch.linalg.det, lambda J: torch.linalg.det(J).abs()),
    "one_sum": lambda J: by_elimination(J).sum(),
}
q1.compares("small", "log_abs_det", small, by_elimination, wrong, name="log|det J|, d = 4")
right = lambda J: ENTRIES.log().sum()[None]
q1.compares("large", "log_abs_det", large, right, name="log|det J|, d = 2000")


class Work(TorchDispatchMode):
    """Remembers the most numbers computed at once; views and copies do not count."""

    seen = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        given = [part.data_ptr() for part in args if isinstance(part, Tensor)]
        for part in made if isinstance(made, tuple) else (made,):
            if isinstance(part, Tensor) and str(function) != "aten.clone.default":
                self.seen = max(self.seen, part.numel() * (part.data_ptr() not in given))
        return made


@q1.step("cost")
def _(require, log_abs_det):
    J = torch.eye(300, dtype=torch.float64)[None]
    work = Work()
    log_abs_det(J, shape=(1,), watch=work)
    require(work.seen < 300**2, most=work.seen)


# --- 2. A Gaussian as a triangular flow --------------------------------------------------------

q2 = Question("e07.q2", "gaussian_flow(z, m, Sigma)", "gaussian_log_det(Sigma)", float64=True)
ROOT = torch.tensor([[1.0, 0.0, 0.0], [0.8, 0.5, 0.0], [-0.6, 0.9, 1.5]], dtype=torch.float64)
SIGMA = ROOT @ ROOT.T
LAW = (gaussian_points(40, 3, seed=3), torch.tensor([0.5, -1.0, 2.0]).double(), SIGMA)
U, S, _ = torch.linalg.svd(ROOT)
ROOTS = (ROOT, U * S, U * S @ U.T)  # triangular, of orthogonal columns, symmetric
reversed_root = torch.linalg.cholesky(SIGMA.flip(0, 1)).flip(0, 1)
flow = lambda A: lambda z, m, Sigma: m + z @ A.T


def affine(x: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
    """J and b of the affine map Jz + b that carries z to x."""
    table = torch.linalg.lstsq(torch.cat([z, torch.ones(len(z), 1)], 1), x).solution
    return table[:-1].T, table[-1]


def told(_: int, found: Tensor, right: Tensor, *case: Tensor) -> dict[str, Tensor]:
    """The values of the message, the right one without the rounding errors of `affine`."""
    right = right.round(decimals=9) + 0.0
    worst = relative_error(found, right).argmax()
    return {"value": found.flatten()[worst], "right": right.flatten()[worst], "least": found.min()}


fitted = lambda part: lambda x, z, *_: part(*affine(x, z))
asks = partial(q2.compares, function="gaussian_flow", cases=[LAW], right=flow(ROOT), tell=told)
wrong = {"no_mean": lambda z, m, Sigma: z @ ROOT.T}
asks("mean", name="E[X_i]", through=fitted(lambda J, b: b), mistakes=wrong)
wrong = {"transposed": tuple(flow(A.T) for A in ROOTS[:2])}
wrong |= {"no_root": flow(SIGMA), "whitens": tuple(flow(A.inverse()) for A in ROOTS)}
asks("covariance", name="Cov(X_i, X_j)", through=fitted(lambda J, b: J @ J.T), mistakes=wrong)
wrong = {"symmetric": flow(ROOTS[2]), "upper": flow(reversed_root)}
asks("triangular", name="J_ij, i < j", through=fitted(lambda J, b: J.triu(1)), mistakes=wrong)
asks("increasing", through=fitted(lambda J, b: J.diag()), tolerance=0.1)
right, wrong = lambda Sigma: by_elimination(ROOT), {"of_covariance": by_elimination}
options = {"name": "log|det J_f|", "finite": False}
q2.compares("log_det", "gaussian_log_det", [(SIGMA,)], right, wrong, **options)

# --- 3. Forward substitution -------------------------------------------------------------------

q3 = Question("e07.q3", "invert(f, x, order)", float64=True, hidden=1, name="z_i", finite=False)


def chain(order: list[int]) -> Callable:
    """A triangular increasing map when the coordinates are read in that order."""
    place = torch.tensor(order).argsort()
    sums = lambda z: z @ (place[:, None] < place).to(z)
    return lambda z: z * (1.5 + sums(z).sin()) + z**3 / 10 + 2 * (3 * sums(z)).cos()


def alone(found: Tensor, f: Callable, base: Tensor) -> Tensor:
    """The values of f_i at ``base`` with its i-th coordinate from ``found``, for each i."""
    own = torch.eye(found.shape[1], dtype=torch.bool)[:, None]
    return f(torch.where(own, found, base)).diagonal(dim1=0, dim2=2)


def inverts(step: str, order: list[int], z: Tensor, f: Callable | None = None, **signs) -> None:
    f = f or chain(order)
    cases = lambda: [(f, f(z), list(order), z)]
    wrong = {name: Sign(seen) for name, seen in signs.items()}
    q3.compares(step, "invert", cases, lambda f, x, order, z: z, wrong)


inverts(
    "line",
    [0],
    torch.linspace(-48, 48, 7, dtype=torch.float64)[:, None],
    too_short=lambda found, *_: found.abs().max() < 40,
    near=lambda found, z, *_: (found - z).abs().max() < 0.5,
)
inverts(
    "sequence",
    [0, 1, 2, 3],
    2 * gaussian_points(8, 4, seed=4),
    near=lambda found, z, *_: allclose(found, z),
    given_x=lambda found, z, f, x, *_: allclose(alone(found, f, x), x),
    given_zeros=lambda found, z, f, x, *_: allclose(alone(found, f, 0 * x), x),
    half_found=lambda found, z, *_: allclose(found[:, 0], z[:, 0]),
)
inverts(
    "order",
    [2, 0, 3, 1],
    2 * gaussian_points(8, 4, seed=5),
    misplaced=lambda found, z, f, x, order, _: allclose(found, z[:, order]),
    by_place=lambda found, z, f, x, *_: allclose(alone(found, f, 0 * x)[:, 1], x[:, 1]),
)
steep = lambda z: torch.stack([z[:, 0].sinh(), z[:, 1] / 100 + z.diff()[:, 0].tanh()], -1)
inverts("steep", [0, 1], torch.tensor([[20, 30], [-18, 25], [0.5, -40]]).double(), steep)

# --- 4. Knothe and Rosenblatt ------------------------------------------------------------------

q4 = Question("e07.q4", "knothe(z)", "knothe_log_det(z)", "rosenblatt(x)", float64=True)
TAILS = torch.tensor([[9.0, 0.5], [-9.0, 9.0], [10.0, -10.0]], dtype=torch.float64)
BASE = [(gaussian_points(100, 2, seed=seed).clamp(-3, 3),) for seed in (6, 7, 8, 9)]
width = lambda x1: (1 + x1.square()).sqrt()
given = lambda x1, y: torch.stack([y[..., 0], x1.square() + width(x1) * y[..., 1]], -1)
law = lambda y: given(y[..., 0], y)  # x from two logistic numbers


def cdfs(x: Tensor, *_: Tensor) -> Tensor:
    """F₁(x₁) and F₂(x₂ | x₁)."""
    x1, x2 = x.unbind(-1)
    return torch.stack([x1, (x2 - x1.square()) / width(x1)], -1).sigmoid()


by_cdf = lambda z: law(ndtr(z).logit())
carried = lambda z: law(log_ndtr(z) - log_ndtr(-z))  # G(z), from both tails of Φ
log_volume = lambda z: by_elimination(vmap(jacrev(carried))(z))
first, second = (lambda x, z: cdfs(x)[:, 0]), (lambda x, z: cdfs(x)[:, 1])
wrong = {"uniform": ndtr}
q4.compares("first", "knothe", BASE[:1], by_cdf, wrong, name="F₁(G₁(z))", through=first)
gaussian = lambda z: law(torch.stack([ndtr(z[:, 0]).logit(), z[:, 1]], 1))
wrong = {"given_z": lambda z: given(z[:, 0], ndtr(z).logit()), "gaussian": gaussian}
q4.compares("second", "knothe", BASE[1:2], by_cdf, wrong, name="F₂(G₂(z) | G₁(z))", through=second)
q4.compares("tails", "knothe", [(TAILS,)], carried, name="G_i(z), |z| ≥ 9", finite=False)
no_width = lambda z: log_volume(z) - width(carried(z)[:, 0]).log()
wrong = {"of_inverse": lambda z: -log_volume(z), "no_width": no_width}
options = {"name": "log|det J_G|", "finite": False}
q4.compares("log_det", "knothe_log_det", BASE[2:3], log_volume, wrong, **options)
options = {"name": "z_i", "hidden": 1, "tolerance": 1e-6, "finite": False}
points = [(carried(*BASE[3]), *BASE[3])]
q4.compares("inverse", "rosenblatt", points, lambda x, z: z, {"uniform": cdfs}, **options)

# --- 5. What is lost ---------------------------------------------------------------------------

q5 = Question("e07.q5", "constant_width_loss(a)", "centre(x1)", "width(x1)", float64=True)
X1 = torch.linspace(-5, 5, 1001, dtype=torch.float64)
normal_weights = lambda x1: torch.softmax(-x1.square() / 2, 0)


def by_one_width(a: float) -> Tensor:
    x1 = torch.linspace(-12, 12, 2001, dtype=torch.float64)
    weights = normal_weights(x1)
    return (weights @ (2 * a * x1).exp()).log() / 2 - weights @ (a * x1)


given_a = [(0.5,), (-1.0,), (1.25,)]
wrong = {"mean_width": lambda a: by_one_width(a) / 2}
options = {"name": lambda a: f"KL, a = {a:g}", "tolerance": 1e-6}
q5.compares("constant", "constant_width_loss", given_a, by_one_width, wrong, **options)


@q5.step("limits")
def _(require, loss, centre, width):
    far, low, high = centre(X1).abs().max(), width(X1).min(), width(X1).max()
    require(0.05 <= low and high <= 10 and far <= 30, far=far, low=low, high=high)


def reversed_loss(m: Tensor, s: Tensor) -> Tensor:
    """The least KL, in nats, of Gaussian conditionals in the order (2, 1), by sums over a grid."""
    weights = normal_weights(X1)
    x2 = torch.linspace((m - 6 * s).min(), (m + 6 * s).max(), 2000, dtype=torch.float64)
    joint = (-((x2[:, None] - m) / s).square() / 2).exp() * (weights / s)
    p = joint.sum(1).clamp_min(1e-300)
    spread = (joint @ X1.square() / p - (joint @ X1 / p).square()).clamp_min(1e-12)
    p = p / p.sum()
    return ((p @ (x2 - p @ x2).square()).log() + p @ spread.log()) / 2 - weights @ s.log()


@q5.step("order")
def _(require, loss, centre, width):
    lost, rise = reversed_loss(centre(X1), width(X1)), centre(X1).diff()
    signs = {"gaussian": lost < 1e-3, "only_width": allclose(rise, 0 * rise)}
    signs["monotone"] = (rise >= 0).all() or (rise <= 0).all()
    require(lost >= 2, signs, lost=lost)


# --- 6. How many passes -------------------------------------------------------------------------

q6 = Question("e07.q6", "predicted", "explanation")
q6.predicts(
    "predicted",
    "predicted",
    close=lambda guess: abs(guess - 15) <= 3,
    few=lambda guess: guess < 15,
    guaranteed=lambda guess: guess >= 60,
)
q6.chooses("explanation", "explanation", right="B", options="ABCD")

# --- 7. Which can be a layer --------------------------------------------------------------------

q7 = Question("e07.q7", "option", "reason")
q7.chooses("option", "option", right="D", options="ABCD")
q7.chooses("reason", "reason", right="C", options="ABCD")
