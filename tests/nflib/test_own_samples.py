"""A flow gives none of its own samples a density of zero, nor NaN: in any dtype, however wide its base."""

import copy
import math

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from nflib import (
    Affine,
    Exp,
    Flow,
    GaussianMixture,
    Log,
    Logit,
    LogitPreprocessing,
    Permutation,
    Planar,
    PlanarStack,
    Radial,
    Sigmoid,
    Softplus,
    StandardNormal,
    StandardUniform,
    Tanh,
    as_distribution,
    fit,
)
from tests.nflib.helpers import F64, seeded

DTYPES = (torch.float64, torch.float32, torch.bfloat16)
MAPS = {
    "exp": lambda: [Exp()],
    "sigmoid": lambda: [Sigmoid()],
    "softplus": lambda: [Softplus()],
    "tanh": lambda: [Tanh()],
    "exp-affine": lambda: [Exp(), Affine(5.0, -2.0)],
    "sigmoid-affine": lambda: [Sigmoid(), Affine(-1.0, 0.7)],
    "tanh-affine": lambda: [Tanh(), Affine(3.1, 0.7)],
    "softplus-affine": lambda: [Softplus(), Affine(-1.3, 0.1)],
    "affine-tanh-permutation": lambda: [Affine(1.0, 3.0), Tanh(), Permutation([1, 0])],
    "preprocessing": lambda: [LogitPreprocessing(0.01)],
    "planar-tanh": lambda: [Planar(2, seeded()), Tanh()],
}


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("log_scale", [0, 2, 6, 10])
@pytest.mark.parametrize("name", MAPS)
def test_own_samples_have_a_density(name, log_scale, dtype):
    base = Flow(StandardNormal(2), Affine(0.0, math.exp(log_scale)))
    flow = Flow(base, *MAPS[name]()).to(dtype).requires_grad_(False)
    x, log_prob = flow.sample_with_log_prob(5000, seeded())
    assert bool(x.isfinite().all()) and bool(log_prob.isfinite().all())
    assert bool(flow.log_prob(x).isfinite().all())
    as_distribution(flow, validate_args=True).log_prob(x)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("f", [Logit(), Log()], ids=lambda f: f._get_name())
def test_the_uniform_gives_no_zero_whose_logit_is_infinite(f, dtype, monkeypatch):
    zeros = lambda size, generator, dtype, device: torch.zeros(size, dtype=dtype, device=device)
    monkeypatch.setattr(torch, "rand", zeros)  # as it is 3 times in 6e7
    flow = Flow(StandardUniform(1), f).to(dtype)
    x, log_prob = flow.sample_with_log_prob(3)
    assert bool(x.isfinite().all()) and bool(log_prob.isfinite().all())
    assert bool(flow.log_prob(x).isfinite().all())


@pytest.mark.parametrize("f", [Exp(), Sigmoid(), Softplus(), Tanh()], ids=lambda f: f._get_name())
def test_what_saturates_leaves_the_gradients_finite(f):
    z = torch.tensor([[-1e5], [-200.0], [0.5], [200.0], [1e5]], requires_grad=True)
    x, log_abs_det = f(z)
    back, _ = f.inverse(x)
    (gradient,) = torch.autograd.grad((x.clamp(-9, 9) + log_abs_det[:, None] + back).sum(), z)
    assert bool(gradient.isfinite().all())


def test_radial_far_away_is_nearly_the_identity():
    f = Radial(3, seeded()).requires_grad_(False)
    x = torch.full((2, 3), 1e25)
    for y, log_abs_det in (f(x), f.inverse(x)):
        torch.testing.assert_close(y, x)
        assert bool(log_abs_det.isfinite().all())
    assert Flow(StandardNormal(3), f).log_prob(x).tolist() == [-math.inf] * 2


def test_a_far_point_leaves_the_gradient_of_a_mixture_alone():
    base = GaussianMixture(torch.tensor([[0.0], [1.0]]), torch.ones(2, 1))
    base.log_prob(torch.tensor([[1.0], [1e25]]))[0].backward()
    both = [p.grad.clone() for p in base.parameters()]
    base.zero_grad()
    base.log_prob(torch.tensor([[1.0]]))[0].backward()
    for gradient, p in zip(both, base.parameters(), strict=True):
        torch.testing.assert_close(gradient, p.grad)


@pytest.mark.parametrize("c", [1e2, 1e4, 1e6])
def test_the_inverse_of_a_steep_planar_layer_keeps_the_digits_along_w(c):
    w = torch.tensor([0.6, -0.8, 1.0])
    f = Planar.from_parameters(w, c / (w @ w) * w, 0.25).requires_grad_(False)
    x = f(torch.randn(1000, 3, generator=seeded()))[0]
    again = copy.deepcopy(f).double()(f.inverse(x)[0].double())[0]
    norm = torch.linalg.vector_norm
    # A float32 z near the hyperplane where tanh vanishes is c times less exact than its image
    assert float(norm(again - x, dim=-1).max() / norm(x, dim=-1).max()) < 1e-6


class NoFloat64(TorchDispatchMode):
    """A device without float64, as MPS is: every tensor that is made of it is refused."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        for tensor in result if isinstance(result, tuple | list) else [result]:
            if isinstance(tensor, torch.Tensor) and tensor.dtype == F64 and tensor.ndim > 0:
                raise TypeError(f"{function}: float64")
        return result


def test_nothing_of_float64_is_made_on_the_way():
    flow = Flow(
        StandardNormal(2), Affine(torch.zeros(2), torch.ones(2)), PlanarStack(2, 2, seeded())
    )
    data = torch.randn(64, 2, generator=seeded())
    with NoFloat64():
        Affine(torch.zeros(2), torch.ones(2))
        fit(flow, data, held_out=data, steps=4, every=2, progress=False, generator=seeded())


def test_layers_can_be_built_without_memory():
    with torch.device("meta"):
        layers = Permutation.reverse(4), Permutation([1, 3, 0, 2]), Planar(4), PlanarStack(4, 2)
    assert layers[0].reverses and all(p.is_meta for layer in layers[2:] for p in layer.parameters())
