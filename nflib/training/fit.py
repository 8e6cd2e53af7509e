"""Training: to data by maximum likelihood, or to a density that is known up to a factor.

Which divergence between p (the truth) and q (the flow) becomes small depends on what can be
had: samples of p, then KL(p‖q), the forward one; or log p, then KL(q‖p), the reverse one.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from nflib.bijections.bijection import full_precision
from nflib.bijections.dequantisation import bits_per_dim
from nflib.flow import Flow
from nflib.training.data import Data, check_rows, held_out_loss, order_of
from nflib.training.distributed import share
from nflib.training.history import History
from nflib.training.loop import Loop
from nflib.validation import check_dimension

Adam = partial(torch.optim.Adam, fused=True)  # the same numbers as Adam's, in one pass


def fit(
    flow: Flow,
    data: Data,
    held_out: Data | None = None,
    *,
    steps: int = 2000,
    batch: int = 256,
    lr: float = 1e-3,
    optimizer: Callable[..., Optimizer] = Adam,
    scheduler: Callable[[Optimizer], LRScheduler] | None = None,
    clip: float = math.inf,
    every: int = 100,
    patience: int | None = None,
    prepare: Callable[[Tensor, torch.Generator], Tensor] | None = None,
    generator: torch.Generator | None = None,
    autocast: bool = False,
    checkpoint: str | os.PathLike | None = None,
    progress: bool = True,
    levels: int | None = None,
) -> History:
    """Maximum likelihood: change the flow so that the data become probable under it.

    Formula: minimise −(1/n) Σ_i log q(x_i), which up to the entropy of p, unknown but constant,
    is the forward divergence KL(p‖q); each step descends on a minibatch. Each pass over the
    data is in a new order, and what does not fill a minibatch at its end is left out of it.

    With held-out points the flow ends with the parameters of the record at which those were
    most probable; without, with the last ones. Bijections that start from data, as ActNorm,
    are to be started before.

    Args:
        flow: trained in place, on its own device and in its dtype.
        data: points, shape (n, d); with a context, a pair (x, context) of n rows each. They may
            stay in the memory of the CPU while the flow is on a GPU.
        held_out: other points of the same kind, to which nothing is fitted.
        steps: how many minibatches.  batch: points in each, at most n, over all processes.
        lr, optimizer: ``optimizer(parameters, lr=lr)``, as ``torch.optim.SGD`` or
            ``functools.partial(torch.optim.SGD, momentum=0.9)``.
        scheduler: ``scheduler(optimizer)``, as ``lambda o: OneCycleLR(o, 0.01, total_steps=2000)``;
            one step of it after each step.
        clip: the largest norm of the gradient: a longer one is shortened to it.
        every: steps between records (history, held-out loss, checkpoint).
        patience: stop after so many records without a new best held-out loss.
        prepare: ``prepare(x, generator)`` gives the points in place of the rows x of a minibatch,
            as fresh noise for dequantisation; ``data`` may then be of any dtype and shape (n, …).
            Held-out points are prepared once.
        generator: one seed is drawn from it, which decides all the randomness of the run;
            ``None`` is torch's global one.
        autocast: run the networks of the flow in bfloat16.
        checkpoint: a file. If it exists, the run goes on from it, to the same numbers as if it
            had never stopped; if not, it is made. Randomness of the flow's own, as dropout, is
            not in it.
        progress: show a bar, or lines where tqdm is not installed.
        levels: Q, if the points are dequantised from integers 0, …, Q − 1: then the bar shows
            ``bits_per_dim``. The history is in nats.

    Several processes: started by ``torchrun``, after ``torch.distributed.init_process_group()``
    and with the same data, the same call shares each minibatch out among them.

    Returns:
        the history: losses −log q, in nats a point.

    Raises:
        TypeError: if data are not floating tensors, or of another dtype than the flow.
        ValueError: if they are empty, not finite, or their shapes do not match; if an option
            makes no sense, the flow has no parameters, or the checkpoint is of another run.
        NonFiniteLoss: at the first loss or gradient that is NaN or infinite; the flow then has
            the last parameters at which the loss was finite.

    Source: Papamakarios et al., JMLR 22(57), 2021, section 2.3.1.
    """
    show: Callable[[float], str] = "{:.4f} nats".format
    if levels is not None:
        check_dimension("fit: levels", levels)
        show = lambda loss: f"{bits_per_dim(-torch.tensor(loss), flow.d, levels):.4f} bits/dim"
    if patience is not None and held_out is None:
        raise ValueError("fit: patience: expected held-out points to go by, got none")
    device = next(flow.parameters(), torch.empty(0)).device
    rows = check_rows("fit: data", data, None if prepare else flow.d)
    n = len(rows[0])
    batch = min(batch, n)
    epoch, order = -1, torch.empty(0)

    def losses(step: int, generator: torch.Generator) -> Tensor:
        nonlocal epoch, order
        now, k = divmod(step, n // batch)
        if now != epoch:
            epoch, order = now, order_of(n, now, generator).to(rows[0].device)
        x, *context = (t[order[k * batch : (k + 1) * batch]].to(device) for t in rows)
        x = x if prepare is None else prepare(x, generator)
        return -flow(share(x), *map(share, context))

    return Loop(
        flow,
        "fit",
        losses,
        None if held_out is None else held_out_loss(flow, held_out, batch, prepare, device),
        {"n": n},
        batch=batch,
        steps=steps,
        lr=lr,
        optimizer=optimizer,
        scheduler=scheduler,
        clip=clip,
        every=every,
        patience=patience,
        generator=generator,
        autocast=autocast,
        checkpoint=checkpoint,
        progress=progress,
        show=show,
    ).run()


def fit_to_density(
    flow: Flow,
    log_density: Callable[[Tensor], Tensor],
    *,
    steps: int = 2000,
    batch: int = 256,
    lr: float = 1e-3,
    optimizer: Callable[..., Optimizer] = Adam,
    scheduler: Callable[[Optimizer], LRScheduler] | None = None,
    clip: float = math.inf,
    every: int = 100,
    annealing: Callable[[int], float] | None = None,
    generator: torch.Generator | None = None,
    autocast: bool = False,
    checkpoint: str | os.PathLike | None = None,
    progress: bool = True,
) -> History:
    """Reverse divergence: change the flow until its samples are as a density would have them.

    Formula: minimise E_q[log q(x) − β_t log p̃(x)], x = f(z) with z ~ p_Z drawn anew in each step;
    at β_t = 1 it is KL(q‖p) − log Z, where p = p̃/Z. The flow is never inverted.

    Args:
        log_density: log p̃, from points (m, d) to values (m,), differentiable; its normaliser
            need not be known.
        batch: points drawn in each step, over all processes.
        annealing: t ↦ β_t, t being the step, from 0: a small β at the start lets the samples
            spread before they settle, as ``lambda t: min(1.0, 0.01 + t / 2000)``; ``None`` is 1.
        steps, lr, …, progress: as in ``fit``.

    Returns:
        the history: losses log q − β_t log p̃, in nats a point. Add log Z to have KL(q‖p).

    Raises:
        TypeError, ValueError: as ``fit``; if ``log_density`` returns another shape, or the base
            learns and is a mixture, whose samples do not carry the whole gradient.
        NonFiniteLoss: as ``fit``.

    Source: Rezende and Mohamed, Variational Inference with Normalizing Flows, ICML 2015,
        equations 15 and 20.
    """

    if not flow.base.has_rsample and any(p.requires_grad for p in flow.base.parameters()):
        raise ValueError(
            "fit_to_density: flow: expected a base whose samples carry the gradient of all its "
            f"parameters, got {type(flow.base).__name__}; freeze it: flow.base.requires_grad_(False)"
        )

    def losses(step: int, generator: torch.Generator) -> Tensor:
        z = share(flow.base.sample(batch, generator))
        x, log_abs_det = flow.bijection(z)
        beta = 1.0 if annealing is None else annealing(step)
        with full_precision(x):
            log_p = log_density(x)
            if not isinstance(log_p, Tensor) or log_p.shape != x.shape[:-1]:
                expected, got = tuple(x.shape[:-1]), getattr(log_p, "shape", type(log_p).__name__)
                raise ValueError(
                    f"fit_to_density: log_density: expected values of shape {expected} for points "
                    f"of shape {tuple(x.shape)}, got {got}"
                )
            return flow.base.log_prob(z) - log_abs_det - beta * log_p

    return Loop(
        flow,
        "fit_to_density",
        losses,
        None,
        {},
        batch=batch,
        steps=steps,
        lr=lr,
        optimizer=optimizer,
        scheduler=scheduler,
        clip=clip,
        every=every,
        patience=None,
        generator=generator,
        autocast=autocast,
        checkpoint=checkpoint,
        progress=progress,
    ).run()
