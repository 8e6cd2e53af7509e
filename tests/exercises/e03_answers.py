"""Answers that students give to the exercises of chapter 3, wrong and right.

EQUIVALENT lists the mutants of the solutions that are right answers, with the reason.
"""

import math

import numpy as np
import torch

from tests.exercises.answers import Right, Wrong

inv, det, norm = torch.linalg.inv, torch.linalg.det, torch.linalg.norm
SQUARE = torch.tensor([[0.0, 0], [1, 0], [1, 1], [0, 1]], dtype=torch.float64)


def corners(A):
    return SQUARE @ A.mT


def shoelace(v):
    x, y = v.unbind(2)
    return (x * y.roll(-1, 1) - y * x.roll(-1, 1)).sum(1) / 2


def area(v):
    return shoelace(v).abs()


def two_sides(v):
    (x1, y1), (x2, y2) = ((v[:, k] - v[:, 0]).unbind(1) for k in (1, 3))
    return (x1 * y2 - x2 * y1).abs()


Q1 = [
    ("rows for columns", "corners", "not its first row", (lambda A: SQUARE @ A, area)),
    (
        "corners in zigzag",
        "corners",
        "crosses the figure",
        (lambda A: corners(A)[:, [0, 1, 3, 2]], area),
    ),
    (
        "the diagonal alone",
        "corners",
        "two columns",
        (lambda A: SQUARE * A.diagonal(dim1=1, dim2=2)[:, None], area),
    ),
    ("a signed area", "sign", "in which direction", (corners, shoelace)),
    ("not halved", "parallelograms", "the same factor", (corners, lambda v: 2 * area(v))),
    (
        "the product of the sides",
        "parallelograms",
        "Tilt a side",
        (corners, lambda v: norm(v[:, 1] - v[:, 0], dim=1) * norm(v[:, 2] - v[:, 1], dim=1)),
    ),
    (
        "the polygon left open",
        "translated",
        "from the last vertex",
        (
            corners,
            lambda v: (v[:, :-1, 0] * v[:, 1:, 1] - v[:, :-1, 1] * v[:, 1:, 0]).sum(1).abs() / 2,
        ),
    ),
    ("two sides only", "quadrilaterals", "two different triangles", (corners, two_sides)),
]


def corners_from_columns(A):
    first, second = A[:, :, 0], A[:, :, 1]
    return torch.stack([torch.zeros_like(first), first, first + second, second], dim=1)


def corners_in_a_loop(A):
    return np.array([[(M @ z).tolist() for z in SQUARE.numpy()] for M in A.numpy()])


def two_triangles(v):
    a, b, c = ((v[:, k] - v[:, 0]) for k in (1, 2, 3))
    first, second = (torch.stack(pair, dim=2) for pair in ((a, b), (b, c)))
    return (det(first).abs() + det(second).abs()) / 2


def area_in_a_loop(v):
    found = []
    for polygon in v.tolist():
        total = 0.0
        for (x1, y1), (x2, y2) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
            total += (x1 - x2) * (y1 + y2) / 2
        found.append(abs(total))
    return torch.tensor(found)  # float32


def at(x, A, base, factor):
    return base(x @ inv(A).mT) * factor


def gaussian_image(x, A, base):
    law = torch.distributions.MultivariateNormal(torch.zeros(2, dtype=A.dtype), A @ A.mT)
    return law.log_prob(x).exp()


Q2 = [
    ("no absolute value", "sign", "orientation", (lambda x, A, base: at(x, A, base, det(inv(A))),)),
    ("no factor", "mass", "Which factor lowers", (lambda x, A, base: at(x, A, base, 1.0),)),
    (
        "multiplied by |det A|",
        "mass",
        "upside down",
        (lambda x, A, base: at(x, A, base, det(A).abs()),),
    ),
    (
        "the factor twice",
        "mass",
        "counted twice",
        (lambda x, A, base: at(x, A, base, det(A).abs() ** -2),),
    ),
    (
        "A instead of its inverse",
        "mass",
        "Which matrix leads",
        (lambda x, A, base: base(x @ A.mT) / det(A).abs(),),
    ),
    (
        "the root of the determinant",
        "mass",
        "area of the image",
        (lambda x, A, base: at(x, A, base, det(A).abs() ** -0.5),),
    ),
    (
        "the inverse not transposed",
        "parallelograms",
        "its place is not",
        (lambda x, A, base: base(x @ inv(A)) / det(A).abs(),),
    ),
    ("always a Gaussian", "base", "one base only", (gaussian_image,)),
]


def linear_by_hand(x, A, base):
    (a, c), (b, d) = A.tolist()
    W = torch.tensor([[d, -c], [-b, a]], dtype=x.dtype) / (a * d - b * c)
    return torch.stack([base((W @ point)[None])[0] for point in x]) / abs(a * d - b * c)


Q3 = [
    (
        "no absolute value",
        "small",
        "negative number",
        (lambda A: torch.linalg.qr(A).R.diagonal().log().sum(),),
    ),
    ("no logarithm", "small", "That is the determinant", (lambda A: det(A).abs(),)),
    ("of the Gram matrix", "small", "of which matrix", (lambda A: det(A.mT @ A).log(),)),
    ("a decimal logarithm", "small", "which base", (lambda A: det(A).abs().log10(),)),
    ("not factorised", "small", "triangular", (lambda A: A.diagonal().abs().log().sum(),)),
    ("log after det", "float32", "does not fit", (lambda A: det(A).abs().log(),)),
    ("det in double", "float64", "only move the limit", (lambda A: det(A.double()).abs().log(),)),
]


def gauss(A):
    A, total = A.clone(), 0.0
    for k in range(len(A)):
        pivot = k + int(A[k:, k].abs().argmax())
        A[[k, pivot]] = A[[pivot, k]]
        total += math.log(abs(A[k, k].item()))
        A[k + 1 :] -= torch.outer(A[k + 1 :, k] / A[k, k], A[k])
    return total


def inner(u, w):
    return (u * w).sum(1)


def whole(u, w, s):
    matrices = torch.eye(u.shape[1], dtype=u.dtype) + s[:, None, None] * u[:, :, None] * w[:, None]
    return torch.linalg.slogdet(matrices).logabsdet


Q4 = [
    (
        "an elementwise product",
        "shape",
        "one value for each",
        (lambda u, w, s: (1 + s[:, None] * u * w).abs().log(),),
    ),
    (
        "no absolute value",
        "values",
        "negative for some",
        (lambda u, w, s: (1 + s * inner(u, w)).log(),),
    ),
    (
        "no logarithm",
        "values",
        "without the logarithm",
        (lambda u, w, s: (1 + s * inner(u, w)).abs(),),
    ),
    ("s forgotten", "values", "s = 1", (lambda u, w, s: (1 + inner(u, w)).abs().log(),)),
    (
        "one sum for all",
        "values",
        "share one product",
        (lambda u, w, s: (1 + s * (u * w).sum()).abs().log(),),
    ),
    ("no 1", "values", "Try d = 1", (lambda u, w, s: (s * inner(u, w)).abs().log(),)),
    ("the whole matrix", "cost", "expensive", (whole,)),
]

WRONG = [
    Wrong(f"e03.q{number}", *answer)
    for number, answers in enumerate((Q1, Q2, Q3, Q4), start=1)
    for answer in answers
]

RIGHT = [
    Right("e03.q1", "columns, two triangles", (corners_from_columns, two_triangles)),
    Right("e03.q1", "loops, NumPy, trapezoids", (corners_in_a_loop, area_in_a_loop)),
    Right(
        "e03.q1",
        "half the product of the diagonals",
        (
            lambda A: torch.einsum("nij,kj->nki", A, SQUARE),
            lambda v: det(torch.stack([v[:, 2] - v[:, 0], v[:, 3] - v[:, 1]], 1)).abs() / 2,
        ),
    ),
    Right(
        "e03.q2",
        "solving instead of inverting",
        (lambda x, A, base: base(torch.linalg.solve(A, x.mT).mT) / det(A).abs(),),
    ),
    Right("e03.q2", "by hand, point by point", (linear_by_hand,)),
    Right(
        "e03.q2",
        "with logarithms",
        (
            lambda x, A, base: torch.exp(
                base(x @ inv(A).mT).log() - torch.linalg.slogdet(A).logabsdet
            ),
        ),
    ),
    Right(
        "e03.q3",
        "LU",
        (lambda A: torch.linalg.lu_factor(A).LU.diagonal().abs().log().sum(),),
    ),
    Right("e03.q3", "singular values", (lambda A: torch.linalg.svdvals(A).log().sum(),)),
    Right("e03.q3", "eigenvalues", (lambda A: torch.linalg.eigvals(A).abs().log().sum(),)),
    Right("e03.q3", "elimination by hand", (gauss,)),
    Right(
        "e03.q3",
        "NumPy",
        (lambda A: np.log(np.abs(np.diagonal(np.linalg.qr(A.numpy())[1]))).sum(),),
    ),
    Right(
        "e03.q4",
        "einsum",
        (lambda u, w, s: torch.log(torch.abs(1 + s * torch.einsum("nd,nd->n", u, w))),),
    ),
    Right(
        "e03.q4",
        "a loop of dot products",
        (
            lambda u, w, s: torch.stack(
                [(1 + s[k] * (u[k] @ w[k])).abs().log() for k in range(len(s))]
            ),
        ),
    ),
    Right(
        "e03.q4",
        "NumPy",
        (lambda u, w, s: np.log(np.abs(1 + s.numpy() * (u.numpy() * w.numpy()).sum(1))),),
    ),
]

EQUIVALENT = {
    "following = vertices.roll(-1, dims=1) -> following = vertices.roll(1, dims=1)": "the walk in "
    "the opposite direction; its absolute value is taken",
}
