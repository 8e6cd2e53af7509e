"""The interactive figure arithmetic: boxes of area P(v), affine maps to cells, and a code."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import torch

from tests.book.figures import SVG, double

Q = 4
FIRST = torch.tensor([0.4, 0.2, 0.15, 0.25], dtype=torch.float64)
LEVELS = torch.arange(Q, dtype=torch.float64)
POINTS = [[0.003, 0.99], [0.27, 0.62], [0.47, 0.62], [0.7, 0.05], [0.97, 0.5]]
each_s = pytest.mark.parametrize("s", [0, 0.8, 2])


def joint(s: float) -> torch.Tensor:
    """Return P(v1, v2), shape (4, 4)."""
    theta = FIRST.log() - s * (LEVELS - LEVELS[:, None]).abs()
    return FIRST[:, None] * theta.softmax(-1)


def ends(p: torch.Tensor) -> list[float]:
    return [0, *p.cumsum(0).tolist()]


def image(s: float, u: list[float]) -> tuple[list[int], list[float]]:
    """Return the levels and x, by linear interpolation of the two distribution functions."""
    knots = np.arange(Q + 1) / Q
    x1 = np.interp(u[0], ends(FIRST), knots)
    v1 = int(Q * x1)
    x2 = np.interp(u[1], ends(joint(s)[v1] / FIRST[v1]), knots)
    return [v1, int(Q * x2)], [float(x1), float(x2)]


@each_s
def test_boxes_partition_the_square_and_have_the_area_of_their_probability(engine, s):
    P, boxes = joint(s), engine.call("model.boxes", s)
    assert [box["v"] for box in boxes] == [[i, j] for i in range(Q) for j in range(Q)]
    assert double([box["P"] for box in boxes]).sub(P.flatten()).abs().max() < 1e-12
    at = 0
    for box in boxes:
        (left, right), (low, high) = box["sides"]
        assert (right - left) * (high - low) == pytest.approx(box["P"], abs=1e-12)
        assert box["interval"] == pytest.approx([at, at + box["P"]], abs=1e-12)
        at = box["interval"][1]
    assert at == pytest.approx(1)


@each_s
@pytest.mark.parametrize("u", POINTS, ids=str)
def test_the_map_is_that_of_the_distribution_functions(engine, s, u):
    shown = engine.call("model.forward", s, u)
    v, x = image(s, u)
    assert shown["v"] == v
    assert shown["x"] == pytest.approx(x, abs=1e-12)


@each_s
def test_nflibs_histogram_spline_has_the_same_map_and_density(engine, s):
    histogram = pytest.importorskip("nflib.bijections.histogram")
    P, knots, u = joint(s), torch.linspace(0, 1, Q + 1, dtype=torch.float64), double(POINTS)
    x1, log_slope1 = histogram.piecewise_linear(u[:, 0], FIRST.log().expand(len(u), Q), knots)
    theta = P[(Q * x1).long()].log()
    x2, log_slope2 = histogram.piecewise_linear(u[:, 1], theta, knots)
    shown = engine.each(f"figure.model.measure({{s: {s}, u: p}})", u)
    assert double([m["x"] for m in shown]).sub(torch.stack([x1, x2], -1)).abs().max() < 1e-6
    density = (-log_slope1 - log_slope2).exp()
    assert double([m["density"] for m in shown]).sub(density).abs().max() < 1e-6


@each_s
def test_on_a_box_the_map_is_affine_with_the_determinant_of_the_density(engine, s):
    for box in engine.call("model.boxes", s):
        sides = double(box["sides"])
        parts = torch.tensor([[0.01, 0.01], [0.99, 0.01], [0.01, 0.99], [0.5, 0.3]]).double()
        u = sides[:, 0] + parts * sides.diff(dim=-1).T
        x = double(engine.each(f"figure.model.forward({s}, p).x", u))
        assert (Q * x - double(box["v"]) - parts).abs().max() < 1e-9
        det = (x[1] - x[0])[0] * (x[2] - x[0])[1] / ((u[1] - u[0])[0] * (u[2] - u[0])[1])
        assert float(1 / det) == pytest.approx(Q * Q * box["P"])


def test_only_dependence_tears_the_image_of_a_line(engine):
    def jumps(s: float) -> list[float]:
        return [
            engine.call("model.forward", s, [a + 1e-9, 0.62])["x"][1]
            - engine.call("model.forward", s, [a - 1e-9, 0.62])["x"][1]
            for a in ends(FIRST)[1:-1]
        ]

    assert jumps(0) == pytest.approx([0, 0, 0], abs=1e-12)
    assert min(jumps(0.8)) > 0.05


@each_s
def test_codewords_are_the_shortest_and_none_begins_another(engine, s):
    words = {}
    for box in engine.call("model.boxes", s):
        low, high = map(Fraction, box["interval"])
        word = words[tuple(box["v"])] = engine.call("model.codeword", box["interval"])
        start, width = Fraction(int(word, 2), 2 ** len(word)), Fraction(1, 2 ** len(word))
        assert low <= start and start + width <= high
        shorter = [Fraction(k, 2 ** (len(word) - 1)) for k in range(2 ** (len(word) - 1) + 1)]
        assert not any(low <= a and b <= high for a, b in pairwise(shorter))
        assert 2.0 ** -len(word) <= box["P"] + 1e-12 < 4 * 2.0 ** -len(word)
    assert not any(a != b and a.startswith(b) for a in words.values() for b in words.values())


@each_s
@pytest.mark.parametrize("u", POINTS, ids=str)
def test_the_table_has_the_numbers_of_the_box(engine, s, u):
    P = joint(s)
    here = float(P[tuple(image(s, u)[0])])
    expected = {
        "P": here,
        "bits": -np.log2(here),
        "density": Q * Q * here,
        "entropy": -float((P * P.log2()).sum()),
    }
    assert engine.numbers(s=s, u=u) == pytest.approx(expected, abs=1e-6)


def test_the_point_is_where_it_was_dragged_and_keys_move_it(engine):
    state = engine.state(width=358)
    u = engine.call("drag", state, "u", 60, 80)["u"]
    marks = [e for e in engine.svg(width=358, u=u).iter(f"{SVG}circle")]
    assert [float(marks[0].get(k)) for k in ("cx", "cy")] == pytest.approx([60, 80], abs=0.01)
    moved = engine.call("keys", state, "ArrowUp")["u"]
    assert moved == pytest.approx([state["u"][0], state["u"][1] + 0.02])
    assert engine.evaluate("figure.keys(figure.initial, 'Tab') === undefined")
    assert engine.state(u=[-3, 7])["u"] == [0.001, 0.999]
