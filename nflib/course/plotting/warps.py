"""Figures of maps of the plane: where points go, how cells become parallelograms, who overlaps.

Functions take maps of points (n, 2); all axes are equal in both directions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from torch import Tensor

from nflib.course.plotting.plane import Corner, Points, density_map, grid_lines
from nflib.course.plotting.style import BASE, DATA, MODEL, Span, as_array, panels
from nflib.numerics import jacobian


def carry(
    f: Points,
    z: Tensor,
    colour: Tensor,
    boxes: Sequence[tuple[Corner, Corner]],
    *,
    names: tuple[str, str] = ("z", "x"),
    size: float = 3.0,
) -> list[Axes]:
    """Points z on the left and f(z) on the right, each point with one colour in both.

    ``boxes`` are the corners (low, high) that the two panels show.
    """
    axes = panels(2)
    for axis, points, (low, high), name in zip(axes, (z, f(z)), boxes, names, strict=True):
        x, y = as_array(points).T
        shade = as_array(colour)
        axis.scatter(x, y, s=size, c=shade, cmap="viridis", linewidths=0, rasterized=True)
        _frame(axis, low, high, name)
    axes[0].set_aspect("auto")
    return axes


def tangent_cells(
    f: Points, first: Span, second: Span, cells: int = 4, *, names: tuple[str, str] = ("z", "x")
) -> list[Axes]:
    """A grid of squares on the left; on the right its image, and in each image the parallelogram
    that the Jacobian matrix at the square's lower left corner makes of the square.
    """
    axes = panels(2, height=2.9)
    corners, squares = _cells(first, second, cells)
    J = jacobian(f, corners)[:, None]
    tangents = f(corners)[:, None] + (J @ (squares - corners[:, None])[..., None])[..., 0]
    for axis, shapes, ink in zip(axes, (squares, tangents), (BASE, MODEL), strict=True):
        patches = list(as_array(shapes))
        axis.add_collection(PolyCollection(patches, facecolors=ink, edgecolors=ink, alpha=0.35))
    grid_lines(axes[0], lambda z: z, first, second, cells + 1, (DATA, DATA))
    grid_lines(axes[1], f, first, second, cells + 1, (DATA, DATA))
    for axis, shapes, name in zip(axes, (squares, tangents), names, strict=True):
        low, high = shapes.reshape(-1, 2).amin(0), shapes.reshape(-1, 2).amax(0)
        margin = 0.08 * (high - low)
        _frame(axis, (low - margin).tolist(), (high + margin).tolist(), name)
    return axes


def density_row(densities: Mapping[str, Callable], low: Corner, high: Corner) -> list[Axes]:
    """Densities side by side in one scale of ink: twice the density is twice the ink.

    ``densities`` are log-densities of points (n, 2) by the text to write above each.
    """
    axes = panels(len(densities), height=2.4, sharey=True)
    for axis, (label, log_density) in zip(axes, densities.items(), strict=True):
        _frame(axis, low, high, "x")
        density_map(axis, log_density)
        axis.set_title(label)
        axis.locator_params(nbins=4, integer=True)
    top = max(float(axis.images[0].get_array().max()) for axis in axes)
    for axis in axes:
        axis.images[0].set_clim(0, top)
        axis.set_ylabel(axes[0].get_ylabel() if axis is axes[0] else "")
    return axes


def sheets(
    f: Points, first: Span, seconds: Sequence[Span], *, names: tuple[str, str] = ("z", "x")
) -> list[Axes]:
    """A rectangle cut into ``seconds`` on the left, and the images of the pieces on the right,
    transparent, so that what is covered twice is darker.
    """
    axes = panels(2, height=2.9)
    images = []
    for k, second in enumerate(seconds):
        border = _border(first, second)
        images.append(f(border))
        for axis, shape in zip(axes, (border, images[-1]), strict=True):
            ink = (BASE, MODEL)[k % 2]
            patch = PolyCollection([as_array(shape)], facecolors=ink, edgecolors=ink, alpha=0.4)
            axis.add_collection(patch)
        middle = (sum(first) / 2, sum(second) / 2)
        axes[0].text(*middle, str(k + 1), ha="center", va="center_baseline")
    extent = torch.cat(images).abs().max().item() * 1.08
    heights = [end for second in seconds for end in second]
    room = 0.05 * (max(heights) - min(heights))
    low, high = (first[0] - 0.1, min(heights) - room), (first[1] + 0.1, max(heights) + room)
    _frame(axes[0], low, high, names[0])
    _frame(axes[1], (-extent, -extent), (extent, extent), names[1])
    axes[0].set_aspect("auto")
    return axes


def _frame(axis: Axes, low: Corner, high: Corner, name: str) -> None:
    """Limits, equal scales, and names of the coordinates."""
    axis.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
    axis.set(xlabel=f"${name}_1$", ylabel=f"${name}_2$")


def _cells(first: Span, second: Span, cells: int) -> tuple[Tensor, Tensor]:
    """Lower left corners (n, 2) and the four vertices (n, 4, 2) of the cells of a grid."""
    low = torch.tensor([first[0], second[0]], dtype=torch.float64)
    side = (torch.tensor([first[1], second[1]], dtype=torch.float64) - low) / cells
    steps = torch.arange(cells, dtype=torch.float64)
    corners = low + torch.cartesian_prod(steps, steps) * side
    turn = torch.tensor([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=torch.float64)
    return corners, corners[:, None] + turn * side


def _border(first: Span, second: Span, count: int = 200) -> Tensor:
    """Points around a rectangle, counterclockwise."""
    s = torch.linspace(0, 1, count, dtype=torch.float64)
    x = first[0] + (first[1] - first[0]) * torch.cat([s, s * 0 + 1, 1 - s, s * 0])
    y = second[0] + (second[1] - second[0]) * torch.cat([s * 0, s, s * 0 + 1, 1 - s])
    return torch.stack([x, y], dim=-1)
