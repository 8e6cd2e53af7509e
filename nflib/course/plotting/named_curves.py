"""Curves that carry their names at their ends, instead of a legend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from torch import Tensor

from nflib.course.plotting.style import (
    BASE,
    DATA,
    MODEL,
    TARGET,
    as_array,
    curve,
    dashes,
    label,
    panels,
)


def labelled_curves(
    axis: Axes, x: Tensor, curves: Mapping[str, Tensor], floor: float = -torch.inf
) -> Axes:
    """Curves cut below ``floor``, each with its name at its right end."""
    for (name, y), ink in zip(curves.items(), (BASE, MODEL, TARGET, DATA), strict=False):
        curve(axis, x, torch.where(y >= floor, y, torch.nan), color=ink)
        last = int(torch.nonzero(y >= floor).max())
        cut = last < len(x) - 1
        style = {"fontsize": 12, "va": "bottom" if cut else "center"}
        label(axis, name, _point(x, y, last), (6, 6 * cut), ink, **style)
    axis.set_xlim(float(x[0]), float(x[-1]))
    return axis


def log_log_curves(x: Tensor, curves: dict[str, Tensor], guide: tuple[str, Tensor]) -> Axes:
    """Curves in logarithmic scales, each with its name at its end; ``guide`` is a dotted one."""
    (axis,) = panels(1, height=3.0)
    axis.set(xscale="log", yscale="log")
    drawn = zip([*curves.items(), guide], (MODEL, BASE, DATA), strict=False)
    for k, ((name, y), ink) in enumerate(drawn):
        curve(axis, x, y, ":" if k == len(curves) else "o-", color=ink, markersize=4)
        label(axis, name, _point(x, y), (7, 0), ink)
    axis.set_xticks(x.tolist(), [f"{v:g}" for v in x.tolist()])
    axis.minorticks_off()
    return axis


def loss_curves(
    axis: Axes,
    steps: Sequence[int],
    curves: Mapping[str, tuple[Sequence[float], str]],
    floors: Mapping[str, float],
) -> Axes:
    """Losses (values, ink) against steps, and floors as dotted lines, by their names."""
    for name, (values, ink) in curves.items():
        axis.plot(steps, values, dashes(ink), color=ink)
        label(axis, name, (steps[-1], values[-1]), (5, 0), ink)
    for name, value in floors.items():
        axis.axhline(value, color=DATA, linewidth=1, linestyle=":")
        label(axis, name, (steps[-1], value), (-2, -3), DATA, ha="right", va="top", fontsize=10)
    axis.set_xlim(0, steps[-1])
    return axis


def rounding_errors(s: Tensor, errors: Mapping[str, tuple[Tensor, Tensor]]) -> Axes:
    """Errors (measured, predicted) against −s, in a logarithmic scale: points and dotted lines."""
    (axis,) = panels(1, height=2.8)
    for (name, (measured, predicted)), ink in zip(errors.items(), (MODEL, BASE), strict=False):
        curve(axis, -s, measured, "o", color=ink, markersize=4)
        curve(axis, -s, predicted, ":", color=ink)
        label(axis, name, _point(-s, predicted), (7, 0), ink)
    axis.axhline(1.0, color=DATA, linewidth=0.6)
    axis.set(yscale="log", xlabel="$-s$")
    return axis


def trajectories(t: Tensor, x: Tensor, *, labels: tuple[str, str] = ("$t$", "$x(t)$")) -> Axes:
    """The paths x (times, points) over times t: starts in blue, ends in orange."""
    (axis,) = panels(1, height=3.0)
    curve(axis, t, x, color=DATA, linewidth=0.9)
    for k, ink in ((0, BASE), (-1, MODEL)):
        axis.scatter([float(t[k])] * x.shape[1], as_array(x[k]), s=12, color=ink, zorder=3)
    axis.set(xlabel=labels[0], ylabel=labels[1])
    return axis


def _point(x: Tensor, y: Tensor, k: int = -1) -> tuple[float, float]:
    """The k-th point of a curve, by default the last one."""
    return float(as_array(x)[k]), float(as_array(y)[k])
