"""Figures of the chapter on images: grey levels, curves of training, sheets of small images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from nflib.course.plotting.style import BASE, DATA, ERROR, MODEL, WIDTH, Curve, as_array


def levels(axis: Axes, masses: Tensor, densities: Mapping[str, tuple[Curve, str]] = {}) -> Axes:
    """Bars of width 1, one a level, as high as its probability, and densities over them.

    Args:
        masses: P(0), …, P(Q − 1).  densities: name to a function of v + u and its ink; ERROR is
            dashed. Two names fit above the axis; what is higher than the axis is cut off.
    """
    Q = len(masses)
    place = np.arange(Q) + 0.5
    axis.bar(place, as_array(masses), width=1, color=DATA, alpha=0.35, edgecolor=DATA)
    top = 1.7 * float(masses.max())
    y = torch.linspace(-0.5, Q + 0.5, 100 * (Q + 1) + 1, dtype=torch.float64)
    for k, (name, (density, ink)) in enumerate(densities.items()):
        style = "--" if ink == ERROR else "-"
        axis.plot(as_array(y), as_array(density(y)), style, color=ink, linewidth=1.2)
        place_x, side = ((0, "left"), (1, "right"))[k % 2]
        axis.text(place_x, 1.02, name, color=ink, transform=axis.transAxes, ha=side, va="bottom")
    axis.set(xlim=(-0.5, Q + 0.5), ylim=(0, top), xticks=place[::4])
    axis.set_xticklabels([str(k) for k in range(0, Q, 4)])
    return axis


def descent(
    axis: Axes,
    steps: Sequence[int],
    curves: Mapping[str, tuple[Sequence[float], str]],
    floors: Mapping[str, float],
) -> Axes:
    """Losses against steps, each named at its right end, and floors as dotted lines."""
    for name, (values, ink) in curves.items():
        axis.plot(steps, values, "--" if ink == ERROR else "-", color=ink)
        _at_the_end(axis, steps[-1], values[-1], name, ink)
    for name, value in floors.items():
        axis.axhline(value, color=DATA, linewidth=1, linestyle=":")
        style = {"textcoords": "offset points", "ha": "right", "va": "top", "color": DATA}
        axis.annotate(name, (steps[-1], value), (-2, -3), fontsize=10, **style)
    axis.set_xlim(0, steps[-1])
    return axis


def mosaic(
    sheets: Mapping[str, Tensor], columns: int, top: int = 16, side: int = 8, below: float = 0.0
) -> list[Axes]:
    """Sheets of small images side by side, ``columns`` a row, black on white, named above.

    With ``below``, an empty axis of that height in inches lies under them, the last of the list.
    """
    count = len(sheets)
    rows = max(-(-len(images) // columns) for images in sheets.values())
    height = WIDTH / count * rows / columns + 0.35
    figure = plt.figure(figsize=(WIDTH, height + below))
    heights = [height, below] if below else [height]
    grid = figure.add_gridspec(len(heights), count, height_ratios=heights)
    axes = [figure.add_subplot(grid[0, k]) for k in range(count)]
    for axis, (name, images) in zip(axes, sheets.items(), strict=True):
        sheet = np.full((rows * (side + 1) + 1, columns * (side + 1) + 1), np.nan)
        for k, image in enumerate(as_array(images.double().reshape(-1, side, side))):
            i, j = divmod(k, columns)
            y, x = i * (side + 1) + 1, j * (side + 1) + 1
            sheet[y : y + side, x : x + side] = image
        axis.imshow(sheet, cmap="gray_r", vmin=0, vmax=top, interpolation="nearest")
        axis.set_title(name, fontsize=10)
        axis.set_axis_off()
    return [*axes, figure.add_subplot(grid[1, :])] if below else axes


def paths(pairs: Sequence[tuple[Tensor, Tensor]], names: tuple[str, str], top: int = 16) -> Axes:
    """Each pair of rows of images, one below the other: by the latent space, and by pixels."""
    count = len(pairs)
    fig_axes = plt.subplots(2 * count, 1, figsize=(WIDTH, 1.28 * count))[1]
    for k, pair in enumerate(pairs):
        for axis, images, name, ink in zip(
            fig_axes[2 * k : 2 * k + 2], pair, names, (MODEL, BASE), strict=True
        ):
            pictures = as_array(images.double().reshape(-1, 8, 8))
            gap = np.full((8, 1), np.nan)
            strip = np.hstack([part for picture in pictures for part in (picture, gap)][:-1])
            axis.imshow(strip, cmap="gray_r", vmin=0, vmax=top, interpolation="nearest")
            axis.set_axis_off()
            style = {"ha": "right", "va": "center", "color": ink, "fontsize": 10}
            axis.text(-0.02, 0.5, name, transform=axis.transAxes, **style)
    return fig_axes[0]


def _at_the_end(axis: Axes, x: float, y: float, name: str, ink: str) -> None:
    style = {"xytext": (5, 0), "textcoords": "offset points", "va": "center", "color": ink}
    axis.annotate(name, (x, y), annotation_clip=False, fontsize=11, **style)
