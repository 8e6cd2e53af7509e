"""Small images in rows and grids, black on white."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from torch import Tensor

from nflib.course.plotting.style import BASE, DATA, MODEL, WIDTH, as_array, note, panel_grid


def image_rows(rows: Mapping[str, Tensor]) -> list[Axes]:
    """Rows of 8×8 images of 17 levels, named at the left; a pixel that is NaN is crossed by a thin line."""
    count = max(len(images) for images in rows.values())
    axes = panel_grid(len(rows), count, height=0.72)
    for line, (name, images) in zip(axes, rows.items(), strict=True):
        note(line[0], name, -0.15, 0.5, ha="right", va="center", fontsize=10)
        for axis in line[len(images) :]:
            axis.set_axis_off()
        for axis, picture in zip(line, _pictures(images, 8), strict=False):
            _show(axis, picture, 16)
            axis.set(xlim=(-0.5, 7.5), ylim=(7.5, -0.5), aspect="equal")
            unknown = np.argwhere(np.isnan(picture))
            strokes = [[(x - 0.3, y + 0.3), (x + 0.3, y - 0.3)] for y, x in unknown]
            axis.add_collection(LineCollection(strokes, colors=DATA, linewidths=0.5))
            edge = plt.Rectangle((-0.5, -0.5), 8, 8, fill=False, edgecolor=DATA, linewidth=0.6)
            axis.add_patch(edge)
    return list(axes.flat)


def image_grids(
    grids: Mapping[str, Tensor], columns: int, top: int = 16, side: int = 8, below: float = 0.0
) -> list[Axes]:
    """Grids of images side by side, ``columns`` images a row, each grid with its name above.

    With ``below``, an empty axis of that height in inches lies under them, the last of the list.
    """
    count = len(grids)
    rows = max(-(-len(images) // columns) for images in grids.values())
    height = WIDTH / count * rows / columns + 0.35
    figure = plt.figure(figsize=(WIDTH, height + below))
    heights = [height, below] if below else [height]
    spec = figure.add_gridspec(len(heights), count, height_ratios=heights)
    axes = [figure.add_subplot(spec[0, k]) for k in range(count)]
    for axis, (name, images) in zip(axes, grids.items(), strict=True):
        sheet = np.full((rows * (side + 1) + 1, columns * (side + 1) + 1), np.nan)
        for k, picture in enumerate(_pictures(images, side)):
            y, x = (1 + (side + 1) * place for place in divmod(k, columns))
            sheet[y : y + side, x : x + side] = picture
        _show(axis, sheet, top)
        axis.set_title(name, fontsize=10)
    return [*axes, figure.add_subplot(spec[1, :])] if below else axes


def image_sheets(
    sheets: Mapping[str, Tensor], columns: int = 10, side: int = 28, top: int = 255
) -> list[Axes]:
    """Sheets of framed images on white, one below the other, each with its name above if it has one.

    A pixel that is NaN is pale blue: unknown.
    """
    rows = [-(-len(images) // columns) for images in sheets.values()]
    cell, named = WIDTH / columns, any(sheets)
    size = (WIDTH, cell * sum(rows) + 0.25 * named * len(sheets))
    axes = plt.subplots(len(sheets), figsize=size, height_ratios=rows, squeeze=False)[1]
    ink = plt.get_cmap("gray_r").with_extremes(bad="#c4d8f0", under=DATA)
    for axis, count, (name, images) in zip(axes[:, 0], rows, sheets.items(), strict=True):
        sheet = np.full([n * (side + 2) + 2 for n in (count, columns)], -1.0)  # the frame's ink
        for k, picture in enumerate(_pictures(images, side)):
            y, x = (2 + (side + 2) * place for place in divmod(k, columns))
            sheet[y : y + side, x : x + side] = picture
        axis.imshow(sheet, cmap=ink, vmin=0, vmax=top, interpolation="nearest")
        axis.set_axis_off()
        axis.set_title(name, fontsize=10)
    return list(axes[:, 0])


def interpolations(pairs: Sequence[tuple[Tensor, Tensor]], names: tuple[str, str]) -> Axes:
    """Pairs of rows of 8×8 images, one below the other: by the latent space, and by pixels."""
    axes = panel_grid(2 * len(pairs), 1, height=0.64)[:, 0]
    for k, axis in enumerate(axes):
        pictures = _pictures(pairs[k // 2][k % 2], 8)
        gapped = np.pad(pictures, ((0, 0), (0, 0), (0, 1)), constant_values=np.nan)
        _show(axis, np.hstack(gapped)[:, :-1], 16)
        style = {"ha": "right", "va": "center", "fontsize": 10}
        note(axis, names[k % 2], -0.02, 0.5, (MODEL, BASE)[k % 2], **style)
    return axes[0]


def _pictures(images: Tensor, side: int) -> np.ndarray:
    """Images given as rows of pixels, as arrays (n, side, side)."""
    return as_array(images.double().reshape(-1, side, side))


def _show(axis: Axes, picture: np.ndarray, top: float) -> None:
    """Draw levels from 0 (white) to ``top`` (black), and no axes; NaN is left out."""
    axis.imshow(picture, cmap="gray_r", vmin=0, vmax=top, interpolation="nearest")
    axis.set_axis_off()
