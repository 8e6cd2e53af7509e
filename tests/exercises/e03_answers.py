"""Answers that students give to the exercises of chapter 3, wrong and right.

EQUIVALENT lists the mutants of the solutions that are right answers, with the reason.
"""

import math
from functools import partial

import numpy as np
import torch

from nflib.course.check.variants import variant
from tests.exercises.answers import right, wrong

inv, det, norm = torch.linalg.inv, torch.linalg.det, torch.linalg.norm
SQUARE = torch.tensor([[0.0, 0], [1, 0], [1, 1], [0, 1]], dtype=torch.float64)
WRONG, RIGHT = [], []

# --- e03.q1 ------------------------------------------------------------------------------------


def signed(v):
    x, y = v.unbind(2)
    return (x * y.roll(-1, 1) - y * x.roll(-1, 1)).sum(1) / 2


def left_open(v):
    return (v[:, :-1, 0] * v[:, 1:, 1] - v[:, :-1, 1] * v[:, 1:, 0]).sum(1).abs() / 2


def two_sides(v):
    (x1, y1), (x2, y2) = ((v[:, k] - v[:, 0]).unbind(1) for k in (1, 3))
    return (x1 * y2 - x2 * y1).abs()


def corners_from_columns(A):
    first, second = A[:, :, 0], A[:, :, 1]
    return torch.stack([torch.zeros_like(first), first, first + second, second], dim=1)


def corners_in_a_loop(A):
    return np.array([[(M @ z).tolist() for z in SQUARE.numpy()] for M in A.numpy()])


def two_triangles(v):
    a, b, c = ((v[:, k] - v[:, 0]) for k in (1, 2, 3))
    return (cross(a, b).abs() + cross(b, c).abs()) / 2


def area_in_a_loop(v):
    found = []
    for polygon in v.tolist():
        total = 0.0
        for (x1, y1), (x2, y2) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
            total += (x1 - x2) * (y1 + y2) / 2
        found.append(abs(total))
    return torch.tensor(found)  # float32


q1 = partial(wrong, "e03.q1")
diagonal_alone = lambda A: SQUARE * A.diagonal(dim1=1, dim2=2)[:, None]
product_of_sides = lambda v: norm(v[:, 1] - v[:, 0], dim=1) * norm(v[:, 2] - v[:, 1], dim=1)
WRONG += [
    q1("the diagonal alone", "corners", "otherwise", corners=diagonal_alone),
    q1("by a determinant", "sign", "by_determinant", area=lambda v: by_det(v)),
    q1("a signed area", "sign", "hint", area=signed),
    q1("not halved", "parallelograms", "factor", area=lambda v: 2 * signed(v).abs()),
    q1("the product of the sides", "parallelograms", "otherwise", area=product_of_sides),
    q1("the polygon left open", "translated", "otherwise", area=left_open),
    q1("two sides only", "quadrilaterals", "otherwise", area=two_sides),
]
r1 = partial(right, "e03.q1")
einsum = lambda A: torch.einsum("nij,kj->nki", A, SQUARE)
cross = lambda a, b: a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
diagonals = lambda v: cross(v[:, 2] - v[:, 0], v[:, 3] - v[:, 1]).abs() / 2
by_det = lambda v: det(torch.stack([v[:, 2] - v[:, 0], v[:, 3] - v[:, 1]], 1)).abs() / 2
RIGHT += [
    r1("columns, two triangles", corners=corners_from_columns, area=two_triangles),
    r1("loops, NumPy, trapezoids", corners=corners_in_a_loop, area=area_in_a_loop),
    r1("half the product of the diagonals", corners=einsum, area=diagonals),
]

# --- e03.q2 ------------------------------------------------------------------------------------


def gaussian_image(x, A, base):
    law = torch.distributions.MultivariateNormal(torch.zeros(2, dtype=A.dtype), A @ A.mT)
    return law.log_prob(x).exp()


def by_hand(x, A, base):
    (a, c), (b, d) = A.tolist()
    W = torch.tensor([[d, -c], [-b, a]], dtype=x.dtype) / (a * d - b * c)
    return torch.stack([base((W @ point)[None])[0] for point in x]) / abs(a * d - b * c)


def with_logarithms(x, A, base):
    return torch.exp(base(x @ inv(A).mT).log() - torch.linalg.slogdet(A).logabsdet)


q2 = lambda what, step, hint, f: wrong("e03.q2", what, step, hint, density_linear=f)
WRONG += [
    q2("signed", "sign", "hint", lambda x, A, base: base(x @ inv(A).mT) / det(A)),
    q2("root", "mass", "otherwise", lambda x, A, p: p(x @ inv(A).mT) / det(A).abs().sqrt()),
    q2("x @ W", "parallelograms", "otherwise", lambda x, A, base: base(x @ inv(A)) / det(A).abs()),
    q2("always a Gaussian", "base", "otherwise", gaussian_image),
]
r2 = lambda what, f: right("e03.q2", what, density_linear=f)
RIGHT += [
    r2("solving", lambda x, A, base: base(torch.linalg.solve(A, x.mT).mT) / det(A).abs()),
    r2("by hand, point by point", by_hand),
    r2("with logarithms", with_logarithms),
]

# --- e03.q3 ------------------------------------------------------------------------------------


def elimination(A):
    A, total = A.clone(), 0.0
    for k in range(len(A)):
        pivot = k + int(A[k:, k].abs().argmax())
        A[[k, pivot]] = A[[pivot, k]]
        total += math.log(abs(A[k, k].item()))
        A[k + 1 :] -= torch.outer(A[k + 1 :, k] / A[k, k], A[k])
    return total


q3 = lambda what, step, hint, f: wrong("e03.q3", what, step, hint, log_abs_det=f)
triangular = lambda A: torch.linalg.qr(A).R.diagonal()
WRONG += [
    q3("no absolute value", "small", "negative", lambda A: triangular(A).log().sum()),
    q3("a decimal logarithm", "small", "base", lambda A: det(A).abs().log10()),
    q3("not factorised", "small", "otherwise", lambda A: A.diagonal().abs().log().sum()),
    q3("log after det", "float32", "otherwise", lambda A: det(A).abs().log()),
    q3("slogdet", "own", "by_determinant", lambda A: torch.linalg.slogdet(A).logabsdet),
    q3("logdet", "own", "by_determinant", lambda A: torch.logdet(A.T.double() @ A.double()) / 2),
    q3("det in double", "float64", "otherwise", lambda A: det(A.double()).abs().log()),
]
r3 = lambda what, f: right("e03.q3", what, log_abs_det=f)
RIGHT += [
    r3("LU", lambda A: torch.linalg.lu_factor(A).LU.diagonal().abs().log().sum()),
    r3("singular values", lambda A: torch.linalg.svdvals(A).log().sum()),
    r3("eigenvalues", lambda A: torch.linalg.eigvals(A).abs().log().sum()),
    r3("elimination by hand", elimination),
    r3("NumPy", lambda A: np.log(np.abs(np.diagonal(np.linalg.qr(A.numpy())[1]))).sum()),
]

# --- e03.q4 ------------------------------------------------------------------------------------


def whole(u, w, s):
    matrices = torch.eye(u.shape[1], dtype=u.dtype) + s[:, None, None] * u[:, :, None] * w[:, None]
    return torch.linalg.slogdet(matrices).logabsdet


def by_dot_products(u, w, s):
    return torch.stack([(1 + s[k] * (u[k] @ w[k])).abs().log() for k in range(len(s))])


q4 = lambda what, step, hint, f: wrong("e03.q4", what, step, hint, log_abs_det_rank1=f)
inner = lambda u, w: (u * w).sum(1)
WRONG += [
    q4("elementwise", "shape", "", lambda u, w, s: (1 + s[:, None] * u * w).abs().log()),
    q4("no absolute value", "values", "negative", lambda u, w, s: (1 + s * inner(u, w)).log()),
    q4("no 1", "values", "otherwise", lambda u, w, s: (s * inner(u, w)).abs().log()),
    q4("the whole matrix", "cost", "hint", whole),
]
r4 = lambda what, f: right("e03.q4", what, log_abs_det_rank1=f)
RIGHT += [
    r4("einsum", lambda u, w, s: torch.log(torch.abs(1 + s * torch.einsum("nd,nd->n", u, w)))),
    r4("a loop of dot products", by_dot_products),
    r4("NumPy", lambda u, w, s: np.log(np.abs(1 + s.numpy() * (u.numpy() * w.numpy()).sum(1)))),
]

# --- 5. With data of one's own ------------------------------------------------------------------

q5 = lambda what, step, hint, **given: wrong("e03.q5", what, step, hint, **given)
WRONG += [
    q5("no number", "student", "hint", student=""),
    q5("a text in place of the area", "area", "value", image_area="3 * 2.5"),
    q5("any area", "area", "otherwise", image_area=1.0),
    q5("any height", "height", "otherwise", height=1.0),
]
area = 3 * abs(torch.linalg.det(variant("e03.q5", "1234567"))).item()
RIGHT += [
    right("e03.q5", "rounded", image_area=round(area, 3), height=round(1 / area, 5)),
    right("e03.q5", "a tensor of one entry", image_area=torch.tensor([area]).squeeze()),
    right("e03.q5", "its number with dots", student="1.234.567"),
]

# --- 6. On paper --------------------------------------------------------------------------------

q6 = lambda what, hint, proof: wrong("e03.q6", what, "proof", hint, proof=proof)
WRONG += [q6("nothing", "short", ""), q6("the result alone", "short", "|det A| = c^d")]
RIGHT += [
    right("e03.q6", "words", proof="each axis is stretched by c and then turned or reflected " * 2)
]

EQUIVALENT = {
    "following = vertices.roll(-1, dims=1) -> following = vertices.roll(1, dims=1)": "the walk in "
    "the opposite direction; its absolute value is taken",
}
