"""Words in every language: `Text`, and the files of words beside this module.

``texts/e02.toml`` has the words of chapter 2, a line a language::

    [q1.mass]
    title.es = "la masa total"
    title.en = "the total mass"

A table whose keys are the languages becomes a `Text`.
"""

from __future__ import annotations

import functools
import math
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from nflib.course.language import LANGUAGES, language

FOLDER = Path(__file__).with_name("texts")


class Text(NamedTuple):
    """A text in every language; `str` gives the one in force."""

    es: str
    en: str

    def __str__(self) -> str:
        return getattr(self, language())

    def format(self, **values: Any) -> Text:
        """Fill the places in braces; of a value that is a `Text`, each language takes its own."""
        return Text(*(_fill(getattr(self, code), code, values) for code in LANGUAGES))


NOTHING = Text("", "")


class Shown(float):
    """A number whose text has digits enough to differ from that of another number."""

    other: float = math.nan

    def __format__(self, spec: str) -> str:
        number, other = float(self), self.other
        head, dot, tail = spec.rpartition(".")
        if dot and number != other and math.isfinite(number) and math.isfinite(other):
            kind, digits = tail.lstrip("0123456789"), int(tail.rstrip("efg%"))
            while format(number, f"{head}.{digits}{kind}") == format(
                other, f"{head}.{digits}{kind}"
            ):
                digits += 1
            spec = f"{head}.{digits}{kind}"
        return format(number, spec)


def apart(values: dict[str, Any]) -> dict[str, Any]:
    """The values of a message, with ``value`` and ``right`` shown to the digit in which they differ."""
    both = [values.get(name) for name in ("value", "right")]
    if all(isinstance(each, float | int | Tensor) for each in both):
        pair = Shown(both[0]), Shown(both[1])
        pair[0].other, pair[1].other = float(pair[1]), float(pair[0])
        values = values | {"value": pair[0], "right": pair[1]}
    return values


def _fill(words: str, code: str, values: dict[str, Any]) -> str:
    own = {k: getattr(v, code) if isinstance(v, Text) else v for k, v in values.items()}
    return words.format(**own)


@functools.cache
def words(name: str) -> dict[str, Any]:
    """The tables of ``texts/NAME.toml``.

    Raises:
        TypeError: if a text lacks a language, or has one that is unknown.
    """
    table = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    return _with_texts(table, name)


def _with_texts(table: dict[str, Any], place: str) -> dict[str, Any]:
    """``table`` with a `Text` in place of each table of languages."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        if not set(value) & set(LANGUAGES):
            found[key] = _with_texts(value, f"{place}.{key}")
        elif set(value) == set(LANGUAGES):
            found[key] = Text(**value)
        else:
            raise TypeError(f"{place}.{key}: expected {LANGUAGES}, got {tuple(value)}")
    return found
