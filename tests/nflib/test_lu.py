"""The LU-parametrised linear bijection against the dense matrix that it stands for."""

import scipy.linalg
import torch

from nflib import Linear, LULinear
from tests.nflib.bijection_cases import moved
from tests.nflib.helpers import F64, seeded


def test_acts_as_the_dense_layer_of_its_matrix(generator):
    """With the sum of the logarithms of the diagonal as log|det|, and the sign of the order."""
    f = moved(LULinear(6, generator).double())
    dense = Linear(f.weight, f.b)
    z = torch.randn(10, 6, generator=generator, dtype=F64)
    for got, expected in ((f.forward(z), dense.forward(z)), (f.inverse(z), dense.inverse(z))):
        torch.testing.assert_close(got, expected, rtol=1e-12, atol=1e-12)
    sign, logabsdet = torch.linalg.slogdet(f.weight)
    torch.testing.assert_close(f(z[0])[1], logabsdet)
    torch.testing.assert_close(f(z[0])[1], f.s.sum())
    assert sign == torch.linalg.det(torch.eye(6, dtype=F64)[f.order]).sign()


def test_its_factors_are_those_that_elimination_finds(generator):
    """|L_ij| < 1, so that SciPy's elimination has no other row to choose."""
    f = moved(LULinear(4, generator).double())
    P = torch.eye(4, dtype=F64)[f.order]
    rows, L, U = scipy.linalg.lu((P.T @ f.weight).detach().numpy(), p_indices=True)
    assert list(rows) == list(range(4))
    A, s = f.A.detach(), f.s.detach()
    torch.testing.assert_close(torch.from_numpy(L).tril(-1), A.tril(-1))
    torch.testing.assert_close(torch.from_numpy(U), A.triu(1) + s.exp().diag())


def test_a_new_layer_is_the_identity_or_the_permutation_that_was_drawn():
    z = torch.arange(6.0)
    x, log_abs_det = LULinear(6)(z)
    assert torch.equal(x, z) and log_abs_det.item() == 0
    first, second = (LULinear(6, seeded(3)) for _ in range(2))
    assert torch.equal(first(z)[0], second(z)[0])
    assert not torch.equal(first(z)[0], z) and torch.equal(first(z)[0].sort().values, z)


def test_the_permutation_is_saved_with_the_parameters():
    f, g = LULinear(8, seeded()), LULinear(8)
    g.load_state_dict(f.state_dict())
    assert torch.equal(g(torch.arange(8.0))[0], f(torch.arange(8.0))[0])


def test_no_step_makes_it_singular(generator):
    """Random large steps of the parameters, as they would make a dense matrix singular."""
    for _ in range(50):
        f = LULinear(3, generator).double()
        with torch.no_grad():
            for p in f.parameters():
                p.copy_(3 * torch.randn(p.shape, generator=generator, dtype=F64))
        x = torch.randn(5, 3, generator=generator, dtype=F64)
        z, log_abs_det = f.inverse(x)
        assert bool(z.isfinite().all()) and bool(log_abs_det.isfinite().all())
        # Each triangular system is solved to rounding, relative to the sizes that pass through it.
        size = 1 + f.weight.detach().abs().max() * z.detach().abs().max()
        assert float((f(z)[0] - x).detach().abs().max()) < 1e-12 * float(size)


def test_every_number_above_and_below_the_diagonal_learns(generator):
    f = moved(LULinear(3, generator))
    x, log_abs_det = f(torch.randn(20, 3, generator=generator))
    (x.square().sum() + log_abs_det.sum()).backward()
    assert bool((f.A.grad.fill_diagonal_(1.0) != 0).all())
    assert bool((f.s.grad != 0).all()) and bool((f.b.grad != 0).all())
