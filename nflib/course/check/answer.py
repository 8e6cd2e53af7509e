"""A student's function behind a guard: fresh inputs in, a sound float64 tensor out, or a `Stop`."""

from __future__ import annotations

import inspect
import linecache
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from nflib.course.check.result import NOTHING, Text


class Stop(Exception):
    """The end of a check before its last step."""

    def __init__(
        self,
        verdict: str,
        message: Text,
        hint: Text = NOTHING,
        *,
        step: str = "",
        line: Text = NOTHING,
    ) -> None:
        super().__init__(verdict)
        self.verdict, self.message, self.hint = verdict, message, hint
        self.step, self.line = step, line


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
    """Calls a student's function on copies of tensors, and on numbers and functions as they are.

    The value may be a tensor or a NumPy array of the shape of the first argument, or of the
    ``shape`` asked for; a single number stands for the same value everywhere. Anything else ends
    the check, also a value that is not finite unless ``finite`` is False: then the step judges it.
    """

    def __init__(self, function: Callable, signature: Signature, float64: bool) -> None:
        self.function, self.signature, self.float64 = function, signature, float64
        if not callable(function):
            raise Stop(
                "fail",
                Text(
                    f"Se esperaba la función {signature} y llegó {_kind(function).es}.",
                    f"Expected the function {signature} and got {_kind(function).en}.",
                ),
                Text(
                    "Pase la función misma, sin paréntesis: no el valor que devuelve.",
                    "Pass the function itself, without parentheses: not the value it returns.",
                ),
                step="function",
            )
        if not _takes(function, len(signature.arguments)):
            raise Stop(
                "fail",
                Text(
                    f"No se puede llamar a su función como {signature}.",
                    f"Your function cannot be called as {signature}.",
                ),
                Text(
                    "Conserve el nombre y los argumentos que da el enunciado.",
                    "Keep the name and the arguments that the statement gives.",
                ),
                step="signature",
            )

    def __call__(
        self, *arguments: Any, shape: tuple[int, ...] | None = None, finite: bool = True
    ) -> torch.Tensor:
        copies = (part.clone() if isinstance(part, torch.Tensor) else part for part in arguments)
        try:
            value = self.function(*copies)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise self._raised(error) from None
        tensor = self._sound(value, arguments[0].shape if shape is None else shape)
        bad = ~torch.isfinite(tensor)
        if finite and bad.any():
            raise self._not_finite(tensor, bad, arguments[0])
        return tensor

    def _raised(self, error: BaseException) -> Stop:
        name, line, code = _student_line(error, self.function)
        if isinstance(error, NotImplementedError) and (not error.args or code.startswith("raise")):
            missing = name or self.signature.name
            return Stop(
                "pending",
                Text(f"Falta escribir `{missing}`.", f"`{missing}` is still to be written."),
                step="written",
            )
        told = f"`{type(error).__name__}: {_say(error)}`"
        where = (
            Text(f"Línea {line} de `{name}`: `{code}`", f"Line {line} of `{name}`: `{code}`")
            if code
            else NOTHING
        )
        return Stop(
            "error",
            Text(f"Su código se detuvo: {told}", f"Your code stopped: {told}"),
            _hint_for(error),
            step="runs",
            line=where,
        )

    def _sound(self, value: object, shape: tuple[int, ...]) -> torch.Tensor:
        """``value`` as a float64 tensor of ``shape``, or a Stop."""
        call = str(self.signature)
        if value is None:
            raise Stop(
                "fail",
                Text(f"{call} devolvió `None`.", f"{call} returned `None`."),
                Text(
                    "¿Falta el `return`? Mostrar un valor con `print` no lo devuelve.",
                    "Is the `return` missing? To `print` a value is not to return it.",
                ),
                step="returns",
            )
        tensor = _as_tensor(value)
        if tensor is None:
            raise Stop(
                "fail",
                Text(
                    f"{call} devolvió {_kind(value).es}; se esperaba un tensor.",
                    f"{call} returned {_kind(value).en}; a tensor was expected.",
                ),
                Text(
                    "Una lista de números se convierte con `torch.tensor`, "
                    "una de tensores con `torch.stack`.",
                    "A list of numbers becomes a tensor by `torch.tensor`, "
                    "a list of tensors by `torch.stack`.",
                ),
                step="type",
            )
        if not shape and tensor.numel() == 1:
            tensor = tensor.reshape(())
        if tensor.ndim and tensor.shape != shape:
            got, expected = tuple(tensor.shape), tuple(shape)
            raise Stop(
                "fail",
                Text(
                    f"{call} devolvió la forma `{got}`; se esperaba `{expected}`.",
                    f"{call} returned shape `{got}`; `{expected}` was expected.",
                ),
                _SHAPES[min(len(expected), 2)],
                step="shape",
            )
        coarse = self.float64 and tensor.dtype != torch.float64
        if tensor.ndim and (coarse or not tensor.is_floating_point()):
            dtype = str(tensor.dtype).removeprefix("torch.")
            raise Stop(
                "fail",
                Text(
                    f"{call} devolvió números de tipo `{dtype}`; se esperaba `float64`.",
                    f"{call} returned numbers of type `{dtype}`; `float64` was expected.",
                ),
                Text(
                    "`torch.zeros_like(x)` hereda el tipo de `x`; `torch.zeros` y "
                    "`torch.tensor` lo eligen por su cuenta, salvo que se les dé `dtype`.",
                    "`torch.zeros_like(x)` takes the type of `x`; `torch.zeros` and "
                    "`torch.tensor` choose their own unless given a `dtype`.",
                ),
                step="dtype",
            )
        return tensor.to(torch.float64).expand(shape).clone()

    def _not_finite(self, tensor: torch.Tensor, bad: torch.Tensor, points: object) -> Stop:
        """The Stop that shows one value that is not finite, and where."""
        call, found = str(self.signature), tensor[bad][0].item()
        if not tensor.ndim:
            es = en = ""
        elif isinstance(points, torch.Tensor) and points.ndim == 1 == tensor.ndim:
            place = f"{points[bad][0].item():.4g}"
            es, en = f" en `{place}`", f" at `{place}`"
        else:
            place = ", ".join(map(str, bad.nonzero()[0].tolist()))
            es, en = f" en el lugar `[{place}]`", f" at place `[{place}]`"
        return Stop(
            "fail",
            Text(f"{call} vale `{found}`{es}.", f"{call} is `{found}`{en}."),
            Text(
                "¿Hay allí una división por cero, o la raíz o el logaritmo de un "
                "número negativo? `torch.where` puede elegir otro valor allí.",
                "Is there a division by zero, or the root or the logarithm of a "
                "negative number? `torch.where` can choose another value there.",
            ),
            step="finite",
        )


_SHAPES = (  # hints, by the number of axes asked for
    Text("Se pide un solo número.", "One number is asked for."),
    Text(
        "Debe haber un valor por cada punto, en el mismo orden.",
        "There must be one value for each point, in the same order.",
    ),
    Text(
        "Compare, eje por eje, con la forma que pide el enunciado.",
        "Compare, axis by axis, with the shape that the statement asks for.",
    ),
)


def _takes(function: Callable, count: int) -> bool:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return True  # some built-ins do not tell
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True


def _as_tensor(value: object) -> torch.Tensor | None:
    """``value`` as a tensor on the CPU if it is a tensor, an array or a number, else None."""
    if isinstance(value, bool) or not isinstance(
        value, torch.Tensor | np.ndarray | np.generic | float | int
    ):
        return None
    try:
        # No subclass: its own methods would answer the questions that the steps ask of it.
        with torch._C.DisableTorchFunctionSubclass():
            tensor = torch.as_tensor(np.array(value) if isinstance(value, np.ndarray) else value)
            tensor = tensor.as_subclass(torch.Tensor).detach().to("cpu").to_dense()
    except (TypeError, ValueError, RuntimeError, OverflowError):
        return None
    return None if tensor.is_complex() else tensor


def _kind(value: object) -> Text:
    """What ``value`` is, for a sentence."""
    name = type(value).__name__
    if value is None or value is ...:
        return Text(f"`{value}`", f"`{value}`")
    return Text(f"un objeto de tipo `{name}`", f"an object of type `{name}`")


def _say(error: BaseException) -> str:
    """The first line of an exception's own words, if it has any."""
    try:
        lines = str(error).splitlines()
    except Exception:
        return ""
    return lines[0][:200] if lines else ""


def _student_line(error: BaseException, function: Callable) -> tuple[str, int, str]:
    """Function, number and text of the last line of the student's file that was running."""
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    found = ("", 0, "")
    for frame, number in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename == file:
            found = (frame.f_code.co_name, number, linecache.getline(file, number).strip())
    return found


def _hint_for(error: BaseException) -> Text:
    """A hint for the exceptions that beginners meet most."""
    words = _say(error)
    if isinstance(error, NameError):
        return Text(
            "¿Ejecutó las celdas anteriores? ¿Está bien escrito el nombre?",
            "Did you run the cells above? Is the name spelled right?",
        )
    if isinstance(error, RecursionError):
        return Text(
            "La función se llama a sí misma sin fin.", "The function calls itself without end."
        )
    if "Boolean value of Tensor" in words:
        return Text(
            "Un `if` decide una sola vez; `torch.where` decide en cada punto.",
            "An `if` decides only once; `torch.where` decides at each point.",
        )
    if "converted to" in words and "calar" in words:
        return Text(
            "Las funciones de `math` reciben un solo número; las de `torch`, un tensor.",
            "The functions of `math` take one number; those of `torch`, a tensor.",
        )
    return NOTHING
