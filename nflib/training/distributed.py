"""Data parallelism: each of N processes takes a part of every batch, and sums go over all parts.

Under ``torchrun`` every process runs the same program. Before the program has called
``torch.distributed.init_process_group()``, or without it, there is one process, which takes all.
"""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


def rank() -> int:
    """The number of this process, from 0."""
    return dist.get_rank() if _initialised() else 0


def world_size() -> int:
    """The number N of processes."""
    return dist.get_world_size() if _initialised() else 1


def shard(points: Tensor) -> Tensor:
    """This process's share of the rows: every N-th from its rank on; the shares cover all once."""
    return points[rank() :: world_size()]


def all_reduce(value: Tensor) -> Tensor:
    """The sum of ``value`` over all processes, the same bits in each of them."""
    value = value.detach().clone()
    if _initialised():
        dist.all_reduce(value)
    return value


def broadcast(value: Any) -> Any:
    """The ``value`` of process 0, sent to every process."""
    values = [value]
    if _initialised():
        dist.broadcast_object_list(values, src=0)
    return values[0]


def random_seed(generator: torch.Generator | None) -> int:
    """A seed that process 0 draws from ``generator`` (``None``: torch's global one) for all."""
    device = "cpu" if generator is None else generator.device
    seed = torch.randint(2**62, (), generator=generator, device=device)
    return broadcast(int(seed))


def _initialised() -> bool:
    return dist.is_available() and dist.is_initialized()
