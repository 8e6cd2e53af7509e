"""Answers that students give to the exercises of chapter 8, wrong and right.

EQUIVALENT lists the mutants of the solutions that are right answers, with the reason.
"""

import math
from functools import partial

import numpy as np
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence
from torch.func import jacrev, vmap
from torch.optim.lr_scheduler import OneCycleLR

from nflib import (
    MLP,
    Affine,
    Flow,
    MaskedSplineAutoregressive,
    Permutation,
    SplineCoupling,
    StandardNormal,
    fit,
)
from tests.exercises.answers import right, solution, wrong

exp, stack, where = torch.exp, torch.stack, torch.where

WRONG, RIGHT = [], []

# --- e08.q1 ------------------------------------------------------------------------------------


def to_x(z, mask, net):
    s, t = net(z * mask)
    return mask * z + (1 - mask) * (z * exp(s) + t)


def log_scales(z, mask, net):
    return (net(z * mask)[0] * (1 - mask)).sum(1)


def no_shift(z, mask, net):
    return mask * z + (1 - mask) * z * exp(net(z * mask)[0])


def network_fed_with_the_rest(x, mask, net):
    s, t = net(x * (1 - mask))
    return mask * x + (1 - mask) * (x - t) / exp(s)


def point_by_point(z, mask, net):
    s, t = net(mask * z)
    x = z.numpy().copy()
    for row in range(len(z)):
        for i in range(z.shape[1]):
            if mask[i] == 0:
                x[row, i] = x[row, i] * math.exp(s[row, i]) + t[row, i]
    return x


def by_slices(x, mask, net):
    s, t = net(where(mask > 0, x, torch.zeros_like(x)))
    z, changed = x.clone(), mask < 1
    z[:, changed] = (x[:, changed] - t[:, changed]) / s[:, changed].exp()
    return z


def by_iteration(x, mask, net):
    """Solved again and again, as one would without knowing that x_A = z_A."""
    z = x
    for _ in range(3):
        s, t = net(mask * z)
        z = where(mask == 1, x, (x - t) * exp(-s))
    return z


def by_the_jacobian(z, mask, net):
    J = vmap(jacrev(lambda p: to_x(p, mask, net)))(z)
    return torch.linalg.slogdet(J).logabsdet


q1 = partial(wrong, "e08.q1")
WRONG += [
    q1("the mask negated", "unchanged", "otherwise", forward=lambda z, m, net: to_x(z, 1 - m, net)),
    q1("no shift", "values", "otherwise", forward=no_shift),
    q1("the other part", "inverse", "otherwise", inverse=network_fed_with_the_rest),
    q1("an iteration", "calls", "hint", inverse=by_iteration),
    q1(
        "the scale of the coordinates that pass",
        "log_det",
        "otherwise",
        log_det=lambda z, mask, net: log_scales(z, 1 - mask, net),
    ),
]
r1 = partial(right, "e08.q1")
RIGHT += [
    r1("masks as factors", forward=to_x, log_det=log_scales),
    r1("loops, the Jacobian", forward=point_by_point, inverse=by_slices, log_det=by_the_jacobian),
]

# --- e08.q2 ------------------------------------------------------------------------------------


def first(order, m):
    return (order <= m[:, None]).double()


def last(order, m):
    return (m < order[:, None]).double()


def thinned(order, m):
    """Only one unit of each degree."""
    keep = torch.tensor([k not in m[:place] for place, k in enumerate(m)])
    return last(order, m) * keep


def drawn(h, d):
    """Every useful degree once, and the rest at random."""
    rest = torch.randint(1, d, (h - d + 1,), generator=torch.Generator().manual_seed(0))
    return torch.cat([torch.arange(1, d), rest]).double().numpy()


def first_in_a_loop(order, m):
    return np.array([[1.0 if place <= k else 0.0 for place in order.tolist()] for k in m.tolist()])


def last_in_a_loop(order, m):
    return torch.tensor([[float(k < place) for k in m] for place in order], dtype=torch.float64)


def degrees(what, hint, function):
    return wrong("e08.q2", what, "degrees", hint, degrees=function)


def last_mask(what, step, hint, function):
    return wrong("e08.q2", what, step, hint, last_mask=function)


def by_even_steps(h, d):
    """Right unless there is a single unit."""
    return 1 + torch.round(torch.arange(h).double() * (d - 2) / torch.tensor(h - 1))


def own_place(order, m):
    return (order == m[:, None]).double()


WRONG += [
    degrees("up to d", "sees_all", lambda h, d: 1.0 + torch.arange(h).double() % d),
    degrees("from 0", "sees_none", lambda h, d: torch.arange(h).double() % (d - 1)),
    wrong("e08.q2", "even steps, 0/0", "finite", "", degrees=by_even_steps),
    degrees("one for all", "otherwise", lambda h, d: torch.ones(h).double()),
    wrong("e08.q2", "only its own place", "first", "otherwise", first_mask=own_place),
    last_mask("not strict", "leak", "own", lambda order, m: (m <= order[:, None]).double()),
    last_mask("turned round", "leak", "otherwise", lambda order, m: 1 - last(order, m)),
    last_mask("no connection", "complete", "empty", lambda order, m: 0 * last(order, m)),
    last_mask("too strict", "complete", "strict", lambda order, m: last(order - 1, m)),
    last_mask("one unit of each degree", "complete", "weighs", thinned),
]
r2 = partial(right, "e08.q2")
RIGHT += [
    r2(
        "remainders of floats",
        degrees=lambda h, d: 1 + torch.remainder(torch.arange(h, dtype=torch.float64), d - 1),
        first_mask=first,
        last_mask=last,
    ),
    r2(
        "degrees at random, loops",
        degrees=drawn,
        first_mask=first_in_a_loop,
        last_mask=last_in_a_loop,
    ),
]

# --- e08.q3 ------------------------------------------------------------------------------------


def density(x, net):
    m, s = net(x)
    return Normal(m, exp(s)).log_prob(x).sum(-1)


def no_half(x, net):
    m, s = net(x)
    return (-(((x - m) / exp(s)) ** 2) - s - math.log(2 * math.pi) / 2).sum(1)


def by_columns(columns):
    """Samples whose columns are filled in the given order."""

    def sample(z, net):
        x = z.clone()
        for i in columns(z.shape[1]):
            m, s = net(x)
            x[:, i] = m[:, i] + exp(s[:, i]) * z[:, i]
        return x

    return sample


def precise(z, net):
    x = z
    for _ in range(50):
        m, s = net(x)
        x = m + exp(s) * z
    return x


def one_by_one(x, net):
    """One call for each coordinate."""
    return sum(
        Normal(m[:, i], exp(s[:, i])).log_prob(x[:, i])
        for i, (m, s) in enumerate(net(x) for _ in range(x.shape[1]))
    )


def no_exp_sample(z, net):
    x = torch.zeros_like(z)
    for _ in range(z.shape[1]):
        m, s = net(x)
        x = m + s * z
    return x


def in_numpy(x, net):
    m, s = net(x)
    z = ((x - m) / exp(s)).numpy()
    return (-(z**2).sum(1) - len(z[0]) * math.log(math.tau)) / 2 - s.numpy().sum(1)


def by_growing_rows(z, net):
    known = z[:, :0]
    for i in range(z.shape[1]):
        padded = torch.cat([known, z[:, i:]], 1)
        m, s = (part[:, i : i + 1] for part in net(padded))
        known = torch.cat([known, torch.addcmul(m, exp(s), z[:, i : i + 1])], 1)
    return known.numpy()


q3, r3 = partial(wrong, "e08.q3"), partial(right, "e08.q3")
even_first = by_columns(lambda d: (*range(0, d, 2), *range(1, d, 2)))
WRONG += [
    q3("no half", "density", "otherwise", log_prob=no_half),
    q3("the even coordinates first", "sample", "order", sample=even_first),
    q3("no exponential", "sample", "otherwise", sample=no_exp_sample),
    q3("d calls to evaluate", "calls", "one_by_one", log_prob=one_by_one),
    q3("many turns", "calls", "many", sample=precise),
]
RIGHT += [
    r3("torch.distributions, column by column", log_prob=density, sample=by_columns(range)),
    r3("NumPy, rows that grow", log_prob=in_numpy, sample=by_growing_rows),
]

# --- e08.q4 ------------------------------------------------------------------------------------

g = solution("e08.q4")["spline"]


def dg(x, *bin):
    x = x.requires_grad_()
    return torch.autograd.grad(g(x, *bin).sum(), x)[0]


def one_slope_below(x, w, h, d0, d1):
    s, p = h / w, x / w
    return h * (s * p**2 + d0 * p * (1 - p)) / (s + (d1 - s) * p * (1 - p))


def coefficients(y, w, h, d0, d1):
    s = h / w
    bend = y * (d0 + d1 - 2 * s)
    return h * (s - d0) + bend, h * d0 - bend, -s * y


def back(y, w, *rest):
    a, b, c = coefficients(y, w, *rest)
    return -2 * c / (b + torch.sqrt(b * b - 4 * a * c)) * w


def schoolbook(sign):
    def root(y, w, *rest):
        a, b, c = coefficients(y, w, *rest)
        return w * (-b + sign * torch.sqrt(b**2 - 4 * a * c)) / (2 * a)

    return root


def wrong_coefficient(y, w, h, d0, d1):
    a, _, c = coefficients(y, w, h, d0, d1)
    return -2 * c / (h * d0 + torch.sqrt((h * d0) ** 2 - 4 * a * c)) * w


def slope_by_hand(x, w, h, d0, d1):
    p, q, s = (x / w).numpy(), (1 - x / w).numpy(), h / w
    bottom = s * (p * p + q * q) + (d0 + d1) * p * q
    return s * s * (d1 * p * p + 2 * s * p * q + d0 * q * q) / bottom**2


def by_bisection(y, w, *rest):
    low, high = torch.zeros_like(y), torch.full_like(y, w)
    for _ in range(60):
        middle = (low + high) / 2
        above = g(middle, w, *rest) > y
        low, high = where(above, low, middle), where(above, middle, high)
    return high


q4, r4 = partial(wrong, "e08.q4"), partial(right, "e08.q4")
WRONG += [
    q4("x for its place", "ends", "otherwise", spline=lambda x, w, *rest: g(x * w, w, *rest)),
    q4("only one slope in the denominator", "values", "otherwise", spline=one_slope_below),
    q4(
        "a straight line between the slopes",
        "slope",
        "otherwise",
        slope=lambda x, w, h, d0, d1: d1 + (d0 - d1) * x / w,
    ),
    q4(
        "the relative position",
        "inverse",
        "position",
        inverse=lambda y, w, *rest: back(y, w, *rest) / w,
    ),
    q4("the other root", "inverse", "other_root", inverse=schoolbook(-1)),
    q4("a wrong coefficient", "inverse", "otherwise", inverse=wrong_coefficient),
    q4("division by a coefficient that vanishes", "stable", "hint", inverse=schoolbook(1)),
]
RIGHT += [
    r4("autograd and the stable root", slope=dg, inverse=back),
    r4(
        "NumPy, bisection",
        spline=lambda x, *bin: g(x.numpy(), *bin),
        slope=slope_by_hand,
        inverse=by_bisection,
    ),
]

# --- e08.q5 ------------------------------------------------------------------------------------


def no_root(S):
    v = torch.linalg.det(S)
    return (v - 1 - torch.log(v)) / 2


def table(codes, log_q):
    return torch.cat([codes, log_q[:, None]], 1)


def normal(codes):
    return Normal(0.0, 1.0).log_prob(codes).sum(1)


def gaussian(x, points, size=None):
    L = torch.linalg.cholesky(x.T.cov()) if size is None else size * torch.eye(2).double()
    codes = torch.linalg.solve_triangular(L, (points - x.mean(0)).T, upper=False).T
    return table(codes, normal(codes) - L.diagonal().log().sum())


def kernels(x, points, width=0.15):
    """The log-density of a kernel estimate."""
    x = x[:1500]
    parts = [-(torch.cdist(part, x) ** 2) / (2 * width**2) for part in points.split(2000)]
    log_sum = torch.cat([part.logsumexp(1) for part in parts])
    return log_sum - math.log(len(x) * 2 * math.pi * width**2)


def at_random(x, points):
    codes = torch.randn(points.shape, generator=torch.Generator().manual_seed(0))
    return table(codes.double(), kernels(x, points))


def twice_round(x, points):
    """The angle of the codes doubled: two points a code, and twice the volume."""
    codes, log_q = gaussian(x, points).split([2, 1], 1)
    r, angle = codes.norm(dim=1), 2 * torch.atan2(codes[:, 1], codes[:, 0])
    turned = torch.stack([r * angle.cos(), r * angle.sin()], 1)
    return table(turned, log_q[:, 0] + math.log(2))


def trained(masks, steps):
    """A flow of couplings, after standardising by hand; trained once for all calls."""
    flows = {}

    def learn(x, points):
        generator = torch.Generator().manual_seed(1)
        parts = [
            SplineCoupling(torch.tensor(mask), MLP(1, 23, (64, 64), generator=generator))
            for mask in masks
        ]
        mean, std = x.mean(0), x.std(0)
        if not flows:
            flows[0] = Flow(StandardNormal(2), *parts).double()
            cycle = partial(OneCycleLR, max_lr=0.01, total_steps=steps)
            options = {"scheduler": cycle, "generator": generator, "progress": False}
            fit(flows[0], (x - mean) / std, steps=steps, **options)
        points = (points - mean) / std
        with torch.no_grad():
            log_q = flows[0].log_prob(points) - std.log().sum()
            return table(flows[0].to_latent(points), log_q)

    return learn


FIRST, SECOND = [True, False], [False, True]
four = trained([FIRST, SECOND] * 2, 400)


def changed(learn, change):
    """An answer that returns ``change(codes, log_q)`` of another."""
    return lambda x, points: table(*change(*learn(x, points).tensor_split([2], 1)))


def no_determinant(x, points):
    return four(x, points) + torch.tensor([0.0, 0.0, x.std(0).log().sum()])


of_base = changed(four, lambda codes, log_q: (codes, normal(codes)))
opposite_sign = changed(four, lambda codes, log_q: (codes, 2 * normal(codes) - log_q[:, 0]))
density = changed(four, lambda codes, log_q: (codes, log_q[:, 0].exp()))
folded = changed(four, lambda codes, log_q: (codes.abs(), log_q[:, 0]))


def limit_by_eigenvalues(S):
    values = np.linalg.eigvalsh(S.numpy())
    v = np.exp(np.log(values).mean())
    return len(values) / 2 * (v - 1 - np.log(v))


def limit_by_kl(S):
    zero = torch.zeros(len(S), dtype=S.dtype)
    shape = S / torch.linalg.det(S) ** (1 / len(S))
    return kl_divergence(MultivariateNormal(zero, S), MultivariateNormal(zero, shape))


def autoregressive(x, points):
    generator = torch.Generator().manual_seed(2)
    first = MaskedSplineAutoregressive(2, (64, 64), generator=generator)
    second = MaskedSplineAutoregressive(2, (64, 64), generator=generator)
    scale = Affine(x.mean(0), x.std(0))
    flow = Flow(StandardNormal(2), first, Permutation.reverse(2), second, scale).double()
    cycle = partial(OneCycleLR, max_lr=0.01, total_steps=500)
    fit(flow, x, steps=500, scheduler=cycle, generator=generator, progress=False)
    return table(flow.to_latent(points), flow.log_prob(points)).detach().numpy()


q5, r5 = partial(wrong, "e08.q5"), partial(right, "e08.q5")
volume = lambda what, hint, learn: q5(what, "volume", hint, learn=learn)
fits = lambda what, hint, learn: q5(what, "fit", hint, learn=learn)
WRONG += [
    q5("no root of the determinant", "limit", "otherwise", best_kl=no_root),
    q5("no codes", "shape", "", learn=lambda x, points: gaussian(x, points)[:, 2]),
    volume("the density", "otherwise", density),
    volume("the determinant of standardising", "otherwise", no_determinant),
    volume("the density of the base", "of_base", of_base),
    volume("the opposite sign", "opposite_sign", opposite_sign),
    volume("kernels, numbers for codes", "otherwise", at_random),
    volume(
        "kernels, codes of a Gaussian",
        "otherwise",
        lambda x, points: table(gaussian(x, points)[:, :2], kernels(x, points)),
    ),
    volume(
        "kernels, codes of a good flow",
        "otherwise",
        lambda x, points: table(four(x, points)[:, :2], kernels(x, points)),
    ),
    q5("two points a code", "mass", "hint", learn=twice_round),
    fits("not trained", "worse_than_gaussian", partial(gaussian, size=0.14)),
    fits("a Gaussian", "gaussian", gaussian),
    fits("one coordinate changes", "otherwise", trained([FIRST], 150)),
    q5("a good flow, folded", "codes", "hint", learn=folded),
]
RIGHT += [
    r5("eigenvalues; four couplings", best_kl=limit_by_eigenvalues, learn=four),
    r5("the divergence; an autoregressive spline", best_kl=limit_by_kl, learn=autoregressive),
]

# --- e08.q6 and q7 ------------------------------------------------------------------------------


def by_blocks(x, layers):
    """By indexing, one layer after the other, from the last."""
    log_q = 0
    for mask, net in layers[::-1]:
        s, t = net(where(mask == 1, x, 0.0))
        log_q = log_q - s[:, mask == 0].sum(1)
        x = x.clone()
        x[:, mask == 0] = ((x - t) / exp(s))[:, mask == 0]
    return log_q + Normal(0.0, 1.0).log_prob(x).sum(1)


def by_inverse_jacobian(x, layers):
    """log q from the automatic Jacobian of x ↦ z."""

    def code(point):
        for mask, net in layers[::-1]:
            s, t = net(mask * point)
            point = mask * point + (1 - mask) * (point - t) / exp(s)
        return point

    volume = torch.linalg.slogdet(vmap(jacrev(code))(x)).logabsdet
    return (Normal(0.0, 1.0).log_prob(code(x)).sum(1) + volume).numpy()


q6, r6 = partial(wrong, "e08.q6"), partial(right, "e08.q6")
no_base = lambda x, layers: by_blocks(x, layers) + x.shape[1] * math.log(math.tau) / 2
WRONG += [
    q6("a line that is not there", "line", "options", line=8),
    q6("no constant", "mended", "otherwise", log_q=no_base),
]
RIGHT += [
    r6("by indexing", log_q=by_blocks),
    r6("the automatic Jacobian", log_q=by_inverse_jacobian),
]
q7 = lambda what, proof: wrong("e08.q7", what, "proof", "short", proof=proof)
WRONG += [q7("nothing", ""), q7("the number alone", "KL >= 0.176")]
RIGHT += [
    right("e08.q7", "words", proof="x_1 stays z_1, so its law is normal whatever is done " * 2)
]

EQUIVALENT = {
    "x = torch.zeros_like(z) -> x = z": "what x starts from is overwritten before it is used",
    "g = torch.Generator().manual_seed(0) -> g = torch.Generator().manual_seed(1)": "another seed",
    "initialise_actnorm(flow.bijection, x) -> flow.bijection": "ActNorm learns the scale itself",
    "initialise_actnorm(flow.bijection, x) -> x": "ActNorm learns the scale itself",
    "cycle = partial(OneCycleLR, max_lr=0.01, total_steps=400)"
    " -> cycle = partial(OneCycleLR, max_lr=0.01, total_steps=401)": "the cycle, one step longer",
    "fit(flow, x, steps=400, scheduler=cycle, generator=g, progress=False)"
    " -> fit(flow, x, steps=400, scheduler=cycle, generator=g, progress=True)": "the same, shown",
}
