"""Checks of chapter 10: transformers that are flows.

What is right is computed in another way than the answers: places moved one by one, samples as the
fixed point of sweeps over all tokens, the laws of PyTorch, sums over pairs of classes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from operator import ge, gt, ne
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Categorical

from nflib.course.check.call import Watch
from nflib.course.check.compare import Sign
from nflib.course.check.engine import Question
from nflib.course.check.measure import allclose, gaussian_points

# --- 1. A network that sees what it has to predict ---------------------------------------------

q1 = Question("e10.q1", "line", "leak(network, v)", tolerance=1e-6)
q1.chooses("line", "line", right=2, options=range(1, 8))


def chances(A: Tensor, v: Tensor) -> Tensor:
    """The chance of a one at place i, which sees the levels at the places j where A_ij is not zero."""
    return torch.sigmoid((2.0 * (v > 0.5) - 1).to(A) @ A.T)


def moved(network: Callable, v: Tensor, places: Callable = torch.triu) -> Tensor:
    """The largest change of the chance at i as v_j becomes the other, over the pairs j, i of ``places``."""
    flips = torch.eye(len(v)).bool()
    table = torch.stack([network(torch.where(flip, 1 - v, v)) - network(v) for flip in flips])
    return places(table.T.abs()).max()


def networks():
    """Networks that see: all places; those before; their own; the next one; at the first place, the last."""
    A = gaussian_points(6, 6, seed=1)
    near, far = torch.ones(5).diag(1), torch.zeros(6, 6)
    far[0, 5] = 1
    for seen in (A + 4 * far, A.tril(-1), A.tril(), A.tril(-1) + near, A.tril(-1) + far / 100):
        for v in torch.tensor([[0, 1, 1, 0, 1, 0], [1, 1, 0, 1, 0, 0]]).double():
            yield partial(chances, seen), v


wrong: dict[str, Any] = {
    "past": partial(moved, places=lambda table: table),
    "reversed": partial(moved, places=lambda table: table.tril(-1)),
    "strict": partial(moved, places=lambda table: table.triu(1)),
    "own_only": partial(moved, places=lambda table: table.diag()),
    "all_at_once": lambda network, v: (network(1 - v) - network(v)).abs().max(),
    "derivative": Sign(lambda found, right, *_: found == 0),
}
q1.compares("leak", "leak", networks, moved, wrong)

# --- 2. How many sweeps ------------------------------------------------------------------------

q2 = Question("e10.q2", "predicted", "explanation")
q2.predicts(
    "predicted",
    "predicted",
    three=lambda *guess: len(guess) != 3,
    close=lambda a, b, c: a in (7, 8) and b in (13, 14) and 8 <= c <= 25,
    passes=lambda *guess: max(guess) > 50,
    always=lambda a, b, c: a >= 48 or b >= 48,
    chains=lambda a, b, c: a in (7, 8) and b in (13, 14),
)
q2.chooses("explanation", "explanation", right="B", options="ABCD")

# --- 3. One head with a cache ------------------------------------------------------------------

q3 = Question("e10.q3", "draw(u, head)", float64=True, tolerance=1e-10)


class Head(Watch):
    """One head of attention over tokens of one number. Counts the vectors that it projects."""

    def __init__(self, m: int, seed: int) -> None:
        self.W = gaussian_points(6, m, m, seed=seed)

    def embed(self, x: Tensor, t: int) -> Tensor:
        before = x[..., None] * self.W[3, 0] * (t > 0)
        return torch.tanh(before + self.W[3, 1] + 0.3 * t * self.W[3, -1])

    def project(self, h: Tensor) -> tuple[Tensor, ...]:
        self.seen += h.shape[:-1].numel()
        return tuple(h @ w for w in self.W[:3])

    def solve(self, u: Tensor, a: Tensor) -> Tensor:
        return a @ self.W[4, 0] + u * torch.exp(torch.tanh(a @ self.W[4, 1]))


def by_sweeps(u: Tensor, head: Head, order=(0, 1, 2), hidden=gt, place=1, power=0.5) -> Tensor:
    """The fixed point of T sweeps over all tokens at once; ``hidden(s, t)``: t does not see s."""
    tokens, x = torch.arange(u.shape[1]), torch.zeros_like(u)
    for _ in tokens:
        h = [head.embed(x[:, t - 1], place * t) for t in tokens.tolist()]
        parts = head.project(torch.stack(h, 1))
        q, k, v = (parts[i] for i in order)
        scores = q @ k.mT / q.shape[-1] ** power
        weights = scores.masked_fill(hidden(tokens, tokens[:, None]), -torch.inf).softmax(-1)
        x = head.solve(u, weights.nan_to_num(0) @ v)  # who sees nobody, 0
    return x


SIZES = ((3, 5, 4), (1, 9, 2), (2, 1, 3))
CASES = [(gaussian_points(n, T, seed=T), Head(m, seed=m)) for n, T, m in SIZES]


@q3.step("again")
def _(require, draw):
    u, head = CASES[0]
    require(allclose(draw(u, head), draw(u, head), 1e-10))


wrong = {
    "not_itself": partial(by_sweeps, hidden=ge),
    "itself_only": partial(by_sweeps, hidden=ne),
    "no_place": partial(by_sweeps, place=0),
    "unscaled": partial(by_sweeps, power=0),
    "exchanged": partial(by_sweeps, order=(0, 2, 1)),
}
q3.compares("values", "draw", CASES, by_sweeps, wrong, name="x")


@q3.step("once")
def _(require, draw):
    n, T, head = 4, 12, Head(3, seed=7)
    draw(gaussian_points(n, T, seed=8), head, watch=head)
    again = {"all_again": head.seen >= n * T * (T + 1) / 2}
    require(head.seen <= n * T, again, rows=head.seen, due=n * T)


# --- 4. Bits that do not depend on the noise ---------------------------------------------------

q4 = Question("e10.q4", "option", "reason", "breaks")
q4.chooses("option", "option", right="C", options="ABCD")
q4.chooses("reason", "reason", right="B", options="ABCD")
q4.chooses("breaks", "breaks", right="D", options="ABCD")

# --- 5. What the model knows of the class ------------------------------------------------------

SIGNATURES = "saved(log_p, labels)", "cost(log_p, labels, price, tau)"
q5 = Question("e10.q5", *SIGNATURES, "decision", "reason", tolerance=1e-6, finite=False)
overflow = Sign(lambda found, *_: not found.isfinite().all())


def table(n: int, K: int, seed: int) -> tuple[Tensor, Tensor]:
    """Log-densities of n images of many pixels under K classes, and their labels."""
    labels = torch.arange(n) % K
    of_class = 2 * gaussian_points(n, K, seed=seed) + 3 * torch.eye(K)[labels]
    return 3600 + 60 * gaussian_points(n, 1, seed=seed + 1) + of_class, labels


TABLES = [table(60, 10, seed=1), table(40, 4, seed=3)]
given = lambda log_p, labels: Categorical(logits=log_p).log_prob(labels).mean() / math.log(2)
gain = lambda log_p, labels: given(log_p, labels) + math.log2(log_p.shape[1])
own = lambda log_p, labels: log_p[range(len(labels)), labels]
wrong = {
    "nats": lambda *case: gain(*case) * math.log(2),
    "added": given,
    "mean_log": lambda log_p, y: (own(log_p, y) - log_p.mean(1)).mean() / math.log(2),
    "opposite": lambda *case: -gain(*case),
    "likeliest": lambda log_p, y: gain(log_p, log_p.argmax(1)),
    "overflow": overflow,
}
q5.compares("saved", "saved", TABLES, gain, wrong, name="bits")


def paid(log_p: Tensor, labels: Tensor, price: float, tau: float, **of: Any) -> Tensor:
    """The mean cost, image by image; a posterior is 1 over the sum of e^(l_j − l_k)."""
    costs = []
    for row, label in zip(log_p / of.get("scale", 1), labels.tolist(), strict=True):
        surest = max(1 / (row - each).exp().sum().item() for each in row)
        mistaken = price * (row.argmax().item() != label)
        rejected = (surest >= tau) if of.get("inverted") else (surest < tau)
        costs.append(of.get("rejected", lambda mistaken: 1.0)(mistaken) if rejected else mistaken)
    return torch.tensor([each for each in costs if each is not None], dtype=torch.float64).mean()


wrong = {
    "never": lambda log_p, labels, price, tau: paid(log_p, labels, price, 0.0),
    "inverted": partial(paid, inverted=True),
    "free": partial(paid, rejected=lambda mistaken: 0.0),
    "twice": partial(paid, rejected=lambda mistaken: 1 + mistaken),
    "accepted_only": partial(paid, rejected=lambda mistaken: None),
    "flat": partial(paid, scale=784),
    "overflow": overflow,
}
prices = [(*each, *rule) for each in TABLES for rule in ((10.0, 0.9), (3.0, 0.6), (10.0, 0.0))]
name = lambda log_p, labels, price, tau: f"cost(price = {price:g}, τ = {tau:g})"
q5.compares("cost", "cost", prices, paid, wrong, name=name)
q5.chooses("decision", "decision", right="C", options="ABCD")
q5.chooses("reason", "reason", right="B", options="ABCD")
