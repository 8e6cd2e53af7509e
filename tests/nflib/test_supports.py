"""Supports as constraints of torch, against intervals worked out by hand, and in use by biject_to."""

import math

import pytest
import torch
import torch.distributions as td

from nflib import (
    ActNorm,
    Affine,
    AffineCoupling,
    Box,
    ByCoordinate,
    Composition,
    Exp,
    Flow,
    Inverse,
    Linear,
    Log,
    Logit,
    LogitPreprocessing,
    MaskedSplineAutoregressive,
    Permutation,
    Planar,
    Sigmoid,
    Softplus,
    SplineCoupling,
    StandardNormal,
    StandardUniform,
    Tanh,
    as_distribution,
    as_transform,
)
from nflib.course.numerics import integrate
from nflib.supports import FiniteSet
from tests.nflib.bijection_cases import angles, cylinder, mask, moved, network
from tests.nflib.helpers import F64, seeded

INF, PI, E = math.inf, math.pi, math.e
N1, N2, N3 = StandardNormal(1), StandardNormal(2), StandardNormal(3)
SIGNS = Affine(torch.tensor([1.0, -1.0]), torch.tensor([2.0, -0.5]))
MIXED = ByCoordinate(Exp(), Composition(Sigmoid(), Affine(1.0, 2.0)), Composition())


def maf_spline(d: int) -> MaskedSplineAutoregressive:
    return moved(MaskedSplineAutoregressive(d, (4,), 4, 3.0, generator=seeded()))


# base, bijections, low ends, high ends
BOXES = {
    "real": (N2, [Planar(2, seeded())], (-INF, -INF), (INF, INF)),
    "exp": (N1, [Exp()], (0,), (INF,)),
    "exp-affine": (N1, [Exp(), Affine(1.0, 2.0)], (1,), (INF,)),
    "exp-affine-decreasing": (N2, [Exp(), Affine(1.0, -2.0)], (-INF, -INF), (1, 1)),
    "exp-affine-by-coordinate": (N2, [Softplus(), SIGNS], (1, -INF), (INF, -1)),
    "exp-actnorm": (N2, [Exp(), moved(ActNorm(2))], (None, None), (INF, INF)),
    "tanh-affine": (N1, [Tanh(), Affine(3.0, 0.5)], (2.5,), (3.5,)),
    "sigmoid-affine-decreasing": (N2, [Sigmoid(), Affine(-1.0, -2.0)], (-3, -3), (-1, -1)),
    "preprocessing": (N1, [LogitPreprocessing(0.125)], (-1 / 6,), (7 / 6,)),
    "planar-preprocessing": (
        N2,
        [Planar(2, seeded()), LogitPreprocessing(0.0)],
        (0, 0),
        (1, 1),
    ),
    "tanh-affine-logit": (
        N1,
        [Tanh(), Affine(0.5, 0.25), Logit()],
        (-math.log(3),),
        (math.log(3),),
    ),
    "uniform-log": (StandardUniform(1), [Log()], (-INF,), (0,)),
    "uniform-affine": (StandardUniform(1), [Affine(1.0, 2.0)], (1,), (3,)),
    "uniform-logit": (StandardUniform(2), [Logit()], (-INF, -INF), (INF, INF)),
    "box": (Box(torch.tensor([-1.0, 0.0]), torch.tensor([1.0, 2.0])), [], (-1, 0), (1, 2)),
    "box-exp": (Box(0.0, 1.0), [Exp()], (1,), (E,)),
    "box-inverse-exp": (Box(1.0, E), [Inverse(Exp())], (0,), (1,)),
    "box-spline": (Box(-3.0, 4.0), [maf_spline(1)], (-3,), (4,)),
    "sigmoid-spline": (N2, [Sigmoid(), Affine(-3.0, 6.0), maf_spline(2)], (-3, -3), (3, 3)),
    "by-coordinate": (N3, [MIXED], (0, 1, -INF), (INF, 3, INF)),
    "by-coordinate-permutation": (
        N3,
        [MIXED, Permutation([2, 0, 1]), Affine(0.0, -2.0)],
        (-INF, -INF, -6),
        (INF, 0, -2),
    ),
    "permutation-back": (
        N3,
        [MIXED, Inverse(Permutation([2, 0, 1]))],
        (1, -INF, 0),
        (3, INF, INF),
    ),
    "kept-by-coupling": (
        N2,
        [ByCoordinate(Exp(), Composition()), moved(AffineCoupling(mask("10"), network(1, 2)))],
        (0, -INF),
        (INF, INF),
    ),
    "kept-by-spline-coupling": (
        N2,
        [Sigmoid(), SplineCoupling(mask("10"), network(1, 11), 4, 1.0)],
        None,
        None,
    ),
    "circle": (StandardUniform(1), [Affine(-PI, 2 * PI), angles("1")], (-PI,), (PI,)),
    "cylinder": (StandardUniform(2), [cylinder()], (-PI, -INF), (PI, INF)),
    "torus-in-part": (Box(-1.0, 1.0), [angles("1")], None, None),
    "mixed-by-linear": (N2, [Exp(), Linear(torch.tensor([[1.0, 0.5], [0.0, 1.0]]))], None, None),
    "box-planar": (StandardUniform(2), [Planar(2, seeded())], None, None),
    "inside-of-spline": (Box(-1.0, 1.0), [maf_spline(1)], None, None),
    "empty": (Box(2.0, 3.0), [Logit()], None, None),
}
KNOWN = {name: case for name, case in BOXES.items() if case[2]}


def law_of(name: str, dtype: torch.dtype = F64) -> td.Distribution:
    base, bijections, *_ = BOXES[name]
    return as_distribution(
        Flow(base, *bijections).requires_grad_(False).to(dtype), validate_args=False
    )


@pytest.mark.parametrize("name", KNOWN)
def test_support_is_the_product_of_the_intervals_by_hand(name):
    low, high = BOXES[name][2:]
    support = law_of(name).support
    assert not isinstance(support, FiniteSet) and support.event_dim == 1
    inside = law_of(name).sample((20,))
    assert support.check(inside).shape == (20,) and bool(support.check(inside).all())
    for i, ends in enumerate(zip(low, high, strict=True)):
        for end, step in zip(ends, (-1e-3, 1e-3), strict=True):
            if end is not None and abs(end) < INF:
                near, beyond = inside.clone(), inside.clone()
                near[:, i], beyond[:, i] = end - step, end + step
                assert bool(support.check(near).all()) and not bool(support.check(beyond).any())
            elif end is not None:
                far = inside.clone()
                far[:, i] = 1e9 * step
                assert bool(support.check(far).all())


@pytest.mark.parametrize("name", [name for name in BOXES if name not in KNOWN])
def test_what_is_not_known_to_be_a_box_is_the_set_of_positive_density(name):
    law = law_of(name)
    assert isinstance(law.support, FiniteSet)
    if name != "empty":
        assert bool(law.support.check(law.sample((20,))).all())


@pytest.mark.parametrize("name", KNOWN)
def test_biject_to_reaches_the_support(name):
    law = law_of(name)
    to = td.biject_to(law.support)
    u = torch.randn(50, law.event_shape[0], dtype=F64, generator=seeded())
    x = to(u)
    assert bool(law.log_prob(x).isfinite().all())
    torch.testing.assert_close(to.inv(x), u, rtol=1e-6, atol=1e-6)
    assert to.log_abs_det_jacobian(u, x).shape == (50,)
    x = law.sample((50,))
    torch.testing.assert_close(to(to.inv(x)), x, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", [name for name, case in KNOWN.items() if len(case[2]) == 1])
def test_all_the_mass_is_where_biject_to_leads(name):
    law = law_of(name)
    to = td.biject_to(law.support)

    def density(u):
        x = to(u)
        return (law.log_prob(x) + to.log_abs_det_jacobian(u, x)).exp()

    assert abs(integrate(density, -30.0, 30.0, 200) - 1) < 1e-4


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("name", KNOWN)
def test_own_samples_are_in_the_support(name, dtype):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        x = law_of(name, dtype).sample((2000,))
    assert bool(law_of(name, dtype).support.check(x).all())


def test_equal_ends_are_numbers_that_fit_any_device():
    support = as_distribution(Flow(N2, Exp(), Affine(1.0, 2.0))).support
    assert support.base_constraint.lower_bound == 1.0
    assert isinstance(support.base_constraint.lower_bound, float)
    whole = as_distribution(Flow(N2, ByCoordinate(Sigmoid(), Sigmoid()))).support
    assert whole.base_constraint is td.constraints.unit_interval


def test_domains_are_images_of_the_inverse():
    f = Composition(Affine(torch.tensor([1.0, 0.0]), torch.tensor([2.0, -1.0])), Logit())
    t = as_transform(f)
    assert t.codomain is td.constraints.real_vector
    inside = torch.tensor([[-0.4, -0.9], [-0.6, -0.9], [-0.4, 0.1]])
    assert t.domain.check(inside).tolist() == [True, False, False]
    assert as_transform(Inverse(f)).codomain.check(inside).tolist() == [True, False, False]
    assert as_transform(angles("1")).domain.check(torch.tensor([[3.0], [3.2]])).tolist() == [
        True,
        False,
    ]


def test_a_flow_onto_the_whole_space_needs_no_values():
    law = as_distribution(Flow(StandardNormal(2), Planar(2, seeded())).to("meta"))
    assert law.support is td.constraints.real_vector


def test_a_support_follows_the_parameters():
    norm = ActNorm(1)
    law = as_distribution(Flow(N1, Exp(), norm))
    assert law.support.base_constraint is td.constraints.positive
    with torch.no_grad():
        norm.m.fill_(-2.0)
    assert law.support.base_constraint.lower_bound == -2.0
