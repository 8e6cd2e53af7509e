"""Points and densities of the plane.

Functions take points of shape (n, 2), and functions of them; all axes are equal in both directions.
A density is drawn as one ink that grows with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgba
from torch import Tensor

from nflib.course.plotting.style import (
    BASE,
    DATA,
    MODEL,
    TARGET,
    Corner,
    Function,
    as_array,
    border,
    frame,
    panel_grid,
    panels,
)
from nflib.flow import Flow


def plane(count: int = 1, low: Corner = (-4, -4), high: Corner = (4, 4), height=2.6) -> list[Axes]:
    """``count`` squares side by side that show the box from ``low`` to ``high``, to scale."""
    return [frame(axis, low, high) for axis in panels(count, height)]


def scatter(axis: Axes, points: Tensor, colour=DATA, size: float = 4.0) -> Axes:
    """Samples as small dots; ``colour`` is one ink, or one number or colour a point."""
    x, y = as_array(points).T
    c = colour if isinstance(colour, (str, list)) else as_array(torch.as_tensor(colour))
    axis.scatter(x, y, s=size, c=c, linewidths=0, alpha=0.7, rasterized=True)
    return axis


def density_map(axis: Axes, log_prob: Function, ink: str = MODEL) -> Axes:
    """A density on the box that the axes show, from its logarithm at 120 x 120 points."""
    extent = (*axis.get_xlim(), *axis.get_ylim())
    x, y = (
        torch.linspace(low, high, 120, dtype=torch.get_default_dtype())
        for low, high in (extent[:2], extent[2:])
    )
    points = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)
    with torch.no_grad():
        density = log_prob(points.reshape(-1, 2)).reshape(120, 120).exp().nan_to_num(0)
    clear = LinearSegmentedColormap.from_list("ink", [to_rgba(ink, 0.0), to_rgba(ink, 1.0)])
    style = {"origin": "lower", "interpolation": "bilinear"}
    axis.imshow(as_array(density), cmap=clear, extent=extent, **style)
    return axis


def density_row(densities: Mapping[str, Function], low: Corner, high: Corner) -> list[Axes]:
    """Densities side by side in one scale of ink: twice the density is twice the ink.

    ``densities`` are log-densities of points (n, 2) by the text to write above each.
    """
    axes = panels(len(densities), height=2.4, sharey=True)
    for axis, (name, log_prob) in zip(axes, densities.items(), strict=True):
        density_map(frame(axis, low, high, "x"), log_prob)
        axis.set_title(name)
        axis.locator_params(nbins=4, integer=True)
        axis.label_outer()
    _share_ink(axes, max(_darkest(axis) for axis in axes))
    return axes


def density_grid(densities: Mapping[str, Function], low: Corner, high: Corner) -> list[Axes]:
    """Log-densities of the plane in rows of three, in one scale of ink, the truth first in green."""
    rows = -(-len(densities) // 3)
    axes = list(panel_grid(rows, 3, height=1.95).flat)
    for axis in axes[len(densities) :]:
        axis.set_axis_off()
    shown = axes[: len(densities)]
    for axis, (name, log_prob) in zip(shown, densities.items(), strict=True):
        ink = TARGET if axis is axes[0] else MODEL
        density_map(frame(axis, low, high, ticks=False), log_prob, ink)
        axis.set_title(name, fontsize=10)
        border(axis, 0.6)
    _share_ink(shown, 1.3 * _darkest(shown[0]))
    return shown


def density_table(rows: Mapping[str, Sequence[tuple]]) -> list[Axes]:
    """A table of densities on [−4.6, 4.6]², each with its own ink scale: rows of (title, log p).

    The keys are written at the left of the rows; if the first is p, its row is in green. A third
    entry of a panel is its ink; a row that is shorter than the others leaves the rest blank.
    """
    axes = panel_grid(len(rows), max(map(len, rows.values())), height=1.65)
    for k, (line, (key, parts)) in enumerate(zip(axes, rows.items(), strict=True)):
        ink = TARGET if k == 0 and key == "$p$" else MODEL
        for axis, (title, log_prob, *own) in zip(line, parts, strict=False):
            frame(axis, (-4.6, -4.6), (4.6, 4.6), ticks=False)
            density_map(axis, log_prob, *own or [ink])
            axis.set_title(title)
        for axis in line[len(parts) :]:
            axis.set_axis_off()
        line[0].set_ylabel(key)
    return [axis for axis in axes.flat if axis.axison]


def data_and_densities(
    data: Tensor, models: Mapping[str, Function], low: Corner, high: Corner
) -> list[Axes]:
    """The data, and beside them each model's density, all on the same box."""
    axes = list(panel_grid((len(models) + 2) // 2, 2, height=2.1).flat)
    for axis in axes:
        frame(axis, low, high, ticks=False)
    scatter(axes[0], data, size=3)
    for axis, (name, log_prob) in zip(axes[1:], models.items(), strict=False):
        density_map(axis, log_prob)
        axis.set_title(name, fontsize=10)
    return axes


def moons_panels(flow: Flow, data: Tensor) -> list[Axes]:
    """Data and the learned density; below, samples of the flow and the data carried back to the base."""
    axes = list(panel_grid(2, 2, height=2.5).flat)
    for axis in axes[:3]:
        frame(axis, (-1.6, -1.85), (2.6, 2.35), "x")
    frame(axes[3], (-4, -4), (4, 4), "z")
    samples = flow.sample(len(data), torch.Generator().manual_seed(1))
    with torch.no_grad():
        codes = flow.to_latent(data)
    scatter(axes[0], data, DATA, 1.5)
    density_map(axes[1], flow.log_prob)
    scatter(axes[2], samples, MODEL, 1.5)
    scatter(axes[3], codes, BASE, 1.5)
    return axes


def _darkest(axis: Axes) -> float:
    """The largest density that the axes show."""
    return float(axis.images[0].get_array().max())


def _share_ink(axes: Sequence[Axes], top: float) -> None:
    """Draw all densities in one scale, from 0 to ``top``."""
    for axis in axes:
        axis.images[0].set_clim(0, top)
