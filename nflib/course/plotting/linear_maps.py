"""Linear maps: the unit square, circle and cube, and their images by a matrix.

A matrix A acts on column vectors; its columns are the images of the edges of the unit cube.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Polygon
from mpl_toolkits.mplot3d.art3d import Line3DCollection, Poly3DCollection
from torch import Tensor

from nflib.course.plotting.maps import SQUARE
from nflib.course.plotting.plane import plane
from nflib.course.plotting.style import (
    BASE,
    DATA,
    MODEL,
    WIDTH,
    as_array,
    bin_colours,
    border,
    label,
    name_coordinates,
    number,
    panels,
    widen,
)


def unit_square(A: Tensor) -> list[Axes]:
    """The unit square at the left, its image by A at the right, to the same scale.

    Both are cut into nine tiles, which keep their numbers and colours.
    """
    identity = torch.eye(2)
    corners = torch.cat([SQUARE, SQUARE @ A.double().T])
    low, high = zip(*(widen(c, 0.16) for c in corners.T), strict=True)
    left, right = axes = plane(2, low, high, height=2.7)
    for axis, M, name, ink in ((left, identity, "e", BASE), (right, A, "a", MODEL)):
        _tiles(axis, M)
        _columns(axis, M, (f"${name}_1$", f"${name}_2$"), ink)
    opposite = A.sum(1).tolist()
    label(right, "$a_1 + a_2$", opposite, (0, 5), MODEL, fontsize=12, ha="center", va="bottom")
    name_coordinates(left, "z")
    name_coordinates(right, "x")
    return axes


def parallelograms(matrices: Sequence[Tensor], labels: Sequence[str]) -> list[Axes]:
    """Images of the unit square side by side to one scale, each with a ghost of the one before."""
    shapes = [SQUARE @ A.double().T for A in matrices]
    low, high = zip(*(widen(c, 0.2) for c in torch.cat(shapes).T), strict=True)
    axes = plane(len(shapes), low, high, height=2.4)
    ghost = None
    for axis, shape, A, name in zip(axes, shapes, matrices, labels, strict=True):
        if ghost is not None:
            axis.add_patch(Polygon(as_array(ghost), fill=False, edgecolor=DATA, linestyle=":"))
            axis.tick_params(labelleft=False)
        axis.add_patch(Polygon(as_array(shape), facecolor=MODEL, alpha=0.3, edgecolor="none"))
        _columns(axis, A)
        axis.set_title(name)
        ghost = shape
    return axes


def unit_circle(A: Tensor) -> list[Axes]:
    """The unit circle with the right singular vectors of A, and its image with σ₁u₁ and σ₂u₂."""
    U, sigma, Vt = torch.linalg.svd(A.double())
    upwards = U[1].sign()  # of u and -u, the one that points upwards
    U, Vt = U * upwards, Vt * upwards[:, None]
    angle = torch.linspace(0, 2 * torch.pi, 201, dtype=torch.float64)
    circle = torch.stack([angle.cos(), angle.sin()], dim=-1)
    reach = 1.35 * float(sigma.max())
    left, right = axes = plane(2, (-reach, -reach), (reach, reach))
    for axis, shape, ink in ((left, circle, BASE), (right, circle @ A.double().T, MODEL)):
        axis.fill(*as_array(shape).T, facecolor=ink, alpha=0.2, edgecolor=ink)
    _columns(left, Vt.T, ("$v_1$", "$v_2$"), BASE)
    _columns(right, U * sigma, ("$σ_1 u_1$", "$σ_2 u_2$"))
    name_coordinates(left, "z")
    name_coordinates(right, "x")
    return axes


def unit_cube(A: Tensor) -> list[Axes]:
    """The unit cube and its image by a 3 x 3 matrix A, with the columns of A as thick edges."""
    figure = plt.figure(figsize=(WIDTH, 2.9))
    shapes = (torch.eye(3, dtype=torch.float64), A.double())
    cube = torch.cartesian_prod(*3 * [torch.tensor([0.0, 1.0], dtype=torch.float64)])
    span = torch.cat([cube @ M.T for M in shapes])
    low, high = span.amin(0), span.amax(0)
    box = torch.stack([low, high], dim=1).tolist()
    axes = []
    for k, (M, ink, name) in enumerate(zip(shapes, (BASE, MODEL), "ea", strict=True)):
        axis = figure.add_subplot(1, 2, k + 1, projection="3d")
        faces = [face @ M.T for face in _cube_faces()]
        edges = [pair for face in faces for pair in torch.stack([face, face.roll(-1, 0)], 1)]
        arrows = torch.stack([torch.zeros_like(M), M.T], dim=1)
        axis.add_collection3d(Poly3DCollection([*map(as_array, faces)], facecolors=ink, alpha=0.16))
        for lines, width in ((edges, 0.8), (arrows, 2.6)):
            lines = [*map(as_array, lines)]
            axis.add_collection3d(Line3DCollection(lines, colors=ink, linewidths=width))
        for i, column in enumerate(M.T):
            axis.text(*(1.13 * column).tolist(), f"${name}_{i + 1}$", color=ink, fontsize=12)
        axis.set(xlim=box[0], ylim=box[1], zlim=box[2])
        axis.set_box_aspect((high - low).tolist(), zoom=1.15)
        axis.view_init(elev=22, azim=-66)
        axis.tick_params(labelsize=9, pad=-2)
        for side in (axis.xaxis, axis.yaxis, axis.zaxis):
            side.set_pane_color((0, 0, 0, 0))
            side.line.set_color(DATA)
            side.set_major_locator(plt.MultipleLocator(1))
            side._axinfo["grid"].update(color=DATA, linewidth=0.25)
        axes.append(axis)
    return axes


def sparsity_patterns(matrices: Mapping[str, Tensor]) -> list[Axes]:
    """The entries of each square matrix that are not exactly zero, by the text above each."""
    axes = panels(len(matrices), height=1.9)
    for axis, (name, matrix) in zip(axes, matrices.items(), strict=True):
        axis.imshow(as_array(matrix != 0), cmap=ListedColormap(["none", MODEL]), vmin=0, vmax=1)
        axis.set(xticks=[], yticks=[])
        axis.set_title(name, fontsize=9)
        border(axis)
    return axes


def _tiles(axis: Axes, A: Tensor) -> None:
    """The image by A of the unit square, cut into 3 x 3 tiles."""
    places = itertools.product(range(3), repeat=2)
    for k, ((row, column), colour) in enumerate(zip(places, bin_colours(9), strict=True)):
        corners = (SQUARE + torch.tensor([column, row])) / 3 @ A.double().T
        style = {"facecolor": colour, "edgecolor": "none", "label": f"tile {k + 1}"}
        axis.add_patch(Polygon(as_array(corners), **style))
        number(axis, corners.mean(0).tolist(), k + 1, colour)


def _columns(axis: Axes, A: Tensor, names: Sequence[str] = (), ink: str = MODEL) -> None:
    """The columns of A as arrows from the origin, each with its name beyond its tip."""
    style = {"arrowstyle": "-|>", "color": ink, "shrinkA": 0, "shrinkB": 0, "linewidth": 1.8}
    for column in A.T.tolist():
        axis.annotate("", column, (0, 0), arrowprops=style)
    for column, name in zip(A.double().T, names, strict=False):
        away = (9 + 2 * len(name) // 3) * column / column.norm().clamp(min=1e-9)
        label(axis, name, column.tolist(), away.tolist(), ink, fontsize=12, ha="center")


def _cube_faces() -> list[Tensor]:
    """The four corners of each face of the unit cube."""
    faces = []
    for axis, side in itertools.product(range(3), (0, 1)):
        corners = torch.full((4, 3), float(side), dtype=torch.float64)
        corners[:, [k for k in range(3) if k != axis]] = SQUARE
        faces.append(corners)
    return faces
