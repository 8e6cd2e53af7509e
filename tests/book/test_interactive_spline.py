"""The interactive figure spline is nflib's rational-quadratic spline, and its density is right."""

import math

import pytest
import torch

from nflib import StandardNormal
from nflib.bijections.spline import (
    MIN_BIN,
    MIN_SLOPE,
    rational_quadratic,
    rational_quadratic_inverse,
)
from nflib.course.numerics import integrate
from tests.book.figures import double

BOUND = 3.0
PRESETS = [{"preset": name} for name in ("two", "identity", "peak", "skewed")]
MOVES = [{"knot": "1", "kz": -2.4, "slope": 0.05}, {"knot": "3", "kx": 2.5, "slope": 6}]
pytestmark = pytest.mark.usefixtures("float64")


@pytest.fixture(params=PRESETS + MOVES, ids=str)
def knots(request, engine) -> dict[str, list[float]]:
    return engine.state(**request.param)["knots"]


def ends(knots, axis: str) -> torch.Tensor:
    return double([-BOUND, *knots[axis], BOUND])


def expected(function, knots, points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Evaluate nflib's spline at these knots, by the inverse of its softmax and softplus."""
    shares = [ends(knots, axis).diff() / (2 * BOUND) for axis in ("z", "x")]
    slopes = (double(knots["d"]) - MIN_SLOPE) / (1 - MIN_SLOPE)
    parts = [(share - MIN_BIN / len(share)).log() for share in shares]
    parts.append(slopes.expm1().log() - math.log(math.e - 1))
    return function(points, *(part.expand(len(points), -1) for part in parts), BOUND)


def test_map_and_slope_are_those_of_nflib(engine, knots):
    z = torch.linspace(-4, 4, 161)
    x, log_slope = expected(rational_quadratic, knots, z)
    shown = [engine.call("model.forward", knots, v) for v in z.tolist()]
    assert [s["x"] for s in shown] == pytest.approx(x.tolist(), abs=1e-6)
    assert [s["slope"] for s in shown] == pytest.approx(log_slope.exp().tolist(), rel=1e-6)


def test_inverse_is_that_of_nflib(engine, knots):
    x = torch.linspace(-4, 4, 161)
    z, _ = expected(rational_quadratic_inverse, knots, x)
    shown = [engine.call("model.inverse", knots, v) for v in x.tolist()]
    assert shown == pytest.approx(z.tolist(), abs=1e-6)


def test_density_is_the_base_density_over_the_slope_and_has_mass_one(engine, knots):
    def density(x: torch.Tensor) -> torch.Tensor:
        z, log_slope = expected(rational_quadratic_inverse, knots, x.flatten())
        return (log_slope + StandardNormal(1).log_prob(z[:, None])).exp()

    x = torch.linspace(-3.5, 3.5, 71)
    shown = [engine.call("model.density", knots, v) for v in x.tolist()]
    assert shown == pytest.approx(density(x).tolist(), rel=1e-6)
    # the slope of p jumps at the knots, within a panel, and p is high where f is almost flat
    assert integrate(density, -9.0, 9.0, n=900) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(("preset", "modes"), [("two", 2), ("identity", 1), ("peak", 1)])
def test_the_table_is_that_of_the_marked_point(engine, preset, modes):
    z = torch.tensor([0.6])
    x, log_slope = expected(rational_quadratic, engine.state(preset=preset)["knots"], z)
    log_pz = StandardNormal(1).log_prob(z[:, None])
    table = {"z": z, "x": x, "slope": log_slope.exp()}
    table |= {"pz": log_pz.exp(), "px": (log_pz - log_slope).exp()}
    shown = {key: value.item() for key, value in table.items()} | {"modes": modes}
    assert engine.numbers(preset=preset, z=0.6) == pytest.approx(shown, abs=1e-6)


def test_knots_stay_in_order_however_they_are_moved(engine):
    for knot, kz, kx in (("1", 9, 9), ("2", -9, 9), ("3", -9, -9), ("2", 9, -9)):
        knots = engine.state(knot=knot, kz=kz, kx=kx)["knots"]
        assert all(ends(knots, axis).diff().min() > 0.19 for axis in ("z", "x"))


def test_choosing_a_knot_moves_nothing(engine):
    state = engine.state()
    for k, knot in enumerate("123"):
        chosen = engine.state(knot=knot)
        assert chosen["knots"] == state["knots"]
        assert (chosen["kz"], chosen["kx"]) == (state["knots"]["z"][k], state["knots"]["x"][k])
        assert chosen["preset"] == state["preset"]


def test_a_knot_moved_by_hand_leaves_the_preset(engine):
    assert engine.state(kx=0.5)["preset"] == "free"
    assert engine.state(slope=2)["knots"]["d"] == [0.5, 2, 0.5]


def test_a_drag_puts_the_knot_under_the_pointer(engine):
    state = engine.state()
    size = round(0.64 * (state["width"] - 48))
    x, y = 24 + size * (0.25 + 3) / 6, 26 + size * (1 - (0.5 + 3) / 6)
    moved = engine.state(**engine.call("drag", state, "2", x, y))
    assert (moved["kz"], moved["kx"]) == (0.25, 0.5)
