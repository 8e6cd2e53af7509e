"""Temperature and guidance against formulas of one coordinate, and as flows of their own."""

import pytest
import torch

from nflib import (
    MADE,
    Flow,
    MaskedAffineAutoregressive,
    MaskedHistogramAutoregressive,
    StandardNormal,
    StandardUniform,
    guided,
    tempered,
)
from tests.nflib.helpers import F64, seeded
from tests.nflib.test_autoregressive import moved
from tests.nflib.test_causal_transformer import flow_of, mass

KNOTS = torch.tensor([0.0, 0.25, 0.375, 1.0])
X = torch.tensor([[0.1], [0.3], [0.7]], dtype=F64)  # one in each piece
W = KNOTS.diff().double()


def line():
    """p(x | c) on the line, c of one number."""
    network = moved(MADE(1, 3, (8,), 1, seeded()), seeded(1))
    return Flow(StandardUniform(1), MaskedHistogramAutoregressive(network, KNOTS)).double()


def given(c):
    return torch.full((3, 1), c, dtype=F64)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_a_tempered_density_is_a_power_normalised(temperature):
    p = line().log_prob(X, given(0.7)).exp()
    expected = p ** (1 / temperature)
    expected = expected / (expected * W).sum()
    got = tempered(line(), temperature).log_prob(X, given(0.7)).exp()
    torch.testing.assert_close(got, expected, rtol=1e-12, atol=0)


@pytest.mark.parametrize("strength", [0.0, 1.0, 2.5, -0.5])
def test_a_guided_density_is_a_product_of_powers_normalised(strength):
    p, without = (line().log_prob(X, given(c)).exp() for c in (0.7, 0.0))
    expected = p * (p / without) ** strength
    expected = expected / (expected * W).sum()
    got = guided(line(), strength).log_prob(X, given(0.7)).exp()
    torch.testing.assert_close(got, expected, rtol=1e-12, atol=0)


CHANGES = pytest.mark.parametrize(
    "change",
    [
        lambda flow: tempered(flow, 0.7),
        lambda flow: guided(flow, 1.5),
        lambda flow: tempered(guided(flow, 1.5), 0.7),
        lambda flow: guided(tempered(flow, 0.7), 1.5),
    ],
    ids=["tempered", "guided", "guided first", "tempered first"],
)


@CHANGES
def test_what_results_is_a_flow_of_its_own(change, generator):
    flow = flow_of(Q=4, d=4, token=2, context=2)
    c = torch.tensor([1.0, 0.0], dtype=F64)
    before = flow.log_prob(X[:, 0].repeat(3, 4)[:, :4], c)
    other = change(flow)
    assert abs(mass(other, 4, c) - 1) < 1e-12
    x, log_prob = other.sample_with_log_prob(50, generator, c)
    torch.testing.assert_close(other.log_prob(x, c), log_prob, rtol=1e-12, atol=1e-12)
    assert bool((other.log_prob(x, c) - flow.log_prob(x, c)).abs().max() > 0.1)
    assert {*map(id, other.parameters())} == {*map(id, flow.parameters())}
    torch.testing.assert_close(
        flow.log_prob(X[:, 0].repeat(3, 4)[:, :4], c), before, rtol=0, atol=0
    )


def test_both_orders_give_one_flow(generator):
    flow, c = flow_of(Q=4, d=4, token=2, context=2), torch.tensor([1.0, 0.0], dtype=F64)
    x = torch.rand(20, 4, generator=generator, dtype=F64)
    one, other = guided(tempered(flow, 0.7), 1.5), tempered(guided(flow, 1.5), 0.7)
    torch.testing.assert_close(one.log_prob(x, c), other.log_prob(x, c), rtol=1e-12, atol=1e-12)


def test_flows_that_cannot_be_changed_are_refused():
    affine = Flow(StandardNormal(2), MaskedAffineAutoregressive(2))
    with pytest.raises(
        ValueError, match="tempered: flow: expected a MaskedHistogramAutoregressive"
    ):
        tempered(affine, 0.5)
    with pytest.raises(
        ValueError, match="guided: flow: expected a MaskedAutoregressive with a context"
    ):
        guided(affine, 1.0)
    for wrong in (0.0, -1.0, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="temperature: expected a positive number"):
            tempered(line(), wrong)
