"""MLP: its start, its sizes, its errors."""

import pytest
import torch

from nflib import MLP
from tests.nflib.helpers import seeded


def relu_by_hand(net, h):
    linear = [part for part in net.layers if isinstance(part, torch.nn.Linear)]
    for k, layer in enumerate(linear):
        h = h @ layer.weight.T + layer.bias
        h = torch.where(h > 0, h, 0.0) if k < len(linear) - 1 else h
    return h


def test_it_is_linear_maps_with_relu_between_them(generator):
    net = MLP(3, 2, (7, 5), generator=generator)
    with torch.no_grad():
        for p in net.parameters():
            p.normal_(generator=generator)
    h = torch.randn(4, 6, 3, generator=generator)
    torch.testing.assert_close(net(h), relu_by_hand(net, h))
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
