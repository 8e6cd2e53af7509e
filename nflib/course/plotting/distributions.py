"""Distributions of one variable: empirical cdfs, histograms, probabilities, densities."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from matplotlib.axes import Axes
from torch import Tensor

from nflib.course.plotting.style import (
    DATA,
    MODEL,
    TARGET,
    Function,
    Span,
    as_array,
    curve,
    dashes,
    note,
    panels,
)


def ecdf(
    axis: Axes, samples: Tensor, span: Span, cdf: Function | None = None, band=0.0, colour=MODEL
) -> Axes:
    """The empirical cdf of ``samples``, and a ``cdf`` to compare it with, in a band."""
    values = as_array(samples.double().sort().values)
    steps = np.linspace(0, 1, len(values) + 1)
    axis.step([span[0], *values, span[1]], [*steps, 1], where="post", color=DATA, linewidth=1.3)
    if cdf is not None:
        x = torch.linspace(*span, 801, dtype=torch.float64)
        y = as_array(cdf(x))
        axis.plot(as_array(x), y, dashes(colour), color=colour)
        axis.fill_between(as_array(x), y - band, y + band, color=colour, alpha=0.2, linewidth=0)
    axis.set(xlim=span, ylim=(-0.03, 1.03))
    return axis


def score_histograms(axis: Axes, groups: Mapping[str, tuple[Tensor, str]]) -> Axes:
    """Histograms of scores (values, ink) in common bins, each with its name in its ink."""
    values = torch.cat([scores for scores, _ in groups.values()])
    edges = np.linspace(float(values.min()), float(values.max()), 46)
    for k, (name, (scores, ink)) in enumerate(groups.items()):
        for style in ({"histtype": "stepfilled", "alpha": 0.3}, {"histtype": "step"}):
            axis.hist(as_array(scores), edges, density=True, color=ink, **style)
        note(axis, name, 0.98, 0.97 - 0.12 * k, ink, ha="right", va="top")
    axis.set(yticks=[], ylim=(0, 1.2 * axis.get_ylim()[1]))
    axis.spines["left"].set_visible(False)
    return axis


def level_bars(
    axis: Axes, masses: Tensor, densities: Mapping[str, tuple[Function, str]] = {}
) -> Axes:
    """Bars of width 1, one a grey level, as high as its probability, and densities over them.

    Args:
        masses: P(0), …, P(Q − 1).  densities: name to a function of v + u and its ink; ERROR is
            dashed. Two names fit above the axis; what is higher than the axis is cut off.
    """
    Q = len(masses)
    place = np.arange(Q) + 0.5
    axis.bar(place, as_array(masses), width=1, color=DATA, alpha=0.35, edgecolor=DATA)
    y = torch.linspace(-0.5, Q + 0.5, 100 * (Q + 1) + 1, dtype=torch.float64)
    for k, (name, (density, ink)) in enumerate(densities.items()):
        curve(axis, y, density(y), dashes(ink), color=ink, linewidth=1.2)
        note(axis, name, k % 2, 1.02, ink, ha=("left", "right")[k % 2], va="bottom")
    axis.set(xlim=(-0.5, Q + 0.5), ylim=(0, 1.7 * float(masses.max())))
    axis.set_xticks(place[::4], [str(k) for k in range(0, Q, 4)])
    return axis


def density_curves(
    x: Tensor, truth: Tensor, fits: Mapping[str, Tensor], *, log: bool = False
) -> list[Axes]:
    """One panel for each fit: the density on the line (orange) and the truth filled (green)."""
    axes = panels(len(fits), height=2.2, sharey=True)
    for axis, (name, density) in zip(axes, fits.items(), strict=True):
        axis.fill_between(as_array(x), as_array(truth), color=TARGET, alpha=0.3, linewidth=0)
        curve(axis, x, truth, color=TARGET, linewidth=1.2)
        curve(axis, x, density, color=MODEL)
        axis.set(xlim=(float(x[0]), float(x[-1])), xlabel="$x$")
        axis.set_title(name, fontsize=10)
        if log:
            axis.set(yscale="log", ylim=(1e-7, 3))
    return axes
