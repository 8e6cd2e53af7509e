"""Figures of triangular maps: where a matrix is zero, and one coordinate moved after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from torch import Tensor

from nflib.course.plotting.plane import Corner, density_map, grid_lines, plane
from nflib.course.plotting.style import BASE, DATA, MODEL, as_array, panels


def patterns(matrices: Mapping[str, Tensor]) -> list[Axes]:
    """Where each square matrix is not exactly zero, side by side, by the text above each."""
    axes = panels(len(matrices), height=1.9)
    for axis, (label, matrix) in zip(axes, matrices.items(), strict=True):
        axis.imshow(as_array(matrix != 0), cmap=ListedColormap(["none", MODEL]), vmin=0, vmax=1)
        axis.set(xticks=[], yticks=[])
        axis.set_title(label, fontsize=9)
        for spine in axis.spines.values():
            spine.set(visible=True, color=DATA)
    return axes


def one_by_one(
    T: Callable[[Tensor], Tensor], log_density: Callable, low: Corner, high: Corner, span: float = 2
) -> list[Axes]:
    """A grid of z, then with its first coordinate moved by a triangular T, then with both."""
    axes = plane(3, low, high, height=2.2)

    def first(z: Tensor) -> Tensor:
        return torch.stack([T(z)[..., 0], z[..., 1]], dim=-1)

    stages = {"$(z_1, z_2)$": torch.clone, "$(x_1, z_2)$": first, "$(x_1, x_2)$": T}
    for axis, (label, f) in zip(axes, stages.items(), strict=True):
        grid_lines(axis, f, (-span, span), (-span, span), lines=9, inks=(BASE, MODEL))
        axis.set_title(label)
        axis.locator_params(nbins=4, integer=True)
    density_map(axes[2], log_density, ink=DATA)
    return axes
