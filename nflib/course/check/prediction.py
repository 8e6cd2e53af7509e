"""A prediction, noted before the measurement: ``predicted = predict("e05.q6", guess)``."""

from __future__ import annotations

from typing import Any

from nflib.course.check import record
from nflib.course.check.call import as_plain
from nflib.course.check.text import words

MESSAGES = words("engine")["predict"]


def predict(key: str, guess: Any) -> Any:
    """Note what you expect, once, and return it for ``check``, which comments on it and counts no mistake.

    Args:
        key: the question.
        guess: a number, or several in a tuple.

    Returns:
        The first guess that was noted for this question.
    """
    plain = as_plain(guess)
    if plain is None:
        print(MESSAGES["missing"])
        return guess
    entry = record.read().setdefault(key, {"tries": 0})
    first = entry.setdefault("predicted", plain)
    record.write()
    print(MESSAGES["noted" if first == plain else "kept"].format(value=first))
    return first
