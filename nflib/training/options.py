"""Options of a training run that ``fit`` and ``fit_to_density`` share, defined once."""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from typing import Any, TypeVar

import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

Adam = partial(torch.optim.Adam, fused=True)  # the results of plain Adam, in one pass
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of a training run, the same for ``fit`` and ``fit_to_density``.

    Args:
        steps: how many minibatches.
        batch: points in each, over all processes; at most as many as there are data.
        lr, optimiser: ``optimiser(parameters, lr=lr)``, as ``torch.optim.SGD`` or
            ``functools.partial(torch.optim.SGD, momentum=0.9)``.
        scheduler: ``scheduler(optimiser)``, as ``lambda o: OneCycleLR(o, 0.01, total_steps=2000)``;
            one step of it after each step.
        clip: the largest norm of the gradient: a longer one is shortened to it.
        every: steps between records (history, held-out loss, checkpoint).
        generator: one seed is drawn from it, which decides all the randomness of the run;
            ``None`` is torch's global one.
        autocast: run the networks of the flow in bfloat16.
        checkpoint: a file. If it exists, the run goes on from it, to the same numbers as if it
            had never stopped; if not, it is made. Randomness of the flow's own, as dropout, is
            not in it.
        progress: show a bar, or lines where tqdm is not installed.
    """

    steps: int = 2000
    batch: int = 256
    lr: float = 1e-3
    optimiser: Callable[..., Optimizer] = Adam
    scheduler: Callable[[Optimizer], LRScheduler] | None = None
    clip: float = math.inf
    every: int = 100
    generator: torch.Generator | None = None
    autocast: bool = False
    checkpoint: str | os.PathLike | None = None
    progress: bool = True


def takes_options(function: Function) -> Function:
    """Show ``Options`` in the signature and the help of a function that takes ``**options``."""
    signature = inspect.signature(function)
    *own, _ = signature.parameters.values()
    parameters = [*own, *inspect.signature(Options).parameters.values()]
    shown: Any = function
    shown.__signature__ = signature.replace(parameters=parameters)
    shown.__doc__ = f"{inspect.getdoc(function)}\n\n{inspect.getdoc(Options)}"
    return function


def check_options(function: Callable[..., Any], given: dict[str, Any]) -> Options:
    """Refuse an unknown option (TypeError) or an invalid one (ValueError)."""
    name, parameters = function.__name__, inspect.signature(function).parameters
    known = [p.name for p in parameters.values() if p.kind is p.KEYWORD_ONLY]
    for option in given:
        if option not in known:
            nearest = ", ".join(get_close_matches(option, known, n=1) or known)
            raise TypeError(f"{name}: expected an option that exists, as {nearest}, got {option}")
    options = Options(**given)
    for option in ("batch", "steps", "every"):
        value = getattr(options, option)
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"{name}: {option}: expected a positive int, got {value!r}")
    for option in ("lr", "clip"):
        value = getattr(options, option)
        if not isinstance(value, int | float) or not value > 0:
            raise ValueError(f"{name}: {option}: expected a positive number, got {value!r}")
    if not isinstance(options.generator, torch.Generator | None):
        raise TypeError(
            f"{name}: generator: expected a torch.Generator, as torch.Generator().manual_seed(0), "
            f"or None, got {options.generator!r}"
        )
    if options.checkpoint is not None:
        folder = os.path.dirname(os.path.abspath(options.checkpoint))
        if not os.path.isdir(folder):
            raise ValueError(f"{name}: checkpoint: expected a folder that exists, got {folder}")
    return options
