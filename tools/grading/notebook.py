"""Reading a submission: its code, which exercise it answers, in which language it was given.

Nothing here trusts the file: any version of the format, any metadata or none, any JSON at all.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Any

from nflib.course.check.engine import keys, question
from tools.course import EDITIONS, ROOT

FILE_LIMIT = 20 * 1024**2  # bytes
CELL_LIMIT = 1000
CHECK = re.compile(r"""\bcheck\(\s*["'](e\d\d)\.(q\d+)["']""")
DEFINED = re.compile(r"^[ ]*def[ ]+(\w+)", re.M)
LANGUAGE = re.compile(r"""\blanguage\(\s*["'](\w+)["']\s*\)""")
WORDS = {
    "es": {"el", "la", "los", "que", "de", "una", "por", "con", "para", "y"},
    "en": {"the", "of", "and", "that", "is", "to", "with", "for", "a", "in"},
}
POINTS = re.compile(r'^# %%[^\n]*\bpoints=(\d+)[^\n]*\ncheck\("(e\d\d\.q\d+)"', re.M)


class Unreadable(Exception):
    """Why a file is not a submission: a key of `unreadable` in messages.toml, and a detail."""


@dataclass(frozen=True)
class Notebook:
    """The contents of a submission."""

    cells: list[str]  # the source of each code cell
    exercise: str  # "e03"
    lang: str  # "es", "en", or "" if it cannot be told
    twice: list[str]  # functions of the exercise that are defined more than once


@cache
def course() -> dict[str, dict[str, int]]:
    """The points of each question, by exercise, from the exercises' sources."""
    found: dict[str, dict[str, int]] = {}
    for source in sorted((ROOT / "exercises/source").glob("*.py")):
        for points, key in POINTS.findall(source.read_text(encoding="utf-8")):
            found.setdefault(key[:3], {})[key] = int(points)
    return found


@cache
def given(exercise: str) -> list[str]:
    """The code of an exercise's own cells: imports, data, what is measured."""
    (path,) = (ROOT / "exercises" / EDITIONS[0]).glob(f"{exercise[1:]}-*.ipynb")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    codes = [c for c in cells if c["cell_type"] == "code" and "nbgrader" not in c["metadata"]]
    return ["".join(cell["source"]) for cell in codes]


def names_of(exercise: str) -> list[str]:
    """The functions that an exercise asks for."""
    return [s.name for key in keys() if key[:3] == exercise for s in question(key).signatures]


def parse(data: bytes, exercise: str = "") -> Notebook:
    """Read the bytes of a file; `Unreadable`, with the reason, if it does not answer ``exercise`` (empty: any)."""
    if not data.strip():
        raise Unreadable("empty", "")
    try:
        content = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Unreadable("json", str(error)[:80]) from None
    cells = _cells(content)
    if len(cells) > CELL_LIMIT:
        raise Unreadable("long", str(len(cells)))
    code = [text for kind, text, _ in cells if kind == "code"]
    found = _exercise(code, cells)
    if not found:
        raise Unreadable("other", "")
    if exercise and found != exercise:
        raise Unreadable("exercise", found)
    counts = Counter(DEFINED.findall("\n".join(code)))
    asked = Counter(names_of(found))
    twice = [name for name in asked if counts[name] > asked[name]]
    return Notebook(code, found, _lang(code, cells), twice)


def _cells(content: Any) -> list[tuple[str, str, Any]]:
    """Kind, text and metadata of each cell, in version 4 or in those before."""
    if not isinstance(content, dict):
        raise Unreadable("notebook", "")
    entries = lambda found: found if isinstance(found, list) else []
    sheets = [s for s in entries(content.get("worksheets", [content])) if isinstance(s, dict)]
    cells = [c for s in sheets for c in entries(s.get("cells")) if isinstance(c, dict)]
    if not cells:
        raise Unreadable("notebook", "")
    found = []
    for cell in cells:
        text = cell.get("source", cell.get("input", ""))
        if isinstance(text, list):
            text = "".join(part for part in text if isinstance(part, str))
        if isinstance(text, str):
            text = text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
            found.append((str(cell.get("cell_type", "")), text, cell.get("metadata")))
    return found


def _exercise(code: list[str], cells: list[tuple[str, str, Any]]) -> str:
    """The exercise for which most speaks: calls of check, functions, nbgrader's metadata."""
    asked = {found for text in code for found in CHECK.findall(text)}
    votes = Counter(exercise for exercise, _ in asked)
    defined = {name for text in code for name in DEFINED.findall(text)}
    for exercise in course():
        count = len(defined & set(names_of(exercise)))
        votes[exercise] += count if count > 1 else 0  # one name alone may be chance
    for _, _, metadata in cells:
        mark = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        grade_id = mark.get("grade_id") if isinstance(mark, dict) else None
        if isinstance(grade_id, str) and re.fullmatch(r"e\d\d-q\d+", grade_id):
            votes[grade_id[:3]] += 1
    best = [(n, name) for name, n in votes.items() if n and name in course()]
    return max(best)[1] if best else ""


def _lang(code: list[str], cells: list[tuple[str, str, Any]]) -> str:
    said = [lang for text in code for lang in LANGUAGE.findall(text) if lang in EDITIONS]
    if said:
        return said[-1]
    prose = [text[:20000].lower().split() for kind, text, _ in cells if kind == "markdown"]
    words = Counter(word for text in prose for word in text)
    count = {lang: sum(words[word] for word in WORDS[lang]) for lang in EDITIONS}
    best = max(count, key=count.__getitem__)
    return best if count[best] > 2 * min(count.values()) else ""
