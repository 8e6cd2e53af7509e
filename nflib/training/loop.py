"""The loop that both ways of training share: descend, record, keep what is needed to go on.

Whatever decides the next number (parameters, optimiser, scheduler, generator, step) is in the
checkpoint, so a run that was killed goes on from the last record to the same numbers.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from nflib.flow import Flow
from nflib.training import checkpoint as file
from nflib.training.distributed import from_first, random_seed, rank, total, world
from nflib.training.history import History, NonFiniteLoss
from nflib.training.progress_bar import Progress


@dataclass
class Loop:
    """Gradient descent on the mean of ``losses`` over minibatches, for a flow in place.

    Args:
        flow: what is trained.  name: who asks, for messages.
        losses: (step, generator) to the losses of this process's share of the minibatch.
        held_out_loss: the loss of the held-out points, or None.  show: a loss as text.
        identity: what else makes a run the same run; a checkpoint of another one is refused.
        The others are those of ``fit``.
    """

    flow: Flow
    name: str
    losses: Callable[[int, torch.Generator], Tensor]
    held_out_loss: Callable[[], float] | None
    identity: dict[str, Any]
    batch: int
    steps: int
    lr: float
    optimizer: Callable[..., Optimizer]
    scheduler: Callable[[Optimizer], LRScheduler] | None
    clip: float
    every: int
    patience: int | None
    generator: torch.Generator | None
    autocast: bool
    checkpoint: str | os.PathLike | None
    progress: bool
    show: Callable[[float], str] = "{:.4f} nats".format

    def __post_init__(self) -> None:
        for option in ("batch", "steps", "every"):
            value = getattr(self, option)
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{self.name}: {option}: expected a positive int, got {value!r}")
        self.parameters = [p for p in self.flow.parameters() if p.requires_grad]
        if not self.parameters:
            raise ValueError(f"{self.name}: flow: expected parameters to learn, got none")
        self.device = self.parameters[0].device
        module = _Losses(self.flow, self.losses)
        self.model = DistributedDataParallel(module) if world() > 1 else module
        self.optimiser = self.optimizer(self.parameters, lr=self.lr)
        self.schedule = None if self.scheduler is None else self.scheduler(self.optimiser)
        self.seeded = torch.Generator(self.device).manual_seed(random_seed(self.generator))
        self.step, self.history = 0, History()
        self.best: dict[str, Tensor] | None = None
        self.tensors = self.flow.state_dict()  # they share memory with the flow
        self.good = _copy(self.tensors)
        self.identity = self.identity | {
            "batch": self.batch,
            "every": self.every,
            "lr": self.lr,
            "clip": self.clip,
            "optimizer": type(self.optimiser).__name__,
            "scheduler": type(self.schedule).__name__,
        }

    def run(self) -> History:
        """Train to the last step, or until patience ends; the best parameters stay."""
        self._resume()
        training = self.flow.training
        self.flow.train()
        bar = Progress(self.steps, self.step, silent=not self.progress or rank() > 0)
        began = time.perf_counter() - (self.history.seconds or [0.0])[-1]
        try:
            while self.step < self.steps and not self._out_of_patience():
                last = min(self.step + self.every - self.step % self.every, self.steps)
                values = []
                while self.step < last:
                    values.append(self._descend())
                    bar.advance()
                self._record(math.fsum(values) / len(values), time.perf_counter() - began)
                bar.show(self.step, self._summary())
        finally:
            bar.close()
            self.flow.train(training)
        if self.best is not None:
            self.flow.load_state_dict(self.best)
        return self.history

    def _descend(self) -> float:
        """One step θ ← θ − … ∇ loss, unless loss or gradient is not finite; the loss at θ."""
        self.optimiser.zero_grad()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.autocast):
            losses = self.model(self.step, self.seeded)
        # DistributedDataParallel takes the mean over processes of the gradients
        (losses.sum() * (world() / self.batch)).backward()
        norm = nn.utils.clip_grad_norm_(self.parameters, self.clip)
        loss = float(total(losses.sum())) / self.batch
        if math.isfinite(loss):
            for name, tensor in self.tensors.items():
                self.good[name].copy_(tensor)
        if not math.isfinite(loss + float(norm)):
            self._stop(loss, float(norm), losses)
        self.optimiser.step()
        if self.schedule is not None:
            self.schedule.step()
        self.step += 1
        return loss

    def _stop(self, loss: float, norm: float, losses: Tensor) -> None:
        self.flow.load_state_dict(self.good)
        wrong = int(total((~losses.isfinite()).sum()))
        raise NonFiniteLoss(
            f"{self.name}: step {self.step}: expected a finite loss, got a loss of {loss:.6g} ("
            f"{wrong} of {self.batch} points are not finite) and a gradient of norm {norm:.6g}. "
            "The flow has the last parameters whose loss was finite. "
            + (
                "Look at the data: is it where the flow has a density?"
                if self.step == 0
                else "Try a smaller lr, or clip the gradient."
            ),
            self.step,
            self.history,
        )

    def _record(self, train: float, seconds: float) -> None:
        self.history.steps.append(self.step)
        self.history.train.append(train)
        self.history.seconds.append(seconds)
        if self.held_out_loss is not None:
            self.flow.eval()
            with (
                torch.no_grad(),
                torch.autocast(self.device.type, torch.bfloat16, enabled=self.autocast),
            ):
                self.history.held_out.append(self.held_out_loss())
            self.flow.train()
            if self.history.best() == len(self.history.held_out) - 1:
                self.best = _copy(self.tensors)
        if self.checkpoint is not None and rank() == 0:
            file.write(self.checkpoint, self._state())

    def _state(self) -> dict[str, Any]:
        return {
            "identity": self.identity,
            "flow": self.tensors,
            "optimizer": self.optimiser.state_dict(),
            "scheduler": None if self.schedule is None else self.schedule.state_dict(),
            "generator": self.seeded.get_state(),
            "step": self.step,
            "history": asdict(self.history),
            "best": self.best,
        }

    def _resume(self) -> None:
        """Go on from the checkpoint if there is one; process 0 alone needs to see the file."""
        state = None
        if self.checkpoint is not None and rank() == 0 and os.path.exists(self.checkpoint):
            state = file.read(self.checkpoint)
        state = from_first(state)
        if state is None:
            return
        for key, value in self.identity.items():
            if state["identity"].get(key) != value:
                raise ValueError(
                    f"{self.name}: checkpoint: expected {key} = {value!r}, got a file written by "
                    f"a run with {state['identity'].get(key)!r}; delete it, or name another"
                )
        self.flow.load_state_dict(state["flow"])
        self.optimiser.load_state_dict(state["optimizer"])
        if self.schedule is not None:
            self.schedule.load_state_dict(state["scheduler"])
        self.seeded.set_state(state["generator"])
        self.step, self.best = state["step"], state["best"]
        self.history = History(**state["history"])

    def _out_of_patience(self) -> bool:
        if self.patience is None or not self.history.held_out:
            return False
        return len(self.history.held_out) - 1 - self.history.best() >= self.patience

    def _summary(self) -> str:
        values = self.show(self.history.train[-1])
        if self.history.held_out:
            values += f", held out {self.show(self.history.held_out[-1])}"
        return values


class _Losses(nn.Module):
    """The function ``losses`` as a module around the flow: what DistributedDataParallel wraps."""

    def __init__(self, flow: Flow, losses: Callable[[int, torch.Generator], Tensor]) -> None:
        super().__init__()
        self.flow, self.losses = flow, losses

    def forward(self, step: int, generator: torch.Generator) -> Tensor:
        return self.losses(step, generator)


def _copy(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in tensors.items()}
