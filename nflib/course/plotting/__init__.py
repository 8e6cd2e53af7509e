"""The figures of the book: one house style, one function per figure idea.

A function has the name of what it draws, a noun: ``plotting.loss_curves(…)`` draws curves of the
loss, ``plotting.unit_square(A)`` the unit square and its image by A. Those that take an axis draw on
it; the others make a figure and return its axes. Only this package needs matplotlib.

``style`` has the inks and the house style, ``named_curves`` curves with names, ``distributions`` laws of
one variable, ``line`` maps of the line, ``plane`` points and densities of the plane, ``maps`` and
``linear_maps`` maps of the plane, ``images`` small images.
"""

from nflib.course.plotting.distributions import density_curves, ecdf, level_bars, score_histograms
from nflib.course.plotting.images import image_grids, image_rows, image_sheets, interpolations
from nflib.course.plotting.line import (
    inverse_branches,
    newton_walks,
    planar_folds,
    pushforward_1d,
    rulers,
    scalar_maps,
)
from nflib.course.plotting.linear_maps import (
    parallelograms,
    sparsity_patterns,
    unit_circle,
    unit_cube,
    unit_square,
)
from nflib.course.plotting.maps import (
    chequerboards,
    flow_diagram,
    mapped_pieces,
    mapped_points,
    planar_layer,
    point_clouds,
    tangent_cells,
    triangular_stages,
)
from nflib.course.plotting.named_curves import (
    labelled_curves,
    log_log_curves,
    loss_curves,
    rounding_errors,
    trajectories,
)
from nflib.course.plotting.plane import (
    data_and_densities,
    density_grid,
    density_map,
    density_row,
    density_table,
    moons_panels,
    plane,
    scatter,
)
from nflib.course.plotting.style import BASE, DATA, ERROR, MODEL, TARGET, house_style, panels
