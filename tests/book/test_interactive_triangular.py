"""The interactive figure triangular carries N(0, I) to its mixture, one coordinate after the other."""

import pytest
import torch
from torch.distributions import Normal

from nflib import GaussianMixture, StandardNormal
from tests.book.figures import double

PARTS = {
    "three": [[-2, 0.5, 0.6, 0.9], [1, 2, 0.9, 0.6], [1.5, -1.5, 0.7, 0.7]],
    "two": [[-1.5, -1, 0.7, 0.7], [1.5, 1, 0.7, 0.7]],
    "one": [[0.5, -0.5, 1.5, 0.6]],
}
ORDERS = {"12": (0, 1), "21": (1, 0)}
POINTS = [[0.0, 0.0], [0.5, 1.0], [-2.0, 2.0], [1.7, -1.3], [-0.3, -2.0]]

pytestmark = pytest.mark.usefixtures("float64")
each_order = pytest.mark.parametrize("order", ORDERS)


def each_case(test):
    """Run a test for each target, order and point."""
    test = pytest.mark.parametrize("z", POINTS, ids=str)(each_order(test))
    return pytest.mark.parametrize("name", PARTS)(test)


def image(engine, name: str, order: str, z: list[float]) -> torch.Tensor:
    return double(engine.call("model.forward", name, order, z)["x"])


@each_case
def test_the_density_it_gives_is_that_of_the_mixture(engine, name, order, z):
    parts = double(PARTS[name])
    mixture = GaussianMixture(parts[:, :2], parts[:, 2:]).requires_grad_(False)
    shown = engine.call("model.forward", name, order, z)
    x = double(shown["x"])
    log_p = StandardNormal(2).log_prob(torch.tensor(z)) - shown["logDet"]
    assert float(log_p) == pytest.approx(float(mixture.log_prob(x)), abs=1e-6)
    measured = engine.call("model.logDensity", name, x.tolist())
    assert measured == pytest.approx(float(mixture.log_prob(x)), abs=1e-10)


@each_case
def test_conditional_distributions_become_those_of_the_base(engine, name, order, z):
    a, b = ORDERS[order]
    x, parts = image(engine, name, order, z), double(PARTS[name])
    first, second = (Normal(parts[:, i], parts[:, i + 2]) for i in (a, b))
    share = first.log_prob(x[a]).softmax(0)
    u = Normal(0.0, 1.0).cdf(torch.tensor(z))
    assert float(first.cdf(x[a]).mean()) == pytest.approx(float(u[a]), abs=1e-9)
    assert float((share * second.cdf(x[b])).sum()) == pytest.approx(float(u[b]), abs=1e-9)


@each_case
def test_slopes_are_the_diagonal_of_a_triangular_matrix(engine, name, order, z):
    a, b = ORDERS[order]
    ahead, behind = (
        torch.stack([image(engine, name, order, p) for p in (torch.tensor(z) + step).tolist()], -1)
        for step in (1e-5 * torch.eye(2), -1e-5 * torch.eye(2))
    )
    J = (ahead - behind) / 2e-5
    assert J[a, b] == 0
    slopes = engine.call("model.forward", name, order, z)["slopes"]
    assert J.diagonal().tolist() == pytest.approx(slopes, rel=1e-5)


@each_order
def test_one_coordinate_moves_after_the_other(engine, order):
    a, b = ORDERS[order]
    z = [0.5, 1.0]
    x = image(engine, "three", order, z).tolist()
    ways = {t: engine.call("model.moved", "three", order, t, z) for t in (0, 1, 1.5, 2)}
    assert ways[0] == z
    assert (ways[1][a], ways[1][b]) == (pytest.approx(x[a]), z[b])
    assert ways[1.5][b] == pytest.approx((z[b] + x[b]) / 2)
    assert ways[2] == pytest.approx(x)


def test_the_order_changes_the_map(engine):
    one, other = (image(engine, "three", order, [1.0, 1.0]) for order in ORDERS)
    assert (one - other).norm() > 0.01
