"""Figures of the plane: points, densities, and a grid carried by a map.

Functions take points of shape (n, 2), and functions of them; all axes are equal in both directions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap, to_rgba
from torch import Tensor

from nflib.course.plotting.style import BASE, DATA, MODEL, Span, as_array, panels

Points = Callable[[Tensor], Tensor]
Corner = Sequence[float]


def plane(count: int = 1, low: Corner = (-4, -4), high: Corner = (4, 4), height=2.6) -> list[Axes]:
    """``count`` squares side by side that show the box from ``low`` to ``high``, to scale."""
    axes = panels(count, height)
    for axis in axes:
        axis.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
    return axes


def scatter(axis: Axes, points: Tensor, colour=DATA, size: float = 4.0) -> Axes:
    """Samples as small dots; ``colour`` is one ink, or one number or colour a point."""
    x, y = as_array(points).T
    c = colour if isinstance(colour, (str, list)) else as_array(torch.as_tensor(colour))
    axis.scatter(x, y, s=size, c=c, linewidths=0, alpha=0.7, rasterized=True)
    return axis


def density_map(axis: Axes, log_prob: Points, ink: str = MODEL, count: int = 120) -> Axes:
    """A density on the box that the axes show, as one ink that grows with the density."""
    values = _on_grid(axis, log_prob, count)
    clear = LinearSegmentedColormap.from_list("ink", [to_rgba(ink, 0.0), to_rgba(ink, 1.0)])
    density = as_array(values.exp().nan_to_num(0))
    extent = (*axis.get_xlim(), *axis.get_ylim())
    axis.imshow(density, cmap=clear, extent=extent, origin="lower", interpolation="bilinear")
    return axis


def grid_lines(
    axis: Axes,
    f: Points,
    first: Span,
    second: Span,
    lines: int = 11,
    inks: tuple[str, str] = (BASE, DATA),
) -> Axes:
    """The image by ``f`` of a grid on ``first`` x ``second``.

    Lines along the first coordinate have the first ink, lines along the second the other.
    """
    along = [torch.linspace(*span, 201, dtype=torch.float64) for span in (first, second)]
    across = [torch.linspace(*span, lines, dtype=torch.float64) for span in (first, second)]
    for coordinate, ink in zip((0, 1), inks, strict=True):
        moving, fixed = along[coordinate], across[1 - coordinate]
        points = torch.empty(lines, len(moving), 2, dtype=torch.float64)
        points[..., coordinate] = moving
        points[..., 1 - coordinate] = fixed[:, None]
        curves = as_array(f(points.reshape(-1, 2)).reshape(points.shape))
        axis.add_collection(LineCollection(list(curves), colors=ink, linewidths=0.8))
    return axis


def _on_grid(axis: Axes, function: Points, count: int) -> Tensor:
    x, y = (
        torch.linspace(*span, count, dtype=torch.get_default_dtype())
        for span in (axis.get_xlim(), axis.get_ylim())
    )
    points = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)
    with torch.no_grad():
        return function(points.reshape(-1, 2)).reshape(count, count)
