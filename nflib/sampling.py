"""Samples of an autoregressive flow by iteration, and of some coordinates given the first ones.

A sample solves x_i = f(z_i; θ_i(x_1, …, x_{i−1})) for all i. One pass over a guess of x gives all θ, and with them

    G(x)_i = f(z_i; θ_i(x_1, …, x_{i−1})),

whose only fixed point is the sample. It is reached in at most d sweeps x ← G(x) from any guess: the first
coordinate is right after one sweep, and if the first k are, then k + 1 are after the next.

Source: Song, Meng, Liao and Ermon, Accelerating Feedforward Computation via Parallel Nonlinear Equation
    Solving, ICML 2021.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from nflib.bijections.autoregressive import MaskedAutoregressive
from nflib.bijections.bijection import full_precision
from nflib.bijections.dequantisation import quantise
from nflib.bijections.permutation import Permutation
from nflib.densities import Generator, Shape, StandardNormal, StandardUniform
from nflib.flow import Flow
from nflib.validation import check_context, check_dimension, check_points, first_tensor


class Sample(NamedTuple):
    """Points of shape (*shape, d), their log-densities, (*shape,), and what they took.

    ``sweeps`` counts how often coordinates were replaced, and ``passes`` how often networks were
    evaluated, in passes over a whole point.
    """

    x: Tensor
    log_prob: Tensor
    sweeps: int
    passes: float


@torch.no_grad()
def sample(
    flow: Flow,
    shape: Shape = (),
    generator: Generator = None,
    context: Tensor | None = None,
    *,
    method: str = "sequential",
    block: int = 1,
    exact: bool = False,
    cache: bool = True,
) -> Sample:
    """Sample a flow, its autoregressive layers solved by a method of choice, without gradient.

    - "sequential": token by token, as ``flow.sample``; a coordinate of ``MADE`` is a token.
    - "jacobi": sweeps over all coordinates at once, until nothing changes that the network sees.
    - "gauss-seidel": blocks of tokens in order, and sweeps over each.
    All give the same x up to the rounding of θ, which depends on the order of sums; and the same grey
    levels, where a network sees levels. Sweeps are of use where a pass over many tokens takes little longer than
    over one: with few points, or a fast device.

    Args:
        shape, generator, context: as in ``Flow.sample``.
        block: how many tokens are a block of Gauss–Seidel.
        exact: solve each token in every sweep, given the present ones before it: fewer, longer sweeps.
        cache: keep what is computed of the tokens before; without, every step is a pass over them.
    """
    blocks = {"sequential": 1, "jacobi": flow.d, "gauss-seidel": block}
    if method not in blocks:
        raise ValueError(f"sample: method: expected one of {list(blocks)}, got {method!r}")
    check_dimension("sample: block", block)
    exact = exact or method == "sequential"
    x, costs = flow.base.sample(shape, generator), []
    check_context("sample: context", context, flow.context_size, x)
    log_prob = flow.base.log_prob(x)
    for f in flow.bijection.bijections:
        own = context if f.context_size else None
        if isinstance(f, MaskedAutoregressive):
            x, log_abs_det, of_layer = _solve(f, x, own, x[..., :0], blocks[method], exact, cache)
            costs += of_layer
        else:
            x, log_abs_det = f.forward(x, own)
        log_prob = log_prob - log_abs_det
    return Sample(x, log_prob, len(costs), sum(costs) / flow.d)


@torch.no_grad()
def complete(
    flow: Flow, x: Tensor, known: Tensor, generator: Generator = None, context: Tensor | None = None
) -> Sample:
    """Draw the unknown coordinates x_B exactly, given the others, with their log p(x_B | x_A).

    Formula: if A are the first coordinates of an autoregressive layer,
        p(x_B | x_A) = Π_{i∈B} p(x_i | x_1, …, x_{i−1}), which is sampled as the whole is.

    Args:
        flow: StandardUniform or StandardNormal, one autoregressive layer, and Permutations.
        x: shape (*batch, d); what it is at unknown coordinates has no influence.
        known: bool, shape (d,): A, which must be the first tokens in the layer's order; of an image, upper
            rows, a multiple of the patch.
        generator, context: as in ``Flow.sample``.
    """
    layer, *behind = flow.bijection.bijections or [None]
    standard = isinstance(flow.base, StandardNormal | StandardUniform)
    permuted = all(isinstance(f, Permutation) for f in behind)
    if not (standard and permuted and isinstance(layer, MaskedAutoregressive)):
        expected = "StandardUniform or StandardNormal, an autoregressive layer, then Permutations"
        raise ValueError(f"complete: flow: expected {expected}, got {flow}")
    check_points("complete: x", x, flow.d, first_tensor(flow))
    check_context("complete: context", context, flow.context_size, x)
    mask = known.to(x.dtype)
    for f in reversed(behind):
        (x, _), (mask, _) = f.inverse(x), f.inverse(mask)
    n, token = int(mask.sum()), layer.conditioner.token
    if known.dtype != torch.bool or n % token or not bool(mask[:n].all()):
        expected = f"bools, True for the first coordinates of the layer, whole tokens of {token}"
        raise ValueError(f"complete: known: expected {expected}, got {n} that are not")
    base = type(flow.base)(flow.d - n).to(x)
    z = base.sample(x.shape[:-1], generator)
    x, log_abs_det, costs = _solve(layer, z, context, x[..., :n])
    for f in behind:
        x, _ = f.forward(x)
    return Sample(x, base.log_prob(z) - log_abs_det, len(costs), sum(costs) / flow.d)


def _solve(
    layer: MaskedAutoregressive,
    z: Tensor,
    context: Tensor | None,
    known: Tensor,
    block: int = 1,
    exact: bool = True,
    cache: bool = True,
) -> tuple[Tensor, Tensor, list[int]]:
    """The layer's x, known coordinates first; the log|det| of the others; what each sweep cost."""
    context = None if context is None else context.expand(*z.shape[:-1], -1)
    network, parts, log_abs_det = layer.conditioner, [known], z.new_zeros(z.shape[:-1])
    costs: list[int] = []
    with full_precision(z):
        before = network.begin(z, context, cache)
        if known.shape[-1]:
            *_, before = network.sweep(lambda x, *_: (x, x), known, known, before)
        for z_block in z.split(block * network.token, -1):
            x, n = torch.zeros_like(z_block), z_block.shape[-1]
            for _ in range(n // network.token if exact else n):
                old = x
                x, log_slope, after = network.sweep(layer.f, z_block, old, before, exact)
                costs.append(after.cost)
                seen = (quantise(t, network.levels) if network.levels else t for t in (x, old))
                if torch.equal(*seen):
                    break
            before, log_abs_det = after, log_abs_det + log_slope
            parts.append(x)
    return torch.cat(parts, -1), log_abs_det, costs
