"""One call of a student's function: what it returned or raised, as plain data, within a time limit.

In a notebook the function is called right here (`Function`). The grader calls it in another process: there
`Function` runs too, and only an `Outcome` comes back, which no code of the student's has a part in.
"""

from __future__ import annotations

import contextlib
import inspect
import itertools
import linecache
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

SECONDS = 120.0  # for one call in a notebook
GRACE = 3  # times that a limit is told before it is enforced
LONGEST = 20_000  # letters of an answer in words


class TimeLimit(BaseException):
    """Too slow; not an Exception, so that ``except Exception`` lets it pass."""


@dataclass(frozen=True)
class Raised:
    """An exception of a student's function.

    Attributes:
        error: its type and first line.  types: the names of its type and of those above.
        name, line, code: the last line of the student's that was running; empty if none was.
    """

    error: str
    types: Sequence[str]
    name: str = ""
    line: int = 0
    code: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of a call: ``value``, or the name of the type of what is no value, or ``raised``.

    Attributes:
        seen: what the watch of the call counted.
    """

    value: torch.Tensor | None = None
    kind: str = ""
    raised: Raised | None = None
    seen: int = 0


class Watch(contextlib.AbstractContextManager):
    """Counts something in ``seen`` while it is active; it can be sent to another process."""

    seen: int = 0

    def __exit__(self, *raised: object) -> None:
        """Nothing, unless a subclass has something to put back."""


class Function:
    """A student's function, or what was given in place of one.

    Attributes:
        kind: empty, or the name of the type of what is no function.
        plain: what was given, if it is a text, a number or a list of such.
    """

    def __init__(self, given: Any) -> None:
        self.given, self.kind = given, "" if callable(given) else kind_of(given)
        self.plain = as_plain(given)

    def accepts(self, count: int) -> bool:
        """Whether it can be called with so many arguments."""
        try:
            signature = inspect.signature(self.given)
        except Exception:
            return True  # some built-in functions have no signature; others lie about it
        try:
            signature.bind(*range(count))
        except TypeError:
            return False
        return True

    def __call__(self, arguments: Sequence, watch: Watch | None = None) -> Outcome:
        """Call it; only KeyboardInterrupt passes, so that a long check can be stopped."""
        try:
            with at_most(SECONDS), watch or contextlib.nullcontext():
                value = self.given(*arguments)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return Outcome(raised=as_raised(error, self.given))
        seen = 0 if watch is None else watch.seen
        tensor = as_tensor(value)
        return Outcome(tensor, "" if tensor is not None else kind_of(value), seen=seen)


@contextlib.contextmanager
def at_most(seconds: float, end: Callable = lambda: None) -> Iterator[None]:
    """Raise `TimeLimit` in the code inside after ``seconds``, again each second, then call ``end``.

    Only the main thread of a system with alarms can be interrupted; elsewhere, and inside another
    limit, nothing is limited.
    """
    here = threading.current_thread() is threading.main_thread()
    if not here or not hasattr(signal, "setitimer") or signal.getitimer(signal.ITIMER_REAL)[0]:
        yield
        return

    rings = itertools.count()

    def ring(*_: object) -> None:
        if next(rings) >= GRACE:
            end()
        raise TimeLimit(f"{seconds:g} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def as_tensor(value: object) -> torch.Tensor | None:
    """A tensor, an array or a number as a plain tensor on the CPU; None for anything else."""
    if isinstance(value, bool) or not isinstance(
        value, torch.Tensor | np.ndarray | np.generic | float | int
    ):
        return None
    try:
        if isinstance(value, float | int):
            value = np.float64(value)  # torch would round it to float32
        value = np.array(value) if isinstance(value, np.ndarray) else value
        # a plain tensor: a subclass could override the methods that steps rely on
        tensor = torch.asarray(value, copy=True, device="cpu", requires_grad=False).to_dense()
    except (TypeError, ValueError, RuntimeError, OverflowError):
        return None
    return None if tensor.is_complex() else tensor.contiguous()


def as_plain(value: object, longest: int = LONGEST) -> Any:
    """A text, a number or a list of such, as JSON has them; None for anything else.

    Whatever the methods of a subclass say, a text is what it is, and at most ``longest`` letters of it.
    """
    if issubclass(type(value), str):
        return str.__str__(value)[:longest]
    if isinstance(value, list | tuple) and (part := longest // 100):
        return [as_plain(each, part) for each in list(value)[:100]]
    tensor = as_tensor(value)
    if tensor is None or tensor.numel() > 100:
        return None
    return int.__int__(value) if isinstance(value, int) else tensor.tolist()


def kind_of(value: object) -> str:
    """The name of the type of what is no value of a function; None and an ellipsis by themselves."""
    if value is None or value is ...:
        return str(value)
    if isinstance(value, torch.Tensor | np.ndarray):
        return f"{type(value).__name__}, {value.dtype}"
    return type(value).__name__


def as_raised(error: BaseException, function: object) -> Raised:
    """What was raised, as plain data, with the last line of ``function`` that was running."""
    types = [each.__name__ for each in type(error).__mro__]
    try:
        told = [*str(error).splitlines(), ""][0][:200]
    except BaseException:
        told = ""
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    found: tuple[str, int, str] = ("", 0, "")
    for frame, number in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename == file:
            found = (frame.f_code.co_name, number, linecache.getline(str(file), number).strip())
    return Raised(f"{types[0]}: {told}", types, *found)
