"""Progress of a run, shown as a tqdm bar if tqdm is installed, else in ten plain lines."""

import sys
from contextlib import suppress
from typing import Any


class Progress:
    """A counter of steps from ``start`` to ``steps``, which ``silent`` hides."""

    def __init__(self, steps: int, start: int, silent: bool) -> None:
        self.steps, self.silent, self.tenth = steps, silent, 10 * start // max(steps, 1)
        self.bar: Any = None
        if not silent:
            with suppress(ImportError):  # nflib does not require tqdm
                from tqdm.auto import tqdm

                self.bar = tqdm(total=steps, initial=start, unit="step")

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
