"""The causal transformer: nothing leaks, what is cached is what is computed, mass is one."""

import gc
import itertools

import pytest
import torch

from nflib import (
    CausalTransformer,
    Flow,
    MaskedAffineAutoregressive,
    MaskedHistogramAutoregressive,
    Permutation,
    StandardNormal,
    StandardUniform,
    image_flow,
    quantise,
)
from tests.nflib.helpers import F64, seeded
from tests.nflib.test_autoregressive import by_full_passes, moved, normal


class Unshifted(CausalTransformer):
    """A mistake: token t sees itself, and so θ_t its own x_t."""

    def _attend(self, x, before):
        tokens = self._embedded(x.unflatten(-1, (-1, self.token)))
        return super()._attend(x, before._replace(seen=tokens[..., :1, :]))


def made(kind=CausalTransformer, n_params=2, d=8, token=2, levels=None, context=0):
    network = kind(d, n_params, token, 8, 2, 2, (8, 8), context, levels, seeded())
    return moved(network, seeded(1), by=0.2)


def flow_of(kind=CausalTransformer, Q=4, d=2, token=1, context=0):
    """On d pixels of Q levels, with pieces of one and of several levels."""
    knots = torch.tensor([0, 1, 2, Q]) / Q
    layer = MaskedHistogramAutoregressive(made(kind, 3, d, token, Q, context), knots)
    return Flow(StandardUniform(d), layer).double()


def seen(network, x, context=None):
    """Which θ_i depend on which x_j."""
    J = torch.autograd.functional.jacobian(lambda x: network(x, context), x)
    return (J != 0).any(1)


def mass(flow, Q, context=None):
    """Σ P(v) over all images of d pixels."""
    v = torch.tensor(list(itertools.product(range(Q), repeat=flow.d)), dtype=F64)
    return flow.log_prob((v + 0.5) / Q, context).exp().sum() / Q**flow.d


# What θ depends on.


@pytest.mark.parametrize("d, token", [(8, 2), (6, 6), (5, 1), (16, 4)])
def test_theta_i_depends_on_exactly_the_coordinates_before_i(d, token, generator):
    network = made(d=d, token=token)
    dependence = seen(network, normal(d, generator=generator))
    assert torch.equal(dependence, torch.ones(d, d).tril(-1).bool())


def test_a_transformer_whose_tokens_are_not_shifted_is_found_out(generator):
    dependence = seen(made(Unshifted), normal(8, generator=generator))
    assert bool(dependence.triu().any())
    assert abs(mass(flow_of(), 4) - 1) < 1e-12 < 1e-3 < abs(mass(flow_of(Unshifted), 4) - 1)


@pytest.mark.parametrize("Q, d, token", [(4, 2, 1), (4, 2, 2), (4, 4, 2), (8, 3, 1)])
def test_the_probabilities_of_all_images_sum_to_one(Q, d, token):
    assert abs(mass(flow_of(Q=Q, d=d, token=token), Q) - 1) < 1e-12


def test_of_levels_it_sees_nothing_else(generator):
    network = made(levels=16, n_params=3)
    v = torch.randint(16, (20, 8), generator=generator).double()
    u = torch.rand(2, 20, 8, generator=generator, dtype=F64) * 0.98 + 0.01
    assert torch.equal(*(network((v + each) / 16) for each in u))
    assert bool((network((v + 0.5) / 16) != network((v.roll(1, 0) + 0.5) / 16)).any())


def test_the_context_moves_the_first_parameters_too(generator):
    network = made(context=3)
    x, c = normal(5, 8, generator=generator), normal(5, 3, generator=generator)
    J = torch.autograd.functional.jacobian(lambda c: network(x, c)[:, 0].sum(), c)
    assert bool((J != 0).any(-1).all())
    assert torch.equal(
        network(x, torch.zeros(5, 3).double())[:, 0],
        network(x.roll(1, 0), torch.zeros(5, 3).double())[:, 0],
    )


# From z to x.


@pytest.mark.parametrize("context", [0, 2])
def test_the_cached_direction_agrees_with_full_passes_and_so_do_its_gradients(context, generator):
    f = MaskedAffineAutoregressive(8, conditioner=made(context=context))
    z = normal(3, 4, 8, generator=generator).requires_grad_()
    c = normal(3, 4, context, generator=generator).requires_grad_() if context else None
    inputs = [t for t in (z, c, *f.parameters()) if t is not None]
    results = []
    for x, log_abs_det in (f.forward(z, c), by_full_passes(f, z, c)):
        loss = (x**2).sum() + log_abs_det.sin().sum()
        grads = torch.autograd.grad(loss, inputs, materialize_grads=True, allow_unused=True)
        results.append((x, log_abs_det, *grads))
    torch.testing.assert_close(*results, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(*(r[0] for r in results), rtol=1e-12, atol=1e-12)


def test_density_of_a_sample_is_that_of_the_pass_that_made_it(generator):
    flow = flow_of(Q=8, d=12, token=3, context=2)
    c = normal(50, 2, generator=generator)
    x, log_prob = flow.sample_with_log_prob(50, generator, c)
    torch.testing.assert_close(flow.log_prob(x, c), log_prob, rtol=1e-12, atol=1e-12)
    z = flow.to_latent(x, c)
    torch.testing.assert_close(flow.from_latent(z, c), x, rtol=0, atol=1e-10)
    single = flow.float()
    x, log_prob = single.sample_with_log_prob(50, generator, c.float())
    torch.testing.assert_close(single.log_prob(x, c.float()), log_prob, rtol=2e-6, atol=2e-6)


def test_a_point_does_not_depend_on_the_others_of_its_batch(generator):
    flow = flow_of(Q=8, d=12, token=3, context=2)
    z, c = torch.rand(6, 12, generator=generator, dtype=F64), normal(6, 2, generator=generator)
    together = flow.from_latent(z, c)
    for k in range(6):
        torch.testing.assert_close(flow.from_latent(z[k], c[k]), together[k], rtol=0, atol=1e-12)
        one = flow.log_prob(together[k], c[k])
        torch.testing.assert_close(one, flow.log_prob(together, c)[k], rtol=1e-12, atol=1e-12)
    assert flow.from_latent(z[:0], c[:0]).shape == (0, 12)


def test_nothing_is_kept_after_a_sample(generator):
    flow = flow_of(d=12, token=3)

    def tensors():
        gc.collect()
        return sum(issubclass(type(each), torch.Tensor) for each in gc.get_objects())

    flow.sample(5, generator)
    before = tensors()
    flow.sample(5, generator)
    assert tensors() <= before  # those of other tests may go meanwhile


# Construction.


def test_a_generator_decides_the_start_and_theta_is_zero():
    first, second = (
        CausalTransformer(6, 2, 3, 8, 1, 2, (8,), generator=seeded(3)) for _ in range(2)
    )
    for p, q in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(p, q)
    assert bool((first(torch.ones(4, 6)) == 0).all())


@pytest.mark.parametrize(
    "wrong, message",
    [
        (
            {"token": 3},
            "d: expected a multiple of token = 3, and width one of heads = 2, got 8 and 8",
        ),
        (
            {"heads": 3},
            "d: expected a multiple of token = 2, and width one of heads = 3, got 8 and 8",
        ),
        ({"depth": 0}, "depth: expected at least 1, got 0"),
        ({"n_params": 0}, "n_params: expected at least 1, got 0"),
        ({"context": -1}, "context: expected at least 0, got -1"),
    ],
    ids=str,
)
def test_sizes_of_another_kind_are_refused(wrong, message):
    sizes = {"d": 8, "n_params": 2, "token": 2, "width": 8, "heads": 2}
    with pytest.raises(ValueError, match=message):
        CausalTransformer(**sizes | wrong)


def test_a_conditioner_of_other_sizes_is_refused():
    with pytest.raises(ValueError, match=r"expected one of \(d, n_params\) = \(8, 2\)"):
        MaskedAffineAutoregressive(8, conditioner=made(n_params=3))


def test_affine_layers_of_transformers_in_both_orders_are_a_flow(generator):
    """TarFlow: blocks whose order of tokens is reversed from one to the next."""
    back = torch.arange(8).view(4, 2).flip(0).flatten()
    layers = [MaskedAffineAutoregressive(8, conditioner=made()), Permutation(back)] * 2
    flow = Flow(StandardNormal(8), *layers).double()
    x, log_prob = flow.sample_with_log_prob(20, generator)
    torch.testing.assert_close(flow.log_prob(x), log_prob, rtol=1e-10, atol=1e-10)


def test_image_flow_of_images_with_channels(generator):
    counts = torch.arange(1.0, 9.0)
    flow = image_flow(
        (2, 4, 6), counts, 2, 8, width=8, depth=1, heads=2, hidden=(16,), generator=generator
    )
    v = quantise(flow.sample(500, generator), 8)
    frequency = torch.bincount(v.flatten(), minlength=8) / v.numel()
    torch.testing.assert_close(frequency, counts / counts.sum(), rtol=0, atol=0.01)
    assert (flow.d, flow.bijection.bijections[0].conditioner.token) == (48, 8)
