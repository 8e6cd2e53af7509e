"""What a training run leaves: its history, or the error that says where it stopped."""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass
class History:
    """What a run saw, one entry a record. Losses are in nats a point; the lower, the better.

    Attributes:
        steps: how many steps had been taken.
        train: the mean loss of the minibatches since the record before.
        held_out: the loss of the held-out points then; empty if there are none.
        seconds: since the start, less the time between a kill and the resumption.
    """

    steps: list[int] = field(default_factory=list)
    train: list[float] = field(default_factory=list)
    held_out: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def best(self) -> int:
        """The number of the record with the lowest held-out loss, NaN being the highest."""
        return min(range(len(self.held_out)), key=lambda k: _nan_last(self.held_out[k]))


class NonFiniteLoss(FloatingPointError):
    """A loss or its gradient was NaN or infinite. The flow has its last good parameters.

    Attributes:
        step: the number of the step that was not taken, from 0.  history: the records before it.
    """

    def __init__(self, message: str, step: int, history: History) -> None:
        super().__init__(message)
        self.step, self.history = step, history


def _nan_last(value: float) -> float:
    return math.inf if math.isnan(value) else value
