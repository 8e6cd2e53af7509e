"""Figures of chapter 8: scalar functions with their densities, fits side by side, lost digits."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from torch import Tensor

from nflib.course.plotting.plane import Corner, density_map
from nflib.course.plotting.style import BASE, DATA, MODEL, TARGET, WIDTH, as_array, panels

INKS = (TARGET, BASE, DATA, MODEL)  # the first is the truth
LINES = ("-", ":", "--", "-")


def scalar_maps(x: Tensor, codes: Mapping[str, Tensor], densities: Mapping[str, Tensor]) -> list:
    """Increasing functions z ↦ x on the left, given as z at the points x; on the right the
    densities of their x, upright, in the same inks. The first of each is the truth.
    """
    left, right = panels(2, height=3.4, sharey=True, width_ratios=(3, 2))
    for (label, z), ink, line in zip(codes.items(), INKS, LINES, strict=False):
        left.plot(as_array(z), as_array(x), line, color=ink, label=label)
    for density, ink, line in zip(densities.values(), INKS, LINES, strict=False):
        right.plot(as_array(density), as_array(x), line, color=ink)
    left.set(xlim=(-3, 3), ylim=(float(x[0]), float(x[-1])), xlabel="$z_2$", ylabel="$x_2$")
    right.set(xlim=(0, None), xlabel="$p(x_2 \\mid x_1)$")
    left.legend(loc="upper left", fontsize=9, handlelength=1.6)
    return [left, right]


def fits(densities: Mapping[str, Callable[[Tensor], Tensor]], low: Corner, high: Corner) -> list:
    """Log-densities of the plane in rows of three, in one scale of ink, the truth first in green."""
    rows = -(-len(densities) // 3)
    _, grid = plt.subplots(rows, 3, figsize=(WIDTH, 1.95 * rows), squeeze=False)
    axes: list[Axes] = list(grid.flat)
    shown = axes[: len(densities)]
    for k, (axis, (label, log_density)) in enumerate(zip(shown, densities.items(), strict=True)):
        axis.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
        density_map(axis, log_density, ink=MODEL if k else TARGET)
        axis.set(xticks=[], yticks=[])
        axis.set_title(label, fontsize=10)
        for spine in axis.spines.values():
            spine.set(visible=True, color=DATA, linewidth=0.6)
    top = float(shown[0].images[0].get_array().max())
    for axis in shown:
        axis.images[0].set_clim(0, 1.3 * top)
    for axis in axes[len(densities) :]:
        axis.set_axis_off()
    return shown


def lost_digits(s: Tensor, errors: Mapping[str, tuple[Tensor, Tensor]]) -> Axes:
    """Errors (measured, predicted) against −s, in a logarithmic scale: points and dotted lines."""
    axis = panels(1, height=2.8)[0]
    for (label, (measured, predicted)), ink in zip(errors.items(), (MODEL, BASE), strict=False):
        axis.semilogy(as_array(-s), as_array(measured), "o", color=ink, markersize=4)
        axis.semilogy(as_array(-s), as_array(predicted), ":", color=ink)
        end = (float(-s[-1]), float(predicted[-1]))
        style = {"xytext": (7, 0), "textcoords": "offset points", "annotation_clip": False}
        axis.annotate(label, end, va="center", color=ink, **style)
    axis.axhline(1.0, color=DATA, linewidth=0.6)
    axis.set_xlabel("$-s$")
    return axis
