"""Answers that students give, wrong and right: what tests/exercises/eNN_answers.py lists.

A wrong answer says at which step it must fail and with which hint, by their names in
``nflib/course/check/texts/eNN.toml``. The mistakes that a check declares are wrong answers
themselves (`declared`) and are not written again. Functions that an answer does not name are those
of the solution.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from nflib.course.check import engine
from nflib.course.check.text import Text
from tests.exercises.questions import SOLUTIONS, given


class Answer(NamedTuple):
    """An answer to a question; ``step`` and ``hint`` are empty if it is right."""

    key: str
    what: str
    step: str
    hint: str
    functions: tuple[Any, ...]


def answer(key: str, what: str, step: str = "", hint: str = "", /, **functions: Any) -> Answer:
    """The solution of a question with some of its functions replaced, by name."""
    names = SOLUTIONS[key].names
    unknown = functions.keys() - set(names)
    if unknown:
        raise ValueError(f"{key} asks for {names}, not for {unknown}")
    return Answer(key, what, step, hint, tuple((solution(key) | functions).values()))


def wrong(key: str, what: str, step: str, hint: str, /, **functions: Any) -> Answer:
    """An answer to be rejected by ``step`` with ``hint``; empty if no text of the step is meant."""
    return answer(key, what, step, hint, **functions)


def right(key: str, what: str, /, **functions: Any) -> Answer:
    """An answer to be accepted, written in another way than the solution."""
    return answer(key, what, **functions)


def solution(key: str) -> dict[str, Any]:
    """The functions and values of the solution of a question, by name."""
    return given(SOLUTIONS[key], SOLUTIONS[key].source)


def declared(key: str) -> list[Answer]:
    """The wrong answers that the check of a question declares."""
    found = []
    for step, hint, place, function in engine.question(key).mistakes(*solution(key).values()):
        name = SOLUTIONS[key].names[place]
        found.append(wrong(key, f"{hint} in {step}", step, hint, **{name: function}))
    return found


def texts_of(table, path=()):
    """The texts of a table of words, with the names that lead to them."""
    for name, value in table.items():
        if isinstance(value, Text):
            yield (*path, name), value
        else:
            yield from texts_of(value, (*path, name))
