"""The engine of the checks: questions made of steps, tried in order until one is not met.

A module ``nflib/course/check/eNN.py`` holds the questions of chapter NN::

    q1 = Question("e02.q1", "h(x)")

    @q1.step("inverse", "la inversa", "the inverse")
    def _(h):
        need(close(f(h(x)), x), Text("...", "..."), hint=Text("...", "..."))

Steps receive the student's functions wrapped in `Answer`, so they can trust what a call returns.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from nflib.course.check.answer import Answer, Signature, Stop
from nflib.course.check.record import record
from nflib.course.check.result import NOTHING, Result, Text

_questions: dict[str, Question] = {}


class CheckFailed(AssertionError):
    """Raised instead of showing a verdict other than *pass* where checks are strict."""


@dataclass(frozen=True)
class Step:
    name: str
    title: Text
    run: Callable


class Question:
    """A question of an exercise: the functions that it asks for and the steps that test them.

    Args:
        key: chapter and question, ``"e02.q1"``.
        *signatures: the functions asked for, as ``"density(x, rate)"``, in the order of `check`.
        float64: whether float32 values are refused, for steps that need the digits.
    """

    def __init__(self, key: str, *signatures: str, float64: bool = False) -> None:
        self.key = key
        self.signatures = [Signature.parse(text) for text in signatures]
        self.float64 = float64
        self.steps: list[Step] = []
        _questions[key] = self

    def step(self, name: str, es: str, en: str) -> Callable:
        """Register the decorated function as the next step, with its title in words."""

        def register(function: Callable) -> Callable:
            self.steps.append(Step(name, Text(es, en), function))
            return function

        return register

    def evaluate(self, functions: tuple) -> Result:
        """Try the steps in order; the first that is not met gives the verdict."""
        if len(functions) != len(self.signatures):
            call = ", ".join([f'"{self.key}"', *(s.name for s in self.signatures)])
            return Result(
                self.key,
                "error",
                "usage",
                Text(
                    f"La llamada que se espera es `check({call})`.",
                    f"The expected call is `check({call})`.",
                ),
            )
        step, done = None, 0
        try:
            answers = [
                Answer(function, signature, self.float64)
                for function, signature in zip(functions, self.signatures, strict=True)
            ]
            for step in self.steps:
                step.run(*answers)
                done += 1
        except Stop as stop:
            return Result(
                self.key,
                stop.verdict,
                stop.step or (step.name if step else ""),
                stop.message,
                stop.hint,
                stop.line,
                step.title if step else NOTHING,
                f"{done + 1}/{len(self.steps)}" if step else "",
            )
        return Result(
            self.key,
            "pass",
            message=Text(
                f"Se cumplen las {done} propiedades revisadas.", f"All {done} properties hold."
            ),
        )


def need(condition: bool | Tensor, message: Text, hint: Text) -> None:
    """End the check with the verdict *fail* unless ``condition`` holds."""
    if not condition:
        raise Stop("fail", message, hint)


def question(key: object) -> Question | None:
    """The question called ``key``, or None."""
    chapter = re.fullmatch(r"(e\d\d)\.q\d+", key) if isinstance(key, str) else None
    if chapter and key not in _questions:
        module = f"nflib.course.check.{chapter[1]}"
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
    return _questions.get(chapter[0]) if chapter else None


def keys() -> list[str]:
    """Every question of the course, in order."""
    for module in pkgutil.iter_modules([os.path.dirname(__file__)]):
        if re.fullmatch(r"e\d\d", module.name):
            importlib.import_module(f"nflib.course.check.{module.name}")
    return sorted(_questions)


def unknown(key: object) -> Result:
    """What to say to a key that no question has."""
    shown = key if isinstance(key, str) else type(key).__name__
    return Result(
        str(shown),
        "error",
        "key",
        Text(
            'No hay ningún ejercicio con esa clave; las claves son como `"e02.q1"`.',
            'There is no exercise with that key; keys look like `"e02.q1"`.',
        ),
    )


def evaluate(key: str, *functions: Callable) -> Result:
    """The verdict on a student's functions; no student's code can make this raise.

    Only KeyboardInterrupt passes, so that a long check can be stopped.
    """
    asked = question(key)
    if asked is None:
        return unknown(key)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return asked.evaluate(functions)
    except Exception as error:
        told = f"`{type(error).__name__}: {error}`"
        return Result(
            key,
            "error",
            "internal",
            Text(
                f"La revisión misma falló, no su código: {told}",
                f"The check itself failed, not your code: {told}",
            ),
        )


def is_strict() -> bool:
    """Whether a verdict other than *pass* raises: under NFLIB_CHECK=strict and under nbgrader."""
    return os.environ.get("NFLIB_CHECK") == "strict" or "NBGRADER_EXECUTION" in os.environ


def check(key: str, *functions: Callable) -> Result:
    """Show what is right and what is not yet, with one hint; `progress` remembers the verdict.

    Args:
        key: the question, for example ``"e02.q1"``.
        *functions: the functions that the question asks for, in its order.

    Returns:
        A `Result` that a notebook displays in the language set by `nflib.course.language.language`.

    Raises:
        CheckFailed: only where checks are strict, never in a student's notebook.
    """
    result = evaluate(key, *functions)
    if is_strict():
        if not result:
            raise CheckFailed(repr(result))
    elif result.verdict in ("pass", "fail"):
        record(result.key, passed=bool(result))
    return result
