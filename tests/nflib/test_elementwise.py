"""Elementwise bijections against torch.distributions, mpmath, and at the ends of the dtype."""

import math

import mpmath
import pytest
import torch
from torch.distributions import transforms

from nflib import Affine, Exp, Log, Logit, Sigmoid, Softplus, Tanh
from tests.nflib.helpers import F64, all_finite

REFERENCES = [
    (Affine(1.0, -2.0), transforms.AffineTransform(1.0, -2.0)),
    (Exp(), transforms.ExpTransform()),
    (Sigmoid(), transforms.SigmoidTransform()),
    (Softplus(), transforms.SoftplusTransform()),
    (Tanh(), transforms.TanhTransform()),
]


def column(*values: float, dtype: torch.dtype = F64) -> torch.Tensor:
    return torch.tensor(values, dtype=dtype)[:, None]


@pytest.mark.parametrize("f, reference", REFERENCES, ids=lambda f: type(f).__name__)
def test_agrees_with_torch_distributions(f, reference):
    z = torch.linspace(-4, 4, 41, dtype=F64)[:, None]
    x, log_abs_det = f(z)
    torch.testing.assert_close(x, reference(z))
    torch.testing.assert_close(log_abs_det, reference.log_abs_det_jacobian(z, x)[:, 0])


def logistic(z: mpmath.mpf) -> mpmath.mpf:
    return 1 / (1 + mpmath.exp(-z))


EXACT = {
    "exp": (Exp(), mpmath.exp, mpmath.exp),
    "sigmoid": (Sigmoid(), logistic, lambda z: logistic(z) * logistic(-z)),
    "softplus": (Softplus(), lambda z: mpmath.log1p(mpmath.exp(z)), logistic),
    "tanh": (Tanh(), mpmath.tanh, lambda z: mpmath.sech(z) ** 2),
}


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("dtype, rtol", [(F64, 1e-14), (torch.float32, 1e-6)], ids=str)
def test_no_digit_is_lost_far_out(name, dtype, rtol):
    f, value, slope = EXACT[name]
    far = [1e-3, 1.0, 8.0, 30.0, 80.0]
    z = torch.tensor([*(-v for v in far), 0.0, *far], dtype=dtype)
    x, log_abs_det = f(z[:, None])
    with mpmath.workdps(60):
        exact = torch.tensor([float(value(mpmath.mpf(v))) for v in z.tolist()], dtype=F64)
        logs = [float(mpmath.log(slope(mpmath.mpf(v)))) for v in z.tolist()]
    torch.testing.assert_close(x[:, 0].double(), exact, rtol=rtol, atol=0)
    exact_log = torch.tensor(logs, dtype=F64)
    torch.testing.assert_close(log_abs_det.double(), exact_log, rtol=rtol, atol=rtol)


def test_softplus_inverse_keeps_small_and_large_values():
    x = [1e-300, 1e-20, 1e-8, 1e-3, 1.0, 30.0, 1000.0]
    z, log_abs_det = Softplus().inverse(column(*x))
    with mpmath.workdps(340):
        exact = [float(mpmath.log(mpmath.expm1(mpmath.mpf(v)))) for v in x]
        exact_log = [float(-mpmath.log(-mpmath.expm1(-mpmath.mpf(v)))) for v in x]
    expected = column(*exact), torch.tensor(exact_log, dtype=F64)
    torch.testing.assert_close((z, log_abs_det), expected, rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("f", [Sigmoid(), Softplus(), Tanh()], ids=lambda f: type(f).__name__)
@pytest.mark.parametrize("dtype", [torch.float32, F64], ids=str)
def test_values_log_dets_and_gradients_are_finite_far_out(f, dtype):
    z = column(-1e4, -1e3, -200.0, 0.0, 200.0, 1e3, 1e4, dtype=dtype).requires_grad_()
    x, log_abs_det = f(z)
    (gradient,) = torch.autograd.grad(x.sum() + log_abs_det.sum(), z)
    assert all_finite(x, log_abs_det, gradient)


def test_one_coordinate_outside_is_enough():
    x = torch.tensor([[1.0, 1.0], [1.0, -1.0], [0.0, 2.0]])
    _, log_abs_det = Exp().inverse(x)
    assert log_abs_det.tolist() == [0.0, -math.inf, -math.inf]


@pytest.mark.parametrize("view, f", [(Log(), Exp()), (Logit(), Sigmoid())])
def test_log_and_logit_are_the_inverse_views(view, f):
    x = column(0.1, 0.5, 0.9)
    torch.testing.assert_close(view.forward(x), f.inverse(x), rtol=0, atol=0)
    outside, log_abs_det = view.forward(column(-1.0))
    assert bool(outside.isfinite().all()) and log_abs_det.item() == -math.inf


def test_numbers_of_affine_act_exactly_in_every_dtype():
    """0.1 is not a float32: as a number it must not pass through one."""
    z = column(1.0, 3.0)
    x, log_abs_det = Affine(0.1, 0.7)(z)
    torch.testing.assert_close(x, 0.1 + 0.7 * z, rtol=0, atol=0)
    assert log_abs_det.tolist() == [math.log(0.7)] * 2
    assert Affine(0.1, 0.7)(z.float())[0].dtype == torch.float32


def test_affine_vector_acts_by_coordinates_and_fixes_d():
    f = Affine(torch.tensor([1.0, 2.0]), torch.tensor([2.0, -4.0]))
    x, log_abs_det = f(torch.tensor([1.0, 1.0]))
    assert x.tolist() == [3.0, -2.0] and f.d == 2
    assert log_abs_det.item() == pytest.approx(math.log(8.0))
    assert Affine(torch.tensor([1.0, 2.0]), 2.0).d == 2 and Affine(1.0, torch.tensor(2.0)).d is None
