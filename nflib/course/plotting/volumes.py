"""Figures of linear maps: the unit square and the unit cube, and what a matrix makes of them.

A matrix A acts on column vectors; its columns are the images of the edges of the unit cube.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.patches import Polygon
from mpl_toolkits.mplot3d.art3d import Line3DCollection, Poly3DCollection
from torch import Tensor

from nflib.course.plotting.plane import plane
from nflib.course.plotting.style import (
    BASE,
    DATA,
    MODEL,
    WIDTH,
    as_array,
    bin_colours,
    panels,
    widen,
)

SQUARE = torch.tensor([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=torch.float64)


def tiles(axis: Axes, A: Tensor, count: int = 3) -> Axes:
    """The image by A of the unit square cut into count x count tiles, each a number and a colour.

    A tile keeps its number and its colour whatever A is, so two drawings can be compared.
    """
    colours = bin_colours(count**2)
    for k, (row, column) in enumerate(itertools.product(range(count), repeat=2)):
        corners = (SQUARE + torch.tensor([column, row])) / count @ A.double().T
        label = f"tile {k + 1}"
        colour = colours[k]
        axis.add_patch(Polygon(as_array(corners), facecolor=colour, edgecolor="none", label=label))
        ink = "white" if np.dot(colour[:3], (0.3, 0.6, 0.1)) < 0.5 else "black"
        centre = corners.mean(0).tolist()
        axis.text(*centre, k + 1, color=ink, ha="center", va="center_baseline", fontsize=10)
    return axis


def columns(axis: Axes, A: Tensor, names: Sequence[str] = (), ink: str = MODEL) -> Axes:
    """The columns of A as arrows from the origin, each with its name beyond its tip."""
    style = {"arrowstyle": "-|>", "color": ink, "shrinkA": 0, "shrinkB": 0, "linewidth": 1.8}
    for k, column in enumerate(A.T.tolist()):
        axis.annotate("", column, (0, 0), arrowprops=style)
        if k < len(names):
            length = max(float(np.hypot(*column)), 1e-9)
            away = [(9 + 2 * len(names[k]) // 3) * c / length for c in column]
            placed = {"xytext": away, "textcoords": "offset points", "color": ink, "fontsize": 12}
            axis.annotate(names[k], column, ha="center", va="center", **placed)
    return axis


def unit_square(A: Tensor, count: int = 3) -> list[Axes]:
    """The unit square at the left, its image by A at the right, to the same scale."""
    corners = torch.cat([SQUARE, SQUARE @ A.double().T])
    low, high = zip(*(widen(c, 0.16) for c in corners.T), strict=True)
    left, right = plane(2, low, high, height=2.7)
    columns(tiles(left, torch.eye(2), count), torch.eye(2), ("$e_1$", "$e_2$"), BASE)
    columns(tiles(right, A, count), A, ("$a_1$", "$a_2$"))
    opposite = A.sum(1).tolist()
    placed = {"xytext": (0, 5), "textcoords": "offset points", "ha": "center", "va": "bottom"}
    right.annotate("$a_1 + a_2$", opposite, color=MODEL, fontsize=12, **placed)
    left.set(xlabel="$z_1$", ylabel="$z_2$")
    right.set(xlabel="$x_1$", ylabel="$x_2$")
    return [left, right]


def shears(matrices: Sequence[Tensor], labels: Sequence[str]) -> list[Axes]:
    """Parallelograms side by side to one scale, each with a ghost of the one before it."""
    shapes = [SQUARE @ A.double().T for A in matrices]
    low, high = zip(*(widen(c, 0.2) for c in torch.cat(shapes).T), strict=True)
    axes = plane(len(shapes), low, high, height=2.4)
    for k, (axis, shape, A, label) in enumerate(zip(axes, shapes, matrices, labels, strict=True)):
        if k > 0:
            before = as_array(shapes[k - 1])
            axis.add_patch(Polygon(before, fill=False, edgecolor=DATA, linestyle=":"))
        axis.add_patch(Polygon(as_array(shape), facecolor=MODEL, alpha=0.3, edgecolor="none"))
        columns(axis, A)
        axis.set_title(label)
        if k > 0:
            axis.tick_params(labelleft=False)
    return axes


def unit_cube(A: Tensor) -> list[Axes]:
    """The unit cube and its image by a 3 x 3 matrix A, with the columns of A as thick edges."""
    figure = plt.figure(figsize=(WIDTH, 2.9))
    shapes = (torch.eye(3, dtype=torch.float64), A.double())
    span = torch.cat([_cube_corners(M) for M in shapes])
    low, high = span.min(0).values.tolist(), span.max(0).values.tolist()
    axes = []
    for k, (M, ink, names) in enumerate(zip(shapes, (BASE, MODEL), ("e", "a"), strict=True)):
        axis = figure.add_subplot(1, 2, k + 1, projection="3d")
        axis.add_collection3d(Poly3DCollection(_cube_faces(M), facecolors=ink, alpha=0.16))
        axis.add_collection3d(Line3DCollection(_cube_edges(M), colors=ink, linewidths=0.8))
        arrows = [[np.zeros(3), as_array(column)] for column in M.T]
        axis.add_collection3d(Line3DCollection(arrows, colors=ink, linewidths=2.6))
        for i, column in enumerate(M.T):
            axis.text(*(1.13 * column).tolist(), f"${names}_{i + 1}$", color=ink, fontsize=12)
        axis.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), zlim=(low[2], high[2]))
        axis.set_box_aspect([b - a for a, b in zip(low, high, strict=True)], zoom=1.15)
        axis.view_init(elev=22, azim=-66)
        axis.tick_params(labelsize=9, pad=-2)
        for side in (axis.xaxis, axis.yaxis, axis.zaxis):
            side.set_pane_color((0, 0, 0, 0))
            side.line.set_color(DATA)
            side.set_major_locator(plt.MultipleLocator(1))
            side._axinfo["grid"].update(color=DATA, linewidth=0.25)
        axes.append(axis)
    return axes


def ellipse(A: Tensor) -> list[Axes]:
    """The unit circle with the right singular vectors of A, and its image with σ₁u₁ and σ₂u₂."""
    U, sigma, Vt = torch.linalg.svd(A.double())
    upwards = U[1].sign()  # of u and -u, the one that points upwards
    U, Vt = U * upwards, Vt * upwards[:, None]
    angle = torch.linspace(0, 2 * torch.pi, 201, dtype=torch.float64)
    circle = torch.stack([angle.cos(), angle.sin()], dim=-1)
    reach = 1.35 * float(sigma.max())
    left, right = plane(2, (-reach, -reach), (reach, reach))
    for axis, shape, ink in ((left, circle, BASE), (right, circle @ A.double().T, MODEL)):
        axis.fill(*as_array(shape).T, facecolor=ink, alpha=0.2, edgecolor=ink)
    columns(left, Vt.T, ("$v_1$", "$v_2$"), BASE)
    columns(right, U * sigma, ("$σ_1 u_1$", "$σ_2 u_2$"))
    left.set(xlabel="$z_1$", ylabel="$z_2$")
    right.set(xlabel="$x_1$", ylabel="$x_2$")
    return [left, right]


def log_log(x: Tensor, curves: dict[str, Tensor], guide: tuple[str, Tensor]) -> Axes:
    """Curves in logarithmic scales, each with its name at its end; ``guide`` is a dotted one."""
    axis = panels(1, height=3.0)[0]
    drawn = zip([*curves.items(), guide], (MODEL, BASE, DATA), strict=False)
    for k, ((label, y), ink) in enumerate(drawn):
        line = ":" if k == len(curves) else "o-"
        axis.loglog(as_array(x), as_array(y), line, color=ink, markersize=4)
        end = (float(x[-1]), float(y[-1]))
        style = {"xytext": (7, 0), "textcoords": "offset points", "annotation_clip": False}
        axis.annotate(label, end, va="center", color=ink, **style)
    axis.set_xticks(x.tolist(), [f"{v:g}" for v in x.tolist()])
    axis.minorticks_off()
    return axis


def _cube_corners(A: Tensor) -> Tensor:
    corners = torch.cartesian_prod(*3 * [torch.tensor([0.0, 1.0], dtype=torch.float64)])
    return corners @ A.T


def _cube_faces(A: Tensor) -> list[np.ndarray]:
    faces = []
    for axis, side in itertools.product(range(3), (0, 1)):
        corners = torch.full((4, 3), float(side), dtype=torch.float64)
        corners[:, [k for k in range(3) if k != axis]] = SQUARE
        faces.append(as_array(corners @ A.T))
    return faces


def _cube_edges(A: Tensor) -> list[np.ndarray]:
    return [
        as_array(torch.stack([face, face.roll(-1, 0)], dim=1))[k]
        for face in map(torch.from_numpy, _cube_faces(A))
        for k in range(4)
    ]
