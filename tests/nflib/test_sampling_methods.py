"""Sampling by sweeps against the sequential method; completion against enumeration and a Gaussian."""

import itertools

import pytest
import torch

from nflib import (
    Flow,
    LULinear,
    MaskedAffineAutoregressive,
    MaskedSplineAutoregressive,
    Patches,
    Permutation,
    StandardNormal,
    complete,
    guided,
    image_flow,
    quantise,
    sample,
    tempered,
)
from tests.nflib.bijection_cases import angles
from tests.nflib.helpers import F64, seeded
from tests.nflib.test_autoregressive import moved
from tests.nflib.test_causal_transformer import flow_of, made

Q = 16
C = torch.eye(3, dtype=F64)[torch.arange(7) % 3]


def images(dtype=F64):
    """A flow on images of 8×8 pixels in four patches, with three labels."""
    counts = torch.rand(Q, generator=seeded())
    sizes = {"width": 16, "depth": 2, "heads": 2, "hidden": (32, 32), "context": 3}
    return moved(image_flow((1, 8, 8), counts, 4, 8, **sizes, generator=seeded(1)), seeded(2)).to(
        dtype
    )


HOW = [
    {},
    {"cache": False},
    {"method": "jacobi"},
    {"method": "jacobi", "exact": True},
    {"method": "jacobi", "cache": False},
    {"method": "gauss-seidel"},
    {"method": "gauss-seidel", "block": 3},
    {"method": "gauss-seidel", "block": 2, "exact": True, "cache": False},
]
affine = lambda: moved(MaskedAffineAutoregressive(6, (16,)), seeded())
spline = lambda: moved(MaskedSplineAutoregressive(6, (16,)), seeded())
FLOWS = {
    "images": images,
    "guided": lambda: guided(images(), 1.0),
    "tempered": lambda: tempered(images(), 0.8),
    "affine": lambda: Flow(StandardNormal(6), affine(), LULinear(6)).double(),
    "spline": lambda: Flow(StandardNormal(6), spline()).double(),
    "two": lambda: Flow(
        StandardNormal(8),
        MaskedAffineAutoregressive(8, conditioner=made()),
        Permutation(range(7, -1, -1)),
        MaskedAffineAutoregressive(8, conditioner=made()),
    ).double(),
    "angles": lambda: Flow(StandardNormal(4), angles("0101")).double(),
}


@pytest.mark.parametrize("how", HOW, ids=str)
@pytest.mark.parametrize("name", FLOWS)
def test_every_method_gives_the_same_sample_and_density(name, how):
    flow = FLOWS[name]()
    c = C if flow.context_size else None
    x, log_prob = flow.sample_with_log_prob(7, seeded(3), c)
    got = sample(flow, 7, seeded(3), c, **how)
    torch.testing.assert_close(got.x, x, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(got.log_prob, log_prob, rtol=1e-11, atol=1e-11)
    assert 1 <= got.sweeps <= flow.d * len(flow.bijection.bijections)


@pytest.mark.parametrize("how", HOW, ids=str)
def test_in_float32_every_method_gives_the_same_levels(how):
    flow = images(torch.float32)
    c = C.float()
    levels = quantise(flow.sample(7, seeded(3), c), Q)
    assert torch.equal(quantise(sample(flow, 7, seeded(3), c, **how).x, Q), levels)


@pytest.mark.parametrize("exact", [False, True])
def test_after_k_sweeps_the_first_k_coordinates_or_tokens_are_right(exact):
    """T10.5, for every k; and there are never more sweeps than coordinates or tokens."""
    flow = images()
    layer, network = flow.bijection.bijections[0], flow.bijection.bijections[0].conditioner
    z = flow.base.sample(7, seeded(3))
    expected, _ = layer(z, C)
    size = 16 if exact else 1
    x, before, wrong = torch.zeros_like(z), network.begin(z, C), []
    for k in range(1, 64 // size + 1):
        x, *_ = network.sweep(layer.f, z, x, before, exact)
        torch.testing.assert_close(x[:, : k * size], expected[:, : k * size], rtol=0, atol=1e-12)
        wrong.append(not torch.equal(quantise(x, Q), quantise(expected, Q)))
    sweeps = sample(flow, 7, seeded(3), C, method="jacobi", exact=exact).sweeps
    assert wrong[0] and not wrong[-1] and sweeps <= len(wrong)


def test_sweeps_and_passes_are_counted():
    draw = lambda **how: sample(images(), 7, seeded(3), C, **how)[2:]
    assert draw() == (4, 1.0) and draw(cache=False) == (4, (1 + 2 + 3 + 4) / 4)
    for block, how in ((4, {"method": "jacobi"}), (2, {"method": "gauss-seidel", "block": 2})):
        sweeps, passes = draw(exact=True, **how)
        assert 4 // block < sweeps <= 4 and passes == sweeps * block / 4  # some are to notice


def test_constant_parameters_take_a_sweep_and_one_to_notice(generator):
    got = sample(
        Flow(StandardNormal(6), MaskedAffineAutoregressive(6)), 5, generator, method="jacobi"
    )
    assert got.sweeps == 2


def test_other_methods_and_sizes_are_refused():
    flow = images()
    with pytest.raises(ValueError, match=r"method: expected one of .*'jacobi'.*, got 'newton'"):
        sample(flow, method="newton")
    with pytest.raises(ValueError, match="block: expected at least 1"):
        sample(flow, context=C[0], block=0)
    with pytest.raises(TypeError, match="sample: context: expected a tensor"):
        sample(flow)


# Completion.


def rows(n):
    return (torch.arange(8)[:, None] < n).expand(8, 8).flatten()


@pytest.mark.parametrize("name", ["images", "guided"])
def test_what_is_known_stays_and_what_is_not_has_no_influence(name, generator):
    flow = FLOWS[name]()
    x = flow.sample(7, generator, C)
    got = complete(flow, x, rows(4), seeded(5), C)
    assert torch.equal(got.x[:, rows(4)], x[:, rows(4)])
    again = complete(flow, torch.where(rows(4), x, 0.5), rows(4), seeded(5), C)
    assert torch.equal(again.x, got.x) and bool((got.x[:, ~rows(4)] != x[:, ~rows(4)]).any())
    nothing = complete(flow, x, rows(0), seeded(5), C)
    torch.testing.assert_close(nothing.x, flow.sample(7, seeded(5), C), rtol=0, atol=1e-12)
    torch.testing.assert_close(
        flow.log_prob(nothing.x, C), nothing.log_prob, rtol=1e-12, atol=1e-12
    )


def test_its_density_is_the_conditional_one_by_enumeration(generator):
    """log p(x_B | x_A) = log p(x) − log Σ p over all x_B, and each x_B comes as often as it should."""
    flow = flow_of(Q=4, d=4, token=2)
    known = torch.tensor([True, True, False, False])
    x = ((torch.tensor([1, 3, 0, 0], dtype=F64) + 0.5) / 4).expand(20_000, 4)
    got = complete(flow, x, known, generator)
    cells = torch.tensor(list(itertools.product(range(4), repeat=2)), dtype=F64)
    all_of_B = torch.cat([x[:16, :2], (cells + 0.5) / 4], 1)
    p = flow.log_prob(all_of_B).exp()
    number = quantise(got.x[:, 2:], 4) @ torch.tensor([4, 1])
    expected = (p / p.sum() * 16).log()[number]
    torch.testing.assert_close(got.log_prob, expected, rtol=1e-12, atol=1e-12)
    frequency = torch.bincount(number, minlength=16) / len(x)
    assert bool(((frequency - p / p.sum()).abs() < 5 / 2 / len(x) ** 0.5).all())


def test_completion_of_a_gaussian_process(generator):
    """x_2 = 0.5 x_1 + z_2 given x_1 = 2."""
    f = MaskedAffineAutoregressive(2, ()).double()
    with torch.no_grad():
        f.conditioner.weights[-1][1, 0] = 0.5
    x = torch.tensor([2.0, 0.0], dtype=F64).expand(20_000, 2)
    got = complete(Flow(StandardNormal(2), f).double(), x, torch.tensor([True, False]), generator)
    law = torch.distributions.Normal(torch.tensor(1.0, dtype=F64), 1.0)
    torch.testing.assert_close(got.log_prob, law.log_prob(got.x[:, 1]), rtol=1e-12, atol=1e-12)
    assert abs(got.x[:, 1].mean() - 1) < 0.03 and abs(got.x[:, 1].std() - 1) < 0.03


@pytest.mark.parametrize(
    "known",
    [
        Patches((1, 8, 8), 4)((torch.arange(64) < 20).float())[0].bool(),  # a part of a patch
        rows(3),
        rows(4).flip(0),
        rows(4).view(8, 8).T.flatten(),
        rows(4).float(),
    ],
)
def test_what_is_no_prefix_of_whole_tokens_is_refused(known, generator):
    flow = images()
    with pytest.raises(ValueError, match="known: expected bools, True for the first coordinates"):
        complete(flow, flow.sample(2, generator, C[:2]), known, generator, C[:2])


def test_flows_without_an_order_are_refused():
    for flow in (FLOWS["affine"](), Flow(StandardNormal(6))):
        with pytest.raises(
            ValueError, match="complete: flow: expected StandardUniform or StandardNormal"
        ):
            complete(flow, torch.zeros(6).double(), torch.ones(6).bool())
