"""Maps of the line: images of points, densities pushed forward, and steps of a solver.

Functions take one-dimensional tensors, and functions of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
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
    Function,
    Span,
    as_array,
    bin_colours,
    curve,
    dashes,
    label,
    number,
    panel_grid,
    panels,
    widen,
)


def rulers(f: Function, z: Tensor) -> Axes:
    """Two rulers joined by threads: each thread takes a point z of the first to f(z).

    Where threads spread out, points (and probability) get thinner; where they converge, denser.
    Each ruler has its own scale.
    """
    (axis,) = panels(1, height=2.3)
    rows = (z, f(z))
    places = [(row - row.min()) / (row.max() - row.min()) for row in rows]
    threads = [[(a, 1), (b, 0)] for a, b in zip(*(p.tolist() for p in places), strict=True)]
    axis.add_collection(LineCollection(threads, colors=DATA, linewidths=0.7))
    names, inks = ("$z$", "$x = f(z)$"), (BASE, MODEL)
    for y, row, place, name, ink in zip((1, 0), rows, places, names, inks, strict=True):
        axis.plot([0, 1], [y, y], color=ink)
        curve(axis, place, 0 * place + y, "o", color=ink, markersize=5, clip_on=False)
        low, high = float(row.min()), float(row.max())
        for value in range(math.ceil(low), math.floor(high) + 1):
            x = (value - low) / (high - low)
            axis.text(x, 1.32 * y - 0.16, str(value), ha="center", va="center")
        axis.text(-0.04, y, name, color=ink, ha="right", va="center", fontsize=12)
    axis.set(xlim=(0, 1), ylim=(-0.25, 1.25))
    axis.set_axis_off()
    return axis


def pushforward_1d(
    f: Function,
    base: Function,
    model: Function,
    edges: Tensor,
    *,
    z_range: Span | None = None,
    x_range: Span | None = None,
    samples: Tensor | None = None,
    sample_bins: int = 40,
    wrong: Function | None = None,
    wrong_label: str = "",
    marks: Mapping[str, float] = {},
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
    curve(map_axis, inside, f(inside), color=DATA)
    ends = zip(edges.tolist(), images.tolist(), strict=True)
    corners = [[(a, x_range[0]), (a, b), (z_range[0], b)] for a, b in ends]
    map_axis.add_collection(LineCollection(corners, colors=DATA, linewidths=0.6, linestyles=":"))
    curve(z_axis, z, base(z), color=BASE)
    curve(x_axis, model(x), x, color=MODEL)
    if samples is not None:
        outline = {"histtype": "step", "orientation": "horizontal", "color": DATA, "linewidth": 1}
        x_axis.hist(as_array(samples), sample_bins, density=True, **outline)
    if wrong is not None:
        curve(x_axis, wrong(x), x, dashes(ERROR), color=ERROR)
        corner = float(wrong(x).max()), float(x[wrong(x) > 0].max())
        x_axis.text(*corner, wrong_label, color=ERROR, ha="right", va="bottom")
    _fill_bins(z_axis, base, edges)
    _fill_bins(x_axis, model, images, rotated=True)
    for name, value in marks.items():
        x_axis.axhline(value, color=DATA, linewidth=0.8)
        across = x_axis.get_yaxis_transform()
        x_axis.text(1, value, name, transform=across, ha="right", va="bottom", fontsize=10)
    map_axis.set(xlim=z_range, ylim=x_range)
    z_axis.set(xlabel="$z$", ylabel="$p_Z(z)$", ylim=(0, None))
    x_axis.set(xlabel="$p_X(x)$", ylabel="$x = f(z)$", xlim=(0, None))
    map_axis.tick_params(labelbottom=False, labelleft=False)
    return figure


def inverse_branches(
    f: Function, z: Tensor, strip: Span, x: Tensor, contributions: Mapping[str, Tensor]
) -> list[Axes]:
    """On the left, the values of x in ``strip`` and all their pre-images under f; on the right,
    the ``contributions`` of f's branches to the density, stacked: the outline is their sum.
    """
    left, right = panels(2)
    values = f(z)
    outside = (values < strip[0]) | (values > strip[1])
    curve(left, z, values, color=DATA)
    left.axhspan(*strip, color=MODEL, alpha=0.35, linewidth=0)
    for y, clip in ((values, True), (torch.zeros_like(z), False)):
        curve(left, z, y.masked_fill(outside, torch.nan), color=BASE, linewidth=4, clip_on=clip)
    left.set(xlabel="$z$", ylabel="$x = f(z)$", xlim=(float(z[0]), float(z[-1])), ylim=(0, None))
    floor = torch.zeros_like(x)
    for k, (name, height) in enumerate(contributions.items()):
        shade = {"color": MODEL, "alpha": 0.7 - 0.4 * (k % 2), "linewidth": 0, "label": name}
        right.fill_between(as_array(x), as_array(floor), as_array(floor + height), **shade)
        floor = floor + height
    curve(right, x, floor, color=MODEL)
    right.legend()
    right.set(xlabel="$x$", ylabel="$p_X(x)$", xlim=(0, float(x[-1])), ylim=(0, None))
    return [left, right]


def scalar_maps(
    x: Tensor, codes: Mapping[str, Tensor], densities: Mapping[str, Tensor]
) -> list[Axes]:
    """Increasing functions z ↦ x on the left, given as z at the points x; on the right the
    densities of their x, upright, in the same inks. The first of each is the truth.
    """
    left, right = axes = panels(2, height=3.4, sharey=True, width_ratios=(3, 2))
    for axis, curves in zip(axes, (codes, densities), strict=True):
        styles = zip((TARGET, BASE, DATA, MODEL), ("-", ":", "--", "-"), strict=True)
        for (name, values), (ink, style) in zip(curves.items(), styles, strict=False):
            curve(axis, values, x, style, color=ink, label=name)
    left.set(xlim=(-3, 3), ylim=(float(x[0]), float(x[-1])), xlabel="$z_2$", ylabel="$x_2$")
    right.set(xlim=(0, None), xlabel="$p(x_2 \\mid x_1)$")
    left.legend(loc="upper left", fontsize=9, handlelength=1.6)
    return axes


def planar_folds(strengths: Sequence[float], samples: int = 200_000) -> list[Axes]:
    """g(a) = a + c tanh a, and the density of g(Z), Z ~ N(0, 1), for each c.

    Grey: a histogram of samples. Curves: p_Z(a)/|g'(a)| at g(a), one strand for each preimage; in
    red where there are several, as then none of them is the density.
    """
    axes = panel_grid(2, len(strengths), height=1.95, sharex="row", sharey="row")
    a = torch.linspace(-4, 4, 4001, dtype=torch.float64)
    z = torch.randn(samples, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for c, top, low in zip(strengths, *axes, strict=True):
        image, slope = a + c * torch.tanh(a), 1 + c / torch.cosh(a) ** 2
        strand = torch.exp(-(a**2) / 2) / math.sqrt(2 * math.pi) / slope.abs()
        ink = MODEL if c >= -1 else ERROR
        curve(top, a, image, dashes(ink), color=ink)
        top.set_title(f"$c = {c:g}$")
        top.set_xlabel("$\\alpha$")
        bars = {"weights": [160 / 4 / samples] * samples, "color": DATA, "alpha": 0.45}
        low.hist(as_array(z + c * torch.tanh(z)), bins=160, range=(-2, 2), **bars)
        curve(low, image, strand, dashes(ink), color=ink, linewidth=1.3)
        low.set(xlim=(-2, 2), ylim=(0, 1.5), xlabel="$x$")
    axes[0, 0].set_ylabel("$g(\\alpha)$")
    axes[1, 0].set_ylabel("$p_X(x)$")
    return list(axes.flat)


def newton_walks(c: float, y: float, steps: int = 8) -> Axes:
    """Newton's steps for a + c tanh a = y: two from y itself, in red, and from the inflection at 0."""
    (axis,) = panels(1, height=3.2)
    g = lambda a: a + c * math.tanh(a)
    slope = lambda a: 1 + c / math.cosh(a) ** 2
    grid = torch.linspace(-4, 7, 400, dtype=torch.float64)
    curve(axis, grid, grid + c * torch.tanh(grid), color=BASE)
    axis.axhline(y, color=DATA, linewidth=1)
    walks = ((y, ERROR, 1.4, "y", 2), (0.0, MODEL, 2.0, "-b", steps))  # a cycle is drawn once
    for start, ink, width, name, count in walks:
        a, xs, ys = start, [start], [y]
        for _ in range(count):
            xs, ys = [*xs, a], [*ys, g(a)]
            a = a - (g(a) - y) / slope(a)
            a = a if ink == ERROR else min(max(a, y - abs(c)), y + abs(c))
            xs, ys = [*xs, a], [*ys, y]
        axis.plot(xs, ys, dashes(ink), color=ink, linewidth=width, marker=".")
        side, ha = (1, "left") if ink == ERROR else (-1, "right")
        label(axis, f"$\\alpha_0 = {name}$", (start, y), (5 * side, -10), ink, ha=ha)
    axis.set(xlabel="$\\alpha$", ylabel="$g(\\alpha)$")
    return axis


def _fill_bins(axis: Axes, density: Function, edges: Tensor, rotated: bool = False) -> None:
    """Fill the area below ``density`` between consecutive edges, one colour and number a bin."""
    for k, colour in enumerate(bin_colours(len(edges) - 1)):
        low, high = sorted(edges[k : k + 2].tolist())
        inset = 1e-9 * (high - low)  # an end of the support belongs to its bin
        v = torch.linspace(low + inset, high - inset, 101, dtype=torch.float64)
        height = density(v)
        fill = axis.fill_betweenx if rotated else axis.fill_between
        fill(as_array(v), 0, as_array(height), color=colour, linewidth=0, label=f"bin {k + 1}")
        mass = float(height.sum())
        centroid = (float((v * height).sum()) / mass, float((height**2).sum()) / mass / 2)
        number(axis, centroid[::-1] if rotated else centroid, k + 1, colour)
