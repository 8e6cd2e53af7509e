"""Checks of chapter 3: determinants and volumes.

Areas are measured here by cross products of two sides or of the diagonals, masses by quadrature;
the determinant that an answer needs is never taken from the answer.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from nflib.course.check.compare import Sign
from nflib.course.check.engine import Question
from nflib.course.check.measure import constant, gaussian_points, plane
from nflib.course.check.variants import variant

SQUARE = torch.tensor([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=torch.float64)
MATRIX = torch.tensor([[2, 1], [0.5, 1.5]], dtype=torch.float64)  # determinant 2.5
TURNED = MATRIX[:, [1, 0]]  # determinant −2.5
NEGATIVE = Sign(lambda found, right, *_: found.isnan().any())  # the logarithm of a negative number
FACTOR = Sign(lambda found, right, *_: constant(found / right))


class Determinants(TorchDispatchMode):
    """While active, counts the determinants that PyTorch takes, and their logarithms."""

    seen = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.seen += "det." in str(function)
        return function(*args, **(kwargs or {}))


# --- 1. Corners and area of a parallelogram ----------------------------------------------------

q1 = Question("e03.q1", "corners(A)", "area(vertices)", tolerance=1e-5)
cross = lambda first, second: first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
of_sides = lambda v: cross(v[:, 1] - v[:, 0], v[:, 3] - v[:, 0]).abs()
of_diagonals = lambda v: cross(v[:, 2] - v[:, 0], v[:, 3] - v[:, 1]) / 2
parallelograms = lambda n, seed: images(gaussian_points(n, 2, 2, seed=seed))


def images(A: Tensor) -> Tensor:
    """The corners of A·[0, 1]², in order, shape (n, 4, 2)."""
    return torch.stack([A @ corner for corner in SQUARE], dim=1)


def quadrilaterals() -> Tensor:
    noise = torch.rand(100, 4, generator=torch.Generator().manual_seed(5)) * 0.8
    angles = math.pi / 2 * (torch.arange(4) + noise)
    return torch.stack([3 * angles.cos(), angles.sin()], dim=2).double()


q1.compares(
    "corners",
    "corners",
    lambda: [(torch.cat([MATRIX[None], gaussian_points(50, 2, 2, seed=1)]),)],
    images,
    tell=lambda _, found, right, A: {
        "corner": SQUARE[worst := (found - right)[0].abs().sum(1).argmax()],
        "image": found[0, worst],
    },
    mistakes={"rows": lambda A: images(A.mT), "zigzag": lambda A: images(A)[:, [0, 1, 3, 2]]},
)


@q1.step("sign")
def _(require, corners, area):
    values = area(parallelograms(50, seed=2), shape=(50,), watch=(taken := Determinants()))
    require((values >= 0).all(), count=(values < 0).sum())
    require(taken.seen == 0, "by_determinant")


for name, figures, right in (
    ("parallelograms", lambda: parallelograms(1000, seed=3), of_sides),
    ("translated", lambda: parallelograms(100, seed=4) + torch.tensor([3, -2]), of_sides),
    ("quadrilaterals", quadrilaterals, of_diagonals),
):
    q1.compares(name, "area", lambda f=figures: [(f(),)], right, mistakes={"factor": FACTOR})

# --- 2. The density of X = AZ ------------------------------------------------------------------

q2 = Question("e03.q2", "density_linear(x, A, base_density)", tolerance=1e-5)
gaussian = lambda z: torch.exp(-z.square().sum(1) / 2) / (2 * math.pi)
uniform = lambda z: ((z >= 0) & (z <= 1)).all(1).double()
power = lambda k: lambda x, A, base: base(x @ A.inverse().mT) * A.det().abs() ** k  # −1 is right
CENTRES = torch.tensor([[1.25, 0.75], [-1.25, 1.25], [0.25, 0.25]], dtype=torch.float64)
INSIDE, CELL = plane(0.25, 12)  # the same rule measures the masses of a square and of its image


@q2.step("sign")
def _(require, density):
    value = density(plane(4, 9)[0], TURNED, gaussian, shape=(81,)).min()
    require(value >= 0, value=value)


q2.compares(
    "mass",
    "density_linear",
    lambda: [(plane(14, 100)[0], MATRIX, gaussian)],
    lambda x, A, base: base(x),  # as every density, of mass 1
    through=lambda values, *_: values.sum() * plane(14, 100)[1],
    mistakes={
        "no_factor": power(0),
        "inverted": power(1),
        "twice": power(-2),
        "forward_matrix": lambda x, A, base: base(x @ A.mT) / A.det().abs(),
    },
)
q2.compares(
    "parallelograms",
    "density_linear",
    lambda: [((INSIDE + c) @ A.mT, A, gaussian, c) for A in (MATRIX, TURNED) for c in CENTRES],
    lambda x, A, base, centre: base(INSIDE + centre) / A.det().abs(),
    hidden=1,
    through=lambda values, x, A, *_: values.sum() * CELL * A.det().abs(),
    tell=lambda _, found, right, *case: {"low": case[-1] - 0.25, "high": case[-1] + 0.25},
    mistakes={"forward_matrix": lambda x, A, base: base(x @ A.mT) * A.det().abs()},
)
q2.compares(
    "base",
    "density_linear",
    lambda: [((plane(0.45, 6)[0] + 0.5) @ MATRIX.mT, MATRIX, uniform)],
    lambda x, A, base: torch.full_like(x[:, 0], 0.4),
)

# --- 3. log|det A| that survives ---------------------------------------------------------------

q3 = Question("e03.q3", "log_abs_det(A)", tolerance=1e-5, alike=1e-4, finite=False)
q3.compares(
    "small",
    "log_abs_det",
    lambda: [(A,) for A in gaussian_points(20, 3, 3, seed=6)],
    lambda A: (torch.linalg.cross(A[0], A[1]) * A[2]).sum().abs().log(),
    stacked=True,
    mistakes={
        "negative": NEGATIVE,
        "no_log": (torch.linalg.det, lambda A: A.det().abs()),
        "of_gram": lambda A: (A.mT @ A).det().log(),
        "base": FACTOR,
    },
)
for kind, d, seed in (("float32", 200, 7), ("float64", 400, 8)):
    A = gaussian_points(d, d, seed=seed).to(getattr(torch, kind))
    q3.compares(
        kind,
        "log_abs_det",
        lambda A=A: [(A,)],
        lambda A: torch.linalg.slogdet(A.double()).logabsdet,
        tolerance=1e-4,
    )


@q3.step("own")
def _(require, log_abs_det):
    log_abs_det(MATRIX, shape=(), watch=(taken := Determinants()))
    require(taken.seen == 0, "by_determinant")


# --- 4. The matrix determinant lemma -----------------------------------------------------------

q4 = Question("e03.q4", "log_abs_det_rank1(u, w, s)", tolerance=1e-5, alike=1e-4, finite=False)
DIMS = (1, 2, 5, 64)
lemma = lambda u, w, s: 1 + s * (u * w).sum(1)


class Largest(TorchDispatchMode):
    """While active, remembers the number of entries of the largest tensor that was made."""

    seen = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        made = function(*args, **(kwargs or {}))
        for tensor in made if isinstance(made, tuple | list) else (made,):
            if isinstance(tensor, Tensor):
                self.seen = max(self.seen, tensor.numel())
        return made


def whole(u: Tensor, w: Tensor, s: Tensor) -> Tensor:
    outer = s[:, None, None] * u[:, :, None] * w[:, None, :]
    return torch.linalg.slogdet(torch.eye(u.shape[1], dtype=u.dtype) + outer).logabsdet


q4.compares(
    "values",
    "log_abs_det_rank1",
    lambda: [(*gaussian_points(2, 40, d, seed=d), gaussian_points(40, seed=100 + d)) for d in DIMS],
    whole,
    tell=lambda _, found, right, u, w, s: {"d": u.shape[1]},
    mistakes={
        "negative": NEGATIVE,
        "no_log": (lemma, lambda u, w, s: lemma(u, w, s).abs()),
        "no_s": lambda u, w, s: lemma(u, w, 1).abs().log(),
        "one_sum": lambda u, w, s: (1 + s * (u * w).sum()).abs().log(),
    },
)


@q4.step("cost")
def _(require, log_abs_det_rank1):
    u, w = gaussian_points(2, 2, 300, seed=9)
    largest = Largest()
    log_abs_det_rank1(u, w, torch.ones(2, dtype=torch.float64), shape=(2,), watch=largest)
    require(largest.seen <= 10 * 2 * 300, entries=largest.seen)


# --- 5. With data of one's own -----------------------------------------------------------------

q5 = Question("e03.q5", "student", "image_area", "height")
det = lambda student: variant("e03.q5", student).det().item()


@q5.step("student")
def _(require, student, *_):
    require(len(str(student)) > 3)


q5.computes(
    "area",
    "image_area",
    lambda student, *_: 3 * abs(det(student)),
    mistakes={
        "signed": lambda student, *_: 3 * det(student),
        "of_square": lambda student, *_: abs(det(student)),
        "squared": lambda student, *_: 9 * abs(det(student)),
    },
)
q5.computes(
    "height",
    "height",
    lambda student, *_: 1 / (3 * abs(det(student))),
    mistakes={
        "grows": lambda student, *_: 3 * abs(det(student)),
        "of_square": lambda student, *_: 1 / abs(det(student)),
    },
)

# --- 6. On paper -------------------------------------------------------------------------------

q6 = Question("e03.q6", "proof")
q6.reads("proof", "proof", criteria=3)
