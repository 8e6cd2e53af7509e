"""Permutations and rotations against their matrices."""

import pytest
import torch

from nflib import Orthogonal, Permutation
from nflib.course.numerics import jacobian
from tests.nflib.bijection_cases import moved
from tests.nflib.helpers import F64, minimise


def test_x_i_is_z_at_order_i():
    assert Permutation.reverse(4)(torch.arange(4.0))[0].tolist() == [3, 2, 1, 0]
    f = Permutation([2, 0, 1])
    assert f(torch.tensor([10.0, 20.0, 30.0]))[0].tolist() == [30.0, 10.0, 20.0]
    assert f.inverse(torch.tensor([10.0, 20.0, 30.0]))[0].tolist() == [20.0, 30.0, 10.0]


def test_acts_as_its_matrix_and_goes_back_by_the_transpose(generator):
    f = Permutation(torch.randperm(100, generator=generator))
    P = torch.zeros(100, 100)
    for i, j in enumerate(f.order.tolist()):
        P[i, j] = 1
    z = torch.randn(5, 100, generator=generator)
    torch.testing.assert_close(f(z)[0], z @ P.T, rtol=0, atol=0)
    torch.testing.assert_close(f.inverse(z)[0], z @ P, rtol=0, atol=0)
    assert bool((f(z)[1] == 0).all()) and bool((f.inverse(z)[1] == 0).all())
    assert torch.equal(f.inverse(f(z)[0])[0], z)


def test_the_order_is_saved():
    f, g = Permutation([2, 0, 1]), Permutation([0, 1, 2])
    g.load_state_dict(f.state_dict())
    z = torch.arange(3.0)
    assert torch.equal(g(z)[0], f(z)[0]) and torch.equal(g.inverse(z)[0], f.inverse(z)[0])


# Rotations.


def test_a_reflection_exchanges_the_normal_and_its_opposite():
    f = Orthogonal(2, 2).double()
    with torch.no_grad():
        f.v.copy_(torch.tensor([[3.0, 0.0], [1.0, 1.0]]))
    # First across the vertical axis, then across the anti-diagonal: a turn by 90°.
    x = f(torch.tensor([1.0, 0.0], dtype=F64))[0]
    torch.testing.assert_close(x, torch.tensor([0.0, 1.0], dtype=F64))


@pytest.mark.parametrize("d", [1, 2, 3, 8])
def test_its_matrix_is_a_rotation(d, generator):
    f = moved(Orthogonal(d, generator=generator).double())
    Q = jacobian(f.forward, torch.zeros(d, dtype=F64))
    torch.testing.assert_close(Q @ Q.T, torch.eye(d, dtype=F64), rtol=0, atol=1e-14)
    assert torch.linalg.det(Q).item() == pytest.approx(1.0)
    back = jacobian(f.inverse, torch.zeros(d, dtype=F64))
    torch.testing.assert_close(back, Q.T, rtol=0, atol=1e-14)


def test_a_new_rotation_is_the_identity_and_learns(generator):
    f = Orthogonal(5, generator=generator).double()
    z = torch.randn(10, 5, generator=generator, dtype=F64)
    x = f(z)[0]
    torch.testing.assert_close(x, z, rtol=0, atol=1e-14)
    (x * z.flip(-1)).sum().backward()
    assert bool((f.v.grad != 0).any())


def test_a_rotation_can_be_learned(generator):
    """A turn by 120° about (1, 1, 1) is P = (z_3, z_1, z_2); gradient descent finds it."""
    f = Orthogonal(3, generator=generator).double()
    eye = torch.eye(3, dtype=F64)
    error = lambda: (f(eye)[0] - eye.roll(1, dims=0)).square().sum()
    assert minimise(f, error, lr=0.05, steps=400) < 1e-8


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_the_length_of_the_vectors_does_not_matter(size, generator):
    f = moved(Orthogonal(3, generator=generator))
    z = torch.randn(4, 3, generator=generator)
    expected = f(z)[0]
    f.v.data.mul_(size)
    x = f(z)[0]
    torch.testing.assert_close(x, expected)
    (x**3).sum().backward()
    # The gradient is orthogonal to v: steps never shorten it.
    torch.testing.assert_close((f.v.grad * f.v).sum(-1), torch.zeros(4), rtol=0, atol=1e-4)
