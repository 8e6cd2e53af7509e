"""Ready-made flows: the usual architectures in a line, that standardise the data they are fitted to.

Each is x = m + eˢ ⊙ f_K(… f_1(z)) with z ~ N(0, I). The last bijection is an ``ActNorm``: ``fit``
initialises it, so that data of any mean and scale reach the layers f_k with mean 0 and deviation
1. Between the layers there is a learned linear map, ``LULinear``.

With a context c of ``context_size`` numbers they are the laws p(x | c); c is standardised too.

Example:
    >>> import torch
    >>> from nflib import fit, spline_coupling_flow
    >>> x = 1000 + 25 * torch.randn(500, 2)
    >>> flow = spline_coupling_flow(2)
    >>> history = fit(flow, x, steps=20, progress=False)
    >>> flow.sample(3).shape
    torch.Size([3, 2])

Recommended: ``fit(flow, x, held_out, lr=5e-3, scheduler=lambda o: OneCycleLR(o, 5e-3,
total_steps=2000))``; benchmarks/QUALITY.md shows how near to the truth they come.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from nflib.bijections import (
    ActNorm,
    AffineCoupling,
    Bijection,
    Composition,
    Conditional,
    LULinear,
    MaskedAffineAutoregressive,
    MaskedSplineAutoregressive,
    Permutation,
    PlanarStack,
    SplineCoupling,
)
from nflib.densities import StandardNormal
from nflib.flow import Flow
from nflib.networks import MLP, Activation
from nflib.validation import check_dimension

Generator = torch.Generator | None


class StandardisedContext(Bijection):
    """The bijection x = f(z; (c − m) ⊙ e^{−s}), with m and s an ActNorm's, which ``fit`` initialises.

    Args:
        bijection: f, conditional.

    Attributes:
        norm: the ActNorm; m and s are those of the contexts, and do not learn.
    """

    context_size: int

    def __init__(self, bijection: Bijection) -> None:
        super().__init__()
        assert bijection.context_size is not None
        self.bijection, self.d, self.context_size = bijection, bijection.d, bijection.context_size
        self.norm = ActNorm(self.context_size).requires_grad_(False)

    def _forward(self, z: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        return self.bijection.forward(z, self._standardised(context))

    def _inverse(self, x: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        return self.bijection.inverse(x, self._standardised(context))

    def _standardised(self, context: Tensor) -> Tensor:
        """A context that was broadcast to many points is computed once."""
        once = [slice(None if n else 1) for n in context.stride()[:-1]]
        return self.norm.inverse(context[(*once,)])[0].expand_as(context)


def planar_flow(
    d: int, *, context_size: int | None = None, generator: Generator = None, layers: int = 32
) -> Flow:
    """Planar layers between two linear ones: few parameters; its sampling is the fastest of the five.

    Args:
        d: the dimension.
        context_size: that of the context, ``None`` for none; it moves the layers (``Conditional``).
        generator: the source of randomness of the first weights; ``None`` is torch's global one.
        layers: how many.

    Source: Rezende and Mohamed, Variational Inference with Normalizing Flows, ICML 2015.
    """
    stack: Bijection = PlanarStack(d, layers, generator)
    if context_size:
        stack = Conditional(stack, context_size, generator=generator)
    return _flow(d, context_size, [LULinear(d), stack, LULinear(d)])


def real_nvp(
    d: int,
    *,
    context_size: int | None = None,
    generator: Generator = None,
    layers: int = 8,
    hidden: tuple[int, ...] = (64, 64),
    activation: Activation = nn.SiLU,
) -> Flow:
    """Affine couplings: one half of the coordinates moves the other, in turn; fast in both directions.

    Args:
        d, context_size, generator, layers: as in ``planar_flow``.
        hidden, activation: of each layer's network, see ``MLP``.

    Raises:
        ValueError: if d = 1, where it gives normal laws only.

    Source: Dinh et al., Density estimation using Real NVP, ICLR 2017.
    """
    _refuse_the_line("real_nvp", d)
    networks = _networks(d, layers, 2, hidden, context_size or 0, generator, activation)
    return _flow(d, context_size, _mixed(d, [AffineCoupling(*each) for each in networks]))


def maf(
    d: int,
    *,
    context_size: int | None = None,
    generator: Generator = None,
    layers: int = 5,
    hidden: tuple[int, ...] = (64, 64),
    activation: Activation = nn.SiLU,
) -> Flow:
    """Affine autoregressive layers, in one order and in the reverse one, in turn.

    Arguments and errors as in ``real_nvp``.

    Source: Papamakarios, Pavlakou and Murray, Masked Autoregressive Flow, NeurIPS 2017.
    """
    _refuse_the_line("maf", d)
    size = context_size or 0
    parts = [
        MaskedAffineAutoregressive(d, hidden, size, generator, activation) for _ in range(layers)
    ]
    return _flow(d, context_size, _mixed(d, parts, reverse=True))


def spline_coupling_flow(
    d: int,
    *,
    context_size: int | None = None,
    generator: Generator = None,
    layers: int = 4,
    hidden: tuple[int, ...] = (64, 64),
    activation: Activation = nn.ReLU,
    bins: int = 16,
    bound: float = 4.0,
) -> Flow:
    """Spline couplings: any shape, and fast in both directions.

    In d = 1 there is no other coordinate: it is then a spline autoregressive flow.

    Args:
        d, context_size, generator, layers, hidden, activation: as in ``real_nvp``.
        bins, bound: of the splines, see ``SplineCoupling``; the bound is in standard deviations.

    Source: Durkan et al., Neural Spline Flows, NeurIPS 2019.
    """
    if d == 1:
        return spline_autoregressive_flow(**locals())
    size, n = context_size or 0, 3 * bins - 1
    networks = _networks(d, layers, n, hidden, size, generator, activation)
    parts = [SplineCoupling(*each, bins, bound) for each in networks]
    return _flow(d, context_size, _mixed(d, parts))


def spline_autoregressive_flow(
    d: int,
    *,
    context_size: int | None = None,
    generator: Generator = None,
    layers: int = 3,
    hidden: tuple[int, ...] = (64, 64),
    activation: Activation = nn.ReLU,
    bins: int = 16,
    bound: float = 4.0,
) -> Flow:
    """Spline autoregressive layers, in one order and in the reverse one, in turn: any shape.

    Arguments and source as in ``spline_coupling_flow``. Samples take up to d steps a layer.
    """
    size = context_size or 0
    parts = [
        MaskedSplineAutoregressive(d, hidden, bins, bound, size, generator, activation)
        for _ in range(layers)
    ]
    return _flow(d, context_size, _mixed(d, parts, reverse=True))


def _flow(d: int, context_size: int | None, parts: Sequence[Bijection]) -> Flow:
    whole: Bijection = Composition(*parts)
    if context_size:
        whole = StandardisedContext(whole)
    return Flow(StandardNormal(d), whole, ActNorm(d))


def _mixed(d: int, layers: Sequence[Bijection], reverse: bool = False) -> list[Bijection]:
    """The layers, each with a learned linear map behind it; and with a reversal of the order."""
    parts: list[Bijection] = []
    for f in layers:
        parts += [f, *([Permutation.reverse(d)] if reverse else []), LULinear(d)]
    return parts if d > 1 else [*layers]


def _networks(
    d: int,
    layers: int,
    n_params: int,
    hidden: tuple[int, ...],
    context: int,
    generator: Generator,
    activation: Activation,
) -> list[tuple[Tensor, MLP]]:
    """Each coupling's mask, one half of the coordinates and the other in turn, and its network."""
    half = torch.arange(d) < (d + 1) // 2
    masks = [half if k % 2 == 0 else ~half for k in range(layers)]
    sizes = [(int(mask.sum()), n_params * int((~mask).sum())) for mask in masks]
    networks = [MLP(*each, hidden, context, generator, activation) for each in sizes]
    return [*zip(masks, networks, strict=True)]


def _refuse_the_line(name: str, d: int) -> None:
    check_dimension(f"{name}: d", d)
    if d == 1:
        expected = "at least 2, for affine layers of the line give normal laws only"
        raise ValueError(f"{name}: d: expected {expected}; take spline_autoregressive_flow; got 1")
