"""Points and densities of the plane: one panel each, in scales of ink that can be compared."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex

from nflib import Flow, Planar, StandardNormal
from nflib.course import plotting

pytestmark = pytest.mark.usefixtures("house_style")
NORMAL = StandardNormal(2)


def titles(axes) -> list[str]:
    return [axis.get_title() for axis in axes]


def inks(axes) -> list[str]:
    """The ink of the density on each of the axes."""
    return [to_hex(axis.images[0].get_cmap()(1.0)) for axis in axes]


def test_densities_share_one_scale_of_ink():
    double = lambda x: NORMAL.log_prob(x) + math.log(2.0)
    axes = plotting.density_row({"one": NORMAL.log_prob, "two": double}, (-3, -3), (3, 3))
    limits = [axis.images[0].get_clim() for axis in axes]
    assert limits[0] == limits[1]
    tops = [float(axis.images[0].get_array().max()) for axis in axes]
    assert tops[1] == pytest.approx(2 * tops[0], rel=1e-6) == pytest.approx(limits[0][1], rel=1e-6)
    assert titles(axes) == ["one", "two"]


@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_grid_shares_one_scale_and_leaves_the_rest_blank(count):
    laws = {f"law {k}": NORMAL.log_prob for k in range(count)}
    axes = plotting.density_grid(laws, (-2, -2), (2, 2))
    assert titles(axes) == list(laws)
    assert inks(axes) == [plotting.TARGET] + [plotting.MODEL] * (count - 1)
    assert len({axis.images[0].get_clim() for axis in axes}) == 1
    every = plt.gcf().axes
    assert sum(axis.axison for axis in every) == count
    assert len(every) % 3 == 0


def test_a_table_has_a_panel_for_each_density():
    parts = [("one", NORMAL.log_prob), ("two", NORMAL.log_prob)]
    axes = plotting.density_table({"$p$": parts, "$q$": parts})
    assert titles(axes) == ["one", "two"] * 2
    assert [axes[0].get_ylabel(), axes[2].get_ylabel()] == ["$p$", "$q$"]
    assert inks(axes) == [plotting.TARGET] * 2 + [plotting.MODEL] * 2


def test_a_row_of_a_table_may_be_shorter_and_a_panel_have_its_own_ink():
    one, two = ("one", NORMAL.log_prob, plotting.BASE), ("two", NORMAL.log_prob)
    axes = plotting.density_table({"": [one], "$q$": [two, two]})
    assert titles(axes) == ["one", "two", "two"]
    assert inks(axes) == [plotting.BASE] + [plotting.MODEL] * 2
    assert sum(axis.axison for axis in plt.gcf().axes) == 3


def test_data_stand_beside_one_density_a_panel():
    data = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
    laws = {"one": lambda x: -(x**2).sum(-1), "two": lambda x: -(x**2).sum(-1) / 4}
    axes = plotting.data_and_densities(data, laws, (-2, -2), (2, 2))
    assert len(axes[0].collections[0].get_offsets()) == 50
    assert titles(axes[:3]) == ["", "one", "two"]
    assert inks(axes[1:3]) == [plotting.MODEL] * 2


def test_moons_panels_carry_the_data_back():
    w, u = torch.tensor([1.0, 0.0]), torch.tensor([0.5, 0.5])
    flow = Flow(NORMAL, Planar.from_parameters(w, u, 0.0))
    data = flow.sample(50, torch.Generator().manual_seed(0))
    axes = plotting.moons_panels(flow, data)
    shown = axes[3].collections[0].get_offsets()
    assert np.abs(shown - flow.to_latent(data).detach().numpy()).max() < 1e-5
