"""Conditional against the unconditional layer that is built anew with θ + N(c), a row at a time."""

import copy
import math

import pytest
import torch

from nflib import (
    ActNorm,
    Composition,
    Conditional,
    Exp,
    Flow,
    Inverse,
    Linear,
    LULinear,
    Orthogonal,
    Planar,
    PlanarStack,
    Radial,
    StandardNormal,
    Sylvester,
    as_distribution,
    fit,
    initialise_actnorm,
)
from tests.nflib.bijection_cases import matrix, moved
from tests.nflib.helpers import F64, seeded

LAYERS = {
    "planar": lambda: Planar(3, seeded()),
    "stack": lambda: PlanarStack(3, 9, seeded()),
    "radial": lambda: Radial(3, seeded()),
    "sylvester": lambda: Sylvester(3, 2, seeded()),
    "lu": lambda: LULinear(3, seeded()),
    "actnorm": lambda: ActNorm(3),
    "linear": lambda: Linear(matrix(3), torch.ones(3)),
    "orthogonal": lambda: Orthogonal(3, generator=seeded()),
    "composition": lambda: Composition(Inverse(Planar(3, seeded())), ActNorm(3), Exp()),
}
every_layer = pytest.mark.parametrize("name", LAYERS)
close = torch.testing.assert_close


def made(name: str, hidden: tuple[int, ...] = (5,)) -> Conditional:
    f = Conditional(LAYERS[name](), 2, hidden=hidden, activation=torch.tanh, generator=seeded())
    return moved(f).double()


def with_parameters(f, values):
    """A copy of f whose parameters are the parts of one vector, as plain tensors with their graph."""
    copied, sizes = copy.deepcopy(f), [p.numel() for p in f.parameters()]
    for (name, p), part in zip(f.named_parameters(), values.split(sizes), strict=True):
        *path, last = name.split(".")
        owner = copied.get_submodule(".".join(path))
        delattr(owner, last)
        setattr(owner, last, part.reshape(p.shape))
    return copied


def row_by_row(f: Conditional, direction: str, points, contexts):
    """The images and log|det|, each from an unconditional layer of its own."""
    theta = torch.cat([p.flatten() for p in f.bijection.parameters()])
    results = [
        getattr(with_parameters(f.bijection, theta + f.conditioner(c)), direction)(point)
        for point, c in zip(points, contexts, strict=True)
    ]
    return tuple(torch.stack(each) for each in zip(*results, strict=True))


def drawn(generator, n=6):
    z, c = (torch.randn(n, k, generator=generator, dtype=F64) for k in (3, 2))
    return 0.5 * z, c


@every_layer
def test_images_log_dets_and_gradients_are_those_of_layers_built_one_by_one(name, generator):
    f = made(name)
    z, c = drawn(generator)
    for direction, at in (("forward", z), ("inverse", f(z, c)[0].detach())):
        at, c = at.requires_grad_(), c.requires_grad_()
        gradients = []
        got, expected = getattr(f, direction)(at, c), row_by_row(f, direction, at, c)
        for image, log_abs_det in (got, expected):
            value = (image.sin().sum(-1) + log_abs_det).square().sum()
            gradients.append(torch.autograd.grad(value, [at, c, *f.parameters()]))
        close(got, expected, rtol=1e-11, atol=1e-11)
        close(*gradients, rtol=1e-8, atol=1e-8)


@every_layer
def test_a_new_one_is_the_layer_whatever_the_context(name, generator):
    f, (z, c) = LAYERS[name]().double(), drawn(generator)
    new = Conditional(f, 2, generator=generator)  # in float64, as f is
    close(new(z, c), f(z), rtol=1e-13, atol=1e-13)
    close(new(z, c[0]), f(z), rtol=0, atol=0)
    assert new.d == 3 and new.context_size == 2 and new.bijection is f


@every_layer
def test_contexts_that_are_broadcast_share_their_parameters(name, generator):
    """The network sees each context once; the images are those of repeated contexts."""
    f, seen = made(name), []
    f.conditioner.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0].shape[:-1]))
    z = 0.5 * torch.randn(4, 5, 3, generator=generator, dtype=F64)
    shapes = {(): (), (1,): (), (5,): (5,), (4, 1): (4,), (1, 5): (5,), (4, 5): (4, 5)}
    for shape, rows in shapes.items():
        c = torch.randn(*shape, 2, generator=generator, dtype=F64).requires_grad_()
        got = f(z, c)
        assert seen.pop() == rows
        repeated = f(z, c.expand(4, 5, 2).contiguous())
        close(got, repeated, rtol=1e-12, atol=1e-12)
        gradients = [
            torch.autograd.grad(image.sin().sum() + log_abs_det.sum(), [c, *f.parameters()])
            for image, log_abs_det in (got, repeated)
        ]
        close(*gradients, rtol=1e-9, atol=1e-9)
        close(f.inverse(got[0], c)[0], z, rtol=1e-10, atol=1e-10)
        assert seen.pop() == rows


def test_vmap_and_empty_batches(generator):
    f, (z, c) = made("stack"), drawn(generator)
    close(torch.func.vmap(f)(z, c), f(z, c))
    close(torch.func.vmap(f, in_dims=(0, None))(z, c[0]), f(z, c[0]))
    for shape in ((0,), (3, 0)):
        empty = torch.empty(*shape, 3, dtype=F64)
        image, log_abs_det = f(empty, c[0])
        assert image.shape == empty.shape and log_abs_det.shape == shape
    flow = Flow(StandardNormal(3), f).double()
    assert flow.sample(0, context=torch.empty(0, 2, dtype=F64)).shape == (0, 3)


def test_a_base_that_takes_a_context_is_the_normal_law_with_that_mean_and_scale(generator):
    f = moved(Conditional(ActNorm(3), 2, hidden=(), generator=generator))
    flow = Flow(Flow(StandardNormal(3), f), Planar(3, generator)).double()
    x, c = drawn(generator)
    values = f.conditioner(c) + torch.cat([f.bijection.m, f.bijection.s])
    law = torch.distributions.Normal(values[:, :3], values[:, 3:].exp())
    assert flow.context_size == 2
    close(flow.log_prob(x, c), law.log_prob(x).sum(-1))


def test_parameters_are_listed_once_and_survive_a_round_trip(generator):
    f, g = made("stack"), made("stack")
    names = [name for name, _ in f.named_parameters()]
    assert names == [*f.state_dict()] and {name.split(".")[0] for name in names} == {
        "bijection",
        "conditioner",
    }
    z, c = drawn(generator)
    copied = copy.deepcopy(f)
    with torch.no_grad():
        for p in f.parameters():
            p.add_(0.1)
    g.load_state_dict(copied.state_dict())
    for direction in ("forward", "inverse"):  # the copy's inverse has its own parameters
        close(getattr(g, direction)(z, c), getattr(copied, direction)(z, c), rtol=0, atol=0)
    assert not torch.allclose(f.inverse(z, c)[0], g.inverse(z, c)[0])


def test_an_actnorm_inside_starts_from_the_data(generator):
    x, c = drawn(generator, 500)
    x = 3 * x - 1
    f = Composition(Conditional(ActNorm(3), 2, generator=generator), Linear(matrix(3))).double()
    initialise_actnorm(f, x, c)
    z = f.inverse(x, c)[0]
    close(z.mean(0), torch.zeros(3, dtype=F64), rtol=0, atol=1e-12)
    close(z.std(0, correction=0), torch.ones(3, dtype=F64))


@pytest.mark.slow
def test_a_stack_learns_a_law_that_turns_with_the_context(generator):
    """x = R(c) f(z), f a planar layer: as R(c)z is normal too, that of f with w and u turned."""
    angle = 2 * math.pi * torch.rand(6000, generator=generator)
    c = torch.stack([angle.cos(), angle.sin()], -1)
    turn = torch.stack([c, torch.stack([-c[:, 1], c[:, 0]], -1)], -1)  # columns of R(c)
    f = Planar.from_parameters(torch.tensor([1.5, 0.0]), torch.tensor([2.0, 1.0]), 0.5)
    y, log_p = Flow(StandardNormal(2), f.requires_grad_(False)).sample_with_log_prob(
        6000, generator
    )
    x = (turn @ y[..., None])[..., 0]
    entropy = -log_p[5000:].mean().item()
    stack = PlanarStack(2, 2, generator)
    without = Flow(StandardNormal(2), copy.deepcopy(stack))
    given = Flow(StandardNormal(2), Conditional(stack, 2, hidden=(16,), generator=generator))
    options = {"steps": 400, "lr": 0.02, "progress": False, "generator": generator}
    fit(without, x[:5000], **options)
    fit(given, (x[:5000], c[:5000]), **options)
    with torch.no_grad():
        assert -given(x[5000:], c[5000:]).mean().item() < entropy + 0.03
        assert -without(x[5000:]).mean().item() > entropy + 0.2


def test_n_samples_for_each_of_m_contexts(generator):
    flow = Flow(StandardNormal(3), made("planar"), made("actnorm")).double()
    c = torch.randn(4, 2, generator=generator, dtype=F64)
    x = flow.sample((5, 4), seeded(), c)
    again = flow.sample((5, 4), seeded(), c.expand(5, 4, 2).contiguous())
    close(x, again)
    law = as_distribution(flow, c)
    assert law.sample((5,)).shape == (5, 4, 3) and law.log_prob(x).shape == (5, 4)
    close(law.log_prob(x)[:, 1], flow.log_prob(x[:, 1], c[1]))
    message = r"Flow.sample: context: expected a batch that broadcasts to \(5,\), .*got \(4,\)"
    with pytest.raises(ValueError, match=rf"{message}; .*in each context, .* is \(5, 4\)"):
        flow.sample(5, context=c)


def test_it_refuses_what_it_cannot_move():
    one = Conditional(Planar(2), 3)
    expected = "bijection: expected one with parameters and without a context, got "
    rows = [
        (TypeError, (torch.tanh, 2), "bijection: expected a Bijection, got <built-in"),
        (TypeError, (Planar(2), 2.0), "context_size: expected an int, got float"),
        (ValueError, (Planar(2), 0), "context_size: expected at least 1, got 0"),
        (ValueError, (Exp(), 2), expected + "Exp"),
        (ValueError, (Composition(one, Planar(2)), 2), expected + "Composition"),
    ]
    for error, arguments, message in rows:
        with pytest.raises(error, match=f"^Conditional: {message}"):
            Conditional(*arguments)
    with pytest.raises(TypeError, match=r"^Conditional.forward: context: expected a tensor"):
        one(torch.zeros(5, 2))
    with pytest.raises(ValueError, match=r"expected context_size = 3, .*, got context_size = 2"):
        Flow(Flow(StandardNormal(2), one), Conditional(Planar(2), 2))
