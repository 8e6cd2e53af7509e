"""MLP: its start, its sizes, its errors."""

import pytest
import torch

from nflib import (
    MLP,
    AffineCoupling,
    MaskedAffineAutoregressive,
    MaskedSplineAutoregressive,
    SplineCoupling,
)
from nflib.bijections.made import MADE
from nflib.course.numerics import jacobian
from tests.nflib.bijection_cases import mask, moved
from tests.nflib.helpers import F64, seeded


def by_hand(net, h, activation):
    linear = [part for part in net.layers if isinstance(part, torch.nn.Linear)]
    for k, layer in enumerate(linear):
        h = h @ layer.weight.T + layer.bias
        h = activation(h) if k < len(linear) - 1 else h
    return h


@pytest.mark.parametrize(
    "given, activation",
    [
        ({}, lambda h: torch.where(h > 0, h, 0.0)),
        ({"activation": torch.nn.SiLU}, lambda h: h / (1 + torch.exp(-h))),
        ({"activation": torch.tanh}, lambda h: 1 - 2 / (1 + torch.exp(2 * h))),
        ({"activation": torch.nn.Softplus(2.0)}, lambda h: torch.log1p(torch.exp(2 * h)) / 2),
    ],
    ids=["by default", "class", "function", "module"],
)
def test_it_is_linear_maps_with_the_activation_between_them(given, activation, generator):
    net = MLP(3, 2, (7, 5), generator=generator, **given)
    with torch.no_grad():
        for p in net.parameters():
            p.normal_(generator=generator)
    h = torch.randn(4, 6, 3, generator=generator)
    torch.testing.assert_close(net(h), by_hand(net, h, activation))
    assert [p.shape for p in net.parameters()] == [(7, 3), (7,), (5, 7), (5,), (2, 5), (2,)]


def test_a_new_one_is_zero_but_can_learn(generator):
    net = MLP(3, 2, (7, 5), generator=generator)
    h = torch.randn(6, 3, generator=generator)
    assert torch.equal(net(h), torch.zeros(6, 2))
    net(h).sum().backward()
    assert bool((net.layers[-1].weight.grad != 0).any())


def test_first_weights_fill_the_range_of_their_layer_and_come_from_the_generator(generator):
    state = torch.get_rng_state()
    first, second = (MLP(100, 1, (400,), generator=seeded(1)) for _ in "ab")
    assert torch.equal(torch.get_rng_state(), state)
    for p, q in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(p, q)
    weight = first.layers[0].weight
    assert 0.099 < weight.max() <= 0.1 and -0.1 <= weight.min() < -0.099
    assert abs(weight.std().item() - 0.1 / 3**0.5) < 1e-3


def test_context_widens_the_input():
    assert MLP(3, 2, context=4)(torch.zeros(5, 7)).shape == (5, 2)
    assert MLP(3, 2, context=4).context_size == 4 and MLP(3, 2).context_size is None
    assert MLP(0, 2, (), context=1)(torch.zeros(1)).shape == (2,)


def test_the_default_device_is_honoured():
    with torch.device("meta"):
        assert MLP(3, 2).layers[0].weight.is_meta


def test_inputs_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"MLP: inputs: expected shape \(\*batch, 7\), got \(5, 3"):
        MLP(3, 2, context=4)(torch.zeros(5, 3))


def test_each_layer_has_an_activation_of_its_own():
    assert len([*MLP(3, 2, (7, 5), activation=torch.nn.PReLU).parameters()]) == 6 + 2


@pytest.mark.parametrize("network", [MLP, MADE])
def test_an_activation_that_cannot_be_called_is_refused(network):
    name = network.__name__
    with pytest.raises(TypeError, match=rf"{name}: activation: expected a class .*, got 'relu'"):
        network(3, 2, activation="relu")


MAPS = {
    "affine coupling": lambda a: AffineCoupling(
        mask("10"), MLP(1, 2, (9,), generator=seeded(), activation=a)
    ),
    "spline coupling": lambda a: SplineCoupling(
        mask("10"), MLP(1, 23, (9,), generator=seeded(), activation=a)
    ),
    "affine autoregressive": lambda a: MaskedAffineAutoregressive(2, (9,), 0, seeded(), a),
    "spline autoregressive": lambda a: MaskedSplineAutoregressive(
        2, (9,), generator=seeded(), activation=a
    ),
}


@pytest.mark.parametrize("make", MAPS.values(), ids=MAPS)
@pytest.mark.parametrize(
    "activation, is_smooth",
    [(torch.nn.ReLU, False), (torch.nn.SiLU, True), (torch.tanh, True), (torch.nn.ELU, True)],
)
def test_the_jacobian_is_continuous_with_a_smooth_activation_and_jumps_with_relu(
    make, activation, is_smooth
):
    """∂x_2/∂z_1 on both sides of each place where the sum of a hidden unit changes its sign.

    The inverse is taken; for z_1 (or x_1) fixed by the layer, its conditioner's input is the point.
    """
    f = moved(make(activation)).double()
    net = f.conditioner
    W, b = (
        (net.layers[0].weight, net.layers[0].bias)
        if isinstance(net, MLP)
        else (net.weights[0][:, :1], net.biases[0])
    )
    corners = (-b / W[:, 0]).detach()
    corners = corners[corners.abs() < 4]
    assert len(corners) >= 3
    points = torch.stack([corners, torch.full_like(corners, 0.7)], -1)
    step = torch.tensor([1e-9, 0.0], dtype=F64)
    before, after = (jacobian(f.inverse, points + side)[:, 1, 0] for side in (-step, step))
    jumps = (after - before).abs()
    assert bool((jumps < 1e-6).all()) if is_smooth else bool((jumps > 1e-3).all())
