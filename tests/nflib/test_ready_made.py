"""Ready-made flows, and the ActNorm layers that fit initialises."""

import copy
import math
from itertools import pairwise

import numpy as np
import pytest
import torch

import nflib
from nflib import ActNorm, Flow, Inverse, Planar, StandardNormal, fit, initialise_actnorm
from tests.nflib.helpers import all_finite, parameters, seeded

SPLINES = [nflib.spline_coupling_flow, nflib.spline_autoregressive_flow]
AFFINE = [nflib.real_nvp, nflib.maf]
FLOWS = [nflib.planar_flow, *AFFINE, *SPLINES]
STANDARD_NORMAL_ENTROPY = 0.5 * math.log(2 * math.pi * math.e)


def shaken(flow: Flow) -> Flow:
    """The flow in float64, all its parameters moved, so that no part is the identity."""
    generator = seeded(1)
    for p in flow.double().parameters():
        p.data += 0.1 * torch.randn(p.shape, generator=generator, dtype=p.dtype)
    return flow


def far_data(n: int, d: int) -> torch.Tensor:
    return 1000 + 25 * torch.randn(n, d, generator=seeded(2))


@pytest.mark.parametrize("context_size", [None, 3])
@pytest.mark.parametrize("d", [1, 2, 3, 5])
@pytest.mark.parametrize("build", FLOWS, ids=lambda f: f.__name__)
def test_shapes_exact_inverse_and_log_det_of_autograd(build, d, context_size):
    if d == 1 and build in AFFINE:
        pytest.skip("refused: see below")
    flow = shaken(build(d, context_size=context_size, generator=seeded()))
    assert flow.d == d and flow.context_size == context_size
    context = None if context_size is None else torch.tensor([0.3, -1.0, 2.0]).double()
    x, log_prob = flow.sample_with_log_prob((4, 5), seeded(), context)
    assert x.shape == (4, 5, d) and log_prob.shape == (4, 5)
    z = flow.to_latent(x, context)
    torch.testing.assert_close(flow.from_latent(z, context), x, atol=1e-9, rtol=1e-9)
    torch.testing.assert_close(flow.log_prob(x, context), log_prob, atol=1e-8, rtol=1e-8)
    J = torch.func.jacrev(lambda x: flow.to_latent(x, context))(x[0, 0])
    log_abs_det = torch.linalg.slogdet(J)[1]
    log_normal = torch.distributions.Normal(0, 1).log_prob(z[0, 0]).sum()
    torch.testing.assert_close(log_prob[0, 0], log_normal + log_abs_det)


@pytest.mark.parametrize("build", FLOWS, ids=lambda f: f.__name__)
def test_each_coordinate_depends_on_each_and_on_the_context(build):
    flow = shaken(build(5, context_size=2, generator=seeded()))
    z, context = torch.randn(5, generator=seeded()).double(), torch.randn(2, generator=seeded())
    J, K = torch.func.jacrev(flow.from_latent, (0, 1))(z, context.double())
    assert bool((J != 0).all()) and bool((K != 0).all())


@pytest.mark.parametrize("d", [2, 3, 5])
@pytest.mark.parametrize("build", [nflib.real_nvp, nflib.spline_coupling_flow])
def test_couplings_change_what_the_one_before_has_kept(build, d):
    masks = [f.mask for f in build(d).modules() if hasattr(f, "mask")]
    assert len(masks) >= 4
    assert all(torch.equal(a, ~b) for a, b in pairwise(masks))


@pytest.mark.parametrize("build", AFFINE, ids=lambda f: f.__name__)
def test_affine_flows_refuse_the_line_and_name_the_one_to_take(build):
    with pytest.raises(ValueError, match=f"{build.__name__}: d: .*spline_autoregressive_flow"):
        build(1)


@pytest.mark.parametrize("build", FLOWS, ids=lambda f: f.__name__)
def test_the_generator_decides_the_first_parameters(build):
    first, again, other = (parameters(build(3, generator=seeded(k))) for k in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, other)


@pytest.mark.filterwarnings("ignore:.* are beyond its bound")  # of the flow without ActNorm
@pytest.mark.parametrize("build", FLOWS, ids=lambda f: f.__name__)
def test_data_of_any_scale_and_mean_are_fitted(build):
    x = far_data(2000, 2)
    entropy = 2 * (math.log(25) + STANDARD_NORMAL_ENTROPY)
    flow = build(2, generator=seeded())
    fit(flow, x, steps=20, generator=seeded(), progress=False)
    assert abs(-float(flow.log_prob(x).mean().detach()) - entropy) < 0.2
    without = Flow(StandardNormal(2), *build(2, generator=seeded()).bijection.bijections[:-1])
    fit(without, x, steps=20, generator=seeded(), progress=False)
    assert -float(without.log_prob(x).mean().detach()) > entropy + 50


@pytest.mark.parametrize("build", FLOWS, ids=lambda f: f.__name__)
def test_a_context_of_any_scale_and_mean_is_used(build):
    """x | c ~ N(c / 100, 0.1²) with c near 500: the best law without c has deviation 1.005."""
    context = 500 + 100 * torch.randn(2000, 1, generator=seeded(3))
    x = context / 100 + 0.1 * torch.randn(2000, 2, generator=seeded(4))
    flow = build(2, context_size=1, generator=seeded())
    options = {"steps": 100, "batch": 64, "lr": 1e-2, "generator": seeded(), "progress": False}
    fit(flow, (x, context), **options)
    # x_1 tells c within 0.1 without a context: so x_2 is worth nothing to who ignores c
    ignorant = 2 * STANDARD_NORMAL_ENTROPY + 0.5 * math.log(1.01**2 - 1)
    assert -float(flow.log_prob(x, context).mean().detach()) < ignorant - 1


def test_the_context_is_standardised_and_one_that_is_broadcast_gives_the_same():
    flow = nflib.maf(2, context_size=2, generator=seeded())
    context = torch.tensor([100.0, -5.0]) + torch.tensor([30.0, 0.01]) * torch.randn(
        500, 2, generator=seeded()
    )
    fit(flow, (far_data(500, 2), context), steps=1, progress=False)
    z = flow.bijection.bijections[0].norm.inverse(context)[0].detach().numpy()
    np.testing.assert_allclose(z.mean(0), 0, atol=2e-3)
    np.testing.assert_allclose(z.std(0), 1, atol=2e-3)
    x = far_data(6, 2)
    each = flow.log_prob(x, context[0].repeat(6, 1))
    torch.testing.assert_close(flow.log_prob(x, context[0]), each)


@pytest.mark.parametrize("build", FLOWS, ids=lambda f: f.__name__)
def test_a_constant_coordinate_is_refused_by_its_number(build):
    x = far_data(100, 3)
    x[:, 2] = 7.0
    flow = build(3, generator=seeded())
    before = parameters(flow)
    with pytest.raises(ValueError, match=r"fit: data: .* got coordinate 2 the same in all rows"):
        fit(flow, x, steps=1, progress=False)
    assert torch.equal(parameters(flow), before)


def test_a_constant_context_is_no_error():
    x, context = far_data(200, 2), torch.full((200, 1), 300.0)
    flow = nflib.spline_coupling_flow(2, context_size=1, generator=seeded())
    fit(flow, (x, context), steps=5, progress=False)
    assert all_finite(flow.log_prob(x, context))


def test_fit_initialises_what_is_new_as_initialise_actnorm_does_and_nothing_else():
    def build() -> Flow:
        planar = Planar(2, seeded())
        torch.nn.init.constant_(planar.v, 0.7)
        return Flow(StandardNormal(2), ActNorm(2), planar, ActNorm(2))

    x, options = far_data(500, 2), {"steps": 3, "generator": None, "progress": False}
    by_fit, by_hand = build(), build()
    initialise_actnorm(by_hand.bijection, x)
    for flow in (by_fit, by_hand):
        fit(flow, x, **options | {"generator": seeded()})
    torch.testing.assert_close(parameters(by_fit), parameters(by_hand))
    set_by_hand = build()
    last = set_by_hand.bijection.bijections[-1]
    torch.nn.init.constant_(last.m, 990.0)
    fit(set_by_hand, x, **options, lr=1e-9)
    torch.testing.assert_close(last.m.detach(), torch.full((2,), 990.0))
    torch.testing.assert_close(last.s.detach(), torch.zeros(2), atol=1e-6, rtol=0)
    trained = parameters(by_fit)
    fit(by_fit, x + 500, **options, lr=1e-9)
    torch.testing.assert_close(parameters(by_fit), trained)


def test_an_actnorm_that_the_density_does_not_invert_is_left():
    flow = Flow(StandardNormal(2), Inverse(ActNorm(2)), ActNorm(2))
    fit(flow, far_data(100, 2), steps=1, lr=1e-9, progress=False)
    flow.requires_grad_(False)
    inner, last = flow.bijection.bijections
    assert float(inner.bijection.m.abs().max()) < 1e-6 and float(last.m.min()) > 900


def test_of_many_rows_ten_thousand_are_read(monkeypatch):
    seen = []
    initialise = ActNorm.initialise
    monkeypatch.setattr(ActNorm, "initialise", lambda f, x: (seen.append(len(x)), initialise(f, x)))
    x = torch.arange(40_000.0)[:, None]  # sorted: the first ones would have another mean
    flow = Flow(StandardNormal(1), ActNorm(1))
    fit(flow, x, steps=1, lr=1e-9, progress=False)
    assert seen == [10_000]
    m, s = parameters(flow).tolist()
    assert m == pytest.approx(20_000, rel=0.03) and math.exp(s) == pytest.approx(11_547, rel=0.03)


def test_points_are_prepared_first():
    flow = Flow(StandardNormal(1), ActNorm(1))
    levels = torch.randint(0, 4, (400, 1), generator=seeded())
    prepare = lambda v, g: (v + torch.rand(v.shape, generator=g)) / 4
    fit(flow, levels, prepare=prepare, steps=1, lr=1e-9, progress=False)
    assert parameters(flow)[0].item() == pytest.approx(0.5, abs=0.05)


def test_a_resumed_run_initialises_nothing_and_has_the_same_numbers(tmp_path, monkeypatch):
    x, file = far_data(300, 2), tmp_path / "run.pt"
    options = {"every": 5, "progress": False, "batch": 50}
    new = nflib.spline_coupling_flow(2, layers=2, generator=seeded())
    whole, resumed, other = copy.deepcopy(new), copy.deepcopy(new), copy.deepcopy(new)
    fit(whole, x, steps=10, generator=seeded(), **options)
    fit(copy.deepcopy(new), x, steps=5, generator=seeded(), checkpoint=file, **options)
    monkeypatch.setattr(ActNorm, "initialise", lambda f, x: pytest.fail("initialised again"))
    fit(resumed, x, steps=10, generator=seeded(), checkpoint=file, **options)
    assert torch.equal(parameters(resumed), parameters(whole))
    with pytest.raises(ValueError, match="checkpoint: expected data"):
        fit(other, x + 1, steps=10, generator=seeded(), checkpoint=file, **options)
    assert torch.equal(parameters(other), parameters(new))
