"""The dense linear bijection against closed forms and SciPy."""

import math

import pytest
import scipy.stats
import torch

from nflib import Flow, Linear, StandardNormal

F64 = torch.float64


def test_acts_as_the_matrix_and_not_as_its_transpose():
    W, b = torch.tensor([[1.0, 2.0], [0.0, 3.0]]), torch.tensor([10.0, 20.0])
    x, log_abs_det = Linear(W, b)(torch.tensor([1.0, 1.0]))
    assert x.tolist() == [13.0, 23.0]
    assert log_abs_det.item() == pytest.approx(math.log(3.0))


def test_carries_the_normal_to_the_multivariate_normal(generator):
    W = torch.tensor([[1.0, 2.0, 0.0], [0.5, -1.0, 1.0], [0.0, 0.25, 2.0]], dtype=F64)
    b = torch.tensor([1.0, -2.0, 0.5], dtype=F64)
    flow = Flow(StandardNormal(3).double(), Linear(W, b))
    x = torch.randn(20, 3, generator=generator, dtype=F64)
    expected = scipy.stats.multivariate_normal(b.numpy(), (W @ W.T).numpy()).logpdf(x.numpy())
    torch.testing.assert_close(flow.log_prob(x), torch.from_numpy(expected))


def test_a_decreasing_orientation_has_a_log_det():
    assert Linear(torch.tensor([[-2.0]]))(torch.ones(1))[1].item() == pytest.approx(math.log(2.0))


def test_tiny_units_are_not_singular():
    z, log_abs_det = Linear(1e-30 * torch.eye(3)).inverse(torch.full((3,), 1e-30))
    torch.testing.assert_close(z, torch.ones(3))
    assert log_abs_det.item() == pytest.approx(90 * math.log(10.0))


def test_a_matrix_that_training_made_singular_shows_it():
    f = Linear(torch.eye(2))
    with torch.no_grad():
        f.weight[1, 1] = 0.0
    assert f(torch.ones(2))[1].item() == -math.inf
    z, log_abs_det = f.inverse(torch.ones(2))
    assert log_abs_det.item() == math.inf and not bool(z.isfinite().all())


def test_parameters_are_copies_that_train():
    W = torch.eye(2)
    f = Linear(W)
    assert {name for name, p in f.named_parameters() if p.requires_grad} == {"weight"}
    with torch.no_grad():
        f.weight.mul_(2)
    assert torch.equal(W, torch.eye(2))
