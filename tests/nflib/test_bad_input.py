"""Errors name the argument, what was expected and what came."""

import math

import pytest
import torch

from nflib import (
    MLP,
    ActNorm,
    Affine,
    AffineCoupling,
    Box,
    ByCoordinate,
    Composition,
    Convolution1x1,
    Exp,
    Flow,
    GaussianMixture,
    Inverse,
    Linear,
    LogitPreprocessing,
    LULinear,
    Orthogonal,
    Permutation,
    PerPixel,
    Planar,
    SplineCoupling,
    Split,
    Squeeze,
    StandardNormal,
    StandardUniform,
    bits_per_dim,
    dequantise,
)
from nflib.course.numerics import integrate, jacobian, ks_distance
from nflib.course.targets import GaussianGrid, GaussianRing, Pinwheel, Rings, TwoMoons
from tests.nflib.bijection_cases import CASES, mask

NAN2, EYE = torch.tensor([1.0, math.nan]), torch.eye(2)
SINGULAR = torch.tensor([[0.1, 0.2], [0.3, 0.6]])
every_bijection = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
DIRECTIONS = pytest.mark.parametrize("direction, argument", [("forward", "z"), ("inverse", "x")])


@every_bijection
@DIRECTIONS
def test_points_of_another_kind_are_refused_by_name(case, direction, argument):
    f = case.make()
    call = getattr(f, direction)
    who = f"{type(f).__name__}.{direction}: {argument}: expected"
    with pytest.raises(TypeError, match=f"{who} a tensor of points, got list"):
        call([0.0] * case.d)
    with pytest.raises(TypeError, match=f"{who} a floating dtype, got torch.int64"):
        call(torch.ones(3, case.d, dtype=torch.int64))
    with pytest.raises(ValueError, match=rf"{who} shape \(\*batch, .*\), got \(\)"):
        call(torch.tensor(1.0))


@pytest.mark.parametrize("case", [c for c in CASES if c.make().d], ids=lambda case: case.name)
@DIRECTIONS
def test_points_of_another_dimension_are_refused(case, direction, argument):
    f = case.make()
    for d in (case.d + 1, 0):
        message = rf"{direction}: {argument}: expected shape \(\*batch, {case.d}\), got \(5, {d}\)"
        with pytest.raises(ValueError, match=message):
            getattr(f, direction)(torch.zeros(5, d))


FLOATING = [c for c in CASES if any(v.is_floating_point() for v in c.make().state_dict().values())]


@pytest.mark.parametrize("case", FLOATING, ids=lambda case: case.name)
@DIRECTIONS
def test_points_of_another_dtype_or_device_are_refused(case, direction, argument):
    call = getattr(case.make(), direction)
    message = "expected dtype torch.float32, that of the parameters, got torch.float64"
    with pytest.raises(TypeError, match=message):
        call(torch.full((5, case.d), 0.5, dtype=torch.float64))
    with pytest.raises(ValueError, match="expected device cpu, that of the parameters, got meta"):
        call(torch.zeros(5, case.d, device="meta"))


LOW, HIGH, ONES = torch.zeros(2), torch.ones(2), torch.ones(3)
LOC, SCALE = torch.zeros(3, 2), torch.ones(3, 2)
NET, NO_NET = torch.nn.Linear(1, 2), lambda inputs: inputs
INTEGERS, EMPTY = torch.tensor([1, 2]), torch.empty(0, dtype=torch.int64)
WITHOUT, ONCE = (
    "mask: expected a False, and a True or a context, got ",
    "order: expected each of 0, …, d − 1 once",
)
LEVEL = "v: expected integers from 0 to 16"
NO_ORDERS = [0, 2], [0, 0, 2], [-1, 0], [[0, 1], [1, 0]], 0
parameters = Planar.from_parameters
# What is called, its arguments, and the message after the name of what is called.
VALUES = [
    (Affine, math.nan, 1.0, "loc: expected finite values, got nan"),
    (Affine, 0.0, math.inf, "scale: expected finite values, got inf"),
    (Affine, 0.0, 0.0, "scale: expected no zero, got 0.0"),
    (Affine, NAN2, 1.0, r"loc: expected finite values, got \[1.0, nan\]"),
    (Affine, EYE, 1.0, r"loc: expected shape \(\) or \(d,\), got \(2, 2\)"),
    (Affine, LOW, ONES, r"scale: expected shape \(\) or \(2,\), as loc, got \(3,\)"),
    (Linear, torch.zeros(2, 3), r"weight: expected shape \(d, d\), got \(2, 3\)"),
    (Linear, torch.zeros(2), r"weight: expected shape \(d, d\), got \(2,\)"),
    (Linear, EYE * math.inf, "weight: expected finite values"),
    (Linear, torch.zeros(2, 2), "weight: expected an invertible matrix, .*inf"),
    (Linear, SINGULAR, "weight: expected an invertible matrix, .*e"),
    (Linear, EYE, ONES, r"bias: expected shape \(2,\), got \(3,\)"),
    (Linear, EYE, NAN2, "bias: expected finite values"),
    (LULinear, 0, "d: expected"),
    (Planar, 0, "d: expected at least 1, got 0"),
    (parameters, NAN2, LOW, 0.0, "w: expected finite values"),
    (parameters, LOW, NAN2, 0.0, "u: expected finite values"),
    (parameters, LOW, LOW, math.inf, "b: expected finite values, got inf"),
    (parameters, LOW, ONES, 0.0, r"u: expected shape \(2,\) .*, got \(3,\)"),
    (parameters, EYE, LOW, 0.0, r"w: expected shape \(4,\) .*, got \(2, 2\)"),
    (parameters, LOW, LOW.double(), 0.0, "u: expected .* dtype torch.float32, got .*float64"),
    (parameters, HIGH, -0.5 * HIGH, 0.0, "u: expected wᵀu > −1, got -1"),
    *((Permutation, torch.tensor(order), ONCE) for order in NO_ORDERS),
    (Permutation, EMPTY, ONCE),
    (Orthogonal, 3, 3, "reflections: expected an even number, got 3"),
    (Orthogonal, 3, 0, "reflections: expected at least 1, got 0"),
    (Composition, Planar(3), Linear(EYE), "bijection 2, Linear: expected d = 3, .*, got d = 2"),
    (AffineCoupling, mask("10").expand(2, 2), NET, r"mask: expected shape \(d,\), got \(2, 2\)"),
    (AffineCoupling, mask("11"), NET, WITHOUT + r"\[True, True\]"),
    (AffineCoupling, mask("00"), NET, WITHOUT + r"\[False, False\]"),
    (AffineCoupling, mask("1"), MLP(1, 2, context=1), WITHOUT + r"\[True\]"),
    (AffineCoupling, mask("1")[:0], NET, WITHOUT + r"\[\]"),
    (SplineCoupling, mask("10"), NET, 0, 1.0, "bins: expected at least 1, got 0"),
    (SplineCoupling, mask("10"), NET, 8, 0.0, "bound: expected a positive number, got 0.0"),
    (SplineCoupling, mask("10"), NET, 8, math.inf, "bound: expected a positive number, got inf"),
    (SplineCoupling, mask("10"), NET, 8, math.nan, "bound: expected a positive number, got nan"),
    (MLP, 0, 2, r"in_size \+ context: expected at least 1, got 0"),
    (MLP, 1, 2, (8, 0), "hidden, out_size: expected at least 1, got 0"),
    (Squeeze, (1, 3, 4), "shape: expected even H and W, got"),
    (Squeeze, (4, 4), "shape: expected .C, H, W., got .4, 4."),
    (Squeeze, (0, 2, 2), "shape: expected at least 1, got 0"),
    (Convolution1x1, (2, 2), "shape: expected .C, H, W., got"),
    (PerPixel, Planar(2), (3, 2, 2), "bijection: expected d = 3, got 2"),
    (Split, Planar(4), 4, "bijection: expected a bijection of .* d = 4, got 4"),
    (Split, Exp(), 4, "bijection: expected a bijection of .* d = 4, got None"),
    *((LogitPreprocessing, alpha, "alpha: expected 0 ≤ α < ½") for alpha in (-0.01, 0.5, math.nan)),
    *((dequantise, torch.tensor([v]), 17, LEVEL) for v in (-1, 17, 0.5, math.nan)),
    (dequantise, LOW.bfloat16(), 17, ".*torch.bfloat16 has too few digits for 17 levels"),
    (bits_per_dim, LOW, 0, 2, "d: expected at least 1, got 0"),
    (ActNorm(2).initialise, torch.empty(0, 2), "x: expected at least one point, and all finite"),
    (ActNorm(2).initialise, NAN2[None], "x: expected at least one point, and all finite"),
    (ActNorm(2).initialise, torch.ones(5, 3), r"x: expected shape \(\*batch, 2\)"),
    (jacobian, lambda z: z.sum(), LOC, r"f\(z\): expected shape \(3, 'm'\)"),
    (integrate, lambda x: x, 0, 1, r"density: expected values of shape \(512,\), got \(512, 1\)"),
    (integrate, torch.sum, 0, math.inf, ".*expected finite low < high"),
    (integrate, torch.sum, 1, 0, ".*expected finite low < high"),
    (integrate, torch.sum, (0, 0, 0), (1, 1, 1), ".*expected numbers or pairs"),
    (ks_distance, LOC, torch.sigmoid, r"samples: expected shape \(n,\)"),
    (ks_distance, LOW[:0], torch.sigmoid, r"samples: .*n ≥ 1, got \(0,\)"),
    (Box, EYE, EYE + 1, r"low: expected shape \(d,\), got \(2, 2\)"),
    (Box, LOW, ONES, r"high: expected shape \(2,\), got \(3,\)"),
    (Box, 1.0, 1.0, r"low, high: expected low < high, got \[1.0\] and \[1.0\]"),
    (Box, -math.inf, 1.0, "low: expected finite values"),
    (StandardNormal, 0, "d: expected at least 1, got 0"),
    (StandardUniform, -1, "d: expected at least 1, got -1"),
    (GaussianMixture, LOW, HIGH, r"loc: expected shape \(K, d\), got \(2,\)"),
    (GaussianMixture, LOC, SCALE[:2], r"scale: expected shape \(3, 2\), got \(2, 2\)"),
    (GaussianMixture, EYE, EYE, r"scale: expected positive values, got \[\[1.0, 0.0\], "),
    (GaussianMixture, -SCALE / 0, SCALE, "loc: expected finite values"),
    (GaussianMixture, LOC[:0], SCALE[:0], r"loc: expected shape \(K, d\), got \(0, 2\)"),
    (GaussianMixture, LOC, SCALE, HIGH, r"weights: expected shape \(3,\), got \(2,\)"),
    (GaussianMixture, LOC, SCALE, -ONES, "weights: expected positive values"),
    (ByCoordinate, "bijections: expected one or more with d = 1, got 0 with d = None"),
    (ByCoordinate, Exp(), Planar(2), "bijections: expected one or more .*, got 2 with d = 2"),
    (Flow, StandardNormal(2), Planar(3), "bijections: expected d = 2, that of base, got 3"),
    (TwoMoons, 0.0, "noise: expected a positive number, got 0.0"),
    (Rings, (1.0, -1.0), "radii, noise: expected a positive number, got -1.0"),
    (Rings, (), "radii: expected at least one, got none"),
    (GaussianRing, 0, "k: expected at least 1, got 0"),
    (GaussianGrid, 5, 1.0, math.nan, "scale: expected a positive number"),
    (Pinwheel, 5, 1.0, 0.3, 0.0, "tangential: expected a positive number"),
]
TYPES = [
    (Affine, INTEGERS, 1.0, "loc: expected a floating tensor, got torch.int64"),
    (Linear, [[1.0]], "weight: expected a floating tensor, got list"),
    (Linear, EYE.long(), "weight: expected a floating tensor, got torch.int64"),
    (Linear, EYE, LOW.double(), "bias: expected dtype torch.float32, got torch.float64"),
    (LULinear, 2.0, "d: expected"),
    (LULinear, True, "d: expected"),
    (Planar, (2,), "d: expected an int, got tuple"),
    (Planar, True, "d: expected an int, got bool"),
    (parameters, [1.0], LOW, 0.0, "w: expected a floating tensor, got list"),
    (Permutation, torch.tensor([1.0, 0.0]), "order: expected integers, got torch"),
    (Permutation, torch.tensor([True, False]), "order: expected integers, got torch"),
    (Composition, torch.exp, "bijection 1: expected a Bijection, got <built-in"),
    (Inverse, Exp, "bijection: expected a Bijection, got <class"),
    (Split, math.exp, 3, "bijection: expected a Bijection, got"),
    (PerPixel, math.exp, (1, 2, 2), "bijection: expected a Bijection, got"),
    (AffineCoupling, [True, False], NET, "mask: expected a bool tensor, got list"),
    (AffineCoupling, INTEGERS, NET, "mask: expected a bool tensor, got torch.int64"),
    (AffineCoupling, mask("10"), NO_NET, "conditioner: expected an nn.Module, got <function"),
    (AffineCoupling, mask("10"), MLP, "conditioner: expected an nn.Module, got <class"),
    (MLP, 1, 2.0, "hidden, out_size: expected an int, got float"),
    (dequantise, LOW, 17.0, "levels: expected an int, got float"),
    (dequantise, [0, 1], 17, "v: expected a tensor, got list"),
    (bits_per_dim, LOW, 1, 2.0, "levels: expected an int, got float"),
    (ActNorm(2).initialise, EYE.double(), "x: expected dtype torch.float32"),
    (Box, LOW, HIGH.double(), "high: expected dtype torch.float32, got torch.float64"),
    (StandardNormal, 2.0, "d: expected an int, got float"),
    (GaussianMixture, LOC, SCALE.double(), "scale: expected dtype torch.float32, .*torch.float64"),
    (GaussianMixture, LOC.long(), SCALE, "loc: expected a floating tensor, got torch.int64"),
    (Flow, torch.randn, "base: expected a BaseDensity, .*, a Flow or a law of torch, got builtin"),
]
ROWS = [(ValueError, row) for row in VALUES] + [(TypeError, row) for row in TYPES]


@pytest.mark.parametrize("error, row", ROWS, ids=[f"{r[0].__name__}-{r[-1]}" for _, r in ROWS])
def test_wrong_arguments_are_refused_by_name(error, row):
    call, *arguments, message = row
    with pytest.raises(error, match=f"^{call.__qualname__}: {message}"):
        call(*arguments)


def test_what_is_no_shape_of_a_sample_or_no_generator_is_refused():
    for law in (
        Flow(StandardNormal(2), Exp()),
        Box(0.0, 1.0),
        GaussianMixture(LOC, SCALE),
        Rings(),
    ):
        for shape in (2.0, "3", None, (2, 1.5), [None]):
            with pytest.raises(TypeError, match=r"sample: shape: expected an int or ints, got "):
                law.sample(shape)
        with pytest.raises(ValueError, match="sample: shape: expected no negative size, got -1"):
            law.sample(-1)
        for generator in (0, 1.0, "cpu"):
            with pytest.raises(TypeError, match=r"sample: generator: expected a torch.Generator"):
                law.sample(3, generator)


def test_what_a_flow_composes_is_refused_by_the_composition():
    with pytest.raises(
        TypeError, match=r"^Composition: bijection 1: expected a Bijection, got Tanh"
    ):
        Flow(StandardNormal(2), torch.nn.Tanh())


def test_flow_names_its_own_argument():
    flow = Flow(StandardNormal(2), Exp())
    with pytest.raises(TypeError, match=r"Flow.log_prob: x: expected dtype .*as in module.double"):
        flow.log_prob(torch.ones(2, dtype=torch.float64))
    with pytest.raises(
        ValueError, match=r"Flow.log_prob: x: expected shape \(\*batch, 2\), got \(5, 1\)"
    ):
        flow.log_prob(torch.ones(5, 1))
    with pytest.raises(ValueError, match=r"Flow.from_latent: z: expected shape \(\*batch, 2\)"):
        flow.from_latent(torch.ones(3))
    with pytest.raises(ValueError, match=r"Flow.to_latent: x: expected shape \(\*batch, 2\)"):
        flow.to_latent(torch.ones(3))


def test_points_in_a_row_on_the_line_are_refused_not_read_as_one_point():
    """Shape (n,) for n points of the line is the mistake that silence would hide."""
    with pytest.raises(ValueError, match=r"expected shape \(\*batch, 1\), got \(100,\)"):
        Flow(StandardNormal(1), Exp()).log_prob(torch.ones(100))
