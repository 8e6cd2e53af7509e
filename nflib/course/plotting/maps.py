"""Maps of the plane, shown by the images of points, of squares and of the lines of a grid.

Functions take maps of points (n, 2); all axes are equal in both directions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.patches import FancyArrowPatch
from torch import Tensor

from nflib.course.numerics import jacobian
from nflib.course.plotting.plane import density_map, plane
from nflib.course.plotting.style import (
    BASE,
    DATA,
    ERROR,
    MODEL,
    TARGET,
    WIDTH,
    Corner,
    Function,
    Span,
    as_array,
    bin_colours,
    frame,
    name_coordinates,
    panel_grid,
    panels,
)

SQUARE = torch.tensor([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=torch.float64)


def flow_diagram(
    left: Sequence[str], right: Sequence[str], there: Sequence[str], back: Sequence[str]
) -> Axes:
    """Base and data side by side, the arrow of f above and that of its inverse below.

    ``left`` and ``right`` are the lines of each side; ``there`` and ``back`` hold the name of the
    map and what it is used for.
    """
    (axis,) = panels(1, height=2.5)
    axis.set_axis_off()
    for x, lines, ink in ((0.13, left, BASE), (0.87, right, MODEL)):
        box = {"boxstyle": "round,pad=0.6", "fc": "none", "ec": ink, "lw": 1.8}
        style = {"ha": "center", "va": "center", "color": ink, "bbox": box, "linespacing": 1.7}
        axis.text(x, 0.5, "\n".join(lines), **style)
    for out, ends, (name, use), ink in (
        (0.05, (0.29, 0.71), there, MODEL),
        (-0.05, (0.71, 0.29), back, BASE),
    ):
        y = 0.5 + 3.6 * out
        style = {"arrowstyle": "-|>", "mutation_scale": 18, "lw": 1.8, "color": ink}
        axis.add_patch(FancyArrowPatch(*((x, y) for x in ends), **style))
        for text, away, colour, size in ((name, 1.3, ink, 13), (use, 4.0, DATA, 10)):
            style = {"ha": "center", "va": "center", "color": colour, "fontsize": size}
            axis.text(0.5, y + away * out, text, **style)
    return axis


def mapped_points(
    f: Function, z: Tensor, colour: Tensor, boxes: Sequence[tuple[Corner, Corner]]
) -> list[Axes]:
    """Points z on the left and f(z) on the right, each point with one colour in both.

    ``boxes`` are the corners (low, high) that the two panels show.
    """
    axes = panels(2)
    for axis, points, (low, high), name in zip(axes, (z, f(z)), boxes, "zx", strict=True):
        style = {"c": as_array(colour), "cmap": "viridis", "linewidths": 0, "rasterized": True}
        frame(axis, low, high, name).scatter(*as_array(points).T, s=3, **style)
    axes[0].set_aspect("auto")
    return axes


def mapped_pieces(f: Function, first: Span, seconds: Sequence[Span]) -> list[Axes]:
    """A rectangle cut into ``seconds`` on the left, and the images of the pieces on the right,
    transparent, so that what is covered twice is darker.
    """
    axes = panels(2, height=2.9)
    reach = 0.0
    for k, second in enumerate(seconds):
        low, high = _corners(first, second)
        border = low + _edges(200) * (high - low)
        image, ink = f(border), (BASE, MODEL)[k % 2]
        for axis, shape in zip(axes, (border, image), strict=True):
            patch = PolyCollection([as_array(shape)], facecolors=ink, edgecolors=ink, alpha=0.4)
            axis.add_collection(patch)
        axes[0].text(sum(first) / 2, sum(second) / 2, str(k + 1), ha="center", va="center_baseline")
        reach = max(reach, 1.08 * image.abs().max().item())
    bottom, top = min(map(min, seconds)), max(map(max, seconds))
    room = 0.05 * (top - bottom)
    frame(axes[0], (first[0] - 0.1, bottom - room), (first[1] + 0.1, top + room), "z")
    frame(axes[1], (-reach, -reach), (reach, reach), "x")
    axes[0].set_aspect("auto")
    return axes


def tangent_cells(f: Function, first: Span, second: Span, cells: int = 4) -> list[Axes]:
    """A grid of squares on the left; on the right its image, and in each image the parallelogram
    that the Jacobian matrix at the square's lower left corner makes of the square.
    """
    axes = panels(2, height=2.9)
    low, high = _corners(first, second)
    side, steps = (high - low) / cells, torch.arange(cells, dtype=torch.float64)
    corners = low + torch.cartesian_prod(steps, steps) * side
    squares = corners[:, None] + SQUARE * side
    J = jacobian(f, corners)[:, None]
    tangents = f(corners)[:, None] + (J @ (squares - corners[:, None])[..., None])[..., 0]
    for axis, shapes, ink, g, name in zip(
        axes, (squares, tangents), (BASE, MODEL), (torch.clone, f), "zx", strict=True
    ):
        patches = list(as_array(shapes))
        axis.add_collection(PolyCollection(patches, facecolors=ink, edgecolors=ink, alpha=0.35))
        grid_lines(axis, g, first, second, cells + 1, (DATA, DATA))
        low, high = shapes.reshape(-1, 2).amin(0), shapes.reshape(-1, 2).amax(0)
        margin = 0.08 * (high - low)
        frame(axis, (low - margin).tolist(), (high + margin).tolist(), name)
    return axes


def chequerboards(stops: Mapping[str, Function], cells: int = 10, span: float = 3.6) -> list[Axes]:
    """A coloured chequerboard of the base, and its image by each map in ``stops``.

    The squares of [−2.5, 2.5]² keep their colour, one for each quadrant of the base.
    """
    columns = (len(stops) + 1) // 2
    axes = list(panel_grid(2, columns, height=WIDTH / columns + 0.15).flat)
    side = 5 / cells
    corners = torch.cartesian_prod(*2 * [torch.arange(cells) * side - 2.5])
    corners = corners.to(torch.get_default_dtype())
    squares = corners[:, None] + side * _edges(9).to(corners)
    right, upper = (corners + side / 2 > 0).long().T
    odd = ((corners / side).round().sum(-1).long() % 2).tolist()
    inks = [bin_colours(4)[quadrant][:3] for quadrant in (2 * right + upper).tolist()]
    faces = [(*ink, (0.85, 0.45)[k]) for ink, k in zip(inks, odd, strict=True)]
    for axis, (name, f) in zip(axes, stops.items(), strict=False):
        with torch.no_grad():
            images = as_array(f(squares.reshape(-1, 2)).reshape(squares.shape))
        axis.add_collection(PolyCollection(list(images), facecolors=faces, edgecolors="none"))
        frame(axis, (-span, -span), (span, span), ticks=False)
        axis.set_title(name, fontsize=10)
    for axis in axes[len(stops) :]:
        axis.set_axis_off()
    return axes


def point_clouds(clouds: Mapping[str, Tensor], group: Tensor) -> list[Axes]:
    """A cloud of points after each layer, side by side to one scale; each point keeps its colour.

    ``clouds`` are points (n, 2) by the text to write above; ``group`` (n,) are the numbers of
    their colours. The window is the smallest square that shows all but a few points in 100.
    """
    axes = panels(len(clouds), height=1.6)
    shares = torch.tensor([0.005, 0.995], dtype=torch.float64)
    ends = torch.quantile(torch.cat([*clouds.values()]).double(), shares, dim=0)
    middle, half = ends.mean(0), 0.53 * (ends[1] - ends[0]).max()
    inks = bin_colours(int(group.max()) + 1)
    colours = [inks[g] for g in group.tolist()]
    for axis, (name, points) in zip(axes, clouds.items(), strict=True):
        frame(axis, (middle - half).tolist(), (middle + half).tolist(), ticks=False)
        axis.scatter(*as_array(points).T, s=1.5, c=colours, linewidths=0, rasterized=True)
        axis.set_title(name, fontsize=11)
    return axes


def grid_lines(
    axis: Axes,
    f: Function,
    first: Span,
    second: Span,
    lines: int = 11,
    inks: tuple[str, str] = (BASE, DATA),
) -> None:
    """The image by ``f`` of a grid on ``first`` x ``second``.

    Lines along the first coordinate have the first ink, lines along the second the other.
    """
    along = [torch.linspace(*span, 201, dtype=torch.float64) for span in (first, second)]
    across = [torch.linspace(*span, lines, dtype=torch.float64) for span in (first, second)]
    for coordinate, ink in enumerate(inks):
        points = torch.empty(lines, 201, 2, dtype=torch.float64)
        points[..., coordinate] = along[coordinate]
        points[..., 1 - coordinate] = across[1 - coordinate][:, None]
        curves = as_array(f(points.reshape(-1, 2)).reshape(points.shape))
        axis.add_collection(LineCollection(list(curves), colors=ink, linewidths=0.8))


def triangular_stages(T: Function, log_density: Function, low: Corner, high: Corner) -> list[Axes]:
    """A grid of z, then with its first coordinate moved by a triangular T, then with both."""
    axes = plane(3, low, high, height=2.2)

    def first(z: Tensor) -> Tensor:
        return torch.stack([T(z)[..., 0], z[..., 1]], dim=-1)

    stages = {"$(z_1, z_2)$": torch.clone, "$(x_1, z_2)$": first, "$(x_1, x_2)$": T}
    for axis, (name, f) in zip(axes, stages.items(), strict=True):
        grid_lines(axis, f, (-2, 2), (-2, 2), lines=9, inks=(BASE, MODEL))
        axis.set_title(name)
        axis.locator_params(nbins=4, integer=True)
    density_map(axes[2], log_density, ink=DATA)
    return axes


def planar_layer(w: Tensor, u: Tensor, b: float) -> list[Axes]:
    """A grid and its image under z + u tanh(wᵀz + b), with the line wᵀz + b = 0, which stays."""
    w, u = w.double(), u.double()
    still = -b * w / (w @ w)
    along = torch.stack([-w[1], w[0]]) / w.norm()
    ends = as_array(torch.stack([still - 10 * along, still + 10 * along]))
    axes = plane(2, height=2.7)
    maps = (torch.clone, lambda z: z + torch.tanh(z @ w + b)[..., None] * u)
    for axis, f, ink, name in zip(axes, maps, (BASE, MODEL), "zx", strict=True):
        grid_lines(axis, f, (-3, 3), (-3, 3), 13, (ink, ink))
        axis.plot(*ends.T, color=ERROR, linestyle="--", linewidth=1.4)
        name_coordinates(axis, name)
    start, stop = as_array(still), as_array(still + u)
    axes[1].annotate("", stop, start, arrowprops={"arrowstyle": "->", "color": TARGET, "lw": 2.2})
    return axes


def _corners(first: Span, second: Span) -> tuple[Tensor, Tensor]:
    """The lower left and the upper right corner of a rectangle."""
    low, high = torch.tensor([first, second], dtype=torch.float64).T
    return low, high


def _edges(count: int) -> Tensor:
    """Points around the unit square, counterclockwise, ``count`` a side."""
    s = torch.linspace(0, 1, count, dtype=torch.float64)
    ends = zip(SQUARE, SQUARE.roll(-1, 0), strict=True)
    return torch.cat([start + s[:, None] * (end - start) for start, end in ends])
