"""The flows of the comparison, built with nflib.

Each builder returns functions without arguments, by the name of the operation, as those of ``peer_flows`` do.
"""

from __future__ import annotations

import torch
from peer_flows import HIDDEN, reverse_kl, training_step, without_gradient
from peer_splines import BINS, BOUND

from nflib import (
    MLP,
    AffineCoupling,
    Flow,
    MaskedAffineAutoregressive,
    MaskedSplineAutoregressive,
    Permutation,
    PlanarStack,
    SplineCoupling,
    StandardNormal,
)


def planar(d, K, z):
    """A stack of K planar layers, as it is and compiled."""
    generator = torch.Generator().manual_seed(0)
    stack = PlanarStack(d, K, generator=generator)
    with torch.no_grad():  # away from the identity, where a step is cheap to guess
        for parameter in stack.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator) / d**0.5)
        x, _ = stack(z)
    compiled_forward, compiled_inverse = torch.compile(stack.forward), torch.compile(stack.inverse)
    return {
        "forward": without_gradient(lambda: stack(z)),
        "train": training_step(stack.parameters(), lambda: reverse_kl(*stack(z))),
        "inverse": without_gradient(lambda: stack.inverse(x)),
        "forward, compiled": without_gradient(lambda: compiled_forward(z)),
        "inverse, compiled": without_gradient(lambda: compiled_inverse(x)),
    }


def _operations(flow, x):
    return {
        "log_prob": without_gradient(lambda: flow.log_prob(x)),
        "sample": without_gradient(lambda: flow.sample(len(x))),
        "sample with log_prob": without_gradient(lambda: flow.sample_with_log_prob(len(x))),
        "train": training_step(flow.parameters(), lambda: -flow.log_prob(x).mean()),
    }


def _halves(d, layers):
    """The masks of the two halves in turn, as those of normflows and pyro are."""
    return [(torch.arange(d) < d // 2) == (k % 2 == 0) for k in range(layers)]


def realnvp(d, layers, x):
    """Affine couplings."""
    couplings = [AffineCoupling(mask, MLP(d // 2, d, HIDDEN)) for mask in _halves(d, layers)]
    return _operations(Flow(StandardNormal(d), *couplings), x)


def spline_coupling(d, layers, x):
    """Rational-quadratic couplings."""
    parts = [
        SplineCoupling(mask, MLP(d // 2, (3 * BINS - 1) * (d // 2), HIDDEN), BINS, BOUND)
        for mask in _halves(d, layers)
    ]
    return _operations(Flow(StandardNormal(d), *parts), x)


def _autoregressive(d, make, layers, x):
    """Masked autoregressive layers with the order of the coordinates reversed in between."""
    reverse = list(range(d))[::-1]
    parts = []
    for _ in range(layers):
        parts += [make(), Permutation(reverse)]
    return _operations(Flow(StandardNormal(d), *parts), x)


def maf(d, layers, x):
    """Masked affine autoregressive layers."""
    return _autoregressive(d, lambda: MaskedAffineAutoregressive(d, HIDDEN), layers, x)


def spline_maf(d, layers, x):
    """Masked rational-quadratic autoregressive layers."""
    make = lambda: MaskedSplineAutoregressive(d, HIDDEN, BINS, BOUND)
    return _autoregressive(d, make, layers, x)
