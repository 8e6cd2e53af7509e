"""Answers that students give to the exercises of chapter 6, wrong and right.

EQUIVALENT lists the mutants of the solutions that are right answers, with the reason.
"""

import functools
import math
from functools import partial

import numpy as np
import torch
from scipy import optimize
from torch.func import grad, jacrev, vmap
from torch.nn.functional import softplus

from nflib import Planar
from tests.exercises.answers import right, solution, wrong

exp, log, tanh, stack = torch.exp, torch.log, torch.tanh, torch.stack

WRONG, RIGHT = [], []

# --- e06.q1 ------------------------------------------------------------------------------------


def planar(z, w, u, b):
    return z + torch.outer(tanh(z @ w + b), u)


def slope(z, w, b):
    return 1 - tanh(z @ w + b) ** 2


def ends(w, u):
    c = float(w @ u)
    return np.sort([1.0, 1 + c])


def point_by_point(z, w, u, b):
    z, w, u = z.numpy(), w.numpy(), u.numpy()
    return np.array([p + u * np.tanh(p @ w + b) for p in z])


def by_autograd(z, w, u, b):
    J = vmap(jacrev(lambda p: p + u * tanh(p @ w + b)))(z)
    return torch.linalg.slogdet(J).logabsdet


by_coordinates = lambda z, w, u, b: z + u * tanh(z * w + b)
no_one = lambda z, w, u, b: log(abs(slope(z, w, b) * (w @ u)))
from_zero = lambda w, u: stack([torch.zeros_like(w[0]), 1 + w @ u])
with_cosh = lambda z, w, u, b: log(abs(1 + (w @ u) / torch.cosh(z @ w + b) ** 2))
signed = lambda z, w, u, b: log(1 + slope(z, w, b) * (w @ u))
q1 = partial(wrong, "e06.q1")
WRONG += [
    q1("coordinate by coordinate", "layer", "otherwise", planar=by_coordinates),
    q1("no absolute value", "determinant", "no_absolute_value", log_abs_det=signed),
    q1("no 1", "determinant", "otherwise", log_abs_det=no_one),
    q1("from 0", "range", "otherwise", volume_range=from_zero),
]
r1 = partial(right, "e06.q1")
RIGHT += [
    r1("NumPy, autograd", planar=point_by_point, log_abs_det=by_autograd, volume_range=ends),
    r1(
        "nflib, hyperbolic cosine",
        planar=planar,
        log_abs_det=with_cosh,
        volume_range=lambda w, u: stack([1 + (w @ u).clamp(max=0), 1 + torch.relu(w @ u)]),
    ),
]

# --- e06.q2 ------------------------------------------------------------------------------------


def m(p):
    return torch.logaddexp(torch.zeros_like(p), p + math.log(math.e - 1)) - 1


def parallel(w, v):
    """Scales v itself until it complies."""
    p = (w * v).sum(-1, keepdim=True)
    return v * m(p) / p


def one_sum(w, v):
    p = (w * v).sum()
    return v + (m(p) - p) * w / (w * w).sum()


def m_in_pieces(p):
    a = p + math.log(math.e - 1)
    return a.clamp(min=0) + torch.log1p(exp(-a.abs())) - 1


def hat_in_a_loop(w, v):
    found = []
    for one, other in zip(w, v, strict=True):
        p = one @ other
        found.append(other + (m(p) - p) * one / (one @ one))
    return stack(found)


def hat_from_the_parts(w, v):
    """The part of v across w, and the part along it anew."""
    size = w.norm(dim=1, keepdim=True)
    along = (w / size * v).sum(1, keepdim=True)
    return v - along * w / size + m(along * size) / size * w / size


too_low = lambda p: softplus(p) - 2 + math.log(math.e - 1)
as_printed = lambda p: -1 + log(1 + (math.e - 1) * exp(p))
q2 = partial(wrong, "e06.q2")
WRONG += [
    q2("shifted the other way", "m", "folds", m=too_low),
    q2("the exponential", "m", "otherwise", m=lambda p: exp(p) - 1),
    q2("the formula as it is printed", "extreme", "otherwise", m=as_printed),
    q2("v scaled", "hat", "complies", u_hat=parallel),
    q2("one product for all", "hat", "otherwise", u_hat=one_sum),
]
r2 = partial(right, "e06.q2")
RIGHT += [
    r2("logaddexp, a loop", m=m, u_hat=hat_in_a_loop),
    r2("log1p, parts along and across", m=m_in_pieces, u_hat=hat_from_the_parts),
]

# --- e06.q3 ------------------------------------------------------------------------------------


def halved(y, c, b, width=None, steps=70):
    width = abs(c) if width is None else width
    low, high = y - width, y + width
    for _ in range(steps):
        a = (low + high) / 2
        above = a + c * tanh(a + b) > y
        low, high = torch.where(above, low, a), torch.where(above, a, high)
    return (low + high) / 2


def small_steps(y, c, b):
    a = y
    for _ in range(800):
        a = a - 0.05 * (a + c * tanh(a + b) - y)
    return a


def newton_from_the_inflection(y, c, b):
    a = torch.full_like(y, -b)
    for _ in range(100):
        t = tanh(a + b)
        a = a - (a + c * t - y) / (1 + c * (1 - t**2))
        a = a.clamp(y - abs(c), y + abs(c))
    return a


def inverse(x, w, u, b, along=None):
    """The layer undone, from the products of x with another vector if there is one."""
    y = x @ (w if along is None else along)
    return x - torch.outer(tanh(halved(y, w @ u, b) + b), u)


def with_brent(y, c, b):
    reach = abs(c) + 1e-9

    def solve(y):
        f = lambda a: a + c * math.tanh(a + b) - y
        return optimize.brentq(f, y - reach, y + reach, xtol=1e-14)

    return np.array([solve(value) for value in y.tolist()])


def inverse_of_nflib(x, w, u, b):
    return Planar.from_parameters(w, u, b).inverse(x)[0]


q3 = partial(wrong, "e06.q3")
WRONG += [
    q3("ten halvings", "gentle", "otherwise", root=lambda y, c, b: halved(y, c, b, steps=10)),
    q3("too short an interval", "steep", "otherwise", root=lambda y, c, b: halved(y, c, b, 1)),
    q3("small steps of one length", "flat", "otherwise", root=small_steps),
    q3(
        "another number on the right",
        "inverse",
        "otherwise",
        inverse=lambda x, w, u, b: inverse(x, w, u, b, along=u),
    ),
]
r3 = partial(right, "e06.q3")
RIGHT += [
    r3("Newton from the inflection", root=newton_from_the_inflection, inverse=inverse),
    r3("Brent's method, nflib", root=with_brent, inverse=inverse_of_nflib),
]

# --- e06.q4 ------------------------------------------------------------------------------------


def normal(z):
    return -(z**2).sum(-1) / 2 - math.log(math.tau)


def parts(x, theta):
    """The codes, and log|det J_f| there."""
    w, u, b = theta[:2], theta[2:4], theta[4]
    y, c = x @ w, w @ u
    t = tanh(halved(y, c, b) + b)
    return x - torch.outer(t, u), log(1 + c * (1 - t**2))


def value(x, theta):
    z, expansion = parts(x, theta)
    return (normal(z) - expansion).mean()


def by_differences(x, theta):
    shifts = 1e-6 * np.eye(5)
    return np.array(
        [(value(x, theta + s) - value(x, theta - s)).item() / 2e-6 for s in torch.tensor(shifts)]
    )


def by_nflib(x, theta):
    layer = Planar.from_parameters(theta[:2], theta[2:4], float(theta[4]))
    z, log_det = layer.inverse(x)
    return (torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(1) + log_det).mean()


def through_the_notebook(x, theta):
    """As chapter 4 teaches: `root_value`, which the notebook gives, must let torch.func pass."""
    return grad(lambda theta: solution("e06.q4")["mean_log_prob"](x, theta))(theta)


def through_the_iterations(x, theta):
    """The derivative of every step of Newton's method."""
    theta = theta.clone().requires_grad_()
    w, u, b = theta[:2], theta[2:4], theta[4]
    y, c = x @ w, w @ u
    a = 0 * y - b
    for _ in range(40):
        t = tanh(a + b)
        a = a - (a + c * t - y) / (1 + c * (1 - t**2))
    t = tanh(a + b)
    z = x - torch.outer(t, u)
    total = -(z**2).sum(1) / 2 - log(1 + c * (1 - t**2))
    return torch.autograd.grad(total.mean(), theta)[0]


x_for_z = lambda x, theta: (normal(x) - parts(x, theta)[1]).mean()
coarse = lambda x, theta: stack(
    [(value(x, theta + s) - value(x, theta)) * 10 for s in torch.eye(5) / 10]
)
q4 = partial(wrong, "e06.q4")
WRONG += [
    q4("x taken for z", "value", "otherwise", mean_log_prob=x_for_z),
    q4("coarse differences", "gradient", "otherwise", gradient=coarse),
]
r4 = partial(right, "e06.q4")
RIGHT += [
    r4("nflib, central differences", mean_log_prob=by_nflib, gradient=by_differences),
    r4("through Newton's iterations", mean_log_prob=value, gradient=through_the_iterations),
    r4("torch.func.grad of the notebook's own", gradient=through_the_notebook),
]

# --- e06.q5 ------------------------------------------------------------------------------------


def table(x, log_q):
    return torch.cat([x, log_q[:, None]], 1).detach()


def start(layers, scale=2.0, at=(0.0, 0.0)):
    """The parameters of an affine layer and of planar ones, as one list of tensors."""
    generator = torch.Generator().manual_seed(0)
    found = [torch.full((2,), math.log(scale)), torch.tensor(at)]
    for _ in range(layers):
        found += [torch.randn(2, generator=generator), torch.zeros(2), torch.zeros(1)]
    return [part.double().requires_grad_() for part in found]


def run(parameters, z):
    """x and log|det|, with the layers of this file."""
    s, shift, *rest = parameters
    x, total = shift + z * exp(s), s.sum()
    for w, v, b in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        p = w @ v
        u = v + (m(p) - p) * w / (w @ w)
        total = total + log(1 + slope(x, w, b) * (w @ u))
        x = planar(x, w, u, b)
    return x, total.expand(len(z))


@functools.cache  # the check gives the same energy every time
def trained(energy, entropy=1, layers=10, steps=1000, scale=2.0, at=(0.0, 0.0)):
    parameters = start(layers, scale, at)
    optimiser = torch.optim.Adam(parameters, lr=0.01)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.01, total_steps=steps)
    generator = torch.Generator().manual_seed(0)
    for step in range(steps):
        z = torch.randn(256, 2, generator=generator, dtype=torch.float64)
        x, total = run(parameters, z)
        optimiser.zero_grad()
        (energy(x) * min(1.0, 0.01 + 2 * step / steps) - entropy * total).mean().backward()
        torch.nn.utils.clip_grad_norm_(parameters, 5.0)
        optimiser.step()
        scheduler.step()
    return parameters


def answer(change=lambda z, x, log_q: table(x, log_q), fitted=trained):
    """An answer that returns ``change(z, x, log_q)`` of a fitted flow."""

    def learned(energy, z):
        x, total = run(fitted(energy), z)
        return change(z, x, normal(z) - total)

    return learned


collapsed = partial(trained, entropy=0, steps=500)
# an affine flow that starts on one of the lumps, and stays
one_lump = partial(trained, layers=0, steps=400, scale=0.4, at=(2.0, 0.0))
of_base = answer(lambda z, x, log_q: table(x, normal(z)))
opposite_sign = answer(lambda z, x, log_q: table(x, 2 * normal(z) - log_q))
reordered = answer(lambda z, x, log_q: table(x.flip(0), log_q.flip(0)))
q5 = partial(wrong, "e06.q5")
WRONG += [
    q5("the density of the base", "density", "of_base", learned=of_base),
    q5("the opposite sign", "density", "opposite_sign", learned=opposite_sign),
    q5("rows in another order", "density", "otherwise", learned=reordered),
    q5("trained without the determinant", "modes", "gathered", learned=answer(fitted=collapsed)),
    q5("one lump", "modes", "lump_lost", learned=answer(fitted=one_lump)),
    q5("not trained", "divergence", "hint", learned=answer(fitted=lambda energy: start(10))),
]
r5 = partial(right, "e06.q5")
RIGHT += [
    r5("layers written by hand", learned=answer()),
    # U1 does not change when both coordinates change sign
    r5("mirrored, NumPy", learned=answer(lambda z, x, log_q: table(-x, log_q).numpy())),
]

# --- e06.q6, e06.q7 ----------------------------------------------------------------------------


def last_layer_only(z, layers):
    *first, (w, u, b) = layers
    x = functools.reduce(lambda x, layer: planar(x, *layer), first, z)
    return normal(z) - log(1 + slope(x, w, b) * (w @ u))


def by_whole_jacobian(z, layers):
    chain = lambda p: functools.reduce(lambda x, layer: planar(x, *layer), layers, p[None])[0]
    return normal(z) - torch.linalg.slogdet(vmap(jacrev(chain))(z)).logabsdet


def layer_by_layer(z, layers):
    if not layers:
        return normal(z)
    *rest, (w, u, b) = layers
    x = functools.reduce(lambda x, layer: planar(x, *layer), rest, z)
    return layer_by_layer(z, rest) - log(1 + (w @ u) / torch.cosh(x @ w + b) ** 2)


WRONG += [
    wrong("e06.q6", "the last layer only", "mended", "otherwise", mended=last_layer_only),
    wrong("e06.q6", "no line", "line", "options", line=8),
    wrong("e06.q7", "nothing", "proof", "short", proof=""),
    wrong("e06.q7", "the result alone", "proof", "short", proof="if and only if |c| < 1"),
]
RIGHT += [
    right("e06.q6", "the whole Jacobian", mended=by_whole_jacobian),
    right("e06.q6", "recursion, cosh", line=5.0, mended=layer_by_layer),
    right("e06.q7", "words", proof="the slope of the sine takes both signs " * 3),
]

EQUIVALENT = {
    "for _ in range(60): -> for _ in range(61):": "one halving more",
    "flow = planar_flow(10) -> flow = planar_flow(11)": "one layer more",
}
