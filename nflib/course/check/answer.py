"""Guarded answers: a student's function gets copies of the arguments, and its value is validated.

Its messages are in ``texts/engine.toml``, under the name of the step at which a check ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from nflib.course.check.call import Function, Outcome, Raised, Watch
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
    """The name of a function and of its arguments, as the statement writes them; a value has none."""

    name: str
    arguments: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Signature:
        name, called, arguments = text.rstrip(")").partition("(")
        return cls(name, tuple(arguments.split(", ")) if called else ())

    def __str__(self) -> str:
        return f"`{self.name}({', '.join(self.arguments)})`" if self.arguments else f"`{self.name}`"

    def answer(self, given: Any, float64: bool) -> Any:
        """What a step gets: an `Answer`, or a text, a number or a list of such."""
        function = given if isinstance(given, Function) else Function(given)
        if self.arguments:
            return Answer(function, self, float64)
        if function.kind in ("Ellipsis", "None"):
            raise CheckEnded(
                "pending", MESSAGES["value"]["missing"].format(name=self.name), step="written"
            )
        if function.plain is None:
            texts, got = MESSAGES["value"], _described(function.kind or "function")
            raise CheckEnded(
                "fail",
                texts["message"].format(call=str(self), got=got),
                texts["hint"],
                step="value",
            )
        return function.plain


class Answer:
    """A student's function, called on copies of tensors and lists; its value becomes float64.

    The value may be a tensor or a NumPy array of the shape of the first argument, or of the
    ``shape`` asked for; a single number stands for the same value everywhere. Anything else ends
    the check, also a value that is not finite unless ``finite`` is False: then the step judges it.
    """

    def __init__(self, function: Function, signature: Signature, float64: bool) -> None:
        self.function, self.signature, self.float64 = function, signature, float64
        if self.function.kind:
            raise self._end("function", got=_described(self.function.kind))
        if not self.function.accepts(len(signature.arguments)):
            raise self._end("signature")

    def __call__(
        self,
        *arguments: Any,
        shape: tuple[int, ...] | None = None,
        finite: bool = True,
        watch: Watch | None = None,
    ) -> torch.Tensor:
        own = (part.copy() if isinstance(part, list) else part for part in arguments)
        copies = [part.clone() if isinstance(part, torch.Tensor) else part for part in own]
        outcome = self.function(copies, watch)
        if outcome.raised is not None:
            raise self._raised(outcome.raised)
        if watch is not None:
            watch.seen = outcome.seen
        tensor = self._as_float64(outcome, arguments[0].shape if shape is None else shape)
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

    def _raised(self, raised: Raised) -> CheckEnded:
        texts, code = MESSAGES["runs"], raised.code
        empty = raised.error == "NotImplementedError: "
        if "NotImplementedError" in raised.types and (empty or code.startswith("raise")):
            missing = texts["missing"].format(name=raised.name or self.signature.name)
            return CheckEnded("pending", missing, step="written")
        told = texts["message"].format(error=raised.error)
        where = texts["line"].format(**vars(raised)) if code else NOTHING
        return CheckEnded("error", told, _hint_for(raised), step="runs", line=where)

    def _as_float64(self, outcome: Outcome, shape: tuple[int, ...]) -> torch.Tensor:
        """Convert the value to a float64 tensor of ``shape``, or end the check."""
        tensor = outcome.value
        if tensor is None:
            none = outcome.kind == "None"
            raise self._end("returns") if none else self._end("type", got=_described(outcome.kind))
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
    if isinstance(points, torch.Tensor) and points.shape == bad.shape and bad.ndim == 1:
        return MESSAGES["finite"]["point"].format(x=points[bad][0].item())
    index = ", ".join(map(str, bad.nonzero()[0].tolist()))
    return MESSAGES["finite"]["index"].format(index=index)


def _described(kind: str) -> Text:
    """Say what was given in place of a function or of a value."""
    return (
        Text(f"`{kind}`", f"`{kind}`")
        if kind in ("None", "Ellipsis")
        else MESSAGES["kind"].format(name=kind)
    )


def _hint_for(raised: Raised) -> Text:
    """A hint for the exceptions that beginners meet most."""
    texts = MESSAGES["runs"]
    if "NameError" in raised.types:
        return texts["name_error"]
    if "RecursionError" in raised.types:
        return texts["recursion"]
    if "TimeLimit" in raised.types:
        return texts["time"]
    if "Boolean value of Tensor" in raised.error:
        return texts["if_of_tensor"]
    if "converted to" in raised.error and "calar" in raised.error:
        return texts["math_of_tensor"]
    return NOTHING
