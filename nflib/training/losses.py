"""Losses of the points of a minibatch: their mean is a divergence of p and q up to a constant.

Each is a module whose only part is the flow, as ``DistributedDataParallel`` asks for. The points of
a step are decided by its number and the generator alone, so a resumed run sees the same points.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from nflib.bijections.bijection import full_precision
from nflib.flow import Flow
from nflib.training.data import Rows
from nflib.training.distributed import all_reduce, shard, world_size


class ForwardLoss(nn.Module):
    """Losses −w log q(x) of a minibatch of data x ~ p; their mean estimates KL(p‖q) + H(p).

    The weights w have mean 1 over the data, so the mean over a minibatch is unbiased.
    """

    def __init__(self, flow: Flow, rows: Rows, batch: int) -> None:
        super().__init__()
        self.flow, self.rows, self.batch = flow, rows, batch
        self.epoch, self.order = -1, torch.empty(0)

    def forward(self, step: int, generator: torch.Generator) -> Tensor:
        n = self.rows.n
        epoch, k = divmod(step, n // self.batch)
        if epoch != self.epoch:
            of_epoch = torch.Generator().manual_seed(generator.initial_seed() + 1 + epoch)
            order = torch.randperm(n, generator=of_epoch).to(self.rows.device)
            self.epoch, self.order = epoch, order
        here = self.order[k * self.batch : (k + 1) * self.batch]
        losses = -self.flow(*map(shard, self.rows.take(here, generator)))
        weights = self.rows.weights
        return losses if weights is None else losses * shard(weights[here]).to(losses.device)


class ReverseLoss(nn.Module):
    """Losses log q(x) − β log p̃(x) of new points x = f(z), z ~ p_Z.

    At β = 1 their mean estimates KL(q‖p) − log Z, where p = p̃/Z.
    """

    def __init__(
        self, flow: Flow, log_density: Callable, batch: int, annealing: Callable | None
    ) -> None:
        super().__init__()
        self.flow, self.batch, self.beta = flow, batch, annealing
        self.log_density = partial(log_density)  # a module must not be registered as a part
        if not flow.base.has_rsample and any(p.requires_grad for p in flow.base.parameters()):
            expected = "a base whose samples carry the gradient of all its parameters"
            got = f"{type(flow.base).__name__}; freeze it: flow.base.requires_grad_(False)"
            raise ValueError(f"fit_to_density: flow: expected {expected}, got {got}")

    def forward(self, step: int, generator: torch.Generator) -> Tensor:
        z = shard(self.flow.base.sample(self.batch, generator))
        x, log_abs_det = self.flow.bijection(z)
        beta = 1.0 if self.beta is None else self.beta(step)
        with full_precision(x):
            log_p = self.log_density(x)
            if not isinstance(log_p, Tensor) or log_p.shape != x.shape[:-1]:
                shape, got = tuple(x.shape), getattr(log_p, "shape", type(log_p).__name__)
                expected = f"values of shape {shape[:-1]} for points of shape {shape}"
                raise ValueError(f"fit_to_density: log_density: expected {expected}, got {got}")
            return self.flow.base.log_prob(z) - log_abs_det - beta * log_p


def held_out_loss(flow: Flow, rows: Rows, batch: int, device: torch.device) -> float:
    """Mean loss −(1/n) Σ_i w_i log q(x_i) of all n rows, ``batch`` of them at a time, in nats."""
    total = 0.0  # Python's float is double; a device need not have float64
    weights = torch.ones(rows.n) if rows.weights is None else rows.weights
    for parts in zip(*(shard(t).split(batch) for t in (weights, *rows.tensors)), strict=True):
        w, *given = (t.to(device) for t in parts)
        total -= float((w * flow(*given)).sum())
    if world_size() > 1:
        total = float(all_reduce(torch.tensor(total, dtype=torch.float64, device=device)))
    return total / rows.n
