"""Data as training sees them: checked once, then in a new order at each pass, part by part."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from nflib.flow import Flow
from nflib.training.distributed import share, total
from nflib.validation import check_points

Data = Tensor | tuple[Tensor, Tensor]


def order_of(n: int, epoch: int, generator: torch.Generator) -> Tensor:
    """A permutation that depends on the run's seed and the epoch alone: nothing to remember."""
    seed = generator.initial_seed() + 1 + epoch
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed))


def held_out_loss(
    flow: Flow,
    held_out: Data,
    batch: int,
    prepare: Callable[[Tensor, torch.Generator], Tensor] | None,
    device: torch.device,
) -> Callable[[], float]:
    """A function without arguments that gives −(1/n) Σ_i log q(x_i) over the held-out points."""
    x, *context = check_rows("fit: held_out", held_out, None if prepare else flow.d)
    n = len(x)
    if prepare is not None:
        x = prepare(x.to(device), torch.Generator(device).manual_seed(0))
    rows = [share(t) for t in (x, *context)]

    def loss() -> float:
        value = torch.zeros((), dtype=torch.float64, device=device)
        for parts in zip(*(t.split(batch) for t in rows), strict=True):
            value -= flow(*(t.to(device) for t in parts)).sum()
        return float(total(value)) / n

    return loss


def check_rows(name: str, data: Data, d: int | None) -> tuple[Tensor, ...]:
    """The points, and their contexts if there are, checked; d is None if they are yet to come."""
    rows = data if isinstance(data, tuple) else (data,)
    if len(rows) not in (1, 2) or not all(isinstance(t, Tensor) for t in rows):
        got = ", ".join(type(t).__name__ for t in rows)
        raise TypeError(f"{name}: expected a tensor, or a pair of points and context, got {got}")
    if d is not None:
        check_points(name, rows[0], d, None)
        if rows[0].ndim != 2:
            raise ValueError(f"{name}: expected shape (n, {d}), got {tuple(rows[0].shape)}")
    if rows[0].ndim == 0 or len(rows[0]) == 0 or any(len(t) != len(rows[0]) for t in rows):
        got = " and ".join(str(tuple(t.shape)) for t in rows)
        raise ValueError(f"{name}: expected n ≥ 1 rows, as many in each tensor, got {got}")
    for t in rows:
        wrong = (~t.isfinite()).reshape(len(t), -1).any(-1).nonzero()
        if len(wrong):
            row = int(wrong[0])
            got = f"{len(wrong)} rows that are not, the first being row {row}"
            raise ValueError(f"{name}: expected finite values, got {got}")
    return rows
