"""Results of a training run: its history, or the error that says where it stopped."""

import math
from dataclasses import dataclass, field


@dataclass
class History:
    """The records of a run, one entry each. Losses are in nats a point; the lower, the better.

    Attributes:
        steps: how many steps had been taken.
        train: the mean loss of the minibatches since the record before.
        held_out: the loss of the held-out points then; empty if there are none.
        seconds: since the start, without the time between an interruption and a resumption.
    """

    steps: list[int] = field(default_factory=list)
    train: list[float] = field(default_factory=list)
    held_out: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def best(self) -> int:
        """The number of the record with the lowest held-out loss, NaN being the highest."""
        losses = [math.inf if math.isnan(loss) else loss for loss in self.held_out]
        return losses.index(min(losses))

    def out_of_patience(self, patience: int | None) -> bool:
        """Tell whether the last ``patience`` records brought no new best; False for ``None``."""
        if patience is None or not self.held_out:
            return False
        return len(self.held_out) - 1 - self.best() >= patience


class NonFiniteLoss(FloatingPointError):
    """A loss or its gradient was NaN or infinite. The flow has its last good parameters.

    Attributes:
        step: the number of the step that was not taken, from 0.  history: the records before it.
    """

    def __init__(self, message: str, step: int, history: History) -> None:
        super().__init__(message)
        self.step, self.history = step, history
