"""Answers that students give to the exercises of chapter 4, wrong and right.

EQUIVALENT lists the mutants of the solutions that are right answers, with the reason.
"""

import math
from functools import partial

import numpy as np
import torch
from scipy import stats
from torch.func import jacfwd, jacrev, vmap

from tests.exercises.answers import right, wrong

exp, log, stack = torch.exp, torch.log, torch.stack

WRONG, RIGHT = [], []


def normal(z):
    return exp(-(z**2).sum(-1) / 2) / (2 * math.pi) ** (z.shape[-1] / 2)


def jacobians(x, g):
    return vmap(jacrev(g))(x)


def log_det(matrices):
    return torch.linalg.slogdet(matrices).logabsdet


# --- e04.q1 ------------------------------------------------------------------------------------


def no_absolute_value(x, f_inv, base):
    return base(f_inv(x)) + torch.linalg.det(jacobians(x, f_inv)).log()


def two_by_two(x, f_inv, base):
    J = jacobians(x, f_inv)
    return base(f_inv(x)) + (J[:, 0, 0] * J[:, 1, 1] - J[:, 0, 1] * J[:, 1, 0]).abs().log()


def hard_coded_base(x, f_inv, base):
    return normal(f_inv(x)).log() + log_det(jacobians(x, f_inv))


def in_a_loop(x, f_inv, base):
    found = []
    for point in x:
        J = torch.autograd.functional.jacobian(f_inv, point)
        found.append(base(f_inv(point[None]))[0] + math.log(abs(np.linalg.det(J.numpy()))))
    return torch.tensor(found, dtype=torch.float64)


def from_singular_values(x, f_inv, base):
    return base(f_inv(x)) + torch.linalg.svdvals(vmap(jacfwd(f_inv))(x)).log().sum(-1)


def by_rows(x, f_inv, base):
    x = x.requires_grad_()
    z = f_inv(x)
    rows = [torch.autograd.grad(part.sum(), x, retain_graph=True)[0] for part in z.unbind(-1)]
    return base(z) + torch.linalg.det(stack(rows, -2)).abs().log()


q1 = partial(wrong, "e04.q1")
WRONG += [
    q1(
        "the terms multiplied",
        "rotation",
        "otherwise",
        logpdf=lambda x, g, base: base(g(x)) * log_det(jacobians(x, g)),
    ),
    q1("no absolute value", "orientation", "otherwise", logpdf=no_absolute_value),
    q1(
        "the Jacobian at z",
        "pointwise",
        "otherwise",
        logpdf=lambda x, g, base: base(g(x)) + log_det(jacobians(g(x), g)),
    ),
    q1("the determinant of 2 by 2 matrices", "dimension", "otherwise", logpdf=two_by_two),
    q1("a Gaussian base, whatever is given", "base", "otherwise", logpdf=hard_coded_base),
]
r1 = partial(right, "e04.q1")
RIGHT += [
    r1("a loop, NumPy", logpdf=in_a_loop),
    r1("singular values, forward mode", logpdf=from_singular_values),
    r1("the rows by autograd", logpdf=by_rows),
]

# --- e04.q2 ------------------------------------------------------------------------------------


def bm(u):
    radius, angle = torch.sqrt(-2 * log(u[:, 0])), 2 * math.pi * u[:, 1]
    return stack([radius * torch.cos(angle), radius * torch.sin(angle)], -1)


def by_complex_numbers(u):
    u = u.numpy()
    x = np.sqrt(-2 * np.log(u[:, 0])) * np.exp(2j * np.pi * u[:, 1])
    return np.stack([x.real, x.imag], axis=1)


def automatic(u):
    return torch.linalg.det(jacobians(u, lambda v: bm(v[None])[0]))


q2 = partial(wrong, "e04.q2")
WRONG += [
    q2(
        "a decimal logarithm",
        "radius",
        "otherwise",
        box_muller=lambda u: bm(u) / math.sqrt(math.log(10)),
    ),
    q2("sine and cosine exchanged", "angle", "otherwise", box_muller=lambda u: bm(u).flip(-1)),
    q2(
        "the angle not differentiated",
        "determinant",
        "otherwise",
        box_muller_det=lambda u: -1 / u[:, 0],
    ),
    q2("a negative density", "sign", "hint", box_muller_density=lambda x: -normal(x)),
    q2(
        "no half in the exponent",
        "mass",
        "otherwise",
        box_muller_density=lambda x: exp(-(x**2).sum(-1)) / (2 * math.pi),
    ),
    q2(
        "a normalised density of another law",
        "regions",
        "otherwise",
        box_muller_density=lambda x: normal(x / 1.1) / 1.21,
    ),
]
r2 = partial(right, "e04.q2")
RIGHT += [
    r2(
        "complex numbers, NumPy",
        box_muller=by_complex_numbers,
        box_muller_det=lambda u: -math.tau / u[:, 0].numpy(),
        box_muller_density=lambda x: normal(x).numpy(),
    ),
    r2(
        "the automatic Jacobian, scipy",
        box_muller=bm,
        box_muller_det=automatic,
        box_muller_density=lambda x: stats.multivariate_normal(np.zeros(2)).pdf(x.numpy()),
    ),
]

# --- e04.q3 ------------------------------------------------------------------------------------


def bend(x, b):
    return stack([x[:, 0], x[:, 1] + b * x[:, 0] ** 2], -1)


def with_a_length(x, b):
    return normal(bend(x, -b)) / torch.sqrt(1 + (2 * b * x[:, 0]) ** 2)


def only_shifted(x, b):
    return normal(x - torch.tensor([0, b], dtype=x.dtype))


def of_two_factors(x, b):
    first, second = x[:, 0].numpy(), x[:, 1].numpy()
    return stats.norm.pdf(first) * stats.norm.pdf(second, loc=b * first**2)


def banana_in_a_loop(x, b):
    return torch.tensor(
        [math.exp(-(p * p + (q - b * p * p) ** 2) / 2) / math.tau for p, q in x.tolist()],
        dtype=torch.float64,
    )


q3 = partial(wrong, "e04.q3")
WRONG += [
    q3("a length for a determinant", "mass", "otherwise", banana_density=with_a_length),
    q3(
        "f instead of its inverse",
        "mean",
        "upside_down",
        banana_density=lambda x, b: normal(bend(x, b)),
    ),
    q3(
        "the coordinates exchanged",
        "mean",
        "exchanged",
        banana_density=lambda x, b: normal(bend(x.flip(-1), -b)),
    ),
    q3("the base at x", "mean", "unmoved", banana_density=lambda x, b: normal(x)),
    q3("b left out", "mean", "otherwise", banana_density=lambda x, b: normal(bend(x, -1))),
    q3("a shift without a bend", "points", "otherwise", banana_density=only_shifted),
]
r3 = partial(right, "e04.q3")
RIGHT += [
    r3("two factors, scipy", banana_density=of_two_factors),
    r3("a loop with math", banana_density=banana_in_a_loop),
]

# --- e04.q4 ------------------------------------------------------------------------------------


def f(z):
    return stack([exp(z[:, 0]), 2 * z[:, 1] + 1], -1)


def grid(low, high, n=200):
    steps = (torch.arange(n, dtype=low.dtype) + 0.5) / n
    return low + (high - low) * torch.cartesian_prod(steps, steps), (high - low).prod() / n**2


def back(x):
    return stack([log(x[:, 0]), (x[:, 1] - 1) / 2], -1)


def one_stretch(low, high):
    x, area = grid(low, high)
    return (normal(back(x)) / x[:, 0]).sum() * area


def counted_in_a_loop(z, low, high):
    count = 0
    for first, second in z.tolist():
        x = (math.exp(first), 2 * second + 1)
        count += all(a < v < b for a, v, b in zip(low.tolist(), x, high.tolist(), strict=True))
    return count / len(z)


def with_cdfs(low, high):
    ends = np.array([[math.log(x[0]), (x[1] - 1) / 2] for x in (low.tolist(), high.tolist())])
    return np.prod(np.diff(stats.norm.cdf(ends), axis=0))


def carried_back(low, high):
    """The same mass among the z, where the density is the base's."""
    z, area = grid(*back(stack([low, high])))
    return (normal(z).sum() * area).float()


q4 = partial(wrong, "e04.q4")
WRONG += [
    q4(
        "two sides of four",
        "samples",
        "otherwise",
        by_samples=lambda z, low, high: (low <= f(z)).all(-1).double().mean(),
    ),
    q4("one coordinate's stretch", "integral", "otherwise", by_integral=one_stretch),
]
r4 = partial(right, "e04.q4")
RIGHT += [
    r4("a loop, and cdfs", by_samples=counted_in_a_loop, by_integral=with_cdfs),
    r4("carried back to z, float32", by_integral=carried_back),
]

# --- e04.q5 ------------------------------------------------------------------------------------


def parts(z, c):
    x = z + c * torch.tanh(z)
    return x, 1 + c / torch.cosh(z) ** 2, exp((z**2 - x**2) / 2)


def no_square(z, c):
    return ((1 + c / torch.cosh(z)).abs() * parts(z, c)[2]).mean()


def rising(z, c):
    _, slope, ratio = parts(z, c)
    return (slope.clamp_min(0) * ratio).mean()


def half(z, c):
    _, slope, ratio = parts(z[::2], c)
    return (slope.abs() * ratio).mean()


def counter_with_scipy(z, c):
    z = z.numpy()
    x = z + c * np.tanh(z)
    return np.mean(stats.norm.pdf(x) / stats.norm.pdf(z) * abs(1 + c - c * np.tanh(z) ** 2))


def counter_with_autograd(z, c):
    slope = vmap(torch.func.grad(lambda v: v + c * torch.tanh(v)))(z)
    x, law = z + c * torch.tanh(z), torch.distributions.Normal(0.0, 1.0)
    return (law.log_prob(x) - law.log_prob(z) + slope.abs().log()).exp().mean()


q5 = partial(wrong, "e04.q5")
WRONG += [
    q5("no square in the derivative", "injective", "otherwise", preimage_counter=no_square),
    q5("only the branches that rise", "folded", "otherwise", preimage_counter=rising),
    q5("half of the samples", "average", "otherwise", preimage_counter=half),
]
r5 = partial(right, "e04.q5")
RIGHT += [
    r5("scipy, NumPy", preimage_counter=counter_with_scipy),
    r5("autograd, logarithms", preimage_counter=counter_with_autograd),
]

# --- e04.q6, e04.q7 ----------------------------------------------------------------------------

WRONG += [
    wrong("e04.q6", "a step in words", "line", "options", line="four"),
    wrong("e04.q6", "the quartile", "mode", "otherwise", mode=0.5094),
    wrong("e04.q7", "a prediction in words", "predicted", "numbers", predicted="a half"),
    wrong("e04.q7", "two letters", "explanation", "options", explanation="C, D"),
]
r7 = partial(right, "e04.q7")
RIGHT += [
    right("e04.q6", "rounded, a tensor", mode=torch.tensor(0.36788)),
    right("e04.q6", "a small letter", mode=np.exp(-1), statement=" b)"),
    r7("foreseen", predicted=0.52, explanation="(d)"),
    r7("a diffeomorphism expected", predicted=1),
    r7("counted twice", predicted=2.0),
]

EQUIVALENT = {
    **dict.fromkeys(("guess = 0.5 -> guess = 1.5", "guess = 0.5 -> guess = 0"), "no mistake"),
    "x, area = cells(low, high) -> x, area = cells(high, low)": "the same cells, counted backwards",
}
