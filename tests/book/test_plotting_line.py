"""Maps of the line: equal colours have equal areas, threads join points to their images."""

import math

import numpy as np
import pytest
import torch

from nflib.course import plotting
from tests.book.pictures import signed_area

pytestmark = pytest.mark.usefixtures("house_style")


def uniform(low, high):
    return lambda t: ((t >= low) & (t <= high)).double() / (high - low)


def normal(z):
    return torch.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


UNIT, LONG = uniform(0, 1), uniform(0, 2)
SOME = torch.tensor([-2.0, -1.0, 0.0, 0.5, 2.0])
MAPS = {  # name: f, base, transformed density, edges of the bins
    "affine": (lambda z: 2 * z + 1, UNIT, uniform(1, 3), torch.linspace(0, 1, 6)),
    "exp": (torch.exp, LONG, lambda x: LONG(x.log()) / x, torch.linspace(0, 2, 7)),
    "falling": (lambda z: (-z).exp(), LONG, lambda x: LONG(-x.log()) / x, torch.linspace(0, 2, 7)),
    "sinh": (torch.sinh, normal, lambda x: normal(x.asinh()) / (1 + x**2).sqrt(), SOME),
}


def pushforward(name, wrong_model=None, **layers):
    """The axes of a map of MAPS, of x and of z."""
    f, base, model, edges = MAPS[name]
    return plotting.pushforward_1d(f, base, wrong_model or model, edges.double(), **layers).axes


def bin_areas(axis):
    """The areas of the filled bins, in the order of their numbers."""
    bins = {c.get_label(): c for c in axis.collections if c.get_label().startswith("bin")}
    paths = [bins[f"bin {k + 1}"].get_paths()[0] for k in range(len(bins))]
    return [abs(signed_area(path.vertices)) for path in paths]


@pytest.mark.parametrize("name", MAPS)
def test_bins_and_their_images_have_equal_areas(name):
    _, x_axis, z_axis = pushforward(name)
    assert len(bin_areas(z_axis)) == len(MAPS[name][-1]) - 1
    assert bin_areas(x_axis) == pytest.approx(bin_areas(z_axis), rel=1e-3)


def test_a_forgotten_jacobian_shows_as_unequal_areas():
    _, x_axis, z_axis = pushforward("exp", lambda x: LONG(x.log()))
    assert sum(bin_areas(x_axis)) > 3 * sum(bin_areas(z_axis))


def test_a_decreasing_map_reverses_the_order_of_the_bins():
    _, x_axis, z_axis = pushforward("falling")
    z_places = [t.get_position()[0] for t in z_axis.texts]
    x_places = [t.get_position()[1] for t in x_axis.texts]
    assert z_places == sorted(z_places)
    assert x_places == sorted(x_places, reverse=True)


def test_optional_layers_are_drawn():
    layers = {"samples": 1 + 2 * torch.rand(100), "sample_bins": 10, "marks": {"mean": 2.0}}
    layers |= {"wrong": uniform(2, 4), "wrong_label": "wrong", "x_range": (0.0, 5.0)}
    _, axis, _ = pushforward("affine", **layers)
    assert {"wrong", "mean", "1", "5"} <= {t.get_text() for t in axis.texts}
    dashed = [line for line in axis.lines if line.get_linestyle() == "--"]
    assert [line.get_color() for line in dashed] == [plotting.ERROR]


def test_rulers_join_each_point_to_its_image():
    z = torch.linspace(0, 2, 5)
    threads = plotting.rulers(torch.exp, z).collections[0].get_segments()
    expected = (torch.exp(z) - 1) / (math.e**2 - 1)
    assert [t[0][0] for t in threads] == pytest.approx((z / 2).tolist())
    assert [t[1][0] for t in threads] == pytest.approx(expected.tolist(), abs=1e-6)


def test_branches_add_up_to_the_outline():
    x = torch.linspace(0.1, 4, 50)
    one = normal(x.sqrt()) / (2 * x.sqrt())
    left, right = plotting.inverse_branches(
        torch.square, torch.linspace(-2, 2, 401), (1.0, 2.0), x, {"-": one, "+": one}
    )
    assert right.lines[0].get_ydata() == pytest.approx((2 * one).numpy())
    marked = left.lines[1].get_ydata()
    assert np.nanmin(marked) == pytest.approx(1, abs=0.02)
    assert np.nanmax(marked) == pytest.approx(2, abs=0.02)


def test_scalar_maps_draw_codes_against_x_and_densities_upright():
    x = torch.linspace(-1, 1, 21)
    left, right = plotting.scalar_maps(x, {"exact": 2 * x, "other": x}, {"exact": x**2})
    first, second = left.get_lines()
    assert first.get_xdata() == pytest.approx(2 * x)
    assert first.get_ydata() == pytest.approx(x)
    assert first.get_color() == plotting.TARGET != second.get_color()
    (density,) = right.get_lines()
    assert density.get_xdata() == pytest.approx(x**2)
    assert [text.get_text() for text in left.get_legend().get_texts()] == ["exact", "other"]


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
    assert cycling.get_linestyle() == "--" and len(set(cycling.get_xdata().tolist())) == 3
    a = arriving.get_xdata()[-1]
    assert a + 6.655 * np.tanh(a) == pytest.approx(5, abs=1e-9)
