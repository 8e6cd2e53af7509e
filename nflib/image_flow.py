"""A ready-made flow for images of grey levels: one autoregressive layer on the unit cube."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from nflib.bijections.autoregressive import MaskedHistogramAutoregressive
from nflib.bijections.histogram import histogram_knots
from nflib.bijections.image import Patches, Shape
from nflib.bijections.transformer import CausalTransformer
from nflib.densities import StandardUniform
from nflib.flow import Flow


def image_flow(shape: Shape, counts: Tensor, patch: int = 4, bins: int = 32, **sizes: Any) -> Flow:
    """A causal transformer over patches, histogram splines and the uniform base.

    Fitted to images of levels 0, …, Q − 1, flat and dequantised: a batch of uint8 v, with
        fit(flow, v, prepare=lambda v, g: dequantise(v.float(), Q, g), levels=Q).
    It costs each image exactly −log P(v): see ``nflib.bijections.histogram``.

    Args:
        shape: (C, H, W) of the images.
        counts: how often each level occurs in the data, shape (Q,): the new flow gives each pixel
            these probabilities, as far as K pieces can.
        patch: P, a divisor of H and W; a token is a patch.
        bins: K, the pieces of each histogram.
        sizes: of the network: width, depth, heads, hidden, context, generator, as in
            ``CausalTransformer``.
    """
    C, H, W = shape
    d, token = C * H * W, C * patch**2
    network = CausalTransformer(d, bins, token, levels=len(counts), **sizes)
    layer = MaskedHistogramAutoregressive(network, histogram_knots(counts, bins), counts)
    return Flow(StandardUniform(d), layer, Patches(shape, patch))
