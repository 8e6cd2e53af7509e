"""Figures of points that move with time."""

from __future__ import annotations

from matplotlib.axes import Axes
from torch import Tensor

from nflib.course.plotting.style import BASE, DATA, MODEL, as_array, panels


def trajectories(t: Tensor, x: Tensor, *, labels: tuple[str, str] = ("$t$", "$x(t)$")) -> Axes:
    """The paths x (times, points) over times t: starts in blue, ends in orange."""
    (axis,) = panels(1, height=3.0)
    times, lines = as_array(t), as_array(x)
    axis.plot(times, lines, color=DATA, linewidth=0.9)
    for k, ink in ((0, BASE), (-1, MODEL)):
        axis.scatter([times[k]] * lines.shape[1], lines[k], s=12, color=ink, zorder=3)
    axis.set(xlabel=labels[0], ylabel=labels[1])
    return axis
