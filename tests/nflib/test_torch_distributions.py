"""The bridge to torch.distributions, tried with what takes such objects; and in Pyro."""

import copy
import math
import pickle
import subprocess
import sys

import pytest
import scipy.stats
import torch
import torch.distributions as td

from nflib import (
    MLP,
    Affine,
    AffineCoupling,
    Box,
    ByCoordinate,
    Composition,
    Exp,
    Flow,
    GaussianMixture,
    Inverse,
    Linear,
    Log,
    Logit,
    Planar,
    Sigmoid,
    Softplus,
    StandardNormal,
    StandardUniform,
    Tanh,
    as_distribution,
    as_transform,
)
from nflib.flow_distribution import FlowDistribution
from tests.nflib.bijection_cases import CASES, points
from tests.nflib.helpers import F64, follows, of_torch, planar_flow
from tools.course import ROOT

every_bijection = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@every_bijection
def test_transform_is_the_bijection(case):
    f, z = case.make().double(), points(case, 3, 4)
    t = as_transform(f)
    assert isinstance(t, td.Transform) and t.bijective
    assert t.domain.event_dim == t.codomain.event_dim == t.event_dim == 1
    x, log_abs_det = f.forward(z)
    assert torch.equal(t(z), x) and torch.equal(t.inv(x), f.inverse(x)[0])
    assert torch.equal(t.log_abs_det_jacobian(z, x), log_abs_det)
    assert torch.equal(t.inv.log_abs_det_jacobian(x, z), -log_abs_det)
    assert t.inv.inv is t and t.forward_shape((3, case.d)) == t.inverse_shape((3, case.d))


@every_bijection
def test_domain_holds_the_base_and_codomain_its_image(case):
    f, z = case.make().double(), points(case, 50)
    t = as_transform(f)
    x = t(z)
    assert t.domain.check(z).shape == t.codomain.check(x).shape == (50,)
    assert bool(t.domain.check(z).all()) and bool(t.codomain.check(x).all())
    for value in case.outside:
        # torch's unit interval has its ends, and its real line all numbers whose exp overflows.
        if abs(value) not in (0.0, 1.0) and t.codomain is not td.constraints.real_vector:
            assert not bool(t.codomain.check(torch.full((case.d,), value, dtype=F64)))


@pytest.mark.filterwarnings("ignore:.*with_cache")
@every_bijection
def test_transformed_distribution_has_the_density_of_the_flow(case):
    f, base = case.make().double(), copy.deepcopy(case.base).double()
    flow = Flow(base, f)
    law = td.TransformedDistribution(of_torch(base), [as_transform(f)])
    assert law.event_shape == (case.d,) and law.batch_shape == ()
    x = law.sample((20,))
    log_prob = law.log_prob(x)
    torch.testing.assert_close(log_prob, flow.log_prob(x), rtol=1e-8, atol=1e-8)
    if parameters := list(f.parameters()):
        torch.autograd.grad(log_prob.sum(), parameters)  # an error, if one is left out


def test_named_constraints():
    positive, real = as_transform(Exp()).codomain, td.constraints.real_vector
    assert positive.base_constraint is td.constraints.positive
    assert as_transform(Softplus()).codomain is as_transform(Log()).domain is positive
    assert as_transform(Sigmoid()).codomain is as_transform(Logit()).domain
    assert as_transform(Composition(Affine(1.0, 2.0), Exp())).codomain is positive
    assert as_transform(Composition(Exp(), Log())).codomain is real
    assert as_transform(Inverse(Composition(Planar(2), Tanh()))).codomain is real
    for f in (Planar(2), Affine(0.0, 1.0), Composition(), Inverse(Planar(2)), Exp(), Tanh()):
        assert as_transform(f).domain is real


def test_constraints_that_have_no_name():
    shifted = as_transform(Composition(Exp(), Affine(1.0, 2.0))).codomain  # (1, ∞)
    x = torch.tensor([[1.5], [1.0], [0.5], [math.nan]])
    assert shifted.check(x).tolist() == [True, False, False, False]
    from_above = as_transform(Composition(Affine(-1.0, 1.0), Log())).domain  # z > 1
    assert from_above.check(torch.tensor([[1.5], [0.5]])).tolist() == [True, False]


def test_log_normal_is_torchs_and_scipys_and_refuses_what_is_not_positive():
    base = td.Normal(torch.zeros(2, dtype=F64), 1.0)
    law = td.TransformedDistribution(base, [as_transform(Exp())], validate_args=True)
    x = torch.tensor([[0.5, 2.0], [1.0, 3.0]], dtype=F64)
    expected = torch.from_numpy(scipy.stats.lognorm(1).logpdf(x.numpy()).sum(-1))
    torch.testing.assert_close(law.log_prob(x), expected)
    with pytest.raises(ValueError, match="within the support"):
        law.log_prob(torch.tensor([0.5, -2.0], dtype=F64))


def test_without_validation_a_point_that_is_no_image_has_density_zero():
    """The stand-in that inverse gives for it must not pass for its latent."""
    base = td.Normal(torch.zeros(2, dtype=F64), 1.0, validate_args=False)
    for f in (Exp(), Sigmoid(), Composition(Exp(), Affine(1.0, 2.0)), Tanh()):
        law = td.TransformedDistribution(base, [as_transform(f)], validate_args=False)
        x = torch.tensor([[-2.0, 0.5], [-2.0, -3.0]], dtype=F64)
        assert law.log_prob(x).tolist() == [-math.inf, -math.inf]


def test_saturated_images_keep_the_log_det_of_their_latent():
    """σ(−120) is less than any float32: its image is the smallest, and x says where it came from."""
    x = torch.tensor([[-120.0], [0.5]])
    t = as_transform(Sigmoid())
    assert t(x)[0].item() == torch.finfo(torch.float32).tiny
    torch.testing.assert_close(t.log_abs_det_jacobian(x, t(x)), Sigmoid()(x)[1])


def test_composes_with_transforms_of_torch():
    f, z = planar_flow().bijection, torch.tensor([[0.3, -0.4]], dtype=F64)
    whole = td.ComposeTransform([as_transform(f), td.ExpTransform(), as_transform(Log())])
    x = whole(z)
    torch.testing.assert_close(x, f(z)[0])
    torch.testing.assert_close(whole.log_abs_det_jacobian(z, x), f(z)[1])
    torch.testing.assert_close(whole.inv(x), z)


def test_nothing_is_cached():
    f = planar_flow().bijection
    z = torch.tensor([0.3, -0.4], dtype=F64)
    t = as_transform(f)
    x = t(z)
    assert t.inv(x) is not z and t.with_cache() is t.with_cache(0) is t
    with torch.no_grad():
        f.bijections[1].weight.mul_(2.0)
    assert not torch.equal(t(z), x) and torch.equal(t(z), f(z)[0])
    assert t == as_transform(f) and t != as_transform(copy.deepcopy(f))


def test_with_cache_the_density_of_a_sample_has_the_gradient_that_it_has_without():
    """torch's cache would take the latent of the sample for a constant."""
    flow = planar_flow()
    base = of_torch(flow.base)
    for wrap in (
        lambda t: [t.with_cache()],
        lambda t: [td.ComposeTransform([t, td.AffineTransform(0.0, 1.0)], cache_size=1)],
    ):
        law = td.TransformedDistribution(base, wrap(as_transform(flow.bijection)))
        x = law.sample((5,))
        parameters = list(flow.parameters())
        got = torch.autograd.grad(law.log_prob(x).sum(), parameters)
        torch.testing.assert_close(got, torch.autograd.grad(flow.log_prob(x).sum(), parameters))


def test_other_things_are_refused():
    with pytest.raises(TypeError, match=r"as_transform: bijection: expected a Bijection, got Exp"):
        as_transform(td.ExpTransform())
    with pytest.raises(TypeError, match=r"as_distribution: flow: expected a Flow, got Exp"):
        as_distribution(Exp())


# as_distribution


def test_flow_distribution_is_a_distribution_with_the_flows_density():
    flow = planar_flow()
    law = as_distribution(flow)
    assert isinstance(law, td.Distribution) and isinstance(law, FlowDistribution)
    assert law.batch_shape == () and law.event_shape == (2,) and law.has_rsample
    assert law.support is td.constraints.real_vector
    assert law.sample().shape == (2,) and law.sample((3, 4)).shape == (3, 4, 2)
    x = law.sample((7, 3))
    assert torch.equal(law.log_prob(x), flow.log_prob(x))
    torch.testing.assert_close(pickle.loads(pickle.dumps(law)).log_prob(x), law.log_prob(x))
    assert not x.requires_grad
    law.rsample((3,)).sum().backward()
    assert all(p.grad is not None for p in flow.parameters())


def test_samples_follow_the_law():
    law = as_distribution(Flow(StandardNormal(1), Exp()))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        x = law.sample((20_000,))
    assert follows(x, scipy.stats.lognorm(1).cdf)


def test_a_base_that_is_not_reparametrised_says_so():
    law = as_distribution(Flow(GaussianMixture(torch.zeros(2, 1), torch.ones(2, 1)), Exp()))
    assert not law.has_rsample and law.sample((3,)).shape == (3, 1)
    with pytest.raises(NotImplementedError, match="GaussianMixture is not reparametrised"):
        law.rsample()


def test_support_and_validation():
    law = as_distribution(Flow(StandardNormal(2), Exp()), validate_args=True)
    assert law.support.base_constraint is td.constraints.positive
    outside = torch.tensor([[1.0, 2.0], [1.0, -2.0]])
    with pytest.raises(ValueError, match=r"FlowDistribution.log_prob: value: expected points of"):
        law.log_prob(outside)
    with pytest.raises(ValueError, match="expected points of the support"):
        law.log_prob(torch.tensor([math.nan, 1.0]))
    free = as_distribution(Flow(StandardNormal(2), Exp()), validate_args=False)
    assert free.log_prob(outside)[1].item() == -math.inf
    assert td.biject_to(law.support)(torch.zeros(2)).tolist() == [1.0, 1.0]
    box = as_distribution(Flow(Box(torch.tensor([-1.0, 0.0]), torch.tensor([1.0, 2.0]))))
    assert box.support.check(torch.tensor([[0.0, 1.0], [1.5, 1.0]])).tolist() == [True, False]
    image = as_distribution(Flow(StandardUniform(2), Affine(1.0, 2.0))).support  # [1, 3]²
    assert image.event_dim == 1
    assert image.check(torch.tensor([[2.0, 1.5], [0.5, 2.0]])).tolist() == [True, False]


def test_expand_and_batches():
    law = as_distribution(planar_flow()).expand((3,))
    assert law.batch_shape == (3,) and law.event_shape == (2,)
    x = law.sample((5,))
    assert x.shape == (5, 3, 2) and law.log_prob(x).shape == (5, 3)
    assert law.log_prob(torch.zeros(2, dtype=F64)).shape == (3,)
    several = td.Independent(law, 1)
    torch.testing.assert_close(several.log_prob(x), law.log_prob(x).sum(-1))


def test_a_flow_may_be_the_base_of_a_transformed_distribution():
    flow = planar_flow()
    law = td.TransformedDistribution(as_distribution(flow), [as_transform(Exp())])
    x = law.rsample((4,))
    torch.testing.assert_close(law.log_prob(x), Flow(flow.base, flow.bijection, Exp()).log_prob(x))
    with pytest.raises(NotImplementedError):
        td.kl_divergence(law, law)


def test_a_conditional_flow_has_the_batch_of_its_context(generator):
    net = MLP(1, 2, (8,), context=3, generator=generator)
    torch.nn.init.normal_(net.layers[-1].weight, generator=generator)
    flow = Flow(StandardNormal(2), AffineCoupling(torch.tensor([True, False]), net), Exp())
    context = torch.randn(4, 3, generator=generator)
    law = as_distribution(flow, context)
    assert law.batch_shape == (4,) and law.support.base_constraint is td.constraints.positive
    x = law.sample((5,))
    assert x.shape == (5, 4, 2) and law.expand((6, 4)).sample().shape == (6, 4, 2)
    torch.testing.assert_close(law.log_prob(x), flow.log_prob(x, context))
    one = law.log_prob(x[0, 0])  # the same point under four contexts
    torch.testing.assert_close(one, flow.log_prob(x[0, 0].expand(4, 2), context))
    t = as_transform(flow.bijection, context)
    base = td.Normal(torch.zeros(4, 2), 1.0)
    torch.testing.assert_close(td.TransformedDistribution(base, [t]).log_prob(x), law.log_prob(x))


# Pyro


@pytest.fixture
def pyro():
    import pyro as module

    with torch.random.fork_rng():
        module.set_rng_seed(0)
        module.clear_param_store()
        yield module


def traced(pyro, model):
    """A sample of "x" by Pyro and its log-density by Pyro."""
    trace = pyro.poutine.trace(model).get_trace()
    trace.compute_log_prob()
    return trace.nodes["x"]["value"], trace.nodes["x"]["log_prob"]


def test_pyro_takes_a_transform(pyro):
    f = Composition(Planar(2), Exp())
    base = pyro.distributions.Normal(torch.zeros(2), 1.0).to_event(1)
    law = pyro.distributions.TransformedDistribution(base, [as_transform(f)])
    x, log_prob = traced(pyro, lambda: pyro.sample("x", law))
    torch.testing.assert_close(log_prob, Flow(StandardNormal(2), f).log_prob(x))


def test_without_pyro_no_module_of_it_is_imported():
    program = """
import sys, torch
from nflib import Exp, Flow, StandardNormal, as_distribution
flow = Flow(StandardNormal(1), Exp())
before = as_distribution(flow)
assert "pyro" not in sys.modules and type(before).__name__ == "FlowDistribution"
import pyro
print(pyro.sample("x", as_distribution(flow)).shape, type(as_distribution(flow)).__name__)
"""
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert ran.stdout.strip() == "torch.Size([1]) PyroFlowDistribution", ran.stderr


def test_a_law_of_pyro_is_as_the_law_of_torch(pyro, generator):
    flow = planar_flow()
    law = as_distribution(flow, validate_args=False)
    x = flow.sample(5, generator)
    assert isinstance(law, FlowDistribution) and not law.has_enumerate_support
    assert law().shape == law.shape() == (2,) and law.shape((3,)) == (3, 2)
    assert law.expand_by([3]).batch_shape == (3,) and law.expand_by([3]).to_event(1).event_dim == 2
    masked = law.expand([5]).mask(torch.tensor([True, False, True, True, False]))
    expected = flow.log_prob(x) * torch.tensor([1.0, 0.0, 1.0, 1.0, 0.0])
    torch.testing.assert_close(masked.log_prob(x), expected)
    copied = pickle.loads(pickle.dumps(law.expand((5,))))
    torch.testing.assert_close(copied.log_prob(x), flow.log_prob(x))
    assert copied.batch_shape == (5,)


def test_pyro_samples_a_flow_in_a_plate(pyro):
    flow = planar_flow()

    def model():
        with pyro.plate("n", 5):
            return pyro.sample("x", as_distribution(flow))

    x, log_prob = traced(pyro, model)
    assert x.shape == (5, 2)
    torch.testing.assert_close(log_prob, flow.log_prob(x))


def test_pyro_fits_a_flow_as_guide_by_svi(pyro):
    """Posterior of a normal mean: a flow as guide reaches the closed form."""
    data = torch.tensor([1.0, 2.0, 3.0])
    f = Linear(torch.eye(1), torch.zeros(1))
    flow = Flow(StandardNormal(1), f)

    def model():
        mean = pyro.sample("mean", pyro.distributions.Normal(torch.zeros(1), 1.0).to_event(1))
        with pyro.plate("data", 3):
            pyro.sample("x", pyro.distributions.Normal(mean, 1.0), obs=data)

    def guide():
        pyro.module("flow", flow)
        pyro.sample("mean", as_distribution(flow))

    loss = pyro.infer.Trace_ELBO(num_particles=20)
    optimiser = pyro.optim.ClippedAdam({"lr": 0.05, "lrd": 0.99})
    svi = pyro.infer.SVI(model, guide, optimiser, loss)
    for _ in range(300):
        svi.step()
    assert f.bias.item() == pytest.approx(1.5, abs=0.05)
    assert abs(f.weight.item()) == pytest.approx(0.5, abs=0.05)


def test_pyros_automatic_guide_trains_the_bijection(pyro):
    """Posterior of two normal means that the data see as a sum; log p(x) in closed form."""
    data = torch.tensor([2.0, 2.5, 3.5, 4.0])

    def model():
        law = pyro.distributions.Normal(torch.zeros(2), 1.0).to_event(1)
        mean = pyro.sample("mean", law).sum()
        with pyro.plate("data", len(data)):
            pyro.sample("x", pyro.distributions.Normal(mean, 1.0), obs=data)

    f = Linear(torch.eye(2), torch.zeros(2))
    guide = pyro.infer.autoguide.AutoNormalizingFlow(model, lambda d: as_transform(f))
    optimiser = pyro.optim.ClippedAdam({"lr": 0.1, "lrd": 0.98})
    svi = pyro.infer.SVI(model, guide, optimiser, pyro.infer.Trace_ELBO(num_particles=4))
    losses = [svi.step() for _ in range(250)]
    covariance = torch.eye(4) + 2  # of x, whose mean is zero
    evidence = td.MultivariateNormal(torch.zeros(4), covariance).log_prob(data)
    assert losses[0] > losses[-1] + 5
    assert sum(losses[-100:]) / 100 == pytest.approx(-evidence.item(), abs=0.1)


def test_pyro_trains_a_flow_as_likelihood(pyro, generator):
    """Maximum likelihood by SVI with nothing latent: the scale and shift of a log-normal law."""
    x = (0.5 + 2.0 * torch.randn(200, 1, generator=generator)).exp()
    flow = Flow(StandardNormal(1), Linear(torch.eye(1), torch.zeros(1)), Exp())

    def model():
        pyro.module("flow", flow)
        with pyro.plate("n", len(x)):
            pyro.sample("x", as_distribution(flow), obs=x)

    optimiser = pyro.optim.ClippedAdam({"lr": 0.05, "lrd": 0.99})
    svi = pyro.infer.SVI(model, lambda: None, optimiser, pyro.infer.Trace_ELBO())
    for _ in range(300):
        svi.step()
    linear = flow.bijection.bijections[0]
    assert linear.bias.item() == pytest.approx(x.log().mean().item(), abs=0.02)
    assert abs(linear.weight.item()) == pytest.approx(x.log().std().item(), rel=0.02)


def nuts(pyro, model, samples=400):
    kernel = pyro.infer.NUTS(model)
    mcmc = pyro.infer.MCMC(kernel, num_samples=samples, warmup_steps=150, disable_progbar=True)
    mcmc.run()
    return mcmc.get_samples()["x"]


def test_nuts_reaches_a_known_posterior_from_a_flow_on_the_half_line(pyro):
    """The prior is 1 + 2e^z > 1, with z normal; the data are (x − 1)/2, log-normal around it."""
    data = torch.tensor([0.4, 1.0, 1.3])
    flow = Flow(StandardNormal(1), Exp(), Affine(1.0, 2.0))

    def model():
        x = pyro.sample("x", as_distribution(flow))
        with pyro.plate("data", 3):
            pyro.sample("log y", pyro.distributions.Normal(((x - 1) / 2).log(), 1.0), obs=data)

    z = ((nuts(pyro, model) - 1) / 2).log()  # normal, of precision 1 + 3
    assert z.mean().item() == pytest.approx(data.sum().item() / 4, abs=0.12)
    assert z.std().item() == pytest.approx(0.5, abs=0.12)


def test_nuts_moves_in_a_support_by_coordinate(pyro):
    flow = Flow(StandardNormal(3), ByCoordinate(Exp(), Composition(), Sigmoid()))
    x = nuts(pyro, lambda: pyro.sample("x", as_distribution(flow)))
    z = flow.to_latent(x)
    assert bool((z.mean(0).abs() < 0.3).all()) and bool(((z.std(0) - 1).abs() < 0.3).all())
