"""The contract of every bijection, over the list in tests/nflib/bijection_cases.py."""

import copy
import math
import pickle

import pytest
import torch

from nflib import Flow, Inverse
from nflib.course.numerics import integrate, log_abs_det_jacobian
from tests.nflib.bijection_cases import CASES, Case, points

every_bijection = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
integrable = pytest.mark.parametrize("case", [c for c in CASES if c.image], ids=lambda c: c.name)
bounded = pytest.mark.parametrize("case", [c for c in CASES if c.outside], ids=lambda c: c.name)
BATCHES = [(), (1,), (7,), (3, 4), (2, 1, 3), (0,), (3, 0)]


def both_directions(case: Case, dtype: torch.dtype = torch.float64, n: int = 20):
    """The two maps of a case with points where each is defined."""
    f = case.make().to(dtype)
    z = points(case, n, dtype=dtype)
    return (f.forward, z), (f.inverse, f.forward(z)[0].detach())


@every_bijection
def test_log_abs_det_agrees_with_autograd(case):
    for direction, at in both_directions(case):
        predicted = log_abs_det_jacobian(direction, at)
        torch.testing.assert_close(direction(at)[1], predicted, rtol=1e-10, atol=1e-10)


@every_bijection
def test_inverse_undoes_forward_and_forward_undoes_inverse(case):
    f = case.make().double()
    z = points(case, 50)
    x, _ = f.forward(z)
    torch.testing.assert_close(f.inverse(x)[0], z, rtol=1e-11, atol=1e-11)
    torch.testing.assert_close(f.forward(f.inverse(x)[0])[0], x, rtol=1e-13, atol=1e-13)


@every_bijection
def test_log_abs_dets_of_the_two_directions_are_opposite(case):
    f = case.make().double()
    x, forward = f.forward(points(case, 50))
    torch.testing.assert_close(f.inverse(x)[1], -forward, rtol=1e-10, atol=1e-10)


@integrable
def test_density_of_the_flow_integrates_to_one(case):
    flow = Flow(copy.deepcopy(case.base), case.make()).double()
    low, high = ((end,) * case.d for end in case.image)
    total = integrate(lambda x: flow.log_prob(x).exp(), low, high, n=40)
    assert abs(total - 1) < 1e-6


@every_bijection
def test_inverse_view_swaps_the_directions(case):
    f = case.make().double()
    view = Inverse(f)
    (_, z), (_, x) = both_directions(case)
    for seen, own in ((view.forward(x), f.inverse(x)), (view.inverse(z), f.forward(z))):
        torch.testing.assert_close(seen, own, rtol=0, atol=0)
    assert view.d == f.d


@every_bijection
@pytest.mark.parametrize("batch", BATCHES, ids=str)
def test_any_batch_shape_gives_what_each_point_gives(case, batch):
    f = case.make().double()
    flat = points(case, max(math.prod(batch), 1))
    at = flat[: math.prod(batch)].reshape(*batch, case.d)
    for direction, one_by_one in ((f.forward, flat), (f.inverse, f.forward(flat)[0])):
        at = one_by_one[: math.prod(batch)].reshape(*batch, case.d)
        images, log_abs_dets = direction(at)
        assert images.shape == at.shape and log_abs_dets.shape == batch
        each = [direction(point) for point in at.reshape(-1, case.d)]
        for k, (image, log_abs_det) in enumerate(each):
            torch.testing.assert_close(images.reshape(-1, case.d)[k], image)
            torch.testing.assert_close(log_abs_dets.reshape(-1)[k], log_abs_det)


@every_bijection
def test_strides_do_not_matter(case):
    for direction, at in both_directions(case, n=6):
        transposed = at.T.contiguous().T
        torch.testing.assert_close(direction(transposed), direction(at), rtol=1e-12, atol=1e-12)
        expanded = at[:1].expand(4, 5, case.d)
        torch.testing.assert_close(
            direction(expanded), direction(expanded.contiguous()), rtol=1e-12, atol=1e-12
        )


@every_bijection
def test_float32_agrees_with_float64(case):
    exact, f = case.make().double(), case.make()
    z = points(case, 200, dtype=torch.float32)
    for direction in ("forward", "inverse"):
        at = z if direction == "forward" else f.forward(z)[0].detach()
        got, expected = getattr(f, direction)(at), getattr(exact, direction)(at.double())
        # 64 rounding errors, times the largest slope that the cases have there.
        for a, b in zip(got, expected, strict=True):
            assert a.dtype == torch.float32 and b.dtype == torch.float64
            torch.testing.assert_close(a.double(), b, rtol=2e-4, atol=2e-4)
            assert (a.double() - b).abs().median() < 2e-6


@bounded
def test_points_outside_of_the_image_have_density_zero(case):
    f = case.make().double()
    flow = Flow(copy.deepcopy(case.base), case.make()).double()
    inside = f.forward(points(case, len(case.outside)))[0].detach()
    for i in range(case.d):
        x = inside.clone()
        x[:, i] = torch.tensor(case.outside, dtype=torch.float64)
        z, log_abs_det = f.inverse(x)
        assert bool(z.isfinite().all()) and bool((log_abs_det == -math.inf).all())
        assert bool((flow.log_prob(x) == -math.inf).all())
        assert bool(flow.to_latent(x).isnan().any(-1).all())


@bounded
def test_points_outside_leave_the_gradients_of_the_others_alone(case):
    f = case.make().double()
    inside = f.forward(points(case, 5))[0].detach()
    stray = inside[:1].clone()
    stray[0, 0] = case.outside[0]
    alone, x = inside.clone().requires_grad_(), torch.cat([inside, stray]).requires_grad_()
    z, log_abs_det = f.inverse(x)
    (z[:5].sum() + log_abs_det[:5].sum() + z[5:].sum()).backward()
    z, log_abs_det = f.inverse(alone)
    (z.sum() + log_abs_det.sum()).backward()
    torch.testing.assert_close(x.grad[:5], alone.grad)
    assert bool(x.grad.isfinite().all())


@every_bijection
def test_a_nan_is_not_hidden(case):
    f = case.make().double()
    for direction, at in both_directions(case, n=2):
        at = at.clone()
        at[0] = math.nan
        image, log_abs_det = direction(at)
        assert bool(image[0].isnan().all())
        assert bool(image[1].isfinite().all()) and bool(log_abs_det[1].isfinite())
    assert f.d in (None, case.d)


@every_bijection
def test_gradients_agree_with_finite_differences(case):
    """First derivatives in the points and in the parameters, in both directions."""
    f = case.make().double()
    names = [name for name, _ in f.named_parameters()]
    (_, z), (_, x) = both_directions(case, n=3)
    for direction, at in (("forward", z), ("inverse", x)):

        def call(at, *parameters, direction=direction):
            moved = dict(zip(names, parameters, strict=True))
            return torch.func.functional_call(_Directed(f, direction), _prefixed(moved), (at,))

        inputs = (
            at.clone().requires_grad_(),
            *(p.detach().requires_grad_() for p in f.parameters()),
        )
        assert torch.autograd.gradcheck(call, inputs)
        if case.d <= 2:
            assert torch.autograd.gradgradcheck(call, inputs)


class _Directed(torch.nn.Module):
    """A bijection as a function of its points and parameters, in one direction."""

    def __init__(self, bijection, direction):
        super().__init__()
        self.bijection, self.direction = bijection, direction

    def forward(self, at):
        return getattr(self.bijection, self.direction)(at)


def _prefixed(parameters):
    return {f"bijection.{name}": value for name, value in parameters.items()}


@every_bijection
def test_state_dict_restores_the_map(case):
    f, g = case.make().double(), case.make().double()
    with torch.no_grad():
        for parameter in g.parameters():
            parameter.add_(0.125)
    g.load_state_dict(f.state_dict())
    z = points(case, 5)
    torch.testing.assert_close(g.forward(z), f.forward(z), rtol=0, atol=0)


@every_bijection
@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f))], ids=["deepcopy", "pickle"]
)
def test_copies_are_independent_and_equal(case, copied):
    f = case.make().double()
    g = copied(f)
    z = points(case, 5)
    expected = f.forward(z)
    torch.testing.assert_close(g.forward(z), expected, rtol=0, atol=0)
    with torch.no_grad():
        for parameter in g.parameters():
            parameter.add_(0.125)
    torch.testing.assert_close(f.forward(z), expected, rtol=0, atol=0)


def has_network(f) -> bool:
    return any(isinstance(part, torch.nn.Linear) for part in f.modules())


@pytest.mark.parametrize(
    "case", [c for c in CASES if not has_network(c.make())], ids=lambda case: case.name
)
def test_autocast_does_not_round(case):
    """A conditioner may be rounded, as both directions see the same; nothing else may."""
    for direction, at in both_directions(case, torch.float32):
        expected = direction(at)
        with torch.autocast("cpu", torch.bfloat16):
            torch.testing.assert_close(direction(at), expected, rtol=0, atol=0)


@every_bijection
def test_runs_on_the_meta_device(case):
    """Shapes and dtypes without values: a tensor made on another device would be refused."""
    f = case.make().to("meta")
    at = torch.empty(5, case.d, device="meta")
    for direction in (f.forward, f.inverse):
        image, log_abs_det = direction(at)
        assert image.device.type == log_abs_det.device.type == "meta"
        assert image.shape == (5, case.d) and log_abs_det.shape == (5,)


@every_bijection
def test_leaves_its_arguments_and_the_global_state_alone(case):
    state = torch.get_rng_state()
    for direction, at in both_directions(case, n=3):
        before = at.clone()
        direction(at)
        torch.testing.assert_close(at, before, rtol=0, atol=0)
    assert torch.get_default_dtype() == torch.float32
    assert torch.equal(torch.get_rng_state(), state)
