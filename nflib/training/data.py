"""Checks of the data of a training run: points, with their context if there is one."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from nflib.validation import check_points

Data = Tensor | tuple[Tensor, Tensor]
Prepare = Callable[[Tensor, torch.Generator], Tensor]


def check_rows(name: str, data: Data, d: int | None) -> tuple[Tensor, ...]:
    """Refuse data that are not finite points, and contexts if there are, of n ≥ 1 rows each.

    Args:
        name: the caller and its argument; opens every message.
        data: the argument.  d: the dimension of the points; ``None`` before they are prepared.
    """
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
