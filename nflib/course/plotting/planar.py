"""Figures of planar flows: one layer, its scalar map, the solver's walks, and learned densities."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from torch import Tensor

from nflib.course.plotting.plane import density_map, grid_lines, plane, scatter
from nflib.course.plotting.style import BASE, DATA, ERROR, MODEL, TARGET, WIDTH, as_array, panels
from nflib.flow import Flow


def planar_layer(w: Tensor, u: Tensor, b: float, extent: float = 3.0) -> list[Axes]:
    """A grid and its image under z + u tanh(wᵀz + b), with the line wᵀz + b = 0, which stays."""
    w, u = w.double(), u.double()
    axes = plane(2, (-extent - 1, -extent - 1), (extent + 1, extent + 1), height=2.7)
    span = (-extent, extent)
    still = -b * w / (w @ w)
    along = torch.stack([-w[1], w[0]]) / w.norm()
    ends = as_array(torch.stack([still - 10 * along, still + 10 * along]))
    maps = (lambda z: z, lambda z: z + torch.tanh(z @ w + b)[..., None] * u)
    for axis, f, inks, name in zip(axes, maps, ((BASE, BASE), (MODEL, MODEL)), "zx", strict=True):
        grid_lines(axis, f, span, span, 13, inks)
        axis.plot(*ends.T, color=ERROR, linestyle="--", linewidth=1.4)
        axis.set(xlabel=f"${name}_1$", ylabel=f"${name}_2$")
    start, stop = as_array(still), as_array(still + u)
    axes[1].annotate("", stop, start, arrowprops={"arrowstyle": "->", "color": TARGET, "lw": 2.2})
    return axes


def planar_folds(strengths: Sequence[float], samples: int = 200_000) -> list[Axes]:
    """g(a) = a + c tanh a, and the density of g(Z), Z ~ N(0, 1), for each c.

    Grey: a histogram of samples. Curves: p_Z(a)/|g'(a)| at g(a), one strand for each preimage; in
    red where there are several, as then none of them is the density.
    """
    count = len(strengths)
    _, axes = plt.subplots(2, count, figsize=(WIDTH, 3.9), sharex="row", sharey="row")
    a = torch.linspace(-4, 4, 4001, dtype=torch.float64)
    z = torch.randn(samples, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for c, top, low in zip(strengths, *axes, strict=True):
        image, slope = a + c * torch.tanh(a), 1 + c / torch.cosh(a) ** 2
        strand = torch.exp(-(a**2) / 2) / math.sqrt(2 * math.pi) / slope.abs()
        ink, dashes = (MODEL, "-") if c >= -1 else (ERROR, "--")
        top.plot(as_array(a), as_array(image), color=ink, linestyle=dashes)
        top.set_title(f"$c = {c:g}$")
        top.set_xlabel("$\\alpha$")
        values = as_array(z + c * torch.tanh(z))
        low.hist(values, bins=160, range=(-2, 2), density=False, color=DATA, alpha=0.45,
                 weights=[160 / 4 / samples] * samples)  # fmt: skip
        low.plot(as_array(image), as_array(strand), color=ink, linestyle=dashes, linewidth=1.3)
        low.set(xlim=(-2, 2), ylim=(0, 1.5), xlabel="$x$")
    axes[0][0].set_ylabel("$g(\\alpha)$")
    axes[1][0].set_ylabel("$p_X(x)$")
    return [*axes[0], *axes[1]]


def newton_walks(c: float, y: float, steps: int = 8) -> Axes:
    """Newton's steps for a + c tanh a = y: from y itself, in red, and from the inflection at 0."""
    axis = panels(1, height=3.2)[0]
    g = lambda a: a + c * math.tanh(a)
    slope = lambda a: 1 + c / math.cosh(a) ** 2
    grid = torch.linspace(-4, 7, 400, dtype=torch.float64)
    axis.plot(as_array(grid), as_array(grid + c * torch.tanh(grid)), color=BASE)
    axis.axhline(y, color=DATA, linewidth=1)
    for start, ink, dashes, width in ((y, ERROR, "--", 1.4), (0.0, MODEL, "-", 2.0)):
        a, xs, ys = start, [start], [y]
        for _ in range(steps):
            xs, ys = [*xs, a], [*ys, g(a)]
            a = a - (g(a) - y) / slope(a)
            a = a if ink == ERROR else min(max(a, y - abs(c)), y + abs(c))
            xs, ys = [*xs, a], [*ys, y]
        axis.plot(xs, ys, color=ink, linestyle=dashes, linewidth=width, marker=".")
    axis.set(xlabel="$\\alpha$", ylabel="$g(\\alpha)$")
    return axis


def density_table(
    rows: Mapping[str, Sequence[tuple[str, Callable]]], extent: float = 4.6
) -> list[Axes]:
    """A table of densities of the plane, each panel with its own ink scale: rows of (title, log p).

    The keys are written at the left of the rows.
    """
    columns = len(next(iter(rows.values())))
    size = (WIDTH, 1.65 * len(rows))
    _, axes = plt.subplots(len(rows), columns, figsize=size, squeeze=False)
    for k, (line, (label, parts)) in enumerate(zip(axes, rows.items(), strict=True)):
        for axis, (title, log_prob) in zip(line, parts, strict=True):
            axis.set(xlim=(-extent, extent), ylim=(-extent, extent), aspect="equal")
            axis.set(xticks=[], yticks=[])
            exact = k == 0 and label == "$p$"
            density_map(axis, log_prob, TARGET if exact else MODEL)
            axis.set_title(title, fontsize=10)
        line[0].set_ylabel(label)
    return list(axes.flat)


def moons_row(flow: Flow, data: Tensor) -> list[Axes]:
    """Data, the learned density, samples of the flow, and the data carried back to the base."""
    axes = panels(4, height=1.8)
    for axis in axes[:3]:
        axis.set(xlim=(-1.6, 2.6), ylim=(-1.85, 2.35))
    axes[3].set(xlim=(-4, 4), ylim=(-4, 4))
    samples = flow.sample(len(data), torch.Generator().manual_seed(1))
    with torch.no_grad():
        codes = flow.to_latent(data)
    scatter(axes[0], data, DATA, 1.5)
    density_map(axes[1], flow.log_prob)
    scatter(axes[2], samples, MODEL, 1.5)
    scatter(axes[3], codes, BASE, 1.5)
    for axis in axes:
        axis.set(aspect="equal", xticks=[], yticks=[])
    return axes
