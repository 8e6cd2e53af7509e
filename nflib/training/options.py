"""Options of a training run that ``fit`` and ``fit_to_density`` share, defined once."""

import inspect
import math
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial
from typing import Any, TypeVar

import torch
from torch.optim import LBFGS, Optimizer
from torch.optim.lr_scheduler import LRScheduler

from nflib.flow import Flow

Adam = partial(torch.optim.Adam, fused=True)  # the results of plain Adam, in one pass
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of a training run, the same for ``fit`` and ``fit_to_density``.

    Args:
        steps: how many minibatches.
        batch: points in each, over all processes; at most as many as there are data.
        lr, optimiser: ``optimiser(parameters, lr=lr)``, as ``torch.optim.SGD`` or
            ``functools.partial(torch.optim.SGD, momentum=0.9)``; or an optimiser of the flow's
            parameters, without lr. Not LBFGS, whose step evaluates the loss many times.
        scheduler: ``scheduler(optimiser)``, as ``lambda o: OneCycleLR(o, 0.01, total_steps=2000)``,
            or the scheduler of an optimiser that is given; one step of it after each step.
            A ReduceLROnPlateau steps at each record, and gets the held-out loss; that of
            ``fit_to_density``, where all points are new, the loss.
        clip: the largest norm of the gradient: a longer one is shortened to it.
        every: steps between records (history, held-out loss, checkpoint).
        generator: one seed is drawn from it, which decides all the randomness of the run;
            ``None`` is torch's global one.
        autocast: run the networks of the flow in bfloat16.
        checkpoint: a file. If it exists, the run goes on from it, to the same numbers as if it
            had never stopped; if not, it is made. Randomness of the flow's own, as dropout, or of
            a Dataset's, is not in it.
        progress: show a bar, or lines where tqdm is not installed.
    """

    steps: int = 2000
    batch: int = 256
    lr: float = 1e-3
    optimiser: Callable[..., Optimizer] | Optimizer = Adam
    scheduler: Callable[[Optimizer], LRScheduler] | LRScheduler | None = None
    clip: float = math.inf
    every: int = 100
    generator: torch.Generator | None = None
    autocast: bool = False
    checkpoint: str | os.PathLike | None = None
    progress: bool = True


KINDS: dict[str, tuple] = {  # what each option must be, of which kinds; a number must be positive
    **dict.fromkeys(("steps", "batch", "every", "epochs", "patience"), ("a positive int", int)),
    **dict.fromkeys(("lr", "clip"), ("a positive number", int, float)),
    **dict.fromkeys(("prepare", "annealing", "log_density"), ("a function", Callable)),
    **dict.fromkeys(("autocast", "progress"), ("a bool", bool)),
    "flow": ("a Flow", Flow),
    "optimiser": ("an Optimizer, or a function that makes one", Optimizer, Callable),
    "scheduler": ("an LRScheduler, or a function that makes one", LRScheduler, Callable),
    "generator": (
        "a torch.Generator, as torch.Generator().manual_seed(0), or None",
        torch.Generator,
    ),
    "checkpoint": ("a path", str, os.PathLike),
}


def takes_options(function: Function) -> Function:
    """Show ``Options`` in the signature and the help of a function that takes ``**options``."""
    signature = inspect.signature(function)
    *own, _ = signature.parameters.values()
    parameters = [*own, *inspect.signature(Options).parameters.values()]
    shown: Any = function
    shown.__signature__ = signature.replace(parameters=parameters)
    shown.__doc__ = f"{inspect.getdoc(function)}\n\n{inspect.getdoc(Options)}"
    return function


def check_options(function: Callable[..., Any], given: dict[str, Any], **own: Any) -> Options:
    """Refuse an unknown option (TypeError), and an invalid one, given or of the function's own."""
    name, parameters = function.__name__, inspect.signature(function).parameters
    known = [p.name for p in parameters.values() if p.kind is p.KEYWORD_ONLY]
    for option in given:
        if option not in known:
            nearest = ", ".join(get_close_matches(option, known, n=1) or known)
            raise TypeError(f"{name}: expected an option that exists, as {nearest}, got {option}")
    options = Options(**given)
    for option, value in (own | vars(options)).items():
        expected, *kinds = KINDS[option]
        of_kind = isinstance(value, tuple(kinds)) or value is parameters[option].default is None
        if not of_kind or (int in kinds and value is not None and not value > 0):
            error = ValueError if int in kinds else TypeError
            raise error(f"{name}: {option}: expected {expected}, got {value!r}")
    if options.checkpoint is not None:
        folder = os.path.dirname(os.path.abspath(options.checkpoint))
        if not os.path.isdir(folder):
            raise ValueError(f"{name}: checkpoint: expected a folder that exists, got {folder}")
    if not isinstance(options.optimiser, Optimizer):
        return options
    if "lr" in given:
        raise ValueError(f"{name}: lr: expected none beside an Optimizer, got {options.lr!r}")
    return replace(options, lr=options.optimiser.defaults["lr"])


def make_optimiser(name: str, flow: Flow, options: Options) -> tuple[Optimizer, Any]:
    """The optimiser of the flow's parameters, and its scheduler, made or as they were given."""
    learning = {p for p in flow.parameters() if p.requires_grad}
    if not learning:
        raise ValueError(f"{name}: flow: expected parameters to learn, got none")
    optimiser: Any = options.optimiser
    if not isinstance(optimiser, Optimizer):
        optimiser = optimiser([p for p in flow.parameters() if p.requires_grad], lr=options.lr)
    if not isinstance(optimiser, Optimizer) or isinstance(optimiser, LBFGS):
        expected, got = "an Optimizer of one gradient a step, as Adam", type(optimiser).__name__
        raise TypeError(f"{name}: optimiser: expected {expected}, got {got}")
    own = {p for group in optimiser.param_groups for p in group["params"]}
    if not learning <= own <= set(flow.parameters()):
        expected = f"the {len(learning)} parameters of the flow that learn, and no others"
        got = f"{len(own & learning)} of them, and {len(own.difference(flow.parameters()))} others"
        raise ValueError(f"{name}: optimiser: expected one of {expected}, got {got}")
    scheduler: Any = options.scheduler
    if scheduler is not None and not isinstance(scheduler, LRScheduler):
        scheduler = scheduler(optimiser)
    if scheduler is not None and getattr(scheduler, "optimizer", None) is not optimiser:
        got = f"a {type(scheduler).__name__} that is not"
        raise ValueError(f"{name}: scheduler: expected one of this optimiser, got {got}")
    return optimiser, scheduler
