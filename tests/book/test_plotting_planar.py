"""The figures of planar flows draw what they say."""

import matplotlib
import numpy as np
import pytest
import torch

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from nflib import Flow, Planar, StandardNormal
from nflib.course import plotting


@pytest.fixture(autouse=True)
def figures_closed_and_style_restored():
    with matplotlib.rc_context():
        plotting.house_style()
        yield
    plt.close("all")


def test_the_layer_moves_the_grid_as_nflib_does():
    w, u = torch.tensor([1.5, 0.75]).double(), torch.tensor([0.9, 0.9]).double()
    layer = Planar.from_parameters(w, u, 0.3)
    before, after = plotting.planar_layer(w.float(), u.float(), 0.3)
    for left, right in zip(before.collections, after.collections, strict=True):
        for p, q in zip(left.get_paths(), right.get_paths(), strict=True):
            moved = layer.forward(torch.tensor(p.vertices))[0]
            assert np.abs(moved.detach().numpy() - q.vertices).max() < 1e-6
    (still,) = after.lines
    points = torch.tensor(still.get_xydata())
    assert (points @ w + 0.3).abs().max() < 1e-6


def test_folds_are_red_where_there_are_several_preimages():
    axes = plotting.planar_folds((-0.5, -2.0), samples=2000)
    inks = [axis.lines[0].get_color() for axis in axes]
    assert inks == [plotting.MODEL, plotting.ERROR] * 2
    slope = np.diff(axes[1].lines[0].get_ydata())
    assert slope.min() < 0 < slope.max()
    assert np.diff(axes[0].lines[0].get_ydata()).min() > 0
    for axis, c in zip(axes[2:], (-0.5, -2.0), strict=True):
        inside = torch.randn(2000, generator=torch.Generator().manual_seed(0)).double()
        share = float(((inside + c * inside.tanh()).abs() < 2).double().mean())
        area = sum(bar.get_height() * bar.get_width() for bar in axis.patches)
        assert area == pytest.approx(share, abs=0.06)


def test_one_walk_of_newton_cycles_and_the_other_arrives():
    axis = plotting.newton_walks(6.655, 5.0)
    cycling, arriving = axis.lines[2:]
    assert cycling.get_color() == plotting.ERROR
    assert np.abs(cycling.get_xdata()[-3:]).min() > 1
    a = arriving.get_xdata()[-1]
    assert a + 6.655 * np.tanh(a) == pytest.approx(5, abs=1e-9)


def test_a_table_has_a_panel_for_each_density():
    base = StandardNormal(2)
    parts = [("one", base.log_prob), ("two", base.log_prob)]
    axes = plotting.density_table({"$p$": parts, "$q$": parts})
    assert [axis.get_title() for axis in axes] == ["one", "two"] * 2
    assert [axes[0].get_ylabel(), axes[2].get_ylabel()] == ["$p$", "$q$"]
    assert all(len(axis.images) == 1 for axis in axes)


def test_moons_row_carries_the_data_back():
    w, u = torch.tensor([1.0, 0.0]), torch.tensor([0.5, 0.5])
    flow = Flow(StandardNormal(2), Planar.from_parameters(w, u, 0.0))
    data = flow.sample(50, torch.Generator().manual_seed(0))
    axes = plotting.moons_row(flow, data)
    shown = axes[3].collections[0].get_offsets()
    assert np.abs(shown - flow.to_latent(data).detach().numpy()).max() < 1e-5
