"""Conditional flows p(x | c): closed forms, who gets the context, errors."""

import math

import pytest
import torch
from torch.distributions import MultivariateNormal, Normal

from nflib import (
    MLP,
    AffineCoupling,
    Composition,
    Exp,
    Flow,
    Inverse,
    Linear,
    SplineCoupling,
    StandardNormal,
)
from nflib.course.numerics import integrate, ks_critical, ks_distance
from tests.nflib.bijection_cases import mask, matrix, moved, network

F64 = torch.float64


class SineAndSlope(torch.nn.Module):
    """t = sin c, a = c: given c, AffineCoupling has the mean sin c and the scale e^{2 tanh(c/2)}."""

    context_size = 1

    def forward(self, inputs):
        c = inputs[..., -1:]
        return torch.cat([c.sin(), c], -1)


class TimesContext(torch.nn.Module):
    """t = c(x₁ + 1), a = 1."""

    context_size = 1

    def forward(self, inputs):
        x, c = inputs.unbind(-1)
        return torch.stack([c * (x + 1), torch.ones_like(x)], -1)


def regression() -> Flow:
    """The normal law N(sin c, e^{4 tanh(c/2)}) of x given c, on the line."""
    return Flow(StandardNormal(1), AffineCoupling(mask("0"), SineAndSlope())).double()


def law(c):
    return Normal(c.sin(), (2 * torch.tanh(c / 2)).exp())


def conditional() -> Composition:
    """In dimension 3, context 2; parts with and without context, and one seen from behind."""
    first = AffineCoupling(mask("101"), network(2, 2, context=2))
    second = Inverse(SplineCoupling(mask("010"), network(1, 46, context=2)))
    return moved(Composition(first, Linear(matrix(3)), second)).double()


def test_density_given_the_context_is_the_closed_form(generator):
    flow = regression()
    x, c = torch.randn(2, 4, 50, 1, generator=generator, dtype=F64)
    torch.testing.assert_close(flow.log_prob(x, c), law(c).log_prob(x)[..., 0])


def test_joint_density_given_the_context_is_the_closed_form(generator):
    """x₁ ~ N(0, 1), x₂ | x₁, c ~ N(c(x₁ + 1), σ²): jointly normal, of mean (0, c)."""
    flow = Flow(StandardNormal(2), AffineCoupling(mask("10"), TimesContext())).double()
    sigma = math.exp(2 * math.tanh(0.5))
    x = torch.randn(20, 2, generator=generator, dtype=F64)
    for c in (-1.5, 0.0, 2.0):
        covariance = torch.tensor([[1.0, c], [c, c * c + sigma**2]], dtype=F64)
        mean, at = torch.tensor([0.0, c], dtype=F64), torch.tensor([c], dtype=F64)
        expected = MultivariateNormal(mean, covariance).log_prob(x)
        torch.testing.assert_close(flow.log_prob(x, at), expected)


def test_samples_given_the_context_follow_the_closed_form(generator):
    flow, n = regression(), 20_000
    for c in (-1.0, 0.5):
        c = torch.tensor([c], dtype=F64)
        x = flow.sample(n, generator, c)
        assert ks_distance(x, lambda x, c=c: law(c).cdf(x)) < ks_critical(n)


def test_each_sample_may_have_its_own_context(generator):
    flow = regression()
    c = torch.linspace(-2, 2, 20_000, dtype=F64)[:, None]
    x, log_prob = flow.sample_with_log_prob(20_000, generator, c)
    torch.testing.assert_close(log_prob, law(c).log_prob(x)[..., 0])
    u = law(c).cdf(x)  # uniform, if every sample has its own law
    assert ks_distance(u, lambda u: u) < ks_critical(20_000)


@pytest.mark.parametrize("c", [(0.5, -1.0), (3.0, 2.0)])
def test_density_integrates_to_one_for_every_context(c):
    f = Composition(*(AffineCoupling(mask(m), network(1, 2, context=2)) for m in ("10", "01")))
    flow = Flow(StandardNormal(2), moved(f)).double()
    p = lambda x: flow.log_prob(x, torch.tensor(c, dtype=F64)).exp()
    assert abs(integrate(p, (-40, -40), (40, 40), n=160) - 1) < 1e-4


def test_inverse_undoes_forward_for_the_same_context_only(generator):
    f = conditional()
    z, c = (
        torch.randn(30, 3, generator=generator, dtype=F64),
        torch.randn(30, 2, generator=generator, dtype=F64),
    )
    x, log_abs_det = f.forward(z, c)
    back, minus = f.inverse(x, c)
    torch.testing.assert_close(back, z, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(minus, -log_abs_det, rtol=1e-9, atol=1e-9)
    assert bool(((f.inverse(x, c + 1)[0] - z).abs().amax(-1) > 1e-3).all())
    view = Inverse(f)
    torch.testing.assert_close(view.forward(x, c), (back, minus), rtol=0, atol=0)
    torch.testing.assert_close(view.inverse(z, c), (x, log_abs_det), rtol=0, atol=0)


def test_a_context_broadcasts_as_if_it_were_repeated(generator):
    flow = Flow(StandardNormal(3), conditional()).double()
    x = torch.randn(4, 5, 3, generator=generator, dtype=F64)
    for shape in ((2,), (1, 2), (5, 2), (4, 1, 2), (1, 5, 2)):
        c = torch.randn(shape, generator=generator, dtype=F64)
        repeated = c.expand(4, 5, 2).contiguous()
        torch.testing.assert_close(flow.log_prob(x, c), flow.log_prob(x, repeated))
        for call in (flow.to_latent, flow.from_latent):
            torch.testing.assert_close(call(x, c), call(x, repeated))


def test_gradients_reach_the_context(generator):
    f = conditional()
    z, c = (torch.randn(2, n, generator=generator, dtype=F64).requires_grad_() for n in (3, 2))
    assert torch.autograd.gradcheck(f.forward, (z, c))
    assert torch.autograd.gradcheck(f.inverse, (z, c))


def test_vmap_over_points_and_contexts(generator):
    f = conditional()
    z, c = (torch.randn(6, n, generator=generator, dtype=F64) for n in (3, 2))
    for call in (f.forward, f.inverse):
        torch.testing.assert_close(torch.func.vmap(call)(z, c), call(z, c))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_conditional_density_compiles_without_a_graph_break(generator):
    torch.compiler.reset()
    flow = Flow(StandardNormal(3), conditional()).double()
    x, c = (torch.randn(6, n, generator=generator, dtype=F64) for n in (3, 2))
    compiled = torch.compile(flow.log_prob, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x, c), flow.log_prob(x, c))


def test_maximum_likelihood_finds_the_line_and_the_noise(generator):
    """y = 2c − 1 + ½ε: one linear map from the context, as least squares finds it."""
    c = torch.randn(500, 1, generator=generator)
    y = 2 * c - 1 + 0.5 * torch.randn(500, 1, generator=generator)
    flow = Flow(StandardNormal(1), AffineCoupling(mask("0"), MLP(0, 2, (), context=1)))
    flow.bijection.bijections[0].conditioner.layers[0].weight.register_hook(
        lambda g: g * torch.tensor([[1.0], [0.0]])  # the scale does not look at c
    )
    optimiser = torch.optim.Adam(flow.parameters(), lr=0.1)
    for _ in range(300):
        optimiser.zero_grad()
        loss = -flow(y, c).mean()
        loss.backward()
        optimiser.step()
    columns = torch.cat([c, torch.ones(500, 1)], -1)
    line = torch.linalg.lstsq(columns, y).solution
    noise = (y - columns @ line).std(correction=0).item()
    assert loss.item() == pytest.approx(
        0.5 + math.log(noise) + 0.5 * math.log(2 * math.pi), abs=1e-4
    )
    weight = flow.bijection.bijections[0].conditioner.layers[0].weight
    assert weight[0].item() == pytest.approx(line[0].item(), abs=1e-3)


X, C = torch.zeros(5, 3), torch.zeros(5, 2)
WRONG = [
    (ValueError, C[:, :1], r"context: expected shape \(\*batch, 2\), got \(5, 1\)"),
    (ValueError, torch.zeros(4, 2), r"a batch that broadcasts to \(5,\), .*, got \(4,\)"),
    (ValueError, torch.zeros(1, 5, 2), r"a batch that broadcasts to \(5,\), .*, got \(1, 5\)"),
    (ValueError, C.to("meta"), "context: expected device cpu"),
    (TypeError, C.double(), "context: expected dtype torch.float32, .*, got torch.float64"),
    (TypeError, C.long(), "context: expected a floating dtype, got torch.int64"),
    (TypeError, [0.0, 0.0], "context: expected a tensor of points, got list"),
    (TypeError, None, r"context: expected a tensor of shape \(\*batch, 2\), got None"),
]


@pytest.mark.parametrize("error, context, message", WRONG)
def test_wrong_contexts_are_refused_by_name(error, context, message):
    f = conditional().float()
    flow, part = Flow(StandardNormal(3), f), f.bijections[0]
    calls = {
        "Flow.log_prob": flow.log_prob,
        "Flow.to_latent": flow.to_latent,
        "Flow.from_latent": flow.from_latent,
        "Composition.forward": f.forward,
        "Composition.inverse": f.inverse,
        "AffineCoupling.forward": part.forward,
        "Inverse.forward": Inverse(part).forward,
    }
    for name, call in calls.items():
        with pytest.raises(error, match=f"{name}: .*{message}"):
            call(X, context)
    with pytest.raises(error, match=r"Flow.sample: context"):
        flow.sample(5, context=context)


def test_a_context_that_nothing_takes_is_refused():
    for f in (Linear(matrix(3)), Composition(Exp()), Composition(), Inverse(Exp())):
        name = type(f).__name__
        for direction in ("forward", "inverse"):
            message = (
                f"{name}.{direction}: context: expected None, for nothing here takes a context"
            )
            with pytest.raises(ValueError, match=message):
                getattr(f, direction)(X, C)
    with pytest.raises(ValueError, match=r"Flow.log_prob: context: expected None"):
        Flow(StandardNormal(3), Linear(matrix(3))).log_prob(X, C)


def test_contexts_of_two_sizes_are_refused():
    two, three = (AffineCoupling(mask("10"), MLP(1, 2, context=k)) for k in (2, 3))
    with pytest.raises(ValueError, match=r"expected context_size = 2, .*, got context_size = 3"):
        Composition(two, Exp(), three)
    assert (
        Composition(Exp(), three).context_size == Flow(StandardNormal(2), three).context_size == 3
    )
