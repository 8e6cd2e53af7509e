"""One process or several: the share of a batch that is this one's, and sums over all of them.

Under ``torchrun`` every process runs the same program. Once the program has called
``torch.distributed.init_process_group()``, each of N processes takes every N-th point of each
batch; before, or without it, there is one process, and it takes all.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


def rank() -> int:
    """The number of this process, from 0."""
    return dist.get_rank() if _several() else 0


def world() -> int:
    """The number of processes."""
    return dist.get_world_size() if _several() else 1


def share(points: Tensor) -> Tensor:
    """Every N-th row, from this process's number on: the shares are disjoint, and cover all."""
    return points[rank() :: world()]


def total(value: Tensor) -> Tensor:
    """The sum over all processes, the same bits in each of them."""
    value = value.detach().clone()
    if _several():
        dist.all_reduce(value)
    return value


def from_first(value: Any) -> Any:
    """What process 0 has, in all of them."""
    values = [value]
    if _several():
        dist.broadcast_object_list(values, src=0)
    return values[0]


def _several() -> bool:
    return dist.is_available() and dist.is_initialized()


def random_seed(generator: torch.Generator | None) -> int:
    """A seed drawn from ``generator`` (``None``: torch's global one) in process 0, for all."""
    device = "cpu" if generator is None else generator.device
    seed = torch.randint(2**62, (), generator=generator, device=device)
    return from_first(int(seed))
