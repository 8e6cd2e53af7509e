"""Figures of the chapter on flows: the two directions, the chain of densities, slopes and bridges.

Texts are arguments, so that a page writes them in its own language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch
from torch import Tensor

from nflib.course.plotting.style import (
    BASE,
    DATA,
    MODEL,
    TARGET,
    WIDTH,
    as_array,
    bin_colours,
    panels,
)


def two_ways(
    left: Sequence[str], right: Sequence[str], there: Sequence[str], back: Sequence[str]
) -> Axes:
    """Base and data side by side, the arrow of f above and that of its inverse below.

    ``left`` and ``right`` are the lines of each side; ``there`` and ``back`` hold the name of the
    map and what it is used for.
    """
    _, axis = plt.subplots(figsize=(WIDTH, 2.5))
    axis.set(xlim=(0, 1), ylim=(0, 1))
    axis.set_axis_off()
    for x, lines, ink in ((0.13, left, BASE), (0.87, right, MODEL)):
        box = {"boxstyle": "round,pad=0.6", "fc": "none", "ec": ink, "lw": 1.8}
        style = {"ha": "center", "va": "center", "color": ink, "bbox": box, "linespacing": 1.7}
        axis.text(x, 0.5, "\n".join(lines), **style)
    for y, (start, end), (name, use), ink in (
        (0.68, (0.29, 0.71), there, MODEL),
        (0.32, (0.71, 0.29), back, BASE),
    ):
        style = {"arrowstyle": "-|>", "mutation_scale": 18, "lw": 1.8, "color": ink}
        axis.add_patch(FancyArrowPatch((start, y), (end, y), **style))
        out = 0.05 if y > 0.5 else -0.05
        axis.text(0.5, y + 1.3 * out, name, ha="center", va="center", color=ink, fontsize=13)
        axis.text(0.5, y + 4.0 * out, use, ha="center", va="center", color=DATA, fontsize=10)
    return axis


def chain(clouds: Mapping[str, Tensor], group: Tensor) -> list[Axes]:
    """The same points after each layer, side by side to one scale, each with its colour.

    ``clouds`` are points (n, 2) by the text to write above; ``group`` (n,) are the numbers of
    their colours. The window is the smallest square that shows all but 4 points in 1000.
    """
    axes = panels(len(clouds), height=1.6)
    shares = torch.tensor([0.002, 0.998], dtype=torch.float64)
    ends = torch.quantile(torch.cat([*clouds.values()]).double(), shares, dim=0)
    (x, y), half = ends.mean(0).tolist(), 0.53 * float((ends[1] - ends[0]).max())
    inks = bin_colours(int(group.max()) + 1)
    colours = [inks[g] for g in group.tolist()]
    for axis, (name, points) in zip(axes, clouds.items(), strict=True):
        axis.set(xlim=(x - half, x + half), ylim=(y - half, y + half))
        axis.set(aspect="equal", xticks=[], yticks=[])
        axis.scatter(*as_array(points).T, s=1.5, c=colours, linewidths=0, rasterized=True)
        axis.set_title(name, fontsize=11)
    return axes


def line_fits(
    x: Tensor, truth: Tensor, fits: Mapping[str, Tensor], *, log: bool = False
) -> list[Axes]:
    """One panel for each fit: the density on the line (orange) and the truth filled (green)."""
    axes = panels(len(fits), height=2.2, sharey=True)
    for axis, (name, density) in zip(axes, fits.items(), strict=True):
        axis.fill_between(as_array(x), as_array(truth), color=TARGET, alpha=0.3, linewidth=0)
        axis.plot(as_array(x), as_array(truth), color=TARGET, lw=1.2)
        axis.plot(as_array(x), as_array(density), color=MODEL)
        axis.set(xlim=(float(x[0]), float(x[-1])), xlabel="$x$")
        axis.set_title(name, fontsize=10)
        if log:
            axis.set(yscale="log", ylim=(1e-7, 3))
    return axes
