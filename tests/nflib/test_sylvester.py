"""The Sylvester bijection against its definition, the planar one and 40-digit arithmetic."""

import pytest
import torch

from nflib import Planar, Sylvester
from nflib.course.numerics import backward_error, log_abs_det_jacobian

F64, F32 = torch.float64, torch.float32
DTYPES = pytest.mark.parametrize("dtype", [F32, F64], ids=["float32", "float64"])
SIZES = pytest.mark.parametrize("d, rank", [(1, 1), (2, 1), (3, 3), (6, 2), (7, 5)])


def sylvester(d: int, rank: int, dtype=F64) -> Sylvester:
    generator = torch.Generator().manual_seed(10 * d + rank)
    f = Sylvester(d, rank, generator).to(dtype)
    with torch.no_grad():
        for parameter in f.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator))
    return f


@SIZES
def test_parameters_are_what_they_are_called(d, rank):
    f = sylvester(d, rank)
    identity = torch.eye(rank, dtype=F64)
    torch.testing.assert_close(f.Q.T @ f.Q, identity, rtol=0, atol=1e-14)
    R, R_tilde, _ = f.triangles()
    for triangle in (R, R_tilde):
        assert torch.equal(triangle.tril(-1), torch.zeros_like(triangle))
    assert bool((R.diag() * R_tilde.diag() > -1).all())


@SIZES
def test_forward_is_the_formula(d, rank):
    f = sylvester(d, rank)
    z = torch.randn(20, d, dtype=F64, generator=torch.Generator().manual_seed(1))
    x, log_abs_det = f(z)
    R, R_tilde, _ = f.triangles()
    for point, image in zip(z, x, strict=True):
        torch.testing.assert_close(
            image, point + f.Q @ R @ torch.tanh(R_tilde @ f.Q.T @ point + f.b)
        )
    torch.testing.assert_close(log_abs_det, log_abs_det_jacobian(f, z), rtol=1e-11, atol=1e-11)


def test_rank_one_is_a_planar_layer():
    f = sylvester(4, 1)
    q, (R, R_tilde, _) = f.Q[:, 0].detach(), f.triangles()
    same = Planar.from_parameters(
        R_tilde[0, 0].item() * q, R[0, 0].item() * q, f.b.detach().squeeze()
    )
    z = torch.randn(20, 4, dtype=F64, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(f(z), same(z), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(f.inverse(z), same.inverse(z), rtol=1e-12, atol=1e-12)


def test_what_is_orthogonal_to_q_stays():
    f = sylvester(6, 2)
    z = torch.randn(20, 6, dtype=F64, generator=torch.Generator().manual_seed(1))
    moved = f(z)[0] - z
    torch.testing.assert_close(moved @ f.Q @ f.Q.T, moved)


@DTYPES
def test_a_new_layer_is_the_identity_and_learns(dtype):
    f = Sylvester(4, 2, torch.Generator().manual_seed(0)).to(dtype)
    z = torch.randn(10, 4, generator=torch.Generator().manual_seed(1)).to(dtype)
    x, log_abs_det = f(z)
    assert torch.equal(x, z)
    assert bool((log_abs_det.abs() < 16 * torch.finfo(dtype).eps).all())
    x.square().sum().backward()
    assert bool((f.p.grad != 0).all()) and bool(f.above.grad[0, 1] != 0)


@SIZES
def test_backward_error_is_at_rounding(d, rank):
    f = sylvester(d, rank)
    with torch.no_grad():
        f.p[0] = -20.0  # 1 + c = 3.5e-9
    for scale in (1e-6, 1.0, 1e6):
        x = scale * torch.randn(200, d, dtype=F64, generator=torch.Generator().manual_seed(1))
        assert backward_error(f, x) <= 1e-13 * (1 + scale)


@DTYPES
@pytest.mark.parametrize("value", [-90.0, 0.0, 90.0])
def test_values_and_gradients_are_finite_far_out(value, dtype):
    f = sylvester(3, 2, dtype)
    with torch.no_grad():
        f.p.fill_(value)
        f.reflections.mul_(1e8 if value else 0.0)
    z = torch.tensor([[0.0, 1e4, -89.0], [1.0, 2.0, 0.5]], dtype=dtype, requires_grad=True)
    for direction in (f.forward, f.inverse):
        x, log_abs_det = direction(z)
        gradients = torch.autograd.grad(x.sum() + log_abs_det.sum(), (z, *f.parameters()))
        for result in (x, log_abs_det, *gradients):
            assert bool(result.isfinite().all())


def test_a_rank_above_d_is_refused():
    with pytest.raises(ValueError, match="Sylvester: rank: expected at most d = 2, got 3"):
        Sylvester(2, 3)
    with pytest.raises(TypeError, match="Sylvester: rank: expected an int, got float"):
        Sylvester(2, 1.0)
