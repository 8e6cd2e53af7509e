"""Figures of linear maps: equal numbers are equal shares, arrows are columns, edges are images."""

import matplotlib
import pytest
import torch

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from nflib.course import plotting

A = torch.tensor([[1.5, -0.5], [0.5, 1.0]], dtype=torch.float64)
A3 = torch.tensor([[1.0, 0.5, 0.0], [0.0, 1.0, 0.25], [0.2, 0.0, 1.25]], dtype=torch.float64)


@pytest.fixture(autouse=True)
def figures_closed_and_style_restored():
    with matplotlib.rc_context():
        plotting.house_style()
        yield
    plt.close("all")


def area(patch) -> float:
    x, y = patch.get_xy()[:-1].T
    return abs(sum(x * (y[[1, 2, 3, 0]]) - x[[1, 2, 3, 0]] * y)) / 2


def tips(axis) -> list:
    """The ends of the arrows."""
    arrows = (t for t in axis.texts if getattr(t, "arrow_patch", None) is not None)
    return [list(t.xy) for t in arrows]


def test_every_tile_grows_by_the_determinant():
    left, right = plotting.unit_square(A, count=3)
    for before, after in zip(left.patches[:9], right.patches[:9], strict=True):
        assert before.get_label() == after.get_label()
        assert before.get_facecolor() == after.get_facecolor()
        assert area(after) / area(before) == pytest.approx(1.75)


def test_arrows_end_at_the_columns():
    assert tips(plotting.unit_square(A)[1]) == A.T.tolist()


def test_shears_keep_the_area_and_show_the_shape_before():
    sheared = torch.tensor([[1.5, 0.0], [0.5, 1.75 / 1.5]], dtype=torch.float64)
    first, second = plotting.shears([A, sheared], ["0", "1"])
    assert area(first.patches[0]) == pytest.approx(area(second.patches[1]))
    assert second.patches[0].get_xy() == pytest.approx(first.patches[0].get_xy())


def test_cube_has_the_corners_of_the_image_inside_its_box():
    axis = plotting.unit_cube(A3)[1]
    limits = torch.tensor([axis.get_xlim(), axis.get_ylim(), axis.get_zlim()])
    corners = torch.cartesian_prod(*3 * [torch.tensor([0.0, 1.0], dtype=torch.float64)]) @ A3.T
    assert (corners >= limits[:, 0]).all() and (corners <= limits[:, 1]).all()
    assert len(axis.collections) == 3  # faces, edges, columns


def test_ellipse_is_the_image_of_the_circle_and_its_arrows_are_perpendicular():
    right = plotting.ellipse(A)[1]
    x, y = torch.from_numpy(right.patches[0].get_xy().copy()).T
    assert float((x * y.roll(-1) - x.roll(-1) * y).sum() / 2) == pytest.approx(
        1.75 * torch.pi, rel=1e-3
    )
    u, v = torch.tensor(tips(right))
    assert float(u @ v) == pytest.approx(0, abs=1e-6)
    assert float(u.norm() * v.norm()) == pytest.approx(1.75)


def test_log_log_names_each_curve_at_its_end():
    x = torch.tensor([1.0, 10.0, 100.0])
    axis = plotting.log_log(x, {"a": x, "b": x**2}, ("c", x**3))
    assert {t.get_text(): t.xy for t in axis.texts} == {
        "a": (100, 100), "b": (100, 1e4), "c": (100, 1e6)
    }  # fmt: skip
    assert [line.get_linestyle() for line in axis.lines] == ["-", "-", ":"]
