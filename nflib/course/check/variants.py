"""Data of one's own: a question may ask each student for other numbers, of the same difficulty.

No right value stands here: this module is the only one of a question's that a graded notebook can read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import torch

MAKERS: dict[str, Callable[[torch.Generator], Any]] = {}


def variant(key: str, student: object) -> Any:
    """The data of question ``key`` for one student.

    Args:
        key: the question.
        student: the number by which the course knows you; its letters and digits count, nothing else does.

    Raises:
        KeyError: if the question has the same data for everybody.
    """
    digest = hashlib.sha256(f"{key}:{plain(student)}".encode()).digest()
    return MAKERS[key](torch.Generator().manual_seed(int.from_bytes(digest[:6], "big")))


def plain(student: object) -> str:
    """A student's number or name by its letters and digits alone."""
    return "".join(letter for letter in str(student).casefold() if letter.isalnum())


def maker(key: str) -> Callable:
    """Register the decorated function as the one that makes the data of a question from a generator."""

    def register(make: Callable) -> Callable:
        MAKERS[key] = make
        return make

    return register


@maker("e03.q5")
def _(generator: torch.Generator) -> torch.Tensor:
    """A 2 × 2 matrix with entries of one decimal and a determinant from −6 to −2."""
    while True:
        A = torch.randint(-30, 31, (2, 2), generator=generator).double() / 10
        if -6 <= A.det() <= -2 and A.abs().min() > 0.3:
            return A


@maker("e05.q7")
def _(generator: torch.Generator) -> torch.Tensor:
    """a, b, c, e and x, with one decimal, each from an interval."""
    low, high = torch.tensor([[20, 2, 12, -20, 30], [30, 5, 16, -10, 60]])
    share = torch.rand(5, generator=generator)
    return (low + share * (high - low)).double().round() / 10


@maker("e02.q7")
def _(generator: torch.Generator) -> tuple[float, float, float]:
    """Numbers a, x₁, x₂ with √x₁ < a < √x₂; a and the roots have two decimals."""
    ends = [(110, 200), (60, 96), (200, 311)]
    a, near, far = (int(torch.randint(*each, (1,), generator=generator)) for each in ends)
    return a / 100, near**2 / 10_000, far**2 / 10_000
