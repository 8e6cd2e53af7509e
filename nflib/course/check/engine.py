"""The engine of the checks: questions made of steps, tried in order until one is not met.

A module ``nflib/course/check/eNN.py`` holds the questions of chapter NN::

    q1 = Question("e02.q1", "h(x)", "density(x)")

    q1.compares("inverse", "h", points, lambda x: (x - 1) / 2, mistakes={
        "shift_first": lambda x: x / 2 - 1,
    })

    @q1.step("mass")
    def _(require, h, density):
        total = masses(density, edges).sum()
        require(abs(total - 1) < 1e-6, "too_much" if total > 1 else "otherwise", total=total)

Their messages are in ``texts/eNN.toml`` under the names of question, step and text. Steps get
the student's functions wrapped in `Answer`, so they can trust what a call returns.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from nflib.course.check.answer import CheckEnded, Signature
from nflib.course.check.compare import Comparison
from nflib.course.check.kinds import Choice, Number, Paper, Prediction
from nflib.course.check.record import record
from nflib.course.check.result import Result
from nflib.course.check.text import NOTHING, Text, apart, words

MESSAGES, SHARED = words("engine")["check"], words("engine")["steps"]
_questions: dict[str, Question] = {}


class CheckFailed(AssertionError):
    """The error raised for any verdict other than *pass* if checks are strict (`is_strict`)."""


@dataclass(frozen=True)
class Step:
    """A property that every right answer has.

    Attributes:
        run: ``run(require, *answers)``, which calls ``require(condition, hint, …)``, and may return pairs
            of the name of a text and its values, to be told with the success.
        texts: the tables searched for its texts: its own, its question's, its chapter's, that of all.
    """

    name: str
    run: Callable
    texts: tuple[dict[str, Any], ...]

    def text(self, name: str, /, **values: Any) -> Text:
        """The first text called ``name`` in ``texts``, with ``values`` in its placeholders."""
        found = next(t[name] for t in self.texts if isinstance(t.get(name), Text))
        return found.format(**values)

    def require(
        self,
        condition: bool | Tensor,
        hint: str | dict[str, Any] = "hint",
        message: str = "",
        **values: Any,
    ) -> None:
        """End the check with the verdict *fail* unless ``condition`` holds.

        Args:
            hint: the name of a text; or a dict of names and conditions, for the first name whose
                condition holds, or else ``"otherwise"``.
            message: the name of a text; if not given, ``message_HINT`` where there is one, or else
                ``message``.
            values: fill the placeholders of both.
        """
        if not condition:
            if isinstance(hint, dict):
                hint = next((name for name, seen in hint.items() if seen), "otherwise")
            own = f"message_{hint}"
            message = message or (own if any(own in table for table in self.texts) else "message")
            values = apart(values)
            told = self.text(message, **values), self.text(hint, **values)
            raise CheckEnded("fail", *told, mistake=hint)


class Question:
    """A question of an exercise: the functions that it asks for and the steps that test them.

    Args:
        key: chapter and question, ``"e02.q1"``.
        *signatures: the functions asked for, as ``"density(x, rate)"``, and the values, as
            ``"option"``, in the order of `check`.
        float64: whether float32 values are refused, for steps that need the digits.
        **options: those of all its comparisons, as ``tolerance``.
    """

    def __init__(self, key: str, *signatures: str, float64: bool = False, **options: Any) -> None:
        self.key = key
        self.signatures = [Signature.parse(text) for text in signatures]
        self.float64, self.options, self.on_paper = float64, options, False
        self.steps: list[Step] = []
        _questions[key] = self

    def step(self, name: str) -> Callable:
        """Register the decorated function as the next step: ``f(require, *answers)``."""

        def register(run: Callable) -> Callable:
            chapter, _, own = self.key.partition(".")
            table = words(chapter)
            self.steps.append(Step(name, run, (table[own][name], table[own], table, SHARED)))
            return run

        return register

    def compares(
        self,
        step: str,
        function: str,
        cases: Callable | Iterable[tuple],
        right: Callable,
        mistakes: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        """Register a `Comparison` as the next step.

        Args:
            step: the name of the step.
            function: which of the functions asked for is compared.
            cases, right, mistakes: as in `Comparison`, and so are the options.
        """
        options = {"name": function, **self.options, **options}
        compare = Comparison(self._place(function), cases, right, mistakes or {}, **options)
        self.step(step)(compare)

    def chooses(self, step: str, name: str, right: str | int, options: Iterable) -> None:
        """Register a `Choice` as the next step: which of the answers it is, and the right one of some options."""
        self.step(step)(Choice(self._place(name), right, tuple(options)))

    def computes(
        self, step: str, name: str, right: Callable, mistakes: dict[str, Callable], **options: Any
    ) -> None:
        """Register a `Number` as the next step, of the answer called ``name``."""
        self.step(step)(Number(self._place(name), right, mistakes, **options))

    def predicts(self, step: str, name: str, **bands: Callable) -> None:
        """Register a `Prediction` as the next step, of the answer called ``name``."""
        self.step(step)(Prediction(self._place(name), bands))

    def reads(self, step: str, name: str, criteria: int) -> None:
        """Register a `Paper` as the only step: a person marks it, with a point for each criterion."""
        self.on_paper = True
        self.step(step)(Paper(self._place(name), criteria))

    def _place(self, name: str) -> int:
        return [signature.name for signature in self.signatures].index(name)

    def mistakes(self, *answers: Any) -> Iterator[tuple[str, str, int, Any]]:
        """Yield the mistakes that are declared, beside right answers: step, name, which one is replaced by what."""
        for step in self.steps:
            if isinstance(step.run, Comparison | Choice | Number):
                for name, wrong in step.run.wrong(*answers):
                    yield step.name, name, step.run.place, wrong

    def evaluate(self, functions: tuple) -> Result:
        """Try the steps in order; the first that is not met gives the verdict."""
        if len(functions) != len(self.signatures):
            call = ", ".join([f'"{self.key}"', *(s.name for s in self.signatures)])
            return Result(self.key, "error", "usage", MESSAGES["call"].format(call=call))
        step, done = None, 0
        notes: list[Text] = []
        try:
            answers = [
                signature.answer(function, self.float64)
                for function, signature in zip(functions, self.signatures, strict=True)
            ]
            for step in self.steps:
                told = step.run(step.require, *answers)
                notes += [step.text(name, **values) for name, values in told or []]
                done += 1
        except CheckEnded as end:
            return Result(
                self.key,
                end.verdict,
                end.step or (step.name if step else ""),
                end.message,
                end.hint,
                end.line,
                step.text("title") if step else NOTHING,
                f"{done + 1}/{len(self.steps)}" if step else "",
                end.mistake,
            )
        told = "paper" if self.on_paper else "pass" if done > 1 else "pass_one"
        notes.insert(0, MESSAGES[told].format(count=done))
        verdict = "paper" if self.on_paper else "pass"
        return Result(self.key, verdict, message=Text(*map("\n".join, zip(*notes, strict=True))))


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
    """The keys of all questions of the course, in order."""
    for module in pkgutil.iter_modules([os.path.dirname(__file__)]):
        if re.fullmatch(r"e\d\d", module.name):
            importlib.import_module(f"nflib.course.check.{module.name}")
    return sorted(_questions)


def unknown(key: object) -> Result:
    """The result of a check of a question that does not exist."""
    shown = key if isinstance(key, str) else type(key).__name__
    return Result(str(shown), "error", "key", MESSAGES["unknown"])


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
        return Result(key, "error", "internal", MESSAGES["internal"].format(error=told))


def is_strict() -> bool:
    """True if a verdict other than *pass* raises: under NFLIB_CHECK=strict and under nbgrader."""
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
    elif result.verdict in ("pass", "paper", "fail"):
        record(result.key, passed=bool(result))
    return result
