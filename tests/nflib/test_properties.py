"""Properties that hold at whatever Hypothesis thinks of: layouts in memory, magnitudes, dimensions.

tests/nflib/test_bijections.py has the same list of bijections at points where a flow is used. The
examples here are the same in every run.
"""

import math

import pytest
import torch

from nflib import (
    ActNorm,
    AffineCoupling,
    Exp,
    LULinear,
    Orthogonal,
    Permutation,
    Planar,
    PlanarStack,
    Radial,
    Sigmoid,
    Softplus,
    SplineCoupling,
    Sylvester,
    Tanh,
)
from nflib.course.numerics import log_abs_det_jacobian
from tests.nflib.bijection_cases import CASES, maf, maf_spline, moved, network, points, seeded
from tests.nflib.helpers import all_finite

hypothesis = pytest.importorskip("hypothesis", reason="Hypothesis is not installed")
given, st = hypothesis.given, hypothesis.strategies
every_bijection = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
directions = st.sampled_from(["forward", "inverse"])
# From 1e-30 to 1e4 in size, where a float32 still has a square, and zero.
sizes = st.one_of(st.just(0.0), st.floats(-30, 4).map(lambda e: 10.0**e))
numbers = st.builds(math.copysign, sizes, st.sampled_from([1.0, -1.0]))


def examples(n: int):
    return hypothesis.settings(
        max_examples=n,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )


def laid_out(at: torch.Tensor, layout: str) -> torch.Tensor:
    """The same numbers elsewhere in memory."""
    if layout == "reversed axes":
        return at.permute(*reversed(range(at.ndim))).contiguous().permute(*reversed(range(at.ndim)))
    if layout == "every second":
        return torch.stack([at, torch.full_like(at, math.nan)], -1).flatten(-2)[..., ::2]
    return torch.nn.functional.pad(at, (1, 2), value=math.nan)[..., 1:-2]  # within a larger one


@every_bijection
@examples(4)
@given(
    batch=st.lists(st.integers(0, 4), max_size=3),
    layout=st.sampled_from(["reversed axes", "every second", "within a larger one"]),
    direction=directions,
)
def test_layout_in_memory_does_not_matter(case, batch, layout, direction):
    f = case.make().double()
    at = points(case, *batch)
    at = at if direction == "forward" else f.forward(at)[0].detach()
    elsewhere = laid_out(at, layout)
    results, expected = getattr(f, direction)(elsewhere), getattr(f, direction)(at)
    assert results[0].shape == (*batch, case.d) and results[1].shape == tuple(batch)
    torch.testing.assert_close(results, expected, rtol=1e-12, atol=1e-12)


@every_bijection
@examples(3)
@given(
    batch=st.lists(st.integers(1, 4), min_size=1, max_size=3), data=st.data(), direction=directions
)
def test_expanded_points_give_values_and_gradients_of_copies(case, batch, data, direction):
    f = case.make().double()
    own = [data.draw(st.sampled_from([1, n])) for n in batch]
    at = points(case, *own)
    at = at if direction == "forward" else f.forward(at)[0].detach()
    results = []
    for copy in (lambda t: t, torch.clone):
        leaf = at.clone().requires_grad_()
        image, log_abs_det = getattr(f, direction)(copy(leaf.expand(*batch, case.d)))
        (image.sin().sum() + log_abs_det.sum()).backward()
        results.append((image, log_abs_det, leaf.grad))
    torch.testing.assert_close(*results, rtol=1e-11, atol=1e-11)


@every_bijection
@examples(6)
@given(data=st.data(), direction=directions, dtype=st.sampled_from([torch.float32, torch.float64]))
def test_values_and_gradients_are_finite_at_any_magnitude(case, data, direction, dtype):
    """Outside of its domain, a direction returns a finite image and log|det| = −∞.

    Inside that of the inverse, f(f⁻¹(x)) − x is small beside x, unless f is so steep there (as a
    logit near 1) that the rounding of z alone is not.
    """
    f = case.make().to(dtype)
    point = data.draw(st.lists(numbers, min_size=case.d, max_size=case.d))
    at = torch.tensor([point], dtype=dtype, requires_grad=True)
    image, log_abs_det = getattr(f, direction)(at)
    assert bool(image.isfinite().all())
    assert bool((log_abs_det < math.inf).all())  # neither NaN nor +∞
    defined = torch.where(log_abs_det > -math.inf, log_abs_det, 0.0)
    inputs = [at, *f.parameters()]
    total = image.sum() + defined.sum()
    gradients = torch.autograd.grad(total, inputs, allow_unused=True, materialize_grads=True)
    assert all_finite(*gradients)
    if direction == "inverse" and dtype == torch.float64 and bool(log_abs_det > -10):
        error = (f.forward(image)[0] - at).abs().max().detach()
        assert float(error) <= 1e-11 * (1 + max(map(abs, point)))


FAMILIES = {
    "actnorm": ActNorm,
    "lu": lambda d: LULinear(d, seeded()),
    "orthogonal": lambda d: Orthogonal(d, generator=seeded()),
    "permutation": lambda d: Permutation(torch.randperm(d, generator=seeded())),
    "planar": lambda d: Planar(d, seeded()),
    "planar-stack": lambda d: PlanarStack(d, 9, seeded()),
    "radial": lambda d: Radial(d, seeded()),
    "sylvester": lambda d: Sylvester(d, (d + 1) // 2, seeded()),
    "maf": lambda d: maf(d, (6, 5)),
    "maf-spline": lambda d: maf_spline(d, (6,)),
    "exp": lambda d: Exp(),
    "sigmoid": lambda d: Sigmoid(),
    "softplus": lambda d: Softplus(),
    "tanh": lambda d: Tanh(),
}


def coupled(kind, numbers, d):
    return kind(torch.arange(d) % 2 == 1, network(d // 2, numbers * (d - d // 2)))


FROM_TWO = {
    "affine-coupling": lambda d: coupled(AffineCoupling, 2, d),
    "spline-coupling": lambda d: coupled(SplineCoupling, 23, d),
}


@pytest.mark.parametrize("name", [*FAMILIES, *FROM_TWO])
@examples(8)
@given(data=st.data(), scale=st.floats(-3, 3))
def test_every_dimension_and_size_of_parameters(name, data, scale):
    """log|det| against autograd, and the round trip, from d = 1 on."""
    d = data.draw(st.integers(1 if name in FAMILIES else 2, 9))
    f = moved((FAMILIES | FROM_TWO)[name](d)).double()
    with torch.no_grad():
        for p in f.parameters():
            p.mul_(scale if name != "orthogonal" else 1 + abs(scale))
    z = torch.randn(4, d, generator=seeded(), dtype=torch.float64)
    x, log_abs_det = f.forward(z)
    expected = log_abs_det_jacobian(f.forward, z)
    torch.testing.assert_close(log_abs_det, expected, rtol=1e-7, atol=1e-7)
    torch.testing.assert_close(f.inverse(x)[1], -log_abs_det, rtol=1e-6, atol=1e-6)
    back = f.forward(f.inverse(x)[0])[0]
    torch.testing.assert_close(back, x, rtol=1e-9, atol=1e-9)
