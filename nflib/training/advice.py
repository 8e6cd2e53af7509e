"""Warnings of ``fit``: of splines that the data miss, and of a density that is not exact."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from nflib.bijections.bijection import Composition, Inverse
from nflib.inversion_error import inversion_error
from nflib.training.data import Rows
from nflib.training.distributed import rank

TOLERANCE = 0.1  # nats, a tenth of the density; fits of this project err by 1e-4 in float32


@torch.no_grad()
def advise(look: Callable[..., str], f: Composition, rows: Rows, batch: int) -> None:
    """Warn of what ``look`` sees of f at a minibatch of rows, evenly spread, at most 1,000."""
    size, was_training = min(batch, 1000), f.training
    f.eval()
    try:
        advice = look(f, *rows.take(torch.arange(0, rows.n, rows.n // size)[:size]))
    finally:
        f.train(was_training)
    if advice and rank() == 0:
        warnings.warn(f"fit: {advice}", stacklevel=4)  # here, no_grad, fit, and who called it


def missed_spline(f: Composition, x: Tensor, context: Tensor | None = None) -> str:
    """Name a spline that most values of a coordinate miss, where it is the identity."""
    for layer in reversed(f.bijections):
        given, advice = context if layer.context_size else None, ""
        spline: Any = layer.bijection if isinstance(layer, Inverse) else layer
        if isinstance(layer, Composition):
            advice = missed_spline(layer, x, given)
        elif hasattr(spline, "bins"):
            angles = getattr(spline.conditioner, "circular", None)
            beyond = x.abs() > spline.bound
            share, i = (beyond if angles is None else beyond & ~angles).float().mean(0).max(0)
            if share > 0.5:
                advice = (
                    f"data: {float(share):.0%} of coordinate {int(i)} at a {type(spline).__name__} "
                    f"are beyond its bound {spline.bound}, where it is the identity: standardise, "
                    "by ActNorm(d) as last layer, or by a ready-made flow"
                )
        if advice:
            return advice
        x, _ = layer.inverse(x, given)
    return ""


def inexact_density(f: Composition, x: Tensor, context: Tensor | None = None) -> str:
    """Say so if an error of the inversion exceeds 0.1 at more than 1 % of the points."""
    errors = (e.float().nan_to_num(math.inf) for e in inversion_error(f, x, context))
    points, nats = (float(e.quantile(0.99, interpolation="lower")) for e in errors)
    if max(points, nats) <= TOLERANCE:
        return ""
    return (
        f"flow: inexact log-densities: at one row in a hundred the log|det| of both directions are "
        f"{nats:.2g} nats apart, and points come back displaced by {points:.2g} of their size; train "
        "in float64, with fewer layers or a smaller lr (see nflib.inversion_error)"
    )
