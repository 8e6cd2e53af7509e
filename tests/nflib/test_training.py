"""Training against closed forms, hand-written loops and quadrature; and how it goes wrong."""

import copy
import dataclasses
import functools
import inspect
import math
import re
import sys
import types

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR, OneCycleLR

from nflib import (
    AffineCoupling,
    Bijection,
    Exp,
    Flow,
    GaussianMixture,
    History,
    Linear,
    NonFiniteLoss,
    Planar,
    StandardNormal,
    fit,
    fit_to_density,
)
from nflib.course.targets import U1
from nflib.networks import MLP
from nflib.training import Options
from nflib.training.data import Rows
from nflib.training.losses import ForwardLoss, ReverseLoss
from tests.nflib.helpers import F64, parameters, seeded

quiet = {"progress": False}
sgd = torch.optim.SGD


def affine_flow(d: int = 1) -> Flow:
    return Flow(StandardNormal(d), Linear(torch.eye(d), torch.zeros(d))).double()


def planar_flow(layers: int = 3) -> Flow:
    generator = seeded()
    planar = [Planar(2, generator) for _ in range(layers)]
    return Flow(StandardNormal(2), Linear(torch.eye(2), torch.zeros(2)), *planar).double()


def normal_points(n: int, seed: int = 0, d: int = 1) -> torch.Tensor:
    """From N(3, 2² I)."""
    return 3 + 2 * torch.randn(n, d, generator=seeded(seed), dtype=F64)


# What is reached


def test_a_normal_law_is_fitted_as_the_closed_form_says():
    x, flow = normal_points(500), affine_flow()
    history = fit(flow, x, steps=1000, batch=500, lr=0.05, **quiet)
    W, b = (p.detach() for p in flow.parameters())
    torch.testing.assert_close(b, x.mean(0), rtol=1e-4, atol=0)
    torch.testing.assert_close(W[0].abs(), x.std(0, correction=0), rtol=1e-4, atol=0)
    entropy = 0.5 * math.log(2 * math.pi * math.e * x.var(correction=0))
    assert history.train[-1] == pytest.approx(entropy, abs=1e-6)


def test_reverse_divergence_from_a_normal_law_goes_to_zero():
    target, flow = torch.distributions.Normal(torch.tensor(3.0, dtype=F64), 2.0), affine_flow()
    log_density = lambda x: target.log_prob(x[:, 0])
    down = lambda o: LambdaLR(o, lambda t: 1 - t / 1000)
    history = fit_to_density(
        flow, log_density, steps=1000, lr=0.05, scheduler=down, generator=seeded(), **quiet
    )
    W, b = (p.detach() for p in flow.parameters())
    torch.testing.assert_close(b, torch.tensor([3.0], dtype=F64), rtol=0.005, atol=0)
    torch.testing.assert_close(W.abs(), torch.tensor([[2.0]], dtype=F64), rtol=0.005, atol=0)
    assert abs(history.train[-1]) < 1e-3  # log p is normalised


def u1(z: torch.Tensor) -> torch.Tensor:
    """The logarithm of the density U1, but for a constant."""
    return -U1().energy(z)


@pytest.mark.slow
def test_eight_planar_layers_reach_u1():
    flow = planar_flow(8).float()
    history = fit_to_density(
        flow,
        u1,
        steps=1000,
        batch=128,
        lr=0.01,
        scheduler=lambda o: OneCycleLR(o, 0.01, total_steps=1000),
        annealing=lambda t: min(1.0, 0.01 + t / 500),
        clip=10.0,
        generator=seeded(),
        **quiet,
    )
    with torch.no_grad():
        x, log_q = flow.sample_with_log_prob(50_000, seeded(1))
        kl = float((log_q - u1(x)).mean()) + U1.log_normaliser
    assert 0 < kl < 0.06
    assert history.train[-1] + U1.log_normaliser == pytest.approx(kl, abs=0.02)
    assert 0.4 < float((x[:, 0] > 0).float().mean()) < 0.6


# What a step is


def test_fit_is_the_loop_that_one_would_write():
    x, flow = normal_points(50, d=2), planar_flow()
    mine = copy.deepcopy(flow)
    fit(flow, x, steps=20, batch=50, lr=0.1, optimiser=sgd, **quiet)
    for _ in range(20):
        loss = -mine.log_prob(x).mean()
        gradients = torch.autograd.grad(loss, list(mine.parameters()))
        with torch.no_grad():
            for parameter, gradient in zip(mine.parameters(), gradients, strict=True):
                parameter -= 0.1 * gradient
    torch.testing.assert_close(parameters(flow), parameters(mine), rtol=1e-12, atol=1e-12)


def test_the_reverse_loss_is_that_of_sample_with_log_prob():
    """At each step, with the weight of that step."""
    points, steps = [], []

    def log_density(x):
        points.append(x.detach())
        return u1(x)

    def annealing(step):
        steps.append(step)
        return 0.25 + step

    history = fit_to_density(
        planar_flow(), log_density, steps=3, every=1, batch=10, annealing=annealing, **quiet
    )
    assert steps == [0, 1, 2]
    log_q = planar_flow().log_prob(points[0])
    expected = float((log_q - 0.25 * u1(points[0])).mean().detach())
    assert history.train[0] == pytest.approx(expected, abs=1e-12)


def minibatches(n: int, steps: int) -> list[torch.Tensor]:
    """The points 0, …, n − 1 as fit takes them, four at a time."""
    seen = []

    def prepare(x, generator):
        seen.append(x[:, 0].clone())
        return x.double()

    fit(affine_flow(), torch.arange(n)[:, None], steps=steps, batch=4, prepare=prepare, **quiet)
    return seen


def test_every_epoch_visits_every_point_once_in_a_new_order():
    seen = minibatches(12, steps=9)
    epochs = [torch.cat(seen[k : k + 3]).tolist() for k in (0, 3, 6)]
    assert [sorted(epoch) for epoch in epochs] == [list(range(12))] * 3
    assert len({tuple(epoch) for epoch in epochs} | {tuple(range(12))}) == 4


def test_what_does_not_fill_a_minibatch_waits_for_another_epoch():
    seen = minibatches(10, steps=40)
    assert {len(batch) for batch in seen} == {4} and {*torch.cat(seen).tolist()} == set(range(10))


def test_the_gradient_is_clipped_to_the_given_norm():
    x = normal_points(50, d=2)
    for clip, length in ((0.01, 0.01), (math.inf, None)):
        flow = planar_flow()
        before = parameters(flow)
        fit(flow, x, steps=1, lr=1.0, optimiser=sgd, clip=clip, **quiet)
        moved = float((parameters(flow) - before).norm())
        assert moved == pytest.approx(length, rel=1e-4) if length else moved > 0.1


def test_optimiser_and_scheduler_are_the_callers():
    x, rates = normal_points(50), []

    class Recorded(torch.optim.SGD):
        def step(self, closure=None):
            rates.append(self.param_groups[0]["lr"])
            return super().step(closure)

    optimiser = functools.partial(Recorded, momentum=0.5)
    scheduler = lambda o: LambdaLR(o, lambda t: 1 / (1 + t))
    fit(affine_flow(), x, steps=3, lr=0.3, optimiser=optimiser, scheduler=scheduler, **quiet)
    assert rates == pytest.approx([0.3, 0.15, 0.1])


# Randomness


def trained(seed: int, prepare=None) -> torch.Tensor:
    flow = planar_flow()
    options = {"steps": 10, "batch": 8, "lr": 0.01, "generator": seeded(seed), **quiet}
    if prepare is None:
        fit_to_density(flow, u1, **options)
    else:
        fit(flow, normal_points(64, d=2), prepare=prepare, **options)
    return parameters(flow)


def noisy(x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return x + torch.rand(x.shape, generator=generator, dtype=x.dtype)


@pytest.mark.parametrize("prepare", [None, lambda x, generator: x, noisy])
def test_the_generator_decides_and_nothing_else(prepare):
    state = torch.get_rng_state()
    first = trained(0, prepare)
    assert torch.equal(torch.get_rng_state(), state)
    torch.rand(5)
    assert torch.equal(trained(0, prepare), first)
    assert not torch.equal(trained(1, prepare), first)


# Held-out points


def loss_at(flow: Flow, x: torch.Tensor) -> float:
    return -float(flow.log_prob(x).mean().detach())


def test_held_out_loss_is_minus_the_mean_log_density():
    x, y, flow = normal_points(100), normal_points(70, 1), affine_flow()
    history = fit(flow, x, y, steps=30, every=10, batch=32, **quiet)
    assert history.steps == [10, 20, 30] and len(history.held_out) == len(history.seconds) == 3
    assert loss_at(flow, y) == pytest.approx(history.held_out[-1], 1e-12)


def test_held_out_points_are_prepared_too():
    y, flow = torch.arange(10)[:, None], affine_flow()
    half = lambda x, generator: x.double() / 2
    history = fit(flow, y, y, steps=1, prepare=half, **quiet)
    assert loss_at(flow, half(y, None)) == pytest.approx(history.held_out[0], 1e-12)


def test_the_best_record_is_the_first_of_the_lowest_and_never_nan():
    assert History(held_out=[math.nan, 2.0, 1.0, 1.0, math.inf, math.nan]).best() == 2


def test_the_best_parameters_are_restored_when_patience_ends():
    x, y = normal_points(100), normal_points(100, 1) - 2  # on the way to x, the flow passes y
    flow, options = affine_flow(), {"every": 10, "lr": 0.02, "patience": 4, **quiet}
    history = fit(flow, x, y, steps=3000, generator=seeded(), **options)
    best = history.held_out.index(min(history.held_out))
    assert best > 0 and len(history.steps) == best + 1 + 4 < 300
    assert loss_at(flow, y) == pytest.approx(history.held_out[best], 1e-12)
    assert loss_at(flow, y) < history.held_out[-1]


def test_networks_are_in_evaluation_mode_for_held_out_points_only():
    class Watch(Bijection):
        modes = ()

        def _forward(self, z):
            return z, z.new_zeros(z.shape[:-1])

        def _inverse(self, x):
            Watch.modes += (self.training,)
            return self._forward(x)

    flow = Flow(StandardNormal(1), Linear(torch.eye(1)), Watch()).double().eval()
    fit(flow, normal_points(4), normal_points(4), steps=4, every=2, **quiet)
    assert Watch.modes[:6] == (True, True, False) * 2 and not flow.training
    assert Watch.modes[6:] == (False,)  # of the look at the inversion


# What goes wrong


def test_points_outside_of_the_support_stop_the_run_and_its_bar_at_once(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", types.SimpleNamespace(tqdm=Bar))
    flow = Flow(StandardNormal(1), Linear(torch.eye(1)), Exp()).double()
    x = torch.tensor([[1.0], [-1.0], [2.0], [0.0]], dtype=F64)
    before = parameters(flow)
    with pytest.raises(NonFiniteLoss, match=r"^fit: step 0: .* a loss of inf \(2 of 4 .*data"):
        fit(flow, x)
    assert torch.equal(parameters(flow), before) and Bar.made.pop().closed


def test_a_loss_that_explodes_leaves_the_last_good_parameters():
    x, flow = normal_points(64, d=2), planar_flow()
    kept = []

    def rate(t):  # the update of step 5 is infinite, which the loss of step 6 shows
        kept.append(parameters(flow))
        return 1.0 if t < 5 else math.inf

    scheduler = lambda o: LambdaLR(o, rate)
    with pytest.raises(NonFiniteLoss, match=r"^fit: step 6: expected a finite .* lr") as error:
        fit(flow, x, steps=9, every=2, optimiser=sgd, scheduler=scheduler, **quiet)
    assert torch.equal(parameters(flow), kept[5])
    assert error.value.step == 6 and error.value.history.steps == [2, 4, 6]
    assert all(map(math.isfinite, error.value.history.train))


def test_a_gradient_that_is_not_finite_is_not_followed():
    flow = affine_flow()
    before = parameters(flow)
    log_density = lambda x: (x - x)[:, 0].sqrt()  # 0, with derivative ∞·0
    with pytest.raises(NonFiniteLoss, match=r"^fit_to_density: step 0: .* norm nan"):
        fit_to_density(flow, log_density, **quiet)
    assert torch.equal(parameters(flow), before)


X = normal_points(8)
NAN = X.clone().index_fill_(0, torch.tensor([3, 5]), math.nan)
BAD = [
    (TypeError, "data: expected a tensor, or a pair", {"data": [1.0]}),
    (TypeError, "data: expected a floating", {"data": torch.ones(3, 1, dtype=int)}),
    (ValueError, r"data: expected n ≥ 1 rows", {"data": X[:0]}),
    (ValueError, r"data: expected shape \(\*batch, 1\), got \(8,\)", {"data": X[:, 0]}),
    (ValueError, r"data: expected shape \(\*batch, 1\)", {"data": X.expand(8, 2)}),
    (ValueError, r"data: expected shape \(n, 1\), got \(2, 4, 1\)", {"data": X.view(2, 4, 1)}),
    (ValueError, "data: expected finite values, got 2 rows .* row 3", {"data": NAN}),
    (ValueError, "held_out: expected finite values", {"held_out": X / 0}),
    (ValueError, "context: expected None", {"data": (X, X[:, 0])}),
    (ValueError, "data: expected n ≥ 1 rows, as many", {"data": (X, X[:3])}),
    (TypeError, "expected dtype torch.float64", {"data": X.float()}),
    (ValueError, "steps: expected a positive int, got 0", {"steps": 0}),
    (ValueError, "batch: expected a positive int, got 0", {"batch": 0}),
    (ValueError, "every: expected a positive int, got 1.5", {"every": 1.5}),
    (ValueError, "patience: expected held-out points", {"patience": 3}),
    (ValueError, "patience: expected a positive int, got -1", {"patience": -1, "held_out": X}),
    (ValueError, "lr: expected a positive number, got 0", {"lr": 0}),
    (TypeError, "generator: expected a torch.Generator", {"generator": 0}),
    (ValueError, "checkpoint: expected a folder that exists", {"checkpoint": "/no/such/run.pt"}),
    (ValueError, "levels: expected at least 1", {"levels": 0}),
    (ValueError, "flow: expected parameters", {"flow": Flow(StandardNormal(1)).double()}),
]


@pytest.mark.parametrize("error, message, options", BAD, ids=[message for _, message, _ in BAD])
def test_what_cannot_be_fitted_is_refused(error, message, options):
    with pytest.raises(error, match=message):
        fit(**{"flow": affine_flow(), "data": X, **quiet, **options})


@pytest.mark.parametrize("wrong", [lambda x: x, lambda x: x.sum(), lambda x: 0.0])
def test_a_log_density_of_another_shape_is_refused(wrong, tmp_path):
    for path in (None, tmp_path / "run.pt"):
        with pytest.raises(ValueError, match=r"log_density: expected values of shape \(256,\)"):
            fit_to_density(affine_flow(), wrong, checkpoint=path, **quiet)


def test_a_base_whose_samples_lack_a_part_of_the_gradient_is_refused():
    flow = Flow(GaussianMixture(torch.zeros(2, 1), torch.ones(2, 1)), Linear(torch.eye(1)))
    log_density = lambda x: -x[:, 0].square()
    with pytest.raises(ValueError, match=r"expected a base .*, got GaussianMixture"):
        fit_to_density(flow, log_density, steps=1, **quiet)
    flow.base.requires_grad_(False)
    fit_to_density(flow, log_density, steps=1, **quiet)


def test_an_unknown_option_is_refused_with_the_nearest():
    with pytest.raises(TypeError, match=r"^fit: expected .*, as optimiser, got optimizer$"):
        fit(affine_flow(), X, optimizer=torch.optim.SGD)
    with pytest.raises(TypeError, match=r"^fit_to_density: expected .* annealing, .*got patience$"):
        fit_to_density(affine_flow(), u1, patience=3)


@pytest.mark.parametrize("function", [fit, fit_to_density])
def test_every_option_is_in_the_signature_and_in_the_help(function):
    for field in dataclasses.fields(Options):
        assert inspect.signature(function).parameters[field.name].default == field.default
        assert re.search(rf"\n    [\w, ]*\b{field.name}\b[\w, ]*: ", inspect.getdoc(function))


@pytest.mark.parametrize("loss", [ForwardLoss, ReverseLoss])
def test_the_flow_is_the_only_part_of_a_loss(loss):
    flow, module = affine_flow(), nn.Linear(1, 1)  # a density or a preparation may be a module
    rows = Rows("data", X, flow, module)
    arguments = {ForwardLoss: (rows, 2), ReverseLoss: (module, 2, None)}
    assert [*loss(flow, *arguments[loss]).parameters()] == [*flow.parameters()]


# Context, autocast, progress


def test_a_conditional_law_is_fitted():
    context = torch.rand(2000, 1, generator=seeded(5), dtype=F64) * 4 - 2
    x = normal_points(2000) / 2 - 1.5 + context  # N(c, 1)
    mask = torch.tensor([False])
    coupling = AffineCoupling(mask, MLP(0, 2, (16,), context=1, generator=seeded()))
    flow = Flow(StandardNormal(1), coupling).double()
    held_out = (x[:500], context[:500])
    history = fit(flow, (x, context), held_out, lr=0.01, steps=800, generator=seeded(), **quiet)
    truth = float(-torch.distributions.Normal(context, 1.0).log_prob(x).mean())
    assert min(history.held_out) == pytest.approx(truth, abs=0.05)


def test_autocast_is_for_networks_and_only_if_asked_for():
    network = MLP(1, 2, (8,), generator=seeded())
    dtypes = []
    network.layers[0].register_forward_hook(lambda *call: dtypes.append(call[-1].dtype))
    flow = Flow(StandardNormal(2), AffineCoupling(torch.tensor([True, False]), network))
    x = normal_points(16, d=2).float()
    for autocast, dtype in ((False, torch.float32), (True, torch.bfloat16)):
        dtypes.clear()
        history = fit(flow, x, x, steps=5, autocast=autocast, **quiet)
        assert set(dtypes[:6]) == {dtype}
        assert dtypes[6:] == [torch.float32] * 2  # a look at the inversion in both directions
        assert math.isfinite(history.train[0])


class Bar:
    """The part of tqdm's bar that nflib uses."""

    made: list = []  # noqa: RUF012

    def __init__(self, total, initial, unit):
        self.total, self.n, self.shown, self.closed = total, initial, [], False
        Bar.made.append(self)

    def update(self):
        self.n += 1

    def set_postfix_str(self, text):
        self.shown.append(text)

    def close(self):
        self.closed = True


@pytest.mark.parametrize("installed", [True, False])
def test_progress_is_a_bar_or_ten_lines(monkeypatch, capsys, installed):
    module = types.SimpleNamespace(tqdm=Bar) if installed else None
    monkeypatch.setitem(sys.modules, "tqdm.auto", module)
    x, flow = normal_points(40, d=2), planar_flow()
    history = fit(flow, x, x, steps=60, every=3, levels=16)
    bits = lambda loss: loss / (2 * math.log(2)) + 4
    expected = [
        f"{bits(a):.4f} bits/dim, held out {bits(b):.4f} bits/dim"
        for a, b in zip(history.train, history.held_out, strict=True)
    ]
    out, err = capsys.readouterr()
    assert out == ""
    if installed:
        bar = Bar.made.pop()
        assert (bar.total, bar.n, bar.closed, bar.shown) == (60, 60, True, expected)
    else:
        lines = [f"step {6 * k} of 60: {expected[2 * k - 1]}" for k in range(1, 11)]
        assert err.splitlines() == lines


def test_silence_is_silence(capsys):
    fit(affine_flow(), X, steps=20, every=1, **quiet)
    assert capsys.readouterr() == ("", "")
