"""Steps for answers that are no function: a choice, a number, a prediction, a text that a person marks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Told = list[tuple[str, dict[str, Any]]]
SHORT = 12  # words


@dataclass(frozen=True)
class Choice:
    """One right option among several, as ``"B"`` of "ABCD", or the number of a line.

    The hint of a wrong one has its name in lower case, as ``a``, or ``line_3``.

    Attributes:
        place: the place of the answer among those that the question asks for.
    """

    place: int
    right: str | int
    options: tuple

    def __call__(self, require: Callable, *answers: Any) -> None:
        """Require the right option."""
        given = answers[self.place]
        given = given.strip(" .()").upper() if isinstance(given, str) else given
        options = ", ".join(f"`{option}`" for option in self.options)
        require(given in self.options, "options", "option", value=given, options=options)
        given = self.options[self.options.index(given)]  # 3.0 is line 3
        require(given == self.right, _name(given), "chosen", value=given)

    def wrong(self, *_: Any) -> Iterator[tuple[str, str | int]]:
        """Yield the wrong options, with the names of their hints."""
        for option in self.options:
            if option != self.right:
                yield _name(option), option


def _name(option: str | int) -> str:
    return option.lower() if isinstance(option, str) else f"line_{option}"


@dataclass(frozen=True)
class Number:
    """A number that was computed, by hand or not.

    Attributes:
        place: the place of the answer among those that the question asks for.
        right: ``right(*answers)``, from all that was answered.
        mistakes: by name, wrong ways to compute it, of the same arguments.
        tolerance: the largest relative error of a right answer.
    """

    place: int
    right: Callable[..., float]
    mistakes: dict[str, Callable[..., float]]
    tolerance: float = 1e-3

    def __call__(self, require: Callable, *answers: Any) -> None:
        """Require the right number."""
        given = answers[self.place]
        require(isinstance(given, int | float), "value", "value", value=given)
        near = lambda number: abs(given - number) <= self.tolerance * abs(number)
        names = (name for name, mistake in self.mistakes.items() if near(mistake(*answers)))
        right = near(self.right(*answers))
        require(right, "" if right else next(names, "otherwise"), "chosen", value=given)

    def wrong(self, *answers: Any) -> Iterator[tuple[str, float]]:
        """Yield the wrong numbers, with the names of their hints."""
        for name, mistake in self.mistakes.items():
            yield name, mistake(*answers)


@dataclass(frozen=True)
class Prediction:
    """A number, or some, written before a measurement; whatever it is, it is no mistake.

    Attributes:
        place: the place of the answer among those that the question asks for.
        bands: by name of what is told, ``band(*numbers)``; the first that holds, or else ``"otherwise"``.
    """

    place: int
    bands: dict[str, Callable]

    def __call__(self, require: Callable, *answers: Any) -> Told:
        """Say how near it came."""
        given = answers[self.place]
        numbers = given if isinstance(given, list) else [given]
        are = all(isinstance(each, int | float) for each in numbers)
        require(are, "numbers", "number", value=given)
        name = next((name for name, band in self.bands.items() if band(*numbers)), "otherwise")
        return [(name, {"value": ", ".join(f"{each:.4g}" for each in numbers)})]


@dataclass(frozen=True)
class Paper:
    """A short proof or computation in words; the criteria of whoever marks it are the texts ``"1"``, ``"2"``, …"""

    place: int
    criteria: int

    def __call__(self, require: Callable, *answers: Any) -> Told:
        """Require a text, and tell the criteria."""
        given = answers[self.place]
        count = len(given.split()) if isinstance(given, str) else 0
        require(count >= SHORT, "short", "words", count=count)
        return [(str(n + 1), {}) for n in range(self.criteria)]
