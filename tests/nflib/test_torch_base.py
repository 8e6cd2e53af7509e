"""What may be the base of a flow besides a base density: another flow, a law of torch.distributions."""

import copy
import pickle

import pytest
import scipy.stats
import torch
import torch.distributions as td

from nflib import (
    Affine,
    Exp,
    Flow,
    Linear,
    Planar,
    StandardNormal,
    as_distribution,
    fit,
    fit_to_density,
)
from nflib.torch_base import TorchBase
from tests.nflib.bijection_cases import moved
from tests.nflib.helpers import F64, LAWS_OF_TORCH, LOC, SCALE, follows, planar_flow, seeded

every_law = pytest.mark.parametrize("law", LAWS_OF_TORCH, ids=lambda law: type(law).__name__)
close = torch.testing.assert_close


def planar():
    return moved(Planar(2, seeded()))


# A flow as base


def test_a_flow_on_a_flow_is_their_composition():
    inner, f = planar_flow(), planar().double()
    outer, whole = Flow(inner, f, Exp()), Flow(inner.base, *inner.bijection.bijections, f, Exp())
    x, log_prob = outer.sample_with_log_prob(50, seeded())
    close((x, log_prob), whole.sample_with_log_prob(50, seeded()), rtol=0, atol=0)
    y, log_abs_det = f.inverse(x.log())  # by the formula, from the density of the inner flow
    close(outer.log_prob(x), inner.log_prob(y) + log_abs_det - x.log().sum(-1))
    assert {*inner.parameters()} < {*outer.parameters()}  # shared
    assert as_distribution(outer).support.base_constraint is td.constraints.positive
    assert [*outer.state_dict()] == [*whole.state_dict()] and outer.d == 2


def test_what_a_flow_takes_over_keeps_its_errors():
    with pytest.raises(ValueError, match=r"expected d = 2, that of those before it, got d = 3"):
        Flow(planar_flow(), Planar(3))
    with pytest.raises(ValueError, match=r"Flow: bijections: expected d = 2, that of base, got 3"):
        Flow(Flow(StandardNormal(2)), Planar(3))
    with pytest.raises(TypeError, match=r"Flow: base: expected a BaseDensity, .*, got ABCMeta"):
        Flow(StandardNormal, Planar(3))


# A law of torch as base


@every_law
def test_a_flow_has_the_density_of_a_transformed_distribution(law, generator):
    flow = Flow(law, Affine(1.0, -2.0))
    expected = td.TransformedDistribution(law, [td.AffineTransform(1.0, -2.0, event_dim=1)])
    x = flow.sample(50, generator)
    close(flow.log_prob(x), expected.log_prob(x))
    assert as_distribution(flow).rsample((5,)).shape == (5, 2)
    for copied in (copy.deepcopy(flow), pickle.loads(pickle.dumps(flow))):
        close(copied.log_prob(x), flow.log_prob(x), rtol=0, atol=0)


@every_law
def test_double_is_exact_and_leaves_the_law_alone(law, generator):
    flow = Flow(law, planar()).double()
    x = flow.sample(5, generator)
    z, log_abs_det = flow.bijection.inverse(x)
    base = flow.base.distribution()
    assert x.dtype == flow.log_prob(x).dtype == base.sample().dtype == F64
    close(flow.log_prob(x), base.log_prob(z) + log_abs_det)
    assert law.sample().dtype == torch.float32
    with pytest.raises(TypeError, match=r"Flow.log_prob: x: expected dtype torch.float64"):
        flow.log_prob(x.float())


def test_in_double_precision_it_is_scipys(generator):
    flow = Flow(LAWS_OF_TORCH[0]).double()
    x = flow.sample(50, generator)
    expected = scipy.stats.gamma([1.0, 2.5], scale=[2.0, 0.5]).logpdf(x.numpy()).sum(-1)
    close(flow.log_prob(x), torch.from_numpy(expected), rtol=1e-12, atol=1e-12)
    assert follows(flow.sample(20_000, generator)[:, 1], scipy.stats.gamma(2.5, scale=0.5).cdf)


def test_outside_the_support_the_density_is_zero_and_gradients_are_clean():
    law = td.Independent(td.LogNormal(torch.zeros(2), 1.0), 1)
    flow = Flow(law, Affine(1.0, 2.0))
    x = torch.tensor([[2.0, 3.0], [1.0, 3.0], [-2.0, 3.0], [torch.nan, 3.0]], requires_grad=True)
    log_prob = flow.log_prob(x)
    assert log_prob.isneginf().tolist() == [False, True, True, False]
    assert log_prob.isnan().tolist() == [False, False, False, True]
    (gradient,) = torch.autograd.grad(log_prob.sum(), x)  # log 0 has an infinite slope
    assert bool(gradient[:3].isfinite().all()) and gradient[1:3].tolist() == [[0.0, 0.0]] * 2
    torch.testing.assert_close(torch.func.vmap(flow.log_prob)(x), log_prob, equal_nan=True)


def test_state_dict_carries_the_law():
    laws = [td.Independent(td.Normal(LOC[k], SCALE[k]), 1) for k in (0, 1)]
    first, second = (Flow(law, planar()) for law in laws)
    x = torch.tensor([[0.3, -1.0]])
    assert not torch.allclose(first.log_prob(x), second.log_prob(x))
    second.load_state_dict(first.state_dict())
    close(first.log_prob(x), second.log_prob(x), rtol=0, atol=0)


@pytest.mark.parametrize("law", LAWS_OF_TORCH[1:], ids=lambda law: type(law).__name__)
def test_a_law_on_the_whole_of_space_gives_a_flow_on_the_whole_of_space(law):
    assert as_distribution(Flow(law, planar())).support is td.constraints.real_vector


def test_the_global_generator_is_used_without_a_generator_and_restored_with_one():
    flow = Flow(LAWS_OF_TORCH[2], planar())
    with torch.random.fork_rng():
        torch.manual_seed(3)
        first, state = flow.sample(5), torch.get_rng_state()
        torch.manual_seed(3)
        assert torch.equal(flow.sample(5), first)
        source = seeded(4)
        draws = [flow.sample(5, source) for _ in range(2)]
        assert torch.equal(torch.get_rng_state(), state) and not torch.equal(*draws)
        assert torch.equal(flow.sample(5, seeded(4)), draws[0])


def test_flows_on_a_law_of_torch_train_in_both_directions(generator):
    options = {"steps": 300, "lr": 0.03, "progress": False, "generator": generator}
    normal, mixture = LAWS_OF_TORCH[1:]
    x = 3 * Flow(normal).sample(5000, generator) + 1
    flow = Flow(normal, Linear(torch.eye(2), torch.zeros(2)))
    fit(flow, x, **options)
    best = td.MultivariateNormal(x.mean(0), x.T.cov(correction=0)).log_prob(x).mean()
    assert flow(x).mean().item() == pytest.approx(best.item(), abs=0.05)
    assert len([*flow.base.parameters()]) == 0
    flow = Flow(mixture, Linear(torch.eye(2), torch.zeros(2)))
    target = td.TransformedDistribution(mixture, [td.AffineTransform(1.0, 2.0, event_dim=1)])
    fit_to_density(flow, target.log_prob, **options)
    with torch.no_grad():
        y, log_q = flow.sample_with_log_prob(5000, generator)
        assert (log_q - target.log_prob(y)).mean().item() < 0.02


def normal(*shape, **options):
    return td.Normal(torch.zeros(shape), 1.0, **options)


LEARNED = torch.zeros(2, requires_grad=True)
REFUSED = [
    (normal(), r"expected batch shape \(\) and event shape \(d,\), .*, got \(\) and \(\)"),
    (normal(2), r"expected batch shape .*, got \(2,\) and \(\)"),
    (td.Independent(normal(3, 2), 1), r"expected batch shape .*, got \(3,\) and \(2,\)"),
    (td.Independent(normal(3, 2), 2), r"expected batch shape .*, got \(\) and \(3, 2\)"),
    (td.Independent(td.Poisson(torch.ones(2)), 1), r"expected a law with a density on R\^d, got"),
    (td.Dirichlet(torch.ones(3)), r"expected a law with a density on R\^d, got Dirichlet"),
    (td.Independent(td.Normal(LEARNED, 1.0), 1), "expected parameters that require no gradient"),
    (td.MultivariateNormal(LEARNED, torch.eye(2)), "expected parameters that require no gradient"),
    (as_distribution(planar_flow()), "expected parameters that require no gradient"),
]


@pytest.mark.parametrize("law, message", REFUSED, ids=lambda each: str(each)[:40])
def test_laws_that_are_no_base_are_refused(law, message):
    for call, name in ((Flow, "Flow: base"), (TorchBase, "TorchBase: law")):
        with pytest.raises(ValueError, match=f"^{name}: {message}"):
            call(law)


def test_building_a_base_leaves_the_global_state_alone():
    state = torch.get_rng_state()
    Flow(LAWS_OF_TORCH[0])
    assert torch.equal(torch.get_rng_state(), state)
