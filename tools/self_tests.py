"""Items of the self-tests, ``book/_quiz/chNN.yml``, for pages, notebooks and the files that a lecturer imports.

An item has an ``id``, the label to ``reread``, the question in ``es`` and ``en``, four ``options`` with the right one
first, and a sentence ``why`` for each of the others. An option is one text, or one for each language.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import NamedTuple

import yaml

FOLDER = Path(__file__).resolve().parents[1] / "book" / "_quiz"
WORDS = {
    "es": {"answer": "Respuesta", "right": "Es la {letter}.", "reread": "Releer", "predict": "Prediga"},
    "en": {"answer": "Answer", "right": "It is {letter}.", "reread": "Reread", "predict": "Predict"},
}  # fmt: skip


class Item(NamedTuple):
    """A question in one language; ``order`` has the numbers of its options as they are shown, 0 for the right one."""

    name: str
    question: str
    options: list[str]
    why: list[str]
    reread: str
    order: list[int]


def chapters() -> list[str]:
    """Return the names of the self-tests, such as ch02."""
    return sorted(path.stem for path in FOLDER.glob("ch*.yml"))


def path(chapter: str) -> Path:
    """Return the file of a chapter's self-test."""
    return FOLDER / f"{chapter}.yml"


def items(chapter: str, lang: str) -> list[Item]:
    """Return the questions of a chapter in one language."""
    found = []
    for entry in yaml.safe_load(path(chapter).read_text("utf8")):
        options = [o if isinstance(o, str) else o[lang] for o in entry["options"]]
        why = [sentence[lang] for sentence in entry["why"]]
        order = shuffled(entry["id"], options)
        found.append(Item(entry["id"], entry[lang], options, why, entry["reread"], order))
    return found


def shuffled(name: str, options: list[str]) -> list[int]:
    """Return the order in which to show options: by size if all are numbers, otherwise a lot that ``name`` draws."""
    numbers = [re.fullmatch(r"\$(-?[\d.]+)\$", option.strip()) for option in options]
    if all(numbers):
        return sorted(range(len(options)), key=lambda k: float(numbers[k][1]))
    lot = lambda k: hashlib.sha256(f"{name} {k}".encode()).digest()
    return sorted(range(len(options)), key=lot)


def letter(position: int) -> str:
    """Return the letter of an option: a for the first that is shown."""
    return "abcdefgh"[position]
