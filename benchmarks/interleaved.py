"""Timing in turns: what else the machine does meanwhile falls on all contenders alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Times:
    """The seconds that one contender took, over the rounds."""

    minimum: float
    median: float


def interleaved(contenders: dict[str, Callable[[], object]], rounds: int = 15) -> dict[str, Times]:
    """Run every contender once a round, after two rounds that are thrown away."""
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds + 2):
        for name, run in contenders.items():
            start = time.perf_counter()
            run()
            taken[name].append(time.perf_counter() - start)
    return {name: Times(min(t[2:]), statistics.median(t[2:])) for name, t in taken.items()}


def gemm_flops(seconds: float = 0.5) -> float:
    """Measure the operations a second of a large float32 matrix product: the arithmetic limit."""
    import torch

    n = 1024
    a, b = torch.randn(n, n), torch.randn(n, n)
    best, end = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - start)
    return 2 * n**3 / best
