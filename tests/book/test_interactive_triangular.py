"""The interactive figure triangular carries N(0, I) to its mixture, one coordinate after the other."""

from __future__ import annotations

import pytest
import torch
from torch.distributions import Normal

from nflib import GaussianMixture, StandardNormal
from tests.book.figures import Engine

PARTS = {
    "three": [[-2, 0.5, 0.6, 0.9], [1, 2, 0.9, 0.6], [1.5, -1.5, 0.7, 0.7]],
    "two": [[-1.5, -1, 0.7, 0.7], [1.5, 1, 0.7, 0.7]],
    "one": [[0.5, -0.5, 1.5, 0.6]],
}
ORDERS = ["12", "21"]
POINTS = [[0.0, 0.0], [0.5, 1.0], [-2.0, 2.0], [1.7, -1.3], [-0.3, -2.0]]


@pytest.fixture(scope="module")
def triangular() -> Engine:
    return Engine("triangular")


def mixture(name: str) -> GaussianMixture:
    parts = torch.tensor(PARTS[name], dtype=torch.float64)
    return GaussianMixture(parts[:, :2], parts[:, 2:]).requires_grad_(False)


def image(triangular: Engine, name: str, order: str, z: list[float]) -> torch.Tensor:
    return torch.tensor(triangular.call("model.forward", name, order, z)["x"], dtype=torch.float64)


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("z", POINTS, ids=str)
def test_the_density_it_gives_is_that_of_the_mixture(triangular, name, order, z):
    shown = triangular.call("model.forward", name, order, z)
    point = torch.tensor(z, dtype=torch.float64)
    x = image(triangular, name, order, z)
    log_p = StandardNormal(2).double().log_prob(point) - shown["logDet"]
    assert float(log_p) == pytest.approx(float(mixture(name).log_prob(x)), abs=1e-6)
    measured = triangular.call("model.logDensity", name, x.tolist())
    assert measured == pytest.approx(float(mixture(name).log_prob(x)), abs=1e-10)


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("z", POINTS, ids=str)
def test_conditional_distributions_become_those_of_the_base(triangular, name, order, z):
    a, b = (0, 1) if order == "12" else (1, 0)
    x, parts = image(triangular, name, order, z), torch.tensor(PARTS[name], dtype=torch.float64)
    first, second = (Normal(parts[:, i], parts[:, i + 2]) for i in (a, b))
    share = first.log_prob(x[a]).softmax(0)
    u = Normal(0.0, 1.0).cdf(torch.tensor(z, dtype=torch.float64))
    assert float(first.cdf(x[a]).mean()) == pytest.approx(float(u[a]), abs=1e-9)
    assert float((share * second.cdf(x[b])).sum()) == pytest.approx(float(u[b]), abs=1e-9)


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("z", POINTS, ids=str)
def test_slopes_are_the_diagonal_of_a_triangular_matrix(triangular, name, order, z):
    a, b = (0, 1) if order == "12" else (1, 0)
    e, slopes = 1e-5, triangular.call("model.forward", name, order, z)["slopes"]
    J = torch.empty(2, 2, dtype=torch.float64)
    for j in (0, 1):
        step = [e * (i == j) for i in (0, 1)]
        ends = [
            image(triangular, name, order, [v + sign * s for v, s in zip(z, step, strict=True)])
            for sign in (1, -1)
        ]
        J[:, j] = (ends[0] - ends[1]) / (2 * e)
    assert J[a, b] == 0
    assert J.diagonal().tolist() == pytest.approx(slopes, rel=1e-5)


@pytest.mark.parametrize("order", ORDERS)
def test_one_coordinate_moves_after_the_other(triangular, order):
    a, b = (0, 1) if order == "12" else (1, 0)
    z = [0.5, 1.0]
    x = image(triangular, "three", order, z).tolist()
    ways = {t: triangular.call("model.moved", "three", order, t, z) for t in (0, 1, 1.5, 2)}
    assert ways[0] == z
    assert (ways[1][a], ways[1][b]) == (pytest.approx(x[a]), z[b])
    assert ways[1.5][b] == pytest.approx((z[b] + x[b]) / 2)
    assert ways[2] == pytest.approx(x)


def test_the_order_changes_the_map(triangular):
    z = [1.0, 1.0]
    both = [image(triangular, "three", order, z) for order in ORDERS]
    assert (both[0] - both[1]).norm() > 0.01


def test_state_stays_possible(triangular):
    assert triangular.state(t=9)["t"] == 2
    assert triangular.state(z1=-9)["z1"] == -2
    assert triangular.state(width=10)["width"] == 280
