"""Entropies and divergences by Monte Carlo: means over samples, with their standard errors."""

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.distributions import Distribution

from nflib.densities import BaseDensity, Generator
from nflib.flow import Flow

Law = Flow | BaseDensity | Distribution


class Estimate(NamedTuple):
    """The mean of n independent values, and its standard error s/√n, s their standard deviation."""

    value: float
    standard_error: float


@torch.no_grad()
def entropy(
    p: Law, n: int = 10_000, *, context: Tensor | None = None, generator: Generator = None
) -> Estimate:
    """The entropy H(p) = −E_p[log p(x)] in nats, estimated by −(1/n) Σ_i log p(x_i), x_i ~ p.

    Args:
        p: a flow, which is not inverted, a base density, or a law of torch on R^d.
        n: the number of samples, at least 2.
        context: for a conditional flow, shape (context_size,), or (n, context_size): then the
            mean over these contexts.
        generator: the source of randomness; ``None`` is torch's global one.
    """
    _, log_p = _flow("entropy: p", p, n).sample_with_log_prob(n, generator, context)
    return _estimate(-log_p)


@torch.no_grad()
def kl_divergence(
    p: Law, q: Law, n: int = 10_000, *, context: Tensor | None = None, generator: Generator = None
) -> Estimate:
    """The divergence KL(p‖q) in nats, estimated by (1/n) Σ_i (log p(x_i) − log q(x_i)), x_i ~ p.

    The estimate may be negative where KL is small. If q = 0 at some x_i it is ∞, its error NaN.

    Args:
        p, q: as p in ``entropy``, of one dimension and dtype. A context is for those that take one.
        n, context, generator: as in ``entropy``.
    """
    drawn, other = _flow("kl_divergence: p", p, n), _flow("kl_divergence: q", q, n)
    if other.d != drawn.d:
        raise ValueError(f"kl_divergence: q: expected d = {drawn.d}, that of p, got {other.d}")
    only_q = other.context_size is not None and drawn.context_size is None
    x, log_p = drawn.sample_with_log_prob(n, generator, None if only_q else context)
    log_q = other.log_prob(x, None if other.context_size is None else context)
    return _estimate(log_p - log_q)


def _estimate(values: Tensor) -> Estimate:
    values = values.cpu().double()
    return Estimate(float(values.mean()), float(values.std() / math.sqrt(len(values))))


def _flow(name: str, law: Law, n: int) -> Flow:
    if not isinstance(n, int) or n < 2:
        caller = name.partition(":")[0]
        raise ValueError(f"{caller}: n: expected an int of at least 2, got {n!r}")
    if not isinstance(law, Law):
        expected = "a Flow, a BaseDensity or a law of torch"
        raise TypeError(f"{name}: expected {expected}, got {type(law).__name__}")
    return law if isinstance(law, Flow) else Flow(law)
