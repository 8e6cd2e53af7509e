"""Processes to be killed at any moment. They start in milliseconds: torch is loaded only once."""

import multiprocessing
import random
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

if "forkserver" in multiprocessing.get_all_start_methods():
    _context = multiprocessing.get_context("forkserver")
    _context.set_forkserver_preload(["nflib", "torch._dynamo", "pytest"])  # the first step of an
    # optimiser loads torch._dynamo
else:  # on Windows, where they start in seconds
    _context = multiprocessing.get_context("spawn")


def kill_after_a_write(
    path: Path, chance: random.Random, target: Callable, *args: object
) -> BaseProcess:
    """Run ``target(*args)`` until it has written ``path`` anew and a while longer; then SIGKILL."""
    before = _modified(path)
    process = _context.Process(target=target, args=args)
    process.start()
    while process.is_alive() and _modified(path) == before:
        time.sleep(0.001)
    time.sleep(chance.uniform(0, 0.03))
    process.kill()
    process.join()
    return process


def _modified(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0
