"""The interactive figure zoom measures what nflib measures: areas, determinants, gaps."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from nflib.numerics import integrate, jacobian
from tests.book.figures import Engine

POINTS = [1, 2, 3]


def polar(z):
    return z[..., :1] * torch.cat([z[..., 1:].cos(), z[..., 1:].sin()], dim=-1)


def banana(z):
    return torch.cat([z[..., :1], z[..., 1:] + z[..., :1] ** 2], dim=-1)


def exponential(z):
    return z[..., :1].exp() * torch.cat([z[..., 1:].cos(), z[..., 1:].sin()], dim=-1)


MAPS = {"polar": polar, "banana": banana, "exponential": exponential}


@pytest.fixture(scope="module")
def zoom() -> Engine:
    return Engine("zoom")


def corner(zoom: Engine, name: str, point: int) -> torch.Tensor:
    return torch.tensor(zoom.call("model.measure", name, point, 0)["z"], dtype=torch.float64)


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("point", POINTS)
def test_map_and_jacobian_agree_with_autograd(zoom, name, point):
    z = corner(zoom, name, point)
    for step in (0.0, 0.3, 1.0):
        at = (z + step).tolist()
        x = torch.tensor(zoom.call("model.forward", name, at), dtype=torch.float64)
        J = torch.tensor(zoom.call("model.jacobian", name, at), dtype=torch.float64)
        assert (x - MAPS[name](z + step)).abs().max() < 1e-13
        assert (J - jacobian(MAPS[name], z + step)).abs().max() < 1e-13


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("level", [0, 1.7, 6])
def test_areas_agree_with_the_integral_of_the_determinant(zoom, name, point, level):
    shown, z = zoom.call("model.measure", name, point, level), corner(zoom, name, point)
    side = 2**-level
    volume = integrate(
        lambda z: jacobian(MAPS[name], z).det().abs(), z.tolist(), (z + side).tolist(), n=4
    )
    det = float(jacobian(MAPS[name], z).det())
    assert shown["side"] == pytest.approx(side, abs=1e-14)
    assert shown["det"] == pytest.approx(det, abs=1e-13)
    assert shown["image"] == pytest.approx(volume, rel=1e-11)
    assert shown["flat"] == pytest.approx(abs(det) * side**2, rel=1e-12)
    assert shown["ratio"] == pytest.approx(volume / (abs(det) * side**2), rel=1e-11)


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("point", POINTS)
def test_the_gap_halves_with_the_side_and_the_ratio_tends_to_one(zoom, name, point):
    measures = [zoom.call("model.measure", name, point, level) for level in range(7)]
    halves = [b["gap"] / a["gap"] for a, b in pairwise(measures)]
    assert halves[-1] == pytest.approx(0.5, abs=0.01)
    assert abs(measures[-1]["ratio"] - 1) < 0.02
    if name == "banana":
        assert measures[0]["ratio"] == pytest.approx(1, abs=1e-14)


def test_gap_is_that_of_the_grid_of_eight_cells(zoom):
    z = corner(zoom, "polar", 2)
    steps = torch.cartesian_prod(*[torch.linspace(0, 1, 9, dtype=torch.float64)] * 2)
    gap = (polar(z + steps) - polar(z) - steps @ jacobian(polar, z).T).norm(dim=-1).max()
    assert zoom.call("model.measure", "polar", 2, 0)["gap"] == pytest.approx(float(gap), abs=1e-12)


def test_state_stays_possible(zoom):
    assert zoom.state(zoom=9)["zoom"] == 6
    assert zoom.state(point=7)["point"] == 3
    assert zoom.state(width=10)["width"] == 280
