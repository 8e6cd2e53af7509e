"""The triangular form of K planar layers against the layers one by one."""

import gc
import math
import weakref

import pytest
import torch

from nflib import Composition, PlanarStack
from nflib.course.numerics import backward_error
from tests.nflib.test_planar import DTYPES, F32, F64


def stack(d: int, K: int, dtype=F64, size: float = 1.0) -> PlanarStack:
    """With every parameter away from its start, and a third of the layers contracting."""
    generator = torch.Generator().manual_seed(d + K)
    f = PlanarStack(d, K, generator).to(dtype)
    with torch.no_grad():
        for parameter in (f.V, f.b):
            parameter.copy_(size * torch.randn(parameter.shape, generator=generator))
        f.V[1::3] -= 2 * f.W[1::3]
    return f


def results(direction, points, parameters):
    """Image, log|det| and the gradients of a function of both in the points and parameters."""
    points = points.clone().requires_grad_()
    image, log_abs_det = direction(points)
    value = (image.sin() * torch.arange(1.0, image.shape[-1] + 1)).sum() + log_abs_det.exp().sum()
    return image, log_abs_det, torch.autograd.grad(value, (points, *parameters))


def separate(f: PlanarStack) -> tuple[Composition, list]:
    layers = f.layers()
    return Composition(*layers), [[getattr(g, name) for g in layers] for name in ("w", "v", "b")]


@pytest.mark.parametrize("d, K", [(1, 1), (2, 7), (3, 8), (2, 9), (5, 33)])
@pytest.mark.parametrize("direction", ["forward", "inverse"])
def test_agrees_with_single_layers_gradients_included(d, K, direction):
    f = stack(d, K)
    layers, (w, v, b) = separate(f)
    z = torch.randn(50, d, dtype=F64, generator=torch.Generator().manual_seed(1))
    at = z if direction == "forward" else layers(z)[0].detach()
    got = results(getattr(f, direction), at, (f.W, f.V, f.b))
    expected = results(getattr(layers, direction), at, (*w, *v, *b))
    torch.testing.assert_close(got[:2], expected[:2], rtol=1e-11, atol=1e-11)
    by_points, *by_layers = expected[2]
    by_rows = [torch.stack(by_layers[i * K : (i + 1) * K]) for i in range(3)]
    for a, e in zip(got[2], (by_points, *by_rows), strict=True):
        torch.testing.assert_close(a, e, rtol=1e-10, atol=1e-10 * float(e.abs().max()))


def test_agrees_with_single_layers_in_float32():
    f = stack(3, 20, F32, size=0.5)
    layers, _ = separate(f)
    z = torch.randn(1000, 3, generator=torch.Generator().manual_seed(1))
    exact = stack(3, 20, F64, size=0.5)
    exact.load_state_dict(f.state_dict())
    x, log_abs_det = (r.detach().double() for r in f(z))
    X, LOG_ABS_DET = (r.detach() for r in exact(z.double()))
    x1, log_abs_det1 = (r.detach().double() for r in layers(z))
    # As far from the exact numbers as the single layers are, up to a factor.
    for own, single, exactly in ((x, x1, X), (log_abs_det, log_abs_det1, LOG_ABS_DET)):
        assert float((own - exactly).abs().max()) < 4 * float((single - exactly).abs().max())


def test_a_gradient_in_the_points_alone_needs_no_other():
    f = stack(2, 9).requires_grad_(False)
    z = torch.randn(3, 2, dtype=F64, requires_grad=True)
    assert torch.autograd.gradcheck(f, z) and torch.autograd.gradgradcheck(f, z)


def test_a_second_backward_finds_what_was_saved_and_nothing_is_left_behind():
    f = stack(2, 9)
    z = torch.randn(5, 2, dtype=F64, requires_grad=True)
    x = f(z)[0]
    first, second = (torch.autograd.grad(x.sum(), z, retain_graph=True)[0] for _ in range(2))
    assert torch.equal(first, second)
    gc.collect()
    gc.disable()  # what is freed now is freed by counting references: the graph has no cycle
    try:
        z = torch.randn(5, 2, dtype=F64, requires_grad=True)
        reference = weakref.ref(z)
        x = f(z)[0]
        del z, x
        assert reference() is None
    finally:
        gc.enable()


@DTYPES
def test_a_new_stack_is_the_identity_and_learns(dtype):
    f = PlanarStack(4, 10, torch.Generator().manual_seed(0)).to(dtype)
    z = torch.randn(10, 4, generator=torch.Generator().manual_seed(1)).to(dtype)
    x, log_abs_det = f(z)
    torch.testing.assert_close(x, z, rtol=0, atol=0)
    assert bool((log_abs_det.abs() < 80 * torch.finfo(dtype).eps).all())
    x.square().sum().backward()
    assert bool((f.V.grad != 0).all())


def test_the_layers_one_by_one_have_copies_of_the_parameters():
    f = stack(3, 5, F32)
    layers = f.layers()
    for rows, name in ((f.W, "w"), (f.V, "v"), (f.b, "b")):
        assert torch.equal(torch.stack([getattr(g, name) for g in layers]), rows)
    torch.testing.assert_close(torch.stack([g.u for g in layers]), f.U)
    layers[0].w.data.zero_()
    assert bool((f.W[0] != 0).any())


def test_backward_error_of_a_deep_stack():
    f = stack(2, 32)
    x = 3 * torch.randn(1000, 2, dtype=F64, generator=torch.Generator().manual_seed(1))
    # A rounding of |x| + |û| in each layer, stretched by the later ones.
    assert backward_error(f, x) < 1e-12
    f = stack(2, 32, F32, size=0.5)
    assert backward_error(f, x.float()) < 32 * 16 * 1.2e-7


@DTYPES
@pytest.mark.parametrize("size", [0.0, 1e-30, 1.0, 1e4])
def test_values_and_gradients_are_finite_at_w_equal_zero_and_far_out(size, dtype):
    f = stack(2, 9, dtype)
    with torch.no_grad():
        f.W.mul_(size)
    z = torch.tensor([[1.0, 2.0], [-1e4, 1e4]], dtype=dtype, requires_grad=True)
    for direction in (f.forward, f.inverse):
        x, log_abs_det = direction(z)
        gradients = torch.autograd.grad(x.sum() + log_abs_det.sum(), (z, *f.parameters()))
        for result in (x, log_abs_det, *gradients):
            assert bool(result.isfinite().all())


@DTYPES
@torch.no_grad()
def test_log_det_keeps_its_digits_near_the_boundary(dtype):
    """1 + c from e^{−90} to 91, all in one stack: the slopes that 1 − t² or t from 2σ − 1 lose."""
    v = torch.tensor([-90.0, -30.0, -15.0, -5.0, 0.0, 5.0, 90.0], dtype=dtype)
    for p in v:
        f = PlanarStack(1, 1).to(dtype)
        f.W.data.fill_(1.0)
        f.V.data.fill_(p)
        a = torch.tensor([0.0, 1e-9, 1e-4, 0.01, 0.3, 1.0, 3.0, 8.0, 20.0, 50.0], dtype=dtype)
        single = f.layers()[0]
        got, expected = f(a[:, None])[1], single.double()(a[:, None].double())[1]
        bound = {F32: 1e-6, F64: 1e-14}[dtype]
        error = (got.double() - expected).abs() / expected.abs().clamp(min=1)
        assert float(error.max()) < bound


def test_layers_of_very_different_sizes_do_not_disturb_each_other():
    w = torch.tensor([1e-170, 1e-10, 1.0, 1e10], dtype=F64)
    f = PlanarStack(2, 4).double()
    with torch.no_grad():
        f.W.copy_(w[:, None])
        f.V.copy_(torch.tensor([1.0, -2.0]) / w[:, None].clamp(min=1e-10))
    torch.testing.assert_close(f.U, torch.stack([g.u for g in f.layers()]), rtol=1e-14, atol=0)
    assert bool(f.U.isfinite().all())


def test_a_stack_without_layers_is_refused():
    with pytest.raises(ValueError, match="PlanarStack: layers: expected at least 1, got 0"):
        PlanarStack(2, 0)


def test_c_is_that_of_the_constraint():
    f = stack(3, 4)
    c = (f.W * f.U).sum(-1)
    p = (f.W * f.V).sum(-1)
    torch.testing.assert_close(c, torch.log1p((math.e - 1) * p.exp()) - 1)
