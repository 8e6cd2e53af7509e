"""The figures of the book: one house style, one function per figure idea.

``style`` has the inks and the house style, ``line`` figures of one dimension, ``plane`` of two,
``volumes`` of linear maps, ``warps`` of curved ones, ``triangular`` of triangular ones, ``flows`` of
chains of layers, ``planar`` of planar layers, ``coupling`` of couplings, ``pixels`` of images,
``motivation`` of the first chapter, ``transport`` of the last page. Only this package needs matplotlib.
"""

from nflib.course.plotting.coupling import fits, lost_digits, scalar_maps
from nflib.course.plotting.flows import chain, line_fits, two_ways
from nflib.course.plotting.line import branches, ecdf, labelled_curves, pushforward_1d, rulers
from nflib.course.plotting.motivation import digits, families, journey, score_histograms
from nflib.course.plotting.pixels import descent, levels, mosaic, paths
from nflib.course.plotting.planar import (
    density_table,
    moons_row,
    newton_walks,
    planar_folds,
    planar_layer,
)
from nflib.course.plotting.plane import density_map, grid_lines, plane, scatter
from nflib.course.plotting.style import (
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
from nflib.course.plotting.transport import trajectories
from nflib.course.plotting.triangular import one_by_one, patterns
from nflib.course.plotting.volumes import (
    columns,
    ellipse,
    log_log,
    shears,
    tiles,
    unit_cube,
    unit_square,
)
from nflib.course.plotting.warps import carry, density_row, sheets, tangent_cells

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
    "chain",
    "columns",
    "density_map",
    "density_row",
    "density_table",
    "descent",
    "digits",
    "ecdf",
    "ellipse",
    "families",
    "fits",
    "grid_lines",
    "house_style",
    "journey",
    "labelled_curves",
    "levels",
    "line_fits",
    "log_log",
    "lost_digits",
    "moons_row",
    "mosaic",
    "newton_walks",
    "one_by_one",
    "panels",
    "paths",
    "patterns",
    "planar_folds",
    "planar_layer",
    "plane",
    "pushforward_1d",
    "rulers",
    "scalar_maps",
    "scatter",
    "score_histograms",
    "shears",
    "sheets",
    "tangent_cells",
    "tiles",
    "trajectories",
    "two_ways",
    "unit_cube",
    "unit_square",
]
