"""Steps declared as data: the right function, and wrong ones that stand for known mistakes.

The values of a student's function are compared with the right ones, case by case. Where they
differ, the hint is that of the first mistake that gives the value found. So a declared mistake
gives a hint and also, run as an answer, tests that hint.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from nflib.course.check.measure import allclose, relative_error

ROUNDED = 3e-6  # a relative error below it is that of single precision, not that of a mistake


@dataclass(frozen=True)
class Sign:
    """A mistake that is recognised by a property of the value found, not by an exact value.

    Attributes:
        seen: ``seen(found, right, *case)``, true if this is the mistake.
    """

    seen: Callable[..., Any]


Mistake = Callable[..., Tensor] | Sign


@dataclass(frozen=True)
class Comparison:
    """A comparison of one of the functions asked for with the right one.

    Attributes:
        place: the place of that function among those that the question asks for.
        cases: the tuples of arguments to call it with, or a function that gives them.
        right: the right function, from a case to the right value.
        mistakes: by name, in the order in which they are tried: a wrong function of the same
            arguments, a `Sign`, or a tuple of such that share a hint.
        hidden: how many of the last arguments of a case are given only to ``right``, signs, ``tell``.
        name: the name of the value in messages, {name}, or ``name(*case)``; by default that of
            the function.
        through: ``through(value, *case)`` is compared in place of values, as AAᵀ if A is not unique.
        tolerance: the largest `relative_error` of a right value; a number or ``f(*case)``.
        alike: the largest `relative_error` at which a value is taken for that of a mistake.
        finite: whether a value that is not finite ends the check before any mistake is tried.
        stacked: compare the values of all cases at once; then `Sign`s, ``name``, ``through`` and
            ``tell`` get no case.
        tell: ``tell(worst, found, right, *case)`` gives more values for the message; ``worst`` is
            the place of the largest error in the flattened values.
        message: the name of the message, as in `Step.require`; it may use {name}, {value}, {right}
            and those of ``tell``.
    """

    place: int
    cases: Iterable[tuple] | Callable[[], Iterable[tuple]]
    right: Callable[..., Tensor]
    mistakes: dict[str, Mistake | tuple[Mistake, ...]]
    name: str | Callable[..., str]
    hidden: int = 0
    through: Callable[..., Tensor] = lambda value, *_: value
    tolerance: float | Callable[..., float] = 1e-8
    alike: float = 1e-6
    finite: bool = True
    stacked: bool = False
    tell: Callable[..., dict[str, Any]] = lambda *_: {}
    message: str = ""

    def __call__(self, require: Callable, *answers: Callable) -> None:
        """Require the right value in every case."""
        cases = list(self.cases() if callable(self.cases) else self.cases)
        for group in [cases] if self.stacked else [[case] for case in cases]:
            self._compare(require, answers[self.place], group)

    def wrong(self, *_: Any) -> Iterator[tuple[str, Callable]]:
        """Yield the mistakes that are functions, with their names."""
        for name, mistake in self.mistakes.items():
            for each in mistake if isinstance(mistake, tuple) else (mistake,):
                if not isinstance(each, Sign):
                    yield name, each

    def _compare(self, require: Callable, answer: Callable, cases: list[tuple]) -> None:
        values = [torch.as_tensor(self.right(*case), dtype=torch.float64) for case in cases]
        ask = lambda case, right: answer(*self._shown(case), shape=right.shape, finite=self.finite)
        case = () if self.stacked else cases[0]
        found = self._joined([ask(*pair) for pair in zip(cases, values, strict=True)], case)
        right = self._joined(values, case)
        error = relative_error(found, right).flatten()
        limit = self.tolerance(*case) if callable(self.tolerance) else self.tolerance
        if error.max() < limit:
            return
        worst = int(error.argmax())
        told: dict[str, Any] = {"name": self.name(*case) if callable(self.name) else self.name}
        told |= {"value": found.flatten()[worst].item(), "right": right.flatten()[worst].item()}
        told |= self.tell(worst, found, right, *case)
        if error.max() < ROUNDED:
            digits = (-math.log10(part) for part in (error.max().item(), limit))
            told |= dict(zip(("right_digits", "asked"), map(math.floor, digits), strict=True))
            require(False, "digits", self.message, **told)
        require(False, self._hint(found, right, cases), self.message, **told)

    def _hint(self, found: Tensor, right: Tensor, cases: list[tuple]) -> str:
        """The name of the first mistake that fits, or ``"otherwise"``."""
        case = () if self.stacked else cases[0]
        for name, mistake in self.mistakes.items():
            for each in mistake if isinstance(mistake, tuple) else (mistake,):
                if isinstance(each, Sign):
                    fits = bool(each.seen(found, right, *case))
                else:
                    values = [each(*self._shown(case)) for case in cases]
                    wrong = self._joined(values, case)
                    fits = allclose(found, wrong.expand_as(found), self.alike)
                if fits:
                    return name
        return "otherwise"

    def _shown(self, case: tuple) -> tuple:
        return case[: len(case) - self.hidden]

    def _joined(self, values: list[Tensor], case: tuple) -> Tensor:
        through = [self.through(torch.as_tensor(v, dtype=torch.float64), *case) for v in values]
        return torch.stack(through) if self.stacked else through[0]
