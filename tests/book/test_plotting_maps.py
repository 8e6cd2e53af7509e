"""Maps of the plane: areas grow by the determinant, points and cells keep their colours."""

import matplotlib.collections
import numpy as np
import pytest
import torch

from nflib import Planar
from nflib.course import plotting
from tests.book.pictures import signed_area

pytestmark = pytest.mark.usefixtures("house_style")
A = torch.tensor([[1.5, -0.5], [0.5, 1.0]], dtype=torch.float64)  # determinant 1.75
A3 = torch.tensor([[1.0, 0.5, 0.0], [0.0, 1.0, 0.25], [0.2, 0.0, 1.25]], dtype=torch.float64)


def linear(z):
    return z @ A.T


def banana(z):
    return torch.stack([z[..., 0], z[..., 1] + z[..., 0] ** 2], dim=-1)


def cells(axis):
    """The filled cells of all collections of polygons."""
    kind = matplotlib.collections.PolyCollection
    found = [c for c in axis.collections if isinstance(c, kind)]
    return [path.vertices for collection in found for path in collection.get_paths()]


def areas(axis):
    return [abs(signed_area(cell)) for cell in cells(axis)]


def tips(axis) -> list:
    """The ends of the arrows."""
    arrows = (t for t in axis.texts if getattr(t, "arrow_patch", None) is not None)
    return [list(t.xy) for t in arrows]


def test_points_keep_their_colour():
    z = torch.rand(50, 2, dtype=torch.float64)
    left, right = plotting.mapped_points(banana, z, z[:, 0], [((0, 0), (1, 1)), ((0, 0), (1, 2))])
    for axis, points in ((left, z), (right, banana(z))):
        assert np.allclose(axis.collections[0].get_offsets(), points)
        assert np.allclose(axis.collections[0].get_array(), z[:, 0])
    assert right.get_xlabel() == "$x_1$"


def test_pieces_are_seen_beside_their_images():
    left, right = plotting.mapped_pieces(linear, (0.0, 1.0), [(0.0, 1.0), (1.0, 3.0)])
    assert areas(left) == pytest.approx([1, 2])
    assert areas(right) == pytest.approx([1.75, 3.5])
    assert [text.get_text() for text in left.texts] == ["1", "2"]


@pytest.mark.parametrize(("f", "factor"), [(linear, 1.75), (banana, 1.0)])
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


def test_chequerboards_carry_squares_and_keep_their_colours():
    start, end = plotting.chequerboards({"a": torch.clone, "b": lambda z: z @ A.float().T}, cells=4)
    assert len(cells(start)) == 16
    for square, image in zip(cells(start), cells(end), strict=True):
        assert signed_area(square) == pytest.approx(25 / 16, abs=1e-5)
        assert signed_area(image) == pytest.approx(1.75 * 25 / 16, abs=1e-4)
    before, after = (axis.collections[0].get_facecolors() for axis in (start, end))
    assert (before == after).all()
    assert len({tuple(colour[:3]) for colour in before}) == 4


def test_clouds_have_the_colours_of_the_groups():
    clouds = {"a": torch.zeros(3, 2), "b": torch.tensor([[1.0, 2.0], [0.0, 1.0], [2.0, 0.0]])}
    axes = plotting.point_clouds(clouds, torch.tensor([0, 1, 1]))
    assert [axis.get_title() for axis in axes] == ["a", "b"]
    dots = axes[1].collections[0]
    assert np.allclose(dots.get_offsets(), clouds["b"].numpy())
    colours = dots.get_facecolors()
    assert np.allclose(colours[1], colours[2]) and not np.allclose(colours[0], colours[1])


def test_a_triangular_map_moves_one_coordinate_after_the_other():
    T = lambda z: torch.stack([2 * z[..., 0], z[..., 0] + z[..., 1]], dim=-1)
    stages = plotting.triangular_stages(T, lambda x: -(x**2).sum(-1), (-4, -4), (4, 4))
    z, first, both = (
        torch.tensor(np.array([line for c in axis.collections for line in c.get_segments()]))
        for axis in stages
    )
    assert torch.equal(first, torch.stack([2 * z[..., 0], z[..., 1]], dim=-1))
    assert torch.equal(both, T(z))


def test_the_planar_layer_moves_the_grid_as_nflib_does():
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


def test_the_diagram_of_a_flow_has_all_its_texts():
    axis = plotting.flow_diagram(["z", "base"], ["x"], ["f", "sample"], ["h", "encode"])
    written = [text.get_text() for text in axis.texts]
    assert written == ["z\nbase", "x", "f", "sample", "h", "encode"]


# --------------------------------------------------------------------------------- linear maps


def test_every_tile_grows_by_the_determinant_and_arrows_end_at_the_columns():
    left, right = plotting.unit_square(A)
    for before, after in zip(left.patches[:9], right.patches[:9], strict=True):
        assert before.get_label() == after.get_label()
        assert before.get_facecolor() == after.get_facecolor()
        assert signed_area(after.get_xy()) / signed_area(before.get_xy()) == pytest.approx(1.75)
    assert tips(right) == A.T.tolist()


def test_parallelograms_keep_the_area_and_show_the_shape_before():
    sheared = torch.tensor([[1.5, 0.0], [0.5, 1.75 / 1.5]], dtype=torch.float64)
    first, second = plotting.parallelograms([A, sheared], ["0", "1"])
    shape, ghost = first.patches[0].get_xy(), second.patches[0].get_xy()
    assert signed_area(shape) == pytest.approx(signed_area(second.patches[1].get_xy()))
    assert ghost == pytest.approx(shape)


def test_the_circle_becomes_an_ellipse_and_its_arrows_are_perpendicular():
    right = plotting.unit_circle(A)[1]
    assert signed_area(right.patches[0].get_xy()) == pytest.approx(1.75 * torch.pi, rel=1e-3)
    u, v = torch.tensor(tips(right))
    assert float(u @ v) == pytest.approx(0, abs=1e-6)
    assert float(u.norm() * v.norm()) == pytest.approx(1.75)


def test_sparsity_patterns_show_the_entries_that_are_not_zero():
    (axis,) = plotting.sparsity_patterns({"A": A3})
    assert axis.images[0].get_array().tolist() == [[1, 1, 0], [0, 1, 1], [1, 0, 1]]


def test_cube_has_the_corners_of_the_image_inside_its_box():
    axis = plotting.unit_cube(A3)[1]
    limits = torch.tensor([axis.get_xlim(), axis.get_ylim(), axis.get_zlim()])
    corners = torch.cartesian_prod(*3 * [torch.tensor([0.0, 1.0], dtype=torch.float64)]) @ A3.T
    assert (corners >= limits[:, 0]).all() and (corners <= limits[:, 1]).all()
    assert len(axis.collections) == 3  # faces, edges, columns
