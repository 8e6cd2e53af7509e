"""The figures: they draw what they say, and in inks that show on light and dark pages."""

import math

import matplotlib
import pytest
import torch

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from nflib.course import plotting

INKS = ("BASE", "MODEL", "DATA", "TARGET", "ERROR")


@pytest.fixture(autouse=True)
def figures_closed_and_style_restored():
    with matplotlib.rc_context():
        plotting.house_style()
        yield
    plt.close("all")


def uniform(low, high):
    return lambda t: ((t >= low) & (t <= high)).double() / (high - low)


def normal(z):
    return torch.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


# name: f, base, transformed density, edges of the bins
MAPS = {
    "affine": (lambda z: 2 * z + 1, uniform(0, 1), uniform(1, 3), torch.linspace(0, 1, 6)),
    "exp": (
        torch.exp,
        uniform(0, 2),
        lambda x: uniform(0, 2)(x.log()) / x,
        torch.linspace(0, 2, 7),
    ),
    "decreasing": (
        lambda z: torch.exp(-z),
        uniform(0, 2),
        lambda x: uniform(0, 2)(-x.log()) / x,
        torch.linspace(0, 2, 7),
    ),
    "sinh": (
        torch.sinh,
        normal,
        lambda x: normal(x.asinh()) / (1 + x**2).sqrt(),
        torch.tensor([-2.0, -1.0, 0.0, 0.5, 2.0]),
    ),
}


def bin_areas(axis):
    """The areas of the filled bins by Gauss's shoelace formula, in the order of their numbers."""
    bins = {c.get_label(): c for c in axis.collections if c.get_label().startswith("bin")}
    areas = []
    for k in range(len(bins)):
        x, y = bins[f"bin {k + 1}"].get_paths()[0].vertices.T
        areas.append(abs((x[:-1] * y[1:] - x[1:] * y[:-1]).sum()) / 2)
    return areas


@pytest.mark.parametrize("name", MAPS)
def test_bins_and_their_images_have_equal_areas(name):
    f, base, model, edges = MAPS[name]
    _, x_axis, z_axis = plotting.pushforward_1d(f, base, model, edges.double()).axes
    assert len(bin_areas(z_axis)) == len(edges) - 1
    assert bin_areas(x_axis) == pytest.approx(bin_areas(z_axis), rel=1e-3)


def test_a_forgotten_jacobian_shows_as_unequal_areas():
    f, base, _, edges = MAPS["exp"]
    forgotten = lambda x: uniform(0, 2)(x.log())
    _, x_axis, z_axis = plotting.pushforward_1d(f, base, forgotten, edges.double()).axes
    assert sum(bin_areas(x_axis)) > 3 * sum(bin_areas(z_axis))


def test_a_decreasing_map_reverses_the_order_of_the_bins():
    f, base, model, edges = MAPS["decreasing"]
    _, x_axis, z_axis = plotting.pushforward_1d(f, base, model, edges.double()).axes
    z_places = [t.get_position()[0] for t in z_axis.texts]
    x_places = [t.get_position()[1] for t in x_axis.texts]
    assert z_places == sorted(z_places)
    assert x_places == sorted(x_places, reverse=True)


def test_optional_layers_are_drawn():
    f, base, model, edges = MAPS["affine"]
    figure = plotting.pushforward_1d(
        f,
        base,
        model,
        edges.double(),
        samples=1 + 2 * torch.rand(100),
        sample_bins=10,
        wrong=uniform(2, 4),
        wrong_label="wrong",
        marks={"mean": 2.0},
        x_range=(0.0, 5.0),
    )
    words = {t.get_text() for t in figure.axes[1].texts}
    assert {"wrong", "mean", "1", "5"} <= words
    dashed = [line for line in figure.axes[1].lines if line.get_linestyle() == "--"]
    assert [line.get_color() for line in dashed] == [plotting.ERROR]


def test_rulers_join_each_point_to_its_image():
    z = torch.linspace(0, 2, 5)
    axis = plotting.rulers(torch.exp, z)
    threads = axis.collections[0].get_segments()
    expected = (torch.exp(z) - 1) / (math.e**2 - 1)
    assert [t[0][0] for t in threads] == pytest.approx((z / 2).tolist())
    assert [t[1][0] for t in threads] == pytest.approx(expected.tolist(), abs=1e-6)


def test_ecdf_steps_by_one_over_n_and_its_band_has_the_given_width():
    axis = plotting.panels(2)[0]
    samples = torch.tensor([0.5, 0.25, 0.75, 1.0])
    plotting.ecdf(axis, samples, (0.0, 1.2), lambda x: x.clamp(0, 1), band=0.1)
    assert axis.lines[0].get_ydata().tolist() == [0, 0.25, 0.5, 0.75, 1, 1]
    assert axis.lines[0].get_xdata().tolist() == pytest.approx([0, 0.25, 0.5, 0.75, 1, 1.2])
    corners = axis.collections[0].get_paths()[0].vertices
    assert corners[:, 1].min() == pytest.approx(-0.1) and corners[:, 1].max() == pytest.approx(1.1)


def test_branches_add_up_to_the_outline():
    x = torch.linspace(0.1, 4, 50)
    one = normal(x.sqrt()) / (2 * x.sqrt())
    left, right = plotting.branches(
        torch.square, torch.linspace(-2, 2, 401), (1.0, 2.0), x, {"-": one, "+": one}
    )
    assert right.lines[0].get_ydata() == pytest.approx((2 * one).numpy())
    marked = left.lines[1].get_ydata()
    marked = marked[~torch.from_numpy(marked).isnan().numpy()]
    assert marked.min() == pytest.approx(1, abs=0.02) and marked.max() == pytest.approx(2, abs=0.02)


def test_curves_below_the_floor_are_cut_and_named_where_they_end():
    x = torch.linspace(-3, 3, 601)
    axis = plotting.panels(1)[0]
    plotting.labelled_curves(axis, x, {"parabola": -(x**2), "flat": 0 * x}, floor=-4)
    assert float(torch.from_numpy(axis.lines[0].get_ydata()).nan_to_num(0).min()) >= -4
    assert {t.get_text(): t.xy[0] for t in axis.texts} == {
        "parabola": pytest.approx(2, abs=0.02),
        "flat": pytest.approx(3),
    }


@pytest.mark.parametrize("ink", INKS)
@pytest.mark.parametrize("page", ["#ffffff", "#121212"])
def test_inks_show_on_light_and_dark_pages(ink, page):
    def luminance(colour):
        channels = torch.tensor(matplotlib.colors.to_rgb(colour))
        linear = torch.where(
            channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
        )
        return float(linear @ torch.tensor([0.2126, 0.7152, 0.0722]))

    low, high = sorted((luminance(getattr(plotting, ink)), luminance(page)))
    assert 3.8 <= (high + 0.05) / (low + 0.05) <= 4.8


def test_figures_have_no_background_and_no_date(tmp_path):
    figure = plotting.panels(1)[0].figure
    pictures = []
    for name in ("a.svg", "b.svg"):
        figure.savefig(tmp_path / name, metadata={"Date": None})
        pictures.append((tmp_path / name).read_text())
    assert pictures[0] == pictures[1]
    assert "fill: #ffffff" not in pictures[0]


def test_figures_do_not_ask_for_gradients_to_be_dropped():
    axis = plotting.panels(1)[0]
    y = torch.linspace(0, 1, 5, requires_grad=True) * 2
    plotting.labelled_curves(axis, torch.linspace(0, 1, 5), {"y": y})
    assert axis.lines[0].get_ydata()[-1] == 2
