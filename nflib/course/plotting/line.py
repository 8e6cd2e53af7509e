"""Figures of one dimension: a map of the line, its densities and its samples.

Functions take one-dimensional tensors, and functions of them.
"""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from torch import Tensor

from nflib.course.plotting.style import (
    BASE,
    DATA,
    ERROR,
    MODEL,
    TARGET,
    WIDTH,
    Curve,
    Span,
    as_array,
    bin_colours,
    pairs,
    panels,
    widen,
)


def rulers(f: Curve, z: Tensor, *, labels: tuple[str, str] = ("$z$", "$x = f(z)$")) -> Axes:
    """Two rulers joined by threads: each thread takes a point z of the first to f(z).

    Where threads spread out, points (and probability) get thinner; where they converge, denser.
    Each ruler has its own scale.
    """
    _, axis = plt.subplots(figsize=(WIDTH, 2.3))
    ends = [(float(v.min()), float(v.max())) for v in (z, f(z))]
    place = [(v - low) / (high - low) for v, (low, high) in zip((z, f(z)), ends, strict=True)]
    threads = [[(a, 1.0), (b, 0.0)] for a, b in zip(*(p.tolist() for p in place), strict=True)]
    axis.add_collection(LineCollection(threads, colors=DATA, linewidths=0.7))
    columns = zip((1, 0), place, ends, labels, (BASE, MODEL), strict=True)
    for y, points, (low, high), label, ink in columns:
        axis.plot([0, 1], [y, y], color=ink)
        axis.plot(
            as_array(points), np.full(len(points), y), "o", color=ink, markersize=5, clip_on=False
        )
        for value in range(int(np.ceil(low)), int(np.floor(high)) + 1):
            place_x = (value - low) / (high - low)
            axis.text(place_x, 1.32 * y - 0.16, str(value), ha="center", va="center")
        axis.text(-0.04, y, label, color=ink, ha="right", va="center", fontsize=12)
    axis.set(xlim=(0, 1), ylim=(-0.25, 1.25))
    axis.set_axis_off()
    return axis


def pushforward_1d(
    f: Curve,
    base: Curve,
    model: Curve,
    edges: Tensor,
    *,
    z_range: Span | None = None,
    x_range: Span | None = None,
    samples: Tensor | None = None,
    sample_bins: int = 40,
    wrong: Curve | None = None,
    wrong_label: str = "",
    marks: Mapping[str, float] | None = None,
) -> Figure:
    """A map with the base density below it and the transformed density at its side.

    The mass of ``base`` between consecutive ``edges`` is filled and numbered, and so is its image
    under ``f``: equal colours have equal areas, whatever the heights. ``samples`` adds a histogram
    of x, ``wrong`` a density that is not the right one, ``marks`` named values of x.
    """
    figure = plt.figure(figsize=(WIDTH, 4.9))
    grid = figure.add_gridspec(2, 2, width_ratios=(3, 5), height_ratios=(5, 2.6))
    map_axis = figure.add_subplot(grid[0, 1])
    x_axis = figure.add_subplot(grid[0, 0], sharey=map_axis)
    z_axis = figure.add_subplot(grid[1, 1], sharex=map_axis)
    images = f(edges)
    z_range, x_range = z_range or widen(edges), x_range or widen(images)
    z = torch.linspace(*z_range, 1201, dtype=torch.float64)
    x = torch.linspace(*x_range, 1201, dtype=torch.float64)
    inside = torch.linspace(float(edges.min()), float(edges.max()), 601, dtype=torch.float64)
    map_axis.plot(as_array(inside), as_array(f(inside)), color=DATA)
    corners = [[(a, x_range[0]), (a, b), (z_range[0], b)] for a, b in pairs(edges, images)]
    map_axis.add_collection(LineCollection(corners, colors=DATA, linewidths=0.6, linestyles=":"))
    z_axis.plot(as_array(z), as_array(base(z)), color=BASE)
    x_axis.plot(as_array(model(x)), as_array(x), color=MODEL)
    if samples is not None:
        outline = {"histtype": "step", "orientation": "horizontal", "color": DATA, "linewidth": 1}
        x_axis.hist(as_array(samples), sample_bins, density=True, **outline)
    if wrong is not None:
        x_axis.plot(as_array(wrong(x)), as_array(x), "--", color=ERROR)
        corner = float(wrong(x).max()), float(x[wrong(x) > 0].max())
        x_axis.text(*corner, wrong_label, color=ERROR, ha="right", va="bottom")
    _fill_bins(z_axis, base, edges)
    _fill_bins(x_axis, model, images, rotated=True)
    for label, value in (marks or {}).items():
        x_axis.axhline(value, color=DATA, linewidth=0.8)
        across = x_axis.get_yaxis_transform()
        x_axis.text(1, value, label, transform=across, ha="right", va="bottom", fontsize=10)
    map_axis.set(xlim=z_range, ylim=x_range)
    z_axis.set(xlabel="$z$", ylabel="$p_Z(z)$", ylim=(0, None))
    x_axis.set(xlabel="$p_X(x)$", ylabel="$x = f(z)$", xlim=(0, None))
    map_axis.tick_params(labelbottom=False, labelleft=False)
    return figure


def ecdf(
    axis: Axes, samples: Tensor, span: Span, cdf: Curve | None = None, band=0.0, colour=MODEL
) -> Axes:
    """The empirical cdf of ``samples``, and a ``cdf`` to compare it with, in a band."""
    values = as_array(samples.double().sort().values)
    steps = np.linspace(0, 1, len(values) + 1)
    axis.step([span[0], *values, span[1]], [*steps, 1], where="post", color=DATA, linewidth=1.3)
    if cdf is not None:
        x = torch.linspace(*span, 801, dtype=torch.float64)
        y = as_array(cdf(x))
        axis.plot(as_array(x), y, "--" if colour == ERROR else "-", color=colour)
        axis.fill_between(as_array(x), y - band, y + band, color=colour, alpha=0.2, linewidth=0)
    axis.set(xlim=span, ylim=(-0.03, 1.03))
    return axis


def branches(
    f: Curve, z: Tensor, strip: Span, x: Tensor, contributions: Mapping[str, Tensor]
) -> list[Axes]:
    """On the left, the values of x in ``strip`` and all their pre-images under f; on the right,
    the ``contributions`` of f's branches to the density, stacked: the outline is their sum.
    """
    left, right = panels(2)
    left.plot(as_array(z), as_array(f(z)), color=DATA)
    left.axhspan(*strip, color=MODEL, alpha=0.35, linewidth=0)
    inside = (f(z) >= strip[0]) & (f(z) <= strip[1])
    left.plot(
        as_array(z), np.where(as_array(inside), as_array(f(z)), np.nan), color=BASE, linewidth=4
    )
    left.plot(
        as_array(z), np.where(as_array(inside), 0, np.nan), color=BASE, linewidth=4, clip_on=False
    )
    left.set(xlabel="$z$", ylabel="$x = f(z)$", xlim=as_array(z)[[0, -1]], ylim=(0, None))
    floor = torch.zeros_like(x)
    for k, (label, height) in enumerate(contributions.items()):
        shade = {"color": MODEL, "alpha": 0.7 - 0.4 * (k % 2), "linewidth": 0, "label": label}
        right.fill_between(as_array(x), as_array(floor), as_array(floor + height), **shade)
        floor = floor + height
    right.plot(as_array(x), as_array(floor), color=MODEL)
    right.legend()
    right.set(xlabel="$x$", ylabel="$p_X(x)$", xlim=(0, float(x[-1])), ylim=(0, None))
    return [left, right]


def labelled_curves(
    axis: Axes, x: Tensor, curves: Mapping[str, Tensor], floor: float = -torch.inf
) -> Axes:
    """Curves cut below ``floor``, each with its name at its right end instead of a legend."""
    for (label, y), colour in zip(curves.items(), (BASE, MODEL, TARGET, DATA), strict=False):
        drawn = torch.where(y >= floor, y, torch.nan)
        last = int(torch.nonzero(y >= floor).max())
        axis.plot(as_array(x), as_array(drawn), color=colour)
        cut = last < len(x) - 1
        style = {"color": colour, "fontsize": 12, "va": "bottom" if cut else "center"}
        style |= {"xytext": (6, 6 * cut), "textcoords": "offset points", "annotation_clip": False}
        axis.annotate(label, (as_array(x)[last], as_array(y)[last]), **style)
    axis.set_xlim(*as_array(x)[[0, -1]])
    return axis


def _fill_bins(axis: Axes, density: Curve, edges: Tensor, rotated: bool = False) -> None:
    """Fill the area below ``density`` between consecutive edges, one colour and number a bin."""
    for k, colour in enumerate(bin_colours(len(edges) - 1)):
        ends = sorted((float(edges[k]), float(edges[k + 1])))
        inset = 1e-9 * (ends[1] - ends[0])  # an end of the support belongs to its bin
        v = torch.linspace(ends[0] + inset, ends[1] - inset, 101, dtype=torch.float64)
        height = density(v)
        fill = axis.fill_betweenx if rotated else axis.fill_between
        fill(as_array(v), 0, as_array(height), color=colour, linewidth=0, label=f"bin {k + 1}")
        mass = float(height.sum())
        centroid = (float((v * height).sum()) / mass, float((height**2).sum()) / mass / 2)
        ink = "white" if np.dot(colour[:3], (0.3, 0.6, 0.1)) < 0.5 else "black"
        place = centroid[::-1] if rotated else centroid
        axis.text(*place, k + 1, color=ink, ha="center", va="center_baseline", fontsize=10)
