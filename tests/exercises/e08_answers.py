"""Answers that students give to the exercises of chapter 8, wrong and right.

EQUIVALENT lists the mutants of the solutions that are right answers, with the reason.
"""

import math
from functools import partial

import torch
from torch.func import jacrev, vmap

from tests.exercises.answers import right, wrong

exp, stack, where = torch.exp, torch.stack, torch.where

WRONG, RIGHT = [], []

# --- e08.q1 ------------------------------------------------------------------------------------


def to_x(z, mask, net):
    s, t = net(z * mask)
    return mask * z + (1 - mask) * (z * exp(s) + t)


def log_scales(z, mask, net):
    return (net(z * mask)[0] * (1 - mask)).sum(1)


def no_shift(z, mask, net):
    return mask * z + (1 - mask) * z * exp(net(z * mask)[0])


def network_fed_with_the_rest(x, mask, net):
    s, t = net(x * (1 - mask))
    return mask * x + (1 - mask) * (x - t) / exp(s)


def point_by_point(z, mask, net):
    s, t = net(mask * z)
    x = z.numpy().copy()
    for row in range(len(z)):
        for i in range(z.shape[1]):
            if mask[i] == 0:
                x[row, i] = x[row, i] * math.exp(s[row, i]) + t[row, i]
    return x


def by_slices(x, mask, net):
    s, t = net(where(mask > 0, x, torch.zeros_like(x)))
    z, changed = x.clone(), mask < 1
    z[:, changed] = (x[:, changed] - t[:, changed]) / s[:, changed].exp()
    return z


def by_the_jacobian(z, mask, net):
    J = vmap(jacrev(lambda p: to_x(p, mask, net)))(z)
    return torch.linalg.slogdet(J).logabsdet


q1 = partial(wrong, "e08.q1")
WRONG += [
    q1("the mask negated", "unchanged", "otherwise", forward=lambda z, m, net: to_x(z, 1 - m, net)),
    q1("no shift", "values", "otherwise", forward=no_shift),
    q1("the other part", "inverse", "otherwise", inverse=network_fed_with_the_rest),
    q1(
        "the scale of the coordinates that pass",
        "log_det",
        "otherwise",
        log_det=lambda z, mask, net: log_scales(z, 1 - mask, net),
    ),
]
r1 = partial(right, "e08.q1")
RIGHT += [
    r1("masks as factors", forward=to_x, log_det=log_scales),
    r1("loops, the Jacobian", forward=point_by_point, inverse=by_slices, log_det=by_the_jacobian),
]

EQUIVALENT = {
    "x = torch.zeros_like(z) -> x = z": "what x starts from is overwritten before it is used",
    "g = torch.Generator().manual_seed(0) -> g = torch.Generator().manual_seed(1)": "another seed",
    "initialise_actnorm(flow.bijection, x) -> flow.bijection": "ActNorm learns the scale itself",
    "initialise_actnorm(flow.bijection, x) -> x": "ActNorm learns the scale itself",
    "cycle = partial(OneCycleLR, max_lr=0.01, total_steps=400)"
    " -> cycle = partial(OneCycleLR, max_lr=0.01, total_steps=401)": "the cycle, one step longer",
    "fit(flow, x, steps=400, scheduler=cycle, generator=g, progress=False)"
    " -> fit(flow, x, steps=400, scheduler=cycle, generator=g, progress=True)": "the same, shown",
}
