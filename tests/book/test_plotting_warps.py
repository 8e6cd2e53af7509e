"""The figures of maps of the plane draw what they say."""

import matplotlib
import pytest
import torch

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from nflib import StandardNormal
from nflib.course import plotting

A = torch.tensor([[2.0, 1.0], [0.0, 1.5]], dtype=torch.float64)


@pytest.fixture(autouse=True)
def figures_closed_and_style_restored():
    with matplotlib.rc_context():
        plotting.house_style()
        yield
    plt.close("all")


def linear(z):
    return z @ A.T


def banana(z):
    return torch.stack([z[..., 0], z[..., 1] + z[..., 0] ** 2], dim=-1)


def areas(axis):
    """The areas of the filled cells, by Gauss's shoelace formula."""
    (cells,) = (c for c in axis.collections if isinstance(c, matplotlib.collections.PolyCollection))
    sizes = []
    for path in cells.get_paths():
        x, y = path.vertices.T
        sizes.append(abs((x[:-1] * y[1:] - x[1:] * y[:-1]).sum()) / 2)
    return sizes


def test_points_keep_their_colour():
    z = torch.rand(50, 2, dtype=torch.float64)
    left, right = plotting.carry(banana, z, z[:, 0], [((0, 0), (1, 1)), ((0, 0), (1, 2))])
    before, after = left.collections[0], right.collections[0]
    for panel, points in ((before, z), (after, banana(z))):
        assert panel.get_offsets().tolist() == [pytest.approx(p) for p in points.tolist()]
        assert panel.get_array().tolist() == pytest.approx(z[:, 0].tolist())
    assert right.get_xlabel() == "$x_1$"


@pytest.mark.parametrize(("f", "factor"), [(linear, 3.0), (banana, 1.0)])
def test_cells_grow_by_the_determinant(f, factor):
    left, right = plotting.tangent_cells(f, (-1.0, 1.0), (0.0, 1.0), cells=4)
    assert areas(left) == pytest.approx([0.5 * 0.25] * 16)
    assert areas(right) == pytest.approx([0.5 * 0.25 * factor] * 16)


def test_the_grid_is_drawn_over_the_parallelograms_of_a_linear_map():
    _, right = plotting.tangent_cells(linear, (0.0, 1.0), (0.0, 1.0), cells=1)
    ends = [segment[[0, -1]] for c in right.collections[1:] for segment in c.get_segments()]
    corners = linear(torch.tensor([[0.0, 0], [1, 0], [0, 1], [1, 1]], dtype=torch.float64))
    drawn = {tuple(point.round(9)) for pair in ends for point in pair}
    assert drawn == {tuple(point.round(9)) for point in corners.numpy()}


def test_densities_share_one_scale_of_ink():
    base = StandardNormal(2).to(torch.get_default_dtype())
    double = lambda x: base.log_prob(x) + torch.log(torch.tensor(2.0))
    axes = plotting.density_row({"one": base.log_prob, "two": double}, (-3, -3), (3, 3))
    limits = [axis.images[0].get_clim() for axis in axes]
    assert limits[0] == limits[1]
    tops = [float(axis.images[0].get_array().max()) for axis in axes]
    assert tops[1] == pytest.approx(2 * tops[0], rel=1e-6) == pytest.approx(limits[0][1], rel=1e-6)
    assert [axis.get_title() for axis in axes] == ["one", "two"]


def test_sheets_are_the_images_of_the_pieces():
    left, right = plotting.sheets(linear, (0.0, 1.0), [(0.0, 1.0), (1.0, 3.0)])
    sizes = [
        [abs(_shoelace(c.get_paths()[0].vertices)) for c in axis.collections]
        for axis in (left, right)
    ]
    assert sizes[0] == pytest.approx([1, 2])
    assert sizes[1] == pytest.approx([3, 6])
    assert [text.get_text() for text in left.texts] == ["1", "2"]


def _shoelace(vertices):
    x, y = vertices.T
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2)
