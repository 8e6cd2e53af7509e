"""Curves with their names at their ends, and distributions of one variable."""

import numpy as np
import pytest
import torch

from nflib.course import plotting

pytestmark = pytest.mark.usefixtures("house_style")


@pytest.fixture
def axis():
    return plotting.panels(2)[0]


def names(axis) -> dict:
    """The texts on the axes, and the points that they stand beside."""
    return {text.get_text(): text.xy for text in axis.texts}


def test_curves_below_the_floor_are_cut_and_named_where_they_end(axis):
    x = torch.linspace(-3, 3, 601)
    plotting.labelled_curves(axis, x, {"parabola": -(x**2), "flat": 0 * x}, floor=-4)
    assert np.nanmin(axis.lines[0].get_ydata()) >= -4
    ends = {name: x for name, (x, _) in names(axis).items()}
    assert ends == {"parabola": pytest.approx(2, abs=0.02), "flat": pytest.approx(3)}


def test_figures_do_not_ask_for_gradients_to_be_dropped(axis):
    y = torch.linspace(0, 1, 5, requires_grad=True) * 2
    plotting.labelled_curves(axis, torch.linspace(0, 1, 5), {"y": y})
    assert axis.lines[0].get_ydata()[-1] == 2


def test_log_log_curves_have_their_names_at_their_ends():
    x = torch.tensor([1.0, 10.0, 100.0])
    axis = plotting.log_log_curves(x, {"a": x, "b": x**2}, ("c", x**3))
    assert names(axis) == {"a": (100, 100), "b": (100, 1e4), "c": (100, 1e6)}
    assert [line.get_linestyle() for line in axis.lines] == ["-", "-", ":"]


def test_loss_curves_have_names_at_their_ends_and_the_floor_is_marked(axis):
    plotting.loss_curves(axis, [1, 2], {"a": ([5.0, 4.0], plotting.MODEL)}, {"floor": 3.0})
    assert names(axis) == {"a": (2, 4.0), "floor": (2, 3.0)}
    assert list(axis.lines[1].get_ydata()) == [3.0, 3.0]


def test_rounding_errors_are_measured_points_and_predicted_lines():
    s = -torch.arange(0.0, 5.0)
    measured, predicted = (-s).exp(), 2 * (-s).exp()
    axis = plotting.rounding_errors(s, {"float32": (measured, predicted)})
    points, line, _ = axis.get_lines()
    assert axis.get_yscale() == "log"
    assert points.get_ydata() == pytest.approx(measured)
    assert line.get_ydata() == pytest.approx(predicted)
    assert [*names(axis)] == ["float32"]


def test_trajectories_show_every_path_from_its_start_to_its_end():
    t, x = torch.tensor([0.0, 0.5, 1.0]), torch.tensor([[0.0, 1.0], [2.0, 1.5], [3.0, -1.0]])
    axis = plotting.trajectories(t, x, labels=("time", "place"))
    assert len(axis.lines) == 2
    for line, path in zip(axis.lines, x.T, strict=True):
        assert np.allclose(line.get_xdata(), t) and np.allclose(line.get_ydata(), path)
    starts, ends = axis.collections
    assert np.allclose(starts.get_offsets(), [[0, 0], [0, 1]])
    assert np.allclose(ends.get_offsets(), [[1, 3], [1, -1]])
    assert not np.allclose(starts.get_facecolors(), ends.get_facecolors())
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("time", "place")


def test_ecdf_steps_by_one_over_n_and_its_band_has_the_given_width(axis):
    samples = torch.tensor([0.5, 0.25, 0.75, 1.0])
    plotting.ecdf(axis, samples, (0.0, 1.2), lambda x: x.clamp(0, 1), band=0.1)
    assert axis.lines[0].get_ydata().tolist() == [0, 0.25, 0.5, 0.75, 1, 1]
    assert axis.lines[0].get_xdata().tolist() == pytest.approx([0, 0.25, 0.5, 0.75, 1, 1.2])
    corners = axis.collections[0].get_paths()[0].vertices
    assert corners[:, 1].min() == pytest.approx(-0.1) and corners[:, 1].max() == pytest.approx(1.1)


def test_score_histograms_share_their_bins(axis):
    scores = torch.randn(2, 400, generator=torch.Generator().manual_seed(0))
    groups = {"a": (scores[0], plotting.DATA), "b": (scores[1] + 3, plotting.MODEL)}
    plotting.score_histograms(axis, groups)
    one, other = (p.get_path().vertices[:, 0] for p in axis.patches[::2])
    assert one.min() == pytest.approx(other.min())
    assert one.max() == pytest.approx(other.max())
    assert {text.get_text() for text in axis.texts} == {"a", "b"}


def test_level_bars_are_as_high_as_the_masses_and_cut_needles_off(axis):
    P = torch.tensor([0.5, 0.2, 0.3])
    plotting.level_bars(axis, P, {"needles": (lambda y: 1000 + 0 * y, plotting.ERROR)})
    assert [bar.get_height() for bar in axis.patches] == pytest.approx(P.tolist())
    assert [bar.get_x() + bar.get_width() / 2 for bar in axis.patches] == [0.5, 1.5, 2.5]
    assert axis.get_ylim()[1] < 1
    assert axis.lines[0].get_linestyle() == "--"


@pytest.mark.parametrize("log", [False, True])
def test_density_curves_show_the_truth_in_every_panel(log):
    x = torch.linspace(-1, 1, 5)
    axes = plotting.density_curves(x, x.abs(), {"one": x**2, "two": x**4}, log=log)
    for axis, fit in zip(axes, (x**2, x**4), strict=True):
        truth, shown = (line.get_ydata() for line in axis.lines)
        assert np.allclose(truth, x.abs()) and np.allclose(shown, fit)
        assert axis.get_yscale() == ("log" if log else "linear")
