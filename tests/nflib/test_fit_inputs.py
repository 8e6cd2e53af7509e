"""What fit takes: weights, arrays, datasets, epochs, optimisers and schedulers; against plain runs."""

import copy
import functools
import math

import numpy as np
import pytest
import torch
from torch.optim.lr_scheduler import ExponentialLR, ReduceLROnPlateau, StepLR
from torch.utils.data import (
    DataLoader,
    Dataset,
    IterableDataset,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
)

from nflib import MLP, AffineCoupling, Flow, Linear, Planar, StandardNormal, fit, fit_to_density
from tests.nflib.helpers import F64, parameters, seeded

quiet = {"progress": False}
sgd = torch.optim.SGD


def make_flow() -> Flow:
    planar = [Planar(2, seeded(k)) for k in range(2)]
    return Flow(StandardNormal(2), Linear(torch.eye(2), torch.zeros(2)), *planar).double()


def conditional_flow() -> Flow:
    mask = torch.tensor([True, False])
    return Flow(StandardNormal(2), AffineCoupling(mask, MLP(1, 2, (4,), context=1))).double()


def points(n: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(n, 2, generator=seeded(seed), dtype=F64) * 2 + 1


X, C = points(40), points(40, 2)[:, :1]


def trained(data=X, held_out=None, flow=None, **options):
    """The parameters and the history of a short run."""
    flow = make_flow() if flow is None else flow
    options = {"steps": 12, "batch": 8, "every": 4, "lr": 0.02, "generator": seeded()} | options
    if "epochs" in options:
        del options["steps"]
    history = fit(flow, data, held_out, **options, **quiet)
    return parameters(flow), history


def same(one, other) -> bool:
    numbers = lambda h: (h.steps, h.train, h.held_out)
    return torch.equal(one[0], other[0]) and numbers(one[1]) == numbers(other[1])


# Weights


COUNTS = torch.arange(40) % 4  # also zeros


def gradients(x, **options) -> torch.Tensor:
    """What one step of plain gradient descent over all the data moves the parameters by."""
    flow = make_flow()
    before = parameters(flow)
    fit(
        flow,
        x,
        steps=1,
        batch=len(x),
        lr=1.0,
        optimiser=sgd,
        generator=seeded(),
        **options,
        **quiet,
    )
    return before - parameters(flow)


@pytest.mark.parametrize("weights", [COUNTS, 5 * COUNTS.double(), COUNTS.numpy() / 7])
def test_integer_weights_are_repeated_rows(weights):
    repeated = X.repeat_interleave(COUNTS, 0)
    torch.testing.assert_close(
        gradients(X, weights=weights), gradients(repeated), rtol=1e-12, atol=1e-12
    )
    assert not torch.allclose(gradients(X), gradients(repeated), rtol=1e-3)


def test_minibatches_are_unbiased():
    """Over an epoch at lr ≈ 0 the mean of the losses is that of all the data."""
    _, history = trained(weights=COUNTS, steps=5, every=5, lr=1e-12)
    loss = -make_flow().log_prob(X).detach()
    assert history.train[0] == pytest.approx(float((COUNTS * loss).sum() / COUNTS.sum()), 1e-10)


def test_the_weighted_held_out_loss():
    y, w = points(30, 3), torch.rand(30, generator=seeded(), dtype=F64)
    flow = make_flow()
    _, history = trained(X, y, flow, held_out_weights=w)
    loss = -flow.log_prob(y).detach()  # the best record is the last
    assert min(history.held_out) == pytest.approx(float((w * loss).sum() / w.sum()), 1e-12)


def test_a_checkpoint_carries_the_weights(tmp_path):
    w = {"weights": COUNTS, "held_out": X[:5], "held_out_weights": COUNTS[5:10]}
    whole = trained(**w)
    for steps in (4, 12):
        pieces = trained(**w, steps=steps, checkpoint=tmp_path / "run.pt")
    assert same(whole, pieces)
    for key in ("weights", "held_out_weights"):
        for other in (None, w[key].flip(0)):
            with pytest.raises(ValueError, match=r"checkpoint: expected .*, weights "):
                trained(**w | {key: other}, checkpoint=tmp_path / "run.pt")


# Arrays, datasets, loaders


class Pairs(Dataset):
    """Rows of arrays, read one by one."""

    def __init__(self, *columns):
        self.columns = [np.asarray(column) for column in columns]

    def __len__(self):
        return len(self.columns[0])

    def __getitem__(self, i):
        row = tuple(column[i] for column in self.columns)
        return row if len(row) > 1 else row[0]


def loader(dataset, **options):
    return DataLoader(dataset, batch_size=8, **options)


SOURCES = {
    "arrays": lambda *columns: (columns[1:] and columns) or columns[0],
    "views": lambda *columns: tuple(column[::-1].astype(">f8")[::-1] for column in columns),
    "dataset": Pairs,
    "tensor dataset": lambda *columns: TensorDataset(*map(torch.tensor, columns)),
    "loader": lambda *columns: loader(Pairs(*columns), shuffle=True),
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_the_numbers_are_those_of_tensors(source):
    x, c = X.numpy(), C.numpy()
    if source is not SOURCES["views"]:
        assert same(trained(X, X[:9]), trained(source(x), source(x[:9])))
    with torch.random.fork_rng():
        first = conditional_flow()
    pair, held_out, other = source(x, c), source(x[:9], c[:9]), copy.deepcopy(first)
    assert same(trained((X, C), (X[:9], C[:9]), first), trained(pair, held_out, other))


def test_they_are_converted_to_the_dtype_of_the_flow():
    x = X.float()
    for data in (x.double().numpy(), Pairs(x.double().numpy()), loader(TensorDataset(x.double()))):
        assert same(trained(x, flow=make_flow().float()), trained(data, flow=make_flow().float()))


def test_points_to_be_prepared_keep_their_dtype():
    integers, seen = np.arange(80).reshape(40, 2), []

    def prepare(x, generator):
        seen.append(x.dtype)
        return x.double() / 80

    trained(integers, Pairs(integers), prepare=prepare)
    assert set(seen) == {torch.int64}


def test_a_loader_gives_batch_size_and_collate():
    half = lambda rows: default_collate(rows) / 2
    data = DataLoader(Pairs(X), batch_size=5, collate_fn=half, shuffle=True, drop_last=True)
    flow, other = make_flow(), make_flow()
    histories = [
        fit(flow, data, steps=7, generator=seeded(), **quiet),
        fit(other, X / 2, steps=7, batch=5, generator=seeded(), **quiet),
    ]
    assert same((parameters(flow), histories[0]), (parameters(other), histories[1]))
    assert same(trained(data, batch=3), trained(X / 2, batch=3))  # what is said goes before


def test_a_dataset_is_read_by_the_rows_of_each_minibatch_and_held_out_once():
    read, held = [], []

    class Watched(Pairs):
        def __init__(self, x, log):
            super().__init__(x)
            self.log = log

        def __getitem__(self, i):
            self.log.append(i)
            return super().__getitem__(i)

    trained(Watched(X, read), Watched(X[:6], held), steps=5)
    assert sorted(read[1:41]) == list(range(40)) and len(read) == 1 + 40 + 8  # and the last look
    assert held == [0, 0, 1, 2, 3, 4, 5]


def test_a_run_over_a_dataset_goes_on_from_its_checkpoint(tmp_path):
    weights = COUNTS.numpy()
    whole = trained(X, X[:9], weights=weights)
    for steps in (4, 12):
        data = (Pairs(X), Pairs(X[:9]))
        pieces = trained(*data, weights=weights, steps=steps, checkpoint=tmp_path / "run.pt")
    assert same(whole, pieces)
    options = {"weights": weights, "checkpoint": tmp_path / "run.pt"}
    with pytest.raises(ValueError, match="expected data = 'TensorDataset of 40 rows, weights "):
        trained(TensorDataset(X), Pairs(X[:9]), **options)
    with pytest.raises(ValueError, match="expected n = 39, got a file written by a run with 40"):
        trained(Pairs(X[:39]), Pairs(X[:9]), **options | {"weights": weights[:39]})


# Epochs


@pytest.mark.parametrize("batch, steps", [(8, 15), (12, 9), (100, 3)])
def test_epochs_are_passes_over_the_data(batch, steps):
    assert trained(epochs=3, batch=batch)[1].steps[-1] == steps
    assert same(trained(epochs=3, batch=batch), trained(steps=steps, batch=batch))


# Optimisers and schedulers


class Calls:
    """A scheduler's arguments."""

    def __init__(self):
        self.losses = []

    def __call__(self, optimiser):
        losses = self.losses

        class Plateau(ReduceLROnPlateau):
            def step(self, metrics):
                losses.append(metrics)
                return super().step(metrics)

        return Plateau(optimiser, factor=0.5, patience=0, threshold=0.1)


def test_an_optimiser_instance_is_the_factory_that_made_it():
    make = functools.partial(sgd, momentum=0.9)
    flow = make_flow()
    own = make(flow.parameters(), lr=0.005)
    options = {"flow": flow, "optimiser": own, "scheduler": StepLR(own, 3)}
    history = fit(data=X, steps=12, batch=8, every=4, generator=seeded(), **options, **quiet)
    factory = trained(optimiser=make, lr=0.005, scheduler=lambda o: StepLR(o, 3))
    assert same((parameters(flow), history), factory)


def test_an_optimiser_instance_goes_on_from_a_checkpoint(tmp_path):
    for name, stops in (("whole", [12]), ("pieces", [4, 12])):
        for steps in stops:
            flow = make_flow()
            optimiser = torch.optim.AdamW(flow.parameters(), lr=0.01)
            options = {"optimiser": optimiser, "scheduler": ExponentialLR(optimiser, 0.9)}
            options |= {"steps": steps, "every": 4, "checkpoint": tmp_path / name}
            history = fit(flow, X, generator=seeded(), **options, **quiet)
        if name == "whole":
            whole = (parameters(flow), history)
    assert same(whole, (parameters(flow), history))
    flow = make_flow()
    options["optimiser"] = torch.optim.AdamW(flow.parameters(), lr=0.02)
    options["scheduler"] = ExponentialLR(options["optimiser"], 0.9)
    with pytest.raises(ValueError, match=r"checkpoint: expected lr = 0.02, got .* 0.01"):
        fit(flow, X, **options, **quiet)


def test_plateaus_get_the_held_out_loss_of_each_record():
    calls, y = Calls(), X[:9] - 3
    _, history = trained(X, y, scheduler=calls)
    assert calls.losses == history.held_out and len(calls.losses) == 3
    assert same(trained(X, y), trained(X, y, scheduler=ReduceLROnPlateau))  # of a patience of 10
    assert not same(trained(X, y, steps=40), trained(X, y, steps=40, scheduler=Calls()))
    with pytest.raises(ValueError, match="scheduler: expected held-out points"):
        trained(X, scheduler=ReduceLROnPlateau)


def test_plateaus_of_a_density_get_the_loss():
    calls = Calls()
    options = {"steps": 6, "every": 2, "generator": seeded(), "scheduler": calls, **quiet}
    history = fit_to_density(make_flow(), lambda x: -x.square().sum(-1), **options)
    assert calls.losses == history.train


def test_a_plateau_goes_on_from_a_checkpoint(tmp_path):
    options = {"data": X, "held_out": X[:9] - 3, "scheduler": Calls()}
    whole = trained(**options, steps=40)
    for steps in (8, 20, 40):
        pieces = trained(**options, steps=steps, checkpoint=tmp_path / "run.pt")
    assert same(whole, pieces)


# What is refused


class Stream(IterableDataset):
    def __iter__(self):
        return iter(X)

    def __len__(self):
        return len(X)


class Endless(Dataset):
    def __getitem__(self, i):
        return X[0]


NAN = torch.ones(40).index_fill_(0, torch.tensor([3]), math.nan)
lottery = WeightedRandomSampler([1.0] * 40, 40)
BAD = [
    (ValueError, r"weights: expected shape \(40,\), .*, got \(3,\)", {"weights": X[:3, 0]}),
    (ValueError, r"weights: expected shape \(40,\), .*, got \(40, 2\)", {"weights": X}),
    (ValueError, r"weights: expected .*, got list", {"weights": [1.0] * 40}),
    (ValueError, "weights: expected finite values ≥ 0, and one > 0, got -1.0", {"weights": -NAN}),
    (ValueError, "weights: expected finite .* got nan", {"weights": NAN}),
    (ValueError, "weights: expected finite .* got inf", {"weights": torch.ones(40) / 0}),
    (ValueError, "weights: expected finite .* got zeros", {"weights": torch.zeros(40)}),
    (TypeError, "weights: expected an array of real", {"weights": np.array(["a"] * 40)}),
    (ValueError, "held_out_weights: expected held-out points", {"held_out_weights": NAN}),
    (ValueError, r"held_out_weights: .*\(9,\)", {"held_out": X[:9], "held_out_weights": NAN}),
    (
        TypeError,
        "data: expected an array of real numbers, got dtype <U1",
        {"data": np.array(["a"])},
    ),
    (TypeError, "data: expected an array of real .* complex128", {"data": X.numpy() * 1j}),
    (ValueError, r"data: expected shape \(\*batch, 2\), got \(40, 3\)", {"data": np.ones((40, 3))}),
    (ValueError, "data: expected finite values, got 40 rows", {"data": np.full((40, 2), np.nan)}),
    (TypeError, "data: expected a tensor, or a pair .*, got dict", {"data": loader([{"x": 1.0}])}),
    (TypeError, "data: expected a Dataset .* read by number, got Stream", {"data": Stream()}),
    (
        TypeError,
        "data: expected a Dataset .* read by number, got Stream",
        {"data": loader(Stream())},
    ),
    (TypeError, "data: expected a Dataset .* read by number, got Endless", {"data": Endless()}),
    (TypeError, "data: expected a Dataset of n ≥ 1 rows", {"data": TensorDataset(X[:0])}),
    (ValueError, r"data: expected shape \(n, 2\), got \(1, 1, 2\)", {"data": Pairs(X[:, None])}),
    (
        ValueError,
        "expected a DataLoader with .* got None and Seq",
        {"data": DataLoader(X, batch_size=None)},
    ),
    (ValueError, "DataLoader .* 8 and Weighted", {"data": loader(Pairs(X), sampler=lottery)}),
    (TypeError, "held_out: expected a Dataset", {"held_out": Stream()}),
    (ValueError, "epochs: expected no steps beside them, got 5", {"epochs": 1, "steps": 5}),
    (ValueError, "epochs: expected a positive int, got 0", {"epochs": 0}),
    (ValueError, "epochs: expected a positive int, got 1.5", {"epochs": 1.5}),
    (ValueError, "clip: expected a positive number, got 'a'", {"clip": "a"}),
    (ValueError, "lr: expected a positive number, got nan", {"lr": math.nan}),
    (TypeError, "autocast: expected a bool, got 'no'", {"autocast": "no"}),
    (TypeError, "prepare: expected a function, got 3", {"prepare": 3}),
    (TypeError, "checkpoint: expected a path, got 3", {"checkpoint": 3}),
    (TypeError, "flow: expected a Flow, got Planar", {"flow": Planar(2)}),
    (TypeError, "optimiser: expected an Optimizer, or a function .*'adam'", {"optimiser": "adam"}),
    (TypeError, "optimiser: expected .*, got LBFGS", {"optimiser": torch.optim.LBFGS}),
    (TypeError, "optimiser: expected .*, got list", {"optimiser": lambda p, lr: p}),
    (TypeError, "optimiser: expected an Optimizer, .*None", {"optimiser": None}),
    (TypeError, "scheduler: expected an LRScheduler, or .*0.9", {"scheduler": 0.9}),
    (
        ValueError,
        "scheduler: expected one of this optimiser, got a float",
        {"scheduler": lambda o: 0.1},
    ),
]


@pytest.mark.parametrize("error, message, options", BAD, ids=[message for _, message, _ in BAD])
def test_what_cannot_be_taken_is_refused(error, message, options):
    with pytest.raises(error, match=f"^fit: .*{message}"):
        fit(**{"flow": make_flow(), "data": X, **quiet, **options})


def test_an_optimiser_of_other_parameters_is_refused():
    flow, other = make_flow(), make_flow()
    half = [*flow.parameters()][:2]
    n = len([*flow.parameters()])
    for wrong, got in (
        ([*other.parameters()], f"0 of them, and {n} others"),
        (half, "2 of them, and 0 others"),
        ([*flow.parameters(), *other.parameters()], f"{n} of them, and {n} others"),
    ):
        optimiser = torch.optim.Adam(wrong)
        with pytest.raises(ValueError, match=f"optimiser: expected one of the {n} .*, got {got}"):
            fit(flow, X, optimiser=optimiser, **quiet)
    optimiser = torch.optim.Adam(flow.parameters())
    with pytest.raises(ValueError, match=r"lr: expected none beside an Optimizer, got 0.1"):
        fit(flow, X, optimiser=optimiser, lr=0.1, **quiet)
    with pytest.raises(
        ValueError, match=r"scheduler: expected one of this optimiser, got a StepLR"
    ):
        fit(flow, X, optimiser=sgd, scheduler=StepLR(optimiser, 1), **quiet)
    flow.base.requires_grad_(False)
    flow.bijection.bijections[1].requires_grad_(False)
    fit(flow, X, steps=1, optimiser=optimiser, **quiet)  # what does not learn may be in it


def test_a_density_has_the_same_checks():
    for message, options in (
        ("log_density: expected a function, got 3", {"log_density": 3}),
        ("annealing: expected a function, got 0.5", {"annealing": 0.5}),
        ("optimiser: expected .*, got LBFGS", {"optimiser": torch.optim.LBFGS}),
    ):
        with pytest.raises(TypeError, match=f"^fit_to_density: {message}"):
            fit_to_density(**{"flow": make_flow(), "log_density": torch.sum, **quiet, **options})
