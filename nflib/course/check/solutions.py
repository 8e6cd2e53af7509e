"""The solution of a question with its reason: ``solution("e03.q1")``, once it passed, or after three tries."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path

from nflib.course.check import record
from nflib.course.check.engine import question, unknown
from nflib.course.check.result import Result
from nflib.course.check.text import Text, words

TRIES = 3
MESSAGES = words("engine")["solutions"]


@dataclass(frozen=True)
class Solution:
    """The code of an answer and why it is right, shown in the language in force."""

    key: str
    code: str
    reason: Text

    def __repr__(self) -> str:
        return f"{MESSAGES['title']} · {self.key}\n\n{self.code}\n\n{self.reason}"

    def _repr_markdown_(self) -> str:
        return (
            f"**{MESSAGES['title']} · {self.key}**\n\n```python\n{self.code}\n```\n\n{self.reason}"
        )


def solution(key: str) -> Solution | Result:
    """Show the solution of a question and its reason, if it is done, or was tried three times.

    Args:
        key: the question, for example ``"e02.q1"``.

    Returns:
        A `Solution` that a notebook displays, or a `Result` that says what is missing. It never raises.
    """
    if question(key) is None:
        return unknown(key)
    entry = record.read().get(key, {"tries": 0})
    if "passed" not in entry and entry["tries"] < TRIES:
        return Result(
            key,
            "pending",
            "solution",
            MESSAGES["early"].format(key=key, left=TRIES - entry["tries"]),
        )
    shown = _shown()[key]
    return Solution(key, shown["code"], Text(shown["es"], shown["en"]))


@functools.cache
def _shown() -> dict[str, dict[str, str]]:
    return json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
