"""Transformations of torch (vmap, forward mode, torch.compile) against the plain eager path.

The expected values are those of eager calls and of ``torch.autograd.grad``, a row at a time.
"""

import itertools

import pytest
import torch
from torch.autograd import forward_ad
from torch.func import functional_call, grad, jacfwd, jacrev, jvp, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from nflib import Composition, Inverse
from nflib.course.numerics import jacobian
from tests.nflib.bijection_cases import CASES, points
from tests.nflib.test_bijections import every_bijection

# torch itself warns when it first loads its forward-mode formulas or its compiler, and of slow rules.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore:There is a performance drop:UserWarning"),
]
close = torch.testing.assert_close


@pytest.fixture
def plain_attention():
    """Attention without torch's fused kernels, which have no derivatives in forward mode."""
    with sdpa_kernel(SDPBackend.MATH):
        yield


def both_directions(case, n):
    """A bijection and its inverse view, each with n points where it is defined."""
    f = case.make().double()
    z = points(case, n)
    return (f, z), (Inverse(f), f(z)[0].detach())


def joined(f):
    """Image and log|det| in one tensor, shape (*batch, d + 1)."""
    return lambda at: torch.cat([f(at)[0], f(at)[1][..., None]], -1)


def columns(derivative, f, at):
    """Jacobians from their products with the unit vectors."""
    units = torch.eye(at.shape[-1], dtype=at.dtype)
    return torch.stack([derivative(f, at, unit.expand_as(at)) for unit in units], -1)


def by_dual_numbers(f, at, tangent):
    with forward_ad.dual_level():
        return forward_ad.unpack_dual(f(forward_ad.make_dual(at, tangent))).tangent


def at_each_point(whole):
    """The blocks (n, m, d) on the diagonal of a Jacobian (n, m, n, d) of a whole batch."""
    return torch.stack([whole[k, :, k] for k in range(len(whole))])


JACOBIANS = {
    "jacrev": lambda f, at: at_each_point(jacrev(f)(at)),
    "jacfwd": lambda f, at: at_each_point(jacfwd(f)(at)),
    "vmap of jacrev": lambda f, at: vmap(jacrev(f))(at),
    "vmap of jacfwd": lambda f, at: vmap(jacfwd(f))(at),
    "jvp": lambda f, at: columns(lambda f, at, v: jvp(f, (at,), (v,))[1], f, at),
    "dual numbers": lambda f, at: columns(by_dual_numbers, f, at),
}


@pytest.mark.usefixtures("plain_attention")
@every_bijection
@pytest.mark.parametrize("way", JACOBIANS)
def test_jacobians_in_the_points(case, way):
    for f, at in both_directions(case, 3):
        expected = jacobian(joined(f), at)
        close(JACOBIANS[way](joined(f), at), expected, rtol=1e-9, atol=1e-9)


@every_bijection
def test_vmap_over_points(case):
    for f, at in both_directions(case, 4):
        close(vmap(f)(at), f(at))


@pytest.mark.usefixtures("plain_attention")
@pytest.mark.parametrize(
    "case", [c for c in CASES if [*c.make().parameters()]], ids=lambda case: case.name
)
def test_derivatives_in_the_parameters_and_vmap_over_several_sets_of_them(case):
    for f, at in both_directions(case, 3):
        sets = [
            {name: p.detach() + shift for name, p in f.named_parameters()} for shift in (0.0, 0.01)
        ]
        loss = lambda own, f=f, at=at: (
            joined(lambda at: functional_call(f, own, (at,)))(at).sin().sum()
        )
        expected = []
        for own in sets:
            leaves = {name: p.clone().requires_grad_() for name, p in own.items()}
            gradients = torch.autograd.grad(
                loss(leaves), leaves.values(), materialize_grads=True, allow_unused=True
            )
            expected.append(dict(zip(own, gradients, strict=True)))
            close(grad(loss)(own), expected[-1], rtol=1e-9, atol=1e-9)
            slope = sum((g * p).sum() for g, p in zip(gradients, own.values(), strict=True))
            close(jvp(loss, (own,), (own,))[1], slope, rtol=1e-9, atol=1e-9)
        stacked, gradients = (
            {name: torch.stack([one[name] for one in each]) for name in each[0]}
            for each in (sets, expected)
        )
        close(vmap(grad(loss))(stacked), gradients, rtol=1e-9, atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("case", [c for c in CASES if c.d <= 2], ids=lambda case: case.name)
@pytest.mark.parametrize(
    "outer, inner",
    [*itertools.product([jacrev, jacfwd], repeat=2)],
    ids=lambda way: way.__name__,
)
def test_second_derivatives(case, outer, inner):
    for f, at in both_directions(case, 1):
        value = lambda p, f=f: joined(f)(p).sin().sum()
        expected = torch.autograd.functional.hessian(value, at)
        close(outer(inner(value))(at), expected, rtol=1e-8, atol=1e-8)


def results(f, at):
    """Image, log|det|, and the gradients of a function of both in the points and parameters."""
    at = at.clone().requires_grad_()
    image, log_abs_det = f(at)
    inputs = (at, *f.parameters())
    value = image.sin().sum() + log_abs_det.sum()
    return image, log_abs_det, *torch.autograd.grad(value, inputs, allow_unused=True)


@pytest.mark.slow
@every_bijection
def test_compiles_without_a_graph_break(case):
    torch.compiler.reset()
    for f, at in both_directions(case, 4):
        expected = results(f, at)
        f.compile(backend="eager", fullgraph=True)
        close(results(f, at), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.slow
def test_compiled_code_computes_the_same_values_and_gradients():
    """Several cases in one composition, through the default compiler."""
    torch.compiler.reset()
    cases = {case.name: case for case in CASES}
    names = ("planar-contracting", "linear", "softplus", "affine-vector", "sigmoid")
    f = Composition(*(cases[name].make() for name in names)).double()
    z = points(cases["linear"], 50)
    for direction, at in ((f, z), (Inverse(f), f(z)[0].detach())):
        expected = results(direction, at)
        direction.compile(fullgraph=True)
        close(results(direction, at), expected, rtol=1e-9, atol=1e-9)
