"""The figures of chapter 8 draw what they say."""

import matplotlib
import pytest
import torch

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from nflib import StandardNormal
from nflib.course import plotting


@pytest.fixture(autouse=True)
def figures_closed_and_style_restored():
    with matplotlib.rc_context():
        plotting.house_style()
        yield
    plt.close("all")


def test_scalar_maps_draw_codes_against_x_and_densities_upright():
    x = torch.linspace(-1, 1, 21)
    left, right = plotting.scalar_maps(x, {"exact": 2 * x, "other": x}, {"exact": x**2})
    first, second = left.get_lines()
    assert first.get_xdata().tolist() == pytest.approx((2 * x).tolist())
    assert first.get_ydata().tolist() == pytest.approx(x.tolist())
    assert first.get_color() == plotting.TARGET != second.get_color()
    (density,) = right.get_lines()
    assert density.get_xdata().tolist() == pytest.approx((x**2).tolist())
    assert [text.get_text() for text in left.get_legend().get_texts()] == ["exact", "other"]


@pytest.mark.parametrize("count", [2, 3, 5])
def test_fits_share_one_scale_and_leave_the_rest_blank(count):
    laws = {f"law {k}": StandardNormal(2).log_prob for k in range(count)}
    axes = plotting.fits(laws, (-2, -2), (2, 2))
    assert [axis.get_title() for axis in axes] == list(laws)
    assert len({axis.images[0].get_clim() for axis in axes}) == 1
    every = plt.gcf().axes
    assert sum(axis.axison for axis in every) == count
    assert len(every) % 3 == 0


def test_lost_digits_draws_measured_points_and_predicted_lines():
    s = -torch.arange(0.0, 5.0)
    measured, predicted = (-s).exp(), 2 * (-s).exp()
    axis = plotting.lost_digits(s, {"float32": (measured, predicted)})
    points, line, _ = axis.get_lines()
    assert axis.get_yscale() == "log"
    assert points.get_ydata().tolist() == pytest.approx(measured.tolist())
    assert line.get_ydata().tolist() == pytest.approx(predicted.tolist())
    assert [text.get_text() for text in axis.texts] == ["float32"]
