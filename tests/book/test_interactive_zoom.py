"""The interactive figure zoom measures what nflib measures: areas, determinants, gaps."""

from itertools import pairwise

import pytest
import torch

from nflib.course.numerics import integrate, jacobian
from tests.book.figures import double


def polar(z):
    return z[..., :1] * torch.cat([z[..., 1:].cos(), z[..., 1:].sin()], dim=-1)


def banana(z):
    return torch.cat([z[..., :1], z[..., 1:] + z[..., :1] ** 2], dim=-1)


def exponential(z):
    return polar(torch.cat([z[..., :1].exp(), z[..., 1:]], dim=-1))


MAPS = {"polar": polar, "banana": banana, "exponential": exponential}
pytestmark = pytest.mark.usefixtures("float64")


def each_point(test):
    """Run a test for each map, at each of the three points."""
    test = pytest.mark.parametrize("point", [1, 2, 3])(test)
    return pytest.mark.parametrize("name", MAPS)(test)


def corner(engine, name: str, point: int) -> torch.Tensor:
    return double(engine.call("model.measure", name, point, 0)["z"])


@each_point
def test_map_and_jacobian_agree_with_autograd(engine, name, point):
    f = MAPS[name]
    for step in (0.0, 0.3, 1.0):
        z = corner(engine, name, point) + step
        x = engine.tensor("model.forward", name, z.tolist())
        J = engine.tensor("model.jacobian", name, z.tolist())
        assert (x - f(z)).abs().max() < 1e-13
        assert (J - jacobian(f, z)).abs().max() < 1e-13


@each_point
@pytest.mark.parametrize("level", [0, 1.7, 6])
def test_areas_agree_with_the_integral_of_the_determinant(engine, name, point, level):
    f, z, side = MAPS[name], corner(engine, name, point), 2**-level
    corners = z.tolist(), (z + side).tolist()
    image = integrate(lambda z: jacobian(f, z).det().abs(), *corners, n=4)
    det = float(jacobian(f, z).det())
    flat = abs(det) * side**2
    expected = {"det": det, "side": side, "square": side**2, "flat": flat, "image": image}
    expected["ratio"] = image / flat
    shown = engine.numbers(map=name, point=point, zoom=level)
    shown.pop("gap")
    assert shown == pytest.approx(expected, rel=1e-11)


@each_point
def test_the_gap_halves_with_the_side_and_the_ratio_tends_to_one(engine, name, point):
    measures = [engine.numbers(map=name, point=point, zoom=level) for level in range(7)]
    halves = [b["gap"] / a["gap"] for a, b in pairwise(measures)]
    assert halves[-1] == pytest.approx(0.5, abs=0.01)
    assert abs(measures[-1]["ratio"] - 1) < 0.02
    if name == "banana":
        assert measures[0]["ratio"] == pytest.approx(1, abs=1e-14)


def test_gap_is_that_of_the_grid_of_eight_cells(engine):
    z = corner(engine, "polar", 2)
    steps = torch.cartesian_prod(*[torch.linspace(0, 1, 9)] * 2)
    gap = (polar(z + steps) - polar(z) - steps @ jacobian(polar, z).T).norm(dim=-1).max()
    assert engine.numbers(map="polar", point=2)["gap"] == pytest.approx(float(gap), abs=1e-12)
