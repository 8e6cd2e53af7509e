"""Answers that students give to the exercises of chapter 10, wrong and right.

EQUIVALENT lists the mutants of the solutions that are right answers, with the reason.
"""

import math
from functools import partial

import numpy as np
import torch
from scipy import special

from tests.exercises.answers import right, wrong
from tests.exercises.mutants import mutants

WRONG, RIGHT = [], []

# --- e10.q1 ------------------------------------------------------------------------------------


def by_matrix(network, v):
    """All rows with one place changed, and a mask on the table of changes."""
    rows = (v + torch.eye(len(v)).double()) % 2
    table = torch.stack([network(row) for row in rows]) - network(v)
    return (table.abs() * torch.ones_like(table).tril()).max()


def by_pairs(network, v):
    found = []
    for j in range(len(v)):
        row = v.numpy().copy()
        row[j] = not row[j]
        for i in range(j + 1):
            moved = network(torch.from_numpy(row))[i] - network(v)[i]
            found.append(abs(moved.item()))
    return max(found)


def by_jacobian(network, v):
    J = torch.autograd.functional.jacobian(network, v)
    return J.abs().triu().max()


def signed(network, v):
    rows = (v + torch.eye(len(v)).double()) % 2
    table = torch.stack([network(row) for row in rows]) - network(v)
    return (table * torch.ones_like(table).tril()).max()


def only_the_last(network, v):
    other = v.clone()
    other[-1] = 1 - v[-1]
    return (network(other) - network(v)).abs().max()


def a_little(network, v):
    """A change that a network of levels does not read."""
    rows = v + 1e-3 * torch.eye(len(v)).double()
    return max((network(row) - network(v)).abs().max() for row in rows)


q1, r1 = partial(wrong, "e10.q1"), partial(right, "e10.q1")
WRONG += [
    q1("a line that is not there", "line", "options", line=8),
    q1("the Jacobian", "leak", "derivative", leak=by_jacobian),
    q1("a small change", "leak", "derivative", leak=a_little),
    q1("without absolute value", "leak", "otherwise", leak=signed),
    q1("the last place only", "leak", "otherwise", leak=only_the_last),
]
RIGHT += [r1("a table", leak=by_matrix), r1("pair by pair", line=2.0, leak=by_pairs)]

# --- e10.q2 ------------------------------------------------------------------------------------

q2, r2 = partial(wrong, "e10.q2"), partial(right, "e10.q2")
WRONG += [
    q2("words", "predicted", "numbers", predicted="few"),
    q2("two letters", "explanation", "options", explanation="AB"),
]
RIGHT += [
    r2("one number", predicted=49),
    r2("always T", predicted=(49, 49, 49)),
    r2("passes of tokens", predicted=(7 * 49, 13 * 49, 49 * 49)),
    r2("the third by the theorem", predicted=(7, 13, 49)),
    r2("logarithms", predicted=[3, 4, 6]),
]

# --- e10.q3 ------------------------------------------------------------------------------------


def with_numpy(u, head):
    """A growing array of keys, and the weights by scipy."""
    n, T = u.shape
    x, keys, values, found = torch.zeros(n).double(), None, None, np.empty((n, T))
    for t in range(T):
        q, k, v = (part.numpy()[:, None] for part in head.project(head.embed(x, t)))
        keys = k if t == 0 else np.concatenate([keys, k], 1)
        values = v if t == 0 else np.concatenate([values, v], 1)
        weights = special.softmax((keys * q).sum(2) / math.sqrt(q.shape[2]), axis=1)
        a = np.einsum("nt,ntm->nm", weights, values)
        x = head.solve(u[:, t], torch.from_numpy(a))
        found[:, t] = x.numpy()
    return found


def online(u, head):
    """No list: each draw apart, with PyTorch's attention over a buffer."""
    T = u.shape[1]
    rows = []
    for one in u.split(1):
        x, buffer, row = one[:, 0], None, []
        for t in range(T):
            q, k, v = head.project(head.embed(x, t))
            new = torch.stack([k, v])[:, :, None]
            buffer = new if buffer is None else torch.cat([buffer, new], 2)
            a = torch.nn.functional.scaled_dot_product_attention(q[:, None], *buffer)[:, 0]
            x = head.solve(one[:, t], a)
            row.append(x)
        rows.append(torch.stack(row, 1))
    return torch.cat(rows)


def keeps_x(u, head):
    """The cache holds the tokens, and everything is projected again."""
    n, T = u.shape
    x = torch.zeros(n, T + 1).double()
    for t in range(T):
        h = torch.stack([head.embed(x[:, s], s) for s in range(t + 1)], 1)
        q, k, v = head.project(h)
        weights = torch.softmax(k @ q[:, t, :, None] / k.shape[2] ** 0.5, 1)
        x[:, t + 1] = head.solve(u[:, t], (weights * v).sum(1))
    return x[:, 1:]


KEPT = []


def shared(u, head):
    """A cache that outlives the call, of draws alike in number."""
    KEPT.append(by_sums(u, head))
    return sum(KEPT)


def by_sums(u, head, twice=False, mixed=False):
    """Sums of exponentials; ``twice`` projects for keys and values apart, ``mixed`` over the draws."""
    x, kept, found = u[:, 0], [], []
    for t in range(u.shape[1]):
        h = head.embed(x, t)
        q, k, v = head.project(h)
        v = head.project(h)[2] if twice else v
        kept.append((k, v))
        e = [((q * k).sum(1) / q.shape[1] ** 0.5).exp()[:, None] for k, _ in kept]
        a = sum(w * v for w, (_, v) in zip(e, kept, strict=True)) / sum(e)
        x = head.solve(u[:, t], a.mean(0).expand_as(a) if mixed else a)
        found.append(x)
    return torch.stack(found, 1)


q3, r3 = partial(wrong, "e10.q3"), partial(right, "e10.q3")
WRONG += [
    q3("shared between calls", "again", "hint", draw=shared),
    q3("mixed over the draws", "values", "otherwise", draw=partial(by_sums, mixed=True)),
    q3("keeps x", "once", "all_again", draw=keeps_x),
    q3("projects twice", "once", "otherwise", draw=partial(by_sums, twice=True)),
]
RIGHT += [
    r3("NumPy", draw=with_numpy),
    r3("draw by draw", draw=online),
    r3("sums of exponentials", draw=by_sums),
]

# --- e10.q4 ------------------------------------------------------------------------------------

q4, r4 = partial(wrong, "e10.q4"), partial(right, "e10.q4")
WRONG += [q4("a number", "option", "options", option=0)]
RIGHT += [
    r4("lower case", option="c", reason="b", breaks="d"),
    r4("with brackets", option="(C)", reason="B.", breaks="D "),
]

# --- e10.q5 ------------------------------------------------------------------------------------


def saved_by_numpy(log_p, labels):
    mixture = special.logsumexp(log_p.numpy(), axis=1) - np.log(log_p.shape[1])
    own = np.take_along_axis(log_p.numpy(), labels.numpy()[:, None], 1)[:, 0]
    return np.mean(own - mixture) / np.log(2)


def saved_by_entropy(log_p, labels):
    bits = torch.nn.functional.cross_entropy(log_p, labels) / math.log(2)
    return math.log2(log_p.shape[1]) - bits


def cost_by_loop(log_p, labels, price, tau):
    total = 0.0
    for row, label in zip(log_p, labels, strict=True):
        p = (row - row.max()).exp()
        p = p / p.sum()
        total += 1 if p.max() < tau else price if p.argmax() != label else 0
    return total / len(labels)


def cost_by_masks(log_p, labels, price, tau):
    surest, answer = special.softmax(log_p.numpy(), axis=1).max(1), log_p.numpy().argmax(1)
    silent = surest < tau
    return silent.mean() + price * (~silent & (answer != labels.numpy())).mean()


def saved_by_exp(log_p, labels):
    p = log_p.exp()
    own = p[torch.arange(len(labels)), labels]
    return torch.log2(own / p.mean(1)).mean()


def cost_by_exp(log_p, labels, price, tau):
    p = log_p.exp() / log_p.exp().sum(1, keepdim=True)
    mistaken = price * (p.argmax(1) != labels).double()
    return torch.where(p.max(1).values < tau, 1.0, mistaken).mean() + 0 * p.sum()


def cost_in_bits(log_p, labels, price, tau):
    return cost_by_loop(log_p / math.log(2), labels, price, tau)


def total(log_p, labels):
    return saved_by_numpy(log_p, labels) * len(labels)


q5, r5 = partial(wrong, "e10.q5"), partial(right, "e10.q5")
WRONG += [
    q5("exponentials of thousands", "saved", "overflow", saved=saved_by_exp),
    q5("of all images", "saved", "otherwise", saved=total),
    q5("exponentials in the cost", "cost", "overflow", cost=cost_by_exp),
    q5("bits in the exponential", "cost", "otherwise", cost=cost_in_bits),
]
RIGHT += [
    r5("NumPy", saved=saved_by_numpy, cost=cost_by_masks),
    r5("cross-entropy, and a loop", saved=saved_by_entropy, cost=cost_by_loop),
]

EQUIVALENT = {
    change: "no prediction is a mistake"
    for change, _ in mutants("guess = (8, 14, 25)")
    if not change.endswith("-> pass")
}
EQUIVALENT |= {
    "worst = max(worst, change[:j + 1].max().item())"
    " -> worst = max(change[:j + 1].max().item(), worst)": "the larger of two, in another order",
}
