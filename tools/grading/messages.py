"""Words of the grader: messages.toml, and the verdicts of nflib's own checks."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from nflib.course.check.result import MESSAGES, SYMBOLS
from tools.course import EDITIONS

TEXTS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf8"))
WORD = {name: MESSAGES[name] for name in SYMBOLS} | TEXTS["verdicts"]
SYMBOL = SYMBOLS | {"missing": "–"}


def clean(text: str, keep: str = "") -> str:
    """A text in which nothing steers a terminal or turns the direction of writing, but for what is to ``keep``."""
    return "".join(c if c in keep or unicodedata.category(c)[0] != "C" else "�" for c in text)


def say(texts: Sequence[str], lang: str, *values: object) -> str:
    """Return one language of a text that is there in all of them."""
    text = texts[EDITIONS.index(lang)]
    return text.format(*values) if values else text


def fill(kind: str, name: str, **values: object) -> list[str]:
    """Return a message in every language; its values are lists of texts, or anything that `str` shows."""
    return [
        clean(text.format(**{n: v[i] if isinstance(v, list) else v for n, v in values.items()}))
        for i, text in enumerate(TEXTS[kind][name])
    ]
