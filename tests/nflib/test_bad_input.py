"""Errors name the argument, what was expected and what came."""

import math

import pytest
import torch

from nflib import (
    Affine,
    Box,
    Composition,
    Exp,
    Flow,
    Inverse,
    Linear,
    Planar,
    StandardNormal,
    StandardUniform,
)
from tests.nflib.bijection_cases import CASES

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


LOW, HIGH = torch.zeros(2), torch.ones(2)
WRONG = {
    "Affine: loc: expected finite values, got nan": lambda: Affine(math.nan, 1.0),
    "Affine: scale: expected finite values, got inf": lambda: Affine(0.0, math.inf),
    "Affine: scale: expected no zero, got 0.0": lambda: Affine(0.0, 0.0),
    r"Affine: loc: expected finite values, got \[1.0, nan\]": lambda: Affine(NAN2, 1.0),
    r"Affine: loc: expected shape \(\) or \(d,\), got \(2, 2\)": lambda: Affine(EYE, 1.0),
    r"Affine: scale: expected shape \(\) or \(2,\), as loc, got \(3,\)": lambda: Affine(
        LOW, torch.ones(3)
    ),
    r"Linear: weight: expected shape \(d, d\), got \(2, 3\)": lambda: Linear(torch.zeros(2, 3)),
    r"Linear: weight: expected shape \(d, d\), got \(2,\)": lambda: Linear(torch.zeros(2)),
    "Linear: weight: expected finite values": lambda: Linear(EYE * math.inf),
    "Linear: weight: expected an invertible matrix, .*inf": lambda: Linear(torch.zeros(2, 2)),
    "Linear: weight: expected an invertible matrix, .*e": lambda: Linear(SINGULAR),
    r"Linear: bias: expected shape \(2,\), got \(3,\)": lambda: Linear(EYE, torch.zeros(3)),
    "Linear: bias: expected finite values": lambda: Linear(EYE, NAN2),
    "Planar: d: expected at least 1, got 0": lambda: Planar(0),
    "Planar.from_parameters: w: expected finite values": lambda: Planar.from_parameters(
        NAN2, LOW, 0.0
    ),
    "Planar.from_parameters: u: expected finite values": lambda: Planar.from_parameters(
        LOW, NAN2, 0.0
    ),
    "Planar.from_parameters: b: expected finite values, got inf": lambda: Planar.from_parameters(
        LOW, LOW, math.inf
    ),
    r"Planar.from_parameters: u: expected shape \(2,\) .*, got \(3,\)": lambda: (
        Planar.from_parameters(LOW, torch.zeros(3), 0.0)
    ),
    r"Planar.from_parameters: w: expected shape \(4,\) .*, got \(2, 2\)": lambda: (
        Planar.from_parameters(EYE, LOW, 0.0)
    ),
    "Planar.from_parameters: u: expected .* dtype torch.float32, got .* torch.float64": lambda: (
        Planar.from_parameters(LOW, LOW.double(), 0.0)
    ),
    "Planar.from_parameters: u: expected wᵀu > −1, got -1": lambda: Planar.from_parameters(
        HIGH, -0.5 * HIGH, 0.0
    ),
    "Composition: bijection 2, Linear: expected d = 3, .*, got d = 2": lambda: Composition(
        Planar(3), Linear(EYE)
    ),
    r"Box: low: expected shape \(d,\), got \(2, 2\)": lambda: Box(EYE, EYE + 1),
    r"Box: high: expected shape \(2,\), that of low, got \(3,\)": lambda: Box(LOW, torch.ones(3)),
    r"Box: low, high: expected low < high, got \[1.0\] and \[1.0\]": lambda: Box(1.0, 1.0),
    "Box: low: expected finite values": lambda: Box(-math.inf, 1.0),
    "StandardNormal: d: expected at least 1, got 0": lambda: StandardNormal(0),
    "StandardUniform: d: expected at least 1, got -1": lambda: StandardUniform(-1),
    "Flow: bijections: expected d = 2, that of base, got 3": lambda: Flow(
        StandardNormal(2), Planar(3)
    ),
}
WRONG_TYPE = {
    r"Affine: loc: expected a floating tensor, got torch.int64": lambda: Affine(
        torch.tensor([1, 2]), 1.0
    ),
    "Linear: weight: expected a floating tensor, got list": lambda: Linear([[1.0]]),
    "Linear: weight: expected a floating tensor, got torch.int64": lambda: Linear(EYE.long()),
    "Linear: bias: expected dtype torch.float32, got torch.float64": lambda: Linear(
        EYE, torch.zeros(2, dtype=torch.float64)
    ),
    "Planar: d: expected an int, got tuple": lambda: Planar((2,)),
    "Planar.from_parameters: w: expected a floating tensor, got list": lambda: (
        Planar.from_parameters([1.0], LOW, 0.0)
    ),
    "Composition: bijection 1: expected a Bijection, got <built-in": lambda: Composition(torch.exp),
    "Inverse: bijection: expected a Bijection, got <class": lambda: Inverse(Exp),
    "Box: high: expected dtype torch.float32, got torch.float64": lambda: Box(LOW, HIGH.double()),
    "StandardNormal: d: expected an int, got float": lambda: StandardNormal(2.0),
    "Flow: base: expected a BaseDensity, .*, got Normal": lambda: Flow(
        torch.distributions.Normal(0.0, 1.0)
    ),
    "Composition: bijection 1: expected a Bijection, got Tanh": lambda: Flow(
        StandardNormal(2), torch.nn.Tanh()
    ),
}


@pytest.mark.parametrize("message", WRONG)
def test_constructors_refuse_values(message):
    with pytest.raises(ValueError, match=message):
        WRONG[message]()


@pytest.mark.parametrize("message", WRONG_TYPE)
def test_constructors_refuse_types(message):
    with pytest.raises(TypeError, match=message):
        WRONG_TYPE[message]()


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


def test_a_bool_is_no_dimension():
    with pytest.raises(TypeError, match="Planar: d: expected an int, got bool"):
        Planar(True)
