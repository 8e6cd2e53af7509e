"""Checks of chapter 8: coupling and autoregressive flows.

What is right is computed in another way than the answers: indexing instead of masks, the
automatic Jacobian, paths counted through the masks, laws of PyTorch, bisection, a known density.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from nflib.course.check.engine import Question
from nflib.course.check.measure import gaussian_points

# --- 1. An affine coupling ---------------------------------------------------------------------

q1 = Question(
    "e08.q1",
    "forward(z, mask, net)",
    "inverse(x, mask, net)",
    "log_det(z, mask, net)",
    float64=True,
)


class Network:
    """(s, t) of all coordinates from those that the mask lets through, with fixed weights."""

    def __init__(self, d: int) -> None:
        self.weights = gaussian_points(3, d, d, seed=d) / math.sqrt(d)

    def __call__(self, seen: Tensor) -> tuple[Tensor, Tensor]:
        hidden = torch.tanh(seen @ self.weights[0] + 0.3)
        return hidden @ self.weights[1], torch.sin(hidden @ self.weights[2]) + 0.5


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


def kept(values: Tensor, z: Tensor, mask: Tensor, net: Network) -> Tensor:
    return values[:, mask.bool()]


q1.compares(
    "unchanged",
    "forward",
    layers,
    coupled,
    name="x_A",
    through=kept,
    mistakes={"moves_all": every_coordinate},
)
q1.compares(
    "values",
    "forward",
    layers,
    coupled,
    name="x_B",
    mistakes={
        "sees_all": layer(lambda z, s, t: z * s.exp() + t, sees_all=True),
        "no_exp": layer(lambda z, s, t: z * s + t),
        "shift_first": layer(lambda z, s, t: (z + t) * s.exp()),
    },
)
q1.compares(
    "inverse",
    "inverse",
    images,
    lambda x, mask, net, z: z,
    hidden=1,
    name="f⁻¹(f(z))",
    mistakes={
        "sees_all": layer(lambda x, s, t: (x - t) * (-s).exp(), sees_all=True),
        "same_order": layer(lambda x, s, t: x * (-s).exp() - t),
        "forward_again": coupled,
    },
)
q1.compares(
    "log_det",
    "log_det",
    layers,
    log_volume,
    name="log|det J_f|",
    mistakes={
        "all_scales": lambda z, mask, net: net(mask * z)[0].sum(1),
        "of_inverse": lambda z, mask, net: -log_volume(z, mask, net),
        "no_log": lambda z, mask, net: log_volume(z, mask, net).exp(),
        "mean": lambda z, mask, net: log_volume(z, mask, net) / (1 - mask).sum(),
    },
)
