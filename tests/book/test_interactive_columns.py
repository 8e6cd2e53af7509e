"""The figure columns computes what nflib computes: determinant, area, density, singular values."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
import torch

from nflib import Flow, Linear, StandardUniform
from tests.book.figures import SVG, Engine

KEYS = ("a11", "a12", "a21", "a22")
MATRICES = [
    [[1.5, -0.5], [0.5, 1.0]],
    [[-0.5, 1.5], [1.0, 0.5]],
    [[0.05, -1.5], [1.5, 0.0]],
    [[1.0, 0.95], [0.95, 0.9]],
    [[-1.25, 0.0], [0.0, -0.35]],
]


@pytest.fixture(scope="module")
def columns() -> Engine:
    return Engine("columns")


def entries(A) -> dict[str, float]:
    return dict(zip(KEYS, A[0] + A[1], strict=True))


@pytest.mark.parametrize("A", MATRICES)
def test_numbers_agree_with_the_flow(columns, A):
    shown = columns.call("model.measure", columns.state(**entries(A)))
    matrix = torch.tensor(A, dtype=torch.float64)
    centre = matrix.sum(1) / 2
    flow = Flow(StandardUniform(2), Linear(matrix)).double()
    density = float(flow.log_prob(centre[None]).detach().exp())
    assert shown["det"] == pytest.approx(float(matrix.det()), abs=1e-12)
    assert shown["area"] == abs(shown["det"])
    assert shown["density"] == pytest.approx(density, rel=1e-9)
    assert shown["sigma"] == pytest.approx(torch.linalg.svdvals(matrix).tolist(), abs=1e-12)
    assert shown["sign"] == float(matrix.det().sign())


@pytest.mark.parametrize(
    "A", [[[0.0, 0], [0, 0]], [[1.5, -0.75], [0.5, -0.25]], [[0.3, 0.1], [0, 0]]]
)
def test_a_singular_matrix_has_no_density(columns, A):
    state = columns.state(**entries(A))
    shown = columns.call("model.measure", state)
    assert shown["det"] == 0 and shown["density"] is None and shown["sign"] == 0
    assert "no tiene" in columns.draw("es", state, "readout")


@pytest.mark.parametrize("A", MATRICES)
def test_area_on_the_screen_is_the_determinant(columns, A):
    """The areas of the two drawn shapes, by the shoelace formula, have ratio |det A|."""
    root = ElementTree.fromstring(columns.draw("en", columns.state(**entries(A))))
    areas = {}
    for path in root.iter(f"{SVG}path"):
        kind = path.get("class")
        if kind.startswith("nf-image"):
            numbers = path.get("d").strip("MZ").replace("L", " ").split()
            x, y = torch.tensor([float(v) for v in numbers]).view(-1, 2).T
            areas[kind] = abs(float((x * y.roll(-1) - x.roll(-1) * y).sum())) / 2
    ratio = areas["nf-image nf-model"] / areas["nf-image nf-base"]
    assert ratio == pytest.approx(abs(float(torch.tensor(A).det())), abs=2e-3)


def test_a_drag_puts_the_column_under_the_pointer(columns):
    for width in (300, 460, 720):
        for name, keys in (("1", ("a11", "a21")), ("2", ("a12", "a22"))):
            start = columns.state(width=width)
            moved = columns.state(width=width, **dict(zip(keys, (-1.25, 0.6), strict=True)))
            root = ElementTree.fromstring(columns.draw("en", moved))
            handles = {c.get("data-drag"): c for c in root.iter(f"{SVG}circle")}
            place = [float(handles[name].get(axis)) for axis in ("cx", "cy")]
            change = columns.call("drag", start, name, *place)
            after = columns.call("reduce", start, change)
            assert after == moved


def test_presets_set_the_columns_and_a_hand_leaves_them(columns):
    dets = {
        name: columns.call("model.measure", columns.state(preset=name))["det"]
        for name in ("example", "exchanged", "transposed", "shear", "rotation", "singular")
    }
    assert dets == pytest.approx(
        {"example": 1.75, "exchanged": -1.75, "transposed": 1.75, "shear": 1, "rotation": 1, "singular": 0}
    )  # fmt: skip
    state = columns.state(preset="shear")
    assert columns.call("reduce", state, {"a12": 0.1})["preset"] == "free"
    assert columns.state(a11=99)["a11"] == 1.5 and columns.state(a22=0.512)["a22"] == 0.5
