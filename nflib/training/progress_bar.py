"""Progress of a run, shown as a tqdm bar if tqdm is installed, else in ten plain lines."""

import sys
from typing import Any


class Progress:
    """A counter of steps from ``start`` to ``steps``, which ``silent`` hides."""

    def __init__(self, steps: int, start: int, silent: bool) -> None:
        self.steps, self.silent, self.tenth = steps, silent, 10 * start // max(steps, 1)
        self.bar = None if silent else _tqdm_bar(steps, start)

    def advance(self) -> None:
        """Count one step more."""
        if self.bar is not None:
            self.bar.update()

    def show(self, step: int, values: str) -> None:
        """Show ``values``; without a bar, only when another tenth of the steps is done."""
        if self.bar is not None:
            self.bar.set_postfix_str(values)
        elif not self.silent and 10 * step // self.steps > self.tenth:
            self.tenth = 10 * step // self.steps
            print(f"step {step} of {self.steps}: {values}", file=sys.stderr, flush=True)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()


def _tqdm_bar(steps: int, start: int) -> Any:
    """A bar for the terminal or the notebook; None without tqdm, which nflib does not require."""
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm(total=steps, initial=start, unit="step")
