"""Figures of the first chapter: models side by side, a flow at work, images, scores of anomaly.

Images are rows of 64 levels; a pixel that is NaN is one that is not known yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from torch import Tensor

from nflib.course.plotting.plane import Points, density_map, scatter
from nflib.course.plotting.style import DATA, ERROR, MODEL, WIDTH, as_array, bin_colours

Corner = Sequence[float]


def families(
    data: Tensor, models: Mapping[str, Points], low: Corner, high: Corner, ink: str = MODEL
) -> list[Axes]:
    """The data, and beside them each model's density, all on the same box and in one ink."""
    rows = (len(models) + 2) // 2
    _, axes = plt.subplots(rows, 2, figsize=(WIDTH, 2.1 * rows), squeeze=False)
    axes = list(axes.flat)
    for axis in axes:
        axis.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
        axis.set(xticks=[], yticks=[])
    scatter(axes[0], data, size=3)
    for axis, log_prob in zip(axes[1:], models.values(), strict=False):
        density_map(axis, log_prob, ink)
    for axis, name in zip(axes, ("", *models), strict=False):
        axis.set_title(name, fontsize=10)
    return axes


def journey(
    stops: Mapping[str, Points], reach: float = 2.5, cells: int = 10, span: float = 3.6
) -> list[Axes]:
    """A coloured chequerboard of the base, and what each map in ``stops`` makes of it.

    The squares of [−reach, reach]² keep their colour, one for each quadrant of the base.
    """
    columns = (len(stops) + 1) // 2
    _, axes = plt.subplots(2, columns, figsize=(WIDTH, 2 * WIDTH / columns + 0.3), squeeze=False)
    axes = list(axes.flat)
    side = 2 * reach / cells
    along = torch.linspace(0, side, 9, dtype=torch.get_default_dtype())
    still = torch.zeros_like(along)
    edges = [(along, still), (still + side, along), (side - along, still + side)]
    outline = torch.cat([torch.stack(e, -1) for e in [*edges, (still, side - along)]])
    corners = torch.cartesian_prod(*2 * [torch.arange(cells) * side - reach]).to(outline)
    squares = corners[:, None] + outline
    middle = corners + side / 2
    quadrant = (2 * (middle[:, 0] > 0) + (middle[:, 1] > 0)).tolist()
    even = ((corners / side).round().sum(-1).long() % 2 == 0).tolist()
    inks = bin_colours(4)
    faces = [(*inks[q][:3], 0.85 if e else 0.45) for q, e in zip(quadrant, even, strict=True)]
    for axis, (name, f) in zip(axes, stops.items(), strict=False):
        with torch.no_grad():
            images = as_array(f(squares.reshape(-1, 2)).reshape(squares.shape))
        axis.add_collection(PolyCollection(list(images), facecolors=faces, edgecolors="none"))
        axis.set(xlim=(-span, span), ylim=(-span, span), aspect="equal", xticks=[], yticks=[])
        axis.set_title(name, fontsize=10)
    for axis in axes[len(stops) :]:
        axis.set_axis_off()
    return axes


def digits(rows: Mapping[str, Tensor], levels: int = 16) -> list[Axes]:
    """Rows of 8×8 images, black on white; a pixel that is NaN is crossed by a thin line."""
    count = max(len(images) for images in rows.values())
    height = 0.72 * len(rows)
    _, axes = plt.subplots(len(rows), count, figsize=(WIDTH, height), squeeze=False)
    for line, (name, images) in zip(axes, rows.items(), strict=True):
        line[0].annotate(
            name, (-0.15, 0.5), xycoords="axes fraction", ha="right", va="center", fontsize=10
        )
        for axis in line:
            axis.set_axis_off()
        for axis, image in zip(line, images, strict=False):
            picture = as_array(image.reshape(8, 8).double())
            axis.set(xlim=(-0.5, 7.5), ylim=(7.5, -0.5), aspect="equal")
            axis.imshow(picture, cmap="gray_r", vmin=0, vmax=levels, interpolation="nearest")
            unknown = np.argwhere(np.isnan(picture))
            strokes = [[(x - 0.3, y + 0.3), (x + 0.3, y - 0.3)] for y, x in unknown]
            axis.add_collection(LineCollection(strokes, colors=DATA, linewidths=0.5))
            frame = plt.Rectangle((-0.5, -0.5), 8, 8, fill=False, edgecolor=DATA, linewidth=0.6)
            axis.add_patch(frame)
    return [axis for line in axes for axis in line]


def score_histograms(
    axis: Axes, groups: Mapping[str, tuple[Tensor, str]], threshold: float | None = None
) -> Axes:
    """Histograms of scores in common bins, each named in its ink."""
    values = torch.cat([scores for scores, _ in groups.values()])
    edges = np.linspace(float(values.min()), float(values.max()), 46)
    for k, (name, (scores, ink)) in enumerate(groups.items()):
        axis.hist(
            as_array(scores), edges, density=True, histtype="stepfilled", color=ink, alpha=0.3
        )
        axis.hist(as_array(scores), edges, density=True, histtype="step", color=ink)
        axis.text(
            0.98, 0.97 - 0.12 * k, name, color=ink, transform=axis.transAxes, ha="right", va="top"
        )
    if threshold is not None:
        axis.axvline(threshold, color=ERROR, linestyle="--", linewidth=1.2)
    axis.set(yticks=[], ylim=(0, 1.2 * axis.get_ylim()[1]))
    axis.spines["left"].set_visible(False)
    return axis
