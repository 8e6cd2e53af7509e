"""What tests/exercises/eNN_answers.py lists: answers that students give, wrong and right."""

from typing import NamedTuple


class Wrong(NamedTuple):
    """An answer to be rejected, by this step and with a hint that has these words in English."""

    key: str
    mistake: str
    step: str
    hint: str
    functions: tuple


class Right(NamedTuple):
    """An answer to be accepted, written in another way than the solution."""

    key: str
    way: str
    functions: tuple
