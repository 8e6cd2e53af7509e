"""The house style of the book's figures.

Four inks carry a meaning and keep it in every chapter: ``BASE`` (blue) is the base density,
``MODEL`` (orange) the transformed one, ``DATA`` (grey) samples, ``ERROR`` (red, always dashed) what
is wrong; ``TARGET`` (green) is a density to be reached. Figures have no background of their own,
so they lie on the page's, be it light or dark. No colour reaches the 4.5:1 contrast that text
should have on *both* white and #121212 (the best is 4.33:1, a grey of relative luminance 0.19);
all inks here stay within 3.8:1 and 4.8:1 on both, and letters are drawn large.

Only this package needs matplotlib.
"""

from __future__ import annotations

from collections.abc import Callable

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

Curve = Callable[[Tensor], Tensor]
Span = tuple[float, float]

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


def panels(count: int, height: float = 2.6, **options) -> list[Axes]:
    """``count`` axes side by side, as wide together as the book's column."""
    _, axes = plt.subplots(1, count, figsize=(WIDTH, height), squeeze=False, **options)
    return list(axes[0])


def bin_colours(count: int) -> list[tuple[float, ...]]:
    """One colour a bin, dark to light, readable in order without telling hues apart."""
    return [mpl.colormaps["viridis"](t) for t in np.linspace(0.2, 0.85, count)]


def pairs(*columns: Tensor):
    """Rows of numbers out of columns of tensors."""
    return zip(*(c.tolist() for c in columns), strict=True)


def widen(values: Tensor, share: float = 0.08) -> Span:
    """The range of ``values``, with a margin."""
    low, high = float(values.min()), float(values.max())
    return low - share * (high - low), high + share * (high - low)


def as_array(values: Tensor) -> np.ndarray:
    """What matplotlib takes, on the CPU and without gradient."""
    return values.detach().cpu().numpy()
