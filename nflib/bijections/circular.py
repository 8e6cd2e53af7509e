"""The circular spline, an increasing map of the circle [−π, π) onto itself: x = f(z) + φ modulo 2π.

f is a rational-quadratic spline on [−π, π] and φ any number. At ±π, which are one point, f has one
slope δ, and δ is such that f″ too is the same: with s = h/w and δ' the slope at the other knot of the
first bin and of the last, f″ is 2(s² + sδ − δ² − δδ')/h at −π, and minus that at π. So δ is the
positive root of

    A δ² + B δ − C = 0,   A = Σ 1/h,   B = Σ (δ' − s)/h,   C = Σ s/w,   sums over these two bins.

Hence a density on the circle and its derivative are continuous over the seam, for any parameters.

Source: Rezende et al., Normalizing Flows on Tori and Spheres, ICML 2020, circular splines; there δ
    is free, which makes the density alone continuous.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import pad

from nflib.bijections import spline
from nflib.bijections.spline import MIN_BIN, positive_slope, within

LARGEST = 3.1415928  # also the π of float32, which is a little larger, is on the circle


def spline_on_circles(
    t: Tensor,
    params: Sequence[Tensor],
    circular: Tensor | None,
    bound: float,
    inverse: bool = False,
) -> tuple[Tensor, Tensor]:
    """Map angles by the circular spline, and other t by the spline on [−bound, bound].

    Args:
        t: shape (*shape).
        params: widths, heights and slopes, as for ``rational_quadratic``, and φ, (*shape, 1).
        circular: bool, broadcast to (*shape), which t are angles; ``None``: none is.
        inverse: whether to map back, from x to z.

    Returns:
        the images and the log slopes; a t beyond ±π is no angle, and has a log slope of −∞.
    """
    f = spline.rational_quadratic_inverse if inverse else spline.rational_quadratic
    widths, heights, slopes, phi = params
    if circular is None:
        return f(t, widths, heights, slopes, bound)
    before, after = (-phi[..., 0], 0.0) if inverse else (0.0, phi[..., 0])
    missing = circular & (t.abs() > LARGEST)
    angle = wrap(torch.where(missing, 0.0, t) + before) * (bound / math.pi)
    at = torch.where(circular, within(angle, -bound, bound), t)
    ends = torch.where(circular, slope_at_seam(widths, heights, slopes), 1.0)
    y, log_slope = f(at, widths, heights, slopes, bound, ends)
    y = torch.where(circular, wrap(y * (math.pi / bound) + after), y)
    return y, torch.where(missing, -math.inf, log_slope)


def wrap(angle: Tensor) -> Tensor:
    """The same angle modulo 2π, in [−π, π]."""
    turns = (angle.detach() / (2 * math.pi)).round()
    return within(angle - 2 * math.pi * turns, -math.pi, math.pi)


def slope_at_seam(widths: Tensor, heights: Tensor, slopes: Tensor) -> Tensor:
    """The slope δ at ±π, shape (*shape), for widths, heights and slopes as the spline has them."""
    w, h = (MIN_BIN / t.shape[-1] + (1 - MIN_BIN) * t.softmax(-1) for t in (widths, heights))
    w, h = (torch.stack([t[..., 0], t[..., -1]], -1) for t in (w, h))
    knots = positive_slope(pad(slopes, (1, 1)))
    s, inner = h / w, torch.stack([knots[..., 1], knots[..., -2]], -1)
    A, B, C = (1 / h).sum(-1), ((inner - s) / h).sum(-1), (s / w).sum(-1)
    q = torch.where(B > 0, B, -B) + (B * B + 4 * A * C).sqrt()
    return torch.where(B > 0, 2 * C / q, q / (2 * A))
