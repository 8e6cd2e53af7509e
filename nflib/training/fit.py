"""Training: to data by maximum likelihood, or to a density that is known up to a factor.

The divergence between p (the truth) and q (the flow) that is minimised depends on what is known
of p: with samples it is KL(p‖q), the forward one; with log p it is KL(q‖p), the reverse one.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from nflib.bijections.actnorm import ActNorm, initialise_in_a_pass
from nflib.bijections.dequantisation import bits_per_dim
from nflib.flow import Flow
from nflib.training.advice import advise, inexact_density, missed_spline
from nflib.training.data import Array, Data, Prepare, Rows
from nflib.training.history import History
from nflib.training.loop import train
from nflib.training.losses import ForwardLoss, ReverseLoss
from nflib.training.options import check_options, takes_options
from nflib.validation import check_dimension

MOST_ROWS = 10_000  # that an ActNorm is initialised from


@takes_options
def fit(
    flow: Flow,
    data: Data,
    held_out: Data | None = None,
    *,
    weights: Array | None = None,
    held_out_weights: Array | None = None,
    epochs: int | None = None,
    patience: int | None = None,
    prepare: Prepare | None = None,
    levels: int | None = None,
    **options: Any,
) -> History:
    """Maximum likelihood: change the flow so that the data become probable under it.

    Formula: minimise −(1/n) Σ_i w_i log q(x_i), which up to the entropy of p, unknown but
    constant, is the forward divergence KL(p‖q); each step descends on a minibatch. Each pass over
    the data is in a new order, and leaves out the last points if they do not fill a minibatch.

    With held-out points the flow ends with the parameters of the record at which those were
    most probable; without, with the last ones.

    Before the first step each ``ActNorm`` that is still the identity is initialised from the data,
    from 10,000 of their rows if there are more. One that was initialised or trained is left as it
    is, and a run that goes on from a checkpoint initialises none.

    Warnings, by 1,000 rows at most: before the run, if most values of a coordinate lie beyond the
    bound of a spline, which is the identity there; after it, if ``nflib.inversion_error`` exceeds
    0.1 nats, or 0.1 of the points, at one row in a hundred.

    Args:
        flow: trained in place, on its own device and in its dtype.
        data: n ≥ 1 finite points, shape (n, d); with a context, a pair (x, context) of n rows each:
            tensors of the flow's dtype, which may stay in the memory of the CPU while the flow is
            on a GPU, or NumPy arrays. Or a Dataset with a length, whose items are x or
            (x, context); or a DataLoader, for its dataset, batch_size and collate_fn: the order is
            that of ``fit``, without workers.
        held_out: other points of the same kind, which are not fitted; they are read once.
        weights: w ≥ 0, shape (n,), which are divided by their mean: a row of weight 2 counts as
            two rows.  held_out_weights: those of the held-out points.
        epochs: passes over the data, in place of steps.
        patience: stop after so many records without a new best held-out loss.
        prepare: ``prepare(x, generator)`` gives the points in place of the rows x of a minibatch,
            as fresh noise for dequantisation; ``data`` may then be of any dtype and shape (n, …).
            Held-out points are prepared once.
        levels: Q, if the points are dequantised from integers 0, …, Q − 1: then the bar shows
            ``bits_per_dim``. The history has losses −log q, in nats a point.
        options: steps, batch, lr, … of ``nflib.training.Options``.

    Several processes: started by ``torchrun``, after ``torch.distributed.init_process_group()``
    and with the same data, the same call shares each minibatch out among them.

    Raises:
        TypeError: if an option is unknown; the message names the nearest.
        ValueError: if a coordinate is constant and an ActNorm would be initialised, if the flow
            has no parameters, or the checkpoint is of another run.
        NonFiniteLoss: at the first loss or gradient that is NaN or infinite; the flow then has
            the last parameters at which the loss was finite.

    Source: Papamakarios et al., JMLR 22(57), 2021, section 2.3.1.
    """
    if isinstance(data, DataLoader) and data.batch_size is not None:
        options = {"batch": data.batch_size} | options
    own = {"flow": flow, "epochs": epochs, "patience": patience, "prepare": prepare}
    chosen = check_options(fit, options, **own)
    show: Callable[[float], str] = "{:.4f} nats".format
    if levels is not None:
        check_dimension("fit: levels", levels)
        show = lambda loss: f"{bits_per_dim(-torch.tensor(loss), flow.d, levels):.4f} bits/dim"
    if epochs is not None and "steps" in options:
        raise ValueError(f"fit: epochs: expected no steps beside them, got {chosen.steps}")
    if held_out is None and (patience is not None or held_out_weights is not None):
        option = "held_out_weights" if patience is None else "patience"
        raise ValueError(f"fit: {option}: expected held-out points to go by, got none")
    rows = Rows("fit: data", data, flow, prepare)
    rows.weigh("fit: weights", weights)
    batch = min(chosen.batch, rows.n)
    steps = chosen.steps if epochs is None else epochs * (rows.n // batch)
    chosen = replace(chosen, batch=batch, steps=steps)
    others = None if held_out is None else Rows("fit: held_out", held_out, flow, prepare)
    if others is not None:
        others.weigh("fit: held_out_weights", held_out_weights)
        others.keep()
    run: dict[str, Any] = {"n": rows.n}
    if chosen.checkpoint is not None:  # reading all the data takes time
        run |= {"data": rows.fingerprint(), "held_out": others and others.fingerprint()}
    if chosen.checkpoint is None or not os.path.exists(chosen.checkpoint):
        _initialise(flow, rows)
        if any(hasattr(layer, "bins") for layer in flow.modules()):
            advise(missed_spline, flow.bijection, rows, batch)
    loss = ForwardLoss(flow, rows, batch)
    history = train("fit", flow, loss, chosen, run, others, patience, show)
    advise(inexact_density, flow.bijection, rows, batch)
    return history


@torch.no_grad()
def _initialise(flow: Flow, rows: Rows) -> None:
    """Initialise each ActNorm of the flow that is still the identity, and that its density uses."""
    norms = [f for f in flow.modules() if isinstance(f, ActNorm) and not (f.m.any() or f.s.any())]
    if not norms:
        return
    some = torch.randperm(rows.n, generator=torch.Generator().manual_seed(0), device="cpu")
    x, *context = rows.take(some[:MOST_ROWS])
    constant = (x.amin(0) == x.amax(0)).nonzero().flatten().tolist()
    if constant:
        got = f"coordinate {constant[0]} the same in all rows, so that there is no density"
        expected = "values that vary in each coordinate"
        raise ValueError(f"fit: data: expected {expected}, got {got}: leave it out")
    initialise_in_a_pass(norms, lambda: flow(x, *context))


@takes_options
def fit_to_density(
    flow: Flow,
    log_density: Callable[[Tensor], Tensor],
    *,
    annealing: Callable[[int], float] | None = None,
    **options: Any,
) -> History:
    """Reverse divergence: change the flow until its samples follow a density known up to a factor.

    Formula: minimise E_q[log q(x) − β_t log p̃(x)], x = f(z) with z ~ p_Z drawn anew in each step;
    at β_t = 1 it is KL(q‖p) − log Z, where p = p̃/Z. The flow is never inverted.

    Args:
        log_density: log p̃, from points (m, d) to values (m,), differentiable; its normaliser
            need not be known.
        annealing: t ↦ β_t, t being the step, from 0: a small β at the start lets the samples
            spread before they settle, as ``lambda t: min(1.0, 0.01 + t / 2000)``; ``None`` is 1.
        options: steps, lr, … of ``nflib.training.Options``; batch is how many points are drawn.

    Returns:
        the history: losses log q − β_t log p̃, in nats a point. Add log Z to have KL(q‖p).

    Raises:
        ValueError: if the base learns and is a mixture, whose samples do not carry the whole
            gradient.  NonFiniteLoss: as ``fit``.

    Source: Rezende and Mohamed, Variational Inference with Normalizing Flows, ICML 2015,
        equations 15 and 20.
    """
    own = {"flow": flow, "log_density": log_density, "annealing": annealing}
    chosen = check_options(fit_to_density, options, **own)
    loss = ReverseLoss(flow, log_density, chosen.batch, annealing)
    run: dict[str, Any] = {"annealing": annealing is not None}
    if chosen.checkpoint is not None:
        run["log_density"] = _values(log_density, flow)
    return train("fit_to_density", flow, loss, chosen, run)


def _values(log_density: Callable[[Tensor], Tensor], flow: Flow) -> list[str]:
    """What a log-density is at four points, to four digits: a function has no other name."""
    like = next(flow.parameters(), torch.empty(0))
    points = torch.randn(4, flow.d, generator=torch.Generator().manual_seed(0)).to(like)
    with torch.no_grad():
        values = torch.as_tensor(log_density(points))  # of another shape: the loss refuses it
        return [f"{value:.4g}" for value in values.flatten().tolist()]
