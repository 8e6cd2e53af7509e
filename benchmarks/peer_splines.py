"""The spline flows of the comparison, built with other libraries; see ``peer_flows``."""

from __future__ import annotations

import torch
import zuko
from nflows.transforms import (
    MaskedPiecewiseRationalQuadraticAutoregressiveTransform,
    PiecewiseRationalQuadraticCouplingTransform,
)
from peer_flows import HIDDEN, IgnoresContext, mlp, nflows_flow, nflows_reversing, zuko_flow

BINS, BOUND = 8, 5.0


def nflows_spline_coupling(d, layers, x):
    """Rational-quadratic couplings of nflows 0.14."""
    masks = [torch.arange(d) % 2 == k % 2 for k in range(layers)]
    return nflows_flow(
        [
            PiecewiseRationalQuadraticCouplingTransform(
                mask,
                lambda i, o: IgnoresContext(mlp(i, o)),
                BINS,
                tails="linear",
                tail_bound=BOUND,
            )
            for mask in masks
        ],
        d,
        x,
    )


def nflows_spline_maf(d, layers, x):
    """Masked autoregressive rational-quadratic layers of nflows 0.14."""
    spline = {"num_bins": BINS, "tails": "linear", "tail_bound": BOUND}
    network = {"num_blocks": 2, "use_residual_blocks": False}
    layer = MaskedPiecewiseRationalQuadraticAutoregressiveTransform
    return nflows_reversing([layer(d, HIDDEN[0], **spline, **network) for _ in range(layers)], d, x)


def zuko_spline_coupling(d, layers, x):
    """The NSF of zuko 1.6 in two passes, whose layers are couplings."""
    return zuko_flow(
        zuko.flows.NSF(d, bins=BINS, transforms=layers, passes=2, hidden_features=HIDDEN), x
    )


def zuko_spline_maf(d, layers, x):
    """The NSF of zuko 1.6."""
    return zuko_flow(zuko.flows.NSF(d, bins=BINS, transforms=layers, hidden_features=HIDDEN), x)
