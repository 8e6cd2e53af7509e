"""Ready-made flows: the usual architectures in a line, which standardise what they are fitted to.

Each but ``image_flow`` is x = m + eˢ ⊙ f_L(… f_1(z)), z ~ N(0, I): layers with a learned linear map behind each, and an
``ActNorm``, which ``fit`` initialises, so that data of any mean and scale reach the layers with
mean 0 and deviation 1; and so does the context. Trained as benchmarks/QUALITY.md tells:

    fit(flow, x, held_out, scheduler=lambda o: OneCycleLR(o, 0.005, total_steps=2000))

Arguments of these:
    d: the dimension.
    context_size: that of the context c of the laws p(x | c); ``None`` for none.
    generator: the source of randomness of the first parameters; ``None`` is torch's global one.
    layers: how many.
    sizes: of each layer: ``hidden=(64, 64)`` and ``activation=nn.SiLU``, which is smooth, of its
        network, see ``MLP``; ``bins=24`` and ``bound=4.0``, in standard deviations, of splines.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from nflib.bijections import (
    ActNorm,
    AffineCoupling,
    Bijection,
    CausalTransformer,
    Composition,
    Conditional,
    LULinear,
    MaskedAffineAutoregressive,
    MaskedHistogramAutoregressive,
    MaskedSplineAutoregressive,
    Patches,
    Permutation,
    PlanarStack,
    SplineCoupling,
    histogram_knots,
)
from nflib.bijections.image import Shape
from nflib.densities import Generator, StandardNormal, StandardUniform
from nflib.flow import Flow
from nflib.networks import MLP
from nflib.validation import check_dimension

Size = int | None
NETWORK = {"hidden": (64, 64), "activation": nn.SiLU}
SPLINE = {"bins": 24, "bound": 4.0}


def planar_flow(
    d: int, *, context_size: Size = None, generator: Generator = None, layers: int = 32
) -> Flow:
    """Planar layers: few parameters, for shapes that bend; nested rings are too much. A context is costly.

    Source: Rezende and Mohamed, Variational Inference with Normalizing Flows, ICML 2015.
    """
    f: Bijection = PlanarStack(d, layers, generator)
    f = Conditional(f, context_size, generator=generator) if context_size else f
    return _flow(d, context_size, [Composition(LULinear(d), f)])


def real_nvp(
    d: int, *, context_size: Size = None, generator: Generator = None, layers: int = 8, **sizes: Any
) -> Flow:
    """Affine couplings, a half of d ≥ 2 coordinates and the other in turn: fast in both directions.

    Source: Dinh et al., Density estimation using Real NVP, ICLR 2017.
    """
    _refuse_the_line("real_nvp", d)
    halves = _halves(d, layers, 2, _sizes(context_size, generator, sizes))
    return _flow(d, context_size, [AffineCoupling(*each) for each in halves])


def maf(
    d: int, *, context_size: Size = None, generator: Generator = None, layers: int = 5, **sizes: Any
) -> Flow:
    """Affine autoregressive layers for d ≥ 2, order reversed in turn; samples take up to d steps.

    Source: Papamakarios, Pavlakou and Murray, Masked Autoregressive Flow, NeurIPS 2017.
    """
    _refuse_the_line("maf", d)
    sizes = _sizes(context_size, generator, sizes)
    parts = [MaskedAffineAutoregressive(d, **sizes) for _ in range(layers)]
    return _flow(d, context_size, parts, [Permutation.reverse(d)])


def spline_coupling_flow(
    d: int, *, context_size: Size = None, generator: Generator = None, layers: int = 4, **sizes: Any
) -> Flow:
    """Spline couplings, halves in turn: nearly any shape, fast in both directions.

    On the line, d = 1, there is no other half: there it is the spline autoregressive flow.

    Source: Durkan et al., Neural Spline Flows, NeurIPS 2019.
    """
    if d == 1:
        sizes |= {"context_size": context_size, "generator": generator, "layers": layers}
        return spline_autoregressive_flow(d, **sizes)
    sizes = _sizes(context_size, generator, SPLINE | sizes)
    bins, bound = sizes.pop("bins"), sizes.pop("bound")
    halves = _halves(d, layers, 3 * bins - 1, sizes)
    return _flow(d, context_size, [SplineCoupling(*each, bins, bound) for each in halves])


def spline_autoregressive_flow(
    d: int, *, context_size: Size = None, generator: Generator = None, layers: int = 3, **sizes: Any
) -> Flow:
    """Spline autoregressive layers, ordered as in ``maf``: nearly any shape.

    Source: Durkan et al., Neural Spline Flows, NeurIPS 2019.
    """
    sizes = _sizes(context_size, generator, SPLINE | sizes)
    parts = [MaskedSplineAutoregressive(d, **sizes) for _ in range(layers)]
    return _flow(d, context_size, parts, [Permutation.reverse(d)])


def image_flow(shape: Shape, counts: Tensor, patch: int = 4, bins: int = 32, **sizes: Any) -> Flow:
    """Images of grey levels 0, …, Q − 1: histograms, from a causal transformer over patches; uniform base.

    It is fitted to dequantised images, rows of levels v in a tensor of any dtype, as by
        fit(flow, v, prepare=lambda v, g: dequantise(v.float(), Q, g), levels=Q),
    and costs them exactly −log P(v): see ``nflib.bijections.histogram``.

    Args:
        shape: (C, H, W).
        counts: how often each level occurs in the data, shape (Q,), with which the new flow draws it.
        patch: P, a divisor of H and W; a token is a patch.
        bins: K, the pieces of a histogram.
        sizes: width, depth, heads, hidden, context, generator, as in ``CausalTransformer``.
    """
    order = Patches(shape, patch)
    network = CausalTransformer(order.d, bins, shape[0] * patch**2, levels=len(counts), **sizes)
    layer = MaskedHistogramAutoregressive(network, histogram_knots(counts, bins), counts)
    return Flow(StandardUniform(order.d), layer, order)


class StandardisedContext(Bijection):
    """The bijection x = f(z; (c − m) ⊙ e^{−s}), with the m and s of an ActNorm, ``norm``."""

    context_size: int

    def __init__(self, bijection: Bijection, context_size: int) -> None:
        super().__init__()
        self.bijection, self.d, self.context_size = bijection, bijection.d, context_size
        self.norm = ActNorm(context_size)

    def _forward(self, z: Tensor, context: Any = None) -> tuple[Tensor, Tensor]:
        return self.bijection.forward(z, self._standardised(context))

    def _inverse(self, x: Tensor, context: Any = None) -> tuple[Tensor, Tensor]:
        return self.bijection.inverse(x, self._standardised(context))

    def _standardised(self, context: Tensor) -> Tensor:
        once = tuple(slice(None if n else 1) for n in context.stride()[:-1])  # if it is broadcast
        return self.norm.inverse(context[once])[0].expand_as(context)


def _flow(
    d: int, context_size: Size, layers: Sequence[Bijection], mix: Sequence[Bijection] = ()
) -> Flow:
    parts = [part for f in layers for part in (f, *mix, LULinear(d))]
    f: Bijection = Composition(*parts)
    f = StandardisedContext(f, context_size) if context_size else f
    return Flow(StandardNormal(d), f, ActNorm(d))


def _sizes(context_size: Size, generator: Generator, given: dict[str, Any]) -> dict[str, Any]:
    return NETWORK | given | {"context": context_size or 0, "generator": generator}


def _halves(d: int, layers: int, n_params: int, sizes: dict[str, Any]) -> list[tuple[Tensor, MLP]]:
    """Each coupling's mask and network."""
    half = torch.arange(d) < (d + 1) // 2
    masks = [~half if k % 2 else half for k in range(layers)]
    networks = [MLP(int(m.sum()), n_params * int((~m).sum()), **sizes) for m in masks]
    return [*zip(masks, networks, strict=True)]


def _refuse_the_line(name: str, d: int) -> None:
    check_dimension(f"{name}: d", d)
    if d == 1:
        expected = "at least 2, for affine layers of the line give normal laws only"
        raise ValueError(f"{name}: d: expected {expected}, got 1: take spline_autoregressive_flow")
