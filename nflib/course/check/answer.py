"""Guarded calls of a student's function: arguments are copied, and the value is validated.

Its messages are in ``texts/engine.toml``, under the name of the step at which a check ends.
"""

from __future__ import annotations

import inspect
import linecache
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from nflib.course.check.text import NOTHING, Text, words

MESSAGES = words("engine")["answer"]


class CheckEnded(Exception):
    """The end of a check before its last step.

    Attributes:
        verdict: ``"fail"``, ``"pending"`` or ``"error"``.
        message, hint, line: the texts to show.  mistake: the name of the hint.
        step: the name of the step, if it is none of the question.
    """

    def __init__(
        self,
        verdict: str,
        message: Text,
        hint: Text = NOTHING,
        *,
        mistake: str = "",
        step: str = "",
        line: Text = NOTHING,
    ) -> None:
        super().__init__(verdict)
        self.verdict, self.message, self.hint = verdict, message, hint
        self.mistake, self.step, self.line = mistake, step, line


@dataclass(frozen=True)
class Signature:
    """The name of a function and of its arguments, as the statement writes them."""

    name: str
    arguments: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Signature:
        name, _, arguments = text.rstrip(")").partition("(")
        return cls(name, tuple(arguments.split(", ")))

    def __str__(self) -> str:
        return f"`{self.name}({', '.join(self.arguments)})`"


class Answer:
    """A student's function, called on copies of tensors and lists; its value becomes float64.

    The value may be a tensor or a NumPy array of the shape of the first argument, or of the
    ``shape`` asked for; a single number stands for the same value everywhere. Anything else ends
    the check, also a value that is not finite unless ``finite`` is False: then the step judges it.
    """

    def __init__(self, function: Callable, signature: Signature, float64: bool) -> None:
        self.function, self.signature, self.float64 = function, signature, float64
        if not callable(function):
            raise self._end("function", got=_describe(function))
        if not _accepts(function, len(signature.arguments)):
            raise self._end("signature")

    def __call__(
        self, *arguments: Any, shape: tuple[int, ...] | None = None, finite: bool = True
    ) -> torch.Tensor:
        own = (part.copy() if isinstance(part, list) else part for part in arguments)
        copies = (part.clone() if isinstance(part, torch.Tensor) else part for part in own)
        try:
            value = self.function(*copies)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise self._raised(error) from None
        tensor = self._as_float64(value, arguments[0].shape if shape is None else shape)
        bad = ~torch.isfinite(tensor)
        if finite and bad.any():
            found, place = tensor[bad][0].item(), _place(bad, arguments[0])
            raise self._end("finite", found=found, place=place)
        return tensor

    def _end(self, step: str, hint: str = "hint", **values: Any) -> CheckEnded:
        """The exception that ends the check at ``step``, with its message and its hint."""
        texts, values = MESSAGES[step], {"call": str(self.signature), **values}
        told = texts["message"].format(**values), texts[hint].format(**values)
        return CheckEnded("fail", *told, step=step)

    def _raised(self, error: BaseException) -> CheckEnded:
        texts, (name, line, code) = MESSAGES["runs"], _student_line(error, self.function)
        if isinstance(error, NotImplementedError) and (not error.args or code.startswith("raise")):
            missing = texts["missing"].format(name=name or self.signature.name)
            return CheckEnded("pending", missing, step="written")
        told = texts["message"].format(error=f"{type(error).__name__}: {_first_line(error)}")
        where = texts["line"].format(name=name, line=line, code=code) if code else NOTHING
        return CheckEnded("error", told, _hint_for(error), step="runs", line=where)

    def _as_float64(self, value: object, shape: tuple[int, ...]) -> torch.Tensor:
        """Convert ``value`` to a float64 tensor of ``shape``, or end the check."""
        if value is None:
            raise self._end("returns")
        tensor = _as_tensor(value)
        if tensor is None:
            raise self._end("type", got=_describe(value))
        if not shape and tensor.numel() == 1:
            tensor = tensor.reshape(())
        if tensor.ndim and tensor.shape != shape:
            got, expected = tuple(tensor.shape), tuple(shape)
            hint = ("number", "points", "axes")[min(len(expected), 2)]
            raise self._end("shape", hint, got=got, expected=expected)
        coarse = self.float64 and tensor.dtype != torch.float64
        if tensor.ndim and (coarse or not tensor.is_floating_point()):
            raise self._end("dtype", dtype=str(tensor.dtype).removeprefix("torch."))
        return tensor.to(torch.float64).expand(shape).clone()


def _place(bad: torch.Tensor, points: object) -> Text:
    """The first place of ``bad`` in words: the point if each value has one, else the index."""
    if not bad.ndim:
        return NOTHING
    if isinstance(points, torch.Tensor) and points.ndim == 1 == bad.ndim:
        return MESSAGES["finite"]["point"].format(x=points[bad][0].item())
    index = ", ".join(map(str, bad.nonzero()[0].tolist()))
    return MESSAGES["finite"]["index"].format(index=index)


def _accepts(function: Callable, count: int) -> bool:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return True  # some built-in functions have no signature
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True


def _as_tensor(value: object) -> torch.Tensor | None:
    """Convert a tensor, an array or a number to a tensor on the CPU; None for anything else."""
    if isinstance(value, bool) or not isinstance(
        value, torch.Tensor | np.ndarray | np.generic | float | int
    ):
        return None
    try:
        value = np.array(value) if isinstance(value, np.ndarray) else value
        # a plain tensor: a subclass could override the methods that steps rely on
        tensor = torch.asarray(value, copy=True, device="cpu", requires_grad=False).to_dense()
    except (TypeError, ValueError, RuntimeError, OverflowError):
        return None
    return None if tensor.is_complex() else tensor


def _describe(value: object) -> Text:
    """Describe ``value`` in words: its type, or itself if it is None or an ellipsis."""
    if value is None or value is ...:
        return Text(f"`{value}`", f"`{value}`")
    return MESSAGES["kind"].format(name=type(value).__name__)


def _first_line(error: BaseException) -> str:
    """The first line of an exception's message, at most 200 characters."""
    try:
        lines = str(error).splitlines()
    except Exception:
        return ""
    return lines[0][:200] if lines else ""


def _student_line(error: BaseException, function: Callable) -> tuple[str, int, str]:
    """The last line of the student's file that was running: function, number and text."""
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    found = ("", 0, "")
    for frame, number in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename == file:
            found = (frame.f_code.co_name, number, linecache.getline(file, number).strip())
    return found


def _hint_for(error: BaseException) -> Text:
    """A hint for the exceptions that beginners meet most."""
    texts, said = MESSAGES["runs"], _first_line(error)
    if isinstance(error, NameError):
        return texts["name_error"]
    if isinstance(error, RecursionError):
        return texts["recursion"]
    if "Boolean value of Tensor" in said:
        return texts["if_of_tensor"]
    if "converted to" in said and "calar" in said:
        return texts["math_of_tensor"]
    return NOTHING
