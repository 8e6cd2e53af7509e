"""The figures of the book: one house style, one function per figure idea.

``style`` has the inks and the house style, ``line`` figures of one dimension, ``plane`` of two,
``warps`` maps of the plane.
Only this package needs matplotlib.
"""

from nflib.plotting.line import branches, ecdf, labelled_curves, pushforward_1d, rulers
from nflib.plotting.plane import density_map, grid_lines, plane, scatter
from nflib.plotting.style import (
    BASE,
    DATA,
    ERROR,
    MODEL,
    TARGET,
    WIDTH,
    bin_colours,
    house_style,
    panels,
)
from nflib.plotting.warps import carry, density_row, sheets, tangent_cells

__all__ = [
    "BASE",
    "DATA",
    "ERROR",
    "MODEL",
    "TARGET",
    "WIDTH",
    "bin_colours",
    "branches",
    "carry",
    "density_map",
    "density_row",
    "ecdf",
    "grid_lines",
    "house_style",
    "labelled_curves",
    "panels",
    "plane",
    "pushforward_1d",
    "rulers",
    "scatter",
    "sheets",
    "tangent_cells",
]
