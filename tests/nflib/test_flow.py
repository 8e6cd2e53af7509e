"""Flow against SciPy, quadrature and itself in the other direction."""

import copy
import doctest
import math

import pytest
import scipy.stats
import torch

import nflib
from nflib import (
    Affine,
    Box,
    Exp,
    Flow,
    Inverse,
    Linear,
    Log,
    Planar,
    Sigmoid,
    StandardNormal,
    StandardUniform,
    Tanh,
)
from nflib.course.numerics import integrate, monte_carlo
from tests.nflib.helpers import F64, follows, minimise, planar_flow, seeded

LAWS = {
    "uniform": (Flow(StandardUniform(1), Affine(1.0, 2.0)), scipy.stats.uniform(1, 2)),
    "uniform, decreasing": (Flow(StandardUniform(1), Affine(3.0, -2.0)), scipy.stats.uniform(1, 2)),
    "reciprocal": (Flow(Box(0.0, 2.0), Exp()), scipy.stats.reciprocal(1, math.exp(2))),
    "log-normal": (Flow(StandardNormal(1), Exp()), scipy.stats.lognorm(1)),
    "exponential": (Flow(StandardUniform(1), Log(), Affine(0.0, -0.5)), scipy.stats.expon(0, 0.5)),
    "normal": (Flow(StandardNormal(1), Affine(-1.0, 3.0)), scipy.stats.norm(-1, 3)),
    "logistic": (Flow(StandardUniform(1), Inverse(Sigmoid())), scipy.stats.logistic()),
}
every_law = pytest.mark.parametrize("name", LAWS)
X = torch.tensor([-5.0, -1.0, 0.0, 0.25, 1.5, 2.5, 2.999, 7.0, 20.0], dtype=F64)[:, None]


@every_law
def test_log_prob_is_scipys_also_outside_of_the_support(name):
    flow, law = LAWS[name]
    expected = torch.from_numpy(law.logpdf(X[:, 0].numpy()))
    torch.testing.assert_close(copy.deepcopy(flow).double().log_prob(X), expected)


@every_law
def test_samples_follow_the_law(name, generator):
    flow, law = LAWS[name]
    assert follows(flow.sample(20_000, generator), law.cdf)


@every_law
def test_sample_with_log_prob_agrees_with_log_prob(name, generator):
    flow = copy.deepcopy(LAWS[name][0]).double()
    x, log_prob = flow.sample_with_log_prob(100, generator)
    torch.testing.assert_close(flow.log_prob(x), log_prob, rtol=1e-9, atol=1e-9)


def test_the_example_of_the_package_runs():
    assert doctest.testmod(nflib) == (0, 4)


def test_density_of_a_flow_in_the_plane_integrates_to_one():
    flow = planar_flow()
    assert abs(integrate(lambda x: flow.log_prob(x).exp(), (-15, -25), (15, 25)) - 1) < 1e-6


def test_monte_carlo_mean_of_a_function_is_its_integral(generator):
    """E[cos(x₁) + x₂²] by samples from the flow and by quadrature of its density."""
    flow = planar_flow()
    h = lambda x: x[..., 0].cos() + x[..., 1] ** 2
    mean, error = monte_carlo(h(flow.sample(100_000, generator)))
    exact = integrate(lambda x: h(x) * flow.log_prob(x).exp(), (-15, -25), (15, 25))
    assert abs(mean - exact) < 4 * error


def test_entropy_of_the_flow_is_that_of_the_base_plus_the_mean_log_det(generator):
    """−E log p_X(X) − E log|det J_f(Z)| = (d/2) log(2πe)."""
    flow = planar_flow()
    z = flow.base.sample((100_000,), generator)
    x, log_abs_det = flow.bijection(z)
    first, error = monte_carlo(-flow.log_prob(x) - log_abs_det)
    assert abs(first - math.log(2 * math.pi * math.e)) < 4 * error


@pytest.mark.parametrize("shape", [(), 7, (3, 4), 0, (0,)], ids=str)
def test_shapes_of_samples(shape, generator):
    flow = planar_flow()
    expected = (shape,) if isinstance(shape, int) else shape
    assert flow.sample(shape, generator).shape == (*expected, 2)
    x, log_prob = flow.sample_with_log_prob(shape, generator)
    assert x.shape == (*expected, 2) and log_prob.shape == expected


def test_to_latent_undoes_from_latent_and_a_generator_gives_its_samples_again(generator):
    flow = planar_flow()
    z = flow.base.sample((50,), generator)
    torch.testing.assert_close(flow.to_latent(flow.from_latent(z)), z, rtol=1e-11, atol=1e-11)
    first, second = (flow.sample(5, seeded(1)) for _ in range(2))
    assert torch.equal(first, second)


def test_nothing_is_cached_after_parameters_move():
    flow = Flow(StandardNormal(1), Linear(torch.tensor([[2.0]])))
    x = torch.ones(1)
    before = flow.log_prob(x).item()
    with torch.no_grad():
        flow.bijection.bijections[0].weight.fill_(4.0)
    expected = scipy.stats.norm(0, 4).logpdf(1.0)
    assert flow.log_prob(x).item() == pytest.approx(expected, rel=1e-6) and before != expected


def test_samples_carry_no_gradient_and_samples_with_log_prob_do(generator):
    flow = planar_flow()
    assert not flow.sample(3, generator).requires_grad
    x, log_prob = flow.sample_with_log_prob(3, generator)
    (log_prob + x.sum(-1)).sum().backward()
    assert all(bool((p.grad != 0).any()) for p in flow.parameters() if p.ndim)


def test_calling_a_flow_is_its_log_prob_and_trains(generator):
    """A normal with unknown mean and scale: three hundred steps reach the closed form."""
    x = 3 + 0.5 * torch.randn(500, 1, generator=generator, dtype=F64)
    flow = Flow(StandardNormal(1), Linear(torch.eye(1), torch.zeros(1))).double()
    minimise(flow, lambda: -flow(x).mean(), lr=0.1, steps=300)
    f = flow.bijection.bijections[0]
    assert f.bias.item() == pytest.approx(x.mean().item(), abs=1e-3)
    assert abs(f.weight.item()) == pytest.approx(x.std(correction=0).item(), abs=1e-3)


def test_planar_flow_in_the_generative_direction_learns_from_data(generator):
    """Maximum likelihood needs the inverse and its gradient: two separate bumps on a line."""
    side = torch.randint(0, 2, (400, 1), generator=generator) * 4.0 - 2
    x = side + 0.5 * torch.randn(400, 1, generator=generator)
    layers = (Planar(1, generator) for _ in range(4))
    flow = Flow(StandardNormal(1), Linear(torch.tensor([[2.0]])), *layers)
    loss = minimise(flow, lambda: -flow(x).mean(), lr=0.03, steps=200)
    # The entropy of the mixture is 1.42 nats; one normal of the same variance leaves 2.14.
    assert 1.35 < loss < 1.60


def test_points_outside_give_minus_infinity_and_clean_gradients():
    flow = Flow(StandardUniform(2), Tanh(), Affine(1.0, 2.0)).double()
    x = torch.tensor([[1.5, 1.5], [5.0, 1.5], [1.5, math.inf], [0.5, 1.5]], dtype=F64)
    x.requires_grad_()
    log_prob = flow.log_prob(x)
    assert log_prob[1:].tolist() == [-math.inf] * 3
    log_prob[0].backward()
    assert bool(x.grad.isfinite().all())


def test_a_base_that_leaves_the_domain_shows_as_nan(generator):
    """Log of a normal: half of the samples have no logarithm, and must not look like samples."""
    flow = Flow(StandardNormal(1), Log())
    z = torch.tensor([[2.0], [-2.0]])
    assert flow.from_latent(z).isnan().tolist() == [[False], [True]]
    x, log_prob = flow.sample_with_log_prob(1000, generator)
    assert 400 < int(x.isnan().sum()) < 600
    assert torch.equal(x[:, 0].isnan(), log_prob.isnan())


def test_state_dict_round_trip_and_dtype_of_the_whole():
    flow, other = planar_flow(), planar_flow()
    with torch.no_grad():
        for p in other.parameters():
            p.mul_(0.5)
    other.load_state_dict(flow.state_dict())
    x = torch.zeros(3, 2, dtype=F64)
    torch.testing.assert_close(other.log_prob(x), flow.log_prob(x), rtol=0, atol=0)
    assert flow.sample().dtype == flow.log_prob(x).dtype == F64
    assert flow.float().sample().dtype == torch.float32


def test_without_bijections_it_is_the_base():
    x = torch.tensor([[0.5, -1.0]])
    torch.testing.assert_close(Flow(StandardNormal(2)).log_prob(x), StandardNormal(2).log_prob(x))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_log_prob_compiles_without_a_graph_break():
    torch.compiler.reset()
    flow = planar_flow()
    x = torch.zeros(3, 2, dtype=F64)
    compiled = torch.compile(flow.log_prob, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x), flow.log_prob(x))
