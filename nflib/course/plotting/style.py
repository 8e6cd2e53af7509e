"""The house style of the book's figures, and functions that several of them use.

Four inks carry a meaning and keep it in every chapter: ``BASE`` (blue) is the base density,
``MODEL`` (orange) the transformed one, ``DATA`` (grey) samples, ``ERROR`` (red, always dashed) what
is wrong; ``TARGET`` (green) is a density to be reached. Figures have no background of their own,
so they lie on the page's, be it light or dark. No colour reaches the 4.5:1 contrast that text
should have on *both* white and #121212 (the best is 4.33:1, a grey of relative luminance 0.19);
all inks here stay within 3.8:1 and 4.8:1 on both, and letters are drawn large.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from torch import Tensor

BASE = "#2878d4"
MODEL = "#c8650a"
DATA = "#797979"
TARGET = "#1a8a50"
ERROR = "#dc2f3f"
WIDTH = 5.4  # inches: 518 px on the page, and letters of 9 px on a telephone

Function = Callable[[Tensor], Tensor]  # of numbers, or of points (n, 2)
Span = tuple[float, float]
Corner = Sequence[float]

STYLE = {
    "figure.facecolor": "none",
    "figure.figsize": (WIDTH, 3.2),
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "none",
    "savefig.bbox": "tight",
    "savefig.dpi": 200,
    "svg.hashsalt": "nflib",
    "font.size": 11,
    "mathtext.fontset": "dejavusans",
    "text.color": DATA,
    "axes.facecolor": "none",
    "axes.edgecolor": DATA,
    "axes.labelcolor": DATA,
    "axes.labelsize": 12,
    "axes.prop_cycle": cycler(color=[BASE, MODEL, TARGET, DATA]),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "xtick.color": DATA,
    "ytick.color": DATA,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
}


def house_style() -> None:
    """Draw every later figure in the house style; in a notebook, as SVG."""
    mpl.rcParams.update(STYLE)
    try:
        from IPython import get_ipython
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:
        return
    if get_ipython() is not None:
        options = {"bbox_inches": "tight", "facecolor": "none", "metadata": {"Date": None}}
        set_matplotlib_formats("svg", **options)


def panel_grid(rows: int, columns: int, height: float, **options) -> np.ndarray:
    """Axes (rows, columns), as wide together as the book's column; ``height`` is that of a row."""
    size = (WIDTH, height * rows)
    return plt.subplots(rows, columns, figsize=size, squeeze=False, **options)[1]


def panels(count: int, height: float = 2.6, **options) -> list[Axes]:
    """``count`` axes side by side, as wide together as the book's column."""
    return list(panel_grid(1, count, height, **options)[0])


def frame(axis: Axes, low: Corner, high: Corner, name: str = "", ticks: bool = True) -> Axes:
    """Show the box from ``low`` to ``high`` to scale; ``name`` is that of the coordinates."""
    axis.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
    if name:
        name_coordinates(axis, name)
    if not ticks:
        axis.set(xticks=[], yticks=[])
    return axis


def name_coordinates(axis: Axes, name: str) -> None:
    """Write z₁ and z₂, or another name, beside the axes."""
    axis.set(xlabel=f"${name}_1$", ylabel=f"${name}_2$")


def border(axis: Axes, width: float = 0.8) -> None:
    """Draw a grey line on all four sides of the axes."""
    for spine in axis.spines.values():
        spine.set(visible=True, color=DATA, linewidth=width)


def curve(axis: Axes, x: Tensor, y: Tensor, *style, **options) -> None:
    """Plot tensors, which may lie on a GPU or carry a gradient."""
    axis.plot(as_array(x), as_array(y), *style, **options)


def label(axis: Axes, text: str, point: tuple, offset: tuple, ink: str, **style) -> None:
    """Write beside a point of the data, ``offset`` (in points of print) away, also outside."""
    placed = {"textcoords": "offset points", "annotation_clip": False, "va": "center"}
    axis.annotate(text, point, offset, color=ink, **placed | style)


def note(axis: Axes, text: str, x: float, y: float, ink: str = DATA, **style) -> None:
    """Write at a place of the axes, whose lower left corner is (0, 0) and upper right (1, 1)."""
    axis.text(x, y, text, color=ink, transform=axis.transAxes, **style)


def number(axis: Axes, place: Sequence[float], k: int, background: tuple[float, ...]) -> None:
    """Write a number on a colour, white or black, whichever is easier to read."""
    ink = "white" if np.dot(background[:3], (0.3, 0.6, 0.1)) < 0.5 else "black"
    axis.text(*place, k, color=ink, ha="center", va="center_baseline", fontsize=10)


def dashes(ink: str) -> str:
    """The style of a line: dashed if it is in red."""
    return "--" if ink == ERROR else "-"


def bin_colours(count: int) -> list[tuple[float, ...]]:
    """One colour a bin, dark to light, readable in order without telling hues apart."""
    return [mpl.colormaps["viridis"](t) for t in np.linspace(0.2, 0.85, count)]


def widen(values: Tensor, share: float = 0.08) -> Span:
    """The range of ``values``, with a margin."""
    low, high = float(values.min()), float(values.max())
    return low - share * (high - low), high + share * (high - low)


def as_array(values: Tensor) -> np.ndarray:
    """Convert a tensor, which may lie on a GPU or carry a gradient, to an array."""
    return values.detach().cpu().numpy()
