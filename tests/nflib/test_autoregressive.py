"""Masked autoregressive bijections against loops of full passes, a Gaussian process and autograd."""

import math
from itertools import pairwise

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from nflib import (
    Flow,
    Inverse,
    MaskedAffineAutoregressive,
    MaskedSplineAutoregressive,
    StandardNormal,
)
from nflib.bijections.made import MADE
from nflib.course.numerics import jacobian

F64 = torch.float64
SIZES = pytest.mark.parametrize(
    "d, hidden, context",
    [
        (1, (3,), 0),
        (1, (), 2),
        (2, (1,), 0),
        (5, (), 0),
        (5, (8, 3), 0),
        (6, (2, 5), 1),
        (6, (5, 2, 7), 0),
        (9, (3,), 0),
        (16, (40, 30), 2),
    ],
    ids=str,
)
KINDS = pytest.mark.parametrize("make", [MaskedAffineAutoregressive, MaskedSplineAutoregressive])


def moved(f, generator, by=0.3):
    """In float64, with random parameters; those that the mask drops too."""
    f = f.double()
    with torch.no_grad():
        for p in f.parameters():
            p.add_(by * torch.randn(p.shape, generator=generator, dtype=F64))
    return f


def normal(*shape, generator):
    return torch.randn(shape, generator=generator, dtype=F64)


def by_full_passes(f, z, context=None):
    """x_i from a pass over x_1, …, x_{i−1} and zeros: what other libraries do."""
    x = torch.zeros_like(z)
    for i in range(f.d):
        moved, log_slope = f.f(z, f.conditioner(x, context))
        x = torch.cat([x[..., :i], moved[..., i : i + 1], x[..., i + 1 :]], -1)
    return x, log_slope.sum(-1)


# The network.


@SIZES
def test_theta_i_depends_on_exactly_the_coordinates_before_i(d, hidden, context, generator):
    """Layers of fewer than d units may leave out some of these, but depend on no other."""
    f = moved(MADE(d, 2, hidden, context, generator), generator, by=0.1)
    with torch.no_grad():
        for b in f.biases:
            b.add_(50.0)  # every unit is on: a dependence that is allowed is seen
    c = normal(context, generator=generator) if context else None
    J = torch.autograd.functional.jacobian(lambda x: f(x, c), normal(d, generator=generator))
    seen = (J != 0).any(1)
    assert not bool(seen.triu().any())
    if all(width >= d for width in hidden):
        assert bool((seen == torch.ones(d, d).tril(-1).bool()).all())
    if context:
        by_context = torch.autograd.functional.jacobian(lambda c: f(torch.zeros(d).double(), c), c)
        assert bool((by_context != 0).any(1).all())


@SIZES
def test_degrees_are_sorted_and_every_mask_is_that_of_the_definition(d, hidden, context):
    f = MADE(d, 3, hidden, context)
    assert [len(m) for m in f.degrees] == [d + context, *hidden, 3 * d]
    for units in f.degrees[1:-1]:
        assert list(units) == sorted(units) and units[0] >= 0
        assert units[-1] < d and (context or d == 1 or units[0] == 1)
        wanted = set(range(0 if context or d == 1 else 1, d))
        assert len(units) < len(wanted) or set(units) == wanted
    for k, (before, after) in enumerate(pairwise(f.degrees)):
        last = k == len(hidden)
        for row, m in zip(getattr(f, f"mask{k}").tolist(), after, strict=True):
            assert row == [m > other if last else m >= other for other in before]


@KINDS
@SIZES
def test_a_new_layer_is_the_identity(make, d, hidden, context, generator):
    f = make(d, hidden, context=context, generator=generator).double()
    z = normal(7, d, generator=generator)
    c = normal(7, context, generator=generator) if context else None
    for image, log_abs_det in (f.forward(z, c), f.inverse(z, c)):
        torch.testing.assert_close(image, z, rtol=1e-14, atol=1e-14)
        torch.testing.assert_close(log_abs_det, torch.zeros(7).double(), rtol=0, atol=1e-14)


def test_a_generator_decides_the_start(generator):
    first, second = (
        MaskedAffineAutoregressive(4, generator=torch.Generator().manual_seed(3)) for _ in range(2)
    )
    for p, q in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(p, q)
    W = first.conditioner.weights[0]
    assert bool((W[0, 1:] == 0).all()) and 0.5 < W.abs().max().item() <= 1


# The incremental direction.


@KINDS
@SIZES
def test_forward_agrees_with_d_full_passes_and_so_do_its_gradients(
    make, d, hidden, context, generator
):
    f = moved(make(d, hidden, context=context, generator=generator), generator)
    z = normal(3, 4, d, generator=generator).requires_grad_()
    c = normal(3, 4, context, generator=generator).requires_grad_() if context else None
    inputs = [t for t in (z, c, *f.parameters()) if t is not None]
    results = []
    for x, log_abs_det in (f.forward(z, c), by_full_passes(f, z, c)):
        loss = (x**2).sum() + log_abs_det.sin().sum()
        grads = torch.autograd.grad(loss, inputs, materialize_grads=True, allow_unused=True)
        results.append((x, log_abs_det, *grads))
    torch.testing.assert_close(*results, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("dtype, tolerance", [(torch.float32, 2e-5), (F64, 1e-13)], ids=str)
def test_both_orders_of_the_sums_agree_to_rounding_in_a_wide_network(dtype, tolerance, generator):
    f = moved(MaskedAffineAutoregressive(64, generator=generator), generator, by=0.02).to(dtype)
    z = normal(50, 64, generator=generator).to(dtype)
    expected = by_full_passes(f, z)
    torch.testing.assert_close(f.forward(z), expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("d, hidden", [(8, (32, 32)), (64, (128, 128)), (200, (64,))])
def test_a_sample_costs_no_more_multiplications_than_one_pass(d, hidden, generator):
    f = MaskedAffineAutoregressive(d, hidden, generator=generator)
    z = torch.randn(10, d, generator=generator)
    counts = []
    for direction in (f.forward, f.inverse):
        with FlopCounterMode(display=False) as counter:
            direction(z)
        counts.append(counter.get_total_flops())
    forward, inverse = counts
    assert inverse == 2 * 10 * sum(W.numel() for W in f.conditioner.weights)
    assert 0.4 * inverse < forward < 0.8 * inverse  # the half that the masks keep


@pytest.mark.parametrize("d, hidden, steps", [(64, (128, 128), 64), (500, (20,), 21), (3, (), 3)])
def test_there_are_no_more_steps_than_coordinates_or_degrees(d, hidden, steps):
    f = MADE(d, 2, hidden)
    assert len(f.steps) == steps
    assert [sum(units) for units in zip(*f.steps, strict=True)] == [d, *hidden]


def test_sampling_an_inverse_autoregressive_flow_is_one_pass(generator):
    """IAF: x_i = (z_i − m_i(z)) exp(−s_i(z)), with every m and s from one call."""
    f = moved(MaskedAffineAutoregressive(6, (16,), generator=generator), generator)
    calls = []
    f.conditioner.register_forward_hook(lambda *_: calls.append(1))
    with FlopCounterMode(display=False) as counter:
        x = Flow(StandardNormal(6), Inverse(f)).double().sample(10, generator)
    assert len(calls) == 1
    assert counter.get_total_flops() == 2 * 10 * (6 * 16 + 16 * 12)
    z = f.forward(x)[0]
    m, a = f.conditioner(z).unbind(-1)
    torch.testing.assert_close(x, (z - m) * (2 - 4 * a.sigmoid()).exp())


# What they compute.


@pytest.mark.parametrize("hidden", [(), (8,)], ids=["linear", "one hidden layer"])
def test_density_and_samples_of_a_gaussian_process_with_weights_set_by_hand(hidden, generator):
    """AR(1): x_i = φ x_{i−1} + σ z_i, started in its stationary law, Cov = φ^|i−j| σ²/(1 − φ²).

    By the chain rule its density is a product of N(φ x_{i−1}, σ²). With a hidden layer, the
    two units of degree j are max(x_j, 0) and max(−x_j, 0).
    """
    d, phi, sigma = 5, -0.8, 0.6
    f = MaskedAffineAutoregressive(d, hidden).double()
    first = sigma / math.sqrt(1 - phi**2)
    scale = torch.tensor([first] + (d - 1) * [sigma], dtype=F64)
    with torch.no_grad():
        *first_layer, last = f.conditioner.weights
        for p in f.parameters():
            p.zero_()
        f.conditioner.biases[-1][d:] = torch.logit((scale.log() + 2) / 4)
        for i in range(1, d):
            if hidden:
                first_layer[0][2 * i - 2, i - 1], first_layer[0][2 * i - 1, i - 1] = 1, -1
                last[i, 2 * i - 2], last[i, 2 * i - 1] = phi, -phi
            else:
                last[i, i - 1] = phi
    z = normal(200, d, generator=generator)
    x = [first * z[:, 0]]
    for i in range(1, d):
        x.append(phi * x[-1] + sigma * z[:, i])
    x = torch.stack(x, -1)
    torch.testing.assert_close(f.forward(z)[0], x, rtol=1e-13, atol=1e-13)
    i = torch.arange(d, dtype=F64)
    law = torch.distributions.MultivariateNormal(
        torch.zeros(d, dtype=F64), first**2 * phi ** (i[:, None] - i).abs()
    )
    flow = Flow(StandardNormal(d), f).double()
    torch.testing.assert_close(flow.log_prob(x), law.log_prob(x), rtol=1e-12, atol=1e-12)


@KINDS
def test_jacobian_is_lower_triangular_in_both_directions(make, generator):
    f = moved(make(5, (16, 16), generator=generator), generator)
    z = normal(4, 5, generator=generator)
    for direction, at in ((f.forward, z), (f.inverse, f.forward(z)[0].detach())):
        J = jacobian(direction, at)
        assert bool((J.triu(1) == 0).all()) and bool((J.diagonal(dim1=-2, dim2=-1) > 0).all())
        log_diagonal = J.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        torch.testing.assert_close(direction(at)[1], log_diagonal, rtol=1e-10, atol=1e-10)


def test_density_with_splines_integrates_to_one(generator):
    """By the trapezoidal rule; knots and units make kinks, so its error goes as the step²."""
    f = moved(MaskedSplineAutoregressive(2, (8,), 4, 3.0, generator=generator), generator)
    flow = Flow(StandardNormal(2), f).double()
    axis = torch.linspace(-8, 8, 401, dtype=F64)
    total = flow.log_prob(torch.cartesian_prod(axis, axis)).exp().sum() * (axis[1] - axis[0]) ** 2
    assert abs(total.item() - 1) < 1e-4


@pytest.mark.parametrize("size", [30.0, -1e4, 1e30])
def test_extreme_parameters_leave_slopes_between_their_bounds(size, generator):
    f = MaskedAffineAutoregressive(3, (4,)).double()
    with torch.no_grad():
        f.conditioner.biases[-1].fill_(size)
    _, log_abs_det = f.forward(normal(5, 3, generator=generator))
    torch.testing.assert_close(log_abs_det, torch.full((5,), math.copysign(6.0, size)).double())


# Context.


@KINDS
def test_each_point_is_moved_by_its_own_context_and_x_1_too(make, generator):
    f = moved(make(4, (32, 32), context=2, generator=generator), generator)
    z, c = normal(6, 4, generator=generator), normal(6, 2, generator=generator)
    together = f.forward(z, c)
    for k in range(6):
        alone = f.forward(z[k], c[k])
        torch.testing.assert_close((together[0][k], together[1][k]), alone)
    torch.testing.assert_close(f.inverse(together[0], c)[0], z, rtol=1e-11, atol=1e-11)
    J = torch.autograd.functional.jacobian(lambda c: f.forward(z, c)[0][:, 0].sum(), c)
    assert bool((J != 0).any())
    one_for_all = f.forward(z, c[0])
    torch.testing.assert_close(one_for_all, f.forward(z, c[:1].expand(6, 2)), rtol=0, atol=0)


@KINDS
def test_a_context_and_an_empty_batch(make):
    f = make(4, (16, 8), context=2)
    for direction in (f.forward, f.inverse):
        image, log_abs_det = direction(torch.zeros(3, 0, 4), torch.zeros(3, 0, 2))
        assert image.shape == (3, 0, 4) and log_abs_det.shape == (3, 0)


# Errors.


@KINDS
def test_sizes_of_another_kind_are_refused(make):
    for d in (0, -1):
        with pytest.raises(ValueError, match="d: expected at least 1"):
            make(d)
    with pytest.raises(TypeError, match="d: expected an int, got float"):
        make(2.0)
    with pytest.raises(ValueError, match="hidden: expected at least 1, got 0"):
        make(2, (4, 0))
    with pytest.raises(ValueError, match="context: expected at least 0, got -1"):
        make(2, context=-1)
    with pytest.raises(TypeError, match="context: expected a tensor"):
        make(2, context=1).forward(torch.zeros(2))
    with pytest.raises(ValueError, match="context: expected None"):
        make(2).forward(torch.zeros(2), torch.zeros(1))


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"bins": 0}, "bins: expected at least 1, got 0"),
        ({"bound": 0.0}, "bound: expected a positive number, got 0.0"),
        ({"bound": math.nan}, "bound: expected a positive number, got nan"),
    ],
    ids=str,
)
def test_splines_of_another_kind_are_refused(wrong, message):
    with pytest.raises(ValueError, match=f"MaskedSplineAutoregressive: {message}"):
        MaskedSplineAutoregressive(2, **wrong)
