"""A run that was stopped, or killed, goes on to the same bits."""

import functools
import random

import pytest
import torch
from torch.optim.lr_scheduler import OneCycleLR

from nflib import Flow, Linear, Planar, StandardNormal, fit, fit_to_density
from nflib.training import checkpoint
from tests.nflib.helpers import parameters, seeded
from tests.nflib.killed_processes import kill_after_a_write

STEPS = 120


def make_flow() -> Flow:
    return Flow(StandardNormal(2), Linear(torch.eye(2), torch.zeros(2)), Planar(2, seeded()))


def noisy(x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return x + 0.1 * torch.rand(x.shape, generator=generator)


def log_density(x: torch.Tensor) -> torch.Tensor:
    return -0.5 * (x - 1).square().sum(-1) + x[:, 0].cos()


def one_cycle(optimiser: torch.optim.Optimizer) -> OneCycleLR:
    return OneCycleLR(optimiser, 0.05, total_steps=STEPS)


def train(kind: str, steps: int = STEPS, path=None, seed: int | None = 0, **options):
    """A run of each kind; the flow and the history."""
    flow = make_flow()
    x = torch.randn(100, 2, generator=seeded(1)) * torch.tensor([1.0, 3.0])
    options = {"lr": 0.05, "batch": 16, "every": 7, "progress": False} | options
    options |= {"steps": steps, "checkpoint": path}
    options["generator"] = None if seed is None else seeded(seed)
    if kind == "reverse":
        return flow, fit_to_density(flow, log_density, annealing=lambda t: t / STEPS, **options)
    if kind == "sgd":
        sgd = functools.partial(torch.optim.SGD, momentum=0.9)
        return flow, fit(flow, x, optimiser=sgd, **options | {"lr": 0.01})
    if kind == "held out":  # the best is long ago when the run ends
        return flow, fit(flow, x, x[:30] / 2, prepare=noisy, scheduler=one_cycle, **options)
    return flow, fit(flow, x, **options)


KINDS = ["plain", "held out", "sgd", "reverse"]
every_kind = pytest.mark.parametrize("kind", KINDS)


def same(one, other) -> bool:
    (flow, history), (flow_, history_) = one, other
    numbers = lambda h: (h.train, h.held_out, h.steps)
    equal = torch.equal(parameters(flow), parameters(flow_))
    return equal and numbers(history) == numbers(history_)


@every_kind
def test_a_run_in_pieces_is_the_run_in_one(tmp_path, kind):
    whole = train(kind)
    for steps in (14, 35, STEPS):
        pieces = train(kind, steps, tmp_path / "run.pt")
    assert same(whole, pieces)
    assert pieces[1].seconds == sorted(pieces[1].seconds)


def test_records_stay_at_multiples_of_every_after_a_stop_between_them(tmp_path):
    train("plain", 10, tmp_path / "run.pt")
    flow, history = train("plain", 30, tmp_path / "run.pt")
    assert history.steps == [7, 10, 14, 21, 28, 30]
    assert torch.equal(parameters(flow), parameters(train("plain", 30)[0]))


@every_kind
def test_a_finished_run_is_read_not_run(tmp_path, kind):
    done = train(kind, path=tmp_path / "run.pt")
    began = (tmp_path / "run.pt").stat().st_mtime_ns
    again = train(kind, path=tmp_path / "run.pt")
    assert same(done, again) and again[1].seconds == done[1].seconds
    assert (tmp_path / "run.pt").stat().st_mtime_ns == began


def test_a_checkpoint_changes_no_number(tmp_path):
    assert same(train("held out"), train("held out", path=tmp_path / "run.pt"))


def test_patience_counts_across_a_stop(tmp_path):
    whole = train("held out", patience=3)
    assert whole[1].steps[-1] < STEPS
    for steps in (7, 21, STEPS):
        pieces = train("held out", steps, tmp_path / "run.pt", patience=3)
    assert same(whole, pieces)


def test_without_a_generator_the_seed_is_the_first_runs(tmp_path):
    runs = []
    for stops in ([STEPS], [21, STEPS]):
        with torch.random.fork_rng():
            torch.manual_seed(0)
            for steps in stops:
                run = train("reverse", steps, tmp_path / f"{len(stops)}.pt", seed=None)
        runs.append(run)
    assert same(*runs)


@pytest.mark.parametrize(
    "option",
    [
        {"batch": 8},
        {"lr": 0.1},
        {"clip": 1.0},
        {"every": 5},
        {"optimiser": torch.optim.SGD},
        {"scheduler": one_cycle},
    ],
)
def test_a_checkpoint_of_another_run_is_refused(tmp_path, option):
    """Tell whether the option is new or is no longer given."""
    for k, (first, then) in enumerate([({}, option), (option, {})]):
        train("plain", 14, tmp_path / f"{k}.pt", **first)
        with pytest.raises(ValueError, match=f"^fit: checkpoint: expected {next(iter(option))} = "):
            train("plain", path=tmp_path / f"{k}.pt", **then)


def test_a_checkpoint_of_other_data_function_or_flow_is_refused(tmp_path):
    """Files of the same options: what was trained, on what, by which function is in them."""
    path = tmp_path / "run.pt"
    x, same = torch.randn(100, 2, generator=seeded(1)), {"steps": 7, "every": 7, "progress": False}
    same |= {"checkpoint": path, "batch": 10, "generator": seeded()}
    fit(make_flow(), x, **same)
    before = path.read_bytes()
    larger = Flow(StandardNormal(2), Planar(2), Planar(2))
    density = lambda x: -x.square().sum(-1)
    for name, other in (
        ("function", lambda: fit_to_density(make_flow(), density, **same)),
        ("data", lambda: fit(make_flow(), x + 1, **same)),
        ("data", lambda: fit(make_flow(), x.flip(0), **same)),
        ("held_out", lambda: fit(make_flow(), x, x, **same)),
        ("flow", lambda: fit(larger, x, **same)),
        ("d", lambda: fit(Flow(StandardNormal(1), Planar(1)), x[:, :1], **same)),
    ):
        with pytest.raises(ValueError, match=rf"checkpoint: expected {name} = .* got a file writ"):
            other()
    assert path.read_bytes() == before
    same["checkpoint"] = tmp_path / "density.pt"
    fit_to_density(make_flow(), density, **same)
    with pytest.raises(ValueError, match="checkpoint: expected log_density = "):
        fit_to_density(make_flow(), log_density, **same)


def test_the_checkpoint_holds_all_that_decides_the_next_number(tmp_path):
    train("held out", path=tmp_path / "run.pt")
    names = "identity flow optimiser scheduler generator step history best"
    assert sorted(checkpoint.read(tmp_path / "run.pt")) == sorted(names.split())


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["held out", "reverse"])
def test_a_run_that_is_killed_at_any_moment_reaches_the_same_bits(tmp_path, kind):
    expected, chance = train(kind), random.Random(1)
    path, kills, seen = tmp_path / "run.pt", 0, set()
    while True:
        process = kill_after_a_write(path, chance, train, kind, STEPS, path)
        if process.exitcode == 0:
            break
        kills += 1
        seen.add(checkpoint.read(path)["step"])
    assert kills >= 3 and len(seen) >= 3
    assert same(train(kind, path=path), expected)
