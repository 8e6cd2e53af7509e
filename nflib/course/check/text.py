"""Words in every language: `Text`, and the files of words beside this module.

``texts/e02.toml`` has the words of chapter 2, a line a language::

    [q1.mass]
    title.es = "la masa total"
    title.en = "the total mass"

A table whose keys are the languages becomes a `Text`.
"""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

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
