"""The interactive figure spline is nflib's rational-quadratic spline, and its density is right."""

from __future__ import annotations

import math

import pytest
import torch

from nflib.bijections.spline import (
    MIN_BIN,
    MIN_SLOPE,
    rational_quadratic,
    rational_quadratic_inverse,
)
from nflib.numerics import integrate
from tests.book.figures import Engine

BOUND = 3.0
PRESETS = ["two", "identity", "peak", "skewed"]
MOVES = [{"knot": "1", "kz": -2.4, "slope": 0.05}, {"knot": "3", "kx": 2.5, "slope": 6}]


@pytest.fixture(scope="module")
def spline() -> Engine:
    return Engine("spline")


@pytest.fixture(params=[*({"preset": name} for name in PRESETS), *MOVES], ids=str)
def knots(request, spline) -> dict[str, list[float]]:
    return spline.state(**request.param)["knots"]


def free(knots: dict[str, list[float]]) -> list[torch.Tensor]:
    """The free parameters that give nflib these knots: the inverse of its softmax and softplus."""
    parts = []
    for axis in ("z", "x"):
        ends = torch.tensor([-BOUND, *knots[axis], BOUND], dtype=torch.float64)
        share = ends.diff() / (2 * BOUND)
        parts.append(((share - MIN_BIN) / (1 - MIN_BIN * len(share))).log())
    slopes = (torch.tensor(knots["d"], dtype=torch.float64) - MIN_SLOPE) / (1 - MIN_SLOPE)
    return [*parts, slopes.expm1().log() - math.log(math.e - 1)]


def expected(function, knots, points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    parts = [part.expand(len(points), -1) for part in free(knots)]
    return function(points, *parts, BOUND)


def test_map_and_slope_are_those_of_nflib(spline, knots):
    z = torch.linspace(-4, 4, 161, dtype=torch.float64)
    x, log_slope = expected(rational_quadratic, knots, z)
    shown = [spline.call("model.forward", knots, v) for v in z.tolist()]
    assert [s["x"] for s in shown] == pytest.approx(x.tolist(), abs=1e-6)
    assert [s["slope"] for s in shown] == pytest.approx(log_slope.exp().tolist(), rel=1e-6)


def test_inverse_is_that_of_nflib(spline, knots):
    x = torch.linspace(-4, 4, 161, dtype=torch.float64)
    z, _ = expected(rational_quadratic_inverse, knots, x)
    shown = [spline.call("model.inverse", knots, v) for v in x.tolist()]
    assert shown == pytest.approx(z.tolist(), abs=1e-6)


def test_density_is_the_base_density_over_the_slope_and_has_mass_one(spline, knots):
    def density(x: torch.Tensor) -> torch.Tensor:
        z, log_slope = expected(rational_quadratic_inverse, knots, x.flatten())
        return (log_slope - 0.5 * z**2).exp() / math.sqrt(2 * math.pi)

    x = torch.linspace(-3.5, 3.5, 71, dtype=torch.float64)
    shown = [spline.call("model.density", knots, v) for v in x.tolist()]
    assert shown == pytest.approx(density(x).tolist(), rel=1e-6)
    # the slope of p jumps at the knots, within a panel, and p is high where f is almost flat
    assert integrate(density, -9.0, 9.0, n=900) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(("name", "count"), [("two", 2), ("identity", 1), ("peak", 1)])
def test_modes_are_counted(spline, name, count):
    state = spline.state(preset=name)
    assert spline.call("model.measure", state)["modes"] == count


def test_knots_stay_in_order_however_they_are_moved(spline):
    for knot, kz, kx in (("1", 9, 9), ("2", -9, 9), ("3", -9, -9), ("2", 9, -9)):
        knots = spline.state(knot=knot, kz=kz, kx=kx)["knots"]
        for axis in ("z", "x"):
            ends = torch.tensor([-BOUND, *knots[axis], BOUND], dtype=torch.float64)
            assert ends.diff().min() > 0.19


def test_choosing_a_knot_moves_nothing(spline):
    state = spline.state()
    for knot, k in (("1", 0), ("2", 1), ("3", 2)):
        chosen = spline.state(knot=knot)
        assert chosen["knots"] == state["knots"]
        assert (chosen["kz"], chosen["kx"]) == (state["knots"]["z"][k], state["knots"]["x"][k])
        assert chosen["preset"] == state["preset"]


def test_a_knot_moved_by_hand_leaves_the_preset(spline):
    assert spline.state(kx=0.5)["preset"] == "free"
    assert spline.state(slope=2)["knots"]["d"] == [0.5, 2, 0.5]


def test_a_drag_puts_the_knot_under_the_pointer(spline):
    state = spline.state()
    size = round(0.64 * (state["width"] - 48))
    x, y = 24 + size * (0.25 + 3) / 6, 26 + size * (1 - (0.5 + 3) / 6)
    change = spline.call("drag", state, "2", x, y)
    moved = spline.state(**change)
    assert (moved["kz"], moved["kx"]) == (0.25, 0.5)


def test_state_stays_possible(spline):
    assert spline.state(z=9)["z"] == BOUND
    assert spline.state(slope=-1)["slope"] == 0.05
    assert spline.state(width=10)["width"] == 280
