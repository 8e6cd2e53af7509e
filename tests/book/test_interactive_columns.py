"""The figure columns computes what nflib computes: determinant, area, density, singular values."""

import pytest
import torch

from nflib import Flow, Linear, StandardUniform
from tests.book.figures import SVG
from tests.book.pictures import signed_area

pytestmark = pytest.mark.usefixtures("float64")
SQUARE = torch.tensor([[0.0, 0], [1, 0], [1, 1], [0, 1]], dtype=torch.float64)
MATRICES = [
    [[1.5, -0.5], [0.5, 1.0]],
    [[-0.5, 1.5], [1.0, 0.5]],
    [[0.05, -1.5], [1.5, 0.0]],
    [[1.0, 0.95], [0.95, 0.9]],
    [[-1.25, 0.0], [0.0, -0.35]],
]


def entries(A) -> dict[str, float]:
    return dict(zip(("a11", "a12", "a21", "a22"), A[0] + A[1], strict=True))


@pytest.mark.parametrize("A", MATRICES)
def test_numbers_agree_with_the_flow(engine, A):
    matrix = torch.tensor(A)
    flow = Flow(StandardUniform(2), Linear(matrix))
    det, sigma = float(matrix.det()), torch.linalg.svdvals(matrix).tolist()
    expected = {"det": det, "area": abs(det), "mass": 1, "sigma1": sigma[0], "sigma2": sigma[1]}
    expected["density"] = flow.log_prob(matrix.sum(1) / 2).exp().item()
    assert engine.numbers(**entries(A)) == pytest.approx(expected, rel=1e-10, abs=1e-12)
    sign = engine.call("model.measure", engine.state(**entries(A)))["sign"]
    assert sign == matrix.det().sign()


@pytest.mark.parametrize(
    "A", [[[0.0, 0], [0, 0]], [[1.5, -0.75], [0.5, -0.25]], [[0.3, 0.1], [0, 0]]]
)
def test_a_singular_matrix_has_no_density(engine, A):
    state = engine.state(**entries(A))
    shown = engine.call("model.measure", state)
    assert shown["det"] == 0 and shown["density"] is None and shown["sign"] == 0
    assert "no tiene" in engine.draw("es", state, "readout")


def points_of(svg, kind):
    """The points of the first path of a class."""
    path = next(p for p in svg.iter(f"{SVG}path") if p.get("class") == kind)
    numbers = path.get("d").strip("MZ").replace("L", " ").split()
    return torch.tensor([float(v) for v in numbers]).view(-1, 2)


@pytest.mark.parametrize("A", MATRICES)
def test_areas_on_the_screen_have_the_ratio_of_the_determinant(engine, A):
    svg = engine.svg(**entries(A))
    image, square = (signed_area(points_of(svg, f"nf-image nf-{k}")) for k in ("model", "base"))
    ratio = abs(image / square)
    assert ratio == pytest.approx(abs(float(torch.tensor(A).det())), abs=2e-3)


@pytest.mark.parametrize("A", [*MATRICES, [[1.5, 1.5], [-1.5, -1.5]]])
def test_the_image_is_inside_the_axes_and_as_large_as_they_allow(engine, A):
    svg = engine.svg(**entries(A))
    frame = points_of(svg, "nf-axis")
    image, square = (points_of(svg, f"nf-image nf-{kind}") for kind in ("model", "base"))
    low, high = frame.amin(0), frame.amax(0)
    assert (image > low).all() and (image < high).all()
    side = (square.amax(0) - square.amin(0))[0] / (high - low)[0]
    reach = max(2, float((SQUARE @ torch.tensor(A).T).abs().max()))
    assert float(side) == pytest.approx(1 / (2 * (reach + 0.15)), abs=1e-3)


def test_a_drag_puts_the_column_under_the_pointer(engine):
    for width in (300, 460, 720):
        for name, keys in (("1", ("a11", "a21")), ("2", ("a12", "a22"))):
            start = engine.state(width=width)
            moved = {"width": width, **dict(zip(keys, (-1.25, 0.6), strict=True))}
            handles = {c.get("data-drag"): c for c in engine.svg(**moved).iter(f"{SVG}circle")}
            place = [float(handles[name].get(axis)) for axis in ("cx", "cy")]
            change = engine.call("drag", start, name, *place)
            assert engine.call("reduce", start, change) == engine.state(**moved)


def test_presets_set_the_columns_and_a_hand_leaves_them(engine):
    dets = {"example": 1.75, "exchanged": -1.75, "transposed": 1.75}
    dets |= {"shear": 1, "rotation": 1, "singular": 0}
    for name, det in dets.items():
        shown = engine.call("model.measure", engine.state(preset=name))
        assert shown["det"] == pytest.approx(det), name
    state = engine.state(preset="shear")
    assert engine.call("reduce", state, {"a12": 0.1})["preset"] == "free"
