"""How far a flow can be trusted: errors that are known, and the warnings of fit."""

import math
import warnings

import pytest
import torch
from torch import nn

from nflib import (
    MLP,
    ActNorm,
    AffineCoupling,
    Bijection,
    Composition,
    Exp,
    Flow,
    Inverse,
    InversionError,
    MaskedSplineAutoregressive,
    Permutation,
    SplineCoupling,
    StandardNormal,
    fit,
    initialise_actnorm,
    inversion_error,
)
from tests.nflib.helpers import F64, planar_flow, seeded

quiet = {"progress": False, "steps": 2}


class Off(Bijection):
    """x = 2z, with an inverse that misses the logarithm by ``nats``, and z by ``miss``."""

    def __init__(self, nats: float = 0.0, miss: float = 0.0) -> None:
        super().__init__()
        self.nats, self.miss, self.shift = nats, miss, nn.Parameter(torch.zeros(()))

    def _forward(self, z):
        return 2 * z + self.shift, z.new_full(z.shape[:-1], z.shape[-1] * math.log(2))

    def _inverse(self, x):
        wrong = x.new_full(x.shape[:-1], self.nats - x.shape[-1] * math.log(2))
        return (x - self.shift) / 2 - self.miss, wrong


@pytest.mark.parametrize("make", [lambda f: f, lambda f: Flow(StandardNormal(2), f)])
def test_known_errors_are_found(make):
    x = torch.tensor([[1.0, -3.0], [0.5, 0.0]])
    errors = inversion_error(make(Off(0.3, 0.1)), x)
    assert isinstance(errors, InversionError) and not errors.points.requires_grad
    torch.testing.assert_close(errors.points, torch.tensor([0.2 / 4, 0.2 / 1.5]))
    torch.testing.assert_close(errors.log_abs_det, torch.tensor([0.3, 0.3]))
    assert inversion_error(make(Off(0.3, 0.1)), x.expand(5, 2, 2)).points.shape == (5, 2)


def test_a_good_flow_has_errors_of_rounding():
    for dtype, bound in ((torch.float32, 1e-5), (F64, 1e-13)):
        flow = planar_flow().to(dtype)
        errors = inversion_error(flow, flow.sample(500, seeded()))
        assert (
            0 < float(errors.points.max()) < bound and 0 < float(errors.log_abs_det.max()) < bound
        )


def test_outside_of_the_image_there_is_no_error_to_speak_of():
    errors = inversion_error(Exp(), torch.tensor([[1.0], [-1.0]]))
    assert [e.isnan().tolist() for e in errors] == [[False, True]] * 2


def test_a_context_goes_to_both_directions():
    f = AffineCoupling(torch.tensor([False]), MLP(0, 2, (8,), context=1, generator=seeded()))
    with torch.no_grad():
        for p in f.parameters():
            p.add_(0.3)
    x, c = torch.randn(2, 50, 1, generator=seeded())
    assert float(inversion_error(f, x, c).points.max()) < 1e-5
    with pytest.raises(TypeError, match="context: expected a tensor"):
        inversion_error(f, x)


def deep(layers: int, kind: type = SplineCoupling, n_params: int = 23) -> Flow:
    """Couplings of alternating masks, 0.3 added to all their weights."""
    masks = [torch.tensor([k % 2 == 0, k % 2 == 1]) for k in range(layers)]
    generator = seeded()
    parts = [kind(mask, MLP(1, n_params, (32, 32), generator=generator)) for mask in masks]
    with torch.no_grad():
        for part in parts:
            for p in part.parameters():
                p.add_(0.3)
    return Flow(StandardNormal(2), *parts)


X = torch.randn(400, 2, generator=seeded(1))


def test_what_is_not_exact_in_deep_flows_is_seen():
    """The densities of the same points by both directions disagree by as much."""
    flow = deep(60)
    errors = inversion_error(flow, X)
    z, inverse = flow.bijection.inverse(X)
    _, forward = flow.bijection.forward(z)
    base = flow.base.log_prob(z)
    one, other = base + inverse, base - forward
    torch.testing.assert_close(
        errors.log_abs_det, (one - other).abs().detach(), rtol=1e-3, atol=1e-3
    )
    assert float(errors.log_abs_det.median()) > 1
    # log|det| of saturated affine couplings is constant, but their points do not come back
    errors = inversion_error(deep(60, AffineCoupling, 2), X)
    assert not float(errors.points.median()) < 1


def test_fit_warns_of_a_deep_flow_at_its_end():
    flow = deep(60)
    with pytest.warns(UserWarning, match=r"^fit: flow: inexact log-densities: .* nats") as seen:
        history = fit(flow, X, lr=1e-6, batch=100, **quiet)
    assert len(seen) == 1 and seen[0].filename == __file__ and history.steps == [2]
    fit(deep(4).double(), X.double(), lr=1e-6, **quiet)


def warned(f: Bijection, **options) -> bool:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        fit(Flow(StandardNormal(2), f), X, **quiet, **options)
    return bool(seen)


def test_fit_warns_beyond_a_tenth_of_a_nat_or_of_the_points():
    assert [warned(Off(nats)) for nats in (0.0, 0.09, 0.11, -5.0)] == [False, False, True, True]
    assert [warned(Off(0.0, miss)) for miss in (0.01, 1.0)] == [False, True]


class Rare(Off):
    """Another log|det| where x_1 > edge, once training is over."""

    def __init__(self, value: float, edge: float) -> None:
        super().__init__()
        self.value, self.edge = value, edge

    def _inverse(self, x):
        z, log_abs_det = super()._inverse(x)
        if self.training:
            return z, log_abs_det
        return z, torch.where(x[..., 0] > self.edge, self.value, log_abs_det)


@pytest.mark.parametrize("value", [9.0, math.nan, math.inf])
def test_one_bad_row_in_a_hundred_is_silent(value):
    edges = X[:, 0].sort(descending=True).values
    assert not warned(Rare(value, float(edges[2])), batch=400)  # two of four hundred
    assert warned(Rare(value, float(edges[20])), batch=400)


# Splines


def spline(generator=None, **options) -> MaskedSplineAutoregressive:
    return MaskedSplineAutoregressive(2, (16,), generator=seeded(), **options)


MISSED = r"^fit: data: \d+% of coordinate {} at a {} are beyond its bound 5.0, where"


def missed(coordinate=r"\d", name="MaskedSplineAutoregressive"):
    return pytest.warns(UserWarning, match=MISSED.format(coordinate, name))


FAR = 25 * torch.randn(500, 2, generator=seeded(2))
ONE_FAR = FAR * torch.tensor([0.01, 1.0])


@pytest.mark.parametrize("data", [FAR, FAR.numpy()])
def test_fit_warns_of_data_that_a_spline_misses_and_its_advice_helps(data):
    with missed() as seen:
        history = fit(Flow(StandardNormal(2), spline()), data, **quiet | {"steps": 200})
    assert len(seen) == 1 and seen[0].filename == __file__ and "ActNorm(d)" in str(seen[0].message)
    flow = Flow(StandardNormal(2), spline(), ActNorm(2))
    initialise_actnorm(flow.bijection, FAR)
    mended = fit(flow, data, **quiet | {"steps": 200})
    truth = 2 * (0.5 * math.log(2 * math.pi * math.e) + math.log(25))
    assert mended.train[-1] == pytest.approx(truth, abs=0.3) and history.train[-1] > 100


def coupling() -> SplineCoupling:
    return SplineCoupling(torch.tensor([True, False]), MLP(1, 23, (8,), generator=seeded()))


@pytest.mark.parametrize(
    "name, parts",
    [
        ("MaskedSplineAutoregressive", lambda: [spline(bound=50.0), spline()]),
        ("MaskedSplineAutoregressive", lambda: [Composition(ActNorm(2), Inverse(spline()))]),
        ("SplineCoupling", lambda: [coupling(), spline(bound=50.0), Permutation([0, 1])]),
    ],
)
def test_a_spline_is_found_wherever_it_is(name, parts):
    with missed(1, name):
        fit(Flow(StandardNormal(2), *parts()), ONE_FAR, **quiet)


def test_points_are_seen_as_they_reach_the_spline_and_prepared():
    halve = lambda x, generator: x / 100
    fit(Flow(StandardNormal(2), spline()), FAR, prepare=halve, **quiet)
    flow = Flow(StandardNormal(2), spline(), ActNorm(2)).train()
    initialise_actnorm(flow.bijection, FAR / 100)
    with missed():
        fit(flow, FAR, **quiet)
    assert flow.training
    with_context = spline(context=1)
    with missed():
        fit(Flow(StandardNormal(2), with_context), (FAR, FAR[:, :1] / 99), **quiet)


def test_angles_have_no_bound():
    turns = torch.rand(400, 2, generator=seeded(3)) * 2 * math.pi - math.pi
    fit(Flow(StandardNormal(2), spline(bound=0.1, circular=[True, True])), turns, **quiet)
    with missed(1):
        fit(
            Flow(StandardNormal(2), spline(circular=[True, False])),
            turns * torch.tensor([1.0, 9.0]),
            **quiet,
        )


def test_no_network_is_in_training_while_fit_looks():
    network = nn.Sequential(nn.Linear(1, 23), nn.BatchNorm1d(23))
    flow = Flow(StandardNormal(2), SplineCoupling(torch.tensor([True, False]), network))
    fit(flow, X, batch=400, **quiet)
    assert int(network[1].num_batches_tracked) == 2
